//! Cron schedules, as CronJobs write them: `*/5 * * * *`, `@hourly`, `@every 90s`. Syntax, errors and next times are those
//! of github.com/robfig/cron/v3, which the CronJob controller uses. Times are UTC.

use super::time::{Duration, Timestamp};

/// When something recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At moments that fit five fields.
    Fields(Fields),
    /// At a constant distance.
    Every(Duration),
}

/// Sets of minutes, hours, days, months and weekdays, one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
}

/// Marks a field that was `*` or `?`: with days it decides whether day and weekday must both match.
const STAR: u64 = 1 << 63;

struct Bounds {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const BOUNDS: [Bounds; 5] = [
    Bounds { min: 0, max: 59, names: &[] },
    Bounds { min: 0, max: 23, names: &[] },
    Bounds { min: 1, max: 31, names: &[] },
    Bounds { min: 1, max: 12, names: &MONTHS },
    Bounds { min: 0, max: 6, names: &WEEKDAYS },
];

impl Schedule {
    /// Reads a schedule (`cron.ParseStandard`).
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        if let Some(descriptor) = text.strip_prefix('@') {
            return Schedule::parse_descriptor(text, descriptor);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() != 5 {
            let found = words.len();
            return Err(format!("expected exactly 5 fields, found {found}: [{}]", words.join(" ")));
        }
        let mut sets = [0; 5];
        for (index, word) in words.iter().enumerate() {
            sets[index] = parse_field(word, &BOUNDS[index])?;
        }
        let [minute, hour, day, month, weekday] = sets;
        Ok(Schedule::Fields(Fields { minute, hour, day, month, weekday }))
    }

    fn parse_descriptor(text: &str, descriptor: &str) -> Result<Schedule, String> {
        let fields = match descriptor {
            "yearly" | "annually" => "0 0 1 1 *",
            "monthly" => "0 0 1 * *",
            "weekly" => "0 0 * * 0",
            "daily" | "midnight" => "0 0 * * *",
            "hourly" => "0 * * * *",
            _ => {
                let Some(span) = descriptor.strip_prefix("every ") else {
                    return Err(format!("unrecognized descriptor: {text}"));
                };
                let span = Duration::parse(span)
                    .map_err(|error| format!("failed to parse duration {text}: {error}"))?;
                // Whole seconds, and at least one.
                return Ok(Schedule::Every(Duration::secs(span.as_secs().max(1))));
            }
        };
        Schedule::parse(fields)
    }

    /// The next time after `time`; `None` if there is none within five years (30 February).
    pub fn next(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Schedule::Every(span) => Some(time.trunc_secs() + *span),
            Schedule::Fields(fields) => fields.next(time),
        }
    }
}

impl Fields {
    fn next(&self, time: Timestamp) -> Option<Timestamp> {
        let minute = Duration::mins(1);
        let mut time = Timestamp::from_secs((time.secs().div_euclid(60) + 1) * 60);
        let last_year = time.civil().0 + 5;
        loop {
            let (year, month, day, hour, min, _) = time.civil();
            if year > last_year {
                return None;
            }
            // Skip what cannot match, the largest unit first.
            time = if !has(self.month, month) {
                let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                Timestamp::from_civil(year, month, 1, 0, 0, 0)
            } else if !self.day_matches(day, time.weekday()) {
                Timestamp::from_civil(year, month, day, 0, 0, 0) + Duration::hours(24)
            } else if !has(self.hour, hour) {
                Timestamp::from_civil(year, month, day, hour, 0, 0) + Duration::hours(1)
            } else if !has(self.minute, min) {
                time + minute
            } else {
                return Some(time);
            };
        }
    }

    fn day_matches(&self, day: u32, weekday: u32) -> bool {
        let (by_day, by_weekday) = (has(self.day, day), has(self.weekday, weekday));
        if self.day & STAR != 0 || self.weekday & STAR != 0 {
            by_day && by_weekday
        } else {
            by_day || by_weekday
        }
    }
}

fn has(set: u64, value: u32) -> bool {
    set & (1 << value) != 0
}

fn parse_field(word: &str, bounds: &Bounds) -> Result<u64, String> {
    word.split(',')
        .filter(|part| !part.is_empty())
        .try_fold(0, |set, part| Ok(set | parse_range(part, bounds)?))
}

fn parse_range(part: &str, bounds: &Bounds) -> Result<u64, String> {
    let slashes: Vec<&str> = part.split('/').collect();
    let dashes: Vec<&str> = slashes[0].split('-').collect();
    let mut star = 0;
    let (start, mut end) = match dashes.as_slice() {
        ["*" | "?"] => {
            star = STAR;
            (bounds.min, bounds.max)
        }
        [one] => {
            let value = parse_value(one, bounds)?;
            (value, value)
        }
        [start, end] => (parse_value(start, bounds)?, parse_value(end, bounds)?),
        _ => return Err(format!("too many hyphens: {part}")),
    };
    let step = match slashes.as_slice() {
        [_] => 1,
        [_, step] => {
            let step = parse_number(step)?;
            if dashes.len() == 1 {
                end = bounds.max;
            }
            if step > 1 {
                star = 0;
            }
            step
        }
        _ => return Err(format!("too many slashes: {part}")),
    };
    if start < bounds.min {
        return Err(format!("beginning of range ({start}) below minimum ({}): {part}", bounds.min));
    }
    if end > bounds.max {
        return Err(format!("end of range ({end}) above maximum ({}): {part}", bounds.max));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {part}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {part}"));
    }
    Ok((start..=end).step_by(step as usize).fold(star, |set, value| set | 1 << value))
}

fn parse_value(text: &str, bounds: &Bounds) -> Result<u32, String> {
    let lower = text.to_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(index) => Ok(index as u32 + bounds.min),
        None => parse_number(text),
    }
}

fn parse_number(text: &str) -> Result<u32, String> {
    let number: i64 = text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })?;
    if number < 0 {
        return Err(format!("negative number ({number}) not allowed: {text}"));
    }
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_times_follow_the_fields() {
        for (schedule, after, next) in [
            ("* * * * *", "2026-01-02T03:04:05Z", "2026-01-02T03:05:00Z"),
            ("*/15 * * * *", "2026-01-02T03:59:00Z", "2026-01-02T04:00:00Z"),
            ("30 8 * * 1-5", "2026-01-02T09:00:00Z", "2026-01-05T08:30:00Z"),
            ("0 0 29 2 *", "2026-01-02T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 12 1 * MON", "2026-01-02T00:00:00Z", "2026-01-05T12:00:00Z"),
            ("@hourly", "2026-12-31T23:30:00Z", "2027-01-01T00:00:00Z"),
            ("@every 1m30s", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"),
            ("5/20 * * * ?", "2026-01-01T00:26:00Z", "2026-01-01T00:45:00Z"),
        ] {
            let parsed = Schedule::parse(schedule).unwrap();
            let found = parsed.next(Timestamp::parse(after).unwrap()).map(Timestamp::rfc3339);
            assert_eq!(found.as_deref(), Some(next), "{schedule}");
        }
        assert_eq!(Schedule::parse("0 0 30 2 *").unwrap().next(Timestamp::ZERO), None);
    }

    #[test]
    fn errors_are_the_librarys() {
        for (schedule, error) in [
            ("", "empty spec string"),
            ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@fortnightly", "unrecognized descriptor: @fortnightly"),
        ] {
            assert_eq!(Schedule::parse(schedule).unwrap_err(), error);
        }
    }
}
