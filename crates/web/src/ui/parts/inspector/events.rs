//! The object's events, newest first.

use collections::StableSort;
use kubarium_protocol::{ObjectRef, Watch};
use kubarium_web::model::collection::{Collection, number, text};
use kubarium_web::model::units::{age, parse_time};
use yew::prelude::*;

use crate::ui::hooks::{use_second, use_watch};
use crate::ui::icon::Icon;

#[derive(Properties, PartialEq)]
pub struct EventsProps {
    pub object: ObjectRef,
}

#[component]
pub fn Events(props: &EventsProps) -> Html {
    let object = &props.object;
    let now = use_second();
    let path = match object.namespace.as_str() {
        "" => "/api/v1/events".to_string(),
        namespace => format!("/api/v1/namespaces/{namespace}/events"),
    };
    let selector = format!("involvedObject.kind={},involvedObject.name={}", object.kind, object.name);
    let spec = Watch { path, query: vec![("fieldSelector".into(), selector)], ..Watch::default() };
    let (events, _) = use_watch::<Collection>(spec);
    let events = events.borrow();
    let mut rows: Vec<_> = events.objects.values().collect();
    rows.stable_sort_by_key(|it| std::cmp::Reverse(last_seen(it)));
    if rows.is_empty() {
        return html! { <p class="empty">{ if events.synced { "No events." } else { "" } }</p> };
    }
    html! {
        <ul class="events">
            { for rows.into_iter().map(|it| {
                let warning = text(it, "/type") == "Warning";
                let count = number(it, "/count").max(number(it, "/series/count"));
                html! {
                    <li class={classes!(warning.then_some("warning"))}>
                        { if warning { Icon::Warning.draw() } else { Icon::Info.draw() } }
                        <div><p><strong>{ text(it, "/reason").to_string() }</strong>
                            <span class="muted">{ format!(" {} ago", age(now, last_seen(it))) }{ if count > 1 { format!(", {count} times") } else { String::new() } }</span></p>
                            <p>{ text(it, "/message").to_string() }</p>
                            <p class="muted">{ source(it) }</p></div>
                    </li>
                }
            }) }
        </ul>
    }
}

fn last_seen(event: &kubarium_protocol::Json) -> Option<i64> {
    ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]
        .iter()
        .find_map(|it| parse_time(text(event, it)))
}

fn source(event: &kubarium_protocol::Json) -> String {
    let component = text(event, "/source/component");
    let component = if component.is_empty() { text(event, "/reportingComponent") } else { component };
    match text(event, "/source/host") {
        "" => component.into(),
        host => format!("{component}, {host}"),
    }
}
