//! Companies: the tenants.

pub(crate) mod store;
#[cfg(test)]
mod tests;

use contracts::CompanyId;
use contracts::event::NewEvent;
use contracts::event::identity::CompanyCreated;
use contracts::event::value::Slug;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use platform::{AuditNote, Trace};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::error::Error;
use crate::user::is_name;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Company {
    /// Its id.
    #[serde(rename = "company_id")]
    pub id: CompanyId,
    /// Its short name in addresses.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
    /// Its IANA time zone, in which its days and months begin.
    pub zone: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A company to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCompany<'a> {
    /// 1 to 63 small letters, digits and hyphens; unique.
    pub slug: &'a str,
    /// 1 to 255 characters.
    pub name: &'a str,
    /// An IANA zone, such as `Europe/Oslo`.
    pub zone: &'a str,
}

/// Makes a company, by the operator's command. Its first event and audit entry
/// are those of its making.
pub async fn create_company(identity: &Identity, new: NewCompany<'_>) -> Result<Company, Error> {
    let slug = Slug::new(new.slug).map_err(|_| Error::SlugMalformed)?;
    // A slug that reads as an id could be taken for another company's.
    if new.slug.parse::<CompanyId>().is_ok() {
        return Err(Error::SlugMalformed);
    }
    if !is_name(new.name) {
        return Err(Error::NameMalformed);
    }
    TimeZone::get(new.zone).map_err(|_| Error::ZoneUnknown)?;
    let clock = identity.clock();
    let company = Company {
        id: CompanyId::new(clock.new_id()),
        slug: new.slug.to_owned(),
        name: new.name.trim().to_owned(),
        zone: new.zone.to_owned(),
        created_at: clock.now(),
    };
    let trace = Trace::beginning(clock.new_id());
    let grant = identity.issuer().for_operator(company.id, trace);
    let mut tx = identity.db().tenant(&grant).await?;
    if !store::insert_company(&mut tx, &company).await? {
        return Err(Error::SlugTaken);
    }
    let created = CompanyCreated {
        company_id: company.id.uuid(),
        slug,
        created_at: company.created_at,
    };
    let source = format!("/identity/companies/{}", company.id.uuid());
    tx.publish(NewEvent::new(created, source))?;
    let details = serde_json::json!({ "slug": company.slug, "zone": company.zone });
    tx.audit(AuditNote::new("company.create", "company", company.id).with(details));
    tx.commit().await?;
    Ok(company)
}
