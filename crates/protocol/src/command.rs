//! What a front end may ask: one closed list.

use serde::{Deserialize, Serialize};

use crate::{Blob, Id, Micros, TerminalId};

/// One message to the session.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Starts or replaces the world. The first command; answered by [`crate::Update::Opened`].
    Open(Open),
    /// Shows what a link holds, without opening it; answered by [`crate::Answer::Link`].
    InspectLink { id: Id, payload: String },

    /// Opens a terminal: a login shell on the workstation. Output starts with the prompt.
    OpenTerminal { terminal: TerminalId, columns: u16, rows: u16 },
    /// What was typed or pasted, as a terminal sends it (`\r` for Enter, escape sequences for keys).
    Input { terminal: TerminalId, text: String },
    /// Runs a line as if it had been typed at the prompt: what stands there is cleared first. When a program runs in
    /// the foreground, the line waits for the prompt.
    Run { terminal: TerminalId, line: String },
    /// Puts text at the cursor without running it.
    Insert { terminal: TerminalId, text: String },
    /// The terminal has a new size.
    Resize { terminal: TerminalId, columns: u16, rows: u16 },
    /// Hangs up.
    CloseTerminal { terminal: TerminalId },
    /// Ends an edit that [`crate::Update::Edit`] began. `text` is the saved file; none: left without saving.
    EditDone { edit: Id, text: Option<String> },

    /// One Kubernetes REST request, as the user of the workstation; answered by [`crate::Answer::Response`].
    Request(Request),
    /// Lists and then watches; fed by [`crate::Update::Watch`].
    Watch(Watch),
    /// Ends a watch.
    Unwatch { id: Id },

    /// The page has taken and drawn one message of updates. Hosts send the next one only then, so that a page that is
    /// slower than its session gets fewer and later states instead of all of them; sessions need not handle this.
    Seen,

    /// The simulator's controls.
    Time(Time),
    /// Breaks or mends something.
    Fault(Fault),

    /// Answered by [`crate::Answer::File`].
    ReadFile { id: Id, path: String },
    /// Creates or replaces a file, with its folders; answered by [`crate::Answer::Done`].
    WriteFile { id: Id, path: String, text: String },
    /// Moves a file or folder; answered by [`crate::Answer::Done`].
    RenameFile { id: Id, from: String, to: String },
    /// Deletes a file or folder with what is in it; answered by [`crate::Answer::Done`].
    DeleteFile { id: Id, path: String },
    /// Applies a manifest as a dry run, for the editor; answered by [`crate::Answer::Problems`].
    Check { id: Id, path: String, text: String },

    /// Why is this object as it is? Answered by [`crate::Answer::Why`].
    Why { id: Id, object: ObjectRef },
    /// What did the scheduler think of this pod? Answered by [`crate::Answer::Decision`].
    Decision { id: Id, namespace: String, pod: String },

    /// Makes a link; answered by [`crate::Answer::Share`].
    Share { id: Id, options: ShareOptions },
    /// The history hash; answered by [`crate::Answer::Hash`].
    Hash { id: Id },
    /// The whole session as bytes; answered by [`crate::Answer::Saved`].
    Save { id: Id },
    /// What is simulated and what is not; answered by [`crate::Answer::Fidelity`].
    Fidelity { id: Id },
    /// What [`crate::Update::NeedAsset`] asked for; none: it could not be had.
    Asset { name: String, text: Option<String> },
}

/// How a session starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Open {
    /// Where its world comes from.
    pub start: Start,
    /// Whether the clock stands still at first.
    pub paused: bool,
    /// Simulated seconds per second.
    pub speed: f64,
}

/// Where a world comes from.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// A new cluster that has just been booted.
    Fresh(Shape),
    /// What [`crate::Answer::Saved`] gave.
    Saved { state: Blob },
    /// The payload of a link: what stands behind `#/z/` and the like, or a URL's whole fragment. With `run` its
    /// commands are replayed; without, its cluster and files are there and its commands are skipped.
    Link { payload: String, run: bool },
}

impl Default for Start {
    fn default() -> Start {
        Start::Fresh(Shape::default())
    }
}

/// The shape of a new cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shape {
    /// Randomness comes from this.
    pub seed: u64,
    /// Worker nodes, beside the one of the control plane.
    pub nodes: u32,
    /// Virtual start time; none: the default of the project.
    pub start: Option<Micros>,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape { seed: 1, nodes: 2, start: None }
    }
}

/// A REST request as data. Paths are Kubernetes' (`/api/v1/namespaces/default/pods`), without the query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Comes back with the answer.
    pub id: Id,
    /// `GET`, `POST`, …
    pub method: String,
    /// Without query, percent-encoded as in a URL.
    pub path: String,
    /// Decoded pairs, in order.
    pub query: Vec<(String, String)>,
    /// Such as `accept` and `content-type`; the user is the workstation's.
    pub headers: Vec<(String, String)>,
    /// The body's text; empty: none.
    pub body: String,
}

/// A subscription: list, then watch, kept alive by the session across expiry, rewinding and branches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// Comes with each update; unique among open watches.
    pub id: Id,
    /// A collection, such as `/apis/apps/v1/deployments`.
    pub path: String,
    /// Selectors, as decoded pairs.
    pub query: Vec<(String, String)>,
    /// Ask for the server's Table: events then hold rows, and the first update the columns.
    pub table: bool,
    /// When not empty: of each object only these dotted paths are sent (lists are passed through:
    /// `spec.containers.resources.requests`), beside `metadata.{name,namespace,uid,resourceVersion,
    /// creationTimestamp}`. Views of thousands of pods ask for little.
    pub keep: Vec<String>,
}

/// The simulator's controls.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Time {
    /// The clock stands; requests are answered.
    Pause,
    /// The clock goes at its speed.
    Play,
    /// Simulated seconds per second, 1 to 100.
    Speed { factor: f64 },
    /// One reconcile; [`crate::Update::Stepped`] says what it did.
    Step,
    /// As fast as can be, until nothing but periodic background work is due.
    RunUntilIdle,
    /// As fast as can be, for this long.
    Skip { micros: i64 },
    /// Looks at a moment of the past (or of the future that was left): the clock then stands still.
    Seek { at: Micros },
    /// Back to the newest moment.
    Live,
    /// Goes on from the moment shown; what came after stays in its old branch.
    Branch,
    /// Goes to another branch, at its newest moment.
    Switch { branch: u32 },
}

/// What can be broken, and mended.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fault {
    /// The machine loses power: its kubelet and containers are gone until it is started.
    StopNode { node: String },
    /// Power is back.
    StartNode { node: String },
    /// The node runs on but nobody reaches it.
    CutNode { node: String },
    /// The node's network is back.
    HealNode { node: String },
    /// The container's main process is killed.
    KillContainer { namespace: String, pod: String, container: String },
    /// A part of the control plane stops (`kube-scheduler`, `deployment-controller`, …).
    StopComponent { name: String },
    /// The part starts anew.
    StartComponent { name: String },
}

/// What goes into a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShareOptions {
    /// Start at this moment: replay what was done. Otherwise only cluster and files, from the beginning.
    pub inputs: bool,
    /// The files of the workstation.
    pub files: bool,
}

/// One object, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectRef {
    /// `v1`, `apps/v1`
    pub api_version: String,
    /// `Pod`
    pub kind: String,
    /// Empty for what belongs to no namespace.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl Command {
    /// Takes the bytes out, for the transport; none when the message has none.
    pub fn take_blob(&mut self) -> Option<Blob> {
        match self {
            Command::Open(Open { start: Start::Saved { state }, .. }) => Some(std::mem::take(state)),
            _ => None,
        }
    }

    /// Puts the bytes back that [`Command::take_blob`] took.
    pub fn put_blob(&mut self, blob: Blob) {
        if let Command::Open(Open { start: Start::Saved { state }, .. }) = self {
            *state = blob;
        }
    }
}
