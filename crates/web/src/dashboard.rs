//! The dashboard: pages for the people who use Patchbay, rendered here, usable without scripts.
//!
//! A page's handler reads a form, calls what the admin API calls, and shows or redirects. Who may do what, the token
//! against forged forms and the look of failures are settled once, in `admission`.

mod account;
mod activity;
mod address;
mod admission;
mod assets;
mod attempts;
mod audit;
mod calls;
mod failure;
mod first_run;
mod flash;
mod form;
mod frame;
mod health;
mod integrations;
mod meetings;
mod merge;
mod password;
mod problems;
mod retention;
mod session;
mod sign_in;
mod time;
mod users;

use axum::{
    Router, middleware,
    response::Redirect,
    routing::{get, post},
};

pub use self::{
    activity::live::Places,
    attempts::Attempts,
    flash::Flash,
    password::Passwords,
    session::{bound, signed_in},
};
use self::{failure::Failure, frame::Visit};
use crate::app::Shared;

/// The dashboard's routes.
pub fn routes(app: &Shared) -> Router<Shared> {
    let admitted = Router::new()
        .route("/account", get(account::show).post(account::change))
        .route("/account/password", post(account::change_password))
        .route("/account/sign-out-everywhere", post(account::sign_out_everywhere))
        .nest("/w/{ws}", workspace())
        .route_layer(middleware::from_fn_with_state(app.clone(), admission::admit));
    let open = Router::new()
        .route("/", get(sign_in::home))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/first-run", get(first_run::show).post(first_run::begin))
        .route("/back-in", get(first_run::show_recovery).post(first_run::recover))
        .route_layer(middleware::from_fn_with_state(app.clone(), admission::same_origin));
    admitted
        .merge(open)
        .layer(middleware::from_fn_with_state(app.clone(), failure::dress))
        .layer(middleware::from_fn_with_state(app.clone(), admission::headers))
        .route(assets::ROUTE, get(assets::show))
}

/// What is within a workspace. A new page is a route here, a file under `dashboard/` and a template.
fn workspace() -> Router<Shared> {
    Router::new()
        .route("/", get(begin))
        .route("/integrations", get(integrations::list))
        .route("/integrations/{source}", get(integrations::show))
        .route("/integrations/{source}/connect", post(integrations::connect::connect))
        .route("/integrations/{source}/grant", post(integrations::connect::grant))
        .route("/integrations/{source}/pause", post(integrations::link::pause))
        .route("/integrations/{source}/resume", post(integrations::link::resume))
        .route("/integrations/{source}/numbers", post(integrations::numbers::set))
        .route("/integrations/{source}/rotate-key", post(integrations::link::rotate))
        .route(
            "/integrations/{source}/disconnect",
            get(integrations::link::ask_to_disconnect).post(integrations::link::disconnect),
        )
        .nest("/calls", calls())
        .route("/meetings", get(meetings::show).post(meetings::set))
        .route("/retention", get(retention::show).post(retention::set))
        .route("/audit", get(audit::list))
        .route("/audit/export.csv", get(audit::csv))
        .route("/audit/export.json", get(audit::json))
        .nest("/users", users())
        .route("/activity", get(activity::list))
        .route("/activity/live", get(activity::live::stream))
        .route("/activity/{id}", get(activity::record::show))
        .route("/health", get(health::show))
        .route("/problems", get(problems::list))
        .route("/problems/retry", get(problems::back).post(problems::retry_all))
        .route("/problems/{id}/retry", get(problems::back).post(problems::retry))
        .route("/problems/{id}/dismiss", get(problems::back).post(problems::dismiss))
        .route("/replay", get(problems::back).post(problems::replay))
        .fallback(no_page)
}

fn users() -> Router<Shared> {
    Router::new()
        .route("/", get(users::list).post(users::add))
        .route("/{id}", get(users::show).post(users::change))
        .route("/{id}/access", post(users::set_access))
        .route("/{id}/reset-password", post(users::reset_password))
        .route("/{id}/sign-out", post(users::sign_out))
}

fn calls() -> Router<Shared> {
    use calls::{logging, owners, rule};
    Router::new()
        .route("/", get(calls::show))
        .route("/logging", get(logging::show).post(logging::set))
        .route("/owners", get(owners::show).post(owners::set))
        .route("/on-conflict", post(calls::set_conflict))
        .route("/{matter}", post(calls::set))
        .route("/{matter}/rules", post(rule::add))
        .route("/{matter}/rules/{id}", get(rule::show).post(rule::change))
        .route("/{matter}/rules/{id}/move", post(rule::shift))
        .route("/{matter}/rules/{id}/delete", post(rule::remove))
}

/// A page that is not there.
async fn no_page() -> Failure {
    Failure::no_page()
}

/// A workspace's first page.
async fn begin(visit: Visit) -> Redirect {
    Redirect::to(&visit.path("integrations"))
}
