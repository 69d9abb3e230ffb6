//! The widgets, and what connects them to the session.

mod actions;
mod app;
mod hooks;
mod icon;
mod js;
mod link;
mod parts;
mod persist;
mod view_list;
mod views;

use link::App;

/// Mounts the app over the static frame and connects the engine.
pub fn start() {
    let app = App::new();
    let root = gloo::utils::document().get_element_by_id("app").expect("index.html has #app");
    yew::Renderer::<app::Root>::with_root_and_props(root, app::RootProps { app: app.clone() }).render();
    app.connect();
    persist::start(&app);
    if app.is_embed() {
        app.rest_unseen();
    }
}
