//! The stories marked `real-kubectl: yes`, played by the real kubectl against `kubarium serve`.
//!
//! `cargo xtask test clients` sets `KUBECTL` (the real one) and `KUBARIUM` (our binary). Virtual time runs faster than the
//! wall's by [`SPEED`]; a shell is started for each command, so a marked story does not rely on `cd` or variables.

// Outside the world: this starts processes and waits for them.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use kubarium_tests::loose;
use kubarium_tests::play::Stage;
use kubarium_tests::server::{SPEED, Server, program};
use kubarium_tests::story::{Micros, Outcome, Settings};
use kubarium_tests::suite::{self, Suite};

/// No command of a story may take longer.
const COMMAND_MAX: Duration = Duration::from_secs(60);

const SUITE: Suite = Suite {
    make_stage: &start,
    wants: |story| story.settings.real_kubectl,
    alike: loose::alike,
    blesses: false,
};

fn main() -> ExitCode {
    suite::main(&SUITE)
}

/// A server, and the real client.
struct Real {
    server: Server,
    kubectl: PathBuf,
}

fn start(settings: &Settings) -> Result<Box<dyn Stage>, String> {
    let real = Real { kubectl: program("KUBECTL")?, server: Server::start(settings)? };
    // A story starts when the nodes are Ready.
    let ready = real.shell("kubectl wait --for=condition=Ready node --all --timeout=20s", COMMAND_MAX)?;
    if ready.exit == 0 {
        Ok(Box::new(real))
    } else {
        Err(format!("the nodes are not ready: {}", ready.output))
    }
}

impl Real {
    /// Runs one command line with both outputs in one file, as on a terminal; it is interrupted when time is up.
    fn shell(&self, line: &str, limit: Duration) -> Result<Outcome, String> {
        let out = self.server.home().join(".out");
        let file = File::create(&out).map_err(|err| err.to_string())?;
        let both = file.try_clone().map_err(|err| err.to_string())?;
        let bin = self.kubectl.parent().unwrap_or(Path::new("."));
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(self.server.home())
            .env("HOME", self.server.home())
            .env("PATH", path);
        command.env("KUBECONFIG", self.server.kubeconfig()).stdin(Stdio::null()).stdout(file).stderr(both);
        let mut child = command.process_group(0).spawn().map_err(|err| format!("cannot run bash: {err}"))?;
        let interrupted = !ended(&mut child, limit)?;
        if interrupted {
            interrupt(&child)?;
        }
        let status = child.wait().map_err(|err| err.to_string())?;
        let mut output = String::from_utf8_lossy(&std::fs::read(&out).unwrap_or_default()).into_owned();
        if interrupted {
            output.push_str("^C\n");
        }
        Ok(Outcome { output, exit: status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1) })
    }
}

/// Waits for a process; whether it ended in time.
fn ended(child: &mut Child, limit: Duration) -> Result<bool, String> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if child.try_wait().map_err(|err| err.to_string())?.is_some() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(false)
}

/// Ctrl-C: to all processes of the command.
fn interrupt(child: &Child) -> Result<(), String> {
    let status = Command::new("kill").args(["-INT", "--", &format!("-{}", child.id())]).status();
    status.map(|_| ()).map_err(|err| format!("cannot run kill: {err}"))
}

impl Stage for Real {
    fn put_file(&mut self, path: &str, text: &str) -> Result<(), String> {
        let file = self.server.home().join(path);
        let folder = file.parent().unwrap_or(self.server.home());
        std::fs::create_dir_all(folder).map_err(|err| err.to_string())?;
        std::fs::write(&file, text).map_err(|err| err.to_string())
    }

    fn run(&mut self, command: &str, interrupt_after: Option<Micros>) -> Result<Outcome, String> {
        match interrupt_after {
            Some(time) => self.shell(command, Duration::from_micros(time / SPEED)),
            None => self.shell(command, COMMAND_MAX),
        }
    }

    fn wait(&mut self, time: Micros) -> Result<(), String> {
        std::thread::sleep(Duration::from_micros(time / SPEED));
        Ok(())
    }

    fn direct(&mut self, _words: &[&str]) -> Result<(), String> {
        Err("only on a simulated stage: do not mark this story real-kubectl".to_string())
    }
}
