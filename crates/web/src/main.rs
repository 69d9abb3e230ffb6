//! The page: a Yew app that draws what a session tells it. The session itself runs in a worker (`bin/worker.rs`).

#[cfg(target_arch = "wasm32")]
mod ui;

#[cfg(target_arch = "wasm32")]
fn main() {
    ui::start();
}

/// The page runs in browsers only.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
