//! top: the processes, busiest first, again and again; in procps' and BusyBox's layout.

mod layout;

use collections::{OrdMap, StableSort};

use super::{opts, process::with_cx, tool::Output, users};
use crate::{
    errno::Errno,
    kernel::{Mode, ProcInfo, Sys},
    program::{Pid, Poll, Program, ProgramSpec, Wait},
    signal::Signal,
    time::{SECOND, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "top",
    "Usage: top [-b] [-n COUNT] [-d SECONDS] [-p PIDS] [-u USER] [-o FIELD] [-c]\n\nShow a view of process activity in real time.\nRead the status of all processes from /proc each SECONDS\nand show a screenful of them.\nKeys:\n\tN/M/P/T: sort by pid/mem/cpu/time\n\tR: reverse sort\n\tc: toggle command line\n\tspace: refresh\n\tq,^C: exit\n\nOptions:\n\t-b\tBatch mode\n\t-n N\tExit after N iterations\n\t-d SEC\tDelay between updates\n",
    || Box::new(Top::default()),
);

/// What was seen at the last look, for what was used since.
#[derive(Clone, Debug, Default)]
pub struct Sampler {
    at: Option<Time>,
    total: u64,
    each: OrdMap<Pid, u64>,
}

impl Sampler {
    /// All processes with what they used since the last look (at first, since they began), and how busy all cores
    /// were, in tenths of a percent.
    pub fn look(&mut self, sys: &mut Sys<'_>) -> (Vec<Row>, u64) {
        let now = sys.now();
        let all = sys.processes();
        let span = now.since(self.at.unwrap_or(sys.boot_time())).max(1) as u64;
        let total = sys.cpu_used();
        let cores = u64::from(sys.limits().cores.max(1));
        let busy = (total.saturating_sub(self.total) * 1000 / span / cores).min(1000);
        let rows: Vec<Row> = all
            .iter()
            .map(|p| {
                let before = self.each.get(&p.pid).copied().unwrap_or(0);
                let alive = (now.since(p.started).max(1) as u64).min(span);
                let cpu = (p.cpu.saturating_sub(before) * 1000 / alive).min(1000 * cores);
                Row {
                    info: p.clone(),
                    user: users::user_name(sys, p.uid),
                    cpu: if alive < 1000 { 0 } else { cpu },
                }
            })
            .collect();
        self.at = Some(now);
        self.total = total;
        self.each = all.iter().map(|p| (p.pid, p.cpu)).collect();
        (rows, busy)
    }
}

/// top
#[derive(Clone, Debug, Default)]
pub struct Top {
    begun: bool,
    batch: bool,
    count: Option<u32>,
    delay: i64,
    pids: Vec<Pid>,
    user: Option<u32>,
    full: bool,
    reverse: bool,
    /// P, M, T or N.
    key: char,
    shown: u32,
    sampler: Sampler,
    next: Option<Time>,
    cooked: Option<Mode>,
    message: String,
    out: Output,
    code: Option<u8>,
}

/// One process with what it used since the last look.
#[derive(Clone, Debug)]
pub struct Row {
    pub info: ProcInfo,
    pub user: String,
    /// Tenths of a percent of one core.
    pub cpu: u64,
}

impl Top {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let long = [
            ("batch-mode", 'b'),
            ("iterations", 'n'),
            ("delay", 'd'),
            ("pid", 'p'),
            ("filter-any-user", 'u'),
            ("sort-override", 'o'),
            ("cmdline-toggle", 'c'),
        ];
        let parsed = with_cx(sys, &mut self.out, |cx| {
            // `top 5`-like operands and `-hv` have no meaning; flags may come without their dash.
            opts::parse(cx, if cx.busybox() { "bn:d:mH" } else { "bn:d:p:u:U:o:cHiSw1E:e:s" }, &long)
        });
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = Some(code),
        };
        self.batch = opts.has('b');
        self.count = opts.value('n').and_then(|n| n.parse().ok());
        let usual = if sys.is_busybox() { 5 * SECOND } else { 3 * SECOND };
        self.delay = opts.value('d').and_then(opts::duration).unwrap_or(usual).max(SECOND / 10);
        self.pids =
            opts.value('p').map_or(Vec::new(), |p| p.split(',').filter_map(|p| p.parse().ok()).collect());
        self.full = opts.has('c') || sys.is_busybox();
        if let Some(name) = opts.value('u').or(opts.value('U')) {
            self.user = users::by_name(sys, name).map(|u| u.uid).or(name.parse().ok());
            if self.user.is_none() {
                self.out.push(2, b"top: Invalid user\n");
                return self.code = Some(1);
            }
        }
        self.key = match opts.value('o').map(|o| o.trim_start_matches(['+', '-'])) {
            Some("%MEM" | "RES" | "VIRT") => 'M',
            Some("PID") => 'N',
            Some("TIME+" | "TIME") => 'T',
            None | Some("%CPU") => 'P',
            Some(other) => {
                self.out.push(2, format!("top: unrecognized field name '{other}'\n").as_bytes());
                return self.code = Some(1);
            }
        };
        if !self.batch {
            let Some(mode) = sys.tty_mode(1).filter(|_| sys.is_tty(0)) else {
                if sys.is_busybox() {
                    // Without a terminal BusyBox shows what it has, once for each delay, as in batch mode.
                    self.batch = true;
                    return;
                }
                self.out.push(2, b"top: failed tty get\n");
                return self.code = Some(1);
            };
            let raw = Mode { canonical: false, echo: false, ..mode.clone() };
            // It was a terminal a line ago.
            let _set = sys.set_tty_mode(0, raw);
            self.cooked = Some(mode);
            sys.catch(Signal::INT);
            sys.catch(Signal::TERM);
            sys.catch(Signal::WINCH);
            if !sys.is_busybox() {
                self.out.push(1, b"\x1b[?1h\x1b=\x1b[?25l\x1b[H\x1b[2J");
            }
        }
    }

    /// All processes, in order.
    fn rows(&mut self, sys: &mut Sys<'_>) -> (Vec<Row>, u64) {
        let (mut rows, busy) = self.sampler.look(sys);
        match self.key {
            'M' => rows.stable_sort_by_key(|r| (std::cmp::Reverse(r.info.memory), r.info.pid)),
            'T' => rows.stable_sort_by_key(|r| (std::cmp::Reverse(r.info.cpu), r.info.pid)),
            'N' => rows.stable_sort_by_key(|r| std::cmp::Reverse(r.info.pid)),
            _ => rows.stable_sort_by_key(|r| (std::cmp::Reverse(r.cpu), r.info.pid)),
        }
        if self.reverse {
            rows.reverse();
        }
        (rows, busy)
    }

    fn show(&mut self, sys: &mut Sys<'_>) {
        let (rows, busy) = self.rows(sys);
        let window = sys.window(1).map(|(c, r)| (usize::from(c), usize::from(r)));
        let wanted = |r: &&Row| {
            (self.pids.is_empty() || self.pids.contains(&r.info.pid))
                && self.user.is_none_or(|u| u == r.info.uid)
        };
        let chosen: Vec<&Row> = rows.iter().filter(wanted).collect();
        let (head, title, lines) = if sys.is_busybox() {
            layout::busybox(sys, &chosen, busy)
        } else {
            layout::procps(sys, &rows, &chosen, busy, self.full)
        };
        if self.batch {
            let mut text = head.join("\n") + "\n";
            if !sys.is_busybox() {
                text.push('\n');
            }
            text.push_str(&title);
            text.push('\n');
            for line in lines {
                text.push_str(line.trim_end());
                text.push('\n');
            }
            if !sys.is_busybox() && self.count.is_none_or(|n| self.shown + 1 < n) {
                text.push('\n');
            }
            self.out.push(1, text.as_bytes());
        } else {
            let (cols, height) = window.unwrap_or((80, 24));
            let fit = |line: &str| line.chars().take(cols).collect::<String>();
            let mut text = "\x1b[H".to_string();
            for line in &head {
                text.push_str(&format!("{}\x1b[K\r\n", fit(line)));
            }
            if !sys.is_busybox() {
                text.push_str(&format!("{}\x1b[K\r\n", fit(&self.message)));
            }
            text.push_str(&format!("\x1b[7m{:<cols$}\x1b[m\x1b[K", fit(&title)));
            let left = height.saturating_sub(head.len() + 2 + usize::from(sys.is_busybox()));
            for line in lines.iter().take(left) {
                text.push_str(&format!("\r\n{}\x1b[K", fit(line)));
            }
            text.push_str("\x1b[J");
            self.out.push(1, text.as_bytes());
            self.message.clear();
        }
        self.shown += 1;
        self.next = Some(sys.now().plus(self.delay));
        if self.count.is_some_and(|n| self.shown >= n) {
            self.leave(sys, 0);
        }
    }

    /// Takes keys; true if there is something new to show.
    fn keys(&mut self, sys: &mut Sys<'_>) -> bool {
        let mut fresh = false;
        if self.batch {
            return false;
        }
        match sys.read(0, 64) {
            Ok(bytes) if bytes.is_empty() => self.leave(sys, 0),
            Ok(bytes) => {
                for byte in bytes {
                    fresh = true;
                    match byte {
                        b'q' | 3 | 4 => {
                            return {
                                self.leave(sys, 0);
                                false
                            };
                        }
                        b'P' | b'p' | b'M' | b'm' | b'T' | b't' | b'N' | b'n' => {
                            self.key = byte.to_ascii_uppercase() as char;
                        }
                        b'R' | b'r' => self.reverse = !self.reverse,
                        b'c' => self.full = !self.full,
                        b' ' | b'\n' | b'\r' => {}
                        _ => self.message = " Unknown command - try 'h' for help".to_string(),
                    }
                    if byte == b'h' || byte == b'?' {
                        self.message =
                            " P M T N: sort by CPU, memory, time, PID; R: reverse; c: command; q: quit"
                                .to_string();
                    }
                }
            }
            Err(Errno::EAGAIN) => {}
            Err(_) => self.leave(sys, 0),
        }
        fresh
    }

    fn leave(&mut self, sys: &mut Sys<'_>, code: u8) {
        if let Some(mode) = self.cooked.take() {
            let _set = sys.set_tty_mode(0, mode);
            let rows = sys.window(1).map_or(24, |(_, r)| r);
            let text = if sys.is_busybox() {
                "\n".to_string()
            } else {
                format!("\x1b[?1l\x1b>\x1b[{rows};1H\n\x1b[?25h\x1b[K")
            };
            self.out.push(1, text.as_bytes());
        }
        self.code = Some(code);
    }
}

impl Program for Top {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            match sys.take_signal() {
                Some(Signal::WINCH) => {
                    self.out.push(1, b"\x1b[2J");
                    self.next = None;
                }
                Some(_) => {
                    self.leave(sys, 0);
                    continue;
                }
                None => {}
            }
            let fresh = self.keys(sys);
            if self.code.is_some() {
                continue;
            }
            match self.next.filter(|n| sys.now() < *n && !fresh) {
                Some(next) => {
                    let wait = Wait::until(next);
                    return Poll::Wait(if self.batch { wait } else { Wait { read: vec![0], ..wait } });
                }
                None => self.show(sys),
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
