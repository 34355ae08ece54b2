//! Every page with made-up content, for looking at and for tests.

use crate::{company, dashboard, dead_letter, fault, import, people, sign_in, why};

/// One rendered page.
pub struct Shown {
    /// A short name, usable as a file name.
    pub name: &'static str,
    /// The document, or the part of one when the name ends in `-part`.
    pub html: String,
}

/// All pages in all their states.
pub fn all() -> askama::Result<Vec<Shown>> {
    let mut list = Vec::new();
    let mut show = |name: &'static str, page: &dyn askama::DynTemplate| -> askama::Result<()> {
        list.push(Shown {
            name,
            html: page.dyn_render()?,
        });
        Ok(())
    };
    show("sign-in", &sign_in::sample::plain())?;
    show("sign-in-failed", &sign_in::sample::failed())?;
    show("company", &company::sample::several())?;
    show("company-none", &company::sample::none())?;
    show("dashboard", &dashboard::sample::full())?;
    show("dashboard-pending", &dashboard::sample::pending())?;
    show("dashboard-empty", &dashboard::sample::empty())?;
    show("dashboard-rtl", &dashboard::sample::right_to_left())?;
    show("why", &why::sample::hours())?;
    show("why-rating", &why::sample::unrated())?;
    show("imports", &import::sample::list())?;
    show("imports-failed", &import::sample::list_with_errors())?;
    show("imports-empty", &import::sample::empty_list())?;
    show("import-running", &import::sample::running())?;
    show("import-done", &import::sample::done())?;
    show("import-failed", &import::sample::failed())?;
    show("import-empty", &import::sample::without_rows())?;
    show("import-part", &import::sample::done().progress)?;
    show("people", &people::sample::full())?;
    show("people-empty", &people::sample::empty())?;
    show("people-refused", &people::sample::refused())?;
    show("deliveries", &dead_letter::sample::list())?;
    show("deliveries-empty", &dead_letter::sample::empty())?;
    show("fault-403", &fault::sample::of(403))?;
    show("fault-404", &fault::sample::of(404))?;
    show("fault-500", &fault::sample::of(500))?;
    Ok(list)
}

/// The company of the samples.
#[must_use]
pub fn company() -> crate::layout::CompanyLink {
    crate::layout::CompanyLink {
        slug: "acme".to_owned(),
        name: "Acme Energy".to_owned(),
    }
}

/// The token of the samples.
pub const TOKEN: &str = "sample-token";

/// The person of the samples.
pub const PERSON: &str = "Ingrid Solberg";
