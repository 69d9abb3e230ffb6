//! traceroute: the way to a host. The virtual network tells how many hops there are and how long an echo takes; routers
//! on the way keep silent, as they do in many real networks.

use std::net::IpAddr;

use super::{opts, process::with_cx, tool::Output};
use crate::{
    host::CallId,
    kernel::{Reply, Sys},
    net::resolve::{Outcome, Resolver, first_address},
    program::{Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "traceroute",
    "Usage: traceroute [-46FIlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-w WAIT_SEC] HOST [BYTES]\n\nTrace the route to HOST\n\n\t-m\tMax time-to-live (max number of hops)\n\t-q\tNumber of probes per ttl (default 3)\n\t-w\tWait for a response, in seconds (default 5)\n\t-n\tPrint numeric addresses\n",
    || Box::new(Trace::default()),
);

#[derive(Clone, Debug, Default)]
struct Trace {
    begun: bool,
    host: String,
    most: usize,
    probes: usize,
    wait: i64,
    numeric: bool,
    resolver: Option<Box<Resolver>>,
    addr: Option<IpAddr>,
    asked: Option<(CallId, Time)>,
    times: Vec<i64>,
    ttl: u8,
    out: Output,
    code: Option<u8>,
}

impl Trace {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        let parsed =
            with_cx(sys, &mut self.out, |cx| opts::parse(cx, "46FIlnrvdTUf:m:q:w:p:s:i:g:t:z:", &[]));
        let opts = match parsed {
            Ok(opts) => opts,
            Err(code) => return self.code = Some(code),
        };
        let number =
            |flag, usual: usize| opts.value(flag).and_then(|v| v.parse().ok()).unwrap_or(usual).max(1);
        self.most = number('m', 30).min(255);
        self.probes = number('q', 3).min(10);
        self.wait = opts.value('w').and_then(opts::duration).unwrap_or(5 * SECOND);
        self.numeric = opts.has('n');
        match opts.rest.first() {
            Some(host) => {
                self.host = host.clone();
                self.resolver = Some(Box::new(Resolver::address(sys, host)));
            }
            None => self.code = Some(with_cx(sys, &mut self.out, |cx| cx.missing_operand())),
        }
    }

    fn finish(&mut self, sys: &Sys<'_>) {
        let Some(addr) = self.addr else { return };
        let silent = " *".repeat(self.probes);
        let last = if self.times.is_empty() { self.most + 1 } else { usize::from(64 - self.ttl.min(64)) + 1 };
        let mut text = String::new();
        for hop in 1..=self.most.min(last) {
            if hop < last {
                text.push_str(&format!("{hop:>2} {silent}\n"));
                continue;
            }
            let shown = if self.numeric {
                addr.to_string()
            } else if self.host.parse::<IpAddr>().is_ok() || sys.is_busybox() {
                format!("{addr} ({addr})")
            } else {
                format!("{} ({addr})", self.host)
            };
            let times: String =
                self.times.iter().map(|t| format!("  {:.3} ms", *t as f64 / 1000.0)).collect();
            text.push_str(&format!("{hop:>2}  {shown}{times}\n"));
        }
        self.out.push(1, text.as_bytes());
        self.code = Some(0);
    }
}

impl Program for Trace {
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
            if let Some(resolver) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(_, records)) => {
                        self.addr = first_address(&records);
                        let (host, most) = (&self.host, self.most);
                        let bytes = if sys.is_busybox() { 46 } else { 60 };
                        let addr = self.addr.map_or(String::new(), |a| a.to_string());
                        let text =
                            format!("traceroute to {host} ({addr}), {most} hops max, {bytes} byte packets\n");
                        self.out.push(1, text.as_bytes());
                    }
                    Ok(_) => {
                        let host = &self.host;
                        let (text, code) = if sys.is_busybox() {
                            (format!("traceroute: bad address '{host}'\n"), 1)
                        } else {
                            (
                                format!(
                                    "{host}: Name or service not known\nCannot handle \"host\" cmdline arg `{host}' on position 1 (argc 1)\n"
                                ),
                                2,
                            )
                        };
                        self.out.push(2, text.as_bytes());
                        self.code = Some(code);
                    }
                }
                self.resolver = None;
                continue;
            }
            let Some(addr) = self.addr else { return Poll::Exit(2) };
            let Some((call, at)) = self.asked else {
                self.asked = Some((sys.ask_ping(addr, 32), sys.now()));
                continue;
            };
            match sys.reply(call) {
                Some(Reply::Pong { rtt, ttl }) => {
                    self.times.push(rtt);
                    self.ttl = ttl;
                    self.asked = None;
                    if self.times.len() == self.probes {
                        self.finish(sys);
                    }
                }
                _ if sys.now() >= at.plus(self.wait) => {
                    sys.forget(call);
                    self.finish(sys);
                }
                _ => return Poll::Wait(Wait::reply().or_until(at.plus(self.wait))),
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
