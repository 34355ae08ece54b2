#![doc = include_str!("../README.md")]

mod flag;
mod journey;
mod mapping;
mod people;
mod person;
pub mod query;
#[cfg(test)]
mod testing;

pub use people::{Page, People};
use platform::flags::Flag;
use platform::{Db, Service};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Whether ids of other systems can be linked by request.
pub(crate) static LINKING: Flag = Flag {
    name: "profile.linking",
    default: true,
    description: "Ids of other systems are linked to people by request (POST /v1/profile/mapping).",
};

/// The crate's routes, consumer, job and schedule.
#[must_use]
pub fn service(db: &Db) -> Service {
    Service::new("profile", &["profile"])
        .routes(routes(db))
        .routes_behind(&LINKING, db, linking(db))
        .consumer(journey::consumer())
        .consumer(people::consumer())
        .job(journey::job())
        .schedule(journey::schedule())
        .job(people::job())
        .schedule(people::schedule())
}

fn routes(db: &Db) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(
            person::routes::get_profile,
            person::routes::update_profile
        ))
        .routes(routes!(person::routes::list_profile_history))
        .routes(routes!(mapping::routes::list_external_ids))
        .routes(routes!(people::routes::list_matches))
        .routes(routes!(people::routes::dismiss_match))
        .routes(routes!(people::routes::merge_people))
        .routes(routes!(people::routes::preview_merge))
        .routes(routes!(people::routes::list_merges))
        .routes(routes!(people::routes::undo_merge))
        .with_state(db.clone())
}

fn linking(db: &Db) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(mapping::routes::link_external_id))
        .with_state(db.clone())
}
