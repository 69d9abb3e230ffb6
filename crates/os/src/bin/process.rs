//! What programs share that wait or run others.

use std::rc::Rc;

use super::tool::{Cx, Output, helped};
use crate::{
    errno::Errno,
    kernel::Sys,
    program::{Pid, Poll, Program},
};

/// `clone_box` of a program whose state can be cloned.
macro_rules! program {
    ($name:ident) => {
        fn clone_box(&self) -> Box<dyn Program> {
            Box::new($name::clone(self))
        }
    };
}
pub(super) use program;

/// The program's name and arguments.
pub fn arguments(sys: &Sys<'_>) -> (String, Vec<String>) {
    let argv = sys.argv();
    let name = argv.first().map_or("", |a| a.rsplit('/').next().unwrap_or(a)).to_string();
    (name, argv.iter().skip(1).cloned().collect())
}

/// Runs `f` with a context that writes to `out`.
pub fn with_cx<T>(sys: &mut Sys<'_>, out: &mut Output, f: impl FnOnce(&mut Cx<'_, '_>) -> T) -> T {
    let (name, args) = arguments(sys);
    f(&mut Cx::new(sys, args, name, out))
}

/// Finds and starts a program as a child; the error message and code if that fails.
pub fn start_child(
    sys: &mut Sys<'_>,
    argv: &[String],
    env: Option<Rc<Vec<(String, String)>>>,
) -> Result<Pid, (String, u8)> {
    let search = sys.var("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").to_string();
    let env = env.unwrap_or_else(|| sys.env());
    let result = sys.find_program(&argv[0], &search).and_then(|file| sys.spawn(&file, argv.to_vec(), env));
    result.map_err(|e| failure(sys, &argv[0], e))
}

/// Why a command could not be started, and the exit code that says so.
pub fn failure(sys: &Sys<'_>, name: &str, e: Errno) -> (String, u8) {
    let text =
        if sys.is_busybox() { format!("can't execute '{name}': {e}") } else { format!("‘{name}’: {e}") };
    (text, if e == Errno::ENOENT { 127 } else { 126 })
}

/// What a program becomes that sets something up for a command.
pub struct Command {
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    /// What stands between the program's name and the reason when the command cannot be started.
    pub failed: &'static str,
}

/// Reads the arguments and sets up; Err is an exit code.
pub type Prelude = fn(&mut Cx<'_, '_>) -> Result<Command, u8>;

/// A program that sets something up, then becomes the command.
pub fn prelude(prelude: Prelude) -> Box<dyn Program> {
    Box::new(Becoming { prelude, out: Output::default(), state: State::New })
}

#[derive(Clone)]
struct Becoming {
    prelude: Prelude,
    out: Output,
    state: State,
}

#[derive(Clone)]
enum State {
    New,
    Ready(Vec<String>, Rc<Vec<(String, String)>>, &'static str),
    Over(u8),
}

impl Program for Becoming {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if let State::New = self.state {
            let prelude = self.prelude;
            self.state = if helped(sys, &mut self.out) {
                State::Over(0)
            } else {
                match with_cx(sys, &mut self.out, prelude) {
                    Ok(command) => State::Ready(command.argv, Rc::new(command.env), command.failed),
                    Err(code) => State::Over(code),
                }
            };
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            let (argv, env, failed) = match &self.state {
                State::Ready(argv, env, failed) => (argv.clone(), env.clone(), *failed),
                State::Over(code) => return Poll::Exit(*code),
                State::New => return Poll::Yield,
            };
            let search = env
                .iter()
                .find(|(k, _)| k == "PATH")
                .map_or("/usr/local/bin:/usr/bin:/bin".to_string(), |(_, v)| v.clone());
            let result =
                sys.find_program(&argv[0], &search).and_then(|file| sys.exec(&file, argv.clone(), env));
            let Err(e) = result else { return Poll::Yield };
            let (text, code) = failure(sys, &argv[0], e);
            let text = match failed {
                _ if sys.is_busybox() => text,
                // util-linux does not quote.
                "failed to execute " => format!("{failed}{}: {e}", argv[0]),
                _ => format!("{failed}{text}"),
            };
            with_cx(sys, &mut self.out, |cx| cx.complain(text));
            self.state = State::Over(code);
        }
    }
    program!(Becoming);
}
