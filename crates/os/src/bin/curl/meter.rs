//! The progress meter: figures of the transfer as the virtual network carries it.

use super::super::{http_client::Exchange, tool::Output};
use crate::time::{SECOND, Time};

const HEAD: &str = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n";

/// The meter's own state.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    titled: bool,
    began: Option<Time>,
    shown: Option<Time>,
    /// Bytes at the last five whole seconds, for the current speed.
    history: Vec<(Time, usize)>,
}

impl Meter {
    /// A transfer begins.
    pub fn start(&mut self, out: &mut Output, now: Time) {
        if !self.titled {
            self.titled = true;
            out.push(2, HEAD.as_bytes());
        }
        self.began = Some(now);
        self.shown = None;
        self.history.clear();
    }

    /// When the next line is due.
    pub fn due(&self) -> Option<Time> {
        Some(self.shown?.plus(SECOND))
    }

    /// Shows the figures, if a second has passed or it is the first time.
    pub fn tick(&mut self, out: &mut Output, e: &Exchange, sent: usize, now: Time) {
        if self.began.is_some() && self.due().is_none_or(|at| now >= at) {
            self.show(out, e, sent, now);
        }
    }

    /// The last line.
    pub fn finish(&mut self, out: &mut Output, e: &Exchange, sent: usize, now: Time) {
        if self.began.is_some() {
            self.show(out, e, sent, now);
            out.push(2, b"\n");
            self.began = None;
        }
    }

    fn show(&mut self, out: &mut Output, e: &Exchange, sent: usize, now: Time) {
        self.shown = Some(now);
        self.history.push((now, e.size));
        if self.history.len() > 6 {
            self.history.remove(0);
        }
        let spent = now.since(self.began.unwrap_or(now)).max(0);
        let rate = |bytes: usize, us: i64| (bytes as i64).saturating_mul(SECOND) / us.max(1);
        let (down, up) = (rate(e.size, spent), rate(sent, spent));
        let current = match self.history.first() {
            Some((at, n)) if now > *at => rate(e.size - n, now.since(*at)),
            _ => rate(e.size + sent, spent),
        };
        let expected = e.expected().unwrap_or(0);
        let percent = |part: usize, whole: usize| (part * 100).checked_div(whole).unwrap_or(0);
        let total = (expected as i64).checked_div(down).unwrap_or(0);
        let left = (expected.saturating_sub(e.size) as i64).checked_div(down).unwrap_or(0);
        let whole = expected.max(e.size) + sent;
        let line = format!(
            "\r{:>3} {}  {:>3} {}  {:>3} {}  {}  {} {} {} {} {}",
            percent(e.size + sent, if expected + sent > 0 { expected + sent } else { 0 }),
            short(whole as i64),
            percent(e.size, expected),
            short(e.size as i64),
            if sent > 0 { 100 } else { 0 },
            short(sent as i64),
            short(down),
            short(up),
            clock(total),
            clock(spent / SECOND),
            clock(left),
            short(current),
        );
        out.push(2, line.as_bytes());
    }
}

/// Five columns for a number of bytes.
fn short(n: i64) -> String {
    const K: i64 = 1024;
    const M: i64 = K * K;
    const G: i64 = M * K;
    match n {
        ..100_000 => format!("{n:>5}"),
        n if n < 10_000 * K => format!("{:>4}k", n / K),
        n if n < 100 * M => format!("{:>2}.{}M", n / M, n % M / (M / 10)),
        n if n < 10_000 * M => format!("{:>4}M", n / M),
        n if n < 100 * G => format!("{:>2}.{}G", n / G, n % G / (G / 10)),
        n => format!("{:>4}G", n / G),
    }
}

fn clock(seconds: i64) -> String {
    match seconds {
        ..=0 => "--:--:--".to_string(),
        s if s < 360_000 => format!("{:>2}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60),
        s => format!("{:>3}d {:02}h", s / 86_400, s / 3600 % 24),
    }
}
