//! Amounts of resources as plain integers. Upstream: pkg/scheduler/framework/types.go (Resource),
//! k8s.io/component-helpers/resource.

use api::core::v1::{Container, Pod};
use api::{Quantity, Str};
use collections::OrdMap;

/// DefaultMilliCPURequest and DefaultMemoryRequest: what a container without requests counts for in scores.
const DEFAULT_MILLI_CPU: i64 = 100;
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Cpu in thousandths, memory and storage in bytes, extended resources by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// Pods; set in allocatables only.
    pub allowed_pods: i64,
    /// Extended resources and huge pages: name and amount.
    pub scalar: Vec<(Str, i64)>,
}

impl Resource {
    /// Reads a resource list (requests, allocatable).
    pub fn of(list: &OrdMap<Str, Quantity>) -> Resource {
        let mut resource = Resource::default();
        for (name, quantity) in list {
            match name.as_str() {
                "cpu" => resource.milli_cpu = quantity.milli_value(),
                "memory" => resource.memory = quantity.value(),
                "ephemeral-storage" => resource.ephemeral_storage = quantity.value(),
                "pods" => resource.allowed_pods = quantity.value(),
                _ => resource.scalar.push((name.clone(), quantity.value())),
            }
        }
        resource
    }

    /// The amount of an extended resource; 0 if there is none.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalar.iter().find(|(present, _)| *present == name).map_or(0, |(_, value)| *value)
    }

    /// Adds all amounts.
    pub fn add(&mut self, other: &Resource) {
        self.combine(other, |a, b| a + b);
    }

    /// Takes all amounts off.
    pub fn subtract(&mut self, other: &Resource) {
        self.combine(other, |a, b| a - b);
    }

    /// The larger of both, amount by amount (init containers).
    pub fn set_max(&mut self, other: &Resource) {
        self.combine(other, i64::max);
    }

    /// True if nothing is asked for; pods do not count.
    pub fn is_zero(&self) -> bool {
        self.milli_cpu == 0
            && self.memory == 0
            && self.ephemeral_storage == 0
            && self.scalar.iter().all(|(_, n)| *n == 0)
    }

    fn combine(&mut self, other: &Resource, op: fn(i64, i64) -> i64) {
        self.milli_cpu = op(self.milli_cpu, other.milli_cpu);
        self.memory = op(self.memory, other.memory);
        self.ephemeral_storage = op(self.ephemeral_storage, other.ephemeral_storage);
        for (name, value) in &other.scalar {
            match self.scalar.iter_mut().find(|(present, _)| present == name) {
                Some((_, present)) => *present = op(*present, *value),
                None => self.scalar.push((name.clone(), op(0, *value))),
            }
        }
    }
}

/// What a pod asks for, and the same with defaults for containers that ask for nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodRequest {
    /// What it asks for.
    pub request: Resource,
    /// With 100 m for each container that asks for no CPU.
    pub non_zero_milli_cpu: i64,
    /// With 200 MiB for each container that asks for no memory.
    pub non_zero_memory: i64,
}

/// PodRequests: the sum of the containers, or what the init containers need at their peak, plus overhead. Init
/// containers that restart always are sidecars: they stay.
pub fn pod_request(pod: &Pod) -> PodRequest {
    let plain = total(pod, |container| Resource::of(&container.resources.requests));
    let non_zero = total(pod, |container| {
        let mut request = Resource::of(&container.resources.requests);
        if !container.resources.requests.contains_key("cpu") {
            request.milli_cpu = DEFAULT_MILLI_CPU;
        }
        if !container.resources.requests.contains_key("memory") {
            request.memory = DEFAULT_MEMORY;
        }
        request
    });
    PodRequest { request: plain, non_zero_milli_cpu: non_zero.milli_cpu, non_zero_memory: non_zero.memory }
}

fn total(pod: &Pod, request_of: impl Fn(&Container) -> Resource) -> Resource {
    let mut total = Resource::default();
    for container in &pod.spec.containers {
        total.add(&request_of(container));
    }
    let (mut sidecars, mut peak) = (Resource::default(), Resource::default());
    for container in &pod.spec.init_containers {
        let mut request = request_of(container);
        if container.restart_policy.as_deref() == Some("Always") {
            sidecars.add(&request);
            request = sidecars.clone();
        } else {
            request.add(&sidecars);
        }
        peak.set_max(&request);
    }
    total.add(&sidecars);
    total.set_max(&peak);
    if let Some(resources) = &pod.spec.resources {
        // Pod-level requests take the place of the sum.
        let level = Resource::of(&resources.requests);
        if resources.requests.contains_key("cpu") {
            total.milli_cpu = level.milli_cpu;
        }
        if resources.requests.contains_key("memory") {
            total.memory = level.memory;
        }
    }
    total.add(&Resource::of(&pod.spec.overhead));
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(cpu: &str, always: bool) -> Container {
        let mut container = Container::default();
        if !cpu.is_empty() {
            let quantity = Quantity::parse(cpu).expect("a quantity");
            container.resources.requests.insert("cpu".into(), quantity);
        }
        container.restart_policy = always.then(|| "Always".into());
        container
    }

    #[test]
    fn init_containers_count_at_their_peak_and_sidecars_always() {
        // containers, init containers (sidecars marked) → thousandths of a cpu
        let table: [(&[&str], &[(&str, bool)], i64); 5] = [
            (&["100m", "200m"], &[], 300),
            (&["100m"], &[("500m", false)], 500),
            (&["100m"], &[("50m", true), ("500m", false)], 550),
            (&["100m"], &[("50m", true)], 150),
            (&[""], &[], 0),
        ];
        for (containers, init, want) in table {
            let mut pod = Pod::default();
            pod.spec.containers = containers.iter().map(|cpu| container(cpu, false)).collect();
            pod.spec.init_containers = init.iter().map(|(cpu, always)| container(cpu, *always)).collect();
            assert_eq!(pod_request(&pod).request.milli_cpu, want, "{containers:?} {init:?}");
        }
        let mut pod = Pod::default();
        pod.spec.containers = vec![container("", false)];
        let request = pod_request(&pod);
        assert_eq!(
            (request.non_zero_milli_cpu, request.non_zero_memory),
            (DEFAULT_MILLI_CPU, DEFAULT_MEMORY)
        );
    }
}
