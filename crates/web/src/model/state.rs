//! The page's state and how it changes: one value, one list of actions. Widgets select from it and dispatch to it.

use std::rc::Rc;

use collections::{OrdMap, OrdSet};
use kubarium_protocol::{
    Branch, Clock, FaultState, FileEntry, LinkSummary, Mark, ObjectRef, Opened, Problem, Severity, Stepped,
    TerminalId, TerminalState, Update,
};

use crate::model::coach::Coach;
use crate::model::prefs::Prefs;

/// How far the page is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// The engine is being loaded; what is shown is the skeleton.
    #[default]
    Starting,
    /// There is a world.
    Ready,
    /// The engine stopped: why.
    Failed(String),
}

/// What a tab of the editor shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Tab {
    /// Relative to the home folder.
    pub path: String,
    /// The version that the editor's text is based on, and whether it has changes that are not written yet.
    pub version: u64,
    /// There is text that is not written to the file yet.
    pub unsaved: bool,
}

/// A terminal of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// As the session knows it.
    pub id: TerminalId,
    /// Who reads what is typed there.
    pub state: TerminalState,
}

/// An edit that a program waits for, in the place of its terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Comes back when the edit is done.
    pub id: u32,
    /// Whose place it takes.
    pub terminal: TerminalId,
    /// What is edited, for the tab.
    pub title: String,
    /// The file that the program waits for.
    pub path: String,
    /// Its text at the start.
    pub text: String,
}

/// Something told to the person, until it is dismissed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// For dismissing it; rises.
    pub id: u32,
    /// How bad it is.
    pub severity: Severity,
    /// The sentence.
    pub text: String,
}

/// What stands over the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Makes a link.
    Share,
    /// The table of keys.
    Keys,
    /// The command palette.
    Palette,
    /// What is simulated and what is not.
    Fidelity,
    /// The shape of a cluster to make.
    NewCluster,
    /// A link that runs commands: its fragment and what is in it.
    OpenLink(String, LinkSummary),
    /// Several lines were pasted into a terminal.
    Paste(TerminalId, String),
    /// Deleting an object or file: the question, and what is run or deleted.
    Confirm(Confirm),
}

/// A question before something that cannot be taken back.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirm {
    /// A line that deletes something.
    #[allow(missing_docs, reason = "what is asked, and what is run")]
    Run { question: String, line: String },
    /// A file or folder.
    DeleteFile {
        /// Relative to the home folder.
        path: String,
    },
}

/// What a phone shows: one pane at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Map, lists, rollout and the like.
    #[default]
    View,
    /// Files and editor.
    Editor,
    /// The terminals.
    Terminal,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Whether there is a world.
    pub phase: Phase,
    /// The world's versions and shape.
    pub opened: Rc<Opened>,
    /// The newest word about the clock.
    pub clock: Clock,
    /// Of the time bar, oldest first.
    pub marks: Rc<Vec<Mark>>,
    /// All lines of history.
    pub branches: Rc<Vec<Branch>>,
    /// What is broken at the moment shown.
    pub faults: Rc<Vec<FaultState>>,
    /// What the last step did; shown until time goes on.
    pub stepped: Option<Stepped>,
    /// Sorted by path.
    pub files: Rc<Vec<FileEntry>>,
    /// Folders of the tree that are closed; others are open.
    pub closed_folders: OrdSet<String>,
    /// From left to right.
    pub tabs: Vec<Tab>,
    /// The path of the tab shown.
    pub tab: Option<String>,
    /// What the API server would say, by file.
    pub problems: Rc<OrdMap<String, Vec<Problem>>>,
    /// From left to right.
    pub terminals: Vec<Term>,
    /// The terminal shown.
    pub terminal: TerminalId,
    /// Edits that programs wait for: at most one of a terminal, but several terminals may each have one.
    pub edits: Vec<Edit>,
    /// The view's name in the list of views.
    pub view: &'static str,
    /// What a phone shows.
    pub pane: Pane,
    /// The kind whose list is shown.
    pub kind: &'static str,
    /// The namespace that lists are limited to; empty for all.
    pub namespace: String,
    /// The Deployment whose rollout is shown: namespace and name.
    pub deployment: Option<(String, String)>,
    /// What the inspector shows.
    pub selection: Option<ObjectRef>,
    /// Ctrl is held for the next key of the terminal (phones have none).
    pub control: bool,
    /// The kubectl line of the last click.
    pub strip: String,
    /// The first minute's sentences.
    pub coach: Coach,
    /// Oldest first, `NOTICES` at most.
    pub notices: Vec<Notice>,
    notice_ids: u32,
    /// What stands over the page.
    pub dialog: Option<Dialog>,
    /// Settings that outlive the page.
    pub prefs: Prefs,
    /// Whether what is done here is kept across reloads.
    pub kept: Kept,
}

/// Whether the session is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kept {
    /// It is.
    #[default]
    Yes,
    /// It is not: why.
    No(String),
}

/// Everything that can happen to the state.
#[derive(Clone, Debug)]
pub enum Action {
    /// The session told something.
    Update(Update),
    /// The engine stopped: why.
    Failed(String),
    /// Goes to a view.
    Show(&'static str),
    /// Goes to a pane, on phones.
    ShowPane(Pane),
    /// Goes to a kind's list.
    ShowKind(&'static str),
    /// Limits lists to a namespace; empty for all.
    SetNamespace(String),
    /// Shows the rollout of a Deployment: namespace, name.
    ShowDeployment(String, String),
    /// Shows an object in the inspector, or none; and the kubectl line that does the same.
    Select(Option<ObjectRef>, String),
    /// The kubectl line of a click.
    Strip(String),
    /// Shows a file in the editor.
    OpenTab {
        /// Relative to the home folder.
        path: String,
        /// The version that the editor was given.
        version: u64,
    },
    /// Closes the tab of a path.
    CloseTab(String),
    /// The editor's text differs from the file, or was written.
    Unsaved(String, bool),
    /// The text of a tab is now that of this version of its file.
    Based(String, u64),
    /// A file has another name; its tab goes along.
    Renamed {
        /// The old path.
        from: String,
        /// The new path.
        to: String,
    },
    /// Opens or closes a folder of the tree.
    ToggleFolder(String),
    /// What the API server says to the file of this path; nothing: it was not asked.
    Problems(String, Option<Vec<Problem>>),
    /// A new terminal, which is shown.
    AddTerminal(TerminalId),
    /// Shows a terminal.
    ShowTerminal(TerminalId),
    /// A terminal was closed.
    RemoveTerminal(TerminalId),
    /// The edit of this number is over.
    EditDone(u32),
    /// What the last step did has been read.
    StepRead,
    /// Whether Ctrl is held for the next key of the terminal.
    Control(bool),
    /// The first minute's sentences are done or were sent away.
    CoachOver,
    /// Tells the person something.
    Tell(Severity, String),
    /// Takes a notice away.
    Dismiss(u32),
    /// Puts a dialog over the page, or takes it away.
    Dialog(Option<Dialog>),
    /// The settings changed.
    Prefs(Prefs),
    /// Whether what is done here is kept across reloads.
    Kept(Kept),
    /// Another world is about to be opened: what was of the old one goes.
    Reopen,
}

/// Notices shown at once; older ones go first.
const NOTICES: usize = 4;

impl State {
    /// The state of a page that has just been opened.
    pub fn new(prefs: Prefs, coach: Coach, view: &'static str) -> State {
        State { prefs, coach, view, kind: "Pod", ..State::default() }
    }

    /// Takes one action.
    pub fn reduce(&mut self, action: Action) {
        match action {
            Action::Update(update) => self.update(update),
            Action::Failed(message) => self.phase = Phase::Failed(message),
            Action::Show(view) => {
                self.view = view;
                self.pane = Pane::View;
            }
            Action::ShowPane(pane) => self.pane = pane,
            Action::ShowKind(kind) => self.kind = kind,
            Action::SetNamespace(namespace) => self.namespace = namespace,
            Action::ShowDeployment(namespace, name) => self.deployment = Some((namespace, name)),
            Action::Select(selection, line) => {
                self.selection = selection;
                self.set_strip(line);
            }
            Action::Strip(line) => self.set_strip(line),
            Action::OpenTab { path, version } => {
                if !self.tabs.iter().any(|it| it.path == path) {
                    self.tabs.push(Tab { path: path.clone(), version, unsaved: false });
                }
                self.tab = Some(path);
            }
            Action::CloseTab(path) => self.close_tab(&path),
            Action::Unsaved(path, unsaved) => self.with_tab(&path, |it| it.unsaved = unsaved),
            Action::Based(path, version) => self.with_tab(&path, |it| it.version = version),
            Action::Renamed { from, to } => {
                self.with_tab(&from, |it| it.path = to.clone());
                if self.tab.as_deref() == Some(from.as_str()) {
                    self.tab = Some(to);
                }
            }
            Action::ToggleFolder(path) => {
                if !self.closed_folders.remove(&path) {
                    self.closed_folders.insert(path);
                }
            }
            Action::Problems(path, problems) => {
                let known = Rc::make_mut(&mut self.problems);
                match problems {
                    Some(problems) => known.insert(path, problems),
                    None => known.remove(&path),
                };
            }
            Action::AddTerminal(id) => {
                self.terminals.push(Term { id, state: TerminalState::Prompt });
                self.terminal = id;
            }
            Action::ShowTerminal(id) => self.terminal = id,
            Action::RemoveTerminal(id) => {
                self.terminals.retain(|it| it.id != id);
                self.edits.retain(|it| it.terminal != id);
                if self.terminal == id {
                    self.terminal = self.terminals.last().map_or(0, |it| it.id);
                }
            }
            Action::EditDone(id) => self.edits.retain(|it| it.id != id),
            Action::StepRead => self.stepped = None,
            Action::Control(held) => self.control = held,
            Action::CoachOver => self.set_coach(Coach::over()),
            Action::Tell(severity, text) => self.tell(severity, text),
            Action::Dismiss(id) => self.notices.retain(|it| it.id != id),
            Action::Dialog(dialog) => self.dialog = dialog,
            Action::Prefs(prefs) => self.prefs = prefs,
            Action::Kept(kept) => self.kept = kept,
            Action::Reopen => {
                self.tabs.clear();
                self.tab = None;
                self.selection = None;
                self.deployment = None;
                self.edits.clear();
                self.stepped = None;
                self.problems = Rc::default();
            }
        }
    }

    fn update(&mut self, update: Update) {
        match update {
            Update::Opened(opened) => {
                self.phase = Phase::Ready;
                self.opened = Rc::new(opened);
            }
            Update::Refused { message, hint } => {
                self.tell(Severity::Error, format!("{message} {hint}").trim().to_string());
            }
            Update::Terminal { terminal, state } => {
                if let Some(it) = self.terminals.iter_mut().find(|it| it.id == terminal) {
                    it.state = state;
                }
                // Whoever waited for an edit is gone, by ^C for instance.
                if state != TerminalState::Busy {
                    self.edits.retain(|it| it.terminal != terminal);
                }
            }
            Update::Edit { edit, terminal, title, path, text } => {
                self.edits.push(Edit { id: edit, terminal, title, path, text });
            }
            Update::Clock(clock) => {
                if clock.live != self.clock.live {
                    self.set_coach(self.coach.saw_time(clock.live));
                }
                // What a step did is told until time goes on, or another moment is shown.
                let own = |it: &Stepped| clock.paused && (self.clock.now..=clock.now).contains(&it.at);
                if clock.now != self.clock.now && !self.stepped.as_ref().is_some_and(own) {
                    self.stepped = None;
                }
                self.clock = clock;
            }
            Update::Marks { reset, marks } => {
                let known = Rc::make_mut(&mut self.marks);
                if reset {
                    known.clear();
                } else {
                    let coach = marks.iter().fold(self.coach, |coach, mark| coach.saw(mark));
                    self.prefs.coach_over = coach.step().is_none();
                    self.coach = coach;
                }
                known.extend(marks);
            }
            Update::Branches(branches) => self.branches = Rc::new(branches),
            Update::Stepped(stepped) => self.stepped = Some(stepped),
            Update::Faults(faults) => self.faults = Rc::new(faults),
            Update::Files(files) => {
                self.files = Rc::new(files);
                // A file that is gone takes its tab along, unless there are words in it that are nowhere else.
                let gone = |it: &Tab| !it.unsaved && !self.files.iter().any(|file| file.path == it.path);
                let gone: Vec<String> =
                    self.tabs.iter().filter(|it| gone(it)).map(|it| it.path.clone()).collect();
                gone.iter().for_each(|path| self.close_tab(path));
            }
            Update::Notice { severity, text } => self.tell(severity, text),
            // Handled where they are wanted.
            Update::Answer { .. } | Update::Output { .. } | Update::Watch(_) | Update::NeedAsset { .. } => {}
        }
    }

    fn with_tab(&mut self, path: &str, change: impl FnOnce(&mut Tab)) {
        if let Some(tab) = self.tabs.iter_mut().find(|it| it.path == path) {
            change(tab);
        }
    }

    fn close_tab(&mut self, path: &str) {
        let Some(index) = self.tabs.iter().position(|it| it.path == path) else { return };
        self.tabs.remove(index);
        if self.tab.as_deref() == Some(path) {
            let next = self.tabs.get(index).or_else(|| self.tabs.last());
            self.tab = next.map(|it| it.path.clone());
        }
    }

    fn set_strip(&mut self, line: String) {
        if !line.is_empty() {
            self.strip = line;
        }
    }

    fn set_coach(&mut self, coach: Coach) {
        self.coach = coach;
        self.prefs.coach_over = coach.step().is_none();
    }

    fn tell(&mut self, severity: Severity, text: String) {
        if self.notices.iter().any(|it| it.text == text) {
            return;
        }
        self.notice_ids += 1;
        self.notices.push(Notice { id: self.notice_ids, severity, text });
        if self.notices.len() > NOTICES {
            self.notices.remove(0);
        }
    }

    /// The edit that stands in the place of the terminal shown.
    pub fn edit(&self) -> Option<&Edit> {
        self.edits.iter().find(|it| it.terminal == self.terminal)
    }

    /// Whether a terminal's shell has ended.
    pub fn is_closed(&self, terminal: TerminalId) -> bool {
        self.terminals.iter().any(|it| it.id == terminal && it.state == TerminalState::Closed)
    }

    /// A terminal whose prompt is free: the one shown, if it is.
    pub fn free_terminal(&self) -> Option<TerminalId> {
        let free = |it: &&Term| it.state == TerminalState::Prompt;
        let shown = self.terminals.iter().find(|it| it.id == self.terminal && free(it));
        shown.or_else(|| self.terminals.iter().find(free)).map(|it| it.id)
    }

    /// The smallest number that no terminal has.
    pub fn new_terminal(&self) -> TerminalId {
        (0..).find(|id| !self.terminals.iter().any(|it| it.id == *id)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(actions: Vec<Action>) -> State {
        let mut state = State::default();
        actions.into_iter().for_each(|it| state.reduce(it));
        state
    }

    fn open(path: &str) -> Action {
        Action::OpenTab { path: path.into(), version: 1 }
    }

    #[test]
    fn closing_a_tab_shows_its_neighbour() {
        let state = state(vec![open("a"), open("b"), open("c"), open("b"), Action::CloseTab("b".into())]);
        assert_eq!(state.tab.as_deref(), Some("c"));
        assert_eq!(state.tabs.len(), 2);
    }

    #[test]
    fn a_file_that_is_gone_takes_its_tab_along_but_never_unsaved_words() {
        let files = vec![FileEntry { path: "b".into(), ..FileEntry::default() }];
        let gone = Action::Update(Update::Files(files));
        let state = state(vec![open("a"), open("b"), open("c"), Action::Unsaved("c".into(), true), gone]);
        assert_eq!(state.tabs.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn lines_run_in_the_shown_terminal_unless_it_is_busy() {
        let busy = |terminal| Action::Update(Update::Terminal { terminal, state: TerminalState::Busy });
        let both = vec![Action::AddTerminal(0), Action::AddTerminal(1)];
        assert_eq!(state(both.clone()).free_terminal(), Some(1));
        assert_eq!(state([both.clone(), vec![busy(1)]].concat()).free_terminal(), Some(0));
        let none = state([both, vec![busy(1), busy(0)]].concat());
        assert_eq!((none.free_terminal(), none.new_terminal()), (None, 2));
    }

    #[test]
    fn each_terminal_has_its_own_edit_until_its_program_is_gone() {
        let edit = |edit, terminal| {
            Action::Update(Update::Edit {
                edit,
                terminal,
                title: String::new(),
                path: String::new(),
                text: String::new(),
            })
        };
        let is = |terminal, state| Action::Update(Update::Terminal { terminal, state });
        let begun = vec![
            Action::AddTerminal(0),
            Action::AddTerminal(1),
            edit(7, 0),
            edit(8, 1),
            is(0, TerminalState::Busy),
        ];
        let shown = |more: Vec<Action>| state([begun.clone(), more].concat()).edit().map(|it| it.id);
        assert_eq!(shown(vec![]), Some(8));
        assert_eq!(shown(vec![Action::ShowTerminal(0)]), Some(7));
        assert_eq!(shown(vec![Action::EditDone(8)]), None);
        assert_eq!(shown(vec![Action::EditDone(8), Action::ShowTerminal(0)]), Some(7));
        assert_eq!(shown(vec![Action::ShowTerminal(0), is(0, TerminalState::Prompt)]), None);
        assert_eq!(shown(vec![Action::RemoveTerminal(1), Action::RemoveTerminal(0)]), None);
    }

    #[test]
    fn what_a_step_did_is_not_told_of_another_moment() {
        let stepped = Stepped { at: 5, actor: "kubelet".into(), sentence: "It did.".into() };
        let clock = |now, paused| Action::Update(Update::Clock(Clock { now, paused, ..Clock::default() }));
        let begun = vec![clock(3, true), Action::Update(Update::Stepped(stepped)), clock(6, true)];
        let then = |more| state([begun.clone(), vec![more]].concat()).stepped.is_some();
        assert!(then(clock(6, true)));
        assert!(!then(clock(2, true)) && !then(clock(7, false)) && !then(Action::StepRead));
    }

    #[test]
    fn the_same_notice_is_told_once_and_few_stay() {
        let tell = |text: &str| Action::Tell(Severity::Info, text.into());
        assert_eq!(state(vec![tell("a"), tell("a")]).notices.len(), 1);
        let many = state(["a", "b", "c", "d", "e"].map(tell).to_vec());
        assert_eq!(many.notices.first().map(|it| it.text.as_str()), Some("b"));
    }

    #[test]
    fn a_strip_keeps_the_last_line() {
        let state =
            state(vec![Action::Strip("kubectl get pods".into()), Action::Select(None, String::new())]);
        assert_eq!(state.strip, "kubectl get pods");
    }
}
