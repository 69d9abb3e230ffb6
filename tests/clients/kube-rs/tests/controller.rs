//! A controller written with kube-rs: for each ConfigMap labelled `mirror=yes` it keeps a Secret with the same data.

// Outside the world: the test waits by the wall clock.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kubarium_kube_rs::{Error, with_cluster};
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;

#[test]
fn a_controller_keeps_what_it_owns() -> Result<(), Error> {
    with_cluster(|client| async move {
        let controller = tokio::spawn(control(client.clone()));
        let res = story(client).await;
        controller.abort();
        res
    })
}

async fn story(client: Client) -> Result<(), Error> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let secrets: Api<Secret> = Api::default_namespaced(client);
    let data = |color: &str| Some(BTreeMap::from([("color".to_string(), color.to_string())]));
    let labels = Some(BTreeMap::from([("mirror".to_string(), "yes".to_string())]));
    let metadata = ObjectMeta { name: Some("paint".to_string()), labels, ..ObjectMeta::default() };
    let map = ConfigMap { metadata, data: data("blue"), ..ConfigMap::default() };

    maps.create(&PostParams::default(), &map).await?;
    until(&secrets, |it| color(it) == Some("blue")).await?;

    // What somebody else deletes comes back.
    let first = secrets.get("paint-mirror").await?.uid();
    secrets.delete("paint-mirror", &DeleteParams::default()).await?;
    until(&secrets, |it| it.is_some_and(|it| it.uid() != first)).await?;

    // What changes is followed.
    maps.patch("paint", &PatchParams::default(), &Patch::Merge(json!({ "data": { "color": "red" } })))
        .await?;
    until(&secrets, |it| color(it) == Some("red")).await?;

    // What is owned goes with its owner: the garbage collector's work, not the controller's.
    maps.delete("paint", &DeleteParams::default()).await?;
    until(&secrets, |it| it.is_none()).await
}

/// The value that the mirrored Secret holds.
fn color(secret: Option<&Secret>) -> Option<&str> {
    std::str::from_utf8(&secret?.data.as_ref()?.get("color")?.0).ok()
}

async fn until(secrets: &Api<Secret>, holds: impl Fn(Option<&Secret>) -> bool) -> Result<(), Error> {
    while !holds(secrets.get_opt("paint-mirror").await?.as_ref()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The controller, until it is aborted.
async fn control(client: Client) {
    let marked = watcher::Config::default().labels("mirror=yes");
    let controller = Controller::new(Api::<ConfigMap>::default_namespaced(client.clone()), marked)
        .owns(Api::<Secret>::default_namespaced(client.clone()), watcher::Config::default());
    let retry =
        |_: Arc<ConfigMap>, _: &kube::Error, _: Arc<Client>| Action::requeue(Duration::from_millis(200));
    controller.run(reconcile, retry, Arc::new(client)).for_each(|_| async {}).await;
}

async fn reconcile(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, kube::Error> {
    let secrets: Api<Secret> = Api::default_namespaced(client.as_ref().clone());
    let name = format!("{}-mirror", map.name_any());
    let owner = map.controller_owner_ref(&()).into_iter().collect();
    let metadata =
        ObjectMeta { name: Some(name.clone()), owner_references: Some(owner), ..ObjectMeta::default() };
    let secret = Secret { metadata, string_data: map.data.clone(), ..Secret::default() };
    match secrets.get_opt(&name).await? {
        None => secrets.create(&PostParams::default(), &secret).await?,
        Some(_) => secrets.patch(&name, &PatchParams::default(), &Patch::Merge(&secret)).await?,
    };
    Ok(Action::await_change())
}
