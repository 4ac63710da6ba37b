//! The published vectors and their negatives (reference/signatures.md), and what a person may paste as a secret.

use connectors::signature::{
    Refused, TOLERANCE, Unusable, aircall, calcom, calendly, hubspot,
    standard::{self, check_secret},
};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::bodies::second;

const SW1: Webhook = Webhook {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    at: 1_614_265_330,
    body: "{\"test\": 2432232314}",
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const SW2: Webhook = Webhook {
    secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    at: 1_649_367_553,
    body: "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
    signature: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
};

#[derive(Clone, Copy)]
struct Webhook {
    secret: &'static str,
    id: &'static str,
    at: i64,
    body: &'static str,
    signature: &'static str,
}

impl Webhook {
    fn verify(self) -> Result<(), Refused> {
        self.verify_at(self.at)
    }

    fn verify_at(self, now: i64) -> Result<(), Refused> {
        let timestamp = self.at.to_string();
        let headers = (Some(self.id), Some(timestamp.as_str()), Some(self.signature));
        self.verify_headers(headers, second(now))
    }

    fn verify_headers(
        self,
        (id, timestamp, signatures): (Option<&str>, Option<&str>, Option<&str>),
        now: Timestamp,
    ) -> Result<(), Refused> {
        let secret = SecretString::from(self.secret);
        standard::verify(&secret, id, timestamp, signatures, self.body.as_bytes(), now, TOLERANCE)
    }
}

#[rstest]
#[case::sw1(SW1)]
#[case::sw2(SW2)]
#[case::secret_without_its_prefix(Webhook { secret: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ..SW1 })]
#[case::secret_pasted_with_spaces(Webhook { secret: " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", ..SW1 })]
#[case::empty_body(Webhook { body: "", signature: "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=", ..SW1 })]
#[case::one_right_among_several(Webhook { signature: "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", ..SW1 })]
#[case::secret_padded(Webhook { secret: "whsec_cGFkZGVkLXNlY3JldCEhIQ==", id: "m", body: "{}", signature: "v1,L4zyF8lXq3Hx0hXSmi1BnAroeLrxhbbf9/MeLW3txBc=", ..SW1 })]
#[case::secret_with_its_padding_lost(Webhook { secret: "whsec_cGFkZGVkLXNlY3JldCEhIQ", id: "m", body: "{}", signature: "v1,L4zyF8lXq3Hx0hXSmi1BnAroeLrxhbbf9/MeLW3txBc=", ..SW1 })]
fn a_right_signature_passes(#[case] webhook: Webhook) {
    assert_eq!(webhook.verify(), Ok(()));
}

#[rstest]
#[case::last_byte_differs("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=")]
#[case::bad_length("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLawdd")]
#[case::too_short("v1,dawfeoifkpqwoekfpqoekf")]
#[case::nothing_after_the_comma("v1,")]
#[case::first_characters_of_the_right_one("v1,g0hM9")]
#[case::no_version("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
#[case::another_version("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
#[case::asymmetric(
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)]
#[case::words("hello")]
fn a_wrong_signature_is_refused(#[case] signature: &'static str) {
    assert_eq!(Webhook { signature, ..SW1 }.verify(), Err(Refused::Wrong));
}

#[rstest]
#[case::signature_of_another_body(Webhook { signature: "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=", ..SW2 })]
#[case::another_body(Webhook { body: "{\"test\":2432232314}", ..SW1 })]
#[case::another_id(Webhook { id: "msg_x", ..SW1 })]
#[case::another_secret(Webhook { secret: SW2.secret, ..SW1 })]
#[case::timestamp_changed(Webhook { at: SW1.at + 1, ..SW1 })]
fn what_was_not_signed_is_refused(#[case] webhook: Webhook) {
    assert_eq!(webhook.verify(), Err(Refused::Wrong));
}

#[rstest]
#[case(0, Ok(()))]
#[case(300, Ok(()))]
#[case(-300, Ok(()))]
#[case(301, Err(Refused::Stale))]
#[case(-301, Err(Refused::Stale))]
fn a_timestamp_may_be_five_minutes_off_either_way(#[case] off: i64, #[case] expected: Result<(), Refused>) {
    assert_eq!(SW1.verify_at(SW1.at + off), expected);
}

#[rstest]
#[case::no_id(None, Some("1614265330"), Some(SW1.signature), Refused::Missing)]
#[case::no_timestamp(Some(SW1.id), None, Some(SW1.signature), Refused::Missing)]
#[case::no_signature(Some(SW1.id), Some("1614265330"), None, Refused::Missing)]
#[case::empty_signature(Some(SW1.id), Some("1614265330"), Some(""), Refused::Missing)]
#[case::timestamp_in_words(Some(SW1.id), Some("hello"), Some(SW1.signature), Refused::Malformed)]
#[case::timestamp_far_out(Some(SW1.id), Some("9223372036854775807"), Some(SW1.signature), Refused::Stale)]
#[case::timestamp_before_all(Some(SW1.id), Some("-9223372036854775808"), Some(SW1.signature), Refused::Stale)]
fn each_header_must_be_there_and_make_sense(
    #[case] id: Option<&str>,
    #[case] timestamp: Option<&str>,
    #[case] signatures: Option<&str>,
    #[case] refused: Refused,
) {
    assert_eq!(SW1.verify_headers((id, timestamp, signatures), second(SW1.at)), Err(refused));
}

#[rstest]
#[case("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Ok(()))]
#[case("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Ok(()))]
#[case("", Err(Unusable::Empty))]
#[case("   ", Err(Unusable::Empty))]
#[case("whsec_", Err(Unusable::Empty))]
#[case("whsec_not base64!", Err(Unusable::NotBase64))]
#[case("a-secret-of-mine", Err(Unusable::NotBase64))]
fn a_secret_is_looked_at_before_it_is_used(
    #[case] secret: &'static str,
    #[case] expected: Result<(), Unusable>,
) {
    assert_eq!(check_secret(secret), expected);
    if expected.is_err() {
        assert_eq!(Webhook { secret, ..SW1 }.verify(), Err(Refused::Malformed));
    }
}

/// HMAC-SHA256 of the body under `secret-of-a-test`, worked out apart from this code.
const CALCOM: &str = "598a2f4422a9f16016d199b205478b714f1dea33121562ffb5a4551fb7cf7386";

#[rstest]
#[case::right(Some(CALCOM), "secret-of-a-test", Ok(()))]
#[case::in_capitals(Some("598A2F4422A9F16016D199B205478B714F1DEA33121562FFB5A4551FB7CF7386"), "secret-of-a-test", Ok(()))]
#[case::another_secret(Some(CALCOM), "another", Err(Refused::Wrong))]
#[case::first_half(Some("598a2f4422a9f16016d199b205478b71"), "secret-of-a-test", Err(Refused::Wrong))]
#[case::of_the_empty_body(
    Some("f5518b933232c2eac0e5ce3c2de4de37b60c49723e9a18a2f8af8ddc52f38d4e"),
    "secret-of-a-test",
    Err(Refused::Wrong)
)]
#[case::prefixed(
    Some("sha256=598a2f4422a9f16016d199b205478b714f1dea33121562ffb5a4551fb7cf7386"),
    "secret-of-a-test",
    Err(Refused::Malformed)
)]
#[case::webhook_without_secret(Some("no-secret-provided"), "secret-of-a-test", Err(Refused::Malformed))]
#[case::no_secret_on_our_side(Some(CALCOM), "", Err(Refused::Malformed))]
#[case::missing(None, "secret-of-a-test", Err(Refused::Missing))]
#[case::empty(Some(""), "secret-of-a-test", Err(Refused::Missing))]
fn cal_com_signs_the_body_in_bare_hex(
    #[case] header: Option<&str>,
    #[case] secret: &str,
    #[case] expected: Result<(), Refused>,
) {
    let body = b"{\"triggerEvent\":\"PING\"}";
    assert_eq!(calcom::verify(&SecretString::from(secret), header, body), expected);
}

/// Under `signing-key-of-a-test`, for 1646391384, worked out apart from this code.
const CALENDLY: &str = "3769271cd5d07650e3d6d687019a21301460b69d24d6cc4e42d1dae01e04f05d";

#[rstest]
#[case::right("t=1646391384,v1={}", 0, Ok(()))]
#[case::with_spaces("t=1646391384, v1={}", 0, Ok(()))]
#[case::one_right_among_several("t=1646391384,v1=00ff,v1={},v2=x", 0, Ok(()))]
#[case::five_minutes_ago("t=1646391384,v1={}", 300, Ok(()))]
#[case::five_minutes_ahead("t=1646391384,v1={}", -300, Ok(()))]
#[case::older("t=1646391384,v1={}", 301, Err(Refused::Stale))]
#[case::newer("t=1646391384,v1={}", -301, Err(Refused::Stale))]
#[case::another_timestamp("t=1646391385,v1={}", 0, Err(Refused::Wrong))]
#[case::wrong("t=1646391384,v1=00ff", 0, Err(Refused::Wrong))]
#[case::not_hex("t=1646391384,v1=hello", 0, Err(Refused::Wrong))]
#[case::no_timestamp("v1={}", 0, Err(Refused::Malformed))]
#[case::timestamp_in_words("t=now,v1={}", 0, Err(Refused::Malformed))]
#[case::no_signature("t=1646391384", 0, Err(Refused::Malformed))]
#[case::another_version("t=1646391384,v2={}", 0, Err(Refused::Malformed))]
#[case::words("hello", 0, Err(Refused::Malformed))]
#[case::empty("", 0, Err(Refused::Missing))]
fn calendly_signs_timestamp_and_body(
    #[case] header: &str,
    #[case] off: i64,
    #[case] expected: Result<(), Refused>,
) {
    let header = header.replace("{}", CALENDLY);
    let secret = SecretString::from("signing-key-of-a-test");
    let body = b"{\"event\":\"invitee.created\"}";
    let now = second(1_646_391_384 + off);
    assert_eq!(calendly::verify(&secret, Some(&header), body, now, TOLERANCE), expected);
}

#[test]
fn calendly_without_a_header_or_a_secret_is_refused() {
    let header = format!("t=1646391384,v1={CALENDLY}");
    let verify = |secret: &str, header| {
        calendly::verify(&SecretString::from(secret), header, b"", second(1_646_391_384), TOLERANCE)
    };
    assert_eq!(verify("key", None), Err(Refused::Missing));
    assert_eq!(verify("", Some(&header)), Err(Refused::Malformed));
}

#[test]
fn calendlys_tolerance_is_the_callers() {
    let header = format!("t=1646391384,v1={CALENDLY}");
    let secret = SecretString::from("signing-key-of-a-test");
    let body = b"{\"event\":\"invitee.created\"}";
    let verify =
        |tolerance| calendly::verify(&secret, Some(&header), body, second(1_646_391_384 + 181), tolerance);
    assert_eq!(verify(SignedDuration::from_secs(180)), Err(Refused::Stale));
    assert_eq!(verify(SignedDuration::from_hours(24)), Ok(()));
}

const HS6: (&str, &str) = ("1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=");
const HS7: (&str, &str) = ("1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=");

#[rstest]
#[case::hs6(Some(HS6.0), Some(HS6.1), 1_693_657_560, Ok(()))]
#[case::hs7(Some(HS7.0), Some(HS7.1), 1_700_000_300, Ok(()))]
#[case::five_minutes_ago(Some(HS6.0), Some(HS6.1), 1_693_657_860, Ok(()))]
#[case::older(Some(HS6.0), Some(HS6.1), 1_693_657_861, Err(Refused::Stale))]
#[case::ahead_of_us(Some(HS6.0), Some(HS6.1), 1_693_657_000, Ok(()))]
#[case::of_another_moment(Some(HS6.0), Some(HS7.1), 1_693_657_560, Err(Refused::Wrong))]
#[case::not_base64(Some(HS6.0), Some("%"), 1_693_657_560, Err(Refused::Malformed))]
#[case::timestamp_in_words(Some("now"), Some(HS6.1), 1_693_657_560, Err(Refused::Malformed))]
#[case::no_timestamp(None, Some(HS6.1), 1_693_657_560, Err(Refused::Missing))]
#[case::no_signature(Some(HS6.0), None, 1_693_657_560, Err(Refused::Missing))]
fn hubspot_signs_method_address_body_and_timestamp(
    #[case] timestamp: Option<&str>,
    #[case] signature: Option<&str>,
    #[case] now: i64,
    #[case] expected: Result<(), Refused>,
) {
    let secret = SecretString::from("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy");
    let uri = "https://www.example.com/webhook_uri";
    let body = b"{'example_field':'example_value'}";
    assert_eq!(hubspot::verify_v3(&secret, "POST", uri, body, timestamp, signature, second(now)), expected);
    if expected.is_ok() {
        let get = hubspot::verify_v3(&secret, "GET", uri, body, timestamp, signature, second(now));
        assert_eq!(get, Err(Refused::Wrong));
    }
}

#[rstest]
#[case(json!({"token": "0123456789abcdef"}), Ok(()))]
#[case(json!({"token": "0123456789abcdeF"}), Err(Refused::Wrong))]
#[case(json!({"token": "0123456789abcde"}), Err(Refused::Wrong))]
#[case(json!({"token": ""}), Err(Refused::Wrong))]
#[case(json!({"token": ["0123456789abcdef"]}), Err(Refused::Malformed))]
#[case(json!({"token": null}), Err(Refused::Missing))]
#[case(json!({"data": {"token": "0123456789abcdef"}}), Err(Refused::Missing))]
#[case(json!(["0123456789abcdef"]), Err(Refused::Missing))]
fn aircalls_secret_is_the_token_in_the_body(#[case] body: Value, #[case] expected: Result<(), Refused>) {
    assert_eq!(aircall::verify(&SecretString::from("0123456789abcdef"), &body), expected);
}

#[test]
fn an_empty_token_of_ours_lets_nobody_in() {
    assert_eq!(aircall::verify(&SecretString::from(""), &json!({"token": ""})), Err(Refused::Malformed));
}
