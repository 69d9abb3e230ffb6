//! What a command works with, and how it waits.
//!
//! A command is a function that begins anew whenever something it asked for has come: a key that took many steps to
//! make, a line of input. What it said and wrote before is not said and written again. So no command holds a
//! half-done state of its own, and all of it can be copied at any moment.

use super::{args::Args, errors};
use crate::{
    bin::whole::Input,
    bytes::key::PrivateKey,
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::Fd,
};

/// The kind of a key to be made.
#[derive(Clone, PartialEq, Debug)]
pub enum KeySpec {
    Rsa(usize),
    /// The name of a curve.
    Ec(&'static str),
    Ed,
}

/// Why a command does not go on.
#[derive(Clone, PartialEq, Debug)]
pub enum Stop {
    /// It is over, with this code.
    Exit(u8),
    /// It wants a key; whether the progress is shown.
    Key(KeySpec, bool),
    /// It wants a line of input.
    Line,
}

/// What a command comes to.
pub type Outcome = Result<(), Stop>;

/// What was found out for a command so far.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Files that were read, in the order of the options; stdin is `-`.
    pub inputs: Vec<Input>,
    pub keys: Vec<PrivateKey>,
    /// Lines of input; None is its end.
    pub lines: Vec<Option<String>>,
    /// A number of the machine's source.
    pub seed: u64,
    /// How many pieces of output were said, and how many files written.
    pub said: usize,
    pub written: usize,
}

/// A command at work.
pub struct Job<'a, 'b> {
    pub args: &'a Args,
    pub sys: &'a mut Sys<'b>,
    pub facts: &'a Facts,
    pub out: Vec<(Fd, Vec<u8>)>,
    keys: usize,
    lines: usize,
    pub written: usize,
}

impl<'a, 'b> Job<'a, 'b> {
    pub fn new(args: &'a Args, sys: &'a mut Sys<'b>, facts: &'a Facts) -> Job<'a, 'b> {
        Job { args, sys, facts, out: Vec::new(), keys: 0, lines: 0, written: 0 }
    }

    pub fn print(&mut self, text: impl AsRef<[u8]>) {
        self.say(1, text.as_ref());
    }

    pub fn eprint(&mut self, text: impl AsRef<[u8]>) {
        self.say(2, text.as_ref());
    }

    // Once, not in each place: the page pays for every copy.
    #[inline(never)]
    fn say(&mut self, fd: Fd, text: &[u8]) {
        self.out.push((fd, text.to_vec()));
    }

    /// Says why not, and ends with 1.
    pub fn fail<T>(&mut self, text: impl AsRef<[u8]>) -> Result<T, Stop> {
        self.eprint(text);
        Err(Stop::Exit(1))
    }

    /// A file of the options, or stdin where none was named.
    pub fn input(&self, option: &str) -> (Option<&'a str>, Result<&'a [u8], Errno>) {
        let name = self.args.value(option);
        (name, self.file(name.unwrap_or("-")))
    }

    /// A file that was read.
    pub fn file(&self, name: &str) -> Result<&'a [u8], Errno> {
        match self.facts.inputs.iter().find(|i| i.name == name) {
            Some(Input { bytes: Ok(bytes), .. }) => Ok(bytes),
            Some(Input { bytes: Err(e), .. }) => Err(*e),
            None => Err(Errno::ENOENT),
        }
    }

    /// Reads a thing of the store (a key, a certificate), or says why not.
    pub fn load<T>(&mut self, what: &str, option: &str, read: fn(&[u8]) -> Option<T>) -> Result<T, Stop> {
        let (name, bytes) = self.input(option);
        self.parse(what, name, bytes, read)
    }

    /// The same of a file that was read already.
    pub fn parse<T>(
        &mut self,
        what: &str,
        name: Option<&str>,
        bytes: Result<&[u8], Errno>,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, Stop> {
        match bytes.ok().and_then(read) {
            Some(found) => Ok(found),
            None => {
                self.complain(what, name, bytes);
                Err(Stop::Exit(1))
            }
        }
    }

    /// Says why there is no such thing in a file.
    fn complain(&mut self, what: &str, name: Option<&str>, bytes: Result<&[u8], Errno>) {
        let text = match bytes {
            Err(e) => errors::cannot_open(what, name.unwrap_or("<stdin>"), e),
            Ok(bytes) if String::from_utf8_lossy(bytes).contains("ENCRYPTED") => {
                format!("openssl {}: encrypted keys are not simulated\n", self.args.command)
            }
            Ok(bytes) => errors::cannot_read(what, name, bytes),
        };
        self.eprint(text);
    }

    /// A private key of the options.
    pub fn private_key(&mut self, what: &str, option: &str) -> Result<PrivateKey, Stop> {
        self.load(what, option, PrivateKey::from_file)
    }

    /// A new key.
    pub fn key(&mut self, spec: KeySpec, shown: bool) -> Result<PrivateKey, Stop> {
        self.keys += 1;
        self.facts.keys.get(self.keys - 1).cloned().ok_or(Stop::Key(spec, shown))
    }

    /// The next line of input; None at its end.
    pub fn line(&mut self) -> Result<Option<String>, Stop> {
        self.lines += 1;
        self.facts.lines.get(self.lines - 1).cloned().ok_or(Stop::Line)
    }

    /// Writes a file, or stdout where none is named.
    pub fn write(&mut self, file: Option<&str>, bytes: impl AsRef<[u8]>, mode: u32) -> Outcome {
        let Some(file) = file.filter(|f| !matches!(*f, "/dev/stdout" | "-")) else {
            self.print(bytes);
            return Ok(());
        };
        self.written += 1;
        if self.written <= self.facts.written {
            return Ok(());
        }
        if let Err(e) = put(self.sys, file, bytes.as_ref(), mode) {
            return self.fail(errors::no_output(file, e));
        }
        Ok(())
    }
}

fn put(sys: &mut Sys<'_>, file: &str, bytes: &[u8], mode: u32) -> Result<(), Errno> {
    let fd = sys.open(file, OpenFlags::WRITE, mode)?;
    let mut rest = bytes;
    let mut done = Ok(());
    while !rest.is_empty() {
        match sys.write(fd, rest) {
            Ok(n) => rest = &rest[n..],
            Err(e) => {
                done = Err(e);
                break;
            }
        }
    }
    let _closed = sys.close(fd);
    done
}
