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
    times: Vec<i64>,
    quiet: bool,
    /// The name that answers are told to come from.
    from: String,
    deadline: Option<Time>,
    out: Output,
    code: Option<u8>,
}

impl Ping {
    fn statistics(&mut self, sys: &Sys<'_>) {
        let loss = ((self.sent - self.received) * 100).checked_div(self.sent).unwrap_or(0);
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
        if !self.times.is_empty() {
            let ms = |us: i64| us as f64 / 1000.0;
            let min = ms(self.times.iter().copied().min().unwrap_or(0));
            let max = ms(self.times.iter().copied().max().unwrap_or(0));
            let avg = self.times.iter().map(|t| ms(*t)).sum::<f64>() / self.times.len() as f64;
            let dev = (self.times.iter().map(|t| (ms(*t) - avg) * (ms(*t) - avg)).sum::<f64>()
                / self.times.len() as f64)
                .sqrt();
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

impl Program for Ping {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
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
                    self.count = opts.value('c').and_then(|c| c.parse().ok());
                    self.interval = opts.value('i').and_then(opts::duration).unwrap_or(SECOND);
                    self.wait = opts.value('W').and_then(opts::duration).unwrap_or(10 * SECOND);
                    self.size = opts.value('s').and_then(|s| s.parse().ok()).unwrap_or(56);
                    self.host = opts.rest[0].clone();
                    self.quiet = opts.has('q');
                    self.deadline = opts.value('w').and_then(opts::duration).map(|w| sys.now().plus(w));
                    self.resolver = Some(Box::new(Resolver::address(sys, &self.host)));
                    sys.catch(Signal::INT);
                }
                Err(code) => self.code = Some(code),
            }
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
                    Ok(Outcome::Found(full, records)) => {
                        self.resolver = None;
                        self.addr = first_address(&records);
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
                    Ok(_) => {
                        let text = if sys.is_busybox() {
                            format!("ping: bad address '{}'\n", self.host)
                        } else {
                            format!("ping: {}: Name or service not known\n", self.host)
                        };
                        self.out.push(2, text.as_bytes());
                        self.code = Some(if sys.is_busybox() { 1 } else { 2 });
                    }
                }
                continue;
            }
            let Some(addr) = self.addr else { return Poll::Exit(2) };
            if let Some((call, at)) = self.asked {
                if let Some(Reply::Pong { rtt, ttl }) = sys.reply(call) {
                    self.received += 1;
                    self.times.push(rtt);
                    let ms = rtt as f64 / 1000.0;
                    let place = if self.from.is_empty() { addr.to_string() } else { format!("({addr})") };
                    let text = if self.quiet {
                        String::new()
                    } else if sys.is_busybox() {
                        format!(
                            "{} bytes from {addr}: seq={} ttl={ttl} time={ms:.3} ms\n",
                            self.size + 8,
                            self.sent - 1
                        )
                    } else {
                        format!(
                            "{} bytes from {}{place}: icmp_seq={} ttl={ttl} time={} ms\n",
                            self.size + 8,
                            self.from,
                            self.sent,
                            if ms < 10.0 { format!("{ms:.3}") } else { format!("{ms:.1}") }
                        )
                    };
                    self.out.push(1, text.as_bytes());
                    self.asked = None;
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
            self.sent += 1;
            self.next = Some(sys.now().plus(self.interval));
            self.asked = Some((sys.ask_ping(addr, self.size), sys.now()));
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
