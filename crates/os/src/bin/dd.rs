//! `dd`: blocks copied and counted.

use super::{
    opts,
    process::{arguments, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::Time,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "dd",
    "Usage: dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N]\n\nCopy a file with converting and formatting\n",
    || Box::new(Dd::default()),
);

/// dd
#[derive(Clone, Debug, Default)]
pub struct Dd {
    begun: bool,
    input: Fd,
    output: Fd,
    block: usize,
    count: Option<u64>,
    blocks: u64,
    partial: u64,
    bytes: u64,
    pending: Vec<u8>,
    convert: Vec<String>,
    silent: bool,
    started: Option<Time>,
    /// Both ends are devices that take or give any amount at once: nothing but CPU time is used.
    burns: bool,
    ended: bool,
    out: Output,
    code: Option<u8>,
}

impl Dd {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        self.block = 512;
        self.output = 1;
        self.started = Some(sys.now());
        let (_, args) = arguments(sys);
        let (mut skip, mut seek, mut notrunc) = (0u64, 0u64, false);
        let (mut from, mut to) = (None, None);
        for arg in args {
            let (key, value) = arg.split_once('=').unwrap_or((&arg, ""));
            let number = opts::size(value);
            match (key, number) {
                ("if", _) => from = Some(value.to_string()),
                ("of", _) => to = Some(value.to_string()),
                ("bs" | "ibs" | "obs", Some(n)) if n > 0 => self.block = (n as usize).min(64 << 20),
                ("count", Some(n)) => self.count = Some(n),
                ("skip", Some(n)) => skip = n,
                ("seek", Some(n)) => seek = n,
                ("status", _) => self.silent = value == "none" || value == "noxfer",
                ("conv", _) => {
                    for how in value.split(',') {
                        match how {
                            "notrunc" => notrunc = true,
                            "ucase" | "lcase" | "swab" => self.convert.push(how.to_string()),
                            "fsync" | "fdatasync" | "sync" | "noerror" | "sparse" | "nocreat" => {}
                            _ => {
                                let message = format!("invalid conversion: ‘{how}’");
                                return self.usage(sys, &message);
                            }
                        }
                    }
                }
                ("bs" | "ibs" | "obs" | "count" | "skip" | "seek", _) => {
                    let message = format!("invalid number: ‘{value}’");
                    with_cx(sys, &mut self.out, |cx| cx.complain(message));
                    self.code = Some(1);
                    return;
                }
                ("iflag" | "oflag", _) => {}
                _ => return self.usage(sys, &format!("unrecognized operand ‘{arg}’")),
            }
        }
        if let Some(file) = from.clone() {
            match sys.open(&file, OpenFlags::READ, 0) {
                Ok(fd) => self.input = fd,
                Err(e) => return self.refuse(sys, &file, e),
            }
        }
        if let Some(file) = to.clone() {
            let flags = OpenFlags { truncate: !notrunc && seek == 0, ..OpenFlags::WRITE };
            match sys.open(&file, flags, 0o666) {
                Ok(fd) => self.output = fd,
                Err(e) => return self.refuse(sys, &file, e),
            }
        }
        if skip > 0 {
            let _moved = sys.seek(self.input, (skip * self.block as u64) as i64, 0);
        }
        if seek > 0 {
            let _moved = sys.seek(self.output, (seek * self.block as u64) as i64, 0);
        }
        self.burns = from.as_deref() == Some("/dev/zero") && to.as_deref() == Some("/dev/null");
        // dd holds one block in memory: bs=1G needs a gigabyte.
        sys.set_memory((1 << 20) + self.block as u64);
    }

    fn usage(&mut self, sys: &mut Sys<'_>, message: &str) {
        with_cx(sys, &mut self.out, |cx| {
            cx.complain(message);
            if !cx.busybox() {
                cx.eprint("Try 'dd --help' for more information.\n");
            }
        });
        self.code = Some(1);
    }

    /// Changes a block as `conv=` asks.
    fn converted(&self, mut block: Vec<u8>) -> Vec<u8> {
        for how in &self.convert {
            match how.as_str() {
                "ucase" => block.make_ascii_uppercase(),
                "lcase" => block.make_ascii_lowercase(),
                _ => block.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1)),
            }
        }
        block
    }

    fn refuse(&mut self, sys: &mut Sys<'_>, file: &str, e: Errno) {
        with_cx(sys, &mut self.out, |cx| {
            let message = if cx.busybox() {
                format!("can't open '{file}': {e}")
            } else {
                format!("failed to open '{file}': {e}")
            };
            cx.complain(message);
        });
        self.code = Some(1);
    }

    fn report(&mut self, sys: &Sys<'_>) {
        if self.silent {
            return;
        }
        let (full, part) = (self.blocks, self.partial);
        let seconds = self.started.map_or(0.0, |s| sys.now().since(s) as f64 / 1e6).max(0.000_001);
        let n = self.bytes;
        let decimal = |v: f64| -> String {
            let units = ["B", "kB", "MB", "GB", "TB"];
            let mut v = v;
            let mut i = 0;
            while v >= 1000.0 && i < 4 {
                v /= 1000.0;
                i += 1;
            }
            if v < 10.0 && i > 0 { format!("{v:.1} {}", units[i]) } else { format!("{v:.0} {}", units[i]) }
        };
        let size = if n < 1000 {
            format!("{n} bytes")
        } else if n < 1024 {
            format!("{n} bytes ({})", decimal(n as f64))
        } else {
            let binary = {
                let units = ["B", "KiB", "MiB", "GiB"];
                let (mut v, mut i) = (n as f64, 0);
                while v >= 1024.0 && i < 3 {
                    v /= 1024.0;
                    i += 1;
                }
                if v < 10.0 { format!("{v:.1} {}", units[i]) } else { format!("{v:.0} {}", units[i]) }
            };
            format!("{n} bytes ({}, {binary})", decimal(n as f64))
        };
        let text = if sys.is_busybox() {
            format!(
                "{full}+{part} records in\n{full}+{part} records out\n{n} bytes ({}B) copied, {seconds:.6} seconds, {}B/s\n",
                opts::human(n),
                opts::human((n as f64 / seconds) as u64)
            )
        } else {
            format!(
                "{full}+{part} records in\n{full}+{part} records out\n{size} copied, {} s, {}/s\n",
                crate::text::printf::float(seconds, 'g', 6, false),
                decimal(n as f64 / seconds)
            )
        };
        self.out.push(2, text.as_bytes());
    }
}

impl Program for Dd {
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
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            while !self.pending.is_empty() {
                match sys.write(self.output, &self.pending) {
                    Ok(n) => {
                        self.pending.drain(..n);
                    }
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(self.output)),
                    Err(e) => {
                        self.pending.clear();
                        self.code = Some(1);
                        let text = if sys.is_busybox() {
                            format!("dd: error writing: {e}\n")
                        } else {
                            format!("dd: error writing 'standard output': {e}\n")
                        };
                        self.out.push(2, text.as_bytes());
                        self.report(sys);
                    }
                }
            }
            if self.code.is_some() {
                continue;
            }
            if self.ended || self.count.is_some_and(|c| self.blocks + self.partial >= c) {
                self.report(sys);
                self.code = Some(0);
                continue;
            }
            if self.burns {
                // About 10 GB/s, as a memory copy.
                let cost = 1 + self.block as u64 / 10_000;
                let most = (sys.fuel().max(0) as u64 / cost).max(1);
                let n = self.count.map_or(most, |c| most.min(c - self.blocks));
                sys.spend(n * cost);
                self.blocks += n;
                self.bytes += n * self.block as u64;
                continue;
            }
            match sys.read(self.input, self.block) {
                Ok(bytes) if bytes.is_empty() => self.ended = true,
                Ok(bytes) => {
                    if bytes.len() == self.block {
                        self.blocks += 1
                    } else {
                        self.partial += 1
                    }
                    self.bytes += bytes.len() as u64;
                    sys.spend(bytes.len() as u64 / 1000);
                    self.pending = self.converted(bytes);
                }
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(self.input)),
                Err(e) => {
                    self.out.push(2, format!("dd: error reading: {e}\n").as_bytes());
                    self.code = Some(1);
                }
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
