//! What a sealed value is bound to, so that it opens only where it was put.

use uuid::Uuid;

/// The place of a sealed value: associated data of the cipher, never stored, rebuilt by whoever opens.
///
/// Every part goes in with its tag and length, so no two places read the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aad(Vec<u8>);

/// What a wrapped key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// Wraps the person keys of a company.
    CompanyData,
    /// Keys the blind index of a company.
    CompanyIndex,
    /// Keys the audit chain of a company.
    CompanyAudit,
    /// Seals the values and texts of one person.
    Person,
}

impl KeyKind {
    /// The name stored beside a wrapped key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CompanyData => "company_data",
            Self::CompanyIndex => "company_index",
            Self::CompanyAudit => "company_audit",
            Self::Person => "person",
        }
    }

    /// The kind of this stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::CompanyData,
            Self::CompanyIndex,
            Self::CompanyAudit,
            Self::Person,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

impl Aad {
    /// A column of a tenant's row, for example `Aad::cell("platform.person_text", "body", company, text)`.
    #[must_use]
    pub fn cell(table: &'static str, column: &'static str, company: Uuid, row: Uuid) -> Self {
        Self::of("cell")
            .and("table", table.as_bytes())
            .and("column", column.as_bytes())
            .and("company", company.as_bytes())
            .and("row", row.as_bytes())
    }

    /// A column of a row that belongs to no tenant.
    #[must_use]
    pub fn system_cell(table: &'static str, column: &'static str, row: Uuid) -> Self {
        Self::of("system_cell")
            .and("table", table.as_bytes())
            .and("column", column.as_bytes())
            .and("row", row.as_bytes())
    }

    /// A wrapped key: its kind, company, owner (the person, or the company again) and version.
    #[must_use]
    pub fn key(kind: KeyKind, company: Uuid, owner: Uuid, version: u32) -> Self {
        Self::of("key")
            .and("kind", kind.as_str().as_bytes())
            .and("company", company.as_bytes())
            .and("owner", owner.as_bytes())
            .and("version", &version.to_be_bytes())
    }

    /// A spooled file of a company.
    #[must_use]
    pub fn spool(company: Uuid, file: Uuid) -> Self {
        Self::of("spool")
            .and("company", company.as_bytes())
            .and("file", file.as_bytes())
    }

    /// One more part.
    #[must_use]
    pub fn and(mut self, label: &'static str, value: &[u8]) -> Self {
        for bytes in [label.as_bytes(), value] {
            self.0
                .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
            self.0.extend_from_slice(bytes);
        }
        self
    }

    /// The encoding for one sealing format.
    pub(super) fn encode(&self, format: u8) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.0.len());
        bytes.push(format);
        bytes.extend_from_slice(&self.0);
        bytes
    }

    fn of(sort: &'static str) -> Self {
        Self(Vec::with_capacity(192)).and("attest", sort.as_bytes())
    }
}
