use crate::layout::Layout;
use askama::Template;

/// The page `GET /company`. The form posts `csrf_token` and `company` (a slug).
#[derive(Template, Clone)]
#[template(path = "company.html")]
pub struct ChooseCompany {
    /// The frame, not yet within a company.
    pub layout: Layout,
    /// The person's memberships by company name.
    pub choices: Vec<Choice>,
}

/// One membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The company's slug.
    pub slug: String,
    /// The company's name.
    pub name: String,
    /// The person's role there, in words: `Company administrator`.
    pub role: String,
}
