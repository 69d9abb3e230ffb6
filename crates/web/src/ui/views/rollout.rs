//! A Deployment's rollout: its ReplicaSets over time between the bounds of surge and unavailability, and its revisions.

mod chart;

use std::rc::Rc;

use kubarium_protocol::{Json, ObjectRef, Watch};
use kubarium_web::model::collection::{Collection, list, number, text};
use kubarium_web::model::kinds::reference;
use kubarium_web::model::lines;
use kubarium_web::model::rollout::{REPLICA_SET_PATHS, Rollout, Rollouts, Set};
use kubarium_web::model::state::Action;
use kubarium_web::model::units::age;
use wasm_bindgen::JsCast;
use yew::prelude::*;

use self::chart::Chart;
use crate::ui::hooks::{use_app, use_second, use_select, use_watch};
use crate::ui::icon::Icon;
use crate::ui::parts::button::Button;

/// All ReplicaSets, as little of each as rollouts need.
pub fn replica_sets_watch() -> Watch {
    Watch {
        path: "/apis/apps/v1/replicasets".into(),
        keep: REPLICA_SET_PATHS.map(String::from).to_vec(),
        ..Watch::default()
    }
}

#[component]
pub fn RolloutView() -> Html {
    let app = use_app();
    let (deployments, _) =
        use_watch::<Collection>(Watch { path: "/apis/apps/v1/deployments".into(), ..Watch::default() });
    let (rollouts, _) = use_watch::<Rollouts>(replica_sets_watch());
    let wanted = use_select(|it| it.deployment.clone());
    let deployments = deployments.borrow();
    let rollouts = rollouts.borrow();
    // The one asked for; else the newest that is not the system's.
    let newest = || {
        let own = deployments.objects.iter().filter(|(key, _)| key.0 != "kube-system");
        own.max_by_key(|(_, json)| text(json, "/metadata/creationTimestamp"))
            .or_else(|| deployments.objects.iter().next())
    };
    let chosen = (*wanted).as_ref().and_then(|key| deployments.objects.get_key_value(key)).or_else(newest);
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok());
        if let Some((namespace, name)) =
            select.and_then(|it| it.value().split_once('/').map(|(a, b)| (a.to_string(), b.to_string())))
        {
            app.dispatch(Action::Strip(lines::rollout(
                "status",
                &reference("Deployment", &namespace, &name),
            )));
            app.dispatch(Action::ShowDeployment(namespace, name));
        }
    });
    let Some((key, json)) = chosen else {
        return match deployments.synced {
            true => {
                html! { <div class="empty"><p>{ "There is no Deployment yet." }</p><p class="muted">{ "Create one, and its ReplicaSets appear here over time." }</p></div> }
            }
            false => {
                html! { <div class="bones"><span class="bone"></span><span class="bone tall"></span></div> }
            }
        };
    };
    let rollout = rollouts.of.get(key).cloned().unwrap_or_default();
    let object = reference("Deployment", &key.0, &key.1);
    html! {
        <div class="rollout">
            <div class="view-bar">
                <label><span class="hidden-text">{ "Deployment" }</span>
                    <select {onchange} data-testid="deployment">
                        { for deployments.objects.keys().map(|it| html! {
                            <option value={format!("{}/{}", it.0, it.1)} selected={it == key}>{ if it.0 == "default" { it.1.clone() } else { format!("{} / {}", it.0, it.1) } }</option>
                        }) }
                    </select></label>
                { progress(json) }
                <div class="spread"></div>
                <RolloutButtons object={object.clone()} json={json.clone()} />
            </div>
            <div class="rollout-body" tabindex="0" role="region" aria-label="Rollout">
                <Chart rollout={rollout.clone()} deployment={json.clone()} />
                <Revisions {object} {rollout} paused={json.pointer("/spec/paused") == Some(&Json::Bool(true))} />
            </div>
        </div>
    }
}

/// The rollout's state in words.
fn progress(json: &Json) -> Html {
    let (updated, ready, wanted) = (
        number(json, "/status/updatedReplicas"),
        number(json, "/status/readyReplicas"),
        number(json, "/spec/replicas"),
    );
    let condition = list(json, "/status/conditions").iter().find(|it| text(it, "/type") == "Progressing");
    let reason = condition.map_or("", |it| text(it, "/reason"));
    let (class, word) = match reason {
        "ProgressDeadlineExceeded" => ("bad", "stuck"),
        "DeploymentPaused" => ("warn", "paused"),
        "NewReplicaSetAvailable" if updated == wanted && ready >= wanted => ("good", "complete"),
        _ if updated == wanted && ready >= wanted && number(json, "/status/replicas") == wanted => {
            ("good", "complete")
        }
        _ => ("warn", "in progress"),
    };
    html! {
        <p class="progress" data-testid="rollout-progress"><span class={classes!("pill", class)}>{ word }</span>
            <span class="muted wide-only">{ format!("{updated} of {wanted} updated, {ready} ready") }</span></p>
    }
}

#[derive(Properties)]
struct DeploymentProps {
    object: ObjectRef,
    json: Rc<Json>,
}

impl PartialEq for DeploymentProps {
    fn eq(&self, other: &DeploymentProps) -> bool {
        Rc::ptr_eq(&self.json, &other.json) && self.object == other.object
    }
}

#[component]
fn RolloutButtons(props: &DeploymentProps) -> Html {
    let app = use_app();
    if app.params().readonly {
        return Html::default();
    }
    let object = &props.object;
    let paused = props.json.pointer("/spec/paused") == Some(&Json::Bool(true));
    let run = |line: String| {
        let app = app.clone();
        Callback::from(move |()| app.run_line(&line))
    };
    let (verb, label, icon) =
        if paused { ("resume", "Resume", Icon::Play) } else { ("pause", "Pause", Icon::Pause) };
    html! {
        <>
            <Button class="small" icon={Some(icon)} onclick={run(lines::rollout(verb, object))} testid="rollout-pause">{ label }</Button>
            <Button class="small" icon={Some(Icon::Restart)} onclick={run(lines::rollout("restart", object))} testid="rollout-restart">{ "Restart" }</Button>
            <Button class="small" icon={Some(Icon::Rewind)} onclick={run(lines::undo(object, 0))} testid="rollout-undo">{ "Undo" }</Button>
        </>
    }
}

#[derive(Properties)]
struct RevisionsProps {
    object: ObjectRef,
    rollout: Rc<Rollout>,
    paused: bool,
}

impl PartialEq for RevisionsProps {
    fn eq(&self, other: &RevisionsProps) -> bool {
        Rc::ptr_eq(&self.rollout, &other.rollout)
            && self.object == other.object
            && self.paused == other.paused
    }
}

/// Every revision that is still there, newest first.
#[component]
fn Revisions(props: &RevisionsProps) -> Html {
    let app = use_app();
    let now = use_second();
    let sets = props.rollout.by_revision();
    let colors = chart::colors(&props.rollout);
    html! {
        <table class="plain revisions" data-testid="revisions">
            <thead><tr><th scope="col">{ "Revision" }</th><th scope="col">{ "Image" }</th><th scope="col">{ "Pods" }</th><th scope="col">{ "Age" }</th><th scope="col"><span class="hidden-text">{ "Actions" }</span></th></tr></thead>
            <tbody>
                { for sets.iter().enumerate().map(|(index, set)| {
                    let set: &Set = set;
                    let undo = {
                        let (app, line) = (app.clone(), lines::undo(&props.object, set.revision));
                        Callback::from(move |()| app.run_line(&line))
                    };
                    let inspect = {
                        let (app, target) = (app.clone(), reference("ReplicaSet", &props.object.namespace, &set.name));
                        Callback::from(move |_: MouseEvent| app.inspect(target.clone()))
                    };
                    let color = colors.get(&set.name).copied().unwrap_or(0);
                    html! {
                        <tr key={set.name.clone()} data-testid={format!("revision-{}", set.revision)}>
                            <th scope="row"><span class={format!("swatch band-{color}")}></span>{ set.revision }<button type="button" class="link rs-name" onclick={inspect}>{ set.name.clone() }</button></th>
                            <td><code>{ set.images.join(", ") }</code></td>
                            <td>{ format!("{} ready of {}", set.ready, set.replicas) }</td>
                            <td>{ age(now, set.created) }</td>
                            <td class="row-actions">
                                if index == 0 { <span class="muted">{ "current" }</span> }
                                else if !app.params().readonly { <Button class="small" disabled={props.paused} onclick={undo} testid={format!("undo-{}", set.revision)}>{ "Roll back to it" }</Button> }
                            </td>
                        </tr>
                    }
                }) }
            </tbody>
        </table>
    }
}
