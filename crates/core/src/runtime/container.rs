//! Containers and sandboxes as the runtime knows them.
//!
//! A container is one run; a restart makes a new one. Its program lives in an `os::Machine`, unless it is dormant
//! (see [`crate::runtime`]) or over.

use std::net::IpAddr;
use std::rc::Rc;

use api::{Str, Timestamp};

use super::catalogue::Image;
use super::logs::Log;
use super::machine::{Config, Instance};
use crate::network::{ContainerId, NetnsId, SandboxId};

/// A pod's sandbox: the pause container and its namespaces.
#[derive(Clone, Debug, PartialEq)]
pub struct Sandbox {
    /// Its number on the node.
    pub id: SandboxId,
    /// 64 hex digits.
    pub cri_id: Str,
    /// Whose it is.
    pub pod_uid: Str,
    /// Its network namespace.
    pub netns: NetnsId,
    /// The pod's address.
    pub ip: IpAddr,
    /// 0 for the pod's first one.
    pub attempt: u32,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// 128 + n for signal n.
    pub code: i32,
    /// "Completed", "Error", "OOMKilled", "StartError", "ContainerStatusUnknown".
    pub reason: Str,
    /// `status.…terminated.message`: the termination log's content, or the runtime's error.
    pub message: Str,
    /// `finishedAt`
    pub at: Timestamp,
}

/// Where a container's program is.
#[derive(Clone, Debug)]
pub enum Body {
    /// Waits for connections; its machine is built when somebody needs it.
    Dormant,
    /// The machine is built, and runs when something happens.
    Machine(Rc<Instance>),
    /// Ended, or lost with its node. The log stays.
    Gone,
}

/// One run of a container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its number on the node.
    pub id: ContainerId,
    /// 64 hex digits.
    pub cri_id: Str,
    /// The container's name in the spec.
    pub name: Str,
    /// Whose it is.
    pub pod_uid: Str,
    /// Whose namespaces it shares.
    pub sandbox: SandboxId,
    /// The sandbox's network namespace.
    pub netns: NetnsId,
    /// What it was made from.
    pub image: Rc<Image>,
    /// When the runtime made it.
    pub created: Timestamp,
    /// Zero until it runs.
    pub started: Timestamp,
    /// How it ended; `None` before.
    pub exit: Option<Rc<Exit>>,
    /// What there is of it.
    pub body: Body,
    /// What the machine is built from; `None` while dormant.
    pub config: Option<Rc<Config>>,
    /// What it wrote; stays until the container is removed.
    pub log: Log,
    /// When the machine asked to be run next; other wake-ups are stale.
    pub wake: Option<Timestamp>,
    /// The kubelet asked it to stop.
    pub stopping: bool,
    /// Killed for memory.
    pub oom: bool,
    /// Resident bytes when they were last looked at.
    pub memory_seen: u64,
}

impl Container {
    /// Started and not ended.
    pub fn is_running(&self) -> bool {
        !self.started.is_zero() && self.exit.is_none()
    }

    /// `containerd://…`
    pub fn api_id(&self) -> Str {
        format!("containerd://{}", self.cri_id).into()
    }

    /// The machine, if there is one, for a change.
    pub fn machine_mut(&mut self) -> Option<&mut Instance> {
        match &mut self.body {
            Body::Machine(machine) => Some(Rc::make_mut(machine)),
            _ => None,
        }
    }
}

/// Exit code and reason as containerd and the kubelet word them.
pub fn exit_reason(code: i32, oom: bool) -> &'static str {
    match (code, oom) {
        (_, true) => "OOMKilled",
        (0, _) => "Completed",
        _ => "Error",
    }
}
