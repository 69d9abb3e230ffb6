//! Keys that a soft keyboard lacks, over it.

use kubarium_web::model::state::Action;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};

/// What each key sends.
const KEYS: [(&str, &str, &str); 12] = [
    ("Tab", "\t", "Tab key"),
    ("Esc", "\x1b", "Esc key"),
    ("↑", "\x1b[A", "Up"),
    ("↓", "\x1b[B", "Down"),
    ("←", "\x1b[D", "Left"),
    ("→", "\x1b[C", "Right"),
    ("^C", "\x03", "Control C"),
    ("|", "|", "Pipe"),
    ("-", "-", "Hyphen"),
    ("/", "/", "Slash"),
    (".", ".", "Dot"),
    (":", ":", "Colon"),
];

/// The row over a soft keyboard.
#[component]
pub fn KeyRow() -> Html {
    let app = use_app();
    let control = *use_select(|it| it.control);
    let hold = {
        let app = app.clone();
        Callback::from(move |event: PointerEvent| {
            event.prevent_default();
            app.dispatch(Action::Control(!control));
        })
    };
    html! {
        <div class="key-row" role="toolbar" aria-label="Terminal keys" data-testid="key-row">
            <button type="button" class="key" tabindex="-1" aria-pressed={control.to_string()} onpointerdown={hold} data-testid="key-ctrl">{ "Ctrl" }</button>
            { for KEYS.iter().map(|(label, text, name)| {
                let app = app.clone();
                // The soft keyboard stays: the focus does not move to the button.
                let onpointerdown = Callback::from(move |event: PointerEvent| {
                    event.prevent_default();
                    let terminal = app.with(|it| it.terminal);
                    let text = app.with_control(text.to_string());
                    app.type_into(terminal, text);
                });
                html! { <button type="button" class="key" tabindex="-1" aria-label={*name} {onpointerdown}>{ *label }</button> }
            }) }
        </div>
    }
}
