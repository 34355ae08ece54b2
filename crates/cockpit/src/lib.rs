//! The cockpit: what a person sees of Attest in a browser.
//!
//! This crate turns plain values into pages. A slice (a folder) holds one kind
//! of page: `view.rs` says what a page is made of, its template under
//! `templates/` says how it looks. Every page works without JavaScript; the
//! small script in `assets/` only makes it nicer.

pub mod assets;
pub mod chart;
pub mod company;
pub mod dashboard;
pub mod dead_letter;
pub mod fault;
pub mod import;
pub mod layout;
pub mod page;
pub mod people;
pub mod sign_in;
mod state;
pub mod why;
pub mod words;

use identity::Identity;
use ingest::Intake;
use platform::http::{BodyLimit, ErrorPage, ErrorPageRenderer};
use platform::{Db, Service};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use state::Cockpit;

/// The pages as a service.
#[must_use]
pub fn service(db: &Db, identity: &Identity, intake: Intake) -> Service {
    let limit = BodyLimit(intake.max_request_bytes());
    let uploads = OpenApiRouter::new()
        .routes(routes!(import::routes::submit_import))
        .layer(limit);
    let pages = OpenApiRouter::new()
        .routes(routes!(
            sign_in::routes::show_sign_in,
            sign_in::routes::submit_sign_in
        ))
        .routes(routes!(sign_in::routes::submit_sign_out))
        .routes(routes!(company::routes::show_start))
        .routes(routes!(
            company::routes::show_company_choice,
            company::routes::submit_company_choice
        ))
        .routes(routes!(dashboard::routes::show_dashboard))
        .routes(routes!(why::routes::show_lineage))
        .routes(routes!(people::routes::show_duplicates))
        .routes(routes!(people::routes::submit_merge))
        .routes(routes!(people::routes::submit_dismissal))
        .routes(routes!(people::routes::submit_undo))
        .routes(routes!(import::routes::show_imports))
        .routes(routes!(import::routes::show_import))
        .routes(routes!(import::routes::show_import_progress))
        .routes(routes!(import::decide::submit_import_decision))
        .routes(routes!(import::routes::download_import_errors))
        .routes(routes!(dead_letter::routes::show_deliveries))
        .routes(routes!(dead_letter::routes::submit_delivery_decision))
        .merge(uploads)
        .with_state(Cockpit {
            db: db.clone(),
            identity: identity.clone(),
            intake,
            people: profile::People::new(db),
        });
    Service::new("cockpit", &["cockpit"]).routes(pages)
}

/// How failed requests look in a browser.
#[must_use]
pub fn error_page() -> ErrorPageRenderer {
    ErrorPageRenderer::new(draw)
}

fn draw(page: &ErrorPage<'_>) -> String {
    use askama::Template;
    let request = page.request_id.map(|id| id.to_string()).unwrap_or_default();
    let layout = layout::Layout::public("", "");
    let fault = fault::Fault::new(layout, page.status, page.code, request)
        .with_detail(page.detail.filter(|_| !is_of_framework(page.code)));
    fault.render().unwrap_or_else(|_| page.title.to_owned())
}

/// Whether the problem's detail is the framework's, which speaks to programmers.
fn is_of_framework(code: &str) -> bool {
    matches!(code, "bad_request" | "unprocessable" | "request_failed")
}

#[cfg(any(test, feature = "samples"))]
pub mod gallery;

#[cfg(test)]
mod tests;
