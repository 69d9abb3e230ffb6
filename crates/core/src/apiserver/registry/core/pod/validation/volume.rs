//! Volumes of pods. Mirrors ValidateVolumes and validateVolumeSource.

use api::Str;
use api::core::v1::{KeyToPath, Volume, VolumeProjection};
use api::meta::codec::Message;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

/// Validates the list and returns the names that mounts may use.
pub(super) fn validate_volumes(volumes: &[Volume], path: &Path, errors: &mut ErrorList) -> Vec<Str> {
    let mut known: Vec<Str> = Vec::with_capacity(volumes.len());
    for (index, volume) in volumes.iter().enumerate() {
        let at = path.index(index);
        let before = errors.len();
        validate_source(volume, &at, errors);
        let name = at.child("name");
        if volume.name.is_empty() {
            errors.push(Error::required(&name, ""));
        } else {
            for message in names::is_dns1123_label(&volume.name) {
                errors.push(Error::invalid(&name, &volume.name, &message));
            }
        }
        if known.contains(&volume.name) {
            errors.push(Error::duplicate(&name, &volume.name));
        }
        // Mounts of a volume that is wrong itself are not complained about too.
        let _ = before;
        known.push(volume.name.clone());
    }
    known
}

fn validate_source(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    let mut sources = 0;
    // Field 0 is the name; every other field is a source.
    for (index, field) in volume.info().fields.iter().enumerate().skip(1) {
        if volume.field(index).is_empty() && !is_present(volume, field.name) {
            continue;
        }
        sources += 1;
        if sources > 1 {
            let why = "may not specify more than 1 volume type";
            errors.push(Error::forbidden(&path.child(field.name), why));
            continue;
        }
        validate_one_source(volume, &path.child(field.name), errors);
    }
    if sources == 0 {
        errors.push(Error::required(path, "must specify a volume type"));
    }
}

/// An empty `emptyDir` is a source although it holds nothing.
fn is_present(volume: &Volume, field: &str) -> bool {
    field == "emptyDir" && volume.empty_dir.is_some()
}

fn validate_one_source(volume: &Volume, path: &Path, errors: &mut ErrorList) {
    if let Some(host) = &volume.host_path {
        if host.path.is_empty() {
            errors.push(Error::required(&path.child("path"), ""));
        } else if host.path.split('/').any(|part| part == "..") {
            errors.push(Error::invalid(&path.child("path"), &host.path, "must not contain '..'"));
        }
        const TYPES: [&str; 8] = [
            "",
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket",
        ];
        let kind = host.type_.as_deref().unwrap_or("");
        if !TYPES.contains(&kind) {
            errors.push(Error::not_supported(&path.child("type"), kind, &TYPES));
        }
    } else if let Some(empty) = &volume.empty_dir {
        if empty.size_limit.is_some_and(|limit| limit.sign() < 0) {
            let why = "SizeLimit field must be a valid resource quantity";
            errors.push(Error::forbidden(&path.child("sizeLimit"), why));
        }
    } else if let Some(git) = &volume.git_repo {
        if git.repository.is_empty() {
            errors.push(Error::required(&path.child("repository"), ""));
        }
    } else if let Some(secret) = &volume.secret {
        if secret.secret_name.is_empty() {
            errors.push(Error::required(&path.child("secretName"), ""));
        }
        validate_mode(secret.default_mode, &path.child("defaultMode"), errors);
        validate_items(&secret.items, &path.child("items"), errors);
    } else if let Some(map) = &volume.config_map {
        if map.name.is_empty() {
            errors.push(Error::required(&path.child("name"), ""));
        }
        validate_mode(map.default_mode, &path.child("defaultMode"), errors);
        validate_items(&map.items, &path.child("items"), errors);
    } else if let Some(claim) = &volume.persistent_volume_claim {
        if claim.claim_name.is_empty() {
            errors.push(Error::required(&path.child("claimName"), ""));
        }
        for message in names::is_dns1123_subdomain(&claim.claim_name) {
            errors.push(Error::invalid(&path.child("claimName"), &claim.claim_name, &message));
        }
    } else if let Some(downward) = &volume.downward_api {
        validate_mode(downward.default_mode, &path.child("defaultMode"), errors);
        for (index, file) in downward.items.iter().enumerate() {
            validate_downward_file(file, &path.child("items").index(index), errors);
        }
    } else if let Some(projected) = &volume.projected {
        validate_mode(projected.default_mode, &path.child("defaultMode"), errors);
        for (index, source) in projected.sources.iter().enumerate() {
            validate_projection(source, &path.child("sources").index(index), errors);
        }
    } else if let Some(nfs) = &volume.nfs {
        if nfs.server.is_empty() {
            errors.push(Error::required(&path.child("server"), ""));
        }
        if nfs.path.is_empty() {
            errors.push(Error::required(&path.child("path"), ""));
        } else if !nfs.path.starts_with('/') {
            errors.push(Error::invalid(&path.child("path"), &nfs.path, "must be an absolute path"));
        }
    }
}

fn validate_projection(source: &VolumeProjection, path: &Path, errors: &mut ErrorList) {
    if let Some(map) = &source.config_map {
        let at = path.child("configMap");
        if map.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        validate_items(&map.items, &at.child("items"), errors);
    }
    if let Some(secret) = &source.secret {
        let at = path.child("secret");
        if secret.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        }
        validate_items(&secret.items, &at.child("items"), errors);
    }
    if let Some(token) = &source.service_account_token {
        let at = path.child("serviceAccountToken");
        if token.expiration_seconds.is_some_and(|seconds| seconds < 600) {
            let why = "may not specify a duration less than 10 minutes";
            errors.push(Error::invalid(&at.child("expirationSeconds"), token.expiration_seconds, why));
        }
        if token.path.is_empty() {
            errors.push(Error::required(&at.child("path"), ""));
        }
    }
    if let Some(downward) = &source.downward_api {
        for (index, file) in downward.items.iter().enumerate() {
            validate_downward_file(file, &path.child("downwardAPI").child("items").index(index), errors);
        }
    }
}

fn validate_mode(mode: Option<i32>, path: &Path, errors: &mut ErrorList) {
    if let Some(mode) = mode.filter(|mode| !(0..=0o777).contains(mode)) {
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        errors.push(Error::invalid(path, mode, why));
    }
}

fn validate_items(items: &[KeyToPath], path: &Path, errors: &mut ErrorList) {
    for (index, item) in items.iter().enumerate() {
        let at = path.index(index);
        if item.key.is_empty() {
            errors.push(Error::required(&at.child("key"), ""));
        }
        if item.path.is_empty() {
            errors.push(Error::required(&at.child("path"), ""));
        }
        validate_local_path(&item.path, &at.child("path"), errors);
        validate_mode(item.mode, &at.child("mode"), errors);
    }
}

/// Mirrors validateLocalNonReservedPath.
fn validate_local_path(given: &str, path: &Path, errors: &mut ErrorList) {
    if given.starts_with('/') {
        errors.push(Error::invalid(path, given, "must be a relative path"));
    }
    if given.split('/').any(|part| part == "..") {
        errors.push(Error::invalid(path, given, "must not contain '..'"));
    } else if given.starts_with("..") {
        errors.push(Error::invalid(path, given, "must not start with '..'"));
    }
}

fn validate_downward_file(file: &api::core::v1::DownwardAPIVolumeFile, path: &Path, errors: &mut ErrorList) {
    if file.path.is_empty() {
        errors.push(Error::required(&path.child("path"), ""));
    }
    validate_local_path(&file.path, &path.child("path"), errors);
    match (&file.field_ref, &file.resource_field_ref) {
        (Some(_), Some(_)) => {
            let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
            errors.push(Error::invalid(path, "resource", why));
        }
        (Some(field), None) => {
            const FIELDS: [&str; 5] = [
                "metadata.name",
                "metadata.namespace",
                "metadata.labels",
                "metadata.annotations",
                "metadata.uid",
            ];
            super::container::validate_object_field(field, &FIELDS, &path.child("fieldRef"), errors);
        }
        (None, Some(resource)) if resource.container_name.is_empty() => {
            errors.push(Error::required(&path.child("resourceFieldRef").child("containerName"), ""));
        }
        (None, Some(_)) => {}
        (None, None) => {
            let why = "one of fieldRef and resourceFieldRef is required";
            errors.push(Error::required(path, why));
        }
    }
    validate_mode(file.mode, &path.child("mode"), errors);
}
