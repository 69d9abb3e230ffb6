//! Scenarios that must be fast. Each runs in a process of its own, so that its peak of memory is its own.

use api::http::{Body, MERGE_PATCH, Request};
use api::{Duration, Json, Timestamp};
use kubarium_core::cluster::ClusterConfig;
use serde_json::json;

use crate::lab::Lab;
use crate::machines;
use crate::outside::{Moment, cpu_ms, memory_mib};

/// One thing to measure.
pub struct Scenario {
    pub name: &'static str,
    /// Prepares the cluster (not measured), and gives the work.
    prepare: fn() -> Work,
}

/// Measured work; what it returns goes into the result beside the times.
pub(crate) type Work = Box<dyn FnOnce() -> Vec<(&'static str, f64)>>;

/// Everything that is measured.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "boot", prepare: boot },
    Scenario { name: "100 pods on 10 nodes", prepare: || pods(100, 10, false) },
    Scenario { name: "1,000 pods on 100 nodes", prepare: || pods(1_000, 100, false) },
    Scenario { name: "1,000 pods on 100 nodes, with probes", prepare: || pods(1_000, 100, true) },
    Scenario { name: "10,000 pods on 1,000 nodes", prepare: || pods(10_000, 1_000, false) },
    Scenario { name: "a quiet hour of 3 nodes", prepare: quiet_hour },
    Scenario { name: "seek within an hour", prepare: seek },
    Scenario { name: "get a pod", prepare: || requests(10_000, get_pod) },
    Scenario { name: "list 100 pods", prepare: || requests(500, list_pods) },
    Scenario { name: "patch a pod", prepare: || requests(2_000, patch_pod) },
    Scenario { name: "a shell loop of 1,000,000 rounds", prepare: machines::shell_loop },
    Scenario { name: "10,000 machines: date; sleep 5", prepare: machines::many_machines },
    Scenario { name: "10 MB: sort | uniq -c | sort -rn", prepare: machines::pipeline },
];

/// Runs a scenario: `{ name, wall_ms, cpu_ms, memory_mib, … }`.
pub fn measure(scenario: &Scenario) -> Json {
    let work = (scenario.prepare)();
    let (start, cpu) = (Moment::now(), cpu_ms());
    let more = work();
    let wall = start.ms();
    let used = cpu_ms().zip(cpu).map(|(after, before)| after - before);
    let mut res =
        json!({ "name": scenario.name, "wall_ms": wall, "cpu_ms": used, "memory_mib": memory_mib() });
    for (key, value) in more {
        res[key] = json!(value);
    }
    for (count, rate) in
        [("events", "events_per_s"), ("reconciles", "reconciles_per_s"), ("requests", "requests_per_s")]
    {
        if let Some(count) = res[count].as_f64() {
            res[rate] = json!(count / wall * 1e3);
        }
    }
    res
}

fn boot() -> Work {
    Box::new(|| {
        let cluster = kubarium_session::console::settled(ClusterConfig::default());
        vec![("events", cluster.world().handled() as f64)]
    })
}

/// From the request that creates a Deployment until all of its pods are available; with probes their servers run.
fn pods(count: u32, nodes: u32, probed: bool) -> Work {
    let mut lab = Lab::new(1, nodes);
    Box::new(move || {
        let (events, time) = (lab.cluster.world().handled(), lab.cluster.now());
        let before = memory_mib();
        let syncs = lab.cluster.world().reconciles();
        lab.deploy_with("web", count, "nginx:1.27", probed);
        assert!(lab.await_rollout("web"), "all pods become available");
        let events = lab.cluster.world().handled() - events;
        let syncs = lab.cluster.world().reconciles() - syncs;
        let span = lab.cluster.now().0 - time.0;
        let grown = memory_mib().zip(before).map_or(f64::NAN, |(after, before)| after - before);
        // Taking the cluster down is no part of it.
        std::mem::forget(lab);
        vec![
            ("events", events as f64),
            ("reconciles", syncs as f64),
            ("virtual_s", span as f64 / 1e6),
            // With all states that the pods went through, and the checkpoints that lead back to them.
            ("kib_per_pod", grown * 1024.0 / f64::from(count)),
        ]
    })
}

fn quiet_hour() -> Work {
    let mut lab = Lab::new(1, 2);
    Box::new(move || {
        let events = lab.cluster.world().handled();
        lab.cluster.advance(Duration::hours(1));
        vec![("events", (lab.cluster.world().handled() - events) as f64)]
    })
}

/// Jumps to 60 moments of an hour in which a Deployment was rolled out again and again.
fn seek() -> Work {
    const JUMPS: i64 = 60;
    let mut lab = Lab::new(1, 2);
    let start = lab.cluster.now();
    lab.deploy("web", 10, "nginx:1.27");
    for turn in 0..12 {
        lab.set_image("web", if turn % 2 == 0 { "nginx:1.28" } else { "nginx:1.27" });
        lab.cluster.advance(Duration::mins(5));
    }
    Box::new(move || {
        let span = lab.cluster.latest().0 - start.0;
        let mut worst = 0.0_f64;
        for jump in 0..JUMPS {
            // A stride that is coprime to the number of jumps: back and forth over the whole hour.
            let at = Timestamp(start.0 + span * (jump * 37 % JUMPS) / JUMPS);
            let before = Moment::now();
            lab.cluster.seek(at);
            worst = worst.max(before.ms());
        }
        vec![("requests", JUMPS as f64), ("worst_ms", worst)]
    })
}

/// The same request many times, to a cluster that runs 100 pods.
fn requests(count: u32, request: fn(&str, u32) -> Request) -> Work {
    let mut lab = Lab::new(1, 10);
    lab.deploy("web", 100, "nginx:1.27");
    assert!(lab.await_rollout("web"), "all pods become available");
    let pods = lab.send(Request::get(PODS)).body.to_json().unwrap_or_default();
    let name = pods["items"][0]["metadata"]["name"].as_str().unwrap_or_default().to_string();
    Box::new(move || {
        let mut bytes = 0;
        for number in 0..count {
            // As a client on a wire would see it.
            bytes += lab.send(request(&name, number)).body.to_bytes().len();
        }
        vec![("requests", f64::from(count)), ("response_bytes", bytes as f64 / f64::from(count))]
    })
}

const PODS: &str = "/api/v1/namespaces/default/pods";

fn get_pod(name: &str, _: u32) -> Request {
    Request::get(&format!("{PODS}/{name}"))
}

fn list_pods(_: &str, _: u32) -> Request {
    Request::get(PODS)
}

fn patch_pod(name: &str, number: u32) -> Request {
    let patch = json!({ "metadata": { "annotations": { "turn": number.to_string() } } });
    Request::patch(&format!("{PODS}/{name}"), MERGE_PATCH, Body::json(patch))
}
