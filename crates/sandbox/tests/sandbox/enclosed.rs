//! Providers without an address: asked in the process, at given moments.

use axum::body::Bytes;
use axum::http::Request;
use jiff::Timestamp;
use sandbox::Enclosed;
use serde_json::{Value, json};

fn ask(provider: &Enclosed, moment: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let moment: Timestamp = moment.parse().unwrap();
    let request =
        Request::builder().method(method).uri(path).header("authorization", "Bearer pat-na1-sandbox");
    let answer = provider.ask(moment, request.body(Bytes::from(body.to_string())).unwrap());
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

#[test]
fn an_enclosed_hubspot_goes_by_the_callers_clock() {
    let hubspot = Enclosed::hubspot();
    ask(&hubspot, "2030-01-01T00:00:00Z", "POST", "/_sandbox/switches", &json!({"search_lag_ms": 5000}));
    let contact = json!({"properties": {"email": "lin@example.net"}});
    let (status, made) =
        ask(&hubspot, "2030-01-01T00:00:00Z", "POST", "/crm/objects/2026-09/contacts", &contact);
    assert_eq!((status, made["createdAt"].as_str()), (201, Some("2030-01-01T00:00:00Z")));
    let search = json!({"filterGroups": [{"filters": [
        {"propertyName": "email", "operator": "EQ", "value": "lin@example.net"}]}]});
    for (moment, total) in [("2030-01-01T00:00:04Z", 0), ("2030-01-01T00:00:06Z", 1)] {
        let (_, found) = ask(&hubspot, moment, "POST", "/crm/objects/2026-09/contacts/search", &search);
        assert_eq!(found["total"], total, "{moment}");
    }
    let (_, diary) = ask(&hubspot, "2030-01-01T00:00:07Z", "GET", "/_sandbox/requests", &Value::Null);
    let times: Vec<&str> =
        diary["items"].as_array().unwrap().iter().map(|item| item["at"].as_str().unwrap()).collect();
    assert_eq!(times, ["2030-01-01T00:00:00Z", "2030-01-01T00:00:04Z", "2030-01-01T00:00:06Z"]);
}

#[test]
fn an_enclosed_aircall_tells_the_bodies_of_a_call() {
    let aircall = Enclosed::aircall();
    let order = json!({"story": "answered", "from": "+14155550132", "deliver": false});
    let (status, call) = ask(&aircall, "2030-01-01T00:00:00Z", "POST", "/_sandbox/calls", &order);
    assert_eq!(status, 201);
    let events: Vec<&str> =
        call["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert!(events.ends_with(&["call.ended"]), "{events:?}");
}
