//! The reader knows what the writer writes: every kind of message, every field of it.
//!
//! A field whose name the reader gets wrong would quietly be its default, so no sample holds a default; a variant that the
//! reader lacks compiles just as well, so the samples are counted against matches without a wildcard.

use super::*;

/// Writes and reads a message that may hold defaults.
fn returns(update: Update) {
    let text = serde_json::to_string(&[&update]).expect("serialises");
    assert_eq!(Update::read_all(&text), Ok(vec![update]), "{text}");
}

/// Writes and reads a message, of which every field must say something.
fn survives(update: Update) {
    says_something(&serde_json::to_value(&update).expect("serialises"), "");
    returns(update);
}

/// Whether no value in it could come from not reading it.
fn says_something(json: &Json, path: &str) {
    match json {
        Json::Object(map) => {
            map.iter().for_each(|(key, value)| says_something(value, &format!("{path}.{key}")))
        }
        Json::Array(items) if !items.is_empty() => items.iter().for_each(|item| says_something(item, path)),
        Json::String(text) if !text.is_empty() => {}
        Json::Bool(true) => {}
        Json::Number(number) if number.as_f64() != Some(0.0) => {}
        default => panic!("{path} is {default}: not reading it would not show"),
    }
}

/// One after the other: each variant is named, so that a new one does not compile before it is sampled below and read.
fn place_of_update(update: &Update) -> usize {
    match update {
        Update::Opened(_) => 0,
        Update::Refused { .. } => 1,
        Update::Answer { .. } => 2,
        Update::Output { .. } => 3,
        Update::Terminal { .. } => 4,
        Update::Edit { .. } => 5,
        Update::Watch(_) => 6,
        Update::Clock(_) => 7,
        Update::Marks { .. } => 8,
        Update::Branches(_) => 9,
        Update::Stepped(_) => 10,
        Update::Faults(_) => 11,
        Update::Files(_) => 12,
        Update::Notice { .. } => 13,
        Update::NeedAsset { .. } => 14,
    }
}
const UPDATES: usize = 15;

/// As [`place_of_update`].
fn place_of_answer(answer: &Answer) -> usize {
    match answer {
        Answer::Done => 0,
        Answer::Failed { .. } => 1,
        Answer::Response(_) => 2,
        Answer::File { .. } => 3,
        Answer::Problems(_) => 4,
        Answer::Why(_) => 5,
        Answer::Decision(_) => 6,
        Answer::Link(_) => 7,
        Answer::Share(_) => 8,
        Answer::Hash(_) => 9,
        Answer::Saved { .. } => 10,
        Answer::Fidelity(_) => 11,
    }
}
const ANSWERS: usize = 12;

/// As [`place_of_update`], for the enums within: the variant after this one.
fn next_fault(fault: Option<&Fault>) -> Option<Fault> {
    let node = || "worker".to_owned();
    let name = || "kube-scheduler".to_owned();
    Some(match fault {
        None => Fault::StopNode { node: node() },
        Some(Fault::StopNode { .. }) => Fault::StartNode { node: node() },
        Some(Fault::StartNode { .. }) => Fault::CutNode { node: node() },
        Some(Fault::CutNode { .. }) => Fault::HealNode { node: node() },
        Some(Fault::HealNode { .. }) => {
            Fault::KillContainer { namespace: "ns".into(), pod: "web".into(), container: "nginx".into() }
        }
        Some(Fault::KillContainer { .. }) => Fault::StopComponent { name: name() },
        Some(Fault::StopComponent { .. }) => Fault::StartComponent { name: name() },
        Some(Fault::StartComponent { .. }) => return None,
    })
}

fn next_state(state: Option<&TerminalState>) -> Option<TerminalState> {
    Some(match state {
        None => TerminalState::Prompt,
        Some(TerminalState::Prompt) => TerminalState::Busy,
        Some(TerminalState::Busy) => TerminalState::Closed,
        Some(TerminalState::Closed) => return None,
    })
}

fn next_event(kind: Option<&EventKind>) -> Option<EventKind> {
    Some(match kind {
        None => EventKind::Added,
        Some(EventKind::Added) => EventKind::Modified,
        Some(EventKind::Modified) => EventKind::Deleted,
        Some(EventKind::Deleted) => return None,
    })
}

fn next_mark(kind: Option<&MarkKind>) -> Option<MarkKind> {
    Some(match kind {
        None => MarkKind::Start,
        Some(MarkKind::Start) => MarkKind::Command,
        Some(MarkKind::Command) => MarkKind::Fault,
        Some(MarkKind::Fault) => MarkKind::Warning,
        Some(MarkKind::Warning) => MarkKind::Branch,
        Some(MarkKind::Branch) => return None,
    })
}

fn next_severity(severity: Option<&Severity>) -> Option<Severity> {
    Some(match severity {
        None => Severity::Info,
        Some(Severity::Info) => Severity::Warning,
        Some(Severity::Warning) => Severity::Error,
        Some(Severity::Error) => return None,
    })
}

fn next_level(level: Option<&Fidelity>) -> Option<Fidelity> {
    Some(match level {
        None => Fidelity::Simulated,
        Some(Fidelity::Simulated) => Fidelity::Approximated,
        Some(Fidelity::Approximated) => Fidelity::NotSimulated,
        Some(Fidelity::NotSimulated) => return None,
    })
}

/// All variants of an enum, by the function that gives the next one.
fn all<T>(next: fn(Option<&T>) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    while let Some(one) = next(found.last()) {
        found.push(one);
    }
    found
}

fn text() -> String {
    "text".to_owned()
}

fn shape() -> Shape {
    Shape { seed: 9, nodes: 3, start: Some(-5) }
}

fn watch() -> WatchUpdate {
    let event = |kind| WatchEvent { kind, object: serde_json::json!({"metadata": {"name": "web"}}) };
    WatchUpdate {
        id: 4,
        reset: true,
        synced: true,
        events: all(next_event).into_iter().map(event).collect(),
        columns: vec![serde_json::json!({"name": "Name"})],
        error: Some(serde_json::json!({"code": 410})),
    }
}

fn clock() -> Clock {
    Clock {
        now: 3,
        earliest: 1,
        latest: 9,
        paused: true,
        speed: 2.5,
        live: true,
        idle: true,
        hurrying: true,
        revision: 77,
        changes: 5,
        behind: true,
    }
}

/// At least one of each kind, but answers.
fn updates() -> Vec<Update> {
    let opened = Opened {
        shape: shape(),
        version: "0.1".into(),
        kubernetes: "v1.36.0".into(),
        home: "/home/user".into(),
        terminals: vec![1, 2],
    };
    let edit = Update::Edit { edit: 1, terminal: 2, title: "t".into(), path: "p".into(), text: text() };
    let marks = all(next_mark).into_iter().map(|kind| Mark { at: 1, kind, text: text() }).collect();
    let branch = Branch { id: 1, parent: Some(1), from: 2, latest: 3, current: true };
    let faults = all(next_fault).into_iter().map(|undo| FaultState { text: text(), undo }).collect();
    let file = FileEntry { path: "a".into(), folder: true, bytes: 3, version: u64::MAX };
    let mut updates = vec![
        Update::Opened(opened),
        Update::Refused { message: text(), hint: "hint".into() },
        Update::Output { terminal: 1, text: text() },
        edit,
        Update::Watch(watch()),
        Update::Clock(clock()),
        Update::Marks { reset: true, marks },
        Update::Branches(vec![branch]),
        Update::Stepped(Stepped { at: 1, actor: "kubelet".into(), sentence: text() }),
        Update::Faults(faults),
        Update::Files(vec![file]),
        Update::NeedAsset { name: "explain.json".into() },
    ];
    updates.extend(all(next_state).into_iter().map(|state| Update::Terminal { terminal: 1, state }));
    updates.extend(all(next_severity).into_iter().map(|severity| Update::Notice { severity, text: text() }));
    updates
}

fn why() -> Answer {
    let object = ObjectRef {
        api_version: "v1".into(),
        kind: "Pod".into(),
        namespace: "default".into(),
        name: "web".into(),
    };
    Answer::Why(vec![CauseLink {
        at: 1,
        revision: 2,
        actor: "you".into(),
        verb: "ran".into(),
        what: text(),
        object: Some(object),
        reason: text(),
    }])
}

fn decision() -> Answer {
    let verdict = NodeVerdict {
        node: "worker".into(),
        refused: Some(("TaintToleration".into(), text())),
        scores: vec![("ImageLocality".into(), -3)],
        total: 12,
    };
    let node = Some("worker".into());
    Answer::Decision(Some(Decision { at: 1, node, message: text(), nodes: vec![verdict], more: 4 }))
}

/// At least one of each kind.
fn answers() -> Vec<Answer> {
    let response = Response {
        code: 404,
        warnings: vec![text()],
        content_type: "application/json".into(),
        body: "{}".into(),
    };
    let problem = Problem { line: Some(3), path: "spec".into(), message: text(), severity: Severity::Error };
    let summary = LinkSummary {
        shape: shape(),
        version: "0.1".into(),
        kubernetes: "v1.36.0".into(),
        files: vec![("web.yaml".into(), 120)],
        commands: vec!["kubectl get pods".into()],
        length: 5,
    };
    let row = |level| FidelityRow { area: "API server".into(), feature: "f".into(), level, note: text() };
    vec![
        Answer::Done,
        Answer::Failed { message: text() },
        Answer::Response(response),
        Answer::File { path: "a".into(), text: text(), version: u64::MAX },
        Answer::Problems(vec![problem]),
        why(),
        decision(),
        Answer::Link(summary.clone()),
        Answer::Share(Share { fragment: "/z/abc".into(), summary, hash: "cafe".into() }),
        Answer::Hash("cafe".into()),
        Answer::Fidelity(all(next_level).into_iter().map(row).collect()),
    ]
}

#[test]
fn every_field_of_every_message_survives_the_wire() {
    let mut places = Vec::new();
    for update in updates() {
        places.push(place_of_update(&update));
        survives(update);
    }
    let mut answer_places = Vec::new();
    for answer in answers() {
        answer_places.push(place_of_answer(&answer));
        let update = Update::Answer { id: 7, answer };
        places.push(place_of_update(&update));
        survives(update);
    }
    // The bytes of a saved state travel beside the text: here they are none.
    let saved = Answer::Saved { state: Default::default() };
    answer_places.push(place_of_answer(&saved));
    returns(Update::Answer { id: 7, answer: saved });

    assert!((0..UPDATES).all(|place| places.contains(&place)), "a kind of update has no sample: {places:?}");
    assert!((0..ANSWERS).all(|place| answer_places.contains(&place)), "a kind of answer: {answer_places:?}");
}

#[test]
fn what_is_missing_stays_missing() {
    returns(Update::Answer { id: 0, answer: Answer::Decision(None) });
    returns(Update::Answer { id: 0, answer: Answer::Problems(vec![Problem::default()]) });
    returns(Update::Clock(Clock::default()));
    returns(Update::Watch(WatchUpdate::default()));
    returns(Update::Branches(Vec::new()));
}

#[test]
fn what_is_no_update_is_an_error() {
    assert!(Update::read_all("{}").is_err());
    assert!(Update::read_all(r#"[{"Later": {}}]"#).is_err());
    assert_eq!(
        Update::read_all(r#"[{"Output": {"terminal": "x"}}]"#),
        Ok(vec![Update::Output { terminal: 0, text: String::new() }])
    );
}
