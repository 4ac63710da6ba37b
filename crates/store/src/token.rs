//! API tokens: only their hashes are kept.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Result, Store};

/// What the bearer of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Read and change.
    Admin,
    /// Read.
    Viewer,
}

/// A token of the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Ours.
    pub id: Uuid,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What its bearer may do.
    pub role: Role,
    /// The one workspace it is good for; `None`: for all.
    pub workspace: Option<WorkspaceId>,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Role {
    /// The word in the API and the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// The role of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer].into_iter().find(|role| role.word() == word)
    }
}

impl Store {
    /// Adds a token; `Taken` if its id or hash is known.
    pub async fn add_token(&self, token: Token) -> Result<()> {
        todo!()
    }
    /// The token with that SHA-256.
    pub async fn token(&self, hash: [u8; 32]) -> Result<Option<Token>> {
        todo!()
    }
    /// All tokens, oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        todo!()
    }
    /// Removes a token; says whether there was one.
    pub async fn remove_token(&self, id: Uuid) -> Result<bool> {
        todo!()
    }
}
