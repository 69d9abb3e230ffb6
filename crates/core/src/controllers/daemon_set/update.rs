//! Rolling updates of a DaemonSet: old pods are deleted, or new ones added beside them, within the bounds of
//! maxUnavailable and maxSurge. Upstream: pkg/controller/daemon/update.go.

use api::apps::v1::DaemonSet;
use api::core::v1::Pod;
use api::{IntOrString, Object, Str};

use super::index::Index;
use super::placement::is_updated;
use crate::client::Cx;

/// What an update does next.
#[derive(Default)]
pub(super) struct Step {
    pub(super) delete: Vec<Object>,
    /// Nodes that get a second pod.
    pub(super) create: Vec<Str>,
}

/// maxSurge and maxUnavailable in pods; percentages round up, and both zero stands for one unavailable.
pub(super) fn bounds(set: &DaemonSet, desired: i32) -> (usize, usize) {
    let rolling = set.spec.update_strategy.rolling_update.as_deref();
    let scaled = |value: Option<&IntOrString>| {
        value.and_then(|value| value.scaled(desired, true).ok()).unwrap_or(0).max(0) as usize
    };
    let surge = scaled(rolling.and_then(|rolling| rolling.max_surge.as_ref()));
    let unavailable = scaled(rolling.and_then(|rolling| rolling.max_unavailable.as_ref()));
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// The pod of the present template and that of an older one, of those that are not being deleted.
/// `None` if there are several of a sort: the main loop cleans up first (findUpdatedPodsOnNode).
fn old_and_new<'a>(
    pods: &'a [Object],
    set: &DaemonSet,
    hash: &Str,
) -> Option<(Option<&'a Object>, Option<&'a Object>)> {
    let (mut old, mut new) = (None, None);
    for object in pods.iter().filter(|pod| !pod.meta().is_deleting()) {
        let pod = object.view::<Pod>()?;
        let slot = if is_updated(pod, set, hash) { &mut new } else { &mut old };
        if slot.replace(object).is_some() {
            return None;
        }
    }
    Some((old, new))
}

/// The next step of an update.
pub(super) fn next(cx: &Cx, set: &DaemonSet, index: &Index) -> Step {
    let (surge, unavailable) = bounds(set, index.total.desired);
    let available = |object: &Object| {
        let pod = object.view::<Pod>();
        pod.is_some_and(|pod| api::pod::is_available(pod, set.spec.min_ready_seconds, cx.now))
    };
    let nodes: Vec<(&Str, Vec<Object>)> = index
        .nodes
        .iter()
        .map(|(name, _)| (name, index.pods(cx, set, name)))
        .filter(|(_, pods)| !pods.is_empty())
        .collect();
    let mut step = Step::default();
    if surge == 0 {
        let (mut missing, mut candidates) = (0, Vec::new());
        for (_, pods) in &nodes {
            match old_and_new(pods, set, &index.hash) {
                // The main loop creates or deletes here first.
                None | Some((None, None) | (Some(_), Some(_))) => missing += 1,
                Some((None, Some(new))) => missing += usize::from(!available(new)),
                Some((Some(old), None)) if !available(old) => {
                    step.delete.push(old.clone());
                    missing += 1;
                }
                Some((Some(old), None)) => candidates.push(old.clone()),
            }
        }
        step.delete.extend(candidates.into_iter().take(unavailable.saturating_sub(missing)));
        return step;
    }
    let (mut surging, mut candidates) = (0, Vec::new());
    for (name, pods) in &nodes {
        match old_and_new(pods, set, &index.hash) {
            None => surging += 1,
            Some((None, _)) => {}
            Some((Some(old), None)) if !available(old) => step.create.push((*name).clone()),
            Some((Some(_), None)) => candidates.push((*name).clone()),
            Some((Some(_), Some(new))) if !available(new) => surging += 1,
            Some((Some(old), Some(_))) => step.delete.push(old.clone()),
        }
    }
    step.create.extend(candidates.into_iter().take(surge.saturating_sub(surging)));
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    #[test]
    fn bounds_round_up_and_never_stand_still() {
        for (unavailable, surge, want) in [
            (json!(1), json!(0), (0, 1)),
            (json!("10%"), json!(0), (0, 2)),
            (json!(0), json!("10%"), (2, 0)),
            (json!(0), json!(0), (0, 1)),
        ] {
            let set = DaemonSet::decode(&json!({
                "spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": unavailable, "maxSurge": surge}}}
            }))
            .unwrap();
            assert_eq!(bounds(&set, 11), want);
        }
    }
}
