//! wget: a downloader, in GNU's and BusyBox's wording.

use std::net::IpAddr;

use super::{
    http_client::{Event, Exchange, Failure, Url, raw_head},
    opts,
    process::with_cx,
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::Sys,
    net::http::{Request, Response},
    program::{Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "wget",
    "Usage: wget [-cqS] [--spider] [-O FILE] [-T SEC] [--header STR] [--post-data STR] URL...\n\nRetrieve files via HTTP or FTP\n\n\t--spider\tOnly check URL existence: $? is 0 if exists\n\t-q\t\tQuiet\n\t-S\t\tShow server response\n\t-T SEC\t\tNetwork read timeout is SEC seconds\n\t-O FILE\t\tSave to FILE ('-' for stdout)\n",
    || Box::new(Wget::default()),
);

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
