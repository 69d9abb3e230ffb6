//! Hooks: the app's handle, parts of its state, watches, sizes.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use kubarium_protocol::Watch;
use kubarium_web::model::collection::Sink;
use kubarium_web::model::state::State;
use yew::prelude::*;

use crate::ui::js;
use crate::ui::link::App;

/// The app's handle.
#[hook]
pub fn use_app() -> App {
    use_context::<App>().expect("Root provides the app")
}

/// A part of the state: the component is drawn again only when that part changed. What is equal to the last one keeps
/// its very `Rc`, so that it can be compared by pointer.
#[hook]
pub fn use_select<T: PartialEq + 'static>(select: impl Fn(&State) -> T + 'static) -> Rc<T> {
    let changed = move |state: &State, last: Option<&Rc<dyn Any>>| -> Option<Rc<dyn Any>> {
        let value = select(state);
        match last.and_then(|it| it.downcast_ref::<T>()) {
            Some(last) if *last == value => None,
            _ => Some(Rc::new(value)),
        }
    };
    use_selection(Rc::new(changed)).downcast().expect("it was made as this type")
}

/// Gives the new value of a selection, if it is another than the last one.
type Select = Rc<dyn Fn(&State, Option<&Rc<dyn Any>>) -> Option<Rc<dyn Any>>>;

/// What `use_select` does, once for all types: there are many call sites, and each type costs a copy.
#[hook]
fn use_selection(select: Select) -> Rc<dyn Any> {
    let app = use_app();
    let update = use_force_update();
    let latest = use_mut_ref(|| None::<(Select, Rc<dyn Any>)>);
    let value = {
        let mut latest = latest.borrow_mut();
        let last = latest.take().map(|it| it.1);
        let value = app
            .with(|it| select(it, last.as_ref()))
            .or(last)
            .expect("without a last value there is a new one");
        *latest = Some((select, value.clone()));
        value
    };
    use_effect_with((), move |()| {
        let watched = app.clone();
        let look = move || {
            let latest = latest.borrow();
            let changed =
                |(select, last): &(Select, Rc<dyn Any>)| watched.with(|it| select(it, Some(last))).is_some();
            if latest.as_ref().is_some_and(changed) {
                update.force_update();
            }
        };
        // What changed since it was drawn, and before anybody listened, is seen now.
        look();
        let listener = app.listen(look);
        move || app.forget(listener)
    });
    value
}

/// The second that is shown, for ages.
#[hook]
pub fn use_second() -> i64 {
    *use_select(|it| it.clock.now / 1_000_000) * 1_000_000
}

/// What a watch brings. The component is drawn again after each change. The second value rises with each.
#[hook]
pub fn use_watch<S: Sink>(spec: Watch) -> (Rc<RefCell<S>>, u64) {
    let app = use_app();
    let update = use_force_update();
    let version = use_mut_ref(|| 0_u64);
    let held = use_mut_ref(|| None::<(Watch, Rc<RefCell<S>>, u32)>);
    let current = {
        let mut held = held.borrow_mut();
        let stale = held.as_ref().is_none_or(|it| it.0 != spec);
        if stale {
            if let Some((_, _, listener)) = held.take() {
                app.unwatch(listener);
            }
            let version = version.clone();
            *version.borrow_mut() += 1;
            let (sink, listener) = app.watch::<S>(&spec, move || {
                *version.borrow_mut() += 1;
                update.force_update();
            });
            *held = Some((spec, sink, listener));
        }
        held.as_ref().map(|it| it.1.clone()).expect("it was just set")
    };
    use_effect_with((), move |()| {
        move || {
            if let Some((_, _, listener)) = held.borrow_mut().take() {
                app.unwatch(listener);
            }
        }
    });
    let version = *version.borrow();
    (current, version)
}

/// An element's size, as it changes.
#[hook]
pub fn use_size(node: &NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    let set = size.setter();
    let node = node.clone();
    use_effect_with((), move |()| {
        let stop = node
            .cast::<web_sys::Element>()
            .map(|it| js::observe(&it, &js::sizes(move |w, h| set.set((w, h)))));
        move || {
            if let Some(stop) = stop {
                // The function takes nothing and fails never.
                let _ = stop.call0(&wasm_bindgen::JsValue::NULL);
            }
        }
    });
    *size
}
