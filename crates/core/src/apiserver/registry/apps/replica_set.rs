//! ReplicaSet. Mirrors pkg/registry/apps/replicaset and its parts of defaults, validation and printers.

use api::apps::v1::{ReplicaSet, ReplicaSetSpec};
use api::core::v1::{PodSpec, PodTemplateSpec};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::labels::{Selector, format_label_selector};
use api::meta::v1::LabelSelector;
use api::{Json, Str, Timestamp};

use crate::apiserver::pod_spec;
use crate::apiserver::registry::core::pod;
use crate::apiserver::strategy::{KindStrategy, Scale, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::{FIELD_IMMUTABLE, validate_label_selector, validate_nonnegative};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind ReplicaSet.
pub struct ReplicaSetStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<ReplicaSetStrategy>()
        .short(&["rs"])
        .in_all()
        .with(&[Subresource::SCALE, Subresource::STATUS])
}

impl KindStrategy for ReplicaSetStrategy {
    type Kind = ReplicaSet;
    const SELECTABLE: &'static [&'static str] = &["status.replicas"];
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::integer("Desired"),
        Column::integer("Current"),
        Column::integer("Ready"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ];

    fn set_defaults(set: &mut ReplicaSet) {
        set.spec.replicas.get_or_insert(1);
        pod_spec::set_defaults_pod_spec(&mut set.spec.template.spec);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, set: &mut ReplicaSet) {
        set.status = Default::default();
        set.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, set: &ReplicaSet) -> ErrorList {
        validate_replica_set_spec(&set.spec, &Path::new("spec"))
    }

    fn prepare_for_update(_cx: &mut StrategyContext, set: &mut ReplicaSet, old: &ReplicaSet) {
        set.status = old.status.clone();
        if set.spec != old.spec {
            set.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, set: &ReplicaSet, old: &ReplicaSet) -> ErrorList {
        let path = Path::new("spec");
        let mut errors = validate_replica_set_spec(&set.spec, &path);
        if set.spec.selector != old.spec.selector {
            let given =
                set.spec.selector.as_deref().map(|selector| api::meta::codec::encode_message(selector));
            errors.push(Error::invalid(&path.child("selector"), given, FIELD_IMMUTABLE));
        }
        errors
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, set: &mut ReplicaSet, old: &ReplicaSet) {
        set.spec = old.spec.clone();
    }

    fn warnings(set: &ReplicaSet, old: Option<&ReplicaSet>) -> Vec<Str> {
        template_warnings(&set.spec.template, old.map(|old| &old.spec.template))
    }

    fn print(now: Timestamp, set: &ReplicaSet) -> Row {
        let (names, images) = format_containers(&set.spec.template.spec);
        Row::new(vec![
            Json::from(&set.metadata.name),
            Json::from(set.spec.replicas.unwrap_or(1)),
            Json::from(set.status.replicas),
            Json::from(set.status.ready_replicas),
            age(now, &set.metadata),
            names,
            images,
            Json::from(format_label_selector(set.spec.selector.as_deref())),
        ])
    }

    fn select(set: &ReplicaSet, _field: &str) -> Str {
        set.status.replicas.to_string().into()
    }

    fn scale(set: &ReplicaSet) -> Option<Scale> {
        Some(Scale {
            replicas: set.spec.replicas.unwrap_or(1),
            status_replicas: set.status.replicas,
            selector: format_label_selector(set.spec.selector.as_deref()).into(),
        })
    }

    fn set_scale(set: &mut ReplicaSet, replicas: i32) {
        set.spec.replicas = Some(replicas);
    }
}

/// Mirrors ValidateReplicaSetSpec.
fn validate_replica_set_spec(spec: &ReplicaSetSpec, path: &Path) -> ErrorList {
    let mut errors = validate_nonnegative(spec.replicas.unwrap_or(1).into(), &path.child("replicas"));
    errors.extend(validate_nonnegative(spec.min_ready_seconds.into(), &path.child("minReadySeconds")));
    match spec.selector.as_deref() {
        None => errors.push(Error::required(&path.child("selector"), "")),
        Some(selector) => {
            errors.extend(validate_label_selector(Some(selector), &path.child("selector")));
            if selector.match_labels.is_empty() && selector.match_expressions.is_empty() {
                let shown = api::meta::codec::encode_message(selector);
                let why = "empty selector is invalid for deployment";
                errors.push(Error::invalid(&path.child("selector"), shown, why));
            }
        }
    }
    errors.extend(selector_matches_template(
        spec.selector.as_deref(),
        &spec.template,
        &path.child("template"),
    ));
    errors.extend(validate_template(&spec.template, &path.child("template")));
    errors
}

/// The selector must select the pods that the template makes.
pub(super) fn selector_matches_template(
    selector: Option<&LabelSelector>,
    template: &PodTemplateSpec,
    path: &Path,
) -> ErrorList {
    let labels = &template.metadata.labels;
    let matches = match selector {
        // A missing selector matches nothing, like upstream's LabelSelectorAsSelector(nil).
        None => false,
        Some(selector) => match Selector::from_label_selector(selector) {
            Ok(parsed) => parsed.is_everything() || parsed.matches(labels),
            Err(_) => return ErrorList::new(),
        },
    };
    let mut errors = ErrorList::new();
    if !matches {
        let shown: api::JsonMap =
            labels.iter().map(|(key, value)| (key.to_string(), Json::from(value))).collect();
        let given = if labels.is_empty() { Json::Null } else { Json::Object(shown) };
        let why = "`selector` does not match template `labels`";
        errors.push(Error::invalid(&path.child("metadata").child("labels"), given, why));
    }
    errors
}

/// Validates a template whose pods are restarted for ever. Mirrors ValidatePodTemplateSpecForReplicaSet.
pub(super) fn validate_template(template: &PodTemplateSpec, path: &Path) -> ErrorList {
    let mut errors = pod_spec::validate_pod_template_spec(template, path);
    let spec = path.child("spec");
    if !matches!(template.spec.restart_policy.as_str(), "Always" | "") {
        let at = spec.child("restartPolicy");
        errors.push(Error::not_supported(&at, &template.spec.restart_policy, &["Always"]));
    }
    if template.spec.active_deadline_seconds.is_some() {
        errors.push(Error::forbidden(
            &spec.child("activeDeadlineSeconds"),
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        ));
    }
    errors
}

/// Warnings about a template, unless an update leaves it as it was.
pub fn template_warnings(template: &PodTemplateSpec, old: Option<&PodTemplateSpec>) -> Vec<Str> {
    if old.is_some_and(|old| old.spec == template.spec) {
        return Vec::new();
    }
    pod::template_warnings(&template.spec, &Path::new("spec").child("template").child("spec"))
}

/// Names and images of the containers, as two cells. Mirrors layoutContainerCells.
pub fn format_containers(spec: &PodSpec) -> (Json, Json) {
    let names: Vec<&str> = spec.containers.iter().map(|container| container.name.as_str()).collect();
    let images: Vec<&str> = spec.containers.iter().map(|container| container.image.as_str()).collect();
    (Json::from(names.join(",")), Json::from(images.join(",")))
}
