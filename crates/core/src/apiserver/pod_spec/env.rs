//! Environment variables and what they may be taken from.

use api::core::v1::{EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use super::complain;

/// Fields of the pod that a variable may show.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields of the pod that a file may show.
pub const VOLUME_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// Mirrors ValidateEnv.
pub fn validate_env(vars: &[EnvVar], path: &Path, errors: &mut ErrorList) {
    for (index, var) in vars.iter().enumerate() {
        let at = path.index(index);
        if var.name.is_empty() {
            errors.push(Error::required(&at.child("name"), ""));
        } else {
            complain(errors, &at.child("name"), &var.name, names::is_relaxed_env_var_name(&var.name));
        }
        validate_value_from(var, &at.child("valueFrom"), errors);
    }
}

fn validate_value_from(var: &EnvVar, path: &Path, errors: &mut ErrorList) {
    let Some(source) = &var.value_from else { return };
    let mut sources = 0;
    if let Some(field) = &source.field_ref {
        sources += 1;
        validate_field_selector(field, &ENV_FIELDS, &path.child("fieldRef"), errors);
    }
    if let Some(resource) = &source.resource_field_ref {
        sources += 1;
        validate_resource_selector(resource, false, &path.child("resourceFieldRef"), errors);
    }
    if let Some(config_map) = &source.config_map_key_ref {
        sources += 1;
        validate_key(&config_map.name, &config_map.key, &path.child("configMapKeyRef"), errors);
    }
    if let Some(secret) = &source.secret_key_ref {
        sources += 1;
        validate_key(&secret.name, &secret.key, &path.child("secretKeyRef"), errors);
    }
    // Kept as JSON elsewhere: a file in a volume.
    sources += i32::from(source.file_key_ref.is_some());
    if sources == 0 {
        let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
        errors.push(Error::invalid(path, "", why));
    } else if !var.value.is_empty() {
        errors.push(Error::invalid(path, "", "may not be specified when `value` is not empty"));
    } else if sources > 1 {
        errors.push(Error::invalid(path, "", "may not have more than one field specified at a time"));
    }
}

fn validate_key(name: &str, key: &str, path: &Path, errors: &mut ErrorList) {
    complain(errors, &path.child("name"), name, names::is_dns1123_subdomain(name));
    if key.is_empty() {
        errors.push(Error::required(&path.child("key"), ""));
    } else {
        complain(errors, &path.child("key"), key, names::is_config_map_key(key));
    }
}

/// Mirrors validateObjectFieldSelector; `supported` are the fields that fit there.
pub fn validate_field_selector(
    selector: &ObjectFieldSelector,
    supported: &[&str],
    path: &Path,
    errors: &mut ErrorList,
) {
    if selector.api_version.is_empty() {
        errors.push(Error::required(&path.child("apiVersion"), ""));
        return;
    }
    let field = selector.field_path.as_str();
    if field.is_empty() {
        errors.push(Error::required(&path.child("fieldPath"), ""));
        return;
    }
    let subscripted = field.strip_suffix("']").and_then(|field| field.split_once("['"));
    match subscripted {
        Some(("metadata.annotations", key)) => {
            complain(errors, path, key.to_lowercase(), names::is_qualified_name(&key.to_lowercase()));
        }
        Some(("metadata.labels", key)) => complain(errors, path, key, names::is_qualified_name(key)),
        Some((other, _)) => errors.push(Error::invalid(path, other, "does not support subscript")),
        None if supported.contains(&field) => {}
        None if ENV_FIELDS.contains(&field) || VOLUME_FIELDS.contains(&field) => {
            errors.push(Error::not_supported(&path.child("fieldPath"), field, supported));
        }
        None => {
            let why = format!("error converting fieldPath: field label not supported: {field}");
            errors.push(Error::invalid(&path.child("fieldPath"), field, &why));
        }
    }
}

/// Mirrors validateContainerResourceFieldSelector; `in_volume` demands a container's name.
pub fn validate_resource_selector(
    selector: &ResourceFieldSelector,
    in_volume: bool,
    path: &Path,
    errors: &mut ErrorList,
) {
    let resource = selector.resource.as_str();
    let huge_pages = resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-");
    if in_volume && selector.container_name.is_empty() {
        errors.push(Error::required(&path.child("containerName"), ""));
    } else if resource.is_empty() {
        errors.push(Error::required(&path.child("resource"), ""));
    } else if !RESOURCES.contains(&resource) && !huge_pages {
        errors.push(Error::not_supported(&path.child("resource"), resource, &RESOURCES));
    }
    if selector.divisor.is_zero() {
        return;
    }
    let divisor = selector.divisor.to_string();
    let what = match resource {
        "limits.cpu" | "requests.cpu" => {
            if divisor != "1" && divisor != "1m" {
                let why = "only divisor's values 1m and 1 are supported with the cpu resource";
                errors.push(Error::invalid(&path.child("divisor"), resource, why));
            }
            return;
        }
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if huge_pages => "hugepages",
        _ => return,
    };
    const DIVISORS: &str = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    if !DIVISORS.split(", ").any(|known| known == divisor) {
        let why = format!("only divisor's values {DIVISORS} are supported with the {what} resource");
        errors.push(Error::invalid(&path.child("divisor"), resource, &why));
    }
}

/// Mirrors ValidateEnvFrom.
pub fn validate_env_from(sources: &[EnvFromSource], path: &Path, errors: &mut ErrorList) {
    for (index, source) in sources.iter().enumerate() {
        let at = path.index(index);
        if !source.prefix.is_empty() {
            complain(
                errors,
                &at.child("prefix"),
                &source.prefix,
                names::is_relaxed_env_var_name(&source.prefix),
            );
        }
        let config_map = source.config_map_ref.as_ref().map(|reference| ("configMapRef", &reference.name));
        let secret = source.secret_ref.as_ref().map(|reference| ("secretRef", &reference.name));
        let given: Vec<_> = [config_map, secret].into_iter().flatten().collect();
        for (field, name) in &given {
            let at = at.child(field).child("name");
            if name.is_empty() {
                errors.push(Error::required(&at, ""));
            } else {
                complain(errors, &at, *name, names::is_dns1123_subdomain(name));
            }
        }
        match given.len() {
            0 => errors.push(Error::invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")),
            1 => {}
            _ => {
                errors.push(Error::invalid(path, "", "may not have more than one field specified at a time"))
            }
        }
    }
}
