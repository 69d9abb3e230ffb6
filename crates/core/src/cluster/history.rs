//! A cluster with its history: recorded inputs, checkpoints, looking back, branching.
//!
//! A checkpoint is a clone of the world. Any moment is reached by restoring the newest checkpoint before it and
//! replaying the inputs recorded since: the world is deterministic, so this gives the very same world, and its history
//! hash proves it. Checkpoints are spaced by work, not by time, so that the way from one to the next stays short however
//! busy the cluster was; old ones are thinned out.

use api::Timestamp;
use api::http::{Body, Method, Request, Response};
use collections::OrdMap;

use super::{ClusterConfig, Fault, Input, Opened, Recorded, Saved, World};
use crate::apiserver::{WatchCursor, WatchEvent};
use crate::sim::Duration;

/// Work (events handled and commits made) between two checkpoints: replaying that much stays well below 100 ms.
const CHECKPOINT_WORK: u64 = 2_000;
/// Checkpoints kept before one is dropped.
const CHECKPOINTS_MAX: usize = 96;
/// What is older than this may lie further from its checkpoint, by this factor.
const RECENT: Duration = Duration::hours(1);
const OLD_FACTOR: u64 = 8;

#[derive(Clone)]
struct Checkpoint {
    world: World,
    applied: usize,
}

/// A world, how it came about, and the way back.
#[derive(Clone)]
pub struct Cluster {
    config: ClusterConfig,
    world: World,
    inputs: Vec<Recorded>,
    /// How many of `inputs` the world has seen; fewer than all while it looks at the past.
    applied: usize,
    /// The newest moment this history has reached.
    latest: Timestamp,
    checkpoints: OrdMap<u64, Checkpoint>,
}

/// How far a bounded piece of work came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The moment asked for is reached (or nothing is left to do).
    Reached,
    /// The limit of events ran out first; call again.
    Unfinished,
}

impl Cluster {
    /// Boots a new cluster: its first moment, before any event has been handled.
    pub fn new(config: ClusterConfig) -> Cluster {
        let world = World::new(&config);
        let latest = world.now();
        let mut cluster =
            Cluster { config, world, inputs: Vec::new(), applied: 0, latest, checkpoints: OrdMap::new() };
        cluster.checkpoint();
        cluster
    }

    /// The moment shown.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What the cluster was made from.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// The time of the moment shown.
    pub fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// The newest moment of this history.
    pub fn latest(&self) -> Timestamp {
        self.latest
    }

    /// True when the moment shown is the newest: what is asked for now becomes history.
    pub fn is_live(&self) -> bool {
        self.world.now() >= self.latest && self.applied == self.inputs.len()
    }

    /// Everything that came from outside in this history, oldest first.
    pub fn inputs(&self) -> &[Recorded] {
        &self.inputs
    }

    /// The inputs that the moment shown has seen.
    pub fn applied(&self) -> &[Recorded] {
        &self.inputs[..self.applied]
    }

    /// The history hash: equal for equal seeds and inputs, natively and in wasm.
    pub fn hash(&self) -> u64 {
        self.world.history_hash()
    }

    // ---- inputs ------------------------------------------------------------------------------------------------

    /// True if a request is an input: it may change something, and becomes part of history. Reads and dry runs are not.
    pub fn changes(&self, request: &Request) -> bool {
        if World::is_log(request) {
            return request.flag("follow") && self.is_live();
        }
        World::is_connect(request) || !(request.method == Method::Get || request.param("dryRun") == "All")
    }

    /// Reads a log. That may wake a container whose programs had nothing to do yet, so it is done on a copy of the world:
    /// looking changes nothing.
    fn log(&self, request: &Request) -> (Response, Option<Opened>) {
        let mut copy = self.world.clone();
        let (mut response, opened) = copy.read(request);
        if let Some(Opened::Connection(id)) = opened {
            let frames = copy.read_connection(id).unwrap_or_default();
            let bytes: Vec<u8> = frames.into_iter().flat_map(|(_, bytes)| bytes).collect();
            response.body = Body::Bytes(bytes.into());
            response = response.with_header("content-type", "text/plain");
        }
        (response, None)
    }

    /// Answers a request from outside. One that changes something makes the moment shown the newest one: the future
    /// that was known until then is forgotten (callers who want to keep it [`Cluster::save`] it first).
    pub fn request(&mut self, request: Request) -> (Response, Option<Opened>) {
        if World::is_log(&request) && !self.changes(&request) {
            return self.log(&request);
        }
        if !self.changes(&request) {
            return self.world.read(&request);
        }
        let input = if World::is_connect(&request) || World::is_log(&request) {
            Input::Connect(request)
        } else {
            Input::Request(request)
        };
        self.input(input)
    }

    /// Breaks or mends something.
    pub fn fault(&mut self, fault: Fault) {
        self.input(Input::Fault(fault));
    }

    /// Applies an input now and records it.
    pub fn input(&mut self, input: Input) -> (Response, Option<Opened>) {
        self.branch();
        let number = self.inputs.len() as u64;
        let answer = self.world.apply(number, &input);
        self.inputs.push(Recorded { time: self.world.now(), after: self.world.handled(), input });
        self.applied = self.inputs.len();
        answer
    }

    /// What happened since a watch was last polled.
    pub fn poll_watch(&self, cursor: &mut WatchCursor) -> Vec<WatchEvent> {
        self.world.api().poll_watch(self.world.now(), cursor)
    }

    /// What came over a connection into a container since it was last read; `None` when it has ended.
    pub fn read_connection(&mut self, id: u64) -> Option<Vec<(u8, Vec<u8>)>> {
        self.world.read_connection(id)
    }

    /// The hash that this history has at its newest moment.
    pub fn hash_at_latest(&self) -> u64 {
        if self.is_live() {
            return self.hash();
        }
        let mut copy = self.clone();
        copy.live();
        copy.hash()
    }

    /// Makes the moment shown the newest: forgets what came after. Returns whether there was anything to forget.
    pub fn branch(&mut self) -> bool {
        if self.is_live() {
            return false;
        }
        self.inputs.truncate(self.applied);
        self.latest = self.world.now();
        let handled = self.world.handled();
        self.checkpoints.retain(|at, _| *at <= handled);
        true
    }

    // ---- time --------------------------------------------------------------------------------------------------

    /// Lets time pass up to `until`, handling at most `limit` events. In the past this plays back what happened.
    pub fn advance_to(&mut self, until: Timestamp, limit: u64) -> Progress {
        for _ in 0..limit {
            if self.replay_input(until) {
                continue;
            }
            if !self.world.handle_next(until) {
                self.settle(until);
                return Progress::Reached;
            }
            self.after_event();
        }
        Progress::Unfinished
    }

    /// Lets `span` pass, however much there is to do.
    pub fn advance(&mut self, span: Duration) {
        let until = self.world.now() + span;
        while self.advance_to(until, u64::MAX) == Progress::Unfinished {}
    }

    /// Handles events until only background timers are left, at most `limit` of them and not beyond `until`.
    pub fn run_until_idle(&mut self, until: Timestamp, limit: u64) -> Progress {
        for _ in 0..limit {
            if self.replay_input(until) {
                continue;
            }
            if self.world.is_idle() || !self.world.handle_next(until) {
                return Progress::Reached;
            }
            self.after_event();
        }
        Progress::Unfinished
    }

    /// Handles events until one of them has written something; says who did what, and why.
    /// `None` when nothing happened within `limit` events.
    pub fn step(&mut self, limit: u64) -> Option<super::Stepped> {
        for _ in 0..limit {
            if self.replay_input(Timestamp(i64::MAX)) {
                continue;
            }
            let before = self.world.revision();
            if !self.world.handle_next(Timestamp(i64::MAX)) {
                return None;
            }
            self.after_event();
            if let Some(stepped) = self.world.stepped_since(before) {
                return Some(stepped);
            }
        }
        None
    }

    /// Shows the world as it was at `time` (or will be, up to [`Cluster::latest`]).
    pub fn seek(&mut self, time: Timestamp) {
        let time = time.min(self.latest).max(self.config.start);
        let checkpoint = self.checkpoints.values().rev().find(|checkpoint| checkpoint.world.now() <= time);
        if let Some(checkpoint) = checkpoint
            && (time < self.world.now() || checkpoint.world.now() > self.world.now())
        {
            self.world = checkpoint.world.clone();
            self.applied = checkpoint.applied;
        }
        while self.advance_to(time, u64::MAX) == Progress::Unfinished {}
    }

    /// Back to the newest moment.
    pub fn live(&mut self) {
        self.seek(self.latest);
    }

    /// The history as data.
    pub fn save(&self) -> Saved {
        Saved { config: self.config.clone(), inputs: self.inputs.clone(), latest: self.latest }
    }

    /// Brings a saved history back by replaying it.
    pub fn restore(saved: Saved) -> Cluster {
        let mut cluster = Cluster::new(saved.config);
        cluster.inputs = saved.inputs;
        cluster.latest = saved.latest;
        cluster.live();
        cluster
    }

    /// Applies the next recorded input if its place in history has come and it is not after `until`.
    fn replay_input(&mut self, until: Timestamp) -> bool {
        let Some(next) = self.inputs.get(self.applied) else { return false };
        if next.after != self.world.handled() || next.time > until {
            return false;
        }
        self.world.set_now(next.time);
        let number = self.applied as u64;
        self.applied += 1;
        let input = next.input.clone();
        self.world.apply(number, &input);
        true
    }

    fn settle(&mut self, until: Timestamp) {
        self.world.set_now(until);
        if self.applied == self.inputs.len() {
            self.latest = self.latest.max(until);
        }
    }

    fn after_event(&mut self) {
        self.latest = self.latest.max(self.world.now());
        let last = self.checkpoints.last_key_value().map_or(0, |(_, last)| last.world.work());
        if self.world.work() >= last + CHECKPOINT_WORK {
            self.checkpoint();
        }
    }

    fn checkpoint(&mut self) {
        let at = self.world.handled();
        if self.checkpoints.contains_key(&at) {
            return;
        }
        self.checkpoints.insert(at, Checkpoint { world: self.world.clone(), applied: self.applied });
        if self.checkpoints.len() > CHECKPOINTS_MAX
            && let Some(least) = self.least_missed()
        {
            self.checkpoints.remove(&least);
        }
    }

    /// The checkpoint without which the way from one to the next stays shortest; never the first or the last.
    fn least_missed(&self) -> Option<u64> {
        let all: Vec<(u64, u64, Timestamp)> =
            self.checkpoints.iter().map(|(at, it)| (*at, it.world.work(), it.world.now())).collect();
        let now = self.world.now();
        let gap = |three: &&[(u64, u64, Timestamp)]| {
            let work = three[2].1 - three[0].1;
            if now.since(three[2].2) > RECENT { work / OLD_FACTOR } else { work }
        };
        all.windows(3).min_by_key(gap).map(|three| three[1].0)
    }
}
