//! Ages and spans as kubectl prints them.

use api::{Json, Timestamp};

/// `duration.HumanDuration`: two units at most, coarser with age.
pub fn duration(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    if seconds < -1 {
        return "<invalid>".into();
    }
    if seconds < 0 {
        return "0s".into();
    }
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    if seconds < 120 {
        return format!("{seconds}s");
    }
    let pair = |big: i64, b: &str, small: i64, s: &str| if small == 0 { format!("{big}{b}") } else { format!("{big}{b}{small}{s}") };
    if minutes < 10 {
        pair(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        pair(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 24 * 8 {
        pair(hours / 24, "d", hours % 24, "h")
    } else if hours < 24 * 365 * 2 {
        format!("{}d", hours / 24)
    } else if hours < 24 * 365 * 8 {
        pair(hours / 24 / 365, "y", hours / 24 % 365, "d")
    } else {
        format!("{}y", hours / 24 / 365)
    }
}

/// The age of an RFC 3339 text; `<unknown>` when there is none.
pub fn age(time: &Json, now: Timestamp) -> String {
    match time.as_str().and_then(Timestamp::parse) {
        Some(then) => duration(now.micros() - then.micros()),
        None => "<unknown>".into(),
    }
}

/// A time as describe shows it: `Sat, 21 Nov 2026 12:28:52 +0000`.
pub fn rfc1123z(time: &Json) -> String {
    match time.as_str().and_then(Timestamp::parse) {
        Some(then) => then.rfc1123z(),
        None => "<unset>".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_get_coarser() {
        for (seconds, want) in [
            (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"), (3 * 3600 + 60, "3h1m"),
            (8 * 3600 + 60, "8h"), (49 * 3600, "2d1h"), (9 * 86400, "9d"), (800 * 86400, "2y70d"), (-2, "<invalid>"),
        ] {
            assert_eq!(duration(seconds * 1_000_000), want, "{seconds}");
        }
    }
}
