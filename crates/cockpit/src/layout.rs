//! The frame around every page: title, header, navigation, account, footer.

use crate::assets;

/// The company a page is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyLink {
    /// Its slug in addresses.
    pub slug: String,
    /// Its name on screens.
    pub name: String,
}

/// The part of the cockpit a page belongs to; marked in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `/c/{slug}`
    Dashboard,
    /// `/c/{slug}/imports`
    Imports,
    /// `/c/{slug}/people`
    People,
    /// `/c/{slug}/deliveries`
    Deliveries,
}

/// What the frame needs to know. Pages carry it as `layout`.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether one thing is shown"
)]
pub struct Layout {
    /// The page's own title, without company and product.
    pub title: String,
    /// Whether a form came back with errors; the title then begins with "Error:".
    pub failing: bool,
    /// BCP 47 tag of the page's language.
    pub lang: &'static str,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The company, once one is chosen.
    pub company: Option<CompanyLink>,
    /// The name of who is signed in.
    pub user: Option<String>,
    /// The session's token for forms; the sign-in page has one of its own.
    pub csrf: String,
    /// The navigation entry to mark.
    pub section: Option<Section>,
    /// Whether this person may see imports.
    pub may_import: bool,
    /// Whether this person may see who may be one with whom.
    pub may_review: bool,
    /// Whether this person may see deliveries that were given up.
    pub may_settle: bool,
    /// Whether this person has another company to change to.
    pub may_change: bool,
}

impl Layout {
    /// A page before sign-in.
    #[must_use]
    pub fn public(title: impl Into<String>, csrf: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            failing: false,
            lang: "en",
            dir: "ltr",
            company: None,
            user: None,
            csrf: csrf.into(),
            section: None,
            may_import: false,
            may_review: false,
            may_settle: false,
            may_change: true,
        }
    }

    /// A page for the signed-in person called `user`.
    #[must_use]
    pub fn signed_in(
        title: impl Into<String>,
        csrf: impl Into<String>,
        user: impl Into<String>,
    ) -> Self {
        Self {
            user: Some(user.into()),
            ..Self::public(title, csrf)
        }
    }

    /// The same page within a company; `may_import` opens the way to imports.
    #[must_use]
    pub fn within(self, company: CompanyLink, may_import: bool) -> Self {
        Self {
            company: Some(company),
            may_import,
            ..self
        }
    }

    /// The same page, marked in the navigation.
    #[must_use]
    pub fn at(self, section: Section) -> Self {
        Self {
            section: Some(section),
            ..self
        }
    }

    /// The same page, announced as having errors.
    #[must_use]
    pub fn failing(self) -> Self {
        Self {
            failing: true,
            ..self
        }
    }

    /// The document's title: state, page, company, product.
    #[must_use]
    pub fn document_title(&self) -> String {
        let mut text = String::new();
        if self.failing {
            text.push_str("Error: ");
        }
        text.push_str(&self.title);
        if let Some(company) = &self.company {
            text.push_str(" \u{b7} ");
            text.push_str(&company.name);
        }
        text.push_str(" \u{b7} Attest");
        text
    }

    /// The address of the company's pages, `/c/{slug}`; `/` before one is chosen.
    #[must_use]
    pub fn home(&self) -> String {
        self.company
            .as_ref()
            .map_or_else(|| "/".to_owned(), |company| address(&company.slug))
    }

    /// The value of `aria-current` for a navigation entry.
    #[must_use]
    pub fn is_at(&self, section: Section) -> bool {
        self.section == Some(section)
    }

    /// The address of the style sheet.
    #[must_use]
    pub fn style_sheet(&self) -> &'static str {
        assets::address(assets::STYLE)
    }

    /// The address of the script.
    #[must_use]
    pub fn script(&self) -> &'static str {
        assets::address(assets::SCRIPT)
    }

    /// The address of the icon.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        assets::address(assets::ICON)
    }
}

/// The address of a company's dashboard.
#[must_use]
pub fn address(slug: &str) -> String {
    format!("/c/{slug}")
}
