//! `nl`: lines with numbers.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::{program::ProgramSpec, text::regex::Regex};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "nl",
    "Usage: nl [OPTIONS] [FILE]...\n\nWrite FILEs to standard output with line numbers added\n\n\t-b STYLE\tWhich lines to number - a: all, t: nonempty, n: none\n\t-i N\t\tLine number increment\n\t-s STRING\tUse STRING as line number separator\n\t-v N\t\tStart from N\n\t-w N\t\tWidth of line numbers\n",
    || filter(Nl::default()),
);

#[derive(Clone, Debug, Default)]
struct Nl {
    style: char,
    pattern: Option<Regex>,
    /// `ln`, `rn` or `rz`
    format: String,
    width: usize,
    separator: String,
    step: i64,
    number: i64,
}

impl Filter for Nl {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("body-numbering", 'b'),
            ("number-width", 'w'),
            ("number-separator", 's'),
            ("starting-line-number", 'v'),
            ("line-increment", 'i'),
            ("number-format", 'n'),
        ];
        let opts = opts::parse(cx, "b:w:s:v:i:n:ph:f:d:l:", &long)?;
        let style = opts.value('b').unwrap_or("t");
        self.style = style.chars().next().unwrap_or('t');
        if let Some(source) = style.strip_prefix('p') {
            self.pattern = Some(Regex::basic(source, false).map_err(|e| {
                cx.complain(e);
                1
            })?);
        } else if !matches!(style, "a" | "t" | "n") {
            cx.complain(format!("invalid body numbering style: ‘{style}’"));
            cx.eprint("Try 'nl --help' for more information.\n");
            return Err(1);
        }
        self.format = opts.value('n').unwrap_or("rn").to_string();
        self.width = opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(6).clamp(1, 200);
        self.separator = opts.value('s').unwrap_or("\t").to_string();
        self.step = opts.value('i').and_then(|n| n.parse().ok()).unwrap_or(1);
        self.number = opts.value('v').and_then(|n| n.parse().ok()).unwrap_or(1);
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let counts = match self.style {
            'a' => true,
            'n' => false,
            'p' => self.pattern.as_ref().is_some_and(|p| p.is_match(&String::from_utf8_lossy(line))),
            _ => !line.is_empty(),
        };
        let width = self.width;
        if counts {
            let number = match self.format.as_str() {
                "ln" => format!("{:<width$}", self.number),
                "rz" => format!("{:0width$}", self.number),
                _ => format!("{:width$}", self.number),
            };
            cx.print(format!("{number}{}", self.separator));
            self.number = self.number.saturating_add(self.step);
        } else {
            cx.print(" ".repeat(width + self.separator.len()));
        }
        cx.line(line);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}
