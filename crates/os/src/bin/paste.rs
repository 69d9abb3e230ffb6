//! `paste`: lines of files side by side.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "paste",
    "Usage: paste [-d LIST] [-s] [FILE]...\n\nPaste lines from each input file together using separators from LIST\n\n\t-d LIST\tList of separators (default tab)\n\t-s\tSerial: one file at a time\n",
    || whole(Paste::default()),
);

#[derive(Clone, Debug, Default)]
struct Paste {
    separators: Vec<String>,
    serial: bool,
    /// Where stdin goes: `-` may be given more than once.
    names: Vec<String>,
}

impl Job for Paste {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "d:sz", &[("delimiters", 'd'), ("serial", 's')])?;
        let list = opts.value('d').unwrap_or("\t").replace("\\0", "\u{0}");
        let list = String::from_utf8_lossy(&crate::text::unescape(&list, false).0).into_owned();
        self.separators =
            list.chars().map(|c| if c == '\0' { String::new() } else { c.to_string() }).collect();
        if self.separators.is_empty() {
            self.separators.push(String::new());
        }
        self.serial = opts.has('s');
        self.names = if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest };
        let mut once = self.names.clone();
        let mut seen = false;
        once.retain(|n| n != "-" || !std::mem::replace(&mut seen, true));
        Ok(once)
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut code = 0;
        let mut columns: Vec<std::collections::VecDeque<&[u8]>> = Vec::new();
        let stdin = inputs.iter().find(|i| i.name == "-");
        let shares = self.names.iter().filter(|n| *n == "-").count().max(1);
        let mut share = 0;
        let mut files = inputs.iter().filter(|i| i.name != "-");
        for name in &self.names {
            let input = if name == "-" { stdin } else { files.next() };
            let Some(input) = input else { continue };
            let Some(bytes) = input.open(cx) else {
                code = 1;
                if self.serial {
                    continue;
                }
                return code;
            };
            let lines = Input::lines(bytes).into_iter();
            if name == "-" && !self.serial {
                columns.push(lines.skip(share).step_by(shares).collect());
                share += 1;
            } else {
                columns.push(lines.collect());
            }
        }
        let separator = |i: usize| self.separators[i % self.separators.len()].as_str();
        if self.serial {
            for column in columns {
                for (i, line) in column.iter().enumerate() {
                    if i > 0 {
                        cx.print(separator(i - 1));
                    }
                    cx.print(line);
                }
                cx.line("");
            }
            return code;
        }
        while columns.iter().any(|c| !c.is_empty()) {
            let last = columns.len() - 1;
            for (i, column) in columns.iter_mut().enumerate() {
                cx.print(column.pop_front().unwrap_or_default());
                if i < last {
                    cx.print(separator(i));
                }
            }
            cx.line("");
        }
        code
    }
}
