//! The app's handle: the state with those who watch it, and the connection to the session.
//!
//! Components never talk to the session's host themselves: they dispatch actions, send commands, ask questions, and
//! subscribe to watches through this.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use collections::OrdMap;
use js_sys::Uint8Array;
use kubarium_protocol::{
    Answer, Blob, Command, Id, Severity, TerminalId, TerminalState, Time, Update, Watch, WatchUpdate,
};
use kubarium_web::model::coach::Coach;
use kubarium_web::model::collection::Sink;
use kubarium_web::model::params::Params;
use kubarium_web::model::prefs::Prefs;
use kubarium_web::model::state::{Action, Phase, State};

use crate::ui::js;

/// Cheap to clone; equal only to itself.
#[derive(Clone)]
pub struct App(Rc<Inner>);

struct Inner {
    pub state: RefCell<State>,
    listeners: RefCell<OrdMap<u32, Rc<dyn Fn()>>>,
    port: RefCell<Option<js::Port>>,
    /// Commands from before the port was there.
    waiting: RefCell<Vec<Command>>,
    asks: RefCell<OrdMap<Id, Box<dyn FnOnce(Answer)>>>,
    watches: RefCell<OrdMap<String, Entry>>,
    screens: RefCell<OrdMap<TerminalId, Screen>>,
    ids: Cell<u32>,
    /// The terminal's height as the person wants it, whatever the URL asks for.
    kept: f64,
    params: Params,
    embed: bool,
}

/// One subscription, shared by all who want the same.
struct Entry {
    id: Id,
    sink: Rc<dyn Any>,
    apply: Rc<dyn Fn(WatchUpdate, &kubarium_protocol::Clock)>,
    listeners: OrdMap<u32, Rc<dyn Fn()>>,
}

/// Where a terminal's output goes; kept until there is a screen.
#[derive(Default)]
struct Screen {
    write: Option<Rc<dyn Fn(&str)>>,
    early: String,
    /// Columns and rows.
    size: Option<(u16, u16)>,
}

/// What a screen says when nobody reads what is typed any more.
const ENDED: &str = "\r\n\x1b[2mThe shell has ended. Press Enter for a new one.\x1b[0m\r\n";

impl PartialEq for App {
    fn eq(&self, other: &App) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl App {
    /// The app of this page: what its URL asks for, and the settings that were kept.
    pub fn new() -> App {
        let location = gloo::utils::window().location();
        let params = Params::parse(&location.search().unwrap_or_default());
        let embed = gloo::utils::document_element().get_attribute("data-page").as_deref() == Some("embed");
        let kept = Prefs::read(&js::read_prefs());
        let mut prefs = if embed { kept.clone().in_an_embed() } else { kept.clone() };
        if let Some(height) = params.terminal_height {
            prefs.bottom = height.into();
        }
        let coach = if prefs.coach_over { Coach::over() } else { Coach::default() };
        let view = crate::ui::view_list::named(&params.view).id;
        let state = State::new(prefs, coach, view);
        App(Rc::new(Inner {
            state: RefCell::new(state),
            listeners: RefCell::default(),
            port: RefCell::default(),
            waiting: RefCell::default(),
            asks: RefCell::default(),
            watches: RefCell::default(),
            screens: RefCell::default(),
            ids: Cell::new(1),
            kept: kept.bottom,
            params,
            embed,
        }))
    }

    /// What the URL asks for.
    pub fn params(&self) -> &Params {
        &self.0.params
    }

    /// Whether this is the embed's page.
    pub fn is_embed(&self) -> bool {
        self.0.embed
    }

    /// A look at the state.
    pub fn with<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.state.borrow())
    }

    /// Changes the state and tells all who watch it.
    pub fn dispatch(&self, action: Action) {
        self.0.state.borrow_mut().reduce(action);
        self.notify();
    }

    /// Tells the person something.
    pub fn tell(&self, severity: Severity, text: impl Into<String>) {
        self.dispatch(Action::Tell(severity, text.into()));
    }

    /// Changes and keeps the settings.
    pub fn set_prefs(&self, change: impl FnOnce(&mut Prefs)) {
        let mut prefs = self.with(|it| it.prefs.clone());
        change(&mut prefs);
        self.dispatch(Action::Prefs(prefs));
        self.keep_prefs();
    }

    /// Writes the settings down: the person's own, not what a URL asks for. An embed has no say in those of the page.
    pub fn keep_prefs(&self) {
        if self.is_embed() {
            return;
        }
        let mut prefs = self.with(|it| it.prefs.clone());
        if self.params().terminal_height.is_some_and(|it| f64::from(it) == prefs.bottom) {
            prefs.bottom = self.0.kept;
        }
        if let Ok(text) = serde_json::to_string(&prefs) {
            js::write_prefs(&text);
        }
    }

    fn notify(&self) {
        let listeners: Vec<Rc<dyn Fn()>> = self.0.listeners.borrow().values().cloned().collect();
        listeners.iter().for_each(|it| it());
    }

    /// A number that nothing else has.
    pub fn new_id(&self) -> u32 {
        let id = self.0.ids.get();
        self.0.ids.set(id + 1);
        id
    }

    /// Calls on each change of state, until [`App::forget`].
    pub fn listen(&self, call: impl Fn() + 'static) -> u32 {
        let id = self.new_id();
        self.0.listeners.borrow_mut().insert(id, Rc::new(call));
        id
    }

    /// Ends what [`App::listen`] began.
    pub fn forget(&self, listener: u32) {
        self.0.listeners.borrow_mut().remove(&listener);
    }

    // ---- The session

    /// Connects to the host of the session.
    pub fn connect(&self) {
        let app = self.clone();
        let receive = js::message(move |json, bytes| {
            app.receive(&json, bytes);
            app.seen();
        });
        let app = self.clone();
        let ready = js::port(move |port, mode| {
            if mode == "page" {
                gloo::console::info!("the simulation runs on the page's own thread");
            }
            *app.0.port.borrow_mut() = Some(port);
            let waiting = std::mem::take(&mut *app.0.waiting.borrow_mut());
            waiting.into_iter().for_each(|it| app.send(it));
        });
        let app = self.clone();
        let failed = js::text(move |message| app.dispatch(Action::Failed(message)));
        js::connect(&receive, &ready, &failed);
        let app = self.clone();
        js::on_crash(&js::text(move |message| app.dispatch(Action::Failed(message))));
    }

    /// Lets time stand still while nobody can see the page: an embed is one of many things on its page.
    pub fn rest_unseen(&self) {
        let app = self.clone();
        let resting = Cell::new(false);
        js::on_seen(&js::flag(move |seen| {
            let flows = app.with(|it| it.phase == Phase::Ready && !it.clock.paused && it.clock.live);
            if !seen && flows {
                resting.set(true);
                app.send(Command::Time(Time::Pause));
            } else if seen && resting.take() {
                app.send(Command::Time(Time::Play));
            }
        }));
    }

    /// Sends a command, or keeps it until the port is there.
    pub fn send(&self, mut command: Command) {
        let port = self.0.port.borrow();
        let Some(port) = port.as_ref() else {
            self.0.waiting.borrow_mut().push(command);
            return;
        };
        let bytes = command.take_blob().map(|blob| Uint8Array::from(blob.0.as_slice()));
        match serde_json::to_string(&command) {
            Ok(json) => port.send(&json, bytes),
            Err(error) => gloo::console::error!(error.to_string()),
        }
    }

    /// Sends a question; `then` gets its answer.
    pub fn ask(&self, question: impl FnOnce(Id) -> Command, then: impl FnOnce(Answer) + 'static) {
        let id = self.new_id();
        self.0.asks.borrow_mut().insert(id, Box::new(then));
        self.send(question(id));
    }

    fn receive(&self, json: &str, bytes: Option<Uint8Array>) {
        let mut updates = match Update::read_all(json) {
            Ok(updates) => updates,
            Err(error) => {
                gloo::console::error!(format!("a message of the session cannot be read: {error}"));
                return;
            }
        };
        if let Some(bytes) = bytes
            && let Some(update) = updates
                .iter_mut()
                .find(|it| matches!(it, Update::Answer { answer: Answer::Saved { .. }, .. }))
        {
            update.put_blob(Blob(bytes.to_vec()));
        }
        let mut changed = false;
        let mut after: Vec<Box<dyn FnOnce()>> = Vec::new();
        for update in updates {
            match update {
                Update::Output { terminal, text } => self.output(terminal, &text),
                Update::Answer { id, answer } => {
                    if let Some(then) = self.0.asks.borrow_mut().remove(&id) {
                        after.push(Box::new(move || then(answer)));
                    }
                }
                Update::Watch(update) => self.watched(update),
                Update::Opened(opened) => {
                    self.0.state.borrow_mut().reduce(Action::Update(Update::Opened(opened)));
                    let app = self.clone();
                    after.push(Box::new(move || crate::ui::persist::opened(&app)));
                    changed = true;
                }
                update => {
                    if let Update::Terminal { terminal, state: TerminalState::Closed } = update
                        && !self.params().readonly
                    {
                        self.output(terminal, ENDED);
                    }
                    if matches!(update, Update::Refused { .. }) {
                        let app = self.clone();
                        after.push(Box::new(move || crate::ui::persist::refused(&app)));
                    }
                    self.0.state.borrow_mut().reduce(Action::Update(update));
                    changed = true;
                }
            }
        }
        if changed {
            self.notify();
        }
        after.into_iter().for_each(|it| it());
    }

    /// Asks for the next message, in a task of its own: after what changed has been drawn.
    fn seen(&self) {
        let app = self.clone();
        gloo::timers::callback::Timeout::new(0, move || app.send(Command::Seen)).forget();
    }

    // ---- Terminals

    /// What is typed: to the shell, or, where it has ended, for a new one.
    pub fn type_into(&self, terminal: TerminalId, text: String) {
        if !self.with(|it| it.is_closed(terminal)) {
            self.send(Command::Input { terminal, text });
        } else if text.contains('\r') {
            self.start_shell(terminal);
        }
    }

    /// A screen has this many columns and rows.
    pub fn resize_screen(&self, terminal: TerminalId, columns: u16, rows: u16) {
        self.0.screens.borrow_mut().entry(terminal).or_default().size = Some((columns, rows));
        self.send(Command::Resize { terminal, columns, rows });
    }

    /// A screen's columns and rows, once there is a screen.
    pub fn screen_size(&self, terminal: TerminalId) -> Option<(u16, u16)> {
        self.0.screens.borrow().get(&terminal).and_then(|it| it.size)
    }

    fn output(&self, terminal: TerminalId, text: &str) {
        let write = {
            let mut screens = self.0.screens.borrow_mut();
            let screen = screens.entry(terminal).or_default();
            if screen.write.is_none() {
                screen.early.push_str(text);
            }
            screen.write.clone()
        };
        if let Some(write) = write {
            write(text);
        }
    }

    /// Sends a terminal's output to a screen, with what came before it.
    pub fn attach_screen(&self, terminal: TerminalId, write: impl Fn(&str) + 'static) {
        let early = {
            let mut screens = self.0.screens.borrow_mut();
            let screen = screens.entry(terminal).or_default();
            std::mem::take(&mut screen.early)
        };
        write(&early);
        if let Some(screen) = self.0.screens.borrow_mut().get_mut(&terminal) {
            screen.write = Some(Rc::new(write));
        }
    }

    /// Clears all screens: another workstation will speak (`ESC c` is a terminal's full reset).
    pub fn clear_screens(&self) {
        let writes: Vec<_> = self.0.screens.borrow().values().filter_map(|it| it.write.clone()).collect();
        writes.iter().for_each(|write| write("\x1bc"));
    }

    /// Forgets a screen, and what was kept for it.
    pub fn detach_screen(&self, terminal: TerminalId) {
        self.0.screens.borrow_mut().remove(&terminal);
    }

    // ---- Watches

    fn watched(&self, update: WatchUpdate) {
        let clock = self.with(|it| it.clock.clone());
        let found = {
            let watches = self.0.watches.borrow();
            watches
                .values()
                .find(|it| it.id == update.id)
                .map(|it| (it.apply.clone(), it.listeners.values().cloned().collect::<Vec<_>>()))
        };
        let Some((apply, listeners)) = found else { return };
        apply(update, &clock);
        listeners.iter().for_each(|it| it());
    }

    /// Subscribes; `changed` is called after each change until [`App::unwatch`] with the number returned. Those who
    /// want the same watch share one subscription and one sink.
    pub fn watch<S: Sink>(&self, spec: &Watch, changed: impl Fn() + 'static) -> (Rc<RefCell<S>>, u32) {
        let listener = self.new_id();
        let key = key_of::<S>(spec);
        let mut watches = self.0.watches.borrow_mut();
        if let Some(entry) = watches.get_mut(&key)
            && let Ok(sink) = entry.sink.clone().downcast::<RefCell<S>>()
        {
            entry.listeners.insert(listener, Rc::new(changed));
            return (sink, listener);
        }
        let sink = Rc::new(RefCell::new(S::default()));
        let target = sink.clone();
        let id = self.new_id();
        let entry = Entry {
            id,
            sink: sink.clone(),
            apply: Rc::new(move |update, clock| target.borrow_mut().apply(update, clock)),
            listeners: [(listener, Rc::new(changed) as Rc<dyn Fn()>)].into_iter().collect(),
        };
        watches.insert(key, entry);
        drop(watches);
        self.send(Command::Watch(Watch { id, ..spec.clone() }));
        (sink, listener)
    }

    /// Ends one's part of a subscription; the last one ends it.
    pub fn unwatch(&self, listener: u32) {
        let mut watches = self.0.watches.borrow_mut();
        let mut over = None;
        for (key, entry) in watches.iter_mut() {
            if entry.listeners.remove(&listener).is_some() && entry.listeners.is_empty() {
                over = Some((key.clone(), entry.id));
            }
        }
        let Some((key, id)) = over else { return };
        watches.remove(&key);
        drop(watches);
        self.send(Command::Unwatch { id });
    }
}

fn key_of<S: 'static>(spec: &Watch) -> String {
    let Watch { path, query, table, keep, .. } = spec;
    format!("{:?} {path} {query:?} {table} {keep:?}", std::any::TypeId::of::<S>())
}
