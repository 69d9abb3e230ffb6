//! What kubectl needs from the machine it runs on: a way to the API server, files, standard streams, a clock.
//!
//! kubectl itself opens no socket and no file. Futures are local (single-threaded): the host may be a workstation in a
//! browser worker as well as a native process, or a fake one in tests.

use std::future::Future;
use std::pin::Pin;

use api::http::{Request, Response};
use api::{Json, Timestamp};

/// A future that stays on its thread and may borrow from the host.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Where a request goes and as whom: what the kubeconfig's current context says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// The cluster's `server` URL, e.g. `https://192.168.49.2:8443`; `http://localhost:8080` without a kubeconfig.
    pub server: String,
    /// The name of the kubeconfig's user entry; empty when there is none.
    pub user: String,
    /// The user entry itself (`client-certificate-data`, `token`, …); flags like `--token` are merged into it.
    pub credentials: Json,
}

/// Why a request got no HTTP answer at all.
#[derive(Clone, Debug, PartialEq)]
pub enum TransportError {
    /// Nothing listens at the address (`localhost:8080`).
    #[allow(missing_docs, reason = "said above")]
    Refused { host: String },
    /// The user pressed Ctrl-C while the request was under way.
    Interrupted,
    /// Anything else, in the words of the transport.
    Other(String),
}

/// A response body that arrives in pieces: a watch, a followed log.
pub trait ByteStream {
    /// Returns the next piece, or `None` when the server ended the stream or the user pressed Ctrl-C.
    fn next(&mut self) -> LocalBoxFuture<'_, Option<Vec<u8>>>;
}

/// Channels of an exec or attach session, numbered as in the WebSocket protocol `v5.channel.k8s.io`.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecFrame {
    /// Channel 0: bytes for the process' standard input.
    Stdin(Vec<u8>),
    /// Channel 1.
    Stdout(Vec<u8>),
    /// Channel 2.
    Stderr(Vec<u8>),
    /// Channel 3: a `Status`; its `details.causes` hold the exit code. The last frame of a session.
    Status(Json),
    /// Channel 4: columns and rows of the user's terminal.
    Resize(u16, u16),
    /// The `v5` close signal for standard input.
    CloseStdin,
}

/// A running exec or attach session.
pub trait ExecSession {
    /// Sends one frame to the process; frames after its end are dropped.
    fn send(&mut self, frame: ExecFrame);
    /// Returns the next frame from the process, or `None` at the end of the connection.
    fn next(&mut self) -> LocalBoxFuture<'_, Option<ExecFrame>>;
}

/// What happened first while a session waited.
#[derive(Clone, Debug, PartialEq)]
pub enum StdinEvent {
    /// Bytes typed or piped.
    Data(Vec<u8>),
    /// End of input.
    Eof,
    /// The terminal has a new size (columns, rows).
    Resize(u16, u16),
}

/// What a path on the workstation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Anything that can be read.
    File,
    /// A folder.
    Dir,
}

/// The workstation kubectl runs on.
pub trait Host {
    /// Sends a request and returns the complete response.
    fn request(&self, to: &Target, req: Request) -> LocalBoxFuture<'_, Result<Response, TransportError>>;
    /// Sends a request whose body is read piece by piece. An error status comes as `Ok(Err(response))`.
    fn stream(
        &self,
        to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ByteStream>, Response>, TransportError>>;
    /// Upgrades a request to an exec or attach session. A refusal comes as `Ok(Err(response))`.
    fn exec(
        &self,
        to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ExecSession>, Response>, TransportError>>;
    /// Listens on ports of the loopback (0: any free one) until the command ends: the port, or why not (`address already
    /// in use`). `None`: this host has no loopback.
    fn listen(&self, _ports: &[u16]) -> Option<Vec<Result<u16, &'static str>>> {
        None
    }
    /// Carries connections of listened ports (`local`, `remote`) to a pod until interrupted.
    fn port_forward(
        &self,
        _req: Request,
        _ports: Vec<(u16, u16)>,
    ) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async { Ok(()) })
    }
    /// Serves the API on a listened port, below a prefix, until interrupted.
    fn serve_proxy(&self, _port: u16, _prefix: String) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async { Ok(()) })
    }

    /// Writes to standard output.
    fn stdout(&self, bytes: &[u8]);
    /// Writes to standard error.
    fn stderr(&self, bytes: &[u8]);
    /// Returns what comes next on standard input.
    fn stdin(&self) -> LocalBoxFuture<'_, StdinEvent>;
    /// Tells whether standard input is a terminal.
    fn stdin_is_tty(&self) -> bool;
    /// Tells whether standard output is a terminal.
    fn stdout_is_tty(&self) -> bool;
    /// Switches the terminal between line and raw mode (for `exec -t`).
    fn set_raw_mode(&self, _raw: bool) {}
    /// Returns columns and rows of the terminal.
    fn terminal_size(&self) -> (u16, u16);

    /// Reads a file; the error is the system's text, e.g. `no such file or directory`.
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String>;
    /// Writes a file, making it when it is missing. Missing parent folders are made too.
    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), String>;
    /// Tells what a path is, or `None` when there is nothing.
    fn stat(&self, path: &str) -> Option<FileKind>;
    /// Returns the names in a folder, in any order.
    fn list_dir(&self, path: &str) -> Result<Vec<String>, String>;
    /// Returns an environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// Returns the working directory.
    fn cwd(&self) -> String;
    /// Fetches `http(s)://…` given to `-f`; whatever the status, an answer is an answer. Redirections are followed.
    fn fetch_url(&self, url: &str) -> LocalBoxFuture<'_, Result<Response, TransportError>> {
        let host = url.split("://").last().unwrap_or(url).split(['/', ':']).next().unwrap_or(url);
        let error = TransportError::Other(format!("dial tcp: lookup {host}: no such host"));
        Box::pin(async move { Err(error) })
    }

    /// Returns the time.
    fn now(&self) -> Timestamp;
    /// Waits for a number of microseconds; ends early when the user presses Ctrl-C.
    fn sleep(&self, micros: i64) -> LocalBoxFuture<'_, ()>;
    /// Tells whether the user pressed Ctrl-C during this command.
    fn interrupted(&self) -> bool;
    /// Opens the editor on `text`; `None`: closed without saving. The error is that of the editor, for the user.
    fn edit(&self, name: &str, text: String) -> LocalBoxFuture<'_, Result<Option<String>, String>>;
    /// Loads the descriptions for `kubectl explain`: `{ "<definition>": { "description": …, "fields": { name: text } } }`
    /// of one definition such as `io.k8s.api.core.v1.Pod`. `None`: there are none here.
    fn explain_text(&self, definition: &str) -> LocalBoxFuture<'_, Option<Json>>;
}
