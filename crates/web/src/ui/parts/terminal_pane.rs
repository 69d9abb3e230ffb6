//! Terminals: tabs, and one xterm.js for each.

use kubarium_protocol::{Command, Severity, TerminalId, TerminalState};
use kubarium_web::model::state::{Action, Dialog, Edit, Phase, Term};
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::js;
use crate::ui::parts::button::{Button, IconButton};
use crate::ui::parts::key_row::KeyRow;

/// The terminals, one shown at a time, with the keys that phones lack.
#[component]
pub fn TerminalPane() -> Html {
    let app = use_app();
    let terminals = use_select(|it| it.terminals.clone());
    let current = *use_select(|it| it.terminal);
    let edit = use_select(|it| it.edit().cloned());
    let ready = *use_select(|it| it.phase == Phase::Ready);
    let readonly = app.params().readonly;
    let add = {
        let app = app.clone();
        Callback::from(move |()| {
            app.open_terminal();
            app.enter_terminal();
        })
    };
    html! {
        <section class="terminal-pane" aria-label="Terminal" data-testid="terminal-pane">
            <div class="pane-head">
                <div class="tabs small">
                    { for terminals.iter().map(|term| html! { <TerminalTab key={term.id} term={*term} shown={term.id == current} last={terminals.len() == 1} /> }) }
                </div>
                if !readonly { <IconButton icon={Icon::Plus} label="New terminal" onclick={add} disabled={!ready} testid="new-terminal" /> }
                <div class="spread"></div>
                <IconButton icon={Icon::Copy} label="Copy the whole session as text" onclick={Callback::from(|()| js::copy_session())} testid="copy-session" />
                <span class="pane-hint wide-only">{ if readonly { "Read only" } else { "Esc then Tab leaves the terminal" } }</span>
            </div>
            <div class="terminal-body">
                // A list of its own: only lists of nothing but keys keep what they hold when they grow.
                <>{ for terminals.iter().map(|term| html! { <Screen key={term.id} id={term.id} shown={term.id == current && edit.is_none()} /> }) }</>
                if !ready { { starting() } }
                if let Some(edit) = &*edit { <EditScreen key={edit.id} edit={edit.clone()} /> }
            </div>
            if !readonly { <KeyRow /> }
        </section>
    }
}

/// What a person who waits is told; the style sheet shows it after a moment only, and the second line much later.
fn starting() -> Html {
    html! {
        <p class="terminal-wait" role="status" data-testid="terminal-wait">
            <span>{ "Starting the cluster …" }</span>
            <span class="later">{ "The simulation is still being loaded: 1.5 MB, once. Later visits have it at hand." }</span>
        </p>
    }
}

#[derive(Properties, PartialEq)]
struct TabProps {
    term: Term,
    shown: bool,
    last: bool,
}

#[component]
fn TerminalTab(props: &TabProps) -> Html {
    let app = use_app();
    let id = props.term.id;
    let show = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| {
            app.dispatch(Action::ShowTerminal(id));
            app.enter_terminal();
        })
    };
    let close = Callback::from(move |()| app.close_terminal(id));
    let state = match props.term.state {
        TerminalState::Prompt => "",
        TerminalState::Busy => "running",
        TerminalState::Closed => "ended",
    };
    html! {
        <div class={classes!("tab-with-close", props.shown.then_some("shown"))}>
            <button type="button" class="tab" aria-pressed={props.shown.to_string()} onclick={show} data-testid={format!("terminal-tab-{id}")}>
                { Icon::Terminal.draw() }<span>{ format!("Terminal {}", id + 1) }</span>
                <span class={classes!("tab-dot", state)} title={state}></span><span class="hidden-text">{ state }</span>
            </button>
            if !props.last { <IconButton icon={Icon::Close} label={format!("Close terminal {}", id + 1)} onclick={close} /> }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ScreenProps {
    id: TerminalId,
    shown: bool,
}

#[component]
fn Screen(props: &ScreenProps) -> Html {
    let app = use_app();
    let host = use_node_ref();
    let part = use_mut_ref(|| None::<js::Part>);
    let id = props.id;
    {
        let (host, part) = (host.clone(), part.clone());
        use_effect_with((), move |()| {
            if let Some(element) = host.cast::<web_sys::Element>() {
                let created = js::create_terminal(&element, &options(&app, id));
                let screen = created.clone();
                app.attach_screen(id, move |text| screen.call("write", &text.into(), &JsValue::UNDEFINED));
                *part.borrow_mut() = Some(created);
            }
            move || {
                app.detach_screen(id);
                if let Some(part) = part.borrow_mut().take() {
                    part.call("dispose", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
                }
            }
        });
    }
    let class = classes!("terminal-tab-panel", props.shown.then_some("shown"));
    html! { <div {class} ref={host} data-testid={format!("terminal-{id}")}></div> }
}

fn options(app: &crate::ui::link::App, id: TerminalId) -> JsValue {
    let options = js_sys::Object::new().into();
    js::set(&options, "label", format!("Terminal {}", id + 1));
    js::set(&options, "reader", app.with(|it| it.prefs.screen_reader));
    js::set(&options, "readOnly", app.params().readonly);
    let typed = app.clone();
    let on_data = js::text(move |text| {
        let text = typed.with_control(text);
        typed.type_into(id, text);
    });
    js::set(&options, "onData", on_data);
    let noted = app.clone();
    js::set(&options, "onNote", js::text(move |text| noted.tell(Severity::Info, text)));
    let copied = app.clone();
    js::set(&options, "onCopy", js::text(move |text| copied.copy(&text)));
    let sized = app.clone();
    let on_resize = js::sizes(move |columns, rows| {
        sized.resize_screen(id, columns as u16, rows as u16);
    });
    js::set(&options, "onResize", on_resize);
    let pasted = app.clone();
    js::set(
        &options,
        "onPaste",
        js::text(move |text| pasted.dispatch(Action::Dialog(Some(Dialog::Paste(id, text))))),
    );
    options
}

#[derive(Properties, PartialEq)]
struct EditProps {
    edit: Edit,
}

/// The editor that `kubectl edit`, `vi` and `nano` open, in the terminal's place.
#[component]
fn EditScreen(props: &EditProps) -> Html {
    let app = use_app();
    let host = use_node_ref();
    let part = use_mut_ref(|| None::<js::Part>);
    let text = use_mut_ref(|| props.edit.text.clone());
    let edit = props.edit.clone();
    let done = {
        let (app, id, text) = (app.clone(), edit.id, text.clone());
        move |save: bool| {
            let text = save.then(|| text.borrow().clone());
            app.send(Command::EditDone { edit: id, text });
            app.dispatch(Action::EditDone(id));
            app.enter_terminal();
        }
    };
    {
        let (host, part, edit, done) = (host.clone(), part.clone(), edit.clone(), done.clone());
        use_effect_with((), move |()| {
            if let Some(element) = host.cast::<web_sys::Element>() {
                let options = js_sys::Object::new().into();
                js::set(&options, "label", edit.title.clone());
                js::set(&options, "onChange", js::texts(move |_, now| *text.borrow_mut() = now));
                js::set(&options, "onSave", js::nothing(move || done(true)));
                let created = js::create_editor(&element, &options);
                created.call("open", &edit.path.clone().into(), &edit.text.clone().into());
                created.call("focus", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
                *part.borrow_mut() = Some(created);
            }
            move || {
                if let Some(part) = part.borrow_mut().take() {
                    part.call("dispose", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
                }
            }
        });
    }
    let (save, quit) = (done.clone(), done);
    html! {
        <div class="edit-screen" data-testid="edit-screen">
            <div class="edit-head">
                <strong title={edit.path.clone()}>{ edit.title.clone() }</strong>
                if edit.path != edit.title { <span class="muted mono">{ edit.path.clone() }</span> }
                <div class="spread"></div>
                <Button class="quiet small" onclick={Callback::from(move |()| quit(false))} testid="edit-quit">{ "Close without saving" }</Button>
                <Button class="primary small" title="Ctrl+S" onclick={Callback::from(move |()| save(true))} testid="edit-save">{ "Save and close" }</Button>
            </div>
            <div class="edit-body" ref={host}></div>
        </div>
    }
}
