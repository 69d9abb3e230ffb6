//! Inputs: what comes into the world from outside. Recorded, they are all that a replay needs besides the seed.

use std::net::IpAddr;

use api::http::Request;
use api::{Str, Timestamp};

/// One thing that somebody outside did.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request that may change something. Reads are not recorded.
    Request(Request),
    /// A stream into a container was opened: exec, attach, port-forward.
    Connect(Request),
    /// A client outside of the cluster connects to an address: a node port, the API server.
    Dial {
        /// As the client names it: a node's address, or the API server's.
        addr: IpAddr,
        /// TCP.
        port: u16,
        /// Whether the client speaks TLS.
        tls: bool,
    },
    /// Bytes for such a stream.
    StreamData {
        /// As numbered by the [`Connect`](Input::Connect) or [`Dial`](Input::Dial) that opened it.
        stream: u64,
        /// As in v5.channel.k8s.io: 0 standard input, 4 the terminal's size (JSON), 255 the end of input.
        channel: u8,
        /// What the client sent at once.
        data: Vec<u8>,
    },
    /// The client closed the stream.
    StreamClose {
        /// The stream's number.
        stream: u64,
    },
    /// Something is broken or mended.
    Fault(Fault),
}

/// What can be broken, and mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The machine loses power: its kubelet and containers are gone until it is started.
    StopNode(Str),
    /// Power is back: kubelet and containers start anew.
    StartNode(Str),
    /// The machine runs on but nobody reaches it.
    CutNode(Str),
    /// The network of the machine is back.
    HealNode(Str),
    /// The main process of a container is killed (SIGKILL).
    KillContainer {
        /// The pod's namespace.
        namespace: Str,
        /// The pod's name.
        pod: Str,
        /// The container's name.
        container: Str,
    },
    /// A process of the control plane stops ("kube-scheduler", "kube-controller-manager").
    StopComponent(Str),
    /// The process is started again, with empty caches.
    StartComponent(Str),
}

/// An input with its place in history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// When it came.
    pub time: Timestamp,
    /// How many events the world had handled before: the exact place among events of the same moment.
    pub after: u64,
    /// What came.
    pub input: Input,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::StopNode(node) => write!(f, "stop node {node}"),
            Fault::StartNode(node) => write!(f, "start node {node}"),
            Fault::CutNode(node) => write!(f, "cut node {node} off the network"),
            Fault::HealNode(node) => write!(f, "reconnect node {node}"),
            Fault::KillContainer { namespace, pod, container } => {
                write!(f, "kill container {container} of pod {namespace}/{pod}")
            }
            Fault::StopComponent(name) => write!(f, "stop {name}"),
            Fault::StartComponent(name) => write!(f, "start {name}"),
        }
    }
}
