//! Tables of every kind, as the API server prints them.

mod rows;

use kubarium_protocol::Watch;
use kubarium_web::model::collection::Collection;
use kubarium_web::model::kinds::{KINDS, collection_path, find};
use kubarium_web::model::lines;
use kubarium_web::model::state::Action;
use kubarium_web::model::table::{Order, Table};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use self::rows::Rows;
use crate::ui::hooks::{use_app, use_select, use_watch};

#[component]
pub fn ResourcesView() -> Html {
    let app = use_app();
    let kind = *use_select(|it| it.kind);
    let namespace = use_select(|it| it.namespace.clone());
    let filter = use_state_eq(String::new);
    let order = use_state_eq(Order::default);
    let info = find(kind).unwrap_or(&KINDS[0]);
    let spec = Watch { path: collection_path(info, &namespace), table: true, ..Watch::default() };
    let (table, version) = use_watch::<Table>(spec);
    let (namespaces, _) = use_watch::<Collection>(Watch {
        path: "/api/v1/namespaces".into(),
        keep: vec!["metadata.name".into()],
        ..Watch::default()
    });
    {
        let (filter, order) = (filter.setter(), order.setter());
        use_effect_with(kind, move |_| {
            filter.set(String::new());
            order.set(Order::default());
        });
    }
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok())
            {
                filter.set(input.value());
            }
        })
    };
    let on_namespace = {
        let app = app.clone();
        Callback::from(move |event: Event| {
            if let Some(select) =
                event.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok())
            {
                app.dispatch(Action::SetNamespace(select.value()));
                app.dispatch(Action::Strip(lines::get(kind, &select.value())));
            }
        })
    };
    let on_kind = {
        let app = app.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok());
            if let Some(info) = select.and_then(|it| find(&it.value())) {
                show(&app, info.kind);
            }
        })
    };
    let count = table.borrow().rows.len();
    html! {
        <div class="resources">
            <nav class="kinds" aria-label="Kinds">
                { for sections().into_iter().map(|section| html! {
                    <section key={section}><h2>{ section }</h2>
                        <ul>{ for KINDS.iter().filter(|it| it.section == section).map(|it| {
                            let (app, kind_name) = (app.clone(), it.kind);
                            let onclick = Callback::from(move |_: MouseEvent| show(&app, kind_name));
                            html! { <li><button type="button" aria-current={(it.kind == kind).then_some("true")} {onclick} data-testid={format!("kind-{}", it.plural)}>{ title(it.kind) }</button></li> }
                        }) }</ul>
                    </section>
                }) }
            </nav>
            <div class="resources-main">
                <div class="view-bar">
                    <label class="kind-select"><span class="hidden-text">{ "Kind" }</span>
                        <select onchange={on_kind}>{ for KINDS.iter().map(|it| html! { <option value={it.kind} selected={it.kind == kind}>{ title(it.kind) }</option> }) }</select></label>
                    <h2 class="kind-title">{ title(kind) }<span class="count" data-testid="row-count">{ count }</span></h2>
                    <div class="spread"></div>
                    if info.namespaced {
                        <label><span class="hidden-text">{ "Namespace" }</span>
                            <select onchange={on_namespace} data-testid="namespace">
                                <option value="" selected={namespace.is_empty()}>{ "All namespaces" }</option>
                                { for namespaces.borrow().objects.keys().map(|(_, name)| html! { <option value={name.clone()} selected={*namespace == *name}>{ name.clone() }</option> }) }
                            </select></label>
                    }
                    <input type="search" class="filter" placeholder="Filter  /" aria-label="Filter rows" value={(*filter).clone()} oninput={on_filter} data-testid="filter" />
                </div>
                <Rows table={rows::Shared(table)} {version} {kind} filter={(*filter).clone()} order={*order}
                    show_namespace={info.namespaced && namespace.is_empty()}
                    on_order={Callback::from({ let order = order.clone(); move |it| order.set(it) })} />
            </div>
        </div>
    }
}

fn show(app: &crate::ui::link::App, kind: &'static str) {
    let namespace = app.with(|it| it.namespace.clone());
    app.dispatch(Action::ShowKind(kind));
    app.dispatch(Action::Strip(lines::get(kind, &namespace)));
}

fn sections() -> Vec<&'static str> {
    let mut sections: Vec<&'static str> = KINDS.iter().map(|it| it.section).collect();
    sections.dedup();
    sections
}

/// A kind's plural, for people.
fn title(kind: &str) -> String {
    match kind {
        "Endpoints" => "Endpoints".into(),
        kind => format!("{kind}s"),
    }
}
