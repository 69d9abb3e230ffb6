//! curl: an HTTP client.

mod cookies;
mod form;
mod meter;
mod options;
mod report;
mod write_out;

use super::{
    http_client::{Event, Exchange, Failure, Url, raw_head},
    paths::base,
    tool::Output,
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    net::http::Request,
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::{SECOND, Time},
};
use cookies::Jar;
use meter::Meter;
use options::{Options, Target};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "curl",
    "Usage: curl [options...] <url>\n -d, --data <data>           HTTP POST data\n -f, --fail                  Fail fast with no output on HTTP errors\n -h, --help <category>       Get help for commands\n -i, --include               Include response headers in output\n -o, --output <file>         Write to file instead of stdout\n -O, --remote-name           Write output to file named as remote file\n -s, --silent                Silent mode\n -T, --upload-file <file>    Transfer local FILE to destination\n -u, --user <user:password>  Server user and password\n -A, --user-agent <name>     Send User-Agent <name> to server\n -v, --verbose               Make the operation more talkative\n -V, --version               Show version number and quit\n\nThis is not the full help; this menu is split into categories.\nUse \"--help category\" to get an overview of all categories, which are:\nauth, connection, curl, dns, file, ftp, http, output, post, proxy, tls, verbose.\n",
    || Box::new(Curl::default()),
);

/// curl
#[derive(Clone, Debug, Default)]
pub struct Curl {
    options: Option<Box<Options>>,
    /// Which URL, and the transfer of it.
    at: usize,
    exchange: Option<Box<Exchange>>,
    method: String,
    body: Vec<u8>,
    /// Where the body goes, once it is open.
    file: Option<(Fd, String)>,
    redirects: u32,
    tries: u32,
    retry_at: Option<Time>,
    /// When the first exchange for this URL began.
    began: Option<Time>,
    meter: Option<Meter>,
    connections: u32,
    /// Cookies, where they are kept at all.
    jar: Option<Jar>,
    code: u8,
    last_code: u8,
    out: Output,
}

impl Curl {
    fn show_errors(&self) -> bool {
        self.options.as_deref().is_some_and(|o| !o.silent || o.show_error)
    }

    fn complain(&mut self, code: u8, text: &str) {
        self.last_code = code;
        self.code = code;
        if self.show_errors() {
            self.out.push(2, format!("curl: ({code}) {text}\n").as_bytes());
        }
    }

    fn target(&self) -> Option<String> {
        let o = self.options.as_deref()?;
        match o.outputs.get(self.at) {
            Some(Target::File(name)) if name == "-" => None,
            Some(Target::File(name)) => Some(name.clone()),
            None if !o.remote_name_all => None,
            _ => {
                let url = o.urls.get(self.at)?.split(['?', '#']).next().unwrap_or("");
                let path = url.split_once("://").map_or(url, |(_, rest)| rest);
                Some(if path.contains('/') { base(path).to_string() } else { String::new() })
            }
        }
    }

    /// Begins with the URL that is next.
    fn begin(&mut self, sys: &mut Sys<'_>, text: &str) {
        let url = match Url::parse(text) {
            Some(url) if !url.host.is_empty() => url,
            _ => {
                match text.split_once("://").map(|(s, _)| s) {
                    Some(s) if s != "http" && s != "https" => {
                        self.complain(1, &format!("Protocol \"{s}\" not supported or disabled in libcurl"));
                    }
                    _ => self.complain(3, "URL using bad/illegal format or missing URL"),
                }
                return self.next_url(sys);
            }
        };
        if self.target().is_some_and(|t| t.is_empty()) {
            self.complain(23, "Failed to get a sensible file name from the URL");
            return self.next_url(sys);
        }
        let Some(o) = self.options.as_deref() else { return };
        if !o.silent && !o.no_meter && (self.target().is_some() || !sys.is_tty(1)) {
            self.meter.get_or_insert_default().start(&mut self.out, sys.now());
        } else {
            self.meter = None;
        }
        self.began = None;
        self.redirects = 0;
        self.start(sys, url);
    }

    fn start(&mut self, sys: &mut Sys<'_>, url: Url) {
        let Some(o) = self.options.as_deref() else { return };
        let mut request =
            Request { target: url.target.clone(), version: "HTTP/1.1".to_string(), ..Request::default() };
        // A redirected POST goes on as GET, unless the status or -X says otherwise.
        let kept = self.exchange.as_deref().is_none_or(|e| matches!(e.status(), 307 | 308));
        let again = self.redirects == 0 || kept;
        let mut kind = "application/x-www-form-urlencoded".to_string();
        let mut body = o.data.clone().filter(|_| !o.get && again);
        if !o.parts.is_empty() && again {
            let boundary = format!("------------------------{:016x}", sys.random());
            body = Some(form::multipart(&o.parts, &boundary));
            kind = format!("multipart/form-data; boundary={boundary}");
        }
        let upload = o.upload.clone().filter(|_| again);
        if let Some((name, content)) = &upload {
            body = Some(content.clone());
            if request.target.ends_with('/') && name != "-" {
                request.target.push_str(base(name));
            }
        }
        let method = if upload.is_some() {
            "PUT"
        } else if o.head {
            "HEAD"
        } else if body.is_some() {
            "POST"
        } else {
            "GET"
        };
        request.method = o.method.clone().unwrap_or(method.to_string());
        self.method = request.method.clone();
        let asked = o.data.as_ref().filter(|_| o.get).map(|data| String::from_utf8_lossy(data).into_owned());
        for query in asked.iter().chain(&o.query).filter(|_| self.redirects == 0) {
            let joiner = if request.target.contains('?') { '&' } else { '?' };
            request.target.push_str(&format!("{joiner}{query}"));
        }
        request.headers.add("Host", url.host_header());
        if let Some(user) = o.user.as_ref().or(url.user.as_ref()) {
            request.headers.add("Authorization", format!("Basic {}", crate::text::base64(user.as_bytes())));
        }
        request.headers.add("User-Agent", o.agent.clone().unwrap_or("curl/8.5.0".to_string()));
        request.headers.add("Accept", "*/*");
        let jar = self.jar.as_ref().map_or(String::new(), |jar| jar.header(&url, sys.now()));
        let own = o.cookies.join(";");
        let cookies: Vec<String> = [jar, own].into_iter().filter(|c| !c.is_empty()).collect();
        if !cookies.is_empty() {
            request.headers.add("Cookie", cookies.join("; "));
        }
        for header in &o.headers {
            if let Some(name) = header.strip_suffix(';').filter(|name| !name.contains(':')) {
                request.headers.set(name, "");
            } else if let Some((name, value)) = header.split_once(':') {
                let value = value.trim();
                if value.is_empty() {
                    request.headers.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
                } else {
                    request.headers.set(name, value);
                }
            }
        }
        if let Some(body) = body {
            request.headers.set("Content-Length", body.len().to_string());
            let refused = |h: &String| h.trim_end().eq_ignore_ascii_case("content-type:");
            let unsaid = request.headers.get("content-type").is_none() && !o.headers.iter().any(refused);
            if upload.is_none() && unsaid {
                request.headers.add("Content-Type", kind);
            }
            request.body = body;
        }
        let now = sys.now();
        let mut exchange = Exchange::new(url, request.to_bytes(), o.head, now);
        exchange.insecure = o.insecure;
        exchange.roots = o.roots.clone();
        let began = *self.began.get_or_insert(now);
        exchange.all_by = o.max_time.map(|t| began.plus(t));
        // The kernel gives up on a connection after two minutes or so; curl after five.
        exchange.connect_by = Some(now.plus(o.connect_timeout.unwrap_or(300 * SECOND)));
        for rule in &o.resolve {
            if let [host, port, addr] = rule.splitn(3, ':').collect::<Vec<_>>().as_slice()
                && *host == exchange.url.host
                && *port == exchange.url.port.to_string()
            {
                exchange.resolve_to = addr.trim_matches(['[', ']']).parse().ok();
            }
        }
        self.exchange = Some(Box::new(exchange));
    }

    /// Takes what the exchange has to tell.
    fn take(&mut self, sys: &mut Sys<'_>, event: Event) {
        let (Some(o), Some(e)) = (self.options.as_deref(), self.exchange.as_deref()) else { return };
        let verbose = o.verbose;
        let posted = posted(e);
        if let Some(meter) = &mut self.meter {
            meter.tick(&mut self.out, e, if e.times.sent.is_some() { posted } else { 0 }, sys.now());
        }
        match event {
            Event::Wait(_) => {}
            Event::Resolved if verbose => self.out.push(2, report::trying(e).as_bytes()),
            Event::Connected => {
                if verbose {
                    let text = report::connected(e, o, sys.now(), self.connections);
                    self.out.push(2, text.as_bytes());
                    if posted > 0 && !sys.is_tty(1) {
                        self.out.push(2, format!("}} [{posted} bytes data]\n").as_bytes());
                    }
                }
                self.connections += 1;
            }
            Event::Resolved => {}
            Event::Head => self.head(sys),
            Event::Data(bytes) => {
                if self.discards_body() {
                    return;
                }
                if verbose && !sys.is_tty(1) {
                    self.out.push(2, format!("{{ [{} bytes data]\n", bytes.len()).as_bytes());
                }
                self.body.extend(bytes);
                self.deliver(sys);
            }
            Event::Done => self.done(sys),
            Event::Failed(failure) => self.fail(sys, failure),
        }
    }

    /// A redirection's own page and what `-f` rejects are not shown.
    fn discards_body(&self) -> bool {
        let (Some(o), Some(e)) = (self.options.as_deref(), self.exchange.as_deref()) else { return true };
        o.fail && e.status() >= 400 || self.redirects_on(o, e)
    }

    fn redirects_on(&self, o: &Options, e: &Exchange) -> bool {
        o.follow && e.redirection().is_some() && self.redirects < o.max_redirects.unwrap_or(50)
    }

    fn head(&mut self, sys: &mut Sys<'_>) {
        let (Some(o), Some(e)) = (self.options.as_deref(), self.exchange.as_deref()) else { return };
        let Some(response) = &e.head else { return };
        let head = raw_head(response);
        if let Some(jar) = &mut self.jar {
            let set = response.headers.0.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
            set.for_each(|(_, value)| jar.set(value, &e.url, sys.now()));
        }
        if o.verbose {
            let text: String = String::from_utf8_lossy(&head).lines().map(|l| format!("< {l}\n")).collect();
            self.out.push(2, text.replace('\r', "").as_bytes());
        }
        match o.dump.as_deref() {
            Some("-") => self.out.push(1, &head),
            Some(file) => {
                // The headers of one answer; where they cannot be written, the body still counts.
                let _written = sys.vfs().write(file, head.clone(), 0o666);
            }
            None => {}
        }
        if (o.include || o.head) && !(o.fail && e.status() >= 400) {
            self.body.extend(head);
        }
    }

    /// Writes what has come of the body where it belongs.
    fn deliver(&mut self, sys: &mut Sys<'_>) {
        let bytes = std::mem::take(&mut self.body);
        let Some(name) = self.target() else {
            return self.out.push(1, &bytes);
        };
        if self.file.is_none() {
            if self.options.as_deref().is_some_and(|o| o.create_dirs)
                && let Some((dir, _)) = name.rsplit_once('/')
            {
                // What cannot be made shows when the file is opened.
                let _made = sys.vfs().mkdir_all(dir);
            }
            match sys.open(&name, OpenFlags::WRITE, 0o666) {
                Ok(fd) => self.file = Some((fd, name)),
                Err(error) => {
                    if self.options.as_deref().is_some_and(|o| !o.silent) {
                        let text = format!("Warning: Failed to open the file {name}: {error}\n");
                        self.out.push(2, text.as_bytes());
                    }
                    if let Some(e) = self.exchange.as_deref_mut() {
                        e.close(sys);
                    }
                    return self.finish(sys, 23, "Failure writing output to destination");
                }
            }
        }
        if let Some((fd, _)) = &self.file {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                match sys.write(*fd, rest) {
                    Ok(n) => rest = &rest[n..],
                    Err(_) => return self.finish(sys, 23, "Failure writing output to destination"),
                }
            }
        }
    }

    fn done(&mut self, sys: &mut Sys<'_>) {
        let (Some(o), Some(e)) = (self.options.clone(), self.exchange.as_deref()) else { return };
        if self.redirects_on(&o, e)
            && let Some(url) = e.redirection()
        {
            if o.include || o.head {
                self.deliver(sys);
            }
            if o.verbose {
                let text = report::left_intact(self.exchange.as_deref(), self.connections)
                    + &format!("* Issue another request to this URL: '{}'\n", url.text());
                self.out.push(2, text.as_bytes());
            }
            self.redirects += 1;
            return self.start(sys, url);
        }
        if o.follow && e.redirection().is_some() {
            let most = o.max_redirects.unwrap_or(50);
            return self.finish(sys, 47, &format!("Maximum ({most}) redirects followed"));
        }
        let status = e.status();
        if matches!(status, 408 | 429 | 500 | 502 | 503 | 504) && self.retry(sys, "HTTP error") {
            return;
        }
        if status >= 400 && (o.fail || o.fail_with_body) {
            if o.fail_with_body {
                self.deliver(sys);
            }
            return self.finish(sys, 22, &format!("The requested URL returned error: {status}"));
        }
        self.deliver(sys);
        if self.exchange.is_some() {
            self.finish(sys, 0, "");
        }
    }

    fn fail(&mut self, sys: &mut Sys<'_>, failure: Failure) {
        let (Some(o), Some(e)) = (self.options.clone(), self.exchange.as_deref()) else { return };
        let began = self.began.unwrap_or(e.times.began);
        let (code, text) = report::failure(e, &failure, began, sys.now());
        if o.verbose {
            let text = report::failed(e, &failure, &text, self.connections);
            self.out.push(2, text.as_bytes());
        }
        if matches!(failure, Failure::Partial(_)) {
            self.deliver(sys);
        }
        let refused = matches!(failure, Failure::Connect(Errno::ECONNREFUSED));
        let timeout = matches!(failure, Failure::Timeout | Failure::Connect(Errno::ETIMEDOUT));
        let problem = if timeout {
            "timeout"
        } else if refused && o.retry_refused {
            "connection refused"
        } else {
            "(retrying all errors)"
        };
        if (timeout || refused && o.retry_refused || o.retry_all) && self.tries < o.retry {
            self.close_meter(sys);
            self.complain(code, &text);
            if self.retry(sys, problem) {
                return;
            }
        }
        self.finish(sys, code, &text);
    }

    /// Waits and tries again, if that was asked for.
    fn retry(&mut self, sys: &mut Sys<'_>, problem: &str) -> bool {
        let Some(o) = self.options.as_deref().filter(|o| self.tries < o.retry) else { return false };
        let wait = o.retry_delay.map_or((1i64 << self.tries.min(9)).min(600), |d| d / SECOND);
        let left = o.retry - self.tries;
        if !o.silent {
            let s = if wait == 1 { "" } else { "s" };
            let ies = if left == 1 { "y" } else { "ies" };
            let text = format!(
                "Warning: Problem: {problem}. Will retry in {wait} second{s}. {left} retr{ies} left.\n"
            );
            self.out.push(2, text.as_bytes());
        }
        self.tries += 1;
        self.retry_at = Some(sys.now().plus(wait * SECOND));
        self.body.clear();
        self.code = 0;
        if let Some(mut e) = self.exchange.take() {
            e.close(sys);
        }
        true
    }

    fn close_meter(&mut self, sys: &Sys<'_>) {
        if let (Some(meter), Some(e)) = (&mut self.meter, self.exchange.as_deref()) {
            let sent = if e.times.sent.is_some() { posted(e) } else { 0 };
            if e.addr.is_some() {
                meter.finish(&mut self.out, e, sent, sys.now());
            }
        }
    }

    /// Writes the cookies where `-c` says; whether there is something to be said about that.
    fn keep_cookies(&mut self, sys: &mut Sys<'_>) -> bool {
        let file = self.options.as_deref().and_then(|o| o.cookie_jar.clone());
        let (Some(file), Some(jar)) = (file, self.jar.take()) else { return false };
        if file == "-" {
            self.out.push(1, jar.show().as_bytes());
        } else if sys.vfs().write(&file, jar.show().into_bytes(), 0o600).is_err() && self.show_errors() {
            self.out.push(2, format!("Warning: failed to save cookies in {file}\n").as_bytes());
        }
        self.out.len() > 0
    }

    /// The transfer of this URL is over.
    fn finish(&mut self, sys: &mut Sys<'_>, code: u8, text: &str) {
        self.close_meter(sys);
        let Some(o) = self.options.clone() else { return };
        if o.verbose && code == 0 {
            let text = report::left_intact(self.exchange.as_deref(), self.connections);
            self.out.push(2, text.as_bytes());
        }
        self.last_code = code;
        if code == 0 {
            self.code = 0;
        } else {
            let more = if code == 60 { report::ABOUT_CERTIFICATES } else { "" };
            self.complain(code, &format!("{text}{more}"));
        }
        if code == 6 && !o.silent {
            self.out.push(2, sys.unknown_host_hint().as_bytes());
        }
        if let (Some(format), Some(e)) = (&o.write_out, self.exchange.as_deref()) {
            let format = match format.strip_prefix('@') {
                Some(file) => sys.vfs().read_text(file).unwrap_or_default(),
                None => format.clone(),
            };
            let facts = write_out::Facts {
                exchange: e,
                method: &self.method,
                url: o.urls.get(self.at).map_or("", String::as_str),
                number: self.at,
                file: self.file.as_ref().map_or("", |(_, name)| name),
                redirects: self.redirects,
                began: self.began.unwrap_or(e.times.began),
                now: sys.now(),
                code,
                error: text,
                local: sys.addresses().first().map_or("127.0.0.1".to_string(), |a| a.to_string()),
                uploaded: posted(e),
            };
            let [out, err] = write_out::show(&format, &facts);
            self.out.push(1, &out);
            self.out.push(2, &err);
        }
        self.next_url(sys);
    }

    fn next_url(&mut self, sys: &mut Sys<'_>) {
        if let Some(mut e) = self.exchange.take() {
            e.close(sys);
        }
        if let Some((fd, _)) = self.file.take() {
            let _closed = sys.close(fd);
        }
        self.body.clear();
        self.at += 1;
        self.tries = 0;
    }
}

/// Bytes of the request's body.
fn posted(e: &Exchange) -> usize {
    let end = e.request.windows(4).position(|w| w == b"\r\n\r\n").map_or(e.request.len(), |p| p + 4);
    e.request.len() - end
}

impl Program for Curl {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.options.is_none() {
            match options::parse(sys, &mut self.out) {
                Ok(options) => {
                    if !options.cookie_files.is_empty() || options.cookie_jar.is_some() {
                        let jar = self.jar.get_or_insert_default();
                        for file in options.cookie_files.iter().filter_map(|f| form::contents(sys, f)) {
                            jar.read(&String::from_utf8_lossy(&file));
                        }
                    }
                    self.options = Some(Box::new(options));
                }
                Err(code) => {
                    self.code = code;
                    self.options = Some(Box::default());
                }
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
                let next = self.options.as_deref().and_then(|o| o.urls.get(self.at).cloned());
                let Some(text) = next else {
                    if self.keep_cookies(sys) {
                        continue;
                    }
                    return Poll::Exit(self.code);
                };
                self.begin(sys, &text);
                continue;
            };
            match exchange.step(sys) {
                Event::Wait(poll) => {
                    self.take(sys, Event::Wait(Poll::Yield));
                    if let Some(wait) = self.out.drain(sys) {
                        return Poll::Wait(wait);
                    }
                    return match (poll, self.meter.as_ref().and_then(Meter::due)) {
                        (Poll::Wait(wait), Some(at)) => Poll::Wait(wait.or_until(at)),
                        (poll, _) => poll,
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
