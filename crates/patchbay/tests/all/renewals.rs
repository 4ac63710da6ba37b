//! Two nodes on one database, each a process of its own, renew the tokens of one connection.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Child, Command},
    sync::{Arc, Mutex},
};

use connectors::hubspot::{App, Granted, Oauth, Secret, Settings, Version};
use domain::{ids::WorkspaceId, source::System};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use store::{Connection, Location, MasterKey, Status, Store};
use url::Url;

use crate::{database::Database, oauth::answer};

/// How many tokens each node waits to be given.
const RENEWALS: usize = 1_000;

/// Where a node finds the sandbox, the database, a folder for what it tells, and its own number.
const ORIGIN: &str = "PATCHBAY_TEST_ORIGIN";
const URL: &str = "PATCHBAY_TEST_URL";
const FOLDER: &str = "PATCHBAY_TEST_FOLDER";
const NODE: &str = "PATCHBAY_TEST_NODE";

fn now() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn open(url: &str) -> Store {
    let location: Location = url.parse().unwrap();
    Store::open(location, MasterKey::from_bytes([7; 32])).unwrap()
}

/// The sandbox's app.
fn app(http: &connectors::http::Client, origin: &str) -> Oauth {
    let app = App {
        client_id: "sandbox-client".to_owned(),
        client_secret: "sandbox-secret".into(),
        redirect_uri: "http://localhost/oauth/hubspot/callback".to_owned(),
        authorize_origin: origin.parse().unwrap(),
    };
    let settings = Settings { origin: origin.parse().unwrap(), version: Version::V2026_09 };
    Oauth::new(http.clone(), settings, app)
}

/// A grant of the sandbox's app, exchanged without a server.
async fn exchanged(http: &connectors::http::Client, origin: &str, oauth: &Oauth) -> Granted {
    let verifier = SecretString::from("v".repeat(43));
    let page = oauth.authorize_url("state", &verifier);
    let back: Url = answer(http, origin, &page, "connect").await.parse().unwrap();
    let (_, code) = back.query_pairs().find(|(name, _)| name == "code").unwrap();
    oauth.exchange(&code, &verifier).await.unwrap()
}

/// A workspace that is connected to HubSpot with that secret.
async fn connected(store: &Store, secret: &Secret) -> WorkspaceId {
    let workspace = store.ensure_workspace("default", now()).await.unwrap().id;
    let connection = Connection {
        workspace,
        system: System::Hubspot,
        status: Status::Connected,
        details: Value::Null,
        secret: Some(secret.write().unwrap()),
        connected_at: now(),
        changed_at: now(),
    };
    store.save_connection(connection).await.unwrap();
    workspace
}

/// This very program again, as a node.
fn start(node: &str, origin: &str, url: &str, folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "renewals::a_node_renews_until_it_was_given_a_thousand_tokens", "--ignored"]);
    command.env(ORIGIN, origin).env(URL, url).env(FOLDER, folder).env(NODE, node).spawn().unwrap()
}

/// Each refresh ends the refresh token before it: were two under way at once, the second would be refused, and the
/// connection would need attention.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_renew_one_connection_a_thousand_times_never_two_at_once_and_lose_no_token() {
    let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
    let (http, origin) = (connectors::http::client().unwrap(), sandbox.hubspot_url());
    for (order, body) in [("oauth/rotate", json!({ "on": true })), ("latency", json!({ "ms": 3 }))] {
        let address = format!("{origin}/_sandbox/{order}");
        assert!(http.post(address).json(&body).send().await.unwrap().status().is_success());
    }
    let oauth = app(&http, &origin);
    let granted = exchanged(&http, &origin, &oauth).await;
    let refresh = granted.refresh_token.clone().unwrap();
    let (database, folder) = (Database::chosen(), tempfile::TempDir::new().unwrap());
    let store = open(&database.url());
    let workspace = connected(&store, &Secret::Granted(granted.tokens(now(), &refresh))).await;

    for mut node in ["1", "2"].map(|node| start(node, &origin, &database.url(), folder.path())) {
        assert!(node.wait().unwrap().success());
    }
    let of = |node: &str| std::fs::read_to_string(folder.path().join(node)).unwrap();
    let (one, other) = (of("1"), of("2"));
    let (one, other): (BTreeSet<&str>, BTreeSet<&str>) = (one.lines().collect(), other.lines().collect());
    assert!(
        one != other && one.intersection(&other).count() > 0,
        "both renewed, and used what the other stored"
    );
    let get = async |order: &str| -> Value {
        http.get(format!("{origin}/_sandbox/{order}")).send().await.unwrap().json().await.unwrap()
    };
    let refreshes = usize::try_from(get("state").await["oauth"]["refreshes"].as_u64().unwrap()).unwrap();
    assert!(refreshes >= RENEWALS, "{refreshes}");
    assert_eq!(one.union(&other).count(), refreshes, "each token that was given was stored and used");
    let asked = get("requests?since=0").await;
    let is_refused =
        |request: &&Value| request["status"] != 200 && request["path"].as_str().unwrap().contains("/oauth/");
    let refused: Vec<&Value> = asked["items"].as_array().unwrap().iter().filter(is_refused).collect();
    assert!(
        refused.iter().all(|request| request["path"].as_str().unwrap().contains("authorize")),
        "{refused:?}"
    );
    let stands = store.connection(workspace, System::Hubspot).await.unwrap().unwrap();
    assert_eq!(stands.status, Status::Connected);
    let Some(Secret::Granted(kept)) = stands.secret.as_ref().and_then(Secret::read) else {
        panic!("no tokens")
    };
    assert!(oauth.refresh(&kept.refresh_token).await.is_ok(), "what is stored is what is good");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's program takes nothing but names of tests as arguments"
)]
fn told(name: &str) -> String {
    std::env::var(name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test above, as a process of its own"]
async fn a_node_renews_until_it_was_given_a_thousand_tokens() {
    let (origin, folder, node) = (told(ORIGIN), told(FOLDER), told(NODE));
    let folder = Path::new(&folder);
    let store = open(&told(URL));
    let workspace = store.workspace("default").await.unwrap().unwrap().id;
    let stands = store.connection(workspace, System::Hubspot).await.unwrap().unwrap();
    let Some(secret @ Secret::Granted(_)) = stands.secret.as_ref().and_then(Secret::read) else {
        panic!("no tokens")
    };
    let oauth = app(&connectors::http::client().unwrap(), &origin);
    let id = uuid::Uuid::from_u128(node.parse().unwrap());
    let tokens = engine::Tokens::new(store.clone(), Arc::new(now), Some(oauth), id);
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let workers = (0..3).map(|_| {
        let seen = Arc::clone(&seen);
        let credential = tokens.credential(workspace, now(), secret.clone());
        tokio::spawn(async move {
            let mut token = credential.token().await.unwrap();
            while seen.lock().unwrap().len() < RENEWALS {
                token = credential.renew(&token).await.unwrap().unwrap();
                seen.lock().unwrap().insert(token.expose_secret().to_owned());
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    let seen = seen.lock().unwrap().iter().cloned().collect::<Vec<_>>().join("\n");
    std::fs::write(folder.join(node), seen).unwrap();
}
