//! Backups as the page for operators tells them, taken while the server runs, restored, and gone on with (docs/operations.md).

use std::{fs, path::Path, process::Command};

use reqwest::Method;
use serde_json::json;

use crate::{
    database::{Database, order},
    world::{World, ended_call, until},
};

/// A world whose HubSpot lets us make unique properties, or not.
async fn guarded_by(guard: &str, database: Database) -> World {
    let world = World::on(database, &[]).await;
    let is_refused = guard == "lookup";
    let switches = json!({
        "refuse_unique_activity_properties": is_refused, "refuse_property_creation": is_refused,
    });
    world.hubspot(Method::POST, "switches", switches).await;
    world.connect().await;
    assert_eq!(world.get("connections/hubspot").await["duplicate_guard"], guard);
    world.connect_scheduler().await;
    world
}

/// Runs a tool to its end; false if it is not installed.
fn run(tool: impl AsRef<Path>, arguments: &[&str]) -> bool {
    let Ok(output) = Command::new(tool.as_ref()).args(arguments).output() else {
        println!("skipped: {} is not installed", tool.as_ref().display());
        return false;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

/// Writes a call and a meeting, takes a backup, writes more, restores the backup, and has the sources repeat everything.
async fn goes_on(mut world: World, is_doubled: bool, back_up: impl Fn() -> bool, restore: impl Fn()) {
    let hook = world.hook("aircall").await;
    let call = |id| ended_call(id, &format!("+1 415-555-01{id:02}"), &[]);
    let book = async |world: &World, id: &str| {
        world.book(id, &format!("{id}@example.net"), "2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z").await;
    };
    assert_eq!(world.aircall(&hook, &call(1)).await, 202);
    book(&world, "bk_1").await;
    world.settled(2).await;
    if !back_up() {
        return;
    }
    assert_eq!(world.aircall(&hook, &call(2)).await, 202);
    book(&world, "bk_2").await;
    world.scheduler("bookings/bk_1/cancel", json!({ "reason": "ill" })).await;
    world.settled(4).await;

    world.server.kill();
    restore();
    world.server.start_again();
    assert!(world.record("aircall", "2").await.is_none(), "it knows what it knew then");
    assert_eq!(world.record("aircall", "1").await.unwrap()["state"], "logged");
    for id in [1, 2] {
        assert_eq!(world.aircall(&hook, &call(id)).await, 202);
    }
    for id in ["bk_1", "bk_2"] {
        world.scheduler(&format!("bookings/{id}/redeliver"), json!({})).await;
    }
    until("what was repeated is written", async || {
        let canceled = world
            .objects("meetings")
            .await
            .iter()
            .any(|meeting| meeting["properties"]["hs_meeting_outcome"] == "CANCELED");
        let known =
            world.record("aircall", "2").await.is_some() && world.record("calendar", "bk_2").await.is_some();
        known && canceled
    })
    .await;
    world.settled(4).await;
    // A guard that only looks knows nothing of what was made after the backup; what was in it is not made again.
    let expected = if is_doubled { [4, 3, 3] } else { [4, 2, 2] };
    let count = async |kind| world.objects(kind).await.len();
    assert_eq!([count("contacts").await, count("calls").await, count("meetings").await], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_file_goes_on_and_what_is_repeated_is_not_doubled() {
    for (guard, is_doubled) in [("unique_property", false), ("lookup", true)] {
        let database = Database::file();
        let path = database.url().replace("sqlite:", "");
        let world = guarded_by(guard, database).await;
        let copy = format!("{path}.backup");
        let back_up = || run("sqlite3", &[&path, &format!(".backup '{copy}'")]);
        let restore = || {
            for rest in ["-wal", "-shm"] {
                let _ = fs::remove_file(format!("{path}{rest}"));
            }
            fs::copy(&copy, &path).unwrap();
        };
        goes_on(world, is_doubled, back_up, restore).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_dump_goes_on_and_what_is_repeated_is_not_doubled() {
    for (guard, is_doubled) in [("unique_property", false), ("lookup", true)] {
        let Some(database) = Database::postgres() else { return };
        let url = database.url();
        let (server, name) = url.rsplit_once('/').unwrap();
        let server = format!("{server}/postgres");
        let world = guarded_by(guard, database).await;
        let folder = tempfile::TempDir::new().unwrap();
        let dump = folder.path().join("dump").display().to_string();
        let back_up = || run("pg_dump", &["--format=custom", "--file", &dump, &url]);
        let restore = || {
            order(&server, format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
            order(&server, format!("CREATE DATABASE {name}")).unwrap();
            assert!(run("pg_restore", &["--exit-on-error", "--dbname", &url, &dump]));
        };
        goes_on(world, is_doubled, back_up, restore).await;
    }
}
