use crate::layout::Layout;
use crate::page::{FormError, error_of};
use askama::Template;

/// The page `GET /login`, and `POST /login` come back with errors.
///
/// The form posts `csrf_token`, `next`, `email` and `password`.
#[derive(Template, Clone)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// The frame; mark it failing when there are errors.
    pub layout: Layout,
    /// What was typed as e-mail address; the password is never sent back.
    pub email: String,
    /// Where to go afterwards, a path of this site; empty for the usual start.
    pub next: String,
    /// What is wrong, about the fields `email` or `password`.
    pub errors: Vec<FormError>,
    /// Something to know first, such as "You are signed out."
    pub notice: Option<String>,
}

impl SignIn {
    fn error(&self, field: &str) -> Option<&str> {
        error_of(&self.errors, field)
    }
}
