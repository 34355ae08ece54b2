//! Made-up choices of a company.

use super::{Choice, ChooseCompany};
use crate::gallery::{PERSON, TOKEN};
use crate::layout::Layout;

/// Three memberships, one with a long name.
#[must_use]
pub fn several() -> ChooseCompany {
    let choice = |slug: &str, name: &str, role: &str| Choice {
        slug: slug.to_owned(),
        name: name.to_owned(),
        role: role.to_owned(),
    };
    ChooseCompany {
        choices: vec![
            choice("acme", "Acme Energy", "Company administrator"),
            choice(
                "globex",
                "Globex Shipping and Logistics Holding International",
                "Company user",
            ),
            choice("initech", "Initech", "Company user, reading only"),
        ],
        ..none()
    }
}

/// Nowhere a member.
#[must_use]
pub fn none() -> ChooseCompany {
    ChooseCompany {
        layout: Layout::signed_in("Choose a company", TOKEN, PERSON),
        choices: Vec::new(),
    }
}
