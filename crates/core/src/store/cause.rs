//! Why a write happened: who did it, and which earlier revision or input made it do so.

use api::Str;

use super::Revision;

/// What set the writer in motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// A change that the writer saw on a watch.
    Revision(Revision),
    /// A recorded input from outside (a kubectl request, a fault), by its number in the input log.
    Input(u64),
    /// The passing of time: a heartbeat, a probe, a back-off that ended, a container that exited.
    Timer,
    /// The cluster's own start.
    Bootstrap,
}

/// Kept with each commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The user of the request ("kubernetes-admin", "system:serviceaccount:kube-system:deployment-controller", …).
    pub user: Str,
    /// The component in short ("deployment-controller", "kubectl"): the field manager.
    pub actor: Str,
    /// The revision or input that set the writer in motion.
    pub trigger: Trigger,
    /// The verb and subresource as in the request ("create", "update status", "create binding"); without the subresource where that is
    /// a rare one.
    pub verb: &'static str,
}
