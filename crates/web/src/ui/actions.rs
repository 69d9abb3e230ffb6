//! What clicks do, each with its kubectl line.

use kubarium_protocol::{Command, Fault, Micros, ObjectRef, Severity, Time};
use kubarium_web::model::lines;
use kubarium_web::model::state::{Action, Confirm, Dialog, Pane};
use kubarium_web::model::time_bar;

use crate::ui::app::focus_soon;
use crate::ui::js;
use crate::ui::link::App;

impl App {
    /// Runs a line in a terminal whose prompt is free, or in a new one: what a click does is what the line does.
    pub fn run_line(&self, line: &str) {
        self.runs(line);
    }

    /// Runs a line if it can be run here and now; gives whether it is.
    fn runs(&self, line: &str) -> bool {
        self.dispatch(Action::Strip(line.into()));
        if self.params().readonly {
            self.tell(Severity::Info, "This page only shows the cluster: nothing can be run in it.");
            return false;
        }
        let live = self.with(|it| it.clock.live);
        if !live && changes_something(line) {
            self.tell(
                Severity::Info,
                "You are looking at the past, which cannot be changed. Go back to live, or branch from here.",
            );
            return false;
        }
        let terminal = self.with(|it| it.free_terminal()).unwrap_or_else(|| self.open_terminal());
        self.dispatch(Action::ShowTerminal(terminal));
        self.send(Command::Run { terminal, line: line.into() });
        if !self.params().parts(self.is_embed(), true).terminal {
            self.tell(Severity::Info, format!("Ran: {line}"));
        }
        true
    }

    /// Runs a line whose output is what is wanted: a phone shows the terminal then.
    pub fn run_line_to_read(&self, line: &str) {
        if self.runs(line) {
            self.dispatch(Action::ShowPane(Pane::Terminal));
        }
    }

    /// Runs a line that goes on with what is typed: the terminal is shown and has the focus.
    pub fn run_line_to_type(&self, line: &str) {
        if self.runs(line) {
            self.enter_terminal();
        }
    }

    /// Shows the terminal and gives it the focus.
    pub fn enter_terminal(&self) {
        self.dispatch(Action::ShowPane(Pane::Terminal));
        focus_soon(".terminal-tab-panel.shown textarea");
    }

    /// Asks first.
    pub fn confirm_line(&self, question: impl Into<String>, line: String) {
        self.dispatch(Action::Dialog(Some(Dialog::Confirm(Confirm::Run {
            question: question.into(),
            line,
        }))));
    }

    /// Opens another terminal and shows it.
    pub fn open_terminal(&self) -> u32 {
        let id = self.with(|it| it.new_terminal());
        self.dispatch(Action::AddTerminal(id));
        self.start_shell(id);
        id
    }

    /// Starts a shell on a terminal, instead of the one that was there. A screen that is not there yet tells its size
    /// later.
    pub fn start_shell(&self, terminal: u32) {
        let (columns, rows) = self.screen_size(terminal).unwrap_or((100, 20));
        self.send(Command::OpenTerminal { terminal, columns, rows });
    }

    /// Closes a terminal, with what runs in it.
    pub fn close_terminal(&self, terminal: u32) {
        self.send(Command::CloseTerminal { terminal });
        self.detach_screen(terminal);
        self.dispatch(Action::RemoveTerminal(terminal));
    }

    /// Shows an object in the inspector.
    pub fn inspect(&self, object: ObjectRef) {
        let line = lines::describe(&object);
        self.dispatch(Action::Select(Some(object), line));
    }

    pub fn time(&self, time: Time) {
        self.send(Command::Time(time));
    }

    /// Pauses or plays; in the past, playing goes on from there.
    pub fn toggle_play(&self) {
        let paused = self.with(|it| it.clock.paused);
        self.time(if paused { Time::Play } else { Time::Pause });
    }

    pub fn change_speed(&self, up: bool) {
        let factor = self.with(|it| time_bar::next_speed(it.clock.speed, up));
        self.time(Time::Speed { factor });
    }

    pub fn seek(&self, at: Micros) {
        let at = self.with(|it| at.clamp(it.clock.earliest, it.clock.latest));
        self.time(Time::Seek { at });
    }

    /// To just before the last thing that the person did.
    pub fn rewind(&self) {
        match self.with(|it| time_bar::before_last(&it.marks, it.clock.now)) {
            Some(at) => self.seek(at),
            None => self.tell(Severity::Info, "Nothing was done yet that could be rewound."),
        }
    }

    pub fn fault(&self, fault: Fault) {
        self.dispatch(Action::Strip(lines::fault(&fault)));
        if !self.with(|it| it.clock.live) {
            self.tell(
                Severity::Info,
                "You are looking at the past, which cannot be changed. Go back to live, or branch from here.",
            );
            return;
        }
        self.send(Command::Fault(fault));
    }

    /// Light colours instead of dark ones, or the other way.
    pub fn toggle_theme(&self) {
        let next = if crate::ui::parts::top_bar::is_dark() { "light" } else { "dark" };
        js::set_theme(next);
        self.set_prefs(|it| it.theme = next.into());
    }

    /// What a key of k9s does to the object that is looked at; false when it does nothing.
    pub fn object_key(&self, key: &str) -> bool {
        let Some(object) = self.with(|it| it.selection.clone()) else { return false };
        let is_pod = object.kind == "Pod";
        match key {
            "d" => self.run_line_to_read(&lines::describe(&object)),
            "y" => self.run_line_to_read(&lines::yaml(&object)),
            "e" if object.kind != "Event" => self.run_line_to_read(&lines::edit(&object)),
            "l" if is_pod => self.run_line_to_read(&lines::logs(&object)),
            "s" if is_pod => self.run_line_to_type(&lines::shell(&object)),
            "Delete" if object.kind != "Event" && !self.params().readonly => self.ask_delete(&object),
            _ => return false,
        }
        true
    }

    /// Asks whether an object is to be deleted.
    pub fn ask_delete(&self, object: &ObjectRef) {
        let question = format!("Delete {} {}?", object.kind, object.name);
        self.confirm_line(question, lines::delete(object));
    }

    /// What was typed, as a control character when the key row holds Ctrl.
    pub fn with_control(&self, text: String) -> String {
        if !self.with(|it| it.control) {
            return text;
        }
        self.dispatch(Action::Control(false));
        control(&text).unwrap_or(text)
    }

    /// Copies, and says so.
    pub fn copy(&self, text: &str) {
        let app = self.clone();
        js::copy(
            text,
            &js::flag(move |copied| match copied {
                true => app.tell(Severity::Info, "Copied."),
                false => app.tell(Severity::Warning, "The browser did not let this page use the clipboard."),
            }),
        );
    }

    /// Opens a file in the editor.
    pub fn open_file(&self, path: &str) {
        let version =
            self.with(|it| it.files.iter().find(|file| file.path == path).map_or(0, |file| file.version));
        self.dispatch(Action::OpenTab { path: path.into(), version });
        self.dispatch(Action::ShowPane(Pane::Editor));
        if !self.is_embed() && !self.with(|it| it.prefs.left_open) {
            self.set_prefs(|it| it.left_open = true);
        }
    }
}

/// A letter with Ctrl held.
fn control(text: &str) -> Option<String> {
    let letter = text.chars().next().filter(|c| text.len() == 1 && c.is_ascii_alphabetic())?;
    Some(char::from(letter.to_ascii_uppercase() as u8 & 0x1f).to_string())
}

/// Whether a kubectl line writes (and so cannot run in the past).
fn changes_something(line: &str) -> bool {
    const READS: [&str; 12] = [
        "get",
        "describe",
        "logs",
        "events",
        "explain",
        "diff",
        "version",
        "cluster-info",
        "api-resources",
        "config",
        "top",
        "auth",
    ];
    let mut words = line.split_whitespace();
    words.next() == Some("kubectl") && !words.next().is_some_and(|verb| READS.contains(&verb))
}
