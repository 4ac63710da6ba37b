//! A running sandbox and a client for it.

use reqwest::Method;
use sandbox::{Sandbox, Settings};
use serde_json::Value;

pub struct World {
    pub sandbox: Sandbox,
    pub client: reqwest::Client,
}

pub async fn start() -> World {
    let sandbox = Sandbox::start(Settings::default()).await.unwrap();
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    World { sandbox, client }
}

impl World {
    /// A request to HubSpot with the first service key: status and body.
    pub async fn crm(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.hubspot_url());
        self.send(self.request(method, &url, &body).bearer_auth("pat-na1-sandbox")).await
    }

    /// A request without credentials.
    pub async fn ask(&self, method: &str, url: &str, body: Value) -> (u16, Value) {
        self.send(self.request(method, url, &body)).await
    }

    pub async fn order(&self, path: &str, body: Value) -> Value {
        let (status, answer) =
            self.ask("POST", &format!("{}/_sandbox/{path}", self.sandbox.hubspot_url()), body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// A contact made by hand in HubSpot: its id.
    pub async fn contact(&self, properties: Value) -> String {
        let made = self.order("objects/contacts", serde_json::json!({"properties": properties})).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// An address that takes any webhook, and what it has received so far.
    pub async fn inbox(&self) -> String {
        let url = self.sandbox.mailbox_url();
        let fault = serde_json::json!({"kind": "status", "status": 202, "match": {"path_contains": "/hook"}});
        self.ask("POST", &format!("{url}/_sandbox/faults"), fault).await;
        format!("{url}/hook")
    }

    pub async fn received(&self) -> Vec<Value> {
        let url = format!("{}/_sandbox/requests", self.sandbox.mailbox_url());
        let (_, answer) = self.ask("GET", &url, Value::Null).await;
        answer["items"].as_array().unwrap().iter().map(|entry| entry["body"].clone()).collect()
    }

    fn request(&self, method: &str, url: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.client.request(method.parse::<Method>().unwrap(), url);
        if body.is_null() { request } else { request.json(body) }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }
}
