//! A Deployment's rollouts over time: how many pods each of its ReplicaSets had, as the watch told it.
//!
//! Samples are kept by virtual time, so that looking back at an earlier moment keeps what comes after it visible; a
//! new line of history replaces it.

use std::rc::Rc;

use collections::{OrdMap, StableSort};
use kubarium_protocol::{Clock, EventKind, Json, Micros, WatchUpdate};

use crate::model::collection::{Key, Sink, controller_of, key_of, list, number, text};
use crate::model::units::{SECOND, parse_time};

/// The paths of a ReplicaSet that [`Rollouts`] reads.
pub const REPLICA_SET_PATHS: [&str; 5] = [
    "metadata.annotations",
    "metadata.ownerReferences",
    "spec.replicas",
    "spec.template.spec.containers.image",
    "status",
];

/// Samples kept for each Deployment.
const SAMPLES: usize = 2000;

/// A ReplicaSet as it is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set {
    /// The ReplicaSet's name.
    pub name: String,
    /// `deployment.kubernetes.io/revision`
    pub revision: i64,
    /// Of the template's containers, in order.
    pub images: Vec<String>,
    /// `spec.replicas`
    pub desired: i64,
    /// `status.replicas`
    pub replicas: i64,
    /// `status.readyReplicas`
    pub ready: i64,
    /// `status.availableReplicas`
    pub available: i64,
    /// None while it is not known.
    pub created: Option<Micros>,
    /// `kubernetes.io/change-cause`; mostly empty.
    pub change_cause: String,
}

/// The sets at a moment: replicas and ready ones by ReplicaSet name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// When the watch told it.
    pub at: Micros,
    /// By name: `status.replicas` and `status.readyReplicas`.
    pub sets: OrdMap<String, (i64, i64)>,
}

/// One Deployment's ReplicaSets, now and over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// By name; those deleted stay in the samples.
    pub sets: OrdMap<String, Set>,
    /// Oldest first; one for each moment at which something changed.
    pub samples: Vec<Sample>,
}

/// All rollouts, by the Deployment's namespace and name.
#[derive(Clone, Debug, Default)]
pub struct Rollouts {
    /// By namespace and name.
    pub of: OrdMap<Key, Rc<Rollout>>,
    owner: OrdMap<Key, Key>,
}

impl Sink for Rollouts {
    fn apply(&mut self, update: WatchUpdate, clock: &Clock) {
        let mut touched: Vec<Key> = Vec::new();
        if update.reset {
            for rollout in self.of.values_mut() {
                Rc::make_mut(rollout).sets.clear();
            }
            touched.extend(self.of.keys().cloned());
        }
        for event in update.events {
            let key = key_of(&event.object);
            let deployment = match event.kind {
                EventKind::Deleted => self.remove(&key),
                EventKind::Added | EventKind::Modified => self.insert(key, &event.object),
            };
            touched.extend(deployment);
        }
        touched.stable_sort();
        touched.dedup();
        for key in touched {
            if let Some(rollout) = self.of.get_mut(&key) {
                Rc::make_mut(rollout).record(clock);
            }
        }
    }
}

impl Rollouts {
    fn remove(&mut self, key: &Key) -> Option<Key> {
        let deployment = self.owner.remove(key)?;
        let rollout = self.of.get_mut(&deployment)?;
        Rc::make_mut(rollout).sets.remove(&key.1);
        Some(deployment)
    }

    fn insert(&mut self, key: Key, object: &Json) -> Option<Key> {
        let ("Deployment", name) = controller_of(object)? else { return None };
        let deployment = (key.0.clone(), name.to_string());
        let set = set_of(object);
        Rc::make_mut(self.of.entry(deployment.clone()).or_default()).sets.insert(key.1.clone(), set);
        self.owner.insert(key, deployment.clone());
        Some(deployment)
    }
}

fn set_of(object: &Json) -> Set {
    let annotation = |name: &str| {
        object.pointer("/metadata/annotations").and_then(|it| it.get(name)).and_then(Json::as_str)
    };
    Set {
        name: text(object, "/metadata/name").into(),
        revision: annotation("deployment.kubernetes.io/revision").and_then(|it| it.parse().ok()).unwrap_or(0),
        images: list(object, "/spec/template/spec/containers")
            .iter()
            .map(|it| text(it, "/image").to_string())
            .collect(),
        desired: number(object, "/spec/replicas"),
        replicas: number(object, "/status/replicas"),
        ready: number(object, "/status/readyReplicas"),
        available: number(object, "/status/availableReplicas"),
        created: parse_time(text(object, "/metadata/creationTimestamp")),
        change_cause: annotation("kubernetes.io/change-cause").unwrap_or("").into(),
    }
}

impl Rollout {
    fn record(&mut self, clock: &Clock) {
        // What is shown of the past is known already.
        let newest = self.samples.last().map_or(Micros::MIN, |it| it.at);
        if !clock.live && clock.now <= newest {
            return;
        }
        let sets = self.sets.values().map(|it| (it.name.clone(), (it.replicas, it.ready))).collect();
        self.samples.retain(|it| it.at < clock.now);
        self.samples.push(Sample { at: clock.now, sets });
        if self.samples.len() > SAMPLES {
            // Thin out the older half rather than forget the beginning.
            let half = self.samples.len() / 2;
            let mut index = 0;
            self.samples.retain(|_| {
                index += 1;
                index > half || index % 2 == 1
            });
        }
    }

    /// ReplicaSets from the newest revision to the oldest.
    pub fn by_revision(&self) -> Vec<&Set> {
        let mut sets: Vec<&Set> = self.sets.values().collect();
        sets.stable_sort_by(|a, b| b.revision.cmp(&a.revision).then_with(|| a.name.cmp(&b.name)));
        sets
    }

    /// The span of time to draw: from shortly before the last rollout of at most `window` to now.
    pub fn span(&self, now: Micros, window: Micros) -> (Micros, Micros) {
        let first = self.samples.first().map_or(now - 60 * SECOND, |it| it.at);
        let latest = self.samples.last().map_or(now, |it| it.at.max(now));
        let start = first.max(latest - window) - SECOND;
        (start, latest.max(start + 30 * SECOND))
    }
}

/// One band of the chart: a ReplicaSet's share of the stack, as (time, lower, upper) steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The ReplicaSet's name.
    pub set: String,
    /// Each holds from its time to the next one's.
    pub steps: Vec<(Micros, i64, i64)>,
}

/// Stacks the samples within a span, oldest set at the bottom. `order` lists set names from the bottom up; a set that
/// is gone keeps its name. Values are ready or all replicas.
pub fn bands(samples: &[Sample], order: &[String], span: (Micros, Micros), ready: bool) -> Vec<Band> {
    let before = samples.iter().rposition(|it| it.at <= span.0).unwrap_or(0);
    let mut bands: Vec<Band> = order.iter().map(|set| Band { set: set.clone(), steps: Vec::new() }).collect();
    for sample in &samples[before.min(samples.len())..] {
        let mut lower = 0;
        for band in &mut bands {
            let (all, fit) = sample.sets.get(&band.set).copied().unwrap_or((0, 0));
            let upper = lower + if ready { fit } else { all };
            band.steps.push((sample.at.max(span.0), lower, upper));
            lower = upper;
        }
    }
    bands
}

/// The bounds of a rolling update: fewest available and most pods, from maxUnavailable and maxSurge (numbers or
/// percentages, rounded as the deployment controller rounds).
pub fn bounds(deployment: &Json) -> (i64, i64) {
    let replicas = deployment.pointer("/spec/replicas").and_then(Json::as_i64).unwrap_or(1);
    let strategy = deployment.pointer("/spec/strategy");
    if strategy.is_some_and(|it| text(it, "/type") == "Recreate") {
        return (0, replicas);
    }
    let value =
        |name: &str, up: bool| match strategy.and_then(|it| it.pointer(&format!("/rollingUpdate/{name}"))) {
            Some(Json::Number(number)) => number.as_i64().unwrap_or(0),
            Some(Json::String(percent)) => {
                let share = percent.trim_end_matches('%').parse::<i64>().unwrap_or(0) * replicas;
                if up { (share + 99) / 100 } else { share / 100 }
            }
            _ => 0,
        };
    let surge = value("maxSurge", true);
    let mut unavailable = value("maxUnavailable", false).min(replicas);
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    (replicas - unavailable, replicas + surge)
}

#[cfg(test)]
mod tests {
    use kubarium_protocol::WatchEvent;
    use serde_json::json;

    use super::*;

    fn set(name: &str, revision: &str, replicas: i64) -> WatchEvent {
        WatchEvent {
            kind: EventKind::Modified,
            object: json!({
                "metadata": {"namespace": "d", "name": name, "annotations": {"deployment.kubernetes.io/revision": revision},
                    "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
                "spec": {"replicas": replicas}, "status": {"replicas": replicas, "readyReplicas": replicas},
            }),
        }
    }

    fn at(now: i64, live: bool) -> Clock {
        Clock { now: now * SECOND, live, ..Clock::default() }
    }

    #[test]
    fn samples_follow_live_time_and_survive_a_look_back() {
        let mut rollouts = Rollouts::default();
        let update = |events, reset| WatchUpdate { events, reset, ..WatchUpdate::default() };
        rollouts.apply(update(vec![set("web-a", "1", 3)], true), &at(10, true));
        rollouts.apply(update(vec![set("web-a", "1", 2), set("web-b", "2", 1)], false), &at(20, true));
        rollouts.apply(update(vec![set("web-a", "1", 3)], true), &at(12, false));
        let rollout = &rollouts.of[&("d".to_string(), "web".to_string())];
        assert_eq!(rollout.samples.iter().map(|it| it.at / SECOND).collect::<Vec<_>>(), [10, 20]);
        assert_eq!(rollout.sets.len(), 1, "the past has one set");
        // A new line of history from there replaces what came after.
        rollouts.apply(update(vec![set("web-a", "1", 4)], false), &at(15, true));
        let rollout = &rollouts.of[&("d".to_string(), "web".to_string())];
        assert_eq!(rollout.samples.iter().map(|it| it.at / SECOND).collect::<Vec<_>>(), [10, 15]);
    }

    #[test]
    fn bands_stack_from_the_oldest_set_up() {
        let sample = |at: i64, a: i64, b: i64| Sample {
            at: at * SECOND,
            sets: [("a".to_string(), (a, a)), ("b".to_string(), (b, 0))].into_iter().collect(),
        };
        let order = ["a".to_string(), "b".to_string()];
        let bands = bands(&[sample(1, 3, 0), sample(5, 2, 2)], &order, (2 * SECOND, 9 * SECOND), false);
        assert_eq!(bands[0].steps, [(2 * SECOND, 0, 3), (5 * SECOND, 0, 2)]);
        assert_eq!(bands[1].steps, [(2 * SECOND, 3, 3), (5 * SECOND, 2, 4)]);
    }

    #[test]
    fn bounds_round_as_the_controller_does() {
        let rolling = |surge: Json, unavailable: Json| {
            json!({"spec": {"replicas": 5, "strategy": {"type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}})
        };
        assert_eq!(bounds(&rolling(json!("25%"), json!("25%"))), (4, 7));
        assert_eq!(bounds(&rolling(json!(1), json!(0))), (5, 6));
        assert_eq!(bounds(&json!({"spec": {"replicas": 3, "strategy": {"type": "Recreate"}}})), (0, 3));
    }
}
