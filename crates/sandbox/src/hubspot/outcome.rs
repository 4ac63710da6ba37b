//! Call outcomes, which HubSpot calls dispositions: six defaults and the portal's own.

use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct Outcome {
    pub id: String,
    pub label: String,
    pub deleted: bool,
}

/// The documented defaults; labels can be changed, GUIDs cannot.
const DEFAULTS: [(&str, &str); 6] = [
    ("9d9162e7-6cf3-4944-bf63-4dff82258764", "Busy"),
    ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "Connected"),
    ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "Left live message"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("17b47fee-58de-441e-a44c-c6300d46f273", "Wrong number"),
];

pub fn defaults() -> Vec<Outcome> {
    DEFAULTS
        .iter()
        .map(|(id, label)| Outcome { id: (*id).to_owned(), label: (*label).to_owned(), deleted: false })
        .collect()
}

impl Outcome {
    /// An outcome made again under an old label is another outcome: it has another GUID.
    pub fn made(label: &str) -> Self {
        Self { id: Uuid::new_v4().to_string(), label: label.to_owned(), deleted: false }
    }

    pub fn json(&self) -> Value {
        json!({"id": self.id, "label": self.label, "deleted": self.deleted})
    }
}

/// A bare array. Live answers were seen both without deleted outcomes and with them flagged.
pub fn list(outcomes: &[Outcome], with_deleted: bool) -> Value {
    outcomes.iter().filter(|outcome| with_deleted || !outcome.deleted).map(Outcome::json).collect()
}
