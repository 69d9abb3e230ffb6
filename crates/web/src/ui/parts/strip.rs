//! The kubectl line that does what the last click did: to copy, to put at the prompt, to run.

use kubarium_protocol::Command;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

/// The strip between cluster and terminal.
#[component]
pub fn Strip() -> Html {
    let app = use_app();
    let line = use_select(|it| it.strip.clone());
    let copy = {
        let (app, line) = (app.clone(), line.clone());
        Callback::from(move |()| app.copy(&line))
    };
    let insert = {
        let (app, line) = (app.clone(), line.clone());
        Callback::from(move |()| {
            let terminal = app.with(|it| it.terminal);
            app.send(Command::Insert { terminal, text: line.to_string() });
            app.enter_terminal();
        })
    };
    let run = {
        let (app, line) = (app.clone(), line.clone());
        Callback::from(move |()| app.run_line(&line))
    };
    let empty = line.is_empty();
    // What no command does is said, and cannot be run.
    let note = line.starts_with('#');
    html! {
        <div class="strip" role="group" aria-label="As a command" data-testid="strip">
            <span class="strip-label">{ "As a command" }</span>
            if empty {
                <span class="strip-empty">{ "Click anything: the kubectl line that does the same appears here." }</span>
            } else {
                <code class={classes!("strip-line", note.then_some("note"))} data-testid="strip-line">{ line.to_string() }</code>
            }
            <IconButton icon={Icon::Copy} label="Copy the command" onclick={copy} disabled={empty || note} testid="strip-copy" />
            if !app.params().readonly {
                <IconButton icon={Icon::Insert} label="Put the command at the prompt" onclick={insert} disabled={empty || note} testid="strip-insert" />
                <IconButton icon={Icon::Play} label="Run the command" onclick={run} disabled={empty || note} testid="strip-run" />
            }
        </div>
    }
}
