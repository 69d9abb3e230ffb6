//! curl and wget: HTTP clients with their own wording.

use std::net::IpAddr;

use super::{opts, process::with_cx, tool::Output};
use crate::{
    errno::Errno,
    host::{Certificate, ClientTls},
    kernel::Sys,
    net::{
        http::{BadMessage, Request, Response, ResponseParser},
        resolve::{Outcome, Resolver, first_address},
    },
    program::{Fd, Poll, Program, Wait},
    time::{SECOND, Time},
};

/// A URL's parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Url {
    pub https: bool,
    pub host: String,
    pub port: u16,
    /// Path and query.
    pub target: String,
    pub user: Option<String>,
    /// The port was written.
    pub explicit_port: bool,
}

impl Url {
    /// Reads a URL; None for a scheme that is not HTTP or a port that is no number.
    pub fn parse(text: &str) -> Option<Url> {
        let (https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return None,
            None => (false, text),
        };
        let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (mut authority, target) = rest.split_at(cut);
        let mut user = None;
        if let Some((u, host)) = authority.rsplit_once('@') {
            user = Some(u.to_string());
            authority = host;
        }
        let target = target.split('#').next().unwrap_or("");
        let target = if target.starts_with('/') { target.to_string() } else { format!("/{target}") };
        let default = if https { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let explicit_port = port.is_some();
        let port = match port {
            Some(p) if !p.is_empty() => p.parse().ok()?,
            _ => default,
        };
        Some(Url {
            https,
            host: host.trim_matches(['[', ']']).to_string(),
            port,
            target,
            user,
            explicit_port,
        })
    }

    fn host_header(&self) -> String {
        if self.explicit_port && self.port != if self.https { 443 } else { 80 } {
            format!("{}:{}", self.host, self.port)
        } else {
            self.host.clone()
        }
    }

    /// The URL a Location header leads to.
    fn follow(&self, location: &str) -> Option<Url> {
        if location.contains("://") {
            return Url::parse(location);
        }
        let mut url = self.clone();
        url.target = if location.starts_with('/') {
            location.to_string()
        } else {
            let dir = self.target.rsplit_once('/').map_or("", |(d, _)| d);
            format!("{dir}/{location}")
        };
        Some(url)
    }
}

/// Why a transfer failed.
#[derive(Clone, Debug, PartialEq)]
enum Failure {
    Resolve,
    Connect(Errno),
    Timeout,
    NotTls,
    Certificate(String),
    Empty,
    Reset,
    Partial(usize),
    Bad,
}

/// One exchange: resolve, connect, send, receive.
#[derive(Clone, Debug)]
enum Stage {
    Idle,
    Resolving(Resolver),
    Connecting(Fd),
    Sending(Fd, usize),
    Receiving(Fd),
}

#[derive(Clone, Debug)]
struct Exchange {
    url: Url,
    request: Vec<u8>,
    stage: Stage,
    addr: Option<IpAddr>,
    parser: ResponseParser,
    received: usize,
    began: Time,
    /// The connection must be there by then, the whole by then.
    connect_by: Option<Time>,
    all_by: Option<Time>,
    insecure: bool,
    /// PEM text of trusted authorities.
    roots: String,
    certificate: Option<Certificate>,
    resolve_to: Option<IpAddr>,
}

enum Event {
    Wait(Poll),
    /// Part of the body.
    Data(Vec<u8>),
    Done(Box<Response>),
    Failed(Failure),
}

impl Exchange {
    fn new(url: Url, request: Vec<u8>, no_body: bool, now: Time) -> Exchange {
        Exchange {
            url,
            request,
            stage: Stage::Idle,
            addr: None,
            parser: ResponseParser::for_request(no_body),
            received: 0,
            began: now,
            connect_by: None,
            all_by: None,
            insecure: false,
            roots: String::new(),
            certificate: None,
            resolve_to: None,
        }
    }

    fn deadline(&self) -> Option<Time> {
        let connecting = matches!(self.stage, Stage::Idle | Stage::Resolving(_) | Stage::Connecting(_));
        match (self.connect_by.filter(|_| connecting), self.all_by) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn wait(&self, mut wait: Wait) -> Event {
        if let Some(at) = self.deadline() {
            wait = wait.or_until(at);
        }
        Event::Wait(Poll::Wait(wait))
    }

    fn close(&mut self, sys: &mut Sys<'_>) {
        if let Stage::Connecting(fd) | Stage::Sending(fd, _) | Stage::Receiving(fd) = self.stage {
            let _closed = sys.close(fd);
        }
        self.stage = Stage::Idle;
    }

    fn verify(&self, sys: &Sys<'_>, certificate: &Certificate) -> Result<(), String> {
        if self.insecure {
            return Ok(());
        }
        let trusted = !certificate.ca_pem.trim().is_empty() && self.roots.contains(certificate.ca_pem.trim());
        if !trusted {
            let own = certificate.issuer == certificate.subject;
            return Err(if own {
                "self-signed certificate"
            } else {
                "unable to get local issuer certificate"
            }
            .to_string());
        }
        if sys.now() > certificate.not_after {
            return Err("certificate has expired".to_string());
        }
        let host = &self.url.host;
        let fits = certificate.names.iter().any(|n| {
            n == host
                || n.strip_prefix("*.")
                    .is_some_and(|d| host.split_once('.').is_some_and(|(_, rest)| rest == d))
        });
        if !fits {
            return Err(format!("no alternative certificate subject name matches target host name '{host}'"));
        }
        Ok(())
    }

    fn step(&mut self, sys: &mut Sys<'_>) -> Event {
        loop {
            if self.deadline().is_some_and(|at| sys.now() >= at) {
                return Event::Failed(Failure::Timeout);
            }
            match &mut self.stage {
                Stage::Idle => {
                    self.stage = match self.resolve_to {
                        Some(addr) => Stage::Resolving(Resolver::address(sys, &addr.to_string())),
                        None => Stage::Resolving(Resolver::address(sys, &self.url.host)),
                    };
                }
                Stage::Resolving(resolver) => match resolver.poll(sys) {
                    Err(Poll::Wait(wait)) => return self.wait(wait),
                    Err(other) => return Event::Wait(other),
                    Ok(Outcome::Found(_, records)) => {
                        let Some(addr) = first_address(&records) else {
                            return Event::Failed(Failure::Resolve);
                        };
                        self.addr = Some(addr);
                        let tls = self.url.https.then(|| ClientTls { server_name: self.url.host.clone() });
                        match sys.connect(addr, self.url.port, tls) {
                            Ok(fd) => self.stage = Stage::Connecting(fd),
                            Err(e) => return Event::Failed(Failure::Connect(e)),
                        }
                    }
                    Ok(_) => return Event::Failed(Failure::Resolve),
                },
                Stage::Connecting(fd) => {
                    let fd = *fd;
                    match sys.connected(fd) {
                        Ok(()) => {
                            if let (true, Some(certificate)) = (self.url.https, sys.certificate(fd)) {
                                if let Err(why) = self.verify(sys, &certificate) {
                                    return Event::Failed(Failure::Certificate(why));
                                }
                                self.certificate = Some(certificate);
                            }
                            self.stage = Stage::Sending(fd, 0);
                        }
                        Err(Errno::EAGAIN) => return self.wait(Wait::write(fd)),
                        Err(Errno::EIO) => return Event::Failed(Failure::NotTls),
                        Err(e) => return Event::Failed(Failure::Connect(e)),
                    }
                }
                Stage::Sending(fd, at) => {
                    let (fd, from) = (*fd, *at);
                    if from == self.request.len() {
                        self.stage = Stage::Receiving(fd);
                        continue;
                    }
                    match sys.write(fd, &self.request[from..]) {
                        Ok(n) => self.stage = Stage::Sending(fd, from + n),
                        Err(Errno::EAGAIN) => return self.wait(Wait::write(fd)),
                        Err(_) => return Event::Failed(Failure::Reset),
                    }
                }
                Stage::Receiving(fd) => {
                    let fd = *fd;
                    match sys.read(fd, 65_536) {
                        Ok(bytes) => {
                            let eof = bytes.is_empty();
                            self.received += bytes.len();
                            self.parser.feed(&bytes);
                            let part = match self.parser.take_partial() {
                                Ok(part) => part,
                                Err(BadMessage::Syntax | BadMessage::TooLarge) => {
                                    return Event::Failed(Failure::Bad);
                                }
                            };
                            if !part.is_empty() {
                                if eof {
                                    self.parser.feed(&[]);
                                }
                                return Event::Data(part);
                            }
                            match self.parser.next(eof) {
                                Ok(Some(response)) => {
                                    self.close(sys);
                                    return Event::Done(Box::new(response));
                                }
                                Err(_) => return Event::Failed(Failure::Bad),
                                Ok(None) if eof && self.received == 0 => {
                                    return Event::Failed(Failure::Empty);
                                }
                                Ok(None) if eof => {
                                    return Event::Failed(Failure::Partial(
                                        self.parser.missing().unwrap_or(0),
                                    ));
                                }
                                Ok(None) => {}
                            }
                        }
                        Err(Errno::EAGAIN) => {
                            // A body of known length may be complete without the connection ending.
                            if let Ok(Some(response)) = self.parser.next(false) {
                                self.close(sys);
                                return Event::Done(Box::new(response));
                            }
                            return self.wait(Wait::read(fd));
                        }
                        Err(_) if self.received == 0 => return Event::Failed(Failure::Reset),
                        Err(_) => return Event::Failed(Failure::Reset),
                    }
                }
            }
        }
    }
}

/// curl
#[derive(Clone, Debug, Default)]
pub struct Curl {
    begun: bool,
    options: Option<Box<CurlOptions>>,
    urls: Vec<String>,
    at: usize,
    exchange: Option<Box<Exchange>>,
    head_shown: bool,
    body: Vec<u8>,
    size: usize,
    redirects: u32,
    tries: u32,
    retry_at: Option<Time>,
    code: u8,
    out: Output,
    started: Option<Time>,
}

#[derive(Clone, Debug, Default)]
struct CurlOptions {
    method: Option<String>,
    headers: Vec<String>,
    data: Option<Vec<u8>>,
    get: bool,
    head: bool,
    include: bool,
    silent: bool,
    show_error: bool,
    fail: bool,
    follow: bool,
    insecure: bool,
    verbose: bool,
    output: Option<String>,
    remote_name: bool,
    user: Option<String>,
    agent: Option<String>,
    write_out: Option<String>,
    max_time: Option<i64>,
    connect_timeout: Option<i64>,
    roots: String,
    retry: u32,
    retry_refused: bool,
    resolve: Vec<String>,
}

impl Curl {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), u8> {
        const LONG: &[(&str, char)] = &[
            ("request", 'X'),
            ("header", 'H'),
            ("data", 'd'),
            ("data-raw", 'd'),
            ("data-binary", 'B'),
            ("data-ascii", 'd'),
            ("get", 'G'),
            ("head", 'I'),
            ("include", 'i'),
            ("silent", 's'),
            ("show-error", 'S'),
            ("fail", 'f'),
            ("fail-with-body", 'f'),
            ("location", 'L'),
            ("insecure", 'k'),
            ("verbose", 'v'),
            ("output", 'o'),
            ("remote-name", 'O'),
            ("user", 'u'),
            ("user-agent", 'A'),
            ("write-out", 'w'),
            ("max-time", 'm'),
            ("connect-timeout", 'T'),
            ("cacert", 'C'),
            ("retry", 'R'),
            ("retry-connrefused", 'Y'),
            ("retry-delay", 'D'),
            ("retry-max-time", 'D'),
            ("resolve", 'Z'),
            ("no-buffer", 'N'),
            ("compressed", 'N'),
            ("url", 'U'),
            ("version", 'V'),
            ("http1.1", 'N'),
            ("http2", 'N'),
            ("cert", 'E'),
            ("key", 'E'),
            ("json", 'J'),
            ("form", 'F'),
            ("no-progress-meter", 's'),
            ("noproxy", 'E'),
            ("tlsv1.2", 'N'),
            ("globoff", 'g'),
            ("referer", 'e'),
            ("cookie", 'b'),
            ("retry-all-errors", 'Y'),
        ];
        let parsed = with_cx(sys, &mut self.out, |cx| {
            let parsed =
                opts::parse_with(cx, "X:H:d:B:GIisSfLkvo:Ou:A:w:m:T:C:R:YD:Z:NU:VE:J:F:#ge:b:046q", LONG, 2);
            if parsed.is_err() {
                cx.eprint("curl: try 'curl --help' or 'curl --manual' for more information\n");
            }
            parsed
        })?;
        if parsed.has('V') {
            self.out.push(
                1,
                b"curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0 OpenSSL/3.0.13\nProtocols: http https\n",
            );
            return Err(0);
        }
        let mut o = CurlOptions::default();
        for (flag, value) in parsed.all().to_vec() {
            match flag {
                'X' => o.method = Some(value),
                'H' => o.headers.push(value),
                'd' | 'B' | 'J' => {
                    let bytes = match value.strip_prefix('@') {
                        Some("-") => Vec::new(),
                        Some(file) => {
                            let mut bytes = sys.vfs().read(file).unwrap_or_default();
                            if flag == 'd' {
                                bytes.retain(|b| !matches!(b, b'\n' | b'\r'));
                            }
                            bytes
                        }
                        None => value.into_bytes(),
                    };
                    match &mut o.data {
                        Some(data) => {
                            data.push(b'&');
                            data.extend(bytes);
                        }
                        None => o.data = Some(bytes),
                    }
                    if flag == 'J' {
                        o.headers.push("Content-Type: application/json".to_string());
                        o.headers.push("Accept: application/json".to_string());
                    }
                }
                'G' => o.get = true,
                'I' => o.head = true,
                'i' => o.include = true,
                's' => o.silent = true,
                'S' => o.show_error = true,
                'f' => o.fail = true,
                'L' => o.follow = true,
                'k' => o.insecure = true,
                'v' => o.verbose = true,
                'o' => o.output = Some(value),
                'O' => o.remote_name = true,
                'u' => o.user = Some(value),
                'A' => o.agent = Some(value),
                'w' => o.write_out = Some(value),
                'm' => o.max_time = opts::duration(&value),
                'T' => o.connect_timeout = opts::duration(&value),
                'C' => {
                    o.roots = match sys.vfs().read_text(&value) {
                        Ok(text) => text,
                        Err(_) => {
                            self.out.push(
                                2,
                                format!("curl: (77) error setting certificate file: {value}\n").as_bytes(),
                            );
                            return Err(77);
                        }
                    }
                }
                'R' => o.retry = value.parse().unwrap_or(0),
                'Y' => o.retry_refused = true,
                'Z' => o.resolve.push(value),
                'U' => self.urls.push(value),
                _ => {}
            }
        }
        if o.roots.is_empty() {
            o.roots = sys.vfs().read_text("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        }
        self.urls.extend(parsed.rest);
        if self.urls.is_empty() {
            self.out.push(
                2,
                b"curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
            );
            return Err(2);
        }
        self.options = Some(Box::new(o));
        Ok(())
    }

    fn start(&mut self, sys: &mut Sys<'_>, url: Url) {
        let Some(o) = self.options.as_deref() else { return };
        let mut request =
            Request { target: url.target.clone(), version: "HTTP/1.1".to_string(), ..Request::default() };
        let body = o.data.clone().filter(|_| !o.get);
        request.method = o.method.clone().unwrap_or_else(|| {
            if o.head {
                "HEAD"
            } else if body.is_some() {
                "POST"
            } else {
                "GET"
            }
            .to_string()
        });
        if let (true, Some(data)) = (o.get, &o.data) {
            let joiner = if request.target.contains('?') { '&' } else { '?' };
            request.target.push_str(&format!("{joiner}{}", String::from_utf8_lossy(data)));
        }
        request.headers.add("Host", url.host_header());
        if let Some(user) = o.user.as_ref().or(url.user.as_ref()) {
            request.headers.add("Authorization", format!("Basic {}", crate::text::base64(user.as_bytes())));
        }
        request.headers.add("User-Agent", o.agent.clone().unwrap_or("curl/8.5.0".to_string()));
        request.headers.add("Accept", "*/*");
        for header in &o.headers {
            if let Some((name, value)) = header.split_once(':') {
                let value = value.trim();
                if value.is_empty() {
                    request.headers.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
                } else {
                    request.headers.set(name, value);
                }
            }
        }
        if let Some(body) = body {
            if request.headers.get("content-type").is_none() {
                request.headers.add("Content-Type", "application/x-www-form-urlencoded");
            }
            request.headers.set("Content-Length", body.len().to_string());
            request.body = body;
        }
        let now = sys.now();
        let mut exchange = Exchange::new(url, request.to_bytes(), o.head, now);
        exchange.insecure = o.insecure;
        exchange.roots = o.roots.clone();
        let began = *self.started.get_or_insert(now);
        exchange.all_by = o.max_time.map(|t| began.plus(t));
        // The kernel gives up on a connection after two minutes or so; curl after five.
        exchange.connect_by = Some(now.plus(o.connect_timeout.unwrap_or(300 * SECOND)));
        for rule in &o.resolve {
            let parts: Vec<&str> = rule.splitn(3, ':').collect();
            if let [host, port, addr] = parts.as_slice()
                && *host == exchange.url.host
                && *port == exchange.url.port.to_string()
            {
                exchange.resolve_to = addr.parse().ok();
            }
        }
        self.exchange = Some(Box::new(exchange));
        self.head_shown = false;
    }

    fn verbose_head(&mut self) {
        let (Some(o), Some(e)) = (self.options.as_deref(), self.exchange.as_deref_mut()) else { return };
        let (verbose, include) = (o.verbose, o.include || o.head);
        if self.head_shown || !(verbose || include) {
            return;
        }
        let addr = e.addr.map_or(String::new(), |a| a.to_string());
        let (host, port) = (e.url.host.clone(), e.url.port);
        let request = String::from_utf8_lossy(&e.request).into_owned();
        let Ok(Some(response)) = e.parser.head() else { return };
        self.head_shown = true;
        let head = String::from_utf8_lossy(&raw_head(response)).into_owned();
        if verbose {
            let mut text =
                format!("*   Trying {addr}:{port}...\n* Connected to {host} ({addr}) port {port}\n");
            for line in request.split("\r\n\r\n").next().unwrap_or("").lines() {
                text.push_str(&format!("> {line}\n"));
            }
            text.push_str("> \n");
            for line in head.trim_end().lines() {
                text.push_str(&format!("< {line}\n"));
            }
            text.push_str("< \n");
            self.out.push(2, text.replace('\r', "").as_bytes());
        }
        if include {
            self.body.extend(head.bytes());
        }
    }

    /// Writes body bytes where they belong.
    fn deliver(&mut self, sys: &mut Sys<'_>, last: bool) {
        let Some(o) = self.options.as_deref() else { return };
        let name = match (&o.output, o.remote_name) {
            (Some(name), _) if name != "-" => Some(name.clone()),
            (None, true) => self
                .urls
                .get(self.at)
                .map(|u| super::files::base(u.split(['?', '#']).next().unwrap_or(u)).to_string()),
            _ => None,
        };
        match name {
            None => {
                let bytes = std::mem::take(&mut self.body);
                self.out.push(1, &bytes);
            }
            Some(name) if last => {
                let bytes = std::mem::take(&mut self.body);
                if let Err(e) = sys.vfs().write(&name, bytes, 0o666) {
                    self.out.push(2, format!("curl: (23) Failed to open the file {name}: {e}\n").as_bytes());
                    self.code = 23;
                } else if !o.silent {
                    let n = self.size;
                    self.out.push(2, format!("  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100 {n:>5}  100 {n:>5}    0     0  {n:>5}      0 --:--:-- --:--:-- --:--:-- {n:>5}\n").as_bytes());
                }
            }
            Some(_) => {}
        }
    }

    fn fail(&mut self, sys: &mut Sys<'_>, failure: Failure) {
        let Some(e) = self.exchange.take() else { return };
        let mut e = e;
        e.close(sys);
        let Some(o) = self.options.as_deref() else { return };
        let ms = sys.now().since(e.began) / 1000;
        let (host, port) = (e.url.host.clone(), e.url.port);
        let (code, text) = match &failure {
            Failure::Resolve => (6, format!("Could not resolve host: {host}")),
            Failure::Connect(Errno::ETIMEDOUT) => (
                28,
                format!("Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"),
            ),
            Failure::Connect(_) => (
                7,
                format!("Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"),
            ),
            Failure::Timeout if matches!(e.stage, Stage::Idle) && e.addr.is_none() => {
                (28, format!("Resolving timed out after {ms} milliseconds"))
            }
            Failure::Timeout if e.received == 0 && e.all_by.is_none_or(|a| sys.now() < a) => {
                (28, format!("Failed to connect to {host} port {port} after {ms} ms: Timeout was reached"))
            }
            Failure::Timeout if e.received == 0 && e.addr.is_some() && o.max_time.is_some() => {
                (28, format!("Connection timed out after {ms} milliseconds"))
            }
            Failure::Timeout => (
                28,
                format!("Operation timed out after {ms} milliseconds with {} bytes received", e.received),
            ),
            Failure::NotTls => (35, "error:0A00010B:SSL routines::wrong version number".to_string()),
            Failure::Certificate(why) if why.starts_with("no alternative") => (60, format!("SSL: {why}")),
            Failure::Certificate(why) => (
                60,
                format!(
                    "SSL certificate problem: {why}\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above."
                ),
            ),
            Failure::Empty => (52, "Empty reply from server".to_string()),
            Failure::Reset => (56, "Recv failure: Connection reset by peer".to_string()),
            Failure::Partial(n) => (18, format!("transfer closed with {n} bytes remaining to read")),
            Failure::Bad => (1, "Received HTTP/0.9 when not allowed".to_string()),
        };
        let transient = matches!(failure, Failure::Timeout)
            || matches!(failure, Failure::Connect(_))
                && (o.retry_refused || failure == Failure::Connect(Errno::ETIMEDOUT));
        if transient && self.tries < o.retry {
            let wait = 1i64 << self.tries.min(9);
            self.tries += 1;
            self.retry_at = Some(sys.now().plus(wait * SECOND));
            if !o.silent {
                let left = o.retry - self.tries + 1;
                self.out.push(2, format!("Warning: Problem: connection refused. Will retry in {wait} seconds. {left} retries left.\n").as_bytes());
            }
            return;
        }
        self.code = code;
        if !o.silent || o.show_error {
            self.out.push(2, format!("curl: ({code}) {text}\n").as_bytes());
        }
        self.write_out(sys, None, &e);
        self.next_url();
    }

    fn next_url(&mut self) {
        self.at += 1;
        self.redirects = 0;
        self.tries = 0;
        self.size = 0;
        self.started = None;
    }

    fn write_out(&mut self, sys: &Sys<'_>, response: Option<&Response>, e: &Exchange) {
        let Some(format) = self.options.as_deref().and_then(|o| o.write_out.clone()) else { return };
        let seconds = |from: Time| format!("{:.6}", sys.now().since(from) as f64 / 1e6);
        let mut text = format;
        let url = format!(
            "{}://{}{}",
            if e.url.https { "https" } else { "http" },
            e.url.host_header(),
            e.url.target
        );
        let code = response.map_or("000".to_string(), |r| format!("{:03}", r.status));
        for (name, value) in [
            ("http_code", code.clone()),
            ("response_code", code),
            ("time_total", seconds(e.began)),
            ("time_connect", seconds(e.began)),
            ("time_namelookup", "0.000000".to_string()),
            ("time_starttransfer", seconds(e.began)),
            ("size_download", self.size.to_string()),
            ("remote_ip", e.addr.map_or(String::new(), |a| a.to_string())),
            ("remote_port", e.url.port.to_string()),
            ("url_effective", url),
            ("content_type", response.and_then(|r| r.headers.get("content-type")).unwrap_or("").to_string()),
            ("num_redirects", self.redirects.to_string()),
            ("exitcode", self.code.to_string()),
            ("method", "GET".to_string()),
        ] {
            text = text.replace(&format!("%{{{name}}}"), &value);
        }
        let bytes = crate::text::unescape(&text, false).0;
        self.out.push(1, &bytes);
    }

    fn done(&mut self, sys: &mut Sys<'_>, response: Response) {
        let Some(e) = self.exchange.take() else { return };
        let Some(o) = self.options.clone() else { return };
        if o.follow
            && matches!(response.status, 301 | 302 | 303 | 307 | 308)
            && self.redirects < 50
            && let Some(url) = response.headers.get("location").and_then(|l| e.url.follow(l))
        {
            self.redirects += 1;
            if !(o.include || o.head) {
                self.body.clear();
            }
            self.size = 0;
            return self.start(sys, url);
        }
        if o.fail && response.status >= 400 {
            self.body.clear();
            self.code = 22;
            if !o.silent || o.show_error {
                self.out.push(
                    2,
                    format!("curl: (22) The requested URL returned error: {}\n", response.status).as_bytes(),
                );
            }
        } else {
            self.deliver(sys, true);
        }
        self.write_out(sys, Some(&response), &e);
        self.next_url();
    }
}

/// The head as it came, but for the letter case of our own parser: curl shows it unchanged.
fn raw_head(response: &Response) -> Vec<u8> {
    let mut text = format!("{} {} {}\r\n", response.version, response.status, response.reason);
    for (name, value) in &response.headers.0 {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

impl Program for Curl {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            if let Err(code) = self.begin(sys) {
                self.code = code;
                self.urls.clear();
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(at) = self.retry_at {
                if sys.now() < at {
                    return Poll::Wait(Wait::until(at));
                }
                self.retry_at = None;
            }
            if self.exchange.is_none() {
                let Some(text) = self.urls.get(self.at).cloned() else { return Poll::Exit(self.code) };
                match Url::parse(&text) {
                    Some(url) if !url.host.is_empty() => self.start(sys, url),
                    _ => {
                        let scheme = text.split_once("://").map(|(s, _)| s);
                        let (code, message) = match scheme {
                            Some(s) if s != "http" && s != "https" => {
                                (1, format!("Protocol \"{s}\" not supported"))
                            }
                            _ => (3, "URL using bad/illegal format or missing URL".to_string()),
                        };
                        self.out.push(2, format!("curl: ({code}) {message}\n").as_bytes());
                        self.code = code;
                        self.at += 1;
                    }
                }
                continue;
            }
            let Some(exchange) = self.exchange.as_deref_mut() else { continue };
            match exchange.step(sys) {
                Event::Wait(poll) => return poll,
                Event::Data(bytes) => {
                    self.verbose_head();
                    self.size += bytes.len();
                    self.body.extend(bytes);
                    let holds = self
                        .options
                        .as_deref()
                        .is_some_and(|o| o.fail || o.follow || o.output.is_some() || o.remote_name);
                    if !holds {
                        self.deliver(sys, false);
                    }
                }
                Event::Done(response) => {
                    if let Some(e) = self.exchange.as_deref_mut() {
                        e.parser = ResponseParser::default();
                        e.parser.no_body = true;
                        e.parser.feed(&raw_head(&response));
                    }
                    self.verbose_head();
                    self.size += response.body.len();
                    let tail = response.body.clone();
                    self.body.extend(tail);
                    self.done(sys, *response);
                }
                Event::Failed(failure) => self.fail(sys, failure),
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// wget, GNU's and BusyBox's.
#[derive(Clone, Debug, Default)]
pub struct Wget {
    begun: bool,
    quiet: bool,
    server_response: bool,
    spider: bool,
    output: Option<String>,
    timeout: Option<i64>,
    tries: u32,
    tried: u32,
    insecure: bool,
    headers: Vec<String>,
    post: Option<String>,
    urls: Vec<String>,
    at: usize,
    exchange: Option<Box<Exchange>>,
    announced: bool,
    body: Vec<u8>,
    redirects: u32,
    retry_at: Option<Time>,
    code: u8,
    out: Output,
}

impl Wget {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), u8> {
        let long = [
            ("quiet", 'q'),
            ("output-document", 'O'),
            ("timeout", 'T'),
            ("tries", 't'),
            ("spider", 's'),
            ("server-response", 'S'),
            ("no-check-certificate", 'k'),
            ("header", 'H'),
            ("post-data", 'D'),
            ("no-verbose", 'n'),
            ("user-agent", 'U'),
            ("continue", 'c'),
            ("connect-timeout", 'T'),
            ("retry-connrefused", 'R'),
            ("directory-prefix", 'P'),
            ("show-progress", 'g'),
        ];
        let parsed = with_cx(sys, &mut self.out, |cx| {
            opts::parse_with(cx, "qO:T:t:sSkH:D:n:vcU:Y:P:Rgb", &long, if cx.busybox() { 1 } else { 2 })
        })?;
        self.quiet = parsed.has('q');
        self.server_response = parsed.has('S');
        self.spider = parsed.has('s');
        self.output = parsed.value('O').map(str::to_string);
        self.timeout = parsed.value('T').and_then(opts::duration);
        self.tries =
            parsed.value('t').and_then(|t| t.parse().ok()).unwrap_or(if sys.is_busybox() { 1 } else { 20 });
        self.insecure = parsed.has('k') || sys.is_busybox();
        self.headers = parsed.values('H');
        self.post = parsed.value('D').map(str::to_string);
        self.urls = parsed.rest;
        if self.urls.is_empty() {
            if sys.is_busybox() {
                return Err(with_cx(sys, &mut self.out, |cx| cx.missing_operand()));
            }
            self.out.push(2, b"wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
            return Err(1);
        }
        Ok(())
    }

    fn file(&self) -> String {
        match &self.output {
            Some(o) => o.clone(),
            None => {
                let url = self.urls.get(self.at).and_then(|u| Url::parse(u)).unwrap_or_default();
                let path = url.target.split('?').next().unwrap_or("").to_string();
                let name = path.rsplit('/').next().unwrap_or("").to_string();
                if name.is_empty() { "index.html".to_string() } else { name }
            }
        }
    }

    fn start(&mut self, sys: &mut Sys<'_>, url: Url) {
        let busybox = sys.is_busybox();
        let method = if self.post.is_some() {
            "POST"
        } else if self.spider {
            "HEAD"
        } else {
            "GET"
        };
        let mut request = Request {
            method: method.to_string(),
            target: url.target.clone(),
            version: "HTTP/1.1".to_string(),
            ..Request::default()
        };
        request.headers.add("Host", url.host_header());
        request.headers.add("User-Agent", if busybox { "Wget" } else { "Wget/1.21.4" });
        if !busybox {
            request.headers.add("Accept", "*/*");
            request.headers.add("Accept-Encoding", "identity");
        }
        for header in &self.headers {
            if let Some((n, v)) = header.split_once(':') {
                request.headers.set(n, v.trim());
            }
        }
        request.headers.add("Connection", if busybox { "close" } else { "Keep-Alive" });
        if let Some(post) = &self.post {
            request.headers.add("Content-Type", "application/x-www-form-urlencoded");
            request.body = post.clone().into_bytes();
        }
        let now = sys.now();
        let mut exchange = Exchange::new(url, request.to_bytes(), self.spider, now);
        exchange.insecure = self.insecure;
        exchange.roots = sys.vfs().read_text("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        exchange.all_by = self.timeout.map(|t| now.plus(t));
        self.exchange = Some(Box::new(exchange));
        self.announced = false;
        self.body.clear();
    }

    fn announce(&mut self, sys: &Sys<'_>) {
        let Some(e) = self.exchange.as_deref() else { return };
        if self.announced || self.quiet {
            return;
        }
        let Some(addr) = e.addr else { return };
        self.announced = true;
        let (host, port) = (&e.url.host, e.url.port);
        if sys.is_busybox() {
            self.out.push(
                2,
                format!("Connecting to {}:{port} ({addr}:{port})\n", host)
                    .replace(
                        &format!("{host}:{port} "),
                        &if e.url.explicit_port { format!("{host}:{port} ") } else { format!("{host} ") },
                    )
                    .as_bytes(),
            );
        } else {
            let url = self.urls.get(self.at).cloned().unwrap_or_default();
            let url = if url.contains("://") { url } else { format!("http://{url}") };
            let url = if url.matches('/').count() < 3 { format!("{url}/") } else { url };
            let time = crate::time::strftime("%Y-%m-%d %H:%M:%S", sys.now());
            let mut text = format!("--{time}--  {url}\n");
            if host.parse::<IpAddr>().is_err() {
                text.push_str(&format!(
                    "Resolving {host} ({host})... {addr}\nConnecting to {host} ({host})|{addr}|:{port}... "
                ));
            } else {
                text.push_str(&format!("Connecting to {host}:{port}... "));
            }
            self.out.push(2, text.as_bytes());
        }
    }

    fn fail(&mut self, sys: &mut Sys<'_>, failure: Failure) {
        self.announce(sys);
        let Some(mut e) = self.exchange.take() else { return };
        e.close(sys);
        let host = e.url.host.clone();
        let addr = e.addr.map_or(String::new(), |a| a.to_string());
        if sys.is_busybox() {
            let text = match &failure {
                Failure::Resolve => format!("bad address '{}'", e.url.host_header()),
                Failure::Connect(Errno::ECONNREFUSED) => {
                    format!("can't connect to remote host ({addr}): Connection refused")
                }
                Failure::Connect(error) => format!(
                    "can't connect to remote host ({addr}): {}",
                    if *error == Errno::EHOSTUNREACH {
                        "No route to host"
                    } else if *error == Errno::ETIMEDOUT {
                        "Operation timed out"
                    } else {
                        error.text()
                    }
                ),
                Failure::Timeout => "download timed out".to_string(),
                Failure::NotTls => "error getting response: Invalid argument".to_string(),
                Failure::Empty | Failure::Partial(_) | Failure::Reset => {
                    "error getting response: Connection reset by peer".to_string()
                }
                Failure::Certificate(why) => why.clone(),
                Failure::Bad => "bad response".to_string(),
            };
            self.out.push(2, format!("wget: {text}\n").as_bytes());
            self.code = 1;
            self.at += 1;
            return;
        }
        let (text, code, retry) = match &failure {
            Failure::Resolve => (
                format!(
                    "failed: Name or service not known.\nwget: unable to resolve host address ‘{host}’\n"
                ),
                4,
                false,
            ),
            Failure::Connect(Errno::ECONNREFUSED) => ("failed: Connection refused.\n".to_string(), 4, false),
            Failure::Connect(error) => (format!("failed: {error}.\n"), 4, *error == Errno::ETIMEDOUT),
            Failure::Timeout => ("failed: Connection timed out.\n".to_string(), 4, true),
            Failure::NotTls => ("connected.\nUnable to establish SSL connection.\n".to_string(), 4, false),
            Failure::Certificate(why) => (
                format!(
                    "connected.\nERROR: cannot verify {host}'s certificate, issued by ‘’:\n  {why}\nTo connect to {host} insecurely, use `--no-check-certificate'.\n"
                ),
                5,
                false,
            ),
            _ => (
                "connected.\nHTTP request sent, awaiting response... No data received.\n".to_string(),
                4,
                true,
            ),
        };
        if !self.quiet {
            if failure == Failure::Resolve {
                let url = self.urls.get(self.at).cloned().unwrap_or_default();
                let time = crate::time::strftime("%Y-%m-%d %H:%M:%S", sys.now());
                self.out.push(2, format!("--{time}--  {url}\nResolving {host} ({host})... ").as_bytes());
            }
            self.out.push(2, text.replace(['‘', '’'], "'").as_bytes());
        }
        self.tried += 1;
        if retry && (self.tries == 0 || self.tried < self.tries) {
            self.retry_at = Some(sys.now().plus(i64::from(self.tried.min(10)) * SECOND));
            if !self.quiet {
                self.out.push(2, b"Retrying.\n\n");
            }
            return;
        }
        self.code = code;
        self.at += 1;
    }

    fn done(&mut self, sys: &mut Sys<'_>, response: Response) {
        self.announce(sys);
        let Some(e) = self.exchange.take() else { return };
        let busybox = sys.is_busybox();
        if self.server_response {
            let head = String::from_utf8_lossy(&raw_head(&response)).replace('\r', "");
            let text: String = head.trim_end().lines().map(|l| format!("  {l}\n")).collect();
            self.out.push(2, text.as_bytes());
        }
        if matches!(response.status, 301 | 302 | 303 | 307 | 308)
            && self.redirects < 20
            && let Some(url) = response.headers.get("location").and_then(|l| e.url.follow(l))
        {
            self.redirects += 1;
            return self.start(sys, url);
        }
        let file = self.file();
        if !busybox && !self.quiet {
            self.out.push(
                2,
                format!(
                    "connected.\nHTTP request sent, awaiting response... {} {}\n",
                    response.status, response.reason
                )
                .as_bytes(),
            );
        }
        if response.status >= 400 {
            if busybox {
                self.out.push(
                    2,
                    format!(
                        "wget: server returned error: {} {} {}\n",
                        response.version, response.status, response.reason
                    )
                    .as_bytes(),
                );
                self.code = 1;
            } else {
                if !self.quiet {
                    let time = crate::time::strftime("%Y-%m-%d %H:%M:%S", sys.now());
                    self.out.push(
                        2,
                        format!("{time} ERROR {}: {}.\n\n", response.status, response.reason).as_bytes(),
                    );
                }
                self.code = 8;
            }
            self.at += 1;
            return;
        }
        self.body.extend(response.body);
        let size = self.body.len();
        if self.spider {
            if busybox && !self.quiet {
                self.out.push(2, b"remote file exists\n");
            } else if !self.quiet {
                self.out.push(2, b"Remote file exists.\n\n");
            }
        } else if file == "-" {
            let bytes = std::mem::take(&mut self.body);
            self.out.push(1, &bytes);
            if busybox && !self.quiet {
                self.out.push(2, format!("writing to stdout\n-                    100% |********************************| {:>5}  0:00:00 ETA\nwritten to stdout\n", opts::human(size as u64)).as_bytes());
            }
        } else {
            if busybox && self.output.is_none() && sys.lstat(&file).is_ok() {
                self.out.push(2, format!("wget: can't open '{file}': File exists\n").as_bytes());
                self.code = 1;
                self.at += 1;
                return;
            }
            let bytes = std::mem::take(&mut self.body);
            // /dev/null and the like take the bytes like any open file.
            let written = match sys.open(&file, crate::kernel::OpenFlags::WRITE, 0o666) {
                Ok(fd) => {
                    let result = sys.write(fd, &bytes);
                    let _closed = sys.close(fd);
                    result.map(|_| ())
                }
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                self.out.push(2, format!("wget: can't open '{file}': {error}\n").as_bytes());
                self.code = 1;
            } else if !self.quiet {
                let kind = response
                    .headers
                    .get("content-type")
                    .unwrap_or("text/html")
                    .split(';')
                    .next()
                    .unwrap_or("")
                    .to_string();
                if busybox {
                    let shown: String = file.chars().take(20).collect();
                    self.out.push(2, format!("saving to '{file}'\n{shown:<20} 100% |********************************| {size:>5}  0:00:00 ETA\n'{file}' saved\n").as_bytes());
                } else {
                    let time = crate::time::strftime("%Y-%m-%d %H:%M:%S", sys.now());
                    let human =
                        if size < 1024 { String::new() } else { format!(" ({})", opts::human(size as u64)) };
                    self.out.push(2, format!("Length: {size}{human} [{kind}]\nSaving to: '{file}'\n\n{file:<19} 100%[===================>] {size:>7}  --.-KB/s    in 0s      \n\n{time} (1.00 MB/s) - '{file}' saved [{size}/{size}]\n\n").as_bytes());
                }
            }
        }
        self.at += 1;
        self.redirects = 0;
    }
}

impl Program for Wget {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            if let Err(code) = self.begin(sys) {
                self.code = code;
                self.urls.clear();
            }
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(at) = self.retry_at {
                if sys.now() < at {
                    return Poll::Wait(Wait::until(at));
                }
                self.retry_at = None;
            }
            if self.exchange.is_none() {
                let Some(text) = self.urls.get(self.at).cloned() else { return Poll::Exit(self.code) };
                match Url::parse(&text) {
                    Some(url) if !url.host.is_empty() => self.start(sys, url),
                    _ => {
                        let message = if sys.is_busybox() {
                            format!("wget: not an http or ftp url: {text}\n")
                        } else {
                            format!("{text}: Unsupported scheme.\n")
                        };
                        self.out.push(2, message.as_bytes());
                        self.code = 1;
                        self.at += 1;
                    }
                }
                continue;
            }
            let Some(exchange) = self.exchange.as_deref_mut() else { continue };
            match exchange.step(sys) {
                Event::Wait(poll) => {
                    self.announce(sys);
                    return match self.out.drain(sys) {
                        Some(wait) => Poll::Wait(wait),
                        None => poll,
                    };
                }
                Event::Data(bytes) => self.body.extend(bytes),
                Event::Done(response) => self.done(sys, *response),
                Event::Failed(failure) => self.fail(sys, failure),
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
