//! Deployment. Mirrors pkg/registry/apps/deployment and its parts of defaults, validation and printers.

use api::apps::v1::{Deployment, DeploymentSpec, RollingUpdateDeployment};
use api::meta::field::{Error, ErrorList, Path};
use api::meta::labels::format_label_selector;
use api::{IntOrString, Json, Str, Timestamp};

use super::replica_set::{format_containers, selector_matches_template, validate_template};
use crate::apiserver::pod_spec;
use crate::apiserver::strategy::{KindStrategy, Scale, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::{FIELD_IMMUTABLE, validate_label_selector, validate_nonnegative};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind Deployment.
pub struct DeploymentStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<DeploymentStrategy>()
        .short(&["deploy"])
        .in_all()
        .with(&[Subresource::SCALE, Subresource::STATUS])
}

impl KindStrategy for DeploymentStrategy {
    type Kind = Deployment;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Ready"),
        Column::text("Up-to-date"),
        Column::text("Available"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ];

    fn set_defaults(deployment: &mut Deployment) {
        set_defaults_deployment(&mut deployment.spec);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, deployment: &mut Deployment) {
        deployment.status = Default::default();
        deployment.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, deployment: &Deployment) -> ErrorList {
        validate_deployment_spec(&deployment.spec, &Path::new("spec"))
    }

    fn prepare_for_update(_cx: &mut StrategyContext, deployment: &mut Deployment, old: &Deployment) {
        deployment.status = old.status.clone();
        // Annotations count: undo and change causes live there.
        if deployment.spec != old.spec || deployment.metadata.annotations != old.metadata.annotations {
            deployment.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, deployment: &Deployment, old: &Deployment) -> ErrorList {
        let path = Path::new("spec");
        let mut errors = validate_deployment_spec(&deployment.spec, &path);
        if deployment.spec.selector != old.spec.selector {
            let given = deployment
                .spec
                .selector
                .as_deref()
                .map(|selector| api::meta::codec::encode_message(selector));
            errors.push(Error::invalid(&path.child("selector"), given, FIELD_IMMUTABLE));
        }
        errors
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, deployment: &mut Deployment, old: &Deployment) {
        deployment.spec = old.spec.clone();
        deployment.metadata.labels = old.metadata.labels.clone();
    }

    fn validate_status_update(_cx: &StrategyContext, deployment: &Deployment, old: &Deployment) -> ErrorList {
        validate_deployment_status(deployment, old)
    }

    fn warnings(deployment: &Deployment, old: Option<&Deployment>) -> Vec<Str> {
        super::replica_set::template_warnings(&deployment.spec.template, old.map(|old| &old.spec.template))
    }

    fn print(now: Timestamp, deployment: &Deployment) -> Row {
        let (meta, spec, status) = (&deployment.metadata, &deployment.spec, &deployment.status);
        let (names, images) = format_containers(&spec.template.spec);
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(format!("{}/{}", status.ready_replicas, spec.replicas.unwrap_or(1))),
            Json::from(status.updated_replicas),
            Json::from(status.available_replicas),
            age(now, meta),
            names,
            images,
            Json::from(format_label_selector(spec.selector.as_deref())),
        ])
    }

    fn scale(deployment: &Deployment) -> Option<Scale> {
        Some(Scale {
            replicas: deployment.spec.replicas.unwrap_or(1),
            status_replicas: deployment.status.replicas,
            selector: format_label_selector(deployment.spec.selector.as_deref()).into(),
        })
    }

    fn set_scale(deployment: &mut Deployment, replicas: i32) {
        deployment.spec.replicas = Some(replicas);
    }
}

/// Mirrors SetDefaults_Deployment.
fn set_defaults_deployment(spec: &mut DeploymentSpec) {
    spec.replicas.get_or_insert(1);
    if spec.strategy.type_.is_empty() {
        spec.strategy.type_ = "RollingUpdate".into();
    }
    if spec.strategy.type_ == "RollingUpdate" {
        let quarter = || IntOrString::String("25%".into());
        let rolling =
            spec.strategy.rolling_update.get_or_insert_with(|| Box::new(RollingUpdateDeployment::default()));
        rolling.max_unavailable.get_or_insert_with(quarter);
        rolling.max_surge.get_or_insert_with(quarter);
    }
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    pod_spec::set_defaults_pod_spec(&mut spec.template.spec);
}

/// Mirrors ValidateDeploymentSpec.
fn validate_deployment_spec(spec: &DeploymentSpec, path: &Path) -> ErrorList {
    let replicas = spec.replicas.unwrap_or(1);
    let mut errors = validate_nonnegative(replicas.into(), &path.child("replicas"));
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
    errors.extend(validate_deployment_strategy(spec, &path.child("strategy")));
    errors.extend(validate_nonnegative(spec.min_ready_seconds.into(), &path.child("minReadySeconds")));
    if let Some(limit) = spec.revision_history_limit {
        errors.extend(validate_nonnegative(limit.into(), &path.child("revisionHistoryLimit")));
    }
    if let Some(seconds) = spec.progress_deadline_seconds {
        let at = path.child("progressDeadlineSeconds");
        errors.extend(validate_nonnegative(seconds.into(), &at));
        if seconds <= spec.min_ready_seconds {
            errors.push(Error::invalid(&at, seconds, "must be greater than minReadySeconds"));
        }
    }
    errors
}

/// Mirrors ValidateDeploymentStrategy and ValidateRollingUpdateDeployment.
fn validate_deployment_strategy(spec: &DeploymentSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let rolling = spec.strategy.rolling_update.as_deref();
    let at = path.child("rollingUpdate");
    match (spec.strategy.type_.as_str(), rolling) {
        ("Recreate", Some(_)) => {
            errors.push(Error::forbidden(&at, "may not be specified when strategy `type` is 'Recreate'"));
        }
        ("Recreate", None) => {}
        ("RollingUpdate", None) => {
            errors.push(Error::required(&at, "this should be defaulted and never be nil"))
        }
        ("RollingUpdate", Some(rolling)) => {
            let (unavailable, surge) = (rolling.max_unavailable.as_ref(), rolling.max_surge.as_ref());
            errors.extend(validate_positive_int_or_percent(unavailable, &at.child("maxUnavailable")));
            errors.extend(validate_positive_int_or_percent(surge, &at.child("maxSurge")));
            let zero = |value: Option<&IntOrString>| value.is_none_or(|value| int_or_percent(value) == 0);
            if zero(unavailable) && zero(surge) {
                let why = "may not be 0 when `maxSurge` is 0";
                errors.push(Error::invalid(&at.child("maxUnavailable"), json_of(unavailable), why));
            }
            if let Some(percent) = unavailable.and_then(IntOrString::percent).filter(|percent| *percent > 100)
            {
                let _ = percent;
                let why = "must not be greater than 100%";
                errors.push(Error::invalid(&at.child("maxUnavailable"), json_of(unavailable), why));
            }
        }
        (other, _) => {
            errors.push(Error::not_supported(&path.child("type"), other, &["Recreate", "RollingUpdate"]));
        }
    }
    errors
}

pub(super) fn json_of(value: Option<&IntOrString>) -> Json {
    match value {
        None => Json::Null,
        Some(IntOrString::Int(number)) => Json::from(*number),
        Some(IntOrString::String(text)) => Json::from(text),
    }
}

pub(super) fn int_or_percent(value: &IntOrString) -> i32 {
    value.percent().unwrap_or_else(|| value.int_value())
}

/// Mirrors ValidatePositiveIntOrPercent.
pub(super) fn validate_positive_int_or_percent(value: Option<&IntOrString>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    match value {
        None => {}
        Some(IntOrString::Int(number)) => errors.extend(validate_nonnegative((*number).into(), path)),
        Some(IntOrString::String(text)) => {
            for message in api::meta::names::is_valid_percent(text) {
                errors.push(Error::invalid(path, text, &message));
            }
        }
    }
    errors
}

/// Mirrors ValidateDeploymentStatus.
fn validate_deployment_status(deployment: &Deployment, old: &Deployment) -> ErrorList {
    let (status, path) = (&deployment.status, Path::new("status"));
    let mut errors = ErrorList::new();
    for (name, value) in [
        ("observedGeneration", status.observed_generation),
        ("replicas", status.replicas.into()),
        ("updatedReplicas", status.updated_replicas.into()),
        ("readyReplicas", status.ready_replicas.into()),
        ("availableReplicas", status.available_replicas.into()),
        ("unavailableReplicas", status.unavailable_replicas.into()),
    ] {
        if value < 0 {
            errors.extend(validate_nonnegative(value, &path.child(name)));
        }
    }
    let mut not_above = |name: &str, value: i32, limit: &str, most: i32| {
        if value > most {
            errors.push(Error::invalid(&path.child(name), value, &format!("cannot be greater than {limit}")));
        }
    };
    not_above("updatedReplicas", status.updated_replicas, "status.replicas", status.replicas);
    not_above("readyReplicas", status.ready_replicas, "status.replicas", status.replicas);
    not_above("availableReplicas", status.available_replicas, "status.replicas", status.replicas);
    not_above("availableReplicas", status.available_replicas, "readyReplicas", status.ready_replicas);
    if let (Some(new), Some(old)) = (status.collision_count, old.status.collision_count)
        && new < old
    {
        errors.push(Error::invalid(&path.child("collisionCount"), new, "cannot be decremented"));
    }
    errors
}
