//! A provider without an address: asked in this process, at moments that the caller gives.

use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;
use axum::http::{Request, Response};
use jiff::Timestamp;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::{self, hold};
use crate::origin::{Origin, Provider};
use crate::{aircall, control, hubspot, scheduler};

/// A provider in a box with no network around it. Orders under `/_sandbox/` are taken as at an address, but for faults and
/// latency: what becomes of a request is the caller's to decide. Cheap to clone.
#[derive(Clone)]
pub struct Enclosed(Arc<dyn Ask>);

trait Ask: Send + Sync {
    fn ask(&self, asked: &Asked) -> Option<Answer>;
}

impl Enclosed {
    pub fn hubspot() -> Self {
        Self::of(hubspot::HubSpot::default())
    }

    pub fn aircall() -> Self {
        Self::of(aircall::Aircall::default())
    }

    pub fn scheduler() -> Self {
        Self::of(scheduler::Scheduler::default())
    }

    fn of(provider: impl Provider) -> Self {
        let neighbours = Arc::new(OnceLock::new());
        Self(Arc::new(Origin { provider, diary: Mutex::default(), faults: Mutex::default(), neighbours }))
    }

    /// Asks at a moment. What would have to wait, such as the delivery of a webhook, is answered 501.
    pub fn ask(&self, moment: Timestamp, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let asked = Asked::whole(head, body);
        let answer = clock::at(moment, || self.0.ask(&asked)).unwrap_or_else(|| Answer::empty(501));
        let body = answer.body();
        let (head, _) = answer.into_response().into_parts();
        Response::from_parts(head, body)
    }
}

impl<P: Provider> Ask for Origin<P> {
    fn ask(&self, asked: &Asked) -> Option<Answer> {
        if asked.path.starts_with("/_sandbox/") {
            return at_once(control::carry_out(self, asked));
        }
        let answer = at_once(self.provider.answer(asked))?;
        hold(&self.diary).write(asked, Some(&answer), None);
        Some(answer)
    }
}

/// What comes without waiting.
fn at_once<T>(answer: impl Future<Output = T>) -> Option<T> {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
