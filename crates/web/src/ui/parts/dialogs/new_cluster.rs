//! A new cluster of another shape.

use kubarium_protocol::Shape;
use kubarium_web::model::state::Action;
use yew::prelude::*;

use super::DialogBox;
use crate::ui::hooks::use_app;
use crate::ui::parts::button::Button;
use crate::ui::{js, persist};

#[component]
pub fn NewCluster() -> Html {
    let app = use_app();
    let shape = app.with(|it| it.opened.shape.clone());
    let nodes = use_node_ref();
    let seed = use_node_ref();
    let value =
        |node: &NodeRef| node.cast::<web_sys::HtmlInputElement>().map(|it| it.value()).unwrap_or_default();
    let create = {
        let (app, nodes, seed) = (app.clone(), nodes.clone(), seed.clone());
        Callback::from(move |()| {
            let default = Shape::default();
            let nodes = value(&nodes).parse().unwrap_or(default.nodes).clamp(1, 5000);
            let seed = value(&seed).parse().unwrap_or(default.seed);
            app.dispatch(Action::Dialog(None));
            persist::open_fresh(&app, Shape { seed, nodes, start: None });
        })
    };
    let from_file = Callback::from(move |()| {
        let app = app.clone();
        js::pick(
            ".kubarium,text/plain",
            &js::bytes(move |bytes| {
                app.dispatch(Action::Dialog(None));
                persist::open_file(&app, &bytes.to_vec());
            }),
        );
    });
    html! {
        <DialogBox title="New cluster" testid="new-cluster-dialog">
            <p class="muted">{ "It takes the place of the one that is here, with its files. Share or save that one first if you want it back." }</p>
            <label class="field">{ "Worker nodes" }<input ref={nodes} type="number" min="1" max="5000" value={shape.nodes.to_string()} data-testid="new-nodes" /></label>
            <label class="field">{ "Seed" }<input ref={seed} type="number" min="0" value={shape.seed.to_string()} data-testid="new-seed" />
                <span class="muted">{ "The same seed and the same commands give the same history, everywhere." }</span></label>
            <div class="dialog-buttons">
                <Button class="quiet" onclick={from_file} testid="open-file">{ "Open a saved file…" }</Button>
                <Button class="primary" onclick={create} testid="new-create">{ "Create" }</Button>
            </div>
        </DialogBox>
    }
}
