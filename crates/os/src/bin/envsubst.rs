//! `envsubst`: variables of the environment put into a text.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "envsubst",
    "Usage: envsubst [OPTION] [SHELL-FORMAT]\n\nSubstitutes the values of environment variables.\n\nOperation mode:\n  -v, --variables             output the variables occurring in SHELL-FORMAT\n",
    || filter(Envsubst::default()),
);

#[derive(Clone, Debug, Default)]
struct Envsubst {
    /// Only these are replaced.
    only: Option<Vec<String>>,
}

/// The variable that a text begins with behind its `$`, and how long that is.
fn reference(text: &str) -> Option<(&str, usize)> {
    let (inner, braces) = match text.strip_prefix('{') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let end = inner.find(|c: char| !(c == '_' || c.is_ascii_alphanumeric())).unwrap_or(inner.len());
    let name = &inner[..end];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match braces {
        false => Some((name, end)),
        true => inner[end..].starts_with('}').then_some((name, end + 2)),
    }
}

fn names(format: &str) -> Vec<String> {
    format
        .match_indices('$')
        .filter_map(|(at, _)| Some(reference(&format[at + 1..])?.0.to_string()))
        .collect()
}

impl Filter for Envsubst {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "v", &[("variables", 'v')])?;
        let format = opts.rest.first();
        if opts.has('v') {
            for name in format.map_or(Vec::new(), |f| names(f)) {
                cx.line(name);
            }
            return Err(0);
        }
        self.only = format.map(|f| names(f));
        Ok(Vec::new())
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            match reference(behind)
                .filter(|(n, _)| self.only.as_ref().is_none_or(|o| o.iter().any(|x| x == n)))
            {
                Some((name, len)) => {
                    out.push_str(cx.sys.var(name).unwrap_or(""));
                    rest = &behind[len..];
                }
                None => {
                    out.push('$');
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        cx.print(out);
        Flow::More
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, _: bool) -> u8 {
        0
    }
}
