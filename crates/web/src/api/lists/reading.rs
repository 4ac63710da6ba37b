//! Reading a live list now, and what was known of it before.

use std::time::Duration;

use connectors::{
    aircall::{Aircall, Number, User, Webhook},
    hubspot::{ContactProperty, Hubspot, Owner},
};
use domain::{
    catalog::{OutcomeCatalog, TagCatalog},
    fault::Fault,
    ids::WorkspaceId,
    source::{Source, System},
};
use jiff::Timestamp;
use store::Status;

use super::Choice;
use crate::{
    api::{
        connections::{aircall, hubspot, secret},
        problem::Problem,
    },
    app::App,
};

/// A person waits for the page: longer than this, the list as last known serves better.
const WAIT: Duration = Duration::from_secs(10);

/// A list as it is now or, with the reason, as last known.
pub struct Reading<C> {
    /// All that is known of it.
    pub catalog: C,
    /// What can be picked.
    pub items: Vec<Choice>,
    /// Why it could not be read now.
    pub unread: Option<Unread>,
}

/// Why a list could not be read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// In plain words.
    pub reason: String,
    /// Whether trying again may help: there is a connection that works.
    pub is_passing: bool,
}

impl Unread {
    fn closed(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_passing: false }
    }

    /// HubSpot's defaults are not all deleted at once: an empty list is a reading that failed.
    fn empty() -> Self {
        Self { reason: "HubSpot's list of outcomes came empty.".to_owned(), is_passing: true }
    }

    /// What a caller is told who cannot do without the list.
    pub fn problem(&self) -> Problem {
        Problem::unavailable(&self.reason)
    }
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Self { reason: fault.why().to_owned(), is_passing: matches!(fault, Fault::Later { .. }) }
    }
}

impl<C> Reading<C> {
    /// Refuses to go on if the list was never read at all.
    pub fn need(&self, read_at: Option<Timestamp>) -> Result<(), Problem> {
        match (&self.unread, read_at) {
            (Some(unread), None) => Err(unread.problem()),
            _ => Ok(()),
        }
    }
}

/// Reads HubSpot's call outcomes. If that cannot be done, nothing counts as deleted.
pub async fn outcomes(app: &App, ws: WorkspaceId) -> Result<Reading<OutcomeCatalog>, Problem> {
    let read = in_time(async {
        let _turn = app.readings.hold(ws).await;
        let client = match line(app, ws).await? {
            Ok(client) => client,
            Err(unread) => return Ok(Err(unread)),
        };
        let asked_at = app.now();
        let listed = match app.web.gates.pass(ws, client.outcomes()).await {
            Ok(Ok(listed)) if listed.is_empty() => return Ok(Err(Unread::empty())),
            Ok(Ok(listed)) => listed,
            Ok(Err(fault)) => return Ok(Err(fault.into())),
            Err(closed) => return Ok(Err(Fault::from(closed).into())),
        };
        let items = listed.iter().map(|(id, label)| Choice::new(id.as_str(), label)).collect();
        let catalog = app.web.store.observe_outcomes(ws, listed, asked_at, app.now()).await?;
        Ok(Ok(Reading { catalog, items, unread: None }))
    });
    match read.await? {
        Ok(reading) => Ok(reading),
        Err(unread) => {
            let catalog = app.web.store.outcome_catalog(ws).await?;
            let items = catalog.choices().map(|(id, seen)| Choice::new(id.as_str(), &seen.label)).collect();
            Ok(Reading { catalog, items, unread: Some(unread) })
        }
    }
}

/// Reads Aircall's tags. If that cannot be done, nothing counts as deleted.
pub async fn tags(app: &App, ws: WorkspaceId) -> Result<Reading<TagCatalog>, Problem> {
    let read = in_time(async {
        let _turn = app.readings.hold(ws).await;
        let Some(aircall) = phone_line(app, ws).await? else { return Ok(Err(no_aircall())) };
        let asked_at = app.now();
        let listed = match aircall.tags().await {
            Ok(listed) => listed,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let items = listed.iter().map(|(id, label)| Choice::new(id.as_str(), label)).collect();
        let catalog = app.web.store.observe_tags(ws, listed, asked_at, app.now()).await?;
        Ok(Ok(Reading { catalog, items, unread: None }))
    });
    match read.await? {
        Ok(reading) => Ok(reading),
        Err(unread) => {
            let catalog = app.web.store.tag_catalog(ws).await?;
            let items = catalog.choices().map(|(id, seen)| Choice::new(id.as_str(), &seen.label)).collect();
            Ok(Reading { catalog, items, unread: Some(unread) })
        }
    }
}

/// Reads HubSpot's call types. They are not kept: they lag in nothing.
pub async fn call_types(app: &App, ws: WorkspaceId) -> Result<Result<Vec<Choice>, Unread>, Problem> {
    in_time(async {
        let client = match line(app, ws).await? {
            Ok(client) => client,
            Err(unread) => return Ok(Err(unread)),
        };
        Ok(match app.web.gates.pass(ws, client.call_types()).await {
            Ok(Ok(listed)) => {
                Ok(listed.into_iter().map(|(value, label)| Choice::new(value, label)).collect())
            }
            Ok(Err(fault)) => Err(fault.into()),
            Err(closed) => Err(Fault::from(closed).into()),
        })
    })
    .await
}

/// Reads HubSpot's owners, those who have left too: their ids stay good.
pub async fn owners(app: &App, ws: WorkspaceId) -> Result<Result<Vec<Choice>, Unread>, Problem> {
    in_time(async {
        let client = match line(app, ws).await? {
            Ok(client) => client,
            Err(unread) => return Ok(Err(unread)),
        };
        let mut owners = Vec::new();
        for archived in [false, true] {
            let listed = match app.web.gates.pass(ws, client.owners(archived)).await {
                Ok(Ok(listed)) => listed,
                Ok(Err(fault)) => return Ok(Err(fault.into())),
                Err(closed) => return Ok(Err(Fault::from(closed).into())),
            };
            owners.extend(listed.into_iter().map(|owner| owner_choice(owner, archived)));
        }
        Ok(Ok(owners))
    })
    .await
}

/// Reads HubSpot's contact properties.
pub async fn contact_properties(
    app: &App,
    ws: WorkspaceId,
) -> Result<Result<Vec<ContactProperty>, Unread>, Problem> {
    in_time(async {
        let client = match line(app, ws).await? {
            Ok(client) => client,
            Err(unread) => return Ok(Err(unread)),
        };
        Ok(match app.web.gates.pass(ws, client.contact_properties()).await {
            Ok(Ok(listed)) if listed.is_empty() => {
                Err(Unread::closed("HubSpot's list of contact properties came empty."))
            }
            Ok(Ok(listed)) => Ok(listed),
            Ok(Err(fault)) => Err(fault.into()),
            Err(closed) => Err(Fault::from(closed).into()),
        })
    })
    .await
}

/// An owner by address; a queue has none.
fn owner_choice(owner: Owner, has_left: bool) -> Choice {
    let name = owner.email.map_or_else(|| format!("Owner {}", owner.id.0), |email| email.as_str().to_owned());
    let label = if has_left { format!("{name} (has left)") } else { name };
    Choice::new(owner.id.0, label)
}

/// Reads Aircall's agents that have an address, which is their id here.
pub async fn agents(app: &App, ws: WorkspaceId) -> Result<Result<Vec<Choice>, Unread>, Problem> {
    in_time(async {
        let Some(aircall) = phone_line(app, ws).await? else { return Ok(Err(no_aircall())) };
        let listed = match aircall.users().await {
            Ok(listed) => listed,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let agent = |user: User| {
            let email = user.email?;
            let name = user.name.unwrap_or_else(|| email.as_str().to_owned());
            Some(Choice::new(email.as_str(), name))
        };
        Ok(Ok(listed.into_iter().filter_map(agent).collect()))
    })
    .await
}

/// Reads the company's numbers from Aircall.
pub async fn numbers(app: &App, ws: WorkspaceId) -> Result<Result<Vec<Choice>, Unread>, Problem> {
    in_time(async {
        let Some(aircall) = phone_line(app, ws).await? else { return Ok(Err(no_aircall())) };
        let listed = match aircall.numbers().await {
            Ok(listed) => listed,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let label = |number: &Number| match (&number.name, &number.digits) {
            (Some(name), Some(digits)) => format!("{name} ({digits})"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => number.id.clone(),
        };
        Ok(Ok(listed.iter().map(|number| Choice::new(&number.id, label(number))).collect()))
    })
    .await
}

/// Reads the webhooks that Aircall knows, others' too.
pub async fn webhooks(app: &App, ws: WorkspaceId) -> Result<Result<Vec<Webhook>, Unread>, Problem> {
    in_time(async {
        let Some(aircall) = phone_line(app, ws).await? else { return Ok(Err(no_aircall())) };
        Ok(aircall.webhooks().await.map_err(Unread::from))
    })
    .await
}

/// A client for the workspace's Aircall, if it is connected.
async fn phone_line(app: &App, ws: WorkspaceId) -> Result<Option<Aircall>, Problem> {
    let connection = app.web.store.connection(ws, System::Source(Source::Aircall)).await?;
    let connection = connection.filter(|connection| connection.status != Status::Disconnected);
    let secret = connection.and_then(|connection| connection.secret);
    Ok(secret::read::<secret::Aircall>(secret.as_ref()).map(|secret| aircall::client(app, &secret)))
}

fn no_aircall() -> Unread {
    Unread::closed("Aircall is not connected.")
}

/// A client for the workspace's HubSpot, if it may be spoken to.
async fn line(app: &App, ws: WorkspaceId) -> Result<Result<Hubspot, Unread>, Problem> {
    let connection = app.web.store.connection(ws, System::Hubspot).await?;
    if let Some(reason) = hubspot::closed_because(connection.as_ref()) {
        return Ok(Err(Unread::closed(reason)));
    }
    let client = connection.as_ref().and_then(|connection| hubspot::client_of(app, connection));
    Ok(client.ok_or_else(|| Unread::closed("HubSpot's credential is missing: connect it again.")))
}

async fn in_time<T>(
    read: impl Future<Output = Result<Result<T, Unread>, Problem>>,
) -> Result<Result<T, Unread>, Problem> {
    tokio::time::timeout(WAIT, read).await.unwrap_or_else(|_| {
        Ok(Err(Unread { reason: "The list did not come in time.".to_owned(), is_passing: true }))
    })
}
