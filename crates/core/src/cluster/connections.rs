//! Connections from outside. Into containers: followed logs, exec, attach, which the API server has checked and the kubelet
//! of the pod's node answers; frames carry a channel as Kubernetes' WebSockets do: 1 stdout, 2 stderr, 3 the final Status.
//! Through the network: forwarded ports, and clients that dial a node; bytes are on channel 0, and what became of the
//! connection is told on [`STATE`].
//!
//! What was read from a connection is not part of history: only what goes into it is ([`super::Input`]).

use std::net::IpAddr;

use api::{Json, Status};
use collections::OrdMap;
use serde_json::json;

use super::World;
use crate::apiserver::Connect;
use crate::apiserver::connect::ConnectKind;
use crate::kubelet::{self, Attachment};
use crate::kubelet::{ExecOptions, LogCursor, LogOptions};
use crate::network::{ExternalId, ExternalState, Origin};

const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;
const DATA: u8 = 0;
/// The channel on which a connection through the network tells its state: `open`, `ended`, `refused`, `unreachable`,
/// `timed out`, `not tls`, `reset`.
pub const STATE: u8 = 9;

/// Open connections by number; numbers are never used twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    open: OrdMap<u64, Connection>,
    next: u64,
}

#[derive(Clone, Debug)]
enum Connection {
    /// Bytes not yet read, and where to go on; `None`: the log is not followed.
    Log {
        ready: Vec<u8>,
        cursor: Option<LogCursor>,
    },
    Session {
        attachment: Attachment,
        command: String,
    },
    /// Through the network. The state that was told last.
    Network {
        external: ExternalId,
        told: ExternalState,
    },
    /// A port-forward session as such: it lasts as long as the pod.
    Tunnel {
        key: api::Key,
        uid: api::Str,
    },
    /// Nothing was started; this Status is all there is to say.
    Failed(Json),
}

impl World {
    /// Passes a checked call on to the pod's kubelet and returns the number of the connection.
    pub(super) fn connect(&mut self, connect: &Connect) -> Result<u64, Status> {
        let Connect { node, uid, container, .. } = connect;
        let connection = match &connect.kind {
            ConnectKind::Log(asked) => {
                let since =
                    asked.since_time.or(asked.since_seconds.map(|s| self.now() - api::Duration::secs(s)));
                let options = LogOptions {
                    previous: asked.previous,
                    timestamps: asked.timestamps,
                    since,
                    tail_lines: asked.tail_lines,
                    limit_bytes: asked.limit_bytes,
                };
                let read = self.with_nodes(|nodes, cx, net, out| {
                    nodes.log(node, uid, container, &options, cx, net, out)
                });
                let (ready, cursor) = read.map_err(|why| Status::bad_request(why.as_str()))?;
                Connection::Log { ready, cursor: asked.follow.then_some(cursor) }
            }
            ConnectKind::Exec { command, stdin, tty, .. } => {
                let words: Vec<String> = command.iter().map(ToString::to_string).collect();
                let options = ExecOptions { command: words, stdin: *stdin, tty: *tty, window: None };
                let opened = self.with_nodes(|nodes, cx, net, out| {
                    nodes.exec(node, uid, container, options, cx, net, out)
                });
                match opened {
                    Ok(attachment) => Connection::Session { attachment, command: go_list(command) },
                    Err(why) => {
                        Connection::Failed(failure(&format!("error executing command in container: {why}")))
                    }
                }
            }
            ConnectKind::Attach { .. } => {
                let opened = self
                    .with_nodes(|nodes, cx, net, out| nodes.attach(node, uid, container, None, cx, net, out));
                match opened {
                    Ok(attachment) => Connection::Session { attachment, command: String::new() },
                    Err(why) => Connection::Failed(failure(&format!("error attaching to container: {why}"))),
                }
            }
            ConnectKind::PortForward { ports } => match ports.first() {
                None => Connection::Tunnel {
                    key: api::Key::new(&connect.namespace, &connect.pod),
                    uid: uid.clone(),
                },
                Some(port) => {
                    let opened = self
                        .with_nodes(|nodes, cx, net, out| nodes.port_forward(node, uid, *port, cx, net, out));
                    let external = opened.map_err(|why| Status::internal_error(why.as_str()))?;
                    Connection::Network { external, told: ExternalState::Connecting }
                }
            },
        };
        Ok(self.keep(connection))
    }

    fn keep(&mut self, connection: Connection) -> u64 {
        let connections = &mut self.connections;
        connections.next += 1;
        connections.open.insert(connections.next, connection);
        connections.next
    }

    /// Connects a client that stands outside of the cluster; returns the number of the connection.
    pub(super) fn dial(&mut self, addr: IpAddr, port: u16, tls: bool) -> u64 {
        let external = self.with_nodes(|_, cx, net, out| {
            let id = net.open_external(cx.now, &Origin::Outside, addr, port, tls);
            kubelet::forward(net, out);
            id
        });
        self.keep(Connection::Network { external, told: ExternalState::Connecting })
    }

    /// Whether the pod of that name is still the one of that uid.
    fn has_pod(&self, key: &api::Key, uid: &str) -> bool {
        let Some(id) = self.api().registry().id_of::<api::core::v1::Pod>() else { return false };
        self.api().storage().get(id, key).is_some_and(|object| object.meta().uid == *uid)
    }

    /// What came since the last call, by channel; `None` when the connection has ended.
    pub(super) fn read_connection(&mut self, id: u64) -> Option<Vec<(u8, Vec<u8>)>> {
        let mut frames = Vec::new();
        match self.connections.open.get_mut(&id)? {
            Connection::Failed(status) => {
                frames.push((ERROR, status.to_string().into_bytes()));
                self.connections.open.remove(&id);
            }
            Connection::Log { ready, cursor } => {
                let mut bytes = std::mem::take(ready);
                let ended = match cursor {
                    None => true,
                    Some(cursor) => {
                        let (more, ended) = self.nodes.follow(cursor);
                        bytes.extend(more);
                        ended
                    }
                };
                if bytes.is_empty() && ended {
                    self.connections.open.remove(&id);
                    return None;
                }
                if !bytes.is_empty() {
                    frames.push((STDOUT, bytes));
                }
            }
            Connection::Tunnel { key, uid } => {
                let (key, uid) = (key.clone(), uid.clone());
                if !self.has_pod(&key, &uid) {
                    self.connections.open.remove(&id);
                    return None;
                }
            }
            Connection::Network { external, told } => {
                let bytes = self.network.read_external(*external);
                let state = self.network.external(*external).map_or(ExternalState::Reset, |it| it.state);
                // What happened is told in order: it opened, bytes came, it ended.
                let opened = !bytes.is_empty() || matches!(state, ExternalState::Open | ExternalState::Ended);
                if opened && *told == ExternalState::Connecting {
                    *told = ExternalState::Open;
                    frames.push((STATE, state_name(*told).as_bytes().to_vec()));
                }
                if !bytes.is_empty() {
                    frames.push((DATA, bytes));
                }
                if state != *told {
                    *told = state;
                    frames.push((STATE, state_name(state).as_bytes().to_vec()));
                }
            }
            Connection::Session { attachment, command } => {
                let output = self.nodes.read_session(*attachment);
                for (channel, bytes) in [(STDOUT, output.stdout), (STDERR, output.stderr)] {
                    if !bytes.is_empty() {
                        frames.push((channel, bytes));
                    }
                }
                if let Some(code) = output.exit {
                    frames.push((ERROR, exit_status(command, code).to_string().into_bytes()));
                    self.connections.open.remove(&id);
                }
            }
        }
        Some(frames)
    }

    pub(super) fn write_connection(&mut self, id: u64, channel: u8, data: &[u8]) {
        if let Some(Connection::Network { external, .. }) = self.connections.open.get(&id) {
            let external = *external;
            return self.with_nodes(|_, cx, net, out| {
                match channel {
                    DATA => net.send_external(cx.now, external, data.to_vec()),
                    CLOSE => net.finish_external(cx.now, external),
                    _ => {}
                }
                kubelet::forward(net, out);
            });
        }
        let Some(Connection::Session { attachment, .. }) = self.connections.open.get(&id) else { return };
        let attachment = *attachment;
        match channel {
            0 => {
                let data = data.to_vec();
                self.with_nodes(|nodes, cx, net, out| nodes.write_session(attachment, data, cx, net, out));
            }
            RESIZE => {
                let size: Json = serde_json::from_slice(data).unwrap_or_default();
                let side =
                    |key: &str| size.get(key).and_then(Json::as_u64).and_then(|n| u16::try_from(n).ok());
                if let (Some(cols), Some(rows)) = (side("Width"), side("Height")) {
                    self.with_nodes(|nodes, cx, net, out| {
                        nodes.resize_session(attachment, cols, rows, cx, net, out)
                    });
                }
            }
            CLOSE => {
                self.with_nodes(|nodes, cx, net, out| nodes.close_session_input(attachment, cx, net, out))
            }
            _ => {}
        }
    }

    pub(super) fn close_connection(&mut self, id: u64) {
        match self.connections.open.remove(&id) {
            Some(Connection::Session { attachment, .. }) => {
                self.with_nodes(|nodes, cx, net, out| nodes.close_session(attachment, cx, net, out));
            }
            Some(Connection::Network { external, .. }) => self.with_nodes(|_, cx, net, out| {
                net.close_external(cx.now, external);
                kubelet::forward(net, out);
            }),
            _ => {}
        }
    }
}

fn state_name(state: ExternalState) -> &'static str {
    match state {
        ExternalState::Connecting => "connecting",
        ExternalState::Open => "open",
        ExternalState::Ended => "ended",
        ExternalState::Refused => "refused",
        ExternalState::Unreachable => "unreachable",
        ExternalState::TimedOut => "timed out",
        ExternalState::NotTls => "not tls",
        ExternalState::Reset => "reset",
    }
}

/// A list as Go prints it with %v.
fn go_list(words: &[api::Str]) -> String {
    format!("[{}]", words.iter().map(api::Str::as_str).collect::<Vec<_>>().join(" "))
}

fn failure(why: &str) -> Json {
    json!({"metadata": {}, "status": "Failure", "message": format!("Internal error occurred: {why}"), "reason": "InternalError",
        "details": {"causes": [{"message": why}]}, "code": 500})
}

/// How a process ended, as remotecommand's v4 protocol tells it.
fn exit_status(command: &str, code: i32) -> Json {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    let message = format!(
        "command terminated with non-zero exit code: error executing command {command}, exit code {code}"
    );
    json!({"metadata": {}, "status": "Failure", "message": message, "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}})
}
