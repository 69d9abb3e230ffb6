//! Questions before what cannot be taken back, and before several pasted lines are run.

use kubarium_protocol::{Answer, Command, Severity, TerminalId};
use kubarium_web::model::state::{Action, Confirm};
use kubarium_web::model::units::plural;
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::use_app;
use crate::ui::parts::button::Button;

#[derive(Properties, PartialEq)]
pub struct QuestionProps {
    pub confirm: Confirm,
}

#[component]
pub fn Question(props: &QuestionProps) -> Html {
    let app = use_app();
    let close = {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Dialog(None)))
    };
    let (question, detail) = match &props.confirm {
        Confirm::Run { question, line } => {
            (question.clone(), html! { <pre class="line-block">{ line.clone() }</pre> })
        }
        Confirm::DeleteFile { path } => (
            format!("Delete {path}?"),
            html! { <p class="muted">{ "The terminal’s undo does not bring it back; rewinding does not either." }</p> },
        ),
    };
    let act = {
        let (app, confirm) = (app.clone(), props.confirm.clone());
        Callback::from(move |()| {
            app.dispatch(Action::Dialog(None));
            match confirm.clone() {
                Confirm::Run { line, .. } => app.run_line(&line),
                Confirm::DeleteFile { path } => {
                    let told = app.clone();
                    app.ask(
                        |id| Command::DeleteFile { id, path },
                        move |answer| {
                            if let Answer::Failed { message } = answer {
                                told.tell(Severity::Error, message);
                            }
                        },
                    );
                }
            }
        })
    };
    html! {
        <DialogBox title={question} testid="confirm">
            { detail }
            <div class="dialog-buttons">
                <Button class="quiet" onclick={close} focus={true}>{ "Cancel" }</Button>
                <Button class="danger solid" onclick={act} testid="confirm-yes">{ "Delete" }</Button>
            </div>
        </DialogBox>
    }
}

#[derive(Properties, PartialEq)]
pub struct PasteProps {
    pub terminal: TerminalId,
    pub text: String,
}

#[component]
pub fn Paste(props: &PasteProps) -> Html {
    let app = use_app();
    let lines = props.text.trim_end().lines().count();
    let close = {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Dialog(None)))
    };
    let paste = {
        let (app, terminal, text) = (app.clone(), props.terminal, props.text.clone());
        Callback::from(move |()| {
            let text = format!("{}\r", text.trim_end().replace('\n', "\r"));
            app.send(Command::Input { terminal, text });
            app.dispatch(Action::Dialog(None));
            crate::ui::app::focus_soon(".terminal-tab-panel.shown textarea");
        })
    };
    html! {
        <DialogBox title={format!("Paste {}?", plural(lines, "line"))} testid="paste">
            <pre class="line-block">{ props.text.trim_end().to_string() }</pre>
            <div class="dialog-buttons">
                <Button class="quiet" onclick={close}>{ "Cancel" }</Button>
                <Button class="primary" onclick={paste} testid="paste-yes" focus={true}>{ "Paste and run" }</Button>
            </div>
        </DialogBox>
    }
}
