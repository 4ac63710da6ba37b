//! A PostgreSQL server of a benchmark's own, which waits for the disk as a real one does.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A server in a folder; ended with the benchmark.
pub struct Cluster {
    folder: PathBuf,
    /// Its address, which ends in the name of a database.
    pub url: String,
}

impl Cluster {
    pub fn start(folder: &Path) -> Self {
        let folder = folder.join("postgres");
        let url = order(&["start", "--durable"], &folder);
        Self { folder, url }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        order(&["crash"], &self.folder);
    }
}

fn order(words: &[&str], folder: &Path) -> String {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bin/postgres");
    let output = Command::new(program).args(words).arg(folder).output().expect("bin/postgres");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("an address").trim().to_owned()
}
