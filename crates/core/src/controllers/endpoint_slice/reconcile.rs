//! Which endpoints go into which slice. Upstream: k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize).
//!
//! Slices are changed as little as possible: readers get each changed slice whole.

use api::Str;
use api::discovery::v1::{Endpoint, EndpointPort, EndpointSlice};
use collections::{OrdMap, StableSort};

/// `--max-endpoints-per-slice`.
const MAX_ENDPOINTS_PER_SLICE: usize = 100;

/// Endpoints that serve the same ports.
pub(super) struct PortGroup {
    pub(super) ports: Vec<EndpointPort>,
    pub(super) endpoints: Vec<Endpoint>,
}

/// What to write. New slices have ports and endpoints only.
#[derive(Debug, Default)]
pub(super) struct Actions {
    pub(super) create: Vec<EndpointSlice>,
    pub(super) update: Vec<EndpointSlice>,
    pub(super) delete: Vec<EndpointSlice>,
}

/// Decides how the existing slices of one address type come to hold the desired endpoints. A slice whose labels differ
/// from `labels` is updated in any case.
pub(super) fn plan(
    groups: Vec<PortGroup>,
    existing: Vec<EndpointSlice>,
    labels: &OrdMap<Str, Str>,
) -> Actions {
    let count = existing.len();
    let mut actions = Actions::default();
    let mut left = existing;
    for group in groups {
        let (mine, others) = left.into_iter().partition(|slice| slice.ports == group.ports);
        left = others;
        reconcile_by_port_mapping(group, mine, labels, &mut actions);
    }
    actions.delete.extend(left);
    keep_placeholder(count, labels, &mut actions);
    reuse_deleted(&mut actions);
    actions
}

fn reconcile_by_port_mapping(
    group: PortGroup,
    slices: Vec<EndpointSlice>,
    labels: &OrdMap<Str, Str>,
    actions: &mut Actions,
) {
    let mut desired: OrdMap<Str, Endpoint> =
        group.endpoints.into_iter().map(|endpoint| (identity(&endpoint), endpoint)).collect();
    let (mut unchanged, mut changed) = (Vec::new(), Vec::new());
    // 1. Endpoints that stay keep their slice.
    for mut slice in slices {
        let before = slice.endpoints.len();
        let mut differs = slice.metadata.labels != *labels;
        let mut kept = Vec::with_capacity(before);
        for endpoint in std::mem::take(&mut slice.endpoints) {
            if let Some(wanted) = desired.remove(&identity(&endpoint)) {
                differs |= wanted != endpoint;
                kept.push(wanted);
            }
        }
        slice.endpoints = kept;
        if slice.endpoints.is_empty() {
            actions.delete.push(slice);
        } else if differs || slice.endpoints.len() != before {
            changed.push(slice);
        } else {
            unchanged.push(slice);
        }
    }
    // 2. New ones fill up slices that change anyway.
    let mut new: Vec<Endpoint> = desired.into_values().collect();
    changed.stable_sort_by_key(|slice: &EndpointSlice| std::cmp::Reverse(slice.endpoints.len()));
    for slice in &mut changed {
        fill(slice, &mut new);
    }
    // 3. What is left goes into the fullest other slice that has room for all of it, or into new slices.
    while !new.is_empty() {
        let fits = |slice: &EndpointSlice| slice.endpoints.len() + new.len() <= MAX_ENDPOINTS_PER_SLICE;
        let best = (0..unchanged.len())
            .filter(|i| fits(&unchanged[*i]))
            .max_by_key(|i| unchanged[*i].endpoints.len());
        match best {
            Some(index) => {
                let mut slice = unchanged.swap_remove(index);
                fill(&mut slice, &mut new);
                changed.push(slice);
            }
            None => {
                let mut slice = EndpointSlice { ports: group.ports.clone(), ..Default::default() };
                fill(&mut slice, &mut new);
                actions.create.push(slice);
            }
        }
    }
    actions.update.extend(changed);
}

/// Moves endpoints into a slice while there is room; they keep their order.
fn fill(slice: &mut EndpointSlice, new: &mut Vec<Endpoint>) {
    let room = MAX_ENDPOINTS_PER_SLICE.saturating_sub(slice.endpoints.len()).min(new.len());
    slice.endpoints.extend(new.drain(..room));
}

/// A Service always has at least one slice: an empty one if it has no endpoints.
fn keep_placeholder(existing: usize, labels: &OrdMap<Str, Str>, actions: &mut Actions) {
    if existing != actions.delete.len() || !actions.create.is_empty() {
        return;
    }
    let is_placeholder = |slice: &EndpointSlice| slice.ports.is_empty() && slice.metadata.labels == *labels;
    let was_empty = |slice: &EndpointSlice| slice.endpoints.is_empty() && is_placeholder(slice);
    if actions.delete.len() == 1 && was_empty(&actions.delete[0]) {
        actions.delete.clear();
        return;
    }
    actions.create.push(EndpointSlice::default());
}

/// A slice that would be deleted becomes one that would be created.
fn reuse_deleted(actions: &mut Actions) {
    while !actions.delete.is_empty()
        && let Some(create) = actions.create.pop()
    {
        let mut slice = actions.delete.remove(0);
        slice.ports = create.ports;
        slice.endpoints = create.endpoints;
        actions.update.push(slice);
    }
}

/// The pod behind an endpoint.
fn identity(endpoint: &Endpoint) -> Str {
    let target = endpoint.target_ref.as_ref().map(|target| target.uid.clone());
    target.or_else(|| endpoint.addresses.first().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::core::v1::ObjectReference;

    fn endpoint(uid: &str) -> Endpoint {
        let target = ObjectReference { uid: uid.into(), ..Default::default() };
        Endpoint { addresses: vec![uid.into()], target_ref: Some(Box::new(target)), ..Default::default() }
    }

    fn group(names: impl IntoIterator<Item = usize>) -> Vec<PortGroup> {
        let ports = vec![EndpointPort { port: Some(80), ..Default::default() }];
        vec![PortGroup {
            ports,
            endpoints: names.into_iter().map(|n| endpoint(&format!("p{n:04}"))).collect(),
        }]
    }

    fn sizes(slices: &[EndpointSlice]) -> Vec<usize> {
        slices.iter().map(|slice| slice.endpoints.len()).collect()
    }

    fn plan_unlabelled(groups: Vec<PortGroup>, existing: Vec<EndpointSlice>) -> Actions {
        plan(groups, existing, &OrdMap::new())
    }

    #[test]
    fn many_endpoints_are_cut_into_slices_of_100() {
        let actions = plan_unlabelled(group(0..250), vec![]);
        assert_eq!(sizes(&actions.create), [100, 100, 50]);
    }

    #[test]
    fn no_endpoints_leave_one_empty_slice() {
        let first = plan_unlabelled(vec![], vec![]);
        assert_eq!(sizes(&first.create), [0]);
        let again = plan_unlabelled(vec![], first.create);
        assert!(again.create.is_empty() && again.update.is_empty() && again.delete.is_empty());
    }

    #[test]
    fn the_empty_slice_is_used_for_the_first_endpoints_and_kept_after_the_last() {
        let actions = plan_unlabelled(group(0..2), vec![EndpointSlice::default()]);
        assert_eq!((sizes(&actions.update), actions.create.len(), actions.delete.len()), (vec![2], 0, 0));
        let actions = plan_unlabelled(vec![], actions.update);
        assert_eq!((sizes(&actions.update), actions.create.len(), actions.delete.len()), (vec![0], 0, 0));
        assert!(actions.update[0].ports.is_empty());
    }

    #[test]
    fn a_new_endpoint_changes_one_slice_only() {
        let slices = plan_unlabelled(group(0..150), vec![]).create;
        let actions = plan_unlabelled(group(0..151), slices.clone());
        assert_eq!((sizes(&actions.update), actions.create.len()), (vec![51], 0));
        let actions = plan_unlabelled(group(1..151), slices);
        assert_eq!((sizes(&actions.update), actions.create.len()), (vec![100], 0));
    }
}
