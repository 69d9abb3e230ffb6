//! Buttons: one with words, one with an icon alone (whose words are its label and tooltip).

use yew::prelude::*;

use crate::ui::icon::Icon;

#[derive(Properties, PartialEq)]
pub struct IconButtonProps {
    pub icon: Icon,
    pub label: AttrValue,
    pub onclick: Callback<()>,
    #[prop_or_default]
    pub disabled: bool,
    /// For toggles.
    #[prop_or_default]
    pub pressed: Option<bool>,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    #[prop_or_default]
    pub class: Classes,
    /// The key that does the same, for the tooltip.
    #[prop_or_default]
    pub hint: AttrValue,
}

#[component]
pub fn IconButton(props: &IconButtonProps) -> Html {
    let onclick = props.onclick.reform(|_: MouseEvent| ());
    let title = if props.hint.is_empty() {
        props.label.to_string()
    } else {
        format!("{}  ({})", props.label, props.hint)
    };
    html! {
        <button type="button" class={classes!("icon-button", props.class.clone())} aria-label={props.label.clone()} {title}
            aria-pressed={props.pressed.map(|it| it.to_string())} disabled={props.disabled} {onclick} data-testid={props.testid.clone()}>
            { props.icon.draw() }
        </button>
    }
}

#[derive(Properties, PartialEq)]
pub struct ButtonProps {
    pub children: Html,
    pub onclick: Callback<()>,
    #[prop_or_default]
    pub icon: Option<Icon>,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// For buttons whose words are hidden where there is little room.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// Has the focus when its dialog opens.
    #[prop_or_default]
    pub focus: bool,
}

#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let onclick = props.onclick.reform(|_: MouseEvent| ());
    html! {
        <button type="button" class={classes!("button", props.class.clone())} disabled={props.disabled} {onclick}
            title={props.title.clone()} aria-label={props.label.clone()} data-focus={props.focus.then_some("")} data-testid={props.testid.clone()}>
            if let Some(icon) = props.icon { { icon.draw() } }
            <span>{ props.children.clone() }</span>
        </button>
    }
}
