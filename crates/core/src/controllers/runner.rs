//! What is around the control loops: one queue for each, retries, the time that reconciles take, and causes.
//!
//! The worker model of one controller: it has `workers()` workers. A reconcile that writes takes real time, so the key
//! it handled is held back for that long (changes that arrive meanwhile collapse into one further reconcile, as in
//! client-go's queue), and the next key is taken after that time divided by the number of workers.

use std::collections::{BTreeMap, BTreeSet};

use api::{Key, Object, Status, Str};

use super::{Controller, ControllerId, Event, Outcome, Work, descriptors, period_key};
use crate::client::{Cause, Change, Operation, ResourceId, Trigger};
use crate::client::{Cx, Identity, Outbox, Recorder, WorkQueue};
use crate::sim::{Duration, Timestamp};

/// Time for looking at one object of a list in a reconcile (a lister's copy, filter and sort).
const READ_MICROS: i64 = 5;
/// Failures after which a retry no longer keeps the world busy: what fails so often waits for somebody.
const BUSY_RETRIES: u32 = 8;

/// The kube-controller-manager process.
#[derive(Clone)]
pub struct Manager {
    slots: Vec<Slot>,
    /// By resource number: (controller, line of its wake-up table).
    wakes: Vec<Vec<(u8, u8)>>,
    /// Those that watch everything.
    wakes_all: Vec<(u8, u8)>,
    /// Events are many and nobody here reads them.
    ignored: Option<ResourceId>,
    started: bool,
    /// Reconciles so far, over all runs of the process.
    reconciles: u64,
}

/// One controller with its queue.
struct Slot {
    controller: Box<dyn Controller>,
    identity: Identity,
    recorder: Recorder,
    queue: WorkQueue<Key>,
    /// Keys whose last reconcile still takes time: until when, and what made them dirty again meanwhile.
    held: BTreeMap<Key, (Timestamp, Option<Trigger>)>,
    busy_until: Timestamp,
    /// An `Event::Sync` is on its way.
    sync_scheduled: bool,
    /// Delayed keys that are work in progress rather than deadlines.
    pending: BTreeSet<(Timestamp, Key)>,
    /// The earliest `Event::Wake` on its way that keeps the world busy, and the earliest that does not.
    wake_work: Option<Timestamp>,
    wake_background: Option<Timestamp>,
}

impl Clone for Slot {
    fn clone(&self) -> Slot {
        Slot {
            controller: self.controller.boxed(),
            identity: self.identity.clone(),
            recorder: self.recorder.clone(),
            queue: self.queue.clone(),
            held: self.held.clone(),
            busy_until: self.busy_until,
            sync_scheduled: self.sync_scheduled,
            pending: self.pending.clone(),
            wake_work: self.wake_work,
            wake_background: self.wake_background,
        }
    }
}

impl Manager {
    /// A process that has not started yet.
    pub fn new() -> Manager {
        let slots = descriptors().into_iter().map(Slot::new).collect();
        let (wakes, wakes_all) = (Vec::new(), Vec::new());
        Manager { slots, wakes, wakes_all, ignored: None, started: false, reconciles: 0 }
    }

    /// True if a running process hears of this change.
    pub fn wants(&self, change: &Change) -> bool {
        let watched = self.wakes.get(usize::from(change.resource.0)).is_some_and(|wakes| !wakes.is_empty());
        self.started && (watched || (Some(change.resource) != self.ignored && concerns_garbage(change)))
    }

    /// Starts the process: forgets what an earlier run had in its queues and lists everything, as informers do.
    pub fn start(&mut self, cx: &mut Cx, out: &mut Outbox<Event>) {
        *self = Manager { started: true, reconciles: self.reconciles, ..Manager::new() };
        self.read_watches(cx);
        let everything: Vec<Change> = initial_list(cx);
        self.observe(cx, &everything, out);
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.controller.period().is_some() {
                slot.queue.add(period_key(), Trigger::Bootstrap);
            }
            slot.schedule(index, cx.now, out);
        }
    }

    /// Changes arrive on the watches: keys go into queues.
    pub fn observe(&mut self, cx: &mut Cx, changes: &[Change], out: &mut Outbox<Event>) {
        let mut keys = Vec::new();
        for change in changes {
            let of_resource = self.wakes.get(usize::from(change.resource.0)).map_or(&[][..], Vec::as_slice);
            for &(controller, line) in of_resource {
                self.slots[usize::from(controller)].observe(cx, change, line, &mut keys);
            }
            if Some(change.resource) != self.ignored && concerns_garbage(change) {
                for &(controller, line) in &self.wakes_all {
                    self.slots[usize::from(controller)].observe(cx, change, line, &mut keys);
                }
            }
        }
        for (index, slot) in self.slots.iter_mut().enumerate() {
            slot.schedule(index, cx.now, out);
        }
    }

    /// Handles one event: at most one reconcile.
    pub fn handle(&mut self, cx: &mut Cx, event: Event, out: &mut Outbox<Event>) {
        let (Event::Sync(id) | Event::Wake(id)) = event;
        let index = usize::from(id.0);
        let Some(slot) = self.slots.get_mut(index) else { return };
        match event {
            Event::Wake(_) => {
                slot.wake_work = slot.wake_work.filter(|time| *time > cx.now);
                slot.wake_background = slot.wake_background.filter(|time| *time > cx.now);
            }
            Event::Sync(_) => {
                slot.sync_scheduled = false;
                slot.release(cx.now);
                self.reconciles += u64::from(slot.reconcile(cx));
            }
        }
        slot.release(cx.now);
        slot.schedule(index, cx.now, out);
    }

    /// How many reconciles there have been.
    pub fn reconciles(&self) -> u64 {
        self.reconciles
    }

    fn read_watches(&mut self, cx: &Cx) {
        let registry = cx.registry();
        self.ignored = registry.id_of::<api::core::v1::Event>();
        for (index, slot) in self.slots.iter().enumerate() {
            for (line, watch) in slot.controller.watches().iter().enumerate() {
                let entry = (index as u8, line as u8);
                let Some(ResourceId(id)) = (watch.resource)(registry) else {
                    self.wakes_all.push(entry);
                    continue;
                };
                let id = usize::from(id);
                if self.wakes.len() <= id {
                    self.wakes.resize(id + 1, Vec::new());
                }
                self.wakes[id].push(entry);
            }
        }
    }
}

impl Slot {
    fn new(controller: Box<dyn Controller>) -> Slot {
        let user = format!("system:serviceaccount:kube-system:{}", controller.service_account());
        let groups = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"];
        let identity = Identity {
            user: user.into(),
            groups: groups.into_iter().map(Str::from).collect(),
            component: controller.name().into(),
            host: Str::default(),
        };
        Slot {
            controller,
            identity,
            recorder: Recorder::default(),
            queue: WorkQueue::default(),
            held: BTreeMap::new(),
            busy_until: Timestamp::ZERO,
            sync_scheduled: false,
            pending: BTreeSet::new(),
            wake_work: None,
            wake_background: None,
        }
    }

    fn observe(&mut self, cx: &Cx, change: &Change, line: u8, keys: &mut Vec<Key>) {
        self.controller.observe(cx, change);
        (self.controller.watches()[usize::from(line)].keys)(cx, change, keys);
        for key in keys.drain(..) {
            self.add(key, Trigger::Revision(change.revision), cx.now);
        }
    }

    /// Queues a key, or remembers that it became dirty while it is being handled.
    fn add(&mut self, key: Key, trigger: Trigger, now: Timestamp) {
        if let Some((until, dirty)) = self.held.get_mut(&key)
            && *until > now
        {
            dirty.get_or_insert(trigger);
            return;
        }
        self.queue.add(key, trigger);
    }

    /// Moves to the queue what may be handled now.
    fn release(&mut self, now: Timestamp) {
        let due: Vec<Key> =
            self.held.iter().filter(|(_, (until, _))| *until <= now).map(|(key, _)| key.clone()).collect();
        for key in due {
            if let Some((_, Some(trigger))) = self.held.remove(&key) {
                self.queue.add(key, trigger);
            }
        }
        self.queue.release(now);
        while self.pending.first().is_some_and(|(time, _)| *time <= now) {
            self.pending.pop_first();
        }
    }

    /// One reconcile of the next key; false if there was none.
    fn reconcile(&mut self, cx: &mut Cx) -> bool {
        let Some((key, trigger)) = self.queue.pop() else { return false };
        let (now, profile) = (cx.now, cx.profile);
        let mut cx = cx.with_identity(&self.identity, trigger);
        let mut work = Work { events: &mut self.recorder, objects: 0, later: Vec::new() };
        let result = self.controller.sync(&mut cx, &mut work, &key);
        let Work { objects, later, .. } = work;
        let writes = cx.writes();
        let cost = cost(profile.reconcile, profile.api_write, writes, objects);
        for (key, time) in later {
            self.queue.add_at(key, time);
        }
        self.settle(&key, result, now);
        self.busy_until =
            now + Duration::micros(cost.as_micros() / i64::from(self.controller.workers().max(1)));
        self.held.insert(key, (now + cost, None));
        true
    }

    /// Decides when the key comes back.
    fn settle(&mut self, key: &Key, result: Result<Outcome, Status>, now: Timestamp) {
        match result {
            Ok(outcome) => {
                self.queue.forget(key);
                if let Outcome::Pending(delay) = outcome {
                    self.pending.insert((now + delay, key.clone()));
                }
                if let Outcome::After(delay) | Outcome::Pending(delay) = outcome {
                    self.queue.add_at(key.clone(), now + delay);
                }
            }
            Err(_) => {
                let time = self.queue.add_rate_limited(key.clone(), now);
                if self.queue.retries(key) <= BUSY_RETRIES {
                    self.pending.insert((time, key.clone()));
                }
            }
        }
        if let Some(period) = self.controller.period()
            && *key == period_key()
        {
            self.queue.add_at(key.clone(), now + period);
        }
    }

    /// Asks for the events that this slot needs next.
    fn schedule(&mut self, index: usize, now: Timestamp, out: &mut Outbox<Event>) {
        let id = ControllerId(index as u8);
        if !self.queue.is_empty() && !self.sync_scheduled {
            self.sync_scheduled = true;
            out.at(self.busy_until.max(now), Event::Sync(id));
        }
        let held = self.held.values().filter(|(_, dirty)| dirty.is_some()).map(|(until, _)| *until).min();
        let pending = self.pending.first().map(|(time, _)| *time);
        if let Some(next) = [held, pending].into_iter().flatten().min()
            && self.wake_work.is_none_or(|time| next < time)
        {
            self.wake_work = Some(next.max(now));
            out.at(next.max(now), Event::Wake(id));
        }
        if let Some(next) = self.queue.next_delayed()
            && [self.wake_work, self.wake_background].into_iter().flatten().all(|time| next < time)
        {
            self.wake_background = Some(next.max(now));
            out.background(next.max(now), Event::Wake(id));
        }
    }
}

/// The time one reconcile takes. Requests of one reconcile overlap (batches that double), hence the logarithm.
fn cost(reconcile: Duration, api_write: Duration, writes: u32, objects: usize) -> Duration {
    let rounds = i64::from((writes + 1).next_power_of_two().trailing_zeros());
    Duration::micros(reconcile.as_micros() + api_write.as_micros() * rounds + READ_MICROS * objects as i64)
}

/// What the garbage collector hears of: objects that appear, go, begin to go, or change owners or finalizers.
fn concerns_garbage(change: &Change) -> bool {
    let (Some(new), Some(old)) = (&change.object, &change.previous) else { return true };
    let (new, old) = (new.meta(), old.meta());
    new.owner_references != old.owner_references
        || new.deletion_timestamp != old.deletion_timestamp
        || new.finalizers != old.finalizers
}

/// Everything that exists, as if it had just been created.
fn initial_list(cx: &Cx) -> Vec<Change> {
    let mut changes = Vec::new();
    for resource in cx.registry().iter() {
        for object in cx.storage().list(resource.id, None) {
            changes.push(listed(cx.now, resource.id, object));
        }
    }
    changes
}

fn listed(now: Timestamp, resource: ResourceId, object: &Object) -> Change {
    let cause =
        Cause { user: Str::default(), actor: Str::default(), trigger: Trigger::Bootstrap, verb: "list" };
    Change {
        revision: object.meta().resource_version.parse().unwrap_or(0),
        time: now,
        resource,
        key: object.key(),
        operation: Operation::Create,
        object: Some(object.clone()),
        previous: None,
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> Slot {
        Slot::new(Box::new(crate::controllers::service_account::ServiceAccountController))
    }

    #[test]
    fn a_key_that_changes_while_it_is_handled_is_handled_once_more_afterwards() {
        let (mut slot, key) = (slot(), Key::cluster("a"));
        let at = |ms| Timestamp::ZERO + Duration::millis(ms);
        slot.held.insert(key.clone(), (at(5), None));
        slot.add(key.clone(), Trigger::Revision(7), at(1));
        slot.add(key.clone(), Trigger::Revision(8), at(2));
        assert!(slot.queue.is_empty());
        slot.release(at(5));
        assert_eq!(slot.queue.pop(), Some((key, Trigger::Revision(7))));
        assert_eq!(slot.queue.pop(), None);
    }

    #[test]
    fn requests_of_one_reconcile_overlap() {
        let ms = Duration::millis;
        let table = [(0, 0, 1000), (1, 0, 3000), (3, 0, 5000), (500, 0, 19_000), (0, 10_000, 51_000)];
        for (writes, objects, micros) in table {
            assert_eq!(cost(ms(1), ms(2), writes, objects).as_micros(), micros, "{writes} {objects}");
        }
    }

    #[test]
    fn deadlines_do_not_keep_the_world_busy_but_retries_do() {
        let (mut slot, mut out) = (slot(), Outbox::default());
        let now = Timestamp::from_secs(1);
        slot.settle(&Key::cluster("a"), Ok(Outcome::After(Duration::secs(600))), now);
        slot.schedule(0, now, &mut out);
        slot.settle(&Key::cluster("b"), Err(Status::internal_error("full")), now);
        slot.schedule(0, now, &mut out);
        let classes: Vec<_> = out.drain().map(|(_, class, _)| class).collect();
        assert_eq!(classes, [crate::sim::Class::Background, crate::sim::Class::Work]);
    }
}
