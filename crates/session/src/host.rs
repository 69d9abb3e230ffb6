//! What kubectl sees of the workstation: the implementation of [`kubarium_kubectl::Host`].
//!
//! kubectl is a program that the machine's host implements (`os::HostCall::External`). Each run has an [`Io`] through
//! which the workstation moves bytes between the process of that number and the future that is kubectl.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use api::http::{Request, Response};
use api::{Duration, Json, Timestamp};
use kubarium_core::cluster::story::COMMAND;
use kubarium_kubectl::Host;
use kubarium_kubectl::host::{
    ByteStream, ExecFrame, ExecSession, FileKind, LocalBoxFuture, StdinEvent, Target, TransportError,
};

use crate::backend::{Backend, Piece, Streaming};
use crate::network::Network;
use crate::outside;
use crate::workstation::Disk;

/// From calling kubectl to its first request.
const START_UP: Duration = Duration::millis(50);

/// What lies between one run of kubectl and its process.
#[derive(Default)]
pub struct Io {
    /// Bytes written, with the descriptor (1 or 2), oldest first.
    pub output: Vec<(u8, Vec<u8>)>,
    /// Typed input, signals and changes of size, oldest first.
    pub input: VecDeque<StdinEvent>,
    /// kubectl waits for input that has not been asked of the machine yet.
    pub wants_input: bool,
    /// ^C was typed and not taken note of.
    pub interrupted: bool,
    /// A change of the terminal's mode that the machine has not heard of.
    pub raw: Option<bool>,
    /// The moment up to which kubectl sleeps.
    pub sleeping: Option<Timestamp>,
    /// Columns and rows of the terminal, if there is one.
    pub window: Option<(u16, u16)>,
    /// The edit that kubectl waits for.
    pub edit: Edit,
    /// The program that kubectl waits for.
    pub child: Child,
}

/// The state of an edit that kubectl asked for.
#[derive(Default, PartialEq)]
pub enum Edit {
    /// None.
    #[default]
    None,
    /// kubectl asked.
    Asked {
        /// The file's name, for the tab.
        name: String,
        /// What is to be edited.
        text: String,
    },
    /// Somebody edits it.
    Open,
    /// It is over: the saved text; none: left without saving.
    Done(Option<String>),
}

/// The state of a program that kubectl runs: an editor.
#[derive(Default, PartialEq)]
pub enum Child {
    /// None.
    #[default]
    None,
    /// kubectl asked for this command line.
    Asked(Vec<String>),
    /// It runs.
    Running,
    /// It ended with this exit code.
    Ended(i32),
}

/// Texts that are loaded only when somebody asks for them.
#[derive(Default)]
pub enum Asset {
    /// Nobody asked.
    #[default]
    Unknown,
    /// Somebody asked; it is being loaded.
    Asked,
    /// It could not be had.
    Missing,
    /// Here it is.
    Loaded(Json),
}

/// One run of kubectl.
pub struct KubectlHost {
    /// The way to the cluster.
    pub backend: Rc<Backend>,
    /// The command line as it was typed, for those who look at the history; empty: not worth telling.
    pub line: String,
    /// The workstation's files.
    pub disk: Rc<dyn Disk>,
    /// What lies between it and its process.
    pub io: Rc<RefCell<Io>>,
    /// The texts of `kubectl explain`.
    pub explain: Rc<RefCell<Asset>>,
    /// The environment of its process.
    pub env: Vec<(String, String)>,
    /// The folder that relative paths begin at.
    pub cwd: String,
    /// Which of stdin, stdout, stderr is a terminal.
    pub tty: [bool; 3],
    /// The workstation's sockets: port-forward and proxy listen there.
    pub network: Rc<RefCell<Network>>,
}

impl KubectlHost {
    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{path}", self.cwd.trim_end_matches('/'))
        }
    }

    /// Runs the person's own editor on a file, as a child of kubectl's process. The words are upstream's
    /// (kubectl/pkg/cmd/util/editor).
    async fn run_editor(&self, editor: String, path: String, text: String) -> Result<Option<String>, String> {
        self.disk.write(&path, text.as_bytes())?;
        // Words are split at spaces; quotes are left to the shell.
        let script = "command -v \"$0\" >/dev/null || exit 127; exec \"$0\" \"$@\"";
        let mut argv: Vec<String> = if editor.contains(['"', '\'', '\\']) {
            vec!["/bin/bash".into(), "-c".into(), format!("{editor} \"$0\"")]
        } else {
            ["/bin/bash", "-c", script]
                .into_iter()
                .chain(editor.split_whitespace())
                .map(str::to_owned)
                .collect()
        };
        argv.push(path.clone());
        self.io.borrow_mut().child = Child::Asked(argv);
        let code = poll_fn(|_| {
            let mut io = self.io.borrow_mut();
            match io.child {
                Child::Ended(code) => {
                    io.child = Child::None;
                    Poll::Ready(code)
                }
                _ => Poll::Pending,
            }
        })
        .await;
        // ^C was the editor's.
        self.io.borrow_mut().interrupted = false;
        let read = self.disk.read(&path);
        match code {
            0 => {
                self.disk.remove(&path);
                Ok(Some(String::from_utf8_lossy(&read?).into_owned()))
            }
            127 => {
                self.disk.remove(&path);
                Err(format!("unable to launch the editor {editor:?}"))
            }
            _ => {
                self.stderr(format!("A copy of your changes has been stored to {path:?}\n").as_bytes());
                Err(format!("there was a problem with the editor {editor:?}"))
            }
        }
    }

    pub(crate) fn interrupt(&self) -> bool {
        self.io.borrow().interrupted
    }

    /// The time that a program takes from being called to its first request. While it passes the cluster goes on, so that
    /// the next line of a script finds what the line before has set in motion. A clock that stands is not waited for.
    pub async fn start_up(&self) {
        let until = self.backend.now() + START_UP;
        poll_fn(|_| {
            let mut io = self.io.borrow_mut();
            if io.interrupted || self.backend.stands() || self.backend.now() >= until {
                io.sleeping = None;
                return Poll::Ready(());
            }
            io.sleeping = Some(until);
            Poll::Pending
        })
        .await;
    }

    /// Sends a request; what changes something says which command line it belongs to.
    fn send(&self, mut request: Request) -> (Response, Option<Streaming>) {
        if !self.line.is_empty() && self.backend.with(|cluster| cluster.changes(&request)) {
            request.set_header(COMMAND, &self.line);
        }
        self.backend.send(request)
    }
}

/// A watch or a followed log.
struct Stream {
    backend: Rc<Backend>,
    io: Rc<RefCell<Io>>,
    streaming: Streaming,
}

impl ByteStream for Stream {
    fn next(&mut self) -> LocalBoxFuture<'_, Option<Vec<u8>>> {
        Box::pin(poll_fn(|_| {
            if self.io.borrow().interrupted {
                return Poll::Ready(None);
            }
            match self.backend.poll(&mut self.streaming) {
                Piece::Data(bytes) => Poll::Ready(Some(bytes)),
                Piece::End => Poll::Ready(None),
                Piece::Nothing => Poll::Pending,
            }
        }))
    }
}

/// A session with a process in a container. Pieces are frames: channel byte, then payload, as on the WebSocket.
struct Exec {
    backend: Rc<Backend>,
    id: u64,
    streaming: Streaming,
    frames: VecDeque<ExecFrame>,
}

impl ExecSession for Exec {
    fn send(&mut self, frame: ExecFrame) {
        let (channel, data) = match frame {
            ExecFrame::Stdin(bytes) => (0, bytes),
            ExecFrame::Resize(columns, rows) => {
                (4, format!("{{\"Width\":{columns},\"Height\":{rows}}}").into_bytes())
            }
            ExecFrame::CloseStdin => (255, vec![0]),
            _ => return,
        };
        self.backend.write_stream(self.id, channel, data);
    }

    fn next(&mut self) -> LocalBoxFuture<'_, Option<ExecFrame>> {
        Box::pin(poll_fn(|_| {
            if let Some(frame) = self.frames.pop_front() {
                return Poll::Ready(Some(frame));
            }
            match self.backend.poll_frames(&mut self.streaming) {
                None => Poll::Ready(None),
                Some(frames) => {
                    self.frames.extend(frames.into_iter().filter_map(frame));
                    self.frames.pop_front().map_or(Poll::Pending, |frame| Poll::Ready(Some(frame)))
                }
            }
        }))
    }
}

impl Drop for Exec {
    fn drop(&mut self) {
        self.backend.close_stream(self.id);
    }
}

fn frame((channel, bytes): (u8, Vec<u8>)) -> Option<ExecFrame> {
    match channel {
        1 => Some(ExecFrame::Stdout(bytes)),
        2 => Some(ExecFrame::Stderr(bytes)),
        3 => serde_json::from_slice(&bytes).ok().map(ExecFrame::Status),
        _ => None,
    }
}

impl Host for KubectlHost {
    fn request(&self, to: &Target, req: Request) -> LocalBoxFuture<'_, Result<Response, TransportError>> {
        let address = reach(to);
        Box::pin(async move {
            address?;
            if self.interrupt() {
                return Err(TransportError::Interrupted);
            }
            let (mut response, streaming) = self.send(req);
            let Some(mut streaming) = streaming else { return Ok(response) };
            // A log that is not followed is a stream that ends by itself.
            let mut body = Vec::new();
            loop {
                match self.backend.poll(&mut streaming) {
                    Piece::Data(mut bytes) => body.append(&mut bytes),
                    Piece::End => break,
                    Piece::Nothing if self.interrupt() => return Err(TransportError::Interrupted),
                    Piece::Nothing => yield_now().await,
                }
            }
            response.body = api::http::Body::Bytes(body.into());
            Ok(response)
        })
    }

    fn stream(
        &self,
        to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ByteStream>, Response>, TransportError>> {
        let address = reach(to);
        Box::pin(async move {
            address?;
            let (response, streaming) = self.send(req);
            let Some(streaming) = streaming else { return Ok(Err(response)) };
            let stream = Stream { backend: self.backend.clone(), io: self.io.clone(), streaming };
            Ok(Ok(Box::new(stream) as Box<dyn ByteStream>))
        })
    }

    fn exec(
        &self,
        to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ExecSession>, Response>, TransportError>> {
        let address = reach(to);
        Box::pin(async move {
            address?;
            let (response, streaming) = self.send(req);
            let Some(streaming) = streaming else { return Ok(Err(response)) };
            let Streaming::Connection { id, .. } = &streaming else { return Ok(Err(response)) };
            let exec = Exec { backend: self.backend.clone(), id: *id, streaming, frames: VecDeque::new() };
            Ok(Ok(Box::new(exec) as Box<dyn ExecSession>))
        })
    }

    fn stdout(&self, bytes: &[u8]) {
        self.io.borrow_mut().output.push((1, bytes.to_vec()));
    }

    fn stderr(&self, bytes: &[u8]) {
        self.io.borrow_mut().output.push((2, bytes.to_vec()));
    }

    fn stdin(&self) -> LocalBoxFuture<'_, StdinEvent> {
        Box::pin(poll_fn(|_| {
            let mut io = self.io.borrow_mut();
            match io.input.pop_front() {
                Some(event) => Poll::Ready(event),
                None => {
                    io.wants_input = true;
                    Poll::Pending
                }
            }
        }))
    }

    fn stdin_is_tty(&self) -> bool {
        self.tty[0]
    }

    fn stdout_is_tty(&self) -> bool {
        self.tty[1]
    }

    fn set_raw_mode(&self, raw: bool) {
        self.io.borrow_mut().raw = Some(raw);
    }

    fn terminal_size(&self) -> (u16, u16) {
        self.io.borrow().window.unwrap_or((80, 24))
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.disk.read(&self.absolute(path))
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.disk.write(&self.absolute(path), bytes)
    }

    fn stat(&self, path: &str) -> Option<FileKind> {
        let folder = self.disk.is_dir(&self.absolute(path))?;
        Some(if folder { FileKind::Dir } else { FileKind::File })
    }

    fn list_dir(&self, path: &str) -> Result<Vec<String>, String> {
        self.disk.list(&self.absolute(path))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn cwd(&self) -> String {
        self.cwd.clone()
    }

    fn fetch_url(&self, url: &str) -> LocalBoxFuture<'_, Result<Response, TransportError>> {
        let host = url.split("://").last().unwrap_or(url).split(['/', ':']).next().unwrap_or(url);
        let answer = match outside::fetch(url) {
            Some((status, bytes)) => {
                Ok(Response { status, body: api::http::Body::Bytes(bytes.into()), ..Response::default() })
            }
            None => Err(TransportError::Other(format!("dial tcp: lookup {host}: no such host"))),
        };
        Box::pin(async move { answer })
    }

    fn now(&self) -> Timestamp {
        self.backend.now()
    }

    fn sleep(&self, micros: i64) -> LocalBoxFuture<'_, ()> {
        let until = Timestamp(self.backend.now().0.saturating_add(micros.max(0)));
        Box::pin(poll_fn(move |_| {
            let mut io = self.io.borrow_mut();
            if io.interrupted || self.backend.now() >= until {
                io.sleeping = None;
                return Poll::Ready(());
            }
            io.sleeping = Some(until);
            Poll::Pending
        }))
    }

    fn interrupted(&self) -> bool {
        self.interrupt()
    }

    fn edit(&self, name: &str, text: String) -> LocalBoxFuture<'_, Result<Option<String>, String>> {
        let own =
            ["KUBE_EDITOR", "EDITOR"].into_iter().find_map(|key| self.env(key).filter(|e| !e.is_empty()));
        if let Some(editor) = own {
            let suffix = if name.ends_with(".json") { "json" } else { "yaml" };
            let number = self.backend.now().0.unsigned_abs() % 10_000_000_000;
            return Box::pin(self.run_editor(editor, format!("/tmp/kubectl-edit-{number}.{suffix}"), text));
        }
        self.io.borrow_mut().edit = Edit::Asked { name: name.to_owned(), text };
        Box::pin(poll_fn(|_| {
            let mut io = self.io.borrow_mut();
            if io.interrupted {
                io.edit = Edit::None;
                return Poll::Ready(Ok(None));
            }
            match std::mem::take(&mut io.edit) {
                Edit::Done(text) => Poll::Ready(Ok(text)),
                other => {
                    io.edit = other;
                    Poll::Pending
                }
            }
        }))
    }

    fn listen(&self, ports: &[u16]) -> Option<Vec<Result<u16, &'static str>>> {
        Some(self.take_ports(ports))
    }

    fn port_forward(
        &self,
        req: Request,
        ports: Vec<(u16, u16)>,
    ) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        self.forward(req, ports)
    }

    fn serve_proxy(&self, port: u16, prefix: String) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        KubectlHost::serve_proxy(self, port, prefix)
    }

    fn explain_text(&self, definition: &str) -> LocalBoxFuture<'_, Option<Json>> {
        let definition = definition.to_owned();
        Box::pin(poll_fn(move |_| {
            let mut asset = self.explain.borrow_mut();
            match &*asset {
                Asset::Loaded(all) => {
                    let found = all.get("definitions").unwrap_or(all).get(&definition).cloned();
                    Poll::Ready(found)
                }
                Asset::Missing => Poll::Ready(None),
                Asset::Unknown => {
                    *asset = Asset::Asked;
                    Poll::Pending
                }
                Asset::Asked if self.interrupt() => Poll::Ready(None),
                Asset::Asked => Poll::Pending,
            }
        }))
    }
}

/// The address of the API server, as the workstation's kubeconfig names it.
pub const SERVER: &str = "https://192.168.49.2:6443";

/// Only the cluster's API server can be reached from the workstation.
fn reach(to: &Target) -> Result<(), TransportError> {
    if to.server.trim_end_matches('/') == SERVER {
        return Ok(());
    }
    let host = to.server.split("://").last().unwrap_or_default().trim_end_matches('/').to_owned();
    Err(TransportError::Refused { host })
}

/// Gives others a turn: ready when polled again.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|_| if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
