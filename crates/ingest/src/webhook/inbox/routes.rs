//! `/v1/webhooks/…`: where deliveries arrive.
//!
//! The endpoint is named in the address, or in the header `X-Attest-Endpoint`. Whoever is refused learns nothing: the
//! answer and the work are the same for an endpoint that does not exist, one of another source, and a bad signature.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::routing::post;
use contracts::WebhookEndpointId;
use http::{HeaderMap, StatusCode};
use platform::http::{Caller, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Arrived, MAX_BODY};
use crate::webhook::Webhooks;
use crate::webhook::signature::{SenderId, verify};
use crate::webhook::source::DeliveryKind;

const TAG: &str = "webhooks";

/// Names the endpoint where the address does not.
const ENDPOINT: &str = "x-attest-endpoint";

pub(crate) fn routes() -> OpenApiRouter<Webhooks> {
    let plain = |kind: DeliveryKind| {
        post(
            async move |State(webhooks): State<Webhooks>, request: Request| {
                receive(&webhooks, None, Some(kind), request).await
            },
        )
    };
    OpenApiRouter::new()
        .routes(routes!(receive_delivery))
        .routes(routes!(receive_session_completed))
        .routes(routes!(receive_rating_created))
        .routes(routes!(receive_booking_confirmed))
        .routes(routes!(receive_buddy_events))
        .routes(routes!(receive_upskilling_events))
        // The addresses without a version, as the plan has them; their description would say nothing new.
        .route("/webhooks/session", plain(DeliveryKind::SessionCompleted))
        .route("/webhooks/rating", plain(DeliveryKind::RatingCreated))
        .route("/webhooks/booking", plain(DeliveryKind::BookingConfirmed))
        .route("/webhooks/buddy-events", plain(DeliveryKind::BuddyEvents))
        .route(
            "/webhooks/upskilling-events",
            plain(DeliveryKind::UpskillingEvents),
        )
}

/// Deliver to an endpoint by its address.
///
/// The body is signed by the endpoint's secret: `X-Kintell-Signature: t=<unix seconds>,v1=<hex>` (HMAC-SHA256 over
/// `<t>.<body>`; also `X-Buddy-`, `X-Upskilling-`, `X-Attest-Signature`) with `X-Delivery-Id`, or the three headers of
/// Standard Webhooks 1.0.0. 202 says that the delivery is stored, now or by an earlier delivery of the same id.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{endpoint}/{kind}",
    tag = TAG,
    params(
        ("endpoint" = String, Path, description = "The endpoint's id, `whe_…`."),
        ("kind" = String, Path, description = "What is delivered: `session-completed`, `rating-created`, `booking-confirmed`, `buddy-events`, `upskilling-events`."),
    ),
    request_body(content = String, content_type = "application/json"),
    responses(
        (status = 202, description = "Stored."),
        (status = 400, body = Problem, description = "`delivery_id_missing`: the signature holds, but the delivery has no id.", content_type = "application/problem+json"),
        (status = 401, body = Problem, description = "`delivery_refused`.", content_type = "application/problem+json"),
        (status = 413, body = Problem, description = "More than 128 KiB.", content_type = "application/problem+json"),
        (status = 503, body = Problem, description = "`delivery_not_stored`: deliver it again.", content_type = "application/problem+json"),
    ),
)]
async fn receive_delivery(
    State(webhooks): State<Webhooks>,
    Path((endpoint, kind)): Path<(String, String)>,
    request: Request,
) -> Result<StatusCode, Problem> {
    receive(&webhooks, Some(&endpoint), kind.parse().ok(), request).await
}

macro_rules! deliveries {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $kind:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// As the address with an endpoint's id, which stands in the header `X-Attest-Endpoint` instead.
        #[utoipa::path(
            post,
            path = $path,
            tag = TAG,
            params(("X-Attest-Endpoint" = Option<String>, Header, description = "The endpoint's id, `whe_…`.")),
            request_body(content = String, content_type = "application/json"),
            responses(
                (status = 202, description = "Stored."),
                (status = 400, body = Problem, content_type = "application/problem+json"),
                (status = 401, body = Problem, content_type = "application/problem+json"),
                (status = 413, body = Problem, content_type = "application/problem+json"),
                (status = 503, body = Problem, content_type = "application/problem+json"),
            ),
        )]
        async fn $name(
            State(webhooks): State<Webhooks>,
            request: Request,
        ) -> Result<StatusCode, Problem> {
            receive(&webhooks, None, Some(DeliveryKind::$kind), request).await
        }
    )+};
}

deliveries! {
    /// Deliver a Kintell session that took place.
    receive_session_completed = "/v1/webhooks/session-completed", SessionCompleted;
    /// Deliver a rating of a Kintell session.
    receive_rating_created = "/v1/webhooks/rating-created", RatingCreated;
    /// Deliver a Kintell session that was agreed on.
    receive_booking_confirmed = "/v1/webhooks/booking-confirmed", BookingConfirmed;
    /// Deliver something that happened in the buddy system.
    receive_buddy_events = "/v1/webhooks/buddy-events", BuddyEvents;
    /// Deliver something that happened at a provider of courses.
    receive_upskilling_events = "/v1/webhooks/upskilling-events", UpskillingEvents;
}

async fn receive(
    webhooks: &Webhooks,
    endpoint: Option<&str>,
    kind: Option<DeliveryKind>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| broken_off())?;
    let id = endpoint.or_else(|| header(&parts.headers, ENDPOINT));
    let id: Option<WebhookEndpointId> = id.and_then(|id| id.parse().ok());
    let found = webhooks.directory.find(id).await?;
    let secrets = found
        .as_deref()
        .map_or(webhooks.directory.nobody(), |endpoint| &endpoint.secrets);
    let now = webhooks.db.clock().now();
    let verified = verify(&parts.headers, &body, secrets, now);
    let expected = found
        .zip(kind)
        .filter(|(endpoint, kind)| endpoint.source.kinds().contains(kind));
    let (Some((endpoint, kind)), Ok(verified)) = (expected, verified) else {
        metrics::counter!("attest_webhooks_refused_total").increment(1);
        return Err(refused());
    };
    if let Some(caller) = parts.extensions.get::<Caller>() {
        caller.set_company(endpoint.company.uuid());
    }
    let delivery_id: SenderId = verified.delivery_id.ok_or_else(id_missing)?;
    let arrived = Arrived {
        endpoint: endpoint.id,
        source: endpoint.source,
        kind,
        delivery_id,
        // Cut free of the connection's buffer, which may be larger.
        body: Bytes::copy_from_slice(&body),
    };
    let kept = webhooks.inbox.keep(endpoint.company, arrived).await;
    kept.map_err(|_| not_stored())?;
    Ok(StatusCode::ACCEPTED)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn refused() -> Problem {
    Problem::with_status(StatusCode::UNAUTHORIZED, "delivery_refused")
        .title("The delivery was refused")
        .detail("No endpoint of this address expects it, or its signature does not hold. Nothing was stored.")
}

fn id_missing() -> Problem {
    Problem::bad_request("delivery_id_missing").detail(
        "A delivery needs an id that stays the same when it is delivered again, in X-Delivery-Id or webhook-id: 1 to 128 \
         visible ASCII characters without @. Nothing was stored.",
    )
}

fn not_stored() -> Problem {
    Problem::unavailable("delivery_not_stored", 5).detail("Deliver it again, under the same id.")
}

fn broken_off() -> Problem {
    Problem::bad_request("body_broken_off")
        .detail("The body broke off or is too large. Nothing was stored.")
}
