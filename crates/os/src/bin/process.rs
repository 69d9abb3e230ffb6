//! What programs share that wait or run others.

use std::rc::Rc;

use super::tool::{Cx, Output};
use crate::{errno::Errno, kernel::Sys, program::Pid};

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
