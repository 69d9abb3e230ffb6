//! htpasswd: a file of users and password hashes, as basic authentication of ingresses wants it.

use super::{
    process::{arguments, program},
    tool::{Output, helped},
};
use crate::{
    bytes::{crypt, digest},
    errno::Errno,
    kernel::{Mode, Sys},
    program::{Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "htpasswd",
    "Usage:\n\thtpasswd [-cimBdpsDv] [-C cost] passwordfile username\n\thtpasswd -b[cmBdpsDv] [-C cost] passwordfile username password\n\n\thtpasswd -n[imBdps] [-C cost] username\n\thtpasswd -nb[mBdps] [-C cost] username password\n -c  Create a new file.\n -n  Don't update file; display results on stdout.\n -b  Use the password from the command line rather than prompting for it.\n -i  Read password from stdin without verification (for script usage).\n -m  Force MD5 encryption of the password (default).\n -s  Force SHA-1 encryption of the password (insecure).\n -D  Delete the specified user.\n",
    || Box::new(Htpasswd::default()),
);

#[derive(Clone, Debug, Default)]
struct Htpasswd {
    begun: bool,
    flags: String,
    file: String,
    user: String,
    typed: Vec<u8>,
    asked: Vec<String>,
    wanted: usize,
    cooked: Option<Mode>,
    out: Output,
    code: Option<u8>,
}

impl Htpasswd {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            return self.code = Some(0);
        }
        let (_, args) = arguments(sys);
        let mut words = Vec::new();
        for arg in args {
            match arg.strip_prefix('-') {
                Some(flags) => self.flags.push_str(flags),
                None => words.push(arg),
            }
        }
        if let Some(bad) = self.flags.chars().find(|c| !"cnbimsDBdp".contains(*c)) {
            self.out.push(2, format!("htpasswd: illegal option -- {bad}\n{}", SPEC.help).as_bytes());
            return self.code = Some(2);
        }
        if self.flags.contains(['B', 'd']) {
            self.out.push(2, b"htpasswd: bcrypt and crypt are not simulated: use MD5 (-m)\n");
            return self.code = Some(3);
        }
        let display = self.flags.contains('n');
        if !display && !words.is_empty() {
            self.file = words.remove(0);
        }
        let needed = if self.flags.contains('b') { 2 } else { 1 };
        if words.len() != needed {
            self.out.push(2, SPEC.help.as_bytes());
            return self.code = Some(2);
        }
        self.user = words.remove(0);
        if self.user.contains(':') {
            self.out.push(2, b"htpasswd: username contains illegal character ':'\n");
            return self.code = Some(6);
        }
        if self.flags.contains('D') {
            return self.finish(sys, None);
        }
        if let Some(password) = words.pop() {
            return self.finish(sys, Some(password));
        }
        self.wanted = if self.flags.contains('i') { 1 } else { 2 };
        if self.wanted == 2 {
            self.cooked = sys.tty_mode(0);
            if let Some(mode) = &self.cooked {
                let _set = sys.set_tty_mode(0, Mode { echo: false, ..mode.clone() });
            }
            self.out.push(2, b"New password: ");
        }
    }

    /// Takes a line of what was typed, if there is one.
    fn line(&mut self, sys: &mut Sys<'_>) {
        let Some(end) = self.typed.iter().position(|b| *b == b'\n') else { return };
        let line: Vec<u8> = self.typed.drain(..=end).take(end).collect();
        self.asked.push(String::from_utf8_lossy(&line).into_owned());
        if self.wanted == 2 {
            self.out.push(2, if self.asked.len() == 1 { b"\nRe-type new password: " } else { b"\n" });
        }
        if self.asked.len() == self.wanted {
            if let Some(mode) = self.cooked.take() {
                let _set = sys.set_tty_mode(0, mode);
            }
            if self.asked.iter().any(|a| *a != self.asked[0]) {
                self.out.push(2, b"htpasswd: password verification error\n");
                return self.code = Some(3);
            }
            let password = self.asked[0].clone();
            self.finish(sys, Some(password));
        }
    }

    fn finish(&mut self, sys: &mut Sys<'_>, password: Option<String>) {
        self.code = Some(0);
        let entry = password.map(|p| {
            let hash = if self.flags.contains('s') {
                format!("{{SHA}}{}", crate::text::base64(&digest::sha1(p.as_bytes())))
            } else if self.flags.contains('p') {
                p
            } else {
                let salt = crypt::salt(sys.random());
                crypt::md5_crypt(&p, &salt, "$apr1$")
            };
            format!("{}:{hash}", self.user)
        });
        if self.flags.contains('n') {
            return self.out.push(1, format!("{}\n\n", entry.unwrap_or_default()).as_bytes());
        }
        let old = match sys.vfs().read_text(&self.file) {
            Ok(text) => text,
            Err(_) if self.flags.contains('c') => String::new(),
            Err(_) => {
                let text = format!("htpasswd: cannot modify file {}; use '-c' to create it\n", self.file);
                self.out.push(2, text.as_bytes());
                return self.code = Some(1);
            }
        };
        let old = if self.flags.contains('c') { String::new() } else { old };
        let prefix = format!("{}:", self.user);
        let known = old.lines().any(|l| l.starts_with(&prefix));
        let mut lines: Vec<String> =
            old.lines().filter(|l| !l.starts_with(&prefix)).map(str::to_string).collect();
        let what = match (&entry, known) {
            (Some(_), true) => "Updating",
            (Some(_), false) => "Adding",
            (None, true) => "Deleting",
            (None, false) => {
                self.out.push(2, format!("User {} not found\n", self.user).as_bytes());
                return;
            }
        };
        lines.extend(entry);
        let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
        if let Err(e) = sys.vfs().write(&self.file, text.into_bytes(), 0o644) {
            self.out.push(2, format!("htpasswd: cannot create file {}: {e}\n", self.file).as_bytes());
            return self.code = Some(1);
        }
        self.out.push(2, format!("{what} password for user {}\n", self.user).as_bytes());
    }
}

impl Program for Htpasswd {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if self.typed.contains(&b'\n') {
                self.line(sys);
                continue;
            }
            match sys.read(0, 1024) {
                Ok(bytes) if bytes.is_empty() => {
                    if self.typed.is_empty() && self.asked.is_empty() {
                        self.out.push(2, b"\nhtpasswd: unable to read password\n");
                        self.code = Some(3);
                    }
                    self.typed.push(b'\n');
                }
                Ok(bytes) => self.typed.extend(bytes),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(0)),
                Err(_) => self.code = Some(3),
            }
        }
    }
    program!(Htpasswd);
}
