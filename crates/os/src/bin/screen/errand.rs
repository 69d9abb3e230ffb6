//! Commands that a full-screen program has the shell run.

use crate::{
    errno::Errno,
    kernel::Sys,
    program::{Fd, Pid},
};

/// A command for the shell, run on behalf of a full-screen program.
#[derive(Clone, Debug, Default)]
pub struct Errand {
    /// The command line.
    pub script: String,
    /// What is written on the terminal before it.
    pub title: String,
    /// Its standard input; none: the terminal.
    pub input: Option<Vec<u8>>,
    /// Its output is kept for the program and the page stays; else it has the terminal.
    pub captures: bool,
}

/// A command under way.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub pid: Pid,
    /// What is still to be written to it, and where.
    pub input: Option<(Fd, Vec<u8>)>,
    /// Where its output is read, and what came.
    pub output: Option<Fd>,
    pub seen: Vec<u8>,
    pub captures: bool,
}

/// Most of a command's output that is kept.
pub(super) const OUTPUT_MAX: usize = 8 << 20;

/// Starts a command in the shell, with pipes in the places of what is fed and captured.
pub(super) fn start_errand(sys: &mut Sys<'_>, errand: &Errand) -> Result<Running, Errno> {
    let mut saved = Vec::new();
    let mut put = |sys: &mut Sys<'_>, fd: Fd, place: Fd| -> Result<(), Errno> {
        let kept = sys.dup(place, 10)?;
        sys.set_cloexec(kept, true)?;
        saved.push((kept, place));
        sys.dup2(fd, place)?;
        Ok(())
    };
    let (mut input, mut output) = (None, None);
    if let Some(bytes) = &errand.input {
        let (read, write) = sys.pipe()?;
        sys.set_cloexec(write, true)?;
        put(sys, read, 0)?;
        sys.close(read)?;
        input = Some((write, bytes.clone()));
    }
    if errand.captures {
        let (read, write) = sys.pipe()?;
        sys.set_cloexec(read, true)?;
        put(sys, write, 1)?;
        put(sys, write, 2)?;
        sys.close(write)?;
        output = Some(read);
    }
    let words = ["sh", "-c", &errand.script].map(str::to_string).to_vec();
    let env = sys.env();
    let started = sys.spawn("/bin/sh", words, env);
    for (kept, place) in saved.into_iter().rev() {
        let _back = sys.dup2(kept, place);
        let _closed = sys.close(kept);
    }
    Ok(Running { pid: started?, input, output, seen: Vec::new(), captures: errand.captures })
}
