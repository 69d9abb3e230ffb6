//! Sharing: a link that reopens this very cluster, as link, Markdown, HTML or file; with what it will run.

use kubarium_protocol::{Answer, Command, Share as Made, ShareOptions};
use kubarium_web::model::share::{Length, folder, iframe, length, length_advice, link, markdown};
use kubarium_web::model::units::plural;
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::js;
use crate::ui::parts::button::Button;

/// Forms of the link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Link,
    Markdown,
    Embed,
}

#[component]
pub fn Share() -> Html {
    let app = use_app();
    let made = use_state(|| None::<Result<Made, String>>);
    let form = use_state_eq(|| Form::Link);
    let inputs = use_state_eq(|| true);
    let view = *use_select(|it| it.view);
    {
        let (app, set) = (app.clone(), made.setter());
        use_effect_with(*inputs, move |inputs| {
            let options = ShareOptions { inputs: *inputs, files: true };
            app.ask(
                |id| Command::Share { id, options },
                move |answer| match answer {
                    Answer::Share(made) => set.set(Some(Ok(made))),
                    Answer::Failed { message } => set.set(Some(Err(message))),
                    _ => {}
                },
            );
        });
    }
    let onchange = {
        let inputs = inputs.clone();
        Callback::from(move |event: Event| {
            let checked = event
                .target()
                .and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok())
                .is_some_and(|it| it.checked());
            inputs.set(checked);
        })
    };
    let href = gloo::utils::window().location().href().unwrap_or_default();
    let body = match &*made {
        None => html! { <div class="share-out"><span class="bone"></span><span class="bone"></span></div> },
        Some(Err(message)) => html! { <p class="finding error">{ message.clone() }</p> },
        Some(Ok(made)) => {
            html! { <Out made={made.clone()} form={*form} base={folder(&href).to_string()} view={view} /> }
        }
    };
    html! {
        <DialogBox title="Share this cluster" testid="share-dialog" wide={true}>
            <div class="faces" role="group" aria-label="Form">
                { for [(Form::Link, "Link"), (Form::Markdown, "Markdown badge"), (Form::Embed, "Embed")].into_iter().map(|(it, title)| {
                    let form = form.clone();
                    let pressed = (*form == it).to_string();
                    html! { <button type="button" class="face" aria-pressed={pressed} onclick={Callback::from(move |_: MouseEvent| form.set(it))}>{ title }</button> }
                }) }
            </div>
            { body }
            <label class="check"><input type="checkbox" checked={*inputs} {onchange} data-testid="share-inputs" />
                { "Start at this moment: replay what was done. Without it, whoever opens it starts with a new cluster and these files." }</label>
        </DialogBox>
    }
}

#[derive(Properties, PartialEq)]
struct OutProps {
    made: Made,
    form: Form,
    base: String,
    view: &'static str,
}

#[component]
fn Out(props: &OutProps) -> Html {
    let app = use_app();
    let OutProps { made, form, base, view } = props;
    // What stands still stands still for whoever opens it, too: that is the very moment.
    let paused = app.with(|it| it.clock.paused) && !made.summary.commands.is_empty();
    let query =
        [("view", if *view == "map" { "" } else { *view }), ("autoplay", if paused { "0" } else { "" })];
    let url = link(base, "", &query, &made.fragment);
    let text = match form {
        Form::Link => url.clone(),
        Form::Markdown => markdown(&url, base),
        Form::Embed => iframe(&link(base, "embed.html", &query, &made.fragment), "Kubernetes playground"),
    };
    let copy = {
        let text = text.clone();
        Callback::from(move |()| app.copy(&text))
    };
    let save = {
        let fragment = made.fragment.clone();
        Callback::from(move |()| js::download("cluster.kubarium", &fragment.clone().into(), "text/plain"))
    };
    let judged = length(&url);
    let advice = length_advice(&url);
    let commands = &made.summary.commands;
    html! {
        <div class="share-out">
            <textarea class="share-text" readonly={true} rows="3" value={text} aria-label="Text to copy" data-testid="share-text" />
            <p class={classes!("share-size", (judged != Length::Good).then_some("warning"))} data-testid="share-size">
                { format!("{} characters. ", url.len()) }{ advice }</p>
            <div class="dialog-buttons start">
                <Button class="primary" icon={Some(Icon::Copy)} onclick={copy} testid="share-copy">{ "Copy" }</Button>
                <Button icon={Some(Icon::Download)} onclick={save} testid="share-file">{ "Save as a file" }</Button>
            </div>
            <details class="share-what">
                <summary>{ match commands.len() { 0 => "It runs nothing.".to_string(), n => format!("It will run {} and bring {}.", plural(n, "command"), plural(made.summary.files.len(), "file")) } }</summary>
                <ol class="command-list" data-testid="share-commands">{ for commands.iter().map(|it| html! { <li><code>{ it.clone() }</code></li> }) }</ol>
                if !made.hash.is_empty() { <p class="muted">{ "History hash " }<code data-testid="share-hash">{ made.hash.clone() }</code></p> }
            </details>
        </div>
    }
}
