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
    /// The passing of time, of which no more is known.
    Timer,
    /// The passing of time: something that was due.
    Due(Due),
    /// The cluster's own start.
    Bootstrap,
}

impl Trigger {
    /// Whether time alone set the writer in motion.
    pub fn is_time(self) -> bool {
        matches!(self, Trigger::Timer | Trigger::Due(_))
    }
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A node's lease.
    Heartbeat,
    /// A machine that was switched on.
    Boot,
    /// A node's regular report.
    NodeStatus,
    /// The kubelet's look at what the runtime did.
    Relist,
    /// An image that was pulled.
    Pulled,
    /// The kubelet's look at the machine's memory.
    Eviction,
    /// A pod's regular sync.
    Sync,
    /// A restart, pull or mount that waits longer each time.
    BackOff,
    /// A pod's sandbox that was being made.
    Sandbox,
    /// A container that was being started.
    Container,
    /// A preStop hook that sleeps.
    PreStop,
    /// The grace period of a container that is stopped.
    Grace,
    /// A lifecycle hook that ran.
    Hook,
    /// A pod's `activeDeadlineSeconds`.
    Deadline,
    /// A container that was being stopped.
    Stopped,
    /// A sandbox that was being taken down.
    SandboxGone,
    /// A probe's period.
    Probe,
    /// A process in a container.
    Process,
    /// An answer over the network, to a probe for instance.
    Network,
    /// A key of a controller that asked to be looked at again later, or after a failure.
    Requeue,
    /// A pod that the scheduler could not place a moment ago.
    SchedulingBackOff,
    /// A pod that could not be placed for five minutes.
    SchedulingLeftover,
}

impl Due {
    /// What was due, as it stands behind "because".
    pub fn words(self) -> &'static str {
        match self {
            Due::Heartbeat => "the node's heartbeat was due",
            Due::Boot => "the machine had booted",
            Due::NodeStatus => "the node's regular report was due",
            Due::Relist => "the kubelet's look at its containers was due",
            Due::Pulled => "an image pull had ended",
            Due::Eviction => "the kubelet's look at the machine's memory was due",
            Due::Sync => "the pod's regular sync was due",
            Due::BackOff => "a back-off had ended",
            Due::Sandbox => "the pod's sandbox was ready",
            Due::Container => "a container had been created and started",
            Due::PreStop => "the preStop hook's sleep was over",
            Due::Grace => "the grace period was over",
            Due::Hook => "a lifecycle hook had ended",
            Due::Deadline => "activeDeadlineSeconds had passed",
            Due::Stopped => "a container that was being stopped had ended",
            Due::SandboxGone => "the pod's sandbox was gone",
            Due::Probe => "a probe's period was over",
            Due::Process => "a process in a container went on",
            Due::Network => "an answer had come over the network",
            Due::Requeue => "a look that was put off was due",
            Due::SchedulingBackOff => "the pod's back-off in the scheduler's queue was over",
            Due::SchedulingLeftover => "the pod had been unschedulable for five minutes",
        }
    }
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
