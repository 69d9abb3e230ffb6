//! Marks on the time bar: what the person did, what was broken, and what the cluster itself warned of.
//!
//! They are read off the history (recorded inputs, Warning events), so that a cluster which was reloaded, shared or
//! branched has the very marks that it had where it came from.

use collections::StableSort;
use kubarium_core::cluster::{Cluster, Input, Recorded, story};
use kubarium_core::store::{Operation, Revision};
use protocol::{Mark, MarkKind, Update};

use crate::backend::Backend;
use crate::console::SETTLED;

/// Requests of one command that follow each other this closely share a mark (a file with several objects).
const SAME_COMMAND: i64 = 2_000_000;
/// A warning is told once in this long: back-offs repeat themselves.
const SAME_WARNING: i64 = 30_000_000;
/// Warnings marked at most; a cluster in flames needs no more to be seen burning.
const WARNINGS_MAX: usize = 200;

/// What has been marked so far.
#[derive(Default)]
pub(super) struct Marks {
    all: Vec<Mark>,
    /// Inputs and commits that were looked at.
    inputs: usize,
    revision: Revision,
    warnings: usize,
}

impl Marks {
    /// Begins anew: another history is shown.
    pub fn begin(&mut self, backend: &Backend, updates: &mut Vec<Update>) {
        *self = Marks::default();
        let start = backend.with(|cluster| cluster.config().start.micros());
        self.all.push(Mark { at: start, kind: MarkKind::Start, text: "The cluster starts".to_owned() });
        backend.with(|cluster| self.read(cluster));
        self.all.stable_sort_by_key(|it| it.at);
        updates.push(Update::Marks { reset: true, marks: self.all.clone() });
    }

    /// Adds what is new.
    pub fn look(&mut self, backend: &Backend, updates: &mut Vec<Update>) {
        let known = self.all.len();
        backend.with(|cluster| self.read(cluster));
        if self.all.len() > known {
            updates.push(Update::Marks { reset: false, marks: self.all[known..].to_vec() });
        }
    }

    fn read(&mut self, cluster: &Cluster) {
        let inputs = cluster.inputs();
        for recorded in inputs.get(self.inputs..).unwrap_or_default() {
            self.input(recorded);
        }
        self.inputs = inputs.len();
        self.warnings(cluster);
    }

    fn input(&mut self, recorded: &Recorded) {
        let kind = match &recorded.input {
            Input::Fault(_) => MarkKind::Fault,
            Input::Request(_) | Input::Connect(_) | Input::Dial { .. } => MarkKind::Command,
            // What is typed into a container belongs to the command that opened the way to it.
            Input::StreamData { .. } | Input::StreamClose { .. } => return,
        };
        let mark = Mark { at: recorded.time.micros(), kind, text: story::describe_input(&recorded.input) };
        let same = |it: &Mark| it.kind == kind && it.text == mark.text && mark.at - it.at < SAME_COMMAND;
        let last = self.all.iter().rev().find(|it| it.kind != MarkKind::Warning);
        if !last.is_some_and(same) {
            self.all.push(mark);
        }
    }

    /// Warning events that were written since the last look, but for the teething troubles of a cluster that boots.
    fn warnings(&mut self, cluster: &Cluster) {
        let storage = cluster.world().api().storage();
        let settled = cluster.config().start + SETTLED;
        let now = storage.revision();
        let since = self.revision.max(storage.compacted());
        self.revision = self.revision.max(now);
        if since >= now || self.warnings >= WARNINGS_MAX {
            return;
        }
        for change in storage.log_since(since).into_iter().flatten() {
            if change.operation != Operation::Create || change.time < settled {
                continue;
            }
            let Some(event) = change.object.as_ref().and_then(|it| it.view::<api::core::v1::Event>()) else {
                continue;
            };
            if event.type_ != "Warning" {
                continue;
            }
            let about = &event.involved_object;
            let text = format!("{}: {} {}", event.reason, about.kind, about.name);
            let reason = format!("{}: ", event.reason);
            let at = change.time.micros();
            let told = |it: &Mark| {
                it.kind == MarkKind::Warning && it.text.starts_with(&reason) && at - it.at < SAME_WARNING
            };
            if !self.all.iter().rev().take(8).any(told) {
                self.warnings += 1;
                self.all.push(Mark { at, kind: MarkKind::Warning, text });
            }
        }
    }
}
