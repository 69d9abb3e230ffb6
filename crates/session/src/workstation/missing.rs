//! `/usr/lib/command-not-found`: what the shell asks about a command that is not on the workstation.
//!
//! It says what bash itself would say, and on a terminal one line more: what was meant, or what does the same here.

use os::{Poll, Program, ProgramSpec, Sys};

use crate::mistakes;

/// The program.
pub(super) const COMMAND_NOT_FOUND: ProgramSpec = ProgramSpec::inside(
    "command-not-found",
    "Usage: command-not-found COMMAND [ARG]...\n\nTell what COMMAND may have meant\n",
    || Box::new(CommandNotFound { text: None, written: 0 }),
);

#[derive(Clone, Debug)]
struct CommandNotFound {
    /// What it has to say, once it has looked at its arguments.
    text: Option<String>,
    written: usize,
}

impl Program for CommandNotFound {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let text = self.text.get_or_insert_with(|| {
            let argv = sys.argv();
            let words = argv.get(1..).unwrap_or_default();
            let name = words.first().map_or("", String::as_str);
            let hint = mistakes::missing_command(name, words);
            format!("bash: {name}: command not found\n{}", sys.hint(&hint.unwrap_or_default()))
        });
        while self.written < text.len() {
            match sys.write(2, &text.as_bytes()[self.written..]) {
                Ok(n) => self.written += n,
                Err(os::Errno::EAGAIN) => return Poll::Wait(os::Wait::write(2)),
                Err(_) => break,
            }
        }
        Poll::Exit(127)
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
