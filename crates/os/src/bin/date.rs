//! date.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::{
    program::ProgramSpec,
    time::{Civil, LONG_MONTHS, SECOND, Time, strftime},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "date",
    "Usage: date [OPTIONS] [+FMT] [[-s] TIME]\n\nDisplay time (using +FMT), or set time\n\n\t-u\t\tWork in UTC\n\t-d TIME\t\tDisplay TIME\n\t-r FILE\t\tDisplay last modification time of FILE\n\t-R\t\tOutput RFC-2822 date\n\t-I[SPEC]\tOutput ISO-8601 date\n",
    || tool(main),
);

/// A date as GNU date -d reads the usual ones.
pub fn parse(text: &str, now: Time) -> Option<Time> {
    let text = text.trim();
    if let Some(secs) = text.strip_prefix('@') {
        let secs: f64 = secs.parse().ok()?;
        return Some(Time((secs * 1e6) as i64));
    }
    let mut at = now;
    let mut words = text.split([' ', 'T', ',']).filter(|w| !w.is_empty()).peekable();
    let mut civil: Option<Civil> = None;
    while let Some(word) = words.next() {
        let lower = word.to_lowercase();
        let word = word.trim_end_matches('Z');
        match lower.as_str() {
            "now" | "utc" | "gmt" | "z" => continue,
            "today" => continue,
            "yesterday" => {
                at = at.plus(-86_400 * SECOND);
                continue;
            }
            "tomorrow" => {
                at = at.plus(86_400 * SECOND);
                continue;
            }
            "ago" => continue,
            _ => {}
        }
        let parts: Vec<&str> = word.split('-').collect();
        if let [y, m, d] = parts.as_slice()
            && let (Ok(year), Ok(month), Ok(day)) = (y.parse(), m.parse(), d.parse())
        {
            if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
                return None;
            }
            civil = Some(Civil { year, month, day, hour: 0, minute: 0, second: 0, weekday: 0, yearday: 0 });
            continue;
        }
        if word.contains(':') {
            let clock = word.split(['+', '.']).next().unwrap_or(word);
            let t: Vec<u32> = clock.split(':').map(|p| p.parse().ok()).collect::<Option<_>>()?;
            let mut c = civil.unwrap_or_else(|| at.civil());
            c.hour = *t.first()?;
            c.minute = *t.get(1)?;
            c.second = t.get(2).copied().unwrap_or(0);
            civil = Some(c);
            continue;
        }
        if let Some(month) =
            LONG_MONTHS.iter().position(|m| m.to_lowercase().starts_with(&lower) && lower.len() >= 3)
        {
            let mut c = civil.unwrap_or(Civil { hour: 0, minute: 0, second: 0, ..now.civil() });
            c.month = month as u32 + 1;
            if let Some(day) = words.peek().and_then(|w| w.parse().ok()) {
                c.day = day;
                words.next();
            }
            if let Some(year) = words.peek().and_then(|w| w.parse().ok()).filter(|y| *y > 31) {
                c.year = year;
                words.next();
            }
            civil = Some(c);
            continue;
        }
        if crate::time::LONG_DAYS.iter().any(|d| d.to_lowercase().starts_with(&lower) && lower.len() >= 3) {
            continue;
        }
        // `+3 days`, `2 hours ago`
        let n: i64 = word.trim_start_matches('+').parse().ok()?;
        let unit = words.next()?.to_lowercase();
        let sign = if words.peek().is_some_and(|w| *w == "ago") { -1 } else { 1 };
        let seconds = match unit.trim_end_matches('s') {
            "second" | "sec" => 1,
            "minute" | "min" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            "week" => 7 * 86_400,
            "month" | "year" => {
                let mut c = at.civil();
                if unit.starts_with('m') {
                    let months = c.year * 12 + i64::from(c.month) - 1 + n * sign;
                    c.year = months.div_euclid(12);
                    c.month = months.rem_euclid(12) as u32 + 1;
                } else {
                    c.year += n * sign;
                }
                at = Time::from_secs(c.to_secs());
                continue;
            }
            _ => return None,
        };
        at = at.plus(n * sign * seconds * SECOND);
    }
    let moved = at.since(now);
    Some(match civil {
        Some(c) => Time::from_secs(c.to_secs()).plus(moved),
        None => at,
    })
}

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("date", 'd'),
        ("utc", 'u'),
        ("universal", 'u'),
        ("iso-8601", 'I'),
        ("rfc-3339", 'X'),
        ("rfc-email", 'R'),
        ("reference", 'r'),
        ("set", 's'),
    ];
    // -I may have its value attached only.
    let iso = cx
        .args
        .iter()
        .find_map(|a| a.strip_prefix("-I").or(a.strip_prefix("--iso-8601=")).map(str::to_string));
    cx.args.retain(|a| !(a.starts_with("-I") || a.starts_with("--iso-8601")));
    let opts = match opts::parse(cx, "d:uRr:s:X:D:", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut when = cx.sys.now();
    if let Some(text) = opts.value('d') {
        match parse(text, when) {
            Some(t) => when = t,
            None => {
                let message = if cx.busybox() {
                    format!("invalid date '{text}'")
                } else {
                    format!("invalid date ‘{text}’")
                };
                cx.complain(message);
                return 1;
            }
        }
    }
    if let Some(file) = opts.value('r') {
        match cx.sys.stat(file) {
            Ok(s) => when = s.mtime,
            Err(e) => {
                cx.complain(format!("{file}: {e}"));
                return 1;
            }
        }
    }
    if opts.value('s').is_some() {
        cx.complain(if cx.busybox() {
            "can't set date: Operation not permitted"
        } else {
            "cannot set date: Operation not permitted"
        });
        return 1;
    }
    let format = match opts.rest.first() {
        Some(f) => match f.strip_prefix('+') {
            Some(f) => f.to_string(),
            None => {
                let message = if cx.busybox() {
                    format!("invalid date '{f}'")
                } else {
                    format!("invalid date ‘{f}’")
                };
                cx.complain(message);
                return 1;
            }
        },
        None if opts.has('R') => "%a, %d %b %Y %H:%M:%S %z".to_string(),
        None => match (iso.as_deref(), opts.value('X')) {
            (Some("seconds" | "s"), _) => "%Y-%m-%dT%H:%M:%S+00:00".to_string(),
            (Some("minutes" | "m"), _) => "%Y-%m-%dT%H:%M+00:00".to_string(),
            (Some("ns"), _) => "%Y-%m-%dT%H:%M:%S,%N+00:00".to_string(),
            (Some(_), _) => "%Y-%m-%d".to_string(),
            (None, Some("ns")) => "%Y-%m-%d %H:%M:%S.%N+00:00".to_string(),
            (None, Some("date")) => "%Y-%m-%d".to_string(),
            (None, Some(_)) => "%Y-%m-%d %H:%M:%S+00:00".to_string(),
            _ => "%a %b %e %H:%M:%S %Z %Y".to_string(),
        },
    };
    cx.line(strftime(&format, when));
    0
}
