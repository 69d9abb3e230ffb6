//! The bar at the top, and the tabs of the views.

use kubarium_protocol::Fault;
use kubarium_web::model::state::{Action, Dialog, Kept};
use kubarium_web::model::units::plural;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::{Button, IconButton};
use crate::ui::view_list::VIEWS;

#[component]
pub fn TopBar() -> Html {
    let app = use_app();
    let opened = use_select(|it| it.opened.clone());
    let kept = use_select(|it| it.kept.clone());
    // Drawn again when the choice changes.
    let _theme = use_select(|it| it.prefs.theme.clone());
    let left_open = *use_select(|it| it.prefs.left_open);
    let dialog = |dialog: Dialog| {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Dialog(Some(dialog.clone()))))
    };
    let toggle_side = {
        let app = app.clone();
        Callback::from(move |()| app.set_prefs(|it| it.left_open = !it.left_open))
    };
    let dark = is_dark();
    let toggle_theme = {
        let app = app.clone();
        Callback::from(move |()| app.toggle_theme())
    };
    let nodes = opened.shape.nodes as usize + 1;
    html! {
        <header class="top-bar">
            if !app.is_embed() {
                <IconButton icon={Icon::Sidebar} class="side-toggle" label={if left_open { "Hide files and editor" } else { "Show files and editor" }}
                    pressed={Some(left_open)} onclick={toggle_side} testid="toggle-side" />
            }
            <h1 class="brand">{ logo() }<span>{ "Kubarium" }</span></h1>
            <p class="cluster-chip" data-testid="cluster-chip">
                if opened.kubernetes.is_empty() {
                    <span class="bone" style="width:150px"></span>
                } else {
                    <span><span class="wide-only">{ "Kubernetes " }</span>{ opened.kubernetes.clone() }</span>
                    <span class="dot-between wide-only">{ plural(nodes, "node") }</span>
                }
            </p>
            if let Kept::No(why) = &*kept {
                <button type="button" class="not-kept" title={format!("{why} Save it as a file.")} onclick={dialog(Dialog::Share).reform(|_: MouseEvent| ())} data-testid="not-kept">
                    { Icon::Warning.draw() }<span>{ "Not saved" }</span><span class="hidden-text">{ why.clone() }</span></button>
            }
            <div class="spread"></div>
            if !app.is_embed() {
                <Button icon={Some(Icon::Plus)} class="quiet wide-only" onclick={dialog(Dialog::NewCluster)} testid="new-cluster">{ "New cluster" }</Button>
            }
            <Button class="quiet wide-only" onclick={dialog(Dialog::Fidelity)} testid="fidelity">{ "What is simulated" }</Button>
            <IconButton icon={if dark { Icon::Sun } else { Icon::Moon }} label={if dark { "Light colours" } else { "Dark colours" }}
                onclick={toggle_theme} testid="theme" />
            <IconButton icon={Icon::Help} label="Keys and help" hint="?" onclick={dialog(Dialog::Keys)} testid="help" />
            <Button icon={Some(Icon::Link)} class="primary" onclick={dialog(Dialog::Share)} testid="share" label="Share">{ "Share" }</Button>
        </header>
    }
}

/// Whether the page is dark now: by the person's choice, or the system's (static/js/src/theme.js says which).
pub fn is_dark() -> bool {
    gloo::utils::document_element().get_attribute("data-theme").as_deref() == Some("dark")
}

/// A wheel of seven spokes would be Kubernetes' own; ours is a cluster under a glass dome.
fn logo() -> Html {
    html! {
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
            <path class="logo-dome" d="M3.5 19V12a8.5 8.5 0 0 1 17 0v7z" />
            <path class="logo-base" d="M2.5 19.5h19" />
            <rect x="7" y="12.6" width="3.6" height="3.6" rx=".9" /><rect x="13.4" y="12.6" width="3.6" height="3.6" rx=".9" />
            <rect x="10.2" y="7.2" width="3.6" height="3.6" rx=".9" />
        </svg>
    }
}

#[component]
pub fn ViewTabs() -> Html {
    let app = use_app();
    let current = *use_select(|it| it.view);
    let onkeydown = {
        let app = app.clone();
        Callback::from(move |event: KeyboardEvent| {
            let index = VIEWS.iter().position(|it| it.id == current).unwrap_or(0);
            let next = match event.key().as_str() {
                "ArrowRight" => (index + 1) % VIEWS.len(),
                "ArrowLeft" => (index + VIEWS.len() - 1) % VIEWS.len(),
                _ => return,
            };
            event.prevent_default();
            app.dispatch(Action::Show(VIEWS[next].id));
            crate::ui::app::focus(&format!("#tab-{}", VIEWS[next].id));
        })
    };
    html! {
        <div class="view-tabs">
        <div class="view-tab-list" role="tablist" aria-label="Views" {onkeydown}>
            { for VIEWS.iter().enumerate().map(|(index, view)| {
                let shown = view.id == current;
                let app = app.clone();
                let onclick = Callback::from(move |_| app.dispatch(Action::Show(view.id)));
                html! {
                    <button type="button" role="tab" class="tab" id={format!("tab-{}", view.id)} aria-selected={shown.to_string()}
                        tabindex={if shown { "0" } else { "-1" }} {onclick} title={format!("{}  ({})", view.title, index + 1)}
                        data-testid={format!("tab-{}", view.id)}>
                        { view.icon.draw() }<span>{ view.title }</span>
                    </button>
                }
            }) }
        </div>
        <Faults />
        </div>
    }
}

/// What is broken at the moment shown, each with what mends it.
#[component]
fn Faults() -> Html {
    let app = use_app();
    let faults = use_select(|it| it.faults.clone());
    let mends = app.params().shows("faults") && !app.params().readonly;
    html! {
        <ul class="faults" aria-label="Broken" data-testid="faults">
            { for faults.iter().map(|it| {
                let (app, undo) = (app.clone(), it.undo.clone());
                let onclick = Callback::from(move |_: MouseEvent| app.fault(undo.clone()));
                html! {
                    <li key={it.text.clone()}>{ Icon::Power.draw() }<span>{ broken(&it.undo) }</span>
                        if mends { <button type="button" {onclick} data-testid="mend">{ "Mend" }</button> }</li>
                }
            }) }
        </ul>
    }
}

/// What is broken, by what mends it.
fn broken(undo: &Fault) -> String {
    match undo {
        Fault::StartNode { node } => format!("{node} has no power"),
        Fault::HealNode { node } => format!("{node} is cut off"),
        Fault::StartComponent { name } => format!("{name} is stopped"),
        _ => "something is broken".into(),
    }
}
