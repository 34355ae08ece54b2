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
use super::progress::{Enrolled, NewMilestone, Progress, Reached, progress};
use super::rule::{FlagChange, Reason, Rules};
use super::store::{self, FlagRow, HistoryRow, PersonSet};
use super::together;
use super::withdrawal::progress_without;

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

impl std::ops::Add for Advanced {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            profiles: self.profiles + other.profiles,
            flags: self.flags + other.flags,
            milestones: self.milestones + other.milestones,
        }
    }
}

/// Whose progress it is.
struct Whose<'a> {
    /// What their rows lie under.
    rows: Uuid,
    /// Whom others are told of; nobody is told of people who are shown as one with
    /// others, because the set they are in speaks for them.
    told: Option<Uuid>,
    /// Whose sessions they are.
    people: &'a [Uuid],
}

/// Takes the touched people as far as they have come, each for themselves and then
/// the sets they are in.
pub(super) async fn advance(
    tx: &mut TenantTx,
    rules: &Rules,
    touched: &BTreeMap<Uuid, Touch>,
    cause: &Cause<'_>,
) -> Result<Advanced, DbError> {
    let ids: Vec<Uuid> = touched.keys().copied().collect();
    let sets = store::find_sets(tx, &ids).await?;
    if !sets.is_empty() {
        // All in one order and before anything else, or two who do so wait for each other.
        let mut all = everybody(&sets);
        all.extend(&ids);
        store::lock_profiles(tx, &all).await?;
    }
    let shown_as_one: BTreeSet<Uuid> = sets
        .iter()
        .filter(|set| set.is_current)
        .flat_map(|set| set.members.iter().copied())
        .collect();
    let taken_from: Vec<Uuid> = touched
        .iter()
        .filter(|(_, touch)| touch.withdrawn.is_some())
        .map(|(id, _)| *id)
        .collect();
    let remains = store::find_remains(tx, &taken_from).await?;
    let now = tx.clock().now();
    let mut rows = Rows::default();
    for (id, person) in store::find_people(tx, &ids).await? {
        let touch = touched.get(&id).copied().unwrap_or_default();
        // Somebody whom only an earlier state of a session named may be unknown here.
        if person.standing.is_none() && !touch.participant && !touch.volunteer {
            continue;
        }
        let step = match remains.get(&id) {
            Some(remains) => progress_without(&person, remains, &touch, rules, now),
            None => progress(&person, &touch, rules, now),
        };
        if step.is_new {
            let event = touch.cause().and_then(|index| cause.events.get(index));
            let whose = Whose {
                rows: id,
                told: (!shown_as_one.contains(&id)).then_some(id),
                people: &[id],
            };
            announce(tx, &mut rows, &whose, &step, event, cause, now)?;
            rows.add(id, step, event);
        }
    }
    let alone = rows.write(tx, now).await?;
    let together = advance_sets(tx, rules, &sets, touched, cause).await?;
    store::delete_baseless(tx, &taken_from).await?;
    Ok(alone + together)
}

/// Takes sets as far as their people have come together.
async fn advance_sets(
    tx: &mut TenantTx,
    rules: &Rules,
    sets: &[PersonSet],
    touched: &BTreeMap<Uuid, Touch>,
    cause: &Cause<'_>,
) -> Result<Advanced, DbError> {
    if sets.is_empty() {
        return Ok(Advanced::default());
    }
    let ids = everybody(sets);
    let people = store::find_people(tx, &ids).await?;
    let kept = store::find_kept_flags(tx, &ids).await?;
    let now = tx.clock().now();
    let mut rows = Rows::default();
    for set in sets {
        let Some(stored) = people.get(&set.id) else {
            continue;
        };
        let members: Vec<_> = set.members.iter().filter_map(|id| people.get(id)).collect();
        let theirs: Vec<_> = set
            .members
            .iter()
            .filter_map(|id| touched.get(id))
            .collect();
        let events = theirs.iter().filter_map(|touch| touch.cause());
        let event = events.max().and_then(|index| cause.events.get(index));
        let name = event.map_or("expiry", |event| event.event_type().as_str());
        let taken = together::taken_flags(set.id, &set.members, &kept, name);
        let is_withdrawn = theirs.iter().any(|touch| touch.withdrawn.is_some());
        let step = together::progress(stored, &members, taken, is_withdrawn, rules, now);
        let Some(step) = step.filter(|step| step.is_new) else {
            continue;
        };
        let whose = Whose {
            rows: set.id,
            told: set.is_current.then_some(set.survivor),
            people: &set.members,
        };
        announce(tx, &mut rows, &whose, &step, event, cause, now)?;
        rows.add(set.id, step, event);
    }
    rows.write(tx, now).await
}

fn everybody(sets: &[PersonSet]) -> Vec<Uuid> {
    sets.iter()
        .flat_map(|set| set.members.iter().copied().chain([set.id]))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Computes what is known of a set from what is known of its people, whose own rows
/// stay as they are. `name` says what made it so.
pub(crate) async fn evaluate_set(
    tx: &mut TenantTx,
    set: Uuid,
    members: &[Uuid],
    name: &'static str,
) -> Result<(), DbError> {
    let rules = Rules::built_in()
        .map_err(|_| DbError::Schema("the journey's rules cannot be read".to_owned()))?;
    let mut sets = store::find_sets(tx, members).await?;
    sets.retain(|one| one.id == set);
    let cause = Cause {
        name,
        events: &[],
        batch: &Batch::default(),
    };
    advance_sets(tx, rules, &sets, &BTreeMap::new(), &cause).await?;
    Ok(())
}

/// Publishes what is new about a person, each part as a consequence of its event.
fn announce(
    tx: &mut TenantTx,
    rows: &mut Rows,
    whose: &Whose<'_>,
    step: &Progress,
    event: Option<&Event>,
    cause: &Cause<'_>,
    now: Timestamp,
) -> Result<(), DbError> {
    for new in &step.reached {
        if let Some(event) = event_of(new, whose, cause).or(event) {
            tx.follow(event);
        }
        let event_id = match whose.told {
            Some(user_id) => {
                let reached = JourneyMilestoneReached {
                    user_id,
                    milestone: new.milestone,
                    reached_at: new.at,
                    previous_milestone: new.previous,
                };
                tx.publish(NewEvent::new(reached, source(new.rule.as_deref())))?
            }
            // Nobody is told, so that no event has this id.
            None => tx.clock().new_id(),
        };
        let at = new.at;
        rows.milestones
            .push((whose.rows, new.milestone, Reached { at, event_id }));
        rows.reached += 1;
    }
    let Some(told) = whose.told else {
        return Ok(());
    };
    if let Some(event) = event {
        tx.follow(event);
    }
    let name = event.map_or(cause.name, |event| event.event_type().as_str());
    for (trigger, fields) in fields_by_trigger(step, name) {
        let rule = (trigger != name).then_some(trigger);
        let updated = updated(told, fields, trigger, now)?;
        tx.publish(NewEvent::new(updated, source(rule)))?;
    }
    Ok(())
}

/// The event that tells of the first.
fn event_of<'a>(new: &NewMilestone, whose: &Whose<'_>, cause: &Cause<'a>) -> Option<&'a Event> {
    let deeds = &cause.batch.deeds;
    if let Some(event) = deeds.event_of(whose.people, new.milestone, new.at) {
        return cause.events.get(event);
    }
    let session = cause.batch.sessions.values().find(|session| {
        new.rule.is_none()
            && whose.people.contains(&session.participant)
            && session.completed_at == Some(new.at)
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
            Reason::Expiry | Reason::Session | Reason::Taken(_) => name,
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
    taken: Vec<(Uuid, contracts::journey::Programme, Enrolled)>,
    milestones: Vec<store::MilestoneRow>,
    lost_enrolments: Vec<(Uuid, contracts::journey::Programme)>,
    lost_milestones: Vec<(Uuid, contracts::journey::Milestone)>,
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
        let taken = step.taken.into_iter();
        self.taken
            .extend(taken.map(|(programme, enrolled)| (id, programme, enrolled)));
        let corrected = step.corrected.into_iter();
        self.milestones
            .extend(corrected.map(|(milestone, reached)| (id, milestone, reached)));
        let lost = step.lost.enrolments.into_iter();
        self.lost_enrolments
            .extend(lost.map(|programme| (id, programme)));
        let lost = step.lost.milestones.into_iter();
        self.lost_milestones
            .extend(lost.map(|milestone| (id, milestone)));
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
                is_of_set: false,
            }),
            None => self.gone.push((id, change.flag)),
        }
    }

    async fn write(self, tx: &mut TenantTx, now: Timestamp) -> Result<Advanced, DbError> {
        store::upsert_profiles(tx, &self.profiles, now).await?;
        store::upsert_enrolments(tx, &self.enrolments).await?;
        store::upsert_taken_enrolments(tx, &self.taken).await?;
        store::upsert_milestones(tx, &self.milestones).await?;
        store::delete_enrolments(tx, &self.lost_enrolments).await?;
        store::delete_milestones(tx, &self.lost_milestones).await?;
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
        Reason::Rule(name) | Reason::Taken(name) => name.clone(),
        Reason::Expiry => "expiry".to_owned(),
        Reason::Session => event.map_or_else(
            || "session".to_owned(),
            |event| event.event_type().as_str().to_owned(),
        ),
    }
}
