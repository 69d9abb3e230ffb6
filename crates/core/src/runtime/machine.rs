//! The machine of one container: built from an image and a configuration, with its main process.

use std::net::IpAddr;

use api::Timestamp;
use os::{
    Errno, Limits, Machine, MachineSpec, Mount, Pid, SpawnOptions, Stdio, StreamId, Time, Tree, TtyId,
    Volumes,
};

use super::catalogue::Image;

/// Terminal size before somebody attaches.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// What a container's machine is built from, beside its image.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The pod's name, or `spec.hostname`.
    pub hostname: String,
    /// The command with its arguments: `command` or the image's entrypoint, `args` or its cmd.
    pub argv: Vec<String>,
    /// The image's, then the container's.
    pub env: Vec<(String, String)>,
    /// `workingDir`, or the image's.
    pub cwd: String,
    /// `runAsUser`, or the image's.
    pub uid: u32,
    /// `runAsGroup`, or the image's.
    pub gid: u32,
    /// `supplementalGroups` and `fsGroup`.
    pub groups: Vec<u32>,
    /// `volumeMounts`
    pub mounts: Vec<Mount>,
    /// Files that the kubelet manages: /etc/hosts, /etc/hostname, /etc/resolv.conf, the termination log.
    pub files: Vec<(String, Vec<u8>)>,
    /// `readOnlyRootFilesystem`
    pub read_only_root: bool,
    /// `resources`, and the node's size.
    pub limits: Limits,
    /// The sandbox's.
    pub addresses: Vec<IpAddr>,
    /// Somebody can attach to its input.
    pub stdin: bool,
    /// The input ends with the first client that attached.
    pub stdin_once: bool,
    /// Its streams are one terminal.
    pub tty: bool,
    /// Of the machine's randomness.
    pub seed: u64,
    /// `terminationMessagePath`; empty for none.
    pub message_path: String,
    /// `terminationMessagePolicy: FallbackToLogsOnError`
    pub fallback_to_logs: bool,
}

impl Config {
    /// `terminationMessagePath`, if there is one.
    pub fn termination_path(&self) -> Option<&str> {
        (!self.message_path.is_empty()).then_some(&self.message_path)
    }
}

/// A container's machine and the streams of its main process.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Files and processes.
    pub os: Machine,
    /// The process whose end is the container's.
    pub main: Pid,
    /// `None` without `stdin`, and with a terminal.
    pub stdin: Option<StreamId>,
    /// Unused with a terminal.
    pub stdout: StreamId,
    /// Unused with a terminal.
    pub stderr: StreamId,
    /// Set with `tty: true`.
    pub tty: Option<TtyId>,
}

/// Why a main process could not be started.
#[derive(Clone, Debug, PartialEq)]
pub enum StartError {
    /// The command, and what execve or the search along PATH said.
    Exec(String, Errno),
    /// The working directory cannot be entered.
    Cwd(String),
}

impl StartError {
    /// runc's words, as containerd wraps them.
    pub fn message(&self) -> String {
        let inner = match self {
            StartError::Exec(command, Errno::ENOENT) if command.contains('/') => {
                format!("exec: {command:?}: stat {command}: no such file or directory")
            }
            StartError::Exec(command, Errno::ENOENT) => {
                format!("exec: {command:?}: executable file not found in $PATH")
            }
            StartError::Exec(command, Errno::EACCES) => format!("exec: {command:?}: permission denied"),
            StartError::Exec(command, Errno::ENOEXEC) => format!("exec {command}: exec format error"),
            StartError::Exec(command, Errno::EISDIR) => format!("exec: {command:?}: is a directory"),
            StartError::Exec(command, errno) => format!("exec: {command:?}: {}", errno.text().to_lowercase()),
            StartError::Cwd(cwd) => {
                return format!(
                    "OCI runtime create failed: runc create failed: unable to start container process: error during \
                     container init: mkdir {cwd}: not a directory"
                );
            }
        };
        format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create \
             failed: unable to start container process: error during container init: {inner}: unknown"
        )
    }
}

/// Builds the machine at `now` and starts its main process (which has not run yet).
pub fn build(
    image: &Image,
    root: Tree,
    config: &Config,
    volumes: &mut Volumes,
    now: Timestamp,
) -> Result<Instance, StartError> {
    let spec = MachineSpec {
        hostname: config.hostname.clone(),
        flavour: image.flavour,
        shell: image.shell,
        seed: config.seed,
        root,
        read_only_root: config.read_only_root,
        mounts: config.mounts.clone(),
        limits: config.limits.clone(),
        addresses: config.addresses.clone(),
        programs: super::programs::TABLE,
        unknown_host_hint: "",
        first_pid: 1,
    };
    let mut spec = spec;
    for (path, content) in &config.files {
        // A file whose place is taken by a directory of the image is left out, as a failed bind mount would be reported.
        let _shadowed = spec.root.put_file(path, content.clone(), 0o644);
    }
    for mount in &config.mounts {
        // runc makes missing mount points; one that is there already is as good.
        if let Some((parent, _)) = mount.path.rsplit_once('/') {
            let _there = spec.root.make_dirs(parent);
        }
    }
    let mut os = Machine::new(spec, Time(now.0));
    // runc creates a missing working directory.
    if os.fs(volumes).mkdir_all(&config.cwd).is_err() && os.fs(volumes).stat(&config.cwd, true).is_err() {
        return Err(StartError::Cwd(config.cwd.clone()));
    }
    let tty = config.tty.then(|| os.open_tty(COLUMNS, ROWS));
    let stdin = (config.stdin && tty.is_none()).then(|| os.new_stream());
    let (stdout, stderr) = (os.new_stream(), os.new_stream());
    let stdio = match tty {
        Some(tty) => [Stdio::Tty(tty); 3],
        None => [stdin.map_or(Stdio::Null, Stdio::Stream), Stdio::Stream(stdout), Stdio::Stream(stderr)],
    };
    let options = SpawnOptions {
        argv: config.argv.clone(),
        env: config.env.clone(),
        cwd: config.cwd.clone(),
        uid: config.uid,
        gid: config.gid,
        groups: config.groups.clone(),
        stdio,
        tty,
    };
    let command = config.argv.first().cloned().unwrap_or_default();
    match os.spawn(volumes, options) {
        Ok(main) => Ok(Instance { os, main, stdin, stdout, stderr, tty }),
        Err(errno) => Err(StartError::Exec(command, errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_errors_read_as_runc_words_them() {
        let error = StartError::Exec("bash".into(), Errno::ENOENT);
        assert!(error.message().ends_with("exec: \"bash\": executable file not found in $PATH: unknown"));
    }
}
