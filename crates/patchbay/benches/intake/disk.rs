//! How often the disk can be made sure of what was written.

use std::{
    fs::File,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// What the disk can do.
pub struct Disk {
    /// Appends of 4 KB that were made durable, a second.
    pub per_second: u64,
    /// How long half of them took at most.
    pub p50_ms: f64,
}

/// Appends and syncs for two seconds.
pub fn measure(folder: &Path) -> Disk {
    let mut file = File::create(folder.join("fdatasync")).expect("a file");
    let page = [7_u8; 4096];
    let mut took = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        let one = Instant::now();
        file.write_all(&page).expect("room on the disk");
        file.sync_data().expect("a disk that syncs");
        took.push(one.elapsed());
    }
    took.sort_unstable();
    Disk { per_second: took.len() as u64 / 2, p50_ms: took[took.len() / 2].as_secs_f64() * 1_000.0 }
}
