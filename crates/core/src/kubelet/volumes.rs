//! Volumes of pods: where their content comes from, and how it gets into containers.
//!
//! Mirrors the volume plugins of pkg/volume and the atomic writer (`..data` links), with their words when something is
//! missing. Content is made when a container's machine first needs it, and refreshed at a pod's periodic sync as the
//! real kubelet does; until then a volume is only a note of what it will be.

use std::rc::Rc;

use api::core::v1::{
    ConfigMap, DownwardAPIVolumeFile, KeyToPath, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Volume,
};
use api::{Object, Str};
use collections::OrdMap;
use os::{Mount, Source, Tree, VolumeId};

use super::machines::Recipe;
use super::node::Node;
use super::pod_worker::PodWorker;
use super::{Env, env as environment, token};
use crate::runtime::catalogue::digest;

/// A pod's volumes are set up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mounted {
    /// PersistentVolumes by volume name.
    claims: OrdMap<Str, Claim>,
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq)]
enum Claim {
    /// A directory of the node.
    Host(Str),
    /// A disk that follows the pod, by PersistentVolume name.
    Disk(Str),
}

/// Why a volume could not be set up.
#[derive(Clone, Debug, PartialEq)]
pub struct MountError {
    volume: Str,
    text: String,
}

impl MountError {
    /// The message of the FailedMount event.
    pub fn message(&self) -> String {
        format!("MountVolume.SetUp failed for volume \"{}\" : {}", self.volume, self.text)
    }
}

/// One file of a projected volume.
type Files = Vec<(String, Vec<u8>, u32)>;

/// Sets a pod's volumes up, or refreshes them.
pub fn mount(node: &mut Node, env: &mut Env, worker: &mut PodWorker) -> Result<(), MountError> {
    let object = worker.pod.clone();
    let Some(pod) = object.view::<Pod>() else { return Ok(()) };
    if worker.volumes.is_some() {
        return refresh(node, env, worker, pod);
    }
    let mut mounted = Mounted::default();
    for volume in &pod.spec.volumes {
        let fail = |text: String| MountError { volume: volume.name.clone(), text };
        check(env, pod, volume).map_err(fail)?;
        if let Some(claim) = &volume.persistent_volume_claim {
            let found = claim_of(env, pod, &claim.claim_name).map_err(fail)?;
            mounted.claims.insert(volume.name.clone(), found);
        }
        if let Some(host) = &volume.host_path {
            host_path_exists(node, &host.path, host.type_.as_deref().unwrap_or("")).map_err(fail)?;
        }
    }
    worker.volumes = Some(Rc::new(mounted));
    worker.volume_retries = 0;
    Ok(())
}

/// Whether the pod has volumes whose source may change.
pub fn needs_refresh(worker: &PodWorker) -> bool {
    let changing = |it: &Volume| {
        it.config_map.is_some()
            || it.secret.is_some()
            || it.downward_api.is_some()
            || it.projected.as_ref().is_some_and(|it| {
                it.sources.iter().any(|source| {
                    source.config_map.as_ref().is_some_and(|map| map.name != "kube-root-ca.crt")
                        || source.secret.is_some()
                        || source.downward_api.as_ref().is_some_and(|it| {
                            it.items.iter().any(|item| {
                                item.field_ref
                                    .as_ref()
                                    .is_some_and(|field| field.field_path != "metadata.namespace")
                            })
                        })
                })
            })
    };
    worker.view().spec.volumes.iter().any(changing)
}

/// The sources that must exist before containers start.
fn check(env: &Env, pod: &Pod, volume: &Volume) -> Result<(), String> {
    let namespace = &pod.metadata.namespace;
    if let Some(it) = &volume.config_map {
        config_map_files(env, namespace, &it.name, &it.items, it.optional, 0)?;
    }
    if let Some(it) = &volume.secret {
        secret_files(env, namespace, &it.secret_name, &it.items, it.optional, 0)?;
    }
    for source in volume.projected.iter().flat_map(|it| &it.sources) {
        if let Some(it) = &source.config_map {
            config_map_files(env, namespace, &it.name, &it.items, it.optional, 0)?;
        }
        if let Some(it) = &source.secret {
            secret_files(env, namespace, &it.name, &it.items, it.optional, 0)?;
        }
    }
    Ok(())
}

fn claim_of(env: &Env, pod: &Pod, name: &str) -> Result<Claim, String> {
    let claim = env.cx.lister::<PersistentVolumeClaim>().get(&pod.metadata.namespace, name);
    let Some(claim) = claim.as_ref().and_then(|it| it.view::<PersistentVolumeClaim>()) else {
        return Err(format!("persistentvolumeclaim \"{name}\" not found"));
    };
    let volume_name = &claim.spec.volume_name;
    let volume = env.cx.lister::<PersistentVolume>().get("", volume_name);
    let Some(volume) = volume.as_ref().and_then(|it| it.view::<PersistentVolume>()) else {
        return Err(format!("PVC {}/{name} is not bound", pod.metadata.namespace));
    };
    let path =
        volume.spec.host_path.as_ref().map(|it| &it.path).or(volume.spec.local.as_ref().map(|it| &it.path));
    Ok(path.map_or_else(|| Claim::Disk(volume_name.clone()), |path| Claim::Host(path.clone())))
}

// ---- content ---------------------------------------------------------------------------------------------------

fn config_map_files(
    env: &Env,
    namespace: &str,
    name: &str,
    items: &[KeyToPath],
    optional: Option<bool>,
    mode: u32,
) -> Result<Files, String> {
    let object = env.cx.lister::<ConfigMap>().get(namespace, name);
    let Some(map) = object.as_ref().and_then(|it| it.view::<ConfigMap>()) else {
        return absent("configmap", name, optional);
    };
    let data = map.data.iter().map(|(key, value)| (key.clone(), value.as_bytes().to_vec()));
    let binary = map.binary_data.iter().map(|(key, value)| (key.clone(), value.to_vec()));
    pick(data.chain(binary).collect(), items, optional, mode, "references non-existent config key")
}

fn secret_files(
    env: &Env,
    namespace: &str,
    name: &str,
    items: &[KeyToPath],
    optional: Option<bool>,
    mode: u32,
) -> Result<Files, String> {
    let object = env.cx.lister::<Secret>().get(namespace, name);
    let Some(secret) = object.as_ref().and_then(|it| it.view::<Secret>()) else {
        return absent("secret", name, optional);
    };
    let data = secret.data.iter().map(|(key, value)| (key.clone(), value.to_vec()));
    pick(data.collect(), items, optional, mode, "references non-existent secret key")
}

/// What a volume holds whose source is not there.
fn absent(what: &str, name: &str, optional: Option<bool>) -> Result<Files, String> {
    if optional == Some(true) { Ok(Vec::new()) } else { Err(format!("{what} \"{name}\" not found")) }
}

fn pick(
    data: OrdMap<Str, Vec<u8>>,
    items: &[KeyToPath],
    optional: Option<bool>,
    mode: u32,
    missing: &str,
) -> Result<Files, String> {
    if items.is_empty() {
        return Ok(data.into_iter().map(|(key, value)| (key.to_string(), value, mode)).collect());
    }
    let mut files = Vec::new();
    for item in items {
        match data.get(&item.key) {
            Some(value) => {
                files.push((item.path.to_string(), value.clone(), item.mode.map_or(mode, |it| it as u32)))
            }
            None if optional == Some(true) => {}
            None => return Err(format!("{missing}: {}", item.key)),
        }
    }
    Ok(files)
}

fn downward_files(node: &Node, pod: &Pod, items: &[DownwardAPIVolumeFile], mode: u32) -> Files {
    let file = |item: &DownwardAPIVolumeFile| {
        let text = match (&item.field_ref, &item.resource_field_ref) {
            (Some(field), _) => environment::field_value(node, pod, &field.field_path),
            (None, Some(field)) => {
                let spec = pod.spec.containers.iter().find(|it| it.name == field.container_name);
                spec.map_or_else(String::new, |spec| {
                    environment::resource_value(node, spec, &field.resource, field.divisor)
                })
            }
            _ => String::new(),
        };
        (item.path.to_string(), text.into_bytes(), item.mode.map_or(mode, |it| it as u32))
    };
    items.iter().map(file).collect()
}

fn files_of(node: &Node, env: &mut Env, pod: &Pod, volume: &Volume) -> Result<Option<Files>, String> {
    let namespace = &pod.metadata.namespace;
    if let Some(it) = &volume.config_map {
        let mode = it.default_mode.unwrap_or(0o644) as u32;
        return config_map_files(env, namespace, &it.name, &it.items, it.optional, mode).map(Some);
    }
    if let Some(it) = &volume.secret {
        let mode = it.default_mode.unwrap_or(0o644) as u32;
        return secret_files(env, namespace, &it.secret_name, &it.items, it.optional, mode).map(Some);
    }
    if let Some(it) = &volume.downward_api {
        return Ok(Some(downward_files(node, pod, &it.items, it.default_mode.unwrap_or(0o644) as u32)));
    }
    let Some(projected) = &volume.projected else { return Ok(None) };
    let mode = projected.default_mode.unwrap_or(0o644) as u32;
    let mut files = Vec::new();
    for source in &projected.sources {
        if let Some(it) = &source.config_map {
            files.extend(config_map_files(env, namespace, &it.name, &it.items, it.optional, mode)?);
        }
        if let Some(it) = &source.secret {
            files.extend(secret_files(env, namespace, &it.name, &it.items, it.optional, mode)?);
        }
        if let Some(it) = &source.downward_api {
            files.extend(downward_files(node, pod, &it.items, mode));
        }
        if let Some(it) = &source.service_account_token {
            // Tokens for the API server live a year (extended expiration), so that they need no rotation here.
            let seconds = it.expiration_seconds.unwrap_or(3607);
            let token = token::issue(pod, &it.audience, seconds.max(31_536_000), env.cx.now);
            files.push((it.path.to_string(), token.into_bytes(), mode));
        }
    }
    Ok(Some(files))
}

/// Writes files as the atomic writer does: a time-stamped directory, `..data`, and a link for each top-level name.
fn write_atomically(tree: &mut Tree, files: &Files, stamp: &str) {
    let dir = format!("/..{stamp}");
    // The tree is fresh and has no limit: writing cannot fail.
    let _fresh = tree.make_dirs(&dir);
    for (path, content, mode) in files {
        if let Some((parent, _)) = path.rsplit_once('/') {
            let _fresh = tree.make_dirs(&format!("{dir}/{parent}"));
        }
        let _fresh = tree.put_file(&format!("{dir}/{path}"), content.clone(), *mode);
        let top = path.split('/').next().unwrap_or(path);
        let _once = tree.put_link(&format!("/{top}"), &format!("..data/{top}"));
    }
    let _fresh = tree.put_link("/..data", &format!("..{stamp}"));
}

fn stamp(env: &Env) -> String {
    let (year, month, day, hour, minute, second) = env.cx.now.civil();
    format!(
        "{year:04}_{month:02}_{day:02}_{hour:02}_{minute:02}_{second:02}.{:09}",
        env.cx.now.micros().rem_euclid(1_000_000) * 1000
    )
}

/// Brings volumes that exist up to date with their sources.
fn refresh(node: &mut Node, env: &mut Env, worker: &PodWorker, pod: &Pod) -> Result<(), MountError> {
    for volume in &pod.spec.volumes {
        let key = (worker.uid.clone(), volume.name.clone());
        let Some((id, old)) = node.pod_volumes.get(&key).cloned() else { continue };
        // Tokens are rotated long after the lessons are over; what else is projected may change.
        let rotates = volume
            .projected
            .as_ref()
            .is_some_and(|it| it.sources.iter().any(|it| it.service_account_token.is_some()));
        if rotates {
            continue;
        }
        // A source that has vanished leaves the files as they are.
        let Ok(Some(files)) = files_of(node, env, pod, volume) else { continue };
        let hash = hash_of(&files);
        if hash != old {
            let mut tree = Tree::new();
            write_atomically(&mut tree, &files, &stamp(env));
            if let Some(place) = node.volumes.get_mut(id) {
                *place = tree;
            }
            node.pod_volumes.insert(key, (id, hash));
        }
    }
    Ok(())
}

fn hash_of(files: &Files) -> u64 {
    let mut h = crate::sim::Hasher64::new();
    for (path, content, mode) in files {
        h.str(path);
        h.u64(content.len() as u64);
        h.bytes(content);
        h.u64(u64::from(*mode));
    }
    h.finish()
}

// ---- mounts ----------------------------------------------------------------------------------------------------

/// The mounts of one container; volumes that nobody has needed yet are made now.
pub fn container_mounts(
    node: &mut Node,
    env: &mut Env,
    recipe: &Recipe,
    variables: &[(String, String)],
) -> Vec<Mount> {
    let object: Object = recipe.pod.clone();
    let Some(pod) = object.view::<Pod>() else { return Vec::new() };
    let mut mounts = Vec::new();
    for wanted in &recipe.spec.volume_mounts {
        let Some(volume) = pod.spec.volumes.iter().find(|it| it.name == wanted.name) else { continue };
        let Some((id, base)) = volume_id(node, env, pod, volume, &recipe.mounted) else { continue };
        let sub_path = if wanted.sub_path_expr.is_empty() {
            wanted.sub_path.to_string()
        } else {
            environment::expand(&wanted.sub_path_expr, |name| {
                variables.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone())
            })
        };
        let sub = [base.trim_end_matches('/'), sub_path.trim_matches('/')].join("/");
        let sub = sub.trim_end_matches('/').to_string();
        if let Some(tree) = node.volumes.get_mut(id)
            && !sub.is_empty()
            && !exists(tree, &sub)
        {
            // A sub-path that does not exist is made as a directory.
            let _made = tree.make_dirs(&sub);
        }
        // Links of the atomic writer are resolved once, at mount time: that is why subPath files never change.
        let sub = match node.volumes.get(id) {
            Some(tree) => resolve_links(tree, &sub),
            None => sub,
        };
        let read_only_source = volume.config_map.is_some()
            || volume.secret.is_some()
            || volume.projected.is_some()
            || volume.downward_api.is_some();
        let memory = volume.empty_dir.as_ref().is_some_and(|it| it.medium == "Memory") || read_only_source;
        mounts.push(Mount {
            path: wanted.mount_path.trim_end_matches('/').to_string(),
            source: Source::Volume { id, sub },
            read_only: wanted.read_only || read_only_source,
            kind: if memory { "tmpfs" } else { "ext4" },
        });
    }
    mounts
}

fn exists(tree: &Tree, path: &str) -> bool {
    let mut at = 1;
    path.split('/').filter(|it| !it.is_empty()).all(|name| match tree.lookup(at, name) {
        Ok(next) => {
            at = next;
            true
        }
        Err(_) => false,
    })
}

/// Follows `key → ..data/key → ..<stamp>/key`.
fn resolve_links(tree: &Tree, path: &str) -> String {
    let link = |name: &str| match tree.lookup(1, name).ok().and_then(|ino| tree.get(ino)).map(|it| &it.node) {
        Some(os::fs::Node::Symlink(target)) => Some(target.to_string()),
        _ => None,
    };
    let rest = path.trim_start_matches('/');
    let (first, tail) = rest.split_once('/').map_or((rest, ""), |(a, b)| (a, b));
    let Some(target) = link(first).filter(|it| it.starts_with("..data/")) else { return path.to_string() };
    let Some(real) = link("..data") else { return path.to_string() };
    let resolved = target.replacen("..data", &real, 1);
    if tail.is_empty() { format!("/{resolved}") } else { format!("/{resolved}/{tail}") }
}

/// The shared tree of a volume and the directory in it.
fn volume_id(
    node: &mut Node,
    env: &mut Env,
    pod: &Pod,
    volume: &Volume,
    mounted: &Mounted,
) -> Option<(VolumeId, String)> {
    let claim = mounted.claims.get(&volume.name);
    let host = volume.host_path.as_ref().map(|it| &it.path).or(match claim {
        Some(Claim::Host(path)) => Some(path),
        _ => None,
    });
    if let Some(path) = host {
        return Some((node.host_tree(), path.to_string()));
    }
    let key = (pod.metadata.uid.clone(), volume.name.clone());
    if let Some((id, _)) = node.pod_volumes.get(&key) {
        return Some((*id, String::new()));
    }
    if let Some(Claim::Disk(name)) = claim {
        let shared = node.disks.get(name).copied();
        let id = match shared {
            Some(id) => id,
            None => {
                let tree = env.disks.remove(name).unwrap_or_default();
                let id = node.volumes.add(tree);
                node.disks.insert(name.clone(), id);
                id
            }
        };
        return Some((id, String::new()));
    }
    let mut tree = Tree::new();
    let mut hash = 0;
    match files_of(node, env, pod, volume) {
        Ok(Some(files)) => {
            hash = hash_of(&files);
            write_atomically(&mut tree, &files, &stamp(env));
        }
        _ => {
            // emptyDir, or a kind that holds nothing here.
            let limit =
                volume.empty_dir.as_ref().and_then(|it| it.size_limit).map(|it| it.value().max(0) as u64);
            tree.set_limit(limit);
            if let Some(root) = tree.get_mut(1) {
                root.mode = 0o777;
            }
        }
    }
    let id = node.volumes.add(tree);
    node.pod_volumes.insert(key, (id, hash));
    Some((id, String::new()))
}

fn host_path_exists(node: &mut Node, path: &str, kind: &str) -> Result<(), String> {
    if matches!(kind, "" | "DirectoryOrCreate" | "FileOrCreate" | "Socket" | "CharDevice" | "BlockDevice") {
        return Ok(());
    }
    let id = node.host_tree();
    let found = node.volumes.get(id).is_some_and(|tree| exists(tree, path));
    if found {
        return Ok(());
    }
    let what = if kind == "Directory" { "a directory" } else { "a file" };
    Err(format!("hostPath type check failed: {path} is not {what}"))
}

/// The pod is over: its own volumes go, disks are given back.
pub fn unmount(node: &mut Node, env: &mut Env, worker: &mut PodWorker) {
    let keys: Vec<(Str, Str)> =
        node.pod_volumes.keys().filter(|(uid, _)| *uid == worker.uid).cloned().collect();
    for key in keys {
        if let Some((id, _)) = node.pod_volumes.remove(&key) {
            node.volumes.remove(id);
        }
    }
    let Some(mounted) = worker.volumes.take() else { return };
    for claim in mounted.claims.values() {
        let Claim::Disk(name) = claim else { continue };
        let others = node
            .pods
            .values()
            .any(|it| it.volumes.as_ref().is_some_and(|m| m.claims.values().any(|c| c == claim)));
        if !others && let Some(tree) = node.disks.remove(name).and_then(|id| node.volumes.remove(id)) {
            env.disks.insert(name.clone(), tree);
        }
    }
}

impl Node {
    /// The machine's own file system, as hostPath volumes see it.
    pub fn host_tree(&mut self) -> VolumeId {
        if let Some(id) = self.host {
            return id;
        }
        let mut tree = os::image::base(os::Flavour::Gnu);
        let machine = &digest(&self.spec.name, "machine-id")[7..39];
        let files = [
            ("/etc/machine-id", format!("{machine}\n")),
            ("/etc/hostname", format!("{}\n", self.spec.name)),
            (
                "/etc/os-release",
                format!("PRETTY_NAME=\"{}\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n", self.spec.os_image),
            ),
        ];
        for (path, text) in files {
            // A fresh tree takes any file.
            let _fresh = tree.put_file(path, text.into_bytes(), 0o644);
        }
        for dir in [
            "/var/lib/kubelet",
            "/var/log/pods",
            "/var/log/containers",
            "/etc/kubernetes/manifests",
            "/data",
            "/var/run",
        ] {
            let _fresh = tree.make_dirs(dir);
        }
        let id = self.volumes.add(tree);
        self.host = Some(id);
        id
    }

    /// The address of a pod's sandbox.
    pub fn pod_ip(&self, uid: &str) -> Option<std::net::IpAddr> {
        self.sandboxes.values().find(|it| it.pod_uid == uid).map(|it| it.ip)
    }
}
