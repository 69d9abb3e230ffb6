//! DaemonSet. Mirrors pkg/registry/apps/daemonset and its parts of defaults, validation and printers.

use api::apps::v1::{DaemonSet, DaemonSetSpec, RollingUpdateDaemonSet};
use api::meta::codec::encode_message;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::labels::format_label_selector;
use api::{Json, Str, Timestamp};

use super::deployment::{int_or_percent, json_of, validate_positive_int_or_percent};
use super::replica_set::{format_containers, selector_matches_template, template_warnings};
use crate::apiserver::pod_spec;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::{FIELD_IMMUTABLE, validate_label_selector, validate_nonnegative};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind DaemonSet.
pub struct DaemonSetStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<DaemonSetStrategy>().short(&["ds"]).in_all().with(&[Subresource::STATUS])
}

impl KindStrategy for DaemonSetStrategy {
    type Kind = DaemonSet;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::integer("Desired"),
        Column::integer("Current"),
        Column::integer("Ready"),
        Column::integer("Up-to-date"),
        Column::integer("Available"),
        Column::text("Node Selector"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ];

    fn set_defaults(set: &mut DaemonSet) {
        set_defaults_daemon_set(&mut set.spec);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, set: &mut DaemonSet) {
        set.status = Default::default();
        set.metadata.generation = 1;
        set_template_generation(set, 1);
    }

    fn validate(_cx: &StrategyContext, set: &DaemonSet) -> ErrorList {
        validate_daemon_set_spec(&set.spec, &Path::new("spec"))
    }

    fn prepare_for_update(_cx: &mut StrategyContext, set: &mut DaemonSet, old: &DaemonSet) {
        set.status = old.status.clone();
        let known = old.metadata.annotations.get(TEMPLATE_GENERATION).and_then(|count| count.parse().ok());
        let changed = i64::from(set.spec.template != old.spec.template);
        set_template_generation(set, known.unwrap_or(1) + changed);
        if set.spec != old.spec {
            set.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, set: &DaemonSet, old: &DaemonSet) -> ErrorList {
        let path = Path::new("spec");
        let mut errors = validate_daemon_set_spec(&set.spec, &path);
        if set.spec.selector != old.spec.selector {
            let given = set.spec.selector.as_deref().map_or(Json::Null, |selector| encode_message(selector));
            errors.push(Error::invalid(&path.child("selector"), given, FIELD_IMMUTABLE));
        }
        errors
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, set: &mut DaemonSet, old: &DaemonSet) {
        set.spec = old.spec.clone();
    }

    fn validate_status_update(_cx: &StrategyContext, set: &DaemonSet, _old: &DaemonSet) -> ErrorList {
        let (status, path) = (&set.status, Path::new("status"));
        let mut errors = ErrorList::new();
        for (name, value) in [
            ("currentNumberScheduled", status.current_number_scheduled.into()),
            ("numberMisscheduled", status.number_misscheduled.into()),
            ("desiredNumberScheduled", status.desired_number_scheduled.into()),
            ("numberReady", status.number_ready.into()),
            ("observedGeneration", status.observed_generation),
            ("updatedNumberScheduled", status.updated_number_scheduled.into()),
            ("numberAvailable", status.number_available.into()),
            ("numberUnavailable", status.number_unavailable.into()),
        ] {
            errors.extend(validate_nonnegative(value, &path.child(name)));
        }
        errors
    }

    fn warnings(set: &DaemonSet, old: Option<&DaemonSet>) -> Vec<Str> {
        template_warnings(&set.spec.template, old.map(|old| &old.spec.template))
    }

    fn print(now: Timestamp, set: &DaemonSet) -> Row {
        let (spec, status) = (&set.spec, &set.status);
        let (names, images) = format_containers(&spec.template.spec);
        let nodes: Vec<String> =
            spec.template.spec.node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Row::new(vec![
            Json::from(&set.metadata.name),
            Json::from(status.desired_number_scheduled),
            Json::from(status.current_number_scheduled),
            Json::from(status.number_ready),
            Json::from(status.updated_number_scheduled),
            Json::from(status.number_available),
            Json::from(if nodes.is_empty() { "<none>".to_owned() } else { nodes.join(",") }),
            age(now, &set.metadata),
            names,
            images,
            Json::from(format_label_selector(spec.selector.as_deref())),
        ])
    }
}

/// The internal field `spec.templateGeneration` is an annotation in apps/v1.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn set_template_generation(set: &mut DaemonSet, count: i64) {
    set.metadata.annotations.insert(TEMPLATE_GENERATION.into(), Str::from(count.to_string()));
}

/// Mirrors SetDefaults_DaemonSet.
fn set_defaults_daemon_set(spec: &mut DaemonSetSpec) {
    if spec.update_strategy.type_.is_empty() {
        spec.update_strategy.type_ = "RollingUpdate".into();
    }
    if spec.update_strategy.type_ == "RollingUpdate" {
        let rolling = spec.update_strategy.rolling_update.get_or_insert_default();
        rolling.max_unavailable.get_or_insert_with(|| 1.into());
        rolling.max_surge.get_or_insert_with(|| 0.into());
    }
    spec.revision_history_limit.get_or_insert(10);
    pod_spec::set_defaults_pod_spec(&mut spec.template.spec);
}

/// Mirrors ValidateDaemonSetSpec.
fn validate_daemon_set_spec(spec: &DaemonSetSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let selector = spec.selector.as_deref();
    errors.extend(validate_label_selector(selector, &path.child("selector")));
    errors.extend(selector_matches_template(selector, &spec.template, &path.child("template")));
    if let Some(selector) = selector
        && selector.match_labels.is_empty()
        && selector.match_expressions.is_empty()
    {
        let why = "empty selector is invalid for daemonset";
        errors.push(Error::invalid(&path.child("selector"), encode_message(selector), why));
    }
    let template = path.child("template");
    errors.extend(pod_spec::validate_pod_template_spec(&spec.template, &template));
    let pod = &spec.template.spec;
    if pod.restart_policy != "Always" {
        let at = template.child("spec").child("restartPolicy");
        errors.push(Error::not_supported(&at, &pod.restart_policy, &["Always"]));
    }
    if pod.active_deadline_seconds.is_some() {
        let at = template.child("spec").child("activeDeadlineSeconds");
        errors.push(Error::forbidden(&at, "activeDeadlineSeconds in DaemonSet is not Supported"));
    }
    errors.extend(validate_nonnegative(spec.min_ready_seconds.into(), &path.child("minReadySeconds")));
    validate_update_strategy(spec, &path.child("updateStrategy"), &mut errors);
    if let Some(limit) = spec.revision_history_limit {
        errors.extend(validate_nonnegative(limit.into(), &path.child("revisionHistoryLimit")));
    }
    errors
}

fn validate_update_strategy(spec: &DaemonSetSpec, path: &Path, errors: &mut ErrorList) {
    match (spec.update_strategy.type_.as_str(), &spec.update_strategy.rolling_update) {
        ("OnDelete", _) => {}
        ("RollingUpdate", None) => errors.push(Error::required(&path.child("rollingUpdate"), "")),
        ("RollingUpdate", Some(rolling)) => {
            validate_rolling_update(rolling, &path.child("rollingUpdate"), errors)
        }
        (other, _) => {
            errors.push(Error::not_supported(&path.child("type"), other, &["RollingUpdate", "OnDelete"]));
        }
    }
}

fn validate_rolling_update(rolling: &RollingUpdateDaemonSet, path: &Path, errors: &mut ErrorList) {
    let (unavailable, surge) = (rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref());
    let zero = |value: Option<&api::IntOrString>| value.is_none_or(|value| int_or_percent(value) == 0);
    for (name, value) in [("maxUnavailable", unavailable), ("maxSurge", surge)] {
        errors.extend(validate_positive_int_or_percent(value, &path.child(name)));
        if value.and_then(api::IntOrString::percent).is_some_and(|percent| percent > 100) {
            errors.push(Error::invalid(&path.child(name), json_of(value), "must not be greater than 100%"));
        }
    }
    match (zero(unavailable), zero(surge)) {
        (true, true) => {
            errors.push(Error::required(&path.child("maxUnavailable"), "cannot be 0 when maxSurge is 0"));
        }
        (false, false) => {
            let why = "may not be set when maxUnavailable is non-zero";
            errors.push(Error::invalid(&path.child("maxSurge"), json_of(surge), why));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    fn daemon_set(fields: Json) -> DaemonSet {
        let mut spec = json!({
            "selector": {"matchLabels": {"app": "log"}},
            "template": {
                "metadata": {"labels": {"app": "log"}},
                "spec": {"containers": [{"name": "log", "image": "fluentd:1"}]}
            }
        });
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let mut set = DaemonSet::decode(&json!({"metadata": {"name": "log"}, "spec": spec})).unwrap();
        set_defaults_daemon_set(&mut set.spec);
        set
    }

    #[test]
    fn an_update_needs_room_but_not_twice() {
        for (strategy, expected) in [
            (json!({}), "[]"),
            (
                json!({"rollingUpdate": {"maxUnavailable": 0}}),
                "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
            ),
            (
                json!({"rollingUpdate": {"maxSurge": "10%"}}),
                "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: \"10%\": may not be set when maxUnavailable is non-zero",
            ),
            (
                json!({"type": "Recreate"}),
                "spec.updateStrategy.type: Unsupported value: \"Recreate\": supported values: \"RollingUpdate\", \"OnDelete\"",
            ),
        ] {
            let set = daemon_set(json!({"updateStrategy": strategy}));
            assert_eq!(validate_daemon_set_spec(&set.spec, &Path::new("spec")).to_string(), expected);
        }
    }
}
