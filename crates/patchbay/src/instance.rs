//! One process of an installation: store, engine, and what listens.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use connectors::{
    gate::Gates,
    http::Client,
    hubspot::{self, Oauth},
};
use engine::Node;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use store::Store;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use url::Url;
use uuid::Uuid;

use crate::{
    clock::{entropy, now, steady},
    key::master_key,
    settings::{Checked, HubspotApp, Mail},
};

/// How long all of a stop may take: longer than its parts where the database answers, and less than ten seconds where it
/// does not.
const STOP_PATIENCE: Duration = Duration::from_millis(9_500);

/// How long answers under way may take once a stop was asked for.
const ANSWERS_PATIENCE: Duration = Duration::from_secs(2);

/// How long a renewal of a token under way may take after all else has ended.
const TOKENS_PATIENCE: Duration = Duration::from_secs(2);

/// The workspace that a first start makes.
pub const DEFAULT_WORKSPACE: &str = "default";

/// Where `serve` listens, unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// A process of an installation: one that takes requests and works, or one that works.
pub struct Instance {
    store: Store,
    tokens: engine::Tokens,
    stop: watch::Sender<bool>,
    server: Option<Listening>,
    engine: JoinHandle<()>,
}

/// What takes requests.
struct Listening {
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

/// What an instance is made of.
struct Parts {
    store: Store,
    http: Client,
    gates: Arc<Gates>,
    oauth: Option<Oauth>,
    tokens: engine::Tokens,
    meters: engine::Meters,
    engine: engine::Engine,
}

/// Opens the store of an installation.
///
/// # Errors
/// The key or the database is wrong; the message says which.
pub fn open_store(settings: &Checked) -> Result<Store> {
    let key = master_key(settings)?;
    Store::open(settings.database.clone(), key)
        .with_context(|| format!("the database {} does not open", settings.database))
}

impl Instance {
    /// Starts what takes webhooks, serves API and dashboard, and works; returns once it can take requests.
    ///
    /// # Errors
    /// The address is taken, the store does not open, or another process has it to itself.
    pub async fn serve(settings: Checked) -> Result<Self> {
        let store = open_store(&settings)?;
        store.ensure_workspace(DEFAULT_WORKSPACE, now()).await?;
        let (listener, address) = bind(settings.listen.unwrap_or(LISTEN)).await?;
        let public_url = public_url(&settings, address)?;
        let Parts { store, http, gates, oauth, tokens, meters, engine } =
            Parts::join(store, &settings, &public_url).await?;
        let router = web::router(web::Web {
            store: store.clone(),
            clock: Arc::new(now),
            entropy: Arc::new(entropy),
            settings: web::Settings {
                public_url,
                hubspot_origin: settings.hubspot_origin,
                hubspot_version: settings.hubspot_version,
                aircall_origin: settings.aircall_origin,
                calcom_origin: settings.calcom_origin,
                calendly_origin: settings.calendly_origin,
                admin_token: settings.admin_token,
                has_mail: settings.mail.is_some(),
                outcome_delay: settings.outcome_delay,
                list_refresh: settings.list_refresh,
            },
            http,
            gates,
            sign_in: tokens.sign_in(),
            pacing: meters.pacing(),
            oauth,
            metrics: recorder()?,
        });
        Ok(Self::run(store, tokens, engine, Some((listener, address, router))))
    }

    /// Starts what works, and listens only where it is told to, for its state and its numbers.
    ///
    /// # Errors
    /// The address is taken, the store does not open, or another process has it to itself.
    pub async fn work(settings: Checked) -> Result<Self> {
        let store = open_store(&settings)?;
        let bound = match settings.listen {
            Some(listen) => Some(bind(listen).await?),
            None => None,
        };
        let public_url = public_url(&settings, settings.listen.unwrap_or(LISTEN))?;
        let Parts { store, tokens, engine, .. } = Parts::join(store, &settings, &public_url).await?;
        let vitals = web::Vitals { store: store.clone(), clock: Arc::new(now), metrics: recorder()? };
        let served = bound.map(|(listener, address)| (listener, address, web::vitals(vitals)));
        Ok(Self::run(store, tokens, engine, served))
    }

    fn run(
        store: Store,
        tokens: engine::Tokens,
        engine: engine::Engine,
        routes: Option<(TcpListener, SocketAddr, axum::Router)>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let engine = tokio::spawn(engine.run(stopped.clone()));
        let server = routes.map(|(listener, address, router)| Listening {
            address,
            task: tokio::spawn(serve(listener, router, stopped)),
        });
        Self { store, tokens, stop, server, engine }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// It does not.
    pub fn address(&self) -> Result<SocketAddr> {
        self.server.as_ref().map(|server| server.address).context("it listens nowhere")
    }

    /// Waits until nothing can be written any more.
    pub async fn is_broken(&self) {
        self.store.gone().await;
    }

    /// Takes no more requests, finishes what is in flight, closes the store. Takes less than ten seconds.
    ///
    /// # Errors
    /// The server ended badly.
    pub async fn stop(self) -> Result<()> {
        if let Ok(stopped) = tokio::time::timeout(STOP_PATIENCE, self.stop_in_order()).await {
            return stopped;
        }
        tracing::warn!("not all came to its end in time: the rest is cut off, which is as safe as a crash");
        Ok(())
    }

    async fn stop_in_order(self) -> Result<()> {
        self.stop.send_replace(true);
        let answers = async {
            let Some(Listening { mut task, .. }) = self.server else { return Ok(()) };
            match tokio::time::timeout(ANSWERS_PATIENCE, &mut task).await {
                Ok(Ok(served)) => served.context("the server ended badly"),
                Ok(Err(_)) => Ok(()),
                Err(_) => {
                    task.abort();
                    Ok(())
                }
            }
        };
        let (answers, _) = tokio::join!(answers, self.engine);
        // What HubSpot gave is stored: a token that is lost may be the only one that is still good.
        let _ = tokio::time::timeout(TOKENS_PATIENCE, self.tokens.rest()).await;
        self.store.close().await;
        answers
    }
}

impl Parts {
    /// Joins those that work on the database, and wires what works.
    async fn join(store: Store, settings: &Checked, public_url: &Url) -> Result<Self> {
        let http = connectors::http::client()?;
        let gates = Arc::new(Gates::default());
        let node = Node::join(store.clone(), Arc::new(now), Arc::clone(&gates), Uuid::new_v4(), node_name())
            .await
            .with_context(|| format!("the database {} cannot be worked on", settings.database))?;
        let oauth = settings.hubspot_app.clone().map(|app| oauth(&http, settings, public_url, app));
        let tokens = engine::Tokens::new(store.clone(), Arc::new(now), oauth.clone(), node.id());
        let meters = engine::Meters::new(store.clone(), Arc::new(now), steady(&store).await);
        let engine = engine::Engine::new(
            node,
            http.clone(),
            tokens.clone(),
            meters.clone(),
            engine::Settings {
                hubspot_origin: settings.hubspot_origin.clone(),
                hubspot_version: settings.hubspot_version,
                aircall_origin: settings.aircall_origin.clone(),
                calendly_origin: settings.calendly_origin.clone(),
                outcome_delay: settings.outcome_delay,
                list_refresh: settings.list_refresh,
            },
        )
        .with_post(settings.mail.as_ref().map(Mail::post).transpose()?);
        Ok(Self { store, http, gates, oauth, tokens, meters, engine })
    }
}

async fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// This process, for people: the machine and the number that it has there.
fn node_name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = if machine.trim().is_empty() { "node" } else { machine.trim() };
    format!("{machine}:{}", std::process::id())
}

/// The address under which the outside reaches an installation that listens there.
pub fn public_url(settings: &Checked, address: SocketAddr) -> Result<Url> {
    Ok(match settings.public_url.clone() {
        Some(url) => url,
        None => Url::parse(&format!("http://{address}"))?,
    })
}

/// HubSpot's OAuth for the operator's app.
pub fn oauth(http: &Client, settings: &Checked, public_url: &Url, app: HubspotApp) -> Oauth {
    let redirect_uri = format!("{}{}", public_url.as_str().trim_end_matches('/'), web::CALLBACK);
    Oauth::new(
        http.clone(),
        hubspot::Settings { origin: settings.hubspot_origin.clone(), version: settings.hubspot_version },
        hubspot::App {
            client_id: app.client_id,
            client_secret: app.client_secret,
            redirect_uri,
            authorize_origin: app.authorize_origin,
        },
    )
}

async fn serve(
    listener: TcpListener,
    router: axum::Router,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, router)
        .with_graceful_shutdown(async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        })
        .await
}

/// The process's metrics; one recorder for as many installations as a process starts.
fn recorder() -> Result<PrometheusHandle> {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle =
        PrometheusBuilder::new().install_recorder().context("the metrics recorder does not start")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}
