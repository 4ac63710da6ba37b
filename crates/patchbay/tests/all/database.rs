//! The database of a test: a file of its own, or a database of its own on a PostgreSQL server.

use std::path::Path;

use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// The address of a server on which databases may be made; `bin/test` starts one.
const SERVER: &str = "PATCHBAY_TEST_POSTGRES";
/// `postgres` tells each story of a `World` to that server.
const CHOICE: &str = "PATCHBAY_TEST_DATABASE";

/// Where the data of one test is; it goes with the test.
pub enum Database {
    File { folder: TempDir },
    Postgres { server: String, name: String },
}

impl Database {
    /// As `PATCHBAY_TEST_DATABASE` chooses: a file, unless told otherwise.
    pub fn chosen() -> Self {
        match told(CHOICE).as_deref() {
            None | Some("sqlite") => Self::file(),
            Some("postgres") => Self::on(&server().unwrap_or_else(|| panic!("{SERVER} names no server"))),
            Some(other) => panic!("{CHOICE} is {other}, which is neither sqlite nor postgres"),
        }
    }

    /// A file.
    pub fn file() -> Self {
        Self::File { folder: TempDir::new().unwrap() }
    }

    /// The folder of a file.
    pub fn folder(&self) -> &Path {
        match self {
            Self::File { folder } => folder.path(),
            Self::Postgres { name, .. } => panic!("{name} is no file"),
        }
    }

    /// On the server that tests are given, where there is one.
    pub fn postgres() -> Option<Self> {
        Self::has_postgres().then(server)?.map(|server| Self::on(&server))
    }

    /// Whether tests may use PostgreSQL; if not, says so.
    pub fn has_postgres() -> bool {
        if server().is_none() {
            println!("skipped: {SERVER} names no PostgreSQL; bin/test starts one");
        }
        server().is_some()
    }

    /// On that server: an address that ends in a database's name.
    pub fn on(server: &str) -> Self {
        let name = format!("test_{}", Uuid::new_v4().simple());
        order(server, format!("CREATE DATABASE {name}")).unwrap();
        Self::Postgres { server: server.to_owned(), name }
    }

    /// Its address, as Patchbay takes it.
    pub fn url(&self) -> String {
        match self {
            Self::File { folder } => format!("sqlite:{}", folder.path().join("patchbay.db").display()),
            Self::Postgres { server, name } => {
                let (server, _) = server.rsplit_once('/').unwrap();
                format!("{server}/{name}")
            }
        }
    }
}

fn server() -> Option<String> {
    told(SERVER).filter(|server| !server.is_empty())
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            // A server of the test's own may have ended before.
            let _ = order(server, format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Gives a server an order, on a thread apart from the test's runtime: a test that ends has none to wait on.
pub fn order(server: &str, statement: String) -> Result<(), tokio_postgres::Error> {
    let server = server.to_owned();
    let given = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, line) = tokio_postgres::connect(&server, NoTls).await?;
            let line = tokio::spawn(line);
            let done = client.batch_execute(&statement).await;
            drop(client);
            let _ = line.await;
            done
        })
    });
    given.join().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "what bin/test and people tell the tests")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
