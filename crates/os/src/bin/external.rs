//! A program that the host implements, as a process: it carries bytes, signals and the exit code between the two.

use crate::{
    errno::Errno,
    host::{CallId, ExternalStart, HostCall, HostEvent},
    kernel::{ChildEvent, Mode, Reply, Sys, WaitFor},
    program::{Pid, Poll, Program, Wait},
};

/// The process side of a host's program.
#[derive(Clone, Debug)]
struct External {
    name: &'static str,
    call: Option<CallId>,
    /// Output not yet taken by stdout (1) or stderr (2), in order.
    output: Vec<(u8, Vec<u8>)>,
    wants_input: bool,
    exit: Option<u8>,
    /// The terminal's settings before the program changed them.
    cooked: Option<Mode>,
    /// A program that was run on its behalf.
    child: Option<Pid>,
}

/// The state at the start of the host's program `name`.
pub(crate) fn start(name: &'static str) -> Box<dyn Program> {
    Box::new(External {
        name,
        call: None,
        output: Vec::new(),
        wants_input: false,
        exit: None,
        cooked: None,
        child: None,
    })
}

impl Program for External {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let call = match self.call {
            Some(call) => call,
            None => self.begin(sys),
        };
        if let Some(Reply::External(events)) = sys.replies_of(call) {
            for event in events {
                self.take(sys, event);
            }
        }
        while let Some(signal) = sys.take_signal() {
            sys.host_call(HostCall::ExternalSignal { call, signal });
        }
        while let Some((fd, bytes)) = self.output.first_mut() {
            match sys.write(u32::from(*fd), bytes) {
                Ok(n) => {
                    bytes.drain(..n);
                    if bytes.is_empty() {
                        self.output.remove(0);
                    }
                }
                Err(Errno::EAGAIN) => {
                    let mut wait = Wait::write(u32::from(*fd));
                    wait.reply = true;
                    return Poll::Wait(wait);
                }
                Err(_) => {
                    self.output.remove(0);
                }
            }
        }
        if let Some(code) = self.exit {
            self.restore(sys);
            sys.forget(call);
            return Poll::Exit(code);
        }
        let mut wait = Wait::reply();
        if let Some(child) = self.child {
            match sys.wait(WaitFor::Pid(child), false) {
                Ok((_, ChildEvent::Exited(status))) => {
                    self.child = None;
                    sys.host_call(HostCall::ExternalRan { call, code: status.code() });
                }
                Err(Errno::EAGAIN) | Ok(_) => {
                    wait.child = true;
                    return Poll::Wait(wait);
                }
                Err(_) => {
                    self.child = None;
                    sys.host_call(HostCall::ExternalRan { call, code: 127 });
                }
            }
        }
        if self.wants_input {
            match sys.read(0, 65_536) {
                Ok(bytes) => {
                    self.wants_input = false;
                    sys.host_call(HostCall::ExternalInput { call, bytes });
                }
                Err(Errno::EAGAIN) => wait.read.push(0),
                Err(_) => {
                    self.wants_input = false;
                    sys.host_call(HostCall::ExternalInput { call, bytes: Vec::new() });
                }
            }
        }
        Poll::Wait(wait)
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl External {
    fn begin(&mut self, sys: &mut Sys<'_>) -> CallId {
        let call = sys.ask_external();
        self.call = Some(call);
        let tty = [sys.tty_of(0), sys.tty_of(1), sys.tty_of(2)];
        let window = sys.window(1).or_else(|| sys.window(0));
        let start = ExternalStart {
            call,
            pid: sys.pid(),
            program: self.name,
            argv: sys.argv().to_vec(),
            env: sys.env().to_vec(),
            cwd: sys.cwd().to_string(),
            uid: sys.uid(),
            tty,
            window,
        };
        sys.host_call(HostCall::External(Box::new(start)));
        call
    }

    fn take(&mut self, sys: &mut Sys<'_>, event: HostEvent) {
        match event {
            HostEvent::ExternalOutput { fd, bytes, .. } => self.output.push((fd, bytes)),
            HostEvent::ExternalRead { .. } => self.wants_input = true,
            HostEvent::ExternalCatch { signal, .. } => sys.catch(signal),
            HostEvent::ExternalRaw { raw, .. } => {
                if raw {
                    self.cooked = self.cooked.take().or_else(|| sys.tty_mode(0));
                    // Without a terminal there is nothing to switch.
                    let _no_tty = sys.set_tty_mode(0, Mode { nl_to_crnl: false, ..Mode::RAW });
                } else {
                    self.restore(sys);
                }
            }
            HostEvent::ExternalRun { call, argv } => {
                let path = argv.first().cloned().unwrap_or_default();
                let env = sys.env();
                match sys.spawn(&path, argv, env) {
                    Ok(child) => self.child = Some(child),
                    Err(_) => sys.host_call(HostCall::ExternalRan { call, code: 127 }),
                }
            }
            HostEvent::ExternalExit { code, .. } => self.exit = Some(code),
            _ => {}
        }
    }

    fn restore(&mut self, sys: &mut Sys<'_>) {
        if let Some(mode) = self.cooked.take() {
            let _no_tty = sys.set_tty_mode(0, mode);
        }
    }
}
