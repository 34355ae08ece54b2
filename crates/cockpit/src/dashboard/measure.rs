use rust_decimal::Decimal;

/// The figures on the dashboard, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Different people who took part.
    Participants,
    /// Different people who gave their time.
    Volunteers,
    /// Completed sessions.
    Sessions,
    /// Hours of completed sessions.
    Hours,
    /// Mean of the ratings, each between 0 and 1.
    AverageRating,
}

impl Measure {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 5] = [
        Self::Participants,
        Self::Volunteers,
        Self::Sessions,
        Self::Hours,
        Self::AverageRating,
    ];

    /// Its name in addresses and as an HTML id.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Participants => "participants",
            Self::Volunteers => "volunteers",
            Self::Sessions => "sessions",
            Self::Hours => "hours",
            Self::AverageRating => "average-rating",
        }
    }

    /// Its value where nothing happened: a count is 0, a mean cannot be told.
    #[must_use]
    pub fn of_nothing(self) -> Option<Decimal> {
        (self != Self::AverageRating).then_some(Decimal::ZERO)
    }

    /// The decimals it is shown with.
    #[must_use]
    pub fn places(self) -> u32 {
        match self {
            Self::Participants | Self::Volunteers | Self::Sessions => 0,
            Self::Hours => 1,
            Self::AverageRating => 2,
        }
    }
}
