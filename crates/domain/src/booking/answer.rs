//! Answers to a host's questions.

use serde::{Deserialize, Serialize};

/// One question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Answer {
    /// The source's id of the question, if it has one.
    pub question_id: Option<String>,
    /// The question as people read it.
    pub question: String,
    /// The answer.
    pub value: AnswerValue,
}

/// An answer, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// Words.
    Text(String),
    /// A number, as it was written.
    Number(String),
    /// Yes or no.
    Truth(bool),
    /// Several choices.
    Many(Vec<String>),
}

impl AnswerValue {
    /// The answer as people read it; `None` if there is nothing to read.
    pub fn for_people(&self) -> Option<String> {
        let text = match self {
            Self::Text(text) | Self::Number(text) => text.trim().to_owned(),
            Self::Truth(true) => "Yes".to_owned(),
            Self::Truth(false) => "No".to_owned(),
            Self::Many(choices) => choices.join(", "),
        };
        (!text.is_empty()).then_some(text)
    }

    /// The answer as a HubSpot property holds it.
    pub fn for_property(&self) -> Option<String> {
        match self {
            Self::Truth(truth) => Some(truth.to_string()),
            Self::Many(choices) if choices.is_empty() => None,
            Self::Many(choices) => Some(choices.join("; ")),
            Self::Text(_) | Self::Number(_) => self.for_people(),
        }
    }
}
