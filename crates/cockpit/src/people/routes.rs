//! The page of possible duplicates and its three forms.

use axum::Form;
use axum::extract::{OriginalUri, Path, Query, State};
use axum::response::Response;
use contracts::event::value::MergeReason;
use contracts::{MatchId, MergeId, PersonId};
use http::{StatusCode, Uri};
use identity::session::Visitor;
use platform::http::{Allowed, Problem, may};
use profile::query::{FoundMatch, MaskedIdentifier, MatchSide, MatchState, Merge, Part};
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::{Duplicates, MergeRow, Pair, Side};
use crate::layout::{Section, address};
use crate::state::{Cockpit, Instead, Viewer, goto, instead, page};

/// Pairs, and merges, on a page.
const SIZE: u8 = 20;

/// Which part of the lists, and what was just done.
#[derive(Default, Deserialize)]
pub(crate) struct Wanted {
    pairs: Option<String>,
    merges: Option<String>,
    done: Option<Done>,
}

/// What was just done.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Merged,
    Dismissed,
    Undone,
}

impl Done {
    const fn words(self) -> &'static str {
        match self {
            Self::Merged => "The two are one now. You can undo this below.",
            Self::Dismissed => "The two stay two, and are not asked about again.",
            Self::Undone => "The two are two again, exactly as they were.",
        }
    }
}

/// People who may be one, and what was merged.
#[utoipa::path(get, path = "/c/{slug}/people", tag = "cockpit", security(("session" = ["profile:read"])),
    params(("slug" = String, Path), ("pairs" = Option<String>, Query), ("merges" = Option<String>, Query), ("done" = Option<String>, Query)),
    responses((status = 200, content_type = "text/html"), (status = 303), (status = 400), (status = 403), (status = 404)))]
pub(crate) async fn show_duplicates(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ProfileRead>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(wanted): Query<Wanted>,
    OriginalUri(here): OriginalUri,
) -> Result<Response, Instead> {
    let viewer = cockpit.enter(allowed, &visitor, &slug, &here).await?;
    let view = lists(&cockpit, &viewer, &wanted).await?;
    page(StatusCode::OK, &view)
}

/// The two of a pair.
#[derive(Deserialize)]
pub(crate) struct Two {
    keep: String,
    merge: String,
}

/// Takes two people for one.
#[utoipa::path(post, path = "/c/{slug}/people/merge", tag = "cockpit", security(("session" = ["profile:write"])),
    params(("slug" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 409, content_type = "text/html")))]
pub(crate) async fn submit_merge(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ProfileWrite>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    OriginalUri(here): OriginalUri,
    Form(two): Form<Two>,
) -> Result<Response, Instead> {
    let viewer = enter(&cockpit, allowed, &visitor, &slug, &here).await?;
    let (Some(keep), Some(merge)) = (id::<PersonId>(&two.keep), id(&two.merge)) else {
        return Err(instead(Problem::not_found()));
    };
    let reason = MergeReason::Confirmed;
    let done = cockpit
        .people
        .merge(&viewer.grant, keep, merge, reason)
        .await;
    answer(&cockpit, &viewer, done, "merged").await
}

/// The one that a button is about.
#[derive(Deserialize)]
pub(crate) struct One {
    id: String,
}

/// Takes a pair off the list: they are two.
#[utoipa::path(post, path = "/c/{slug}/people/dismiss", tag = "cockpit", security(("session" = ["profile:write"])),
    params(("slug" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 409, content_type = "text/html")))]
pub(crate) async fn submit_dismissal(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ProfileWrite>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    OriginalUri(here): OriginalUri,
    Form(one): Form<One>,
) -> Result<Response, Instead> {
    let viewer = enter(&cockpit, allowed, &visitor, &slug, &here).await?;
    let id = id::<MatchId>(&one.id).ok_or_else(|| instead(Problem::not_found()))?;
    let done = cockpit.people.dismiss(&viewer.grant, id).await;
    answer(&cockpit, &viewer, done, "dismissed").await
}

/// Undoes a merge.
#[utoipa::path(post, path = "/c/{slug}/people/undo", tag = "cockpit", security(("session" = ["profile:write"])),
    params(("slug" = String, Path)),
    responses((status = 303), (status = 403), (status = 404), (status = 409, content_type = "text/html")))]
pub(crate) async fn submit_undo(
    State(cockpit): State<Cockpit>,
    allowed: Result<Allowed<may::ProfileWrite>, Problem>,
    visitor: Visitor,
    Path(slug): Path<String>,
    OriginalUri(here): OriginalUri,
    Form(one): Form<One>,
) -> Result<Response, Instead> {
    let viewer = enter(&cockpit, allowed, &visitor, &slug, &here).await?;
    let id = id::<MergeId>(&one.id).ok_or_else(|| instead(Problem::not_found()))?;
    let done = cockpit.people.undo(&viewer.grant, id).await;
    answer(&cockpit, &viewer, done, "undone").await
}

/// A form of the page; whoever is not signed in goes back to the page, not to the form's address.
async fn enter(
    cockpit: &Cockpit,
    allowed: Result<Allowed<may::ProfileWrite>, Problem>,
    visitor: &Visitor,
    slug: &str,
    here: &Uri,
) -> Result<Viewer, Instead> {
    let list = here.path().rsplit_once('/').map_or("/", |(list, _)| list);
    let list = list.parse().unwrap_or_else(|_| here.clone());
    cockpit.enter(allowed, visitor, slug, &list).await
}

fn id<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Back to the page with what was done, or the page with why it was not.
async fn answer<T>(
    cockpit: &Cockpit,
    viewer: &Viewer,
    done: Result<T, Problem>,
    word: &str,
) -> Result<Response, Instead> {
    match done {
        Ok(_) => Err(goto(&format!(
            "{}/people?done={word}",
            address(viewer.slug())
        ))),
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            let view = lists(cockpit, viewer, &Wanted::default()).await?;
            let text = problem.detail_text().unwrap_or(problem.title_text());
            let refused = Some(text.to_owned());
            let layout = view.layout.clone().failing();
            let view = Duplicates {
                layout,
                refused,
                ..view
            };
            page(StatusCode::CONFLICT, &view)
        }
        Err(problem) => Err(instead(problem)),
    }
}

async fn lists(cockpit: &Cockpit, viewer: &Viewer, wanted: &Wanted) -> Result<Duplicates, Instead> {
    let people = &cockpit.people;
    let (found, more_pairs) = people
        .matches(
            &viewer.grant,
            MatchState::Pending,
            wanted.pairs.as_deref(),
            SIZE,
        )
        .await
        .map_err(instead)?;
    let (merges, more_merges) = people
        .merges(&viewer.grant, wanted.merges.as_deref(), SIZE)
        .await
        .map_err(instead)?;
    let base = format!("{}/people", address(viewer.slug()));
    Ok(Duplicates {
        layout: viewer.layout("Possible duplicates", Section::People),
        done: wanted.done.map(Done::words),
        refused: None,
        pairs: found.into_iter().map(pair).collect(),
        more_pairs: more_pairs.map(|cursor| format!("{base}?pairs={cursor}")),
        merges: merges.iter().map(merge_row).collect(),
        more_merges: more_merges.map(|cursor| format!("{base}?merges={cursor}")),
        zone: viewer.zone.clone(),
    })
}

fn pair(found: FoundMatch) -> Pair {
    let points = found.score * rust_decimal::Decimal::ONE_HUNDRED;
    Pair {
        id: found.id.to_string(),
        one: side(found.person),
        other: side(found.other),
        reason: found.reason,
        percent: points.round().to_u8().unwrap_or_default(),
        source: found.source,
        suggested_at: found.suggested_at,
    }
}

fn side(person: MatchSide) -> Side {
    let parts = person.roles.iter().map(|part| match part {
        Part::Participant => "Participant",
        Part::Volunteer => "Volunteer",
    });
    let roles = parts.collect::<Vec<_>>().join(" and ");
    let programmes: Vec<_> = person
        .programmes
        .iter()
        .map(|programme| programme.as_str())
        .collect();
    let what = match (roles.is_empty(), programmes.is_empty()) {
        (true, _) => "Known, without a session".to_owned(),
        (false, true) => roles,
        (false, false) => format!("{roles} in {}", programmes.join(", ")),
    };
    Side {
        id: person.id.to_string(),
        what,
        last_active_at: person.last_active_at,
        known_by: person.identifiers.into_iter().map(known_by).collect(),
    }
}

fn known_by(identifier: MaskedIdentifier) -> (String, String) {
    let label = match identifier.kind.as_str() {
        "email" => "E-mail",
        "name" => "Name",
        "buddy" => "Buddy id",
        "discord" => "Discord id",
        "kintell" => "Kintell id",
        "upskilling" => "Upskilling id",
        _ => "Id",
    };
    (label.to_owned(), identifier.masked)
}

fn merge_row(merge: &Merge) -> MergeRow {
    MergeRow {
        id: merge.id.to_string(),
        kept: merge.kept_id.to_string(),
        merged: merge.merged_id.to_string(),
        merged_at: merge.merged_at,
        undone_at: merge.undone_at,
    }
}
