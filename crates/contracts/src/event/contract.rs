//! What every payload says about itself.

/// A payload's subject and the rules between its fields; rules of one field
/// are in the field's type.
pub(super) trait Contract {
    /// The subject's name: the JSON field it comes from.
    const SUBJECT: &'static str;

    /// The ordering key: events of one subject are consumed in order.
    fn subject(&self) -> String;

    /// The first rule between fields that is broken.
    fn check(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// Says which field is a payload's subject and, if there are any, the rules
/// between its fields.
macro_rules! contract {
    ($payload:ty, $name:literal = $field:ident $(, $check:expr)?) => {
        impl $crate::event::contract::Contract for $payload {
            const SUBJECT: &'static str = $name;

            fn subject(&self) -> String {
                self.$field.to_string()
            }

            $(fn check(&self) -> Result<(), &'static str> {
                let check: fn(&Self) -> Result<(), &'static str> = $check;
                check(self)
            })?
        }
    };
}

pub(super) use contract;

/// `Err(rule)` unless it holds.
pub(super) fn ensure(holds: bool, rule: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(rule) }
}
