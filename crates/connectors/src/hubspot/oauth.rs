//! OAuth: asking for access, the tokens that it gives, and their renewal (reference/hubspot.md §5).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    Settings,
    credential::Tokens,
    pace::RateHeaders,
    wire::{Denial, TokenAnswer},
};
use crate::http::{Client, Unanswered};

/// What we cannot do without.
const SCOPES: &str = "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.owners.read";
/// What we use where it is granted: our properties. An app that lists no such scope is not held up by it.
const SCOPES_OPTIONAL: &str = "crm.schemas.contacts.write";
/// A token is renewed this long before it expires, or after half its life if that is later.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// An access token's life where the answer does not tell it.
const USUAL_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// The operator's app at HubSpot.
#[derive(Debug, Clone)]
pub struct App {
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: SecretString,
    /// Where HubSpot sends the browser back to; one of the app's redirect addresses.
    pub redirect_uri: String,
    /// Where people grant access, an origin: `https://app.hubspot.com`.
    pub authorize_origin: Url,
}

/// HubSpot's OAuth, as one app sees it.
#[derive(Debug, Clone)]
pub struct Oauth {
    client: Client,
    settings: Settings,
    app: App,
}

/// What a code or a refresh token was exchanged for.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Good for the API.
    pub access_token: SecretString,
    /// Good for the next renewal; `None`: the one before stays good.
    pub refresh_token: Option<SecretString>,
    /// The access token's life.
    pub expires_in: SignedDuration,
    /// HubSpot's number of the account, if it was told.
    pub hub_id: String,
    /// What was granted.
    pub scopes: Vec<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The grant is gone: the app was uninstalled, the code was used. A person has to grant access again.
    Revoked {
        /// HubSpot's word for it.
        word: String,
    },
    /// The app's id, secret or addresses are wrong, or nobody knows what: the operator has to look, and the grant stands.
    Ours {
        /// HubSpot's word for it, or the status.
        word: String,
    },
    /// It may work later.
    Passing {
        /// How long HubSpot asks us to wait, if it does.
        after: Option<SignedDuration>,
        /// What happened, in plain words.
        why: String,
    },
}

impl std::fmt::Display for Denied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Revoked { .. } => {
                f.write_str("HubSpot says the app was uninstalled or the grant revoked. Grant access again.")
            }
            Self::Ours { word } => write!(
                f,
                "HubSpot does not accept this installation's app ({word}): its client id, client secret or redirect \
                 address is not as HubSpot knows it."
            ),
            Self::Passing { why, .. } => f.write_str(why),
        }
    }
}

impl Granted {
    /// As it is kept; `asked_at` is when it was asked for, `before` the refresh token that goes on if there is no new one.
    pub fn tokens(self, asked_at: Timestamp, before: &SecretString) -> Tokens {
        let later = |span: SignedDuration| asked_at.saturating_add(span).unwrap_or(Timestamp::MAX);
        let rest = AHEAD.min(self.expires_in / 2);
        Tokens {
            access_token: self.access_token,
            refresh_token: self.refresh_token.unwrap_or_else(|| before.clone()),
            expires_at: later(self.expires_in),
            refresh_at: later(self.expires_in - rest),
        }
    }
}

/// PKCE's challenge of a verifier, by S256 (RFC 7636 §4.2).
fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

impl Oauth {
    /// Speaks for an app; sends nothing yet.
    pub fn new(client: Client, settings: Settings, app: App) -> Self {
        Self { client, settings, app }
    }

    /// Where people grant access, an origin.
    pub fn authorize_origin(&self) -> &Url {
        &self.app.authorize_origin
    }

    /// Where to send the browser, so that a person may grant access.
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> String {
        let mut url = self.app.authorize_origin.clone();
        url.set_path("/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.app.client_id)
            .append_pair("redirect_uri", &self.app.redirect_uri)
            .append_pair("scope", SCOPES)
            .append_pair("optional_scope", SCOPES_OPTIONAL)
            .append_pair("state", state)
            .append_pair("code_challenge", &challenge(verifier))
            .append_pair("code_challenge_method", "S256");
        // Between scopes HubSpot documents %20; a plus of the values themselves is %2B by now.
        url.as_str().replace('+', "%20")
    }

    /// Exchanges the code that the browser brought back.
    pub async fn exchange(&self, code: &str, verifier: &SecretString) -> Result<Granted, Denied> {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.app.redirect_uri),
            ("code_verifier", verifier.expose_secret()),
        ])
        .await
    }

    /// Exchanges a refresh token for new tokens.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Granted, Denied> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())]).await
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Result<Granted, Denied> {
        let mut url = self.settings.origin.clone();
        url.set_path(&self.settings.version.token());
        let app = [
            ("client_id", self.app.client_id.as_str()),
            ("client_secret", self.app.client_secret.expose_secret()),
        ];
        let form: Vec<(&str, &str)> = fields.iter().chain(&app).copied().collect();
        let answer = self.client.send(self.client.post(url).form(&form)).await.map_err(|unanswered| {
            let (Unanswered::NotSent(why) | Unanswered::InDoubt(why)) = unanswered;
            Denied::Passing { after: None, why: format!("HubSpot gives no token: {why}.") }
        })?;
        if (200..300).contains(&answer.status) {
            return granted(&answer.body);
        }
        let after = RateHeaders::read(&answer.headers).retry_after;
        Err(denied(answer.status, &serde_json::from_slice(&answer.body).unwrap_or_default(), after))
    }
}

fn granted(body: &[u8]) -> Result<Granted, Denied> {
    let read: Option<TokenAnswer> = serde_json::from_slice(body).ok();
    let told = read.filter(|answer| !answer.access_token.expose_secret().is_empty());
    let Some(answer) = told else {
        let why = "HubSpot's answer could not be read.".to_owned();
        return Err(Denied::Passing { after: None, why });
    };
    let refresh_token = answer.refresh_token.filter(|token| !token.expose_secret().is_empty());
    let expires_in = answer.expires_in.filter(|seconds| *seconds > 0);
    Ok(Granted {
        access_token: answer.access_token,
        refresh_token,
        expires_in: expires_in.map_or(USUAL_LIFE, SignedDuration::from_secs),
        hub_id: answer.hub_id,
        scopes: answer.scopes.unwrap_or_default(),
    })
}

/// Tells failures apart. `status` names the cause better than `error`: HubSpot's `invalid_grant` stands beside a wrong
/// redirect address, too. What is unknown is ours: nobody is disconnected for it.
fn denied(status: u16, denial: &Denial, after: Option<SignedDuration>) -> Denied {
    if matches!(status, 408 | 423 | 429 | 477 | 500..) {
        let why = format!("HubSpot gives no token for now (status {status}).");
        return Denied::Passing { after, why };
    }
    let words = [word(&denial.status), word(&denial.error)];
    for word in &words {
        let owned = || word.clone();
        match word.to_ascii_uppercase().as_str() {
            "BAD_REFRESH_TOKEN" | "BAD_HUB" | "BAD_AUTH_CODE" | "INVALID_GRANT" | "ACCESS_DENIED" => {
                return Denied::Revoked { word: owned() };
            }
            "BAD_CLIENT_ID" | "BAD_CLIENT_SECRET" | "BAD_REDIRECT_URI" | "INVALID_CLIENT" => {
                return Denied::Ours { word: owned() };
            }
            _ => {}
        }
    }
    let word = words.into_iter().find(|word| !word.is_empty());
    Denied::Ours { word: word.unwrap_or_else(|| format!("status {status}")) }
}

/// A word that may be shown and logged: nothing else than a word.
fn word(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(400, r#"{"error":"invalid_grant","status":"BAD_REFRESH_TOKEN"}"#, "revoked")]
    #[case(
        400,
        r#"{"status":"BAD_HUB","message":"missing or unknown hub id","error":"access_denied"}"#,
        "revoked"
    )]
    #[case(400, r#"{"status":"BAD_AUTH_CODE"}"#, "revoked")]
    #[case(400, r#"{"error":"invalid_grant"}"#, "revoked")]
    #[case(403, r#"{"error":"access_denied"}"#, "revoked")]
    #[case(400, r#"{"error":"invalid_client","status":"BAD_CLIENT_SECRET"}"#, "ours")]
    #[case(401, r#"{"error":"invalid_client"}"#, "ours")]
    #[case(400, r#"{"status":"BAD_CLIENT_ID"}"#, "ours")]
    #[case(400, r#"{"error":"invalid_grant","status":"BAD_REDIRECT_URI"}"#, "ours")]
    #[case(400, r#"{"error":"unsupported_grant_type","status":"BAD_GRANT_TYPE"}"#, "ours")]
    #[case(400, r#"{"error":"something_new"}"#, "ours")]
    #[case(404, "<html>not here</html>", "ours")]
    #[case(301, "", "ours")]
    #[case(429, r#"{"error":"invalid_grant"}"#, "passing")]
    #[case(477, "", "passing")]
    #[case(500, r#"{"status":"BAD_REFRESH_TOKEN"}"#, "passing")]
    #[case(502, "<html>bad gateway</html>", "passing")]
    #[case(521, "", "passing")]
    fn failures_are_told_apart(#[case] status: u16, #[case] body: &str, #[case] class: &str) {
        let denial = serde_json::from_str(body).unwrap_or_default();
        let told = match denied(status, &denial, None) {
            Denied::Revoked { .. } => "revoked",
            Denied::Ours { .. } => "ours",
            Denied::Passing { .. } => "passing",
        };
        assert_eq!(told, class);
    }

    #[test]
    fn only_words_of_a_refusal_are_repeated() {
        let denial = Denial { error: "<b>who@example.net</b>".to_owned(), ..Denial::default() };
        assert_eq!(denied(400, &denial, None), Denied::Ours { word: "bwhoexamplenetb".to_owned() });
        assert_eq!(denied(418, &Denial::default(), None), Denied::Ours { word: "status 418".to_owned() });
    }

    fn oauth() -> Oauth {
        let app = App {
            client_id: "an id".to_owned(),
            client_secret: "the secret".into(),
            redirect_uri: "https://patchbay.example.com/oauth/hubspot/callback".to_owned(),
            authorize_origin: "https://app.hubspot.com".parse().unwrap(),
        };
        let settings = Settings {
            origin: "https://api.hubapi.com".parse().unwrap(),
            version: super::super::Version::V3,
        };
        Oauth::new(crate::http::client().unwrap(), settings, app)
    }

    #[test]
    fn the_address_for_consent_is_to_the_letter_and_holds_no_secret() {
        // The verifier and its challenge of RFC 7636, appendix B.
        let url = oauth().authorize_url("s+1", &"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(
            url,
            "https://app.hubspot.com/oauth/authorize?client_id=an%20id\
             &redirect_uri=https%3A%2F%2Fpatchbay.example.com%2Foauth%2Fhubspot%2Fcallback\
             &scope=oauth%20crm.objects.contacts.read%20crm.objects.contacts.write%20crm.objects.owners.read\
             &optional_scope=crm.schemas.contacts.write&state=s%2B1\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
        assert!(!format!("{:?}", oauth()).contains("the secret"));
    }

    #[rstest]
    #[case(1800, 1500)]
    #[case(60, 30)]
    #[case(2, 1)]
    fn a_token_is_renewed_ahead_of_its_end(#[case] life: i64, #[case] refreshed: i64) {
        let body = format!(r#"{{"access_token":"a","refresh_token":"","expires_in":{life},"hub_id":62515}}"#);
        let granted = granted(body.as_bytes()).unwrap();
        assert_eq!(granted.hub_id, "62515");
        let tokens = granted.tokens(Timestamp::UNIX_EPOCH, &"before".into());
        assert_eq!((tokens.expires_at.as_second(), tokens.refresh_at.as_second()), (life, refreshed));
        assert_eq!(tokens.refresh_token.expose_secret(), "before");
    }

    #[test]
    fn an_answer_without_a_token_is_no_refusal() {
        for body in ["", "<html>", "{}", r#"{"access_token":""}"#] {
            assert!(matches!(granted(body.as_bytes()), Err(Denied::Passing { .. })), "{body}");
        }
    }
}
