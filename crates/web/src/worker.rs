//! The worker's binary: hosts a session behind a `MessagePort`. Where a worker cannot be had, the page loads this very
//! module and calls `serve` on its own thread.

#[cfg(target_arch = "wasm32")]
mod host;

/// Serves a session on a port: messages are `[json, bytes?]`. `base` is the folder of the page's files, for texts that
/// are loaded lazily; `on_page` says that this is the page's own thread, where frames must be short.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn serve(port: web_sys::MessagePort, base: String, on_page: bool) {
    std::panic::set_hook(Box::new(|info| gloo::console::error!(info.to_string())));
    host::serve(Box::new(kubarium_session::Session::new()), port, base, on_page);
}

fn main() {}
