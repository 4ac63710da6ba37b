//! The address of a PostgreSQL server: where it is, and as whom to speak to it.

use std::{fmt, str::FromStr, time::Duration};

use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

/// How long the begin of a connection may take.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// What may stand after the `?`, as PostgreSQL's client knows it.
const PARAMETERS: [&str; 18] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslmode",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

/// Where a server is, and as whom to speak to it. Its password cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Box<Config>);

impl Address {
    pub(crate) fn config(&self) -> &Config {
        &self.0
    }

    /// Whether the line is to be encrypted, and the server's certificate checked.
    pub(crate) fn asks_for_tls(&self) -> bool {
        self.0.get_ssl_mode() == SslMode::Require
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.0.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => self.0.get_hostaddrs().first().map_or_else(String::new, ToString::to_string),
        };
        let port = self.0.get_ports().first().copied().unwrap_or(5432);
        let database = self.0.get_dbname().or_else(|| self.0.get_user()).unwrap_or_default();
        write!(f, "postgres://{host}:{port}/{database}")
    }
}

/// An address that cannot be meant, and why. Repeats nothing of the text that may be of a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is none at all.
    #[error("it is not postgres://user:password@host:port/database")]
    Form,
    /// Its host holds what can only be of a password.
    #[error("it has more than one @: in a user or a password write it as %40")]
    At,
    /// It has no host.
    #[error("it names no host: give postgres://user:password@host:port/database")]
    NoHost,
    /// Its port is none.
    #[error("its port is no number from 1 to 65535")]
    Port,
    /// It asks for what nobody knows.
    #[error("it has a parameter that is not known: {0}")]
    Unknown(String),
    /// It asks for something in words that are none.
    #[error("its {0} has a value that it cannot have")]
    Value(&'static str),
    /// It asks for more or less than is there.
    #[error("its sslmode is neither disable nor require: with require the server's certificate is checked")]
    Tls,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let rest = rest.ok_or(BadAddress::Form)?;
        let (_, rest) = rest.split_once('@').unwrap_or(("", rest));
        if rest.contains('@') {
            return Err(BadAddress::At);
        }
        let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, _) = place.split_once('/').unwrap_or((place, ""));
        check_ports(hosts)?;
        parameters.split('&').filter(|one| !one.is_empty()).try_for_each(check_parameter)?;
        let mut config: Config = text.parse().map_err(|_| BadAddress::Form)?;
        let has_name = |host: &Host| !matches!(host, Host::Tcp(name) if name.is_empty());
        if !config.get_hosts().iter().all(has_name)
            || (config.get_hosts().is_empty() && config.get_hostaddrs().is_empty())
        {
            return Err(BadAddress::NoHost);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("patchbay");
        }
        config.keepalives_idle(Duration::from_secs(10)).tcp_user_timeout(Duration::from_secs(10));
        Ok(Self(Box::new(config)))
    }
}

fn check_ports(hosts: &str) -> Result<(), BadAddress> {
    for host in hosts.split(',') {
        // An address of IPv6 stands in brackets.
        let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
        let Some((_, port)) = after.split_once(':') else { continue };
        if !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(BadAddress::Port);
        }
    }
    Ok(())
}

fn check_parameter(one: &str) -> Result<(), BadAddress> {
    let (name, value) = one.split_once('=').unwrap_or((one, ""));
    let Some(known) = PARAMETERS.into_iter().find(|known| *known == name) else {
        let is_word = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        return Err(BadAddress::Unknown(if is_word { name } else { "what stands after the ?" }.to_owned()));
    };
    if known == "sslmode" && !matches!(value, "disable" | "prefer" | "require") {
        return Err(BadAddress::Tls);
    }
    let alone = format!("postgres://host/?{one}");
    alone
        .parse::<Config>()
        .map(drop)
        .map_err(|_| if known == "port" { BadAddress::Port } else { BadAddress::Value(known) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address: Address = "postgres://ada:secret@db.example.com:6432/patchbay".parse().unwrap();
        assert_eq!(address.to_string(), "postgres://db.example.com:6432/patchbay");
        assert!(!format!("{address:?}").contains("secret"));
    }

    #[test]
    fn addresses_of_all_forms_are_taken() {
        for text in [
            "postgres://db/patchbay",
            "postgresql://ada:s%40cret@db/patchbay?sslmode=require&connect_timeout=3",
            "postgres://ada@[::1]:6432/patchbay",
            "postgres://ada@one:5432,two:5433/patchbay?target_session_attrs=read-write",
            "postgres:///patchbay?host=/var/run/postgresql",
            "postgres://ada@/patchbay?hostaddr=127.0.0.1",
        ] {
            assert!(text.parse::<Address>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason_and_without_repeating_it() {
        let unknown = |name: &str| BadAddress::Unknown(name.to_owned());
        let cases = [
            ("postgres:ada:secret@db/patchbay", BadAddress::Form),
            ("postgres://ada:sec@ret@db/patchbay", BadAddress::At),
            ("postgres://ada:secret@/patchbay", BadAddress::NoHost),
            ("postgres://ada:secret@:5432/patchbay", BadAddress::NoHost),
            ("postgres://ada:secret@db:port/patchbay", BadAddress::Port),
            ("postgres://ada:secret@db:70000/patchbay", BadAddress::Port),
            ("postgres://ada:secret", BadAddress::Port),
            ("postgres://ada:secret@db/patchbay?sslmode=bogus", BadAddress::Tls),
            ("postgres://ada:secret@db/patchbay?sslrootcert=a", unknown("sslrootcert")),
            ("postgres://ada:secret@db/patchbay?SECRET", unknown("what stands after the ?")),
            (
                "postgres://ada:secret@db/patchbay?connect_timeout=secret",
                BadAddress::Value("connect_timeout"),
            ),
        ];
        for (text, why) in cases {
            let refused = text.parse::<Address>().unwrap_err();
            assert_eq!(refused, why, "{text}");
            assert!(!refused.to_string().to_lowercase().contains("secret"), "{refused}");
        }
    }
}
