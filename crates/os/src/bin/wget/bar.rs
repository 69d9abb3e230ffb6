//! wget's progress: dots in a log, a bar on a terminal, BusyBox's stars; figures from the virtual transfer.

use super::super::{opts, paths::base};
use crate::time::{SECOND, Time};

/// One download's progress.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    name: String,
    pub expected: Option<usize>,
    visible: bool,
    busybox: bool,
    tty: bool,
    began: Time,
    shown: Time,
    size: usize,
    /// Dots drawn, one for each 1024 bytes.
    dots: usize,
    row_began: Time,
}

const DOT: usize = 1024;
const ROW: usize = 50;

impl Bar {
    pub fn new(
        name: &str,
        expected: Option<usize>,
        visible: bool,
        busybox: bool,
        tty: bool,
        now: Time,
    ) -> Bar {
        let name = base(name).to_string();
        Bar {
            name,
            expected,
            visible,
            busybox,
            tty,
            began: now,
            shown: now,
            row_began: now,
            ..Bar::default()
        }
    }

    /// What stands before the first byte.
    pub fn begin(&mut self) -> String {
        if self.visible && !self.busybox && !self.tty { "     0K".to_string() } else { String::new() }
    }

    /// Bytes have come.
    pub fn add(&mut self, n: usize, now: Time) -> String {
        self.size += n;
        if !self.visible {
            return String::new();
        }
        if self.busybox || self.tty {
            if now.since(self.shown) < SECOND {
                return String::new();
            }
            self.shown = now;
            return if self.busybox { self.stars(now) } else { self.arrow(now, false) };
        }
        let mut text = String::new();
        while self.size / DOT > self.dots {
            if self.dots > 0 && self.dots.is_multiple_of(ROW) {
                text.push_str(&self.row_end(now, false));
                text.push_str(&format!("\n{:>6}K", self.dots * DOT / 1024));
                self.row_began = now;
            }
            if self.dots.is_multiple_of(10) {
                text.push(' ');
            }
            text.push('.');
            self.dots += 1;
        }
        text
    }

    /// The last state.
    pub fn end(&mut self, now: Time) -> String {
        if !self.visible {
            return String::new();
        }
        if self.busybox {
            return self.stars(now);
        }
        if self.tty {
            return self.arrow(now, true) + "\n\n";
        }
        let in_row = if self.dots > 0 && self.dots.is_multiple_of(ROW) { ROW } else { self.dots % ROW };
        let drawn = in_row + in_row.div_ceil(10);
        " ".repeat(ROW + ROW / 10 - drawn) + &self.row_end(now, true) + "\n\n"
    }

    fn percent(&self) -> usize {
        match self.expected {
            Some(n) => (self.size * 100).checked_div(n).unwrap_or(100).min(100),
            None => 100,
        }
    }

    fn row_end(&self, now: Time, last: bool) -> String {
        let percent = match self.expected {
            Some(_) => format!("{:>3}%", self.percent()),
            None => String::new(),
        };
        let spent = now.since(self.began).max(1) as f64 / 1e6;
        let (rate, unit) = scaled(self.size as f64 / spent);
        let unit = [" ", "K", "M", "G"][unit];
        let time = if last {
            format!("={}s", decimal(now.since(self.began) as f64 / 1e6))
        } else {
            let left =
                self.expected.map_or(0.0, |n| (n - self.size.min(n)) as f64 / (self.size as f64 / spent));
            format!(" {:.0}s", left)
        };
        format!("{percent} {rate:>4}{unit}{time}")
    }

    /// The rate as the last line tells it: `1.67 MB/s`.
    pub fn rate(&self, now: Time) -> String {
        let (rate, unit) = scaled(self.size as f64 * 1e6 / now.since(self.began).max(1) as f64);
        format!("{rate} {}", ["B/s", "KB/s", "MB/s", "GB/s"][unit])
    }

    fn stars(&self, now: Time) -> String {
        let percent = self.percent();
        let filled = percent * 32 / 100;
        let left = match self.expected {
            Some(n) if self.size > 0 && n > self.size => {
                now.since(self.began) * (n - self.size) as i64 / self.size as i64 / SECOND
            }
            _ => 0,
        };
        let done = if self.size < 100_000 {
            format!("{:>6}", self.size)
        } else {
            format!("{:>6}", opts::human(self.size as u64).to_lowercase())
        };
        let line = format!(
            "{:<20.20} {percent:>3}% |{}{}|{done}  {}:{:02}:{:02} ETA",
            self.name,
            "*".repeat(filled),
            " ".repeat(32 - filled),
            left / 3600,
            left / 60 % 60,
            left % 60
        );
        match (self.tty, self.expected.is_none_or(|n| self.size >= n)) {
            (true, false) => format!("\r{line}"),
            (true, true) => format!("\r{line}\n"),
            _ => format!("{line}\n"),
        }
    }

    fn arrow(&self, now: Time, last: bool) -> String {
        let percent = self.percent();
        let width = 20;
        let filled = (percent * width / 100).clamp(1, width);
        let spent = now.since(self.began) as f64 / 1e6;
        let size = if self.size < 1000 { self.size.to_string() } else { opts::human(self.size as u64) };
        let (rate, unit) = scaled(self.size as f64 / spent.max(1e-6));
        // Too short a time to tell a speed from.
        let rate = if spent < 0.15 {
            "--.-K".to_string()
        } else {
            format!("{rate:>4}{}", [" ", "K", "M", "G"][unit])
        };
        let time = if last { format!("in {}s", decimal(spent)) } else { String::new() };
        format!(
            "\r{:<19.19} {percent:>3}%[{}>{}] {size:>7}  {rate}B/s    {time:<11}",
            self.name,
            "=".repeat(filled - 1),
            " ".repeat(width - filled),
        )
    }
}

/// A rate with its unit: 0 bytes, 1 kilo, 2 mega, 3 giga.
fn scaled(mut rate: f64) -> (String, usize) {
    let mut unit = 0;
    while rate >= 1024.0 && unit < 3 {
        rate /= 1024.0;
        unit += 1;
    }
    let digits = if rate >= 99.95 {
        0
    } else if rate >= 9.995 {
        1
    } else {
        2
    };
    (format!("{rate:.digits$}"), unit)
}

/// Seconds with few digits.
fn decimal(n: f64) -> String {
    match n {
        n if n >= 9.95 => format!("{n:.0}"),
        n if n >= 0.95 => format!("{n:.1}"),
        n if n >= 0.095 => format!("{n:.1}"),
        n if n >= 0.0095 => format!("{n:.2}"),
        n if n >= 0.00095 => format!("{n:.3}"),
        _ => "0".to_string(),
    }
}
