//! ping: echo requests and what came back.

use std::net::IpAddr;

use super::{opts, process::with_cx, tool::Output};
use crate::{
    host::CallId,
    kernel::{Reply, Sys},
    net::resolve::{Outcome, Resolver, first_address},
    program::{Poll, Program, ProgramSpec, Wait},
    signal::Signal,
    time::{SECOND, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ping",
    "Usage: ping [OPTIONS] HOST\n\nSend ICMP ECHO_REQUESTs to HOST\n\n\t-c CNT\tSend only CNT pings\n\t-i SECS\tInterval\n\t-W SEC\tSeconds to wait for the first response\n\t-s SIZE\tSend SIZE data bytes in packets\n",
    || Box::new(Ping::default()),
);

/// ping
#[derive(Clone, Debug, Default)]
pub struct Ping {
    begun: bool,
    count: Option<u32>,
    interval: i64,
    wait: i64,
    size: usize,
    host: String,
    resolver: Option<Box<Resolver>>,
    addr: Option<IpAddr>,
    asked: Option<(CallId, Time)>,
    next: Option<Time>,
    began: Option<Time>,
    sent: u32,
    received: u32,
    times: Times,
    quiet: bool,
    /// The name that answers are told to come from.
    from: String,
    deadline: Option<Time>,
    out: Output,
    code: Option<u8>,
}

/// The round trips so far, in µs.
#[derive(Clone, Debug, Default)]
struct Times {
    count: u32,
    min: i64,
    max: i64,
    sum: f64,
    squares: f64,
}

impl Times {
    fn add(&mut self, rtt: i64) {
        self.min = if self.count == 0 { rtt } else { self.min.min(rtt) };
        self.max = self.max.max(rtt);
        self.count += 1;
        self.sum += rtt as f64;
        self.squares += (rtt * rtt) as f64;
    }
}

/// A number within bounds, or iputils' complaint.
fn bounded(value: &str, most: u64) -> Result<u64, String> {
    match value.parse::<u64>() {
        Ok(n) if n <= most => Ok(n),
        _ if value.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !value.is_empty() => {
            Err(format!("invalid argument: '{value}': out of range: 0 <= value <= {most}"))
        }
        _ => Err(format!("invalid argument: '{value}'")),
    }
}

impl Ping {
    /// Takes the options in; Err is a complaint.
    fn take(&mut self, opts: &opts::Opts) -> Result<(), String> {
        if let Some(count) = opts.value('c') {
            let wrong = format!("invalid argument: '{count}': out of range: 1 <= value <= {}", i64::MAX);
            self.count = match bounded(count, i64::MAX as u64)? {
                0 => return Err(wrong),
                n => Some(u32::try_from(n).unwrap_or(u32::MAX)),
            };
        }
        let span = |flag, usual| match opts.value(flag) {
            None => Ok(usual),
            Some(text) => opts::duration(text).ok_or_else(|| format!("bad timing interval: {text}")),
        };
        // Nobody may flood: iputils lets users send every 2 ms at most.
        self.interval = span('i', SECOND)?.max(SECOND / 500);
        self.wait = span('W', 10 * SECOND)?;
        self.size = opts.value('s').map_or(Ok(56), |s| bounded(s, 127_992))? as usize;
        Ok(())
    }

    fn statistics(&mut self, sys: &Sys<'_>) {
        let lost = u64::from(self.sent - self.received);
        let loss = (lost * 100).checked_div(u64::from(self.sent)).unwrap_or(0);
        let mut text = format!("\n--- {} ping statistics ---\n", self.host);
        let elapsed = self.began.map_or(0, |b| sys.now().since(b) / 1000);
        if sys.is_busybox() {
            text.push_str(&format!(
                "{} packets transmitted, {} packets received, {loss}% packet loss\n",
                self.sent, self.received
            ));
        } else {
            text.push_str(&format!(
                "{} packets transmitted, {} received, {loss}% packet loss, time {elapsed}ms\n",
                self.sent, self.received
            ));
        }
        let t = &self.times;
        if t.count > 0 {
            let n = f64::from(t.count);
            let (min, max, avg) = (t.min as f64 / 1000.0, t.max as f64 / 1000.0, t.sum / n / 1000.0);
            let dev = (t.squares / n / 1e6 - avg * avg).max(0.0).sqrt();
            if sys.is_busybox() {
                text.push_str(&format!("round-trip min/avg/max = {min:.3}/{avg:.3}/{max:.3} ms\n"));
            } else {
                text.push_str(&format!("rtt min/avg/max/mdev = {min:.3}/{avg:.3}/{max:.3}/{dev:.3} ms\n"));
            }
        }
        self.out.push(1, text.as_bytes());
        self.code = Some(u8::from(self.received == 0));
    }
}

impl Ping {
    /// Reads the arguments and begins to resolve the host, or sets the exit code.
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed = with_cx(sys, &mut self.out, |cx| opts::parse(cx, "c:i:W:w:s:q46nI:t:", &[]));
        match parsed {
            Ok(opts) if opts.rest.is_empty() => {
                let code = with_cx(sys, &mut self.out, |cx| {
                    if cx.busybox() {
                        return cx.missing_operand();
                    }
                    cx.complain("usage error: Destination address required");
                    1
                });
                self.code = Some(code);
            }
            Ok(opts) => {
                if let Err(wrong) = self.take(&opts) {
                    let busybox = sys.is_busybox();
                    with_cx(sys, &mut self.out, |cx| cx.complain(wrong));
                    self.code = Some(if busybox { 1 } else { 2 });
                }
                self.host = opts.rest[0].clone();
                self.quiet = opts.has('q');
                self.deadline = opts.value('w').and_then(opts::duration).map(|w| sys.now().plus(w));
                self.resolver = Some(Box::new(Resolver::address(sys, &self.host)));
                sys.catch(Signal::INT);
            }
            Err(code) => self.code = Some(code),
        }
    }

    /// The host has an address: says whom it asks.
    fn found(&mut self, sys: &Sys<'_>, full: &str, addr: Option<IpAddr>) {
        self.resolver = None;
        self.addr = addr;
        if !sys.is_busybox() {
            // iputils tells the complete name, and shows both unless it was given an address.
            let numeric = self.host.parse::<IpAddr>().is_ok();
            self.host = full.trim_end_matches('.').to_string();
            self.from = if numeric { String::new() } else { format!("{} ", self.host) };
        }
        if let Some(addr) = self.addr {
            let total = self.size + 28;
            let text = if sys.is_busybox() {
                format!("PING {} ({addr}): {} data bytes\n", self.host, self.size)
            } else {
                format!("PING {} ({addr}) {}({total}) bytes of data.\n", self.host, self.size)
            };
            self.out.push(1, text.as_bytes());
        }
        self.began = Some(sys.now());
    }

    /// The host has none.
    fn not_found(&mut self, sys: &Sys<'_>) {
        let text = if sys.is_busybox() {
            format!("ping: bad address '{}'\n", self.host)
        } else {
            format!("ping: {}: Name or service not known\n", self.host)
        };
        self.out.push(2, text.as_bytes());
        self.code = Some(if sys.is_busybox() { 1 } else { 2 });
    }

    /// An echo came back after `rtt` µs.
    fn answered(&mut self, sys: &Sys<'_>, addr: IpAddr, rtt: i64, ttl: u8) {
        self.received += 1;
        self.times.add(rtt);
        self.asked = None;
        if self.quiet {
            return;
        }
        let (bytes, ms) = (self.size + 8, rtt as f64 / 1000.0);
        let text = if sys.is_busybox() {
            format!("{bytes} bytes from {addr}: seq={} ttl={ttl} time={ms:.3} ms\n", self.sent - 1)
        } else {
            let place = if self.from.is_empty() { addr.to_string() } else { format!("({addr})") };
            let time = if ms < 10.0 { format!("{ms:.3}") } else { format!("{ms:.1}") };
            format!(
                "{bytes} bytes from {}{place}: icmp_seq={} ttl={ttl} time={time} ms\n",
                self.from, self.sent
            )
        };
        self.out.push(1, text.as_bytes());
    }
}

impl Program for Ping {
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
            if sys.take_signal().is_some() {
                self.statistics(sys);
                continue;
            }
            if let Some(resolver) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(full, records)) => self.found(sys, &full, first_address(&records)),
                    Ok(_) => self.not_found(sys),
                }
                continue;
            }
            let Some(addr) = self.addr else { return Poll::Exit(2) };
            if let Some((call, at)) = self.asked {
                if let Some(Reply::Pong { rtt, ttl }) = sys.reply(call) {
                    self.answered(sys, addr, rtt, ttl);
                    continue;
                }
                // The next is sent in its time whether this one was answered or not; after the last, wait longer.
                let last = self.count.is_some_and(|c| self.sent >= c);
                let give_up = if last { at.plus(self.wait) } else { at.plus(self.interval) };
                if sys.now() < give_up {
                    return Poll::Wait(Wait::reply().or_until(give_up));
                }
                sys.forget(call);
                self.asked = None;
                continue;
            }
            if self.count.is_some_and(|c| self.sent >= c) || self.deadline.is_some_and(|d| sys.now() >= d) {
                self.statistics(sys);
                continue;
            }
            let next = [self.next, self.deadline].into_iter().flatten().min();
            if let Some(next) = next.filter(|n| self.next.is_some() && sys.now() < *n) {
                return Poll::Wait(Wait::until(next));
            }
            self.sent = self.sent.saturating_add(1);
            self.next = Some(sys.now().plus(self.interval));
            self.asked = Some((sys.ask_ping(addr, self.size), sys.now()));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
