//! The database that a trial is told to: a file of SQLite, or a PostgreSQL database where `PATCHBAY_TEST_DATABASE` says so.

use store::Location;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// An empty database, gone with its folder or its server.
pub struct Database {
    pub folder: TempDir,
    /// On PostgreSQL: where it is.
    address: Option<String>,
}

impl Database {
    #[expect(
        clippy::disallowed_methods,
        reason = "bin/test tells which database to try, and where a server is"
    )]
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        if std::env::var("PATCHBAY_TEST_DATABASE").as_deref() != Ok("postgres") {
            return Self { folder, address: None };
        }
        let server = std::env::var("PATCHBAY_TEST_POSTGRES").expect("bin/test starts a server and sets this");
        let name = format!("store_{}", uuid::Uuid::new_v4().simple());
        client(&server).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        Self { folder, address: Some(format!("{before}/{name}")) }
    }

    pub fn location(&self) -> Location {
        match &self.address {
            Some(address) => Location::Postgres(address.parse().unwrap()),
            None => Location::File(self.folder.path().join("patchbay.db")),
        }
    }

    /// Whether there is a file that a trial can look into.
    pub fn is_file(&self) -> bool {
        self.address.is_none()
    }

    /// Ends the session that began to listen last, and lets none begin until it is opened again.
    pub async fn deafen_last(&self) {
        let Some((server, name)) = self.place() else { return };
        let closed = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        let server = client(&server).await;
        server.batch_execute(&closed).await.unwrap();
        let ended = format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = '{name}' AND (query LIKE '%pg_backend_pid%' OR query LIKE '%pg_notify%')
             ORDER BY backend_start DESC LIMIT 1"
        );
        assert_eq!(server.query(&ended, &[]).await.unwrap().len(), 1);
    }

    /// Lets sessions begin again.
    pub async fn open_again(&self) {
        let Some((server, name)) = self.place() else { return };
        let open = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        client(&server).await.batch_execute(&open).await.unwrap();
    }

    /// On PostgreSQL: the server, and what the database is called there.
    fn place(&self) -> Option<(String, &str)> {
        let (server, name) = self.address.as_deref()?.rsplit_once('/')?;
        Some((format!("{server}/postgres"), name))
    }

    /// Runs statements past the store.
    pub async fn run(&self, sql: &str) {
        if let Some(address) = &self.address {
            client(address).await.batch_execute(sql).await.unwrap();
        } else {
            let file = self.folder.path().join("patchbay.db");
            rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
        }
    }
}

async fn client(address: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
