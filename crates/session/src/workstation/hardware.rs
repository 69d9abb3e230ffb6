//! The workstation's machine and disk, as those see them who stand beside the machine.

use std::cell::RefCell;

use os::{HostEvent, Machine, Volumes};

use super::USER_ID;

/// Files, by absolute path.
pub trait Disk {
    /// The error is the system's text: "no such file or directory".
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// Makes missing parent folders; the file belongs to the user.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String>;
    /// `None`: there is nothing.
    fn is_dir(&self, path: &str) -> Option<bool>;
    /// The names in a folder.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;
    /// A file that is not there is as good as removed.
    fn remove(&self, path: &str);
}

/// The machine with the volumes it is lent.
pub struct Hardware {
    pub(super) machine: RefCell<Machine>,
    pub(super) volumes: RefCell<Volumes>,
}

impl Hardware {
    /// The files, with root's rights.
    pub fn fs<T>(&self, act: impl FnOnce(&mut os::Vfs) -> T) -> T {
        act(&mut self.machine.borrow_mut().fs(&mut self.volumes.borrow_mut()))
    }

    /// Tells the machine what happened outside of it.
    pub(super) fn deliver(&self, event: HostEvent) {
        self.machine.borrow_mut().deliver(&mut self.volumes.borrow_mut(), event);
    }
}

impl Disk for Hardware {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.fs(|fs| fs.read(path)).map_err(|e| lower(&e.to_string()))
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.fs(|fs| {
            if let Some((parent, _)) = path.rsplit_once('/') {
                make_folders(fs, parent)?;
            }
            fs.write(path, bytes.to_vec(), 0o644)?;
            fs.chown(path, Some(USER_ID), Some(USER_ID), true)
        })
        .map_err(|e| lower(&e.to_string()))
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        self.fs(|fs| fs.stat(path, true)).ok().map(|stat| stat.is_dir())
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.fs(|fs| fs.read_dir(path)).map_err(|e| lower(&e.to_string()))
    }

    fn remove(&self, path: &str) {
        let _gone = self.fs(|fs| fs.remove_all(path));
    }
}

/// Makes a folder and those above it that are missing; they belong to the user.
fn make_folders(fs: &mut os::Vfs, folder: &str) -> os::SysResult<()> {
    if folder.is_empty() || fs.stat(folder, true).is_ok() {
        return Ok(());
    }
    if let Some((parent, _)) = folder.rsplit_once('/') {
        make_folders(fs, parent)?;
    }
    fs.mkdir_all(folder)?;
    fs.chown(folder, Some(USER_ID), Some(USER_ID), true)
}

/// Makes the user the owner of a folder and of what is in it.
pub(super) fn give(fs: &mut os::Vfs, path: &str) {
    let _exists = fs.chown(path, Some(USER_ID), Some(USER_ID), false);
    if fs.stat(path, false).is_ok_and(|stat| stat.is_dir()) {
        for name in fs.read_dir(path).unwrap_or_default() {
            give(fs, &format!("{path}/{name}"));
        }
    }
}

/// Go words system errors in lower case.
fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}
