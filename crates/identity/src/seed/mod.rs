//! Companies and users to try Attest with. Names are invented; passwords are
//! drawn anew in every installation and kept nowhere.

#[cfg(test)]
mod tests;

use contracts::{CompanyId, Role, UserId};
use platform::crypto::random_bytes;
use platform::{TenantGrant, Trace};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::Identity;
use crate::company::{Company, NewCompany, create_company};
use crate::error::Error;
use crate::query;
use crate::user::{self, NewUser, Password};

const COMPANIES: [NewCompany<'static>; 3] = [
    NewCompany {
        slug: "acme",
        name: "Acme",
        zone: "Europe/Oslo",
    },
    NewCompany {
        slug: "globex",
        name: "Globex",
        zone: "Europe/Berlin",
    },
    NewCompany {
        slug: "initech",
        name: "Initech",
        zone: "Europe/London",
    },
];

/// Address, name, and the role in each company by its slug.
type Person = (&'static str, &'static str, &'static [(&'static str, Role)]);

const PEOPLE: [Person; 10] = [
    ("sunniva@attest.example", "Sunniva Tveit", &[]),
    (
        "ingrid@acme.example",
        "Ingrid Berg",
        &[("acme", Role::CompanyAdmin)],
    ),
    (
        "tomasz@acme.example",
        "Tomasz Wolny",
        &[("acme", Role::CompanyManager)],
    ),
    (
        "leila@acme.example",
        "Leila Haddad",
        &[("acme", Role::CompanyViewer)],
    ),
    (
        "jonas@globex.example",
        "Jonas Keller",
        &[("globex", Role::CompanyAdmin)],
    ),
    (
        "katja@globex.example",
        "Katja Brandt",
        &[("globex", Role::CompanyManager)],
    ),
    (
        "emre@globex.example",
        "Emre Aydin",
        &[("globex", Role::CompanyViewer)],
    ),
    (
        "harriet@initech.example",
        "Harriet Lowe",
        &[("initech", Role::CompanyAdmin)],
    ),
    (
        "owen@initech.example",
        "Owen Price",
        &[("initech", Role::CompanyViewer)],
    ),
    (
        "mykola@partner.example",
        "Mykola Savchuk",
        &[
            ("initech", Role::CompanyManager),
            ("acme", Role::CompanyViewer),
        ],
    ),
];

/// How to sign in as one of the seeded users.
#[derive(Clone, Serialize)]
pub struct Login {
    /// The address.
    pub email: &'static str,
    /// The password, in clear: it is shown once and stored nowhere.
    #[serde(serialize_with = "expose")]
    pub password: Password,
    /// The name they are greeted with.
    pub display_name: &'static str,
    /// Company slugs and roles; none for the system administrator, who needs none.
    pub roles: Vec<(&'static str, Role)>,
    /// Whether they run the installation.
    pub system_admin: bool,
}

/// What seeding left behind.
#[derive(Clone, Serialize)]
pub struct Seeded {
    /// The three companies.
    pub companies: Vec<Company>,
    /// How many of them were made just now.
    pub companies_created: usize,
    /// The users made just now. Those made by an earlier seeding are not here:
    /// nobody knows their passwords but whoever kept them.
    pub logins: Vec<Login>,
    /// How many users had been made before.
    pub users_before: usize,
}

/// Makes three companies and ten users, as far as they are missing.
///
/// The accounts come last, all in one transaction: whatever interrupts this, the
/// next call goes on, and passwords are returned as soon as they are good for anything.
pub async fn seed(identity: &Identity) -> Result<Seeded, Error> {
    let (companies, companies_created) = seed_companies(identity).await?;
    let users = seed_persons(identity).await?;
    seed_memberships(identity, &companies, &users).await?;
    let (logins, users_before) = seed_accounts(identity, &users).await?;
    Ok(Seeded {
        companies,
        companies_created,
        logins,
        users_before,
    })
}

async fn seed_companies(identity: &Identity) -> Result<(Vec<Company>, usize), Error> {
    let mut companies = Vec::with_capacity(COMPANIES.len());
    let mut created = 0;
    for new in COMPANIES {
        let found = query::find_company(identity.db(), new.slug).await?;
        let company = if let Some(company) = found {
            company
        } else {
            created += 1;
            create_company(identity, new).await?
        };
        companies.push(company);
    }
    Ok((companies, created))
}

/// The people's ids, in their order; the vault knows them from here on.
async fn seed_persons(identity: &Identity) -> Result<Vec<UserId>, Error> {
    let mut tx = identity.db().system("seed").await?;
    let mut users = Vec::with_capacity(PEOPLE.len());
    for (email, name, _) in PEOPLE {
        users.push(user::resolve(&mut tx, email, name).await?);
    }
    tx.commit_bookkeeping().await?;
    Ok(users)
}

async fn seed_memberships(
    identity: &Identity,
    companies: &[Company],
    users: &[UserId],
) -> Result<(), Error> {
    for ((_, _, roles), user) in PEOPLE.iter().zip(users) {
        for (slug, role) in *roles {
            let company = companies
                .iter()
                .find(|company| company.slug == *slug)
                .ok_or(Error::CompanyNotFound)?;
            let grant = operator(identity, company.id);
            user::put_membership(identity, &grant, *user, *role).await?;
        }
    }
    Ok(())
}

async fn seed_accounts(
    identity: &Identity,
    users: &[UserId],
) -> Result<(Vec<Login>, usize), Error> {
    let mut missing = Vec::new();
    let mut tx = identity.db().system("seed").await?;
    for (person, user) in PEOPLE.iter().zip(users) {
        if !user::store::exists(&mut tx, *user).await? {
            missing.push((person, *user));
        }
    }
    drop(tx);
    let before = PEOPLE.len() - missing.len();
    if missing.is_empty() {
        return Ok((Vec::new(), before));
    }
    let mut prepared = Vec::with_capacity(missing.len());
    for ((email, display_name, roles), user) in missing {
        let new = NewUser {
            email,
            display_name,
            password: draw_password()?,
        };
        let hash = user::prepare(identity, &new).await?;
        let login = Login {
            email,
            password: new.password,
            display_name,
            roles: roles.to_vec(),
            system_admin: roles.is_empty(),
        };
        prepared.push((user, hash, login));
    }
    let mut tx = identity.db().system("seed").await?;
    let mut logins = Vec::with_capacity(prepared.len());
    for (user, hash, login) in prepared {
        if user::insert(&mut tx, user, &hash, login.system_admin).await? {
            logins.push(login);
        }
    }
    tx.commit().await?;
    Ok((logins, before))
}

fn operator(identity: &Identity, company: CompanyId) -> TenantGrant {
    let trace = Trace::beginning(identity.clock().new_id());
    identity.issuer().for_operator(company, trace)
}

/// Four groups of five letters and digits, none of which looks like another: 100 random bits.
fn draw_password() -> Result<Password, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = Zeroizing::new(random_bytes::<20>().map_err(Error::Random)?);
    let mut text = String::with_capacity(23);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(Password::new(text))
}

fn expose<S: serde::Serializer>(password: &Password, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(password.expose())
}
