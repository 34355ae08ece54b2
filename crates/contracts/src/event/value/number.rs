//! Numbers with a range.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::ValueError;

macro_rules! whole_numbers {
    ($($(#[$doc:meta])* $name:ident: $inner:ty = $min:literal..=$max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name($inner);

        impl $name {
            /// Wraps a number; an error outside the range.
            pub fn new(number: i64) -> Result<Self, ValueError> {
                let refused = || ValueError(Cow::Borrowed(concat!(
                    "must be a whole number from ", $min, " to ", $max
                )));
                if !($min..=$max).contains(&number) {
                    return Err(refused());
                }
                <$inner>::try_from(number).map(Self).map_err(|_| refused())
            }

            /// The bare number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = ValueError;

            fn try_from(number: i64) -> Result<Self, ValueError> {
                Self::new(number)
            }
        }

        impl From<$name> for i64 {
            fn from(number: $name) -> i64 {
                i64::from(number.0)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "integer", "minimum": $min, "maximum": $max })
            }
        }
    )+};
}

whole_numbers! {
    /// A number of things, none included; fits a Postgres `integer`.
    Count: i32 = 0..=2_147_483_647;
    /// A number of things, at least one; fits a Postgres `integer`.
    PositiveInt: i32 = 1..=2_147_483_647;
    /// One of the 17 goals for sustainable development of the United Nations.
    SdgGoal: u8 = 1..=17;
    /// Progress in whole per cent.
    WholePercent: u8 = 0..=100;
}

macro_rules! fractions {
    ($($(#[$doc:meta])* $name:ident = 0..=$max:literal;)+) => {$(
        $(#[$doc])*
        ///
        /// Kept to six decimals, so that it comes through any JSON reader and a
        /// Postgres `numeric` unchanged.
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Wraps a number; an error outside the range or for no number.
            pub fn new(number: f64) -> Result<Self, ValueError> {
                if (0.0..=f64::from($max)).contains(&number) {
                    Ok(Self((number * 1e6).round() / 1e6))
                } else {
                    Err(ValueError(Cow::Borrowed(concat!("must be a number from 0 to ", $max))))
                }
            }

            /// The bare number.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = ValueError;

            fn try_from(number: f64) -> Result<Self, ValueError> {
                Self::new(number)
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> f64 {
                number.0
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "number", "minimum": 0, "maximum": $max })
            }
        }
    )+};
}

fractions! {
    /// A rating, a satisfaction or a confidence from 0 to 1.
    Rate = 0..=1;
    /// A score in per cent, from 0 to 100, decimals allowed.
    Percent = 0..=100;
}
