//! Everything that can happen, as one closed enum.

use crate::{controllers, kubelet, scheduler};

/// One scheduled happening. Each component has an enum of its own; this is the sum.
#[derive(Clone, Debug)]
pub enum Event {
    /// Commits reach a watching component: the controller manager, the scheduler, the kubelet of a node, the network.
    Deliver(Watcher),
    /// The controller manager's own: a queue has something, a timer is due.
    Controllers(controllers::Event),
    /// The scheduler's own: the next cycle, the end of a back-off.
    Scheduler(scheduler::Event),
    /// Kubelets, their containers, and what the network delivers to them.
    Nodes(kubelet::Event),
    /// etcd's compaction, every five minutes (kube-apiserver's --etcd-compaction-interval), and event expiry.
    Compact,
}

/// Processes that watch the API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watcher {
    /// kube-controller-manager.
    Controllers,
    /// kube-scheduler.
    Scheduler,
    /// The kubelet and kube-proxy of one node.
    Node(api::Str),
    /// What all nodes' kube-proxies and CoreDNS see: Services, EndpointSlices.
    Network,
}
