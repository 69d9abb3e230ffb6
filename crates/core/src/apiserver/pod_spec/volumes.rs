//! Volumes of a pod: names, exactly one source each, and the sources that exist here.

use api::Opaque;
use api::core::v1::{DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, ProjectedVolumeSource, Volume};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use collections::OrdMap;

use super::env::{VOLUME_FIELDS, validate_field_selector, validate_resource_selector};
use super::{complain, validate_local_path, validate_no_backsteps};

/// Valid volumes by name.
pub type Volumes<'a> = OrdMap<&'a str, &'a Volume>;

/// Returns the volumes that containers may mount: those without fault (`ValidateVolumes`).
pub fn validate_volumes<'a>(volumes: &'a [Volume], path: &Path, errors: &mut ErrorList) -> Volumes<'a> {
    let mut valid = Volumes::new();
    for (index, volume) in volumes.iter().enumerate() {
        let at = path.index(index);
        let before = errors.len();
        validate_source(volume, &at, errors);
        if volume.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        } else {
            complain(errors, &at.child("name"), &volume.name, names::is_dns1123_label(&volume.name));
        }
        if valid.contains_key(volume.name.as_str()) {
            errors.push(Error::duplicate(&at.child("name"), &volume.name));
        }
        if errors.len() == before {
            valid.insert(&volume.name, volume);
        }
    }
    valid
}

fn validate_source(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let old = |source: &Opaque| source.is_some();
    let given = [
        ("emptyDir", volume.empty_dir.is_some()),
        ("hostPath", volume.host_path.is_some()),
        ("gitRepo", volume.git_repo.is_some()),
        ("gcePersistentDisk", old(&volume.gce_persistent_disk)),
        ("awsElasticBlockStore", old(&volume.aws_elastic_block_store)),
        ("secret", volume.secret.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("iscsi", old(&volume.iscsi)),
        ("glusterfs", old(&volume.glusterfs)),
        ("flocker", old(&volume.flocker)),
        ("persistentVolumeClaim", volume.persistent_volume_claim.is_some()),
        ("rbd", old(&volume.rbd)),
        ("cinder", old(&volume.cinder)),
        ("cephfs", old(&volume.cephfs)),
        ("quobyte", old(&volume.quobyte)),
        ("downwardAPI", volume.downward_api.is_some()),
        ("fc", old(&volume.fc)),
        ("flexVolume", old(&volume.flex_volume)),
        ("configMap", volume.config_map.is_some()),
        ("azureFile", old(&volume.azure_file)),
        ("vsphereVolume", old(&volume.vsphere_volume)),
        ("photonPersistentDisk", old(&volume.photon_persistent_disk)),
        ("portworxVolume", old(&volume.portworx_volume)),
        ("azureDisk", old(&volume.azure_disk)),
        ("storageos", old(&volume.storageos)),
        ("projected", volume.projected.is_some()),
        ("scaleIO", old(&volume.scale_io)),
        ("csi", volume.csi.is_some()),
        ("ephemeral", volume.ephemeral.is_some()),
        ("image", volume.image.is_some()),
    ];
    let mut sources = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    let Some(first) = sources.next() else {
        errors.push(Error::required(path, "must specify a volume type"));
        return;
    };
    validate_one(volume, &path.child(first), first, errors);
    for name in sources {
        errors.push(Error::forbidden(&path.child(name), "may not specify more than 1 volume type"));
    }
}

fn validate_one(volume: &Volume, path: &Path, source: &str, errors: &mut ErrorList) {
    let mut require = |field: &str, value: &str| {
        if value.is_empty() {
            errors.push(Error::required(&path.child(field), ""));
        }
    };
    match source {
        "emptyDir" => {
            let limit = volume.empty_dir.as_ref().and_then(|source| source.size_limit);
            if limit.is_some_and(|limit| limit.sign() < 0) {
                let why = "SizeLimit field must be a valid resource quantity";
                errors.push(Error::forbidden(&path.child("sizeLimit"), why));
            }
        }
        "hostPath" => volume.host_path.iter().for_each(|source| validate_host_path(source, path, errors)),
        "gitRepo" => {
            let Some(source) = &volume.git_repo else { return };
            require("repository", &source.repository);
            validate_local_path(errors, &path.child("directory"), &source.directory);
        }
        "secret" => {
            let Some(source) = &volume.secret else { return };
            require("secretName", &source.secret_name);
            validate_mode(source.default_mode, &path.child("defaultMode"), errors);
            validate_items(&source.items, path, errors);
        }
        "configMap" => {
            let Some(source) = &volume.config_map else { return };
            require("name", &source.name);
            validate_mode(source.default_mode, &path.child("defaultMode"), errors);
            validate_items(&source.items, path, errors);
        }
        "nfs" => {
            let Some(source) = &volume.nfs else { return };
            require("server", &source.server);
            require("path", &source.path);
            if !source.path.starts_with('/') {
                errors.push(Error::invalid(&path.child("path"), &source.path, "must be an absolute path"));
            }
        }
        "persistentVolumeClaim" => {
            require(
                "claimName",
                volume.persistent_volume_claim.as_ref().map_or("", |source| &source.claim_name),
            );
        }
        "csi" => require("driver", volume.csi.as_ref().map_or("", |source| &source.driver)),
        "downwardAPI" => {
            let Some(source) = &volume.downward_api else { return };
            validate_mode(source.default_mode, &path.child("defaultMode"), errors);
            validate_files(&source.items, &path.child("items"), errors);
        }
        "projected" => volume.projected.iter().for_each(|source| validate_projected(source, path, errors)),
        "ephemeral" => {
            let template = volume.ephemeral.as_ref().and_then(|source| source.volume_claim_template.as_ref());
            if template.is_none() {
                errors.push(Error::required(&path.child("volumeClaimTemplate"), ""));
            }
        }
        "image" => require("reference", volume.image.as_ref().map_or("", |source| &source.reference)),
        _ => {}
    }
}

fn validate_host_path(source: &HostPathVolumeSource, path: &Path, errors: &mut ErrorList) {
    const TYPES: [&str; 8] =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    if source.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
        return;
    }
    validate_no_backsteps(errors, &path.child("path"), &source.path);
    if let Some(kind) = source.type_.as_ref().filter(|kind| !TYPES.contains(&kind.as_str())) {
        errors.push(Error::not_supported(&path.child("type"), kind, &TYPES));
    }
}

fn validate_mode(mode: Option<i32>, path: &Path, errors: &mut ErrorList) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.push(Error::invalid(path, mode, why));
    }
}

/// A path below the volume that does not begin with `..`, which volumes keep for themselves.
fn validate_file_path(file: &str, path: &Path, errors: &mut ErrorList) {
    if file.is_empty() {
        errors.push(Error::required(path, ""));
    }
    validate_local_path(errors, path, file);
    if file.starts_with("..") && !file.starts_with("../") && file != ".." {
        errors.push(Error::invalid(path, file, "must not start with '..'"));
    }
}

fn validate_items(items: &[KeyToPath], path: &Path, errors: &mut ErrorList) {
    for (index, item) in items.iter().enumerate() {
        let at = path.child("items").index(index);
        if item.key.is_empty() {
            errors.push(Error::required(&at.child("key"), ""));
        }
        validate_file_path(&item.path, &at.child("path"), errors);
        validate_mode(item.mode, &at.child("mode"), errors);
    }
}

fn validate_files(files: &[DownwardAPIVolumeFile], path: &Path, errors: &mut ErrorList) {
    for (index, file) in files.iter().enumerate() {
        let at = path.index(index);
        validate_file_path(&file.path, &at.child("path"), errors);
        match (&file.field_ref, &file.resource_field_ref) {
            (None, None) => {
                errors.push(Error::required(&at, "one of fieldRef and resourceFieldRef is required"));
            }
            (None, Some(resource)) => {
                validate_resource_selector(resource, true, &at.child("resourceFieldRef"), errors);
            }
            (Some(field), resource) => {
                validate_field_selector(field, &VOLUME_FIELDS, &at.child("fieldRef"), errors);
                if resource.is_some() {
                    let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                    errors.push(Error::invalid(&at, "resource", why));
                }
            }
        }
        validate_mode(file.mode, &at.child("mode"), errors);
    }
}

fn validate_projected(projected: &ProjectedVolumeSource, path: &Path, errors: &mut ErrorList) {
    validate_mode(projected.default_mode, &path.child("defaultMode"), errors);
    for (index, source) in projected.sources.iter().enumerate() {
        let at = path.child("sources").index(index);
        let mut sources = 0;
        let mut named = |field: &str, name: &str, items: &[KeyToPath], errors: &mut ErrorList| {
            sources += 1;
            if name.is_empty() {
                errors.push(Error::required(&at.child(field).child("name"), ""));
            }
            validate_items(items, &at.child(field), errors);
        };
        if let Some(secret) = &source.secret {
            named("secret", &secret.name, &secret.items, errors);
        }
        if let Some(config_map) = &source.config_map {
            named("configMap", &config_map.name, &config_map.items, errors);
        }
        if let Some(downward) = &source.downward_api {
            sources += 1;
            validate_files(&downward.items, &at.child("downwardAPI"), errors);
        }
        if let Some(token) = &source.service_account_token {
            sources += 1;
            let at = at.child("serviceAccountToken");
            let seconds = token.expiration_seconds.unwrap_or(3600);
            if seconds < 600 {
                let why = "may not specify a duration less than 10 minutes";
                errors.push(Error::invalid(&at.child("expirationSeconds"), seconds, why));
            }
            validate_file_path(&token.path, &at.child("path"), errors);
        }
        sources += i32::from(source.cluster_trust_bundle.is_some());
        sources += i32::from(source.pod_certificate.is_some());
        if sources > 1 {
            errors.push(Error::forbidden(&at, "may not specify more than 1 volume type"));
        }
    }
}
