//! What surrounds each page: navigation, workspace, who is signed in, and the time zone of what is shown.

use askama::Template;
use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::source::System;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use store::{Role, Workspace};

use super::{assets, failure::Failure, flash::Flash, session::SignedIn, time::Time};
use crate::{
    api::{problem::Problem, scope::Scope},
    app::{App, Shared},
};

/// The type of a page.
pub const HTML: &str = "text/html; charset=utf-8";

/// What surrounds a page.
pub struct Frame {
    /// Who is signed in.
    pub person: Option<Person>,
    /// The workspace that the page is about.
    pub workspace: Option<Workspace>,
    /// All workspaces that the person reaches.
    pub workspaces: Vec<Workspace>,
    /// How many problems the workspace has.
    pub problems: u64,
    /// The token that each form carries.
    pub csrf: String,
    /// What was just done.
    pub flash: Option<Flash>,
    /// The moment.
    pub now: Timestamp,
    zone: TimeZone,
    path: String,
}

/// Who is signed in, as pages see them.
pub struct Person {
    /// What people call them.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether they may change things.
    pub is_admin: bool,
}

/// A page of the navigation.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub href: String,
    /// Whether this is it, or a page below it.
    pub is_here: bool,
    /// How many things there need somebody.
    pub badge: u64,
}

/// The pages of a workspace, in the order of the navigation.
const PAGES: [(&str, &str); 9] = [
    ("Integrations", "integrations"),
    ("Calls", "calls"),
    ("Meetings", "meetings"),
    ("Activity", "activity"),
    ("Problems", "problems"),
    ("Health", "health"),
    ("Retention", "retention"),
    ("Audit", "audit"),
    ("Users", "users"),
];

impl Frame {
    /// A frame for who has not signed in, or where nothing can be read.
    pub fn bare(app: &App) -> Self {
        Self {
            person: None,
            workspace: None,
            workspaces: Vec::new(),
            problems: 0,
            csrf: String::new(),
            flash: None,
            now: app.now(),
            zone: TimeZone::UTC,
            path: String::new(),
        }
    }

    /// The frame of a page at a path.
    pub async fn around(app: &App, me: &SignedIn, path: &str) -> Result<Self, Problem> {
        let store = &app.web.store;
        let mut workspaces = store.workspaces().await?;
        workspaces.retain(|workspace| me.user.workspace.is_none_or(|only| only == workspace.id));
        let slug = path.strip_prefix("/w/").and_then(|rest| rest.split('/').next());
        let workspace = workspaces.iter().find(|workspace| Some(workspace.slug.as_str()) == slug).cloned();
        let problems = match &workspace {
            Some(workspace) => store.problem_count(workspace.id).await?,
            None => 0,
        };
        let person = Person {
            name: me.user.name.clone(),
            email: me.user.email.clone(),
            is_admin: me.user.role == Role::Admin,
        };
        let zone = zone(app, me, workspace.as_ref().or(workspaces.first())).await?;
        Ok(Self {
            person: Some(person),
            workspace,
            workspaces,
            problems,
            csrf: me.csrf.clone(),
            flash: None,
            now: app.now(),
            zone,
            path: path.to_owned(),
        })
    }

    /// Whether the person may change things.
    pub fn is_admin(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_admin)
    }

    /// The navigation.
    pub fn entries(&self) -> Vec<Entry> {
        let Some(workspace) = &self.workspace else { return Vec::new() };
        let entry = |(name, word): (&'static str, &str)| {
            let href = format!("/w/{}/{word}", workspace.slug);
            let rest = self.path.strip_prefix(&href);
            let is_here = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            Entry { name, is_here, href, badge: if word == "problems" { self.problems } else { 0 } }
        };
        PAGES.into_iter().map(entry).collect()
    }

    /// The address of a page in this workspace.
    pub fn path(&self, rest: impl AsRef<str>) -> String {
        let rest = rest.as_ref();
        let slug = self.workspace.as_ref().map_or("", |workspace| workspace.slug.as_str());
        format!("/w/{slug}/{rest}")
    }

    /// The address of a file that pages load.
    #[expect(clippy::unused_self, reason = "templates reach it through the frame")]
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// A moment in the reader's zone, as short as today allows.
    pub fn time(&self, at: &Timestamp) -> Time {
        Time::new(*at, self.now, &self.zone)
    }

    /// When a day begins in the reader's zone.
    pub fn day_begins(&self, day: Date) -> Timestamp {
        let outside = if day.year() < 1970 { Timestamp::MIN } else { Timestamp::MAX };
        day.to_zoned(self.zone.clone()).map_or(outside, |begin| begin.timestamp())
    }

    /// The reader's zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The name of the reader's zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// The person's own zone, else that of the workspace's HubSpot account, else UTC.
async fn zone(app: &App, me: &SignedIn, workspace: Option<&Workspace>) -> Result<TimeZone, Problem> {
    if let Some(zone) = me.user.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()) {
        return Ok(zone);
    }
    let Some(workspace) = workspace else { return Ok(TimeZone::UTC) };
    let hubspot = app.web.store.connection(workspace.id, System::Hubspot).await?;
    let name = hubspot.as_ref().and_then(|hubspot| hubspot.details.get("time_zone")?.as_str());
    Ok(name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC))
}

/// What a handler of a page works with.
pub struct Visit {
    /// What all handlers share.
    pub app: Shared,
    /// The workspace, who asks, and what the address names: as the API's handlers take it.
    pub scope: Scope,
    /// Who is signed in.
    pub me: SignedIn,
    /// What surrounds the page.
    pub frame: Frame,
}

impl Visit {
    /// The address of a page in this workspace.
    pub fn path(&self, rest: &str) -> String {
        self.frame.path(rest)
    }

    /// Goes on to a page of this workspace and says what was done.
    pub fn done(&self, rest: &str, text: impl Into<String>) -> Response {
        Flash::done(text).on(&self.app, &self.path(rest))
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Failure> {
        let me = parts.extensions.get::<SignedIn>().cloned().ok_or_else(Problem::internal)?;
        let scope = Scope::from_request_parts(parts, app).await?;
        // Within a workspace the address has lost its beginning to the routes.
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, app).await;
        let mut frame = Frame::around(app, &me, uri.path()).await?;
        frame.flash = Flash::brought(app, &parts.headers);
        Ok(Self { app: app.clone(), scope, me, frame })
    }
}

/// Renders a page.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static(HTML))], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
