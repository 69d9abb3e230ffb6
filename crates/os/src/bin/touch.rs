//! `touch`: times set, files made.

use super::{
    opts,
    paths::q,
    tool::{Cx, tool},
};
use crate::{
    errno::Errno,
    program::ProgramSpec,
    time::{Civil, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "touch",
    "Usage: touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\nUpdate mtime of FILEs\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [("no-create", 'c'), ("date", 'd'), ("reference", 'r')];
    let opts = match opts::parse(cx, "camd:t:r:", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return if cx.busybox() {
            cx.missing_operand()
        } else {
            cx.complain("missing file operand");
            cx.eprint("Try 'touch --help' for more information.\n");
            1
        };
    }
    let mut when = cx.sys.now();
    if let Some(text) = opts.value('d') {
        match super::date::parse(text, when) {
            Some(t) => when = t,
            None => {
                cx.complain(format!("invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(text) = opts.value('t') {
        match stamp(text, when) {
            Some(t) => when = t,
            None => {
                cx.complain(format!("invalid date format ‘{text}’"));
                return 1;
            }
        }
    }
    if let Some(file) = opts.value('r') {
        when = cx.sys.stat(file).map_or(when, |s| s.mtime);
    }
    let mut code = 0;
    for path in &opts.rest {
        let missing = cx.sys.stat(path) == Err(Errno::ENOENT);
        if missing && opts.has('c') {
            continue;
        }
        let mut result = Ok(());
        if missing {
            result = cx.sys.vfs().open_for_write(path, 0o666, true, false).map(|_| ());
        }
        let a = (!opts.has('m') || opts.has('a')).then_some(when);
        let m = (!opts.has('a') || opts.has('m')).then_some(when);
        if let Err(e) = result.and_then(|()| cx.sys.vfs().utimes(path, a, m)) {
            let message =
                if cx.busybox() { format!("{path}: {e}") } else { format!("cannot touch {}: {e}", q(path)) };
            cx.complain(message);
            code = 1;
        }
    }
    code
}

/// `[[CC]YY]MMDDhhmm[.ss]`
fn stamp(text: &str, now: Time) -> Option<Time> {
    let (main, secs) = text.split_once('.').unwrap_or((text, "0"));
    let at = |from: usize, n: usize| main.get(from..from + n)?.parse::<u32>().ok();
    let (year, skip) = match main.len() {
        8 => (now.civil().year, 0),
        10 => (2000 + i64::from(at(0, 2)?), 2),
        12 => (i64::from(at(0, 4)?), 4),
        _ => return None,
    };
    let civil = Civil {
        year,
        month: at(skip, 2)?,
        day: at(skip + 2, 2)?,
        hour: at(skip + 4, 2)?,
        minute: at(skip + 6, 2)?,
        second: secs.parse().ok()?,
        weekday: 0,
        yearday: 0,
    };
    Some(Time::from_secs(civil.to_secs()))
}
