//! Programs without HTTP: pause, servers that only listen, and load.

use std::net::{IpAddr, Ipv4Addr};

use os::{Errno, Fd, Poll, Program, Signal, Sys, Time, Wait};

use super::server::{complain, say};

/// pause: waits for a signal.
#[derive(Clone, Debug, Default)]
struct Pause(bool);

/// `pause`: sleeps until a signal ends it.
pub fn pause() -> Box<dyn Program> {
    Box::new(Pause(false))
}

impl Program for Pause {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.0 {
            self.0 = true;
            sys.catch(Signal::TERM);
            sys.catch(Signal::INT);
            sys.set_memory(300 << 10);
        }
        match sys.take_signal() {
            Some(signal) => {
                let text = if signal == Signal::INT { "Interrupt" } else { "Terminated" };
                say(sys, &format!("Shutting down, got signal: {text}\n"));
                Poll::Exit(0)
            }
            None => Poll::Wait(Wait::signal()),
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// A server whose protocol is not simulated: it listens, takes connections, reads, and answers nothing but what
/// DAEMON_BANNER says. PORT is where it listens; DAEMON_LOG what it prints at its start.
#[derive(Clone, Debug, Default)]
struct Daemon {
    listener: Option<Fd>,
    clients: Vec<Fd>,
    port: u16,
}

/// A service whose protocol is not simulated: prints its banner, listens, keeps connections open.
pub fn daemon() -> Box<dyn Program> {
    Box::new(Daemon::default())
}

impl Program for Daemon {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let listener = match self.listener {
            Some(fd) => fd,
            None => {
                sys.catch(Signal::TERM);
                sys.catch(Signal::INT);
                let argv = sys.argv();
                self.port = argv.get(1).and_then(|it| it.parse().ok()).unwrap_or(6379);
                if let Some(lines) = argv.get(2) {
                    say(sys, &format!("{}\n", lines.replace("\\n", "\n")));
                }
                match sys.listen(IpAddr::V4(Ipv4Addr::UNSPECIFIED), self.port, None) {
                    Ok(fd) => {
                        self.listener = Some(fd);
                        sys.set_memory(24 << 20);
                        fd
                    }
                    Err(error) => {
                        complain(sys, &format!("bind 0.0.0.0:{}: {}\n", self.port, error.text()));
                        return Poll::Exit(1);
                    }
                }
            }
        };
        if sys.take_signal().is_some() {
            return Poll::Exit(0);
        }
        loop {
            match sys.accept(listener) {
                Ok((fd, _)) => self.clients.push(fd),
                Err(Errno::EAGAIN) => break,
                Err(error) => {
                    complain(sys, &format!("bind 0.0.0.0:{}: {}\n", self.port, error.text()));
                    return Poll::Exit(1);
                }
            }
        }
        self.clients.retain(|fd| {
            loop {
                match sys.read(*fd, 4096) {
                    Ok(bytes) if bytes.is_empty() => {
                        let _closed = sys.close(*fd);
                        return false;
                    }
                    Ok(_) => {}
                    Err(Errno::EAGAIN) => return true,
                    Err(_) => {
                        let _closed = sys.close(*fd);
                        return false;
                    }
                }
            }
        });
        let mut wait = Wait::read(listener);
        wait.read.extend(&self.clients);
        Poll::Wait(wait)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// stress: `--cpu N --vm N --vm-bytes 150M --vm-hang 1 --timeout 60s`, as polinux/stress and vish/stress take them
/// (`-cpus 2 -mem-total 150Mi`).
#[derive(Clone, Debug, Default)]
struct Stress {
    started: bool,
    busy: bool,
    end: Option<Time>,
}

/// `stress`: takes memory and time until it is stopped or killed.
pub fn stress() -> Box<dyn Program> {
    Box::new(Stress::default())
}

fn bytes_of(text: &str) -> u64 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text[digits.len()..].to_ascii_uppercase();
    let scale = match unit.chars().next() {
        Some('K') => 1 << 10,
        Some('M') => 1 << 20,
        Some('G') => 1 << 30,
        _ => 1,
    };
    digits.parse::<u64>().unwrap_or(0).saturating_mul(scale)
}

impl Program for Stress {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.started {
            self.started = true;
            let argv = sys.argv();
            let after = |names: &[&str]| {
                let at = argv.iter().position(|it| names.contains(&it.as_str()))?;
                argv.get(at + 1).cloned()
            };
            let cpu: u64 = after(&["--cpu", "-c", "-cpus"]).and_then(|it| it.parse().ok()).unwrap_or(0);
            let vm: u64 = after(&["--vm", "-m"]).and_then(|it| it.parse().ok()).unwrap_or(0);
            let each = after(&["--vm-bytes", "-mem-total"]).map_or(0, |it| bytes_of(&it));
            let seconds =
                after(&["--timeout", "-t"]).map(|it| it.trim_end_matches('s').parse::<i64>().unwrap_or(0));
            if let Some(seconds) = seconds {
                self.end = Some(sys.now().plus(seconds * 1_000_000));
            }
            self.busy = cpu > 0;
            let line = format!("stress: info: [1] dispatching hogs: {cpu} cpu, 0 io, {vm} vm, 0 hdd\n");
            say(sys, &line);
            sys.set_memory((1 << 20) + each * vm.max(1));
        }
        if self.end.is_some_and(|end| end <= sys.now()) {
            say(sys, "stress: info: [1] successful run completed\n");
            return Poll::Exit(0);
        }
        if self.busy {
            let rest = sys.fuel().max(1) as u64;
            sys.spend(rest);
            return Poll::Yield;
        }
        let wait = Wait::signal();
        Poll::Wait(match self.end {
            Some(end) => wait.or_until(end),
            None => wait,
        })
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
