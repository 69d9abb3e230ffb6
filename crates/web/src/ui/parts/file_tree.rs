//! The workstation's files: open, new, rename, delete.

use kubarium_protocol::{Answer, Command, Severity};
use kubarium_web::model::files::{TreeRow, free_name, name_problem, tree};
use kubarium_web::model::state::{Action, Confirm, Dialog, Phase};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

/// What a new manifest starts with.
const NEW_FILE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: hello\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: hello\n  template:\n    metadata:\n      labels:\n        app: hello\n    spec:\n      containers:\n      - name: web\n        image: nginx\n        ports:\n        - containerPort: 80\n";

/// A name being typed: for a new file, or instead of an old one.
#[derive(Clone, PartialEq)]
enum Naming {
    New,
    Rename(String),
}

/// The tree of files, with a field where a name is being typed.
#[component]
pub fn FileTree() -> Html {
    let app = use_app();
    let files = use_select(|it| it.files.clone());
    let closed = use_select(|it| it.closed_folders.clone());
    let current = use_select(|it| it.tab.clone());
    let ready = *use_select(|it| it.phase == Phase::Ready);
    let naming = use_state(|| None::<Naming>);
    let rows = use_memo((files.clone(), closed.clone()), |(files, closed)| tree(files, closed));
    let start_new = naming.setter();
    let done = {
        let (app, files, naming) = (app.clone(), files.clone(), naming.clone());
        Callback::from(move |name: Option<String>| {
            let was = (*naming).clone();
            naming.set(None);
            let Some(name) = name.map(|it| it.trim().to_string()).filter(|it| !it.is_empty()) else { return };
            if was == Some(Naming::Rename(name.clone())) {
                return;
            }
            if let Some(problem) = name_problem(&files, &name) {
                app.tell(Severity::Warning, problem);
                return;
            }
            match was {
                Some(Naming::Rename(from)) => rename(&app, from, name),
                _ => create(&app, name),
            }
        })
    };
    html! {
        <div class="files">
            <div class="pane-head">
                <h2>{ "Files" }</h2>
                <div class="spread"></div>
                if !app.params().readonly { <IconButton icon={Icon::Plus} label="New file" disabled={!ready} onclick={Callback::from(move |()| start_new.set(Some(Naming::New)))} testid="new-file" /> }
            </div>
            <ul class="file-list" aria-label="Files on the workstation">
                if *naming == Some(Naming::New) {
                    <li><NameInput value={free_name(&files, "manifest")} done={done.clone()} /></li>
                }
                <>{ for rows.iter().map(|row| {
                    let renaming = *naming == Some(Naming::Rename(row.path.clone()));
                    let set = naming.setter();
                    let path = row.path.clone();
                    let rename = Callback::from(move |()| set.set(Some(Naming::Rename(path.clone()))));
                    html! {
                        <li key={row.path.clone()} style={format!("--depth:{}", row.depth)}>
                            if renaming { <NameInput value={row.path.clone()} done={done.clone()} /> }
                            else { <Entry row={row.clone()} current={current.as_ref().as_ref() == Some(&row.path)} {rename} /> }
                        </li>
                    }
                }) }</>
                if !ready {
                    <li class="empty small"><span class="bone" style="width:96px"></span></li>
                } else if rows.is_empty() && *naming != Some(Naming::New) {
                    <li class="empty small">{ "No files yet. What you write here, the terminal sees too." }</li>
                }
            </ul>
        </div>
    }
}

/// Writes a first manifest and opens it.
pub fn create(app: &crate::ui::link::App, path: String) {
    let opening = app.clone();
    let shown = path.clone();
    app.ask(
        |id| Command::WriteFile { id, path, text: NEW_FILE.into() },
        move |answer| match answer {
            Answer::Failed { message } => opening.tell(Severity::Error, message),
            _ => opening.open_file(&shown),
        },
    );
}

fn rename(app: &crate::ui::link::App, from: String, to: String) {
    let renamed = app.clone();
    let (was, is) = (from.clone(), to.clone());
    // The tab goes along before the file list comes and finds the old name gone.
    app.dispatch(Action::Renamed { from: was.clone(), to: is.clone() });
    app.ask(
        |id| Command::RenameFile { id, from, to },
        move |answer| {
            if let Answer::Failed { message } = answer {
                renamed.dispatch(Action::Renamed { from: is, to: was });
                renamed.tell(Severity::Error, message);
            }
        },
    );
}

#[derive(Properties, PartialEq)]
struct EntryProps {
    row: TreeRow,
    current: bool,
    rename: Callback<()>,
}

#[component]
fn Entry(props: &EntryProps) -> Html {
    let app = use_app();
    let row = props.row.clone();
    let open = {
        let (app, row) = (app.clone(), row.clone());
        Callback::from(move |_: MouseEvent| match row.folder {
            true => app.dispatch(Action::ToggleFolder(row.path.clone())),
            false => app.open_file(&row.path),
        })
    };
    let delete = {
        let (app, path) = (app.clone(), row.path.clone());
        Callback::from(move |()| {
            app.dispatch(Action::Dialog(Some(Dialog::Confirm(Confirm::DeleteFile { path: path.clone() }))))
        })
    };
    let icon = match (row.folder, row.open) {
        (true, true) => Icon::FolderOpen,
        (true, false) => Icon::Folder,
        _ => Icon::File,
    };
    html! {
        <div class={classes!("file", props.current.then_some("current"))}>
            <button type="button" class="file-name" onclick={open} aria-expanded={row.folder.then(|| row.open.to_string())}
                aria-current={props.current.then_some("true")} data-testid={format!("file-{}", row.path)}>
                { icon.draw() }<span>{ row.name.clone() }</span>
            </button>
            if !app.params().readonly {
                <IconButton icon={Icon::Edit} class="on-hover" label={format!("Rename {}", row.name)} onclick={props.rename.clone()} />
                <IconButton icon={Icon::Trash} class="on-hover" label={format!("Delete {}", row.name)} onclick={delete} />
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct NameInputProps {
    value: String,
    /// The name, or none when it was given up.
    done: Callback<Option<String>>,
}

#[component]
fn NameInput(props: &NameInputProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            if let Some(input) = node.cast::<web_sys::HtmlInputElement>() {
                // Best effort: the person can click into it.
                let _ = input.focus();
                input.select();
            }
        });
    }
    let onkeydown = {
        let done = props.done.clone();
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => {
                let input = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok());
                done.emit(input.map(|it| it.value()));
            }
            "Escape" => done.emit(None),
            _ => {}
        })
    };
    let onblur = {
        let done = props.done.clone();
        Callback::from(move |_: FocusEvent| done.emit(None))
    };
    html! { <input class="name-input" ref={node} value={props.value.clone()} {onkeydown} {onblur} aria-label="File name" data-testid="file-name-input" /> }
}
