//! Who is where: numbers of nodes, sandboxes, containers; network namespaces.

/// A machine that hosts containers, numbered as they were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// A pod's sandbox on its node; a re-created sandbox gets a new number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxId(pub u32);

impl SandboxId {
    /// The node's own network namespace (`hostNetwork`).
    pub const HOST: SandboxId = SandboxId(0);
}

/// One run of a container on its node; a restarted container gets a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerId(pub u32);

/// The machine of one container run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachineId {
    /// The node it is on.
    pub node: NodeId,
    /// The container run.
    pub container: ContainerId,
}

/// A network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetnsId {
    /// The node it is on.
    pub node: NodeId,
    /// The sandbox; the default is the node's own namespace.
    pub sandbox: SandboxId,
}
