//! The kubectl line that does what the last click did: to copy, to put at the prompt, to run.

use kubarium_protocol::Command;
use kubarium_web::model::state::{Action, Pane};
use yew::prelude::*;

use crate::ui::app::focus;
use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

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
            app.dispatch(Action::ShowPane(Pane::Terminal));
            focus(".terminal-tab-panel.shown textarea");
        })
    };
    let run = {
        let (app, line) = (app.clone(), line.clone());
        Callback::from(move |()| app.run_line(&line))
    };
    let empty = line.is_empty();
    html! {
        <div class="strip" role="group" aria-label="As a command" data-testid="strip">
            <span class="strip-label">{ "As a command" }</span>
            if empty {
                <span class="strip-empty">{ "Click anything: the kubectl line that does the same appears here." }</span>
            } else {
                <code class="strip-line" data-testid="strip-line">{ line.to_string() }</code>
            }
            <IconButton icon={Icon::Copy} label="Copy the command" onclick={copy} disabled={empty} testid="strip-copy" />
            if !app.params().readonly {
                <IconButton icon={Icon::Insert} label="Put the command at the prompt" onclick={insert} disabled={empty} testid="strip-insert" />
                <IconButton icon={Icon::Play} label="Run the command" onclick={run} disabled={empty} testid="strip-run" />
            }
        </div>
    }
}
