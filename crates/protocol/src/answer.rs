//! Answers to questions that carry an id.

use serde::Serialize;

use crate::{Blob, Micros, ObjectRef, Severity, Shape};

/// An answer; each question says which one it gets. Every question may get [`Answer::Failed`].
#[allow(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Answer {
    /// It worked and there is nothing more to say.
    Done,
    /// It did not: the reason, as a sentence.
    Failed { message: String },
    /// What the API server answered.
    Response(Response),
    /// A file's content; `version` as in [`FileEntry`](crate::FileEntry).
    File { path: String, text: String, version: u64 },
    /// What the API server would say to a manifest.
    Problems(Vec<Problem>),
    /// From the object's last change back to the input that started it all.
    Why(Vec<CauseLink>),
    /// None: the scheduler has not looked at it yet.
    Decision(Option<Decision>),
    /// What a link holds.
    Link(LinkSummary),
    /// A link that was made.
    Share(Share),
    /// The history hash, as the time bar shows it.
    Hash(String),
    /// The whole session as bytes, which travel beside the text.
    Saved { state: Blob },
    /// The app's page *What is simulated*.
    Fidelity(Vec<FidelityRow>),
}

/// What the API server answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Response {
    /// The HTTP status.
    pub code: u16,
    /// `Warning` headers' texts.
    pub warnings: Vec<String>,
    /// The header as the server wrote it.
    pub content_type: String,
    /// Text: JSON, a log, a table as JSON.
    pub body: String,
}

/// A finding about a manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Problem {
    /// Line of the text, from 1; none when it concerns the whole document.
    pub line: Option<u32>,
    /// The field, such as `spec.template.spec.containers[0].image`; may be empty.
    pub path: String,
    /// The sentence.
    pub message: String,
    /// How bad it is: an error would refuse the manifest.
    pub severity: Severity,
}

/// One link of a chain of causes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CauseLink {
    /// When it happened.
    pub at: Micros,
    /// The commit; 0 for what is none (inputs, the passing of time).
    pub revision: u64,
    /// Who: `deployment-controller`, `kubelet on worker-1`, `you`.
    pub actor: String,
    /// `created`, `updated`, `deleted`, `applied`, `ran`.
    pub verb: String,
    /// What, in words: `ReplicaSet web-7d5c8`, `kubectl scale …`.
    pub what: String,
    /// The object, when it is one.
    pub object: Option<ObjectRef>,
    /// Why it did so, in the component's words.
    pub reason: String,
}

/// What the scheduler thought of a pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Decision {
    /// When it was decided.
    pub at: Micros,
    /// The node chosen; none: it stays pending.
    pub node: Option<String>,
    /// The message of the event.
    pub message: String,
    /// Highest total first, then those that were filtered out.
    pub nodes: Vec<NodeVerdict>,
    /// Nodes that were not looked at one by one (large clusters).
    pub more: u32,
}

/// What the scheduler thought of one node for a pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NodeVerdict {
    /// The node's name.
    pub node: String,
    /// The plugin that refused it, and its reason.
    pub refused: Option<(String, String)>,
    /// Weighted score of each plugin.
    pub scores: Vec<(String, i64)>,
    /// The sum of the scores; the highest wins.
    pub total: i64,
}

/// What a link holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LinkSummary {
    /// The cluster it starts from.
    pub shape: Shape,
    /// Of the Kubarium that made it.
    pub version: String,
    /// The Kubernetes version it speaks, as `v1.36.0`.
    pub kubernetes: String,
    /// Files it brings: path and bytes.
    pub files: Vec<(String, u64)>,
    /// What it will run, in order: command lines, and other inputs in words.
    pub commands: Vec<String>,
    /// The moment it leads to, in microseconds since the cluster's start.
    pub length: i64,
}

/// A link that was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// What goes behind `#`: `/z/…`.
    pub fragment: String,
    /// What it holds.
    pub summary: LinkSummary,
    /// The history hash that whoever opens it will see.
    pub hash: String,
}

/// One line of what is simulated and what is not.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FidelityRow {
    /// `API server`, `Scheduler`, `kubectl`, …
    pub area: String,
    /// A few words.
    pub feature: String,
    /// How true it is.
    pub level: Fidelity,
    /// Why, and what the user sees.
    pub note: String,
}

/// How true it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Fidelity {
    /// It behaves as the real one does.
    #[default]
    Simulated,
    /// It is there, and simpler than the real one; `note` says where.
    Approximated,
    /// It is not there; what a user tries says so.
    NotSimulated,
}
