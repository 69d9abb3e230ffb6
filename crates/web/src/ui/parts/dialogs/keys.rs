//! Every key of the page, and settings that concern keys and reading.

use kubarium_web::model::state::{Action, Dialog};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::{use_app, use_select};
use crate::ui::parts::button::Button;
use crate::ui::view_list::VIEWS;

/// Keys and what they do, by where they work.
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("Ctrl `", "to the terminal"),
            (":  Ctrl K", "go to, do, or run anything (Ctrl Shift K in the terminal)"),
            ("?", "this page"),
            ("/", "filter the view"),
            ("↑ ↓ ← →", "from pod to pod on the map, from row to row in tables"),
            ("Esc", "close what is open"),
        ],
    ),
    (
        "An object that is looked at",
        &[
            ("d", "describe it in the terminal"),
            ("y", "its YAML in the terminal"),
            ("e", "edit it"),
            ("l", "a pod’s logs"),
            ("s", "a shell in a pod"),
            ("Ctrl D", "delete it, after a question"),
        ],
    ),
    (
        "Time",
        &[
            ("Space or .", "pause, play"),
            (">", "step: one reconcile"),
            ("<", "rewind to before the last command"),
            ("[  ]", "slower, faster"),
            ("l", "back to live"),
            ("b", "branch from the moment shown"),
            ("g", "to the track: arrows move by 1 s, with Shift by 10 s"),
        ],
    ),
    (
        "Terminal",
        &[
            ("Esc then Tab", "leave it"),
            ("Ctrl M", "Tab moves the focus instead of completing"),
            ("Ctrl Shift C", "copy (Ctrl C too, when text is selected)"),
            ("Ctrl Shift V", "paste"),
            ("Ctrl R", "search what was typed before"),
            (
                "Ctrl Alt W",
                "what Ctrl W does elsewhere: browsers keep Ctrl W, T, N and Q to themselves; with Alt they arrive",
            ),
            ("Shift PgUp", "scroll back"),
        ],
    ),
    (
        "Editor",
        &[
            ("Ctrl Enter", "apply the file"),
            ("Ctrl S", "write it now"),
            ("Ctrl F", "find"),
            ("Esc then Tab", "leave it"),
        ],
    ),
];

/// The table of keys, and what else helps.
#[component]
pub fn Keys() -> Html {
    let app = use_app();
    let reader = *use_select(|it| it.prefs.screen_reader);
    let go = |dialog: Dialog| {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Dialog(Some(dialog.clone()))))
    };
    let (fidelity, new_cluster) = (go(Dialog::Fidelity), go(Dialog::NewCluster));
    let is_embed = app.is_embed();
    let onchange = Callback::from(move |event: Event| {
        let checked = event
            .target()
            .and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok())
            .is_some_and(|it| it.checked());
        app.set_prefs(|it| it.screen_reader = checked);
    });
    html! {
        <DialogBox title="Keys and help" wide={true} testid="keys">
            <div class="keys">
                <section><h3>{ "Views" }</h3><dl>{ for VIEWS.iter().enumerate().map(|(i, view)| row(&(i + 1).to_string(), view.title)) }</dl></section>
                { for KEYS.iter().map(|(title, keys)| html! {
                    <section><h3>{ *title }</h3><dl>{ for keys.iter().map(|(key, what)| row(key, what)) }</dl></section>
                }) }
            </div>
            <label class="check"><input type="checkbox" checked={reader} {onchange} data-testid="screen-reader" />
                { "Make the terminal readable for screen readers (new terminals)" }</label>
            <div class="dialog-buttons start">
                <Button onclick={fidelity}>{ "What is simulated" }</Button>
                if !is_embed { <Button onclick={new_cluster}>{ "New cluster" }</Button> }
            </div>
        </DialogBox>
    }
}

fn row(key: &str, what: &str) -> Html {
    html! { <><dt><kbd>{ key.to_string() }</kbd></dt><dd>{ what.to_string() }</dd></> }
}
