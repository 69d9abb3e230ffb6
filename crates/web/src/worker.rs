//! The worker's binary: hosts a session behind a `MessagePort`. Where a worker cannot be had, the page loads this very
//! module and calls `serve` on its own thread.

#[cfg(target_arch = "wasm32")]
mod host;

/// Serves a session on a port: messages are `[json, bytes?]`. `base` is the folder of the page's files, for texts that
/// are loaded lazily; `on_page` says that this is the page's own thread, where frames must be short.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn serve(port: web_sys::MessagePort, base: String, on_page: bool) {
    host::serve(Box::new(engine::Absent::default()), port, base, on_page);
}

#[cfg(target_arch = "wasm32")]
mod engine {
    //! Stands in for the session crate's engine until that crate has one: it refuses every world, and says why.

    use kubarium_protocol::{Command, Engine, Update};

    #[derive(Default)]
    pub struct Absent(Vec<Update>);

    impl Engine for Absent {
        fn command(&mut self, command: Command) {
            if matches!(command, Command::Open(_)) {
                let message = "This build has no simulation in it.".into();
                self.0.push(Update::Refused { message, hint: String::new() });
            }
        }

        fn frame(&mut self, _wall_ms: f64, _has_time: &mut dyn FnMut() -> bool) {}

        fn updates(&mut self) -> Vec<Update> {
            std::mem::take(&mut self.0)
        }

        fn is_quiet(&self) -> bool {
            true
        }
    }
}

fn main() {}
