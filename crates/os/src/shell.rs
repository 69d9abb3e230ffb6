//! The shell: sh, bash, dash and ash as one program whose whole state is data.
//!
//! Source is compiled a command at a time ([`parse`]) to instructions ([`code`]), which a machine with an explicit
//! stack of frames runs ([`vm`]); waiting for a child, a key or a pipe is a state like any other, so a shell can be
//! cloned in the middle of a loop. Which shell it is decides wording and the extent of the language.

mod arith;
mod brace;
mod builtins;
mod code;
mod cond;
mod edit;
mod expand;
mod files;
mod input;
mod interactive;
mod jobs;
mod lex;
mod line;
mod messages;
mod opts;
mod param;
mod parse;
mod print;
mod redirect;
mod special;
mod vars;
mod vm;

use std::rc::Rc;

use collections::{OrdMap, OrdSet};

use crate::{
    bin::tool::Output,
    errno::Errno,
    kernel::{ShellKind, Sys},
    program::{Fd, Pid, Poll, Program, Wait},
    signal::Signal,
    time::Time,
};
use code::Function;
use input::Input;
pub(crate) use interactive::columns;
use jobs::Job;
pub(crate) use lex::is_name;
use opts::Opts;
use vars::{ReadOnly, Var, Vars};
use vm::{Frame, Loop, Waiting};

/// A program that was found in PATH.
#[derive(Clone, Debug)]
struct Hashed {
    path: String,
    hits: u32,
}

/// A shell process.
#[derive(Clone, Debug)]
pub struct Shell {
    pub(crate) kind: ShellKind,
    begun: bool,
    login: bool,
    arg0: String,
    vars: Vars,
    functions: Rc<OrdMap<String, Function>>,
    aliases: Rc<parse::Aliases>,
    params: Rc<Vec<String>>,
    status: i32,
    /// The statuses of the last pipeline, if it was one of several commands; else that of the last command.
    pipe_status: Option<Rc<Vec<i32>>>,
    last_status: i32,
    /// The seed that `RANDOM=` gave.
    random: Option<u32>,
    /// Computed variables that were unset and are ordinary now.
    ordinary: Rc<OrdSet<String>>,
    /// Builtins that `enable -n` took away.
    disabled: Rc<OrdSet<String>>,
    /// Where programs were found, for the PATH it holds for.
    hashed: Rc<OrdMap<String, Hashed>>,
    hashed_path: Rc<str>,
    /// The commands come from a script file, also in a copy of the shell.
    from_script: bool,
    /// The history of a shell without a person.
    script_history: Rc<Vec<String>>,
    /// How words are completed: `complete`.
    completions: Rc<OrdMap<String, String>>,
    opts: Opts,
    interactive: bool,
    shell_pid: Pid,
    parent_pid: Pid,
    started: Time,
    last_background: Option<Pid>,
    /// The `coproc`: its name, process, and the descriptors to read from and write to.
    coproc: Option<(Rc<str>, Pid, Fd, Fd)>,
    line: u32,
    subshell: u32,
    input: Input,
    frames: Vec<Frame>,
    loops: Vec<Loop>,
    /// Undo lists of `Redirect` instructions.
    redirects: Vec<redirect::Undo>,
    cases: Vec<String>,
    /// Conditions being tested: failures do not end a `set -e` shell.
    tested: u32,
    /// Noted results of the command being expanded, and how far they were used.
    memo: Vec<String>,
    memo_at: usize,
    /// How many assignments of the command were made.
    assigned: usize,
    /// Status of the last command substitution of the command.
    substituted: Option<i32>,
    for_words: Option<(Rc<str>, Vec<String>, Rc<str>)>,
    waiting: Option<Waiting>,
    jobs: Vec<Job>,
    traps: Rc<OrdMap<u8, String>>,
    pending_traps: Vec<Signal>,
    exit_with: Option<i32>,
    /// Set by `set -e` while the ERR trap runs.
    exit_after_trap: Option<i32>,
    leaving: bool,
    times: Vec<(Time, u64)>,
    /// What a forked shell does first: duplicate these, then close those.
    setup: Option<(Vec<(Fd, Fd)>, Vec<Fd>)>,
    /// Descriptors of process substitutions, closed after the command.
    process_fds: Vec<Fd>,
    directories: Vec<String>,
    getopts_at: usize,
    /// The word being expanded stays one: `$*` is joined.
    joins: bool,
    /// How many command substitutions this shell is in, for `set -x`.
    substitutions: u32,
    traced_assignments: Vec<String>,
    /// The last argument of the command before: `$_`.
    last_argument: String,
    /// The command being run, as it is written: `$BASH_COMMAND`.
    command_text: Rc<str>,
    /// The DEBUG trap of the command at hand has run.
    debugged: bool,
    /// Statuses of background processes that were waited for.
    finished: Vec<(Pid, i32)>,
    exported_functions: Rc<OrdSet<String>>,
    /// Options of `shopt` that differ from their defaults.
    shopts: Rc<OrdSet<&'static str>>,
    /// The next prompt, where it needed commands; and whether PROMPT_COMMAND has run for it.
    prompt_ready: Option<String>,
    prompt_commands_run: bool,
    out: Output,
}

/// The shell that `sh` (or `bash`, `dash`, `ash`) is.
pub fn start() -> Box<dyn Program> {
    Box::new(Shell::new(ShellKind::Bash))
}

impl Shell {
    fn new(kind: ShellKind) -> Shell {
        Shell {
            kind,
            begun: false,
            login: false,
            arg0: String::new(),
            vars: Vars::default(),
            functions: Rc::default(),
            aliases: Rc::default(),
            params: Rc::default(),
            status: 0,
            pipe_status: None,
            last_status: 0,
            random: None,
            ordinary: Rc::default(),
            disabled: Rc::default(),
            hashed: Rc::default(),
            hashed_path: Rc::from(""),
            from_script: false,
            script_history: Rc::default(),
            completions: Rc::default(),
            opts: Opts::default(),
            interactive: false,
            shell_pid: 0,
            parent_pid: 0,
            started: Time(0),
            last_background: None,
            coproc: None,
            line: 1,
            subshell: 0,
            input: Input::None,
            frames: Vec::new(),
            loops: Vec::new(),
            redirects: Vec::new(),
            cases: Vec::new(),
            tested: 0,
            memo: Vec::new(),
            memo_at: 0,
            assigned: 0,
            substituted: None,
            for_words: None,
            waiting: None,
            jobs: Vec::new(),
            traps: Rc::default(),
            pending_traps: Vec::new(),
            exit_with: None,
            exit_after_trap: None,
            leaving: false,
            times: Vec::new(),
            setup: None,
            process_fds: Vec::new(),
            directories: Vec::new(),
            getopts_at: 0,
            joins: false,
            substitutions: 0,
            traced_assignments: Vec::new(),
            last_argument: String::new(),
            command_text: Rc::from(""),
            debugged: false,
            finished: Vec::new(),
            exported_functions: Rc::default(),
            shopts: Rc::default(),
            prompt_ready: None,
            prompt_commands_run: false,
            out: Output::quiet(),
        }
    }

    /// Reads arguments and environment; Err is the exit code of a refusal.
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), i32> {
        let argv = sys.argv();
        let called = argv.first().cloned().unwrap_or_default();
        let base = called.rsplit('/').next().unwrap_or("").trim_start_matches('-').to_string();
        self.login = called.starts_with('-');
        self.kind = match base.as_str() {
            "bash" => ShellKind::Bash,
            "dash" => ShellKind::Dash,
            "ash" => ShellKind::Ash,
            _ => sys.shell_kind(),
        };
        self.arg0 = called;
        self.shell_pid = sys.pid();
        self.parent_pid = sys.ppid();
        self.started = sys.now();
        for (name, value) in sys.env().iter() {
            // bash passes functions on as variables.
            if let Some(name) = name.strip_prefix("BASH_FUNC_").and_then(|n| n.strip_suffix("%%")) {
                self.import_function(name, value);
                continue;
            }
            if name == "_" {
                self.last_argument.clone_from(value);
            }
            let var = self.vars.entry(name);
            *var = Var { value: Some(vars::Value::Text(value.clone())), exported: true, ..Var::default() };
        }
        let mut args: Vec<String> = argv.iter().skip(1).cloned().collect();
        let mut command = None;
        let mut force_interactive = false;
        let mut norc = false;
        while let Some(arg) = args.first().cloned() {
            let Some(flags) = arg.strip_prefix(['-', '+']).filter(|f| !f.is_empty()) else { break };
            args.remove(0);
            let on = arg.starts_with('-');
            match flags {
                "-" => break,
                "-login" => self.login = true,
                "-norc" | "-noprofile" | "-posix" => norc = true,
                "-version" => {
                    let version = if self.kind == ShellKind::Bash {
                        "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n"
                    } else {
                        ""
                    };
                    self.print(version);
                    return Err(0);
                }
                _ => {}
            }
            if flags.starts_with('-') {
                continue;
            }
            for letter in flags.chars() {
                match letter {
                    'c' => {
                        self.opts.command_string = true;
                        command = Some(());
                    }
                    'i' => force_interactive = on,
                    'l' => self.login = on,
                    's' => self.opts.stdin = on,
                    'o' | 'O' => {
                        if let Some(name) = (!args.is_empty()).then(|| args.remove(0)) {
                            if letter == 'O' {
                                self.set_shopt(&name, on);
                            } else {
                                self.set_option_name(&name, on);
                            }
                        }
                    }
                    other => {
                        if !self.set_option_letter(other, on) {
                            let message = format!("{}: -{other}: invalid option\n", self.arg0);
                            self.eprint(message);
                            return Err(2);
                        }
                    }
                }
            }
        }
        if command.is_some() {
            if args.is_empty() {
                let message = match self.kind {
                    ShellKind::Bash => format!("{}: -c: option requires an argument\n", self.arg0),
                    ShellKind::Dash => format!("{}: 0: -c requires an argument\n", self.arg0),
                    ShellKind::Ash => format!("{}: -c requires an argument\n", self.arg0),
                };
                self.eprint(message);
                return Err(2);
            }
            let source = args.remove(0);
            if self.kind == ShellKind::Bash {
                let _set = self.vars.set("BASH_EXECUTION_STRING", source.as_str());
            }
            self.input = Input::text(&source, false);
            if !args.is_empty() {
                self.arg0 = args.remove(0);
            }
        } else if !args.is_empty() && !self.opts.stdin {
            let path = args.remove(0);
            let text = self.read_script(sys, &path)?;
            self.input = Input::text(&text, true);
            self.from_script = true;
            self.arg0 = path;
        } else if force_interactive || (sys.is_tty(0) && sys.is_tty(2)) {
            self.interactive = true;
        } else {
            self.opts.stdin = true;
            self.input = Input::stdin();
        }
        self.params = Rc::new(args);
        self.set_defaults(sys);
        if self.interactive {
            self.begin_interactive(sys, norc);
        }
        Ok(())
    }

    /// Defines a function that the environment brought.
    fn import_function(&mut self, name: &str, value: &str) {
        let source = format!("{name} {value}");
        let aliases = Rc::default();
        let mut parser = parse::Parser::new(&source, self.kind, &aliases);
        let Ok(Some(code)) = parser.next_command() else { return };
        if let [code::Op::Function(name, code)] = code.ops.as_slice() {
            let function = Function { code: code.clone(), origin: "environment".into() };
            Rc::make_mut(&mut self.functions).insert(name.to_string(), function);
            Rc::make_mut(&mut self.exported_functions).insert(name.to_string());
        }
    }

    /// The environment for a program: exported variables, and in bash functions.
    fn environment(&self) -> Vec<(String, String)> {
        let mut env = self.vars.environment();
        for name in self.exported_functions.iter() {
            if let Some(function) = self.functions.get(name) {
                env.push((format!("BASH_FUNC_{name}%%"), print::exported(&function.code.text)));
            }
        }
        env
    }

    fn read_script(&mut self, sys: &mut Sys<'_>, path: &str) -> Result<String, i32> {
        let found = match sys.vfs().read_text(path) {
            Err(Errno::ENOENT) if !path.contains('/') => {
                let search = self.vars.text("PATH").unwrap_or("").to_string();
                match sys.find_program(path, &search) {
                    Ok(file) => sys.vfs().read_text(&file),
                    Err(_) => Err(Errno::ENOENT),
                }
            }
            other => other,
        };
        match found {
            Ok(text) if text.starts_with("\u{7f}ELF") => {
                let message = format!("{path}: {path}: cannot execute binary file\n");
                self.eprint(message);
                Err(126)
            }
            Ok(text) => Ok(text),
            Err(e) => {
                let message = match self.kind {
                    ShellKind::Bash => format!("{}: {path}: {e}\n", self.arg0),
                    ShellKind::Dash => {
                        format!("{}: 0: cannot open {path}: {}\n", self.arg0, messages::short_error(e))
                    }
                    ShellKind::Ash => format!("{}: can't open '{path}': {e}\n", self.arg0),
                };
                self.eprint(message);
                Err(if e == Errno::ENOENT { if self.kind == ShellKind::Bash { 127 } else { 2 } } else { 126 })
            }
        }
    }

    fn set_defaults(&mut self, sys: &mut Sys<'_>) {
        let cwd = sys.cwd().to_string();
        let inherited = self.vars.text("PWD").map(str::to_string);
        let pwd = match inherited {
            Some(pwd) if pwd.starts_with('/') && sys.vfs().real_path(&pwd).is_ok_and(|p| p == cwd) => pwd,
            _ => cwd,
        };
        let mut default = |name: &str, value: &str| {
            if self.vars.text(name).is_none() {
                // A fresh variable is not read-only.
                let _set = self.vars.set(name, value);
            }
        };
        default("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        default("IFS", " \t\n");
        default("PS4", "+ ");
        default("OPTIND", "1");
        let _set = self.vars.set("PWD", pwd);
        self.vars.entry("PWD").exported = true;
        if self.kind == ShellKind::Ash {
            let level: i64 = self.vars.text("SHLVL").and_then(|l| l.parse().ok()).unwrap_or(0);
            let _set = self.vars.set("SHLVL", (level.saturating_add(1)).to_string());
            self.vars.entry("SHLVL").exported = true;
        }
        if self.kind == ShellKind::Bash {
            let level: i64 = self.vars.text("SHLVL").and_then(|l| l.parse().ok()).unwrap_or(0);
            let _set = self.vars.set("SHLVL", (level.saturating_add(1)).to_string());
            self.vars.entry("SHLVL").exported = true;
            let hostname = sys.hostname().to_string();
            for (name, value) in [
                ("BASH_VERSION", "5.2.15(1)-release"),
                ("HOSTNAME", &hostname),
                ("OSTYPE", "linux-gnu"),
                ("HOSTTYPE", "x86_64"),
                ("MACHTYPE", "x86_64-pc-linux-gnu"),
            ] {
                if self.vars.text(name).is_none() {
                    let _set = self.vars.set(name, value);
                }
            }
            let version = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];
            let version = version.iter().enumerate().map(|(i, v)| (i as i64, v.to_string())).collect();
            let _set = self.vars.set_value("BASH_VERSINFO", vars::Value::Indexed(version));
            if self.vars.text("BASH").is_none() {
                let search = self.vars.text("PATH").unwrap_or("").to_string();
                let path = sys.find_program("bash", &search).unwrap_or_else(|_| "/bin/bash".to_string());
                let _set = self.vars.set("BASH", path);
            }
            if self.last_argument.is_empty() {
                self.last_argument.clone_from(&sys.argv().first().cloned().unwrap_or_default());
            }
            self.set_bash_variables(sys);
            if self.vars.get("OLDPWD").is_none() {
                self.vars.entry("OLDPWD").exported = true;
            }
        }
    }

    /// Writes to stdout, after what was written before.
    fn print(&mut self, text: impl AsRef<[u8]>) {
        self.out.push(1, text.as_ref());
    }

    /// Writes to stderr.
    fn eprint(&mut self, text: impl AsRef<[u8]>) {
        self.out.push(2, text.as_ref());
    }

    /// Sets a variable, complaining when it is read-only.
    fn assign(&mut self, name: &str, value: impl Into<String>) -> bool {
        match self.vars.set(name, value) {
            Ok(()) => {
                if self.opts.allexport {
                    self.vars.entry(name).exported = true;
                }
                true
            }
            Err(ReadOnly(name)) => {
                self.readonly_error(&name);
                false
            }
        }
    }

    /// The aliases that are expanded: in bash a script's are not unless it asks for that.
    fn live_aliases(&self) -> Rc<parse::Aliases> {
        if self.kind != ShellKind::Bash || self.interactive || self.opts.expand_aliases {
            self.aliases.clone()
        } else {
            Rc::default()
        }
    }

    fn function_name(&self) -> Option<String> {
        self.frames.iter().rev().find_map(|f| f.function_name())
    }
}

/// A word quoted so that the shell reads it back (`${x@Q}`, `set -x`).
fn quote(text: &str) -> String {
    if text.chars().any(|c| c.is_control()) {
        return ansi_quote(text);
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// `$'…'`
fn ansi_quote(text: &str) -> String {
    let mut out = String::from("$'");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\x1b' => out.push_str("\\E"),
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\{:03o}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

impl Program for Shell {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            if let Err(code) = self.begin(sys) {
                self.exit_with = Some(code);
                self.leaving = true;
            }
        }
        if let Some((dups, closes)) = self.setup.take() {
            for (from, to) in dups {
                // The parent had both open when it forked.
                let _dup = sys.dup2(from, to);
            }
            for fd in closes {
                let _closed = sys.close(fd);
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                // ^C gives up an echo into a pipe that nobody reads.
                if matches!(self.waiting, Some(Waiting::Flush { .. })) && sys.has_signal() {
                    self.out.discard();
                } else {
                    return Poll::Wait(wait);
                }
            }
            if let Some(error) = self.out.failed.take() {
                self.write_error("echo", error);
            }
            if let (true, Some(code)) = (self.leaving, self.exit_with) {
                self.save_history(sys);
                return Poll::Exit(code as u8);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            sys.spend(1);
            match self.step(sys) {
                Step::Go => {}
                Step::Wait(wait) => {
                    // Output first: the prompt must show before the wait for keys.
                    return Poll::Wait(match self.out.drain(sys) {
                        Some(output) => output,
                        None => wait,
                    });
                }
                Step::Replaced => return Poll::Yield,
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// What a step of the shell came to.
enum Step {
    Go,
    Wait(Wait),
    /// Another program took the shell's place.
    Replaced,
}
