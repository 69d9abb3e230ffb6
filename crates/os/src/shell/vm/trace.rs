//! What the shell tells of its own work: `set -x` and `time`.

use super::*;

impl Shell {
    /// What a traced line begins with: PS4, its first character once more for each level of nesting in bash.
    fn trace_prefix(&mut self, sys: &mut Sys<'_>) -> String {
        let ps4 = self.vars.text("PS4").unwrap_or("+ ").to_string();
        let text = self.prompt_variables(sys, &ps4);
        if self.kind != ShellKind::Bash {
            return text;
        }
        let nested = self.frames.iter().filter(|f| f.lines.is_some()).count() as u32 + self.substitutions;
        let first = text.chars().next().map_or(String::new(), |c| c.to_string());
        format!("{}{text}", first.repeat(nested.min(100) as usize))
    }

    /// A word as `set -x` shows it.
    fn traced(&self, word: &str) -> String {
        match self.kind {
            ShellKind::Dash => word.to_string(),
            ShellKind::Ash => ash_quoted(word),
            ShellKind::Bash => bash_quoted(word),
        }
    }

    /// `set -x` for a command.
    pub(super) fn trace(&mut self, sys: &mut Sys<'_>, words: &[String], temporary: &[(String, String)]) {
        let assignments: Vec<String> =
            temporary.iter().map(|(n, v)| format!("{n}={}", self.traced_value(v))).collect();
        let words: Vec<String> = words.iter().map(|w| self.traced(w)).collect();
        if self.kind == ShellKind::Bash {
            for line in assignments {
                self.trace_line(sys, &line);
            }
            if !words.is_empty() {
                self.trace_line(sys, &words.join(" "));
            }
            return;
        }
        let all: Vec<String> = assignments.into_iter().chain(words).collect();
        if !all.is_empty() {
            self.trace_line(sys, &all.join(" "));
        }
    }

    fn traced_value(&self, value: &str) -> String {
        if value.is_empty() { String::new() } else { self.traced(value) }
    }

    /// `set -x` for text that is shown as it is.
    pub(in crate::shell) fn trace_line(&mut self, sys: &mut Sys<'_>, line: &str) {
        if self.opts.xtrace {
            let prefix = self.trace_prefix(sys);
            let fd = self.vars.text("BASH_XTRACEFD").and_then(|fd| fd.parse::<Fd>().ok());
            let fd = fd.filter(|fd| self.kind == ShellKind::Bash && sys.is_open(*fd)).unwrap_or(2);
            self.out.push(fd, format!("{prefix}{line}\n").as_bytes());
        }
    }

    /// `set -x` for the head of a loop or case, which only bash shows.
    pub(super) fn trace_head(&mut self, sys: &mut Sys<'_>, head: &str) {
        if self.kind == ShellKind::Bash {
            self.trace_line(sys, head);
        }
    }

    /// `set -x` for an assignment. dash and ash show all of a command in one line, when it is done.
    pub(in crate::shell) fn trace_assignment(&mut self, sys: &mut Sys<'_>, name: &str, value: &str) {
        if !self.opts.xtrace {
            return;
        }
        let line = format!("{name}={}", self.traced_value(value));
        if self.kind == ShellKind::Bash {
            self.trace_line(sys, &line);
        } else {
            self.traced_assignments.push(line);
        }
    }

    /// Shows the assignments that dash and ash put in one line.
    pub(super) fn trace_assignments_done(&mut self, sys: &mut Sys<'_>) {
        if !self.traced_assignments.is_empty() {
            let line = std::mem::take(&mut self.traced_assignments).join(" ");
            self.trace_line(sys, &line);
        }
    }

    /// A condition of `[[ … ]]` with its operands expanded.
    pub(in crate::shell) fn trace_condition(&mut self, sys: &mut Sys<'_>, operands: &[&str], op: usize) {
        if !self.opts.xtrace {
            return;
        }
        let shown: Vec<String> = operands
            .iter()
            .enumerate()
            .map(|(i, text)| if i >= op { text.to_string() } else { self.traced(text) })
            .map(|text| if text.is_empty() { "''".to_string() } else { text })
            .collect();
        self.trace_line(sys, &format!("[[ {} ]]", shown.join(" ")));
    }

    /// The report of `time`, by TIMEFORMAT in bash.
    pub(super) fn time_report(&self, real: i64, user: i64, posix: bool) -> String {
        let seconds = |us: i64| format!("{}.{:02}", us / 1_000_000, us / 10_000 % 100);
        match self.kind {
            ShellKind::Ash => {
                let minutes = |us: i64| format!("{}m {}s", us / 60_000_000, seconds(us % 60_000_000));
                format!("real\t{}\nuser\t{}\nsys\t{}\n", minutes(real), minutes(user), minutes(0))
            }
            ShellKind::Bash if !posix => {
                let default = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS";
                let format = self.vars.text("TIMEFORMAT").unwrap_or(default);
                if format.is_empty() {
                    return String::new();
                }
                format!("{}\n", time_format(format, real, user))
            }
            _ => format!("real {}\nuser {}\nsys {}\n", seconds(real), seconds(user), seconds(0)),
        }
    }
}

/// TIMEFORMAT: `%[precision][l]R`, U, S and P.
fn time_format(format: &str, real: i64, user: i64) -> String {
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let precision = chars.next_if(char::is_ascii_digit).map_or(3, |d| (d as usize - '0' as usize).min(3));
        let long = chars.next_if_eq(&'l').is_some();
        let us = match chars.next() {
            Some('R') => real,
            Some('U') => user,
            Some('S') => 0,
            Some('P') => {
                out.push_str(&format!("{:.2}", user as f64 * 100.0 / real.max(1) as f64));
                continue;
            }
            Some('%') => {
                out.push('%');
                continue;
            }
            _ => continue,
        };
        let minutes = if long { us / 60_000_000 } else { 0 };
        let seconds = us - minutes * 60_000_000;
        let fraction = format!("{:06}", seconds % 1_000_000);
        let point = if precision == 0 { String::new() } else { format!(".{}", &fraction[..precision]) };
        let text = format!("{}{point}", seconds / 1_000_000);
        out.push_str(&if long { format!("{minutes}m{text}s") } else { text });
    }
    out
}

/// A word quoted where bash's `set -x` quotes it.
fn bash_quoted(word: &str) -> String {
    let special = |c: char| " \t\n\\'\"`|&;()<>!{}*[?]^$".contains(c);
    let risky = word.is_empty() || word.contains(special) || word.starts_with(['~', '#']);
    if risky {
        format!("'{}'", word.replace('\'', "'\\''"))
    } else if word.contains(char::is_control) {
        crate::shell::quote(word)
    } else {
        word.to_string()
    }
}

/// A word quoted where BusyBox's `set -x` quotes it: quotes themselves stand in double ones.
fn ash_quoted(word: &str) -> String {
    let special = |c: char| c < '+' || (';'..='?').contains(&c) || "`[\\".contains(c) || c > 'z';
    let keyword = [
        "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
        "{", "}",
    ];
    if !word.contains(special) && !keyword.contains(&word) {
        return word.to_string();
    }
    let mut out = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let plain = rest.find('\'').unwrap_or(rest.len());
        if plain > 0 {
            out.push_str(&format!("'{}'", &rest[..plain]));
        }
        rest = &rest[plain..];
        let quotes = rest.len() - rest.trim_start_matches('\'').len();
        if quotes > 0 {
            out.push_str(&format!("\"{}\"", &rest[..quotes]));
        }
        rest = &rest[quotes..];
    }
    out
}
