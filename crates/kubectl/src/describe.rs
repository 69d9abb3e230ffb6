//! `kubectl describe`: one describer per kind that has one, a generic one for all others (mirrors
//! `k8s.io/kubectl/pkg/describe`).

mod config;
pub mod events;
mod generic;
mod network;
mod node;
pub mod pod;
pub mod template;
mod volumes;
mod workload;

use api::Json;
use api::base::tabwriter::TabWriter;
use collections::StableSort;

use crate::builder::Info;
use crate::cx::Cx;
use crate::discovery::array;
use crate::error::Result;
use crate::selector;

/// Annotations longer than this stand on a line of their own.
const MAX_ANNOTATION: usize = 140;

/// Text under construction: lines with tabs, aligned when a block ends.
#[derive(Default)]
pub struct Out {
    block: String,
    done: String,
}

impl Out {
    /// Writes text, indented by two blanks a level. Line ends are the caller's.
    pub fn write(&mut self, level: usize, text: impl AsRef<str>) {
        self.block.extend(std::iter::repeat_n("  ", level));
        self.block.push_str(text.as_ref());
    }

    /// Writes a line.
    pub fn line(&mut self, level: usize, text: impl AsRef<str>) {
        self.write(level, text);
        self.block.push('\n');
    }

    /// Ends a block: what follows has columns of its own.
    pub fn flush(&mut self) {
        let mut writer = TabWriter::describe();
        writer.write(&std::mem::take(&mut self.block));
        self.done += &writer.flush();
    }

    /// Returns the aligned text.
    pub fn finish(mut self) -> String {
        self.flush();
        self.done
    }

    /// Returns the text with its tabs (`rollout history` prints it so).
    pub fn raw(self) -> String {
        self.block
    }

    /// Writes labels, one a line, sorted.
    pub fn labels(&mut self, title: &str, labels: &Json) {
        self.write(0, format!("{title}:\t"));
        let mut entries: Vec<_> = labels.as_object().into_iter().flatten().collect();
        if entries.is_empty() {
            return self.line(0, "<none>");
        }
        entries.stable_sort_by_key(|(k, _)| *k);
        for (i, (key, value)) in entries.into_iter().enumerate() {
            let lead = if i == 0 { "" } else { "\t" };
            self.line(0, format!("{lead}{key}={}", value.as_str().unwrap_or("")));
        }
    }

    /// Writes annotations; the last-applied one is left out.
    pub fn annotations(&mut self, title: &str, annotations: &Json) {
        self.write(0, format!("{title}:\t"));
        let mut entries: Vec<(&String, &str)> = annotations
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(k, _)| *k != crate::ops::LAST_APPLIED)
            .map(|(k, v)| (k, v.as_str().unwrap_or("")))
            .collect();
        if entries.is_empty() {
            return self.line(0, "<none>");
        }
        entries.stable_sort();
        for (i, (key, value)) in entries.into_iter().enumerate() {
            let lead = if i == 0 { "" } else { "\t" };
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 <= MAX_ANNOTATION && !value.contains('\n') {
                self.line(0, format!("{lead}{key}: {value}"));
                continue;
            }
            self.line(0, format!("{lead}{key}:"));
            for part in value.split('\n') {
                let short = part
                    .char_indices()
                    .nth(MAX_ANNOTATION - 2)
                    .map_or(part.to_string(), |(at, _)| format!("{}...", &part[..at]));
                self.line(0, format!("\t  {short}"));
            }
        }
    }

    /// Writes the lines that most describers begin with.
    pub fn head(&mut self, object: &Json) {
        self.line(0, format!("Name:\t{}", s(&object["metadata"]["name"])));
        self.line(0, format!("Namespace:\t{}", s(&object["metadata"]["namespace"])));
    }

    /// Writes labels and annotations of an object.
    pub fn tags(&mut self, object: &Json) {
        self.labels("Labels", &object["metadata"]["labels"]);
        self.annotations("Annotations", &object["metadata"]["annotations"]);
    }
}

/// A string field, or `""`.
pub fn s(value: &Json) -> &str {
    value.as_str().unwrap_or("")
}

/// A string field, or `other`.
pub fn or<'a>(value: &'a Json, other: &'a str) -> &'a str {
    value.as_str().filter(|t| !t.is_empty()).unwrap_or(other)
}

/// A number field, or 0.
pub fn n(value: &Json) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// `ReplicaSet/web-1234` of the controlling owner.
pub fn controller(object: &Json) -> Option<String> {
    let owner = array(&object["metadata"]["ownerReferences"]).iter().find(|o| o["controller"] == true)?;
    Some(format!("{}/{}", s(&owner["kind"]), s(&owner["name"])))
}

/// A selector's text; `<none>`, `<unset>` as upstream.
pub fn selector_text(selector: &Json) -> String {
    match selector::format(selector) {
        None => "<unset>".into(),
        Some(text) if text.is_empty() => "<none>".into(),
        Some(text) => text,
    }
}

/// Describes one object.
///
/// # Errors
/// The server does not answer.
pub async fn describe(cx: &Cx, info: &Info, show_events: bool) -> Result<String> {
    let events = if show_events { events::of(cx, info).await } else { None };
    let object = &info.object;
    let mut out = Out::default();
    match (info.resource.group.as_str(), info.resource.kind.as_str()) {
        ("", "Pod") => pod::describe(cx, object, &mut out),
        ("", "Node") => node::describe(cx, object, &mut out).await?,
        ("", "Service") => network::service(cx, object, &mut out).await?,
        ("", "Endpoints") => network::endpoints(object, &mut out),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object, &mut out),
        ("networking.k8s.io", "Ingress") => network::ingress(object, &mut out),
        ("", "Namespace") => {
            config::namespace(cx, object, &mut out).await?;
            return Ok(out.finish());
        }
        ("", "ConfigMap") => config::config_map(object, &mut out),
        ("", "Secret") => {
            config::secret(object, &mut out);
            return Ok(out.finish());
        }
        ("", "ServiceAccount") => config::service_account(object, &mut out),
        ("", "ResourceQuota") => {
            config::resource_quota(object, &mut out);
            return Ok(out.finish());
        }
        ("", "PersistentVolumeClaim") => volumes::claim(cx, object, &mut out).await?,
        ("", "PersistentVolume") => volumes::persistent_volume(object, &mut out),
        ("storage.k8s.io", "StorageClass") => volumes::storage_class(object, &mut out),
        ("apps", "Deployment") => workload::deployment(cx, object, &mut out).await?,
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            workload::replica_set(cx, object, &mut out).await?
        }
        ("apps", "StatefulSet") => workload::stateful_set(cx, object, &mut out).await?,
        ("apps", "DaemonSet") => workload::daemon_set(cx, object, &mut out).await?,
        ("batch", "Job") => workload::job(cx, object, &mut out).await?,
        ("batch", "CronJob") => workload::cron_job(object, &mut out),
        ("autoscaling", "HorizontalPodAutoscaler") => workload::autoscaler(object, &mut out),
        _ => generic::describe(object, &mut out),
    }
    if let Some(events) = &events {
        events::write(cx, events, &mut out);
    }
    Ok(out.finish())
}
