//! Terminals of the page: each is a terminal of the workstation with a login shell on it.

use std::collections::VecDeque;

use os::{Pid, TtyId};
use protocol::{Severity, TerminalId, TerminalState, Update};

use super::Session;
use crate::workstation::Said;

/// One terminal.
pub(super) struct Terminal {
    tty: TtyId,
    shell: Pid,
    state: TerminalState,
    /// Lines to run when the prompt is back.
    waiting: VecDeque<String>,
}

impl Session {
    pub(super) fn open_terminal(&mut self, id: TerminalId, columns: u16, rows: u16) {
        self.close_terminal(id);
        match self.workstation.open_terminal(columns.max(2), rows.max(2)) {
            Ok((tty, shell)) => {
                let state = TerminalState::Prompt;
                self.terminals.insert(id, Terminal { tty, shell, state, waiting: VecDeque::new() });
                self.updates.push(Update::Terminal { terminal: id, state });
            }
            Err(error) => self.notice(Severity::Error, format!("The shell cannot be started: {error}")),
        }
    }

    pub(super) fn type_into(&mut self, id: TerminalId, text: &str) {
        if let Some(terminal) = self.terminals.get(&id) {
            self.workstation.type_into(terminal.tty, text);
        }
    }

    /// Runs a line at the prompt, clearing what stands there; waits for the prompt if a program runs.
    pub(super) fn run_line(&mut self, id: TerminalId, line: String) {
        if let Some(terminal) = self.terminals.get_mut(&id) {
            terminal.waiting.push_back(line);
        }
        self.run_waiting();
    }

    fn run_waiting(&mut self) {
        for terminal in self.terminals.values_mut() {
            if self.workstation.is_busy(terminal.tty, terminal.shell) {
                continue;
            }
            // ^E ^U clears the line whatever the cursor stands on.
            if let Some(line) = terminal.waiting.pop_front() {
                self.workstation.type_into(terminal.tty, &format!("\u{5}\u{15}{line}\r"));
            }
        }
    }

    pub(super) fn resize(&mut self, id: TerminalId, columns: u16, rows: u16) {
        if let Some(terminal) = self.terminals.get(&id) {
            self.workstation.resize(terminal.tty, columns.max(2), rows.max(2));
        }
    }

    pub(super) fn close_terminal(&mut self, id: TerminalId) {
        if let Some(terminal) = self.terminals.remove(&id) {
            self.workstation.close_terminal(terminal.tty);
        }
    }

    /// Passes on what the workstation says.
    pub(super) fn hear(&mut self) {
        for said in self.workstation.take_said() {
            match said {
                Said::Terminal { tty, bytes } => self.show(tty, &bytes),
                Said::Exited { pid, .. } => self.ended(pid),
                Said::Edit { process, tty, name, text } => {
                    let edit = self.next_edit;
                    self.next_edit += 1;
                    self.edits.insert(edit, process);
                    let terminal = tty.and_then(|tty| self.terminal_of(tty)).unwrap_or_default();
                    self.updates.push(Update::Edit { edit, terminal, title: name.clone(), path: name, text });
                }
                Said::NeedExplain => {
                    if !std::mem::replace(&mut self.explain_asked, true) {
                        self.updates.push(Update::NeedAsset { name: "explain.json".to_owned() });
                    }
                }
                Said::Output { .. } => {}
            }
        }
        self.tell_states();
        self.run_waiting();
    }

    fn terminal_of(&self, tty: TtyId) -> Option<TerminalId> {
        self.terminals.iter().find(|(_, terminal)| terminal.tty == tty).map(|(id, _)| *id)
    }

    fn show(&mut self, tty: TtyId, bytes: &[u8]) {
        let Some(terminal) = self.terminal_of(tty) else { return };
        let text = String::from_utf8_lossy(bytes).into_owned();
        // Bytes of one terminal that follow each other travel as one message.
        match self.updates.last_mut() {
            Some(Update::Output { terminal: last, text: shown }) if *last == terminal => {
                shown.push_str(&text)
            }
            _ => self.updates.push(Update::Output { terminal, text }),
        }
    }

    fn ended(&mut self, pid: Pid) {
        let Some((id, terminal)) = self.terminals.iter_mut().find(|(_, terminal)| terminal.shell == pid)
        else {
            return;
        };
        terminal.state = TerminalState::Closed;
        self.updates.push(Update::Terminal { terminal: *id, state: TerminalState::Closed });
    }

    fn tell_states(&mut self) {
        for (id, terminal) in &mut self.terminals {
            if terminal.state == TerminalState::Closed {
                continue;
            }
            let busy = self.workstation.is_busy(terminal.tty, terminal.shell);
            let state = if busy { TerminalState::Busy } else { TerminalState::Prompt };
            if terminal.state != state {
                terminal.state = state;
                self.updates.push(Update::Terminal { terminal: *id, state });
            }
        }
    }
}
