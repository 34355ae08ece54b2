//! Takes people as far as what is stored of them says: reads, computes, writes,
//! announces.

use std::collections::{BTreeMap, BTreeSet};

use contracts::event::orchestration::{JourneyMilestoneReached, ProfileUpdated};
use contracts::event::value::{FieldName, List};
use contracts::event::{Event, NewEvent};
use jiff::Timestamp;
use platform::{DbError, TenantTx};
use uuid::Uuid;

use super::batch::{Batch, Touch};
use super::progress::{NewMilestone, Progress, Reached, progress};
use super::rule::{FlagChange, Reason, Rules};
use super::store::{self, FlagRow, HistoryRow};

/// Where events of the journey say they come from.
const SOURCE: &str = "/profile/journey";

/// What made people move.
pub(super) struct Cause<'a> {
    /// The name for it when no event is at hand.
    pub(super) name: &'static str,
    /// The events of the batch.
    pub(super) events: &'a [Event],
    /// What they say.
    pub(super) batch: &'a Batch,
}

/// How much was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Advanced {
    /// Profiles with something new.
    pub(super) profiles: usize,
    /// Changes of flags.
    pub(super) flags: usize,
    /// Milestones reached.
    pub(super) milestones: usize,
}

/// Takes the touched people as far as they have come.
pub(super) async fn advance(
    tx: &mut TenantTx,
    rules: &Rules,
    touched: &BTreeMap<Uuid, Touch>,
    cause: &Cause<'_>,
) -> Result<Advanced, DbError> {
    let ids: Vec<Uuid> = touched.keys().copied().collect();
    let now = tx.clock().now();
    let mut rows = Rows::default();
    for (id, person) in store::find_people(tx, &ids).await? {
        let touch = touched.get(&id).copied().unwrap_or_default();
        // Somebody whom only an earlier state of a session named may be unknown here.
        if person.standing.is_none() && !touch.participant && !touch.volunteer {
            continue;
        }
        let step = progress(&person, &touch, rules, now);
        if step.is_new {
            let event = touch.event.and_then(|index| cause.events.get(index));
            announce(tx, &mut rows, id, &step, event, cause, now)?;
            rows.add(id, step, event);
        }
    }
    rows.write(tx, now).await
}

/// Publishes what is new about a person, each part as a consequence of its event.
fn announce(
    tx: &mut TenantTx,
    rows: &mut Rows,
    id: Uuid,
    step: &Progress,
    event: Option<&Event>,
    cause: &Cause<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    for new in &step.reached {
        if let Some(event) = event_of(new, id, cause).or(event) {
            tx.follow(event);
        }
        let reached = JourneyMilestoneReached {
            user_id: id,
            milestone: new.milestone,
            reached_at: new.at,
            previous_milestone: new.previous,
        };
        let event_id = tx.publish(NewEvent::new(reached, source(new.rule.as_deref())))?;
        let at = new.at;
        rows.milestones
            .push((id, new.milestone, Reached { at, event_id }));
        rows.reached += 1;
    }
    if let Some(event) = event {
        tx.follow(event);
    }
    let name = event.map_or(cause.name, |event| event.event_type().as_str());
    for (trigger, fields) in fields_by_trigger(step, name) {
        let rule = (trigger != name).then_some(trigger);
        let updated = updated(id, fields, trigger, now)?;
        tx.publish(NewEvent::new(updated, source(rule)))?;
    }
    Ok(())
}

/// The event whose session is the first.
fn event_of<'a>(new: &NewMilestone, person: Uuid, cause: &Cause<'a>) -> Option<&'a Event> {
    let session = cause.batch.sessions.values().find(|session| {
        new.rule.is_none() && session.participant == person && session.completed_at == Some(new.at)
    })?;
    cause.events.get(session.event)
}

fn source(rule: Option<&str>) -> String {
    rule.map_or_else(
        || SOURCE.to_owned(),
        |rule| format!("{SOURCE}/rules/{rule}"),
    )
}

/// Which fields changed, by the event, rule or run that changed them.
fn fields_by_trigger<'a>(
    step: &'a Progress,
    name: &'a str,
) -> BTreeMap<&'a str, BTreeSet<&'static str>> {
    let mut all: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    if !step.fields.is_empty() {
        all.insert(name, step.fields.clone());
    }
    for change in &step.changes {
        let trigger = match &change.reason {
            Reason::Rule(rule) => rule,
            Reason::Expiry | Reason::Session => name,
        };
        all.entry(trigger).or_default().insert(change.flag.as_str());
    }
    all
}

/// The event that says which fields of a profile changed.
pub(crate) fn updated<'a>(
    person: Uuid,
    fields: impl IntoIterator<Item = &'a str>,
    trigger: &str,
    at: Timestamp,
) -> Result<ProfileUpdated, DbError> {
    let wrong = |_| DbError::Schema("a field's name is too long to be announced".to_owned());
    let names: Result<Vec<_>, _> = fields.into_iter().map(FieldName::new).collect();
    Ok(ProfileUpdated {
        user_id: person,
        updated_fields: names.and_then(List::new).map_err(wrong)?,
        updated_at: at,
        trigger: Some(FieldName::new(trigger).map_err(wrong)?),
    })
}

/// All that one batch writes.
#[derive(Default)]
struct Rows {
    profiles: Vec<(Uuid, super::progress::Standing)>,
    enrolments: Vec<(Uuid, contracts::journey::Programme, Timestamp)>,
    milestones: Vec<store::MilestoneRow>,
    reached: usize,
    flags: Vec<FlagRow>,
    gone: Vec<(Uuid, crate::flag::Flag)>,
    history: Vec<HistoryRow>,
}

impl Rows {
    fn add(&mut self, id: Uuid, step: Progress, event: Option<&Event>) {
        self.profiles.push((id, step.standing));
        let enrolled = step.enrolments.into_iter();
        self.enrolments
            .extend(enrolled.map(|(programme, start)| (id, programme, start)));
        let corrected = step.corrected.into_iter();
        self.milestones
            .extend(corrected.map(|(milestone, reached)| (id, milestone, reached)));
        for renewal in &step.renewals {
            self.add_value(id, renewal, changed_by(renewal, event));
        }
        for change in step.changes {
            self.add_change(id, &change, event);
        }
    }

    fn add_change(&mut self, id: Uuid, change: &FlagChange, event: Option<&Event>) {
        let by = changed_by(change, event);
        self.add_value(id, change, by.clone());
        self.history.push(HistoryRow {
            person: id,
            flag: change.flag,
            old: change.old,
            new: change.new,
            changed_by: by,
            event_id: event.map(|event| event.id),
        });
    }

    fn add_value(&mut self, id: Uuid, change: &FlagChange, set_by: String) {
        match change.new {
            Some(value) => self.flags.push(FlagRow {
                person: id,
                flag: change.flag,
                value,
                set_by,
                expires_at: change.expires_at,
            }),
            None => self.gone.push((id, change.flag)),
        }
    }

    async fn write(self, tx: &mut TenantTx, now: Timestamp) -> Result<Advanced, DbError> {
        store::upsert_profiles(tx, &self.profiles, now).await?;
        store::upsert_enrolments(tx, &self.enrolments).await?;
        store::upsert_milestones(tx, &self.milestones).await?;
        store::upsert_flags(tx, &self.flags, now).await?;
        store::delete_flags(tx, &self.gone).await?;
        store::insert_history(tx, &self.history, now).await?;
        Ok(Advanced {
            profiles: self.profiles.len(),
            flags: self.history.len(),
            milestones: self.reached,
        })
    }
}

/// As rows name what changed a flag.
fn changed_by(change: &FlagChange, event: Option<&Event>) -> String {
    match &change.reason {
        Reason::Rule(rule) => rule.clone(),
        Reason::Expiry => "expiry".to_owned(),
        Reason::Session => event.map_or_else(
            || "session".to_owned(),
            |event| event.event_type().as_str().to_owned(),
        ),
    }
}
