//! An address of the outside world: listens, applies faults, keeps the diary, asks the provider.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::diary::Diary;
use crate::fault::{Fault, Faults, Kind};
use crate::page::{Page, form};
use crate::plug::{Door, Plug};
use crate::{control, page};

/// What all of them have in common.
pub trait Provider: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    /// Answers a request to the provider's own API.
    fn answer(&self, asked: &Asked) -> impl Future<Output = Answer> + Send;
    /// Carries out an order under `/_sandbox/` that only this provider knows.
    fn control(&self, asked: &Asked) -> impl Future<Output = Answer> + Send;
    fn state(&self) -> Value;
    fn reset(&self);
    /// The page at an address of this provider, if there is one.
    fn page(&self, asked: &Asked) -> Option<Page>;
}

pub struct Origin<P> {
    pub provider: P,
    pub diary: Mutex<Diary>,
    pub faults: Mutex<Faults>,
    pub neighbours: Neighbours,
}

/// Names and addresses of all in one sandbox, known once all of them listen.
pub type Neighbours = Arc<OnceLock<Vec<(&'static str, String)>>>;

pub struct Running {
    pub address: SocketAddr,
    closing: Arc<Notify>,
    task: JoinHandle<()>,
}

pub async fn start<P: Provider>(
    address: SocketAddr,
    provider: P,
    neighbours: &Neighbours,
) -> std::io::Result<Running> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let origin = Arc::new(Origin {
        provider,
        diary: Mutex::default(),
        faults: Mutex::default(),
        neighbours: Arc::clone(neighbours),
    });
    let routes = Router::new().fallback(handle::<P>).with_state(origin);
    let closing = Arc::new(Notify::new());
    let closed = Arc::clone(&closing);
    let task = tokio::spawn(async move {
        let service = routes.into_make_service_with_connect_info::<Plug>();
        let served = axum::serve(Door(listener), service)
            .with_graceful_shutdown(async move { closed.notified().await })
            .await;
        if let Err(error) = served {
            tracing::warn!(%error, "sandbox address closed");
        }
    });
    Ok(Running { address, closing, task })
}

impl Running {
    pub async fn stop(mut self) {
        self.closing.notify_one();
        // A request may hang in a fault for minutes; nobody waits for it.
        if tokio::time::timeout(Duration::from_millis(500), &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closing.notify_one();
    }
}

async fn handle<P: Provider>(
    State(origin): State<Arc<Origin<P>>>,
    ConnectInfo(plug): ConnectInfo<Plug>,
    request: Request,
) -> Response {
    let Some(asked) = Asked::read(request).await else {
        return Answer::empty(413).into_response();
    };
    if asked.path == form::PATH {
        let Some((order, back)) = form::read(&asked) else {
            return control::refused("order").into_response();
        };
        let answer = control::carry_out(&origin, &order).await;
        return form::answered(&answer, &back).into_response();
    }
    if asked.path.starts_with("/_sandbox/") {
        return control::carry_out(&origin, &asked).await.into_response();
    }
    if let Some(page) = page::of(&origin, &asked) {
        return page.into_response();
    }
    let fault = hold(&origin.faults).take(&asked);
    let latency_ms = hold(&origin.faults).latency_ms;
    // Even an empty sleep costs a turn of the timer.
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
    let answer = match fault {
        None => {
            let answer = origin.provider.answer(&asked).await;
            hold(&origin.diary).write(&asked, Some(&answer), None);
            answer
        }
        Some(fault) => struck(&origin, &asked, &fault, &plug).await,
    };
    answer.into_response()
}

async fn struck<P: Provider>(origin: &Origin<P>, asked: &Asked, fault: &Fault, plug: &Plug) -> Answer {
    let name = Some(fault.kind.name());
    match fault.kind {
        Kind::Status => {
            let answer = fault.answer();
            hold(&origin.diary).write(asked, Some(&answer), name);
            tokio::time::sleep(fault.delay()).await;
            answer
        }
        Kind::TimeoutBefore | Kind::Reset => {
            hold(&origin.diary).write(asked, None, name);
            tokio::time::sleep(fault.delay()).await;
            plug.pull();
            Answer::empty(500)
        }
        Kind::AnswerLostAfter | Kind::Latency => {
            let answer = origin.provider.answer(asked).await;
            hold(&origin.diary).write(asked, Some(&answer), name);
            tokio::time::sleep(fault.delay()).await;
            if fault.kind == Kind::AnswerLostAfter {
                plug.pull();
            }
            answer
        }
        Kind::OneRefused => {
            let (others, entry) = fault.without_first(asked);
            let answer = match others {
                Some(others) => origin.provider.answer(&others).await,
                None => Answer::json(200, json!({"status": "COMPLETE", "results": []})),
            };
            let answer = answer.with_error(entry);
            hold(&origin.diary).write(asked, Some(&answer), name);
            answer
        }
    }
}
