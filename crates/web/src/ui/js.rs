//! What only JavaScript has: `globalThis.kubarium`, set up by static/js/src/loader.js.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The connection to the session's host.
    pub type Port;
    #[wasm_bindgen(method)]
    pub fn send(this: &Port, json: &str, bytes: Option<Uint8Array>);
    #[wasm_bindgen(js_namespace = ["kubarium", "engine"], js_name = connect)]
    pub fn connect(receive: &JsValue, ready: &JsValue, failed: &JsValue);

    /// A lazily loaded widget (terminal, editor): calls made before it is there wait.
    #[derive(Clone)]
    pub type Part;
    #[wasm_bindgen(method)]
    pub fn call(this: &Part, name: &str, a: &JsValue, b: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "terminal"], js_name = create)]
    pub fn create_terminal(host: &web_sys::Element, options: &JsValue) -> Part;
    #[wasm_bindgen(js_namespace = ["kubarium", "editor"], js_name = create)]
    pub fn create_editor(host: &web_sys::Element, options: &JsValue) -> Part;

    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = load)]
    pub fn load(key: &str, done: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = save)]
    pub fn save(key: &str, bytes: Uint8Array, done: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = remove)]
    pub fn remove(key: &str);
    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = claim)]
    pub fn claim(name: &str, done: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = readPrefs)]
    pub fn read_prefs() -> String;
    #[wasm_bindgen(js_namespace = ["kubarium", "storage"], js_name = writePrefs)]
    pub fn write_prefs(text: &str);

    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = copy)]
    pub fn copy(text: &str, done: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = copySession)]
    pub fn copy_session();
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = download)]
    pub fn download(name: &str, bytes: &JsValue, kind: &str);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = pick)]
    pub fn pick(accept: &str, done: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = setTheme)]
    pub fn set_theme(theme: &str);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = observe)]
    pub fn observe(element: &web_sys::Element, report: &JsValue) -> js_sys::Function;
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = onVisibility)]
    pub fn on_visibility(changed: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = onSeen)]
    pub fn on_seen(report: &JsValue);
    #[wasm_bindgen(js_namespace = ["kubarium", "platform"], js_name = onCrash)]
    pub fn on_crash(report: &JsValue);
}

/// A JavaScript function that takes no arguments. It lives as long as JavaScript holds it.
pub fn nothing(call: impl FnMut() + 'static) -> JsValue {
    Closure::<dyn FnMut()>::new(call).into_js_value()
}

/// A JavaScript function that takes a text. It lives as long as JavaScript holds it.
pub fn text(call: impl FnMut(String) + 'static) -> JsValue {
    Closure::<dyn FnMut(String)>::new(call).into_js_value()
}

/// A JavaScript function that takes a flag. It lives as long as JavaScript holds it.
pub fn flag(call: impl FnMut(bool) + 'static) -> JsValue {
    Closure::<dyn FnMut(bool)>::new(call).into_js_value()
}

/// A JavaScript function that takes two texts. It lives as long as JavaScript holds it.
pub fn texts(call: impl FnMut(String, String) + 'static) -> JsValue {
    Closure::<dyn FnMut(String, String)>::new(call).into_js_value()
}

/// A JavaScript function that takes two sizes. It lives as long as JavaScript holds it.
pub fn sizes(call: impl FnMut(f64, f64) + 'static) -> JsValue {
    Closure::<dyn FnMut(f64, f64)>::new(call).into_js_value()
}

/// A JavaScript function that takes a message: JSON and bytes. It lives as long as JavaScript holds it.
pub fn message(call: impl FnMut(String, Option<Uint8Array>) + 'static) -> JsValue {
    Closure::<dyn FnMut(String, Option<Uint8Array>)>::new(call).into_js_value()
}

/// A JavaScript function that takes the port and its mode. It lives as long as JavaScript holds it.
pub fn port(call: impl FnMut(Port, String) + 'static) -> JsValue {
    Closure::<dyn FnMut(Port, String)>::new(call).into_js_value()
}

/// A JavaScript function that takes loaded bytes, and what went wrong. It lives as long as JavaScript holds it.
pub fn loaded(call: impl FnMut(Option<Uint8Array>, String) + 'static) -> JsValue {
    Closure::<dyn FnMut(Option<Uint8Array>, String)>::new(call).into_js_value()
}

/// A JavaScript function that takes bytes. It lives as long as JavaScript holds it.
pub fn bytes(call: impl FnMut(Uint8Array) + 'static) -> JsValue {
    Closure::<dyn FnMut(Uint8Array)>::new(call).into_js_value()
}

/// Sets a field of an options object.
pub fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    // Only fails for frozen objects, which options are not.
    let _ = js_sys::Reflect::set(object, &name.into(), &value.into());
}
