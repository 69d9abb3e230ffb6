//! Writing an archive: member by member, then packed piece by piece.

use super::{
    MAX_ARCHIVE, Stage, Tar, cannot_open,
    format::{self, Entry, Kind},
};
use crate::{
    bin::{paths::join, tool::Cx, users},
    bytes::gzip::{PIECE, Packer},
};

impl Tar {
    /// Adds the next file, or the end.
    pub(super) fn adding(&mut self, cx: &mut Cx<'_, '_>) -> Option<u8> {
        self.stage = Stage::Adding;
        let target = self.target();
        let streams = target == "-" && !self.opts.has('z');
        let before = self.archive.len();
        let next = self.todo.pop();
        match &next {
            Some(name) => self.gather(cx, name, &target),
            None => self.archive.extend(format::end(self.length)),
        }
        let added = self.archive.len() - before;
        self.length += added;
        cx.sys.spend(5 + added as u64 / 256);
        cx.sys.set_memory((1 << 20) + self.archive.len() as u64);
        if self.archive.len() > MAX_ARCHIVE {
            cx.complain("memory exhausted");
            return Some(2);
        }
        if streams {
            cx.print(std::mem::take(&mut self.archive));
        }
        if next.is_some() {
            return None;
        }
        if self.opts.has('z') || (self.opts.has('a') && target.ends_with("gz")) {
            self.stage = Stage::Packing(Packer::new(None, 0, 6));
            return None;
        }
        let archive = std::mem::take(&mut self.archive);
        if streams { Some(0) } else { Some(self.written(cx, &target, archive)) }
    }

    pub(super) fn packing(&mut self, cx: &mut Cx<'_, '_>, mut packer: Packer) -> Option<u8> {
        let target = self.target();
        let done = packer.step(&self.archive);
        cx.sys.spend(PIECE as u64 / 32);
        if target == "-" {
            cx.print(std::mem::take(&mut packer.out));
            if done {
                return Some(0);
            }
        } else if done {
            return Some(self.written(cx, &target, packer.out));
        }
        self.stage = Stage::Packing(packer);
        None
    }

    fn written(&self, cx: &mut Cx<'_, '_>, target: &str, archive: Vec<u8>) -> u8 {
        match cx.sys.vfs().write(target, archive, 0o666) {
            Ok(()) => 0,
            Err(e) => cannot_open(cx, target, e),
        }
    }

    /// Adds a file, or a directory; what is in it is next.
    fn gather(&mut self, cx: &mut Cx<'_, '_>, name: &str, archive: &str) {
        if self.excluded(name) {
            return;
        }
        let path = self.path(name);
        let found = if self.opts.has('h') { cx.sys.stat(&path) } else { cx.sys.lstat(&path) };
        let stat = match found {
            Ok(stat) => stat,
            Err(e) => {
                let message =
                    if cx.busybox() { format!("{name}: {e}") } else { format!("{name}: Cannot stat: {e}") };
                cx.complain(message);
                self.failed = true;
                return;
            }
        };
        let mut member = name.trim_start_matches('/').to_string();
        if member.len() < name.len() && !self.opts.has('P') {
            if !std::mem::replace(&mut self.stripped, true) {
                let (open, close) = if cx.busybox() { ('\'', '\'') } else { ('`', '\'') };
                let lower = if cx.busybox() { "removing leading" } else { "Removing leading" };
                cx.complain(format!("{lower} {open}/{close} from member names"));
            }
        } else {
            member = name.to_string();
        }
        if member.is_empty() {
            member = "./".to_string();
        }
        let kind = if stat.is_dir() {
            Kind::Dir
        } else if stat.is_link() {
            Kind::Link(cx.sys.vfs().read_link(&path).unwrap_or_default())
        } else if stat.is_file() {
            Kind::File
        } else {
            return;
        };
        if stat.is_dir() && !member.ends_with('/') {
            member.push('/');
        }
        let data = match kind {
            Kind::File if path == archive => {
                cx.complain(format!("{name}: file is the archive; not dumped"));
                return;
            }
            Kind::File => match cx.sys.vfs().read(&path) {
                Ok(data) => data,
                Err(e) => {
                    cx.complain(format!("{name}: Cannot open: {e}"));
                    self.failed = true;
                    return;
                }
            },
            _ => Vec::new(),
        };
        let entry = Entry {
            name: member,
            mode: stat.mode & 0o7777,
            uid: stat.uid,
            gid: stat.gid,
            user: users::user_name(cx.sys, stat.uid),
            group: users::group_name(cx.sys, stat.gid),
            mtime: stat.mtime.secs(),
            kind,
            data,
        };
        if self.opts.has('v') {
            self.tell(cx, &entry, self.verbosity() > 1, archive == "-");
        }
        format::append(&mut self.archive, &entry);
        if entry.kind == Kind::Dir {
            let children = cx.sys.vfs().read_dir(&path).unwrap_or_default();
            self.todo.extend(children.iter().rev().map(|child| join(name, child)));
        }
    }
}
