//! The menu of `select`.

use super::*;

impl Shell {
    /// `select`: shows the choices and reads one.
    pub(in crate::shell) fn select(&mut self, sys: &mut Sys<'_>, leave: i32) -> Step {
        let Some((_, words)) = self.for_choices() else { return self.leave_select(leave) };
        let mut line = Vec::new();
        loop {
            if self.select_shown && !line.ends_with(b"\n") {
                match sys.read(0, 1) {
                    Ok(b) if b.is_empty() => {
                        self.select_shown = false;
                        return self.leave_select(leave);
                    }
                    Ok(b) => line.extend(b),
                    Err(Errno::EAGAIN) if line.is_empty() => return Step::Wait(Wait::read(0)),
                    Err(_) => {
                        self.select_shown = false;
                        return self.leave_select(leave);
                    }
                }
                continue;
            }
            if self.select_shown {
                break;
            }
            let mut menu = String::new();
            for (i, word) in words.iter().enumerate() {
                menu.push_str(&format!("{}) {word}\n", i + 1));
            }
            menu.push_str(self.vars.text("PS3").unwrap_or("#? "));
            self.eprint(menu);
            self.select_shown = true;
            return Step::Go;
        }
        self.select_shown = false;
        let reply = String::from_utf8_lossy(&line).trim().to_string();
        if reply.is_empty() {
            return Step::Go;
        }
        let chosen = reply
            .parse::<usize>()
            .ok()
            .and_then(|n| words.get(n.wrapping_sub(1)).cloned())
            .unwrap_or_default();
        self.assign("REPLY", reply);
        self.choose(&chosen);
        Step::Go
    }
}
