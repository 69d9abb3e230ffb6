//! The deployment controller's pure parts: fenceposts, proportions, annotations, conditions, the template's hash.
//! Upstream: pkg/controller/deployment/util/deployment_util.go.

use std::cmp::Ordering;

use api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet};
use api::base::hash::{fnv32a, fnv32a_more, safe_encode};
use api::core::v1::PodTemplateSpec;
use api::meta::codec::encode_message;
use api::meta::v1::ObjectMeta;
use api::{IntOrString, Object, Str, Timestamp};
use collections::StableSort;

use super::rs;
use crate::sim::Duration;

pub(super) const POD_TEMPLATE_HASH: &str = "pod-template-hash";
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// maxRevHistoryLengthInChars.
const MAX_HISTORY_CHARS: usize = 2000;

pub(super) const AVAILABLE: &str = "Available";
pub(super) const PROGRESSING: &str = "Progressing";
pub(super) const REPLICA_FAILURE: &str = "ReplicaFailure";
pub(super) const MINIMUM_REPLICAS_AVAILABLE: &str = "MinimumReplicasAvailable";
pub(super) const MINIMUM_REPLICAS_UNAVAILABLE: &str = "MinimumReplicasUnavailable";
pub(super) const REPLICA_SET_UPDATED: &str = "ReplicaSetUpdated";
pub(super) const FAILED_RS_CREATE: &str = "ReplicaSetCreateError";
pub(super) const NEW_REPLICA_SET: &str = "NewReplicaSetCreated";
pub(super) const FOUND_NEW_RS: &str = "FoundNewReplicaSet";
pub(super) const NEW_RS_AVAILABLE: &str = "NewReplicaSetAvailable";
pub(super) const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub(super) const PAUSED: &str = "DeploymentPaused";
pub(super) const RESUMED: &str = "DeploymentResumed";

/// `spec.replicas` of a ReplicaSet.
pub(super) fn size(set: &ReplicaSet) -> i32 {
    set.spec.replicas.unwrap_or(1)
}

/// Sum of the sizes asked for.
pub(super) fn replica_count(sets: &[Object]) -> i32 {
    sets.iter().map(|set| size(rs(set))).sum()
}

/// Sum of the pods that exist.
pub(super) fn actual_count(sets: &[Object]) -> i32 {
    sets.iter().map(|set| rs(set).status.replicas).sum()
}

/// Sum of the pods that are available.
pub(super) fn available_count<'a>(sets: impl Iterator<Item = &'a Object>) -> i32 {
    sets.map(|set| rs(set).status.available_replicas).sum()
}

/// Sum of the terminating pods; `None` until every set that was observed reports them.
pub(super) fn terminating_count(sets: &[Object]) -> Option<i32> {
    let mut total = 0;
    for set in sets {
        let status = &rs(set).status;
        match status.terminating_replicas {
            Some(count) => total += count,
            None if status.observed_generation == 0 => {}
            None => return None,
        }
    }
    Some(total)
}

/// Those with a size above zero.
pub(super) fn active(sets: &[Object]) -> Vec<Object> {
    sets.iter().filter(|set| size(rs(set)) > 0).cloned().collect()
}

/// Oldest first, then by name (ReplicaSetsByCreationTimestamp).
pub(super) fn by_creation(a: &Object, b: &Object) -> Ordering {
    let (a, b) = (a.meta(), b.meta());
    a.creation_timestamp.cmp(&b.creation_timestamp).then_with(|| a.name.cmp(&b.name))
}

/// The revision that a ReplicaSet's annotation says, 0 if none.
pub(super) fn revision(set: &ReplicaSet) -> i64 {
    set.metadata.annotation(REVISION).parse().unwrap_or(0)
}

pub(super) fn max_revision(sets: &[Object]) -> i64 {
    sets.iter().map(|set| revision(rs(set))).max().unwrap_or(0)
}

pub(super) fn is_rolling_update(d: &Deployment) -> bool {
    d.spec.strategy.type_ == "RollingUpdate"
}

/// Surge and unavailability as numbers of pods: percentages of surge round up, of unavailability down; if both come to
/// zero, one pod may be unavailable, since nothing could move otherwise (ResolveFenceposts).
pub(super) fn resolve_fenceposts(surge: &IntOrString, unavailable: &IntOrString, desired: i32) -> (i32, i32) {
    // What is neither a number nor a percentage was refused by validation.
    let surge = surge.scaled(desired, true).unwrap_or(0);
    let unavailable = unavailable.scaled(desired, false).unwrap_or(0);
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

fn fenceposts(d: &Deployment) -> (i32, i32) {
    let default = || IntOrString::String("25%".into());
    let rolling = d.spec.strategy.rolling_update.as_ref();
    let surge = rolling.and_then(|r| r.max_surge.clone()).unwrap_or_else(default);
    let unavailable = rolling.and_then(|r| r.max_unavailable.clone()).unwrap_or_else(default);
    resolve_fenceposts(&surge, &unavailable, d.spec.replicas.unwrap_or(1))
}

/// How many pods may be unavailable during a rolling update.
pub(super) fn max_unavailable(d: &Deployment) -> i32 {
    let replicas = d.spec.replicas.unwrap_or(1);
    if !is_rolling_update(d) || replicas == 0 {
        return 0;
    }
    fenceposts(d).1.min(replicas)
}

/// How many pods there may be beyond `spec.replicas` during a rolling update.
pub(super) fn max_surge(d: &Deployment) -> i32 {
    if is_rolling_update(d) { fenceposts(d).0 } else { 0 }
}

/// The size that the new set may have now, given all sets (NewRSNewReplicas).
pub(super) fn new_rs_new_replicas(d: &Deployment, all: &[Object], present: i32) -> i32 {
    let desired = d.spec.replicas.unwrap_or(1);
    if !is_rolling_update(d) {
        return desired;
    }
    let room = desired + max_surge(d) - replica_count(all);
    if room <= 0 { present } else { present + room.min(desired - present) }
}

/// True if the new set alone is all that was asked for, and available (IsSaturated).
pub(super) fn is_saturated(d: &Deployment, new: &ReplicaSet) -> bool {
    let desired = d.spec.replicas.unwrap_or(1);
    desired_replicas_annotation(new).is_some_and(|annotated| {
        size(new) == desired && annotated == desired && new.status.available_replicas == desired
    })
}

/// The only set with pods, or the newest set if none has any; `None` if several have pods (FindActiveOrLatest).
pub(super) fn find_active_or_latest(new: Option<&Object>, old: &[Object]) -> Option<Object> {
    let all: Vec<Object> = old.iter().chain(new).cloned().collect();
    let mut active = active(&all);
    match active.len() {
        0 => new.cloned().or_else(|| old.iter().max_by(|a, b| by_creation(a, b)).cloned()),
        1 => active.pop(),
        _ => None,
    }
}

/// The sizes of a Deployment's active sets after it was scaled in the middle of a rollout: each keeps its share, and
/// what rounding leaves over goes to the largest.
pub(super) fn proportional_sizes(d: &Deployment, mut sets: Vec<Object>) -> Vec<(Object, i32)> {
    let desired = d.spec.replicas.unwrap_or(1);
    let allowed = if desired > 0 { desired + max_surge(d) } else { 0 };
    let to_add = allowed - replica_count(&sets);
    let larger_first = |a: &Object, b: &Object| size(rs(b)).cmp(&size(rs(a)));
    match to_add.cmp(&0) {
        Ordering::Greater => sets.stable_sort_by(|a, b| larger_first(a, b).then_with(|| by_creation(b, a))),
        Ordering::Less => sets.stable_sort_by(|a, b| larger_first(a, b).then_with(|| by_creation(a, b))),
        Ordering::Equal => {}
    }
    let mut added = 0;
    let mut sizes: Vec<(Object, i32)> = Vec::new();
    for set in sets {
        let proportion = get_proportion(rs(&set), d, to_add, added);
        added += proportion;
        let size = size(rs(&set)) + proportion;
        sizes.push((set, size));
    }
    if to_add != 0
        && let Some((_, largest)) = sizes.first_mut()
    {
        *largest = (*largest + to_add - added).max(0);
    }
    sizes
}

/// How much one set grows or shrinks, within what is still to be added or removed (GetProportion).
fn get_proportion(set: &ReplicaSet, d: &Deployment, to_add: i32, added: i32) -> i32 {
    if size(set) == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let fraction = replica_set_fraction(size(set), max_replicas_annotation(set), d);
    let allowed = to_add - added;
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

fn replica_set_fraction(size: i32, max_before: Option<i32>, d: &Deployment) -> i32 {
    let desired = d.spec.replicas.unwrap_or(1);
    if desired == 0 {
        return -size;
    }
    let now = f64::from(desired + max_surge(d));
    let before = max_before.filter(|n| *n != 0).unwrap_or(d.status.replicas);
    if before == 0 {
        return 0;
    }
    (f64::from(size) * now / f64::from(before)).round() as i32 - size
}

/// The Deployment size that a ReplicaSet was last scaled for.
pub(super) fn desired_replicas_annotation(set: &ReplicaSet) -> Option<i32> {
    set.metadata.annotation(DESIRED_REPLICAS).parse().ok()
}

fn max_replicas_annotation(set: &ReplicaSet) -> Option<i32> {
    set.metadata.annotation(MAX_REPLICAS).parse().ok()
}

/// Sets an annotation; true if that changed it.
fn annotate(meta: &mut ObjectMeta, key: &str, value: Str) -> bool {
    if meta.annotations.get(key) == Some(&value) {
        return false;
    }
    meta.annotations.insert(key.into(), value);
    true
}

/// Notes the size that the Deployment has, and with surge may have; true if that changed the annotations.
pub(super) fn set_replicas_annotations(meta: &mut ObjectMeta, desired: i32, max: i32) -> bool {
    let desired = annotate(meta, DESIRED_REPLICAS, desired.to_string().into());
    let max = annotate(meta, MAX_REPLICAS, max.to_string().into());
    desired || max
}

/// Copies the Deployment's annotations and sets the revision, keeping the earlier ones of a set that is rolled back to;
/// true if that changed anything (SetNewReplicaSetAnnotations).
pub(super) fn set_new_replica_set_annotations(
    d: &Deployment,
    meta: &mut ObjectMeta,
    revision: i64,
    exists: bool,
) -> bool {
    const SKIPPED: [&str; 6] =
        [LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO];
    let mut changed = false;
    for (key, value) in &d.metadata.annotations {
        if !SKIPPED.contains(&key.as_str()) {
            changed |= annotate(meta, key, value.clone());
        }
    }
    let old = meta.annotations.get(REVISION).cloned();
    if old.as_ref().map_or(0, |old| old.parse().unwrap_or(0)) < revision {
        annotate(meta, REVISION, revision.to_string().into());
        changed = true;
        if let Some(old) = old {
            let history = append_history(meta.annotation(REVISION_HISTORY), &old);
            annotate(meta, REVISION_HISTORY, history.into());
        }
    }
    if !exists {
        let desired = d.spec.replicas.unwrap_or(1);
        changed |= set_replicas_annotations(meta, desired, desired + max_surge(d));
    }
    changed
}

/// `history` with `revision` at its end, shortened from the front when it grows too long.
fn append_history(history: &str, revision: &str) -> String {
    if history.is_empty() {
        return revision.to_owned();
    }
    let mut rest = history;
    while rest.len() + 1 + revision.len() > MAX_HISTORY_CHARS {
        let Some((_, shorter)) = rest.split_once(',') else { return revision.to_owned() };
        rest = shorter;
    }
    format!("{rest},{revision}")
}

/// True if the templates differ in nothing but the pod-template-hash label.
pub(super) fn equal_ignore_hash(a: &PodTemplateSpec, b: &PodTemplateSpec) -> bool {
    let labels = |t: &PodTemplateSpec| {
        let mut labels = t.metadata.labels.clone();
        labels.remove(POD_TEMPLATE_HASH);
        labels
    };
    if a.spec != b.spec || labels(a) != labels(b) {
        return false;
    }
    let rest = |t: &PodTemplateSpec| ObjectMeta { labels: Default::default(), ..t.metadata.clone() };
    rest(a) == rest(b)
}

/// The pod-template-hash. Upstream hashes Go's dump of the struct, which nobody can reproduce elsewhere; here it is the
/// JSON, hashed and encoded in the same way.
pub(in crate::controllers) fn compute_hash(template: &PodTemplateSpec, collisions: Option<i32>) -> String {
    let mut hash = fnv32a(encode_message(template).to_string().as_bytes());
    if let Some(collisions) = collisions {
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&collisions.to_le_bytes());
        hash = fnv32a_more(hash, &bytes);
    }
    safe_encode(&hash.to_string())
}

pub(super) fn new_condition(
    kind: &str,
    status: &str,
    reason: &str,
    message: String,
    now: Timestamp,
) -> DeploymentCondition {
    DeploymentCondition {
        type_: kind.into(),
        status: status.into(),
        last_update_time: now,
        last_transition_time: now,
        reason: reason.into(),
        message: message.into(),
    }
}

pub(super) fn get_condition<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().find(|condition| condition.type_ == kind)
}

/// Replaces a condition, unless status and reason are as before.
pub(super) fn set_condition(status: &mut DeploymentStatus, mut condition: DeploymentCondition) {
    if let Some(current) = get_condition(status, &condition.type_) {
        if current.status == condition.status && current.reason == condition.reason {
            return;
        }
        if current.status == condition.status {
            condition.last_transition_time = current.last_transition_time;
        }
    }
    remove_condition(status, &condition.type_.clone());
    status.conditions.push(condition);
}

pub(super) fn remove_condition(status: &mut DeploymentStatus, kind: &str) {
    status.conditions.retain(|condition| condition.type_ != kind);
}

pub(super) fn has_progress_deadline(d: &Deployment) -> bool {
    d.spec.progress_deadline_seconds.is_some_and(|seconds| seconds != i32::MAX)
}

/// True when all pods are new, available, and the spec was observed.
pub(super) fn deployment_complete(d: &Deployment, status: &DeploymentStatus) -> bool {
    let desired = d.spec.replicas.unwrap_or(1);
    status.updated_replicas == desired
        && status.replicas == desired
        && status.available_replicas == desired
        && status.observed_generation >= d.metadata.generation
}

/// True if more pods are new, ready or available than before, or fewer old ones are left.
pub(super) fn deployment_progressing(d: &Deployment, status: &DeploymentStatus) -> bool {
    let (old, new) = (&d.status, status);
    new.updated_replicas > old.updated_replicas
        || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

/// True if the last progress lies further back than the deadline allows.
pub(super) fn deployment_timed_out(d: &Deployment, status: &DeploymentStatus, now: Timestamp) -> bool {
    let (Some(seconds), Some(condition)) =
        (d.spec.progress_deadline_seconds, get_condition(status, PROGRESSING))
    else {
        return false;
    };
    if condition.reason == NEW_RS_AVAILABLE {
        return false;
    }
    condition.reason == TIMED_OUT || condition.last_update_time + Duration::secs(i64::from(seconds)) < now
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::apps::v1::RollingUpdateDeployment;

    fn value(text: &str) -> IntOrString {
        text.parse().map_or_else(|_| IntOrString::String(text.into()), IntOrString::Int)
    }

    fn deployment(replicas: i32, surge: &str, unavailable: &str) -> Deployment {
        let mut d = Deployment::default();
        d.spec.replicas = Some(replicas);
        d.spec.strategy.type_ = "RollingUpdate".into();
        d.spec.strategy.rolling_update = Some(Box::new(RollingUpdateDeployment {
            max_surge: Some(value(surge)),
            max_unavailable: Some(value(unavailable)),
        }));
        d
    }

    /// A set with a size, the `max-replicas` it was scaled for, and an age.
    fn set(name: &str, size: i32, max: i32, created: i64) -> Object {
        let mut set = ReplicaSet::default();
        set.metadata.name = name.into();
        set.metadata.creation_timestamp = Timestamp::from_secs(created);
        set.spec.replicas = Some(size);
        annotate(&mut set.metadata, MAX_REPLICAS, max.to_string().into());
        Object::of(set)
    }

    #[test]
    fn surge_rounds_up_unavailable_rounds_down() {
        // desired, maxSurge, maxUnavailable → surge, unavailable
        let table = [
            (10, "25%", "25%", 3, 2),
            (3, "25%", "25%", 1, 0),
            (1, "25%", "25%", 1, 0),
            (4, "25%", "25%", 1, 1),
            (10, "0", "0%", 0, 1),
            (2, "0%", "25%", 0, 1),
            (10, "3", "50%", 3, 5),
            (0, "25%", "25%", 0, 1),
        ];
        for (desired, surge, unavailable, want_surge, want_unavailable) in table {
            let got = resolve_fenceposts(&value(surge), &value(unavailable), desired);
            assert_eq!(got, (want_surge, want_unavailable), "{desired} {surge} {unavailable}");
        }
    }

    #[test]
    fn the_new_set_grows_into_the_room_that_surge_leaves() {
        // desired, surge, sizes of all sets, present size of the new one → its next size
        let table: [(i32, &str, &[i32], i32, i32); 5] = [
            (3, "25%", &[3], 0, 1),
            (10, "30%", &[10, 0], 0, 3),
            (10, "0", &[10, 0], 0, 0),
            (10, "5", &[2, 9], 9, 10),
            (3, "100%", &[3], 0, 3),
        ];
        for (desired, surge, sizes, present, want) in table {
            let sets: Vec<Object> = sizes.iter().map(|n| set("s", *n, 0, 0)).collect();
            assert_eq!(
                new_rs_new_replicas(&deployment(desired, surge, "0"), &sets, present),
                want,
                "{desired} {surge} {sizes:?}"
            );
        }
    }

    #[test]
    fn scaling_in_the_middle_of_a_rollout_keeps_proportions() {
        // Upstream's example (docs, "Proportional scaling"): 10 → 15 with surge 3 while the sets are 8 and 5.
        let d = deployment(15, "3", "2");
        let sizes = proportional_sizes(&d, vec![set("old", 8, 13, 1), set("new", 5, 13, 2)]);
        let sizes: Vec<i32> = sizes.iter().map(|(_, size)| *size).collect();
        assert_eq!(sizes, [11, 7]);
        let sizes =
            proportional_sizes(&deployment(5, "0", "2"), vec![set("old", 8, 10, 1), set("new", 2, 10, 2)]);
        assert_eq!(sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [4, 1]);
        let sizes =
            proportional_sizes(&deployment(0, "0", "2"), vec![set("old", 8, 10, 1), set("new", 2, 10, 2)]);
        assert_eq!(sizes.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [0, 0]);
    }

    #[test]
    fn rolling_back_to_a_set_remembers_its_earlier_revisions() {
        let d = deployment(1, "1", "0");
        let mut meta = ObjectMeta::default();
        assert!(set_new_replica_set_annotations(&d, &mut meta, 1, false));
        assert!(set_new_replica_set_annotations(&d, &mut meta, 3, true));
        assert!(set_new_replica_set_annotations(&d, &mut meta, 5, true));
        assert!(!set_new_replica_set_annotations(&d, &mut meta, 5, true));
        assert_eq!((meta.annotation(REVISION), meta.annotation(REVISION_HISTORY)), ("5", "1,3"));
        assert_eq!((meta.annotation(DESIRED_REPLICAS), meta.annotation(MAX_REPLICAS)), ("1", "2"));
    }

    #[test]
    fn a_condition_with_the_same_status_and_reason_stays() {
        let mut status = DeploymentStatus::default();
        let (one, two) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
        set_condition(&mut status, new_condition(AVAILABLE, "True", "A", String::new(), one));
        set_condition(&mut status, new_condition(AVAILABLE, "True", "A", "other".into(), two));
        assert_eq!(status.conditions[0].last_update_time, one);
        set_condition(&mut status, new_condition(AVAILABLE, "True", "B", String::new(), two));
        assert_eq!(
            (status.conditions[0].last_update_time, status.conditions[0].last_transition_time),
            (two, one)
        );
    }
}
