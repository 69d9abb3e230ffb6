//! Questions about services (`k8s.io/kubernetes/pkg/api/v1/service`, `pkg/api/v1/pod.FindPort`).

use crate::core::v1::{Pod, Service, ServicePort};
use crate::meta::intstr::IntOrString;

/// True if the service has no virtual address of its own.
pub fn is_headless(service: &Service) -> bool {
    service.spec.cluster_ip == "None"
}

/// The number of the pod's port that a service port leads to: given, or named by one of the pod's containers
/// (`FindPort`).
pub fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    let name = match &port.target_port {
        IntOrString::Int(number) => return Some(*number),
        IntOrString::String(name) => name,
    };
    let sidecars =
        pod.spec.init_containers.iter().filter(|container| super::pod::is_restartable_init(container));
    pod.spec
        .containers
        .iter()
        .chain(sidecars)
        .flat_map(|container| &container.ports)
        .find(|known| known.name == *name && known.protocol.or("TCP") == port.protocol.or("TCP"))
        .map(|known| known.container_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use serde_json::json;

    #[test]
    fn named_target_ports_are_looked_up_in_the_pod() {
        let pod = Pod::decode(&json!({"spec": {"containers": [
            {"name": "a", "ports": [{"name": "web", "containerPort": 8080, "protocol": "TCP"}]}
        ]}}))
        .unwrap();
        let port = |target: IntOrString| ServicePort { target_port: target, ..ServicePort::default() };
        assert_eq!(find_port(&pod, &port("web".into())), Some(8080));
        assert_eq!(find_port(&pod, &port("dns".into())), None);
        assert_eq!(find_port(&pod, &port(80.into())), Some(80));
    }
}
