//! Connections from outside into containers: followed logs, exec, attach. The API server has checked them; the kubelet of
//! the pod's node answers. Frames carry a channel as Kubernetes' WebSockets do: 1 stdout, 2 stderr, 3 the final Status.
//!
//! What was read from a connection is not part of history: only what goes into it is ([`super::Input`]).

use api::{Json, Status};
use collections::OrdMap;
use serde_json::json;

use super::World;
use crate::apiserver::Connect;
use crate::apiserver::connect::ConnectKind;
use crate::kubelet::Attachment;
use crate::kubelet::{ExecOptions, LogCursor, LogOptions};

const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const RESIZE: u8 = 4;
const CLOSE: u8 = 255;

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
            ConnectKind::PortForward { .. } => {
                return Err(Status::bad_request("port-forward is not simulated through this connection"));
            }
        };
        let connections = &mut self.connections;
        connections.next += 1;
        connections.open.insert(connections.next, connection);
        Ok(connections.next)
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
        if let Some(Connection::Session { attachment, .. }) = self.connections.open.remove(&id) {
            self.with_nodes(|nodes, cx, net, out| nodes.close_session(attachment, cx, net, out));
        }
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
