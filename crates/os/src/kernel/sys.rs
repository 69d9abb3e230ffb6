//! System calls: what a program can do.
//!
//! `Sys` is handed to [`Program::poll`](crate::Program::poll). Nothing blocks: what cannot be done now gives
//! [`EAGAIN`](crate::Errno::EAGAIN), and the program returns what it waits for. Files are in `sys_fs`, processes and
//! signals in `sys_proc`, the network in `sys_net`.

use std::rc::Rc;

use crate::{
    errno::{Errno, SysResult},
    fs::{FileSystem, Volumes},
    host::TtyId,
    kernel::{Flavour, Kernel, Kind, Limit, Limits, Mode, Process, Resource, ShellKind},
    program::{Fd, Pid},
    signal::{Signal, SignalSet},
    time::Time,
};

/// The calling process's door to the kernel.
pub struct Sys<'a> {
    pub(crate) k: &'a mut Kernel,
    pub(crate) fs: &'a mut FileSystem,
    pub(crate) volumes: &'a mut Volumes,
    pub(crate) pid: Pid,
    fuel: i64,
}

impl<'a> Sys<'a> {
    pub(crate) fn new(
        k: &'a mut Kernel,
        fs: &'a mut FileSystem,
        volumes: &'a mut Volumes,
        pid: Pid,
        fuel: u64,
    ) -> Sys<'a> {
        Sys { k, fs, volumes, pid, fuel: i64::try_from(fuel).unwrap_or(i64::MAX) }
    }

    /// The process table entry; it exists as long as the process is polled.
    pub(crate) fn me(&self) -> &Process {
        &self.k.procs[&self.pid]
    }

    pub(crate) fn me_mut(&mut self) -> &mut Process {
        self.k.procs.get_mut(&self.pid).expect("a process that is polled is in the table")
    }

    /// Fuel left: about one microsecond of one core each. At zero or below, return [`Poll::Yield`](crate::Poll).
    pub fn fuel(&self) -> i64 {
        self.fuel
    }

    /// Uses fuel: long computations call this in proportion to their work. Reading and writing does so itself.
    pub fn spend(&mut self, amount: u64) {
        self.fuel = self.fuel.saturating_sub(i64::try_from(amount).unwrap_or(i64::MAX));
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.k.now
    }

    /// When the machine was started.
    pub fn boot_time(&self) -> Time {
        self.k.boot
    }

    /// A random number from the machine's seed.
    pub fn random(&mut self) -> u64 {
        self.k.random()
    }

    /// gethostname(2)
    pub fn hostname(&self) -> Rc<str> {
        self.k.hostname.clone()
    }

    /// sethostname(2); EPERM for others than root.
    pub fn set_hostname(&mut self, name: &str) -> SysResult<()> {
        if self.uid() != 0 {
            return Err(Errno::EPERM);
        }
        self.k.hostname = name.into();
        Ok(())
    }

    /// The family of tools of the image.
    pub fn flavour(&self) -> Flavour {
        self.k.flavour
    }

    /// Whether tools are BusyBox's.
    pub fn is_busybox(&self) -> bool {
        self.k.flavour == Flavour::BusyBox
    }

    /// A hint of the simulation for the person, as a line for stderr: dimmed on a terminal; elsewhere only where
    /// `KUBARIUM_HINTS` asks for it, since scripts expect a program's own words alone.
    pub fn hint(&self, text: &str) -> String {
        let asked = self.var("KUBARIUM_HINTS").is_some_and(|value| !value.is_empty());
        match (text.is_empty(), self.is_tty(2), asked) {
            (true, ..) | (_, false, false) => String::new(),
            (_, true, _) => format!("\x1b[2mhint: {text}\x1b[0m\n"),
            (_, _, true) => format!("hint: {text}\n"),
        }
    }

    /// The hint below a complaint about a name that does not resolve.
    pub fn unknown_host_hint(&self) -> String {
        self.hint(self.k.unknown_host_hint)
    }

    /// Which shell `sh` is on this machine.
    pub fn shell_kind(&self) -> ShellKind {
        self.k.shell
    }

    /// The limits of the machine.
    pub fn limits(&self) -> Rc<Limits> {
        self.k.limits.clone()
    }

    /// The machine's addresses, loopback not among them.
    pub fn addresses(&self) -> &[std::net::IpAddr] {
        &self.k.addresses
    }

    /// The arguments, the program's own name first.
    pub fn argv(&self) -> Rc<[String]> {
        self.me().argv.clone()
    }

    /// The environment in its order.
    pub fn env(&self) -> Rc<Vec<(String, String)>> {
        self.me().env.clone()
    }

    /// One variable of the environment.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.me().env.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    /// getpid(2)
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// getppid(2)
    pub fn ppid(&self) -> Pid {
        self.me().ppid
    }

    /// getuid(2)
    pub fn uid(&self) -> u32 {
        self.me().cred.uid
    }

    /// getgid(2)
    pub fn gid(&self) -> u32 {
        self.me().cred.gid
    }

    /// Supplementary groups.
    pub fn groups(&self) -> Vec<u32> {
        self.me().cred.groups.clone()
    }

    /// The mask for new files.
    pub fn umask(&self) -> u32 {
        self.me().cred.umask
    }

    /// umask(2)
    pub fn set_umask(&mut self, mask: u32) {
        self.me_mut().cred.umask = mask & 0o777;
    }

    /// A resource limit of this process.
    pub fn limit(&self, resource: Resource) -> Limit {
        self.me().rlimits.get(resource)
    }

    /// Sets the soft, the hard, or both limits. EPERM: only root may raise a hard limit; EINVAL: soft above hard.
    pub fn set_limit(
        &mut self,
        resource: Resource,
        value: Option<u64>,
        soft: bool,
        hard: bool,
    ) -> SysResult<()> {
        let root = self.uid() == 0;
        Rc::make_mut(&mut self.me_mut().rlimits).set(resource, value, soft, hard, root)
    }

    /// The memory the program holds, in bytes: shown by ps and top, counted against the machine's limit.
    pub fn set_memory(&mut self, bytes: u64) {
        self.me_mut().memory = bytes;
    }

    /// The memory the program holds, in bytes.
    pub fn memory(&self) -> u64 {
        self.me().memory
    }

    /// CPU time of this process and of its finished children, in µs.
    pub fn cpu_times(&self) -> (u64, u64) {
        (self.me().cpu, self.me().child_cpu)
    }

    // Signals

    /// From now on the program takes this signal itself, through [`take_signal`](Sys::take_signal).
    pub fn catch(&mut self, signal: Signal) {
        let me = self.me_mut();
        me.caught.insert(signal);
        me.ignored.remove(signal);
    }

    /// From now on the signal does nothing.
    pub fn ignore(&mut self, signal: Signal) {
        let me = self.me_mut();
        me.ignored.insert(signal);
        me.caught.remove(signal);
    }

    /// From now on the signal does what it does by default.
    pub fn default_signal(&mut self, signal: Signal) {
        let me = self.me_mut();
        me.ignored.remove(signal);
        me.caught.remove(signal);
    }

    /// The signals ignored by this process (inherited by children).
    pub fn ignored(&self) -> SignalSet {
        self.me().ignored
    }

    /// The next caught signal that has come, if any.
    pub fn take_signal(&mut self) -> Option<Signal> {
        self.me_mut().pending.pop()
    }

    /// Whether a caught signal is waiting.
    pub fn has_signal(&self) -> bool {
        !self.me().pending.is_empty()
    }

    // Terminals

    /// The terminal behind a descriptor.
    pub fn tty_of(&self, fd: Fd) -> Option<TtyId> {
        let d = self.me().fds.get(&fd)?;
        match self.k.files.get(&d.file)?.kind {
            Kind::Tty(tty) => Some(tty),
            _ => None,
        }
    }

    /// isatty(3)
    pub fn is_tty(&self, fd: Fd) -> bool {
        self.tty_of(fd).is_some()
    }

    /// The controlling terminal.
    pub fn controlling_tty(&self) -> Option<TtyId> {
        self.me().tty
    }

    /// Columns and rows of the terminal behind `fd`.
    pub fn window(&self, fd: Fd) -> Option<(u16, u16)> {
        let tty = self.k.ttys.get(&self.tty_of(fd)?)?;
        Some((tty.cols, tty.rows))
    }

    /// The settings of the terminal behind `fd`.
    pub fn tty_mode(&self, fd: Fd) -> Option<Mode> {
        Some(self.k.ttys.get(&self.tty_of(fd)?)?.mode.clone())
    }

    /// Changes the settings of the terminal behind `fd`.
    pub fn set_tty_mode(&mut self, fd: Fd, mode: Mode) -> SysResult<()> {
        let tty = self.tty_of(fd).ok_or(Errno::ENOTTY)?;
        if let Some(t) = self.k.ttys.get_mut(&tty) {
            t.mode = mode;
            self.k.dirty = true;
        }
        Ok(())
    }

    /// The foreground group of the terminal behind `fd`.
    pub fn foreground(&self, fd: Fd) -> Option<Pid> {
        Some(self.k.ttys.get(&self.tty_of(fd)?)?.foreground)
    }

    /// Makes `pgid` the foreground group of the controlling terminal.
    pub fn set_foreground(&mut self, pgid: Pid) -> SysResult<()> {
        let tty = self.me().tty.ok_or(Errno::ENOTTY)?;
        self.k.ttys.get_mut(&tty).ok_or(Errno::ENOTTY)?.foreground = pgid;
        self.k.dirty = true;
        Ok(())
    }
}
