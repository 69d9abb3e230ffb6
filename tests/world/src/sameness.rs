//! Scenarios whose history hash must not depend on where they run.
//!
//! Every story of `tests/transcripts/` is one, and so are the ways through time below: looking back and going on, saving
//! and loading, forking. Each is one line: name, history hash, and a hash of what was seen.

use api::{Duration, Timestamp};
use kubarium_core::cluster::{Cluster, Fault, Saved};
use kubarium_core::sim::Hasher64;
use kubarium_tests::simulated::Simulated;
use kubarium_tests::{play, story::Story};

use crate::lab::Lab;

include!(concat!(env!("OUT_DIR"), "/stories.rs"));

/// What a scenario came to.
pub struct Line {
    pub name: String,
    pub history: u64,
    pub seen: u64,
}

/// Ways through time, by name.
const WAYS: &[(&str, fn() -> (u64, String))] = &[
    ("a cluster boots", boot),
    ("a rollout, and a node that dies in it", rollout),
    ("looking back and going on", there_and_back),
    ("saving, loading and going on", saved_and_loaded),
    ("forking", forked),
];

/// Plays what has the filter in its name, and tells each as it ends.
pub fn play_all(filter: &str, tell: impl Fn(Line)) {
    for (name, way) in WAYS.iter().filter(|(name, _)| name.contains(filter)) {
        tell(line(name, way()));
    }
    for (name, text) in STORIES.iter().filter(|(name, _)| name.contains(filter)) {
        tell(line(name, story(name, text)));
    }
}

fn story(name: &str, text: &str) -> (u64, String) {
    let story = Story::parse(text).unwrap_or_else(|err| panic!("{name}: {err}"));
    let mut stage = Simulated::start(&story.settings).unwrap_or_else(|err| panic!("{name}: {err}"));
    let played = play::play(&story, &mut stage, |_, _| false).unwrap_or_else(|err| panic!("{name}: {err}"));
    (stage.hash(), played.actual.render())
}

fn boot() -> (u64, String) {
    let lab = Lab::new(1, 2);
    (lab.cluster.hash(), String::new())
}

/// A cluster in which much has happened.
fn busy() -> Lab {
    let mut lab = Lab::new(7, 3);
    lab.deploy("web", 6, "nginx:1.27");
    assert!(lab.await_rollout("web"), "the first rollout ends");
    lab.set_image("web", "nginx:1.28");
    lab.cluster.advance(Duration::secs(3));
    let node = worker(&mut lab);
    lab.cluster.fault(Fault::StopNode(node));
    lab.cluster.advance(Duration::mins(7));
    lab
}

/// The name of a worker that holds a pod.
fn worker(lab: &mut Lab) -> api::Str {
    let pods = lab
        .send(api::http::Request::get("/api/v1/namespaces/default/pods"))
        .body
        .to_json()
        .unwrap_or_default();
    pods["items"][0]["spec"]["nodeName"].as_str().unwrap_or_default().into()
}

fn rollout() -> (u64, String) {
    let mut lab = busy();
    let seen = lab.deployment("web").to_string();
    (lab.cluster.hash(), seen)
}

fn there_and_back() -> (u64, String) {
    let mut lab = busy();
    let (hash, latest, start) = (lab.cluster.hash(), lab.cluster.latest(), lab.cluster.config().start);
    let middle = Timestamp((start.0 + latest.0) / 2);
    for time in [middle, start, latest, middle] {
        lab.cluster.seek(time);
    }
    lab.cluster.live();
    assert_eq!(lab.cluster.hash(), hash, "looking back changes nothing");
    (lab.cluster.hash(), String::new())
}

fn saved_and_loaded() -> (u64, String) {
    let mut lab = busy();
    let text = lab.cluster.save().to_json().to_string();
    let json = serde_json::from_str(&text).unwrap_or_default();
    let saved = Saved::from_json(&json).unwrap_or_else(|err| panic!("what was saved is loaded: {err}"));
    let mut loaded = Lab { cluster: Cluster::restore(saved) };
    assert_eq!(loaded.cluster.hash(), lab.cluster.hash(), "a loaded cluster is the one that was saved");
    for it in [&mut lab, &mut loaded] {
        it.set_image("web", "nginx:1.29");
        it.cluster.advance(Duration::mins(2));
    }
    assert_eq!(loaded.cluster.hash(), lab.cluster.hash(), "and goes on the same");
    (loaded.cluster.hash(), text)
}

fn forked() -> (u64, String) {
    let lab = busy();
    let mut here = Lab { cluster: lab.cluster.clone() };
    let mut there = Lab { cluster: lab.cluster.clone() };
    here.cluster.advance(Duration::mins(1));
    there.cluster.advance(Duration::mins(1));
    assert_eq!(here.cluster.hash(), there.cluster.hash(), "a fork equals its origin");
    there.set_image("web", "httpd:2.4");
    here.cluster.advance(Duration::mins(1));
    there.cluster.advance(Duration::mins(1));
    assert_ne!(here.cluster.hash(), there.cluster.hash(), "and diverges by its inputs");
    (there.cluster.hash(), format!("{:x}", here.cluster.hash()))
}

fn line(name: &str, (history, seen): (u64, String)) -> Line {
    let mut hasher = Hasher64::new();
    hasher.str(&seen);
    Line { name: name.to_string(), history, seen: hasher.finish() }
}
