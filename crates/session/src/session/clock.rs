//! The simulator's controls: clock, branches, faults.

use api::{Duration, Timestamp};
use collections::StableSort;
use kubarium_core::cluster::{Cluster, Fault, Input, Progress, Saved};
use protocol::{Branch, Clock, FaultState, Severity, Stepped, Time, Update};

use super::Session;
use super::marks::Marks;
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
    /// The clock stands still only because the past is looked at: back at the present it goes on.
    goes_on: bool,
    hurry: Option<Hurry>,
    told: Clock,
    marks: Marks,
    /// What was last told to be broken.
    faults: Vec<FaultState>,
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
            goes_on: false,
            hurry: None,
            told: Clock::default(),
            marks: Marks::default(),
            faults: Vec::new(),
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
        self.marks.begin(backend, updates);
        updates.push(Update::Faults(Vec::new()));
        self.tell_branches(backend, updates);
    }

    /// What happened since the last time: marks on the time bar, and what is broken at the moment shown.
    pub fn look(&mut self, backend: &Backend, updates: &mut Vec<Update>) {
        self.marks.look(backend, updates);
        let broken = backend.with(broken);
        if broken != self.faults {
            self.faults.clone_from(&broken);
            updates.push(Update::Faults(broken));
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
            // Somebody acted in the past: what follows from it is to be seen.
            if std::mem::take(&mut self.goes_on) {
                self.paused = false;
            }
            // It was left at the moment that was shown: everything after it is another line of history.
            self.leave(saved, backend.now());
            self.marks.begin(backend, updates);
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
            Time::Pause => {
                (self.controls.paused, self.controls.hurry, self.controls.goes_on) = (true, None, false);
            }
            Time::Play => self.controls.paused = false,
            Time::Speed { factor } => self.controls.set_speed(factor),
            Time::Step => self.step(),
            Time::RunUntilIdle => self.start_hurry(IDLE_MAX, true),
            Time::Skip { micros } => self.start_hurry(Duration(micros.max(0)), false),
            Time::Seek { at } => {
                self.controls.goes_on |= !self.controls.paused && self.backend.with(Cluster::is_live);
                (self.controls.paused, self.controls.hurry) = (true, None);
                self.show_moment(|cluster| cluster.seek(Timestamp(at)));
            }
            Time::Live => {
                self.controls.hurry = None;
                self.show_moment(Cluster::live);
                self.go_on();
            }
            Time::Branch => {
                self.branch();
                self.go_on();
            }
            Time::Switch { branch } => self.switch(branch),
        }
    }

    /// Lets the clock run again if it only stood still because the past was shown.
    fn go_on(&mut self) {
        if std::mem::take(&mut self.controls.goes_on) {
            self.controls.paused = false;
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
        controls.marks.begin(&self.backend, &mut self.updates);
        controls.tell_branches(&self.backend, &mut self.updates);
    }
}

/// What is broken at the moment shown, oldest first: each fault that no later one has mended.
fn broken(cluster: &Cluster) -> Vec<FaultState> {
    let mut broken: Vec<Fault> = Vec::new();
    for recorded in cluster.applied() {
        let Input::Fault(fault) = &recorded.input else { continue };
        match undo(fault) {
            Some(_) if broken.contains(fault) => {}
            Some(_) => broken.push(fault.clone()),
            None => broken.retain(|known| undo(known).as_ref() != Some(fault)),
        }
    }
    let state =
        |fault: &Fault| Some(FaultState { text: fault.to_string(), undo: to_protocol(&undo(fault)?) });
    broken.iter().filter_map(state).collect()
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
fn to_protocol(fault: &Fault) -> protocol::Fault {
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
fn undo(fault: &Fault) -> Option<Fault> {
    match fault {
        Fault::StopNode(node) => Some(Fault::StartNode(node.clone())),
        Fault::CutNode(node) => Some(Fault::HealNode(node.clone())),
        Fault::StopComponent(name) => Some(Fault::StartComponent(name.clone())),
        _ => None,
    }
}
