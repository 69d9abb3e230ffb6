//! The rows of a table: only those in sight are drawn.

use std::cell::RefCell;
use std::rc::Rc;

use kubarium_web::model::kinds::reference;
use kubarium_web::model::layout::window;
use kubarium_web::model::table::{Order, Table};
use kubarium_web::model::units::fixed;
use wasm_bindgen::JsCast;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_second, use_select, use_size};

/// A row's height in pixels, as in the style sheet.
const ROW: f64 = 34.0;

/// Equal to itself only; the version says when it changed.
#[derive(Clone)]
pub struct Shared(pub Rc<RefCell<Table>>);

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What is shown of a table.
#[derive(Properties, PartialEq)]
pub struct RowsProps {
    pub table: Shared,
    pub version: u64,
    pub kind: &'static str,
    pub filter: String,
    pub order: Order,
    pub show_namespace: bool,
    pub on_order: Callback<Order>,
}

/// A table with its head; Up and Down go from row to row.
#[component]
pub fn Rows(props: &RowsProps) -> Html {
    let app = use_app();
    let now = use_second();
    let node = use_node_ref();
    let (width, height) = use_size(&node);
    let scroll = use_state_eq(|| 0.0_f64);
    let selection = use_select(|it| it.selection.clone());
    let onscroll = {
        let scroll = scroll.clone();
        Callback::from(move |event: Event| {
            if let Some(element) = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) {
                scroll.set(f64::from(element.scroll_top()));
            }
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if next_row(&event).is_some() {
            event.prevent_default();
        }
    });
    let table = props.table.0.borrow();
    let rows = table.select(&props.filter, props.order);
    let wide = width > 900.0;
    let columns: Vec<usize> =
        (0..table.columns.len()).filter(|it| wide || !table.columns[*it].wide).collect();
    let shown = window(*scroll, height, ROW, rows.len());
    let (above, below) = (shown.start as f64 * ROW, (rows.len() - shown.end) as f64 * ROW);
    let spacer = |height: f64| html! { <tr class="spacer" style={format!("height:{}px", fixed(height, 0))} aria-hidden="true"></tr> };
    let empty = match (&table.error, table.synced, props.filter.is_empty()) {
        (Some(error), ..) => Some(error.clone()),
        (None, true, true) if rows.is_empty() => Some("There are none.".to_string()),
        (None, true, false) if rows.is_empty() => Some("Nothing matches the filter.".to_string()),
        _ => None,
    };
    html! {
        <div class="table-scroll" ref={node} {onscroll} tabindex="0" role="region" aria-label={format!("Table of {}", props.kind)}>
            if !table.synced && table.error.is_none() { <div class="bones"><span class="bone"></span><span class="bone"></span><span class="bone"></span></div> }
            else if let Some(text) = empty { <p class="empty" role="status">{ text }</p> }
            else {
                <table class="resource-table" aria-rowcount={(rows.len() + 1).to_string()} data-testid="resource-table">
                    <thead><tr>
                        if props.show_namespace { <th scope="col" class="of-namespace">{ "Namespace" }</th> }
                        { for columns.iter().map(|it| header(props, *it, &table.columns[*it].name)) }
                    </tr></thead>
                    <tbody {onkeydown}>
                        { spacer(above) }
                        <>{ for rows[shown.clone()].iter().enumerate().map(|(offset, row)| {
                            let target = reference(props.kind, &row.namespace, &row.name);
                            let selected = selection.as_ref().as_ref() == Some(&target);
                            let app = app.clone();
                            let onclick = Callback::from(move |_: MouseEvent| app.inspect(target.clone()));
                            html! {
                                <tr key={format!("{}/{}", row.namespace, row.name)} class={classes!(selected.then_some("selected"))}
                                    aria-rowindex={(shown.start + offset + 2).to_string()} onclick={onclick.clone()} data-testid={format!("row-{}", row.name)}>
                                    if props.show_namespace { <td class="muted of-namespace">{ row.namespace.clone() }</td> }
                                    { for columns.iter().map(|it| {
                                        let text = table.cell(row, *it, now);
                                        if *it == 0 { html! { <td><button type="button" class="link">{ text }</button></td> } }
                                        else { html! { <td class={classes!(table.columns[*it].numeric.then_some("numeric"), tone(&text))}>{ text }</td> } }
                                    }) }
                                </tr>
                            }
                        }) }</>
                        { spacer(below) }
                    </tbody>
                </table>
            }
        </div>
    }
}

/// Focuses the row that an arrow key leads to from the one that has the focus.
fn next_row(event: &KeyboardEvent) -> Option<()> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let row = target.closest("tr").ok()??;
    let next = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        _ => None,
    }?;
    next.query_selector("button").ok()??.dyn_into::<web_sys::HtmlElement>().ok()?.focus().ok()
}

/// A column's head: sorts, then the other way, then not at all.
fn header(props: &RowsProps, index: usize, name: &str) -> Html {
    let current = props.order;
    let next = match (current.column == Some(index), current.descending) {
        (false, _) => Order { column: Some(index), descending: false },
        (true, false) => Order { column: Some(index), descending: true },
        (true, true) => Order::default(),
    };
    let sorted = (current.column == Some(index)).then_some(if current.descending {
        "descending"
    } else {
        "ascending"
    });
    let on_order = props.on_order.clone();
    let onclick = Callback::from(move |_: MouseEvent| on_order.emit(next));
    html! { <th scope="col" aria-sort={sorted}><button type="button" {onclick}>{ name.to_string() }</button></th> }
}

/// Words that say how it is.
fn tone(text: &str) -> Option<&'static str> {
    match text {
        "Running" | "Ready" | "Active" | "Bound" | "Normal" => Some("good"),
        "Pending" | "ContainerCreating" | "Terminating" | "Warning" | "Ready,SchedulingDisabled" => {
            Some("warn")
        }
        "Error" | "NotReady" | "Failed" | "Unknown" => Some("bad"),
        text if text.ends_with("BackOff") || text.starts_with("Err") => Some("bad"),
        _ => None,
    }
}
