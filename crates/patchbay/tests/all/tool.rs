//! Tools of others that tests run: installed outside of the tree, run to their end or killed.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

const INSTALL_MAX: Duration = Duration::from_secs(150);

/// What npm and pip say of a registry that cannot be reached, as on a machine without network.
const UNREACHABLE: [&str; 10] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "ECONNRESET",
    "ENETUNREACH",
    "NewConnectionError",
    "ConnectTimeoutError",
    "NameResolutionError",
    "ProtocolError",
];

/// A folder beside the build with the files of a check, kept from one run to the next.
pub struct Workshop {
    pub folder: PathBuf,
    /// Two runs of the tests at once do not install over each other.
    _lock: File,
}

impl Workshop {
    /// Brings the files of `checks/{name}` to where their tools are: nothing is installed in the tree.
    pub fn of(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let lock = File::create(folder.join("lock")).unwrap();
        lock.lock().unwrap();
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../checks").join(name);
        for file in fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()) {
            if file.is_file() {
                fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
            }
        }
        Self { folder, _lock: lock }
    }

    /// Installs what `list` names, unless that was done before; the steps are carried out one after the other.
    /// False, with a word printed, if the registry cannot be reached.
    pub fn install(&self, list: &str, steps: Vec<Command>) -> bool {
        let wanted = fs::read(self.folder.join(list)).unwrap();
        let installed = self.folder.join(".installed");
        if fs::read(&installed).is_ok_and(|before| before == wanted) {
            return true;
        }
        for mut step in steps {
            step.current_dir(&self.folder);
            let (status, said) = run(step, INSTALL_MAX);
            if !status.success() {
                assert!(UNREACHABLE.iter().any(|word| said.contains(word)), "{list}: {said}");
                println!("skipped: the package registry cannot be reached");
                return false;
            }
        }
        fs::write(installed, wanted).unwrap();
        true
    }

    /// Installs what `package-lock.json` says.
    pub fn npm_ci(&self) -> bool {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]);
        self.install("package-lock.json", vec![npm])
    }
}

/// The version that a program says it has: its first two numbers. `None` if it is missing or does not work.
pub fn version(program: &str) -> Option<(u32, u32)> {
    let answer = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(answer.stdout).ok().filter(|_| answer.status.success())?;
    let word = text.split_whitespace().find(|word| word.contains('.'))?;
    let mut numbers = word.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Runs to the end, or kills it: how it ended, and what it said on both outputs.
pub fn run(mut command: Command, max: Duration) -> (ExitStatus, String) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    // It holds the pipe's other ends.
    drop(command);
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        let read = reader.read_to_end(&mut said);
        tell.send(read.map(|_| said))
    });
    let Ok(said) = told.recv_timeout(max) else {
        child.kill().unwrap();
        panic!("it takes longer than {max:?}");
    };
    (child.wait().unwrap(), String::from_utf8_lossy(&said.unwrap()).into_owned())
}
