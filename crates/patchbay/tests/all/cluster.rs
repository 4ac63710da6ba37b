//! A PostgreSQL server of a test's own, to be ill-treated.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use crate::database::Database;

/// A server in a folder; ended with the test.
pub struct Cluster {
    folder: TempDir,
    /// Its address.
    pub url: String,
}

impl Cluster {
    /// Starts one. None where PostgreSQL is left out of the tests.
    pub fn start() -> Option<Self> {
        Database::has_postgres().then(Self::new)
    }

    /// Starts one, which is not left out.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = order("start", folder.path());
        Self { folder, url }
    }

    /// Gives `bin/postgres` an order for it: `stop`, `crash`, `start`, `freeze` or `thaw`.
    pub fn order(&self, word: &str) {
        order(word, self.folder.path());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.order("crash");
    }
}

fn order(word: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bin/postgres");
    let output = Command::new(program).arg(word).arg(folder).output().unwrap();
    assert!(output.status.success(), "{word}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
