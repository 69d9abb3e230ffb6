//! Which pods go first when there are too many. Upstream: getPodsToDelete, ActivePodsWithRanks in
//! pkg/controller/controller_utils.go.

use std::cmp::{Ordering, Reverse};

use api::core::v1::Pod;
use api::pod::ready_since;
use api::{Object, Str, Timestamp};
use collections::{OrdMap, StableSort};

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// `count` of the active pods: those that are lost with the least harm.
pub(super) fn pods_to_delete(
    active: &[Object],
    related: &[Object],
    count: usize,
    now: Timestamp,
) -> Vec<Object> {
    let mut ranked: Vec<Ranked> =
        active.iter().filter_map(|pod| pod.view::<Pod>().map(|view| (pod, view))).map(rank).collect();
    if count < active.len() {
        let mut on_node: OrdMap<&Str, usize> = OrdMap::new();
        for pod in related.iter().filter_map(|pod| pod.view::<Pod>()) {
            *on_node.entry(&pod.spec.node_name).or_insert(0) += 1;
        }
        for ranked in &mut ranked {
            ranked.related = on_node.get(&ranked.pod.spec.node_name).copied().unwrap_or(0);
        }
        ranked.stable_sort_by(|a, b| a.compare(b, now));
    }
    ranked.into_iter().take(count).map(|ranked| ranked.object.clone()).collect()
}

/// A pod with what it is sorted by.
struct Ranked<'a> {
    object: &'a Object,
    pod: &'a Pod,
    phase: u8,
    cost: i32,
    /// Pods of the same owner on its node.
    related: usize,
    ready: Option<Timestamp>,
    restarts: (i32, i32),
}

fn rank<'a>((object, pod): (&'a Object, &'a Pod)) -> Ranked<'a> {
    Ranked {
        object,
        pod,
        phase: match pod.status.phase.as_str() {
            "Pending" | "" => 0,
            "Unknown" => 1,
            _ => 2,
        },
        cost: pod.metadata.annotation(DELETION_COST).parse().unwrap_or(0),
        related: 0,
        ready: ready_since(pod),
        restarts: max_container_restarts(pod),
    }
}

impl Ranked<'_> {
    /// `Less` goes first.
    fn compare(&self, other: &Ranked, now: Timestamp) -> Ordering {
        let uids = || self.pod.metadata.uid.cmp(&other.pod.metadata.uid);
        let assigned = |ranked: &Ranked| !ranked.pod.spec.node_name.is_empty();
        let first = assigned(self)
            .cmp(&assigned(other))
            .then_with(|| self.phase.cmp(&other.phase))
            .then_with(|| self.ready.is_some().cmp(&other.ready.is_some()))
            .then_with(|| self.cost.cmp(&other.cost))
            .then_with(|| other.related.cmp(&self.related));
        if first != Ordering::Equal {
            return first;
        }
        if let (Some(a), Some(b)) = (self.ready, other.ready)
            && a != b
        {
            return magnitude(now, a).cmp(&magnitude(now, b)).then_with(uids);
        }
        let restarts = Reverse(self.restarts).cmp(&Reverse(other.restarts));
        if restarts != Ordering::Equal {
            return restarts;
        }
        let (a, b) = (self.pod.metadata.creation_timestamp, other.pod.metadata.creation_timestamp);
        if a != b {
            return magnitude(now, a).cmp(&magnitude(now, b)).then_with(uids);
        }
        Ordering::Equal
    }
}

/// The power of two of an age: pods of a similar age are equal, so that not always the newest goes.
fn magnitude(now: Timestamp, since: Timestamp) -> i64 {
    let nanos = (now - since).as_micros().saturating_mul(1000);
    if nanos > 0 { i64::from(nanos.ilog2()) } else { -1 }
}

/// Most restarts of a regular container, and of a sidecar.
fn max_container_restarts(pod: &Pod) -> (i32, i32) {
    let regular = pod.status.container_statuses.iter().map(|status| status.restart_count).max().unwrap_or(0);
    let sidecar = |name: &Str| {
        pod.spec
            .init_containers
            .iter()
            .any(|c| c.name == *name && c.restart_policy.as_deref() == Some("Always"))
    };
    let sidecars = pod.status.init_container_statuses.iter().filter(|status| sidecar(&status.name));
    (regular, sidecars.map(|status| status.restart_count).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::{ContainerStatus, PodCondition};

    struct Case {
        node: &'static str,
        phase: &'static str,
        ready: Option<i64>,
        cost: &'static str,
        restarts: i32,
        created: i64,
    }
    const PLAIN: Case =
        Case { node: "n1", phase: "Running", ready: Some(100), cost: "0", restarts: 0, created: 50 };

    fn pod(name: &str, case: &Case) -> Object {
        let mut pod = Pod::default();
        pod.metadata.name = name.into();
        pod.metadata.uid = name.into();
        pod.metadata.creation_timestamp = Timestamp::from_secs(case.created);
        pod.metadata.annotations.insert(DELETION_COST.into(), case.cost.into());
        pod.spec.node_name = case.node.into();
        pod.status.phase = case.phase.into();
        if let Some(since) = case.ready {
            let (type_, status) = ("Ready".into(), "True".into());
            let last_transition_time = Timestamp::from_secs(since);
            pod.status.conditions.push(PodCondition {
                type_,
                status,
                last_transition_time,
                ..Default::default()
            });
        }
        pod.status
            .container_statuses
            .push(ContainerStatus { restart_count: case.restarts, ..Default::default() });
        Object::of(pod)
    }

    #[test]
    fn of_two_pods_the_one_that_is_missed_less_goes() {
        let goes = [
            ("unassigned", Case { node: "", phase: "Pending", ready: None, ..PLAIN }),
            ("pending", Case { phase: "Pending", ready: None, ..PLAIN }),
            ("unknown", Case { phase: "Unknown", ready: None, ..PLAIN }),
            ("not ready", Case { ready: None, ..PLAIN }),
            ("cheap", Case { cost: "-5", ..PLAIN }),
            ("ready for a shorter time", Case { ready: Some(990), ..PLAIN }),
            ("restarted more", Case { restarts: 3, ..PLAIN }),
            ("created later", Case { created: 990, ..PLAIN }),
        ];
        let now = Timestamp::from_secs(1000);
        for (name, case) in goes {
            let pods = [pod("plain", &PLAIN), pod(name, &case)];
            let chosen = pods_to_delete(&pods, &pods, 1, now);
            assert_eq!(chosen[0].meta().name, name);
        }
    }

    #[test]
    fn a_pod_on_a_crowded_node_goes_first() {
        let crowded = Case { node: "n2", ..PLAIN };
        let pods = [pod("a", &PLAIN), pod("b", &crowded), pod("c", &crowded)];
        assert_eq!(pods_to_delete(&pods, &pods, 1, Timestamp::from_secs(1000))[0].meta().name, "b");
    }
}
