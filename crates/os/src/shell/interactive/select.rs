//! The menu of `select`.

use super::*;

impl Shell {
    /// `select`: shows the choices, asks, and reads one.
    pub(in crate::shell) fn select(&mut self, sys: &mut Sys<'_>, leave: i32) -> Step {
        let Some((_, words)) = self.for_choices() else { return self.leave_select(leave) };
        if words.is_empty() {
            return self.leave_select(leave);
        }
        let cols = self.vars.text("COLUMNS").and_then(|c| c.parse().ok());
        let cols = cols.unwrap_or_else(|| sys.window(0).map_or(80, |w| usize::from(w.0)));
        let ps3 = self.vars.text("PS3").unwrap_or("#? ").to_string();
        let Some(this) = self.loops.last_mut() else { return self.leave_select(leave) };
        let Some(mut answer) = this.answer.take() else {
            this.answer = Some(Vec::new());
            let shown = std::mem::replace(&mut this.menu, true);
            let menu = if shown { String::new() } else { menu(&words, cols) };
            self.eprint(format!("{menu}{ps3}"));
            return Step::Go;
        };
        while !answer.ends_with(b"\n") {
            match sys.read(0, 1) {
                Ok(byte) if byte.is_empty() => {
                    self.print("\n");
                    return self.leave_select(leave);
                }
                Ok(byte) => answer.extend(byte),
                Err(Errno::EAGAIN) => {
                    if let Some(this) = self.loops.last_mut() {
                        this.answer = Some(answer);
                    }
                    return Step::Wait(Wait::read(0));
                }
                Err(_) => return self.leave_select(leave),
            }
        }
        let reply = String::from_utf8_lossy(&answer).trim().to_string();
        if reply.is_empty() {
            // An empty answer asks for the menu again.
            if let Some(this) = self.loops.last_mut() {
                this.menu = false;
            }
            return Step::Go;
        }
        let number = reply.parse::<usize>().ok();
        let chosen = number.and_then(|n| words.get(n.wrapping_sub(1)).cloned()).unwrap_or_default();
        self.assign("REPLY", reply);
        self.choose(&chosen);
        Step::Go
    }
}

/// The choices with their numbers, in columns where there are many.
fn menu(words: &[String], cols: usize) -> String {
    let digits = words.len().to_string().len();
    let widest = words.iter().map(|w| w.chars().count()).max().unwrap_or(0) + digits + 2;
    let width = widest + 2;
    let mut per_row = (cols / width).max(1);
    let mut rows = words.len().div_ceil(per_row).max(1);
    if rows == 1 {
        // Few choices stand below one another.
        (rows, per_row) = (words.len(), 1);
    }
    let mut out = String::new();
    for row in 0..rows {
        let mut line = String::new();
        for (i, word) in words.iter().enumerate().skip(row).step_by(rows).take(per_row) {
            let item = format!("{:>digits$}) {word}", i + 1);
            let last = i + rows >= words.len();
            line.push_str(&if last { item } else { format!("{item:<width$}") });
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}
