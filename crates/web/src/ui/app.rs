//! The frame: bars, panes, splitters, and the keys that work everywhere.

use kubarium_protocol::Time;
use kubarium_web::model::collection::Collection;
use kubarium_web::model::layout::clamp_split;
use kubarium_web::model::params::Parts;
use kubarium_web::model::pod_map::PodMap;
use kubarium_web::model::rollout::Rollouts;
use kubarium_web::model::state::{Action, Dialog, Pane, Phase};
use kubarium_web::model::units::fixed;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select, use_watch};
use crate::ui::link::App;
use crate::ui::parts::coach_bar::CoachBar;
use crate::ui::parts::dialogs::Dialogs;
use crate::ui::parts::editor_pane::EditorPane;
use crate::ui::parts::inspector::Inspector;
use crate::ui::parts::notices::Notices;
use crate::ui::parts::pane_tabs::PaneTabs;
use crate::ui::parts::splitter::Splitter;
use crate::ui::parts::strip::Strip;
use crate::ui::parts::terminal_pane::TerminalPane;
use crate::ui::parts::time_bar::TimeBar;
use crate::ui::parts::top_bar::{TopBar, ViewTabs};
use crate::ui::view_list::{VIEWS, named};
use crate::ui::views::map::{nodes_watch, pods_watch};
use crate::ui::views::rollout::replica_sets_watch;

/// The handle that everything below gets.
#[derive(Properties, PartialEq)]
pub struct RootProps {
    pub app: App,
}

/// Provides the app's handle to everything below.
#[component]
pub fn Root(props: &RootProps) -> Html {
    html! { <ContextProvider<App> context={props.app.clone()}><Frame /></ContextProvider<App>> }
}

/// Subscriptions that last as long as the page: a rollout is recorded also while nobody looks at it, and views that are
/// gone back to need not load again.
#[component]
fn Background() -> Html {
    use_watch::<Rollouts>(replica_sets_watch());
    use_watch::<PodMap>(pods_watch());
    use_watch::<Collection>(nodes_watch());
    Html::default()
}

#[component]
fn Frame() -> Html {
    let app = use_app();
    let view = *use_select(|it| it.view);
    let pane = *use_select(|it| it.pane);
    let phase = use_select(|it| it.phase.clone());
    let sizes = use_select(|it| (it.prefs.left, it.prefs.bottom, it.prefs.left_open));
    let (left, bottom, left_open) = *sizes;
    let keys = app.clone();
    use_effect_with((), move |()| {
        let call = Closure::<dyn FnMut(web_sys::KeyboardEvent)>::new(move |event| on_key(&keys, &event));
        // The document takes listeners of any kind.
        let _ = gloo::utils::document()
            .add_event_listener_with_callback("keydown", call.as_ref().unchecked_ref());
        call.forget();
    });
    if let Phase::Failed(message) = &*phase {
        return html! { <Failed message={message.clone()} /> };
    }
    let params = app.params().clone();
    let Parts { stage, side, terminal } = params.parts(app.is_embed(), left_open);
    // On a phone the files can be gone to also while they are closed elsewhere.
    let files = side || (!app.is_embed() && params.shows("editor"));
    let panes: Vec<Pane> = [(Pane::View, stage), (Pane::Editor, files), (Pane::Terminal, terminal)]
        .into_iter()
        .filter_map(|(pane, there)| there.then_some(pane))
        .collect();
    let pane = if panes.contains(&pane) { pane } else { panes.first().copied().unwrap_or_default() };
    let resize_left = app.clone();
    let resize_bottom = app.clone();
    let keep = app.clone();
    let keep = Callback::from(move |()| keep.keep_prefs());
    let pane_class = match pane {
        Pane::View => "on-view",
        Pane::Editor => "on-editor",
        Pane::Terminal => "on-terminal",
    };
    let style = format!("--left:{}px;--bottom:{}px", fixed(left, 1), fixed(bottom, 1));
    html! {
        <div class={classes!("app", pane_class, (!stage).then_some("no-stage"), (!terminal).then_some("no-terminal"), side.then_some("with-side"))} {style}>
            <a class="skip-link" href="#stage">{ "Skip to the cluster" }</a>
            if params.shows("nav") { <TopBar /> }
            <main class="work">
                if side {
                    <section class="side" aria-label="Files and editor"><EditorPane /></section>
                    <Splitter label="Width of files and editor" vertical={true} value={left} least={260.0} most={900.0}
                        on_change={Callback::from(move |size| resize_left.dispatch(set_left(&resize_left, size)))} on_done={keep.clone()} />
                }
                <div class="center">
                    if stage {
                        <section class="stage-pane" aria-label="Cluster">
                            <ViewTabs />
                            if params.shows("coach") && !app.is_embed() && !params.readonly { <CoachBar /> }
                            <div class="stage" id="stage" tabindex="-1">
                                <div class="view" role="tabpanel" aria-label={named(view).title} key={view} data-testid={format!("view-{view}")}>
                                    { (named(view).draw)() }
                                </div>
                                <Inspector />
                            </div>
                        </section>
                    }
                    if terminal {
                        if params.shows("strip") { <Strip /> }
                        if stage {
                            <Splitter label="Height of the terminal" vertical={false} value={bottom} least={96.0} most={900.0}
                                on_change={Callback::from(move |size| resize_bottom.dispatch(set_bottom(&resize_bottom, size)))} on_done={keep} />
                        }
                        <TerminalPane />
                    }
                </div>
            </main>
            if params.shows("time") { <TimeBar /> }
            if panes.len() > 1 { <PaneTabs {panes} current={pane} /> }
            <Background />
            <Notices />
            <Dialogs />
        </div>
    }
}

fn set_left(app: &App, size: f64) -> Action {
    let mut prefs = app.with(|it| it.prefs.clone());
    let width = gloo::utils::body().client_width().into();
    prefs.left = clamp_split(size, width, 260.0, 420.0);
    Action::Prefs(prefs)
}

fn set_bottom(app: &App, size: f64) -> Action {
    let mut prefs = app.with(|it| it.prefs.clone());
    let height = gloo::utils::document_element().client_height().into();
    prefs.bottom = clamp_split(size, height, 96.0, 330.0);
    Action::Prefs(prefs)
}

#[derive(Properties, PartialEq)]
struct FailedProps {
    message: String,
}

#[component]
fn Failed(props: &FailedProps) -> Html {
    let again = Callback::from(|_: MouseEvent| reload());
    let anew = Callback::from(|_: MouseEvent| {
        crate::ui::persist::forget();
        reload();
    });
    let app = use_app();
    let had_begun = app.with(|it| !it.opened.kubernetes.is_empty());
    let (title, hint) = match had_begun {
        true => (
            "The simulation stopped",
            "Your files and the cluster were saved as of a moment ago; reloading brings them back.",
        ),
        false => (
            "The simulation could not be loaded",
            "A part of the page did not arrive. See to the connection, and reload.",
        ),
    };
    html! {
        <div class="fatal" role="alert" data-testid="failed">
            <h1>{ title }</h1>
            <p>{ props.message.clone() }</p>
            <p>{ hint }</p>
            <div class="dialog-buttons start">
                <button class="button primary" onclick={again}>{ "Reload" }</button>
                if had_begun { <button class="button" onclick={anew}>{ "Start with a new cluster" }</button> }
            </div>
        </div>
    }
}

fn reload() {
    // A page that cannot be reloaded stays as it is.
    let _ = gloo::utils::window().location().reload();
}

/// The keys of the whole page. They keep quiet while something is being typed.
fn on_key(app: &App, event: &web_sys::KeyboardEvent) {
    let key = event.key();
    let in_dialog = app.with(|it| it.dialog.is_some());
    if event.ctrl_key() && key == "`" && !in_dialog {
        app.enter_terminal();
        event.prevent_default();
        return;
    }
    // In the terminal, Ctrl+K belongs to its line editor; with Shift it is the page's there, too.
    let command = event.ctrl_key() || event.meta_key();
    if command && key.eq_ignore_ascii_case("k") && (event.shift_key() || !in_terminal(event)) && !in_dialog {
        app.dispatch(Action::Dialog(Some(Dialog::Palette)));
        event.prevent_default();
        return;
    }
    let typing = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()).is_some_and(|it| {
        matches!(
            it.closest("input, textarea, select, [contenteditable], .xterm, .cm-editor, dialog"),
            Ok(Some(_))
        )
    });
    if typing || in_dialog {
        return;
    }
    // Ctrl+D is the browser's bookmark else.
    if event.ctrl_key() && !event.shift_key() && !event.alt_key() && key.eq_ignore_ascii_case("d") {
        if app.object_key("Delete") {
            event.prevent_default();
        }
        return;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    // An embed takes no key before it has been clicked into; then the target is within it.
    let on_control = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()).is_some_and(|it| {
        matches!(it.closest("button, a, summary, [role=slider], [role=separator]"), Ok(Some(_)))
    });
    let handled = match key.as_str() {
        "?" => dispatch(app, Action::Dialog(Some(Dialog::Keys))),
        ":" => dispatch(app, Action::Dialog(Some(Dialog::Palette))),
        "d" | "y" | "e" | "s" | "Delete" => app.object_key(&key),
        "l" if app.with(|it| it.clock.live) => app.object_key("l"),
        " " if !on_control => run(|| app.toggle_play()),
        "." => run(|| app.toggle_play()),
        ">" => run(|| app.time(Time::Step)),
        "<" => run(|| app.rewind()),
        "[" => run(|| app.change_speed(false)),
        "]" => run(|| app.change_speed(true)),
        "b" => run(|| app.time(Time::Branch)),
        "l" if !app.with(|it| it.clock.live) => run(|| app.time(Time::Live)),
        "g" => focus("#time-track"),
        "/" => focus(".view input[type=search]"),
        "Escape" if app.with(|it| it.selection.is_some()) => close_inspector(app),
        "Escape" if app.with(|it| it.stepped.is_some()) => dispatch(app, Action::StepRead),
        digit => match digit.parse::<usize>().ok().and_then(|it| VIEWS.get(it.wrapping_sub(1))) {
            Some(view) => dispatch(app, Action::Show(view.id)),
            None => false,
        },
    };
    if handled {
        event.prevent_default();
    }
}

/// Closes the inspector. The focus, if it was in there, goes back to what was looked at.
fn close_inspector(app: &App) -> bool {
    let object = app.with(|it| it.selection.clone());
    app.dispatch(Action::Select(None, String::new()));
    let lost = gloo::utils::document()
        .active_element()
        .is_none_or(|it| it.tag_name() == "BODY" || matches!(it.closest(".inspector"), Ok(Some(_))));
    if let Some(object) = object.filter(|_| lost) {
        let name = &object.name;
        let back = match object.kind.as_str() {
            "Pod" => format!(
                "[data-pod=\"{}/{name}\"], [data-testid=\"row-{name}\"] button, #stage",
                object.namespace
            ),
            "Node" => format!(
                "[data-testid=\"node-{name}\"] .node-head, [data-testid=\"row-{name}\"] button, #stage"
            ),
            _ => format!("[data-testid=\"row-{name}\"] button, #stage"),
        };
        focus_soon(&back);
    }
    true
}

/// Whether a key was pressed in a terminal.
fn in_terminal(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|it| matches!(it.closest(".xterm"), Ok(Some(_))))
}

fn dispatch(app: &App, action: Action) -> bool {
    app.dispatch(action);
    true
}

fn run(call: impl FnOnce()) -> bool {
    call();
    true
}

/// Focuses the first element of a selector, if there is one; gives whether there is.
pub fn focus(selector: &str) -> bool {
    // A list of selectors means the first one that finds something, not the first element of the page.
    let found = selector.split(", ").find_map(|it| gloo::utils::document().query_selector(it).ok().flatten());
    let element = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = &element {
        // Elements that cannot take the focus leave it where it is.
        let _ = element.focus();
    }
    element.is_some()
}

/// Focuses what will be there when the page has been drawn, or soon after.
pub fn focus_soon(selector: &str) {
    focus_within(selector.to_string(), 10);
}

fn focus_within(selector: String, tries: u32) {
    const WAIT_MS: u32 = 30;
    let wait = if tries == 10 { 0 } else { WAIT_MS };
    gloo::timers::callback::Timeout::new(wait, move || {
        if !focus(&selector) && tries > 1 {
            focus_within(selector, tries - 1);
        }
    })
    .forget();
}
