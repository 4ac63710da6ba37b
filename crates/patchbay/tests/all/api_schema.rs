//! The admin API against its own OpenAPI document, by schemathesis: what it sends, refuses and answers is what the
//! document says, whatever is sent.

use std::{process::Command, time::Duration};

use serde_json::json;

use crate::{
    tool::{Workshop, run, version},
    world::{TOKEN, World, ended_call},
};

/// schemathesis' own demand.
const PYTHON_MIN: (u32, u32) = (3, 10);
const CHECK_MAX: Duration = Duration::from_mins(2);
/// How many requests are drawn for each operation, beside those that cover the document.
const EXAMPLES: &str = "20";
/// HubSpot's GUID of "No answer".
const NO_ANSWER: &str = "73a0d17f-1163-4015-bdd5-ec830791da20";
const TAKE_AWAY: [&str; 3] = ["disconnect", "remove_outcome_rule", "remove_call_type_rule"];

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_is_as_its_document_says_whatever_is_sent() {
    if version("python3").is_none_or(|version| version < PYTHON_MIN) {
        println!("skipped: python {}.{} is missing", PYTHON_MIN.0, PYTHON_MIN.1);
        return;
    }
    if !Command::new("python3").args(["-c", "import venv, ensurepip"]).status().unwrap().success() {
        println!("skipped: Python's venv is missing");
        return;
    }
    let workshop = Workshop::of("api-schema");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "python"]);
    let mut pip = Command::new("python/bin/pip");
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries=1", "-r", "requirements.txt"]);
    if !workshop.install("requirements.txt", vec![venv, pip]) {
        return;
    }
    let world = World::connected().await;
    let hook = world.hook("aircall").await;
    assert_eq!(world.aircall(&hook, &ended_call(1, "+1 415-555-0199", &[])).await, 202);
    let record = world.record_in("aircall", "1", "logged").await;
    let rule = |target: &str, id: &str| json!({ "tag_id": "780883010", target: id });
    let outcome_rule = world.post("outcome-rules", rule("outcome_id", NO_ANSWER)).await;
    let call_types = world.get("call-types").await;
    let call_type = call_types["items"][0]["id"].as_str().unwrap();
    let call_type_rule = world.post("call-type-rules", rule("call_type", call_type)).await;

    // First all that leaves what is there, as what follows needs it; then what takes it away.
    for side in ["exclude", "include"] {
        let mut check = Command::new("python/bin/schemathesis");
        check.arg("run").arg(format!("{}/api/v1/openapi.json", world.server.address()));
        // The same requests each time: what is found here is the change's doing.
        check.args(["--generation-deterministic", "--max-examples", EXAMPLES]);
        for operation in TAKE_AWAY {
            check.arg(format!("--{side}-operation-id")).arg(operation);
        }
        check.arg("--no-color").current_dir(&workshop.folder).env("API_TOKEN", TOKEN);
        let ids = [("RECORD", &record), ("OUTCOME_RULE", &outcome_rule), ("CALL_TYPE_RULE", &call_type_rule)];
        check.envs(ids.map(|(name, item)| (name, item["id"].as_str().unwrap())));
        let (status, said) = run(check, CHECK_MAX);
        assert!(status.success(), "{said}");
        println!("{said}");
    }
}
