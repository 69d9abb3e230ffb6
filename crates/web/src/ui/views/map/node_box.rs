//! One node: name, condition, how full it is, and its pods. Drawn again only when it or its pods changed.

use std::rc::Rc;

use collections::StableSort;
use kubarium_protocol::Json;
use kubarium_web::model::collection::{list, text};
use kubarium_web::model::kinds::reference;
use kubarium_web::model::layout::Density;
use kubarium_web::model::pod_map::{NodePods, PodCell};
use kubarium_web::model::units::{bytes, cpu, fixed, quantity_of};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use super::glyph::glyph;
use crate::ui::hooks::{use_app, use_select};
use crate::ui::icon::Icon;

/// A node, its pods, and where its box is.
#[derive(Properties)]
pub struct NodeBoxProps {
    pub name: String,
    pub json: Rc<Json>,
    pub pods: Rc<NodePods>,
    pub density: Density,
    /// x, y, width, height.
    pub place: (f64, f64, f64, f64),
    pub show_system: bool,
}

impl PartialEq for NodeBoxProps {
    fn eq(&self, other: &NodeBoxProps) -> bool {
        Rc::ptr_eq(&self.json, &other.json)
            && Rc::ptr_eq(&self.pods, &other.pods)
            && self.place == other.place
            && self.density == other.density
            && self.show_system == other.show_system
            && self.name == other.name
    }
}

/// How a node is: a class, and words when it is not well.
fn condition(json: &Json) -> (&'static str, &'static str) {
    let ready = list(json, "/status/conditions")
        .iter()
        .find(|it| text(it, "/type") == "Ready")
        .map_or("", |it| text(it, "/status"));
    let cordoned = json.pointer("/spec/unschedulable") == Some(&Json::Bool(true));
    match (ready, cordoned) {
        ("True", false) => ("ready", ""),
        ("True", true) => ("cordoned", "cordoned"),
        ("False", _) => ("down", "not ready"),
        _ => ("down", "silent"),
    }
}

/// The box of one node.
#[component]
pub fn NodeBox(props: &NodeBoxProps) -> Html {
    let app = use_app();
    let name = props.name.clone();
    let selected = {
        let name = name.clone();
        *use_select(move |it| it.selection.as_ref().is_some_and(|it| it.kind == "Node" && it.name == name))
    };
    let (class, word) = condition(&props.json);
    let control_plane =
        props.json.pointer("/metadata/labels/node-role.kubernetes.io~1control-plane").is_some();
    let onclick = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |_: MouseEvent| app.inspect(reference("Node", "", &name)))
    };
    let (x, y, width, height) = props.place;
    let tiny = props.density.head < 60.0;
    let allocatable =
        |resource: &str| quantity_of(props.json.pointer(&format!("/status/allocatable/{resource}")));
    let style = format!(
        "transform:translate({x}px,{y}px);width:{width}px;height:{height}px;--cell:{}px",
        props.density.cell
    );
    html! {
        <section class={classes!("node", class, selected.then_some("selected"), tiny.then_some("tiny"))} {style} aria-label={format!("Node {name}")} data-testid={format!("node-{name}")}>
            <button type="button" class="node-head" {onclick} title={format!("Node {name}")}>
                <span class="node-name">{ name.clone() }</span>
                if control_plane && !tiny { <span class="node-role">{ Icon::Lock.draw() }{ "control plane" }</span> }
                if !word.is_empty() { <span class="node-word">{ word }</span> }
            </button>
            if !tiny {
                <div class="bars">
                    { bar("CPU", props.pods.cpu, allocatable("cpu"), cpu) }
                    { bar("Memory", props.pods.memory, allocatable("memory"), bytes) }
                    { bar("Pods", props.pods.active as f64, allocatable("pods"), |it| fixed(it, 0)) }
                </div>
            }
            <Cells pods={props.pods.clone()} density={props.density} show_system={props.show_system} limit={400} />
        </section>
    }
}

/// How much of a resource is asked for.
fn bar(name: &str, used: f64, all: f64, format: fn(f64) -> String) -> Html {
    let share = if all > 0.0 { (used / all).clamp(0.0, 1.0) } else { 0.0 };
    let class = match share {
        s if s > 0.95 => "full",
        s if s > 0.8 => "high",
        _ => "",
    };
    let title = format!("{name}: {} of {} requested", format(used), format(all));
    html! {
        <div class={classes!("bar", class)} role="meter" aria-label={title.clone()} aria-valuenow={fixed(share * 100.0, 0)} aria-valuemin="0" aria-valuemax="100" {title}>
            <span class="bar-name">{ name.to_string() }</span>
            <span class="bar-track"><span style={format!("transform:scaleX({})", fixed(share, 3))}></span></span>
            <span class="bar-value">{ format(used) }</span>
        </div>
    }
}

/// Pods to draw as cells.
#[derive(Properties)]
pub struct CellsProps {
    pub pods: Rc<NodePods>,
    pub density: Density,
    pub show_system: bool,
    /// Most cells drawn; the rest is counted.
    pub limit: usize,
}

impl PartialEq for CellsProps {
    fn eq(&self, other: &CellsProps) -> bool {
        Rc::ptr_eq(&self.pods, &other.pods)
            && self.density == other.density
            && self.show_system == other.show_system
    }
}

/// The cells of some pods. They are many and change often, so a cell is no component of its own: what is clicked is
/// found by its key, and the selection is looked up once for all.
#[component]
pub fn Cells(props: &CellsProps) -> Html {
    let app = use_app();
    let selected = {
        let pods = props.pods.clone();
        use_select(move |it| {
            let pod = it.selection.as_ref().filter(|it| it.kind == "Pod")?;
            let key = (pod.namespace.clone(), pod.name.clone());
            pods.cells.contains_key(&key).then_some(key)
        })
    };
    let onclick = Callback::from(move |event: MouseEvent| {
        let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let cell = target.and_then(|it| it.closest("[data-pod]").ok().flatten());
        let key = cell.and_then(|it| it.get_attribute("data-pod")).unwrap_or_default();
        if let Some((namespace, name)) = key.split_once('/') {
            app.inspect(reference("Pod", namespace, name));
        }
    });
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let Some(next) = neighbour(&event) {
            // Focusing fails for no element that is drawn.
            let _ = next.focus();
            event.prevent_default();
            event.stop_propagation();
        }
    });
    // The oldest first: who comes later does not push those aside that are there.
    let mut shown: Vec<&Rc<PodCell>> =
        props.pods.cells.values().filter(|it| props.show_system || it.namespace != "kube-system").collect();
    shown.stable_sort_by_key(|it| it.created);
    let more = shown.len().saturating_sub(props.limit);
    shown.truncate(props.limit);
    let is_selected = |pod: &PodCell| {
        selected
            .as_ref()
            .as_ref()
            .is_some_and(|(namespace, name)| pod.name == *name && pod.namespace == *namespace)
    };
    // A hundred pods are one stop of the Tab key; arrows go on from there.
    let stop = shown.iter().position(|it| is_selected(it)).unwrap_or(0);
    html! {
        <div class="cells" style={format!("--cell:{}px", fixed(props.density.cell, 1))} {onclick} {onkeydown}>
            <>{ for shown.iter().enumerate().map(|(index, it)| cell(it, is_selected(it), index == stop)) }</>
            if more > 0 { <span class="muted">{ format!("+{more}") }</span> }
        </div>
    }
}

/// The cell that an arrow key leads to from the one that has the focus.
fn neighbour(event: &KeyboardEvent) -> Option<web_sys::HtmlElement> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let cell = target.closest("[data-pod]").ok()??.dyn_into::<web_sys::HtmlElement>().ok()?;
    let step = |it: &web_sys::Element, forward: bool| {
        let next = if forward { it.next_element_sibling() } else { it.previous_element_sibling() }?;
        next.dyn_into::<web_sys::HtmlElement>().ok().filter(|it| it.has_attribute("data-pod"))
    };
    let along = |forward: bool| std::iter::successors(step(&cell, forward), move |it| step(it, forward));
    match event.key().as_str() {
        "ArrowRight" => step(&cell, true),
        "ArrowLeft" => step(&cell, false),
        "End" => along(true).last(),
        "Home" => along(false).last(),
        // In the next line that there is, the one most nearly above or below.
        key @ ("ArrowDown" | "ArrowUp") => {
            let others = || along(key == "ArrowDown").skip_while(|it| it.offset_top() == cell.offset_top());
            let line = others().next()?.offset_top();
            others()
                .take_while(|it| it.offset_top() == line)
                .min_by_key(|it| (it.offset_left() - cell.offset_left()).abs())
        }
        _ => None,
    }
}

fn cell(pod: &PodCell, selected: bool, stop: bool) -> Html {
    let system = pod.namespace == "kube-system";
    let key = format!("{}/{}", pod.namespace, pod.name);
    let label = format!("{} {}: {}", if system { "system pod" } else { "pod" }, pod.name, pod.status);
    html! {
        <button key={key.clone()} type="button" class={classes!("cell", pod.look.class(), system.then_some("system"), selected.then_some("selected"))}
            tabindex={if stop { "0" } else { "-1" }} aria-label={label.clone()} title={label} data-pod={key} data-testid={format!("pod-{}", pod.name)} data-look={pod.look.class()}>
            { glyph(pod.look) }
        </button>
    }
}
