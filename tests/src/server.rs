//! A running `kubarium serve` with a home folder and a kubeconfig, for tests with clients that are not ours.

// Outside the world: this starts a process and waits for it.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::story::Settings;

/// Virtual seconds per second.
pub const SPEED: u64 = 10;
/// How long the server may take to start.
const START_MAX: Duration = Duration::from_secs(20);

/// A server that ends, with its home folder, when this is dropped.
pub struct Server {
    process: Child,
    home: PathBuf,
}

impl Server {
    /// Starts the binary that `KUBARIUM` names, and waits until it has written its kubeconfig.
    pub fn start(settings: &Settings) -> Result<Server, String> {
        let program = program("KUBARIUM")?;
        let port = free_port()?;
        let home = std::env::temp_dir().join(format!("kubarium-client-{}-{port}", std::process::id()));
        std::fs::create_dir_all(home.join(".kube")).map_err(|err| err.to_string())?;
        let log = File::create(home.join(".server.log")).map_err(|err| err.to_string())?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--speed", &SPEED.to_string()]);
        command.args(["--seed", &settings.seed.to_string(), "--nodes", &settings.nodes.to_string()]);
        command.arg("--kubeconfig").arg(home.join(".kube/config"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = command.spawn().map_err(|err| format!("cannot start kubarium serve: {err}"))?;
        let mut server = Server { process, home };
        server.await_kubeconfig()?;
        Ok(server)
    }

    /// The folder that is the client's home.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The kubeconfig that the server wrote.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.join(".kube/config")
    }

    fn await_kubeconfig(&mut self) -> Result<(), String> {
        let end = Instant::now() + START_MAX;
        while !self.kubeconfig().is_file() {
            if let Ok(Some(status)) = self.process.try_wait() {
                let log = std::fs::read_to_string(self.home.join(".server.log")).unwrap_or_default();
                return Err(format!("kubarium serve ended ({status}): {log}"));
            }
            if Instant::now() > end {
                return Err(format!("kubarium serve has written no kubeconfig after {START_MAX:?}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// The program that an environment variable names.
pub fn program(variable: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.ok_or(format!("{variable} is not set: use `cargo xtask test clients`"))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|err| err.to_string())?;
    listener.local_addr().map(|it| it.port()).map_err(|err| err.to_string())
}
