//! Made-up sign-in pages.

use super::SignIn;
use crate::gallery::TOKEN;
use crate::layout::Layout;
use crate::page::FormError;

/// Nothing typed yet.
#[must_use]
pub fn plain() -> SignIn {
    SignIn {
        layout: Layout::public("Sign in", TOKEN),
        email: String::new(),
        next: "/c/acme".to_owned(),
        errors: Vec::new(),
        notice: Some("You are signed out.".to_owned()),
    }
}

/// A wrong password and no address.
#[must_use]
pub fn failed() -> SignIn {
    let error = |field, text: &str| FormError {
        field,
        text: text.to_owned(),
    };
    let page = plain();
    SignIn {
        layout: page.layout.failing(),
        email: "ingrid@acme.example".to_owned(),
        errors: vec![
            error(
                "email",
                "E-mail address and password do not belong together.",
            ),
            error("password", "Type the password again."),
        ],
        notice: None,
        ..page
    }
}
