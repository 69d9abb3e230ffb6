//! Opens the right world at first, and keeps it in the browser: files and cluster survive a reload and a crash.
//!
//! Each link has a saved state of its own, so that opening one never overwrites one's own work, and coming back to it
//! finds what was done there. Only one tab writes a saved state.

use std::cell::RefCell;

use js_sys::Uint8Array;
use kubarium_protocol::{Answer, Blob, Command, LinkSummary, Micros, Open, Severity, Shape, Start};
use kubarium_web::model::params::fragment_start;
use kubarium_web::model::state::{Action, Dialog, Kept, Phase};

use crate::ui::js;
use crate::ui::link::App;

/// How often it is looked whether there is something to save, and how much virtual time alone is worth saving.
const LOOK_MS: u32 = 300;
const WORTH: Micros = 2_000_000;

/// When the page is at rest after it was opened.
const SETTLE_MS: u32 = 900;

thread_local! {
    static KEEPER: RefCell<Keeper> = RefCell::default();
}

/// What is saved where.
#[derive(Default)]
struct Keeper {
    key: String,
    /// This tab may write.
    ours: bool,
    saving: bool,
    changes: u64,
    now: Micros,
    /// The saved state that was sent, until its fate is known.
    trying: Option<Uint8Array>,
    /// Worlds opened so far.
    opened: u32,
    /// Lines to run as soon as there is a world.
    lines: Vec<String>,
}

/// Opens what the URL asks for, or what was saved, or a new cluster; then keeps it.
pub fn start(app: &App) {
    let fragment = gloo::utils::window().location().hash().unwrap_or_default();
    let link = fragment_start(&fragment, true);
    let shape = app.params().shape();
    let key = match (&link, &shape) {
        (Some(_), _) => format!("link-{:016x}", fnv(fragment.as_bytes())),
        (None, Some(shape)) => format!("seed-{}-nodes-{}", shape.seed, shape.nodes),
        (None, None) => "main".to_string(),
    };
    KEEPER.with_borrow_mut(|it| it.key = key.clone());
    let claimed = app.clone();
    js::claim(
        &key.clone(),
        &js::flag(move |ours| {
            KEEPER.with_borrow_mut(|it| it.ours = ours);
            if !ours {
                claimed.dispatch(Action::Kept(Kept::No("It is open in another tab, which keeps it.".into())));
            }
        }),
    );
    let opening = app.clone();
    js::load(
        &key,
        &js::loaded(move |bytes, error| {
            if !error.is_empty() {
                let kept = Kept::No("The browser does not let this page store anything.".into());
                not_kept(&opening, &kept);
                opening.dispatch(Action::Kept(kept));
            }
            match (bytes, &link) {
                (Some(bytes), _) => {
                    let state = Blob(bytes.to_vec());
                    KEEPER.with_borrow_mut(|it| it.trying = Some(bytes));
                    open(&opening, Start::Saved { state });
                }
                (None, Some(Start::Link { payload, .. })) => inspect(&opening, payload.clone()),
                _ => {
                    let shape = shape.clone().unwrap_or_default();
                    offer_commands(&opening, &shape);
                    open(&opening, Start::Fresh(shape));
                }
            }
        }),
    );
    let app = app.clone();
    let hidden = app.clone();
    js::on_visibility(&js::flag(move |visible| {
        if !visible {
            look(&hidden, true);
        }
    }));
    gloo::timers::callback::Interval::new(LOOK_MS, move || look(&app, false)).forget();
}

/// Starts a world.
pub fn open(app: &App, start: Start) {
    let (paused, speed) = match start {
        // What was left goes on as it went.
        Start::Saved { .. } => app.with(|it| (it.prefs.paused, it.prefs.speed.clamp(1.0, 100.0))),
        _ => (false, 1.0),
    };
    let paused = paused || !app.params().autoplay;
    app.send(Command::Open(Open { start, paused, speed }));
}

/// Starts over with a new cluster.
pub fn open_fresh(app: &App, shape: Shape) {
    app.dispatch(Action::Reopen);
    open(app, Start::Fresh(shape));
}

/// Commands in the query are as foreign as those of a link: they are shown before they run.
fn offer_commands(app: &App, shape: &Shape) {
    let commands = app.params().commands.clone();
    if !commands.is_empty() {
        let summary = LinkSummary { shape: shape.clone(), commands, ..LinkSummary::default() };
        app.dispatch(Action::Dialog(Some(Dialog::OpenLink(String::new(), summary))));
    }
}

/// Runs lines in the terminal, once there is a world.
pub fn run_lines(app: &App, lines: &[String]) {
    if app.with(|it| it.phase == Phase::Ready) {
        lines.iter().for_each(|line| app.run_line(line));
    } else {
        KEEPER.with_borrow_mut(|it| it.lines = lines.to_vec());
    }
}

/// Opens what a file holds: the fragment of a link.
pub fn open_file(app: &App, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match fragment_start(text.trim(), true) {
        Some(Start::Link { payload, .. }) => {
            app.dispatch(Action::Reopen);
            inspect(app, payload);
        }
        _ => app.tell(Severity::Error, "This is not a file that Kubarium wrote."),
    }
}

/// Forgets what was saved.
pub fn forget() {
    KEEPER.with_borrow(|it| js::remove(&it.key));
}

/// Looks into a link first: what runs commands says so before it does.
fn inspect(app: &App, payload: String) {
    let asked = app.clone();
    let question = payload.clone();
    app.ask(
        |id| Command::InspectLink { id, payload: question },
        move |answer| match answer {
            Answer::Link(summary) if summary.commands.is_empty() => {
                open(&asked, Start::Link { payload, run: true })
            }
            Answer::Link(summary) => asked.dispatch(Action::Dialog(Some(Dialog::OpenLink(payload, summary)))),
            Answer::Failed { message } => {
                asked.tell(Severity::Error, format!("This link cannot be opened: {message}"));
                open(&asked, Start::default());
            }
            _ => open(&asked, Start::default()),
        },
    );
}

/// A world was opened: terminals, and commands of the URL.
pub fn opened(app: &App) {
    let first = KEEPER.with_borrow_mut(|it| {
        it.trying = None;
        (it.changes, it.now) = (0, 0);
        it.opened += 1;
        it.opened == 1
    });
    if !first {
        app.clear_screens();
    }
    let (known, restored) = app.with(|it| (it.terminals.clone(), it.opened.terminals.clone()));
    for id in known.iter().map(|it| it.id).filter(|id| !restored.contains(id)) {
        app.start_shell(id);
    }
    for id in &restored {
        if !known.iter().any(|it| it.id == *id) {
            app.dispatch(Action::AddTerminal(*id));
        }
    }
    if known.is_empty() && restored.is_empty() {
        app.open_terminal();
    }
    let lines = KEEPER.with_borrow_mut(|it| std::mem::take(&mut it.lines));
    lines.iter().for_each(|line| app.run_line(line));
    let file = app.params().file.trim_start_matches("~/").to_string();
    if !file.is_empty() && app.params().parts(app.is_embed(), true).side {
        open_asked(app, file);
        return;
    }
    // Once there is nothing more urgent, the editor shows the first manifest.
    let app = app.clone();
    gloo::timers::callback::Timeout::new(SETTLE_MS, move || {
        let wide = gloo::utils::body().client_width() > 760;
        let first = app.with(|it| {
            let wanted = wide && it.prefs.left_open && it.tabs.is_empty();
            it.files.iter().find(|file| wanted && !file.folder && file.path.ends_with(".yaml")).cloned()
        });
        if let Some(file) = first {
            app.dispatch(Action::OpenTab { path: file.path, version: file.version });
        }
    })
    .forget();
}

/// Opens the file that the URL asks for, or says that it is not there.
fn open_asked(app: &App, path: String) {
    let opening = app.clone();
    app.ask(
        |id| Command::ReadFile { id, path },
        move |answer| match answer {
            Answer::File { path, .. } => opening.open_file(&path),
            Answer::Failed { message } => {
                opening
                    .tell(Severity::Warning, format!("The link asks for a file that is not here. {message}"));
            }
            _ => {}
        },
    );
}

/// Saves when something is worth it.
fn look(app: &App, leaving: bool) {
    keep_pace(app);
    let (changes, now, live) = app.with(|it| (it.clock.changes, it.clock.now, it.clock.live));
    let still = leaving || app.with(|it| it.clock.paused);
    let wanted = KEEPER.with_borrow_mut(|it| {
        let moved = (now - it.now).abs() >= WORTH || (still && now != it.now);
        let wanted = it.ours && !it.saving && live && changes > 0 && (changes != it.changes || moved);
        if wanted {
            it.saving = true;
            (it.changes, it.now) = (changes, now);
        }
        wanted
    });
    if wanted {
        let asked = app.clone();
        app.ask(|id| Command::Save { id }, move |answer| write(&asked, answer));
    }
}

/// Remembers how time goes.
fn keep_pace(app: &App) {
    let (paused, speed, ready) =
        app.with(|it| (it.clock.paused && it.clock.live, it.clock.speed, it.phase == Phase::Ready));
    if ready && app.with(|it| (it.prefs.paused, it.prefs.speed) != (paused, speed)) {
        app.set_prefs(|it| (it.paused, it.speed) = (paused, speed));
    }
}

fn write(app: &App, answer: Answer) {
    let Answer::Saved { state } = answer else {
        KEEPER.with_borrow_mut(|it| it.saving = false);
        return;
    };
    let key = KEEPER.with_borrow(|it| it.key.clone());
    let app = app.clone();
    let done = js::text(move |error| {
        KEEPER.with_borrow_mut(|it| it.saving = false);
        let kept = match error.as_str() {
            "" => Kept::Yes,
            "full" => Kept::No("The browser's storage is full.".into()),
            _ => Kept::No("The browser does not let this page store anything.".into()),
        };
        if app.with(|it| it.kept != kept) {
            not_kept(&app, &kept);
            app.dispatch(Action::Kept(kept));
        }
    });
    js::save(&key, Uint8Array::from(state.0.as_slice()), &done);
}

/// Says once that work is not kept, and what helps; embeds keep nothing as a rule.
fn not_kept(app: &App, kept: &Kept) {
    if let Kept::No(why) = kept
        && !app.is_embed()
    {
        app.tell(
            Severity::Warning,
            format!("{why} What you do here ends with this tab; Share can save it as a file."),
        );
    }
}

/// What was saved cannot be read (it is of another version): start anew, and say so. The old bytes are kept aside.
pub fn refused(app: &App) {
    let Some(bytes) = KEEPER.with_borrow_mut(|it| it.trying.take()) else { return };
    let aside = KEEPER.with_borrow(|it| format!("{}-unreadable", it.key));
    js::save(&aside, bytes, &js::text(|_| {}));
    open(app, Start::Fresh(app.params().shape().unwrap_or_default()));
}

/// FNV-1a: a short name for a link.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
