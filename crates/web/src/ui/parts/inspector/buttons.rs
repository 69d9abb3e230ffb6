//! What can be done to an object, each as a kubectl line; and for nodes, what no kubectl can.

use std::rc::Rc;

use kubarium_protocol::{Fault, Json, ObjectRef};
use kubarium_web::model::collection::{list, number, text};
use kubarium_web::model::lines;
use kubarium_web::model::state::Action;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::link::App;
use crate::ui::parts::button::Button;

/// The object that buttons are for, as it is.
#[derive(Properties, PartialEq)]
pub struct ButtonsProps {
    pub object: ObjectRef,
    pub json: Rc<Json>,
}

/// The row of buttons below the name.
#[component]
pub fn Buttons(props: &ButtonsProps) -> Html {
    let app = use_app();
    if app.params().readonly {
        return Html::default();
    }
    let object = &props.object;
    // Each does what its key does.
    let key = |key: &'static str| {
        let app = app.clone();
        Callback::from(move |()| {
            app.object_key(key);
        })
    };
    let special = match object.kind.as_str() {
        "Deployment" | "ReplicaSet" => scaling(&app, object, &props.json),
        "Node" => {
            let control_plane =
                props.json.pointer("/metadata/labels/node-role.kubernetes.io~1control-plane").is_some();
            html! { <NodeButtons name={object.name.clone()} {control_plane} cordoned={props.json.pointer("/spec/unschedulable") == Some(&Json::Bool(true))} /> }
        }
        "Pod" => html! {
            <>
                <Button class="small" icon={Some(Icon::File)} onclick={key("l")} title="Logs  (l)" testid="do-logs">{ "Logs" }</Button>
                <Button class="small" icon={Some(Icon::Terminal)} onclick={key("s")} title="A shell in it  (s)" testid="do-shell">{ "Shell" }</Button>
                { kills(&app, object, &props.json) }
            </>
        },
        _ => Html::default(),
    };
    html! {
        <div class="inspector-buttons">
            { special }
            if object.kind != "Node" && object.kind != "Event" {
                <Button class="small" icon={Some(Icon::Edit)} onclick={key("e")} title="Edit its YAML  (e)" testid="do-edit">{ "Edit" }</Button>
            }
            if object.kind != "Event" {
                <Button class="small danger" icon={Some(Icon::Trash)} onclick={key("Delete")} title="Delete it  (Ctrl D)" testid="do-delete">{ "Delete" }</Button>
            }
        </div>
    }
}

/// Kills a container's main process: one button each.
fn kills(app: &App, object: &ObjectRef, json: &Json) -> Html {
    if !app.params().shows("faults") {
        return Html::default();
    }
    let containers = list(json, "/spec/containers");
    html! {
        { for containers.iter().map(|it| {
            let container = text(it, "/name").to_string();
            let label = if containers.len() > 1 { format!("Kill {container}") } else { "Kill".to_string() };
            let fault = Fault::KillContainer { namespace: object.namespace.clone(), pod: object.name.clone(), container: container.clone() };
            let app = app.clone();
            let onclick = Callback::from(move |()| app.fault(fault.clone()));
            html! { <Button class="small danger" icon={Some(Icon::Power)} {onclick} title="Kill the container’s main process" testid={format!("kill-{container}")}>{ label }</Button> }
        }) }
    }
}

fn scaling(app: &App, object: &ObjectRef, json: &Json) -> Html {
    let replicas = number(json, "/spec/replicas");
    let run = |line: String| {
        let app = app.clone();
        Callback::from(move |()| app.run_line(&line))
    };
    let is_deployment = object.kind == "Deployment";
    let show = {
        let (app, object) = (app.clone(), object.clone());
        Callback::from(move |()| {
            app.dispatch(Action::ShowDeployment(object.namespace.clone(), object.name.clone()));
            app.dispatch(Action::Show("rollout"));
            app.dispatch(Action::Select(None, lines::rollout("status", &object)));
        })
    };
    html! {
        <>
            <span class="stepper" role="group" aria-label="Replicas">
                <Button class="small" disabled={replicas == 0} onclick={run(lines::scale(object, replicas - 1))} testid="scale-down" title="One replica fewer">{ "−" }</Button>
                <span class="stepper-value" data-testid="replicas">{ replicas }</span>
                <Button class="small" onclick={run(lines::scale(object, replicas + 1))} testid="scale-up" title="One replica more">{ "+" }</Button>
            </span>
            if is_deployment {
                <Button class="small" icon={Some(Icon::Restart)} onclick={run(lines::rollout("restart", object))} testid="do-restart">{ "Restart" }</Button>
                <Button class="small" icon={Some(Icon::Layers)} onclick={show} testid="show-rollout">{ "Rollout" }</Button>
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct NodeProps {
    name: String,
    control_plane: bool,
    cordoned: bool,
}

/// Processes of the control plane that can be stopped, and their short names.
const COMPONENTS: [(&str, &str); 2] =
    [("kube-scheduler", "scheduler"), ("kube-controller-manager", "controllers")];

#[component]
fn NodeButtons(props: &NodeProps) -> Html {
    let app = use_app();
    let node = props.name.clone();
    let faults = use_select(|it| it.faults.clone());
    let stopped = faults.iter().any(|it| it.undo == Fault::StartNode { node: node.clone() });
    let cut = faults.iter().any(|it| it.undo == Fault::HealNode { node: node.clone() });
    let fault = |fault: Fault| {
        let app = app.clone();
        Callback::from(move |()| app.fault(fault.clone()))
    };
    let cordon = {
        let (app, line) = (app.clone(), lines::cordon(&node, !props.cordoned));
        Callback::from(move |()| app.run_line(&line))
    };
    let drain = {
        let (app, line) = (app.clone(), lines::drain(&node));
        Callback::from(move |()| app.run_line(&line))
    };
    let component = |(name, short): (&str, &str)| {
        let stopped = faults.iter().any(|it| it.undo == Fault::StartComponent { name: name.into() });
        let (act, verb) = match stopped {
            true => (Fault::StartComponent { name: name.into() }, "Start"),
            false => (Fault::StopComponent { name: name.into() }, "Stop"),
        };
        let class = if stopped { "small" } else { "small danger" };
        html! { <Button {class} onclick={fault(act)} title={format!("{verb} {name}")} testid={format!("component-{name}")}>{ format!("{verb} {short}") }</Button> }
    };
    let (power, power_label) = match stopped {
        true => (Fault::StartNode { node: node.clone() }, "Start the machine"),
        false => (Fault::StopNode { node: node.clone() }, "Stop the machine"),
    };
    let (network, network_label) = match cut {
        true => (Fault::HealNode { node: node.clone() }, "Heal the network"),
        false => (Fault::CutNode { node: node.clone() }, "Cut the network"),
    };
    html! {
        <>
            <Button class="small" onclick={cordon} testid="cordon">{ if props.cordoned { "Uncordon" } else { "Cordon" } }</Button>
            <Button class="small" onclick={drain} testid="drain">{ "Drain" }</Button>
            if app.params().shows("faults") {
                <Button class={if stopped { "small" } else { "small danger" }} icon={Some(Icon::Power)} onclick={fault(power)} testid="node-power">{ power_label }</Button>
                if props.control_plane { { for COMPONENTS.into_iter().map(component) } }
                <Button class={if cut { "small" } else { "small danger" }} onclick={fault(network)} testid="node-network">{ network_label }</Button>
            }
        </>
    }
}
