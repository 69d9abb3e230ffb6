//! Files and the YAML editor: tabs, the API server's dry-run findings inline, apply.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use kubarium_protocol::{Answer, Command, Problem, Severity};
use kubarium_web::model::files::{free_name, is_manifest};
use kubarium_web::model::lines;
use kubarium_web::model::state::{Action, Phase, Tab};
use kubarium_web::model::units::plural;
use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::js;
use crate::ui::link::App;
use crate::ui::parts::button::{Button, IconButton};
use crate::ui::parts::file_tree::{FileTree, create};

/// How long after the last key a file is written, and checked.
const WRITE_MS: u32 = 350;

/// The editor with what is not written yet.
#[derive(Default)]
struct Work {
    part: Option<js::Part>,
    unwritten: Option<(String, String)>,
    timer: Option<Timeout>,
}

/// The pane at the left: files above, the editor below.
#[component]
pub fn EditorPane() -> Html {
    let app = use_app();
    let work = use_mut_ref(Work::default);
    let host = use_node_ref();
    let tabs = use_select(|it| it.tabs.clone());
    let current = use_select(|it| it.tab.clone());
    let files = use_select(|it| it.files.clone());
    let problems = use_select(|it| it.tab.as_ref().and_then(|tab| it.problems.get(tab).cloned()));
    {
        let (app, work, host) = (app.clone(), work.clone(), host.clone());
        use_effect_with(current.is_some(), move |shown| {
            if *shown
                && work.borrow().part.is_none()
                && let Some(element) = host.cast::<web_sys::Element>()
            {
                let part = js::create_editor(&element, &options(&app, &work));
                work.borrow_mut().part = Some(part);
            }
        });
    }
    // Shows the current tab's text.
    {
        let (app, work) = (app.clone(), work.clone());
        use_effect_with(current.clone(), move |current| {
            if let Some(path) = (**current).clone() {
                flush(&app, &work);
                show(&app, &work, path);
            }
        });
    }
    // Takes over what somebody else (the terminal) wrote to open files.
    {
        let (app, work) = (app.clone(), work.clone());
        use_effect_with(files, move |files| {
            for tab in app.with(|it| it.tabs.clone()) {
                let newer = files.iter().any(|file| file.path == tab.path && file.version != tab.version);
                if newer && !tab.unsaved {
                    reread(&app, &work, tab.path);
                }
            }
        });
    }
    {
        let (work, current, problems) = (work.clone(), current.clone(), problems.clone());
        use_effect_with((current, problems), move |(current, problems)| {
            if let (Some(part), Some(path)) = (&work.borrow().part, &**current) {
                let known = problems.as_deref().unwrap_or_default();
                let json = serde_json::to_string(known).unwrap_or_else(|_| "[]".into());
                part.call("problems", &path.into(), &json.into());
            }
        });
    }
    {
        let work = work.clone();
        use_effect_with((), move |()| {
            move || {
                if let Some(part) = work.borrow_mut().part.take() {
                    part.call("dispose", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
                }
            }
        });
    }
    let apply = {
        let (app, work) = (app.clone(), work.clone());
        Callback::from(move |()| apply(&app, &work))
    };
    html! {
        <>
            <FileTree />
            <div class="editor" data-testid="editor">
                <div class="pane-head">
                    <div class="tabs small">
                        { for tabs.iter().map(|tab| html! { <FileTab key={tab.path.clone()} tab={tab.clone()} shown={current.as_ref().as_ref() == Some(&tab.path)} work={Shared(work.clone())} /> }) }
                    </div>
                    <div class="spread"></div>
                    if current.as_deref().is_some_and(is_manifest) && !app.params().readonly {
                        <Button class="primary small" icon={Some(Icon::Play)} onclick={apply} testid="apply" title="Apply this file (Ctrl+Enter)">{ "Apply" }</Button>
                    }
                </div>
                <div class="editor-host" ref={host} hidden={current.is_none()}></div>
                if current.is_none() { <Empty /> }
                if let Some(problems) = problems.as_ref().clone() { <Findings {problems} work={Shared(work)} /> }
            </div>
        </>
    }
}

#[component]
fn Empty() -> Html {
    let app = use_app();
    let first = use_select(|it| {
        it.files.iter().find(|file| !file.folder && file.path.ends_with(".yaml")).map(|it| it.path.clone())
    });
    let open = (*first).clone().map(|path| {
        let app = app.clone();
        html! { <Button class="quiet" icon={Some(Icon::File)} onclick={Callback::from({ let path = path.clone(); move |()| app.open_file(&path) })}>{ format!("Open {path}") }</Button> }
    });
    let create = {
        let app = app.clone();
        Callback::from(move |()| {
            let name = app.with(|it| free_name(&it.files, "hello"));
            create(&app, name);
        })
    };
    let ready = *use_select(|it| it.phase == Phase::Ready);
    if !ready {
        return Html::default();
    }
    html! {
        <div class="empty">
            <p>{ "Write a manifest here. The API server checks it while you type, as a dry run." }</p>
            { open.unwrap_or_else(|| html! { <Button icon={Some(Icon::Plus)} disabled={!ready} onclick={create} testid="first-file">{ "New manifest" }</Button> }) }
        </div>
    }
}

/// Equal to itself only.
#[derive(Clone)]
struct Shared(Rc<RefCell<Work>>);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Properties, PartialEq)]
struct FileTabProps {
    tab: Tab,
    shown: bool,
    work: Shared,
}

#[component]
fn FileTab(props: &FileTabProps) -> Html {
    let app = use_app();
    let path = props.tab.path.clone();
    let name = path.rsplit('/').next().unwrap_or(&path).to_string();
    let show = {
        let (app, path) = (app.clone(), path.clone());
        Callback::from(move |_: MouseEvent| app.open_file(&path))
    };
    let close = {
        let (app, work, path) = (app.clone(), props.work.0.clone(), path.clone());
        Callback::from(move |()| {
            flush(&app, &work);
            if let Some(part) = &work.borrow().part {
                part.call("close", &path.clone().into(), &JsValue::UNDEFINED);
            }
            app.dispatch(Action::CloseTab(path.clone()));
        })
    };
    html! {
        <div class={classes!("tab-with-close", props.shown.then_some("shown"))}>
            <button type="button" class="tab" aria-pressed={props.shown.to_string()} onclick={show} title={path.clone()} data-testid={format!("file-tab-{path}")}>
                <span>{ name.clone() }</span>
                if props.tab.unsaved { <span class="unsaved" title="Being written"></span> }
            </button>
            <IconButton icon={Icon::Close} label={format!("Close {name}")} onclick={close} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct FindingsProps {
    problems: Vec<Problem>,
    work: Shared,
}

/// What the API server says to the file as it is.
#[component]
fn Findings(props: &FindingsProps) -> Html {
    if props.problems.is_empty() {
        return html! { <div class="findings good" role="status" data-testid="findings">{ Icon::Check.draw() }<span>{ "The API server would take it." }</span></div> };
    }
    let count = plural(props.problems.len(), "finding");
    html! {
        <div class="findings" role="status" data-testid="findings">
            <p class="findings-count">{ format!("{count} of the API server’s dry run") }</p>
            <ul>
                { for props.problems.iter().map(|it| {
                    let (class, icon) = match it.severity {
                        Severity::Error => ("error", Icon::Error),
                        Severity::Warning => ("warning", Icon::Warning),
                        Severity::Info => ("info", Icon::Info),
                    };
                    let line = it.line.unwrap_or(1);
                    let work = props.work.0.clone();
                    let onclick = Callback::from(move |_: MouseEvent| {
                        if let Some(part) = &work.borrow().part {
                            part.call("goto", &line.into(), &JsValue::UNDEFINED);
                        }
                    });
                    html! {
                        <li class={class}><button type="button" {onclick}>
                            { icon.draw() }
                            <span class="finding-line">{ it.line.map(|it| format!("line {it}")).unwrap_or_default() }</span>
                            <span>if !it.path.is_empty() { <code>{ it.path.clone() }</code>{ ": " } }{ it.message.clone() }</span>
                        </button></li>
                    }
                }) }
            </ul>
        </div>
    }
}

fn options(app: &App, work: &Rc<RefCell<Work>>) -> JsValue {
    let options = js_sys::Object::new().into();
    js::set(&options, "label", "Manifest. Press Escape, then Tab, to leave.");
    js::set(&options, "readOnly", app.params().readonly);
    let (changed, kept) = (app.clone(), work.clone());
    let on_change = js::texts(move |path, text| {
        changed.dispatch(Action::Unsaved(path.clone(), true));
        let (app, work) = (changed.clone(), kept.clone());
        let mut kept = kept.borrow_mut();
        kept.unwritten = Some((path, text));
        kept.timer = Some(Timeout::new(WRITE_MS, move || flush(&app, &work)));
    });
    js::set(&options, "onChange", on_change);
    let (applied, kept) = (app.clone(), work.clone());
    js::set(&options, "onApply", js::nothing(move || apply(&applied, &kept)));
    let (saved, kept) = (app.clone(), work.clone());
    js::set(&options, "onSave", js::nothing(move || flush(&saved, &kept)));
    options
}

/// Writes what is not written yet, and has it checked.
fn flush(app: &App, work: &Rc<RefCell<Work>>) {
    let unwritten = {
        let mut work = work.borrow_mut();
        work.timer = None;
        work.unwritten.take()
    };
    let Some((path, text)) = unwritten else { return };
    check(app, path.clone(), text.clone());
    let written = app.clone();
    let tab = path.clone();
    app.ask(
        |id| Command::WriteFile { id, path, text },
        move |answer| match answer {
            Answer::Failed { message } => written.tell(Severity::Error, message),
            _ => {
                // Our own words come back as a version of the file: nothing to take over.
                let version =
                    written.with(|it| it.files.iter().find(|file| file.path == tab).map(|file| file.version));
                if let Some(version) = version {
                    written.dispatch(Action::Based(tab.clone(), version));
                }
                written.dispatch(Action::Unsaved(tab, false));
            }
        },
    );
}

/// Asks the API server about a manifest.
fn check(app: &App, path: String, text: String) {
    if !is_manifest(&path) || text.trim().is_empty() {
        app.dispatch(Action::Problems(path, None));
        return;
    }
    let checked = app.clone();
    let about = path.clone();
    app.ask(
        |id| Command::Check { id, path, text },
        move |answer| {
            if let Answer::Problems(problems) = answer {
                checked.dispatch(Action::Problems(about, Some(problems)));
            }
        },
    );
}

/// Reads a file and shows it.
fn show(app: &App, work: &Rc<RefCell<Work>>, path: String) {
    read(app, work, path, "open");
}

fn reread(app: &App, work: &Rc<RefCell<Work>>, path: String) {
    read(app, work, path, "replace");
}

fn read(app: &App, work: &Rc<RefCell<Work>>, path: String, call: &'static str) {
    let (shown, kept, about) = (app.clone(), work.clone(), path.clone());
    app.ask(
        |id| Command::ReadFile { id, path },
        move |answer| match answer {
            Answer::File { path, text, version } => {
                let is_current = shown.with(|it| it.tab.as_deref() == Some(path.as_str()));
                if call == "open" && !is_current {
                    return;
                }
                if let Some(part) = &kept.borrow().part {
                    part.call(call, &path.clone().into(), &text.clone().into());
                }
                shown.dispatch(Action::Based(path.clone(), version));
                check(&shown, path, text);
            }
            Answer::Failed { message } => {
                shown.tell(Severity::Error, message);
                // What cannot be read is no empty file.
                if call == "open" {
                    shown.dispatch(Action::CloseTab(about));
                }
            }
            _ => {}
        },
    );
}

/// Writes, then applies in the terminal.
fn apply(app: &App, work: &Rc<RefCell<Work>>) {
    flush(app, work);
    let Some(path) = app.with(|it| it.tab.clone()).filter(|it| is_manifest(it)) else { return };
    // The shell may be anywhere: the home folder is named.
    let home = app.with(|it| it.opened.home.clone());
    let line = lines::apply(&if home.is_empty() { path } else { format!("~/{path}") });
    app.run_line_to_read(&line);
}
