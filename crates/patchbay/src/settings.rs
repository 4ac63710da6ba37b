//! Settings: flags, then `PATCHBAY_*`, then a TOML file, then defaults.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use connectors::{
    hubspot::Version,
    mail::{Post, Wrong},
};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use store::Location;
use url::Url;

/// Settings as given. What is missing in flags and environment is taken from the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A TOML file with any of these settings, named as the flags with underscores
    #[arg(long, env = "PATCHBAY_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where to listen [default of serve: 127.0.0.1:8080, of work: nowhere]
    #[arg(long, env = "PATCHBAY_LISTEN")]
    pub listen: Option<String>,
    /// The address under which the outside reaches us [default: http:// and the listening address]
    #[arg(long, env = "PATCHBAY_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Where the data is: sqlite:PATH, or postgres://user:password@host/database for several nodes [default: sqlite:patchbay.db]
    #[arg(long, env = "PATCHBAY_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The key that seals secrets: 32 bytes in base64
    #[arg(long, env = "PATCHBAY_MASTER_KEY", hide_env_values = true)]
    pub master_key: Option<String>,
    /// A file with that key; made if it is missing [default: beside the database; with PostgreSQL patchbay.key here]
    #[arg(long, env = "PATCHBAY_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// A token with the role admin
    #[arg(long, env = "PATCHBAY_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// HubSpot's API [default: https://api.hubapi.com]
    #[arg(long, env = "PATCHBAY_HUBSPOT_API_URL")]
    pub hubspot_api_url: Option<String>,
    /// Where people grant access to HubSpot [default: https://app.hubspot.com]
    #[arg(long, env = "PATCHBAY_HUBSPOT_AUTHORIZE_URL")]
    pub hubspot_authorize_url: Option<String>,
    /// The client id of your app at HubSpot, for granting access there
    #[arg(long, env = "PATCHBAY_HUBSPOT_CLIENT_ID")]
    pub hubspot_client_id: Option<String>,
    /// Its client secret
    #[arg(long, env = "PATCHBAY_HUBSPOT_CLIENT_SECRET", hide_env_values = true)]
    pub hubspot_client_secret: Option<String>,
    /// HubSpot's version in its paths: 2026-09, 2026-03 or v3 [default: 2026-09]
    #[arg(long, env = "PATCHBAY_HUBSPOT_API_VERSION")]
    pub hubspot_api_version: Option<String>,
    /// Aircall's API [default: https://api.aircall.io]
    #[arg(long, env = "PATCHBAY_AIRCALL_API_URL")]
    pub aircall_api_url: Option<String>,
    /// Cal.com's API [default: https://api.cal.com]
    #[arg(long, env = "PATCHBAY_CALCOM_API_URL")]
    pub calcom_api_url: Option<String>,
    /// Calendly's API [default: https://api.calendly.com]
    #[arg(long, env = "PATCHBAY_CALENDLY_API_URL")]
    pub calendly_api_url: Option<String>,
    /// The mail server for notices: smtp://, smtps:// or smtp+starttls://, with user:password@ if it wants them
    #[arg(long, env = "PATCHBAY_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Who notices come from, e.g. "Bookings <bookings@example.com>" [default: patchbay at the public address's host]
    #[arg(long, env = "PATCHBAY_MAIL_FROM")]
    pub mail_from: Option<String>,
    /// How long outcomes lag what the dashboard shows [default: 1h]
    #[arg(long, env = "PATCHBAY_OUTCOME_DELAY")]
    pub outcome_delay: Option<String>,
    /// How often the lists of outcomes and tags are read again; once a second at most [default: 5m]
    #[arg(long, env = "PATCHBAY_LIST_REFRESH")]
    pub list_refresh: Option<String>,
    /// What to log, e.g. info or patchbay=debug [default: info]
    #[arg(long, env = "PATCHBAY_LOG")]
    pub log: Option<String>,
}

/// What was asked for cannot be meant: the command ends with code 2.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("wrong usage")]
pub struct Usage;

/// Settings that were checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Where to listen, if it was given.
    pub listen: Option<SocketAddr>,
    /// The address for the outside, if one was given.
    pub public_url: Option<Url>,
    /// Where the data is.
    pub database: Location,
    /// The key, if it was given itself.
    pub master_key: Option<SecretString>,
    /// The file with the key.
    pub master_key_file: PathBuf,
    /// The bootstrap token.
    pub admin_token: Option<SecretString>,
    /// HubSpot's origin.
    pub hubspot_origin: Url,
    /// HubSpot's version.
    pub hubspot_version: Version,
    /// The operator's app at HubSpot, if both its id and its secret were given.
    pub hubspot_app: Option<HubspotApp>,
    /// Aircall's origin.
    pub aircall_origin: Url,
    /// Cal.com's origin.
    pub calcom_origin: Url,
    /// Calendly's origin.
    pub calendly_origin: Url,
    /// The mail server, if one was given, and who notices come from.
    pub mail: Option<Mail>,
    /// C11's delay.
    pub outcome_delay: SignedDuration,
    /// How often lists are read.
    pub list_refresh: SignedDuration,
    /// The log filter.
    pub log: String,
}

/// How notices are sent.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The mail server's address: it may hold a password.
    pub server: SecretString,
    /// Who they come from.
    pub from: String,
}

impl Mail {
    /// The way to the mail server.
    ///
    /// # Errors
    /// Names the setting that is wrong.
    pub fn post(&self) -> Result<Post> {
        Post::new(&self.server, &self.from).map_err(|wrong| match wrong {
            Wrong::Server(why) => anyhow::anyhow!("PATCHBAY_SMTP_URL: {why}"),
            Wrong::From(why) => anyhow::anyhow!("PATCHBAY_MAIL_FROM: \"{}\" {why}", self.from),
        })
    }
}

/// The operator's app at HubSpot.
#[derive(Debug, Clone)]
pub struct HubspotApp {
    /// Where people grant access.
    pub authorize_origin: Url,
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: SecretString,
}

impl Settings {
    /// Adds the file's settings and checks all of them.
    ///
    /// # Errors
    /// A `Usage` that names the setting that is wrong.
    pub fn check(self) -> Result<Checked> {
        self.checked().map_err(|error| error.context(Usage))
    }

    fn checked(self) -> Result<Checked> {
        let settings = self.with_file()?;
        let database: Location = settings
            .database_url
            .as_deref()
            .unwrap_or("sqlite:patchbay.db")
            .parse()
            .map_err(|bad| anyhow::anyhow!("PATCHBAY_DATABASE_URL: {bad}"))?;
        let key_file = settings.master_key_file.unwrap_or_else(|| match &database {
            Location::File(path) => path.with_extension("key"),
            Location::Postgres(_) | Location::Memory => PathBuf::from("patchbay.key"),
        });
        let version = settings.hubspot_api_version.as_deref().unwrap_or("2026-09");
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty()).map(SecretString::from);
        let authorize_origin = provider(
            "PATCHBAY_HUBSPOT_AUTHORIZE_URL",
            settings.hubspot_authorize_url.as_deref(),
            "https://app.hubspot.com",
        )?;
        let client_id = settings.hubspot_client_id.filter(|id| !id.is_empty());
        let hubspot_app = client_id
            .zip(filled(settings.hubspot_client_secret))
            .map(|(client_id, client_secret)| HubspotApp { authorize_origin, client_id, client_secret });
        let public_url = settings.public_url.map(|text| origin("PATCHBAY_PUBLIC_URL", &text)).transpose()?;
        let from = settings.mail_from.filter(|from| !from.is_empty());
        let mail = filled(settings.smtp_url)
            .map(|server| Mail { server, from: from.unwrap_or_else(|| sender(public_url.as_ref())) });
        if let Some(mail) = &mail {
            mail.post()?;
        }
        Ok(Checked {
            listen: settings.listen.as_deref().map(address).transpose()?,
            public_url,
            database,
            master_key: filled(settings.master_key),
            master_key_file: key_file,
            admin_token: filled(settings.admin_token),
            hubspot_origin: provider(
                "PATCHBAY_HUBSPOT_API_URL",
                settings.hubspot_api_url.as_deref(),
                "https://api.hubapi.com",
            )?,
            hubspot_version: version.parse().map_err(|_| {
                anyhow::anyhow!("PATCHBAY_HUBSPOT_API_VERSION: \"{version}\" is none of 2026-09, 2026-03, v3")
            })?,
            hubspot_app,
            aircall_origin: provider(
                "PATCHBAY_AIRCALL_API_URL",
                settings.aircall_api_url.as_deref(),
                "https://api.aircall.io",
            )?,
            calcom_origin: provider(
                "PATCHBAY_CALCOM_API_URL",
                settings.calcom_api_url.as_deref(),
                "https://api.cal.com",
            )?,
            calendly_origin: provider(
                "PATCHBAY_CALENDLY_API_URL",
                settings.calendly_api_url.as_deref(),
                "https://api.calendly.com",
            )?,
            mail,
            outcome_delay: duration("PATCHBAY_OUTCOME_DELAY", settings.outcome_delay.as_deref(), "1h")?,
            list_refresh: duration("PATCHBAY_LIST_REFRESH", settings.list_refresh.as_deref(), "5m")?,
            log: settings.log.unwrap_or_else(|| "info".to_owned()),
        })
    }

    fn with_file(self) -> Result<Self> {
        let Some(path) = &self.config else { return Ok(self) };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
        let file: Self = toml::from_str(&text)
            .with_context(|| format!("the settings file {} is wrong", path.display()))?;
        Ok(Self {
            listen: self.listen.or(file.listen),
            public_url: self.public_url.or(file.public_url),
            database_url: self.database_url.or(file.database_url),
            master_key: self.master_key.or(file.master_key),
            master_key_file: self.master_key_file.or(file.master_key_file),
            admin_token: self.admin_token.or(file.admin_token),
            hubspot_api_url: self.hubspot_api_url.or(file.hubspot_api_url),
            hubspot_authorize_url: self.hubspot_authorize_url.or(file.hubspot_authorize_url),
            hubspot_client_id: self.hubspot_client_id.or(file.hubspot_client_id),
            hubspot_client_secret: self.hubspot_client_secret.or(file.hubspot_client_secret),
            hubspot_api_version: self.hubspot_api_version.or(file.hubspot_api_version),
            aircall_api_url: self.aircall_api_url.or(file.aircall_api_url),
            calcom_api_url: self.calcom_api_url.or(file.calcom_api_url),
            calendly_api_url: self.calendly_api_url.or(file.calendly_api_url),
            smtp_url: self.smtp_url.or(file.smtp_url),
            mail_from: self.mail_from.or(file.mail_from),
            outcome_delay: self.outcome_delay.or(file.outcome_delay),
            list_refresh: self.list_refresh.or(file.list_refresh),
            log: self.log.or(file.log),
            config: self.config,
        })
    }
}

/// Who notices come from where nobody says: at a name that is surely the operator's.
fn sender(public_url: Option<&Url>) -> String {
    let domain = public_url.and_then(Url::domain).unwrap_or("localhost");
    format!("Patchbay <patchbay@{domain}>")
}

fn address(text: &str) -> Result<SocketAddr> {
    text.parse().with_context(|| format!("PATCHBAY_LISTEN: \"{text}\" is not address:port"))
}

fn provider(name: &str, given: Option<&str>, default: &str) -> Result<Url> {
    origin(name, given.unwrap_or(default))
}

/// An origin without a path: the versions in the paths are ours to add.
fn origin(name: &str, text: &str) -> Result<Url> {
    let url: Url = text.parse().with_context(|| format!("{name}: \"{text}\" is not an address"))?;
    ensure!(matches!(url.scheme(), "http" | "https"), "{name}: \"{text}\" is neither http nor https");
    ensure!(
        url.path() == "/" && url.query().is_none() && url.username().is_empty(),
        "{name}: \"{text}\" has more than an origin; give scheme, host and port alone"
    );
    Ok(url)
}

/// Nothing that is set is meant to last longer; added to a time it leaves a time.
const DURATION_MAX: SignedDuration = SignedDuration::from_hours(365 * 24);

fn duration(name: &str, given: Option<&str>, default: &str) -> Result<SignedDuration> {
    let text = given.unwrap_or(default);
    let text = if text == "0" { "0s" } else { text };
    let duration: SignedDuration =
        text.parse().with_context(|| format!("{name}: \"{text}\" is not a duration such as 5s, 5m or 1h"))?;
    ensure!(!duration.is_negative(), "{name}: \"{text}\" is negative");
    ensure!(duration <= DURATION_MAX, "{name}: \"{text}\" is longer than a year");
    Ok(duration)
}
