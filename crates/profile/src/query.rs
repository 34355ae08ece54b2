//! What other crates may read. The functions see the company of the transaction
//! and lock nothing.

use std::collections::BTreeMap;

use contracts::PersonId;
use contracts::journey::{Milestone, Programme};
use jiff::Timestamp;
use platform::{DbError, TenantTx};
use uuid::Uuid;

pub use crate::flag::{Flag, FlagValue, UnknownFlag};
pub use crate::people::{FoundMatch, MaskedIdentifier, MatchSide, MatchState, Merge};
pub use crate::person::{
    Computed, Enrolment, FlagHistoryEntry, FlagState, Part, Profile, ReachedMilestone,
};

/// How many people a company has, and how far they have come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// People whom the programmes are for.
    pub participants: u64,
    /// People who volunteer; someone may be both.
    pub volunteers: u64,
    /// People in each programme now.
    pub active_enrolments: BTreeMap<Programme, u64>,
    /// People who reached each milestone.
    pub milestones: BTreeMap<Milestone, u64>,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileSummary {
    /// The person.
    pub id: PersonId,
    /// What they are to the programmes.
    pub roles: Vec<Part>,
    /// Their last session, in either role.
    pub last_active_at: Option<Timestamp>,
    /// The flags that are true for them, by name.
    pub flags: Vec<Flag>,
}

/// A person's profile, if the company knows them.
pub async fn find_profile(tx: &mut TenantTx, person: PersonId) -> Result<Option<Profile>, DbError> {
    crate::person::store::find_profile(tx, person).await
}

/// How many people there are, and how far they have come.
pub async fn count_people(tx: &mut TenantTx) -> Result<Counts, DbError> {
    let rows = sqlx::query!(
        r#"select 'participants' as "what!", '' as "word!", count(*) as "people!" from profile.profile where is_participant and is_shown
           union all select 'volunteers', '', count(*) from profile.profile where is_volunteer and is_shown
           union all select 'enrolments', e.programme, count(*) from profile.enrolment as e
             join profile.profile as p on p.company_id = e.company_id and p.id = e.person_id and p.is_shown
             where e.status = 'active' group by e.programme
           union all select 'milestones', m.milestone, count(*) from profile.milestone as m
             join profile.profile as p on p.company_id = m.company_id and p.id = m.person_id and p.is_shown
             group by m.milestone"#,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("count people"))?;
    let mut counts = Counts::default();
    for row in rows {
        let people = u64::try_from(row.people).unwrap_or_default();
        match row.what.as_str() {
            "participants" => counts.participants = people,
            "volunteers" => counts.volunteers = people,
            "enrolments" => {
                let programme = row.word.parse().ok();
                counts
                    .active_enrolments
                    .extend(programme.map(|word: Programme| (word, people)));
            }
            _ => {
                let milestone = row.word.parse().ok();
                counts
                    .milestones
                    .extend(milestone.map(|word: Milestone| (word, people)));
            }
        }
    }
    Ok(counts)
}

/// People by id, those after `after`, at most `limit`. Who is one with others is there
/// once, under the id that stands for all.
pub async fn list_profiles(
    tx: &mut TenantTx,
    after: Option<PersonId>,
    limit: u16,
) -> Result<Vec<ProfileSummary>, DbError> {
    let now = jiff_sqlx::ToSqlx::to_sqlx(tx.clock().now());
    let rows = sqlx::query!(
        r#"select p.id, s.is_participant, s.is_volunteer, s.last_active_at,
             array(
                 select f.flag from profile.journey_flag as f
                 where f.company_id = s.company_id and f.person_id = s.id and f.value = 'true' and (f.expires_at is null or f.expires_at > $3)
                 order by f.flag
             ) as "flags!"
         from profile.profile as p
         left join profile.person_link as l on l.company_id = p.company_id and l.person_id = p.id and l.is_current
         join profile.profile as s on s.company_id = p.company_id and s.id = coalesce(l.set_id, p.id)
         where p.id > $1 and not p.is_set and (l.survivor_id is null or l.survivor_id = p.id)
         order by p.id limit $2"#,
        after.map_or_else(Uuid::nil, PersonId::uuid),
        i64::from(limit),
        now,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(DbError::during("list profiles"))?;
    Ok(rows
        .into_iter()
        .map(|row| ProfileSummary {
            id: PersonId::new(row.id),
            roles: crate::person::store::parts(row.is_participant, row.is_volunteer),
            last_active_at: row.last_active_at.map(jiff_sqlx::Timestamp::to_jiff),
            flags: row
                .flags
                .iter()
                .filter_map(|flag| flag.parse().ok())
                .collect(),
        })
        .collect())
}
