//! Numbers and times as people read them.

use std::cmp::Ordering;

use kubarium_protocol::{Json, Micros};

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;

/// Parses an RFC 3339 time in UTC, as the API server writes it, to microseconds since the epoch.
pub fn parse_time(text: &str) -> Option<Micros> {
    let (date, rest) = text.split_once('T')?;
    let rest = rest.strip_suffix('Z')?;
    let (clock, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut date = date.splitn(3, '-').map(|it| it.parse::<i64>().ok());
    let mut clock = clock.splitn(3, ':').map(|it| it.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let micros = match fraction.len() {
        0 => 0,
        n => fraction.get(..n.min(6))?.parse::<i64>().ok()? * 10_i64.pow(6 - n.min(6) as u32),
    };
    // Days from civil, by Howard Hinnant's well-known formula.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * SECOND + micros)
}

/// The time of day on the virtual clock: `09:01:23`.
pub fn time_of_day(at: Micros) -> String {
    let seconds = at.div_euclid(SECOND).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// How long ago, in kubectl's form (`HumanDuration`): `45s`, `2m5s`, `12m`, `3h4m`, `5d2h`.
pub fn human_duration(micros: i64) -> String {
    let seconds = micros / SECOND;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let pair = |big: i64, unit: &str, rest: i64, small: &str| match rest {
        0 => format!("{big}{unit}"),
        rest => format!("{big}{unit}{rest}{small}"),
    };
    match seconds {
        s if s < -1 => "<invalid>".into(),
        s if s < 0 => "0s".into(),
        s if s < 120 => format!("{s}s"),
        s if minutes < 10 => pair(minutes, "m", s % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => pair(days, "d", hours % 24, "h"),
        _ if days < 730 => format!("{days}d"),
        _ => pair(days / 365, "y", days % 365, "d"),
    }
}

/// The age of something at a moment; empty when its creation is unknown.
pub fn age(now: Micros, created: Option<Micros>) -> String {
    created.map_or_else(String::new, |created| human_duration((now - created).max(0)))
}

/// A resource quantity as a number: `250m` → 0.25, `64Mi` → 67108864.
pub fn quantity(text: &str) -> f64 {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let Some(number) = decimal(number) else { return 0.0 };
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        exponent => match exponent.get(1..).map(str::parse::<i32>) {
            Some(Ok(power)) => 10_f64.powi(power),
            _ => 1.0,
        },
    };
    number * factor
}

/// Digits with a sign and a point, exact up to fifteen digits. Not `str::parse`, whose tables are 15 KB of the page.
fn decimal(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let add = |sum: f64, it: u8| it.is_ascii_digit().then(|| sum * 10.0 + f64::from(it - b'0'));
    let number = whole.bytes().chain(fraction.bytes()).try_fold(0.0, add)?;
    Some(sign * number / 10_f64.powi(fraction.len() as i32))
}

/// A quantity that may be a JSON string or number.
pub fn quantity_of(value: Option<&Json>) -> f64 {
    match value {
        Some(Json::String(text)) => quantity(text),
        Some(Json::Number(number)) => number.as_f64().unwrap_or(0.0),
        _ => 0.0,
    }
}

/// A number with so many decimals. Not `{:.1}`, whose exact arithmetic is 20 KB of the page.
pub fn fixed(value: f64, decimals: u32) -> String {
    let scale = 10_u64.pow(decimals);
    let scaled = (value.abs() * scale as f64).round() as u64;
    let sign = if value < 0.0 && scaled > 0 { "-" } else { "" };
    let (whole, rest) = (scaled / scale, scaled % scale);
    match decimals {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{rest:0width$}", width = decimals as usize),
    }
}

/// CPUs in short: `250m`, `1.5`, `8`.
pub fn cpu(cores: f64) -> String {
    if cores >= 10.0 || (cores.fract() == 0.0 && cores >= 1.0) || cores == 0.0 {
        return fixed(cores, 0);
    }
    if cores >= 1.0 { fixed(cores, 1) } else { fixed(cores * 1000.0, 0) + "m" }
}

/// Bytes in short: `512 B`, `64 MiB`, `7.8 GiB`.
pub fn bytes(count: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if unit > 0 && value < 10.0 && value.fract() >= 0.05 { 1 } else { 0 };
    fixed(value, digits) + " " + UNITS[unit]
}

/// `1 pod`, `3 pods`.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Compares names as people count: `worker-2` comes before `worker-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let digits = |text: &str| text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem_a, number_a) = a.split_at(a.len() - digits(a));
    let (stem_b, number_b) = b.split_at(b.len() - digits(b));
    let numbers = || number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
    stem_a.cmp(stem_b).then_with(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = ["worker-10", "worker-2", "control-plane", "worker"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["control-plane", "worker", "worker-2", "worker-10"]);
    }

    #[test]
    fn numbers_are_written_with_fixed_decimals() {
        assert_eq!([fixed(0.0, 0), fixed(2.5, 0), fixed(-0.2, 0)], ["0", "3", "0"]);
        assert_eq!([fixed(7.84, 1), fixed(-1.06, 1), fixed(0.5, 3)], ["7.8", "-1.1", "0.500"]);
    }

    #[test]
    fn times_are_read_as_the_server_writes_them() {
        assert_eq!(parse_time("1970-01-01T00:00:01Z"), Some(1_000_000));
        assert_eq!(parse_time("2026-01-05T09:00:00Z"), Some(1_767_603_600_000_000));
        assert_eq!(parse_time("2026-01-05T09:00:00.5Z"), Some(1_767_603_600_500_000));
        assert_eq!(parse_time("2026-01-05T09:00:00.123456Z"), Some(1_767_603_600_123_456));
        assert_eq!(parse_time("yesterday"), None);
        assert_eq!(time_of_day(1_767_603_600_000_000), "09:00:00");
    }

    #[test]
    fn durations_have_kubectls_form() {
        let of = |seconds: i64| human_duration(seconds * SECOND);
        assert_eq!([of(0), of(119), of(125), of(600)], ["0s", "119s", "2m5s", "10m"]);
        assert_eq!([of(3 * 3600), of(3 * 3600 + 60), of(10 * 3600)], ["3h", "3h1m", "10h"]);
        assert_eq!([of(50 * 3600), of(400 * 86_400), of(800 * 86_400)], ["2d2h", "400d", "2y70d"]);
    }

    #[test]
    fn quantities_become_numbers_and_texts() {
        assert_eq!(quantity("250m"), 0.25);
        assert_eq!(quantity("64Mi"), 67_108_864.0);
        assert_eq!(quantity("1e3"), 1000.0);
        assert_eq!([cpu(0.25), cpu(1.5), cpu(8.0)], ["250m", "1.5", "8"]);
        assert_eq!([bytes(512.0), bytes(67_108_864.0), bytes(8.2e9)], ["512 B", "64 MiB", "7.6 GiB"]);
        assert_eq!([plural(1, "pod"), plural(3, "pod")], ["1 pod", "3 pods"]);
    }
}
