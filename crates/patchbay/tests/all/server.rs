//! A Patchbay process of a test: `serve`, or another one beside it on the same database.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::world::TOKEN;

const LOG_FILE: &str = "log";

/// What the processes on one database have in common.
#[derive(Clone)]
pub struct Installation {
    /// Where a log goes, if the settings say what to log.
    pub folder: PathBuf,
    /// Its settings.
    pub environment: Vec<(String, String)>,
}

impl Installation {
    /// A command on it.
    pub fn patchbay(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command
            .env("PATCHBAY_ADMIN_TOKEN", TOKEN)
            .env("PATCHBAY_LOG", "warn")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same with further settings.
    pub fn with(&self, settings: &[(&str, &str)]) -> Self {
        let mut installation = self.clone();
        let more = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        installation.environment.extend(more);
        installation
    }

    fn spawn(&self, command: &str, port: u16) -> Child {
        let stderr = if self.environment.iter().any(|(name, _)| name == "PATCHBAY_LOG") {
            let file = File::options().create(true).append(true).open(self.folder.join(LOG_FILE));
            Stdio::from(file.unwrap())
        } else {
            Stdio::inherit()
        };
        self.patchbay()
            .arg(command)
            .env("PATCHBAY_LISTEN", format!("127.0.0.1:{port}"))
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap()
    }
}

/// A process that goes on until it is told to end, or the test does.
pub struct Server {
    installation: Installation,
    command: &'static str,
    child: Child,
    port: u16,
}

impl Server {
    /// On a port that was free a moment ago; if somebody took it meanwhile, on another one.
    pub fn start(installation: &Installation, command: &'static str) -> Self {
        const TRIES: usize = 5;
        for _ in 0..TRIES {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let child = installation.spawn(command, port);
            let mut server = Self { installation: installation.clone(), command, child, port };
            if server.is_up() {
                return server;
            }
        }
        panic!("patchbay {command} does not start");
    }

    /// Another process on the same database.
    pub fn another(&self, command: &'static str) -> Self {
        Self::start(&self.installation, command)
    }

    /// The origin under which it listens.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has logged, where its settings say what to log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.installation.folder.join(LOG_FILE)).unwrap()
    }

    /// Kills it as a power cut would: nothing is told, nothing is finished.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself; returns its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let mut look = tokio::time::interval(Duration::from_millis(10));
        let begun = Instant::now();
        loop {
            look.tick().await;
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
        }
    }

    /// Starts it again on the same database and address.
    pub fn start_again(&mut self) {
        self.child = self.installation.spawn(self.command, self.port);
        assert!(self.is_up(), "patchbay {} does not start again", self.command);
    }

    /// Starts it again, and waits for nothing.
    pub fn begin_again(&mut self) {
        self.child = self.installation.spawn(self.command, self.port);
    }

    /// Runs another command on the same installation; returns its exit code and what it said.
    pub fn command(&self, arguments: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String) {
        let mut command = self.installation.patchbay();
        let output = command.args(arguments).envs(settings.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }

    /// What it has in common with others on the same database.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Starts another process that is to be refused; returns its exit code and what it says of it.
    pub fn refusal(&self, command: &str) -> (Option<i32>, String) {
        let mut refused = self.installation.patchbay();
        let output = refused.arg(command).env("PATCHBAY_LISTEN", "127.0.0.1:0").output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Asks it to end, as a service manager does; returns its exit code and how long it took.
    pub fn terminate(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        (status.code(), begun.elapsed())
    }

    /// Sends it a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// The processor time that it has taken so far, by the kernel's count (proc(5), fields 14 and 15, 100 ticks a second).
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks: u64 =
            fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Reads standard output up to the one line that says that it runs; false if it ended before.
    fn is_up(&mut self) -> bool {
        let output = self.child.stdout.take().unwrap();
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).unwrap();
        line.starts_with(if self.command == "serve" { "listening on http://" } else { "working" })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
