//! The main input: the files of ARGV one after the other, with the assignments among them, or standard input.

use super::{
    code::special,
    lex::escapes,
    streams::{Next, Reader, Separator},
    value::Value,
    vm::{Stop, Vm},
};
use crate::kernel::{OpenFlags, Sys};

impl Vm {
    /// The next record of the main input. What could not be opened is told in `complaints`.
    pub fn next_record(&mut self, sys: &mut Sys<'_>, separator: &Separator) -> Result<Next, Stop> {
        loop {
            if let Some(reader) = &mut self.input {
                match reader.next(sys, separator) {
                    Next::End => {}
                    Next::Failed(e) => {
                        let name = self.text_of(special::FILENAME);
                        self.complaints.push(format!("{name}: {e}"));
                        self.failed = true;
                    }
                    next => return Ok(next),
                }
                self.skip_file(sys);
                continue;
            }
            if !self.open_next(sys)? {
                return Ok(Next::End);
            }
        }
    }

    /// Leaves the file that is being read.
    pub fn skip_file(&mut self, sys: &mut Sys<'_>) {
        if let Some(reader) = self.input.take().filter(|it| it.fd != 0) {
            let _closed = sys.close(reader.fd);
        }
    }

    /// Opens the next file, making the assignments before it; false when there is none.
    fn open_next(&mut self, sys: &mut Sys<'_>) -> Result<bool, Stop> {
        while (self.argument as f64) < self.global(special::ARGC).number() {
            let key = self.argument.to_string();
            self.argument += 1;
            let Some(argument) = self.element_of(special::ARGV, &key) else { continue };
            let argument = self.show(&argument);
            if argument.is_empty() || self.assign(&argument) {
                continue;
            }
            self.opened = true;
            let opened = if &*argument == "-" { Ok(0) } else { sys.open(&argument, OpenFlags::READ, 0) };
            match opened {
                Ok(fd) => {
                    self.begin_file(&argument, fd);
                    return Ok(true);
                }
                Err(e) if self.busybox => return Err(Stop::Failed(format!("{argument}: {e}"))),
                Err(e) => return Err(Stop::Failed(format!("cannot open {argument} ({e})"))),
            }
        }
        let standard = !self.opened;
        self.opened = true;
        if standard {
            self.begin_file("", 0);
        }
        Ok(standard)
    }

    fn begin_file(&mut self, name: &str, fd: u32) {
        self.set_global(special::FILENAME, Value::text(name));
        self.set_global(special::FNR, Value::Number(0.0));
        self.input = Some(Reader::new(fd));
    }

    /// `name=value` among the files and behind `-v`; false for anything else.
    pub fn assign(&mut self, text: &str) -> bool {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| crate::shell::is_name(name)) else {
            return false;
        };
        // A variable that the program does not have cannot be missed.
        if let Some(number) = self.number_of(name) {
            self.set_global(number, Value::Input(escapes(value).into()));
        }
        true
    }
}
