//! The bar between two panes: dragged with a pointer, moved with arrow keys.

use kubarium_web::model::units::fixed;
use wasm_bindgen::JsCast;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct SplitterProps {
    pub label: AttrValue,
    /// Between left and right; else between top and bottom.
    pub vertical: bool,
    pub value: f64,
    pub least: f64,
    pub most: f64,
    pub on_change: Callback<f64>,
    pub on_done: Callback<()>,
}

/// Pixels that an arrow key moves, and a page key.
const STEP: f64 = 16.0;
const LEAP: f64 = 96.0;

#[component]
pub fn Splitter(props: &SplitterProps) -> Html {
    let drag = use_mut_ref(|| None::<(f64, f64)>);
    let vertical = props.vertical;
    let at =
        move |event: &PointerEvent| f64::from(if vertical { event.client_x() } else { event.client_y() });
    // The terminal is under its splitter: it grows when the bar goes up.
    let sign = if vertical { 1.0 } else { -1.0 };
    let value = props.value;
    let down = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            *drag.borrow_mut() = Some((at(&event), value));
            if let Some(bar) = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) {
                // Without capture the drag ends at the bar's edge, which is no harm.
                let _ = bar.set_pointer_capture(event.pointer_id());
            }
            event.prevent_default();
        })
    };
    let moved = {
        let (drag, on_change) = (drag.clone(), props.on_change.clone());
        Callback::from(move |event: PointerEvent| {
            if let Some((from, size)) = *drag.borrow() {
                on_change.emit(size + sign * (at(&event) - from));
            }
        })
    };
    let up = {
        let on_done = props.on_done.clone();
        Callback::from(move |_: PointerEvent| {
            if drag.borrow_mut().take().is_some() {
                on_done.emit(());
            }
        })
    };
    let onkeydown = {
        let (on_change, on_done, least, most) =
            (props.on_change.clone(), props.on_done.clone(), props.least, props.most);
        Callback::from(move |event: KeyboardEvent| {
            let size = match (event.key().as_str(), vertical) {
                ("ArrowRight", true) | ("ArrowUp", false) => value + STEP,
                ("ArrowLeft", true) | ("ArrowDown", false) => value - STEP,
                ("PageUp", _) => value + LEAP,
                ("PageDown", _) => value - LEAP,
                ("Home", _) => least,
                ("End", _) => most,
                _ => return,
            };
            on_change.emit(size);
            on_done.emit(());
            event.prevent_default();
        })
    };
    html! {
        <div class={classes!("splitter", if vertical { "vertical" } else { "horizontal" })} role="separator" tabindex="0"
            aria-label={props.label.clone()} aria-orientation={if vertical { "vertical" } else { "horizontal" }}
            aria-valuenow={fixed(value, 0)} aria-valuemin={fixed(props.least, 0)} aria-valuemax={fixed(props.most, 0)}
            onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up} {onkeydown}>
        </div>
    }
}
