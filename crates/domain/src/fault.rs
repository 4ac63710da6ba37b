//! What a failure asks of us: try later, give up, or ask a person to sign in again.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Why something could not be done, with the decision already made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// It may work later: the far side is down, slow, busy or over its limits.
    Later {
        /// How long the far side asked us to wait, if it said so.
        after: Option<SignedDuration>,
        /// What happened, in plain words.
        why: String,
    },
    /// It will not work as it stands: the far side refused the content.
    Never {
        /// What happened, in plain words.
        why: String,
        /// The property or field that was wrong, where it is known.
        field: Option<String>,
    },
    /// The credential is refused: nothing more is sent until a person connects again.
    SignIn {
        /// What happened, in plain words.
        why: String,
    },
}

impl Fault {
    /// A passing fault without a stated waiting time.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later { after: None, why: why.into() }
    }

    /// A lasting fault without a known field.
    pub fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into(), field: None }
    }

    /// What happened, in plain words.
    pub fn why(&self) -> &str {
        match self {
            Self::Later { why, .. } | Self::Never { why, .. } | Self::SignIn { why } => why,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.why())
    }
}

impl std::error::Error for Fault {}
