//! The map: nodes as boxes with how full they are, pods as cells, those that wait in a lane. Fed by two watches.

pub mod glyph;
mod list;
mod node_box;

use std::rc::Rc;

use collections::StableSort;
use kubarium_protocol::{Json, Watch};
use kubarium_web::model::collection::Collection;
use kubarium_web::model::layout::{Density, density, grid};
use kubarium_web::model::lines;
use kubarium_web::model::pod_look::LOOKS;
use kubarium_web::model::pod_map::{NodePods, POD_PATHS, PodMap};
use kubarium_web::model::state::{Action, Phase};
use kubarium_web::model::units::{fixed, natural, plural};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use self::glyph::glyph;
use self::list::PodList;
use self::node_box::{Cells, NodeBox};
use crate::ui::hooks::{use_app, use_select, use_size, use_watch};

/// Paths of a node that the map reads.
const NODE_PATHS: [&str; 5] =
    ["metadata.labels", "spec.unschedulable", "spec.taints", "status.conditions", "status.allocatable"];

/// More pods than this are drawn without animations; more than this in the lane are counted, not drawn: in a rollout of
/// a thousand each would be there for a blink.
const CROWD: usize = 150;

/// All pods, as little of each as the map needs.
pub fn pods_watch() -> Watch {
    Watch { path: "/api/v1/pods".into(), keep: POD_PATHS.map(String::from).to_vec(), ..Watch::default() }
}

pub fn nodes_watch() -> Watch {
    Watch { path: "/api/v1/nodes".into(), keep: NODE_PATHS.map(String::from).to_vec(), ..Watch::default() }
}

/// The first view.
#[component]
pub fn MapView() -> Html {
    let app = use_app();
    let as_list = use_state_eq(|| false);
    let (pods, version) = use_watch::<PodMap>(pods_watch());
    let (nodes, _) = use_watch::<Collection>(nodes_watch());
    let show_system = *use_select(|it| it.prefs.show_system);
    let ready = *use_select(|it| it.phase == Phase::Ready);
    let body = use_node_ref();
    let (width, height) = use_size(&body);
    let scroll = use_state_eq(|| 0.0_f64);
    let onscroll = {
        let scroll = scroll.clone();
        Callback::from(move |event: Event| {
            if let Some(element) = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) {
                scroll.set(f64::from(element.scroll_top()));
            }
        })
    };
    let pods = pods.borrow();
    let nodes = nodes.borrow();
    let system = {
        let app = app.clone();
        Callback::from(move |_: Event| app.set_prefs(|it| it.show_system = !it.show_system))
    };
    let toggle = {
        let (app, as_list) = (app.clone(), as_list.clone());
        Callback::from(move |_: MouseEvent| {
            as_list.set(!*as_list);
            app.dispatch(Action::Strip(lines::get("Pod", "")));
        })
    };
    let waiting = pods.by_node.get("").cloned().unwrap_or_default();
    html! {
        <div class={classes!("map", (pods.len() > CROWD).then_some("crowd"))}>
            <div class="view-bar">
                <p class="map-count" data-testid="map-count">
                    if ready && nodes.synced { { format!("{}, {}", plural(nodes.objects.len(), "node"), plural(pods.len(), "pod")) } } else { <span class="bone" style="width:110px"></span> }
                </p>
                <ul class="legend" aria-label="States of pods">
                    { for LOOKS.iter().filter(|it| ready && pods.counts[**it as usize] > 0).map(|it| html! {
                        <li>{ glyph(*it) }<span>{ it.word() }</span><strong>{ pods.counts[*it as usize] }</strong></li>
                    }) }
                </ul>
                <div class="spread"></div>
                <label class="check small wide-only"><input type="checkbox" checked={show_system} onchange={system} />{ "System pods" }</label>
                <button type="button" class="button small" aria-pressed={as_list.to_string()} onclick={toggle} data-testid="map-as-list">{ "As a list" }</button>
            </div>
            <div class="map-body" ref={body} {onscroll} tabindex="0" role="region" aria-label="Nodes and pods">
                if *as_list {
                    <PodList version={version} />
                } else if !ready || !nodes.synced {
                    { skeleton() }
                } else {
                    <Lane pods={waiting} />
                    { boxes(&nodes, &pods, width, *scroll, height, show_system) }
                }
            </div>
        </div>
    }
}

fn boxes(nodes: &Collection, pods: &PodMap, width: f64, scroll: f64, height: f64, show_system: bool) -> Html {
    let mut names: Vec<(&String, &Rc<Json>)> =
        nodes.objects.iter().map(|(key, json)| (&key.1, json)).collect();
    names.stable_sort_by(|a, b| natural(a.0, b.0));
    let counts: Vec<usize> =
        names.iter().map(|(name, _)| pods.by_node.get(*name).map_or(0, |it| it.cells.len())).collect();
    let density = density(names.len(), pods.len());
    let grid = grid(width.max(1.0), &counts, density);
    let empty = Rc::new(NodePods::default());
    html! {
        <div class="map-grid" style={format!("height:{}px", fixed(grid.height, 1))}>
            { for grid.visible(scroll, height).flat_map(|row| {
                let at = grid.rows[row];
                let end = (at.first + grid.columns).min(names.len());
                (at.first..end).map(move |index| (index, at))
            }).map(|(index, at)| {
                let (name, json) = names[index];
                let x = (index - at.first) as f64 * (grid.box_width + density.gap);
                let pods = pods.by_node.get(name).unwrap_or(&empty).clone();
                html! { <NodeBox key={name.clone()} name={name.clone()} json={json.clone()} {pods} {density} {show_system}
                    place={(x, at.top, grid.box_width, at.height)} /> }
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LaneProps {
    pods: Rc<NodePods>,
}

/// Pods without a node.
#[component]
fn Lane(props: &LaneProps) -> Html {
    let density: Density = density(1, props.pods.cells.len());
    let count = props.pods.cells.len();
    html! {
        <section class={classes!("lane", (count == 0).then_some("empty-lane"))} aria-label="Waiting for a node" data-testid="lane">
            <h2>{ "Waiting for a node" }<span class="count">{ count }</span></h2>
            if count > CROWD { <span class="muted">{ "More than can be drawn here: the list has them." }</span> }
            else if count > 0 { <Cells pods={props.pods.clone()} {density} show_system={true} limit={CROWD} /> }
            else { <span class="muted">{ "none" }</span> }
        </section>
    }
}

fn skeleton() -> Html {
    html! {
        <>
            <section class="lane empty-lane"><h2>{ "Waiting for a node" }<span class="count">{ "0" }</span></h2><span class="muted">{ "none" }</span></section>
            <div class="map-skeleton" aria-hidden="true"><div class="bone-box"></div><div class="bone-box"></div><div class="bone-box"></div></div>
        </>
    }
}
