//! `bc`: arithmetic of any precision.
//!
//! A line is compiled to instructions; both they and the long calculations in them (`9^999999`) go on as far as the
//! fuel reaches.

mod code;
mod long;
mod number;
mod parse;
mod vm;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;
use parse::Balance;
use vm::{Fault, Vm};

/// `bc`.
pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "bc",
    "usage: bc [options] [file ...]\n  -h  --help         print this usage and exit\n  -i  --interactive  force interactive mode\n  -l  --mathlib      use the predefined math routines\n  -q  --quiet        don't print initial banner\n  -s  --standard     non-standard bc constructs are errors\n  -w  --warn         warn about non-standard bc constructs\n  -v  --version      print version information and exit\n",
    || filter(Bc::default()),
);

/// The functions of `-l`, in bc itself: series on reduced arguments, with some digits to spare.
const LIBRARY: &str = "scale = 20
define e(x) { auto s,n,t,r,i,m; m=0; if (x<0) { m=1; x=-x; }; s=scale; scale=s+x*44/100+8; n=0
  while (x>1) { x/=2; n+=1; }; r=1; t=1
  for (i=1; 1; i++) { t=t*x/i; if (t==0) break; r+=t; }
  while (n>0) { r*=r; n-=1; }
  if (m) r=1/r; scale=s; return (r/1); }
define l(x) { auto s,n,t,r,i,y; if (x<=0) return ((1-10^scale)/1); s=scale; scale=s+8; n=2
  while (x>=2) { x=sqrt(x); n*=2; }; while (x<=0.5) { x=sqrt(x); n*=2; }
  y=(x-1)/(x+1); r=y; t=y; y=y*y
  for (i=3; 1; i+=2) { t=t*y; if (t/i==0) break; r+=t/i; }
  r=r*n; scale=s; return (r/1); }
define a(x) { auto s,m,n,t,r,i,y; s=scale; m=1; if (x<0) { m=-1; x=-x; }; scale=s+8; n=1
  while (x>0.2) { x=x/(1+sqrt(1+x*x)); n*=2; }
  r=x; t=x; y=-x*x
  for (i=3; 1; i+=2) { t=t*y; if (t/i==0) break; r+=t/i; }
  r=r*n*m; scale=s; return (r/1); }
define s(x) { auto z,p,t,r,i,y,n; z=scale; scale=z+10+length(x)-scale(x); p=a(1)*4; n=x/(2*p); scale=0; n=n/1; scale=z+10
  x=x-n*2*p; r=x; t=x; y=-x*x
  for (i=2; 1; i+=2) { t=t*y/(i*(i+1)); if (t==0) break; r+=t; }
  scale=z; return (r/1); }
define c(x) { auto z,r; z=scale; scale=z+4; r=s(x+2*a(1)); scale=z; return (r/1); }
";

/// The longest source that waits for the end of what it opens.
const MAX_SOURCE: usize = 8 << 20;

#[derive(Clone, Debug, Default)]
struct Bc {
    /// What was read and not run yet.
    source: String,
    balance: Balance,
    /// Lines that were read before.
    lines: usize,
    vm: Vm,
    quit: bool,
}

impl Bc {
    /// Begins to run what was read; `last` when nothing follows.
    fn run(&mut self, cx: &mut Cx<'_, '_>, last: bool) {
        let parsed = parse::parse(&self.source);
        if !last && parsed.as_ref().is_err_and(|wrong| wrong == parse::MORE) {
            return;
        }
        let source = std::mem::take(&mut self.source);
        self.balance = Balance::default();
        cx.sys.spend(1 + source.len() as u64 / 64);
        let first = self.lines + 1;
        self.lines += source.matches('\n').count();
        let code = parsed.and_then(|(all, quits)| {
            self.quit = quits;
            // bc leaves as soon as it reads `quit`, before the line is run.
            if quits && !cx.busybox() { Ok(code::Code::default()) } else { code::compile(&all) }
        });
        let message = match code {
            Ok(code) => return self.vm.start(code),
            Err(message) => message,
        };
        let text = match (message.as_str(), cx.busybox()) {
            (m, true) if m.starts_with("syntax error") => "bc: bad expression\n".to_string(),
            (m, true) => format!("bc: {}\n", m.to_lowercase()),
            ("syntax error", false) => format!("(standard_in) {first}: syntax error\n"),
            (m, false) if m.starts_with("syntax error") => {
                format!("(standard_in) {}: syntax error\n", self.lines + 1)
            }
            (m, false) if m.starts_with("Return") => format!("(standard_in) {}: {m}\n", self.lines + 1),
            (m, false) => format!("(standard_in) {first}: {m}\n"),
        };
        cx.eprint(text);
    }

    fn go_on(&mut self, cx: &mut Cx<'_, '_>) {
        let Err(Fault { message, function, address }) = self.vm.run(cx) else { return };
        cx.eprint(if cx.busybox() {
            format!("bc: {}\n", message.to_lowercase())
        } else {
            format!("Runtime error (func={function}, adr={address}): {message}\n")
        });
    }
}

impl Filter for Bc {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("mathlib", 'l'), ("quiet", 'q'), ("interactive", 'i'), ("standard", 's'), ("warn", 'w')];
        let opts = opts::parse(cx, "lqiswhv", &long)?;
        if opts.has('l') {
            self.source = LIBRARY.to_string();
            self.run(cx, true);
            self.lines = 0;
        }
        if cx.sys.is_tty(0) && !opts.has('q') && !cx.busybox() {
            cx.print("bc 1.07.1\nCopyright 1991-1994, 1997, 1998, 2000, 2004, 2006, 2008, 2012-2017 Free Software Foundation, Inc.\nThis is free software with ABSOLUTELY NO WARRANTY.\nFor details type `warranty'. \n");
        }
        let mut files = opts.rest;
        files.push("-".to_string());
        Ok(files)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        self.balance.add(&text);
        self.source.push_str(&text);
        if self.source.len() > MAX_SOURCE {
            cx.complain("Out of memory");
            return Flow::Stop;
        }
        if self.balance.is_whole() {
            self.run(cx, false);
        }
        if self.quit { Flow::Stop } else { Flow::More }
    }
    fn busy(&self) -> bool {
        self.vm.is_busy()
    }
    fn work(&mut self, cx: &mut Cx<'_, '_>) {
        self.go_on(cx);
    }
    fn over(&self) -> bool {
        self.vm.halted
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if !self.source.trim().is_empty() && !self.quit && !self.vm.halted {
            self.run(cx, true);
        }
        u8::from(failed)
    }
}
