//! What the shell tells of its own work: `set -x` and `time`.

use super::*;
use crate::shell::quote;

impl Shell {
    /// `set -x`
    pub(super) fn trace(&mut self, words: &[String], temporary: &[(String, String)]) {
        let ps4 = self.vars.text("PS4").unwrap_or("+ ").to_string();
        let bash = self.kind == ShellKind::Bash;
        let quote = |t: &str| {
            let plain = !t.is_empty() && t.chars().all(|c| c.is_alphanumeric() || "_-./:=,@%+^".contains(c));
            if plain || !bash && self.kind == ShellKind::Dash { t.to_string() } else { quote(t) }
        };
        let mut parts: Vec<String> = temporary
            .iter()
            .map(|(n, v)| format!("{n}={}", if v.is_empty() { String::new() } else { quote(v) }))
            .collect();
        if bash {
            for part in parts.drain(..) {
                let line = format!("{ps4}{part}\n");
                self.out.push(2, line.as_bytes());
            }
        }
        parts.extend(words.iter().map(|w| quote(w)));
        if !parts.is_empty() {
            self.eprint(format!("{ps4}{}\n", parts.join(" ")));
        }
    }

    /// `set -x` for an assignment.
    pub(in crate::shell) fn trace_assignment(&mut self, name: &str, value: &str) {
        if !self.opts.xtrace {
            return;
        }
        let ps4 = self.vars.text("PS4").unwrap_or("+ ").to_string();
        let plain = value.chars().all(|c| c.is_alphanumeric() || "_-./:=,@%+^".contains(c));
        let shown = if plain || self.kind == ShellKind::Dash { value.to_string() } else { quote(value) };
        self.eprint(format!("{ps4}{name}={shown}\n"));
    }
}

/// The report of `time`.
pub(super) fn jobs_times(real: i64, user: i64, posix: bool, kind: ShellKind) -> String {
    let minutes = |us: i64| format!("{}m{}.{:03}s", us / 60_000_000, us / 1_000_000 % 60, us / 1_000 % 1_000);
    if posix && kind == ShellKind::Bash {
        let seconds = |us: i64| format!("{}.{:02}", us / 1_000_000, us / 10_000 % 100);
        return format!("real {}\nuser {}\nsys {}\n", seconds(real), seconds(user), seconds(0));
    }
    if kind == ShellKind::Ash {
        let minutes =
            |us: i64| format!("{}m {}.{:02}s", us / 60_000_000, us / 1_000_000 % 60, us / 10_000 % 100);
        return format!("real\t{}\nuser\t{}\nsys\t{}\n", minutes(real), minutes(user), minutes(0));
    }
    format!("\nreal\t{}\nuser\t{}\nsys\t{}\n", minutes(real), minutes(user), minutes(0))
}
