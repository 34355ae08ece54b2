//! What this crate's tests share: a company, its events, and its routes.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use contracts::event::ingest::RecordWithdrawn;
use contracts::event::kintell::{RatingCreated, SessionCompleted, SessionScheduled};
use contracts::event::value::{
    PositiveInt, Rate, RatingScale, SessionRole, SessionType, Slug, WithdrawalReason,
};
use contracts::event::{Event, EventType, NewEvent, Payload};
use contracts::{PersonId, Role, UserId};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use platform::events::{BusRunner, ConsumeError, Consumer, Handle};
use platform::flags::Flag;
use platform::http::{Csrf, RequestContext};
use platform::jobs::{JobRunner, NewJob, enqueue};
use platform::service::Assembly;
use platform::vault::{IdentifierKind, Vault};
use platform::{Actor, AuditNote, TenantGrant, TenantTx, Trace};
use serde_json::{Value, json};
use testkit::TestDb;
use tower::ServiceExt;
use uuid::Uuid;

use crate::query::{self, Profile};

/// A company with this crate's consumer and routes, and a record of what it publishes.
pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) grant: TenantGrant,
    bus: BusRunner,
    published: Arc<Mutex<Vec<Event>>>,
}

struct Record(Arc<Mutex<Vec<Event>>>);

impl Handle for Record {
    fn handle<'a>(
        &'a self,
        _: &'a mut TenantTx,
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<(), ConsumeError>> {
        self.0.lock().unwrap().extend_from_slice(events);
        async { Ok(()) }.boxed()
    }
}

/// An answer: its status, its entity tag and its JSON.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let test = TestDb::new().await;
        let grant = test.grant("acme");
        let published = Arc::default();
        let record = Consumer::new(
            "test.record",
            &[
                EventType::OrchestrationJourneyMilestoneReached,
                EventType::OrchestrationProfileUpdated,
                EventType::ProfilePeopleMerged,
                EventType::ProfilePeopleUnmerged,
            ],
            Record(Arc::clone(&published)),
        );
        let bus = BusRunner::new(
            test.db(),
            vec![
                crate::journey::consumer(),
                crate::people::consumer(),
                record,
            ],
        );
        Self {
            test,
            grant,
            bus,
            published,
        }
    }

    /// Publishes events in one transaction and lets everybody take effect of them.
    pub(crate) async fn happens(&self, payloads: impl IntoIterator<Item = Payload>) {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        for payload in payloads {
            tx.publish(NewEvent::new(payload, "/test")).unwrap();
        }
        tx.audit(AuditNote::new("test.publish", "test", "events"));
        tx.commit().await.unwrap();
        self.bus.settle().await.unwrap();
    }

    /// What this crate has published so far, in order.
    pub(crate) fn published(&self) -> Vec<Event> {
        self.published.lock().unwrap().clone()
    }

    /// Forgets what was published.
    pub(crate) fn forget(&self) {
        self.published.lock().unwrap().clear();
    }

    pub(crate) async fn profile(&self, person: PersonId) -> Option<Profile> {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        query::find_profile(&mut tx, person).await.unwrap()
    }

    /// A person whom the vault knows by a Kintell id.
    pub(crate) async fn person(&self, kintell: &str) -> PersonId {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        let people = Vault::new()
            .resolve(&mut tx, IdentifierKind::Kintell, &[kintell])
            .await
            .unwrap();
        tx.audit(AuditNote::new("test.person", "test", "person"));
        tx.commit().await.unwrap();
        people[0].unwrap()
    }

    /// A participant whom the vault knows, with one language session.
    pub(crate) async fn participant(&self, kintell: &str) -> PersonId {
        let person = self.person(kintell).await;
        let volunteer = PersonId::new(self.id());
        self.happens([self.session(SessionType::Language, person, volunteer, -1)])
            .await;
        person
    }

    pub(crate) fn id(&self) -> Uuid {
        self.test.clock().new_id()
    }

    /// So many days from now.
    pub(crate) fn day(&self, days: i64) -> Timestamp {
        self.test.clock().now() + SignedDuration::from_hours(24 * days)
    }

    pub(crate) fn pass_days(&self, days: i64) {
        self.test
            .clock()
            .advance(SignedDuration::from_hours(24 * days));
    }

    /// A session of an hour that is over at that day.
    pub(crate) fn session(
        &self,
        kind: SessionType,
        participant: PersonId,
        volunteer: PersonId,
        day: i64,
    ) -> Payload {
        self.session_again(self.id(), kind, participant, volunteer, day)
    }

    pub(crate) fn session_again(
        &self,
        session_id: Uuid,
        session_type: SessionType,
        participant: PersonId,
        volunteer: PersonId,
        day: i64,
    ) -> Payload {
        let completed_at = self.day(day);
        SessionCompleted {
            session_id,
            external_session_id: None,
            session_type,
            participant_id: participant.uuid(),
            volunteer_id: volunteer.uuid(),
            scheduled_at: completed_at - SignedDuration::from_hours(1),
            completed_at,
            duration_minutes: PositiveInt::new(60).unwrap(),
            topics: contracts::event::value::List::default(),
            language_level: None,
            feedback_text_id: None,
            program_id: None,
            campaign_id: None,
            beneficiary_group_id: None,
        }
        .into()
    }

    pub(crate) fn agreed(
        &self,
        session_id: Uuid,
        participant: PersonId,
        volunteer: PersonId,
        day: i64,
    ) -> Payload {
        SessionScheduled {
            session_id,
            external_session_id: None,
            session_type: SessionType::Mentorship,
            participant_id: participant.uuid(),
            volunteer_id: volunteer.uuid(),
            scheduled_at: self.day(day),
        }
        .into()
    }

    pub(crate) fn rating(&self, session_id: Uuid, rating: f64) -> Payload {
        RatingCreated {
            rating_id: self.id(),
            session_id,
            from_role: SessionRole::Participant,
            rating: Rate::new(rating).unwrap(),
            source_scale: RatingScale::ZeroToOne,
            feedback_text_id: None,
            created_at: self.day(0),
        }
        .into()
    }

    /// Says that a session does not hold.
    pub(crate) fn withdrawn(&self, session_id: Uuid) -> Payload {
        self.withdrawn_from("kintell-sessions", session_id)
    }

    pub(crate) fn withdrawn_from(&self, source: &str, record_id: Uuid) -> Payload {
        RecordWithdrawn {
            record_id,
            source: Slug::new(source).unwrap(),
            reason: WithdrawalReason::ImportUndone,
            withdrawn_at: self.day(0),
        }
        .into()
    }

    /// Runs the nightly job.
    pub(crate) async fn night_falls(&self) {
        let mut tx = self.test.db().system("test").await.unwrap();
        let job = NewJob::new("EvaluateJourneys", json!({})).unwrap();
        enqueue(&mut tx, job).await.unwrap();
        tx.commit_bookkeeping().await.unwrap();
        let jobs = JobRunner::new(self.test.db(), vec![crate::journey::job()]);
        jobs.settle().await.unwrap();
        self.bus.settle().await.unwrap();
    }

    /// Asks as a member of a company.
    pub(crate) async fn ask_in(
        &self,
        company: &str,
        role: Role,
        request: http::request::Builder,
        body: Value,
    ) -> Answer {
        let trace = Trace::beginning(self.id());
        let user = UserId::new(Uuid::from_u128(7));
        let company = self.test.grant(company).company();
        let grant = self.test.issuer().for_member(company, user, role, trace);
        let context = RequestContext {
            trace,
            actor: Actor::User(user),
            grant: Some(grant),
            session: None,
            csrf: Csrf::NotNeeded,
        };
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let request: Request<Body> = request.extension(context).body(body).unwrap();
        let all = Assembly::of([crate::service(self.test.db())]);
        let (router, _) = all.routes.split_for_parts();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let etag = response
            .headers()
            .get("etag")
            .map(|tag| tag.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        self.bus.settle().await.unwrap();
        Answer { status, etag, body }
    }

    pub(crate) async fn set_flag(&self, flag: &Flag, open: bool) {
        let mut tx = self.test.db().tenant(&self.grant).await.unwrap();
        flag.set(&mut tx, open).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        let request = Request::get(uri);
        self.ask_in("acme", Role::CompanyManager, request, Value::Null)
            .await
    }

    pub(crate) async fn send(&self, request: http::request::Builder, body: Value) -> Answer {
        self.ask_in("acme", Role::CompanyManager, request, body)
            .await
    }
}
