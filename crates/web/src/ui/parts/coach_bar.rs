//! The first minute: one sentence, one thing to click.

use kubarium_web::model::coach::Deed;
use kubarium_web::model::state::{Action, Phase};
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

#[component]
pub fn CoachBar() -> Html {
    let app = use_app();
    let coach = *use_select(|it| it.coach);
    let ready = *use_select(|it| it.phase == Phase::Ready);
    let (Some(step), Some((at, all))) = (coach.step(), coach.position()) else { return Html::default() };
    let act = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| match step.deed {
            Deed::Run(line) => app.run_line(line),
            Deed::Rewind => app.rewind(),
            Deed::Finish => {
                app.dispatch(Action::CoachOver);
                app.keep_prefs();
            }
        })
    };
    let over = {
        let app = app.clone();
        Callback::from(move |()| {
            app.dispatch(Action::CoachOver);
            app.keep_prefs();
        })
    };
    let label = match step.deed {
        Deed::Run(line) => line,
        _ => step.label,
    };
    let is_line = matches!(step.deed, Deed::Run(_));
    html! {
        <div class="coach" role="region" aria-label="First steps" data-testid="coach">
            <span class="coach-count" aria-label={format!("Step {at} of {all}")}>{ format!("{at}/{all}") }</span>
            <p>{ step.text }</p>
            <button type="button" class={classes!("coach-deed", is_line.then_some("line"))} onclick={act} disabled={!ready} data-testid="coach-deed">
                { match step.deed { Deed::Run(_) => Icon::Play, Deed::Rewind => Icon::Rewind, Deed::Finish => Icon::Check }.draw() }<span>{ label }</span>
            </button>
            <IconButton icon={Icon::Close} label="No more hints" onclick={over} testid="coach-close" />
        </div>
    }
}
