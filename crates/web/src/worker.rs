//! The worker's binary: hosts a session behind a `MessagePort`. Where a worker cannot be had, the page loads this very
//! module and calls `serve` on its own thread.
//!
//! A release build is cut in two: what the first minute of a visit runs, and the rest, which comes a moment later.

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

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
extern "C" {
    /// Puts the rest of this module in place before it returns (`static/js/src/rest.js`).
    #[wasm_bindgen(js_name = loadRest)]
    fn host_loads_rest();
}

/// What the stand-ins of functions that are in the module's other part call first (`crates/split`).
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn load_rest() {
    host_loads_rest();
}

fn main() {}
