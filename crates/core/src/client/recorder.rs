//! Writes Events as client-go's EventRecorder does: one Event per (object, reason, message), counted when it repeats.
//!
//! Mirrors k8s.io/client-go/tools/record: the correlator raises `count` and `lastTimestamp` of an event already
//! written, folds more than ten similar events within ten minutes into "(combined from similar events): …", and drops
//! what exceeds 25 events per source and object (refilled by one every five minutes).

use api::core::v1::{Event, EventSource, ObjectReference};
use api::meta::v1::ObjectMeta;
use api::{Object, Str, Timestamp};
use serde_json::json;

use super::Cx;
use crate::sim::{Duration, Hasher64, SharedMap};

/// defaultAggregateMaxEvents and defaultAggregateIntervalInSeconds.
const AGGREGATE_MAX: usize = 10;
const AGGREGATE_INTERVAL: Duration = Duration::secs(600);
/// defaultSpamBurst and the refill period 1 / defaultSpamQPS.
const SPAM_BURST: u32 = 25;
const SPAM_REFILL: Duration = Duration::secs(300);
/// Entries kept before the oldest are forgotten (client-go's LRU has 4,096).
const CACHE: usize = 4096;

/// What an entry is about, as a number: the texts are long and nobody reads them again.
type EntryKey = u64;

fn entry_key(parts: &[&str]) -> EntryKey {
    let mut hasher = Hasher64::new();
    for part in parts {
        hasher.str(part);
    }
    hasher.finish()
}

#[derive(Clone, Debug)]
struct Written {
    name: Str,
    count: i32,
    last: Timestamp,
}

#[derive(Clone, Debug)]
struct Similar {
    /// The messages themselves, as numbers.
    messages: Vec<EntryKey>,
    last: Timestamp,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: u32,
    refilled: Timestamp,
}

/// The events a component has written lately.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    written: SharedMap<EntryKey, Written>,
    /// The entries of `written`, oldest first.
    ages: SharedMap<(Timestamp, EntryKey), ()>,
    similar: SharedMap<EntryKey, Similar>,
    buckets: SharedMap<EntryKey, Bucket>,
    /// How many entries `similar` and `buckets` may have before what is out of date is swept.
    sweep_similar: usize,
    sweep_buckets: usize,
    /// The time in the last event's name.
    last_nanos: u64,
}

impl Recorder {
    /// Records an event about `object`; failures are ignored, as upstream drops events it cannot write.
    /// `kind` is "Normal" or "Warning".
    pub fn event(&mut self, cx: &mut Cx, object: &Object, kind: &str, reason: &str, message: impl Into<Str>) {
        self.event_for(cx, &reference(object), kind, reason, message);
    }

    /// Records an event about a reference, which may carry a field path (`spec.containers{web}`).
    pub fn event_for(
        &mut self,
        cx: &mut Cx,
        about: &ObjectReference,
        kind: &str,
        reason: &str,
        message: impl Into<Str>,
    ) {
        let mut message: Str = message.into();
        let of = [
            about.kind.as_str(),
            about.namespace.as_str(),
            about.name.as_str(),
            about.uid.as_str(),
            about.field_path.as_str(),
            kind,
            reason,
        ];
        if !self.spend(entry_key(&of[..5]), cx.now) {
            return;
        }
        let group = entry_key(&of);
        let combined = self.aggregate(group, entry_key(&[&message]), cx.now);
        let key = if combined {
            message = format!("(combined from similar events): {message}").into();
            group
        } else {
            entry_key(&[&of[..], &[message.as_str()]].concat())
        };
        if let Some(written) = self.written.get(&key).cloned()
            && self.repeat(cx, about, key, &written, &message)
        {
            return;
        }
        self.first(cx, about, kind, reason, key, message);
    }

    /// Raises the count of an event already written; false when it is gone (events expire after an hour).
    fn repeat(
        &mut self,
        cx: &mut Cx,
        about: &ObjectReference,
        key: EntryKey,
        written: &Written,
        message: &Str,
    ) -> bool {
        let count = written.count + 1;
        let patch = json!({ "count": count, "lastTimestamp": cx.now.rfc3339(), "message": message.as_str() });
        let namespace = event_namespace(about);
        let content_type = "application/strategic-merge-patch+json";
        if cx.patch::<Event>(&namespace, &written.name, "", content_type, patch).is_err() {
            self.forget(key);
            return false;
        }
        self.remember(key, Written { name: written.name.clone(), count, last: cx.now });
        true
    }

    fn first(
        &mut self,
        cx: &mut Cx,
        about: &ObjectReference,
        kind: &str,
        reason: &str,
        key: EntryKey,
        message: Str,
    ) {
        // Upstream: fmt.Sprintf("%v.%x", ref.Name, t.UnixNano()). Within one instant names go on counting, so that events
        // list in the order in which they were recorded; sources differ, so that they do not meet.
        let mut source = crate::sim::Hasher64::new();
        source.str(&cx.identity.component);
        let nanos = cx.now.micros().unsigned_abs() * 1000 + source.finish() % 900;
        let nanos = nanos.max(self.last_nanos + 1);
        self.last_nanos = nanos;
        let name: Str = format!("{}.{:x}", about.name, nanos).into();
        let event = Event {
            metadata: ObjectMeta {
                name: name.clone(),
                namespace: event_namespace(about),
                ..Default::default()
            },
            involved_object: about.clone(),
            reason: reason.into(),
            message,
            source: EventSource { component: cx.identity.component.clone(), host: cx.identity.host.clone() },
            first_timestamp: cx.now,
            last_timestamp: cx.now,
            count: 1,
            type_: kind.into(),
            reporting_component: cx.identity.component.clone(),
            reporting_instance: cx.identity.host.clone(),
            ..Default::default()
        };
        if cx.create(event).is_ok() {
            if self.written.len() >= CACHE
                && let Some((_, oldest)) = self.ages.first().copied()
            {
                self.forget(oldest);
            }
            self.remember(key, Written { name, count: 1, last: cx.now });
        }
    }

    fn remember(&mut self, key: EntryKey, written: Written) {
        let age = (written.last, key);
        if let Some(old) = self.written.insert(key, written) {
            self.ages.remove(&(old.last, key));
        }
        self.ages.insert(age, ());
    }

    fn forget(&mut self, key: EntryKey) {
        if let Some(old) = self.written.remove(&key) {
            self.ages.remove(&(old.last, key));
        }
    }

    fn aggregate(&mut self, group: EntryKey, message: EntryKey, now: Timestamp) -> bool {
        if self.similar.len() >= self.sweep_similar.max(CACHE) {
            self.similar.retain(|_, s| now.since(s.last) <= AGGREGATE_INTERVAL);
            self.sweep_similar = self.similar.len() * 2;
        }
        let similar = self.similar.get_or_insert_with(group, || Similar { messages: Vec::new(), last: now });
        if now.since(similar.last) > AGGREGATE_INTERVAL {
            similar.messages.clear();
        }
        similar.last = now;
        if !similar.messages.contains(&message) && similar.messages.len() < AGGREGATE_MAX {
            similar.messages.push(message);
        }
        similar.messages.len() >= AGGREGATE_MAX
    }

    fn spend(&mut self, about: EntryKey, now: Timestamp) -> bool {
        if self.buckets.len() >= self.sweep_buckets.max(CACHE) {
            self.buckets.retain(|_, b| {
                b.tokens < SPAM_BURST && now.since(b.refilled) < SPAM_REFILL * i64::from(SPAM_BURST)
            });
            self.sweep_buckets = self.buckets.len() * 2;
        }
        let full = || Bucket { tokens: SPAM_BURST, refilled: now };
        let bucket = self.buckets.get_or_insert_with(about, full);
        while bucket.tokens < SPAM_BURST && now.since(bucket.refilled) >= SPAM_REFILL {
            bucket.tokens += 1;
            bucket.refilled += SPAM_REFILL;
        }
        if bucket.tokens == SPAM_BURST {
            bucket.refilled = now;
        }
        if bucket.tokens == 0 {
            return false;
        }
        bucket.tokens -= 1;
        true
    }
}

/// Cluster-scoped objects have their events in `default`.
fn event_namespace(about: &ObjectReference) -> Str {
    if about.namespace.is_empty() { "default".into() } else { about.namespace.clone() }
}

/// A full reference to an object, as k8s.io/client-go/tools/reference.GetReference makes it.
pub fn reference(object: &Object) -> ObjectReference {
    let (gvk, meta) = (object.gvk(), object.meta());
    ObjectReference {
        api_version: gvk.api_version(),
        kind: gvk.kind.clone().into(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        resource_version: meta.resource_version.clone(),
        ..Default::default()
    }
}

/// A reference to one container of a pod: its field path is what `kubectl describe` groups events by.
pub fn container_reference(object: &Object, list: &str, container: &str) -> ObjectReference {
    ObjectReference { field_path: format!("spec.{list}{{{container}}}").into(), ..reference(object) }
}
