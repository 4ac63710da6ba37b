//! The pages, used as a person without scripts uses them: each button is found on the page and pressed.

use serde_json::{Value, json};

use crate::world::{self, World};

async fn page(world: &World, url: &str) -> String {
    let answer = world.client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.unwrap()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What a browser would send of a form that nobody has touched.
fn fields(form: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| between(tag, &format!("{name}=\""), "\"").map(unescaped);
    let inputs = form.split("<input ").skip(1).map(|tag| tag.split('>').next().unwrap());
    let inputs = inputs.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap()));
    let selects = form.split("<select ").skip(1);
    let selects =
        selects.map(|tag| (attribute(tag, "name").unwrap(), attribute(tag, "option value").unwrap()));
    inputs.chain(selects).collect()
}

/// Presses the first button of that name, some fields filled in before; the status.
async fn press(world: &World, url: &str, button: &str, typed: &[(&str, &str)]) -> u16 {
    let page = page(world, url).await;
    let label = format!(">{button}</button>");
    let form =
        page.split("<form ").skip(1).find(|form| form.split("</form>").next().unwrap().contains(&label));
    let form = form.unwrap_or_else(|| panic!("no button {button} at {url}")).split("</form>").next().unwrap();
    let mut fields = fields(form);
    for (name, value) in typed {
        let field = fields.iter_mut().find(|(known, _)| known == name);
        (*value).clone_into(&mut field.unwrap_or_else(|| panic!("no field {name}")).1);
    }
    let action = between(form, "action=\"", "\"").unwrap();
    let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
    world.client.post(format!("{origin}{action}")).form(&fields).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_call_is_walked_through_its_life() {
    let world = world::start().await;
    let url = world.sandbox.aircall_url();
    let ringing = [("direction", "inbound"), ("raw_digits", "+14155550199"), ("story", "ringing")];
    assert_eq!(press(&world, &url, "Place call", &ringing).await, 303);
    for (button, typed) in [
        ("Answer", None),
        ("Tag", Some(("name", "bad call"))),
        ("Hang up", None),
        ("End", None),
        ("Comment", Some(("content", "rang off"))),
        ("bad call ✕", None),
    ] {
        assert_eq!(press(&world, &url, button, typed.as_slice()).await, 303, "{button}");
    }
    let (_, state) = world.ask("GET", &format!("{url}/_sandbox/state"), Value::Null).await;
    let call = &state["calls"][0];
    assert_eq!((&call["status"], &call["raw_digits"]), (&json!("done"), &json!("+1 415-555-0199")));
    assert!(call["answered_at"].is_number() && call["ended_at"].is_number());
    assert_eq!(call["comments"][0]["content"], "rang off");
    assert_eq!(call["tags"], json!([]));
}

#[tokio::test]
async fn a_call_that_nobody_answers_leaves_a_voicemail() {
    let world = world::start().await;
    let url = world.sandbox.aircall_url();
    press(&world, &url, "Place call", &[("direction", "inbound"), ("story", "ringing")]).await;
    for button in ["Hang up", "End", "Leave voicemail"] {
        assert_eq!(press(&world, &url, button, &[]).await, 303, "{button}");
    }
    let (_, state) = world.ask("GET", &format!("{url}/_sandbox/state"), Value::Null).await;
    assert_eq!(state["calls"][0]["missed_call_reason"], "agents_did_not_answer");
    assert!(state["calls"][0]["voicemail"].is_string());
}

#[tokio::test]
async fn tags_and_outcomes_are_added_renamed_and_deleted() {
    let world = world::start().await;
    let (aircall, hubspot) = (world.sandbox.aircall_url(), world.sandbox.hubspot_url());
    assert_eq!(press(&world, &aircall, "Add tag", &[("name", "a/b & c")]).await, 303);
    assert!(page(&world, &aircall).await.contains("a/b &amp; c"));
    assert_eq!(press(&world, &hubspot, "Add outcome", &[("label", "Demo booked")]).await, 303);
    assert!(page(&world, &hubspot).await.contains("Demo booked"));
    // The first of each list.
    assert_eq!(press(&world, &aircall, "Rename", &[("name", "Ring back")]).await, 303);
    assert_eq!(press(&world, &hubspot, "Rename", &[("label", "Engaged")]).await, 303);
    assert!(page(&world, &aircall).await.contains("Ring back"));
    assert!(page(&world, &hubspot).await.contains("Engaged"));
    assert_eq!(press(&world, &aircall, "Delete", &[]).await, 303);
    assert_eq!(press(&world, &hubspot, "Delete", &[]).await, 303);
    assert!(!page(&world, &aircall).await.contains("Ring back"));
    assert!(!page(&world, &hubspot).await.contains("Engaged"));
    // A name that is taken is refused, in words.
    assert_eq!(press(&world, &aircall, "Add tag", &[("name", "bad call")]).await, 422);
}

#[tokio::test]
async fn a_meeting_is_booked_moved_and_canceled() {
    let world = world::start().await;
    let (url, hook) = (world.sandbox.scheduler_url(), world.inbox().await);
    let told = [("url", hook.as_str()), ("signing_secret", "whsec_c2VjcmV0")];
    assert_eq!(press(&world, &url, "Tell bookings", &told).await, 303);
    let booking = [("start", "2026-11-24T15:00"), ("minutes#", "45"), ("answers.0.answer", "50")];
    assert_eq!(press(&world, &url, "Book", &booking).await, 303);
    assert_eq!(
        press(&world, &url, "Move", &[("start", "2026-11-25T09:30"), ("changed_by", "host")]).await,
        303
    );
    assert_eq!(press(&world, &url, "Cancel", &[("reason", "ill")]).await, 303);
    let received = world.received().await;
    let data: Vec<&Value> = received.iter().map(|body| &body["data"]).collect();
    assert_eq!(
        (&data[0]["start"], &data[0]["end"]),
        (&json!("2026-11-24T15:00:00Z"), &json!("2026-11-24T15:45:00Z"))
    );
    assert_eq!(
        data[0]["answers"][0],
        json!({"question_id": "q1", "question": "Company size", "answer": "50"})
    );
    assert_eq!(
        (&data[1]["start"], &data[1]["end"]),
        (&json!("2026-11-25T09:30:00Z"), &json!("2026-11-25T10:15:00Z"))
    );
    assert_eq!(data[1]["changed_by"], "host");
    assert_eq!((&received[2]["type"], &data[2]["reason"]), (&json!("booking.canceled"), &json!("ill")));
}

#[tokio::test]
async fn a_record_has_a_page_where_hubspot_has_it_and_is_changed_by_hand() {
    let world = world::start().await;
    let id = world.contact(json!({"email": "a@example.net", "firstname": "Kim"})).await;
    let home = page(&world, &world.sandbox.hubspot_url()).await;
    let path = home.split("href=\"").map(|rest| rest.split('"').next().unwrap());
    let path = path.into_iter().find(|path| path.ends_with(&format!("/record/0-1/{id}"))).unwrap();
    let url = format!("{}{path}", world.sandbox.hubspot_url());
    assert!(page(&world, &url).await.contains("a@example.net"));
    assert_eq!(press(&world, &url, "Change by hand", &[("properties.email", "b@example.net")]).await, 303);
    assert!(page(&world, &url).await.contains("b@example.net"));
    assert_eq!(press(&world, &url, "Delete by hand", &[]).await, 303);
    assert!(page(&world, &url).await.contains("It is deleted."));
}

#[tokio::test]
async fn hubspot_is_broken_and_mended() {
    let world = world::start().await;
    let url = world.sandbox.hubspot_url();
    let status = async || world.crm("GET", "/account-info/2026-09/details", Value::Null).await.0;
    assert_eq!(press(&world, &url, "Take it down", &[]).await, 303);
    assert_eq!(status().await, 503);
    assert!(page(&world, &url).await.contains("Broken: it answers with an error (503), until it is mended."));
    assert_eq!(press(&world, &url, "Mend", &[]).await, 303);
    assert_eq!(status().await, 200);
    assert!(!page(&world, &url).await.contains("Broken"));
    assert_eq!(press(&world, &url, "Refuse the next 5 (429)", &[]).await, 303);
    assert_eq!(status().await, 429);
}

#[tokio::test]
async fn the_app_is_uninstalled() {
    let world = world::start().await;
    let url = world.sandbox.hubspot_url();
    let back = "http://127.0.0.1:9/callback";
    let consent =
        format!("{url}/oauth/authorize?client_id=sandbox-client&redirect_uri={back}&scope=oauth&state=s");
    assert!(page(&world, &consent).await.contains("Connect app"));
    assert!(page(&world, &url).await.contains("No app is installed."));
    let form =
        [("client_id", "sandbox-client"), ("redirect_uri", back), ("scope", "oauth"), ("choice", "connect")];
    let answer = world.client.post(format!("{url}/oauth/authorize")).form(&form).send().await.unwrap();
    let code = answer.headers()["location"].to_str().unwrap().split("code=").nth(1).unwrap().to_owned();
    let trade = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", back),
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-secret"),
    ];
    let token = world.client.post(format!("{url}/oauth/2026-09/token")).form(&trade).send().await.unwrap();
    assert_eq!(token.status(), 200);
    assert_eq!(press(&world, &url, "Uninstall the app", &[]).await, 303);
    assert!(page(&world, &url).await.contains("No app is installed."));
}

#[tokio::test]
async fn a_page_escapes_what_came_from_outside() {
    let world = world::start().await;
    let hostile = "\"><script>1</script>";
    let id = world.contact(json!({"email": "a@example.net", "firstname": hostile, "phone": hostile})).await;
    world.order("outcomes", json!({"label": hostile})).await;
    let (aircall, scheduler) = (world.sandbox.aircall_url(), world.sandbox.scheduler_url());
    world.ask("POST", &format!("{aircall}/_sandbox/tags"), json!({"name": hostile})).await;
    let call = json!({"raw_digits": hostile, "tags_after": [hostile]});
    world.ask("POST", &format!("{aircall}/_sandbox/calls"), call).await;
    let booking =
        json!({"event_name": hostile, "start": "2026-11-24T15:00:00Z", "invitee": {"email": hostile}});
    world.ask("POST", &format!("{scheduler}/_sandbox/bookings"), booking).await;
    let hubspot = world.sandbox.hubspot_url();
    let record = format!("{hubspot}/contacts/20261121/record/0-1/{id}");
    for url in [&hubspot, &record, &aircall, &scheduler, &world.sandbox.mailbox_url()] {
        let page = page(&world, url).await;
        assert!(page.contains("</h1>") && !page.contains("<script>"), "{url}");
    }
    // In an attribute, too: of the button that takes the tag off, and of the choice that puts it on.
    assert!(page(&world, &aircall).await.contains("value=\"&quot;&gt;&lt;script&gt;"));
}

#[tokio::test]
async fn each_page_leads_to_the_others() {
    let world = world::start().await;
    let urls = [
        world.sandbox.hubspot_url(),
        world.sandbox.aircall_url(),
        world.sandbox.scheduler_url(),
        world.sandbox.calcom_url(),
        world.sandbox.calendly_url(),
        world.sandbox.mailbox_url(),
    ];
    for url in &urls {
        let page = page(&world, url).await;
        assert!(page.contains("sandbox</h1>"));
        assert!(urls.iter().all(|other| page.contains(&format!("href=\"{other}\""))), "{url}");
    }
}
