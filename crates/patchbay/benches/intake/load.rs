//! The load: connections that each send a webhook, wait for the answer, and send the next.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

/// The size of a webhook's body in bytes.
const BODY_BYTES: usize = 1_500;
/// The token in the bodies.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// What was measured.
pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub answered: usize,
    pub refused: usize,
}

/// Sends for `span` after a second of warming up; only what falls into the span counts.
pub async fn run(hook: &str, connections: usize, span: Duration) -> Figures {
    static NEXT: AtomicU64 = AtomicU64::new(100_000_000);
    let hook: Url = hook.parse().expect("an address");
    let begun = Instant::now() + Duration::from_secs(1);
    let until = begun + span;
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let hook = hook.clone();
            tokio::spawn(async move {
                let port = hook.port().expect("a port");
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
                stream.set_nodelay(true).expect("a socket option");
                let (mut took, mut refused, mut buffer) = (Vec::new(), 0, vec![0_u8; 4_096]);
                loop {
                    let now = Instant::now();
                    if now >= until {
                        return (took, refused);
                    }
                    let request = request(&hook, NEXT.fetch_add(1, Ordering::Relaxed));
                    stream.write_all(&request).await.expect("a server that listens");
                    let is_accepted = answer(&mut stream, &mut buffer).await;
                    if now >= begun {
                        took.push(now.elapsed());
                        refused += usize::from(!is_accepted);
                    }
                }
            })
        })
        .collect();
    let (mut took, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let (one, its_refused) = task.await.expect("a task that ends");
        took.extend(one);
        refused += its_refused;
    }
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    Figures {
        per_second: (took.len() - refused) as f64 / span.as_secs_f64(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        answered: took.len(),
        refused,
    }
}

/// A whole HTTP request with a webhook of a call of its own.
fn request(hook: &Url, id: u64) -> Vec<u8> {
    let mut body = format!(
        "{{\"resource\":\"call\",\"event\":\"call.ended\",\"timestamp\":1780000090,\"token\":\"{TOKEN}\",\"data\":{{\
         \"id\":{id},\"direction\":\"outbound\",\"status\":\"done\",\"started_at\":1780000000,\"answered_at\":1780000010,\
         \"ended_at\":1780000060,\"duration\":60,\"raw_digits\":\"+1 415-555-0132\",\"tags\":[],\"comments\":[],\"filler\":\""
    );
    let filler = BODY_BYTES.saturating_sub(body.len() + 3);
    body.extend(std::iter::repeat_n('x', filler));
    body.push_str("\"}}");
    format!(
        "POST {} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        hook.path(),
        body.len()
    )
    .into_bytes()
}

/// Reads one answer without a body; says whether it is 202.
async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(read > 0, "the server closed the connection");
        filled += read;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            return buffer.starts_with(b"HTTP/1.1 202");
        }
    }
}
