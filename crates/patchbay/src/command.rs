//! The command line.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};

use crate::settings::Settings;

/// Calls and bookings become the right contact and the right activity in HubSpot.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Patchbay {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Starts Patchbay beside a sandbox of HubSpot, Aircall and a scheduler, and plays a story on them
    Demo(Demo),
    /// Takes webhooks, serves the admin API, and writes to HubSpot
    Serve(Box<Settings>),
    /// Writes to HubSpot beside a `serve` on the same PostgreSQL, and takes nothing itself
    Work(Box<Settings>),
    /// Starts the sandbox alone: HubSpot, Aircall, the schedulers and a mailbox, all in memory
    Sandbox(Sandbox),
    /// Makes a workspace: one more company with connections, rules and records of its own
    Workspace(Workspace),
    /// Makes a token for the admin API and prints it once
    Token(Token),
    /// Reads the webhooks of a span again; safe to repeat
    Replay(Replay),
    /// Brings an installation on SQLite to PostgreSQL; run again, it goes on where it broke off
    #[command(
        override_usage = "patchbay migrate --from sqlite:PATH --to postgres://USER:PASSWORD@HOST/DATABASE\n       \
        patchbay migrate --from sqlite:PATH --undo"
    )]
    Migrate(Box<Migrate>),
    /// Checks the installation and a workspace's connections, and probes its HubSpot
    Doctor(Doctor),
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where Patchbay listens
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Ends once the story is told, instead of leaving everything running
    #[arg(long)]
    pub exit: bool,
}

/// Options of `sandbox`.
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Where HubSpot listens
    #[arg(long, default_value = "127.0.0.1:8701")]
    pub hubspot: SocketAddr,
    /// Where Aircall listens
    #[arg(long, default_value = "127.0.0.1:8702")]
    pub aircall: SocketAddr,
    /// Where the scheduler listens
    #[arg(long, default_value = "127.0.0.1:8703")]
    pub scheduler: SocketAddr,
    /// Where Cal.com's API listens
    #[arg(long, default_value = "127.0.0.1:8705")]
    pub calcom: SocketAddr,
    /// Where Calendly's API listens
    #[arg(long, default_value = "127.0.0.1:8706")]
    pub calendly: SocketAddr,
    /// Where the mailbox shows its mail
    #[arg(long, default_value = "127.0.0.1:8704")]
    pub mailbox: SocketAddr,
    /// Where the mailbox takes mail, by SMTP
    #[arg(long, default_value = "127.0.0.1:8725")]
    pub smtp: SocketAddr,
}

/// Options of `workspace`.
#[derive(Debug, Args)]
pub struct Workspace {
    /// Its word in addresses: small letters, digits and hyphens
    pub slug: String,
    /// What people call it [default: the word]
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub name: Option<String>,
    /// Settings of the installation
    #[command(flatten)]
    pub settings: Settings,
}

/// Options of `token`.
#[derive(Debug, Args)]
pub struct Token {
    /// What its bearer may do
    #[arg(long, value_enum, default_value_t = Role::Admin)]
    pub role: Role,
    /// The one workspace that it reaches; all, if not given
    #[arg(long)]
    pub workspace: Option<String>,
    /// A name to know it by
    #[arg(long, default_value = "command line", value_parser = NonEmptyStringValueParser::new())]
    pub name: String,
    /// Settings of the installation
    #[command(flatten)]
    pub settings: Settings,
}

/// What a bearer may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Role {
    /// Change everything
    Admin,
    /// Read
    Viewer,
}

/// Options of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// From when on, e.g. 2026-11-20T08:00:00Z
    #[arg(long)]
    pub from: jiff::Timestamp,
    /// Up to when, not included
    #[arg(long)]
    pub to: jiff::Timestamp,
    /// Only this source: aircall, calendar, calcom or calendly
    #[arg(long)]
    pub source: Option<String>,
    /// The workspace
    #[arg(long, default_value = "default")]
    pub workspace: String,
    /// Settings of the installation
    #[command(flatten)]
    pub settings: Settings,
}

/// Options of `migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The database whose rows are brought: sqlite:PATH
    #[arg(long, value_name = "sqlite:PATH")]
    pub from: String,
    /// The empty database that they are brought to: postgres://… [default: PATCHBAY_DATABASE_URL]
    #[arg(long, value_name = "postgres://…")]
    pub to: Option<String>,
    /// Lets the database open again whose rows were brought elsewhere
    #[arg(long, conflicts_with = "to")]
    pub undo: bool,
    /// One JSON object a line for each part
    #[arg(long)]
    pub json: bool,
    /// Settings of the installation
    #[command(flatten)]
    pub settings: Settings,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The workspace
    #[arg(long, default_value = "default")]
    pub workspace: String,
    /// Probes HubSpot by writing too: on contacts and calls that it makes itself, and archives after
    #[arg(long)]
    pub write: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Settings of the installation
    #[command(flatten)]
    pub settings: Settings,
}
