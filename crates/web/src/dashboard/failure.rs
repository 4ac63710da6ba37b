//! Failures as pages: what went wrong, in the layout of all pages.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use store::StoreError;

use super::{
    frame::{Frame, page},
    session,
};
use crate::{api::problem::Problem, app::Shared};

/// Why a page cannot be shown. What is seen of it, `dress` makes.
#[derive(Debug, Clone)]
pub struct Failure {
    status: StatusCode,
    detail: String,
}

impl Failure {
    /// 403: a viewer asked for a change.
    pub fn forbidden() -> Self {
        let detail = "You can look at everything here, but only an admin can change it.";
        Self { status: StatusCode::FORBIDDEN, detail: detail.to_owned() }
    }

    /// 403: the form is not one of our pages', or an old one.
    pub fn forged() -> Self {
        let detail = "The form was not sent from a page of this session. Open the page again and send it from there; \
            nothing was changed.";
        Self { status: StatusCode::FORBIDDEN, detail: detail.to_owned() }
    }

    /// 404: there is no such page.
    pub fn no_page() -> Self {
        Problem::not_found("page").into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { status: problem.status(), detail: problem.detail().to_owned() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    title: &'static str,
    detail: String,
}

/// Makes pages of failures.
pub async fn dress(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let response = next.run(request).await;
    let Some(failure) = response.extensions().get::<Failure>().cloned() else { return response };
    // Where even the session cannot be read, the page has to do without it; the store is not asked where it gave no answer.
    let me = match failure.status {
        StatusCode::SERVICE_UNAVAILABLE => None,
        _ => session::signed_in(&app, &headers).await.ok().flatten(),
    };
    let frame = match me {
        Some(me) => Frame::around(&app, &me, &path).await.unwrap_or_else(|_| Frame::bare(&app)),
        None => Frame::bare(&app),
    };
    let title = match failure.status {
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::CONFLICT => "Something changed meanwhile",
        StatusCode::SERVICE_UNAVAILABLE => "Not possible just now",
        status if status.is_client_error() => "That cannot be done",
        _ => "Something went wrong",
    };
    page(failure.status, &FailurePage { frame, title, detail: failure.detail })
}
