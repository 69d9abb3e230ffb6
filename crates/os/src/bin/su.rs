//! su: another user's shell. Root becomes anybody; others are asked for a password, and no account here has one.

use super::{
    process::{Command, arguments, program, with_cx},
    tool::{Output, helped},
    users,
};
use crate::{
    errno::Errno,
    kernel::{Mode, Sys},
    program::{Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time},
};
use std::rc::Rc;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "su",
    "Usage: su [-lmp] [-s SH] [-] [USER [FILE/ARGS]]\n\nRun shell under USER (by default, root)\n\n\t-,-l\tClear environment, go to home dir, run shell as login shell\n\t-p,-m\tDo not set new $HOME, $SHELL, $USER, $LOGNAME\n\t-c CMD\tCommand to pass to 'sh -c'\n\t-s SH\tShell to use instead of user's default\n",
    || Box::new(Su::default()),
);

#[derive(Clone, Debug, Default)]
struct Su {
    begun: bool,
    cooked: Option<Mode>,
    /// The answer is given after a while, as pam_unix does.
    refuse_at: Option<Time>,
    out: Output,
    code: Option<u8>,
}

impl Su {
    fn begin(&mut self, sys: &mut Sys<'_>) -> bool {
        if helped(sys, &mut self.out) {
            self.code = Some(0);
            return false;
        }
        let (_, args) = arguments(sys);
        let (mut login, mut keep, mut command, mut shell, mut name) = (false, false, None, None, None);
        let mut rest = Vec::new();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-" | "-l" | "--login" => login = true,
                "-p" | "-m" => keep = true,
                "-c" | "--command" => command = args.next(),
                "-s" | "--shell" => shell = args.next(),
                _ if name.is_none() => name = Some(arg),
                _ => rest.push(arg),
            }
        }
        let name = name.unwrap_or("root".to_string());
        let Some(user) = users::by_name(sys, &name) else {
            let text = if sys.is_busybox() {
                format!("unknown user {name}")
            } else {
                format!(
                    "user {name} does not exist or the user entry does not contain all the required fields"
                )
            };
            with_cx(sys, &mut self.out, |cx| cx.complain(text));
            self.code = Some(1);
            return false;
        };
        if sys.uid() != 0 {
            if sys.is_tty(0) {
                self.cooked = sys.tty_mode(0);
                if let Some(mode) = &self.cooked {
                    let _set = sys.set_tty_mode(0, Mode { echo: false, ..mode.clone() });
                }
            }
            self.out.push(2, b"Password: ");
            return false;
        }
        let shell = shell.unwrap_or(user.shell.clone());
        let mut env: Vec<(String, String)> = if login {
            sys.env().iter().filter(|(k, _)| k == "TERM").cloned().collect()
        } else {
            sys.env().to_vec()
        };
        if !keep {
            let path = "/usr/local/bin:/usr/bin:/bin".to_string();
            let mut own = vec![("HOME", user.home.clone()), ("SHELL", shell.clone())];
            if login || user.uid != 0 {
                own.extend([("USER", user.name.clone()), ("LOGNAME", user.name.clone())]);
            }
            if login {
                own.push(("PATH", path));
            }
            for (k, v) in own {
                env.retain(|(name, _)| name != k);
                env.push((k.to_string(), v));
            }
        }
        sys.become_user(user.uid, user.gid);
        if login {
            // A home that is not there leaves the shell where it is.
            let _there = sys.chdir(&user.home);
        }
        let mut argv = vec![shell];
        if let Some(command) = command {
            argv.extend(["-c".to_string(), command]);
        }
        argv.extend(rest);
        let command = Command { argv, env, failed: "" };
        match sys.exec(&command.argv[0].clone(), command.argv, Rc::new(command.env)) {
            Ok(()) => true,
            Err(e) => {
                with_cx(sys, &mut self.out, |cx| {
                    cx.complain(format!("failed to execute {}: {e}", user.shell))
                });
                self.code = Some(if e == Errno::ENOENT { 127 } else { 126 });
                false
            }
        }
    }
}

impl Program for Su {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            if self.begin(sys) {
                return Poll::Yield;
            }
        }
        if let Some(wait) = self.out.drain(sys) {
            return Poll::Wait(wait);
        }
        if let Some(code) = self.code {
            return Poll::Exit(code);
        }
        match self.refuse_at {
            None => match sys.read(0, 1024) {
                Err(Errno::EAGAIN) => Poll::Wait(Wait::read(0)),
                _ => {
                    if let Some(mode) = self.cooked.take() {
                        let _set = sys.set_tty_mode(0, mode);
                    }
                    self.out.push(2, b"\n");
                    self.refuse_at = Some(sys.now().plus(2 * SECOND));
                    Poll::Yield
                }
            },
            Some(at) if sys.now() < at => Poll::Wait(Wait::until(at)),
            Some(_) => {
                let text = if sys.is_busybox() { "incorrect password" } else { "Authentication failure" };
                with_cx(sys, &mut self.out, |cx| cx.complain(text));
                self.code = Some(1);
                Poll::Yield
            }
        }
    }
    program!(Su);
}
