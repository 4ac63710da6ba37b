//! Signatures: whatever headers and body arrive, none passes that was not made with the secret.
//!
//! An input is the headers, a line each, and after an empty line the body.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use connectors::signature::{self, Refused, TOLERANCE};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::Sha256;

/// The moment at which inputs of the corpus were signed.
pub const SIGNED_AT: i64 = 1_795_000_000;
const KEY: &[u8] = b"a secret of 24 bytes ...";

/// Headers by name, and the body.
pub fn parts(input: &[u8]) -> (BTreeMap<String, String>, &[u8]) {
    let end = input.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
    let head = String::from_utf8_lossy(head);
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    (lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), body)
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn now() -> Timestamp {
    Timestamp::from_second(SIGNED_AT).unwrap()
}

/// How many seconds a time is off; it may be any number.
fn age(at: i64) -> i64 {
    at.saturating_sub(SIGNED_AT).saturating_abs()
}

/// Passed though it must not be, or refused in some way.
fn judged(scheme: &str, answer: Result<(), Refused>, is_right: bool) -> Result<String, String> {
    match answer {
        Ok(()) if !is_right => Err(format!("{scheme} took a signature that was not made with the secret")),
        Ok(()) => Ok(format!("{scheme} passed")),
        Err(refused) => Ok(format!("{scheme} {refused:?}")),
    }
}

/// The Standard Webhooks door.
pub fn standard(input: &[u8]) -> Result<String, String> {
    let (headers, body) = parts(input);
    let header = |name: &str| headers.get(name).map(String::as_str);
    let (id, timestamp, given) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let secret = SecretString::from(format!("whsec_{}", STANDARD.encode(KEY)));
    let answer = signature::standard::verify(&secret, id, timestamp, given, body, now(), TOLERANCE);
    let text = |text: Option<&str>| text.unwrap_or_default().trim().to_owned();
    let signed = [text(id).as_bytes(), b".", text(timestamp).as_bytes(), b".", body].concat();
    let right = format!("v1,{}", STANDARD.encode(hmac(KEY, &signed)));
    let is_fresh = text(timestamp).parse().is_ok_and(|at| age(at) <= TOLERANCE.as_secs());
    let is_right = is_fresh && text(given).split_whitespace().any(|one| one == right);
    judged("standard", answer, is_right)
}

/// Cal.com's, Calendly's and HubSpot's.
pub fn others(input: &[u8]) -> Result<String, String> {
    let (headers, body) = parts(input);
    let header = |name: &str| headers.get(name).map(String::as_str);
    let secret = SecretString::from(String::from_utf8(KEY.to_vec()).unwrap());

    let given = header("x-cal-signature-256");
    let answer = signature::calcom::verify(&secret, given, body);
    let is_right =
        given.is_some_and(|given| given.trim().eq_ignore_ascii_case(&hex::encode(hmac(KEY, body))));
    let calcom = judged("Cal.com", answer, is_right)?;

    let given = header("calendly-webhook-signature");
    let answer = signature::calendly::verify(&secret, given, body, now(), TOLERANCE);
    let members = || given.unwrap_or_default().split(',').filter_map(|part| part.split_once('='));
    let is_right = members().filter(|(name, _)| name.trim() == "t").any(|(_, at)| {
        let at = at.trim();
        let right = hex::encode(hmac(KEY, &[at.as_bytes(), b".", body].concat()));
        let is_fresh = at.parse().is_ok_and(|at| age(at) <= TOLERANCE.as_secs());
        is_fresh
            && members().any(|(name, one)| name.trim() == "v1" && one.trim().eq_ignore_ascii_case(&right))
    });
    let calendly = judged("Calendly", answer, is_right)?;

    let (at, given) = (header("x-hubspot-request-timestamp"), header("x-hubspot-signature-v3"));
    let uri = "https://hooks.example.com/hooks/hubspot";
    let answer = signature::hubspot::verify_v3(&secret, "POST", uri, body, at, given, now());
    let at = at.unwrap_or_default().trim();
    let signed = [b"POST", uri.as_bytes(), body, at.as_bytes()].concat();
    let right = STANDARD.encode(hmac(KEY, &signed));
    let is_fresh = at.parse::<i64>().is_ok_and(|at| age(at / 1000) <= TOLERANCE.as_secs() + 1);
    let is_right = is_fresh && given.is_some_and(|given| given.trim() == right);
    let hubspot = judged("HubSpot", answer, is_right)?;
    Ok(format!("{calcom}, {calendly}, {hubspot}"))
}
