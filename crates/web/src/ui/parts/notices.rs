//! What the page has to tell, in a corner, until it is read.

use kubarium_protocol::Severity;
use kubarium_web::model::state::{Action, Notice};
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

/// How long something that is no trouble stays.
const STAY_MS: u32 = 6000;

#[component]
pub fn Notices() -> Html {
    let notices = use_select(|it| it.notices.clone());
    html! {
        <div class="notices" role="status" aria-live="polite" data-testid="notices">
            { for notices.iter().map(|it| html! { <Item key={it.id} notice={it.clone()} /> }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct ItemProps {
    notice: Notice,
}

#[component]
fn Item(props: &ItemProps) -> Html {
    let app = use_app();
    let Notice { id, severity, text } = props.notice.clone();
    let dismiss = {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Dismiss(id)))
    };
    use_effect_with(id, move |_| {
        let timer = (severity == Severity::Info).then(|| {
            gloo::timers::callback::Timeout::new(STAY_MS, move || app.dispatch(Action::Dismiss(id)))
        });
        move || drop(timer)
    });
    let (class, icon) = match severity {
        Severity::Info => ("info", Icon::Info),
        Severity::Warning => ("warning", Icon::Warning),
        Severity::Error => ("error", Icon::Error),
    };
    html! {
        <div class={classes!("notice", class)}>
            { icon.draw() }<p>{ text }</p>
            <IconButton icon={Icon::Close} label="Dismiss" onclick={dismiss} />
        </div>
    }
}
