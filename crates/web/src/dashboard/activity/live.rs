//! The live list: what is new and what has changed is told to open pages as it is written.

use std::{collections::BTreeSet, convert::Infallible, future::Future, pin::Pin, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use domain::ids::RecordId;
use futures_util::stream;
use store::{Changed, Filter, News};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Item, filter};
use crate::{
    api::{page::Asked, problem::Problem, records::Hold},
    dashboard::{
        failure::Failure,
        frame::{Frame, Visit},
        session,
    },
};

/// Pages that are told at once.
const OPEN_MAX: usize = 200;

/// Changes of one moment are told together.
const GATHER: Duration = Duration::from_millis(300);

/// More changes than these are not told one by one: the page looks again.
const TOLD_MAX: usize = 50;

/// A stream is no longer open than this; the browser opens another, if the page is still there and signed in.
const LASTS: Duration = Duration::from_mins(10);

/// A silence longer than this looks like a broken connection to some proxies.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// How many pages can be told.
#[derive(Clone)]
pub struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OPEN_MAX)))
    }
}

/// What is told: items that are new or have changed, and those that are no longer of the list.
#[derive(Template)]
#[template(path = "items.html")]
struct Told {
    frame: Frame,
    items: Vec<Item>,
    gone: Vec<RecordId>,
}

/// A page that is told.
struct Reader {
    visit: Visit,
    headers: HeaderMap,
    filter: Filter,
    news: News,
    ends: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    _place: OwnedSemaphorePermit,
}

/// Tells of changes until the page is closed, signs out, or cannot keep up.
pub async fn stream(visit: Visit, asked: Asked, headers: HeaderMap) -> Result<Response, Failure> {
    let places = visit.app.places.0.clone();
    let place = places
        .try_acquire_owned()
        .map_err(|_| Problem::unavailable("Too many lists are open: this one does not change by itself."))?;
    let filter = filter(&asked, visit.frame.zone())?;
    let news = visit.app.web.store.listen(visit.scope.ws());
    let ends = Box::pin(tokio::time::sleep(LASTS));
    let reader = Reader { visit, headers, filter, news, ends, _place: place };
    let events = stream::unfold(reader, async |mut reader| {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SILENCE_MAX)).into_response())
}

impl Reader {
    /// The next that is told; `None` when nothing more is.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let first = tokio::select! {
                changed = self.news.next() => changed?,
                () = &mut self.ends => return None,
            };
            let ids = match self.gather(first).await? {
                Changed::These(ids) if ids.is_empty() => continue,
                Changed::These(ids) => ids,
                Changed::Many => return Some(Event::default().event("many").data("")),
            };
            // Whoever has signed out, or may no longer look, is told nothing more.
            let me = session::signed_in(&self.visit.app, &self.headers).await.ok()??;
            let workspace = self.visit.scope.ws();
            if me.user.workspace.is_some_and(|only| only != workspace) {
                return None;
            }
            let frame = Frame::around(&self.visit.app, &me, &self.visit.path("activity")).await.ok()?;
            let told = self.told(frame, ids).await.ok()?;
            return Some(Event::default().event("items").data(told.render().ok()?));
        }
    }

    /// Takes what else changes within a moment.
    async fn gather(&mut self, first: Changed) -> Option<Changed> {
        let mut all = BTreeSet::new();
        let mut next = Some(first);
        let pause = tokio::time::sleep(GATHER);
        tokio::pin!(pause);
        while let Some(changed) = next {
            match changed {
                Changed::These(ids) => all.extend(ids),
                Changed::Many => return Some(Changed::Many),
            }
            next = tokio::select! {
                changed = self.news.next() => Some(changed?),
                () = &mut pause => None,
            };
        }
        Some(if all.len() > TOLD_MAX { Changed::Many } else { Changed::These(all.into_iter().collect()) })
    }

    async fn told(&self, frame: Frame, ids: Vec<RecordId>) -> Result<Told, Failure> {
        let (app, scope) = (&self.visit.app, &self.visit.scope);
        let mut found = app.web.store.records_among(scope.ws(), ids.clone(), self.filter.clone()).await?;
        found.sort_by_key(|stored| stored.created_at);
        let hold = Hold::read(app, scope).await?;
        let is_gone = |id: &RecordId| found.iter().all(|stored| stored.record.id != *id);
        let gone = ids.into_iter().filter(is_gone).collect();
        let items = found.iter().map(|stored| Item::of(stored, &hold)).collect();
        Ok(Told { frame, items, gone })
    }
}
