//! Where the mail server is, and how it is spoken to.

use std::time::Duration;

use lettre::{
    message::Mailbox,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How a line is kept from listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    /// Not at all: for a server on this machine or on a network of one's own.
    None,
    /// By STARTTLS, before anything of ours is said; refused where the server does not offer it.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Where the mail server is.
pub struct Server {
    host: String,
    port: u16,
    cover: Cover,
    credentials: Option<Credentials>,
}

impl Server {
    /// Reads `smtp://user:password@host:port`, `smtps://` or `smtp+starttls://`. What is wrong is said without the address:
    /// it may hold a password.
    pub fn read(address: &SecretString) -> Result<Self, String> {
        let url: Url = address.expose_secret().parse().map_err(|_| "is not an address".to_owned())?;
        let (cover, port) = match url.scheme() {
            "smtp" => (Cover::None, 25),
            "smtp+starttls" => (Cover::StartTls, 587),
            "smtps" => (Cover::Tls, 465),
            other => return Err(format!("begins with {other}, and not with smtp, smtps or smtp+starttls")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err("names no host".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("has more than user, password, host and port".to_owned());
        }
        let text = |encoded: &str| {
            let decoded = percent_decode_str(encoded).decode_utf8();
            decoded.map(String::from).map_err(|_| "has a user or a password that is no text".to_owned())
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(text(url.username())?, text(password)?)),
            None if url.username().is_empty() => None,
            None => return Err("names a user and no password".to_owned()),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), cover, credentials })
    }

    /// Opens a line, covered and signed in.
    pub async fn connect(&self, from: &Mailbox) -> Result<AsyncSmtpConnection, Error> {
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let tls = || TlsParameters::new(self.host.clone());
        let at_once = if self.cover == Cover::Tls { Some(tls()?) } else { None };
        let address = (self.host.as_str(), self.port);
        let timeout = Some(CONNECT_TIMEOUT);
        let mut line = AsyncSmtpConnection::connect_tokio1(address, timeout, &hello, at_once, None).await?;
        if self.cover == Cover::StartTls {
            line.starttls(tls()?, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            line.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await?;
        }
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Result<Server, String> {
        Server::read(&SecretString::from(address))
    }

    #[test]
    fn an_address_says_how_the_line_is_covered_and_who_signs_in() {
        let server = read("smtp+starttls://post%40example.com:p%3Aw@mail.example.com").unwrap();
        assert_eq!(
            (server.host.as_str(), server.port, server.cover),
            ("mail.example.com", 587, Cover::StartTls)
        );
        let expected = Credentials::new("post@example.com".to_owned(), "p:w".to_owned());
        assert!(server.credentials == Some(expected));
        assert_eq!(read("smtps://mail.example.com").unwrap().port, 465);
        assert_eq!(read("smtp://[::1]:2525").unwrap().host, "::1");
        assert_eq!(read("smtp://127.0.0.1:2525/").unwrap().port, 2525);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_its_password() {
        for wrong in [
            "https://u:secret@mail.example.com",
            "smtp://u:secret@",
            "smtp://u:secret@host/x",
            "smtp://u:secret@host?tls=no",
            "smtp://u:%ff-secret@host",
            "smtp://user@host",
            "secret",
        ] {
            let Err(why) = read(wrong) else { panic!("{wrong} was read") };
            assert!(!why.contains("secret"), "{why}");
        }
    }
}
