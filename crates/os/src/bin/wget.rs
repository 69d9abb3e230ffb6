//! wget: a downloader, in GNU's and BusyBox's wording.

mod bar;

use std::net::IpAddr;

use super::{
    http_client::{Event, Exchange, Failure, Url, raw_head},
    opts,
    process::with_cx,
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    net::http::Request,
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time, strftime},
};
use bar::Bar;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "wget",
    "Usage: wget [-cqS] [--spider] [-O FILE] [-P DIR] [-T SEC] [--header STR] [--post-data STR] [-U AGENT] URL...\n\nRetrieve files via HTTP or FTP\n\n\t--spider\tOnly check URL existence: $? is 0 if exists\n\t-c\t\tContinue retrieval of aborted transfer\n\t-q\t\tQuiet\n\t-P DIR\t\tSave to DIR (default .)\n\t-S\t\tShow server response\n\t-T SEC\t\tNetwork read timeout is SEC seconds\n\t-O FILE\t\tSave to FILE ('-' for stdout)\n\t-U STR\t\tUse STR for User-Agent header\n",
    || Box::new(Wget::default()),
);

/// wget, GNU's and BusyBox's.
#[derive(Clone, Debug, Default)]
pub struct Wget {
    begun: bool,
    busybox: bool,
    utf8: bool,
    quiet: bool,
    terse: bool,
    server_response: bool,
    spider: bool,
    output: Option<String>,
    prefix: Option<String>,
    agent: Option<String>,
    timeout: Option<i64>,
    tries: u32,
    tried: u32,
    insecure: bool,
    retry_refused: bool,
    headers: Vec<String>,
    post: Option<String>,
    urls: Vec<String>,
    at: usize,
    exchange: Option<Box<Exchange>>,
    /// Where the body goes: the descriptor and the name.
    file: Option<(Fd, String)>,
    bar: Bar,
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
            ("read-timeout", 'T'),
            ("retry-connrefused", 'R'),
            ("directory-prefix", 'P'),
            ("show-progress", 'g'),
            ("version", 'V'),
        ];
        self.busybox = sys.is_busybox();
        self.utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|v| sys.var(v).filter(|t| !t.is_empty()))
            .is_some_and(|l| l.contains("UTF-8"));
        let parsed = with_cx(sys, &mut self.out, |cx| {
            // `-nv` is one option of two letters.
            for arg in cx.args.iter_mut().filter(|a| *a == "-nv") {
                *arg = "-n".to_string();
            }
            opts::parse_with(cx, "qO:T:t:sSkH:D:nvcU:Y:P:RgbV", &long, if cx.busybox() { 1 } else { 2 })
        })?;
        if parsed.has('V') {
            self.out.push(1, b"GNU Wget 1.21.4 built on linux-gnu.\n");
            return Err(0);
        }
        self.quiet = parsed.has('q');
        self.terse = parsed.has('n');
        self.server_response = parsed.has('S');
        self.spider = parsed.has('s');
        self.output = parsed.value('O').map(str::to_string);
        self.prefix = parsed.value('P').map(str::to_string);
        self.agent = parsed.value('U').map(str::to_string);
        self.timeout = parsed.value('T').and_then(opts::duration).filter(|t| *t > 0);
        self.tries =
            parsed.value('t').and_then(|t| t.parse().ok()).unwrap_or(if self.busybox { 1 } else { 20 });
        self.insecure = parsed.has('k') || self.busybox;
        self.retry_refused = parsed.has('R');
        self.headers = parsed.values('H');
        self.post = parsed.value('D').map(str::to_string);
        self.urls = parsed.rest;
        if self.urls.is_empty() {
            if self.busybox {
                return Err(with_cx(sys, &mut self.out, |cx| cx.missing_operand()));
            }
            self.err("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n");
            return Err(1);
        }
        Ok(())
    }

    fn err(&mut self, text: &str) {
        let text = if self.utf8 { text.to_string() } else { text.replace(['‘', '’'], "'") };
        self.out.push(2, text.as_bytes());
    }

    /// GNU's running report: only when neither `-q` nor `-nv` was given.
    fn say(&mut self, text: &str) {
        if !self.busybox && !self.quiet && !self.terse {
            self.err(text);
        }
    }

    fn stamp(sys: &Sys<'_>) -> String {
        strftime("%Y-%m-%d %H:%M:%S", sys.now())
    }

    fn file_name(&self) -> String {
        if let Some(o) = &self.output {
            return o.clone();
        }
        let url = self.exchange.as_deref().map(|e| e.url.clone()).unwrap_or_default();
        let name = url.target.rsplit('/').next().unwrap_or("");
        let name = if name.is_empty() { "index.html" } else { name };
        match &self.prefix {
            Some(dir) => format!("{}/{name}", dir.trim_end_matches('/')),
            None => name.to_string(),
        }
    }

    fn start(&mut self, sys: &mut Sys<'_>, url: Url) {
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
        let agent = if self.busybox { "Wget" } else { "Wget/1.21.4" };
        request.headers.add("User-Agent", self.agent.as_deref().unwrap_or(agent));
        if !self.busybox {
            request.headers.add("Accept", "*/*");
            request.headers.add("Accept-Encoding", "identity");
        }
        if let Some(user) = &url.user {
            request.headers.add("Authorization", format!("Basic {}", crate::text::base64(user.as_bytes())));
        }
        for header in &self.headers {
            if let Some((n, v)) = header.split_once(':') {
                request.headers.set(n, v.trim());
            }
        }
        request.headers.add("Connection", if self.busybox { "close" } else { "Keep-Alive" });
        if let Some(post) = &self.post {
            request.headers.add("Content-Type", "application/x-www-form-urlencoded");
            request.body = post.clone().into_bytes();
        }
        let now = sys.now();
        if self.spider && self.redirects == 0 {
            self.say("Spider mode enabled. Check if remote file exists.\n");
        }
        let again = if self.tried > 0 { format!("(try:{:>2})  ", self.tried + 1) } else { String::new() };
        let mut text = format!("--{}--  {again}{}\n", Self::stamp(sys), url.text());
        if url.host.parse::<IpAddr>().is_err() {
            text.push_str(&format!("Resolving {h} ({h})... ", h = url.host));
        }
        self.say(&text);
        let mut exchange = Exchange::new(url, request.to_bytes(), self.spider, now);
        exchange.insecure = self.insecure;
        exchange.roots = sys.vfs().read_text("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        exchange.connect_by = self.timeout.map(|t| now.plus(t));
        exchange.idle = Some(self.timeout.unwrap_or(900 * SECOND));
        self.exchange = Some(Box::new(exchange));
    }

    fn take(&mut self, sys: &mut Sys<'_>, event: Event) {
        let Some(e) = self.exchange.as_deref() else { return };
        let (host, port) = (e.url.host.clone(), e.url.port);
        match event {
            Event::Wait(_) => {}
            Event::Resolved => self.connecting(&host, port),
            Event::Connected => self.say("connected.\nHTTP request sent, awaiting response... "),
            Event::Head => self.head(sys),
            Event::Data(bytes) => {
                if self.file.is_some() {
                    self.write(sys, &bytes);
                }
            }
            Event::Done => self.done(sys),
            Event::Failed(failure) => self.fail(sys, failure),
        }
    }

    fn connecting(&mut self, host: &str, port: u16) {
        let Some(e) = self.exchange.as_deref() else { return };
        let addr = e.addr.map_or(String::new(), |a| a.to_string());
        if self.busybox {
            let shown = if e.url.explicit_port { format!("{host}:{port}") } else { host.to_string() };
            if !self.quiet {
                self.err(&format!("Connecting to {shown} ({addr}:{port})\n"));
            }
        } else if host.parse::<IpAddr>().is_ok() {
            self.say(&format!("Connecting to {host}:{port}... "));
        } else {
            self.say(&format!("{addr}\nConnecting to {host} ({host})|{addr}|:{port}... "));
        }
    }

    fn head(&mut self, sys: &mut Sys<'_>) {
        let Some(e) = self.exchange.as_deref() else { return };
        let Some(head) = e.head.clone() else { return };
        let redirects = e.redirection().is_some() && self.redirects < 20;
        let size = e.expected();
        if self.server_response {
            let text = String::from_utf8_lossy(&raw_head(&head)).replace('\r', "");
            let mut text: String = text.trim_end().lines().map(|l| format!("  {l}\n")).collect();
            if self.busybox {
                text.push_str("  \n");
            } else {
                self.say("\n");
            }
            self.err(&text);
        } else {
            self.say(&format!("{} {}\n", head.status, head.reason));
        }
        if redirects {
            let location = head.headers.get("location").unwrap_or("").to_string();
            return self.say(&format!("Location: {location} [following]\n"));
        }
        if head.status >= 400 {
            return;
        }
        let kind =
            head.headers.get("content-type").map(|k| k.split(';').next().unwrap_or("").trim().to_string());
        let kind = kind.map_or(String::new(), |k| format!(" [{k}]"));
        let length = match size {
            Some(n) if n < 1024 => n.to_string(),
            Some(n) => format!("{n} ({})", opts::human(n as u64)),
            None => "unspecified".to_string(),
        };
        self.say(&format!("Length: {length}{kind}\n"));
        if self.spider {
            return;
        }
        self.open(sys, size);
    }

    fn open(&mut self, sys: &mut Sys<'_>, size: Option<usize>) {
        let mut name = self.file_name();
        let to_stdout = name == "-";
        if !to_stdout && self.output.is_none() && sys.lstat(&name).is_ok() {
            if self.busybox {
                self.err(&format!("wget: can't open '{name}': File exists\n"));
                return self.give_up(sys, 1);
            }
            let free = (1..10_000).map(|n| format!("{name}.{n}")).find(|n| sys.lstat(n).is_err());
            name = free.unwrap_or(name);
        }
        if let (Some(dir), false) = (&self.prefix, self.busybox) {
            // What cannot be made shows when the file is opened.
            let _made = sys.vfs().mkdir_all(dir);
        }
        let opened = if to_stdout { Ok(1) } else { sys.open(&name, OpenFlags::WRITE, 0o666) };
        match opened {
            Ok(fd) => self.file = Some((fd, name.clone())),
            Err(error) if self.busybox => {
                self.err(&format!("wget: can't open '{name}': {error}\n"));
                return self.give_up(sys, 1);
            }
            Err(error) => {
                self.err(&format!("{name}: {error}\n\nCannot write to ‘{name}’ ({error}).\n"));
                return self.give_up(sys, 3);
            }
        }
        if self.busybox && !self.quiet {
            let text =
                if to_stdout { "writing to stdout\n".to_string() } else { format!("saving to '{name}'\n") };
            self.err(&text);
        }
        let shown = if to_stdout { "STDOUT".to_string() } else { name.clone() };
        self.say(&format!("Saving to: ‘{shown}’\n\n"));
        let visible = !self.quiet && !self.terse;
        self.bar = Bar::new(&name, size, visible, self.busybox, sys.is_tty(2), sys.now());
        let text = self.bar.begin();
        self.err(&text);
    }

    fn write(&mut self, sys: &mut Sys<'_>, bytes: &[u8]) {
        let Some((fd, name)) = self.file.clone() else { return };
        let text = self.bar.add(bytes.len(), sys.now());
        self.err(&text);
        if fd == 1 {
            return self.out.push(1, bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match sys.write(fd, rest) {
                Ok(n) => rest = &rest[n..],
                Err(error) => {
                    let text = if self.busybox {
                        format!("wget: short write: {error}\n")
                    } else {
                        format!("\n\nCannot write to ‘{name}’ ({error}).\n")
                    };
                    self.err(&text);
                    return self.give_up(sys, if self.busybox { 1 } else { 3 });
                }
            }
        }
    }

    fn done(&mut self, sys: &mut Sys<'_>) {
        let Some(e) = self.exchange.as_deref() else { return };
        let Some(head) = e.head.clone() else { return };
        let (url, size) = (e.url.clone(), e.size);
        if let Some(next) = e.redirection().filter(|_| self.redirects < 20) {
            self.redirects += 1;
            return self.start(sys, next);
        }
        if head.status >= 400 {
            if self.busybox {
                let (version, status) = (&head.version, head.status);
                self.err(&format!("wget: server returned error: {version} {status} {}\n", head.reason));
                return self.give_up(sys, 1);
            }
            let stamp = Self::stamp(sys);
            if self.spider {
                self.say("Remote file does not exist -- broken link!!!\n\n");
            } else if !self.quiet {
                let line = format!("ERROR {}: {}.\n", head.status, head.reason);
                let text = if self.terse {
                    format!("{}:\n{stamp} {line}", url.text())
                } else {
                    format!("{stamp} {line}\n")
                };
                self.err(&text);
            }
            return self.give_up(sys, 8);
        }
        if self.spider {
            if self.busybox && !self.quiet {
                self.err("remote file exists\n");
            } else {
                self.say("Remote file exists.\n\n");
            }
            return self.give_up(sys, self.code);
        }
        let name = self.file.as_ref().map_or(String::new(), |(_, name)| name.clone());
        let text = self.bar.end(sys.now());
        self.err(&text);
        let stamp = Self::stamp(sys);
        let whole = e_size(size, self.bar.expected);
        if self.busybox && !self.quiet {
            let text =
                if name == "-" { "written to stdout\n".to_string() } else { format!("'{name}' saved\n") };
            self.err(&text);
        } else if !self.busybox && self.terse && !self.quiet {
            self.err(&format!("{stamp} URL:{} [{whole}] -> \"{name}\" [1]\n", url.text()));
        } else {
            let rate = self.bar.rate(sys.now());
            let what =
                if name == "-" { "written to stdout".to_string() } else { format!("‘{name}’ saved") };
            self.say(&format!("{stamp} ({rate}) - {what} [{whole}]\n\n"));
        }
        let code = self.code;
        self.give_up(sys, code);
    }

    fn fail(&mut self, sys: &mut Sys<'_>, failure: Failure) {
        let Some(mut e) = self.exchange.take() else { return };
        e.close(sys);
        let host = e.url.host.clone();
        let addr = e.addr.map_or(String::new(), |a| a.to_string());
        if self.busybox {
            let text = match &failure {
                Failure::Resolve => format!("bad address '{}'", e.url.host_header()),
                Failure::Connect(error) => {
                    let text = if *error == Errno::ETIMEDOUT { "Operation timed out" } else { error.text() };
                    format!("can't connect to remote host ({addr}): {text}")
                }
                Failure::Timeout => "download timed out".to_string(),
                Failure::NotTls => "error getting response: Invalid argument".to_string(),
                Failure::Partial(_) if e.head.is_some() => "connection closed prematurely".to_string(),
                Failure::Empty | Failure::Partial(_) => "error getting response".to_string(),
                Failure::Reset => "error getting response: Connection reset by peer".to_string(),
                Failure::Certificate(why) => why.clone(),
                Failure::Bad => "bad response".to_string(),
            };
            self.err(&format!("wget: {text}\n"));
            return self.give_up(sys, 1);
        }
        let (text, code, retry) = match &failure {
            Failure::Resolve => ("failed: Name or service not known.\n".to_string(), 4, false),
            Failure::Connect(Errno::ECONNREFUSED) => {
                ("failed: Connection refused.\n".to_string(), 4, self.retry_refused)
            }
            Failure::Connect(error) => (format!("failed: {error}.\n"), 4, *error == Errno::ETIMEDOUT),
            Failure::Timeout if e.times.connected.is_some() => {
                ("Read error (Connection timed out) in headers.\n".to_string(), 4, true)
            }
            Failure::Timeout => ("failed: Connection timed out.\n".to_string(), 4, true),
            Failure::NotTls => ("connected.\nUnable to establish SSL connection.\n".to_string(), 4, false),
            Failure::Certificate(why) => {
                let issuer = e.certificate.as_ref().map_or("", |c| c.issuer.as_str());
                let why = if why.starts_with("unable") {
                    "Unable to locally verify the issuer's authority.".to_string()
                } else if why.starts_with("self") {
                    "Self-signed certificate encountered.".to_string()
                } else if why.starts_with("no alternative") {
                    "no certificate subject alternative name matches".to_string()
                } else {
                    "Issued certificate has expired.".to_string()
                };
                let text = format!(
                    "connected.\nERROR: cannot verify {host}'s certificate, issued by ‘{issuer}’:\n  {why}\nTo connect to {host} insecurely, use `--no-check-certificate'.\n"
                );
                (text, 5, false)
            }
            _ => ("No data received.\n".to_string(), 4, true),
        };
        self.say(&text);
        if failure == Failure::Resolve && !self.quiet {
            self.err(&format!("wget: unable to resolve host address ‘{host}’\n"));
            self.err(&sys.unknown_host_hint());
        }
        self.tried += 1;
        if retry && (self.tries == 0 || self.tried < self.tries) {
            self.retry_at = Some(sys.now().plus(i64::from(self.tried.min(10)) * SECOND));
            self.say("Retrying.\n\n");
            return;
        }
        if retry {
            self.say("Giving up.\n\n");
        }
        self.give_up(sys, code);
    }

    /// This URL is done with, for better or worse.
    fn give_up(&mut self, sys: &mut Sys<'_>, code: u8) {
        if let Some(mut e) = self.exchange.take() {
            e.close(sys);
        }
        if let Some((fd, _)) = self.file.take().filter(|(fd, _)| *fd != 1) {
            let _closed = sys.close(fd);
        }
        self.code = code;
        self.at += 1;
        self.redirects = 0;
        self.tried = 0;
    }
}

fn e_size(size: usize, expected: Option<usize>) -> String {
    expected.map_or(size.to_string(), |n| format!("{size}/{n}"))
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
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            let Some(exchange) = self.exchange.as_deref_mut() else {
                let Some(text) = self.urls.get(self.at).cloned() else { return Poll::Exit(self.code) };
                match Url::parse(&text) {
                    Some(url) if !url.host.is_empty() => self.start(sys, url),
                    _ => {
                        let text = if self.busybox {
                            format!("wget: not an http or ftp url: {text}\n")
                        } else {
                            format!("{text}: Unsupported scheme.\n")
                        };
                        self.err(&text);
                        self.give_up(sys, 1);
                    }
                }
                continue;
            };
            match exchange.step(sys) {
                Event::Wait(poll) => {
                    return match self.out.drain(sys) {
                        Some(wait) => Poll::Wait(wait),
                        None => poll,
                    };
                }
                event => self.take(sys, event),
            }
        }
    }

    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
