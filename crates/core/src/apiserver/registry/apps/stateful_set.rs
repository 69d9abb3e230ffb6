//! StatefulSet. Mirrors pkg/registry/apps/statefulset and its parts of defaults, validation and printers. Upstream does
//! not validate the pods of the template here: their volumes may come from claim templates. Pods are refused when made.

use api::apps::v1::{StatefulSet, StatefulSetSpec};
use api::meta::codec::encode_message;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::labels::format_label_selector;
use api::{Json, Str, Timestamp};

use super::replica_set::{format_containers, selector_matches_template, template_warnings};
use crate::apiserver::pod_spec;
use crate::apiserver::strategy::{KindStrategy, Scale, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::{
    validate_annotations, validate_label_selector, validate_labels, validate_nonnegative,
};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind StatefulSet.
pub struct StatefulSetStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<StatefulSetStrategy>()
        .short(&["sts"])
        .in_all()
        .with(&[Subresource::SCALE, Subresource::STATUS])
}

impl KindStrategy for StatefulSetStrategy {
    type Kind = StatefulSet;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Ready"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
    ];

    fn set_defaults(set: &mut StatefulSet) {
        set_defaults_stateful_set(&mut set.spec);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, set: &mut StatefulSet) {
        set.status = Default::default();
        set.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, set: &StatefulSet) -> ErrorList {
        validate_stateful_set_spec(&set.spec, &Path::new("spec"))
    }

    fn prepare_for_update(_cx: &mut StrategyContext, set: &mut StatefulSet, old: &StatefulSet) {
        set.status = old.status.clone();
        if set.spec != old.spec {
            set.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, set: &StatefulSet, old: &StatefulSet) -> ErrorList {
        validate_stateful_set_update(&set.spec, &old.spec)
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, set: &mut StatefulSet, old: &StatefulSet) {
        set.spec = old.spec.clone();
    }

    fn validate_status_update(_cx: &StrategyContext, set: &StatefulSet, _old: &StatefulSet) -> ErrorList {
        validate_stateful_set_status(set)
    }

    fn warnings(set: &StatefulSet, old: Option<&StatefulSet>) -> Vec<Str> {
        template_warnings(&set.spec.template, old.map(|old| &old.spec.template))
    }

    fn print(now: Timestamp, set: &StatefulSet) -> Row {
        let (names, images) = format_containers(&set.spec.template.spec);
        let ready = format!("{}/{}", set.status.ready_replicas, set.spec.replicas.unwrap_or(1));
        let cells =
            vec![Json::from(&set.metadata.name), Json::from(ready), age(now, &set.metadata), names, images];
        Row::new(cells)
    }

    fn scale(set: &StatefulSet) -> Option<Scale> {
        Some(Scale {
            replicas: set.spec.replicas.unwrap_or(1),
            status_replicas: set.status.replicas,
            selector: format_label_selector(set.spec.selector.as_deref()).into(),
        })
    }

    fn set_scale(set: &mut StatefulSet, replicas: i32) {
        set.spec.replicas = Some(replicas);
    }
}

fn fill(field: &mut Str, default: &str) {
    if field.is_empty() {
        *field = default.into();
    }
}

/// Mirrors SetDefaults_StatefulSet.
fn set_defaults_stateful_set(spec: &mut StatefulSetSpec) {
    fill(&mut spec.pod_management_policy, "OrderedReady");
    fill(&mut spec.update_strategy.type_, "RollingUpdate");
    if spec.update_strategy.type_ == "RollingUpdate" {
        spec.update_strategy.rolling_update.get_or_insert_default().partition.get_or_insert(0);
    }
    let retention = spec.persistent_volume_claim_retention_policy.get_or_insert_default();
    fill(&mut retention.when_deleted, "Retain");
    fill(&mut retention.when_scaled, "Retain");
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    for claim in &mut spec.volume_claim_templates {
        claim.spec.volume_mode.get_or_insert_with(|| "Filesystem".into());
        fill(&mut claim.status.phase, "Pending");
    }
    pod_spec::set_defaults_pod_spec(&mut spec.template.spec);
}

/// Mirrors ValidateStatefulSetSpec.
fn validate_stateful_set_spec(spec: &StatefulSetSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let at = path.child("podManagementPolicy");
    match spec.pod_management_policy.as_str() {
        "" => errors.push(Error::required(&at, "")),
        "OrderedReady" | "Parallel" => {}
        other => errors.push(Error::invalid(&at, other, "must be 'OrderedReady' or 'Parallel'")),
    }
    validate_update_strategy(spec, &path.child("updateStrategy"), &mut errors);
    if let Some(retention) = &spec.persistent_volume_claim_retention_policy {
        for (name, policy) in
            [("whenDeleted", &retention.when_deleted), ("whenScaled", &retention.when_scaled)]
        {
            if !matches!(policy.as_str(), "Retain" | "Delete") {
                let at = path.child("persistentVolumeClaimRetentionPolicy").child(name);
                errors.push(Error::not_supported(&at, policy, &["Retain", "Delete"]));
            }
        }
    }
    errors.extend(validate_nonnegative(spec.replicas.unwrap_or(1).into(), &path.child("replicas")));
    errors.extend(validate_nonnegative(spec.min_ready_seconds.into(), &path.child("minReadySeconds")));
    if let Some(ordinals) = &spec.ordinals {
        errors.extend(validate_nonnegative(ordinals.start.into(), &path.child("ordinals").child("start")));
    }
    let selector = path.child("selector");
    match spec.selector.as_deref() {
        None => errors.push(Error::required(&selector, "")),
        Some(given) => {
            errors.extend(validate_label_selector(Some(given), &selector));
            if given.match_labels.is_empty() && given.match_expressions.is_empty() {
                let why = "empty selector is invalid for statefulset";
                errors.push(Error::invalid(&selector, encode_message(given), why));
            }
        }
    }
    validate_template(spec, &path.child("template"), &mut errors);
    errors
}

/// Mirrors ValidatePodTemplateSpecForStatefulSet.
fn validate_template(spec: &StatefulSetSpec, path: &Path, errors: &mut ErrorList) {
    let template = &spec.template;
    errors.extend(selector_matches_template(spec.selector.as_deref(), template, path));
    errors.extend(validate_labels(&template.metadata.labels, &path.child("labels")));
    errors.extend(validate_annotations(&template.metadata.annotations, &path.child("annotations")));
    if template.spec.restart_policy != "Always" {
        let at = path.child("spec").child("restartPolicy");
        errors.push(Error::not_supported(&at, &template.spec.restart_policy, &["Always"]));
    }
    if template.spec.active_deadline_seconds.is_some() {
        let at = path.child("spec").child("activeDeadlineSeconds");
        errors.push(Error::forbidden(&at, "activeDeadlineSeconds in StatefulSet is not Supported"));
    }
}

fn validate_update_strategy(spec: &StatefulSetSpec, path: &Path, errors: &mut ErrorList) {
    let strategy = &spec.update_strategy;
    match strategy.type_.as_str() {
        "" => errors.push(Error::required(path, "")),
        "OnDelete" => {
            if let Some(rolling) = &strategy.rolling_update {
                let why = "only allowed for updateStrategy 'RollingUpdate'";
                errors.push(Error::invalid(&path.child("rollingUpdate"), encode_message(&**rolling), why));
            }
        }
        "RollingUpdate" => {
            let partition = strategy.rolling_update.as_ref().and_then(|rolling| rolling.partition);
            let at = path.child("rollingUpdate").child("partition");
            errors.extend(validate_nonnegative(partition.unwrap_or(0).into(), &at));
        }
        _ => {
            let why = "must be 'RollingUpdate' or 'OnDelete'";
            errors.push(Error::invalid(path, encode_message(strategy), why));
        }
    }
}

/// Mirrors ValidateStatefulSetUpdate.
fn validate_stateful_set_update(new: &StatefulSetSpec, old: &StatefulSetSpec) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_stateful_set_spec(new, &path);
    let mut allowed = old.clone();
    allowed.replicas = new.replicas;
    allowed.ordinals = new.ordinals.clone();
    allowed.template = new.template.clone();
    allowed.update_strategy = new.update_strategy.clone();
    allowed.revision_history_limit = new.revision_history_limit;
    allowed.persistent_volume_claim_retention_policy = new.persistent_volume_claim_retention_policy.clone();
    allowed.min_ready_seconds = new.min_ready_seconds;
    if allowed != *new {
        let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                   'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                   'minReadySeconds' are forbidden";
        errors.push(Error::forbidden(&path, why));
    }
    errors
}

/// Mirrors ValidateStatefulSetStatus.
fn validate_stateful_set_status(set: &StatefulSet) -> ErrorList {
    let (status, path) = (&set.status, Path::new("status"));
    let mut errors = ErrorList::new();
    for (name, value) in [
        ("replicas", status.replicas),
        ("readyReplicas", status.ready_replicas),
        ("currentReplicas", status.current_replicas),
        ("updatedReplicas", status.updated_replicas),
        ("availableReplicas", status.available_replicas),
    ] {
        errors.extend(validate_nonnegative(value.into(), &path.child(name)));
        if name != "replicas" && value > status.replicas {
            errors.push(Error::invalid(&path.child(name), value, "cannot be greater than status.replicas"));
        }
    }
    if status.available_replicas > status.ready_replicas {
        let why = "cannot be greater than status.readyReplicas";
        errors.push(Error::invalid(&path.child("availableReplicas"), status.available_replicas, why));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    fn stateful_set() -> StatefulSet {
        let mut set = StatefulSet::decode(&json!({"metadata": {"name": "db"}, "spec": {
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [
                    {"name": "db", "image": "mongo", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
                ]}
            },
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
        }}))
        .unwrap();
        set_defaults_stateful_set(&mut set.spec);
        set
    }

    #[test]
    fn volumes_may_come_from_claim_templates() {
        let set = stateful_set();
        assert!(validate_stateful_set_spec(&set.spec, &Path::new("spec")).is_empty());
        let claim = set.encode()["spec"]["volumeClaimTemplates"][0].clone();
        assert_eq!(
            (&claim["kind"], &claim["status"]["phase"]),
            (&json!("PersistentVolumeClaim"), &json!("Pending"))
        );
    }

    #[test]
    fn claim_templates_do_not_change() {
        let old = stateful_set().spec;
        let mut new = old.clone();
        new.replicas = Some(5);
        assert!(validate_stateful_set_update(&new, &old).is_empty());
        new.service_name = "other".into();
        assert_eq!(
            validate_stateful_set_update(&new, &old).to_string(),
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        );
    }
}
