//! A disk of a test's own: it fails as it is told to, and a power cut takes from it what was not synced.
//!
//! It stands between the server and the kernel (`disk/preloaded.c`), for the files of the database alone. Real writes reach
//! the real file; beside it is kept what a disk would hold of it.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use tempfile::TempDir;

const PAGE: usize = 4096;
/// What is not on the disk; see `disk/preloaded.c`.
const WRITTEN: u8 = 1;
const DROPPED: u8 = 2;

/// How the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Well,
    /// No place is left.
    Full,
    /// A write goes in by half, then no place is left.
    HalfFull,
    ReadOnly,
    /// No write goes well.
    Failing,
    /// No sync goes well.
    Unsynced,
    /// No sync of the database goes well, those of its log do.
    DatabaseUnsynced,
    /// A sync takes six seconds.
    Slow,
}

/// The disk under the folder of a database.
pub struct Disk {
    folder: PathBuf,
    state: TempDir,
    order: File,
}

impl Disk {
    /// Under the files of that folder.
    pub fn under(folder: &Path) -> Self {
        let state = TempDir::new().unwrap();
        let order = File::create(state.path().join("order")).unwrap();
        let disk = Self { folder: folder.canonicalize().unwrap(), state, order };
        disk.be(State::Well);
        disk
    }

    /// The environment of a process whose files are on it.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let text = |path: &Path| path.display().to_string();
        [
            ("LD_PRELOAD", text(preloaded())),
            ("DISK_FOLDER", text(&self.folder)),
            ("DISK_STATE", text(self.state.path())),
        ]
    }

    /// From now on it is like that.
    pub fn be(&self, state: State) {
        let letter = match state {
            State::Well => b".",
            State::Full => b"f",
            State::HalfFull => b"h",
            State::ReadOnly => b"r",
            State::Failing => b"e",
            State::Unsynced => b"s",
            State::DatabaseUnsynced => b"d",
            State::Slow => b"w",
        };
        self.order.write_all_at(letter, 0).unwrap();
    }

    /// The power is cut, with no process there: of what was not synced, none, all or some is left, and what the kernel shared
    /// between processes is gone. Returns how many pages were lost.
    pub fn power_cut(&self, random: &mut StdRng) -> usize {
        let kept_percent = *[0, 50, 100].choose(random).unwrap();
        let mut lost = 0;
        for entry in fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with("-shm") {
                fs::remove_file(path).unwrap();
            } else if self.beside(&name, "pages").exists() {
                lost += self.lose(&path, &name, || random.random_range(0..100) < kept_percent);
            }
        }
        lost
    }

    fn lose(&self, path: &Path, name: &str, mut is_kept: impl FnMut() -> bool) -> usize {
        let pages = File::options().read(true).write(true).open(self.beside(name, "pages")).unwrap();
        let old = File::open(self.beside(name, "old")).unwrap();
        let old_length = u64::from_le_bytes(fs::read(self.beside(name, "size")).unwrap().try_into().unwrap());
        let file = File::options().read(true).write(true).open(path).unwrap();
        let length = file.metadata().unwrap().len();
        let length = if is_kept() { length } else { old_length };
        let mut states = vec![0; usize::try_from(pages.metadata().unwrap().len()).unwrap()];
        pages.read_exact_at(&mut states, 0).unwrap();
        let mut lost = 0;
        for (number, state) in states.iter().enumerate() {
            if *state == DROPPED || *state == WRITTEN && !is_kept() {
                let (mut page, at) = ([0; PAGE], (number * PAGE) as u64);
                let _ = old.read_at(&mut page, at).unwrap();
                file.write_all_at(&page, at).unwrap();
                lost += 1;
            }
        }
        file.set_len(length).unwrap();
        // All that is left is on the disk.
        pages.write_all_at(&vec![0; states.len()], 0).unwrap();
        fs::write(self.beside(name, "size"), length.to_le_bytes()).unwrap();
        lost
    }

    fn beside(&self, name: &str, what: &str) -> PathBuf {
        self.state.path().join(format!("{name}.{what}"))
    }
}

/// What is preloaded, compiled once by each process.
fn preloaded() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/disk/preloaded.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (made, library) =
            (folder.join(format!("disk.{}", std::process::id())), folder.join("preloaded.so"));
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&made)
            .arg(source);
        assert!(compiler.status().unwrap().success());
        // Tests run side by side: whoever has the file open keeps it as it was.
        fs::rename(made, &library).unwrap();
        library
    })
}
