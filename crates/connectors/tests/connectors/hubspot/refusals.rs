//! Refusals: what HubSpot's limits, locks and rules ask of us.

use std::sync::{Arc, Mutex};

use connectors::hubspot::{ASSOCIATIONS, BoxFuture, Class, Made, NewRow, Pace, Policy, RateHeaders, Ticket};
use domain::fault::Fault;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use super::stub::{Answer, Stub, json as answer};

fn row() -> NewRow {
    let properties = [("email".to_owned(), "lin@example.net".to_owned())].into();
    NewRow { trace: "a".to_owned(), properties }
}

/// What becomes of one contact when HubSpot answers so.
async fn made(
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
) -> Made<domain::ids::ContactId> {
    let stub = Stub::answering(move |_| Answer(status, headers.clone(), body.clone())).await;
    stub.hubspot.create_contacts(vec![row()]).await["a"].clone()
}

fn limit(policy: &str, message: &str) -> Value {
    json!({"status": "error", "message": message, "errorType": "RATE_LIMIT", "policyName": policy})
}

#[rstest]
#[case::burst("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", 10)]
#[case::second("SECONDLY", "You have reached your secondly limit.", 1)]
#[case::day("DAILY", "You have reached your daily limit.", 3_600)]
#[case::day_told_in_the_text("", "You have reached your daily limit.", 3_600)]
#[tokio::test]
async fn each_limit_has_its_own_wait(#[case] policy: &str, #[case] message: &str, #[case] seconds: i64) {
    let made = made(429, Vec::new(), limit(policy, message)).await;
    let Made::NotSent(Fault::Later { after, .. }) = made else { panic!("{made:?}") };
    assert_eq!(after, Some(SignedDuration::from_secs(seconds)));
}

#[rstest]
#[case::limit(429, "7", 7)]
#[case::moving(477, "300", 300)]
#[case::locked(423, "0", 2)]
#[case::a_wait_beyond_a_day(477, "999999", 86_400)]
#[tokio::test]
async fn a_stated_wait_is_honoured(#[case] status: u16, #[case] stated: &'static str, #[case] seconds: i64) {
    let made = made(status, vec![("retry-after", stated)], json!({})).await;
    let Made::NotSent(Fault::Later { after, .. }) = made else { panic!("{made:?}") };
    assert_eq!(after, Some(SignedDuration::from_secs(seconds)));
}

#[tokio::test]
async fn a_refused_credential_asks_for_a_sign_in() {
    let body = json!({"status": "error", "category": "INVALID_AUTHENTICATION", "message": "no credentials"});
    let made = made(401, Vec::new(), body).await;
    assert!(matches!(made, Made::NotSent(Fault::SignIn { .. })), "{made:?}");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let body = json!({"category": "MISSING_SCOPES", "message": "This app hasn't been granted all required scopes",
        "errors": [{"context": {"requiredGranularScopes": ["crm.objects.contacts.write"]}}]});
    let Made::NotSent(fault @ Fault::SignIn { .. }) = made(403, Vec::new(), body).await else {
        panic!("not the credential's fault")
    };
    assert!(fault.why().contains("crm.objects.contacts.write"), "{fault}");
}

#[rstest]
#[case(502)]
#[case(503)]
#[case(504)]
#[case(524)]
#[tokio::test]
async fn a_gateway_in_trouble_leaves_doubt(#[case] status: u16) {
    let made = made(status, Vec::new(), Value::Null).await;
    assert!(matches!(made, Made::InDoubt(_)), "{made:?}");
}

#[tokio::test]
async fn a_property_that_an_admin_requires_is_named() {
    let body = json!({"category": "VALIDATION_ERROR", "message": "Property values were not valid",
        "errors": [{"code": "MISSING_REQUIRED_PROPERTY", "context": {"propertyName": ["lead_source"]}}]});
    let Made::Refused(Fault::Never { why, field }) = made(400, Vec::new(), body).await else {
        panic!("not refused")
    };
    assert_eq!(field.as_deref(), Some("lead_source"));
    assert!(why.contains("lead_source"), "{why}");
}

#[tokio::test]
async fn a_contact_that_is_gone_is_told_from_a_bad_property() {
    let body = json!({"status": "error", "category": "VALIDATION_ERROR", "message": "One or more associations are \
        invalid", "context": {"INVALID_OBJECT_IDS": ["CONTACT=123 is not valid"]}});
    let Made::Refused(Fault::Never { field, .. }) = made(400, Vec::new(), body).await else {
        panic!("not refused")
    };
    assert_eq!(field.as_deref(), Some(ASSOCIATIONS));
}

#[tokio::test]
async fn an_address_in_a_message_is_not_passed_on() {
    let body = json!({"message": "Email address lin@example.net is invalid, phone +14155550132 too"});
    let Made::Refused(fault) = made(400, Vec::new(), body).await else { panic!("not refused") };
    assert!(fault.why().contains("is invalid"), "{fault}");
    assert!(!fault.why().contains("example.net") && !fault.why().contains("415555"), "{fault}");
}

#[tokio::test]
async fn an_address_that_redirects_is_not_followed() {
    let stub = Stub::answering(|_| Answer(302, vec![("location", "/elsewhere")], Value::Null)).await;
    let fault = stub.hubspot.account().await.unwrap_err();
    assert!(matches!(fault, Fault::Never { .. }), "{fault:?}");
    assert_eq!(stub.asked().len(), 1);
}

#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<(Ticket, u16, RateHeaders)>>,
}

impl Pace for Recorder {
    fn ask(&self, class: Class) -> BoxFuture<'_, Result<Ticket, Fault>> {
        let number = self.seen.lock().unwrap().len();
        Box::pin(async move {
            if number >= 2 { Err(Fault::later("spent")) } else { Ok(Ticket { class, number: number as u64 }) }
        })
    }

    fn saw(&self, ticket: Ticket, status: u16, headers: RateHeaders) -> Option<Fault> {
        self.seen.lock().unwrap().push((ticket, status, headers));
        None
    }
}

#[tokio::test]
async fn the_pace_hears_of_each_answer_and_can_hold_back_a_request() {
    let recorder = Arc::new(Recorder::default());
    let stub = Stub::paced(Arc::clone(&recorder) as Arc<dyn Pace>, |asked| {
        if asked.line.ends_with("/search") {
            return answer(429, limit("SECONDLY", "You have reached your secondly limit."));
        }
        let headers = vec![
            ("x-hubspot-ratelimit-max", "190"),
            ("x-hubspot-ratelimit-remaining", "189"),
            ("x-hubspot-ratelimit-interval-milliseconds", "10000"),
            ("x-hubspot-ratelimit-daily", "625000"),
            ("x-hubspot-ratelimit-daily-remaining", "624000"),
        ];
        Answer(200, headers, json!({"portalId": 42, "timeZone": "US/Eastern"}))
    })
    .await;
    let email = domain::email::Email::read("lin@example.net").unwrap();
    assert_eq!(stub.hubspot.account().await.unwrap().portal_id, "42");
    assert!(stub.hubspot.search_contacts_by_email(&email).await.is_err());
    assert_eq!(stub.hubspot.account().await, Err(Fault::later("spent")));
    assert_eq!(stub.asked().len(), 2);
    let told = RateHeaders {
        max: Some(190),
        remaining: Some(189),
        interval: Some(SignedDuration::from_secs(10)),
        daily_max: Some(625_000),
        daily_remaining: Some(624_000),
        ..RateHeaders::default()
    };
    let limited = RateHeaders { policy: Some(Policy::Second), ..RateHeaders::default() };
    let seen = recorder.seen.lock().unwrap().clone();
    let ticket = |class, number| Ticket { class, number };
    assert_eq!(
        seen,
        [(ticket(Class::General, 0), 200, told), (ticket(Class::Search, 1), 429, limited)],
        "each with the leave that it was sent by"
    );
}
