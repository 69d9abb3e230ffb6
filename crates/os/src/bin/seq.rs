//! seq: numbers in a row.

use super::tool::{Cx, tool};
use crate::{program::ProgramSpec, time::Time};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "seq",
    "Usage: seq [-w] [-s SEP] [FIRST [INC]] LAST\n\nPrint numbers from FIRST to LAST, in steps of INC.\nFIRST, INC default to 1.\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let (mut separator, mut width, mut format) = ("\n".to_string(), false, None);
    let mut numbers = Vec::new();
    let mut args = cx.args.clone().into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-w" => width = true,
            "-s" => separator = args.next().unwrap_or_default(),
            "-f" => format = args.next(),
            a if a.starts_with("-s") => separator = a[2..].to_string(),
            _ => numbers.push(arg),
        }
    }
    let separator = String::from_utf8_lossy(&crate::text::unescape(&separator, false).0).into_owned();
    let parsed: Vec<Option<f64>> = numbers.iter().map(|n| n.parse().ok()).collect();
    if let Some(at) = parsed.iter().position(Option::is_none) {
        let text = numbers[at].clone();
        let message = if cx.busybox() {
            format!("invalid number '{text}'")
        } else {
            format!("invalid floating point argument: ‘{text}’")
        };
        cx.complain(message);
        if !cx.busybox() {
            cx.eprint("Try 'seq --help' for more information.\n");
        }
        return 1;
    }
    let values: Vec<f64> = parsed.into_iter().flatten().collect();
    let (first, step, last) = match values.as_slice() {
        [last] => (1.0, 1.0, *last),
        [first, last] => (*first, 1.0, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return cx.missing_operand(),
    };
    if step == 0.0 {
        cx.complain("invalid Zero increment value: ‘0’");
        return 1;
    }
    let digits = numbers
        .iter()
        .take(if numbers.len() == 3 { 2 } else { 1 })
        .map(|n| n.split_once('.').map_or(0, |(_, d)| d.len()))
        .max()
        .unwrap_or(0);
    let digits = if numbers.len() == 1 { 0 } else { digits };
    let count = ((last - first) / step + 1e-9).floor();
    let wide = format!("{last:.digits$}").len().max(format!("{first:.digits$}").len());
    let mut out = String::new();
    let mut i = 0.0;
    while i <= count && i < 5e6 {
        let v = first + i * step;
        let text = match &format {
            Some(f) => {
                String::from_utf8_lossy(&crate::text::printf::format(f, &[v.to_string()], Time(0)).out)
                    .into_owned()
            }
            None if width => format!("{v:0wide$.digits$}"),
            None => format!("{v:.digits$}"),
        };
        if i > 0.0 {
            out.push_str(&separator);
        }
        out.push_str(&text);
        i += 1.0;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    cx.sys.spend(i as u64);
    cx.print(out);
    0
}
