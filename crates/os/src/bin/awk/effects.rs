//! Instructions that reach outside the machine, or use more than a line of it: output, input, commands, long texts.

use std::rc::Rc;

use super::{
    code::{Slot, Source, special},
    functions::{self, Builtin, cut},
    streams::{self, Next, Separator, Stream},
    tree::To,
    value::Value,
    vm::{Stop, Vm},
};
use crate::{
    bin::tool::Output,
    kernel::Sys,
    program::Wait,
    time::{Time, strftime},
};

type Run<T = ()> = Result<T, Stop>;

/// Output.
impl Vm {
    pub(super) fn print(&mut self, n: usize, to: Option<To>, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        let target = self.target(to, sys, out)?;
        let args = self.take(n);
        let mut text = String::new();
        if args.is_empty() {
            text.push_str(&self.record());
        }
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                text.push_str(&self.text_of(special::OFS));
            }
            match arg {
                Value::Text(it) | Value::Input(it) => text.push_str(it),
                other => text.push_str(&other.show(self.shape(special::OFMT))),
            }
        }
        text.push_str(&self.text_of(special::ORS));
        self.write(target, &text, sys, out)
    }

    pub(super) fn printf(&mut self, n: usize, to: Option<To>, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        let target = self.target(to, sys, out)?;
        let args = self.take(n);
        match functions::format(&args, self.shape(special::CONVFMT)) {
            Ok(text) => self.write(target, &text, sys, out),
            Err(made) => {
                self.write(target, &made, sys, out)?;
                Err(self.too_few("printf", &args))
            }
        }
    }

    fn too_few(&self, name: &str, args: &[Value]) -> Stop {
        let format = args.first().map_or_else(|| Rc::from(""), |it| self.show(it));
        Stop::Failed(format!(
            "run time error: not enough arguments passed to {name}(\"{format}\")\n\tFILENAME=\"{}\" FNR={} NR={}",
            self.text_of(special::FILENAME),
            self.text_of(special::FNR),
            self.text_of(special::NR),
        ))
    }

    /// The stream that is written to; None is standard output. Its name is taken from the stack.
    fn target(&mut self, to: Option<To>, sys: &mut Sys<'_>, out: &mut Output) -> Run<Option<Target>> {
        let Some(to) = to else { return Ok(None) };
        let name = self.stack.last().cloned().unwrap_or_default();
        let name = self.show(&name);
        let target = match &*name {
            "/dev/stdout" | "-" if to != To::Command => None,
            "/dev/stderr" if to != To::Command => Some(Target::Errors),
            name => {
                let known = self.streams.iter().position(|it| it.reader.is_none() && it.name == *name);
                match known {
                    Some(at) if self.streams[at].is_full() => {
                        if let Some(wait) = self.streams[at].flush(sys) {
                            return Err(Stop::Wait(wait));
                        }
                        Some(Target::Stream(at))
                    }
                    Some(at) => Some(Target::Stream(at)),
                    None => Some(Target::Stream(self.open_output(name, to, sys, out)?)),
                }
            }
        };
        self.pop();
        Ok(target)
    }

    fn open_output(&mut self, name: &str, to: To, sys: &mut Sys<'_>, out: &mut Output) -> Run<usize> {
        let opened = match to {
            To::Command => {
                self.settle(sys, out)?;
                Stream::command(sys, name, false)
            }
            _ => Stream::output(sys, name, to == To::Append),
        };
        match opened {
            Ok(stream) => {
                self.streams.push(stream);
                Ok(self.streams.len() - 1)
            }
            Err(e) if self.busybox => Err(Stop::Failed(format!("can't open '{name}': {e}"))),
            Err(e) => Err(Stop::Failed(format!("cannot open \"{name}\" for output\n{e}"))),
        }
    }

    fn write(&mut self, target: Option<Target>, text: &str, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        sys.spend(text.len() as u64 / 256);
        match target {
            None => out.push(1, text.as_bytes()),
            Some(Target::Errors) => out.push(2, text.as_bytes()),
            Some(Target::Stream(at)) => self.streams[at].push(text.as_bytes()),
        }
        Ok(())
    }

    /// Everything that was printed must be written before a command writes.
    pub(super) fn settle(&mut self, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        let waits = out.drain(sys).into_iter().chain(self.streams.iter_mut().filter_map(|it| it.flush(sys)));
        match waits.last() {
            Some(wait) => Err(Stop::Wait(wait)),
            None => Ok(()),
        }
    }

    /// Closes all streams; what to wait for if not all could be.
    pub fn close_all(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        while let Some(stream) = self.streams.last_mut() {
            if let Err(wait) = stream.close(sys) {
                return Some(wait);
            }
            self.streams.pop();
        }
        None
    }
}

/// Where a text goes, other than to standard output.
#[derive(Clone, Copy)]
enum Target {
    Errors,
    Stream(usize),
}

/// Input.
impl Vm {
    pub(super) fn getline(&mut self, source: Source, record: bool, sys: &mut Sys<'_>) -> Run {
        let separator = self.separator();
        let next = match source {
            Source::Input => self.next_record(sys, &separator)?,
            _ => self.next_of_stream(source, sys, &separator)?,
        };
        let line = match next {
            Next::Wait(wait) => return Err(Stop::Wait(wait)),
            Next::Record(line) => {
                self.count = 1.0;
                line
            }
            Next::End => {
                self.count = 0.0;
                String::new()
            }
            Next::Failed(_) => {
                self.count = -1.0;
                String::new()
            }
        };
        if source != Source::Input {
            self.pop();
        }
        // A command's record that goes to a variable is not counted: POSIX says otherwise, mawk and BusyBox agree.
        if self.count > 0.0 && (source == Source::Input || (source == Source::Command && record)) {
            self.count_record(source == Source::Input);
        }
        if !record {
            self.push(Value::Input(line.into()));
        } else if self.count > 0.0 {
            self.set_record(&line);
        }
        Ok(())
    }

    fn next_of_stream(&mut self, source: Source, sys: &mut Sys<'_>, separator: &Separator) -> Run<Next> {
        let name = self.stack.last().cloned().unwrap_or_default();
        let name = self.show(&name);
        let known = self.streams.iter().position(|it| it.reader.is_some() && it.name == *name);
        let at = match known {
            Some(at) => at,
            None => {
                let opened = match source {
                    Source::Command => Stream::command(sys, &name, true),
                    _ => Stream::input(sys, &name),
                };
                match opened {
                    Ok(stream) => self.streams.push(stream),
                    Err(e) => return Ok(Next::Failed(e)),
                }
                self.streams.len() - 1
            }
        };
        Ok(match &mut self.streams[at].reader {
            Some(reader) => reader.next(sys, separator),
            None => Next::End,
        })
    }
}

/// Functions.
impl Vm {
    pub(super) fn builtin(&mut self, builtin: Builtin, n: usize, sys: &mut Sys<'_>, out: &mut Output) -> Run {
        // These may have to be done again: their arguments stay until they are through.
        let waited = match builtin {
            Builtin::System => Some(self.system(sys, out)?),
            Builtin::Close => Some(self.close(n, sys)?),
            Builtin::Fflush => {
                self.settle(sys, out)?;
                Some(0.0)
            }
            _ => None,
        };
        let args = self.take(n);
        if let Some(status) = waited {
            self.push(Value::Number(status));
            return Ok(());
        }
        let number = |i: usize| args.get(i).map(Value::number);
        let value = match builtin {
            Builtin::Rand => {
                let state = self.seed.0.wrapping_mul(6_364_136_223_846_793_005);
                self.seed.0 = state.wrapping_add(1_442_695_040_888_963_407);
                Value::Number((self.seed.0 >> 11) as f64 / (1u64 << 53) as f64)
            }
            Builtin::Srand => {
                let before = self.seed.1;
                let seed = number(0).map_or(sys.now().secs() as u64, |it| it as u64);
                self.seed = (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed);
                Value::Number(before as f64)
            }
            Builtin::Systime => Value::Number(sys.now().secs() as f64),
            Builtin::Strftime => {
                let format = args.first().map_or_else(|| Rc::from("%c"), |it| self.show(it));
                let when = number(1).map_or(sys.now(), |it| Time::from_secs(it as i64));
                Value::text(strftime(&format, when))
            }
            Builtin::Sprintf => match functions::format(&args, self.shape(special::CONVFMT)) {
                Ok(text) => Value::text(text),
                Err(_) => return Err(self.too_few("sprintf", &args)),
            },
            Builtin::Match => self.find(&args)?,
            _ => functions::pure(builtin, &args, self.shape(special::CONVFMT)).unwrap_or_default(),
        };
        self.push(value);
        Ok(())
    }

    fn find(&mut self, args: &[Value]) -> Run<Value> {
        let [text, source] = args else { return Ok(Value::Unset) };
        let (text, source) = (self.show(text), self.show(source));
        let found = self.wanted_regex(&source)?.find_at(&text, 0);
        let (start, length) = found.map_or((0.0, -1.0), |(a, b)| {
            (functions::chars(&text[..a]) + 1.0, functions::chars(&text[a..b]))
        });
        self.set_global(special::RSTART, Value::Number(start));
        self.set_global(special::RLENGTH, Value::Number(length));
        Ok(Value::Number(start))
    }

    fn system(&mut self, sys: &mut Sys<'_>, out: &mut Output) -> Run<f64> {
        let pid = match self.child {
            Some(pid) => pid,
            None => {
                self.settle(sys, out)?;
                let command = self.stack.last().cloned().unwrap_or_default();
                let command = self.show(&command);
                match streams::shell(sys, &command) {
                    Ok(pid) => pid,
                    Err(_) => return Ok(-1.0),
                }
            }
        };
        self.child = Some(pid);
        match streams::ended(sys, pid) {
            Some(status) => {
                self.child = None;
                Ok(status)
            }
            None => Err(Stop::Wait(Wait::child())),
        }
    }

    fn close(&mut self, n: usize, sys: &mut Sys<'_>) -> Run<f64> {
        let name = self.stack.len().checked_sub(n).and_then(|at| self.stack.get(at)).cloned();
        let name = self.show(&name.unwrap_or_default());
        let mut status = -1.0;
        while let Some(at) = self.streams.iter().position(|it| it.name == *name) {
            status = self.streams[at].close(sys).map_err(Stop::Wait)?;
            self.streams.remove(at);
        }
        Ok(status)
    }

    pub(super) fn substitute(&mut self, all: bool, sys: &mut Sys<'_>) -> Run {
        let (text, with, source) = (self.pop_text(), self.pop_text(), self.pop_text());
        let regex = self.wanted_regex(&source)?;
        sys.spend(text.len() as u64 / 32);
        let (new, count) = functions::substitute(&text, &regex, &with, all);
        if new.len() > 16 << 20 {
            return Err(Stop::Failed("string too long".to_string()));
        }
        self.count = f64::from(count);
        self.push(Value::text(new));
        Ok(())
    }

    pub(super) fn split_text(&mut self, slot: Slot, separator: bool) -> Run {
        let separator = if separator { self.pop_text() } else { self.text_of(special::FS) };
        let text = self.pop_text();
        let regex = self.separator_regex(&separator);
        let parts = cut(&text, &separator, regex.as_deref());
        let n = parts.len();
        let elements: Vec<(Rc<str>, Value)> = parts
            .into_iter()
            .enumerate()
            .map(|(i, it)| ((i + 1).to_string().into(), Value::Input(it.into())))
            .collect();
        let array = self.array(slot)?;
        array.clear();
        array.extend(elements);
        self.grow(n * 64)?;
        self.push(Value::Number(n as f64));
        Ok(())
    }
}
