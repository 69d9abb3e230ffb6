//! Telling what happened, and why: sentences from commits, and the walk along causes.

use api::http::Request;
use api::{Object, Str, Timestamp};

use super::{Fault, Input, Recorded, World};
use crate::store::{Change, Operation, ResourceId, Revision, Trigger};

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepped {
    /// When it happened.
    pub at: Timestamp,
    /// Who acted: "replicaset-controller", "kubelet node-1".
    pub actor: Str,
    /// "replicaset-controller created Pod default/web-6d4cf56db6-x7k2p, because ReplicaSet default/web-6d4cf56db6 was created."
    pub sentence: String,
}

/// One link of a chain of causes, from an effect back to what set it off.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseLink {
    /// When it happened.
    pub at: Timestamp,
    /// 0 for links that are no commit: inputs, the passing of time.
    pub revision: Revision,
    /// Who acted: a component in short, or "you".
    pub actor: Str,
    /// "created", "updated", "deleted", or how an input is worded.
    pub verb: Str,
    /// What it was done to: "Pod default/web-6d4cf56db6-x7k2p".
    pub what: String,
    /// Its state after; before, if it was deleted. `None` for links that are no commit.
    pub object: Option<Object>,
    /// Why it happened then: "ReplicaSet default/web was created"; empty for inputs.
    pub reason: String,
}

/// Links followed at most: a chain is rarely longer than ten.
const CHAIN_MAX: usize = 32;

impl World {
    /// What the commits after `before` say, if there are any.
    pub fn stepped_since(&self, before: Revision) -> Option<Stepped> {
        // Heartbeats are no reconcile: nobody steps through time to see a lease renewed.
        let told = |change: &&Change| change.subject().gvk().kind != "Lease";
        let changes: Vec<&Change> = self.api.storage().log_since(before)?.filter(told).collect();
        let first = changes.first()?;
        let actor = first.cause.actor.clone();
        let mut sentence = format!("{actor} {} {}", verb(first), name(first.subject()));
        let others = changes[1..].iter().filter(|change| change.subject().gvk().kind != "Event").count();
        if others > 0 {
            sentence.push_str(&format!(" and wrote {others} more"));
        }
        if let Some(reason) = self.reason(first.cause.trigger) {
            sentence.push_str(&format!(", because {reason}"));
        }
        sentence.push('.');
        Some(Stepped { at: first.time, actor, sentence })
    }

    /// From the object's last change (or the one that made it what it was at `revision`) back to its origin.
    pub fn why(&self, inputs: &[Recorded], resource: ResourceId, key: &api::Key) -> Vec<CauseLink> {
        let mut chain = Vec::new();
        let last = self.api.storage().stored(resource, key).map(|stored| stored.mod_revision);
        let mut next = last.or_else(|| self.last_change(resource, key));
        while let Some(revision) = next {
            let Some(change) = self.api.storage().change(revision) else { break };
            let trigger = change.cause.trigger;
            chain.push(CauseLink {
                at: change.time,
                revision,
                actor: change.cause.actor.clone(),
                verb: verb(change).into(),
                what: name(change.subject()),
                object: Some(change.subject().clone()),
                reason: self.reason(trigger).unwrap_or_default(),
            });
            if chain.len() >= CHAIN_MAX {
                break;
            }
            next = match trigger {
                Trigger::Revision(earlier) if earlier < revision => Some(earlier),
                Trigger::Input(number) => {
                    chain.extend(inputs.get(number as usize).map(link_of_input));
                    None
                }
                // What time brought (a container that started, a probe, a back-off that ended) goes back to what was
                // done to the object before.
                Trigger::Timer | Trigger::Due(_) => match self.fault_behind(inputs, change) {
                    Some(fault) => {
                        chain.push(link_of_input(fault));
                        None
                    }
                    None => self.done_before(change),
                },
                Trigger::Bootstrap => None,
                Trigger::Revision(_) => None,
            };
        }
        chain
    }

    /// The fault that a component noticed by itself: of this node or pod, after its last change.
    fn fault_behind<'a>(&self, inputs: &'a [Recorded], change: &Change) -> Option<&'a Recorded> {
        let subject = change.subject();
        let concerns = |input: &Input| match input {
            Input::Fault(
                Fault::StopNode(node) | Fault::CutNode(node) | Fault::StartNode(node) | Fault::HealNode(node),
            ) => subject.gvk().kind == "Node" && subject.meta().name == *node,
            Input::Fault(Fault::KillContainer { namespace, pod, .. }) => {
                subject.gvk().kind == "Pod"
                    && subject.meta().name == *pod
                    && subject.meta().namespace == *namespace
            }
            _ => false,
        };
        let since = self.previous(change).map_or(Timestamp(i64::MIN), |before| before.time);
        inputs.iter().rev().find(|it| it.time <= change.time && it.time >= since && concerns(&it.input))
    }

    /// The commit that made the object what it was before this one.
    fn previous(&self, change: &Change) -> Option<&Change> {
        self.api.storage().change(change.previous.as_ref()?.meta().resource_version.parse().ok()?)
    }

    /// The newest earlier write of the same object that time alone did not bring; its creation at the latest.
    fn done_before(&self, change: &Change) -> Option<Revision> {
        let mut earlier = self.previous(change)?;
        while earlier.cause.trigger.is_time()
            && let Some(before) = self.previous(earlier)
        {
            earlier = before;
        }
        Some(earlier.revision)
    }

    fn last_change(&self, resource: ResourceId, key: &api::Key) -> Option<Revision> {
        let storage = self.api.storage();
        let mut changes = storage.log_since(storage.compacted())?.rev();
        changes.find(|change| change.resource == resource && change.key == *key).map(|change| change.revision)
    }

    fn reason(&self, trigger: Trigger) -> Option<String> {
        match trigger {
            Trigger::Revision(revision) => {
                let change = self.api.storage().change(revision)?;
                Some(format!("{} was {}", name(change.subject()), verb(change)))
            }
            Trigger::Input(_) => Some("somebody asked for it".to_owned()),
            // More is not known: nothing is made up.
            Trigger::Timer => None,
            Trigger::Due(due) => Some(due.words().to_owned()),
            Trigger::Bootstrap => Some("the cluster was set up".to_owned()),
        }
    }
}

fn link_of_input(recorded: &Recorded) -> CauseLink {
    let ran = command_line(&recorded.input).is_some();
    CauseLink {
        at: recorded.time,
        revision: 0,
        actor: "you".into(),
        verb: if ran { "ran" } else { "asked" }.into(),
        what: describe_input(&recorded.input),
        object: None,
        reason: String::new(),
    }
}

/// The header in which clients of the workstation say which command line a request belongs to. It is part of what is
/// recorded, so that a history still knows it when it is opened elsewhere.
pub const COMMAND: &str = "x-command-line";

/// The command line that an input belongs to, where that is known.
pub fn command_line(input: &Input) -> Option<&str> {
    match input {
        Input::Request(r) | Input::Connect(r) => Some(r.header(COMMAND)).filter(|line| !line.is_empty()),
        _ => None,
    }
}

/// An input in words: "kubectl create deployment web --image=nginx", "POST /api/v1/namespaces/default/pods" where no
/// command line is known, "stop node node-1".
pub fn describe_input(input: &Input) -> String {
    if let Some(line) = command_line(input) {
        return line.to_owned();
    }
    let request = |request: &Request| format!("{} {}", request.method, request.path);
    match input {
        Input::Request(r) | Input::Connect(r) => request(r),
        Input::Dial { addr, port, .. } => format!("connected to {addr}:{port} from outside"),
        Input::StreamData { data, .. } => format!("{} bytes into a container", data.len()),
        Input::StreamClose { .. } => "closed a connection into a container".to_owned(),
        Input::Fault(fault) => fault.to_string(),
    }
}

fn verb(change: &Change) -> &'static str {
    match change.operation {
        Operation::Create => "created",
        Operation::Update => "updated",
        Operation::Delete => "deleted",
    }
}

/// "Pod default/web-0", "Node node-1".
fn name(object: &Object) -> String {
    format!("{} {}", object.gvk().kind, object.key())
}
