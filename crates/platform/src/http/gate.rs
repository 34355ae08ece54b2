//! Routes that a feature flag opens and closes.

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;

use super::context::RequestContext;
use super::problem::Problem;
use crate::db::Db;
use crate::flags::Flag;

/// Puts routes behind a flag: where the actor's company has it closed they answer 404, as if there were none.
/// An actor without a company is left to the handler, which refuses it.
pub(crate) fn behind(flag: &'static Flag, db: &Db, routes: OpenApiRouter) -> OpenApiRouter {
    routes.route_layer(from_fn_with_state((db.clone(), flag), let_through))
}

async fn let_through(
    State((db, flag)): State<(Db, &'static Flag)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let context = request.extensions().get::<RequestContext>();
    if let Some(grant) = context.and_then(|context| context.grant) {
        let mut tx = db.tenant(&grant).await?;
        if !flag.is_open(&mut tx).await? {
            return Err(Problem::not_found());
        }
    }
    Ok(next.run(request).await)
}
