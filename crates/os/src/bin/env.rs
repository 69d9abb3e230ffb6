//! env, nohup, nice, setsid: set something up, then become the command.

use std::rc::Rc;

use super::{
    process::{arguments, failure, program, with_cx},
    tool::Output,
};
use crate::{
    kernel::{OpenFlags, Sys},
    program::{Poll, Program, ProgramSpec},
    signal::Signal,
};

pub const ENV: ProgramSpec = ProgramSpec::inside(
    "env",
    "Usage: env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]\n\nPrint current environment or run PROG after setting up environment\n",
    || Box::new(Become::default()),
);
pub const NICE: ProgramSpec = ProgramSpec::inside(
    "nice",
    "Usage: nice [-n ADJUST] [PROG ARGS]\n\nRun PROG with modified scheduling priority\n",
    || Box::new(Become::default()),
);
pub const NOHUP: ProgramSpec = ProgramSpec::inside(
    "nohup",
    "Usage: nohup PROG ARGS\n\nRun PROG immune to hangups, with output to a non-tty\n",
    || Box::new(Become::default()),
);
pub const SETSID: ProgramSpec =
    ProgramSpec::inside("setsid", "Usage: setsid PROG ARGS\n\nRun PROG in a new session\n", || {
        Box::new(Become::default())
    });

/// env, nohup, nice, time's kin: set something up, then become the command.
#[derive(Clone, Debug, Default)]
pub struct Become {
    out: Output,
    code: Option<u8>,
}

impl Program for Become {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.code.is_none() {
            let (name, args) = arguments(sys);
            let mut env = sys.env().to_vec();
            let mut rest = args.as_slice();
            let mut chdir = None;
            while let Some(arg) = rest.first() {
                match (name.as_str(), arg.as_str()) {
                    ("env", "-i" | "-" | "--ignore-environment") => env.clear(),
                    ("env", "-u") if rest.len() > 1 => {
                        env.retain(|(k, _)| *k != rest[1]);
                        rest = &rest[1..];
                    }
                    ("env", "-C") if rest.len() > 1 => {
                        chdir = Some(rest[1].clone());
                        rest = &rest[1..];
                    }
                    ("env", "-0") => {}
                    ("nice", "-n") if rest.len() > 1 => rest = &rest[1..],
                    ("nice", a) if a.starts_with('-') => {}
                    ("setsid" | "stdbuf" | "ionice" | "sudo" | "su-exec" | "exec", a)
                        if a.starts_with('-') => {}
                    ("env", a) if a.contains('=') && !a.starts_with('=') => {
                        if let Some((k, v)) = a.split_once('=') {
                            env.retain(|(n, _)| n != k);
                            env.push((k.to_string(), v.to_string()));
                        }
                    }
                    ("env", a) if a.starts_with('-') && a.len() > 1 && a != "--" => {
                        let a = a.to_string();
                        self.code = Some(with_cx(sys, &mut self.out, |cx| cx.bad_option(&a, 125)));
                        break;
                    }
                    (_, "--") => {
                        rest = &rest[1..];
                        break;
                    }
                    _ => break,
                }
                rest = &rest[1..];
            }
            if let (Some(dir), None) = (chdir, self.code)
                && let Err(e) = sys.chdir(&dir)
            {
                with_cx(sys, &mut self.out, |cx| {
                    cx.complain(format!("cannot change directory to ‘{dir}’: {e}"))
                });
                self.code = Some(125);
            }
            if self.code.is_none() {
                if rest.is_empty() {
                    if name == "env" {
                        with_cx(sys, &mut self.out, |cx| {
                            env.iter().for_each(|(k, v)| cx.line(format!("{k}={v}")))
                        });
                        self.code = Some(0);
                    } else if name == "nice" {
                        with_cx(sys, &mut self.out, |cx| cx.line("0"));
                        self.code = Some(0);
                    } else {
                        self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand()));
                    }
                } else {
                    match name.as_str() {
                        "nohup" => {
                            sys.ignore(Signal::HUP);
                            if sys.is_tty(1) {
                                with_cx(sys, &mut self.out, |cx| {
                                    cx.complain("ignoring input and appending output to 'nohup.out'")
                                });
                                let _ready = self.out.drain(sys);
                                if let Ok(fd) = sys.open("nohup.out", OpenFlags::APPEND, 0o600) {
                                    let _dup = sys.dup2(fd, 1);
                                    let _dup = sys.dup2(fd, 2);
                                    let _closed = sys.close(fd);
                                }
                            }
                        }
                        "setsid" => {
                            let _session = sys.set_sid();
                        }
                        _ => {}
                    }
                    let search = env
                        .iter()
                        .find(|(k, _)| k == "PATH")
                        .map_or("/usr/local/bin:/usr/bin:/bin".to_string(), |(_, v)| v.clone());
                    let result = sys
                        .find_program(&rest[0], &search)
                        .and_then(|file| sys.exec(&file, rest.to_vec(), Rc::new(env)));
                    match result {
                        Ok(()) => return Poll::Yield,
                        Err(e) => {
                            let (text, code) = failure(sys, &rest[0], e);
                            with_cx(sys, &mut self.out, |cx| cx.complain(text));
                            self.code = Some(code);
                        }
                    }
                }
            }
        }
        match self.out.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Exit(self.code.unwrap_or(0)),
        }
    }
    program!(Become);
}
