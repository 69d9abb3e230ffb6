//! Points in time and spans of time. The clock is the world's own, so neither type can ask for "now".
//! Text forms: RFC 3339 for points, Go's duration syntax (`1m30s`) for spans, and the rounded ages that kubectl prints.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A point in time: microseconds since the Unix epoch. Zero means "not set", as Go's zero time does.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A span of time in microseconds; may be negative.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

const SECOND: i64 = 1_000_000;

impl Timestamp {
    /// The time that is not set.
    pub const ZERO: Timestamp = Timestamp(0);

    /// Returns the time so many seconds after the epoch.
    pub const fn from_secs(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// True if not set.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The same time without its fraction of a second: what a `metav1.Time` keeps on the wire.
    pub const fn trunc_secs(self) -> Timestamp {
        Timestamp(self.0 - self.0.rem_euclid(SECOND))
    }

    /// The span from `earlier` to `self`.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration(self.0 - earlier.0)
    }

    /// RFC 3339 in UTC with seconds: `2026-01-02T03:04:05Z` (`metav1.Time`).
    pub fn rfc3339(self) -> String {
        let (year, month, day, hour, minute, second) = self.civil();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// RFC 3339 in UTC with microseconds: `2026-01-02T03:04:05.000006Z` (`metav1.MicroTime`).
    pub fn rfc3339_micro(self) -> String {
        let text = self.rfc3339();
        format!("{}.{:06}Z", &text[..text.len() - 1], self.0.rem_euclid(SECOND))
    }

    /// RFC 3339 in UTC with nanoseconds, of which the last three are zeros: what kubelets and runtimes write.
    pub fn rfc3339_nano(self) -> String {
        let text = self.rfc3339();
        format!("{}.{:09}Z", &text[..text.len() - 1], self.0.rem_euclid(SECOND) * 1000)
    }

    /// RFC 1123 in UTC as Go's `time.RFC1123Z` prints it: `Fri, 02 Jan 2026 03:04:05 +0000` (kubectl describe).
    pub fn rfc1123z(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (year, month, day, hour, minute, second) = self.civil();
        let weekday = DAYS[self.secs().div_euclid(86_400).rem_euclid(7) as usize];
        let month = MONTHS[month as usize - 1];
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
    }

    /// Year, month, day, hour, minute, second in UTC.
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32) {
        let days = self.secs().div_euclid(86_400);
        let rest = self.secs().rem_euclid(86_400) as u32;
        let (year, month, day) = civil_from_days(days);
        (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
    }

    /// The time of a date and time of day in UTC. Fields must be in range.
    pub fn from_civil(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Timestamp {
        let days = days_from_civil(year, month, day);
        Timestamp::from_secs(
            days * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second),
        )
    }

    /// Day of the week, Sunday = 0.
    pub fn weekday(self) -> u32 {
        (self.secs().div_euclid(86_400) + 4).rem_euclid(7) as u32
    }

    /// Reads RFC 3339 with optional fraction and any offset. `None` if the text is something else.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<u32> {
            let digits = bytes.get(from..to)?;
            digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
        };
        let at = |index: usize, want: u8| bytes.get(index) == Some(&want);
        if !(at(4, b'-') && at(7, b'-') && at(10, b'T') && at(13, b':') && at(16, b':')) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_month =
            (1..=12).contains(&month) && (1..=days_in_month(i64::from(year), month)).contains(&day);
        if !in_month || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let mut end = 19;
        let mut micros = 0;
        if at(end, b'.') {
            end += 1;
            let mut unit = 100_000;
            let start = end;
            while let Some(digit) = bytes.get(end).filter(|b| b.is_ascii_digit()) {
                micros += i64::from(digit - b'0') * unit;
                unit /= 10;
                end += 1;
            }
            if end == start {
                return None;
            }
        }
        let offset = match bytes.get(end)? {
            b'Z' if bytes.len() == end + 1 => 0,
            sign @ (b'+' | b'-') if bytes.len() == end + 6 && at(end + 3, b':') => {
                let seconds = number(end + 1, end + 3)? * 3600 + number(end + 4, end + 6)? * 60;
                if *sign == b'+' { i64::from(seconds) } else { -i64::from(seconds) }
            }
            _ => return None,
        };
        let local = Timestamp::from_civil(i64::from(year), month, day, hour, minute, second);
        Some(Timestamp(local.0 + micros - offset * SECOND))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_micro())
    }
}
impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}
impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, span: Duration) {
        self.0 = self.0.saturating_add(span.0);
    }
}
impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}
impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, earlier: Timestamp) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time.
    pub const ZERO: Duration = Duration(0);
    /// The longest: some 292,000 years.
    pub const MAX: Duration = Duration(i64::MAX);

    /// From microseconds, the unit kept.
    pub const fn micros(n: i64) -> Duration {
        Duration(n)
    }
    /// From milliseconds.
    pub const fn millis(n: i64) -> Duration {
        Duration(n * 1000)
    }
    /// From seconds.
    pub const fn secs(n: i64) -> Duration {
        Duration(n * SECOND)
    }
    /// From minutes.
    pub const fn mins(n: i64) -> Duration {
        Duration(n * 60 * SECOND)
    }
    /// From hours.
    pub const fn hours(n: i64) -> Duration {
        Duration(n * 3600 * SECOND)
    }
    /// In microseconds, exactly.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// In milliseconds, rounded towards zero.
    pub const fn as_millis(self) -> i64 {
        self.0 / 1000
    }
    /// In seconds, rounded towards zero.
    pub const fn as_secs(self) -> i64 {
        self.0 / SECOND
    }
    /// In seconds with fractions.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
    /// True for no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads Go's duration syntax: `300ms`, `-1.5h`, `2h45m`. Errors are worded as `time.ParseDuration` words them.
    pub fn parse(text: &str) -> Result<Duration, String> {
        let invalid = || format!("time: invalid duration {text:?}");
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Duration::ZERO);
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut nanos: f64 = 0.0;
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let whole = &rest[..digits];
            rest = &rest[digits..];
            let mut fraction = "";
            if let Some(after) = rest.strip_prefix('.') {
                let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
                fraction = &after[..digits];
                rest = &after[digits..];
            }
            if whole.is_empty() && fraction.is_empty() {
                return Err(invalid());
            }
            let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
            let unit = &rest[..end];
            rest = &rest[end..];
            let unit_nanos: i64 = match unit {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                "" => return Err(format!("time: missing unit in duration {text:?}")),
                _ => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
            };
            let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
            let whole = whole.checked_mul(unit_nanos).ok_or_else(invalid)?;
            total = total.checked_add(whole).ok_or_else(invalid)?;
            if !fraction.is_empty() {
                nanos += format!("0.{fraction}").parse::<f64>().unwrap_or(0.0) * unit_nanos as f64;
            }
        }
        let micros = total.saturating_add(nanos as i64) / 1000;
        Ok(Duration(if negative { -micros } else { micros }))
    }

    /// The rounded age that kubectl prints (`duration.HumanDuration`): two units at most, fewer as it grows.
    pub fn human(self) -> String {
        let seconds = self.as_secs();
        if seconds < -1 {
            return "<invalid>".to_owned();
        }
        if seconds < 0 {
            return "0s".to_owned();
        }
        let two = |big: i64, unit: char, small: i64, small_unit: char| {
            if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
        };
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        let days = hours / 24;
        if seconds < 120 {
            format!("{seconds}s")
        } else if minutes < 10 {
            two(minutes, 'm', seconds % 60, 's')
        } else if minutes < 180 {
            format!("{minutes}m")
        } else if hours < 8 {
            two(hours, 'h', minutes % 60, 'm')
        } else if hours < 48 {
            format!("{hours}h")
        } else if hours < 192 {
            two(days, 'd', hours % 24, 'h')
        } else if days < 365 * 2 {
            format!("{days}d")
        } else if days < 365 * 8 {
            two(days / 365, 'y', days % 365, 'd')
        } else {
            format!("{}y", days / 365)
        }
    }
}

impl fmt::Display for Duration {
    /// Go's `Duration.String`: `1h2m3.5s`, `150ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = |value: u64, unit: u64| -> String {
            let (whole, rest) = (value / unit, value % unit);
            if rest == 0 {
                return whole.to_string();
            }
            let width = unit.ilog10() as usize;
            let digits = format!("{rest:0width$}");
            format!("{whole}.{}", digits.trim_end_matches('0'))
        };
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let micros = self.0.unsigned_abs();
        if micros == 0 {
            return f.write_str("0s");
        }
        if micros < 1000 {
            return write!(f, "{micros}µs");
        }
        if micros < 1_000_000 {
            return write!(f, "{}ms", fraction(micros, 1000));
        }
        let (hours, minutes) = (micros / 3_600_000_000, micros / 60_000_000 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", fraction(micros % 60_000_000, 1_000_000))
    }
}
impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}
impl Sub for Duration {
    type Output = Duration;
    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}
impl std::ops::Mul<i64> for Duration {
    type Output = Duration;
    fn mul(self, n: i64) -> Duration {
        Duration(self.0.saturating_mul(n))
    }
}
impl std::ops::Div<i64> for Duration {
    type Output = Duration;
    fn div(self, n: i64) -> Duration {
        Duration(self.0 / n)
    }
}

/// Returns the age of something created at `created`, as kubectl prints it; `<unknown>` if that is not set.
pub fn human_age(now: Timestamp, created: Timestamp) -> String {
    if created.is_zero() { "<unknown>".to_owned() } else { human_duration(now - created) }
}

/// The rounded span that kubectl prints (`duration.HumanDuration`).
pub fn human_duration(span: Duration) -> String {
    span.human()
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch of a date in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trips() {
        for text in
            ["1970-01-01T00:00:01Z", "2026-02-28T23:59:59Z", "2024-02-29T12:00:00Z", "1969-12-31T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse(text).map(|t| t.rfc3339()).as_deref(), Some(text));
        }
        let micro = Timestamp::parse("2026-01-02T03:04:05.678901Z");
        assert_eq!(micro.map(|t| t.rfc3339_micro()).as_deref(), Some("2026-01-02T03:04:05.678901Z"));
        assert_eq!(Timestamp::parse("2026-01-02T05:04:05+02:00"), Timestamp::parse("2026-01-02T03:04:05Z"));
        assert_eq!(Timestamp::from_civil(2026, 1, 2, 3, 4, 5).rfc1123z(), "Fri, 02 Jan 2026 03:04:05 +0000");
        for bad in
            ["", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "é"]
        {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn go_durations_parse_and_print() {
        for (text, printed) in [
            ("1m30s", "1m30s"),
            ("90s", "1m30s"),
            ("1.5h", "1h30m0s"),
            ("300ms", "300ms"),
            ("1.25s", "1.25s"),
            ("-2h45m", "-2h45m0s"),
            ("0", "0s"),
            ("15us", "15µs"),
        ] {
            assert_eq!(Duration::parse(text).map(|d| d.to_string()).as_deref(), Ok(printed), "{text}");
        }
        assert_eq!(Duration::parse("10").unwrap_err(), "time: missing unit in duration \"10\"");
        assert_eq!(Duration::parse("3x").unwrap_err(), "time: unknown unit \"x\" in duration \"3x\"");
        assert_eq!(Duration::parse("abc").unwrap_err(), "time: invalid duration \"abc\"");
    }

    #[test]
    fn ages_are_rounded_as_kubectl_does() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (312, "5m12s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (8 * 3600, "8h"),
            (47 * 3600, "47h"),
            (48 * 3600, "2d"),
            (76 * 3600, "3d4h"),
            (8 * 86_400, "8d"),
            (800 * 86_400, "2y70d"),
            (3000 * 86_400, "8y"),
            (-1, "0s"),
            (-2, "<invalid>"),
        ] {
            assert_eq!(Duration::secs(seconds).human(), text, "{seconds}");
        }
    }
}
