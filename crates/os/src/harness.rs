//! Runs a command on a machine to its end: for tests, and for hosts that want an answer at once.
//!
//! Time jumps to whatever the machine waits for next; nothing outside answers, so a program that waits for the network
//! or for keys ends with `Finished::stuck`.

use crate::{
    fs::Volumes,
    host::{ExitStatus, HostCall, HostEvent},
    machine::{Machine, SpawnOptions, Stdio},
    time::{SECOND, Time},
};

/// What a command came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Finished {
    /// All bytes, in order.
    pub stdout: Vec<u8>,
    /// All bytes, in order.
    pub stderr: Vec<u8>,
    /// The exit code; 128 + n for signal n.
    pub code: i32,
    /// It did not end within the limits.
    pub stuck: bool,
    /// When it ended.
    pub at: Time,
}

/// Runs `argv` with `stdin` as input. `slice` is the fuel of one run; results must not depend on it.
pub fn run(
    machine: &mut Machine,
    volumes: &mut Volumes,
    argv: &[&str],
    options: SpawnOptions,
    stdin: &[u8],
    slice: u64,
) -> Finished {
    let (input, out, err) = (machine.new_stream(), machine.new_stream(), machine.new_stream());
    let options = SpawnOptions {
        argv: argv.iter().map(|a| a.to_string()).collect(),
        stdio: [Stdio::Stream(input), Stdio::Stream(out), Stdio::Stream(err)],
        ..options
    };
    let mut finished = Finished::default();
    let pid = match machine.spawn(volumes, options) {
        Ok(pid) => pid,
        Err(e) => {
            finished.stderr = format!("{}: {e}\n", argv.first().unwrap_or(&"")).into_bytes();
            finished.code = 127;
            return finished;
        }
    };
    machine.deliver(volumes, HostEvent::Input { stream: input, bytes: stdin.to_vec() });
    machine.deliver(volumes, HostEvent::InputClosed { stream: input });
    let mut now = machine.now();
    let end = now.plus(100_000 * SECOND);
    let mut fuel = 0u64;
    let mut ended = None;
    loop {
        let ran = machine.run(volumes, now, slice);
        fuel += ran.fuel_used;
        for call in machine.take_calls() {
            match call {
                HostCall::Output { stream, bytes } if stream == out => finished.stdout.extend(bytes),
                HostCall::Output { stream, bytes } if stream == err => finished.stderr.extend(bytes),
                HostCall::Exited { pid: p, status } if p == pid => ended = Some(status),
                _ => {}
            }
        }
        finished.at = now;
        if let Some(status) = ended {
            finished.code = ExitStatus::code(status);
            return finished;
        }
        if ran.runnable || machine.wants_run() {
            if fuel > 2_000_000_000 {
                break;
            }
            continue;
        }
        match ran.next_wake {
            Some(at) if at <= end => now = now.max(at),
            _ => break,
        }
    }
    finished.stuck = true;
    finished.code = -1;
    finished
}
