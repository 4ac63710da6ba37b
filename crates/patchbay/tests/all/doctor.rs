//! `patchbay doctor`: says what is wrong, and leaves nothing behind.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const DOCTOR: [&str; 2] = ["doctor", "--json"];

/// Lets the doctor look; returns its exit code and what it said.
fn look(world: &World, further: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let arguments: Vec<&str> = DOCTOR.iter().chain(further).copied().collect();
    let (code, said) = world.server.command(&arguments, settings);
    (code, said.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// How each check went, with what was said.
fn checks(said: &[Value]) -> Vec<(&str, &str, &str)> {
    said.iter()
        .filter_map(|one| Some((one["check"].as_str()?, one["health"].as_str()?, one["said"].as_str()?)))
        .collect()
}

fn seen<'a>(said: &'a [Value], question: &str) -> &'a str {
    let probe =
        said.iter().find(|one| one["question"].as_str().is_some_and(|asked| asked.contains(question)));
    probe.unwrap_or_else(|| panic!("{question}: {said:?}"))["seen"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_installation_passes_and_nothing_is_written() {
    let world = World::connected().await;
    let before = world.hubspot(Method::GET, "state", Value::Null).await;
    world.forget_requests().await;
    let address = world.server.address();
    let (code, said) = look(&world, &[], &[("PATCHBAY_PUBLIC_URL", &address)]);
    assert_eq!(code, Some(0), "{said:?}");
    let of = |name: &str| checks(&said).into_iter().filter(|one| one.0 == name).collect::<Vec<_>>();
    for name in ["database", "master key", "clock", "HubSpot", "Aircall", "Calendar.com"] {
        assert!(!of(name).is_empty() && of(name).iter().all(|one| one.1 == "fine"), "{name}: {said:?}");
    }
    assert!(of("public address")[0].2.contains("without TLS"), "{said:?}");
    assert!(seen(&said, "property with unique values").contains("calls: unique"));
    assert!(seen(&said, "list of call outcomes").contains("6 of HubSpot's 6 defaults"));
    assert!(seen(&said, "take MISSED").contains("without MISSED"));
    assert_eq!(seen(&said, "address in capitals"), "The owner is found");
    let asked = world.hubspot(Method::GET, "requests/count", Value::Null).await;
    let writes = asked["by_path"].as_object().unwrap().keys();
    let writes: Vec<&String> =
        writes.filter(|path| !path.starts_with("GET") && !path.ends_with("batch/read")).collect();
    assert_eq!(writes, Vec::<&String>::new());
    let after = world.hubspot(Method::GET, "state", Value::Null).await;
    assert_eq!(before["contacts"], after["contacts"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_leave_to_write_it_finds_out_more_and_puts_away_what_it_made() {
    for (is_second_missing, is_found_by_further) in [(false, true), (true, false)] {
        let world = World::connected().await;
        let switches = json!({ "second_delete_missing": is_second_missing,
            "secondary_email_read": is_found_by_further, "merged_missing_in_batch_read": is_second_missing, "contacts_are_marketing": is_found_by_further });
        world.switch(switches).await;
        let (code, said) = look(&world, &["--write"], &[]);
        assert_eq!(code, Some(0), "{said:?}");
        assert_eq!(seen(&said, "second DELETE").contains("Second: done"), !is_second_missing, "{said:?}");
        let further = seen(&said, "further address");
        assert_eq!(further.contains("merged into"), is_found_by_further, "{further}");
        let merged = seen(&said, "id of a merged contact");
        assert_eq!(merged.contains("merged into"), !is_second_missing, "{merged}");
        let marketing = seen(&said, "marketing contact, which is billed");
        assert_eq!(marketing, format!("“{is_found_by_further}”"), "as the account is set");
        assert!(seen(&said, "same key").contains("patchbay_key"), "{said:?}");
        assert!(seen(&said, "unknown owner").contains("does not take the owner"), "{said:?}");
        assert!(seen(&said, "status MISSED").contains("Refused with 400"), "{said:?}");
        assert_eq!(seen(&said, "unknown outcome"), "Taken");
        assert!(seen(&said, "French number").contains("123456789"), "{said:?}");
        for kind in ["contacts", "calls"] {
            assert_eq!(world.objects(kind).await, Vec::<Value>::new(), "{kind}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_ends_with_code_1() {
    let world = World::connected().await;
    let wrong = |settings: &[(&str, &str)]| {
        let (code, said) = look(&world, &[], settings);
        assert_eq!(code, Some(1), "{said:?}");
        let wrong = checks(&said).into_iter().filter(|one| one.1 == "wrong");
        wrong.map(|one| format!("{}: {}", one.0, one.2)).collect::<Vec<_>>().join("\n")
    };
    assert!(wrong(&[("PATCHBAY_PUBLIC_URL", "http://127.0.0.1:1")]).contains("does not answer from here"));
    let other_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    assert!(wrong(&[("PATCHBAY_MASTER_KEY", other_key)]).contains("another master key"));
    assert!(wrong(&[("PATCHBAY_MASTER_KEY_FILE", "/nowhere/key")]).contains("/nowhere/key is not there"));
    assert!(
        wrong(&[("PATCHBAY_DATABASE_URL", "sqlite:/nowhere/patchbay.db")])
            .contains("patchbay.db is not there")
    );
    world.hubspot(Method::DELETE, "keys/pat-na1-sandbox", Value::Null).await;
    world.phone(Method::DELETE, "keys/sandbox", Value::Null).await;
    let said = wrong(&[]);
    assert!(said.contains("HubSpot refuses the credential") && said.contains("Aircall refused"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_ends_with_code_2_and_an_unknown_workspace_with_1() {
    let world = World::new().await;
    assert_eq!(world.server.command(&["doctor", "--nonsense"], &[]).0, Some(2));
    assert_eq!(world.server.command(&["doctor", "--workspace", "nobody"], &[]).0, Some(1));
}
