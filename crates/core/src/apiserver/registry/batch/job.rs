//! Job. Mirrors pkg/registry/batch/job and its parts of defaults, validation and printers.

use api::batch::v1::{Job, JobSpec};
use api::meta::codec::encode_message;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::labels::{Selector, format_label_selector};
use api::{Json, Str, Timestamp};

use crate::apiserver::pod_spec::{set_defaults_pod_spec, validate_pod_template_spec};
use crate::apiserver::registry::apps::replica_set::{format_containers, template_warnings};
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::FIELD_IMMUTABLE;
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind Job.
pub struct JobStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<JobStrategy>().in_all().with(&[Subresource::STATUS])
}

impl KindStrategy for JobStrategy {
    type Kind = Job;
    const SELECTABLE: &'static [&'static str] = &["status.successful"];
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Status"),
        Column::text("Completions"),
        Column::text("Duration"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ];

    fn set_defaults(job: &mut Job) {
        set_defaults_job(job);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, job: &mut Job) {
        generate_selector(job);
        job.metadata.generation = 1;
        job.status = Default::default();
    }

    fn validate(_cx: &StrategyContext, job: &Job) -> ErrorList {
        validate_job(job)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, job: &mut Job, old: &Job) {
        job.status = old.status.clone();
        if job.spec != old.spec {
            job.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, job: &Job, old: &Job) -> ErrorList {
        validate_job_update(job, old)
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, job: &mut Job, old: &Job) {
        job.spec = old.spec.clone();
    }

    fn warnings(job: &Job, old: Option<&Job>) -> Vec<Str> {
        template_warnings(&job.spec.template, old.map(|old| &old.spec.template))
    }

    fn print(now: Timestamp, job: &Job) -> Row {
        let (names, images) = format_containers(&job.spec.template.spec);
        Row::new(vec![
            Json::from(&job.metadata.name),
            Json::from(job_status(job)),
            Json::from(job_completions(job)),
            Json::from(job_duration(now, job)),
            age(now, &job.metadata),
            names,
            images,
            Json::from(format_label_selector(job.spec.selector.as_deref())),
        ])
    }

    fn select(job: &Job, _field: &str) -> Str {
        job.status.succeeded.to_string().into()
    }
}

/// The STATUS cell.
fn job_status(job: &Job) -> &'static str {
    let is = |kind: &str| job.status.conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    if is("Complete") {
        "Complete"
    } else if is("Failed") {
        "Failed"
    } else if job.metadata.is_deleting() {
        "Terminating"
    } else if is("Suspended") {
        "Suspended"
    } else if is("FailureTarget") {
        "FailureTarget"
    } else if is("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

/// The COMPLETIONS cell: `1/1`, or `0/1 of 3` for a work queue.
fn job_completions(job: &Job) -> String {
    let succeeded = job.status.succeeded;
    match (job.spec.completions, job.spec.parallelism.unwrap_or(0)) {
        (Some(completions), _) => format!("{succeeded}/{completions}"),
        (None, parallelism) if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

/// The DURATION cell: how long the job ran, or has been running.
fn job_duration(now: Timestamp, job: &Job) -> String {
    let Some(start) = job.status.start_time else { return String::new() };
    (job.status.completion_time.unwrap_or(now) - start).human()
}

/// A label of a job's pods: the job's uid.
pub const CONTROLLER_UID: &str = "batch.kubernetes.io/controller-uid";
/// A label of a job's pods: the job's name.
pub const JOB_NAME: &str = "batch.kubernetes.io/job-name";
// The same under their older names; they are still set.
const OLD_CONTROLLER_UID: &str = "controller-uid";
const OLD_JOB_NAME: &str = "job-name";

/// An indexed job runs no more pods than this at a time.
const MAX_INDEXED_PARALLELISM: i32 = 100_000;

/// `SetDefaults_Job`.
pub fn set_defaults_job(job: &mut Job) {
    if job.metadata.labels.is_empty() {
        job.metadata.labels = job.spec.template.metadata.labels.clone();
    }
    let spec = &mut job.spec;
    // A job that says nothing runs one pod once; one with parallelism alone is a work queue.
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    spec.backoff_limit.get_or_insert(if spec.backoff_limit_per_index.is_some() { i32::MAX } else { 6 });
    spec.completion_mode.get_or_insert_with(|| "NonIndexed".into());
    spec.suspend.get_or_insert(false);
    spec.manual_selector.get_or_insert(false);
    let replacement = if spec.pod_failure_policy.is_some() { "Failed" } else { "TerminatingOrFailed" };
    spec.pod_replacement_policy.get_or_insert_with(|| replacement.into());
    set_defaults_pod_spec(&mut spec.template.spec);
}

/// Gives a new job the selector and labels that tell its pods from all others, unless the user manages that. Needs the
/// job's uid (`generateSelector`).
pub fn generate_selector(job: &mut Job) {
    if job.spec.manual_selector == Some(true) {
        return;
    }
    let (name, uid) = (job.metadata.name.clone(), job.metadata.uid.clone());
    let labels = &mut job.spec.template.metadata.labels;
    for (key, value) in
        [(OLD_JOB_NAME, &name), (JOB_NAME, &name), (OLD_CONTROLLER_UID, &uid), (CONTROLLER_UID, &uid)]
    {
        // A value given by the user may conflict; validation tells.
        labels.entry(key.into()).or_insert_with(|| value.clone());
    }
    let selector = job.spec.selector.get_or_insert_default();
    selector.match_labels.entry(CONTROLLER_UID.into()).or_insert(uid);
}

/// A new job, except its metadata (`ValidateJob`).
pub fn validate_job(job: &Job) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_generated_selector(job);
    errors.extend(validate_job_spec(&job.spec, &path));
    let spec = &job.spec;
    match &spec.selector {
        None => errors.push(Error::required(&path.child("selector"), "")),
        Some(selector) => match Selector::from_label_selector(selector) {
            Ok(selector) if !selector.matches(&spec.template.metadata.labels) => {
                let at = path.child("template").child("metadata").child("labels");
                let why = "`selector` does not match template `labels`";
                errors.push(Error::invalid(&at, labels_json(job), why));
            }
            Ok(_) => {}
            Err(why) => {
                errors.push(Error::invalid(&path.child("selector"), encode_message(&**selector), &why));
            }
        },
    }
    errors
}

fn labels_json(job: &Job) -> Json {
    let labels = &job.spec.template.metadata.labels;
    Json::Object(labels.iter().map(|(key, value)| (key.to_string(), Json::from(value))).collect())
}

/// The labels that were generated must not have been given other values.
fn validate_generated_selector(job: &Job) -> ErrorList {
    let mut errors = ErrorList::new();
    if job.spec.manual_selector == Some(true) || job.spec.selector.is_none() {
        return errors;
    }
    let labels = Path::new("spec").child("template").child("metadata").child("labels");
    let (name, uid) = (&job.metadata.name, &job.metadata.uid);
    if uid.is_empty() {
        errors.push(Error::required(&Path::new("metadata").child("uid"), ""));
    }
    for (key, expected) in
        [(OLD_CONTROLLER_UID, uid), (OLD_JOB_NAME, name), (CONTROLLER_UID, uid), (JOB_NAME, name)]
    {
        match job.spec.template.metadata.labels.get(key) {
            None => {
                let why = format!("must be '{expected}'");
                errors.push(Error::required(&labels.key(key), &why));
            }
            Some(value) if value != expected => {
                let why = format!("must be '{expected}'");
                errors.push(Error::invalid(&labels.key(key), labels_json(job), &why));
            }
            Some(_) => {}
        }
    }
    errors
}

/// What the spec of a job and of a CronJob's template have in common (`validateJobSpec`).
pub fn validate_job_spec(spec: &JobSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (name, value) in [
        ("parallelism", spec.parallelism.map(i64::from)),
        ("completions", spec.completions.map(i64::from)),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit.map(i64::from)),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished.map(i64::from)),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index.map(i64::from)),
        ("maxFailedIndexes", spec.max_failed_indexes.map(i64::from)),
    ] {
        nonnegative(&mut errors, &path.child(name), value);
    }
    validate_completion_mode(spec, path, &mut errors);
    let template = path.child("template");
    errors.extend(validate_pod_template_spec(&spec.template, &template));
    let at = template.child("spec").child("restartPolicy");
    let policies = ["OnFailure", "Never"];
    match spec.template.spec.restart_policy.as_str() {
        "" | "Always" => errors.push(Error::required(&at, "valid values: \"OnFailure\", \"Never\"")),
        policy if !policies.contains(&policy) => errors.push(Error::not_supported(&at, policy, &policies)),
        "OnFailure" if spec.pod_failure_policy.is_some() => {
            let why = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.push(Error::invalid(&at, "OnFailure", why));
        }
        _ => {}
    }
    errors
}

fn validate_completion_mode(spec: &JobSpec, path: &Path, errors: &mut ErrorList) {
    let per_index = path.child("backoffLimitPerIndex");
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        errors.push(Error::required(&per_index, "when maxFailedIndexes is specified"));
    }
    let Some(mode) = &spec.completion_mode else { return };
    let modes = ["NonIndexed", "Indexed"];
    if !modes.contains(&mode.as_str()) {
        errors.push(Error::not_supported(&path.child("completionMode"), mode, &modes));
    }
    if mode == "Indexed" {
        if spec.completions.is_none() {
            errors.push(Error::required(&path.child("completions"), "when completion mode is Indexed"));
        }
        if let Some(parallelism) =
            spec.parallelism.filter(|parallelism| *parallelism > MAX_INDEXED_PARALLELISM)
        {
            let why = format!(
                "must be less than or equal to {MAX_INDEXED_PARALLELISM} when completion mode is Indexed"
            );
            errors.push(Error::invalid(&path.child("parallelism"), parallelism, &why));
        }
    } else if let Some(limit) = spec.backoff_limit_per_index {
        errors.push(Error::invalid(&per_index, limit, "requires indexed completion mode"));
    }
}

/// A changed job, except its metadata (`ValidateJobUpdate`).
pub fn validate_job_update(new: &Job, old: &Job) -> ErrorList {
    let path = Path::new("spec");
    let mut errors = validate_job(new);
    let (spec, before) = (&new.spec, &old.spec);
    validate_completions_update(new, old, &path.child("completions"), &mut errors);
    if spec.selector != before.selector {
        let value = spec.selector.as_ref().map_or(Json::Null, |selector| encode_message(&**selector));
        errors.push(Error::invalid(&path.child("selector"), value, FIELD_IMMUTABLE));
    }
    if spec.template != with_placement_of(new, old) {
        let value = encode_message(&spec.template);
        errors.push(Error::invalid(&path.child("template"), value, FIELD_IMMUTABLE));
    }
    if spec.completion_mode != before.completion_mode {
        let value = spec.completion_mode.as_ref().map_or(Json::Null, Json::from);
        errors.push(Error::invalid(&path.child("completionMode"), value, FIELD_IMMUTABLE));
    }
    if spec.backoff_limit_per_index != before.backoff_limit_per_index {
        let at = path.child("backoffLimitPerIndex");
        errors.push(Error::invalid(&at, spec.backoff_limit_per_index, FIELD_IMMUTABLE));
    }
    if spec.pod_failure_policy != before.pod_failure_policy {
        let value = spec.pod_failure_policy.as_ref().map_or(Json::Null, |policy| encode_message(&**policy));
        errors.push(Error::invalid(&path.child("podFailurePolicy"), value, FIELD_IMMUTABLE));
    }
    errors
}

/// Completions may change only in indexed jobs, together with parallelism.
fn validate_completions_update(new: &Job, old: &Job, path: &Path, errors: &mut ErrorList) {
    let (new, old) = (&new.spec, &old.spec);
    if new.completions == old.completions {
        return;
    }
    let indexed = new.completion_mode.as_ref().is_some_and(|mode| mode == "Indexed");
    if !indexed || new.completions.is_none() {
        errors.push(Error::invalid(path, new.completions, FIELD_IMMUTABLE));
    } else if new.completions != new.parallelism {
        let why = format!("can only be modified in tandem with {}", Path::new("spec").child("parallelism"));
        errors.push(Error::invalid(path, new.completions, &why));
    }
}

/// The old template; while the job is suspended and has not begun, with the new one's say on where pods go.
fn with_placement_of(new: &Job, old: &Job) -> api::core::v1::PodTemplateSpec {
    let mut template = old.spec.template.clone();
    if old.spec.suspend == Some(true) && old.status.start_time.is_none() {
        let changed = &new.spec.template;
        template.metadata.labels = changed.metadata.labels.clone();
        template.metadata.annotations = changed.metadata.annotations.clone();
        template.spec.node_selector = changed.spec.node_selector.clone();
        template.spec.tolerations = changed.spec.tolerations.clone();
        template.spec.scheduling_gates = changed.spec.scheduling_gates.clone();
        template.spec.affinity = changed.spec.affinity.clone();
    }
    template
}

pub(super) fn nonnegative(errors: &mut ErrorList, path: &Path, value: Option<i64>) {
    if let Some(value) = value.filter(|value| *value < 0) {
        errors.push(Error::invalid(path, value, "must be greater than or equal to 0"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    fn job(spec: Json) -> Job {
        let metadata = json!({"name": "pi", "namespace": "default", "uid": "u1"});
        let mut job = Job::decode(&json!({"metadata": metadata, "spec": spec})).unwrap();
        set_defaults_job(&mut job);
        generate_selector(&mut job);
        job
    }
    fn pi(policy: &str) -> Json {
        json!({"template": {"spec": {"restartPolicy": policy, "containers": [{"name": "pi", "image": "perl:5"}]}}})
    }
    fn lines(errors: &ErrorList) -> Vec<String> {
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_small_job_is_complete_after_defaults() {
        let job = job(pi("Never"));
        assert_eq!(lines(&validate_job(&job)), Vec::<String>::new());
        let spec = &job.spec;
        assert_eq!((spec.completions, spec.parallelism, spec.backoff_limit), (Some(1), Some(1), Some(6)));
        assert_eq!(spec.template.metadata.label(JOB_NAME), "pi");
        assert_eq!(spec.selector.as_ref().unwrap().match_labels[CONTROLLER_UID], "u1");
    }

    #[test]
    fn pods_of_jobs_end() {
        assert_eq!(
            lines(&validate_job(&job(pi("Always")))),
            ["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""]
        );
    }

    #[test]
    fn templates_of_jobs_do_not_change() {
        let old = job(pi("Never"));
        let mut new = old.clone();
        new.spec.parallelism = Some(3);
        assert_eq!(lines(&validate_job_update(&new, &old)), Vec::<String>::new());
        new.spec.template.spec.containers[0].image = "perl:6".into();
        new.spec.completions = Some(2);
        let errors = lines(&validate_job_update(&new, &old));
        assert_eq!(errors[0], "spec.completions: Invalid value: 2: field is immutable");
        assert!(
            errors[1].starts_with("spec.template: Invalid value: {") && errors[1].ends_with(FIELD_IMMUTABLE)
        );
    }
}
