//! The simulator's controls: clock, marks on the time bar, branches, faults.

use api::{Duration, Timestamp};
use collections::StableSort;
use kubarium_core::cluster::{Cluster, Fault, Progress, Saved};
use protocol::{Branch, Clock, Mark, MarkKind, Severity, Stepped, Time, Update};

use super::Session;
use crate::backend::Backend;

/// How far "run until idle" goes when the cluster never comes to rest.
const IDLE_MAX: Duration = Duration::hours(1);
/// Events that a step may pass over until one of them writes something.
const STEP_EVENTS: u64 = 100_000;
/// Events handled between two looks at the person's clock while hurrying.
const HURRY_SLICE: u64 = 256;

/// As fast as can be, up to a moment, or until nothing is left to do.
#[derive(Clone, Copy, Debug)]
struct Hurry {
    until: Timestamp,
    stop_when_idle: bool,
}

/// A line of history that is not shown at present.
struct Other {
    id: u32,
    parent: Option<u32>,
    from: Timestamp,
    saved: Saved,
}

/// State of the controls.
pub(super) struct Controls {
    pub paused: bool,
    pub speed: f64,
    /// The simulation did not keep up in the last frame.
    pub behind: bool,
    hurry: Option<Hurry>,
    told: Clock,
    marks: Vec<Mark>,
    /// Inputs that had been made when the last command was marked.
    marked_inputs: u64,
    others: Vec<Other>,
    current: u32,
    parent: Option<u32>,
    from: Timestamp,
    next_branch: u32,
}

impl Controls {
    pub fn new(backend: &Backend) -> Controls {
        let start = backend.with(|cluster| cluster.config().start);
        Controls {
            paused: false,
            speed: 1.0,
            behind: false,
            hurry: None,
            told: Clock::default(),
            marks: vec![Mark {
                at: start.micros(),
                kind: MarkKind::Start,
                text: "The cluster starts".to_owned(),
            }],
            marked_inputs: 0,
            others: Vec::new(),
            current: 0,
            parent: None,
            from: start,
            next_branch: 1,
        }
    }

    pub fn is_hurrying(&self) -> bool {
        self.hurry.is_some()
    }

    pub fn set_speed(&mut self, factor: f64) {
        self.speed = if factor.is_finite() && factor > 0.0 { factor.clamp(0.1, 100.0) } else { 1.0 };
    }

    /// Tells a page all it needs to know of a world that it sees for the first time.
    pub fn opened(&mut self, backend: &Backend, updates: &mut Vec<Update>) {
        backend.with(|cluster| {
            for recorded in cluster.inputs() {
                let text = kubarium_core::cluster::story::describe_input(&recorded.input);
                self.marks.push(Mark { at: recorded.time.micros(), kind: MarkKind::Command, text });
            }
        });
        self.marked_inputs = backend.inputs();
        updates.push(Update::Marks { reset: true, marks: self.marks.clone() });
        self.tell_branches(backend, updates);
    }

    pub fn mark(&mut self, backend: &Backend, kind: MarkKind, text: String, updates: &mut Vec<Update>) {
        let mark = Mark { at: backend.now().micros(), kind, text };
        self.marks.push(mark.clone());
        updates.push(Update::Marks { reset: false, marks: vec![mark] });
    }

    /// A kubectl command ended: it is marked if it asked the cluster to change.
    pub fn ran(&mut self, backend: &Backend, argv: &[String], updates: &mut Vec<Update>) {
        if self.marked_inputs != backend.inputs() {
            self.marked_inputs = backend.inputs();
            self.mark(backend, MarkKind::Command, argv.join(" "), updates);
        }
    }

    /// The clock, if it has something new to say.
    pub fn tell(&mut self, backend: &Backend, file_changes: u64, updates: &mut Vec<Update>) {
        let clock = backend.with(|cluster| Clock {
            now: cluster.now().micros(),
            earliest: cluster.config().start.micros(),
            latest: cluster.latest().micros(),
            paused: self.paused,
            speed: self.speed,
            live: cluster.is_live(),
            idle: cluster.world().is_idle(),
            hurrying: self.hurry.is_some(),
            revision: cluster.world().revision(),
            changes: backend.inputs() + file_changes,
            behind: self.behind,
        });
        if clock != self.told {
            self.told = clock.clone();
            updates.push(Update::Clock(clock));
        }
    }

    /// Keeps the histories that were left because somebody changed the past.
    pub fn hear_left(&mut self, backend: &Backend, updates: &mut Vec<Update>) {
        for saved in backend.take_left() {
            self.leave(saved, backend.now());
            let now = backend.now().micros();
            self.marks.retain(|mark| mark.at <= now);
            self.marks.push(Mark { at: now, kind: MarkKind::Branch, text: "A new branch begins".to_owned() });
            updates.push(Update::Marks { reset: true, marks: self.marks.clone() });
            self.tell_branches(backend, updates);
        }
    }

    fn leave(&mut self, saved: Saved, at: Timestamp) {
        self.others.push(Other { id: self.current, parent: self.parent, from: self.from, saved });
        self.parent = Some(self.current);
        self.current = self.next_branch;
        self.next_branch += 1;
        self.from = at;
    }

    fn tell_branches(&self, backend: &Backend, updates: &mut Vec<Update>) {
        let mut branches: Vec<Branch> = self
            .others
            .iter()
            .map(|other| Branch {
                id: other.id,
                parent: other.parent,
                from: other.from.micros(),
                latest: other.saved.latest.micros(),
                current: false,
            })
            .collect();
        let latest = backend.with(Cluster::latest).micros();
        branches.push(Branch {
            id: self.current,
            parent: self.parent,
            from: self.from.micros(),
            latest,
            current: true,
        });
        branches.stable_sort_by_key(|branch| branch.id);
        updates.push(Update::Branches(branches));
    }
}

impl Session {
    pub(super) fn time(&mut self, time: Time) {
        match time {
            Time::Pause => (self.controls.paused, self.controls.hurry) = (true, None),
            Time::Play => self.controls.paused = false,
            Time::Speed { factor } => self.controls.set_speed(factor),
            Time::Step => self.step(),
            Time::RunUntilIdle => self.start_hurry(IDLE_MAX, true),
            Time::Skip { micros } => self.start_hurry(Duration(micros.max(0)), false),
            Time::Seek { at } => {
                (self.controls.paused, self.controls.hurry) = (true, None);
                self.show_moment(|cluster| cluster.seek(Timestamp(at)));
            }
            Time::Live => {
                self.controls.hurry = None;
                self.show_moment(Cluster::live);
            }
            Time::Branch => self.branch(),
            Time::Switch { branch } => self.switch(branch),
        }
    }

    fn start_hurry(&mut self, span: Duration, stop_when_idle: bool) {
        self.controls.hurry = Some(Hurry { until: self.backend.now() + span, stop_when_idle });
    }

    pub(super) fn hurry(&mut self, has_time: &mut dyn FnMut() -> bool) {
        let Some(hurry) = self.controls.hurry else { return };
        if !hurry.stop_when_idle {
            if self.flow(hurry.until, has_time) {
                self.controls.hurry = None;
            }
            return;
        }
        loop {
            let progress = self.backend.with_mut(|cluster| cluster.run_until_idle(hurry.until, HURRY_SLICE));
            self.pump();
            if progress == Progress::Reached {
                self.controls.hurry = None;
                return;
            }
            if !has_time() {
                return;
            }
        }
    }

    fn step(&mut self) {
        self.controls.paused = true;
        match self.backend.with_mut(|cluster| cluster.step(STEP_EVENTS)) {
            Some(stepped) => self.updates.push(Update::Stepped(Stepped {
                at: stepped.at.micros(),
                actor: stepped.actor.to_string(),
                sentence: stepped.sentence,
            })),
            None => self.notice(Severity::Info, "Nothing is left to do."),
        }
    }

    /// Shows another moment: connections end, views begin anew.
    fn show_moment(&mut self, go: impl FnOnce(&mut Cluster)) {
        let before = self.backend.now();
        self.backend.with_mut(go);
        if self.backend.now() != before {
            self.backend.disconnect();
        }
    }

    fn branch(&mut self) {
        let saved = self.backend.with_mut(|cluster| {
            let saved = (!cluster.is_live()).then(|| cluster.save());
            cluster.branch();
            saved
        });
        if let Some(saved) = saved {
            self.backend.leave(saved);
            self.backend.disconnect();
        }
    }

    fn switch(&mut self, branch: u32) {
        let controls = &mut self.controls;
        let Some(index) = controls.others.iter().position(|other| other.id == branch) else { return };
        let chosen = controls.others.swap_remove(index);
        let left = self.backend.with(Cluster::save);
        let (id, parent, from) = (controls.current, controls.parent, controls.from);
        controls.others.push(Other { id, parent, from, saved: left });
        (controls.current, controls.parent, controls.from) = (chosen.id, chosen.parent, chosen.from);
        self.backend.with_mut(|cluster| *cluster = Cluster::restore(chosen.saved));
        self.backend.disconnect();
        controls.tell_branches(&self.backend, &mut self.updates);
    }
}

/// The fault as the cluster knows it.
pub(super) fn fault(fault: &protocol::Fault) -> Fault {
    use protocol::Fault as P;
    let name = |text: &String| api::Str::new(text);
    match fault {
        P::StopNode { node } => Fault::StopNode(name(node)),
        P::StartNode { node } => Fault::StartNode(name(node)),
        P::CutNode { node } => Fault::CutNode(name(node)),
        P::HealNode { node } => Fault::HealNode(name(node)),
        P::KillContainer { namespace, pod, container } => {
            Fault::KillContainer { namespace: name(namespace), pod: name(pod), container: name(container) }
        }
        P::StopComponent { name: component } => Fault::StopComponent(name(component)),
        P::StartComponent { name: component } => Fault::StartComponent(name(component)),
    }
}

/// The fault as the page knows it.
pub(super) fn to_protocol(fault: &Fault) -> protocol::Fault {
    use protocol::Fault as P;
    match fault {
        Fault::StopNode(node) => P::StopNode { node: node.to_string() },
        Fault::StartNode(node) => P::StartNode { node: node.to_string() },
        Fault::CutNode(node) => P::CutNode { node: node.to_string() },
        Fault::HealNode(node) => P::HealNode { node: node.to_string() },
        Fault::KillContainer { namespace, pod, container } => P::KillContainer {
            namespace: namespace.to_string(),
            pod: pod.to_string(),
            container: container.to_string(),
        },
        Fault::StopComponent(name) => P::StopComponent { name: name.to_string() },
        Fault::StartComponent(name) => P::StartComponent { name: name.to_string() },
    }
}

/// What mends a fault; `None` for what mends itself, or is a mend.
pub(super) fn undo(fault: &Fault) -> Option<Fault> {
    match fault {
        Fault::StopNode(node) => Some(Fault::StartNode(node.clone())),
        Fault::CutNode(node) => Some(Fault::HealNode(node.clone())),
        Fault::StopComponent(name) => Some(Fault::StartComponent(name.clone())),
        _ => None,
    }
}
