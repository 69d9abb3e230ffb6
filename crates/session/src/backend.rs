//! The way from the workstation to a cluster: requests, watches, streams into containers.
//!
//! Clients never see more of the cluster than this. Rewinding or branching raises the epoch: connections of an older
//! epoch have ended, as they would if the network had gone away.

use std::cell::{Cell, RefCell};

use api::http::{GROUP, Request, Response, USER};
use api::{Json, Timestamp};
use kubarium_core::apiserver::{WatchCursor, WatchEvent};
use kubarium_core::cluster::{Cluster, Fault, Input, Opened, Saved};

/// A cluster that several clients share.
pub struct Backend {
    cluster: RefCell<Cluster>,
    epoch: Cell<u64>,
    /// Rises with every input, so that the session knows that there is something to save.
    inputs: Cell<u64>,
    /// The clock stands still: nobody should wait for it to move.
    stands: Cell<bool>,
    /// Histories that were left because somebody changed the past.
    left: RefCell<Vec<Saved>>,
}

/// A response whose body is still coming. `epoch` is the backend's when it was opened: it ends when another moment is
/// shown.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Debug)]
pub enum Streaming {
    /// A watch: `cursor` is its place in the store's log.
    Watch { cursor: WatchCursor, epoch: u64 },
    /// A call that a kubelet answers, by its number in the world.
    Connection { id: u64, epoch: u64 },
}

/// What a stream had to say.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// What came.
    Data(Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// Nothing more will come.
    End,
}

impl Backend {
    /// The backend of a cluster that nobody else moves.
    pub fn new(cluster: Cluster) -> Backend {
        Backend {
            cluster: RefCell::new(cluster),
            epoch: Cell::new(0),
            inputs: Cell::new(0),
            stands: Cell::new(false),
            left: RefCell::default(),
        }
    }

    /// Read access to the cluster. Must not be held across a call that sends requests.
    pub fn with<T>(&self, read: impl FnOnce(&Cluster) -> T) -> T {
        read(&self.cluster.borrow())
    }

    /// Changes the cluster's time, or the cluster itself.
    pub fn with_mut<T>(&self, act: impl FnOnce(&mut Cluster) -> T) -> T {
        act(&mut self.cluster.borrow_mut())
    }

    /// Ends all connections: another moment is shown.
    pub fn disconnect(&self) {
        self.epoch.set(self.epoch.get() + 1);
    }

    /// Keeps a history that is being left.
    pub fn leave(&self, saved: Saved) {
        self.left.borrow_mut().push(saved);
    }

    /// Breaks or mends something.
    pub fn fault(&self, fault: Fault) {
        let mut cluster = self.cluster.borrow_mut();
        if !cluster.is_live() {
            self.left.borrow_mut().push(cluster.save());
            self.disconnect();
        }
        cluster.fault(fault);
        self.inputs.set(self.inputs.get() + 1);
    }

    /// Histories that were left since this was last asked: somebody changed the past.
    pub fn take_left(&self) -> Vec<Saved> {
        self.left.take()
    }

    /// Rises when all connections end because another moment is shown.
    pub fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    /// Rises with each request or fault that becomes part of history.
    pub fn inputs(&self) -> u64 {
        self.inputs.get()
    }

    /// Notes whether the clock stands still.
    pub fn set_stands(&self, stands: bool) {
        self.stands.set(stands);
    }

    /// True while the clock stands still.
    pub fn stands(&self) -> bool {
        self.stands.get()
    }

    /// The moment shown.
    pub fn now(&self) -> Timestamp {
        self.cluster.borrow().now()
    }

    /// Sends a request as the administrator whose credentials lie on the workstation, unless it names a user itself.
    pub fn send(&self, mut request: Request) -> (Response, Option<Streaming>) {
        if request.user().is_empty() && request.header("authorization").is_empty() {
            request.headers.push((USER.into(), "kubernetes-admin".into()));
            request.headers.push((GROUP.into(), "system:masters".into()));
            request.headers.push((GROUP.into(), "system:authenticated".into()));
        }
        let mut cluster = self.cluster.borrow_mut();
        if cluster.changes(&request) {
            self.inputs.set(self.inputs.get() + 1);
            if !cluster.is_live() {
                self.left.borrow_mut().push(cluster.save());
                self.disconnect();
            }
        }
        let (response, opened) = cluster.request(request);
        let epoch = self.epoch.get();
        let streaming = opened.map(|opened| match opened {
            Opened::Watch(cursor) => Streaming::Watch { cursor, epoch },
            Opened::Connection(id) => Streaming::Connection { id, epoch },
        });
        (response, streaming)
    }

    /// A request whose answer is wanted as JSON; errors are the server's Status.
    pub fn json(&self, request: Request) -> Result<Json, api::Status> {
        let (response, _) = self.send(request);
        match response.to_status() {
            Some(status) => Err(status),
            None => Ok(response.body.to_json().unwrap_or(Json::Null)),
        }
    }

    /// What a stream has to say since it was last asked.
    pub fn poll(&self, stream: &mut Streaming) -> Piece {
        match stream {
            Streaming::Watch { epoch, .. } | Streaming::Connection { epoch, .. }
                if *epoch != self.epoch.get() =>
            {
                Piece::End
            }
            Streaming::Watch { cursor, .. } => {
                let mut lines = Vec::new();
                for event in self.cluster.borrow().poll_watch(cursor) {
                    lines.extend_from_slice(event.to_json().to_string().as_bytes());
                    lines.push(b'\n');
                }
                match (lines.is_empty(), cursor.is_closed()) {
                    (false, _) => Piece::Data(lines),
                    (true, true) => Piece::End,
                    (true, false) => Piece::Nothing,
                }
            }
            Streaming::Connection { .. } => match self.poll_frames(stream) {
                None => Piece::End,
                Some(frames) => {
                    let data: Vec<u8> = frames.into_iter().flat_map(|(_, bytes)| bytes).collect();
                    if data.is_empty() { Piece::Nothing } else { Piece::Data(data) }
                }
            },
        }
    }

    /// Events of a watch as they are; `None` when it has ended.
    pub fn poll_events(&self, stream: &mut Streaming) -> Option<Vec<WatchEvent>> {
        match stream {
            Streaming::Watch { cursor, epoch } if *epoch == self.epoch.get() => {
                let events = self.cluster.borrow().poll_watch(cursor);
                if events.is_empty() && cursor.is_closed() { None } else { Some(events) }
            }
            _ => None,
        }
    }

    /// What came over a connection into a container: channel and bytes. `None` when it has ended.
    pub fn poll_frames(&self, stream: &mut Streaming) -> Option<Vec<(u8, Vec<u8>)>> {
        match stream {
            Streaming::Connection { id, epoch } if *epoch == self.epoch.get() => {
                self.cluster.borrow_mut().read_connection(*id)
            }
            _ => None,
        }
    }

    /// Connects to an address of the cluster's network as a client that stands outside of it.
    pub fn dial(&self, addr: std::net::IpAddr, port: u16, tls: bool) -> Option<Streaming> {
        let mut cluster = self.cluster.borrow_mut();
        if !cluster.is_live() {
            self.left.borrow_mut().push(cluster.save());
            self.disconnect();
        }
        let (_, opened) = cluster.input(Input::Dial { addr, port, tls });
        self.inputs.set(self.inputs.get() + 1);
        match opened {
            Some(Opened::Connection(id)) => Some(Streaming::Connection { id, epoch: self.epoch.get() }),
            _ => None,
        }
    }

    /// The time in µs until a node answers an echo request, at the moment shown; `None`: no answer comes.
    pub fn ping(&self, addr: std::net::IpAddr) -> Option<i64> {
        self.cluster.borrow().world().echo(addr)
    }

    /// Bytes for a connection into a container. They become part of history.
    pub fn write_stream(&self, id: u64, channel: u8, data: Vec<u8>) {
        self.input(Input::StreamData { stream: id, channel, data });
    }

    /// Ends a connection into a container.
    pub fn close_stream(&self, id: u64) {
        self.input(Input::StreamClose { stream: id });
    }

    fn input(&self, input: Input) {
        // A client that is dropped while the cluster is being replaced has nothing left to close.
        let Ok(mut cluster) = self.cluster.try_borrow_mut() else { return };
        if cluster.is_live() {
            cluster.input(input);
            self.inputs.set(self.inputs.get() + 1);
        }
    }
}
