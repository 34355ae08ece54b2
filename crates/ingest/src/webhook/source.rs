//! Who delivers, and what.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A system that delivers webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookSource {
    /// Kintell: sessions, ratings, bookings.
    Kintell,
    /// The buddy system.
    Buddy,
    /// eCornell: courses and certificates.
    Ecornell,
    /// itslearning: courses.
    Itslearning,
    /// Another provider of courses, in the generic form.
    Upskilling,
}

impl WebhookSource {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Kintell,
        Self::Buddy,
        Self::Ecornell,
        Self::Itslearning,
        Self::Upskilling,
    ];

    /// The word that is stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kintell => "kintell",
            Self::Buddy => "buddy",
            Self::Ecornell => "ecornell",
            Self::Itslearning => "itslearning",
            Self::Upskilling => "upskilling",
        }
    }

    /// The name on screens.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Kintell => "Kintell",
            Self::Buddy => "Buddy",
            Self::Ecornell => "eCornell",
            Self::Itslearning => "itslearning",
            Self::Upskilling => "Upskilling",
        }
    }

    /// Whether its deliveries may carry ratings, so that their scale must be known.
    #[must_use]
    pub const fn has_ratings(self) -> bool {
        matches!(self, Self::Kintell | Self::Buddy)
    }

    /// What it delivers.
    #[must_use]
    pub const fn kinds(self) -> &'static [DeliveryKind] {
        match self {
            Self::Kintell => &[
                DeliveryKind::SessionCompleted,
                DeliveryKind::RatingCreated,
                DeliveryKind::BookingConfirmed,
            ],
            Self::Buddy => &[DeliveryKind::BuddyEvents],
            Self::Ecornell | Self::Itslearning | Self::Upskilling => {
                &[DeliveryKind::UpskillingEvents]
            }
        }
    }
}

impl FromStr for WebhookSource {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let found = Self::ALL.into_iter().find(|source| source.as_str() == word);
        found.ok_or(())
    }
}

/// What a delivery tells of; the last part of the address it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryKind {
    /// A Kintell session took place.
    SessionCompleted,
    /// A Kintell session was rated.
    RatingCreated,
    /// A Kintell session was agreed on.
    BookingConfirmed,
    /// Something happened in the buddy system; the body says what.
    BuddyEvents,
    /// Something happened at a provider of courses; the body says what.
    UpskillingEvents,
}

impl DeliveryKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::SessionCompleted,
        Self::RatingCreated,
        Self::BookingConfirmed,
        Self::BuddyEvents,
        Self::UpskillingEvents,
    ];

    /// The word in addresses and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionCompleted => "session-completed",
            Self::RatingCreated => "rating-created",
            Self::BookingConfirmed => "booking-confirmed",
            Self::BuddyEvents => "buddy-events",
            Self::UpskillingEvents => "upskilling-events",
        }
    }
}

impl FromStr for DeliveryKind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or(())
    }
}
