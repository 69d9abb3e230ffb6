//! The command palette: type a few letters, Enter does the first that fits.

use kubarium_protocol::Time;
use kubarium_web::model::lines;
use kubarium_web::model::palette::{Act, Deed, Entry, entries};
use kubarium_web::model::state::{Action, Dialog};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::use_app;
use crate::ui::link::App;
use crate::ui::view_list::VIEWS;

/// The palette over the page.
#[component]
pub fn Palette() -> Html {
    let app = use_app();
    let query = use_state_eq(String::new);
    let chosen = use_state_eq(|| 0_usize);
    let views: Vec<_> = VIEWS.iter().map(|it| (it.id, it.title)).collect();
    let found = entries(&query, &views);
    let oninput = {
        let (query, chosen) = (query.setter(), chosen.setter());
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok())
            {
                query.set(input.value());
                chosen.set(0);
            }
        })
    };
    let onkeydown = {
        let (app, found, chosen) = (app.clone(), found.clone(), chosen.clone());
        Callback::from(move |event: KeyboardEvent| {
            let last = found.len().saturating_sub(1);
            match event.key().as_str() {
                "ArrowDown" => chosen.set((*chosen + 1).min(last)),
                "ArrowUp" => chosen.set(chosen.saturating_sub(1)),
                // Not to clear the field first, as browsers do with fields for searching.
                "Escape" => app.dispatch(Action::Dialog(None)),
                "Enter" => {
                    if let Some(entry) = found.get(*chosen) {
                        act(&app, &entry.deed);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let option = |index: usize, entry: &Entry| {
        let (app, deed) = (app.clone(), entry.deed.clone());
        let onclick = Callback::from(move |_: MouseEvent| act(&app, &deed));
        let is_line = matches!(entry.deed, Deed::Line(_));
        html! {
            <li key={format!("{}{}", entry.hint, entry.title)} id={format!("palette-{index}")} role="option" aria-selected={(index == *chosen).to_string()} {onclick}>
                <span class={classes!(is_line.then_some("mono"))}>{ entry.title.clone() }</span><span class="muted">{ entry.hint }</span></li>
        }
    };
    html! {
        <DialogBox title="Go to, do, or run" testid="palette">
            <input type="search" class="palette-input" data-focus="" placeholder="A view, a kind, a deed, or kubectl …" aria-label="What to do"
                role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={format!("palette-{}", *chosen)}
                value={(*query).clone()} {oninput} {onkeydown} data-testid="palette-input" />
            <ul class="palette-list" id="palette-list" role="listbox" aria-label="What fits">
                { for found.iter().enumerate().map(|(index, entry)| option(index, entry)) }
            </ul>
        </DialogBox>
    }
}

fn act(app: &App, deed: &Deed) {
    app.dispatch(Action::Dialog(None));
    match deed {
        Deed::View(id) => app.dispatch(Action::Show(id)),
        Deed::Kind(kind) => {
            let namespace = app.with(|it| it.namespace.clone());
            app.dispatch(Action::ShowKind(kind));
            app.dispatch(Action::Show("resources"));
            app.dispatch(Action::Strip(lines::get(kind, &namespace)));
        }
        Deed::Line(line) => app.run_line_to_read(line),
        Deed::Do(act) => match act {
            Act::Play => app.toggle_play(),
            Act::Step => app.time(Time::Step),
            Act::RunUntilIdle => app.time(Time::RunUntilIdle),
            Act::Rewind => app.rewind(),
            Act::Live => app.time(Time::Live),
            Act::Branch => app.time(Time::Branch),
            Act::Faster => app.change_speed(true),
            Act::Slower => app.change_speed(false),
            Act::Share => app.dispatch(Action::Dialog(Some(Dialog::Share))),
            Act::NewCluster => app.dispatch(Action::Dialog(Some(Dialog::NewCluster))),
            Act::Fidelity => app.dispatch(Action::Dialog(Some(Dialog::Fidelity))),
            Act::Keys => app.dispatch(Action::Dialog(Some(Dialog::Keys))),
            Act::Theme => app.toggle_theme(),
            Act::Terminal => app.enter_terminal(),
        },
    }
}
