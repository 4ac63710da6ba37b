//! What does not hang on a workspace: the database and its key, the public address, the clock.

use std::time::Duration;

use connectors::{http::Client, hubspot};
use jiff::{SignedDuration, Timestamp};
use store::{Condition, Location, Store};

use super::report::Check;
use crate::{clock::now, instance::open_store, settings::Checked};

const PUBLIC_URL: &str = "public address";
const CLOCK: &str = "clock";
const DATABASE: &str = "database";
const KEY: &str = "master key";

/// The door opens for an answer in this time.
const DOOR_PATIENCE: Duration = Duration::from_secs(5);

/// A clock that is off by less is as good as right; signatures of webhooks may be five minutes old.
const SKEW_FINE: SignedDuration = SignedDuration::from_secs(30);
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(4);

/// Whether sources reach us under the address that they are given. It is asked from here, which is the way round for some
/// networks: a source may still come through where we do not.
pub async fn public_url(http: &Client, settings: &Checked) -> Check {
    let Some(url) = &settings.public_url else {
        return Check::notice(
            PUBLIC_URL,
            "PATCHBAY_PUBLIC_URL is not set: sources outside of this machine reach nothing.",
        );
    };
    let Ok(health) = url.join("/healthz") else { return Check::wrong(PUBLIC_URL, format!("{url} is odd.")) };
    let answer = http.get(health).timeout(DOOR_PATIENCE).send().await;
    let is_open = match answer {
        Ok(answer) if answer.status().is_success() => answer.text().await.is_ok_and(|text| text == "ok"),
        Ok(answer) => {
            let status = answer.status().as_u16();
            return Check::wrong(
                PUBLIC_URL,
                format!("{url} answers {status}: it does not lead to Patchbay."),
            );
        }
        Err(_) => {
            return Check::wrong(
                PUBLIC_URL,
                format!("{url} does not answer from here. Is the server running, and the way to it open?"),
            );
        }
    };
    match (is_open, url.scheme()) {
        (false, _) => Check::wrong(PUBLIC_URL, format!("{url} is answered by something else than Patchbay.")),
        (true, "https") => Check::fine(PUBLIC_URL, format!("{url} leads here.")),
        (true, _) => {
            Check::notice(PUBLIC_URL, format!("{url} leads here, without TLS: sources ask for https."))
        }
    }
}

/// How far our clock is from HubSpot's.
pub async fn clock(http: &Client, settings: &Checked) -> Check {
    let hubspot =
        hubspot::Settings { origin: settings.hubspot_origin.clone(), version: settings.hubspot_version };
    match hubspot::clock(http, &hubspot).await {
        Ok(theirs) => skew(now(), theirs),
        Err(fault) => Check::wrong(CLOCK, format!("HubSpot's time is not known. {fault}")),
    }
}

fn skew(ours: Timestamp, theirs: Timestamp) -> Check {
    let skew = ours.duration_since(theirs).abs();
    let said = format!("{} s off HubSpot's", skew.as_secs());
    if skew <= SKEW_FINE {
        Check::fine(CLOCK, format!("{said}."))
    } else if skew <= SKEW_MAX {
        Check::notice(CLOCK, format!("{said}: set it by a time server."))
    } else {
        Check::wrong(CLOCK, format!("{said}: webhooks are refused as too old. Set it by a time server."))
    }
}

/// The database and its key. Neither is made or changed if it is not as this binary needs it.
pub async fn database(settings: &Checked) -> (Vec<Check>, Option<Store>) {
    let path = &settings.database;
    let wrong = |check, said| (vec![Check::wrong(check, said)], None);
    let empty = |what: &str| {
        format!("{path} is {what}. Start `patchbay serve` once, or set PATCHBAY_DATABASE_URL to another one.")
    };
    if let Location::File(file) = path
        && !file.exists()
    {
        return wrong(DATABASE, empty("not there"));
    }
    match path.condition() {
        Ok(Condition::Empty) => return wrong(DATABASE, empty("empty")),
        Ok(Condition::Installed { is_current: false }) => {
            let said = format!(
                "{path} was written by an older Patchbay: the next `patchbay serve` brings it up to date."
            );
            return (vec![Check::notice(DATABASE, said)], None);
        }
        Ok(Condition::Installed { is_current: true }) => {}
        Err(error) => return wrong(DATABASE, format!("the database {path} does not open: {error}.")),
    }
    if settings.master_key.is_none() && !settings.master_key_file.exists() {
        let key = settings.master_key_file.display();
        let said =
            format!("{key} is not there: without it the secrets of {path} stay sealed. Bring it back.");
        return wrong(KEY, said);
    }
    let store = match open_store(settings) {
        Ok(store) => store,
        Err(error) => return wrong(DATABASE, format!("{error:#}.")),
    };
    let key = Check::fine(KEY, "It opens the secrets of the database.");
    match store.ready().await {
        Ok(()) => {
            let said = format!("{path} takes a write and gives it back.");
            (vec![Check::fine(DATABASE, said), key], Some(store))
        }
        Err(error) => (vec![Check::wrong(DATABASE, format!("{path}: {error}.")), key], None),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::doctor::report::Health;

    #[rstest]
    #[case(0, Health::Fine)]
    #[case(-30, Health::Fine)]
    #[case(31, Health::Notice)]
    #[case(-240, Health::Notice)]
    #[case(241, Health::Wrong)]
    #[case(-86_400, Health::Wrong)]
    fn a_clock_is_judged_by_how_far_it_is_off(#[case] seconds: i64, #[case] health: Health) {
        let theirs = Timestamp::from_second(1_780_000_000).unwrap();
        assert_eq!(skew(theirs + SignedDuration::from_secs(seconds), theirs).health, health);
    }
}
