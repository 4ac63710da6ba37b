//! What each call and meeting of the story became, why, and who was told, read from the sandbox and from the admin API.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{
    script::{Script, Side},
    story::Told,
};

/// Prints the story's end.
///
/// # Errors
/// Something did not become what PRODUCT says; all of it is printed before.
pub async fn print(script: &Script, told: &[Told]) -> Result<()> {
    let labels = labels(script).await?;
    let mut wrong = Vec::new();
    for one in told {
        let record = script.get(Side::Patchbay, &format!("records?external_id={}", one.external_id)).await?;
        let record = &record["items"][0];
        let activity = activity(script, record).await?;
        let properties = &activity["properties"];
        let outcome = match properties["hs_call_disposition"].as_str() {
            Some(id) => labels.get(id).cloned().unwrap_or_else(|| id.to_owned()),
            None => properties["hs_meeting_outcome"].as_str().unwrap_or("None").to_owned(),
        };
        let title = properties["hs_call_title"].as_str().or(properties["hs_meeting_title"].as_str());
        println!("{}", one.what);
        println!("   HubSpot  {}  [{outcome}]", title.unwrap_or("nothing"));
        println!("   why      {}", record["why"].as_str().unwrap_or("-"));
        if outcome != one.outcome {
            wrong.push(format!("{}: {outcome} instead of {}", one.what, one.outcome));
        }
    }
    let mails = script.get(Side::Mailbox, "mails").await?;
    for mail in mails["items"].as_array().into_iter().flatten() {
        let (to, subject) = (&mail["to"][0], &mail["subject"]);
        println!("a mail to {}\n   subject  {}", to.as_str().unwrap_or("-"), subject.as_str().unwrap_or("-"));
    }
    let contacts = script.get(Side::Hubspot, "objects/contacts").await?;
    let requests = script.get(Side::Hubspot, "requests/count").await?;
    let (contacts, requests) = (contacts["items"].as_array().map_or(0, Vec::len), &requests["count"]);
    println!("\n{} records, {contacts} contacts, {requests} requests to HubSpot.", told.len());
    if !wrong.is_empty() {
        bail!("not as it should be: {}", wrong.join("; "));
    }
    Ok(())
}

async fn labels(script: &Script) -> Result<BTreeMap<String, String>> {
    let outcomes = script.get(Side::Patchbay, "outcomes").await?;
    let items = outcomes["items"].as_array().cloned().unwrap_or_default();
    let label = |item: &Value| Some((item["id"].as_str()?.to_owned(), item["label"].as_str()?.to_owned()));
    Ok(items.iter().filter_map(label).collect())
}

/// The one live activity of a record, as the sandbox's HubSpot shows it.
async fn activity(script: &Script, record: &Value) -> Result<Value> {
    let held = &record["hubspot"][0];
    let Some(object) = held["object"].as_str() else { return Ok(Value::Null) };
    let all = script.get(Side::Hubspot, &format!("objects/{object}")).await?;
    let mut items = all["items"].as_array().cloned().unwrap_or_default().into_iter();
    Ok(items.find(|item| item["id"] == held["id"]).unwrap_or_default())
}
