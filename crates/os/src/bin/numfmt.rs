//! `numfmt`: numbers to sizes with units, and back.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "numfmt",
    "Usage: numfmt [OPTION]... [NUMBER]...\nReformat NUMBER(s), or the numbers from standard input if none are specified.\n\n  -d, --delimiter=X     use X instead of whitespace for field delimiter\n      --field=FIELDS    replace the numbers in these input fields (default=1)\n      --from=UNIT       auto-scale input numbers to UNITs; default is 'none'\n      --header[=N]      print (without converting) the first N header lines\n      --padding=N       pad the output to N characters\n      --suffix=SUFFIX   add SUFFIX to output numbers\n      --to=UNIT         auto-scale output numbers to UNITs\n\nUNIT options: none, auto, si, iec, iec-i\n",
    || filter(Numfmt::default()),
);

#[derive(Clone, Debug, Default)]
struct Numfmt {
    from: String,
    to: String,
    padding: i64,
    suffix: String,
    field: usize,
    delimiter: Option<char>,
    header: u64,
    code: u8,
}

const UNITS: &str = "KMGTPEZY";

impl Numfmt {
    fn read(&self, text: &str) -> Result<f64, String> {
        let text = text.strip_suffix(&self.suffix).unwrap_or(text);
        let end =
            text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
        let Ok(n) = text[..end].parse::<f64>() else { return Err(format!("invalid number: ‘{text}’")) };
        let mut unit = text[end..].chars();
        let Some(letter) = unit.next() else { return Ok(n) };
        let Some(power) = UNITS.find(letter.to_ascii_uppercase()) else {
            return Err(format!("invalid suffix in input: ‘{text}’"));
        };
        let binary = unit.next() == Some('i');
        let base: f64 = match self.from.as_str() {
            "iec" | "iec-i" => 1024.0,
            "auto" if binary => 1024.0,
            "si" | "auto" => 1000.0,
            _ => return Err(format!("rejecting suffix in input: ‘{text}’ (consider using --from)")),
        };
        Ok(n * base.powi(power as i32 + 1))
    }

    fn show(&self, n: f64) -> String {
        let base = match self.to.as_str() {
            "si" => 1000.0,
            "iec" | "iec-i" => 1024.0,
            _ => {
                return if n.fract() == 0.0 { format!("{n:.0}") } else { format!("{n}") };
            }
        };
        let (mut value, mut power) = (n.abs(), 0);
        while value >= base && power < UNITS.len() {
            value /= base;
            power += 1;
        }
        // Rounded away from zero, as numfmt does by default.
        let up = |v: f64| (v - 1e-9).ceil();
        let mut text = if power == 0 {
            format!("{value}")
        } else if value < 9.95 {
            format!("{:.1}", up(value * 10.0) / 10.0)
        } else {
            format!("{:.0}", up(value))
        };
        if power > 0 && text == format!("{base:.0}") {
            text = "1.0".to_string();
            power += 1;
        }
        let sign = if n < 0.0 { "-" } else { "" };
        let unit = UNITS.chars().nth(power.wrapping_sub(1)).map_or(String::new(), String::from);
        let i = if self.to == "iec-i" && power > 0 { "i" } else { "" };
        format!("{sign}{text}{unit}{i}")
    }

    fn converted(&mut self, cx: &mut Cx<'_, '_>, text: &str) -> Option<String> {
        match self.read(text) {
            Ok(n) => {
                let shown = format!("{}{}", self.show(n), self.suffix);
                let width = self.padding.unsigned_abs() as usize;
                Some(if self.padding >= 0 { format!("{shown:>width$}") } else { format!("{shown:<width$}") })
            }
            Err(message) => {
                cx.complain(message);
                self.code = 2;
                None
            }
        }
    }
}

impl Filter for Numfmt {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("from", 'f'),
            ("to", 't'),
            ("padding", 'p'),
            ("suffix", 's'),
            ("field", 'F'),
            ("delimiter", 'd'),
            ("header", 'h'),
            ("round", 'r'),
            ("format", 'm'),
        ];
        let opts = opts::parse(cx, "f:t:p:s:F:d:hr:m:", &long)?;
        let text = |flag: char| opts.value(flag).unwrap_or("").to_string();
        (self.from, self.to, self.suffix) = (text('f'), text('t'), text('s'));
        for unit in [&self.from, &self.to] {
            if !matches!(unit.as_str(), "" | "none" | "auto" | "si" | "iec" | "iec-i") {
                cx.complain(format!("invalid argument ‘{unit}’ for ‘--to’"));
                return Err(1);
            }
        }
        self.padding = text('p').parse().unwrap_or(0);
        self.padding = self.padding.clamp(-1000, 1000);
        self.field = text('F').parse().unwrap_or(1);
        self.delimiter = text('d').chars().next();
        self.header = if opts.has('h') { text('h').parse().unwrap_or(1) } else { 0 };
        if opts.rest.is_empty() {
            return Ok(Vec::new());
        }
        for number in &opts.rest {
            match self.converted(cx, number) {
                Some(text) => cx.line(text),
                None => return Err(2),
            }
        }
        Err(0)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let line = String::from_utf8_lossy(bytes).trim_end_matches('\n').to_string();
        if self.header > 0 {
            self.header -= 1;
            cx.line(line);
            return Flow::More;
        }
        let mut out = String::new();
        let mut rest = line.as_str();
        let mut field = 1;
        loop {
            // A field with the blanks before it.
            let lead = if self.delimiter.is_some() { 0 } else { rest.len() - rest.trim_start().len() };
            let body = &rest[lead..];
            let ends = |c: char| self.delimiter.map_or(c.is_whitespace(), |d| c == d);
            let end = body.find(ends).unwrap_or(body.len());
            if field == self.field {
                let Some(new) = self.converted(cx, &body[..end]) else { return Flow::Stop };
                let missing = (lead + end).saturating_sub(new.len());
                let pad = if lead > 1 && self.padding == 0 { missing } else { lead };
                out.push_str(&" ".repeat(pad));
                out.push_str(&new);
            } else {
                out.push_str(&rest[..lead + end]);
            }
            rest = &body[end..];
            match (self.delimiter, rest.is_empty()) {
                (_, true) => break,
                (Some(d), false) => {
                    out.push(d);
                    rest = &rest[d.len_utf8()..];
                }
                _ => {}
            }
            field += 1;
        }
        cx.line(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, _: bool) -> u8 {
        self.code
    }
}
