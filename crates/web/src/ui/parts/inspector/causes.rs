//! Why an object is as it is: the chain of writes back to what began it; and the scheduler's reasons for a pod.

use kubarium_protocol::{Answer, CauseLink, Command, Decision, NodeVerdict, ObjectRef};
use kubarium_web::model::units::time_of_day;
use yew::prelude::*;

use crate::ui::hooks::use_app;

#[derive(Properties, PartialEq)]
pub struct WhyProps {
    pub object: ObjectRef,
    /// Asks again when it changes.
    pub version: String,
}

#[component]
pub fn Why(props: &WhyProps) -> Html {
    let app = use_app();
    let chain = use_state(|| None::<Result<Vec<CauseLink>, String>>);
    {
        let (app, set, object) = (app.clone(), chain.setter(), props.object.clone());
        use_effect_with(props.version.clone(), move |_| {
            app.ask(
                |id| Command::Why { id, object },
                move |answer| match answer {
                    Answer::Why(chain) => set.set(Some(Ok(chain))),
                    Answer::Failed { message } => set.set(Some(Err(message))),
                    _ => {}
                },
            );
        });
    }
    match &*chain {
        None => html! { <div class="bones"><span class="bone"></span><span class="bone"></span></div> },
        Some(Err(message)) => html! { <p class="empty">{ message.clone() }</p> },
        Some(Ok(links)) if links.is_empty() => {
            html! { <p class="empty">{ "Nothing is known of its causes." }</p> }
        }
        Some(Ok(links)) => html! {
            <>
                <p class="muted">{ "Newest first: each line was done because of the one below it." }</p>
                <ol class="causes" data-testid="causes">{ for links.iter().map(|it| cause(&app, it)) }</ol>
            </>
        },
    }
}

fn cause(app: &crate::ui::link::App, link: &CauseLink) -> Html {
    let what = match link.object.clone() {
        Some(object) => {
            let app = app.clone();
            let onclick = Callback::from(move |_: MouseEvent| app.inspect(object.clone()));
            html! { <button type="button" class="link" {onclick}>{ link.what.clone() }</button> }
        }
        None => html! { <code>{ link.what.clone() }</code> },
    };
    let (seek, at) = (app.clone(), link.at);
    let go = Callback::from(move |_: MouseEvent| seek.seek(at));
    html! {
        <li>
            <p><strong>{ link.actor.clone() }</strong>{ format!(" {} ", link.verb) }{ what }</p>
            if !link.reason.is_empty() { <p class="muted">{ link.reason.clone() }</p> }
            <button type="button" class="link mono" onclick={go} title="Go to this moment">{ time_of_day(link.at) }</button>
        </li>
    }
}

#[component]
pub fn Scheduling(props: &WhyProps) -> Html {
    let app = use_app();
    let decision = use_state(|| None::<Option<Decision>>);
    {
        let (app, set, object) = (app.clone(), decision.setter(), props.object.clone());
        use_effect_with(props.version.clone(), move |_| {
            app.ask(
                |id| Command::Decision { id, namespace: object.namespace, pod: object.name },
                move |answer| match answer {
                    Answer::Decision(decision) => set.set(Some(decision)),
                    _ => set.set(Some(None)),
                },
            );
        });
    }
    match &*decision {
        None => html! { <div class="bones"><span class="bone"></span><span class="bone"></span></div> },
        Some(None) => html! { <p class="empty">{ "The scheduler has not looked at it." }</p> },
        Some(Some(decision)) => html! {
            <div data-testid="decision">
                <p>{ match &decision.node { Some(node) => format!("Chose {node} at {}.", time_of_day(decision.at)), None => "Found no node.".into() } }</p>
                <p class="muted">{ decision.message.clone() }</p>
                <ul class="cards">{ for decision.nodes.iter().map(|it| verdict(it, decision.node.as_ref() == Some(&it.node))) }</ul>
                if decision.more > 0 { <p class="muted">{ format!("… and {} nodes more", decision.more) }</p> }
            </div>
        },
    }
}

fn verdict(verdict: &NodeVerdict, chosen: bool) -> Html {
    html! {
        <li class={classes!("card", chosen.then_some("chosen"), verdict.refused.is_some().then_some("refused"))}>
            <div class="card-head"><strong>{ verdict.node.clone() }</strong>
                if let Some((plugin, _)) = &verdict.refused { <span class="muted">{ plugin.clone() }</span> }
                else { <span class="mono">{ verdict.total }</span> }
            </div>
            if let Some((_, reason)) = &verdict.refused { <p class="card-message">{ reason.clone() }</p> }
            if !verdict.scores.is_empty() {
                <p class="muted scores">{ for verdict.scores.iter().map(|(plugin, score)| html! { <span>{ format!("{plugin} {score}") }</span> }) }</p>
            }
        </li>
    }
}
