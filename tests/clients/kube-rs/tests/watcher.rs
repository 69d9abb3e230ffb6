//! A watcher follows the pods of a Deployment through its life.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::StreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kubarium_kube_rs::{Error, is_ready, with_cluster};
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

#[test]
fn a_watcher_sees_pods_come_be_replaced_and_go() -> Result<(), Error> {
    with_cluster(story)
}

async fn story(client: Client) -> Result<(), Error> {
    let deployments: Api<Deployment> = Api::default_namespaced(client.clone());
    let pods: Api<Pod> = Api::default_namespaced(client);
    let mut events = pin!(watcher(pods, watcher::Config::default().labels("app=web")));
    let mut seen = BTreeMap::new();

    deployments.create(&PostParams::default(), &web()?).await?;
    while ready(&seen, "nginx:1.27") < 3 {
        take(&mut seen, events.next().await.ok_or("the watch ended")??);
    }

    let image = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "web", "image": "nginx:1.28" }] } } } });
    deployments.patch("web", &PatchParams::default(), &Patch::Strategic(image)).await?;
    while ready(&seen, "nginx:1.28") < 3 || seen.len() > 3 {
        take(&mut seen, events.next().await.ok_or("the watch ended")??);
    }

    deployments
        .patch_scale("web", &PatchParams::default(), &Patch::Merge(json!({ "spec": { "replicas": 0 } })))
        .await?;
    while !seen.is_empty() {
        take(&mut seen, events.next().await.ok_or("the watch ended")??);
    }
    Ok(())
}

fn web() -> Result<Deployment, Error> {
    Ok(serde_json::from_value(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 3,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "nginx:1.27", "ports": [{ "containerPort": 80 }] }] },
            },
        },
    }))?)
}

/// Keeps the pods that exist.
fn take(seen: &mut BTreeMap<String, Pod>, event: Event<Pod>) {
    match event {
        Event::Apply(pod) | Event::InitApply(pod) => {
            seen.insert(pod.name_any(), pod);
        }
        Event::Delete(pod) => {
            seen.remove(&pod.name_any());
        }
        Event::Init => seen.clear(),
        Event::InitDone => {}
    }
}

/// How many Ready pods run an image.
fn ready(seen: &BTreeMap<String, Pod>, image: &str) -> usize {
    let runs = |pod: &Pod| {
        pod.spec.iter().flat_map(|it| &it.containers).any(|it| it.image.as_deref() == Some(image))
    };
    seen.values().filter(|pod| is_ready(pod) && runs(pod)).count()
}
