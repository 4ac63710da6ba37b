//! The table of routes.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    Web,
    api::{
        audit, auth, connections, lists, load, once, openapi,
        problem::{Problem, no_such_address, no_such_method},
        problems, records, replay, rules, settings,
    },
    app::{App, Shared},
    dashboard, headers, hooks, oauth,
    vitals::{Vitals, vitals},
};

/// Makes the router of all outside surfaces.
pub fn router(web: Web) -> Router {
    let app = App::new(web);
    Router::new()
        .merge(doors())
        .merge(granted())
        .merge(dashboard::routes(&app))
        .nest("/api/v1", api(&app))
        .merge(vitals(Vitals {
            store: app.web.store.clone(),
            clock: Arc::clone(&app.web.clock),
            metrics: app.web.metrics.clone(),
        }))
        .fallback(elsewhere)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(headers::no_sniff())
        .layer(headers::no_referrer())
        .with_state(app)
}

fn doors() -> Router<Shared> {
    Router::new().route("/hooks/{key}/{source}", post(hooks::knock))
}

fn granted() -> Router<Shared> {
    Router::new()
        .route(oauth::PATH, get(oauth::callback))
        .layer(headers::no_store())
        .layer(headers::no_page())
}

fn api(app: &Shared) -> Router<Shared> {
    Router::new()
        .nest("/workspaces/{ws}", workspace())
        .route_layer(middleware::from_fn_with_state(app.clone(), once::keep))
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::admit))
        .route("/openapi.json", get(openapi::show))
        .fallback(no_such_address)
        .method_not_allowed_fallback(no_such_method)
        .layer(headers::no_store())
        .layer(headers::no_page())
}

fn workspace() -> Router<Shared> {
    use rules::{call_type, outcome};
    Router::new()
        .route("/connections", get(connections::list))
        .route(
            "/connections/{source}",
            get(connections::show).put(connections::connect).delete(connections::disconnect),
        )
        .route("/connections/{source}/grant", post(connections::grant::start))
        .route("/connections/{source}/pause", post(connections::pause))
        .route("/connections/{source}/resume", post(connections::resume))
        .route("/connections/{source}/rotate-key", post(connections::rotate))
        .route("/settings/calls", get(settings::calls::show).put(settings::calls::change))
        .route("/settings/meetings", get(settings::meetings::show).put(settings::meetings::change))
        .route("/settings/retention", get(settings::retention::show).put(settings::retention::change))
        .route("/outcomes", get(lists::outcomes))
        .route("/tags", get(lists::tags))
        .route("/call-types", get(lists::call_types))
        .route("/outcome-rules", get(outcome::list).post(outcome::add))
        .route("/outcome-rules/{id}", get(outcome::show).patch(outcome::change).delete(outcome::remove))
        .route("/call-type-rules", get(call_type::list).post(call_type::add))
        .route(
            "/call-type-rules/{id}",
            get(call_type::show).patch(call_type::change).delete(call_type::remove),
        )
        .route("/records", get(records::list))
        .route("/records/{id}", get(records::show))
        .route("/problems", get(problems::list))
        .route("/problems/retry", post(problems::retry_all))
        .route("/problems/{id}/retry", post(problems::retry))
        .route("/problems/{id}/dismiss", post(problems::dismiss))
        .route("/replay", post(replay::start))
        .route("/audit", get(audit::list))
        .route("/health", get(load::show))
}

/// Answers for addresses outside of all tables.
async fn elsewhere(uri: Uri) -> Response {
    if uri.path().starts_with("/api") {
        no_such_address().await.into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// A fault of ours is answered, not passed on as a broken connection. The panic hook has logged it.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal().into_response()
}
