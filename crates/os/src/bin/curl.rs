//! curl: an HTTP client.

use super::{
    http_client::{Event, Exchange, Failure, Stage, Url, raw_head},
    opts,
    process::with_cx,
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::Sys,
    net::http::{Request, Response, ResponseParser},
    program::{Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "curl",
    "Usage: curl [options...] <url>\n -d, --data <data>           HTTP POST data\n -f, --fail                  Fail fast with no output on HTTP errors\n -H, --header <header>       Pass custom header(s) to server\n -i, --include               Include response headers in output\n -I, --head                  Show document info only\n -k, --insecure              Allow insecure server connections\n -L, --location              Follow redirects\n -m, --max-time <seconds>    Maximum time allowed for transfer\n -o, --output <file>         Write to file instead of stdout\n -O, --remote-name           Write output to file named as remote file\n -s, --silent                Silent mode\n -u, --user <user:password>  Server user and password\n -v, --verbose               Make the operation more talkative\n -w, --write-out <format>    What to output after completion\n -X, --request <method>      Specify request method to use\n",
    || Box::new(Curl::default()),
);

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
                .map(|u| super::paths::base(u.split(['?', '#']).next().unwrap_or(u)).to_string()),
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
