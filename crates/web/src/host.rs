//! Drives an engine: commands from a port go in, frames let time pass, updates go out as one message a frame, when the
//! page has seen the one before: a page that is behind is told of the newest state, not of each on the way.
//!
//! Frames are started by timers, not by the screen: a simulation goes on while nobody looks. Between frames the thread
//! is free for messages, and, on the page's own thread, for everything else.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use kubarium_protocol::{Blob, Command, Engine, Update};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

/// The time between frames, and how much of it the engine may take: nearly all in a worker, less on the page's thread.
const FRAME_MS: f64 = 16.0;
const WORKER_BUDGET_MS: f64 = 14.0;
const PAGE_BUDGET_MS: f64 = 8.0;

/// The longest time that one frame makes up for: after a sleeping laptop the cluster has slept, too.
const LONGEST_MS: f64 = 250.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn now_ms() -> f64;
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(url: &str) -> js_sys::Promise;
}

struct Host {
    engine: Box<dyn Engine>,
    port: MessagePort,
    base: String,
    budget_ms: f64,
    /// When the last frame began.
    last_ms: f64,
    timer: Option<Timeout>,
    /// Messages that the page has not seen yet.
    unseen: u32,
}

/// Serves an engine on a port, for as long as the page lives.
pub fn serve(engine: Box<dyn Engine>, port: MessagePort, base: String, on_page: bool) {
    let budget_ms = if on_page { PAGE_BUDGET_MS } else { WORKER_BUDGET_MS };
    let host =
        Host { engine, port: port.clone(), base, budget_ms, last_ms: now_ms(), timer: None, unseen: 0 };
    let host = Rc::new(RefCell::new(host));
    let receive = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| receive(&host, &event));
    port.set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
}

fn receive(host: &Rc<RefCell<Host>>, event: &MessageEvent) {
    let Ok(message) = event.data().dyn_into::<Array>() else { return };
    let json = message.get(0).as_string().unwrap_or_default();
    match serde_json::from_str::<Command>(&json) {
        Ok(mut command) => {
            if let Ok(bytes) = message.get(1).dyn_into::<Uint8Array>() {
                command.put_blob(Blob(bytes.to_vec()));
            }
            give(host, command);
        }
        Err(error) => gloo::console::error!(format!("a command cannot be read: {error}")),
    }
}

/// Gives the engine a command and sees to it that a frame comes soon.
fn give(host: &Rc<RefCell<Host>>, command: Command) {
    let mut it = host.borrow_mut();
    match command {
        Command::Seen => it.unseen = it.unseen.saturating_sub(1),
        command => it.engine.command(command),
    }
    let idle = it.timer.is_none();
    drop(it);
    if idle {
        // What passed while nothing was due does not count.
        host.borrow_mut().last_ms = now_ms();
        schedule(host, 0.0);
    }
}

fn schedule(host: &Rc<RefCell<Host>>, delay_ms: f64) {
    let next = host.clone();
    let timer = Timeout::new(delay_ms as u32, move || frame(&next));
    host.borrow_mut().timer = Some(timer);
}

fn frame(host: &Rc<RefCell<Host>>) {
    let start = now_ms();
    let (updates, quiet) = {
        let mut it = host.borrow_mut();
        it.timer = None;
        let passed = (start - it.last_ms).clamp(0.0, LONGEST_MS);
        it.last_ms = start;
        let deadline = start + it.budget_ms;
        it.engine.frame(passed, &mut || now_ms() < deadline);
        let updates = if it.unseen == 0 { it.engine.updates() } else { Vec::new() };
        (updates, it.engine.is_quiet())
    };
    send(host, updates);
    if !quiet {
        schedule(host, (FRAME_MS - (now_ms() - start)).max(1.0));
    }
}

fn send(host: &Rc<RefCell<Host>>, updates: Vec<Update>) {
    let (assets, updates): (Vec<Update>, Vec<Update>) =
        updates.into_iter().partition(|it| matches!(it, Update::NeedAsset { .. }));
    for asset in assets {
        if let Update::NeedAsset { name } = asset {
            load(host.clone(), name);
        }
    }
    // An update with bytes ends its message, so that a message has at most one.
    let mut message = Vec::new();
    for mut update in updates {
        let blob = update.take_blob();
        message.push(update);
        if blob.is_some() {
            post(host, &std::mem::take(&mut message), blob);
        }
    }
    if !message.is_empty() {
        post(host, &message, None);
    }
}

fn post(host: &Rc<RefCell<Host>>, updates: &[Update], blob: Option<Blob>) {
    let json = match serde_json::to_string(updates) {
        Ok(json) => json,
        Err(error) => return gloo::console::error!(error.to_string()),
    };
    let message = Array::of1(&json.into());
    if let Some(Blob(bytes)) = blob {
        message.push(&Uint8Array::from(bytes.as_slice()));
    }
    let mut it = host.borrow_mut();
    match it.port.post_message(&message) {
        Ok(()) => it.unseen += 1,
        Err(error) => gloo::console::error!(error),
    }
}

/// Fetches a lazily loaded text for the engine.
fn load(host: Rc<RefCell<Host>>, name: String) {
    let url = format!("{}{name}", host.borrow().base);
    wasm_bindgen_futures::spawn_local(async move {
        let text = text_of(&url).await.ok();
        give(&host, Command::Asset { name, text });
    });
}

async fn text_of(url: &str) -> Result<String, JsValue> {
    let response: web_sys::Response = wasm_bindgen_futures::JsFuture::from(fetch(url)).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from(response.status()));
    }
    let text = wasm_bindgen_futures::JsFuture::from(response.text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
}
