//! The kubelet's containerLogs endpoint: reading and following what containers wrote.

use api::{Str, Timestamp};

use super::node::Node;
use super::server::unreachable;
use super::{Env, Event, Nodes};
use crate::client::{Cx, Outbox};
use crate::network::{ContainerId, Network, NodeId};
use crate::runtime::logs::Line;

/// `v1 PodLogOptions`, as the API server read them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogOptions {
    /// The run before the present one.
    pub previous: bool,
    /// An RFC 3339 time before each line.
    pub timestamps: bool,
    /// Lines from this moment on.
    pub since: Option<Timestamp>,
    /// The last so many lines.
    pub tail_lines: Option<i64>,
    /// At most so many bytes.
    pub limit_bytes: Option<i64>,
}

/// How far a log has been read, for following it.
#[derive(Clone, Debug, PartialEq)]
pub struct LogCursor {
    node: NodeId,
    container: ContainerId,
    next: u64,
    timestamps: bool,
    left: Option<i64>,
}

impl LogCursor {
    fn take(&mut self, line: &Line) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.timestamps {
            bytes.extend_from_slice(line.time.rfc3339_nano().as_bytes());
            bytes.push(b' ');
        }
        bytes.extend_from_slice(&line.text);
        if !line.partial {
            bytes.push(b'\n');
        }
        if let Some(left) = &mut self.left {
            bytes.truncate((*left).max(0) as usize);
            *left -= bytes.len() as i64;
        }
        bytes
    }
}

impl Nodes {
    /// Reads a container's log. The error is the message of a BadRequest.
    pub fn log(
        &mut self,
        node: &str,
        uid: &str,
        container: &str,
        options: &LogOptions,
        cx: &mut Cx,
        net: &mut Network,
        out: &mut Outbox<Event>,
    ) -> Result<(Vec<u8>, LogCursor), Str> {
        let Some(id) = self.ids.get(node).copied() else { return Err(unreachable(node)) };
        let found = self.with(id, cx, net, out, |node, env| Some(node.log(env, uid, container, options)));
        found.unwrap_or_else(|| Err(unreachable(node)))
    }

    /// What has been written since the cursor was last here, and whether the container has ended.
    pub fn follow(&self, cursor: &mut LogCursor) -> (Vec<u8>, bool) {
        let Some(container) =
            self.by_id.get(&cursor.node).and_then(|it| it.containers.get(&cursor.container))
        else {
            return (Vec::new(), true);
        };
        let mut bytes = Vec::new();
        for line in container.log.since(cursor.next) {
            bytes.extend(cursor.take(line));
        }
        cursor.next = container.log.end();
        (bytes, container.exit.is_some() || cursor.left.is_some_and(|it| it <= 0))
    }
}

impl Node {
    fn log(
        &mut self,
        env: &mut Env,
        uid: &str,
        name: &str,
        options: &LogOptions,
    ) -> Result<(Vec<u8>, LogCursor), Str> {
        let address = format!("{}:10250", self.spec.internal_ip);
        if !self.kubelet_runs() {
            return Err(format!(
                "Get \"https://{address}/containerLogs/\": dial tcp {address}: connect: connection refused"
            )
            .into());
        }
        let worker = self.pods.get(uid).cloned();
        let Some(worker) = worker else { return Err(format!("pod \"{uid}\" not found").into()) };
        let pod = &worker.pod.meta().name;
        let Some(slot) = worker.slot_named(name).map(|i| &worker.slots[i]) else {
            return Err(format!("container \"{name}\" in pod \"{pod}\" is not available").into());
        };
        let id = if options.previous { slot.previous } else { slot.current };
        let id = match id {
            Some(id) => id,
            None if options.previous => {
                return Err(
                    format!("previous terminated container \"{name}\" in pod \"{pod}\" not found").into()
                );
            }
            None => {
                let reason = slot.reason.as_ref().map_or("ContainerCreating", |(reason, _)| reason.as_str());
                let reason = match reason {
                    "ErrImagePull" => "image can't be pulled",
                    "ImagePullBackOff" => "trying and failing to pull image",
                    other => other,
                };
                return Err(
                    format!("container \"{name}\" in pod \"{pod}\" is waiting to start: {reason}").into()
                );
            }
        };
        self.wake_container(env, id);
        let Some(container) = self.containers.get(&id) else { return Err("container not found".into()) };
        let mut cursor = LogCursor {
            node: self.id,
            container: id,
            next: container.log.end(),
            timestamps: options.timestamps,
            left: options.limit_bytes,
        };
        let since = options.since.unwrap_or(Timestamp(i64::MIN));
        let lines: Vec<&Line> = container.log.since(0).filter(|line| line.time >= since).collect();
        let skip = options.tail_lines.map_or(0, |tail| lines.len().saturating_sub(tail.max(0) as usize));
        let mut bytes = Vec::new();
        for line in &lines[skip..] {
            bytes.extend(cursor.take(line));
        }
        Ok((bytes, cursor))
    }
}
