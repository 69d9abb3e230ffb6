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
        addr: IpAddr,
        port: u16,
        tls: bool,
    },
    /// Bytes for such a stream.
    StreamData {
        stream: u64,
        channel: u8,
        data: Vec<u8>,
    },
    StreamClose {
        stream: u64,
    },
    Fault(Fault),
}

/// What can be broken, and mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The machine loses power: its kubelet and containers are gone until it is started.
    StopNode(Str),
    StartNode(Str),
    /// The machine runs on but nobody reaches it.
    CutNode(Str),
    HealNode(Str),
    /// The main process of a container is killed (SIGKILL).
    KillContainer {
        namespace: Str,
        pod: Str,
        container: Str,
    },
    /// A process of the control plane stops ("kube-scheduler", "kube-controller-manager").
    StopComponent(Str),
    StartComponent(Str),
}

/// An input with its place in history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub time: Timestamp,
    /// How many events the world had handled before: the exact place among events of the same moment.
    pub after: u64,
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
