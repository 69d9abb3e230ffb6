//! tail, with -f.

use super::{
    opts,
    process::{program, with_cx},
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::SECOND,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tail",
    "Usage: tail [OPTIONS] [FILE]...\n\nPrint last 10 lines of FILEs (or stdin) to.\nWith more than one FILE, precede each with a filename header.\n\n\t-c [+]N[bkm]\tPrint last N bytes\n\t-n N[bkm]\tPrint last N lines\n\t-n +N[bkm]\tStart on Nth line and print the rest\n\t-q\t\tNever print headers\n\t-f\t\tPrint data as file grows\n\t-F\t\tSame as -f, but keep retrying\n",
    || Box::new(Tail::default()),
);

/// tail, with -f.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    begun: bool,
    lines: Option<usize>,
    bytes: Option<usize>,
    from_start: bool,
    follow: bool,
    by_name: bool,
    headers: bool,
    inputs: Vec<Input>,
    at: usize,
    shown: Option<usize>,
    failed: bool,
    out: Output,
    done: bool,
}

#[derive(Clone, Debug)]
struct Input {
    name: String,
    fd: Option<Fd>,
    buf: Vec<u8>,
    /// The first part was shown; what comes now is new.
    following: bool,
    pos: u64,
}

impl Tail {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| {
            if let Some(n) = cx
                .args
                .first()
                .and_then(|a| a.strip_prefix('-'))
                .filter(|n| n.starts_with(|c: char| c.is_ascii_digit()))
            {
                let (digits, f) = n.split_at(n.find(|c: char| !c.is_ascii_digit()).unwrap_or(n.len()));
                let (digits, f) = (digits.to_string(), f == "f");
                cx.args[0] = format!("-n{digits}");
                if f {
                    cx.args.insert(0, "-f".to_string());
                }
            }
            opts::parse(
                cx,
                "n:c:fFqvs:",
                &[("lines", 'n'), ("bytes", 'c'), ("follow", 'f'), ("quiet", 'q'), ("retry", 'v')],
            )
        });
        let opts = match parsed {
            Ok(opts) => opts,
            Err(_) => {
                self.done = true;
                self.failed = true;
                return;
            }
        };
        let spec = opts.value('c').or(opts.value('n')).unwrap_or("10").to_string();
        self.from_start = spec.starts_with('+');
        let Some(count) = opts::size(spec.trim_start_matches(['+', '-'])) else {
            with_cx(sys, &mut self.out, |cx| cx.complain(format!("invalid number of lines: ‘{spec}’")));
            self.done = true;
            self.failed = true;
            return;
        };
        if opts.value('c').is_some() {
            self.bytes = Some(count as usize)
        } else {
            self.lines = Some(count as usize)
        }
        self.follow = opts.has('f') || opts.has('F');
        self.by_name = opts.has('F');
        let names = if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest.clone() };
        self.headers = names.len() > 1 && !opts.has('q');
        self.inputs = names
            .into_iter()
            .map(|name| Input { name, fd: None, buf: Vec::new(), following: false, pos: 0 })
            .collect();
    }

    fn header(&mut self, i: usize) {
        if self.headers && self.shown != Some(i) {
            let gap = if self.shown.is_some() { "\n" } else { "" };
            let name = if self.inputs[i].name == "-" {
                "standard input".to_string()
            } else {
                self.inputs[i].name.clone()
            };
            self.out.push(1, format!("{gap}==> {name} <==\n").as_bytes());
            self.shown = Some(i);
        }
    }

    /// The part of the first reading that is shown.
    fn last_part(&self, buf: &[u8]) -> usize {
        if let Some(n) = self.bytes {
            return if self.from_start {
                n.saturating_sub(1).min(buf.len())
            } else {
                buf.len().saturating_sub(n)
            };
        }
        let n = self.lines.unwrap_or(10);
        if self.from_start {
            let mut seen = 1;
            return if n <= 1 {
                0
            } else {
                buf.iter()
                    .position(|b| {
                        seen += usize::from(*b == b'\n');
                        seen == n
                    })
                    .map_or(buf.len(), |p| p + 1)
            };
        }
        if n == 0 {
            return buf.len();
        }
        let end = if buf.last() == Some(&b'\n') { buf.len() - 1 } else { buf.len() };
        let mut seen = 0;
        buf[..end]
            .iter()
            .rposition(|b| {
                seen += usize::from(*b == b'\n');
                seen == n
            })
            .map_or(0, |p| p + 1)
    }
}

impl Program for Tail {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if self.done {
                return Poll::Exit(u8::from(self.failed));
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            let i = self.at;
            if i >= self.inputs.len() {
                return self.follow(sys);
            }
            let name = self.inputs[i].name.clone();
            if self.inputs[i].fd.is_none() {
                let opened = if name == "-" { Ok(0) } else { sys.open(&name, OpenFlags::READ, 0) };
                match opened {
                    Ok(fd) => self.inputs[i].fd = Some(fd),
                    Err(e) => {
                        with_cx(sys, &mut self.out, |cx| {
                            let message = if cx.busybox() {
                                format!("can't open '{name}': {e}")
                            } else {
                                format!("cannot open '{name}' for reading: {e}")
                            };
                            cx.complain(message);
                        });
                        self.failed = true;
                        self.at += 1;
                        continue;
                    }
                }
            }
            let Some(fd) = self.inputs[i].fd else { continue };
            match sys.read(fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => {
                    self.header(i);
                    let buf = std::mem::take(&mut self.inputs[i].buf);
                    let start = self.last_part(&buf);
                    self.out.push(1, &buf[start..]);
                    self.inputs[i].following = true;
                    self.inputs[i].pos = buf.len() as u64;
                    self.at += 1;
                }
                Ok(bytes) => {
                    let keep = &mut self.inputs[i].buf;
                    keep.extend(bytes);
                    // Only the end of a long input is needed.
                    if !self.from_start && keep.len() > 8 << 20 {
                        let cut = keep.len() - (4 << 20);
                        keep.drain(..cut);
                    }
                }
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(fd)),
                Err(e) => {
                    with_cx(sys, &mut self.out, |cx| cx.complain(format!("error reading '{name}': {e}")));
                    self.failed = true;
                    self.at += 1;
                }
            }
        }
    }
    program!(Tail);
}

impl Tail {
    /// Looks for new text once a second.
    fn follow(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.follow || self.inputs.iter().all(|i| i.fd.is_none() && !self.by_name) {
            return Poll::Exit(u8::from(self.failed));
        }
        for i in 0..self.inputs.len() {
            let name = self.inputs[i].name.clone();
            if self.by_name && name != "-" {
                // The name may stand for another file now.
                let new = sys.stat(&name).ok().map(|s| (s.dev, s.ino));
                let old = self.inputs[i].fd.and_then(|fd| sys.fstat(fd).ok()).map(|s| (s.dev, s.ino));
                if new.is_some() && new != old {
                    if let Some(fd) = self.inputs[i].fd.take() {
                        let _closed = sys.close(fd);
                    }
                    self.inputs[i].fd = sys.open(&name, OpenFlags::READ, 0).ok();
                    self.inputs[i].pos = 0;
                }
            }
            let Some(fd) = self.inputs[i].fd else { continue };
            if let Ok(stat) = sys.fstat(fd)
                && stat.is_file()
                && stat.size < self.inputs[i].pos
            {
                with_cx(sys, &mut self.out, |cx| cx.complain(format!("{name}: file truncated")));
                let _start = sys.seek(fd, 0, 0);
                self.inputs[i].pos = 0;
            }
            while let Ok(bytes) = sys.read(fd, 65_536) {
                if bytes.is_empty() {
                    break;
                }
                self.inputs[i].pos += bytes.len() as u64;
                self.header(i);
                self.out.push(1, &bytes);
            }
        }
        match self.out.drain(sys) {
            Some(wait) => Poll::Wait(wait),
            None => Poll::Wait(Wait::until(sys.now().plus(SECOND))),
        }
    }
}
