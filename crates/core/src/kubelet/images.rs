//! Images on a node: what is there, what is being pulled, and the kubelet's words about it.
//!
//! Mirrors pkg/kubelet/images: pulls are serialized (`serializeImagePulls`), failed ones back off from 10 s to 300 s per
//! pod and image.

use std::collections::VecDeque;
use std::rc::Rc;

use api::core::v1::{Pod, Secret};
use api::{Str, Timestamp};
use collections::{OrdMap, StableSort};

use super::node::Node;
use super::pod_worker::{Backoff, PodWorker, PullBackoff, Work};
use super::{Env, Event, NodeTimer};
use crate::runtime::catalogue::PullError;
use crate::runtime::{Image, Reference};

/// What is on the disk.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By full name.
    images: OrdMap<Str, Rc<Image>>,
    queue: VecDeque<Pull>,
    /// The pull in front of the queue is under way.
    active: bool,
    /// Images have come that the node's status does not list yet.
    pub(super) unreported: bool,
}

/// A pull that waits or is under way.
#[derive(Clone, Debug)]
struct Pull {
    uid: Str,
    slot: usize,
    /// As the pod writes it.
    image: Str,
    reference: Reference,
    /// Credentials of the pod for the registry.
    authorized: bool,
    since: Timestamp,
    begun: Timestamp,
}

/// What came of asking for an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Ensured {
    /// It is on the node.
    Present,
    /// A pull is on its way; the pod is synced when it ends.
    Pulling,
    /// Reason and message for the container's waiting state.
    Failed(Str, Str),
}

impl Store {
    /// The image by the name a pod uses.
    pub fn get(&self, name: &str) -> Option<Rc<Image>> {
        self.images.get(&*Reference::parse(name)?.full()).cloned()
    }

    /// Adds an image that was pulled or came with the node.
    pub fn insert(&mut self, image: Rc<Image>) {
        self.unreported |= self.images.insert(image.name.clone(), image).is_none();
    }

    /// Largest first, as `status.images` lists them.
    pub fn by_size(&self) -> Vec<Rc<Image>> {
        let mut all: Vec<Rc<Image>> = self.images.values().cloned().collect();
        all.stable_sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        all
    }

    /// The machine lost power.
    pub fn forget_pulls(&mut self) {
        self.queue.clear();
        self.active = false;
    }
}

impl Node {
    /// Mirrors EnsureImageExists: events and errors are its own.
    pub(super) fn ensure_image(&mut self, env: &mut Env, worker: &mut PodWorker, slot: usize) -> Ensured {
        let Some(spec) = worker.spec_of(slot).map(|it| it.into_owned()) else {
            return Ensured::Failed("ErrImagePull".into(), Str::EMPTY);
        };
        let name = spec.image.clone();
        let Some(reference) = Reference::parse(&name) else {
            let message = format!(
                "Failed to apply default image tag \"{name}\": couldn't parse image name \"{name}\": invalid reference format"
            );
            self.container_said(env, worker, slot, "Warning", "InspectFailed", message.clone());
            return Ensured::Failed("InvalidImageName".into(), message.into());
        };
        let present = self.images.get(&name).is_some();
        if present && spec.image_pull_policy != "Always" {
            let message = format!(
                "Container image \"{name}\" already present on machine and can be accessed by the pod"
            );
            self.container_said(env, worker, slot, "Normal", "Pulled", message);
            return Ensured::Present;
        }
        if spec.image_pull_policy == "Never" {
            let message = format!("Container image \"{name}\" is not present with pull policy of Never");
            self.container_said(env, worker, slot, "Warning", "ErrImageNeverPull", message.clone());
            return Ensured::Failed("ErrImageNeverPull".into(), message.into());
        }
        let now = env.now();
        if let Some(failed) = worker.pulls.get(&name).cloned()
            && let Some(until) = Backoff::until(Some(failed.backoff), failed.backoff.updated, now)
        {
            let message = format!("Back-off pulling image \"{name}\"");
            self.container_said(env, worker, slot, "Normal", "BackOff", message.clone());
            worker.retry_at(Timestamp(until.0 + env.cx.rng.below(1_000_000) as i64));
            return Ensured::Failed("ImagePullBackOff".into(), format!("{message}: {}", failed.last).into());
        }
        self.container_said(env, worker, slot, "Normal", "Pulling", format!("Pulling image \"{name}\""));
        let authorized = has_credentials(env, worker, &reference);
        let pull = Pull {
            uid: worker.uid.clone(),
            slot,
            image: name,
            reference,
            authorized,
            since: now,
            begun: now,
        };
        self.images.queue.push_back(pull);
        self.next_pull(env);
        Ensured::Pulling
    }

    fn next_pull(&mut self, env: &mut Env) {
        if self.images.active {
            return;
        }
        let now = env.now();
        let Some(pull) = self.images.queue.front_mut() else { return };
        pull.begun = now;
        let latency = env.cx.profile.pull_latency.as_micros() as u64;
        let micros = match env.library.find(&pull.reference) {
            Ok(image) if self.images.images.contains_key(&image.name) => latency,
            Ok(image) => latency + image.size * 1_000_000 / env.cx.profile.pull_bandwidth.max(1),
            Err(_) => latency,
        };
        let micros = env.cx.rng.jitter(micros, 15) as i64;
        self.images.active = true;
        env.out.at(Timestamp(now.0 + micros), Event::Node(self.id, NodeTimer::Pulled));
    }

    /// The pull in front of the queue is complete, one way or another.
    pub(super) fn pull_done(&mut self, env: &mut Env) {
        if !self.images.active {
            return;
        }
        self.images.active = false;
        let Some(pull) = self.images.queue.pop_front() else { return };
        let found = match env.library.find(&pull.reference) {
            Ok(image) if image.private && !pull.authorized => Err(PullError::Unauthorized),
            found => found,
        };
        if let Ok(image) = &found {
            self.images.insert(image.clone());
        }
        if self.kubelet_runs() {
            let uid = pull.uid.clone();
            self.with_pod(env, &uid, |node, env, worker| node.pulled(env, worker, &pull, found));
        }
        self.next_pull(env);
    }

    fn pulled(
        &mut self,
        env: &mut Env,
        worker: &mut PodWorker,
        pull: &Pull,
        found: Result<Rc<Image>, PullError>,
    ) {
        if worker.work != Work::Pulling(pull.slot) {
            return;
        }
        worker.work = Work::Idle;
        let (now, name) = (env.now(), &pull.image);
        match found {
            Ok(image) => {
                let message = format!(
                    "Successfully pulled image \"{name}\" in {} ({} including waiting). Image size: {} bytes.",
                    go_millis(now.0 - pull.begun.0),
                    go_millis(now.0 - pull.since.0),
                    image.size
                );
                self.container_said(env, worker, pull.slot, "Normal", "Pulled", message);
                worker.pulls.remove(name);
                self.create_container(env, worker, pull.slot);
            }
            Err(error) => {
                let text = error.rpc(&pull.reference);
                self.container_said(
                    env,
                    worker,
                    pull.slot,
                    "Warning",
                    "Failed",
                    format!("Failed to pull image \"{name}\": {text}"),
                );
                let old = worker.pulls.get(name).map(|it| it.backoff);
                let backoff = Backoff::next(old, now, now);
                worker.pulls.insert(
                    name.clone(),
                    PullBackoff { backoff, last: format!("ErrImagePull: {text}").into() },
                );
                self.start_failed(env, worker, pull.slot, "ErrImagePull", text.into());
            }
        }
        if worker.work == Work::Idle {
            self.start_next(env, worker);
        }
    }
}

/// Whether the pod's pull secrets, or its service account's, hold credentials for the registry.
fn has_credentials(env: &Env, worker: &PodWorker, reference: &Reference) -> bool {
    let pod: &Pod = worker.view();
    let host = if reference.registry == "docker.io" { "index.docker.io" } else { &reference.registry };
    pod.spec.image_pull_secrets.iter().any(|it| {
        let secret = env.cx.lister::<Secret>().get(&pod.metadata.namespace, &it.name);
        let Some(secret) = secret.as_ref().and_then(|object| object.view::<Secret>()) else { return false };
        let config = secret.data.get(".dockerconfigjson").or_else(|| secret.data.get(".dockercfg"));
        config.is_some_and(|bytes| String::from_utf8_lossy(bytes).contains(host))
    })
}

/// Go's time.Duration truncated to milliseconds: "812ms", "1.234s", "1m2.5s".
pub fn go_millis(micros: i64) -> String {
    let millis = micros / 1000;
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let mut seconds = format!("{}.{:03}", rest / 1000, rest % 1000);
    while seconds.ends_with('0') {
        seconds.pop();
    }
    let seconds = seconds.trim_end_matches('.');
    if minutes > 0 { format!("{minutes}m{seconds}s") } else { format!("{seconds}s") }
}

#[cfg(test)]
mod tests {
    use super::go_millis;

    #[test]
    fn durations_read_as_go_prints_them() {
        for (micros, text) in
            [(812_300, "812ms"), (1_234_000, "1.234s"), (2_500_000, "2.5s"), (62_000_000, "1m2s")]
        {
            assert_eq!(go_millis(micros), text);
        }
    }
}
