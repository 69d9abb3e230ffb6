//! Virtual time: a moment is a number of microseconds since the Unix epoch, handed in by whoever runs the machine.
//!
//! Nothing here reads a clock. The calendar part (days to year, month, day) is what `date`, `ls -l` and log lines
//! need; the only time zone is UTC, as in almost every container image.

/// A moment in virtual time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Time(pub i64);

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;

impl Time {
    /// The moment `seconds` after the epoch.
    pub fn from_secs(seconds: i64) -> Time {
        Time(seconds.saturating_mul(SECOND))
    }

    /// Whole seconds since the epoch.
    pub fn secs(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Microseconds within the second, 0..1_000_000.
    pub fn subsec_micros(self) -> i64 {
        self.0.rem_euclid(SECOND)
    }

    /// The moment `micros` later (earlier when negative), saturating.
    pub fn plus(self, micros: i64) -> Time {
        Time(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment.
    pub fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar date and time of day in UTC.
    pub fn civil(self) -> Civil {
        Civil::from_secs(self.secs())
    }
}

/// A calendar date and time of day in UTC (proleptic Gregorian).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    /// May be before 1970 and negative.
    pub year: i64,
    /// 1..=12
    pub month: u32,
    /// 1..=31
    pub day: u32,
    /// 0..=23
    pub hour: u32,
    /// 0..=59
    pub minute: u32,
    /// 0..=59
    pub second: u32,
    /// 0 = Sunday
    pub weekday: u32,
    /// 1..=366
    pub yearday: u32,
}

/// Abbreviated month names, January first.
pub const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Abbreviated weekday names, Sunday first.
pub const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/// Full month names, January first.
pub const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Full weekday names, Sunday first.
pub const LONG_DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Civil {
    /// The calendar reading of `secs` seconds since the epoch.
    pub fn from_secs(secs: i64) -> Civil {
        let days = secs.div_euclid(86_400);
        let rest = secs.rem_euclid(86_400);
        // Days are counted from 0000-03-01, so that the leap day is the last of a year (400-year eras).
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        let year = yoe + era * 400 + i64::from(month <= 2);
        let yearday = (days - days_from_civil(year, 1, 1) + 1) as u32;
        Civil {
            year,
            month,
            day,
            hour: (rest / 3_600) as u32,
            minute: (rest / 60 % 60) as u32,
            second: (rest % 60) as u32,
            weekday: (days + 4).rem_euclid(7) as u32,
            yearday,
        }
    }

    /// Seconds since the epoch; fields beyond their range carry over (month 13 is January of the next year).
    pub fn to_secs(self) -> i64 {
        days_from_civil(self.year, self.month, self.day) * 86_400
            + i64::from(self.hour) * 3_600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
    }
}

/// Days from the epoch to the given date; `month` may exceed 12 and `day` the month's length.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let month0 = i64::from(month) - 1;
    let year = year + month0.div_euclid(12);
    let month = month0.rem_euclid(12) + 1;
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Formats `time` as strftime(3) does in the C locale and UTC; `%N` is nanoseconds as in GNU date.
pub fn strftime(format: &str, time: Time) -> String {
    let c = time.civil();
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            out.push(ch);
            continue;
        }
        let mut pad = None;
        while let Some(&f) = chars.peek() {
            match f {
                '-' | '_' | '0' | '^' | '#' => pad = Some(f),
                'E' | 'O' => {}
                _ => break,
            }
            chars.next();
        }
        let mut width = String::new();
        while let Some(&d) = chars.peek() {
            if !d.is_ascii_digit() {
                break;
            }
            width.push(d);
            chars.next();
        }
        let Some(spec) = chars.next() else {
            out.push('%');
            break;
        };
        let text = directive(spec, pad, width.parse().ok(), time, &c);
        out.push_str(&text);
    }
    out
}

fn number(value: i64, width: usize, default_pad: char, flag: Option<char>) -> String {
    match flag {
        Some('-') => value.to_string(),
        Some('_') => format!("{value:>width$}"),
        Some('0') => format!("{value:0width$}"),
        _ if default_pad == ' ' => format!("{value:>width$}"),
        _ => format!("{value:0width$}"),
    }
}

fn directive(spec: char, pad: Option<char>, width: Option<usize>, time: Time, c: &Civil) -> String {
    let two = |v: u32| number(i64::from(v), width.unwrap_or(2), '0', pad);
    let hour12 = if c.hour.is_multiple_of(12) { 12 } else { c.hour % 12 };
    let text = match spec {
        'Y' => number(c.year, width.unwrap_or(1), '0', pad),
        'C' => two((c.year / 100) as u32),
        'y' => two(c.year.rem_euclid(100) as u32),
        'm' => two(c.month),
        'd' => two(c.day),
        'e' => number(i64::from(c.day), 2, ' ', pad),
        'H' => two(c.hour),
        'I' => two(hour12),
        'k' => number(i64::from(c.hour), 2, ' ', pad),
        'l' => number(i64::from(hour12), 2, ' ', pad),
        'M' => two(c.minute),
        'S' => two(c.second),
        'N' => {
            let nanos = format!("{:09}", time.subsec_micros() * 1000);
            nanos[..width.unwrap_or(9).min(9)].to_string()
        }
        'j' => number(i64::from(c.yearday), 3, '0', pad),
        'a' => DAYS[c.weekday as usize].to_string(),
        'A' => LONG_DAYS[c.weekday as usize].to_string(),
        'b' | 'h' => MONTHS[c.month as usize - 1].to_string(),
        'B' => LONG_MONTHS[c.month as usize - 1].to_string(),
        'p' => if c.hour < 12 { "AM" } else { "PM" }.to_string(),
        'P' => if c.hour < 12 { "am" } else { "pm" }.to_string(),
        'u' => if c.weekday == 0 { 7 } else { c.weekday }.to_string(),
        'w' => c.weekday.to_string(),
        'U' => two((c.yearday + 6 - c.weekday) / 7),
        'W' => two((c.yearday + 6 - (c.weekday + 6) % 7) / 7),
        'V' => two(iso_week(c).1),
        'G' => iso_week(c).0.to_string(),
        's' => time.secs().to_string(),
        'Z' => "UTC".to_string(),
        'z' => "+0000".to_string(),
        'D' | 'x' => strftime("%m/%d/%y", time),
        'F' => strftime("%Y-%m-%d", time),
        'T' | 'X' => strftime("%H:%M:%S", time),
        'R' => strftime("%H:%M", time),
        'r' => strftime("%I:%M:%S %p", time),
        'c' => strftime("%a %b %e %H:%M:%S %Y", time),
        'n' => "\n".to_string(),
        't' => "\t".to_string(),
        '%' => "%".to_string(),
        other => format!("%{other}"),
    };
    if matches!(pad, Some('^')) { text.to_uppercase() } else { text }
}

/// ISO 8601 year and week number.
fn iso_week(c: &Civil) -> (i64, u32) {
    let monday0 = i64::from((c.weekday + 6) % 7);
    let week = (i64::from(c.yearday) - 1 - monday0 + 10) / 7;
    let weeks_in = |year: i64| {
        let jan1 = (days_from_civil(year, 1, 1) + 4).rem_euclid(7);
        let leap = days_from_civil(year + 1, 1, 1) - days_from_civil(year, 1, 1) == 366;
        if jan1 == 4 || (leap && jan1 == 3) { 53 } else { 52 }
    };
    if week < 1 {
        (c.year - 1, weeks_in(c.year - 1) as u32)
    } else if week > weeks_in(c.year) {
        (c.year + 1, 1)
    } else {
        (c.year, week as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_round_trips_and_knows_weekdays() {
        let c = Time::from_secs(1_767_603_600).civil();
        assert_eq!((c.year, c.month, c.day, c.hour, c.weekday), (2026, 1, 5, 9, 1));
        for secs in [0, -1, 951_782_400, 4_102_444_799, 1_709_164_800] {
            assert_eq!(Civil::from_secs(secs).to_secs(), secs);
        }
    }

    #[test]
    fn strftime_speaks_as_date_does() {
        let t = Time::from_secs(1_767_603_600);
        assert_eq!(strftime("%a %b %e %H:%M:%S %Z %Y", t), "Mon Jan  5 09:00:00 UTC 2026");
        assert_eq!(strftime("%F %-d %V %j %s %3N", t), "2026-01-05 5 02 005 1767603600 000");
    }
}
