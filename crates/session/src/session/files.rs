//! The files of the home folder, as the page lists and edits them.

use collections::StableSort;
use os::Vfs;
use protocol::{Answer, FileEntry, Id};

use super::Session;
use crate::workstation::{Disk, HOME, Workstation};

/// Entries listed at most; a runaway script must not drown the page.
const LISTED_MAX: usize = 2_000;

/// Tells when the listing may have changed, and what it was.
#[derive(Default)]
pub(super) struct Watcher {
    dirty: bool,
    known: Vec<FileEntry>,
    changes: u64,
}

impl Watcher {
    /// Something ran: files may have changed.
    pub fn touch(&mut self) {
        self.dirty = true;
    }

    /// Rises with every change of the listing.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// The listing, if it changed.
    pub fn poll(&mut self, workstation: &Workstation) -> Option<Vec<FileEntry>> {
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let mut entries = Vec::new();
        workstation.hardware.fs(|fs| walk(fs, HOME, &mut entries));
        entries.stable_sort_by(|a, b| a.path.cmp(&b.path));
        if entries == self.known {
            return None;
        }
        self.changes += 1;
        self.known.clone_from(&entries);
        Some(entries)
    }
}

/// Lists a folder; hidden files are the shell's own business. Links to folders are left out: what is behind them lies
/// elsewhere, or all over again.
fn walk(fs: &Vfs, folder: &str, entries: &mut Vec<FileEntry>) {
    let Ok(names) = fs.read_dir(folder) else { return };
    for name in names {
        let path = format!("{folder}/{name}");
        if name.starts_with('.') || entries.len() >= LISTED_MAX {
            continue;
        }
        let Ok(stat) = fs.stat(&path, true) else { continue };
        let is_link = fs.stat(&path, false).is_ok_and(|own| own.is_link());
        if stat.is_dir() && is_link {
            continue;
        }
        let relative = path[HOME.len() + 1..].to_owned();
        let version = version(fs, &path, stat.is_dir());
        entries.push(FileEntry { path: relative, folder: stat.is_dir(), bytes: stat.size, version });
        if stat.is_dir() {
            walk(fs, &path, entries);
        }
    }
}

/// Differs when the content differs.
fn version(fs: &Vfs, path: &str, folder: bool) -> u64 {
    let mut h = kubarium_core::sim::Hasher64::new();
    if !folder {
        h.bytes(&fs.read(path).unwrap_or_default());
    }
    // JavaScript's numbers hold 53 bits.
    h.finish() >> 11
}

/// All files of the home folder with their text; files that are no text are left out.
pub(super) fn all(workstation: &Workstation) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    workstation.hardware.fs(|fs| {
        let mut listed = Vec::new();
        walk(fs, HOME, &mut listed);
        for entry in listed.into_iter().filter(|entry| !entry.folder) {
            if let Ok(text) = fs.read_text(&format!("{HOME}/{}", entry.path)) {
                entries.push((entry.path, text));
            }
        }
    });
    entries
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{HOME}/{path}") }
}

impl Session {
    pub(super) fn read_file(&mut self, id: Id, path: String) {
        let full = absolute(&path);
        let read =
            self.workstation.hardware.fs(|fs| fs.read(&full).map(|bytes| (bytes, version(fs, &full, false))));
        let answer = match read {
            Ok((bytes, version)) => match String::from_utf8(bytes) {
                Ok(text) => Answer::File { path, text, version },
                Err(_) => Answer::Failed { message: format!("{path} is not a text file") },
            },
            Err(error) => Answer::Failed { message: format!("{path}: {error}") },
        };
        self.answer(id, answer);
    }

    pub(super) fn write_file(&mut self, id: Id, path: &str, text: &str) {
        let written = self.workstation.hardware.write(&absolute(path), text.as_bytes());
        self.done(id, path, written);
    }

    pub(super) fn rename_file(&mut self, id: Id, from: &str, to: &str) {
        let (source, target) = (absolute(from), absolute(to));
        let renamed = self.workstation.hardware.fs(|fs| {
            if let Some((parent, _)) = target.rsplit_once('/') {
                fs.mkdir_all(parent)?;
            }
            fs.rename(&source, &target)
        });
        self.done(id, from, renamed.map_err(|e| e.to_string()));
    }

    pub(super) fn delete_file(&mut self, id: Id, path: &str) {
        let removed = self.workstation.hardware.fs(|fs| fs.remove_all(&absolute(path)));
        self.done(id, path, removed.map_err(|e| e.to_string()));
    }

    fn done(&mut self, id: Id, path: &str, result: Result<(), String>) {
        self.files.touch();
        self.answer(
            id,
            match result {
                Ok(()) => Answer::Done,
                Err(error) => Answer::Failed { message: format!("{path}: {error}") },
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Command, Engine, Open, Update};

    #[test]
    fn a_new_home_shows_one_manifest_and_no_links_to_folders() {
        let mut session = crate::Session::new();
        session.command(Command::Open(Open::default()));
        session.frame(16.0, &mut || true);
        let files = session.updates().into_iter().find_map(|it| match it {
            Update::Files(files) => Some(files),
            _ => None,
        });
        let paths: Vec<String> = files.unwrap_or_default().into_iter().map(|it| it.path).collect();
        assert_eq!(paths, ["hello.yaml"], "~/environment is a link");
    }
}
