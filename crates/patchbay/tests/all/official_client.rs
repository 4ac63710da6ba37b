//! HubSpot's official Node client against the sandbox: what it does not complain of is spoken as HubSpot speaks.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The client's own demand.
const NODE_MAJOR_MIN: u32 = 18;
const INSTALL_MAX: Duration = Duration::from_secs(150);
const CHECK_MAX: Duration = Duration::from_mins(1);
/// npm's codes for a registry that cannot be reached, as on a machine without network.
const UNREACHABLE: [&str; 6] =
    ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH"];

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_reads_and_writes_on_the_sandbox_without_complaint() {
    if !has_node() {
        println!("skipped: node {NODE_MAJOR_MIN} or npm is missing");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hubspot-client");
    fs::create_dir_all(&folder).unwrap();
    // Two runs of the tests at once do not install over each other.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    copy(&folder);
    if let Err(said) = install(&folder) {
        assert!(UNREACHABLE.iter().any(|code| said.contains(code)), "npm ci: {said}");
        println!("skipped: the package registry cannot be reached");
        return;
    }
    let sandbox = sandbox::Sandbox::start(sandbox::Settings::default()).await.unwrap();
    let mut check = Command::new("node");
    check.arg("check.mjs").arg(sandbox.hubspot_url()).current_dir(&folder);
    let (status, said) = run(check, CHECK_MAX);
    assert!(status.success(), "{said}");
    println!("{said}");
}

fn has_node() -> bool {
    let version = |program| {
        let answer = Command::new(program).arg("--version").output().ok()?;
        let text = String::from_utf8(answer.stdout).ok().filter(|_| answer.status.success())?;
        text.trim().trim_start_matches('v').split('.').next()?.parse::<u32>().ok()
    };
    version("npm").is_some() && version("node").is_some_and(|major| major >= NODE_MAJOR_MIN)
}

/// Nothing is installed in the tree: the steps go to where the client is.
fn copy(folder: &Path) {
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../checks/hubspot-client");
    let files = fs::read_dir(steps).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
}

/// Installs what the lock file says, unless that was done before. The error is what npm said.
fn install(folder: &Path) -> Result<(), String> {
    let locked = fs::read(folder.join("package-lock.json")).unwrap();
    let installed: PathBuf = folder.join("node_modules/.installed");
    if fs::read(&installed).is_ok_and(|before| before == locked) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]);
    npm.current_dir(folder);
    let (status, said) = run(npm, INSTALL_MAX);
    if !status.success() {
        return Err(said);
    }
    fs::write(installed, locked).map_err(|error| error.to_string())
}

/// Runs to the end, or kills it: how it ended, and what it said on both outputs.
fn run(mut command: Command, max: Duration) -> (ExitStatus, String) {
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
