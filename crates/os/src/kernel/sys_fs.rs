//! System calls on descriptors and files.

use std::rc::Rc;

use crate::{
    errno::{Errno, SysResult},
    fs::{Device, Found, Node, NodeRef, ProcEntry, Stat, Vfs},
    host::SockId,
    kernel::{
        Kind, OpenFile, OpenFlags, Resource, SockState, Sys,
        file::MAX_QUEUED,
        pipe::{PIPE_SIZE, Pipe, take},
        process::Descriptor,
    },
    program::Fd,
    signal::Signal,
};

/// The most descriptors of one process.
const MAX_FDS: Fd = 1024;

impl Sys<'_> {
    /// Files by path, with this process's rights and working directory.
    pub fn vfs(&mut self) -> Vfs<'_> {
        let me = &self.k.procs[&self.pid];
        let (cred, cwd, now) = (me.cred.clone(), me.cwd.to_string(), self.k.now);
        Vfs { fs: self.fs, volumes: self.volumes, proc: &*self.k, cred, cwd, now }
    }

    fn file_id(&self, fd: Fd) -> SysResult<u32> {
        self.me().fds.get(&fd).map(|d| d.file).ok_or(Errno::EBADF)
    }

    pub(crate) fn file(&self, fd: Fd) -> SysResult<&OpenFile> {
        self.k.files.get(&self.file_id(fd)?).ok_or(Errno::EBADF)
    }

    /// The lowest free descriptor from `least`.
    fn free_fd(&self, least: Fd) -> SysResult<Fd> {
        let most = self.limit(Resource::Files).soft.map_or(MAX_FDS, |n| n.min(MAX_FDS.into()) as Fd);
        (least..most).find(|fd| !self.me().fds.contains_key(fd)).ok_or(Errno::EMFILE)
    }

    /// Gives an open file a descriptor.
    pub(crate) fn add_fd(&mut self, file: OpenFile) -> SysResult<Fd> {
        let fd = self.free_fd(0)?;
        let id = self.k.add_file(file);
        self.k.retain(id);
        self.me_mut().fds.insert(fd, Descriptor { file: id, cloexec: false });
        Ok(fd)
    }

    /// Opens a file; `mode` is for one that is created.
    pub fn open(&mut self, path: &str, flags: OpenFlags, mode: u32) -> SysResult<Fd> {
        self.spend(2);
        if let Some(n) = path.strip_prefix("/dev/fd/").and_then(|n| n.parse::<Fd>().ok()) {
            return self.dup(n, 0).map_err(|_| Errno::ENOENT);
        }
        let file = self.open_file(path, flags, mode)?;
        if let Kind::Device(Device::Fd(n)) = file.kind {
            return self.dup(n, 0);
        }
        self.add_fd(file)
    }

    fn open_file(&mut self, path: &str, flags: OpenFlags, mode: u32) -> SysResult<OpenFile> {
        let mut vfs = self.vfs();
        let existing = match vfs.walk(path, true) {
            Ok(Found { node: Some(node), path, .. }) => Some((node, path)),
            Ok(_) => None,
            Err(e) => return Err(e),
        };
        if let Some((NodeRef::Proc(p), canonical)) = &existing {
            let text = match vfs.proc_entry(p).ok_or(Errno::ENOENT)? {
                ProcEntry::File(bytes) if !flags.write => bytes,
                ProcEntry::Dir(_) if !flags.write => Vec::new(),
                ProcEntry::File(_) if p.starts_with("/sys") => return Err(Errno::EROFS),
                ProcEntry::File(_) => return Err(Errno::EACCES),
                _ => return Err(Errno::EISDIR),
            };
            let mut file = OpenFile::new(Kind::Text(Rc::new(text)), true, false);
            file.path = canonical.clone();
            return Ok(file);
        }
        if let Some((node, canonical)) = &existing {
            let inode = vfs.inode(node)?;
            if flags.directory && !inode.is_dir() {
                return Err(Errno::ENOTDIR);
            }
            let want = if flags.read { 4 } else { 0 } + if flags.write { 2 } else { 0 };
            match inode.node {
                Node::Device(device) => {
                    if !vfs.permits(inode, want) {
                        return Err(Errno::EACCES);
                    }
                    let canonical = canonical.clone();
                    return self.open_device(device, flags, canonical);
                }
                Node::Fifo => {
                    if !vfs.permits(inode, want) {
                        return Err(Errno::EACCES);
                    }
                    let (node, canonical) = (node.clone(), canonical.clone());
                    return Ok(self.open_fifo(node, flags, canonical));
                }
                Node::Dir(_) if flags.write => return Err(Errno::EISDIR),
                _ => {}
            }
            if flags.read && !vfs.permits(inode, 4) {
                return Err(Errno::EACCES);
            }
        }
        let node = if flags.write {
            let node = vfs.open_for_write(path, mode, flags.create, flags.exclusive)?;
            if flags.truncate {
                vfs.truncate(&node, 0)?;
            }
            node
        } else {
            existing.ok_or(Errno::ENOENT)?.0
        };
        let canonical = vfs.real_path(path)?;
        let mut file = OpenFile::new(Kind::Node(node), flags.read, flags.write);
        file.append = flags.append;
        file.path = canonical;
        Ok(file)
    }

    /// Opens a named pipe. This does not wait for the other side: the first read or write does.
    fn open_fifo(&mut self, node: NodeRef, flags: OpenFlags, path: String) -> OpenFile {
        let known = self.k.pipes.iter().find(|(_, p)| p.fifo.as_ref() == Some(&node)).map(|(id, _)| *id);
        let id = known.unwrap_or_else(|| {
            let id = self.k.fresh_id();
            self.k.pipes.insert(id, Pipe { fifo: Some(node), ..Pipe::default() });
            id
        });
        let kind = match (flags.read, flags.write) {
            (true, true) => Kind::PipeBoth(id),
            (_, true) => Kind::PipeWrite(id),
            _ => Kind::PipeRead(id),
        };
        self.k.dirty = true;
        let mut file = OpenFile::new(kind, flags.read, flags.write);
        file.path = path;
        file
    }

    fn open_device(&mut self, device: Device, flags: OpenFlags, path: String) -> SysResult<OpenFile> {
        let kind = match device {
            Device::Tty => Kind::Tty(self.me().tty.ok_or(Errno::ENXIO)?),
            Device::Fd(n) => {
                self.file_id(n).map_err(|_| Errno::ENOENT)?;
                Kind::Device(device)
            }
            other => Kind::Device(other),
        };
        let mut file = OpenFile::new(kind, flags.read, flags.write);
        file.path = path;
        Ok(file)
    }

    /// A descriptor that reads this text (here-documents).
    pub fn open_text(&mut self, text: Vec<u8>) -> SysResult<Fd> {
        self.add_fd(OpenFile::new(Kind::Text(Rc::new(text)), true, false))
    }

    /// Closes a descriptor.
    pub fn close(&mut self, fd: Fd) -> SysResult<()> {
        let d = self.me_mut().fds.remove(&fd).ok_or(Errno::EBADF)?;
        self.k.release(self.fs, self.volumes, d.file);
        Ok(())
    }

    /// The lowest free descriptor from `least` for the same open file.
    pub fn dup(&mut self, fd: Fd, least: Fd) -> SysResult<Fd> {
        let file = self.file_id(fd)?;
        let new = self.free_fd(least)?;
        self.k.retain(file);
        self.me_mut().fds.insert(new, Descriptor { file, cloexec: false });
        Ok(new)
    }

    /// Makes `new` refer to what `fd` refers to.
    pub fn dup2(&mut self, fd: Fd, new: Fd) -> SysResult<()> {
        let file = self.file_id(fd)?;
        if fd == new {
            return Ok(());
        }
        if u64::from(new) >= self.limit(Resource::Files).soft.unwrap_or(u64::MAX).min(MAX_FDS.into()) {
            return Err(Errno::EBADF);
        }
        self.k.retain(file);
        if let Some(old) = self.me_mut().fds.insert(new, Descriptor { file, cloexec: false }) {
            self.k.release(self.fs, self.volumes, old.file);
        }
        Ok(())
    }

    /// Whether exec closes the descriptor.
    pub fn set_cloexec(&mut self, fd: Fd, cloexec: bool) -> SysResult<()> {
        self.me_mut().fds.get_mut(&fd).ok_or(Errno::EBADF)?.cloexec = cloexec;
        Ok(())
    }

    /// Whether the descriptor is open.
    pub fn is_open(&self, fd: Fd) -> bool {
        self.me().fds.contains_key(&fd)
    }

    /// A pipe: its reading and its writing end.
    pub fn pipe(&mut self) -> SysResult<(Fd, Fd)> {
        let id = self.k.fresh_id();
        let read = self.add_fd(OpenFile::new(Kind::PipeRead(id), true, false))?;
        let write = self.add_fd(OpenFile::new(Kind::PipeWrite(id), false, true))?;
        Ok((read, write))
    }

    /// Reads up to `max` bytes; empty is the end. EAGAIN: wait for the descriptor.
    pub fn read(&mut self, fd: Fd, max: usize) -> SysResult<Vec<u8>> {
        let id = self.file_id(fd)?;
        let file = self.k.files.get(&id).ok_or(Errno::EBADF)?;
        if !file.read {
            return Err(Errno::EBADF);
        }
        let pos = file.pos;
        let bytes = match &file.kind {
            Kind::Node(node) => {
                let node = node.clone();
                let vfs = self.vfs();
                match &vfs.inode(&node)?.node {
                    Node::File(c) => c.read_at(pos, max),
                    Node::Dir(_) => return Err(Errno::EISDIR),
                    _ => Vec::new(),
                }
            }
            Kind::Text(text) => {
                let from = text.len().min(pos as usize);
                text[from..text.len().min(from.saturating_add(max))].to_vec()
            }
            Kind::Device(device) => return self.read_device(*device, max),
            Kind::PipeRead(p) | Kind::PipeBoth(p) => {
                let p = *p;
                let Some(pipe) = self.k.pipes.get_mut(&p) else { return Ok(Vec::new()) };
                if !pipe.can_read() {
                    return Err(Errno::EAGAIN);
                }
                self.k.dirty = true;
                take(&mut pipe.buf, max)
            }
            Kind::PipeWrite(_) => return Err(Errno::EBADF),
            Kind::Stream(s) => {
                let Some(stream) = self.k.streams.get_mut(s) else { return Ok(Vec::new()) };
                if stream.buf.is_empty() && !stream.closed {
                    return Err(Errno::EAGAIN);
                }
                take(&mut stream.buf, max)
            }
            Kind::Tty(tty) => {
                let tty = *tty;
                return self.read_tty(tty, max);
            }
            Kind::Sock(sock) => {
                let sock = *sock;
                return self.read_sock(sock, max);
            }
        };
        self.spend(1 + bytes.len() as u64 / 1024);
        if let Some(file) = self.k.files.get_mut(&id) {
            file.pos += bytes.len() as u64;
        }
        Ok(bytes)
    }

    fn read_device(&mut self, device: Device, max: usize) -> SysResult<Vec<u8>> {
        self.spend(1 + max as u64 / 4096);
        match device {
            Device::Zero | Device::Full => Ok(vec![0; max]),
            Device::Random => Ok((0..max).map(|_| (self.k.random() >> 24) as u8).collect()),
            Device::Fd(n) => self.read(n, max),
            Device::Null | Device::Console | Device::Tty => Ok(Vec::new()),
        }
    }

    fn read_tty(&mut self, tty: u32, max: usize) -> SysResult<Vec<u8>> {
        let (pgid, controlling) = (self.me().pgid, self.me().tty);
        let Some(t) = self.k.ttys.get_mut(&tty) else { return Ok(Vec::new()) };
        if controlling == Some(tty) && t.foreground != 0 && t.foreground != pgid {
            if self.me().ignored.contains(Signal::TTIN) {
                return Err(Errno::EIO);
            }
            let _self_stopping = self.k.send_group(self.fs, self.volumes, pgid, Signal::TTIN);
            return Err(Errno::EAGAIN);
        }
        t.read(max).ok_or(Errno::EAGAIN)
    }

    fn read_sock(&mut self, sock: SockId, max: usize) -> SysResult<Vec<u8>> {
        let Some(s) = self.k.socks.get_mut(&sock) else { return Err(Errno::ENOTCONN) };
        match s.state {
            SockState::Connected if !s.buf.is_empty() => {
                let bytes = take(&mut s.buf, max);
                self.spend(1 + bytes.len() as u64 / 1024);
                Ok(bytes)
            }
            SockState::Connected if s.eof => Ok(Vec::new()),
            SockState::Connected | SockState::Connecting => Err(Errno::EAGAIN),
            SockState::Failed(e) => Err(e),
            SockState::NotTls => Err(Errno::EIO),
            SockState::Listening | SockState::Udp => Err(Errno::EINVAL),
        }
    }

    /// Writes; returns how many bytes were taken. EAGAIN: wait for the descriptor. EPIPE comes with SIGPIPE, as ever.
    pub fn write(&mut self, fd: Fd, bytes: &[u8]) -> SysResult<usize> {
        let id = self.file_id(fd)?;
        let file = self.k.files.get(&id).ok_or(Errno::EBADF)?;
        if !file.write {
            return Err(Errno::EBADF);
        }
        self.spend(1 + bytes.len() as u64 / 1024);
        let file = self.k.files.get(&id).ok_or(Errno::EBADF)?;
        match &file.kind {
            Kind::Node(node) => {
                let node = node.clone();
                let (append, pos) = (file.append, file.pos);
                let vfs = self.vfs();
                let at = if append { vfs.inode(&node)?.size() } else { pos };
                let mut bytes = bytes;
                if let Some(most) = self.limit(Resource::FileSize).soft {
                    if at >= most {
                        let pid = self.pid;
                        let _self_exists = self.k.send(self.fs, self.volumes, pid, Signal::XFSZ);
                        return Err(Errno::EFBIG);
                    }
                    bytes = &bytes[..bytes.len().min((most - at) as usize)];
                }
                let n = self.vfs().write_at(&node, at, bytes)?;
                if let Some(file) = self.k.files.get_mut(&id) {
                    file.pos = at + n as u64;
                }
                Ok(n)
            }
            Kind::Device(Device::Full) => Err(Errno::ENOSPC),
            Kind::Device(Device::Fd(n)) => {
                let n = *n;
                self.write(n, bytes)
            }
            Kind::Device(_) => Ok(bytes.len()),
            Kind::PipeWrite(p) | Kind::PipeBoth(p) => {
                let p = *p;
                self.write_pipe(p, bytes)
            }
            Kind::Tty(tty) => {
                let tty = *tty;
                let Some(t) = self.k.ttys.get(&tty) else { return Err(Errno::EIO) };
                if self.k.queued_output() >= MAX_QUEUED {
                    return Err(Errno::EAGAIN);
                }
                let cooked = t.cook(bytes);
                self.k.tty_output(tty, &cooked);
                Ok(bytes.len())
            }
            Kind::Stream(s) => {
                let s = *s;
                if self.k.queued_output() >= MAX_QUEUED {
                    return Err(Errno::EAGAIN);
                }
                if !bytes.is_empty() {
                    self.k.output(s, bytes);
                }
                Ok(bytes.len())
            }
            Kind::Sock(sock) => {
                let sock = *sock;
                self.write_sock(sock, bytes)
            }
            Kind::Text(_) | Kind::PipeRead(_) => Err(Errno::EBADF),
        }
    }

    fn write_pipe(&mut self, id: u32, bytes: &[u8]) -> SysResult<usize> {
        let Some(pipe) = self.k.pipes.get_mut(&id).filter(|p| p.readers > 0 || !p.met_reader) else {
            return self.broken_pipe();
        };
        if pipe.readers == 0 {
            return Err(Errno::EAGAIN);
        }
        let room = PIPE_SIZE.saturating_sub(pipe.buf.len());
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::EAGAIN);
        }
        let n = room.min(bytes.len());
        pipe.buf.extend(&bytes[..n]);
        self.k.dirty = true;
        Ok(n)
    }

    pub(crate) fn broken_pipe<T>(&mut self) -> SysResult<T> {
        let pid = self.pid;
        let _self_exists = self.k.send(self.fs, self.volumes, pid, Signal::PIPE);
        if self.me().doomed.is_some() {
            self.spend(u64::MAX);
        }
        Err(Errno::EPIPE)
    }

    /// Moves the file position; returns the new one. `whence`: 0 from the start, 1 from here, 2 from the end.
    pub fn seek(&mut self, fd: Fd, offset: i64, whence: u8) -> SysResult<u64> {
        let id = self.file_id(fd)?;
        let file = self.k.files.get(&id).ok_or(Errno::EBADF)?;
        let end = match &file.kind {
            Kind::Node(node) => {
                let node = node.clone();
                self.vfs().inode(&node)?.size()
            }
            Kind::Text(t) => t.len() as u64,
            Kind::Device(_) => 0,
            _ => return Err(Errno::ESPIPE),
        };
        let file = self.k.files.get_mut(&id).ok_or(Errno::EBADF)?;
        let base = match whence {
            0 => 0,
            1 => file.pos,
            _ => end,
        };
        file.pos = base.checked_add_signed(offset).ok_or(Errno::EINVAL)?;
        Ok(file.pos)
    }

    /// stat(2) of an open file.
    pub fn fstat(&mut self, fd: Fd) -> SysResult<Stat> {
        let now = self.k.now;
        let file = self.file(fd)?;
        let letter = match &file.kind {
            Kind::Node(node) => {
                let node = node.clone();
                return self.vfs().stat_node(&node);
            }
            Kind::Text(_) => '-',
            Kind::Tty(_) | Kind::Device(_) => 'c',
            Kind::PipeRead(_) | Kind::PipeWrite(_) | Kind::PipeBoth(_) | Kind::Stream(_) => 'p',
            Kind::Sock(_) => 's',
        };
        Ok(Stat {
            mode: 0o600,
            letter,
            uid: 0,
            gid: 0,
            size: 0,
            nlink: 1,
            mtime: now,
            atime: now,
            ctime: now,
            dev: 12,
            ino: self.file_id(fd)?,
            rdev: None,
        })
    }

    /// Removes a name.
    pub fn unlink(&mut self, path: &str) -> SysResult<()> {
        self.spend(2);
        let node = self.vfs().lookup(path, false)?.1;
        let open = self.k.is_open(&node);
        self.vfs().unlink(path, |_| open)
    }

    /// The working directory.
    pub fn cwd(&self) -> Rc<str> {
        self.me().cwd.clone()
    }

    /// Changes the working directory; keeps links in the path as the shell's `cd -L` wants when `path` is
    /// already absolute and clean.
    pub fn chdir(&mut self, path: &str) -> SysResult<()> {
        let vfs = self.vfs();
        let (found, node) = vfs.lookup(path, true)?;
        if !vfs.stat_node(&node)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if let NodeRef::Inode(..) = node
            && !vfs.permits(vfs.inode(&node)?, 1)
        {
            return Err(Errno::EACCES);
        }
        self.me_mut().cwd = found.path.into();
        Ok(())
    }

    /// stat(2)
    pub fn stat(&mut self, path: &str) -> SysResult<Stat> {
        self.spend(1);
        self.vfs().stat(path, true)
    }

    /// lstat(2)
    pub fn lstat(&mut self, path: &str) -> SysResult<Stat> {
        self.spend(1);
        self.vfs().stat(path, false)
    }

    /// Mounts of the machine, in order: path, type, read-only, bytes used, limit.
    pub fn mounts(&self) -> Vec<MountInfo> {
        let root = &self.fs.root;
        let mut all = vec![MountInfo {
            path: "/".to_string(),
            kind: "overlay",
            read_only: self.fs.read_only,
            used: root.used(),
            limit: root.limit(),
        }];
        for m in &self.fs.mounts {
            let tree = match &m.source {
                crate::fs::Source::Volume { id, .. } => self.volumes.get(*id),
                crate::fs::Source::Own(tree) => Some(&**tree),
                crate::fs::Source::Proc => None,
            };
            all.push(MountInfo {
                path: m.path.clone(),
                kind: m.kind,
                read_only: m.read_only,
                used: tree.map_or(0, |t| t.used()),
                limit: tree.and_then(|t| t.limit()),
            });
        }
        all
    }
}

/// One line of `mount` and `df`.
#[derive(Clone, PartialEq, Debug)]
pub struct MountInfo {
    /// Where it is mounted.
    pub path: String,
    /// The file system's type, as in /proc/mounts.
    pub kind: &'static str,
    /// Writes fail with EROFS.
    pub read_only: bool,
    /// Bytes written to it; 0 for proc.
    pub used: u64,
    /// The most bytes it takes; None is the disk's own size.
    pub limit: Option<u64>,
}
