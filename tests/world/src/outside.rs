//! The outside of a program: its argument, its output, the wall clock, what it used. In wasm that is Node's.

// The clock measures the program, not the world.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

#[cfg(not(target_arch = "wasm32"))]
mod host {
    use std::time::{Duration, Instant};

    /// The first argument; empty without one.
    pub fn argument() -> String {
        std::env::args().nth(1).unwrap_or_default()
    }

    /// Prints a line.
    pub fn say(line: &str) {
        println!("{line}");
    }

    /// A panic is told by the standard library.
    pub fn tell_panics() {}

    /// A moment of the wall clock.
    #[derive(Clone, Copy)]
    pub struct Moment(Instant);

    impl Moment {
        pub fn now() -> Moment {
            Moment(Instant::now())
        }

        /// Milliseconds since then.
        pub fn ms(self) -> f64 {
            let it: Duration = self.0.elapsed();
            it.as_secs_f64() * 1e3
        }
    }

    /// Processor time that the process has used, in milliseconds, where the system tells.
    pub fn cpu_ms() -> Option<f64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
        // USER_HZ is 100 on every Linux.
        Some(ticks * 10.0)
    }

    /// The most memory that the process has held, in MiB, where the system tells.
    pub fn memory_mib() -> Option<f64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
    }
}

#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::JsValue;

    /// `globalThis.argument`, set by whoever loads the module.
    pub fn argument() -> String {
        global("argument").as_string().unwrap_or_default()
    }

    /// Prints a line.
    pub fn say(line: &str) {
        let console = global("console");
        if let Ok(log) = js_sys::Reflect::get(&console, &JsValue::from_str("log")) {
            let _ = js_sys::Function::from(log).call1(&console, &JsValue::from_str(line));
        }
    }

    /// A panic is told before the module traps.
    pub fn tell_panics() {
        std::panic::set_hook(Box::new(|info| say(&info.to_string())));
    }

    fn global(name: &str) -> JsValue {
        js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    /// A moment of the wall clock.
    #[derive(Clone, Copy)]
    pub struct Moment(f64);

    impl Moment {
        pub fn now() -> Moment {
            let performance = global("performance");
            let now = js_sys::Reflect::get(&performance, &JsValue::from_str("now"));
            let ms = now.ok().and_then(|it| js_sys::Function::from(it).call0(&performance).ok()?.as_f64());
            Moment(ms.unwrap_or_else(js_sys::Date::now))
        }

        /// Milliseconds since then.
        pub fn ms(self) -> f64 {
            Moment::now().0 - self.0
        }
    }

    /// Processor time that Node has used, its compiler's and collector's threads included, in milliseconds.
    pub fn cpu_ms() -> Option<f64> {
        let process = global("process");
        let usage = js_sys::Reflect::get(&process, &JsValue::from_str("cpuUsage")).ok()?;
        let usage = js_sys::Function::from(usage).call0(&process).ok()?;
        let micros = |key: &str| js_sys::Reflect::get(&usage, &JsValue::from_str(key)).ok()?.as_f64();
        Some((micros("user")? + micros("system")?) / 1e3)
    }

    /// The size of linear memory, which never shrinks, in MiB.
    pub fn memory_mib() -> Option<f64> {
        Some(core::arch::wasm32::memory_size(0) as f64 / 16.0)
    }
}

pub use host::{Moment, argument, cpu_ms, memory_mib, say, tell_panics};
