//! Generators of Deployment, Job and CronJob.

use api::Json;
use serde_json::json;

use super::{name_and_command, submit};
use crate::cx::Cx;
use crate::error::{Result, msg};
use crate::generate;

/// `kubectl create deployment`.
pub async fn deployment(cx: &Cx) -> Result {
    let (name, command) = name_and_command(cx)?;
    let images = cx.flags.list("image");
    if images.len() > 1 && !command.is_empty() {
        return msg("cannot specify multiple --image options and command");
    }
    let mut containers: Vec<Json> = Vec::new();
    for image in images {
        let mut container = json!({ "name": generate::container_name(cx, image), "image": image });
        if !command.is_empty() {
            container["command"] = json!(command);
        }
        if cx.flags.int("port") >= 0 && containers.is_empty() {
            container["ports"] = json!([{ "containerPort": cx.flags.int("port") }]);
        }
        container["resources"] = json!({});
        containers.push(container);
    }
    let labels = json!({ "app": name });
    let object = json!({
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": { "name": name, "labels": labels },
        "spec": {
            "replicas": cx.flags.int("replicas"),
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers } },
            "strategy": {},
        },
        "status": {},
    });
    submit(cx, object, "failed to create deployment: ").await
}

fn job_template(name: &str, image: &str, command: &[String], restart: &str) -> Json {
    let mut container = json!({ "name": name, "image": image });
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    container["resources"] = json!({});
    json!({ "template": { "metadata": {}, "spec": { "containers": [container], "restartPolicy": restart } } })
}

/// `kubectl create job`.
pub async fn job(cx: &Cx) -> Result {
    let (name, command) = name_and_command(cx)?;
    let (image, from) = (cx.flags.str("image"), cx.flags.str("from"));
    let object = match (image, from) {
        ("", "") => return msg("either --image or --from must be specified"),
        (image, "") => json!({
            "kind": "Job", "apiVersion": "batch/v1", "metadata": { "name": name },
            "spec": job_template(&name, image, &command, "Never"), "status": {},
        }),
        ("", from) => {
            if !command.is_empty() {
                return msg("cannot specify --from and command");
            }
            job_from(cx, &name, from).await?
        }
        _ => return msg("either --image or --from must be specified"),
    };
    submit(cx, object, "failed to create job: ").await
}

async fn job_from(cx: &Cx, name: &str, from: &str) -> Result<Json> {
    let Some((kind, source)) = from.split_once('/') else {
        return msg(format!("the server doesn't have a resource type {from:?}"));
    };
    let resource = cx.resource(kind).await?;
    if !resource.is("batch", "CronJob") {
        return msg("from must be an existing cronjob");
    }
    let path = crate::client::object(&resource, &cx.namespace()?, source, "");
    let cron_job = cx.client()?.get(&path, &[]).await?;
    let template = &cron_job["spec"]["jobTemplate"];
    let mut annotations = template["metadata"]["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations["cronjob.kubernetes.io/instantiate"] = "manual".into();
    let mut meta = json!({ "name": name });
    if template["metadata"]["labels"].is_object() {
        meta["labels"] = template["metadata"]["labels"].clone();
    }
    meta["annotations"] = annotations;
    meta["ownerReferences"] = json!([{
        "apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job["metadata"]["name"], "uid": cron_job["metadata"]["uid"],
    }]);
    Ok(
        json!({ "kind": "Job", "apiVersion": "batch/v1", "metadata": meta, "spec": template["spec"], "status": {} }),
    )
}

/// `kubectl create cronjob`.
pub async fn cron_job(cx: &Cx) -> Result {
    let (name, command) = name_and_command(cx)?;
    let restart = match cx.flags.str("restart") {
        "" => "OnFailure",
        given => given,
    };
    let object = json!({
        "kind": "CronJob", "apiVersion": "batch/v1", "metadata": { "name": name },
        "spec": {
            "schedule": cx.flags.str("schedule"),
            "jobTemplate": { "metadata": { "name": name }, "spec": job_template(&name, cx.flags.str("image"), &command, restart) },
        },
        "status": {},
    });
    submit(cx, object, "failed to create cronjob: ").await
}
