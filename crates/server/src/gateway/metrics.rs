//! `/metrics` for Prometheus.

use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use platform::events::unread_events;

use super::Gateway;

/// Metrics of this process, in Prometheus' text format. Served to loopback and to
/// whoever the operator lets through; labels carry neither company nor person.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn show_process_metrics(State(gateway): State<Gateway>) -> impl IntoResponse {
    sample_streams(&gateway).await;
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        platform::telemetry::render(),
    )
}

/// Reads how many events wait for each consumer; keeps the last reading if the database does not answer.
async fn sample_streams(gateway: &Gateway) {
    let Some(mounted) = gateway.mounted() else {
        return;
    };
    for consumer in &mounted.consumers {
        if let Ok(unread) = unread_events(&gateway.db, consumer).await {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge; nobody has 2^52 unread events"
            )]
            ::metrics::gauge!("attest_events_unread", "consumer" => *consumer).set(unread as f64);
        }
    }
}
