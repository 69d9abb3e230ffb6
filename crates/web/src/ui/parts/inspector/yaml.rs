//! The object as YAML, as the API server writes it.

use kubarium_protocol::{Answer, Command, ObjectRef, Request, Response};
use kubarium_web::model::kinds::collection_of;
use yew::prelude::*;

use crate::ui::hooks::use_app;
use crate::ui::icon::Icon;
use crate::ui::parts::button::IconButton;

#[derive(Properties, PartialEq)]
pub struct YamlProps {
    pub object: ObjectRef,
    /// Asks again when it changes.
    pub version: String,
}

#[component]
pub fn Yaml(props: &YamlProps) -> Html {
    let app = use_app();
    let text = use_state(String::new);
    {
        let (app, set, object) = (app.clone(), text.setter(), props.object.clone());
        use_effect_with(props.version.clone(), move |_| {
            let request = |id| {
                Command::Request(Request {
                    id,
                    method: "GET".into(),
                    path: format!("{}/{}", collection_of(&object), object.name),
                    headers: vec![("Accept".into(), "application/yaml".into())],
                    ..Request::default()
                })
            };
            app.ask(request, move |answer| {
                if let Answer::Response(Response { body, .. }) = answer {
                    set.set(body);
                }
            });
        });
    }
    let copy = {
        let text = text.clone();
        Callback::from(move |()| app.copy(&text))
    };
    html! {
        <div class="yaml">
            <IconButton icon={Icon::Copy} label="Copy the YAML" onclick={copy} />
            <pre data-testid="yaml">{ for text.lines().map(|line| html! { <>{ highlighted(line) }{ "\n" }</> }) }</pre>
        </div>
    }
}

/// A key in one colour, its value in another.
fn highlighted(line: &str) -> Html {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (lead, rest) = line.split_at(indent);
    match rest.split_once(':') {
        Some((key, value)) if !key.contains([' ', '"']) && (value.is_empty() || value.starts_with(' ')) => {
            html! {
                <>{ lead.to_string() }<span class="y-key">{ key.to_string() }</span>{ ":" }<span class="y-value">{ value.to_string() }</span></>
            }
        }
        _ => html! { <>{ lead.to_string() }<span class="y-value">{ rest.to_string() }</span></> },
    }
}
