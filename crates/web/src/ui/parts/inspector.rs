//! One object, live: summary, YAML, events, why it is so, and for pods what the scheduler thought.

mod buttons;
mod causes;
mod events;
mod summary;
mod yaml;

use kubarium_protocol::{ObjectRef, Watch};
use kubarium_web::model::collection::Collection;
use kubarium_web::model::kinds::collection_of;
use kubarium_web::model::lines;
use kubarium_web::model::state::Action;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select, use_watch};
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

/// The drawer beside the view, when an object is looked at.
#[component]
pub fn Inspector() -> Html {
    let selection = use_select(|it| it.selection.clone());
    match &*selection {
        Some(object) => {
            html! { <Drawer object={object.clone()} key={format!("{}/{}/{}", object.kind, object.namespace, object.name)} /> }
        }
        None => Html::default(),
    }
}

/// The faces of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Summary,
    Yaml,
    Events,
    Why,
    Scheduling,
}

impl Face {
    fn title(self) -> &'static str {
        match self {
            Face::Summary => "Summary",
            Face::Yaml => "YAML",
            Face::Events => "Events",
            Face::Why => "Why",
            Face::Scheduling => "Scheduling",
        }
    }

    fn line(self, object: &ObjectRef) -> String {
        match self {
            Face::Yaml => lines::yaml(object),
            Face::Events => lines::events(object),
            _ => lines::describe(object),
        }
    }
}

/// The object that a face shows.
#[derive(Properties, PartialEq, Clone)]
pub struct ObjectProps {
    pub object: ObjectRef,
}

#[component]
fn Drawer(props: &ObjectProps) -> Html {
    let app = use_app();
    let object = &props.object;
    let face = use_state_eq(|| Face::Summary);
    let spec = Watch {
        path: collection_of(object),
        query: vec![("fieldSelector".into(), format!("metadata.name={}", object.name))],
        ..Watch::default()
    };
    let (found, _) = use_watch::<Collection>(spec);
    let found = found.borrow();
    let json = found.objects.get(&(object.namespace.clone(), object.name.clone())).cloned();
    let close = {
        let app = app.clone();
        Callback::from(move |()| app.dispatch(Action::Select(None, String::new())))
    };
    let mut faces = vec![Face::Summary, Face::Yaml, Face::Events, Face::Why];
    if object.kind == "Pod" {
        faces.push(Face::Scheduling);
    }
    let subtitle = match object.namespace.as_str() {
        "" => object.kind.clone(),
        namespace => format!("{} in {namespace}", object.kind),
    };
    html! {
        <aside class="inspector" aria-label={format!("{} {}", object.kind, object.name)} data-testid="inspector">
            <header class="inspector-head">
                <div><h2 data-testid="inspector-name">{ object.name.clone() }</h2><p class="muted">{ subtitle }</p></div>
                <IconButton icon={Icon::Close} label="Close" hint="Esc" onclick={close} testid="inspector-close" />
            </header>
            if let Some(json) = &json { <buttons::Buttons object={object.clone()} json={json.clone()} /> }
            <div class="faces" role="group" aria-label="Faces of the object">
                { for faces.iter().map(|it| {
                    let it = *it;
                    let (app, set, object) = (app.clone(), face.setter(), object.clone());
                    let onclick = Callback::from(move |_: MouseEvent| {
                        set.set(it);
                        app.dispatch(Action::Strip(it.line(&object)));
                    });
                    html! { <button type="button" class="face" aria-pressed={(*face == it).to_string()} {onclick} data-testid={format!("face-{}", it.title().to_ascii_lowercase())}>{ it.title() }</button> }
                }) }
            </div>
            <div class="inspector-body" tabindex="0">
                { match (&json, *face) {
                    (_, Face::Events) => html! { <events::Events object={object.clone()} /> },
                    (_, Face::Why) => html! { <causes::Why object={object.clone()} version={version_of(json.as_deref())} /> },
                    (_, Face::Scheduling) => html! { <causes::Scheduling object={object.clone()} version={version_of(json.as_deref())} /> },
                    (None, _) if found.synced => html! { <p class="empty">{ "It does not exist at this moment." }</p> },
                    (None, _) => html! { <div class="bones"><span class="bone"></span><span class="bone"></span><span class="bone"></span></div> },
                    (Some(json), Face::Yaml) => html! { <yaml::Yaml object={object.clone()} version={version_of(Some(json))} /> },
                    (Some(json), Face::Summary) => html! { <summary::Summary object={object.clone()} json={json.clone()} /> },
                } }
            </div>
        </aside>
    }
}

/// Changes whenever the object does.
fn version_of(json: Option<&kubarium_protocol::Json>) -> String {
    json.map(|it| kubarium_web::model::collection::text(it, "/metadata/resourceVersion").to_string())
        .unwrap_or_default()
}
