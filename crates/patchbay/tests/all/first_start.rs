//! A first start: a master key is made for an empty database, and for no other; who only looks leaves it empty.

use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::{
    database::{Database, order},
    server::{Installation, Server},
};

/// An installation on a database, before its first start.
fn before_first_start(database: &Database) -> (Installation, TempDir) {
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("patchbay.key").display().to_string();
    let environment = vec![
        ("PATCHBAY_DATABASE_URL".to_owned(), database.url()),
        ("PATCHBAY_MASTER_KEY_FILE".to_owned(), key),
    ];
    (Installation { folder: folder.path().to_owned(), environment }, folder)
}

/// Runs a command that is to fail; what it says.
fn failed(installation: &Installation, command: &str) -> String {
    let output = installation.patchbay().arg(command).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{command}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn has_key(installation: &Installation) -> bool {
    installation.folder.join("patchbay.key").exists()
}

#[test]
fn a_key_that_is_missing_is_asked_for_and_none_is_made_in_its_place() {
    for database in [Some(Database::file()), Database::postgres()].into_iter().flatten() {
        let (installation, _folder) = before_first_start(&database);
        drop(Server::start(&installation, "serve"));
        assert!(has_key(&installation));
        std::fs::remove_file(installation.folder.join("patchbay.key")).unwrap();
        for command in ["serve", "token"] {
            let says = failed(&installation, command);
            assert!(says.contains("patchbay.key is not there"), "{says}");
            assert!(!has_key(&installation), "{command}");
        }
    }
}

#[test]
fn a_database_of_something_else_is_refused_and_left_as_it_is() {
    let Some(database) = Database::postgres() else { return };
    order(&database.url(), "CREATE TABLE invoices (id BIGINT)".to_owned()).unwrap();
    let (installation, _folder) = before_first_start(&database);
    for command in ["serve", "work", "token", "doctor"] {
        let says = failed(&installation, command);
        assert!(says.contains("such as invoices"), "{says}");
    }
    assert!(!has_key(&installation));
    assert_eq!(tables(&database), 1);
}

#[test]
fn the_doctor_of_an_empty_database_says_so_and_leaves_it_empty() {
    let Some(database) = Database::postgres() else { return };
    let (installation, _folder) = before_first_start(&database);
    let says = failed(&installation, "doctor");
    assert!(says.contains("is empty. Start `patchbay serve` once"), "{says}");
    assert!(!has_key(&installation));
    assert_eq!(tables(&database), 0);
}

/// How many tables a database has.
fn tables(database: &Database) -> i64 {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, line) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
        tokio::spawn(line);
        let sql = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
        client.query_one(sql, &[]).await.unwrap().get(0)
    })
}
