//! The events of an object, at the end of its description.

use api::Json;
use collections::StableSort;

use super::{Out, s};
use crate::builder::Info;
use crate::cx::Cx;
use crate::discovery::array;
use crate::human;

/// Lists the events about an object; `None` when they may not be read.
pub async fn of(cx: &Cx, info: &Info) -> Option<Vec<Json>> {
    let meta = &info.object["metadata"];
    // Static pods are known in events by the hash of their manifest.
    let mirror = s(&meta["annotations"]["kubernetes.io/config.mirror"]);
    let uid = if mirror.is_empty() { s(&meta["uid"]) } else { mirror };
    let mut found = about(cx, info, uid).await?;
    // Controllers name a node by its uid, kubelets by its name.
    if info.resource.is("", "Node") {
        found.extend(about(cx, info, s(&meta["name"])).await?);
    }
    Some(found)
}

async fn about(cx: &Cx, info: &Info, uid: &str) -> Option<Vec<Json>> {
    let mut fields = vec![format!("involvedObject.name={}", s(&info.object["metadata"]["name"]))];
    if info.resource.namespaced {
        fields.push(format!("involvedObject.namespace={}", info.namespace));
    }
    fields.push(format!("involvedObject.kind={}", info.resource.kind));
    fields.push(format!("involvedObject.uid={uid}"));
    let path = if info.resource.namespaced {
        format!("/api/v1/namespaces/{}/events", info.namespace)
    } else {
        "/api/v1/events".into()
    };
    let list =
        cx.client().ok()?.list(&path, &[("fieldSelector", &fields.join(","))], None, 500).await.ok()?;
    Some(array(&list["items"]).to_vec())
}

/// When the event was seen last, in RFC 3339: of a series, of a counted event, or of a single one.
pub fn last_seen(event: &Json) -> &str {
    let series = &event["series"]["lastObservedTime"];
    [series, &event["lastTimestamp"], &event["eventTime"]].into_iter().find_map(Json::as_str).unwrap_or("")
}

/// Writes the table of events.
pub fn write(cx: &Cx, events: &[Json], out: &mut Out) {
    if events.is_empty() {
        return out.line(0, "Events:\t<none>");
    }
    out.flush();
    let mut sorted: Vec<&Json> = events.iter().collect();
    sorted.stable_sort_by_key(|e| last_seen(e).to_string());
    // Which container an event is about is said where there are several.
    let mut places: Vec<&str> = events.iter().map(|e| s(&e["involvedObject"]["fieldPath"])).collect();
    places.retain(|place| !place.is_empty());
    let several = places.iter().any(|place| *place != places[0]);
    out.line(0, "Events:");
    out.line(1, "Type\tReason\tAge\tFrom\tMessage");
    out.line(1, "----\t------\t----\t----\t-------");
    for e in sorted {
        let mut message = s(&e["message"]).trim().replace('\n', " ");
        let place = s(&e["involvedObject"]["fieldPath"]);
        if several && !place.is_empty() {
            message = format!("{place}: {message}");
        }
        out.line(
            1,
            format!("{}\t{}\t{}\t{}\t{message}", s(&e["type"]), s(&e["reason"]), interval(cx, e), source(e)),
        );
    }
}

/// `4s`, or `4s (x3 over 1m)` for an event seen several times.
pub fn interval(cx: &Cx, event: &Json) -> String {
    let now = cx.host.now();
    let first = if event["eventTime"].is_string() {
        human::age(&event["eventTime"], now)
    } else {
        human::age(&event["firstTimestamp"], now)
    };
    if let Some(count) = event["series"]["count"].as_i64() {
        return format!("{} (x{count} over {first})", human::age(&event["series"]["lastObservedTime"], now));
    }
    match event["count"].as_i64() {
        Some(count) if count > 1 => {
            format!("{} (x{count} over {first})", human::age(&event["lastTimestamp"], now))
        }
        _ => first,
    }
}

fn source(event: &Json) -> &str {
    match s(&event["source"]["component"]) {
        "" => s(&event["reportingComponent"]),
        component => component,
    }
}
