//! What the simulated machines are: the hardware and the settings with which each kubelet starts.

use api::Str;
use api::core::v1::Taint;
use collections::OrdMap;

/// What a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs the control plane's static pods; tainted unless it is alone.
    ControlPlane,
    /// Runs everything else.
    Worker,
}

/// One machine.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpec {
    /// The Node object's name, and the host's.
    pub name: Str,
    /// What it is for.
    pub role: Role,
    /// Whole cores.
    pub cpu: u32,
    /// Bytes.
    pub memory: u64,
    /// Bytes of the disk that holds images and container layers.
    pub disk: u64,
    /// The kubelet's `maxPods`.
    pub max_pods: u32,
    /// `system-reserved` + `kube-reserved`: what allocatable lacks, in millicores.
    pub reserved_cpu_milli: u32,
    /// The same for memory, in bytes.
    pub reserved_memory: u64,
    /// `topology.kubernetes.io/zone`; empty for none.
    pub zone: Str,
    /// `topology.kubernetes.io/region`; empty for none.
    pub region: Str,
    /// `node.kubernetes.io/instance-type`; empty outside clouds.
    pub instance_type: Str,
    /// `spec.providerID`; empty outside clouds.
    pub provider_id: Str,
    /// `192.168.49.2`
    pub internal_ip: Str,
    /// Empty for none.
    pub external_ip: Str,
    /// `10.244.1.0/24`
    pub pod_cidr: Str,
    /// `--node-labels`
    pub labels: OrdMap<Str, Str>,
    /// `--register-with-taints`
    pub taints: Vec<Taint>,
    /// `status.nodeInfo.osImage`
    pub os_image: Str,
    /// `status.nodeInfo.kernelVersion`
    pub kernel_version: Str,
    /// `status.nodeInfo.containerRuntimeVersion`
    pub container_runtime: Str,
    /// `amd64`: images for another one do not start.
    pub architecture: Str,
}

impl NodeSpec {
    /// A machine as minikube and kind make them: 2 cores, 4 GiB; `index` numbers its addresses from 1.
    pub fn new(name: &str, role: Role, index: u32) -> NodeSpec {
        NodeSpec {
            name: name.into(),
            role,
            cpu: 2,
            memory: 4 << 30,
            disk: 64 << 30,
            max_pods: 110,
            reserved_cpu_milli: 100,
            reserved_memory: 100 << 20,
            zone: Str::EMPTY,
            region: Str::EMPTY,
            instance_type: Str::EMPTY,
            provider_id: Str::EMPTY,
            internal_ip: format!("192.168.{}.{}", 49 + index / 250, index % 250 + 1).into(),
            external_ip: Str::EMPTY,
            pod_cidr: pod_range(index.saturating_sub(1)).into(),
            labels: OrdMap::new(),
            taints: Vec::new(),
            os_image: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel_version: "6.12.30".into(),
            container_runtime: "containerd://2.1.4".into(),
            architecture: "amd64".into(),
        }
    }
}

/// The pod addresses of the machine with this number from 0: from 10.244.0.0/24 to 10.255.255.0/24, and on from
/// 10.1.0.0/24; 10.96.0.0/12 belongs to Services. The node IPAM controller counts in the same way.
fn pod_range(number: u32) -> String {
    let second = match number / 256 {
        block @ 0..12 => 244 + block,
        block => block - 11,
    };
    format!("10.{second}.{}.0/24", number % 256)
}

/// All machines and what their kubelets share.
#[derive(Clone, Debug, PartialEq)]
pub struct NodesConfig {
    /// In the order in which they were added.
    pub nodes: Vec<NodeSpec>,
    /// `clusterDomain`: "cluster.local".
    pub cluster_domain: Str,
    /// `clusterDNS`: the address of the kube-dns Service.
    pub cluster_dns: Str,
    /// "v1.36.1"
    pub kubelet_version: Str,
    /// Address of the `kubernetes` Service and its port.
    pub apiserver_ip: Str,
    /// Whether control-plane nodes run etcd, kube-apiserver, kube-controller-manager and kube-scheduler as static pods.
    pub static_control_plane: bool,
}

impl Default for NodesConfig {
    fn default() -> Self {
        NodesConfig {
            nodes: Vec::new(),
            cluster_domain: "cluster.local".into(),
            cluster_dns: "10.96.0.10".into(),
            kubelet_version: "v1.36.1".into(),
            apiserver_ip: "10.96.0.1".into(),
            static_control_plane: true,
        }
    }
}
