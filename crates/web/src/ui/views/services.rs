//! Services, and who is behind them: a service's endpoints with their readiness, from its EndpointSlices.

use std::rc::Rc;

use collections::OrdMap;
use kubarium_protocol::{Json, Watch};
use kubarium_web::model::collection::{Collection, Key, list, number, text};
use kubarium_web::model::kinds::reference;
use kubarium_web::model::lines;
use kubarium_web::model::state::Action;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_watch};
use crate::ui::icon::Icon;
use crate::ui::link::App;

/// One address behind a service.
#[derive(Clone, Debug, PartialEq)]
struct Endpoint {
    address: String,
    pod: String,
    node: String,
    ready: bool,
    terminating: bool,
}

#[component]
pub fn ServicesView() -> Html {
    let app = use_app();
    let (services, _) =
        use_watch::<Collection>(Watch { path: "/api/v1/services".into(), ..Watch::default() });
    let (slices, _) = use_watch::<Collection>(Watch {
        path: "/apis/discovery.k8s.io/v1/endpointslices".into(),
        ..Watch::default()
    });
    {
        let app = app.clone();
        use_effect_with((), move |()| app.dispatch(Action::Strip(lines::get("Service", ""))));
    }
    let services = services.borrow();
    if !services.synced {
        return html! { <div class="bones"><span class="bone"></span><span class="bone tall"></span></div> };
    }
    let endpoints = endpoints(&slices.borrow());
    html! {
        <div class="services" tabindex="0" role="region" aria-label="Services">
            { for services.objects.iter().map(|(key, json)| service(&app, key, json, endpoints.get(key))) }
        </div>
    }
}

/// Endpoints by service.
fn endpoints(slices: &Collection) -> OrdMap<Key, Vec<Endpoint>> {
    let mut found: OrdMap<Key, Vec<Endpoint>> = OrdMap::new();
    for slice in slices.objects.values() {
        let service = text(slice, "/metadata/labels/kubernetes.io~1service-name").to_string();
        let entry = found.entry((text(slice, "/metadata/namespace").into(), service)).or_default();
        for endpoint in list(slice, "/endpoints") {
            let condition = |name: &str, default| {
                endpoint.pointer(&format!("/conditions/{name}")).and_then(Json::as_bool).unwrap_or(default)
            };
            entry.push(Endpoint {
                address: list(endpoint, "/addresses").first().and_then(Json::as_str).unwrap_or("").into(),
                pod: text(endpoint, "/targetRef/name").into(),
                node: text(endpoint, "/nodeName").into(),
                ready: condition("ready", true),
                terminating: condition("terminating", false),
            });
        }
    }
    found
}

fn service(app: &App, key: &Key, json: &Rc<Json>, endpoints: Option<&Vec<Endpoint>>) -> Html {
    let endpoints = endpoints.map_or(&[][..], Vec::as_slice);
    let ready = endpoints.iter().filter(|it| it.ready).count();
    let inspect = |kind: &'static str, name: String| {
        let (app, target) = (app.clone(), reference(kind, &key.0, &name));
        Callback::from(move |_: MouseEvent| app.inspect(target.clone()))
    };
    let ports = list(json, "/spec/ports").iter().map(|it| match number(it, "/nodePort") {
        0 => format!("{}/{}", number(it, "/port"), text(it, "/protocol")),
        node => format!("{}:{node}/{}", number(it, "/port"), text(it, "/protocol")),
    });
    let external = match list(json, "/status/loadBalancer/ingress").first() {
        Some(ingress) => text(ingress, "/ip").to_string(),
        None if text(json, "/spec/type") == "LoadBalancer" => "pending".into(),
        None => String::new(),
    };
    let class = if endpoints.is_empty() || ready == 0 {
        "bad"
    } else if ready < endpoints.len() {
        "warn"
    } else {
        "good"
    };
    html! {
        <section class="service" key={format!("{}/{}", key.0, key.1)} data-testid={format!("service-{}", key.1)}>
            <header>
                <button type="button" class="service-name link" onclick={inspect("Service", key.1.clone())}>{ key.1.clone() }</button>
                <span class="muted">{ key.0.clone() }</span>
                <span class="pill">{ text(json, "/spec/type").to_string() }</span>
                <code>{ text(json, "/spec/clusterIP").to_string() }</code>
                <code>{ ports.collect::<Vec<_>>().join(", ") }</code>
                if !external.is_empty() { <span class="muted">{ format!("external {external}") }</span> }
                <div class="spread"></div>
                <span class={classes!("pill", class)} data-testid={format!("ready-{}", key.1)}>{ format!("{ready} of {} ready", endpoints.len()) }</span>
            </header>
            if endpoints.is_empty() {
                <p class="muted service-none">{ if json.pointer("/spec/selector").is_some() { "No endpoints: no pod matches its selector, or the controller has not looked yet." } else { "It has no selector: its endpoints are written by hand, or by the API server." } }</p>
            } else {
                <ul class="endpoints">
                    { for endpoints.iter().map(|it| html! {
                        <li key={it.address.clone()} class={classes!(if it.ready { "ready" } else { "unready" })}>
                            { if it.ready { Icon::Check.draw() } else { Icon::Close.draw() } }
                            <code>{ it.address.clone() }</code>
                            if !it.pod.is_empty() { <button type="button" class="link" onclick={inspect("Pod", it.pod.clone())}>{ it.pod.clone() }</button> }
                            <span class="muted">{ it.node.clone() }</span>
                            <span class="hidden-text">{ if it.ready { "ready" } else { "not ready" } }</span>
                            if it.terminating { <span class="pill">{ "terminating" }</span> }
                        </li>
                    }) }
                </ul>
            }
        </section>
    }
}
