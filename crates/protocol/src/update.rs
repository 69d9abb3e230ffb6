//! What a front end is told without asking.

use serde::Serialize;

use crate::{Answer, Blob, Id, Json, Micros, Shape, TerminalId};

/// One message from the session.
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Update {
    /// The world of [`crate::Command::Open`] is there.
    Opened(Opened),
    /// It is not: the link or the saved state cannot be read. The session is as it was before.
    Refused {
        message: String,
        /// What may help: the version needed, the size allowed.
        hint: String,
    },
    /// An answer to a question.
    Answer { id: Id, answer: Answer },

    /// What a terminal shows, as bytes for xterm that happen to be UTF-8.
    Output { terminal: TerminalId, text: String },
    /// Who reads what is typed: the prompt, or a program in the foreground. Sent when it changes.
    Terminal { terminal: TerminalId, state: TerminalState },
    /// A program (`kubectl edit`, `vi`, `nano`) wants a text edited; it waits for [`crate::Command::EditDone`].
    Edit { edit: Id, terminal: TerminalId, title: String, path: String, text: String },

    /// What changed in a subscription, at most once per frame.
    Watch(WatchUpdate),

    /// Clock and controls. Sent when anything but `now` changed, and once per frame while time flows.
    Clock(Clock),
    /// Marks on the time bar. With `reset` they replace all known ones, else they are added.
    Marks { reset: bool, marks: Vec<Mark> },
    /// All branches, sent when one is added or another becomes current.
    Branches(Vec<Branch>),
    /// What one step did.
    Stepped(Stepped),
    /// All that is broken at the moment shown.
    Faults(Vec<FaultState>),

    /// All files of the workstation's home folder, sorted by path. Sent when one changed, at most once per frame.
    Files(Vec<FileEntry>),

    /// Something to tell the person.
    Notice { severity: Severity, text: String },
    /// A lazily loaded text (such as `explain.json`) is needed; the host fetches it and sends
    /// [`crate::Command::Asset`]. Pages need not handle this.
    NeedAsset { name: String },
}

/// The world that was opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Opened {
    /// The cluster as it was set up.
    pub shape: Shape,
    /// Of Kubarium.
    pub version: String,
    /// Of Kubernetes, such as `v1.36.0`.
    pub kubernetes: String,
    /// The home folder on the workstation, such as `/home/user`.
    pub home: String,
    /// Terminals that were open in the saved state, in order; their output is sent again.
    pub terminals: Vec<TerminalId>,
}

/// Who reads what is typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum TerminalState {
    /// The shell's prompt.
    #[default]
    Prompt,
    /// A program in the foreground.
    Busy,
    /// Nobody: the shell has ended.
    Closed,
}

/// What changed in a subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WatchUpdate {
    /// As in the watch command.
    pub id: Id,
    /// What was known is void (first update, or another moment is shown): start from `events` alone.
    pub reset: bool,
    /// The initial list is complete with this update or was so before.
    pub synced: bool,
    /// In order; several changes of one object within a frame may be sent as the last one.
    pub events: Vec<WatchEvent>,
    /// For `table`: the server's `columnDefinitions`, in the first update.
    pub columns: Vec<Json>,
    /// The Status of a refused list or watch.
    pub error: Option<Json>,
}

/// One change. `object` is the object, of a table the row (`cells`, and `object` with its metadata).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WatchEvent {
    /// What happened to it.
    #[serde(rename = "t")]
    pub kind: EventKind,
    /// Its state after; of a deleted one the last.
    #[serde(rename = "o")]
    pub object: Json,
}

/// The kinds of change that watches know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum EventKind {
    /// It came into being, or began to match the selectors.
    #[serde(rename = "A")]
    Added,
    /// It changed.
    #[serde(rename = "M")]
    Modified,
    /// It is gone, or does not match any more.
    #[serde(rename = "D")]
    Deleted,
}

/// Clock and controls.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Clock {
    /// The moment shown.
    pub now: Micros,
    /// The first moment that can be gone back to.
    pub earliest: Micros,
    /// The newest moment known; later than `now` while the past is shown.
    pub latest: Micros,
    /// The clock stands.
    pub paused: bool,
    /// Simulated seconds per second, as asked for.
    pub speed: f64,
    /// Whether the moment shown is the newest one, so that requests can change it.
    pub live: bool,
    /// Nothing but periodic background work is due.
    pub idle: bool,
    /// A `RunUntilIdle` or `Skip` is under way.
    pub hurrying: bool,
    /// The store's revision.
    pub revision: u64,
    /// Rises with everything worth saving (inputs, file changes).
    pub changes: u64,
    /// The simulation is behind the speed asked for: the machine is too slow for it.
    pub behind: bool,
}

/// A mark on the time bar.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Where on the bar.
    pub at: Micros,
    /// What it is a mark of.
    pub kind: MarkKind,
    /// What happened, in a few words: the command line, the fault.
    pub text: String,
}

/// Kinds of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MarkKind {
    /// The cluster's start.
    Start,
    /// A command of the person.
    Command,
    /// A fault of the person's, or its mending.
    Fault,
    /// A Warning event of the cluster.
    Warning,
    /// A branch begins here.
    Branch,
}

/// One line of history.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Branch {
    /// Rising from 0, the first history.
    pub id: u32,
    /// The branch it left; none for the first.
    pub parent: Option<u32>,
    /// Where it left its parent.
    pub from: Micros,
    /// Its newest moment.
    pub latest: Micros,
    /// The one shown.
    pub current: bool,
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stepped {
    /// When, on the virtual clock.
    pub at: Micros,
    /// Who acted, such as `replicaset-controller`.
    pub actor: String,
    /// The whole sentence.
    pub sentence: String,
}

/// Something broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultState {
    /// In words.
    pub text: String,
    /// What mends it.
    pub undo: crate::Fault,
}

/// A file or folder of the workstation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileEntry {
    /// Relative to the home folder, such as `lab/web.yaml`.
    pub path: String,
    /// A folder; comes before what is in it.
    pub folder: bool,
    /// As `ls -l` shows it.
    pub bytes: u64,
    /// Differs when the content differs.
    pub version: u64,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Something is odd; it goes on.
    Warning,
    /// It did not work.
    Error,
}

impl Update {
    /// Takes the bytes out, for the transport; none when the message has none.
    pub fn take_blob(&mut self) -> Option<Blob> {
        match self {
            Update::Answer { answer: Answer::Saved { state }, .. } => Some(std::mem::take(state)),
            _ => None,
        }
    }

    /// Puts the bytes back that [`Update::take_blob`] took.
    pub fn put_blob(&mut self, blob: Blob) {
        if let Update::Answer { answer: Answer::Saved { state }, .. } = self {
            *state = blob;
        }
    }
}
