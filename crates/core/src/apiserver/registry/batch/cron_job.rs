//! CronJob. Mirrors pkg/registry/batch/cronjob and its parts of defaults, validation and printers.

use api::base::cron::Schedule;
use api::batch::v1::{CronJob, CronJobSpec};
use api::meta::codec::encode_message;
use api::meta::field::{Error, ErrorList, Path};

use api::{Json, Str, Timestamp};

use super::job::{nonnegative, validate_job_spec};
use crate::apiserver::pod_spec::set_defaults_pod_spec;
use crate::apiserver::registry::apps::replica_set::{format_containers, template_warnings};
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age, since};
use crate::apiserver::{Resource, Subresource};

/// What is particular to the kind CronJob.
pub struct CronJobStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<CronJobStrategy>().short(&["cj"]).in_all().with(&[Subresource::STATUS])
}

impl KindStrategy for CronJobStrategy {
    type Kind = CronJob;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::text("Schedule"),
        Column::text("Timezone"),
        Column::text("Suspend"),
        Column::integer("Active"),
        Column::text("Last Schedule"),
        Column::text("Age"),
        Column::wide("Containers"),
        Column::wide("Images"),
        Column::wide("Selector"),
    ];

    fn set_defaults(cron_job: &mut CronJob) {
        set_defaults_cron_job(cron_job);
    }

    fn prepare_for_create(_cx: &mut StrategyContext, cron_job: &mut CronJob) {
        cron_job.status = Default::default();
        cron_job.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, cron_job: &CronJob) -> ErrorList {
        validate_cron_job(cron_job)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, cron_job: &mut CronJob, old: &CronJob) {
        cron_job.status = old.status.clone();
        if cron_job.spec != old.spec {
            cron_job.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, cron_job: &CronJob, _old: &CronJob) -> ErrorList {
        validate_cron_job_update(cron_job)
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, cron_job: &mut CronJob, old: &CronJob) {
        cron_job.spec = old.spec.clone();
    }

    fn warnings(cron_job: &CronJob, old: Option<&CronJob>) -> Vec<Str> {
        let template = |cron_job: &'_ CronJob| cron_job.spec.job_template.spec.template.clone();
        template_warnings(&template(cron_job), old.map(template).as_ref())
    }

    fn print(now: Timestamp, cron_job: &CronJob) -> Row {
        let spec = &cron_job.spec;
        let (names, images) = format_containers(&spec.job_template.spec.template.spec);
        let last = cron_job.status.last_schedule_time;
        Row::new(vec![
            Json::from(&cron_job.metadata.name),
            Json::from(&spec.schedule),
            Json::from(spec.time_zone.as_ref().map_or("<none>", Str::as_str)),
            Json::from(if spec.suspend == Some(true) { "True" } else { "False" }),
            Json::from(cron_job.status.active.len()),
            last.map_or(Json::from("<none>"), |last| since(now, last)),
            age(now, &cron_job.metadata),
            names,
            images,
            Json::from(api::meta::labels::format_label_selector(spec.job_template.spec.selector.as_deref())),
        ])
    }
}

/// Names of jobs end in the time they were due, so names of CronJobs must be shorter than names of jobs.
const MAX_NAME: usize = 52;

/// `SetDefaults_CronJob`. What belongs to jobs is filled in when a job is made.
pub fn set_defaults_cron_job(cron_job: &mut CronJob) {
    let spec = &mut cron_job.spec;
    if spec.concurrency_policy.is_empty() {
        spec.concurrency_policy = "Allow".into();
    }
    spec.suspend.get_or_insert(false);
    spec.successful_jobs_history_limit.get_or_insert(3);
    spec.failed_jobs_history_limit.get_or_insert(1);
    set_defaults_pod_spec(&mut spec.job_template.spec.template.spec);
}

/// A new CronJob, except its metadata other than the length of its name (`ValidateCronJobCreate`).
pub fn validate_cron_job(cron_job: &CronJob) -> ErrorList {
    let mut errors = validate_cron_job_update(cron_job);
    if cron_job.metadata.name.len() > MAX_NAME {
        let path = Path::new("metadata").child("name");
        let why = format!("must be no more than {MAX_NAME} characters");
        errors.push(Error::invalid(&path, &cron_job.metadata.name, &why));
    }
    errors
}

/// A changed CronJob, except its metadata (`ValidateCronJobUpdate`): any change is allowed that leaves it valid.
pub fn validate_cron_job_update(cron_job: &CronJob) -> ErrorList {
    let path = Path::new("spec");
    let spec = &cron_job.spec;
    let mut errors = ErrorList::new();
    validate_schedule(spec, &path, &mut errors);
    nonnegative(&mut errors, &path.child("startingDeadlineSeconds"), spec.starting_deadline_seconds);
    let policies = ["Allow", "Forbid", "Replace"];
    let at = path.child("concurrencyPolicy");
    match spec.concurrency_policy.as_str() {
        "" => errors.push(Error::required(&at, "")),
        policy if !policies.contains(&policy) => errors.push(Error::not_supported(&at, policy, &policies)),
        _ => {}
    }
    let job = path.child("jobTemplate").child("spec");
    errors.extend(validate_job_spec(&spec.job_template.spec, &job));
    if let Some(selector) = &spec.job_template.spec.selector {
        let why = "`selector` will be auto-generated";
        errors.push(Error::invalid(&job.child("selector"), encode_message(&**selector), why));
    }
    if spec.job_template.spec.manual_selector == Some(true) {
        errors.push(Error::not_supported(&job.child("manualSelector"), true, &["nil", "false"]));
    }
    let limit = |value: Option<i32>| value.map(i64::from);
    nonnegative(
        &mut errors,
        &path.child("successfulJobsHistoryLimit"),
        limit(spec.successful_jobs_history_limit),
    );
    nonnegative(&mut errors, &path.child("failedJobsHistoryLimit"), limit(spec.failed_jobs_history_limit));
    errors
}

fn validate_schedule(spec: &CronJobSpec, path: &Path, errors: &mut ErrorList) {
    let at = path.child("schedule");
    if spec.schedule.is_empty() {
        errors.push(Error::required(&at, ""));
    } else {
        if let Err(why) = Schedule::parse(&spec.schedule) {
            errors.push(Error::invalid(&at, &spec.schedule, &why));
        }
        if spec.schedule.contains("TZ") {
            let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            errors.push(Error::invalid(&at, &spec.schedule, why));
        }
    }
    let Some(zone) = &spec.time_zone else { return };
    let at = path.child("timeZone");
    if zone.is_empty() {
        errors.push(Error::invalid(&at, zone, "timeZone must be nil or non-empty string"));
    } else if zone.eq_ignore_ascii_case("local") {
        errors.push(Error::invalid(
            &at,
            zone,
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;
    use serde_json::json;

    fn cron_job(schedule: &str, policy: &str) -> CronJob {
        let job = json!({"spec": {"template": {"spec": {
            "restartPolicy": "OnFailure",
            "containers": [{"name": "hello", "image": "busybox:1"}]
        }}}});
        let spec = json!({"schedule": schedule, "concurrencyPolicy": policy, "jobTemplate": job});
        let mut cron_job = CronJob::decode(&json!({"metadata": {"name": "hello"}, "spec": spec})).unwrap();
        set_defaults_cron_job(&mut cron_job);
        cron_job
    }

    #[test]
    fn schedules_and_policies_are_checked() {
        assert!(validate_cron_job(&cron_job("*/1 * * * *", "")).is_empty());
        assert_eq!(
            validate_cron_job(&cron_job("every day", "Never")).to_string(),
            "[spec.schedule: Invalid value: \"every day\": expected exactly 5 fields, found 2: [every day], spec.concurrencyPolicy: Unsupported value: \"Never\": supported values: \"Allow\", \"Forbid\", \"Replace\"]"
        );
        let mut long = cron_job("@daily", "");
        long.metadata.name = "x".repeat(53).into();
        assert!(validate_cron_job(&long).to_string().ends_with("must be no more than 52 characters"));
    }
}
