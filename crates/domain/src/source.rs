//! The systems that Patchbay stands between.

use serde::{Deserialize, Serialize};

/// Where webhooks come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Aircall, the phone system.
    Aircall,
    /// Calendar.com, by the contract of our own.
    Calendar,
    /// Cal.com.
    Calcom,
    /// Calendly.
    Calendly,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 4] = [Self::Aircall, Self::Calendar, Self::Calcom, Self::Calendly];

    /// The word used in addresses, tables and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aircall => "aircall",
            Self::Calendar => "calendar",
            Self::Calcom => "calcom",
            Self::Calendly => "calendly",
        }
    }

    /// The name that people know, also the one in titles (M3).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aircall => "Aircall",
            Self::Calendar => "Calendar.com",
            Self::Calcom => "Cal.com",
            Self::Calendly => "Calendly",
        }
    }

    /// The source of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.word() == word)
    }
}

/// Anything a workspace can be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// The CRM.
    Hubspot,
    /// A source of webhooks.
    #[serde(untagged)]
    Source(Source),
}

impl System {
    /// All systems, the CRM first.
    pub const ALL: [Self; 5] = [
        Self::Hubspot,
        Self::Source(Source::Aircall),
        Self::Source(Source::Calendar),
        Self::Source(Source::Calcom),
        Self::Source(Source::Calendly),
    ];

    /// The word used in addresses, tables and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hubspot => "hubspot",
            Self::Source(source) => source.word(),
        }
    }

    /// The name that people know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hubspot => "HubSpot",
            Self::Source(source) => source.name(),
        }
    }

    /// The system of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.word() == word)
    }
}
