//! Two companies whose sessions become figures.

mod figures;
mod http;
mod lineage;
mod people;
mod pure;
mod race;
mod rebuild;
mod withdrawn;

use contracts::event::NewEvent;
use contracts::event::ingest::RecordWithdrawn;
use contracts::event::kintell::{RatingCreated, SessionCompleted};
use contracts::event::value::{
    PositiveInt, Rate, RatingScale, SessionRole, SessionType, Slug, WithdrawalReason,
};
use contracts::{CompanyId, FigureId};
use jiff::Timestamp;
use platform::events::BusRunner;
use platform::jobs::JobRunner;
use platform::{Assembly, AuditNote, TenantGrant, TenantTx};
use testkit::TestDb;
use uuid::Uuid;

use super::{Metric, Period};
use crate::{CompanyInfo, Config, query};

/// The import that every session of these tests comes from.
const IMPORT: &str = "0190b6a0-0000-7000-8000-0000000000aa";

/// A database with `acme` in Oslo and `globex` in New York.
struct Lab {
    test: TestDb,
    acme: TenantGrant,
    globex: TenantGrant,
}

impl Lab {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let (acme, globex) = (test.grant("acme"), test.grant("globex"));
        Self { test, acme, globex }
    }

    fn config(&self) -> Config {
        let (acme, globex) = (self.acme.company(), self.globex.company());
        Config::new(move |company| Box::pin(async move { Ok(company_info(company, acme, globex)) }))
    }

    fn assembly(&self) -> Assembly {
        Assembly::of([crate::service(self.test.db(), self.config())])
    }

    async fn tx(&self, grant: &TenantGrant) -> TenantTx {
        self.test
            .db()
            .tenant(grant)
            .await
            .expect("a transaction begins")
    }

    async fn publish(&self, grant: &TenantGrant, events: impl IntoIterator<Item = NewEvent>) {
        let mut tx = self.tx(grant).await;
        for event in events {
            tx.publish(event).expect("the event keeps its contract");
        }
        tx.audit(AuditNote::new("test.publish", "company", grant.company()));
        tx.commit().await.expect("the transaction commits");
    }

    async fn consume(&self) {
        BusRunner::new(self.test.db(), self.assembly().consumers)
            .settle()
            .await
            .expect("the consumers read");
    }

    async fn run_jobs(&self) {
        JobRunner::new(self.test.db(), self.assembly().jobs)
            .settle()
            .await
            .expect("the jobs run");
    }

    /// Publishes, and lets every consumer and job do what follows.
    async fn happen(&self, grant: &TenantGrant, events: impl IntoIterator<Item = NewEvent>) {
        self.publish(grant, events).await;
        self.consume().await;
        self.run_jobs().await;
    }

    async fn figure(&self, grant: &TenantGrant, metric: Metric, period: &str) -> query::Figure {
        self.find_figure(grant, metric, period)
            .await
            .expect("the period has figures")
    }

    async fn find_figure(
        &self,
        grant: &TenantGrant,
        metric: Metric,
        period: &str,
    ) -> Option<query::Figure> {
        let period: Period = period.parse().expect("a period");
        let mut tx = self.tx(grant).await;
        let figures = query::figures_of(&mut tx, period)
            .await
            .expect("figures are read");
        figures.into_iter().find(|figure| figure.metric == metric)
    }

    /// A figure's value as text; none if it has no value or is not there.
    async fn value(&self, grant: &TenantGrant, metric: Metric, period: &str) -> Option<String> {
        let figure = self.find_figure(grant, metric, period).await?;
        figure.value.map(|value| value.normalize().to_string())
    }

    async fn figure_id(&self, grant: &TenantGrant, metric: Metric, period: &str) -> FigureId {
        self.figure(grant, metric, period).await.id
    }

    async fn pending(&self, grant: &TenantGrant) -> query::Pending {
        let mut tx = self.tx(grant).await;
        query::pending(&mut tx)
            .await
            .expect("what is pending is read")
    }
}

fn company_info(company: CompanyId, acme: CompanyId, globex: CompanyId) -> Option<CompanyInfo> {
    let (slug, zone) = if company == acme {
        ("acme", "Europe/Oslo")
    } else if company == globex {
        ("globex", "America/New_York")
    } else {
        return None;
    };
    Some(CompanyInfo {
        slug: slug.to_owned(),
        zone: zone.to_owned(),
    })
}

/// The session of a number: participant and volunteer have the same number.
#[derive(Debug, Clone)]
struct Session(SessionCompleted);

fn session(number: u128, completed_at: &str, minutes: i64) -> Session {
    let completed_at: Timestamp = completed_at.parse().expect("a timestamp");
    Session(SessionCompleted {
        session_id: Uuid::from_u128(number),
        external_session_id: None,
        session_type: SessionType::Language,
        participant_id: Uuid::from_u128(1000 + number),
        volunteer_id: Uuid::from_u128(2000 + number),
        scheduled_at: completed_at,
        completed_at,
        duration_minutes: PositiveInt::new(minutes).expect("minutes"),
        topics: Vec::new().try_into().expect("no topics"),
        language_level: None,
        feedback_text_id: None,
        program_id: None,
        campaign_id: None,
        beneficiary_group_id: None,
    })
}

impl Session {
    fn between(mut self, participant: u128, volunteer: u128) -> Self {
        self.0.participant_id = Uuid::from_u128(1000 + participant);
        self.0.volunteer_id = Uuid::from_u128(2000 + volunteer);
        self
    }

    fn in_row(self, row: u64) -> NewEvent {
        NewEvent::new(self.0, format!("/ingest/imports/{IMPORT}/rows/{row}"))
    }
}

impl From<Session> for NewEvent {
    fn from(session: Session) -> Self {
        session.in_row(1)
    }
}

fn rating(number: u128, rating: f64) -> NewEvent {
    rating_by(SessionRole::Participant, number, rating)
}

fn rating_by(from_role: SessionRole, number: u128, rating: f64) -> NewEvent {
    let created = RatingCreated {
        rating_id: Uuid::from_u128(3000 + number),
        session_id: Uuid::from_u128(number),
        from_role,
        rating: Rate::new(rating).expect("a rating"),
        source_scale: RatingScale::ZeroToOne,
        feedback_text_id: None,
        created_at: "2026-11-22T12:00:00Z".parse().expect("a timestamp"),
    };
    NewEvent::new(created, format!("/ingest/imports/{IMPORT}/rows/1"))
}

fn withdrawn(number: u128, source: &str) -> NewEvent {
    let withdrawn = RecordWithdrawn {
        record_id: Uuid::from_u128(number),
        source: Slug::new(source).expect("a kind of import"),
        reason: WithdrawalReason::ImportUndone,
        withdrawn_at: "2026-11-22T13:00:00Z".parse().expect("a timestamp"),
    };
    NewEvent::new(withdrawn, format!("/ingest/imports/{IMPORT}"))
}
