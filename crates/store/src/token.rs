//! API tokens: only their hashes are kept.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Result, Store, StoreError, column,
    database::{Row, params},
};

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

const COLUMNS: &str = "id, hash, role, workspace, name, created_at";

impl Store {
    /// Adds a token; `Taken` if its id or hash is known.
    pub async fn add_token(&self, token: Token) -> Result<()> {
        self.write(move |connection| {
            let sql = "INSERT INTO tokens (id, hash, role, workspace, name, created_at)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
            let values = params![
                token.id.to_string(),
                token.hash,
                token.role.word(),
                token.workspace.map(|workspace| workspace.0),
                token.name,
                column::micros(token.created_at),
            ];
            match connection.run(sql, values)? {
                0 => Err(StoreError::Taken),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The token with that SHA-256.
    pub async fn token(&self, hash: [u8; 32]) -> Result<Option<Token>> {
        let sql = format!("SELECT {COLUMNS} FROM tokens WHERE hash = $1");
        self.read(move |connection| connection.first(&sql, params![hash], of_row)).await
    }

    /// All tokens, oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        let sql = format!("SELECT {COLUMNS} FROM tokens ORDER BY created_at, id");
        self.read(move |connection| connection.all(&sql, &[], of_row)).await
    }

    /// Removes a token; says whether there was one.
    pub async fn remove_token(&self, id: Uuid) -> Result<bool> {
        self.write(move |connection| {
            Ok(connection.run("DELETE FROM tokens WHERE id = $1", params![id.to_string()])? > 0)
        })
        .await
    }
}

fn of_row(row: &Row<'_>) -> Result<Token> {
    Ok(Token {
        id: column::uuid(row, 0, "tokens")?,
        hash: row.get(1)?,
        role: column::word(row, 2, "tokens", Role::from_word)?,
        workspace: row.get::<Option<i64>>(3)?.map(WorkspaceId),
        name: row.get(4)?,
        created_at: column::timestamp(row, 5, "tokens")?,
    })
}
