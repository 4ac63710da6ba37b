//! Aircall in a box: credentials and limits in front of a company with a phone.

mod account;
mod call;
mod control;
mod digits;
mod page;
mod rest;
mod story;
mod webhook;

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::account::{Account, Number, Tag, User};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::clock::hold;
use crate::courier::{Courier, Rules};
use crate::origin::Provider;
use crate::page::Page;

/// 5 s and 50 attempts are Aircall's; the spacing of its retries is not known.
const RULES: Rules = Rules { timeout_ms: 5000, retry_ms: 200, attempts_max: 50, disable_after: 50 };

#[derive(Clone)]
pub struct Aircall {
    account: Arc<Mutex<Account>>,
    courier: Arc<Courier>,
}

impl Default for Aircall {
    fn default() -> Self {
        Self { account: Arc::default(), courier: Courier::new(RULES) }
    }
}

impl Provider for Aircall {
    fn name(&self) -> &'static str {
        "Aircall"
    }

    async fn answer(&self, asked: &Asked) -> Answer {
        let mut account = hold(&self.account);
        if let Some(answer) = turned_away(&account, asked) {
            return answer;
        }
        let mut answer = if account.admit().is_some() {
            rest::answer(&mut account, &self.courier, asked)
        } else {
            Answer::json(429, json!({"error": "Too Many Requests", "troubleshoot": "Rate limit exceeded"}))
        };
        answer.headers.extend(account.headers());
        answer
    }

    async fn control(&self, asked: &Asked) -> Answer {
        control::carry_out(self, asked).await
    }

    fn state(&self) -> Value {
        let account = hold(&self.account);
        json!({
            "users": account.users.iter().map(User::api_json).collect::<Vec<_>>(),
            "numbers": account.numbers.iter().map(Number::json).collect::<Vec<_>>(),
            "tags": account.tags.iter().map(Tag::json).collect::<Vec<_>>(),
            "webhooks": account.hooks.iter().map(|hook| hook.json(true)).collect::<Vec<_>>(),
            "calls": account.calls.values().map(|call| call.snapshot(&account)).collect::<Vec<_>>(),
        })
    }

    fn reset(&self) {
        *hold(&self.account) = Account::default();
        self.courier.reset();
    }

    fn page(&self, asked: &Asked) -> Option<Page> {
        (asked.path == "/").then(|| page::of(self))
    }
}

/// No credential is 401, a wrong one 403.
fn turned_away(account: &Account, asked: &Asked) -> Option<Answer> {
    let Some(header) = asked.header("authorization") else {
        return Some(Answer::json(401, json!({"message": "Unauthorized"})));
    };
    let given = header.strip_prefix("Basic ").and_then(|given| STANDARD.decode(given.trim()).ok());
    let given = String::from_utf8(given.unwrap_or_default()).unwrap_or_default();
    let is_known = given
        .split_once(':')
        .is_some_and(|(id, token)| account.keys.get(id).is_some_and(|known| known == token));
    (!is_known).then(|| Answer::json(403, json!({"message": "Forbidden"})))
}
