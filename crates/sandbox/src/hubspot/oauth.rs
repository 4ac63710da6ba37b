//! OAuth: consent, tokens, introspection, uninstall.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::key::Key;
use super::portal::Portal;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::control::refused;
use crate::{clock, page};

/// Access tokens live 30 minutes.
const EXPIRES_IN_S: i64 = 1800;

#[derive(Clone, Debug)]
struct Grant {
    client_id: String,
    redirect_uri: String,
    scopes: Vec<String>,
    /// PKCE, if the app offered a challenge.
    challenge: Option<String>,
}

pub struct Oauth {
    /// Client ids and their secrets.
    apps: BTreeMap<String, String>,
    codes: BTreeMap<String, Grant>,
    /// Refresh tokens that still work.
    refresh: BTreeMap<String, Grant>,
    /// Access tokens and the refresh token they came from.
    access: BTreeMap<String, String>,
    expires_in_s: i64,
    /// Whether each refresh gives another refresh token and ends the one before.
    rotates: bool,
    refreshes: u64,
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            apps: BTreeMap::from([("sandbox-client".to_owned(), "sandbox-secret".to_owned())]),
            codes: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            expires_in_s: EXPIRES_IN_S,
            rotates: false,
            refreshes: 0,
        }
    }
}

impl Oauth {
    /// Answers what needs no bearer token; none if the request is another's business.
    pub fn answer(&mut self, portal: &mut Portal, asked: &Asked) -> Option<Answer> {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["oauth", "authorize"] | ["oauth", _, "authorize"]) => self.consent(asked),
            ("POST", ["oauth", "authorize"]) => self.consented(asked),
            ("POST", ["oauth", "v2", "private-apps", "get", "access-token-info"]) => key_info(portal, asked),
            ("POST", ["oauth", _, "token"]) => self.token(portal, asked),
            ("POST", ["oauth", _, "token", "introspect"]) => self.introspect(portal, asked),
            ("POST", ["oauth", _, "token", "revoke"]) => {
                // Issued access tokens go on working, and the app stays installed.
                self.refresh.remove(&asked.form("token").unwrap_or_default());
                Answer::empty(204)
            }
            ("DELETE", ["appinstalls", _, "external-install"]) => {
                if let Err(refusal) = portal.keys.check(asked) {
                    return Some(refusal.answer());
                }
                self.uninstall(portal);
                Answer::empty(204)
            }
            _ => return None,
        })
    }

    pub fn control(&mut self, portal: &mut Portal, asked: &Asked) -> Option<Answer> {
        let segments = asked.segments();
        let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        Some(match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["apps"]) => {
                let (Some(id), Some(secret)) = (asked.text("client_id"), asked.text("client_secret")) else {
                    return Some(refused("client_id, client_secret"));
                };
                self.apps.insert(id.to_owned(), secret.to_owned());
                Answer::json(201, json!({"client_id": id}))
            }
            ("POST", ["oauth", "uninstall"]) => {
                self.uninstall(portal);
                Answer::empty(204)
            }
            ("POST", ["oauth", "rotate"]) => {
                let Some(on) = asked.field("on").as_bool() else { return Some(refused("on")) };
                self.rotates = on;
                Answer::json(200, json!({"on": on}))
            }
            ("POST", ["oauth", "expires_in"]) => {
                let Some(seconds) = asked.field("seconds").as_i64() else { return Some(refused("seconds")) };
                self.expires_in_s = seconds;
                Answer::json(200, json!({"seconds": seconds}))
            }
            _ => return None,
        })
    }

    pub fn json(&self) -> Value {
        json!({
            "apps": self.apps.keys().collect::<Vec<_>>(), "installed": !self.refresh.is_empty(),
            "refresh_tokens": self.refresh.len(), "access_tokens": self.access.len(), "refreshes": self.refreshes,
        })
    }

    fn uninstall(&mut self, portal: &mut Portal) {
        self.refresh.clear();
        self.access.clear();
        portal.keys.revoke_oauth();
    }

    fn consent(&self, asked: &Asked) -> Answer {
        let of = |name: &str| asked.param(name).unwrap_or_default();
        if !self.apps.contains_key(of("client_id")) || of("redirect_uri").is_empty() {
            return Answer::html(page::whole(
                "HubSpot sandbox",
                "<h1>Unknown app or no redirect address</h1>",
            ));
        }
        let fields: String =
            ["client_id", "redirect_uri", "scope", "optional_scope", "state", "code_challenge"]
                .iter()
                .map(|name| page::hidden(name, of(name)))
                .collect();
        let asked_for = format!("{} {}", of("scope"), of("optional_scope"));
        let scopes: Vec<_> = asked_for.split_whitespace().map(html_escape::encode_text).collect();
        let scopes = scopes.join("</li><li>");
        Answer::html(page::whole(
            "Connect an app to HubSpot sandbox",
            &format!(
                "<h1>Connect an app to HubSpot sandbox</h1><p>It asks for these permissions:</p><ul><li>{scopes}</li></ul>\
                 <form method=\"post\" action=\"/oauth/authorize\">{fields}\
                 <button class=\"main\" name=\"choice\" value=\"connect\">Connect app</button> \
                 <button name=\"choice\" value=\"deny\">Deny</button></form>"
            ),
        ))
    }

    fn consented(&mut self, asked: &Asked) -> Answer {
        let of = |name: &str| asked.form(name).unwrap_or_default();
        let Ok(mut back) = url::Url::parse(&of("redirect_uri")) else { return refused("redirect_uri") };
        if of("choice") == "deny" {
            back.query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("error_description", "denied");
        } else {
            let code = Uuid::new_v4().to_string();
            back.query_pairs_mut().append_pair("code", &code);
            let asked_for = format!("{} {}", of("scope"), of("optional_scope"));
            let scopes = asked_for.split_whitespace().map(str::to_owned).collect();
            let challenge = Some(of("code_challenge")).filter(|challenge| !challenge.is_empty());
            let grant =
                Grant { client_id: of("client_id"), redirect_uri: of("redirect_uri"), scopes, challenge };
            self.codes.insert(code, grant);
        }
        if !of("state").is_empty() {
            back.query_pairs_mut().append_pair("state", &of("state"));
        }
        Answer::redirect(back.as_str())
    }

    fn token(&mut self, portal: &mut Portal, asked: &Asked) -> Answer {
        let of = |name: &str| asked.form(name).unwrap_or_default();
        match self.apps.get(&of("client_id")) {
            None => return failed("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id"),
            Some(secret) if *secret != of("client_secret") => {
                return failed("BAD_CLIENT_SECRET", "invalid_client", "missing or invalid client secret");
            }
            Some(_) => {}
        }
        match of("grant_type").as_str() {
            "authorization_code" => {
                // A code works once.
                let Some(grant) = self.codes.remove(&of("code")) else {
                    return failed("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code");
                };
                if grant.redirect_uri != of("redirect_uri") || grant.client_id != of("client_id") {
                    return failed(
                        "BAD_REDIRECT_URI",
                        "invalid_grant",
                        "redirect_uri does not match initial auth code",
                    );
                }
                if grant
                    .challenge
                    .as_ref()
                    .is_some_and(|challenge| *challenge != hashed(&of("code_verifier")))
                {
                    return failed("BAD_CODE_VERIFIER", "invalid_grant", "code_verifier does not match");
                }
                let refresh = format!("na1-refresh-{}", Uuid::new_v4());
                self.refresh.insert(refresh.clone(), grant);
                self.issue(portal, &refresh)
            }
            "refresh_token" => {
                let Some(grant) = self.refresh.get(&of("refresh_token")).cloned() else {
                    let message = "refresh token is invalid, expired or revoked";
                    return failed("BAD_REFRESH_TOKEN", "invalid_grant", message);
                };
                self.refreshes += 1;
                if !self.rotates {
                    return self.issue(portal, &of("refresh_token"));
                }
                self.refresh.remove(&of("refresh_token"));
                let refresh = format!("na1-refresh-{}", Uuid::new_v4());
                self.refresh.insert(refresh.clone(), grant);
                self.issue(portal, &refresh)
            }
            _ => failed("BAD_GRANT_TYPE", "unsupported_grant_type", "missing or unknown grant type"),
        }
    }

    fn issue(&mut self, portal: &mut Portal, refresh: &str) -> Answer {
        let access = format!("na1-access-{}", Uuid::new_v4());
        let expires_ms = Some(clock::now_ms() + self.expires_in_s * 1000);
        let scopes = self.refresh.get(refresh).map(|grant| grant.scopes.clone()).unwrap_or_default();
        portal.keys.add(&access, Key { expires_ms, is_oauth: true, scopes: Some(scopes.clone()) });
        self.access.insert(access.clone(), refresh.to_owned());
        Answer::json(
            200,
            json!({
                "token_type": "bearer", "access_token": access, "refresh_token": refresh,
                "expires_in": self.expires_in_s, "hub_id": portal.account.portal_id, "scopes": scopes, "user_id": 9_586_504,
                "token_use": "access_token",
            }),
        )
    }

    fn introspect(&self, portal: &Portal, asked: &Asked) -> Answer {
        let token = asked.form("token").unwrap_or_default();
        let refresh = if self.refresh.contains_key(&token) { Some(&token) } else { self.access.get(&token) };
        let is_live = self.refresh.contains_key(&token) || portal.keys.contains(&token);
        let Some(grant) = refresh.filter(|_| is_live).and_then(|refresh| self.refresh.get(refresh)) else {
            return Answer::json(200, json!({"active": false}));
        };
        Answer::json(
            200,
            json!({
                "active": true, "hub_id": portal.account.portal_id, "user_id": 9_586_504, "app_id": 4_242,
                "user": "ada@example.com", "hub_domain": "sandbox.example.com", "scopes": grant.scopes,
                "expires_in": self.expires_in_s, "client_id": grant.client_id, "token_type": "bearer",
            }),
        )
    }
}

/// A verifier as PKCE's S256 turns it into a challenge.
fn hashed(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn failed(status: &str, error: &str, message: &str) -> Answer {
    Answer::json(
        400,
        json!({"error": error, "error_description": message, "status": status, "message": message}),
    )
}

fn key_info(portal: &Portal, asked: &Asked) -> Answer {
    let key = asked.text("tokenKey").unwrap_or_default();
    if !portal.keys.contains(key) {
        return Answer::json(404, json!({"status": "error", "message": "token not found"}));
    }
    let scopes =
        ["oauth", "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.owners.read"];
    Answer::json(
        200,
        json!({"userId": 9_586_504, "hubId": portal.account.portal_id, "appId": 4_242, "scopes": scopes}),
    )
}
