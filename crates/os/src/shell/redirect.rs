//! Redirections: carrying them out, and undoing them.

use crate::{
    errno::Errno,
    kernel::{OpenFlags, ShellKind, Sys},
    program::Fd,
    shell::{
        Shell,
        code::{Redir, RedirKind},
        expand::{Expanded, Stop},
    },
};

/// What descriptors were before: each with where the old one was put aside.
#[derive(Clone, Debug, Default)]
pub(super) struct Undo {
    saved: Vec<(Fd, Option<Fd>)>,
}

impl Undo {
    pub fn is_empty(&self) -> bool {
        self.saved.is_empty()
    }

    /// Saved descriptors close on exec, so redirections never stand in the way of it.
    pub fn is_transparent(&self) -> bool {
        true
    }
}

/// The expanded target of a redirection, or what is wrong with it.
pub(super) type Target = Result<String, String>;

/// A redirection that failed, and was reported.
pub(super) struct Refused;

/// Where descriptors are put aside.
const ASIDE: Fd = 10;

impl Shell {
    /// Expands the targets of redirections. `apart`: bash does so in the new process, where an error ends only that.
    pub(super) fn redirect_targets(
        &mut self,
        sys: &mut Sys<'_>,
        redirs: &[Redir],
        apart: bool,
    ) -> Expanded<Vec<Target>> {
        let mut targets = Vec::new();
        for redir in redirs {
            let here = matches!(redir.kind, RedirKind::HereDoc | RedirKind::HereString);
            if self.kind == ShellKind::Bash && !here && redir.target.literal().is_none() {
                // In bash a target is expanded like any word, and must come out as one.
                let mut words = self.fields(sys, std::slice::from_ref(&redir.target))?;
                targets.push(match (words.pop(), words.is_empty()) {
                    (Some(one), true) => Ok(one),
                    _ => Err(format!("{}: ambiguous redirect", redir.text)),
                });
                continue;
            }
            let mut text = match self.text(sys, &redir.target) {
                // dash and ash take an error in a here-document for one of the redirection.
                Err(Stop::Fatal(message) | Stop::Unset(message))
                    if apart || (here && self.kind != ShellKind::Bash) =>
                {
                    targets.push(Err(message));
                    continue;
                }
                other => other?,
            };
            if redir.kind == RedirKind::HereString {
                text.push('\n');
            }
            targets.push(Ok(text));
        }
        Ok(targets)
    }

    /// Carries redirections out in order. What cannot be done is reported (where the ones before lead), and undone.
    pub(super) fn redirect(
        &mut self,
        sys: &mut Sys<'_>,
        redirs: &[Redir],
        targets: Vec<Target>,
    ) -> Result<Undo, Refused> {
        let mut undo = Undo::default();
        for (redir, target) in redirs.iter().zip(targets) {
            let done = target.and_then(|target| self.redirect_one(sys, redir, &target, &mut undo));
            if let Err(message) = done {
                self.error(message);
                let _full = self.out.drain(sys);
                self.undo(sys, undo);
                return Err(Refused);
            }
        }
        Ok(undo)
    }

    fn set_aside(&mut self, sys: &mut Sys<'_>, fd: Fd, undo: &mut Undo) {
        let saved = sys.dup(fd, ASIDE).ok();
        if let Some(saved) = saved {
            let _open = sys.set_cloexec(saved, true);
        }
        undo.saved.push((fd, saved));
    }

    fn install(&mut self, sys: &mut Sys<'_>, from: Fd, fd: Fd, undo: &mut Undo) {
        // A descriptor that was free may just have been given to the new file.
        if from == fd {
            undo.saved.push((fd, None));
            return;
        }
        self.set_aside(sys, fd, undo);
        let _dup = sys.dup2(from, fd);
        let _closed = sys.close(from);
    }

    /// Makes a descriptor the standard input.
    pub(super) fn input_from(&mut self, sys: &mut Sys<'_>, fd: Fd) -> Undo {
        let mut undo = Undo::default();
        self.install(sys, fd, 0, &mut undo);
        undo
    }

    fn redirect_one(
        &mut self,
        sys: &mut Sys<'_>,
        redir: &Redir,
        target: &str,
        undo: &mut Undo,
    ) -> Result<(), String> {
        if let Some(name) = &redir.name {
            return self.redirect_named(sys, redir, name, target);
        }
        let open = |sys: &mut Sys<'_>, flags: OpenFlags| sys.open(target, flags, 0o666);
        let opened = match redir.kind {
            RedirKind::Read => open(sys, OpenFlags::READ),
            RedirKind::Write if self.opts.noclobber && sys.stat(target).is_ok_and(|s| s.is_file()) => {
                return Err(match self.kind {
                    ShellKind::Bash => format!("{target}: cannot overwrite existing file"),
                    ShellKind::Dash => format!("cannot create {target}: File exists"),
                    ShellKind::Ash => format!("can't create {target}: File exists"),
                });
            }
            RedirKind::Write | RedirKind::Clobber | RedirKind::Both => open(sys, OpenFlags::WRITE),
            RedirKind::Append | RedirKind::BothAppend => open(sys, OpenFlags::APPEND),
            RedirKind::ReadWrite => open(sys, OpenFlags::READ_WRITE),
            RedirKind::HereDoc | RedirKind::HereString => sys.open_text(target.as_bytes().to_vec()),
            RedirKind::Dup => return self.duplicate(sys, redir.fd, target, undo),
        };
        let fd = opened.map_err(|e| self.open_error(redir.kind, target, e))?;
        self.install(sys, fd, redir.fd, undo);
        if matches!(redir.kind, RedirKind::Both | RedirKind::BothAppend) {
            self.set_aside(sys, 2, undo);
            let _dup = sys.dup2(1, 2);
        }
        Ok(())
    }

    /// `{name}>file`: a free descriptor from 10 on, which stays open until `{name}>&-`.
    fn redirect_named(
        &mut self,
        sys: &mut Sys<'_>,
        redir: &Redir,
        name: &str,
        target: &str,
    ) -> Result<(), String> {
        if redir.kind == RedirKind::Dup && target == "-" {
            let fd = self.vars.text(name).and_then(|n| n.parse::<Fd>().ok());
            return match fd.map(|fd| sys.close(fd)) {
                Some(Ok(())) => Ok(()),
                None => Err(format!("{name}: ambiguous redirect")),
                _ => Err(format!("{name}: Bad file descriptor")),
            };
        }
        let opened = match redir.kind {
            RedirKind::Read => sys.open(target, OpenFlags::READ, 0),
            RedirKind::Append | RedirKind::BothAppend => sys.open(target, OpenFlags::APPEND, 0o666),
            RedirKind::ReadWrite => sys.open(target, OpenFlags::READ_WRITE, 0o666),
            RedirKind::HereDoc | RedirKind::HereString => sys.open_text(target.as_bytes().to_vec()),
            RedirKind::Dup => match target.parse::<Fd>() {
                Ok(fd) => sys.dup(fd, ASIDE),
                Err(_) => return Err(format!("{target}: ambiguous redirect")),
            },
            _ => sys.open(target, OpenFlags::WRITE, 0o666),
        };
        let opened = opened.map_err(|e| self.open_error(redir.kind, target, e))?;
        let fd = if opened >= ASIDE { opened } else { sys.dup(opened, ASIDE).unwrap_or(opened) };
        if fd != opened {
            let _closed = sys.close(opened);
        }
        self.assign(name, fd.to_string());
        Ok(())
    }

    fn duplicate(&mut self, sys: &mut Sys<'_>, fd: Fd, target: &str, undo: &mut Undo) -> Result<(), String> {
        if target == "-" {
            self.set_aside(sys, fd, undo);
            let _closed = sys.close(fd);
            return Ok(());
        }
        let (number, moves) = match target.strip_suffix('-') {
            Some(n) => (n, true),
            None => (target, false),
        };
        let Ok(from) = number.parse::<Fd>() else {
            return Err(match self.kind {
                ShellKind::Bash => format!("{target}: ambiguous redirect"),
                _ => format!("{target}: bad fd number"),
            });
        };
        if !sys.is_open(from) {
            return Err(format!("{from}: Bad file descriptor"));
        }
        if from == fd {
            return Ok(());
        }
        self.set_aside(sys, fd, undo);
        let _dup = sys.dup2(from, fd);
        if moves {
            self.set_aside(sys, from, undo);
            let _closed = sys.close(from);
        }
        Ok(())
    }

    fn open_error(&self, kind: RedirKind, target: &str, error: Errno) -> String {
        if self.kind == ShellKind::Bash {
            return format!("{target}: {error}");
        }
        let reading = kind == RedirKind::Read;
        let verb = if reading { "open" } else { "create" };
        let text = match error {
            Errno::ENOENT if reading && self.kind == ShellKind::Dash => "No such file",
            Errno::ENOENT if reading => "no such file",
            Errno::ENOENT if self.kind == ShellKind::Dash => "Directory nonexistent",
            Errno::ENOENT => "nonexistent directory",
            other => other.text(),
        };
        if self.kind == ShellKind::Dash {
            format!("cannot {verb} {target}: {text}")
        } else {
            format!("can't {verb} {target}: {text}")
        }
    }

    /// Undoes redirections, the last one first.
    pub(super) fn undo(&mut self, sys: &mut Sys<'_>, undo: Undo) {
        for (fd, saved) in undo.saved.into_iter().rev() {
            match saved {
                Some(saved) => {
                    let _dup = sys.dup2(saved, fd);
                    let _closed = sys.close(saved);
                }
                None => {
                    let _closed = sys.close(fd);
                }
            }
        }
    }

    /// Keeps redirections (`exec >file`).
    pub(super) fn keep(&mut self, sys: &mut Sys<'_>, undo: Undo) {
        for (_, saved) in undo.saved {
            if let Some(saved) = saved {
                let _closed = sys.close(saved);
            }
        }
    }
}
