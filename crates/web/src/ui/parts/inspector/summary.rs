//! What matters of an object, at a glance.

use std::rc::Rc;

use kubarium_protocol::{Json, ObjectRef};
use kubarium_web::model::collection::{list, number, text};
use kubarium_web::model::kinds::reference;
use kubarium_web::model::pod_look::{look, status_word};
use kubarium_web::model::units::{age, parse_time};
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_second};
use crate::ui::link::App;
use crate::ui::views::map::glyph::glyph;

/// The object, as it is.
#[derive(Properties, PartialEq)]
pub struct SummaryProps {
    pub object: ObjectRef,
    pub json: Rc<Json>,
}

/// The face that is shown first.
#[component]
pub fn Summary(props: &SummaryProps) -> Html {
    let app = use_app();
    let now = use_second();
    let json = &*props.json;
    let mut facts: Vec<(&str, Html)> = Vec::new();
    match props.object.kind.as_str() {
        "Pod" => pod_facts(&app, json, &mut facts),
        "Node" => node_facts(json, &mut facts),
        "Deployment" | "ReplicaSet" => workload_facts(json, &mut facts),
        "Service" => service_facts(json, &mut facts),
        _ => {}
    }
    facts.push(("Age", age(now, parse_time(text(json, "/metadata/creationTimestamp"))).into()));
    if let Some(owner) = list(json, "/metadata/ownerReferences").first() {
        facts
            .push(("Owner", link(&app, text(owner, "/kind"), &props.object.namespace, text(owner, "/name"))));
    }
    html! {
        <>
            <dl class="facts">{ for facts.into_iter().map(|(name, value)| html! { <><dt>{ name }</dt><dd>{ value }</dd></> }) }</dl>
            { containers(json) }
            { conditions(json, now) }
            { pairs("Labels", json.pointer("/metadata/labels")) }
            { pairs("Data", json.pointer("/data")) }
        </>
    }
}

/// Another object, to go to.
pub fn link(app: &App, kind: &str, namespace: &str, name: &str) -> Html {
    let (app, target) = (app.clone(), reference(kind, namespace, name));
    let onclick = Callback::from(move |_: MouseEvent| app.inspect(target.clone()));
    html! { <button type="button" class="link" {onclick}>{ format!("{kind} {name}") }</button> }
}

fn pod_facts(app: &App, json: &Json, facts: &mut Vec<(&str, Html)>) {
    let word = status_word(json);
    facts.push((
        "Status",
        html! { <span class="status-word">{ glyph(look(json, &word)) }{ word.clone() }</span> },
    ));
    let node = text(json, "/spec/nodeName");
    facts.push((
        "Node",
        if node.is_empty() {
            html! { <span class="muted">{ "none yet" }</span> }
        } else {
            link(app, "Node", "", node)
        },
    ));
    facts.push(("Address", mono(text(json, "/status/podIP"))));
    let unscheduled = list(json, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == "PodScheduled" && text(it, "/status") == "False");
    // What holds it up comes before everything that is as it should be.
    let held_up = list(json, "/status/containerStatuses")
        .iter()
        .map(|it| text(it, "/state/waiting/message"))
        .chain(unscheduled.map(|it| text(it, "/message")))
        .find(|it| !it.is_empty());
    if let Some(message) = held_up {
        facts.insert(1, ("Waiting", html! { message.to_string() }));
    }
}

fn node_facts(json: &Json, facts: &mut Vec<(&str, Html)>) {
    for (name, pointer) in [
        ("CPU", "/status/allocatable/cpu"),
        ("Memory", "/status/allocatable/memory"),
        ("Pods", "/status/allocatable/pods"),
    ] {
        facts.push((name, mono(text(json, pointer))));
    }
    facts.push(("Kubelet", mono(text(json, "/status/nodeInfo/kubeletVersion"))));
    let taints =
        list(json, "/spec/taints").iter().map(|it| format!("{}:{}", text(it, "/key"), text(it, "/effect")));
    let taints = taints.collect::<Vec<_>>().join("\n");
    if !taints.is_empty() {
        facts.push(("Taints", mono(&taints)));
    }
}

fn workload_facts(json: &Json, facts: &mut Vec<(&str, Html)>) {
    let (ready, wanted) = (number(json, "/status/readyReplicas"), number(json, "/spec/replicas"));
    facts.push(("Ready", html! { format!("{ready} of {wanted}") }));
    let strategy = text(json, "/spec/strategy/type");
    if !strategy.is_empty() {
        facts.push(("Strategy", strategy.to_string().into()));
    }
    let images = list(json, "/spec/template/spec/containers")
        .iter()
        .map(|it| text(it, "/image"))
        .collect::<Vec<_>>()
        .join("\n");
    facts.push(("Image", mono(&images)));
}

fn service_facts(json: &Json, facts: &mut Vec<(&str, Html)>) {
    facts.push(("Type", text(json, "/spec/type").to_string().into()));
    facts.push(("Cluster IP", mono(text(json, "/spec/clusterIP"))));
    let port = |it: &Json| {
        let target =
            it.get("targetPort").map(|it| it.to_string().trim_matches('"').to_string()).unwrap_or_default();
        let node = number(it, "/nodePort");
        let node = if node > 0 { format!(", node port {node}") } else { String::new() };
        format!("{}/{} → {target}{node}", number(it, "/port"), text(it, "/protocol"))
    };
    facts.push(("Ports", mono(&list(json, "/spec/ports").iter().map(port).collect::<Vec<_>>().join("\n"))));
}

fn mono(text: &str) -> Html {
    match text {
        "" => html! { <span class="muted">{ "none" }</span> },
        text => html! { <code>{ text.to_string() }</code> },
    }
}

fn containers(json: &Json) -> Html {
    let statuses = list(json, "/status/containerStatuses");
    let containers = list(json, "/spec/containers");
    if containers.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{ "Containers" }</h3>
            <ul class="cards">
                { for containers.iter().map(|it| {
                    let name = text(it, "/name");
                    let status = statuses.iter().find(|it| text(it, "/name") == name).unwrap_or(&Json::Null);
                    let state = ["running", "waiting", "terminated"].into_iter().find(|state| status.pointer(&format!("/state/{state}")).is_some()).unwrap_or("waiting");
                    let reason = text(status, &format!("/state/{state}/reason")).to_string();
                    let message = text(status, &format!("/state/{state}/message")).to_string();
                    html! {
                        <li class="card">
                            <div class="card-head"><strong>{ name.to_string() }</strong><code class="muted">{ text(it, "/image").to_string() }</code></div>
                            <p class="muted">{ format!("{state}{}{}", if reason.is_empty() { "" } else { ": " }, reason) }
                                { match number(status, "/restartCount") { 0 => String::new(), n => format!(" · {n} restarts") } }</p>
                            if !message.is_empty() { <p class="card-message">{ message }</p> }
                        </li>
                    }
                }) }
            </ul>
        </>
    }
}

fn conditions(json: &Json, now: i64) -> Html {
    let conditions = list(json, "/status/conditions");
    if conditions.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h3>{ "Conditions" }</h3>
            <table class="plain"><thead><tr><th scope="col">{ "Type" }</th><th scope="col">{ "Status" }</th><th scope="col">{ "Reason" }</th><th scope="col">{ "Since" }</th></tr></thead>
            <tbody>{ for conditions.iter().map(|it| html! {
                <tr title={text(it, "/message").to_string()}>
                    <th scope="row">{ text(it, "/type").to_string() }</th><td>{ text(it, "/status").to_string() }</td>
                    <td>{ text(it, "/reason").to_string() }</td><td>{ age(now, parse_time(text(it, "/lastTransitionTime"))) }</td>
                </tr>
            }) }</tbody></table>
        </>
    }
}

fn pairs(title: &str, map: Option<&Json>) -> Html {
    let Some(map) = map.and_then(Json::as_object).filter(|it| !it.is_empty()) else { return Html::default() };
    html! {
        <>
            <h3>{ title.to_string() }</h3>
            <ul class="pairs">{ for map.iter().map(|(key, value)| html! {
                <li><code>{ key.clone() }</code><code>{ value.as_str().unwrap_or("").to_string() }</code></li>
            }) }</ul>
        </>
    }
}
