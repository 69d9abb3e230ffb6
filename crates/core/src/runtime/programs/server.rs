//! The event loop that simulated HTTP servers share.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};

use os::net::http::{Request, RequestParser, Response};
use os::{Errno, Fd, Poll, Program, Signal, Sys, Time, Wait};

/// What a server answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// At once.
    Now(Response),
    /// At this moment.
    Later(Time, Response),
    /// Never: the client waits until it gives up.
    Hang,
    /// The server's process ends without answering.
    Die(u8),
}

/// A simulated HTTP server: what is particular to it.
pub trait App: Debug {
    /// Prints what the server prints at its start; the ports to listen on, or the exit code of a failed start.
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8>;
    /// The answer to one request of `peer`.
    fn answer(&mut self, sys: &mut Sys, request: &Request, peer: IpAddr) -> Answer;
    /// The access log, after an answer.
    fn logged(&mut self, _sys: &mut Sys, _request: &Request, _response: &Response, _peer: IpAddr) {}
    /// Signals it handles; process 1 ignores all others.
    fn signals(&self) -> &'static [Signal] {
        &[Signal::TERM, Signal::INT]
    }
    /// The exit code that a signal leads to, and a last word.
    fn on_signal(&mut self, _sys: &mut Sys, _signal: Signal) -> Option<u8> {
        Some(0)
    }
    /// What it says when its port is taken.
    fn port_taken(&self, port: u16) -> String {
        format!("listen tcp :{port}: bind: address already in use\n")
    }
    /// What it does by itself: called when its own moment has come.
    fn tick(&mut self, _sys: &mut Sys) -> Option<Time> {
        None
    }
    /// A copy: programs are values, as the machines they run in.
    fn clone_app(&self) -> Box<dyn App>;
}

impl Clone for Box<dyn App> {
    fn clone(&self) -> Self {
        self.clone_app()
    }
}

/// Writes to stdout; a closed stdout is ignored as most servers do.
pub fn say(sys: &mut Sys, text: &str) {
    let _closed = sys.write(1, text.as_bytes());
}

/// Writes to stderr.
pub fn complain(sys: &mut Sys, text: &str) {
    let _closed = sys.write(2, text.as_bytes());
}

#[derive(Clone, Debug)]
struct Client {
    fd: Fd,
    peer: IpAddr,
    parser: RequestParser,
    out: VecDeque<u8>,
    /// An answer that is not due yet.
    later: Option<(Time, Request, Response)>,
    hanging: bool,
    close: bool,
}

/// The program.
#[derive(Clone, Debug)]
pub struct Server {
    app: Box<dyn App>,
    started: bool,
    listeners: Vec<(Fd, u16)>,
    clients: Vec<Client>,
    next_tick: Option<Time>,
}

impl Server {
    /// The program that serves `app`.
    pub fn boxed(app: impl App + 'static) -> Box<dyn Program> {
        Box::new(Server {
            app: Box::new(app),
            started: false,
            listeners: Vec::new(),
            clients: Vec::new(),
            next_tick: None,
        })
    }

    fn start(&mut self, sys: &mut Sys) -> Result<(), u8> {
        self.started = true;
        for signal in self.app.signals() {
            sys.catch(*signal);
        }
        let ports = self.app.setup(sys)?;
        for port in ports {
            match sys.listen(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port, None) {
                Ok(fd) => self.listeners.push((fd, port)),
                Err(_) => {
                    let text = self.app.port_taken(port);
                    complain(sys, &text);
                    return Err(1);
                }
            }
        }
        self.next_tick = self.app.tick(sys);
        Ok(())
    }

    /// Takes new connections; the exit code if a port turns out to be taken by another container of the pod.
    fn accept(&mut self, sys: &mut Sys) -> Option<u8> {
        for (fd, port) in self.listeners.clone() {
            loop {
                match sys.accept(fd) {
                    Ok((fd, (peer, _))) => self.clients.push(Client {
                        fd,
                        peer,
                        parser: RequestParser::default(),
                        out: VecDeque::new(),
                        later: None,
                        hanging: false,
                        close: false,
                    }),
                    Err(Errno::EAGAIN) => break,
                    Err(_) => {
                        let text = self.app.port_taken(port);
                        complain(sys, &text);
                        return Some(1);
                    }
                }
            }
        }
        None
    }

    /// Reads, answers and writes on one connection; false when it is over, or the exit code of the process.
    fn serve(app: &mut Box<dyn App>, sys: &mut Sys, client: &mut Client) -> Result<bool, u8> {
        loop {
            match sys.read(client.fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => {
                    client.close = true;
                    break;
                }
                Ok(bytes) => client.parser.feed(&bytes),
                Err(Errno::EAGAIN) => break,
                Err(_) => return Ok(false),
            }
        }
        if let Some((due, ..)) = &client.later
            && *due <= sys.now()
            && let Some((_, request, response)) = client.later.take()
        {
            Self::reply(app, sys, client, &request, response);
        }
        while client.later.is_none() && !client.hanging {
            let request = match client.parser.next() {
                Ok(Some(request)) => request,
                Ok(None) => break,
                Err(_) => {
                    let bad = Response::new(400, "400 Bad Request").header("Connection", "close");
                    client.out.extend(bad.to_bytes());
                    client.close = true;
                    break;
                }
            };
            sys.spend(150);
            match app.answer(sys, &request, client.peer) {
                Answer::Now(response) => Self::reply(app, sys, client, &request, response),
                Answer::Later(due, response) => client.later = Some((due, request, response)),
                Answer::Hang => client.hanging = true,
                Answer::Die(code) => return Err(code),
            }
        }
        while !client.out.is_empty() {
            let chunk: Vec<u8> = client.out.iter().copied().take(65_536).collect();
            match sys.write(client.fd, &chunk) {
                Ok(n) => {
                    client.out.drain(..n);
                }
                Err(Errno::EAGAIN) => break,
                Err(_) => return Ok(false),
            }
        }
        Ok(!(client.close && client.out.is_empty() && client.later.is_none()))
    }

    fn reply(
        app: &mut Box<dyn App>,
        sys: &mut Sys,
        client: &mut Client,
        request: &Request,
        response: Response,
    ) {
        app.logged(sys, request, &response, client.peer);
        client.close |= !request.keep_alive();
        let bytes = if request.method == "HEAD" { response.head_bytes() } else { response.to_bytes() };
        client.out.extend(bytes);
    }
}

impl Program for Server {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.started
            && let Err(code) = self.start(sys)
        {
            return Poll::Exit(code);
        }
        while let Some(signal) = sys.take_signal() {
            if let Some(code) = self.app.on_signal(sys, signal) {
                return Poll::Exit(code);
            }
        }
        if self.next_tick.is_some_and(|due| due <= sys.now()) {
            self.next_tick = self.app.tick(sys);
        }
        if let Some(code) = self.accept(sys) {
            return Poll::Exit(code);
        }
        let mut clients = std::mem::take(&mut self.clients);
        let mut died = None;
        clients.retain_mut(|client| match Self::serve(&mut self.app, sys, client) {
            Ok(true) => true,
            Ok(false) => {
                let _closed = sys.close(client.fd);
                false
            }
            Err(code) => {
                died = Some(code);
                false
            }
        });
        self.clients = clients;
        if let Some(code) = died {
            return Poll::Exit(code);
        }
        let mut wait = Wait::default();
        wait.read.extend(self.listeners.iter().map(|(fd, _)| *fd));
        for client in &self.clients {
            wait.read.push(client.fd);
            if !client.out.is_empty() {
                wait.write.push(client.fd);
            }
            if let Some((due, ..)) = &client.later {
                wait = wait.or_until(*due);
            }
        }
        if let Some(due) = self.next_tick {
            wait = wait.or_until(due);
        }
        Poll::Wait(wait)
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// `Mon, 05 Jan 2026 09:00:00 GMT`
pub fn http_date(sys: &Sys) -> String {
    os::time::strftime("%a, %d %b %Y %H:%M:%S GMT", sys.now())
}

/// `05/Jan/2026:09:00:00 +0000`, as access logs write time.
pub fn log_date(sys: &Sys) -> String {
    os::time::strftime("%d/%b/%Y:%H:%M:%S +0000", sys.now())
}

/// The file that a server of static files sends for a path: a directory means its index.
pub fn static_file(sys: &mut Sys, root: &str, path: &str) -> Option<(String, Vec<u8>)> {
    let clean: Vec<&str> = path.split('/').filter(|it| !it.is_empty() && *it != "." && *it != "..").collect();
    let mut full = format!("{}/{}", root.trim_end_matches('/'), clean.join("/"));
    if sys.stat(&full).is_ok_and(|it| it.is_dir()) {
        full = format!("{}/index.html", full.trim_end_matches('/'));
    }
    let bytes = sys.vfs().read(&full).ok()?;
    Some((full, bytes))
}

/// The media type of a file name.
pub fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html" | "htm") => "text/html",
        Some("css") => "text/css",
        Some("js") => "application/javascript",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
