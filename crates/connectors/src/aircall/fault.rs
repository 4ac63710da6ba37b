//! What Aircall's refusals ask of us (reference/aircall.md §1.2, §1.3).

use domain::fault::Fault;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::{
    http::{Answer, Unanswered},
    source,
};

/// How long to wait when Aircall does not say: its window is a minute.
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// No header may park us for longer than this.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Returns the answer's JSON (null if it has no body), or the fault that its status stands for.
pub(super) fn of(answer: &Answer) -> Result<Value, Fault> {
    Err(match answer.status {
        200..300 if answer.body.is_empty() => return Ok(Value::Null),
        200..300 => {
            return source::parse(&answer.body)
                .map_err(|_| Fault::later("Aircall answered with something else than JSON."));
        }
        // 403 is a wrong id or token, never too narrow a one.
        401 | 403 => Fault::SignIn { why: "Aircall refused the API id and token.".to_owned() },
        429 => Fault::Later {
            after: Some(wait(&answer.headers).unwrap_or(WINDOW)),
            why: "Aircall's limit of requests is reached.".to_owned(),
        },
        status @ (408 | 423 | 425 | 500..) => Fault::Later {
            after: wait(&answer.headers),
            why: format!("Aircall is not available ({status})."),
        },
        status => Fault::never(format!("Aircall refused ({status}){}", words(&answer.body))),
    })
}

/// The fault of a request that got no whole answer.
pub(super) fn unanswered(unanswered: Unanswered) -> Fault {
    match unanswered {
        Unanswered::NotSent(why) => Fault::later(format!("Aircall could not be reached: {why}.")),
        Unanswered::InDoubt(why) => Fault::later(format!("Aircall did not answer: {why}.")),
    }
}

/// `{"error", "troubleshoot"}` from the application, `{"message"}` from the edge.
fn words(body: &[u8]) -> String {
    let body = source::parse(body).unwrap_or_default();
    let words: Vec<String> =
        ["error", "troubleshoot", "message"].iter().filter_map(|key| source::text(&body[key])).collect();
    if words.is_empty() { ".".to_owned() } else { format!(": {}", domain::text::title(&words.join(" "))) }
}

/// How long the headers ask to wait. `X-AircallApi-Reset` is a moment in UNIX seconds; the answer's own `Date` says
/// from when to count, so that a clock of ours that is off does no harm.
fn wait(headers: &HeaderMap) -> Option<SignedDuration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let seconds = |name: &str| header(name)?.parse::<i64>().ok();
    let until_reset = || {
        let reset = Timestamp::from_second(seconds("x-aircallapi-reset")?).ok()?;
        let now = rfc2822::parse(header("date")?).ok()?.timestamp();
        Some(reset.duration_since(now))
    };
    let asked = seconds("retry-after").map(SignedDuration::from_secs).or_else(until_reset)?;
    Some(asked.clamp(SignedDuration::from_secs(1), WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::retry_after(&[("retry-after", "7")], Some(7))]
    #[case::reset(&[("x-aircallapi-reset", "1792490430"), ("date", "Tue, 20 Oct 2026 10:00:00 GMT")], Some(30))]
    #[case::reset_in_the_past(&[("x-aircallapi-reset", "1792490000"), ("date", "Tue, 20 Oct 2026 10:00:00 GMT")], Some(1))]
    #[case::far_out(&[("retry-after", "9223372036854775807")], Some(3600))]
    #[case::reset_without_a_date(&[("x-aircallapi-reset", "1792490430")], None)]
    #[case::words(&[("retry-after", "soon"), ("x-aircallapi-reset", "soon")], None)]
    #[case::nothing(&[], None)]
    fn the_headers_say_how_long_to_wait(
        #[case] given: &[(&'static str, &'static str)],
        #[case] seconds: Option<i64>,
    ) {
        let headers = given
            .iter()
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        assert_eq!(wait(&headers), seconds.map(SignedDuration::from_secs));
    }
}
