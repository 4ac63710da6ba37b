//! The store: opening, closing, and how jobs reach the writer and the readers.

use std::{path::PathBuf, sync::Arc};

use crate::{MasterKey, Result};

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file; made if it is missing.
    File(PathBuf),
    /// In memory, for tests and trials: gone with the store.
    Memory,
}

/// The rows of Patchbay. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);
struct Inner {}

impl Store {
    /// Opens the database and brings its schema up to date. Blocks for a moment.
    ///
    /// Refuses a schema newer than known (`Newer`), another master key than before (`Sealed`), and an old SQLite.
    pub fn open(location: Location, key: MasterKey) -> Result<Self> {
        todo!()
    }
    /// Finishes what is queued and closes; later writes get `Gone`.
    pub async fn close(&self) {
        todo!()
    }
}
