//! Integrations: what the workspace is linked to, how each link stands, and what to do next (I1–I5, M9, M10).

pub mod connect;
pub mod link;
pub mod numbers;
mod webhook;

use askama::Template;
use axum::{http::StatusCode, response::Response};
use domain::source::{Source, System};

use self::{numbers::Numbers, webhook::Webhook};
use super::{
    failure::Failure,
    form::Form,
    frame::{Frame, Visit, page},
};
use crate::api::connections::{self, ConnectionView};

/// One system, as pages show it.
pub struct Card {
    /// The system.
    pub system: System,
    /// How the link stands.
    pub link: ConnectionView,
}

impl Card {
    /// What the system is for.
    pub fn purpose(&self) -> &'static str {
        match self.system {
            System::Hubspot => "Where calls and meetings are logged.",
            System::Source(Source::Aircall) => "Calls, as they are answered, missed, tagged and ended.",
            System::Source(Source::Calendar) => "Bookings made, moved and canceled in Calendar.com.",
            System::Source(Source::Calcom) => "Bookings made, moved and canceled in Cal.com.",
            System::Source(Source::Calendly) => "Bookings made, moved and canceled in Calendly.",
        }
    }

    /// The state in a word or two.
    pub fn state(&self) -> &'static str {
        match self.link.status {
            "connected" => "Connected",
            "paused" => "Paused",
            "needs_attention" => "Needs attention",
            _ => "Not connected",
        }
    }

    /// The state, and what it means, in a sentence.
    pub fn sentence(&self) -> String {
        let name = self.link.name;
        match (self.link.status, self.system) {
            ("connected", System::Hubspot) => {
                let portal = self.link.portal_id.as_deref().unwrap_or("?");
                format!("Calls and meetings are written to account {portal}.")
            }
            ("connected", _) => "What it sends is logged.".to_owned(),
            ("paused", System::Hubspot) => {
                "Nothing is written. What arrives waits until you resume.".to_owned()
            }
            ("paused", _) => format!("What {name} sends is kept, and not logged."),
            ("needs_attention", _) => self.link.reason.clone().unwrap_or_default(),
            (_, System::Hubspot) => "Nothing is written yet. What arrives meanwhile waits.".to_owned(),
            _ => format!("Nothing is taken from {name}."),
        }
    }

    /// The guard against duplicates, in words.
    pub fn guard(&self) -> &'static str {
        match self.link.duplicate_guard {
            Some("unique_property") => {
                "A property of ours with unique values: HubSpot itself refuses the same call or meeting a second time."
            }
            Some(_) => {
                "A look before each repetition: this account has no room for a unique property of ours, so what may \
                 have been written is looked up before it is written again."
            }
            None => "",
        }
    }

    /// Whether there is a link, working or not.
    pub fn is_linked(&self) -> bool {
        self.link.status != "disconnected"
    }
}

#[derive(Template)]
#[template(path = "integrations.html")]
struct ListPage {
    frame: Frame,
    cards: Vec<Card>,
    can_grant: bool,
}

#[derive(Template)]
#[template(path = "integration.html")]
struct ShowPage {
    frame: Frame,
    card: Card,
    can_grant: bool,
    form: Form,
    plans: [(&'static str, &'static str); 5],
    aircall: Option<(Webhook, Numbers)>,
}

/// What M9 lets be chosen.
const PLANS: [(&str, &str); 5] = [
    ("pro", "Pro"),
    ("premium", "Premium"),
    ("team", "Team"),
    ("business", "Business"),
    ("enterprise", "Enterprise"),
];

/// Shows all systems.
pub async fn list(visit: Visit) -> Result<Response, Failure> {
    let mut cards = Vec::new();
    for system in System::ALL {
        cards.push(card(&visit, system).await?);
    }
    let can_grant = visit.app.web.oauth.is_some();
    Ok(page(StatusCode::OK, &ListPage { frame: visit.frame, cards, can_grant }))
}

/// Shows one system.
pub async fn show(visit: Visit) -> Result<Response, Failure> {
    show_with(visit, StatusCode::OK, Form::default()).await
}

/// Shows one system with a form that was refused.
async fn show_with(visit: Visit, status: StatusCode, form: Form) -> Result<Response, Failure> {
    let card = card(&visit, visit.scope.system()?).await?;
    let can_grant = visit.app.web.oauth.is_some();
    let aircall = match card.system {
        System::Source(Source::Aircall) if card.is_linked() => {
            let (webhook, numbers) = tokio::join!(Webhook::read(&visit), Numbers::read(&visit));
            Some((webhook?, numbers?))
        }
        _ => None,
    };
    Ok(page(status, &ShowPage { frame: visit.frame, card, can_grant, form, plans: PLANS, aircall }))
}

pub async fn card(visit: &Visit, system: System) -> Result<Card, Failure> {
    Ok(Card { system, link: connections::view(&visit.app, &visit.scope, system).await? })
}
