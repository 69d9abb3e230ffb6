//! Security contexts of pods and containers.

use api::core::v1::{PodSpec, SeccompProfile, SecurityContext};
use api::meta::codec::encode_message;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;

use super::{complain, one_of, validate_local_path};

/// `validatePodSpecSecurityContext`, and what depends on the pod having users of its own.
pub fn validate_pod_security_context(spec: &PodSpec, path: &Path, errors: &mut ErrorList) {
    if let Some(context) = &spec.security_context {
        for (name, id) in [
            ("fsGroup", context.fs_group),
            ("runAsUser", context.run_as_user),
            ("runAsGroup", context.run_as_group),
        ] {
            if let Some(id) = id {
                complain(errors, &path.child(name), id, names::is_valid_id(id));
            }
        }
        for (index, group) in context.supplemental_groups.iter().enumerate() {
            complain(
                errors,
                &path.child("supplementalGroups").index(index),
                *group,
                names::is_valid_id(*group),
            );
        }
        if spec.share_process_namespace == Some(true) && spec.host_pid {
            let why = "ShareProcessNamespace and HostPID cannot both be enabled";
            errors.push(Error::invalid(&path.child("shareProcessNamespace"), true, why));
        }
        for (index, sysctl) in context.sysctls.iter().enumerate() {
            let at = path.child("sysctls").index(index).child("name");
            if sysctl.name.is_empty() {
                errors.push(Error::required(&at, ""));
            } else if context.sysctls[..index].iter().any(|other| other.name == sysctl.name) {
                errors.push(Error::duplicate(&at, &sysctl.name));
            }
        }
        if let Some(policy) = &context.fs_group_change_policy {
            one_of(errors, &path.child("fsGroupChangePolicy"), policy, &["Always", "OnRootMismatch"]);
        }
        validate_seccomp(context.seccomp_profile.as_deref(), &path.child("seccompProfile"), errors);
        if let Some(policy) = &context.supplemental_groups_policy {
            one_of(errors, &path.child("supplementalGroupsPolicy"), policy, &["Merge", "Strict"]);
        }
    }
    if spec.host_users == Some(false) {
        let why = "when `hostUsers` is false";
        for (name, set) in
            [("hostNetwork", spec.host_network), ("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)]
        {
            if set {
                errors.push(Error::forbidden(&Path::new("spec").child(name), why));
            }
        }
    }
}

/// `ValidateSecurityContext`.
pub fn validate_security_context(
    context: Option<&SecurityContext>,
    spec: &PodSpec,
    path: &Path,
    errors: &mut ErrorList,
) {
    let Some(context) = context else { return };
    for (name, id) in [("runAsUser", context.run_as_user), ("runAsGroup", context.run_as_group)] {
        if let Some(id) = id {
            complain(errors, &path.child(name), id, names::is_valid_id(id));
        }
    }
    if let Some(mount) = &context.proc_mount {
        one_of(errors, &path.child("procMount"), mount, &["Default", "Unmasked"]);
        if mount == "Unmasked" && spec.host_users != Some(false) {
            let why = "`hostUsers` must be false to use `Unmasked`";
            errors.push(Error::invalid(&path.child("procMount"), mount, why));
        }
    }
    validate_seccomp(context.seccomp_profile.as_deref(), &path.child("seccompProfile"), errors);
    if context.allow_privilege_escalation != Some(false) {
        return;
    }
    if context.privileged == Some(true) {
        let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        errors.push(Error::invalid(path, encode_message(context), why));
    }
    let added = context.capabilities.iter().flat_map(|capabilities| &capabilities.add);
    for _ in added.filter(|capability| *capability == "CAP_SYS_ADMIN") {
        let why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        errors.push(Error::invalid(path, encode_message(context), why));
    }
}

fn validate_seccomp(profile: Option<&SeccompProfile>, path: &Path, errors: &mut ErrorList) {
    let Some(profile) = profile else { return };
    const TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
    match profile.type_.as_str() {
        "" => {
            errors.push(Error::required(&path.child("type"), "type is required when seccompProfile is set"))
        }
        other if !TYPES.contains(&other) => {
            errors.push(Error::not_supported(&path.child("type"), other, &TYPES))
        }
        _ => {}
    }
    let at = path.child("localhostProfile");
    match (&profile.localhost_profile, profile.type_ == "Localhost") {
        (None, true) => errors.push(Error::required(&at, "must be set when seccomp type is Localhost")),
        (Some(file), true) => validate_local_path(errors, &at, file),
        (Some(_), false) => {
            let why = "can only be set when seccomp type is Localhost";
            errors.push(Error::invalid(&at, encode_message(profile), why));
        }
        (None, false) => {}
    }
}
