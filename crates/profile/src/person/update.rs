//! Setting flags by hand: what may be asked for, and what comes of it.

use std::collections::BTreeMap;

use contracts::PersonId;
use contracts::event::NewEvent;
use platform::http::FieldError;
use platform::{AuditNote, DbError, TenantTx};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Profile, store};
use crate::flag::{Flag, FlagValue, Kind, Writer};
use crate::journey::{FlagRow, HistoryRow, delete_flags, insert_history, updated, upsert_flags};

/// Flags to set. Flags that are not named stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateProfile {
    /// Values by flag; null takes a flag away. Flags that rules set are refused.
    pub(crate) flags: BTreeMap<String, Value>,
}

/// A flag and what it is to become.
pub(super) type Wish = (Flag, Option<FlagValue>);

/// What is asked for, if all of it may be.
pub(super) fn wishes(request: &UpdateProfile) -> Result<Vec<Wish>, Vec<FieldError>> {
    let mut wishes = Vec::new();
    let mut errors = Vec::new();
    for (index, (name, value)) in request.flags.iter().enumerate() {
        match wish(name, value) {
            Ok(wish) => wishes.push(wish),
            // An unknown name is the client's; it is not repeated, only counted.
            Err((code, detail)) => {
                let pointer = name
                    .parse::<Flag>()
                    .map_or_else(|_| "/flags".to_owned(), |flag| format!("/flags/{flag}"));
                let place = format!("Flag {} of {}: {detail}", index + 1, request.flags.len());
                errors.push(FieldError::at(pointer, code, place));
            }
        }
    }
    if errors.is_empty() {
        Ok(wishes)
    } else {
        Err(errors)
    }
}

fn wish(name: &str, value: &Value) -> Result<Wish, (&'static str, &'static str)> {
    let flag: Flag = name
        .parse()
        .map_err(|_| ("flag_unknown", "there is no flag of this name."))?;
    if flag.writer() == Writer::Rules {
        return Err(("flag_read_only", "the journey's rules set this flag."));
    }
    if value.is_null() {
        return Ok((flag, None));
    }
    let wrong = match flag.kind() {
        Kind::YesNo => "it is true, false or null.",
        Kind::Count => "it is a whole number from 0, or null.",
    };
    FlagValue::of(flag, value)
        .map(|value| (flag, Some(value)))
        .ok_or(("flag_value_wrong", wrong))
}

/// Does what is asked for to a locked profile; false when it was so already.
pub(super) async fn update(
    tx: &mut TenantTx,
    profile: &Profile,
    wishes: &[Wish],
) -> Result<bool, DbError> {
    // Of people who are one it is set for the set, and goes when the merge is undone.
    let person = profile.rows;
    let by = tx.actor().to_string();
    let (mut set, mut gone, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for (flag, new) in wishes.iter().copied() {
        let old = profile.flags.get(&flag).map(|state| state.value);
        if old == new {
            continue;
        }
        match new {
            Some(value) => set.push(FlagRow {
                person,
                flag,
                value,
                set_by: by.clone(),
                expires_at: None,
                is_of_set: person != profile.id.uuid(),
            }),
            None => gone.push((person, flag)),
        }
        history.push(HistoryRow {
            person,
            flag,
            old,
            new,
            changed_by: by.clone(),
            event_id: None,
        });
    }
    if history.is_empty() {
        return Ok(false);
    }
    let now = tx.clock().now();
    upsert_flags(tx, &set, now).await?;
    delete_flags(tx, &gone).await?;
    insert_history(tx, &history, now).await?;
    store::update_version(tx, person, now).await?;
    announce(tx, profile.id, &history)?;
    Ok(true)
}

fn announce(tx: &mut TenantTx, person: PersonId, history: &[HistoryRow]) -> Result<(), DbError> {
    let names: Vec<&'static str> = history.iter().map(|row| row.flag.as_str()).collect();
    let now = tx.clock().now();
    let event = updated(person.uuid(), names.iter().copied(), "profile.update", now)?;
    tx.publish(NewEvent::new(event, "/profile/requests"))?;
    let note = AuditNote::new("profile.update", "profile", person);
    tx.audit(note.with(json!({ "flags": names })));
    Ok(())
}
