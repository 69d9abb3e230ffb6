//! The session behind a page: commands in, updates out, time in frames.
//!
//! Everything here is bookkeeping between [`protocol`] and the three things that do the work: the cluster (through
//! [`Backend`]), the [`Workstation`], and the [`Subscription`]s.

mod clock;
mod files;
mod marks;
mod questions;
mod terminals;

use std::rc::Rc;

use api::{Duration, Timestamp};
use collections::{OrdMap, StableSort};
use kubarium_core::cluster::{Cluster, ClusterConfig, DEFAULT_START, MAX_NODES, Progress};
use protocol::{Answer, Command, Engine, Id, Opened, Severity, Shape, Start, TerminalId, Update};

use crate::backend::Backend;
use crate::link::{self, Link};
use crate::subscription::Subscription;
use crate::workstation::{HOME, Workstation};
use clock::Controls;
use terminals::Terminal;

/// Events handled between two looks at the clock of the person.
const SLICE: u64 = 64;

/// Objects in the watches of one message: what a page takes and draws within a frame.
const OBJECTS: usize = 80;

/// A cluster, a workstation, and a page that looks at both.
pub struct Session {
    pub(crate) backend: Rc<Backend>,
    pub(crate) workstation: Workstation,
    terminals: OrdMap<TerminalId, Terminal>,
    subscriptions: OrdMap<Id, Subscription>,
    controls: Controls,
    edits: OrdMap<Id, u32>,
    next_edit: Id,
    files: files::Watcher,
    updates: Vec<Update>,
    explain_asked: bool,
}

impl Default for Session {
    fn default() -> Self {
        Session::new()
    }
}

impl Session {
    /// A session that waits for [`Command::Open`]; until then it shows a small cluster at its first moment.
    pub fn new() -> Session {
        Session::around(Cluster::new(ClusterConfig { nodes: 0, ..ClusterConfig::default() }))
    }

    fn around(cluster: Cluster) -> Session {
        let seed = cluster.config().seed;
        let backend = Rc::new(Backend::new(cluster));
        let workstation = Workstation::new(backend.clone(), seed);
        Session {
            workstation,
            terminals: OrdMap::new(),
            subscriptions: OrdMap::new(),
            controls: Controls::new(&backend),
            edits: OrdMap::new(),
            next_edit: 1,
            files: files::Watcher::default(),
            updates: Vec::new(),
            explain_asked: false,
            backend,
        }
    }

    fn answer(&mut self, id: Id, answer: Answer) {
        self.updates.push(Update::Answer { id, answer });
    }

    fn notice(&mut self, severity: Severity, text: impl Into<String>) {
        self.updates.push(Update::Notice { severity, text: text.into() });
    }

    fn open(&mut self, open: protocol::Open) {
        let (cluster, files) = match open.start {
            Start::Fresh(shape) => (crate::console::settled(config(&shape)), starter_files()),
            Start::Saved { state } => match Link::unpack(&state.0) {
                Ok(link) => (Cluster::restore(link.saved), link.files),
                Err((message, hint)) => return self.updates.push(Update::Refused { message, hint }),
            },
            Start::Link { payload, run } => match Link::decode(&payload) {
                Ok(link) if run => (Cluster::restore(link.saved), link.files),
                Ok(link) => (crate::console::settled(link.saved.config), link.files),
                Err((message, hint)) => return self.updates.push(Update::Refused { message, hint }),
            },
        };
        let subscriptions = std::mem::take(&mut self.subscriptions);
        let mut updates = std::mem::take(&mut self.updates);
        *self = Session::around(cluster);
        for (path, text) in files {
            if let Err(error) = crate::workstation::Disk::write(
                &*self.workstation.hardware,
                &format!("{HOME}/{path}"),
                text.as_bytes(),
            ) {
                updates.push(Update::Notice {
                    severity: Severity::Warning,
                    text: format!("{path} was not restored: {error}"),
                });
            }
        }
        self.subscriptions = subscriptions;
        for subscription in self.subscriptions.values_mut() {
            subscription.restart();
        }
        self.updates = updates;
        self.controls.paused = open.paused;
        self.controls.set_speed(open.speed);
        let (config, home) = (self.backend.with(|c| c.config().clone()), HOME.to_owned());
        let shape = Shape { seed: config.seed, nodes: config.nodes, start: Some(config.start.micros()) };
        self.updates.push(Update::Opened(Opened {
            shape,
            version: link::VERSION.to_owned(),
            kubernetes: link::KUBERNETES.to_owned(),
            home,
            terminals: Vec::new(),
        }));
        self.controls.opened(&self.backend, &mut self.updates);
        self.files.touch();
    }

    fn fault(&mut self, fault: &protocol::Fault) {
        self.backend.fault(clock::fault(fault));
    }

    /// Lets the workstation go on and passes on what it says.
    fn pump(&mut self) {
        self.backend.set_stands(self.controls.paused && !self.controls.is_hurrying());
        if self.workstation.pump() {
            self.files.touch();
        }
        self.hear();
    }

    /// Lets simulated time pass up to `target`; false when the person's time ran out first.
    fn flow(&mut self, target: Timestamp, has_time: &mut dyn FnMut() -> bool) -> bool {
        loop {
            let wake = self.workstation.next_wake().filter(|wake| *wake < target);
            let until = wake.unwrap_or(target);
            let progress = self.backend.with_mut(|cluster| cluster.advance_to(until, SLICE));
            if self.workstation.has_clients() || wake.is_some() || self.workstation.is_runnable() {
                self.pump();
            }
            if progress == Progress::Reached && wake.is_none() {
                return true;
            }
            if !has_time() {
                return false;
            }
        }
    }
}

/// Files that a new workstation begins with, so that there is something to read, change and apply.
fn starter_files() -> Vec<(String, String)> {
    [("hello.yaml", include_str!("starter/hello.yaml"))]
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .to_vec()
}

/// A configuration within its bounds.
fn config(shape: &Shape) -> ClusterConfig {
    let start = shape.start.map_or(DEFAULT_START, Timestamp);
    ClusterConfig { seed: shape.seed, nodes: shape.nodes.min(MAX_NODES), start, ..ClusterConfig::default() }
}

impl Engine for Session {
    fn command(&mut self, command: Command) {
        match command {
            Command::Open(open) => self.open(open),
            Command::OpenTerminal { terminal, columns, rows } => self.open_terminal(terminal, columns, rows),
            Command::Input { terminal, text } => self.type_into(terminal, &text),
            Command::Run { terminal, line } => self.run_line(terminal, line),
            Command::Insert { terminal, text } => self.type_into(terminal, &text),
            Command::Resize { terminal, columns, rows } => self.resize(terminal, columns, rows),
            Command::CloseTerminal { terminal } => self.close_terminal(terminal),
            Command::EditDone { edit, text } => {
                if let Some(process) = self.edits.remove(&edit) {
                    self.workstation.edited(process, text);
                }
            }
            Command::Request(request) => self.request(request),
            Command::Watch(watch) => {
                self.subscriptions.insert(watch.id, Subscription::new(watch));
            }
            Command::Unwatch { id } => {
                self.subscriptions.remove(&id);
            }
            Command::Time(time) => self.time(time),
            Command::Fault(fault) => self.fault(&fault),
            Command::Asset { name, text } => self.asset(&name, text),
            other => self.question(other),
        }
        self.pump();
    }

    fn frame(&mut self, wall_ms: f64, has_time: &mut dyn FnMut() -> bool) {
        self.pump();
        if self.controls.is_hurrying() {
            self.hurry(has_time);
        } else if !self.controls.paused {
            let span = Duration((wall_ms.clamp(0.0, 1000.0) * 1000.0 * self.controls.speed) as i64);
            let target = self.backend.now() + span;
            let reached = self.flow(target, has_time);
            self.controls.behind = !reached;
        }
        self.pump();
    }

    fn updates(&mut self) -> Vec<Update> {
        // Those that are behind come last and get what the others leave, so that a crowd keeps nobody waiting.
        let mut order: Vec<&mut Subscription> = self.subscriptions.values_mut().collect();
        order.stable_sort_by_key(|it| it.behind());
        let (mut room, mut left) = (OBJECTS, order.len());
        for subscription in order {
            let share = (room / left).max(1);
            let mut mine = share;
            self.updates.extend(subscription.poll(&self.backend, &mut mine).map(Update::Watch));
            room = room.saturating_sub(share - mine);
            left -= 1;
        }
        self.controls.hear_left(&self.backend, &mut self.updates);
        self.controls.look(&self.backend, &mut self.updates);
        let changes = self.files.changes();
        self.controls.tell(&self.backend, changes, &mut self.updates);
        if let Some(entries) = self.files.poll(&self.workstation) {
            self.updates.push(Update::Files(entries));
        }
        std::mem::take(&mut self.updates)
    }

    fn is_quiet(&self) -> bool {
        self.controls.paused
            && !self.controls.is_hurrying()
            && !self.workstation.is_runnable()
            && self.updates.is_empty()
    }
}
