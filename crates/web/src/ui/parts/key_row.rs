//! Keys that a soft keyboard lacks, over it.

use kubarium_protocol::Command;
use yew::prelude::*;

use crate::ui::hooks::use_app;

/// What each key sends. Ctrl is held for the next key.
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

#[component]
pub fn KeyRow() -> Html {
    let app = use_app();
    html! {
        <div class="key-row" role="toolbar" aria-label="Terminal keys">
            { for KEYS.iter().map(|(label, text, name)| {
                let app = app.clone();
                // The soft keyboard stays: the focus does not move to the button.
                let onpointerdown = Callback::from(move |event: PointerEvent| {
                    event.prevent_default();
                    let terminal = app.with(|it| it.terminal);
                    app.send(Command::Input { terminal, text: text.to_string() });
                });
                html! { <button type="button" class="key" tabindex="-1" aria-label={*name} {onpointerdown}>{ *label }</button> }
            }) }
        </div>
    }
}
