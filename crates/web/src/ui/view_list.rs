//! The views, one line each.

use yew::prelude::*;

use crate::ui::icon::Icon;
use crate::ui::views::{map, resources, rollout, services};

/// One view of the cluster.
#[derive(Clone, Copy)]
pub struct View {
    /// In URLs and test ids.
    pub id: &'static str,
    pub title: &'static str,
    pub icon: Icon,
    pub draw: fn() -> Html,
}

/// Every view, in the order of its tabs and number keys.
pub const VIEWS: &[View] = &[
    View { id: "map", title: "Map", icon: Icon::Map, draw: || html! { <map::MapView /> } },
    View {
        id: "resources",
        title: "Resources",
        icon: Icon::Table,
        draw: || html! { <resources::ResourcesView /> },
    },
    View { id: "rollout", title: "Rollout", icon: Icon::Layers, draw: || html! { <rollout::RolloutView /> } },
    View {
        id: "services",
        title: "Services",
        icon: Icon::Share,
        draw: || html! { <services::ServicesView /> },
    },
];

/// The view of this id, or the first.
pub fn named(id: &str) -> &'static View {
    VIEWS.iter().find(|it| it.id == id).unwrap_or(&VIEWS[0])
}
