//! A session without a page: command lines in, output and exit codes out, in virtual time.
//!
//! What `kubarium run` and the transcripts use. While a command waits, the cluster goes on event by event, so a
//! `sleep 30` costs nothing and what a command sees does not depend on how fast the machine is.

use std::rc::Rc;

use api::{Duration, Timestamp};
use kubarium_core::cluster::{Cluster, ClusterConfig, Fault};
use os::{Pid, Signal, StreamId};

use crate::backend::Backend;
use crate::workstation::{Disk, HOME, Said, Workstation};

/// A command that runs longer than this is interrupted.
const COMMAND_MAX: Duration = Duration::hours(6);
/// How old a cluster is when the person arrives: nodes are Ready, kube-system runs, its probes have passed.
pub const SETTLED: Duration = Duration::secs(60);
/// Where the line lies that is being run.
const LINE: &str = "/run/line";
/// Stands around the exit code when a line has been run; no program writes it.
const MARK: char = '\u{1e}';

/// What a command came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Standard output and error as a terminal shows them.
    pub output: String,
    /// The exit code; 128 + n for signal n.
    pub code: i32,
}

/// A cluster and a shell on its workstation.
pub struct Console {
    backend: Rc<Backend>,
    workstation: Workstation,
    shell: Pid,
    input: StreamId,
    output: StreamId,
    pending: Vec<u8>,
}

/// The shell's complaints as it words them at a prompt: `bash: x: command not found`, without the file and its line.
fn as_typed(output: &str) -> String {
    let prefix = format!("{LINE}: line ");
    let mut text = String::new();
    for line in output.split_inclusive('\n') {
        match line.strip_prefix(&prefix).and_then(|rest| rest.split_once(": ")) {
            Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => {
                text.push_str("bash: ");
                text.push_str(rest);
            }
            _ => text.push_str(line),
        }
    }
    text
}

/// Boots a cluster and lets it come to rest.
pub fn settled(config: ClusterConfig) -> Cluster {
    let mut cluster = Cluster::new(config);
    cluster.advance(SETTLED);
    cluster
}

impl Console {
    /// A fresh cluster that has come to rest.
    pub fn new(config: ClusterConfig) -> Result<Console, String> {
        let seed = config.seed;
        Console::on(Rc::new(Backend::new(settled(config))), seed)
    }

    /// A shell beside a cluster that exists.
    pub fn on(backend: Rc<Backend>, seed: u64) -> Result<Console, String> {
        let mut workstation = Workstation::new(backend.clone(), seed);
        let (shell, input, output) = workstation.run_fed(&["bash"])?;
        let mut console = Console { backend, workstation, shell, input, output, pending: Vec::new() };
        // What an interactive shell does by itself: its start-up files, aliases, and outliving Ctrl-C.
        console.run("shopt -s expand_aliases; trap : INT; . /etc/bash.bashrc; . ~/.bashrc", None);
        Ok(console)
    }

    /// The way to the cluster.
    pub fn backend(&self) -> &Rc<Backend> {
        &self.backend
    }

    /// The workstation that the lines run on.
    pub fn workstation(&mut self) -> &mut Workstation {
        &mut self.workstation
    }

    /// Puts a file into the home folder (or anywhere, by absolute path).
    pub fn put_file(&mut self, path: &str, text: &[u8]) -> Result<(), String> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{HOME}/{path}") };
        self.workstation.hardware.write(&path, text)
    }

    /// Runs a command line, which may have several lines, to its end, or interrupts it after some time.
    pub fn run(&mut self, command: &str, interrupt_after: Option<Duration>) -> Outcome {
        self.pending.clear();
        if let Err(error) = self.workstation.hardware.write(LINE, format!("{command}\n").as_bytes()) {
            return Outcome { output: format!("{error}\n"), code: -1 };
        }
        // The line is read from a file, so that a command that reads standard input does not eat what comes after it.
        let mark = format!(". {LINE} </dev/null; printf '{MARK}%s{MARK}' \"$?\"\n");
        self.workstation.feed(self.input, Some(mark.as_bytes()));
        if let Some(outcome) = self.finish(interrupt_after.unwrap_or(COMMAND_MAX)) {
            return outcome;
        }
        self.workstation.signal(self.shell, Signal::INT);
        let mut outcome = self.finish(Duration::mins(2)).unwrap_or_else(|| Outcome {
            output: format!("{}\n(the command does not end)\n", String::from_utf8_lossy(&self.pending)),
            code: -1,
        });
        outcome.output = outcome.output.replace("^C", "");
        outcome
    }

    /// Runs a script with arguments to its end; what it writes goes to `write` as it comes.
    pub fn script(&mut self, argv: &[&str], write: &mut dyn FnMut(&[u8])) -> Result<i32, String> {
        let (pid, out) = self.workstation.run(argv)?;
        loop {
            self.workstation.pump();
            let mut code = None;
            for said in self.workstation.take_said() {
                match said {
                    Said::Output { stream, bytes } if stream == out => write(&bytes),
                    Said::Exited { pid: ended, code: status } if ended == pid => code = Some(status),
                    other => self.answer(other),
                }
            }
            if let Some(code) = code {
                return Ok(code);
            }
            if !self.tick(Timestamp(i64::MAX)) {
                return Err("the script waits for something that will never happen".to_owned());
            }
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, span: Duration) {
        let until = self.backend.now() + span;
        while self.backend.now() < until {
            self.workstation.pump();
            self.tick(until);
        }
        self.workstation.pump();
    }

    /// Breaks or mends something.
    pub fn fault(&mut self, fault: Fault) {
        self.backend.with_mut(|cluster| cluster.fault(fault));
    }

    /// Pumps and lets time pass until the prompt is back; `None` when `limit` runs out first.
    fn finish(&mut self, limit: Duration) -> Option<Outcome> {
        let deadline = self.backend.now() + limit;
        loop {
            self.workstation.pump();
            for said in self.workstation.take_said() {
                match said {
                    Said::Output { stream, bytes } if stream == self.output => self.pending.extend(bytes),
                    other => self.answer(other),
                }
            }
            if let Some(outcome) = self.prompt() {
                return Some(outcome);
            }
            if self.workstation.is_runnable() {
                continue;
            }
            if self.backend.now() >= deadline || !self.tick(deadline) {
                return None;
            }
        }
    }

    /// The outcome, if what has been written ends with the prompt.
    fn prompt(&mut self) -> Option<Outcome> {
        let text = std::str::from_utf8(&self.pending).ok()?;
        let (output, code) = text.strip_suffix(MARK)?.rsplit_once(MARK)?;
        let outcome = Outcome { output: as_typed(output), code: code.parse().ok()? };
        self.pending.clear();
        Some(outcome)
    }

    fn answer(&mut self, said: Said) {
        match said {
            Said::NeedExplain => self.workstation.explain(None),
            // Nobody sits at a page: the file is left as it is.
            Said::Edit { process, .. } => self.workstation.edited(process, None),
            _ => {}
        }
    }

    /// Moves time to the next moment at which something is due, but not beyond `limit`. False when nothing is.
    fn tick(&mut self, limit: Timestamp) -> bool {
        let wake = self.workstation.next_wake();
        self.backend.with_mut(|cluster| {
            let next = [cluster.world().next_time(), wake].into_iter().flatten().min();
            let Some(next) = next.map(|time| time.max(cluster.now())).filter(|time| *time <= limit) else {
                let reachable = limit.0 != i64::MAX && cluster.now() < limit;
                if reachable {
                    while cluster.advance_to(limit, u64::MAX) == kubarium_core::cluster::Progress::Unfinished
                    {
                    }
                }
                return reachable;
            };
            // One event at a time while somebody watches; time stands at the event's own moment.
            cluster.advance_to(next, 1);
            true
        })
    }
}
