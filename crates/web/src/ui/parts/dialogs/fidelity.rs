//! What is simulated and what is not: told by the session, which knows.

use kubarium_protocol::{Answer, Command, Fidelity, FidelityRow};
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::use_app;
use crate::ui::icon::Icon;

#[component]
pub fn FidelityPage() -> Html {
    let app = use_app();
    let rows = use_state(|| None::<Vec<FidelityRow>>);
    {
        let set = rows.setter();
        use_effect_with((), move |()| {
            app.ask(
                |id| Command::Fidelity { id },
                move |answer| {
                    if let Answer::Fidelity(rows) = answer {
                        set.set(Some(rows));
                    }
                },
            );
        });
    }
    let mut areas: Vec<String> = Vec::new();
    for row in rows.as_deref().unwrap_or_default() {
        if !areas.contains(&row.area) {
            areas.push(row.area.clone());
        }
    }
    html! {
        <DialogBox title="What is simulated and what is not" wide={true} testid="fidelity-page">
            <p class="muted">{ "The control plane is a real one: API server, scheduler and controllers do what Kubernetes’ own do. Machines, containers and the network are simulated. What is not there says so when you ask for it; nothing is made up." }</p>
            if rows.is_none() { <div class="bones"><span class="bone"></span><span class="bone"></span><span class="bone"></span></div> }
            { for areas.iter().map(|area| html! {
                <>
                    <h3>{ area.clone() }</h3>
                    <ul class="fidelity">{ for rows.as_deref().unwrap_or_default().iter().filter(|it| it.area == *area).map(line) }</ul>
                </>
            }) }
        </DialogBox>
    }
}

fn line(row: &FidelityRow) -> Html {
    let (class, word, icon) = match row.level {
        Fidelity::Simulated => ("good", "simulated", Icon::Check),
        Fidelity::Approximated => ("warning", "approximated", Icon::Warning),
        Fidelity::NotSimulated => ("bad", "not simulated", Icon::Close),
    };
    html! {
        <li class={class}>
            <span class="fidelity-level">{ icon.draw() }{ word }</span>
            <div><strong>{ row.feature.clone() }</strong>if !row.note.is_empty() { <p class="muted">{ row.note.clone() }</p> }</div>
        </li>
    }
}
