//! A small SMTP listener: enough to take a mail, bounded in every size.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{Mail, Mailbox, Trouble};
use crate::clock;

/// RFC 5321 §4.5.3.1.6 asks for 1,000 at least.
const LINE_BYTES_MAX: u64 = 4096;
const MAIL_BYTES_MAX: usize = 1024 * 1024;
const RECIPIENTS_MAX: usize = 100;

pub struct Running {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    pub fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

pub async fn start(address: SocketAddr, mailbox: Mailbox) -> std::io::Result<Running> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        // Conversations end with the listener: the set aborts them when it is dropped.
        let mut talks = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let mailbox = mailbox.clone();
            talks.spawn(async move {
                if let Err(error) = talk(stream, mailbox).await {
                    tracing::debug!(%error, "smtp conversation broke off");
                }
            });
            while talks.try_join_next().is_some() {}
        }
    });
    Ok(Running { address, task })
}

/// What has been said of the mail at hand.
#[derive(Default)]
struct Said {
    from: Option<String>,
    to: Vec<String>,
}

async fn talk(stream: TcpStream, mailbox: Mailbox) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut said = Said::default();
    reply(&mut writer, "220 sandbox ready").await?;
    while let Some(line) = line(&mut reader).await? {
        let verb: String = line.chars().take(4).collect::<String>().to_uppercase();
        match verb.as_str() {
            "EHLO" => {
                reply(
                    &mut writer,
                    &format!("250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN\r\n250 SIZE {MAIL_BYTES_MAX}"),
                )
                .await?;
            }
            "HELO" => reply(&mut writer, "250 sandbox").await?,
            // RFC 4616: all of it stands on the line.
            "AUTH" if line.to_uppercase().starts_with("AUTH PLAIN ") => {
                reply(&mut writer, "235 OK").await?;
            }
            "AUTH" => reply(&mut writer, "504 PLAIN alone, in one line").await?,
            "MAIL" => {
                said = Said { from: Some(address(&line)), to: Vec::new() };
                reply(&mut writer, "250 OK").await?;
            }
            "RCPT" if said.from.is_none() => reply(&mut writer, "503 need MAIL first").await?,
            "RCPT" if said.to.len() >= RECIPIENTS_MAX => {
                reply(&mut writer, "452 too many recipients").await?;
            }
            "RCPT" => {
                let to = address(&line);
                match mailbox.strike(Some(&to)) {
                    None => {
                        said.to.push(to);
                        reply(&mut writer, "250 OK").await?;
                    }
                    Some(Trouble::Reply(refusal)) => reply(&mut writer, &refusal).await?,
                    Some(Trouble::Hang) => std::future::pending().await,
                    Some(Trouble::LostBefore | Trouble::LostAfter) => return Ok(()),
                }
            }
            "DATA" if said.to.is_empty() => reply(&mut writer, "503 need RCPT first").await?,
            "DATA" => {
                reply(&mut writer, "354 end with a dot on its own line").await?;
                match take(&mut reader, &mailbox, std::mem::take(&mut said)).await? {
                    Taken::Answered(answer) => reply(&mut writer, &answer).await?,
                    Taken::Hung => std::future::pending().await,
                    Taken::Lost => return Ok(()),
                }
            }
            "RSET" => {
                said = Said::default();
                reply(&mut writer, "250 OK").await?;
            }
            "NOOP" => reply(&mut writer, "250 OK").await?,
            "QUIT" => return reply(&mut writer, "221 bye").await,
            _ => reply(&mut writer, "502 not known here").await?,
        }
    }
    Ok(())
}

async fn reply(writer: &mut OwnedWriteHalf, text: &str) -> std::io::Result<()> {
    writer.write_all(format!("{text}\r\n").as_bytes()).await
}

/// One line without its end; none when the other side is gone or the line is too long.
async fn line(reader: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let read = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await?;
    if read == 0 || bytes.last() != Some(&b'\n') {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

/// What becomes of a mail once its dot has come.
enum Taken {
    Answered(String),
    Hung,
    Lost,
}

/// Reads a mail up to its dot; a line that begins with a dot lost nothing but that dot.
async fn take(
    reader: &mut BufReader<OwnedReadHalf>,
    mailbox: &Mailbox,
    said: Said,
) -> std::io::Result<Taken> {
    let mut raw = String::new();
    let mut is_too_long = false;
    loop {
        let Some(line) = line(reader).await? else {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        };
        if line == "." {
            break;
        }
        is_too_long |= raw.len() + line.len() > MAIL_BYTES_MAX;
        if !is_too_long {
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push_str("\r\n");
        }
    }
    if is_too_long {
        return Ok(Taken::Answered("552 too large".to_owned()));
    }
    let keep = || {
        let from = said.from.unwrap_or_default();
        mailbox.put(Mail { at: clock::now().to_string(), from, to: said.to, raw });
    };
    Ok(match mailbox.strike(None) {
        None => {
            keep();
            Taken::Answered("250 OK".to_owned())
        }
        Some(Trouble::Reply(refusal)) => Taken::Answered(refusal),
        Some(Trouble::Hang) => Taken::Hung,
        Some(Trouble::LostBefore) => Taken::Lost,
        Some(Trouble::LostAfter) => {
            keep();
            Taken::Lost
        }
    })
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside
        .map_or_else(|| line.split_once(':').map_or("", |(_, rest)| rest).trim(), |(address, _)| address)
        .to_owned()
}
