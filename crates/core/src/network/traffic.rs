//! What the traffic view shows: who asked whom, over which service, with which result.

use api::{Str, Timestamp};

/// How many attempts are remembered.
pub const REMEMBERED: usize = 512;

/// One connection attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// When the first packet was sent.
    pub time: Timestamp,
    /// "namespace/name" of a pod, a node's name, or empty for the outside.
    pub from: Str,
    /// The address as the client wrote it.
    pub asked: Str,
    /// "namespace/name" of the Service whose rule matched; empty without one.
    pub service: Str,
    /// The pod or node it went to; empty when it went nowhere.
    pub to: Str,
    /// The port at the target; the asked one when it went nowhere.
    pub port: u16,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a connection attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Passed on to `to`.
    Sent,
    /// No endpoints, or nobody listens: the client sees "connection refused".
    Refused,
    /// No such address.
    Unreachable,
    /// A cut link: the client waits in vain.
    Lost,
}
