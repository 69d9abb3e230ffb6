//! awk: the POSIX language over a stream of records.
//!
//! The program is parsed to a tree ([`parse`]) and walked for each record ([`run`]). Records come from the filter frame,
//! so that `tail -f | awk` shows lines as they come. Not here: pipes to and from commands, and `system()`; they are
//! refused with a message when the program is read.

mod parse;
mod run;

use std::rc::Rc;

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "awk",
    "Usage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n\n\t-v VAR=VAL\tSet variable\n\t-F SEP\t\tUse SEP as field separator\n\t-f FILE\t\tRead program from FILE\n",
    || filter(Awk::default()),
);

/// awk
#[derive(Clone, Debug, Default)]
pub struct Awk {
    state: run::State,
    program: Rc<parse::Program>,
    /// Bytes of a record that is not complete (RS other than newline).
    partial: String,
    begun: bool,
}

impl Filter for Awk {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse_with(cx, "+F:v:f:", &[("assign", 'v'), ("field-separator", 'F')], 2)?;
        let mut rest = opts.rest.clone();
        let mut source = String::new();
        for file in opts.values('f') {
            match cx.sys.vfs().read_text(&file) {
                Ok(text) => source.push_str(&text),
                Err(e) => {
                    cx.complain(format!("can't open '{file}': {e}"));
                    return Err(2);
                }
            }
        }
        if opts.values('f').is_empty() {
            if rest.is_empty() {
                return Err(cx.missing_operand());
            }
            source = rest.remove(0);
        }
        match parse::parse(&source) {
            Ok(program) => self.program = Rc::new(program),
            Err(message) => {
                cx.complain(message);
                return Err(2);
            }
        }
        self.state.begin(cx, &rest);
        if let Some(fs) = opts.value('F') {
            let fs = if fs == "t" { "\t".to_string() } else { run::escapes(fs) };
            self.state.set("FS", run::Value::Text(fs.into()));
        }
        for assign in opts.values('v') {
            if let Some((name, value)) = assign.split_once('=') {
                self.state.set(name, run::Value::Input(run::escapes(value).into()));
            }
        }
        let program = self.program.clone();
        self.state.rules(cx, &program, run::When::Begin);
        self.begun = true;
        let only_begin = program.main.is_empty() && program.end.is_empty();
        if self.state.exit.is_some() || only_begin {
            // An exit in BEGIN still runs END rules.
            if !only_begin {
                self.state.rules(cx, &program, run::When::End);
            }
            return Err(self.finish(cx));
        }
        // `name=value` among the files is an assignment; all are made before the first record.
        let mut files = Vec::new();
        for arg in rest {
            match arg.split_once('=') {
                Some((name, value)) if crate::shell::is_name(name) => {
                    self.state.set(name, run::Value::Input(run::escapes(value).into()))
                }
                _ => files.push(arg),
            }
        }
        Ok(files)
    }
    fn open(&mut self, _: &mut Cx<'_, '_>, input: &str) {
        self.state.set("FILENAME", run::Value::Text(if input == "-" { "".into() } else { input.into() }));
        self.state.set("FNR", run::Value::Number(0.0));
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes);
        let separator = self.state.text_of("RS");
        if separator == "\n" {
            self.record(cx, text.trim_end_matches('\n'));
        } else {
            self.partial.push_str(&text);
            self.cut(cx, &separator, false);
        }
        if self.state.exit.is_some() { Flow::Stop } else { Flow::More }
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        if !self.partial.is_empty() {
            let separator = self.state.text_of("RS");
            self.cut(cx, &separator, true);
        }
    }
    fn refuse(&mut self, cx: &mut Cx<'_, '_>, input: &str, error: crate::errno::Errno) {
        let message = if cx.busybox() {
            format!("{input}: {error}")
        } else {
            format!("cannot open \"{input}\" ({error})")
        };
        cx.complain(message);
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        let program = self.program.clone();
        self.state.rules(cx, &program, run::When::End);
        let code = self.finish(cx);
        if code == 0 && failed { 2 } else { code }
    }
}

impl Awk {
    fn record(&mut self, cx: &mut Cx<'_, '_>, text: &str) {
        if self.state.exit.is_some() {
            return;
        }
        self.state.new_record(text);
        let program = self.program.clone();
        self.state.rules(cx, &program, run::When::Record);
    }

    /// Cuts records at a separator other than newline; an empty one means blank lines.
    fn cut(&mut self, cx: &mut Cx<'_, '_>, separator: &str, last: bool) {
        let paragraphs = separator.is_empty();
        let mark = if paragraphs { "\n\n" } else { separator };
        if paragraphs {
            self.partial = self.partial.trim_start_matches('\n').to_string();
        }
        while let Some(at) = self.partial.find(mark) {
            let record = self.partial[..at].to_string();
            self.partial = self.partial[at + mark.len()..].to_string();
            if paragraphs {
                self.partial = self.partial.trim_start_matches('\n').to_string();
            }
            self.record(cx, &record);
        }
        if last {
            let record = std::mem::take(&mut self.partial);
            let record = if paragraphs { record.trim_end_matches('\n').to_string() } else { record };
            if !record.is_empty() {
                self.record(cx, &record);
            }
        }
    }

    fn finish(&mut self, cx: &mut Cx<'_, '_>) -> u8 {
        self.state.close_files(cx);
        if let Some(message) = self.state.error.take() {
            cx.complain(message);
            return 2;
        }
        self.state.exit.unwrap_or(0)
    }
}
