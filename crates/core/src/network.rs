//! The data plane: addresses, cluster DNS, kube-proxy's rules, links, and the connections that cross them.
//!
//! Programs talk through sockets of their `os::Machine`; whoever hosts the machine (the runtime) passes its network calls to
//! [`Network`], which decides where they go (pod address, service rule, node port, host name outside) and answers by
//! [`Event`]s due after the latency of the link. Nothing polls: a listening socket is an entry in a table.
//!
//! What kube-proxy and CoreDNS know of the cluster is kept here in indexes that [`Network::observe`] maintains from the
//! watch of Services, EndpointSlices, Pods and Nodes. Not modelled: packets below a connection's bytes, MTU, conntrack tables.

pub mod connection;
pub mod dns;
pub mod link;
pub mod proxy;

pub use connection::{ConnId, Connection, Party, Side};
pub use link::{Rule, Verdict};
