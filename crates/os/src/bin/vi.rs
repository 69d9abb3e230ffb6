//! `vi`: the editor as people's fingers know it, in Vim's words, or in those of BusyBox where the image has that one.
//!
//! The state is plain: lines, cursor, mode, registers, and what undo needs. A change is recorded as the keys that made
//! it, so `.` types them again; a macro is a register whose text is typed. Keys are read in `normal` (with `operator`,
//! `object`, `visual`, `motion`), `insert` and `line` (the `:` line, which `ex` and its neighbours carry out).

mod change;
mod draw;
mod ex;
mod files;
mod global;
mod insert;
mod line;
mod motion;
mod normal;
mod object;
mod operator;
mod options;
mod register;
mod search;
mod shell;
mod substitute;
mod undo;
mod visual;

use super::screen::{App, Errand, Key, Page, Text, full_screen};
use crate::{kernel::Sys, program::ProgramSpec, time::Time};
use options::Settings;
use register::Registers;
use shell::Purpose;
use substitute::Substitution;
use undo::History;

const HELP: &str = "Usage: vi [-R] [-c CMD] [+LINE] [FILE]...\n\nEdit FILE\n\n\t-c CMD\tInitial command to run\n\t-R\tRead-only\n";

/// `vi`
pub const VI: ProgramSpec = ProgramSpec::inside("vi", HELP, || full_screen(Vi::default()));
/// `view`: vi that does not write.
pub const VIEW: ProgramSpec = ProgramSpec::inside("view", HELP, || full_screen(Vi::default()));
/// `vim`
pub const VIM: ProgramSpec = ProgramSpec::inside("vim", HELP, || full_screen(Vi::default()));

const VERSION: &str = "VIM - Vi IMproved 9.1 (2024 Jan 02)";

/// Keys that macros and `:normal` may type for one key of the person: an endless macro ends.
const TYPED_MAX: usize = 200_000;

/// Line and column, from 0.
type Pos = (usize, usize);

/// What a selection covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Chars,
    Lines,
    Block,
}

/// What keys mean now.
#[derive(Clone, Debug, Default, PartialEq)]
enum Mode {
    #[default]
    Normal,
    Insert,
    Replace,
    /// A selection from here to the cursor.
    Visual {
        anchor: Pos,
        shape: Shape,
    },
    /// The `:`, `/` or `?` line being typed, and the place of its cursor.
    Line {
        kind: char,
        text: Vec<char>,
        at: usize,
    },
    /// `:s///c` asks about the match at the cursor.
    Confirm,
    /// More lines than fit the message line are shown until a key is pressed.
    Note,
}

/// A selection that was: to be made again by `gv`, or by `.` at another place.
#[derive(Clone, Copy, Debug)]
struct Selection {
    from: Pos,
    to: Pos,
    shape: Shape,
}

/// The editor.
#[derive(Clone, Debug, Default)]
struct Vi {
    text: Text,
    /// Nothing at all is in the buffer, not even an empty line.
    void: bool,
    /// Files of the command line, which of them this is, and the file edited before.
    files: Vec<String>,
    file_at: usize,
    alternate: Option<String>,
    /// Line and column, from 0.
    row: usize,
    col: usize,
    /// The column that j and k aim at.
    want: usize,
    top: usize,
    /// The first column shown, where lines do not wrap.
    left: usize,
    height: usize,
    width: usize,
    mode: Mode,
    settings: Settings,
    /// Keys of a normal-mode command that is not complete.
    pending: Vec<Key>,
    registers: Registers,
    history: History,
    /// The keys of the change under way, and of the last one, with the selection that it was for.
    recording: Vec<Key>,
    last_change: Vec<Key>,
    last_selection: Option<Selection>,
    next_selection: Option<Selection>,
    change_selection: Option<Selection>,
    /// A search began in visual mode: the selection's anchor.
    searched_from: Option<(Pos, Shape)>,
    replaying: bool,
    /// Macros, `:normal` and `:g` under way: their changes are undone together. And what they may still type.
    depth: usize,
    budget: usize,
    /// A command failed: macros end there.
    failed: bool,
    /// `:g` is under way, and what its `:s` did so far: matches and lines.
    global_runs: bool,
    global_substitutions: (usize, usize),
    /// The register that a macro is being recorded into, and its keys.
    macro_into: Option<(char, Vec<Key>)>,
    last_macro: Option<char>,
    /// How often the text typed in insert mode is put in, and what was typed.
    insert_count: usize,
    /// Each time on a line of its own (`o` and `O`).
    opens_lines: bool,
    /// The line holds only the indentation that it was given.
    indented: bool,
    typed: Vec<char>,
    /// Characters that replace mode has typed over.
    overwritten: Vec<Option<char>>,
    /// What ^N and ^P complete, and the word that is there now.
    completing: Option<(String, String)>,
    /// Rows below that get the same text, and its column (visual block's I and A).
    block_insert: Option<(usize, usize, usize)>,
    /// ^V, ^R or ^O in insert mode waits for its key; the second: back to insert mode after one command.
    literal: Option<char>,
    one_command: bool,
    pasting: bool,
    search: Option<(String, bool)>,
    /// Matches are not shown until the next search.
    no_highlight: bool,
    find: Option<(char, char)>,
    /// Lines typed after `:`, `/` and `?`, and the place among them.
    lines_typed: Vec<String>,
    recalled: Option<usize>,
    message: String,
    /// What `Mode::Note` shows.
    note: Vec<String>,
    marks: collections::OrdMap<char, Pos>,
    jumps: Vec<Pos>,
    jump_at: usize,
    substitution: Option<Box<Substitution>>,
    last_substitute: Option<(String, String, String)>,
    read_only: bool,
    /// Every file is (`view`, `-R`).
    is_view: bool,
    /// The warning about it was given; that more files are left to edit was told.
    warned: bool,
    told_of_more: bool,
    busybox: bool,
    now: Time,
    errand: Option<Errand>,
    purpose: Option<Purpose>,
    last_shell: String,
    stops: bool,
    exit: Option<u8>,
}

impl App for Vi {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)> {
        let argv = sys.argv();
        self.now = sys.now();
        self.busybox = sys.is_busybox();
        let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_owned();
        self.is_view = name == "view";
        let (files, commands) = self.arguments(&argv)?;
        self.read_settings(sys);
        self.text.lines = vec![Vec::new()];
        self.void = true;
        self.files = files;
        if let Some(file) = self.files.first().cloned() {
            self.open(&file, sys);
        }
        if self.files.len() > 1 && !self.busybox {
            self.note = vec![format!("{} files to edit", self.files.len()), self.message.clone()];
            self.message.clear();
            self.mode = Mode::Note;
        }
        for command in commands {
            self.ex(&command, sys);
            self.clamp();
        }
        Ok(())
    }

    fn key(&mut self, key: Key, sys: &mut Sys<'_>) {
        self.now = sys.now();
        self.budget = TYPED_MAX;
        self.failed = false;
        match key {
            Key::PasteBegin => self.pasting = true,
            Key::PasteEnd => self.pasting = false,
            key => {
                if let Some((_, keys)) = &mut self.macro_into {
                    keys.push(key);
                }
                self.press(key, sys);
            }
        }
        self.clamp();
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.page(cols, rows)
    }

    fn done(&self) -> Option<u8> {
        self.exit
    }

    fn has_alt(&self) -> bool {
        false
    }

    fn take_errand(&mut self) -> Option<Errand> {
        self.errand.take()
    }

    fn errand_done(&mut self, output: Vec<u8>, code: i32, _sys: &mut Sys<'_>) {
        self.shell_ended(output, code);
        self.clamp();
    }

    fn take_stop(&mut self) -> bool {
        std::mem::take(&mut self.stops)
    }

    fn wait_for_enter(&self) -> &'static str {
        if self.busybox { "[Hit return to continue]" } else { "Press ENTER or type command to continue" }
    }
}

/// Files and first commands of a command line.
type Arguments = (Vec<String>, Vec<String>);

impl Vi {
    fn arguments(&mut self, argv: &[String]) -> Result<Arguments, (String, u8)> {
        let (mut commands, mut files) = (Vec::new(), Vec::new());
        let mut args = argv.iter().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--help" | "-h" => return Err((HELP.to_owned(), 0)),
                "--version" => return Err((format!("{VERSION}\n"), 0)),
                "-R" => self.is_view = true,
                "-c" => commands.extend(args.next().cloned()),
                "--" => files.extend(args.by_ref().cloned()),
                "+" => commands.push("$".to_owned()),
                plus if plus.starts_with('+') => commands.push(plus[1..].to_owned()),
                "-u" | "-i" | "--cmd" => {
                    args.next();
                }
                flag if flag.starts_with('-') && flag.len() > 1 => {
                    if !["-n", "-N", "-e", "-y", "-Z", "-p", "-o", "-O", "-m", "-C"].contains(&flag) {
                        let text = format!(
                            "{VERSION}\nUnknown option argument: \"{flag}\"\nMore info with: \"vim -h\"\n"
                        );
                        return Err((text, 1));
                    }
                }
                file => files.push(file.to_owned()),
            }
        }
        Ok((files, commands))
    }

    /// One key, from the person or from a macro.
    fn press(&mut self, key: Key, sys: &mut Sys<'_>) {
        match &self.mode {
            Mode::Normal | Mode::Visual { .. } => {
                if self.mode == Mode::Normal && self.pending.is_empty() {
                    self.message.clear();
                }
                self.normal_key(key, sys);
                if self.one_command && self.mode == Mode::Normal && self.pending.is_empty() {
                    self.one_command = false;
                    self.mode = Mode::Insert;
                    if self.want == usize::MAX {
                        self.col = self.line().len();
                    }
                    self.clamp();
                }
            }
            Mode::Insert | Mode::Replace => {
                if !self.replaying {
                    self.recording.push(key);
                }
                self.insert_key(key, sys);
            }
            Mode::Line { .. } => self.line_key(key, sys),
            Mode::Confirm => self.confirm_key(key),
            Mode::Note => {
                self.note.clear();
                self.mode = Mode::Normal;
                if !matches!(key, Key::Enter | Key::Esc | Key::Char(' ')) {
                    self.press(key, sys);
                }
            }
        }
    }

    /// Types keys as a macro does; stops at a command that fails.
    fn type_keys(&mut self, keys: &[Key], sys: &mut Sys<'_>) {
        self.depth += 1;
        for key in keys {
            if self.failed || self.budget == 0 || self.exit.is_some() || self.depth > 50 {
                self.failed = true;
                break;
            }
            self.budget -= 1;
            sys.spend(1);
            self.press(*key, sys);
            self.clamp();
        }
        self.depth -= 1;
    }

    /// A command could not be done: what is said, if anything, and the end of macros.
    fn fail(&mut self, message: impl Into<String>) {
        let message = message.into();
        if !message.is_empty() {
            self.message = message;
        }
        self.failed = true;
    }

    fn line(&self) -> &Vec<char> {
        &self.text.lines[self.row]
    }

    fn last_row(&self) -> usize {
        self.text.lines.len() - 1
    }

    /// The cursor stays on the text.
    fn clamp(&mut self) {
        if self.text.lines.is_empty() {
            self.text.lines.push(Vec::new());
        }
        self.row = self.row.min(self.text.lines.len() - 1);
        let len = self.line().len();
        let past =
            matches!(self.mode, Mode::Insert | Mode::Replace | Mode::Visual { .. }) || self.one_command;
        self.col = self.col.min(if past { len } else { len.saturating_sub(1) });
    }

    /// Moves to a line and column that the person chose: vertical motions aim at this column from now on.
    fn go(&mut self, row: usize, col: usize) {
        self.row = row;
        self.col = col;
        self.want = col;
        self.clamp();
    }

    /// Moves to the first character of a line that is not white.
    fn go_to_line(&mut self, row: usize) {
        let row = row.min(self.last_row());
        let col = self.first_ink(row);
        self.go(row, col);
    }

    /// Several lines to read, or one on the message line.
    fn tell(&mut self, lines: Vec<String>) {
        if let [line] = lines.as_slice() {
            self.message.clone_from(line);
            return;
        }
        self.note = lines;
        self.mode = Mode::Note;
    }

    /// BusyBox's vi has no such command; it says so.
    fn lacks(&mut self, what: &str) -> bool {
        if self.busybox {
            self.fail(format!("'{what}' is not implemented"));
        }
        self.busybox
    }
}
