//! The binary: command line, settings, wiring. The only reader of the clock and the environment.

mod clock;
mod command;
mod demo;
mod doctor;
mod instance;
mod key;
mod migrate;
mod replay;
mod sandbox;
mod serve;
mod settings;
mod token;
mod work;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use command::{Command, Patchbay};
use settings::Usage;

fn main() -> ExitCode {
    let patchbay = Patchbay::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("patchbay: the async runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match patchbay.command {
            Command::Demo(demo) => demo::run(demo).await,
            Command::Serve(settings) => serve::run(settings).await,
            Command::Work(settings) => work::run(settings).await,
            Command::Sandbox(sandbox) => sandbox::run(sandbox).await,
            Command::Workspace(workspace) => workspace::run(workspace).await,
            Command::Token(token) => token::run(token).await,
            Command::Migrate(migrate) => migrate::run(*migrate).await,
            Command::Replay(replay) => replay::run(replay).await,
            Command::Doctor(doctor) => doctor::run(doctor).await,
        }
    });
    // A statement that a database does not answer holds nobody up.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patchbay: {error:#}");
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
