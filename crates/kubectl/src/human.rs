//! Ages and spans as kubectl prints them.

use api::base::time::human_duration;
use api::{Duration, Json, Timestamp};

/// `duration.HumanDuration` of microseconds.
pub fn duration(micros: i64) -> String {
    human_duration(Duration(micros))
}

/// The age of an RFC 3339 text; `<unknown>` when there is none.
pub fn age(time: &Json, now: Timestamp) -> String {
    match time.as_str().and_then(Timestamp::parse) {
        Some(then) => duration(now.since(then).as_micros()),
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
