//! The panes as tabs, on a phone.

use kubarium_web::model::state::{Action, Pane};
use yew::prelude::*;

use crate::ui::hooks::use_app;
use crate::ui::icon::Icon;

const PANES: [(Pane, &str, Icon); 3] = [
    (Pane::View, "Cluster", Icon::Map),
    (Pane::Editor, "Files", Icon::File),
    (Pane::Terminal, "Terminal", Icon::Terminal),
];

/// The panes there are, and the one shown.
#[derive(Properties, PartialEq)]
pub struct PaneTabsProps {
    pub panes: Vec<Pane>,
    pub current: Pane,
}

/// A tab for each pane.
#[component]
pub fn PaneTabs(props: &PaneTabsProps) -> Html {
    let app = use_app();
    let current = props.current;
    html! {
        <nav class="pane-tabs" aria-label="Panes" style={format!("--panes:{}", props.panes.len())}>
            { for PANES.iter().filter(|it| props.panes.contains(&it.0)).map(|(pane, title, icon)| {
                let (app, pane) = (app.clone(), *pane);
                let open_side = pane == Pane::Editor;
                let onclick = Callback::from(move |_| {
                    if open_side && !app.is_embed() && !app.with(|it| it.prefs.left_open) {
                        app.set_prefs(|it| it.left_open = true);
                    }
                    app.dispatch(Action::ShowPane(pane));
                });
                html! {
                    <button type="button" class="pane-tab" aria-current={(pane == current).then_some("true")} {onclick}
                        data-testid={format!("pane-{}", title.to_ascii_lowercase())}>
                        { icon.draw() }<span>{ *title }</span>
                    </button>
                }
            }) }
        </nav>
    }
}
