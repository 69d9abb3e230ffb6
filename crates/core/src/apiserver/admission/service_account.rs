//! Pods run under a service account and find its token in a file. Mirrors plugin/pkg/admission/serviceaccount.

use api::core::v1::{
    ConfigMapProjection, DownwardAPIProjection, DownwardAPIVolumeFile, KeyToPath, ObjectFieldSelector, Pod,
    ProjectedVolumeSource, ServiceAccount, ServiceAccountTokenProjection, Volume, VolumeMount,
    VolumeProjection,
};
use api::{Gvr, Status, Str};

use crate::apiserver::call::Call;
use crate::apiserver::{ApiServer, RequestContext};

const DEFAULT_ACCOUNT: &str = "default";
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX: &str = "kube-api-access-";
/// An hour and a little: the kubelet renews the token at 80 % of this.
const TOKEN_SECONDS: i64 = 60 * 60 + 7;
/// Pods that a kubelet made from files of its own.
const MIRROR: &str = "kubernetes.io/config.mirror";

pub(super) fn admit(
    server: &ApiServer,
    cx: &mut RequestContext,
    call: &Call,
    name: &str,
    pod: &mut Pod,
) -> Result<(), Status> {
    let forbidden = |why: &str| Err(Status::forbidden(&call.resource.gvr, name, why));
    if pod.metadata.annotations.contains_key(MIRROR) {
        if !pod.spec.service_account_name.is_empty() {
            return forbidden("a mirror pod may not reference service accounts");
        }
        return Ok(());
    }
    if pod.spec.service_account_name.is_empty() {
        pod.spec.service_account_name = DEFAULT_ACCOUNT.into();
    }
    pod.spec.service_account = pod.spec.service_account_name.clone();
    let (namespace, account) = (call.info.namespace, pod.spec.service_account_name.clone());
    let found = server
        .registry()
        .id_of::<ServiceAccount>()
        .and_then(|id| server.object(id, namespace, &account))
        .and_then(|object| object.view::<ServiceAccount>());
    let Some(found) = found else {
        let missing = Status::not_found(&Gvr::of("", "v1", "serviceaccount"), &account);
        return forbidden(&format!(
            "error looking up service account {namespace}/{account}: {}",
            missing.message
        ));
    };
    let wanted = pod.spec.automount_service_account_token.or(found.automount_service_account_token);
    if wanted.unwrap_or(true) {
        mount_token(cx, pod);
    }
    if pod.spec.image_pull_secrets.is_empty() {
        pod.spec.image_pull_secrets = found.image_pull_secrets.clone();
    }
    Ok(())
}

/// Adds the token volume, and its mount to every container that has nothing mounted there.
fn mount_token(cx: &mut RequestContext, pod: &mut Pod) {
    let present =
        pod.spec.volumes.iter().find(|volume| volume.name.starts_with(VOLUME_PREFIX)).map(|v| v.name.clone());
    let existed = present.is_some();
    let volume: Str = present.unwrap_or_else(|| format!("{VOLUME_PREFIX}{}", cx.rng.name_suffix(5)).into());
    let mut used = false;
    let spec = &mut *pod.spec;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if container.volume_mounts.iter().any(|mount| mount.mount_path == MOUNT_PATH) {
            continue;
        }
        used = true;
        // Of thousands of pods this is the only mount: no room for more than is there.
        container.volume_mounts.reserve_exact(1);
        container.volume_mounts.push(VolumeMount {
            name: volume.clone(),
            read_only: true,
            mount_path: MOUNT_PATH.into(),
            ..VolumeMount::default()
        });
    }
    if used && !existed {
        pod.spec.volumes.reserve_exact(1);
        pod.spec.volumes.push(token_volume(volume));
    }
}

fn token_volume(name: Str) -> Volume {
    let token = ServiceAccountTokenProjection {
        expiration_seconds: Some(TOKEN_SECONDS),
        path: "token".into(),
        ..ServiceAccountTokenProjection::default()
    };
    let ca = ConfigMapProjection {
        name: "kube-root-ca.crt".into(),
        items: vec![KeyToPath { key: "ca.crt".into(), path: "ca.crt".into(), mode: None }],
        optional: None,
    };
    let namespace = DownwardAPIVolumeFile {
        path: "namespace".into(),
        field_ref: Some(Box::new(ObjectFieldSelector {
            api_version: "v1".into(),
            field_path: "metadata.namespace".into(),
        })),
        ..DownwardAPIVolumeFile::default()
    };
    let sources = vec![
        VolumeProjection { service_account_token: Some(Box::new(token)), ..VolumeProjection::default() },
        VolumeProjection { config_map: Some(Box::new(ca)), ..VolumeProjection::default() },
        VolumeProjection {
            downward_api: Some(Box::new(DownwardAPIProjection { items: vec![namespace] })),
            ..VolumeProjection::default()
        },
    ];
    let projected = ProjectedVolumeSource { sources, default_mode: Some(0o644) };
    Volume { name, projected: Some(Box::new(projected)), ..Volume::default() }
}
