//! Identities of the runtime's things.

/// A machine that hosts containers, numbered as they were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// One run of a container on its node; a restarted container gets a new one. 0 is no container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerId(pub u32);

/// The machine of one container run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachineId {
    pub node: NodeId,
    pub container: ContainerId,
}
