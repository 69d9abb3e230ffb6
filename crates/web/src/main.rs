//! The page: a Yew app that draws what a session tells it. The session itself runs in a worker (`worker.rs`).

// Outside of the world: the page has one keeper of what a closing tab must still save (ui/persist.rs).
#![allow(clippy::disallowed_macros)]

#[cfg(target_arch = "wasm32")]
mod ui;

#[cfg(target_arch = "wasm32")]
fn main() {
    ui::start();
}

/// The page runs in browsers only.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
