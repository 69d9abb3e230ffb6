//! Event. Mirrors pkg/registry/core/event.

use api::core::v1::Event;
use api::meta::field::{Error, ErrorList, Path};
use api::{Json, Str, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, since};

/// What is particular to the kind Event.
pub struct EventStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<EventStrategy>().short(&["ev"])
}

impl KindStrategy for EventStrategy {
    type Kind = Event;
    const ALLOW_CREATE_ON_UPDATE: bool = true;
    const SELECTABLE: &'static [&'static str] = &[
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ];
    const COLUMNS: &'static [Column] = &[
        Column::text("Last Seen"),
        Column::text("Type"),
        Column::text("Reason"),
        Column::text("Object"),
        Column::wide("Subobject"),
        Column::wide("Source"),
        Column::text("Message"),
        Column::wide("First Seen"),
        Column::wide("Count"),
        Column::wide("Name"),
    ];

    fn validate(_cx: &StrategyContext, event: &Event) -> ErrorList {
        let mut errors = ErrorList::new();
        let involved = &event.involved_object.namespace;
        let same = if involved.is_empty() {
            matches!(event.metadata.namespace.as_str(), "default" | "" | "kube-system")
        } else {
            *involved == event.metadata.namespace
        };
        if !same {
            let path = Path::new("involvedObject").child("namespace");
            errors.push(Error::invalid(&path, involved, "does not match event.namespace"));
        }
        errors
    }

    fn print(now: Timestamp, event: &Event) -> Row {
        let first = if event.first_timestamp.is_zero() { event.event_time } else { event.first_timestamp };
        let last = match &event.series {
            Some(series) => series.last_observed_time,
            None if event.last_timestamp.is_zero() => first,
            None => event.last_timestamp,
        };
        let count = match (&event.series, event.count) {
            (Some(series), _) => series.count,
            (None, 0) => 1,
            (None, count) => count,
        };
        let about = &event.involved_object;
        let mut target = about.kind.to_lowercase();
        if !about.name.is_empty() {
            target = format!("{target}/{}", about.name);
        }
        Row::new(vec![
            since(now, last),
            Json::from(&event.type_),
            Json::from(&event.reason),
            Json::from(target),
            Json::from(&about.field_path),
            Json::from(source(event)),
            Json::from(event.message.trim()),
            since(now, first),
            Json::from(count),
            Json::from(&event.metadata.name),
        ])
    }

    fn select(event: &Event, field: &str) -> Str {
        let about = &event.involved_object;
        match field {
            "involvedObject.kind" => about.kind.clone(),
            "involvedObject.namespace" => about.namespace.clone(),
            "involvedObject.name" => about.name.clone(),
            "involvedObject.uid" => about.uid.clone(),
            "involvedObject.apiVersion" => about.api_version.clone(),
            "involvedObject.resourceVersion" => about.resource_version.clone(),
            "involvedObject.fieldPath" => about.field_path.clone(),
            "reason" => event.reason.clone(),
            "reportingComponent" => event.reporting_component.clone(),
            "source" if event.source.component.is_empty() => event.reporting_component.clone(),
            "source" => event.source.component.clone(),
            _ => event.type_.clone(),
        }
    }
}

/// "kubelet, node-1". Mirrors formatEventSource.
fn source(event: &Event) -> String {
    let component =
        if event.source.component.is_empty() { &event.reporting_component } else { &event.source.component };
    let host = if event.source.host.is_empty() { &event.reporting_instance } else { &event.source.host };
    if host.is_empty() { component.to_string() } else { format!("{component}, {host}") }
}
