//! Identifiers: UUID v7 newtypes that print with a prefix, so that a pasted id
//! says what it names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A text that is no identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_… or a UUID")]
pub struct ParseId {
    prefix: &'static str,
}

fn parse(prefix: &'static str, text: &str) -> Result<Uuid, ParseId> {
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .unwrap_or(text);
    Uuid::try_parse(digits).map_err(|_| ParseId { prefix })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the printed form begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID; the caller vouches for what it names.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, as SQL and events carry it.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseId;

            fn from_str(text: &str) -> Result<Self, ParseId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!("`", $prefix, "_` and 32 hexadecimal digits")))
                    .pattern(Some(concat!("^", $prefix, "_[0-9a-f]{32}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

ids! {
    /// A tenant: the company whose employees volunteer.
    CompanyId = "com";
    /// A person who logs in.
    UserId = "usr";
    /// A user's place in one company, with a role.
    MembershipId = "mem";
    /// A human known to the programmes, as participant, volunteer or both.
    PersonId = "per";
    /// One file (or feed) taken in.
    ImportId = "imp";
    /// A programme session between a participant and a volunteer.
    SessionId = "ses";
    /// A rating given to a session.
    RatingId = "rat";
    /// A person's place in a programme.
    EnrolmentId = "enr";
    /// A computed figure of a company and a period.
    FigureId = "fig";
    /// Two people who may be one, to be looked at.
    MatchId = "mat";
    /// Two people taken for one.
    MergeId = "mrg";
    /// A raw free text in the vault.
    TextId = "txt";
    /// A queued job.
    JobId = "job";
    /// An event on the bus.
    EventId = "evt";
    /// An event that a consumer gave up on.
    DeadLetterId = "dlq";
    /// Where another system delivers webhooks to.
    WebhookEndpointId = "whe";
    /// A webhook that arrived.
    DeliveryId = "del";
    /// One HTTP request.
    RequestId = "req";
}

impl CompanyId {
    /// The owner of rows that belong to no company: people who log in, system jobs, and the system's own audit chain.
    pub const SYSTEM: Self = Self(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_with_its_prefix_and_parses_with_or_without_it() {
        let id = ImportId::new(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "imp_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.uuid().to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = ImportId::new(Uuid::from_u128(7)).to_string();
        assert!(id.parse::<SessionId>().is_err());
        assert!("imp_".parse::<ImportId>().is_err());
        assert!("".parse::<ImportId>().is_err());
    }
}
