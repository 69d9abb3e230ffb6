//! The map's twin: the same pods as a table, for screen readers and for those who like lists.

use kubarium_web::model::kinds::reference;
use kubarium_web::model::pod_map::PodMap;
use kubarium_web::model::units::age;
use yew::prelude::*;

use super::{glyph::glyph, pods_watch};
use crate::ui::hooks::{use_app, use_second, use_watch};

/// Rows drawn; larger clusters have the resources view.
const MOST: usize = 500;

#[derive(Properties, PartialEq)]
pub struct PodListProps {
    pub version: u64,
}

#[component]
pub fn PodList(_props: &PodListProps) -> Html {
    let app = use_app();
    let now = use_second();
    let (pods, _) = use_watch::<PodMap>(pods_watch());
    let pods = pods.borrow();
    html! {
        <table class="plain pod-list" data-testid="pod-list">
            <thead><tr><th scope="col">{ "Pod" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Node" }</th><th scope="col">{ "Restarts" }</th><th scope="col">{ "Age" }</th></tr></thead>
            <tbody>
                { for pods.by_node.values().flat_map(|it| it.cells.values()).take(MOST).map(|pod| {
                    let (app, pod) = (app.clone(), pod.clone());
                    let shown = pod.clone();
                    let onclick = Callback::from(move |_: MouseEvent| app.inspect(reference("Pod", &pod.namespace, &pod.name)));
                    html! {
                        <tr key={format!("{}/{}", shown.namespace, shown.name)}>
                            <th scope="row"><button type="button" class="link" {onclick}>{ shown.name.clone() }</button><span class="muted">{ format!(" {}", shown.namespace) }</span></th>
                            <td><span class="status-word">{ glyph(shown.look) }{ shown.status.clone() }</span></td>
                            <td>{ if shown.node.is_empty() { "none" } else { shown.node.as_str() } }</td><td>{ shown.restarts }</td><td>{ age(now, shown.created) }</td>
                        </tr>
                    }
                }) }
            </tbody>
        </table>
    }
}
