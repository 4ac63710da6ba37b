//! `patchbay migrate`

use std::{io::IsTerminal, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::{Location, Progress, Transfer, undo_transfer};

use crate::{command, key::master_key, settings::Usage};

/// How often the bar is drawn at least, so that it is seen to live.
const TICK: Duration = Duration::from_millis(200);

/// Brings the rows of an installation on SQLite to PostgreSQL, or takes back that they were.
///
/// # Errors
/// What keeps them from being brought; what was brought before that is not brought again.
pub async fn run(options: command::Migrate) -> Result<()> {
    let Location::File(file) = place("--from", &options.from)? else {
        return Err(anyhow!("--from: only sqlite:PATH is brought elsewhere").context(Usage));
    };
    if options.undo {
        let moved = tokio::task::spawn_blocking(move || undo_transfer(&file)).await??;
        println!(
            "{}",
            moved.map_or_else(
                || "its rows were not brought anywhere: nothing is to be taken back".to_owned(),
                |to| format!("it opens again: what has happened in {to} since is not in it"),
            )
        );
        return Ok(());
    }
    let to = match &options.to {
        Some(to) => place("--to", to)?,
        None => options.settings.clone().check()?.database,
    };
    let Location::Postgres(to) = to else {
        let said = "--to, or PATCHBAY_DATABASE_URL: give postgres://user:password@host/database";
        return Err(anyhow!(said).context(Usage));
    };
    // Beside the source, unless told otherwise: that is where its servers had it.
    let settings =
        crate::settings::Settings { database_url: Some(options.from), ..options.settings }.check()?;
    if settings.master_key.is_none() && !settings.master_key_file.exists() {
        let key = settings.master_key_file.display();
        bail!("the master key file {key} is not there: give the key that the secrets were sealed with");
    }
    let key = master_key(&settings)?;
    let address = to.to_string();
    let is_json = options.json;
    let brought = tokio::task::spawn_blocking(move || -> Result<_> {
        let transfer = Transfer::open(&file, to, key)
            .with_context(|| format!("{} is not brought to PostgreSQL", file.display()))?;
        if transfer.is_done() {
            return Ok(None);
        }
        let show = Show::new(is_json);
        let brought = transfer.run(|progress| show.tell(&progress));
        show.end();
        brought.map(Some).with_context(|| {
            format!("{} is not brought to PostgreSQL; run it again to go on from here", file.display())
        })
    })
    .await??;
    match (brought, is_json) {
        (Some(brought), true) => {
            println!("{}", json!({ "done": true, "tables": brought.tables, "rows": brought.rows }));
        }
        (None, true) => println!("{}", json!({ "done": true, "before": true })),
        (Some(brought), false) => {
            println!(
                "{} rows of {} tables are in {address}, the same on both sides",
                brought.rows, brought.tables
            );
            println!("set PATCHBAY_DATABASE_URL to it, keep the master key, and start `patchbay serve`");
        }
        (None, false) => println!("its rows were brought to {address} before"),
    }
    Ok(())
}

fn place(flag: &str, text: &str) -> Result<Location> {
    text.parse().map_err(|bad| anyhow!("{flag}: {bad}").context(Usage))
}

/// How it is told how far it is: a bar on a terminal, a line of JSON for each part, or nothing until the end.
enum Show {
    Bar(ProgressBar),
    Json,
    Silent,
}

impl Show {
    fn new(is_json: bool) -> Self {
        if is_json {
            return Self::Json;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Silent;
        }
        let bar = ProgressBar::new(1_000);
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(TICK);
        Self::Bar(bar)
    }

    fn tell(&self, progress: &Progress) {
        let Progress { table, is_compared, rows, of, permille } = progress;
        match self {
            Self::Bar(bar) => {
                let what = if *is_compared { "comparing" } else { "bringing" };
                bar.set_message(format!("{what} {table}: {rows} of {of}"));
                bar.set_position(*permille);
            }
            Self::Json => {
                let what = if *is_compared { "compared" } else { "brought" };
                println!("{}", json!({ "table": table, what: rows, "of": of }));
            }
            Self::Silent => {}
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
