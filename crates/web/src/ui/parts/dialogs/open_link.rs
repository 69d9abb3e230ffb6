//! A link that runs commands says so first.

use kubarium_protocol::{LinkSummary, Start};
use kubarium_web::model::state::Action;
use kubarium_web::model::units::{bytes, plural};
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::use_app;
use crate::ui::parts::button::Button;
use crate::ui::persist;

#[derive(Properties, PartialEq)]
pub struct OpenLinkProps {
    pub payload: String,
    pub summary: LinkSummary,
}

#[component]
pub fn OpenLink(props: &OpenLinkProps) -> Html {
    let app = use_app();
    let OpenLinkProps { payload, summary } = props;
    let open = |run: bool| {
        let (app, payload, commands) = (app.clone(), payload.clone(), summary.commands.clone());
        Callback::from(move |()| {
            app.dispatch(Action::Dialog(None));
            match payload.as_str() {
                // Commands of the query: the cluster is there already.
                "" if run => persist::run_lines(&app, &commands),
                "" => {}
                payload => persist::open(&app, Start::Link { payload: payload.into(), run }),
            }
        })
    };
    let skipped = open(false);
    html! {
        <DialogBox title={format!("This link runs {}", plural(summary.commands.len(), "command"))} testid="open-link" on_close={skipped.clone()}>
            <p class="muted">{ format!("In a cluster of {} that exists in this tab only. Nothing outside of it can be reached.", plural(summary.shape.nodes as usize + 1, "node")) }</p>
            <ol class="command-list" data-testid="link-commands" tabindex="0">{ for summary.commands.iter().map(|it| html! { <li><code>{ it.clone() }</code></li> }) }</ol>
            if !summary.files.is_empty() {
                <p class="muted">{ format!("It brings {}: {}", plural(summary.files.len(), "file"),
                    summary.files.iter().map(|(path, size)| format!("{path} ({})", bytes(*size as f64))).collect::<Vec<_>>().join(", ")) }</p>
            }
            <div class="dialog-buttons">
                <Button class="quiet" onclick={skipped} testid="link-skip">{ "Skip the commands" }</Button>
                <Button class="primary" onclick={open(true)} testid="link-run" focus={true}>{ "Run them" }</Button>
            </div>
        </DialogBox>
    }
}
