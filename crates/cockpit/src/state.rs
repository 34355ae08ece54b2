//! What pages are made with, and the way to a page: signed in, in the company of the address.

use axum::response::{IntoResponse, Redirect, Response};
use contracts::Permission;
use http::{StatusCode, Uri};
use identity::Identity;
use identity::session::{SessionView, Visitor, current_session};
use identity::user::Membership;
use ingest::Intake;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use platform::http::{Allowed, AllowedForm, Problem};
use platform::{Db, TenantGrant, TenantTx};

use crate::layout::{CompanyLink, Layout, Section};

/// What every page is made with. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Cockpit {
    pub(crate) db: Db,
    pub(crate) identity: Identity,
    pub(crate) intake: Intake,
    pub(crate) people: profile::People,
}

/// Somebody who may see a page of a company.
pub(crate) struct Viewer {
    pub(crate) session: SessionView,
    pub(crate) membership: Membership,
    pub(crate) grant: TenantGrant,
    pub(crate) zone: TimeZone,
}

/// An answer in place of a page: a redirect or a problem, which the edge draws.
#[derive(Debug)]
pub(crate) struct Instead(Box<Response>);

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Cockpit {
    /// Who looks at a page of the company `slug`. Whoever is not signed in goes to
    /// the sign-in page; whoever has another company chosen, to the choice.
    pub(crate) async fn enter<P>(
        &self,
        allowed: Result<Allowed<P>, Problem>,
        visitor: &Visitor,
        slug: &str,
        here: &Uri,
    ) -> Result<Viewer, Instead> {
        match allowed {
            Ok(allowed) => self.admit(*allowed.grant(), visitor, slug).await,
            Err(problem) => Err(turn_away(problem, visitor, here)),
        }
    }

    /// As [`Cockpit::enter`], for a form whose token is still to be read from its body.
    pub(crate) async fn enter_form<P>(
        &self,
        allowed: Result<AllowedForm<P>, Problem>,
        visitor: &Visitor,
        slug: &str,
        here: &Uri,
    ) -> Result<(Viewer, AllowedForm<P>), Instead> {
        let (allowed, grant) = match (allowed, visitor.context().grant) {
            (Ok(allowed), Some(grant)) => (allowed, grant),
            (Ok(_), None) => return Err(goto("/company")),
            (Err(problem), _) => return Err(turn_away(problem, visitor, here)),
        };
        Ok((self.admit(grant, visitor, slug).await?, allowed))
    }

    async fn admit(
        &self,
        grant: TenantGrant,
        visitor: &Visitor,
        slug: &str,
    ) -> Result<Viewer, Instead> {
        let session = current_session(&self.identity, visitor)
            .await
            .map_err(identity_problem)?;
        let membership = session.chosen().cloned();
        let Some(membership) = membership.filter(|membership| membership.slug == slug) else {
            let member = session
                .memberships
                .iter()
                .any(|membership| membership.slug == slug);
            return Err(if member {
                goto("/company")
            } else {
                instead(Problem::not_found())
            });
        };
        let zone = TimeZone::get(&membership.zone).unwrap_or(TimeZone::UTC);
        Ok(Viewer {
            session,
            membership,
            grant,
            zone,
        })
    }

    /// Begins a transaction in the viewer's company.
    pub(crate) async fn tenant(&self, viewer: &Viewer) -> Result<TenantTx, Instead> {
        self.db.tenant(&viewer.grant).await.map_err(instead)
    }
}

/// Where somebody goes who may not see the page.
fn turn_away(problem: Problem, visitor: &Visitor, here: &Uri) -> Instead {
    if visitor.user().is_none() {
        return goto(&sign_in_address(here));
    }
    if visitor.context().grant.is_none() {
        return goto("/company");
    }
    instead(problem)
}

impl Viewer {
    /// The frame of a page of the company.
    pub(crate) fn layout(&self, title: &str, section: Section) -> Layout {
        let company = CompanyLink {
            slug: self.membership.slug.clone(),
            name: self.membership.name.clone(),
        };
        let layout = Layout::signed_in(
            title,
            &self.session.csrf_token,
            &self.session.user.display_name,
        );
        Layout {
            may_review: self.grant.allows(Permission::ProfileRead),
            may_change: self.session.memberships.len() > 1,
            may_settle: self.grant.allows(Permission::EventRead),
            ..layout
                .within(company, self.grant.allows(Permission::ImportRead))
                .at(section)
        }
    }

    /// The company's slug.
    pub(crate) fn slug(&self) -> &str {
        &self.membership.slug
    }

    /// Today in the company's zone.
    pub(crate) fn today(&self, db: &Db) -> Date {
        db.clock().now().to_zoned(self.zone.clone()).date()
    }
}

/// The sign-in page that leads back to `here`.
fn sign_in_address(here: &Uri) -> String {
    match here.path() {
        "/" => "/login".to_owned(),
        // Paths of the cockpit hold slugs and ids only; a period in the query is not worth keeping.
        path => format!("/login?next={path}"),
    }
}

/// Goes to another page by GET.
pub(crate) fn goto(address: &str) -> Instead {
    Instead(Box::new(Redirect::to(address).into_response()))
}

/// A failure in place of a page.
pub(crate) fn instead(problem: impl Into<Problem>) -> Instead {
    Instead(Box::new(problem.into().into_response()))
}

/// Identity's failure in place of a page.
pub(crate) fn identity_problem(error: identity::Error) -> Instead {
    instead(error.into_problem())
}

/// A page as an answer.
pub(crate) fn page(status: StatusCode, page: &impl askama::Template) -> Result<Response, Instead> {
    crate::page::html(status, page).map_err(|error| instead(Problem::internal(error)))
}
