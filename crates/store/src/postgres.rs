//! A PostgreSQL server: how sessions with it begin.

use std::sync::Arc;

use futures_util::{StreamExt, stream::poll_fn};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, config::SslMode, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    Address, Result, StoreError,
    address::CONNECT_PATIENCE,
    database::{Connection, Net, Session},
};

/// What each session asks for. A commit that was answered is on the disk, whatever the server's default; a server whose
/// sessions wait for its replicas too keeps doing so. Nobody is held up for long by a statement that does not end, or
/// by a session that was left within a transaction: of a node that was frozen there, others can take the lanes after that.
/// Each statement has its index; a plan that was made while a table was small must not walk it for as long as the session
/// lasts. What has to walk a table all the same, such as that of nodes, counts as dear by that: the server would translate
/// each such statement into machine code first, which takes far longer than to walk it.
const SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '8s';
    SET idle_in_transaction_session_timeout = '4s'; SET client_min_messages = 'warning'; SET enable_seqscan = off;
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', FALSE)
        WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// What a session hears: from which of the server's processes, and what.
pub(crate) type Heard = mpsc::UnboundedReceiver<(i32, String)>;

/// A server that sessions are begun with.
pub(crate) struct Server {
    address: Address,
    tls: Option<MakeRustlsConnect>,
    net: Arc<Net>,
}

impl Server {
    /// Blocks for no longer than a moment: nothing is sent yet.
    pub(crate) fn new(address: Address) -> Result<Self> {
        // Only who asks for TLS can expect a certificate that the system's authorities know.
        let tls = address.asks_for_tls().then(tls).transpose()?;
        Ok(Self { address, tls, net: Arc::new(Net::start()?) })
    }

    /// Begins a session. Blocks until it stands; for threads that may wait.
    pub(crate) fn connect(&self) -> Result<Connection> {
        let patience = CONNECT_PATIENCE * 2;
        let client = self.net.wait(async { tokio::time::timeout(patience, self.client(None)).await })?;
        let client = client.map_err(|_| StoreError::Away("no session within 10 s".to_owned()))??;
        Ok(Connection::Postgres(Session::new(client, Arc::clone(&self.net))))
    }

    /// Has something carried out beside the sessions, up to the store's end.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.net.spawn(future);
    }

    /// Begins a session that hears what others notify it of.
    pub(crate) async fn listen(&self) -> Result<(Client, Heard)> {
        let (tell, heard) = mpsc::unbounded_channel();
        Ok((self.client(Some(tell)).await?, heard))
    }

    async fn client(&self, tell: Option<mpsc::UnboundedSender<(i32, String)>>) -> Result<Client> {
        let client = if let Some(tls) = &self.tls {
            self.client_by(self.address.config(), tls.clone(), tell).await?
        } else {
            let mut plain = Config::clone(self.address.config());
            plain.ssl_mode(SslMode::Disable);
            self.client_by(&plain, NoTls, tell).await?
        };
        client.batch_execute(SETTINGS).await.map_err(|error| StoreError::of_postgres(&error))?;
        Ok(client)
    }

    async fn client_by<T>(
        &self,
        config: &Config,
        tls: T,
        tell: Option<mpsc::UnboundedSender<(i32, String)>>,
    ) -> Result<Client>
    where
        T: MakeTlsConnect<tokio_postgres::Socket> + Send,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as tokio_postgres::tls::TlsConnect<tokio_postgres::Socket>>::Future: Send,
    {
        let connecting = config.connect(tls).await;
        let (client, mut connection) = connecting.map_err(|error| StoreError::of_postgres(&error))?;
        self.net.spawn(async move {
            let mut messages = poll_fn(move |context| connection.poll_message(context));
            while let Some(message) = messages.next().await {
                match (message, &tell) {
                    (Ok(AsyncMessage::Notification(rung)), Some(tell)) => {
                        let _ = tell.send((rung.process_id(), rung.payload().to_owned()));
                    }
                    (Ok(_), _) => {}
                    // What is under way is told by the client's own answers.
                    (Err(error), _) => {
                        tracing::warn!(
                            "a session with PostgreSQL ended: {}",
                            StoreError::of_postgres(&error)
                        );
                        return;
                    }
                }
            }
        });
        Ok(client)
    }
}

/// TLS by the system's certificate authorities.
fn tls() -> Result<MakeRustlsConnect> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| StoreError::Away(format!("TLS does not start: {error}")))?;
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}
