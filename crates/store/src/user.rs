//! People who sign in to the dashboard. Of a password only its Argon2id hash is kept.

use domain::ids::WorkspaceId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Result, Role, Store, StoreError, column,
    database::{Connection, Row, params},
};

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Ours.
    pub id: Uuid,
    /// The address that they sign in with, in lower case.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// The hash of the password, a PHC string.
    pub password: String,
    /// What they may do.
    pub role: Role,
    /// The one workspace that they reach; `None`: all.
    pub workspace: Option<WorkspaceId>,
    /// Their own time zone, an IANA name; `None`: the workspace's.
    pub time_zone: Option<String>,
    /// Whether they are kept from signing in.
    pub is_disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, email, name, password, role, workspace, time_zone, disabled, created_at";

impl Store {
    /// Whether anybody can sign in at all: a first run has nobody.
    pub async fn has_users(&self) -> Result<bool> {
        self.read(|rows| Ok(rows.first("SELECT 1 FROM users LIMIT 1", &[], |_| Ok(()))?.is_some())).await
    }

    /// Adds the first user of all; `Taken` if there is one already.
    pub async fn add_first_user(&self, user: User) -> Result<()> {
        self.write(move |rows| {
            rows.hold_table("users")?;
            match rows.first("SELECT 1 FROM users LIMIT 1", &[], |_| Ok(()))? {
                Some(()) => Err(StoreError::Taken),
                None => add(rows, &user),
            }
        })
        .await
    }

    /// Adds a user; `Taken` if the address is.
    pub async fn add_user(&self, user: User) -> Result<()> {
        self.write(move |rows| add(rows, &user)).await
    }

    /// Changes a user, address and all; says whether there was one. `Taken` if the address is another's, `LastAdmin` if
    /// nobody would be left who may change everything.
    pub async fn update_user(&self, user: User) -> Result<bool> {
        self.write(move |rows| {
            rows.hold_table("users")?;
            let others = "SELECT 1 FROM users
                WHERE id <> $1 AND role = 'admin' AND workspace IS NULL AND NOT disabled LIMIT 1";
            let changes_all = user.role == Role::Admin && user.workspace.is_none() && !user.is_disabled;
            if !changes_all && rows.first(others, params![user.id.to_string()], |_| Ok(()))?.is_none() {
                return Err(StoreError::LastAdmin);
            }
            let sql = "UPDATE users SET email = $2, name = $3, password = $4, role = $5, workspace = $6,
                time_zone = $7, disabled = $8 WHERE id = $1";
            let values = params![
                user.id.to_string(),
                user.email,
                user.name,
                user.password,
                user.role.word(),
                user.workspace.map(|workspace| workspace.0),
                user.time_zone,
                user.is_disabled,
            ];
            Ok(rows.run(sql, values).map_err(StoreError::taken_if_conflict)? > 0)
        })
        .await
    }

    /// The user of that address, given in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        let (sql, email) = (format!("SELECT {COLUMNS} FROM users WHERE email = $1"), email.to_owned());
        self.read(move |rows| rows.first(&sql, params![email], |row| of_row(row, 0))).await
    }

    /// The user of that id.
    pub async fn user(&self, id: Uuid) -> Result<Option<User>> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1");
        self.read(move |rows| rows.first(&sql, params![id.to_string()], |row| of_row(row, 0))).await
    }

    /// All who reach a workspace, by name.
    pub async fn users(&self, workspace: WorkspaceId) -> Result<Vec<User>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE workspace = $1 OR workspace IS NULL ORDER BY name, email"
        );
        self.read(move |rows| rows.all(&sql, params![workspace.0], |row| of_row(row, 0))).await
    }
}

fn add(rows: &Connection, user: &User) -> Result<()> {
    let sql =
        "INSERT INTO users (id, email, name, password, role, workspace, time_zone, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let values = params![
        user.id.to_string(),
        user.email,
        user.name,
        user.password,
        user.role.word(),
        user.workspace.map(|workspace| workspace.0),
        user.time_zone,
        user.is_disabled,
        column::micros(user.created_at),
    ];
    match rows.run(sql, values)? {
        0 => Err(StoreError::Taken),
        _ => Ok(()),
    }
}

/// Reads a user whose columns begin at `first`.
pub(crate) fn of_row(row: &Row<'_>, first: usize) -> Result<User> {
    Ok(User {
        id: column::uuid(row, first, "users")?,
        email: row.get(first + 1)?,
        name: row.get(first + 2)?,
        password: row.get(first + 3)?,
        role: column::word(row, first + 4, "users", Role::from_word)?,
        workspace: row.get::<Option<i64>>(first + 5)?.map(WorkspaceId),
        time_zone: row.get(first + 6)?,
        is_disabled: row.get(first + 7)?,
        created_at: column::timestamp(row, first + 8, "users")?,
    })
}
