//! The scheduler's cache: nodes with their pods, kept up to date change by change; never rebuilt.
//! Upstream: pkg/scheduler/backend/cache.
//!
//! A pod is assumed on its node from the moment it was chosen, so that the next cycle counts it before its binding
//! comes back on the watch. Nodes are shared by clones of the world until one of them changes.

use std::rc::Rc;

use api::core::v1::Pod;
use api::{Object, Str};
use collections::{OrdMap, OrdSet};

use super::node_info::{NodeInfo, PodInfo, ZONE};
use crate::sim::SharedMap;

/// Namespace and labels of a pod, as a number. Pods of one ReplicaSet share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelSetId(pub u32);

/// Distinct (namespace, labels), with the number of users of each.
#[derive(Clone, Debug, Default)]
struct LabelSets {
    ids: OrdMap<(Str, OrdMap<Str, Str>), LabelSetId>,
    sets: Vec<(Str, OrdMap<Str, Str>, usize)>,
    free: Vec<LabelSetId>,
}

impl LabelSets {
    fn acquire(&mut self, namespace: &Str, labels: &OrdMap<Str, Str>) -> LabelSetId {
        let key = (namespace.clone(), labels.clone());
        if let Some(id) = self.ids.get(&key) {
            self.sets[id.0 as usize].2 += 1;
            return *id;
        }
        let entry = (namespace.clone(), labels.clone(), 1);
        let id = match self.free.pop() {
            Some(id) => {
                self.sets[id.0 as usize] = entry;
                id
            }
            None => {
                self.sets.push(entry);
                LabelSetId(self.sets.len() as u32 - 1)
            }
        };
        self.ids.insert(key, id);
        id
    }

    fn release(&mut self, id: LabelSetId) {
        let entry = &mut self.sets[id.0 as usize];
        entry.2 -= 1;
        if entry.2 == 0 {
            let key = (std::mem::take(&mut entry.0), std::mem::take(&mut entry.1));
            self.ids.remove(&key);
            self.free.push(id);
        }
    }
}

/// See the module's documentation.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    slots: Vec<Option<Rc<NodeInfo>>>,
    by_name: OrdMap<Str, usize>,
    /// Slots in the order in which nodes are looked at: zones take turns (nodeTree).
    order: Rc<[usize]>,
    order_is_stale: bool,
    /// uid → node of each bound or assumed pod.
    pods: SharedMap<Str, Str>,
    /// Pods whose node is not known (yet).
    homeless: OrdMap<Str, OrdMap<Str, PodInfo>>,
    label_sets: LabelSets,
    /// On how many nodes each image is.
    image_nodes: OrdMap<Str, usize>,
    /// Slots of nodes that have pods with (anti-)affinity.
    affinity_nodes: OrdSet<usize>,
}

impl Cache {
    /// Adds a node or takes over its new state.
    pub fn set_node(&mut self, object: Object) {
        let name = object.meta().name.clone();
        if let Some(&slot) = self.by_name.get(&name) {
            let Some(node) = &mut self.slots[slot] else { return };
            let node = Rc::make_mut(node);
            let zone_changed = node.object.meta().label(ZONE) != object.meta().label(ZONE);
            let old_images: Vec<Str> = node.images.keys().cloned().collect();
            node.set_node(object);
            let new_images: Vec<Str> = node.images.keys().cloned().collect();
            self.order_is_stale |= zone_changed;
            if old_images != new_images {
                self.count_images(&old_images, false);
                self.count_images(&new_images, true);
            }
            return;
        }
        let mut info = NodeInfo::new(object);
        for (_, pod) in self.homeless.remove(&name).unwrap_or_default() {
            info.add_pod(pod);
        }
        let images: Vec<Str> = info.images.keys().cloned().collect();
        self.count_images(&images, true);
        let has_affinity = info.pods_with_affinity > 0;
        let slot = match self.slots.iter().position(Option::is_none) {
            Some(free) if self.by_name.len() < self.slots.len() => free,
            _ => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        self.slots[slot] = Some(Rc::new(info));
        if has_affinity {
            self.affinity_nodes.insert(slot);
        }
        self.by_name.insert(name, slot);
        self.order_is_stale = true;
    }

    /// Removes a node; its pods stay known until they are deleted.
    pub fn remove_node(&mut self, name: &str) {
        let Some(slot) = self.by_name.remove(name) else { return };
        let Some(node) = self.slots[slot].take() else { return };
        let images: Vec<Str> = node.images.keys().cloned().collect();
        self.count_images(&images, false);
        self.affinity_nodes.remove(&slot);
        self.order_is_stale = true;
        if !node.pods.is_empty() {
            let homeless = node.pods.iter().map(|pod| (pod.object.meta().uid.clone(), pod.clone())).collect();
            self.homeless.insert(node.name().clone(), homeless);
        }
    }

    fn count_images(&mut self, names: &[Str], present: bool) {
        for name in names {
            let count = self.image_nodes.entry(name.clone()).or_insert(0);
            *count = if present { *count + 1 } else { count.saturating_sub(1) };
            if *count == 0 {
                self.image_nodes.remove(name);
            }
        }
    }

    /// Counts a pod on `node`: bound, or assumed to be soon. A pod that is known already is taken over anew.
    pub fn add_pod(&mut self, object: Object, node: &Str) {
        let uid = object.meta().uid.clone();
        if self.pods.get(&uid) == Some(node) && self.replace_in_place(&object, node) {
            return;
        }
        self.remove_pod(&uid);
        let info = self.pod_info(object);
        self.pods.insert(uid.clone(), node.clone());
        match self.by_name.get(node) {
            Some(&slot) => {
                let has_affinity = info.has_pod_affinity();
                if let Some(node) = &mut self.slots[slot] {
                    Rc::make_mut(node).add_pod(info);
                }
                if has_affinity {
                    self.affinity_nodes.insert(slot);
                }
            }
            None => {
                self.homeless.entry(node.clone()).or_default().insert(uid, info);
            }
        }
    }

    /// Most changes of a pod do not concern the scheduler: then only the handle is replaced.
    fn replace_in_place(&mut self, object: &Object, node: &str) -> bool {
        let Some(&slot) = self.by_name.get(node) else { return false };
        let Some(node) = &mut self.slots[slot] else { return false };
        let uid = &object.meta().uid;
        let Some(index) = node.pods.iter().position(|pod| pod.object.meta().uid == *uid) else {
            return false;
        };
        let old = &node.pods[index].object;
        if old.meta().labels != object.meta().labels || !same_spec(old, object) {
            return false;
        }
        Rc::make_mut(node).pods[index].object = object.clone();
        true
    }

    /// Forgets a pod.
    pub fn remove_pod(&mut self, uid: &str) {
        let Some(name) = self.pods.remove(uid) else { return };
        let removed = match self.by_name.get(&name) {
            Some(&slot) => self.slots[slot].as_mut().and_then(|node| {
                let node = Rc::make_mut(node);
                let removed = node.remove_pod(uid);
                if node.pods_with_affinity == 0 {
                    self.affinity_nodes.remove(&slot);
                }
                removed
            }),
            None => self.homeless.get_mut(&name).and_then(|pods| pods.remove(uid)),
        };
        if let Some(pod) = removed {
            self.label_sets.release(pod.label_set);
        }
    }

    /// The node that a pod is bound or assumed to be bound to.
    pub fn node_of(&self, uid: &str) -> Option<&Str> {
        self.pods.get(uid)
    }

    /// Computes what is needed of a pod; to be given back with [`Cache::release`] unless it is added.
    pub fn pod_info(&mut self, object: Object) -> PodInfo {
        let id = self.label_sets.acquire(&object.meta().namespace, &object.meta().labels);
        PodInfo::new(object, id)
    }

    /// Gives back what [`Cache::pod_info`] took.
    pub fn release(&mut self, info: &PodInfo) {
        self.label_sets.release(info.label_set);
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.by_name.len()
    }

    /// The node in a slot; slots of removed nodes are empty until they are used again.
    pub fn slot(&self, slot: usize) -> Option<&NodeInfo> {
        self.slots.get(slot)?.as_deref()
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeInfo> {
        self.slots.iter().filter_map(|slot| slot.as_deref())
    }

    /// Nodes that have pods with affinity or anti-affinity.
    pub fn nodes_with_affinity(&self) -> impl Iterator<Item = &NodeInfo> {
        self.affinity_nodes.iter().filter_map(|slot| self.slot(*slot))
    }

    /// How many nodes have the image, by its normalised name.
    pub fn nodes_with_image(&self, name: &str) -> usize {
        self.image_nodes.get(name).copied().unwrap_or(0)
    }

    /// Which label sets match, by number.
    pub fn matching_label_sets(&self, matches: impl Fn(&Str, &OrdMap<Str, Str>) -> bool) -> Vec<bool> {
        self.label_sets
            .sets
            .iter()
            .map(|(namespace, labels, users)| *users > 0 && matches(namespace, labels))
            .collect()
    }

    /// Slots in the order in which nodes are looked at.
    pub fn order(&mut self) -> Rc<[usize]> {
        if self.order_is_stale {
            self.order_is_stale = false;
            let mut zones: OrdMap<&str, Vec<usize>> = OrdMap::new();
            for slot in self.by_name.values() {
                if let Some(node) = self.slots[*slot].as_ref() {
                    zones.entry(node.object.meta().label(ZONE)).or_default().push(*slot);
                }
            }
            let longest = zones.values().map(Vec::len).max().unwrap_or(0);
            self.order = (0..longest)
                .flat_map(|i| zones.values().filter_map(move |zone| zone.get(i).copied()))
                .collect();
        }
        self.order.clone()
    }
}

/// True if nothing differs that sums, ports or affinity are computed from. A pod's containers are fixed but for their
/// images, and their resources when it is resized.
fn same_spec(old: &Object, new: &Object) -> bool {
    let (Some(old), Some(new)) = (old.view::<Pod>(), new.view::<Pod>()) else { return false };
    old.metadata.generation == new.metadata.generation
        || (old.spec.containers == new.spec.containers
            && old.spec.init_containers == new.spec.init_containers)
}

/// How many pods on a node have one of the matching label sets.
pub fn count_matching(node: &NodeInfo, matching: &[bool]) -> usize {
    let sets = node.label_sets.iter();
    sets.filter(|(id, _)| matching.get(id.0 as usize).copied().unwrap_or(false)).map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Quantity;
    use api::core::v1::{Container, Node};

    fn found<'a>(cache: &'a Cache, name: &str) -> &'a NodeInfo {
        cache.slot(cache.by_name[name]).expect("a node of that name")
    }

    fn node(name: &str, zone: &str) -> Object {
        let mut node = Node::default();
        node.metadata.name = name.into();
        if !zone.is_empty() {
            node.metadata.labels.insert(ZONE.into(), zone.into());
        }
        Object::of(node)
    }

    fn pod(uid: &str) -> Object {
        let mut pod = Pod::default();
        pod.metadata.uid = uid.into();
        pod.metadata.labels.insert("app".into(), "web".into());
        let mut container = Container::default();
        container.resources.requests.insert("cpu".into(), Quantity::from_milli(250));
        pod.spec.containers.push(container);
        Object::of(pod)
    }

    #[test]
    fn an_assumed_pod_is_counted_once_when_its_binding_is_seen() {
        let mut cache = Cache::default();
        cache.set_node(node("a", ""));
        cache.add_pod(pod("1"), &"a".into());
        cache.add_pod(pod("1"), &"a".into());
        assert_eq!(found(&cache, "a").requested.milli_cpu, 250);
        cache.remove_pod("1");
        assert_eq!(found(&cache, "a").requested.milli_cpu, 0);
        assert!(cache.label_sets.ids.is_empty());
    }

    #[test]
    fn pods_seen_before_their_node_are_counted_when_it_comes() {
        let mut cache = Cache::default();
        cache.add_pod(pod("1"), &"a".into());
        cache.set_node(node("a", ""));
        assert_eq!(found(&cache, "a").pods.len(), 1);
    }

    #[test]
    fn zones_take_turns() {
        let mut cache = Cache::default();
        for (name, zone) in [("a", "z1"), ("b", "z1"), ("c", "z2"), ("d", "z1")] {
            cache.set_node(node(name, zone));
        }
        let order = cache.order();
        let names: Vec<&str> = order.iter().map(|slot| cache.slot(*slot).unwrap().name().as_str()).collect();
        assert_eq!(names, ["a", "c", "b", "d"]);
    }
}
