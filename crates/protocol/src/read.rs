//! How a front end reads what it is told. Written by hand: what serde would derive for these types is a fifth of the
//! page's own code, since it reads every field from text, in any of three ways, with messages for each mistake.
//!
//! Both ends are of one build. What is unknown is passed over, what is missing or of another type is the type's default;
//! only a message of no known kind is an error.

use crate::{
    Answer, Branch, CauseLink, Clock, Decision, EventKind, Fault, FaultState, Fidelity, FidelityRow,
    FileEntry, Json, LinkSummary, Mark, MarkKind, NodeVerdict, ObjectRef, Opened, Problem, Response,
    Severity, Shape, Share, Stepped, TerminalState, Update, WatchEvent, WatchUpdate,
};

impl Update {
    /// Reads a message of updates: a JSON array of them. The error says what cannot be read.
    pub fn read_all(text: &str) -> Result<Vec<Update>, String> {
        match serde_json::from_str(text) {
            Ok(Json::Array(updates)) => updates.into_iter().map(update).collect(),
            Ok(_) => Err("not a list".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A type that JSON is turned into, whatever the JSON is.
trait Read {
    fn read(json: Json) -> Self;
}

/// The fields of an object, each taken once.
struct Fields(Json);

impl Fields {
    fn take<T: Read>(&mut self, name: &str) -> T {
        T::read(self.0.get_mut(name).map(Json::take).unwrap_or_default())
    }
}

/// An enum's variant by its name, and what it holds.
fn variant(json: Json) -> (String, Json) {
    match json {
        Json::String(name) => (name, Json::Null),
        Json::Object(map) => map.into_iter().next().unwrap_or_default(),
        _ => Default::default(),
    }
}

fn update(json: Json) -> Result<Update, String> {
    let (name, content) = variant(json);
    let mut it = Fields(content);
    Ok(match name.as_str() {
        "Opened" => Update::Opened(Opened {
            shape: it.take("shape"),
            version: it.take("version"),
            kubernetes: it.take("kubernetes"),
            home: it.take("home"),
            terminals: it.take("terminals"),
        }),
        "Refused" => Update::Refused { message: it.take("message"), hint: it.take("hint") },
        "Answer" => Update::Answer { id: it.take("id"), answer: answer(it.take("answer"))? },
        "Output" => Update::Output { terminal: it.take("terminal"), text: it.take("text") },
        "Terminal" => Update::Terminal { terminal: it.take("terminal"), state: it.take("state") },
        "Edit" => Update::Edit {
            edit: it.take("edit"),
            terminal: it.take("terminal"),
            title: it.take("title"),
            path: it.take("path"),
            text: it.take("text"),
        },
        "Watch" => Update::Watch(WatchUpdate {
            id: it.take("id"),
            reset: it.take("reset"),
            synced: it.take("synced"),
            events: it.take("events"),
            columns: it.take("columns"),
            error: it.take("error"),
        }),
        "Clock" => Update::Clock(Clock {
            now: it.take("now"),
            earliest: it.take("earliest"),
            latest: it.take("latest"),
            paused: it.take("paused"),
            speed: it.take("speed"),
            live: it.take("live"),
            idle: it.take("idle"),
            hurrying: it.take("hurrying"),
            revision: it.take("revision"),
            changes: it.take("changes"),
            behind: it.take("behind"),
        }),
        "Marks" => Update::Marks { reset: it.take("reset"), marks: it.take("marks") },
        "Branches" => Update::Branches(Read::read(it.0)),
        "Stepped" => Update::Stepped(Stepped {
            at: it.take("at"),
            actor: it.take("actor"),
            sentence: it.take("sentence"),
        }),
        "Faults" => Update::Faults(Read::read(it.0)),
        "Files" => Update::Files(Read::read(it.0)),
        "Notice" => Update::Notice { severity: it.take("severity"), text: it.take("text") },
        "NeedAsset" => Update::NeedAsset { name: it.take("name") },
        _ => return Err(format!("an update of no known kind: {name}")),
    })
}

fn answer(json: Json) -> Result<Answer, String> {
    let (name, content) = variant(json);
    let mut it = Fields(content);
    Ok(match name.as_str() {
        "Done" => Answer::Done,
        "Failed" => Answer::Failed { message: it.take("message") },
        "Response" => Answer::Response(Response {
            code: it.take("code"),
            warnings: it.take("warnings"),
            content_type: it.take("content_type"),
            body: it.take("body"),
        }),
        "File" => Answer::File { path: it.take("path"), text: it.take("text"), version: it.take("version") },
        "Problems" => Answer::Problems(Read::read(it.0)),
        "Why" => Answer::Why(Read::read(it.0)),
        "Decision" => Answer::Decision(Read::read(it.0)),
        "Link" => Answer::Link(Read::read(it.0)),
        "Share" => Answer::Share(Share {
            fragment: it.take("fragment"),
            summary: it.take("summary"),
            hash: it.take("hash"),
        }),
        "Hash" => Answer::Hash(Read::read(it.0)),
        // The bytes travel beside the text.
        "Saved" => Answer::Saved { state: Default::default() },
        "Fidelity" => Answer::Fidelity(Read::read(it.0)),
        _ => return Err(format!("an answer of no known kind: {name}")),
    })
}

impl Read for Json {
    fn read(json: Json) -> Json {
        json
    }
}
impl Read for String {
    fn read(json: Json) -> String {
        match json {
            Json::String(text) => text,
            _ => String::new(),
        }
    }
}
impl Read for bool {
    fn read(json: Json) -> bool {
        json == Json::Bool(true)
    }
}
impl Read for f64 {
    fn read(json: Json) -> f64 {
        json.as_f64().unwrap_or_default()
    }
}
impl Read for i64 {
    fn read(json: Json) -> i64 {
        json.as_i64().unwrap_or_default()
    }
}
impl Read for u64 {
    fn read(json: Json) -> u64 {
        json.as_u64().unwrap_or_default()
    }
}
impl Read for u32 {
    fn read(json: Json) -> u32 {
        u64::read(json) as u32
    }
}
impl Read for u16 {
    fn read(json: Json) -> u16 {
        u64::read(json) as u16
    }
}
impl<T: Read> Read for Option<T> {
    fn read(json: Json) -> Option<T> {
        if json.is_null() { None } else { Some(T::read(json)) }
    }
}
impl<T: Read> Read for Vec<T> {
    fn read(json: Json) -> Vec<T> {
        match json {
            Json::Array(items) => items.into_iter().map(T::read).collect(),
            _ => Vec::new(),
        }
    }
}
impl<A: Read, B: Read> Read for (A, B) {
    fn read(mut json: Json) -> (A, B) {
        let mut part = |index: usize| json.get_mut(index).map(Json::take).unwrap_or_default();
        (A::read(part(0)), B::read(part(1)))
    }
}

impl Read for TerminalState {
    fn read(json: Json) -> TerminalState {
        match json.as_str() {
            Some("Busy") => TerminalState::Busy,
            Some("Closed") => TerminalState::Closed,
            _ => TerminalState::Prompt,
        }
    }
}
impl Read for EventKind {
    fn read(json: Json) -> EventKind {
        match json.as_str() {
            Some("A") => EventKind::Added,
            Some("D") => EventKind::Deleted,
            _ => EventKind::Modified,
        }
    }
}
impl Read for MarkKind {
    fn read(json: Json) -> MarkKind {
        match json.as_str() {
            Some("Start") => MarkKind::Start,
            Some("Fault") => MarkKind::Fault,
            Some("Warning") => MarkKind::Warning,
            Some("Branch") => MarkKind::Branch,
            _ => MarkKind::Command,
        }
    }
}
impl Read for Severity {
    fn read(json: Json) -> Severity {
        match json.as_str() {
            Some("Warning") => Severity::Warning,
            Some("Error") => Severity::Error,
            _ => Severity::Info,
        }
    }
}
impl Read for Fidelity {
    fn read(json: Json) -> Fidelity {
        match json.as_str() {
            Some("Approximated") => Fidelity::Approximated,
            Some("NotSimulated") => Fidelity::NotSimulated,
            _ => Fidelity::Simulated,
        }
    }
}
impl Read for Fault {
    fn read(json: Json) -> Fault {
        let (name, content) = variant(json);
        let mut it = Fields(content);
        match name.as_str() {
            "StopNode" => Fault::StopNode { node: it.take("node") },
            "StartNode" => Fault::StartNode { node: it.take("node") },
            "CutNode" => Fault::CutNode { node: it.take("node") },
            "HealNode" => Fault::HealNode { node: it.take("node") },
            "KillContainer" => Fault::KillContainer {
                namespace: it.take("namespace"),
                pod: it.take("pod"),
                container: it.take("container"),
            },
            "StopComponent" => Fault::StopComponent { name: it.take("name") },
            _ => Fault::StartComponent { name: it.take("name") },
        }
    }
}

impl Read for Shape {
    fn read(json: Json) -> Shape {
        let mut it = Fields(json);
        Shape { seed: it.take("seed"), nodes: it.take("nodes"), start: it.take("start") }
    }
}
impl Read for ObjectRef {
    fn read(json: Json) -> ObjectRef {
        let mut it = Fields(json);
        ObjectRef {
            api_version: it.take("api_version"),
            kind: it.take("kind"),
            namespace: it.take("namespace"),
            name: it.take("name"),
        }
    }
}
impl Read for WatchEvent {
    fn read(json: Json) -> WatchEvent {
        let mut it = Fields(json);
        WatchEvent { kind: it.take("t"), object: it.take("o") }
    }
}
impl Read for Mark {
    fn read(json: Json) -> Mark {
        let mut it = Fields(json);
        Mark { at: it.take("at"), kind: it.take("kind"), text: it.take("text") }
    }
}
impl Read for Branch {
    fn read(json: Json) -> Branch {
        let mut it = Fields(json);
        Branch {
            id: it.take("id"),
            parent: it.take("parent"),
            from: it.take("from"),
            latest: it.take("latest"),
            current: it.take("current"),
        }
    }
}
impl Read for FaultState {
    fn read(json: Json) -> FaultState {
        let mut it = Fields(json);
        FaultState { text: it.take("text"), undo: it.take("undo") }
    }
}
impl Read for FileEntry {
    fn read(json: Json) -> FileEntry {
        let mut it = Fields(json);
        FileEntry {
            path: it.take("path"),
            folder: it.take("folder"),
            bytes: it.take("bytes"),
            version: it.take("version"),
        }
    }
}
impl Read for Problem {
    fn read(json: Json) -> Problem {
        let mut it = Fields(json);
        Problem {
            line: it.take("line"),
            path: it.take("path"),
            message: it.take("message"),
            severity: it.take("severity"),
        }
    }
}
impl Read for CauseLink {
    fn read(json: Json) -> CauseLink {
        let mut it = Fields(json);
        CauseLink {
            at: it.take("at"),
            revision: it.take("revision"),
            actor: it.take("actor"),
            verb: it.take("verb"),
            what: it.take("what"),
            object: it.take("object"),
            reason: it.take("reason"),
        }
    }
}
impl Read for Decision {
    fn read(json: Json) -> Decision {
        let mut it = Fields(json);
        Decision {
            at: it.take("at"),
            node: it.take("node"),
            message: it.take("message"),
            nodes: it.take("nodes"),
            more: it.take("more"),
        }
    }
}
impl Read for NodeVerdict {
    fn read(json: Json) -> NodeVerdict {
        let mut it = Fields(json);
        NodeVerdict {
            node: it.take("node"),
            refused: it.take("refused"),
            scores: it.take("scores"),
            total: it.take("total"),
        }
    }
}
impl Read for LinkSummary {
    fn read(json: Json) -> LinkSummary {
        let mut it = Fields(json);
        LinkSummary {
            shape: it.take("shape"),
            version: it.take("version"),
            kubernetes: it.take("kubernetes"),
            files: it.take("files"),
            commands: it.take("commands"),
            length: it.take("length"),
        }
    }
}
impl Read for FidelityRow {
    fn read(json: Json) -> FidelityRow {
        let mut it = Fields(json);
        FidelityRow {
            area: it.take("area"),
            feature: it.take("feature"),
            level: it.take("level"),
            note: it.take("note"),
        }
    }
}

#[cfg(test)]
mod tests;
