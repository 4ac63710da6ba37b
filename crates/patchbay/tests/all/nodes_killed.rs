//! Three nodes on one PostgreSQL are killed in turn, under load on many workspaces of as many HubSpot accounts.
//!
//! The short form runs with all tests; the long one, which prints its figures too:
//! `bin/test three_nodes_killed_for_two_minutes --run-ignored all --no-capture`

pub mod judge;
pub mod sources;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use rand::{SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use url::Url;

use crate::{
    database::{self, Database},
    server::Server,
    world::{AIRCALL_TOKEN, TOKEN, World},
};

/// What each account lets through.
#[derive(Clone, Copy)]
pub struct Limits {
    pub burst_max: u64,
    pub burst_ms: u64,
    pub searches_a_second: u64,
}

/// Far less than HubSpot does, so that it is felt.
const LIMITS: Limits = Limits { burst_max: 20, burst_ms: 10_000, searches_a_second: 5 };

/// Webhooks of all customers together.
const WEBHOOKS_A_SECOND: u64 = 60;

/// The time between two kills. A node that was killed is started again at the next one: two of three are always up.
const BETWEEN_KILLS: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_killed_in_turn_lose_double_and_mix_up_nothing() {
    tell(40, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes"]
async fn three_nodes_killed_for_two_minutes_lose_double_and_mix_up_nothing() {
    tell(200, 24).await;
}

/// The nodes, and which of them was killed last.
struct Nodes {
    world: World,
    others: [Server; 2],
}

impl Nodes {
    fn get(&mut self, index: usize) -> &mut Server {
        match index {
            0 => &mut self.world.server,
            _ => &mut self.others[index - 1],
        }
    }
}

/// A workspace, its account at HubSpot, and the path of its hook.
pub struct Customer {
    pub number: u64,
    pub hook: String,
}

impl Customer {
    fn slug(&self) -> String {
        slug(self.number)
    }

    /// An order for its account, as the sandbox takes it.
    pub fn order(&self, order: &str) -> String {
        format!("{order}portal_id={}", self.number)
    }
}

pub fn slug(number: u64) -> String {
    format!("customer-{number}")
}

async fn tell(workspaces: u64, kills: usize) {
    let Some(database) = Database::postgres() else { return };
    let world = World::on(database, &[("PATCHBAY_LOG", "error")]).await;
    // A little latency widens the gaps between the steps that a kill may fall into.
    world.hubspot(reqwest::Method::POST, "latency", json!({ "ms": 20 })).await;
    let statement = format!(
        "INSERT INTO workspaces (slug, name, created_at)
            SELECT 'customer-' || n, 'Customer ' || n, 0 FROM generate_series(1, {workspaces}) AS n"
    );
    database::order(&world.database.url(), statement).unwrap();
    let customers = stream::iter(1..=workspaces).map(|number| connect(&world, number, LIMITS));
    let customers: Vec<Customer> = customers.buffered(8).collect().await;
    let others = [world.server.another("serve"), world.server.another("serve")];
    let mut nodes = Nodes { world, others };
    let addresses: Vec<String> = (0..3).map(|index| nodes.get(index).address()).collect();
    let customers = Arc::new(customers);
    let sources = sources::Sources::start(&nodes.world.http, &addresses, &customers, WEBHOOKS_A_SECOND);

    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut down: Option<usize> = None;
    let mut pace = tokio::time::interval(BETWEEN_KILLS);
    for _ in 0..=kills {
        pace.tick().await;
        if let Some(down) = down {
            nodes.get(down).start_again();
        }
        let up: Vec<usize> = (0..3).filter(|index| Some(*index) != down).collect();
        let next = *up.choose(&mut random).unwrap();
        nodes.get(next).kill();
        down = Some(next);
    }
    nodes.get(down.unwrap()).start_again();
    let told = sources.stop().await;
    println!("{workspaces} workspaces, {} kills of three nodes in turn", kills + 1);
    judge::judge(&nodes.world, &customers, LIMITS, &told).await;
}

/// Connects a workspace with an account of its own at HubSpot, and with Aircall.
pub async fn connect(world: &World, number: u64, limits: Limits) -> Customer {
    let mut customer = Customer { number, hook: String::new() };
    let key = format!("pat-na1-{number}");
    world.hubspot(reqwest::Method::POST, &customer.order("keys?"), json!({ "key": key })).await;
    let limits = json!({
        "burst": { "max": limits.burst_max, "interval_ms": limits.burst_ms },
        "search_per_second": limits.searches_a_second,
    });
    world.hubspot(reqwest::Method::POST, &customer.order("limits?"), limits).await;
    put(world, &customer, "hubspot", json!({ "service_key": key })).await;
    let aircall = json!({ "api_id": "sandbox", "api_token": "sandbox", "webhook_token": AIRCALL_TOKEN });
    let connected = put(world, &customer, "aircall", aircall).await;
    let hook: Url = connected["hook_url"].as_str().unwrap().parse().unwrap();
    hook.path().clone_into(&mut customer.hook);
    customer
}

async fn put(world: &World, customer: &Customer, system: &str, body: Value) -> Value {
    let (origin, slug) = (world.server.address(), customer.slug());
    let address = format!("{origin}/api/v1/workspaces/{slug}/connections/{system}");
    let answer = world.http.put(address).bearer_auth(TOKEN).json(&body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{slug} {system}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}
