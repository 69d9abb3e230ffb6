//! What stands over the page: one native dialog at a time, closed with Escape.

mod confirm;
mod fidelity;
mod keys;
mod new_cluster;
mod open_link;
mod palette;
mod share;

use kubarium_web::model::state::{Action, Dialog};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use crate::ui::app::focus;
use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

#[component]
pub fn Dialogs() -> Html {
    let dialog = use_select(|it| it.dialog.clone());
    match (*dialog).clone() {
        None => Html::default(),
        Some(Dialog::Share) => html! { <share::Share /> },
        Some(Dialog::Keys) => html! { <keys::Keys /> },
        Some(Dialog::Palette) => html! { <palette::Palette /> },
        Some(Dialog::Fidelity) => html! { <fidelity::FidelityPage /> },
        Some(Dialog::NewCluster) => html! { <new_cluster::NewCluster /> },
        Some(Dialog::OpenLink(payload, summary)) => html! { <open_link::OpenLink {payload} {summary} /> },
        Some(Dialog::Paste(terminal, text)) => html! { <confirm::Paste {terminal} {text} /> },
        Some(Dialog::Confirm(confirm)) => html! { <confirm::Question {confirm} /> },
    }
}

#[derive(Properties, PartialEq)]
pub struct BoxProps {
    pub title: AttrValue,
    pub children: Html,
    #[prop_or_default]
    pub wide: bool,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// What Escape and the close button do beside closing.
    #[prop_or_default]
    pub on_close: Callback<()>,
}

/// A modal dialog: the browser keeps the focus in it and gives it back.
#[component]
pub fn DialogBox(props: &BoxProps) -> Html {
    let app = use_app();
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = node.cast::<web_sys::Element>()
                && let Ok(show) = js_sys::Reflect::get(&dialog, &"showModal".into())
                && let Some(show) = show.dyn_ref::<js_sys::Function>()
            {
                // Fails only for a dialog that is open already.
                let _ = show.call0(&dialog);
                // Not by `autofocus`, which browsers refuse in frames of another origin.
                focus("dialog [data-focus]");
            }
        });
    }
    let close = {
        let (app, on_close) = (app.clone(), props.on_close.clone());
        Callback::from(move |()| {
            on_close.emit(());
            app.dispatch(Action::Dialog(None));
        })
    };
    let oncancel = {
        let close = close.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            close.emit(());
        })
    };
    // A click beside the dialog lands on it itself (its content fills it).
    let onclick = {
        let (node, close) = (node.clone(), close.clone());
        Callback::from(move |event: MouseEvent| {
            if event
                .target()
                .and_then(|it| it.dyn_into::<web_sys::Element>().ok())
                .is_some_and(|it| Some(it) == node.cast())
            {
                close.emit(());
            }
        })
    };
    html! {
        <dialog class={classes!("dialog", props.wide.then_some("wide"))} ref={node} {oncancel} {onclick} aria-label={props.title.clone()} data-testid={props.testid.clone()}>
            <div class="dialog-content">
                <header class="dialog-head"><h2>{ props.title.clone() }</h2>
                    <IconButton icon={Icon::Close} label="Close" onclick={close} testid="dialog-close" /></header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
