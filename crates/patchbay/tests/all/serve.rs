//! The server as its operator meets it: start, stop, wrong arguments.

use std::{process::Command, time::Duration};

use crate::world::{World, ended_call};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_asked_to_end_ends_within_ten_seconds_with_code_zero() {
    let mut world = World::connected().await;
    let hook = world.hook("aircall").await;
    world.forget_requests().await;
    world.hubspot(reqwest::Method::POST, "latency", serde_json::json!({ "ms": 3_000 })).await;
    for id in 0..5 {
        assert_eq!(world.aircall(&hook, &ended_call(id, "+1 415-555-0177", &[])).await, 202);
    }
    crate::world::until("a request to HubSpot is under way", async || world.requests().await > 0).await;
    let (code, took) = world.server.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn wrong_arguments_and_wrong_settings_end_with_code_two_and_their_name() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_patchbay")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, says) = run(&["serv"]);
    assert_eq!(code, Some(2), "{says}");
    for (arguments, named) in [
        (["serve", "--listen", "here"], "PATCHBAY_LISTEN"),
        (["serve", "--outcome-delay", "soon"], "PATCHBAY_OUTCOME_DELAY"),
        (["serve", "--outcome-delay", "5000000000000h"], "longer than a year"),
        (["serve", "--log", "==="], "PATCHBAY_LOG"),
        (["serve", "--master-key", "short"], "PATCHBAY_MASTER_KEY"),
        (["work", "--database-url", "sqlite:none.db"], "PATCHBAY_DATABASE_URL"),
    ] {
        let (code, says) = run(&arguments);
        assert_eq!(code, Some(2), "{says}");
        assert!(says.contains(named), "{says}");
    }
    for (place, why) in [
        ("db:port/patchbay", "port"),
        ("/patchbay", "names no host"),
        ("db/patchbay?sslmode=bogus", "sslmode"),
        ("db/patchbay?sslrootcert=a.pem", "sslrootcert"),
        ("s@db/patchbay", "%40"),
    ] {
        let (code, says) = run(&["serve", "--database-url", &format!("postgres://ada:secret@{place}")]);
        assert_eq!(code, Some(2));
        assert!(says.contains("PATCHBAY_DATABASE_URL") && says.contains(why), "{says}");
        assert!(says.lines().count() == 1 && !says.contains("secret"), "{says}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_made_beside_a_running_server_and_has_connections_of_its_own() {
    let world = World::connected().await;
    let make = ["workspace", "acme", "--name", "Acme Corp"];
    assert_eq!(world.server.command(&make, &[]), (Some(0), "acme\n".to_owned()));
    assert_eq!(world.server.command(&make, &[]).0, Some(1), "there is one already");
    for wrong in
        [&["workspace", "Acme Corp"][..], &["workspace", "acme-2", "--name", ""], &["token", "--name", ""]]
    {
        assert_eq!(world.server.command(wrong, &[]).0, Some(2), "{wrong:?}");
    }
    let address = format!("{}/api/v1/workspaces/acme/connections/hubspot", world.server.address());
    let asked = world.http.get(address).bearer_auth(crate::world::TOKEN).send().await.unwrap();
    let connection: serde_json::Value = asked.json().await.unwrap();
    assert_eq!(connection["status"], "disconnected");
    assert_eq!(world.status("hubspot").await, "connected");
}
