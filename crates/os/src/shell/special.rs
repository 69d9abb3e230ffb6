//! Variables that the shell computes: `$RANDOM`, `$SECONDS`, `${FUNCNAME[@]}`, `${PIPESTATUS[@]}`, `$SHELLOPTS` …
//!
//! Unsetting one makes it an ordinary variable for good, as in bash.

use collections::OrdMap;

use super::{Shell, builtins, vars::Value, vm::FrameKind};
use crate::kernel::{ShellKind, Sys};

/// The variables that lose their meaning when they are unset.
const SPECIAL: [&str; 21] = [
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "PIPESTATUS",
    "RANDOM",
    "SECONDS",
    "SRANDOM",
];

/// A function or sourced file being run.
struct Call {
    name: String,
    /// The line it was called from.
    line: u32,
    /// The file it is in.
    file: String,
}

/// An indexed array of these strings.
fn indexed(items: Vec<String>) -> Value {
    Value::Indexed(items.into_iter().enumerate().map(|(i, t)| (i as i64, t)).collect())
}

/// One step of bash's generator, from its last state.
fn park_miller(seed: u32) -> u32 {
    let last = if seed == 0 { 123_459_876 } else { seed };
    let (h, l) = (last / 127_773, last % 127_773);
    let t = 16_807 * i64::from(l) - 2_836 * i64::from(h);
    (if t < 0 { t + 0x7fff_ffff } else { t }) as u32
}

impl Shell {
    /// Whether the variable is one that the shell computes, and was not unset.
    fn is_special(&self, name: &str) -> bool {
        self.ordinary.is_empty() || !self.ordinary.contains(name)
    }

    /// Notes that a variable was unset: it is ordinary from now on.
    pub(super) fn unset_special(&mut self, name: &str) {
        if SPECIAL.contains(&name) {
            std::rc::Rc::make_mut(&mut self.ordinary).insert(name.to_string());
        }
    }

    /// A computed variable's value as one string. `RANDOM` gives the next number each time it is asked.
    pub(super) fn special(&mut self, sys: &mut Sys<'_>, name: &str) -> Option<String> {
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) || !self.is_special(name) {
            return None;
        }
        let bash = self.kind == ShellKind::Bash;
        match name {
            "LINENO" => return Some(self.line.to_string()),
            "PPID" => return Some(self.parent_pid.to_string()),
            _ if self.kind == ShellKind::Dash => return None,
            "RANDOM" => return Some(self.next_random(sys).to_string()),
            "EPOCHSECONDS" => return Some(sys.now().secs().to_string()),
            "EPOCHREALTIME" => {
                return Some(format!("{}.{:06}", sys.now().secs(), sys.now().subsec_micros()));
            }
            "SECONDS" if bash => {
                return Some((sys.now().since(self.started) / crate::time::SECOND).to_string());
            }
            "FUNCNAME" if !bash => return self.function_name(),
            _ if !bash => return None,
            "SRANDOM" => return Some((sys.random() >> 32).to_string()),
            "BASHPID" => return Some(sys.pid().to_string()),
            "BASH_SUBSHELL" => return Some(self.subshell.to_string()),
            "BASH_COMMAND" => return Some(super::print::command(&self.command_text)),
            "BASH_ARGV0" => return Some(self.arg0.clone()),
            "HISTCMD" => {
                let past = self.history_lines().len();
                return Some(if self.interactive { past + 1 } else { past }.to_string());
            }
            "SHELLOPTS" => return Some(self.option_names()),
            "BASHOPTS" => return Some(self.shopt_names()),
            _ => {}
        }
        match self.special_array(sys, name)? {
            Value::Indexed(items) => Some(items.get(&0).cloned().unwrap_or_default()),
            Value::Assoc(_) | Value::Text(_) => None,
        }
    }

    /// A computed array.
    pub(super) fn special_array(&mut self, sys: &mut Sys<'_>, name: &str) -> Option<Value> {
        if self.kind != ShellKind::Bash || !self.is_special(name) {
            return None;
        }
        Some(indexed(match name {
            "PIPESTATUS" => self.pipe_statuses().iter().map(i32::to_string).collect(),
            "FUNCNAME" => {
                let calls = self.calls();
                let inside = self.frames.iter().any(|f| matches!(f.kind, FrameKind::Function { .. }));
                if inside { calls.into_iter().map(|c| c.name).collect() } else { Vec::new() }
            }
            "BASH_LINENO" => self.calls().into_iter().map(|c| c.line.to_string()).collect(),
            "BASH_SOURCE" => self.calls().into_iter().map(|c| c.file).collect(),
            "BASH_ARGC" => vec![self.params.len().to_string()],
            "BASH_ARGV" => self.params.iter().rev().cloned().collect(),
            "DIRSTACK" => self.directory_stack(),
            "GROUPS" => {
                let own = sys.gid();
                let others = sys.groups().into_iter().filter(|g| *g != own);
                std::iter::once(own).chain(others).map(|g| g.to_string()).collect()
            }
            "BASH_ALIASES" => {
                let pairs = self.aliases.iter().map(|(k, v)| (k.clone(), v.clone()));
                return Some(super::vars::assoc(pairs));
            }
            "BASH_CMDS" => {
                let pairs = self.hashed.iter().map(|(k, v)| (k.clone(), v.path.clone()));
                return Some(super::vars::assoc(pairs));
            }
            _ => return None,
        }))
    }

    /// Makes the stored value of a computed variable what it is now, for `declare -p` and the like.
    pub(super) fn settle(&mut self, sys: &mut Sys<'_>, name: &str) {
        if self.kind != ShellKind::Bash {
            return;
        }
        let counts = matches!(name, "SHELLOPTS" | "BASHOPTS");
        if !counts && !SPECIAL.contains(&name) {
            return;
        }
        let array = self.special_array(sys, name);
        let value = match array {
            Some(value) => Some(value),
            None => self.special(sys, name).map(Value::Text),
        };
        let Some(value) = value else { return };
        let var = self.vars.entry_raw(name);
        var.value = Some(value);
        var.integer |= matches!(
            name,
            "BASHPID" | "RANDOM" | "SECONDS" | "SRANDOM" | "LINENO" | "HISTCMD" | "EPOCHSECONDS"
        );
    }

    /// An assignment to a variable that the shell computes; whether it was one.
    pub(super) fn assign_special(&mut self, sys: &mut Sys<'_>, name: &str, value: &str) -> bool {
        if self.kind != ShellKind::Bash || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return false;
        }
        if !SPECIAL.contains(&name) || !self.is_special(name) {
            return false;
        }
        let number = || value.trim().parse::<i64>().unwrap_or(0);
        match name {
            // It goes on counting from there.
            "SECONDS" => {
                self.started = sys.now().plus(-number().saturating_mul(crate::time::SECOND));
            }
            "RANDOM" => self.random = Some(number() as u32),
            "BASH_ARGV0" => self.arg0 = value.to_string(),
            "LINENO" => self.line = number() as u32,
            _ => {}
        }
        true
    }

    /// The next `$RANDOM`: bash's own sequence once it was given a seed.
    fn next_random(&mut self, sys: &mut Sys<'_>) -> u32 {
        let Some(seed) = self.random else { return ((sys.random() >> 20) % 32_768) as u32 };
        let next = park_miller(seed);
        self.random = Some(next);
        ((next >> 16) ^ (next & 65_535)) & 32_767
    }

    /// The functions and sourced files being run, the innermost first, and the script.
    fn calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        for frame in self.frames.iter().rev() {
            match &frame.kind {
                FrameKind::Function { name, origin, .. } => {
                    calls.push(Call { name: name.to_string(), line: frame.called, file: origin.to_string() })
                }
                FrameKind::Source(_) => calls.push(Call {
                    name: "source".to_string(),
                    line: frame.called,
                    file: frame.lines.as_ref().map_or(String::new(), |l| l.name.to_string()),
                }),
                _ => {}
            }
        }
        if self.input.is_script() || self.from_script {
            calls.push(Call { name: "main".to_string(), line: 0, file: self.arg0.clone() });
        }
        calls
    }

    /// `caller`: what called the function or sourced file being run.
    pub(super) fn describe_caller(&self, depth: Option<usize>) -> Option<String> {
        let calls = self.calls();
        if calls.is_empty() {
            return None;
        }
        match depth {
            None => {
                let file = calls.get(1).map_or("NULL", |c| c.file.as_str());
                Some(format!("{} {file}", calls[0].line))
            }
            Some(n) => {
                let (this, above) = (calls.get(n)?, calls.get(n.checked_add(1)?)?);
                Some(format!("{} {} {}", this.line, above.name, above.file))
            }
        }
    }

    /// The statuses of the last pipeline's commands.
    fn pipe_statuses(&self) -> Vec<i32> {
        match &self.pipe_status {
            Some(all) => all.to_vec(),
            None => vec![self.last_status],
        }
    }

    /// Sets the variables that are there from the start, and stay.
    pub(super) fn set_bash_variables(&mut self, sys: &mut Sys<'_>) {
        let numbers = [
            ("UID", sys.uid().to_string()),
            ("EUID", sys.uid().to_string()),
            ("PPID", self.parent_pid.to_string()),
        ];
        for (name, value) in numbers {
            let var = self.vars.entry_raw(name);
            var.value = Some(Value::Text(value));
            (var.integer, var.readonly) = (true, true);
        }
        for name in ["SHELLOPTS", "BASHOPTS"] {
            self.settle(sys, name);
            self.vars.entry_raw(name).readonly = true;
        }
        self.vars.entry_raw("BASH_VERSINFO").readonly = true;
        self.vars.entry_raw("OPTIND").integer = true;
        let loadables =
            "/usr/local/lib/bash:/usr/lib/bash:/opt/local/lib/bash:/usr/pkg/lib/bash:/opt/pkg/lib/bash:.";
        for (name, value) in [
            ("OPTERR", "1"),
            ("TERM", "dumb"),
            ("COMP_WORDBREAKS", " \t\n\"'@><=;|&(:"),
            ("BASH_LOADABLES_PATH", loadables),
        ] {
            if self.vars.text(name).is_none() {
                let _set = self.vars.set(name, value);
            }
        }
    }

    /// The names of the variables that exist, computed ones included, where `prefix` begins them.
    pub(super) fn variable_names(&self, prefix: &str) -> Vec<String> {
        let mut names: OrdMap<String, ()> =
            self.vars.iter().filter(|(k, _)| k.starts_with(prefix)).map(|(k, _)| (k.clone(), ())).collect();
        if self.kind == ShellKind::Bash {
            let computed = SPECIAL.iter().filter(|n| n.starts_with(prefix) && self.is_special(n));
            names.extend(computed.map(|n| (n.to_string(), ())));
        }
        names.into_iter().map(|(k, ())| k).collect()
    }

    /// The builtin of that name, unless `enable -n` took it away.
    pub(super) fn builtin(&self, name: &str) -> Option<builtins::Builtin> {
        builtins::find(name, self.kind).filter(|_| self.disabled.is_empty() || !self.disabled.contains(name))
    }
}
