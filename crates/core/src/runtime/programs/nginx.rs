//! nginx: static files from /usr/share/nginx/html (or the `root` of its configuration), its pages, its log lines.
//!
//! Of the configuration, `listen`, `root`, `server_name`, `return`, `location`, `default_type` and `proxy_pass`-less
//! servers are understood; other directives are accepted and have no effect.

use std::net::IpAddr;

use os::net::http::{Request, Response};
use os::{Program, Signal, Sys};

use super::server::{Answer, App, Server, complain, http_date, log_date, media_type, say, static_file};

/// "Welcome to nginx!", as the image has it.
pub const INDEX: &str = include_str!("nginx/index.html");

#[derive(Clone, Debug, Default)]
struct Nginx {
    version: String,
    sites: Vec<Site>,
}

/// One `server` block.
#[derive(Clone, Debug, Default)]
struct Site {
    port: u16,
    root: String,
    locations: Vec<Location>,
    /// `return` of the whole server.
    answer: Option<(u16, String)>,
}

#[derive(Clone, Debug, Default)]
struct Location {
    prefix: String,
    exact: bool,
    root: Option<String>,
    answer: Option<(u16, String)>,
}

/// The program of the nginx images: serves files by its configuration.
pub fn start() -> Box<dyn Program> {
    Server::boxed(Nginx::default())
}

/// Words of a configuration: `{`, `}` and `;` stand alone, comments are dropped, quotes group.
fn words(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for line in text.lines() {
        let mut word = String::new();
        let mut quote = None;
        for c in line.chars() {
            match (c, quote) {
                (c, Some(q)) if c == q => {
                    quote = None;
                    all.push(std::mem::take(&mut word));
                }
                (c, Some(_)) => word.push(c),
                ('"' | '\'', None) if word.is_empty() => quote = Some(c),
                ('#', None) => break,
                ('{' | '}' | ';', None) => {
                    if !word.is_empty() {
                        all.push(std::mem::take(&mut word));
                    }
                    all.push(c.to_string());
                }
                (c, None) if c.is_whitespace() => {
                    if !word.is_empty() {
                        all.push(std::mem::take(&mut word));
                    }
                }
                (c, None) => word.push(c),
            }
        }
        if !word.is_empty() {
            all.push(word);
        }
    }
    all
}

/// Reads server blocks. The error is nginx's, with the name of the directive at fault.
fn parse(text: &str) -> Result<Vec<Site>, String> {
    let mut sites: Vec<Site> = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    let mut directive: Vec<String> = Vec::new();
    for word in words(text) {
        match word.as_str() {
            "{" => {
                let name = directive.first().cloned().unwrap_or_default();
                if name == "server" {
                    sites.push(Site { port: 80, root: "/usr/share/nginx/html".into(), ..Site::default() });
                } else if name == "location"
                    && let Some(site) = sites.last_mut()
                {
                    let exact = directive.get(1).is_some_and(|it| it == "=");
                    let prefix = directive.last().cloned().unwrap_or_default();
                    site.locations.push(Location { prefix, exact, ..Location::default() });
                }
                blocks.push(name);
                directive.clear();
            }
            "}" => {
                if blocks.pop().is_none() {
                    return Err("unexpected \"}\"".to_string());
                }
                directive.clear();
            }
            ";" => {
                apply(&mut sites, &blocks, &directive);
                directive.clear();
            }
            _ => directive.push(word),
        }
    }
    if blocks.is_empty() { Ok(sites) } else { Err("unexpected end of file, expecting \"}\"".to_string()) }
}

fn apply(sites: &mut [Site], blocks: &[String], directive: &[String]) {
    let in_location = blocks.iter().any(|it| it == "location");
    let (Some(site), [name, rest @ ..]) = (sites.last_mut(), directive) else { return };
    if !blocks.iter().any(|it| it == "server") {
        return;
    }
    let first = rest.first().cloned().unwrap_or_default();
    let answer = || {
        let status = first.parse().unwrap_or(200);
        Some((status, rest.get(1).cloned().unwrap_or_default()))
    };
    match (name.as_str(), in_location, site.locations.last_mut()) {
        ("listen", _, _) => {
            if let Some(port) = first.rsplit(':').next().and_then(|it| it.parse().ok()) {
                site.port = port;
            }
        }
        ("root", true, Some(location)) => location.root = Some(first),
        ("root", false, _) => site.root = first,
        ("return", true, Some(location)) => location.answer = answer(),
        ("return", false, _) => site.answer = answer(),
        _ => {}
    }
}

impl Nginx {
    fn page(&self, status: u16, title: &str) -> Response {
        let body = format!(
            "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1></center>\r\n\
             <hr><center>nginx/{}</center>\r\n</body>\r\n</html>\r\n",
            self.version
        );
        Response::new(status, body).header("Content-Type", "text/html")
    }

    fn notice(&self, sys: &mut Sys, text: &str) {
        let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
        complain(sys, &format!("{date} [notice] 1#1: {text}\n"));
    }
}

impl App for Nginx {
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8> {
        self.version = sys.var("NGINX_VERSION").unwrap_or("1.29.1").to_string();
        say(
            sys,
            "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration\n",
        );
        say(sys, "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n");
        say(sys, "/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh\n");
        say(sys, "/docker-entrypoint.sh: Configuration complete; ready for start up\n");
        let files = sys.vfs().read_dir("/etc/nginx/conf.d").unwrap_or_default();
        let mut sites = Vec::new();
        for name in files.iter().filter(|it| it.ends_with(".conf")) {
            let path = format!("/etc/nginx/conf.d/{name}");
            let text = sys.vfs().read_text(&path).unwrap_or_default();
            match parse(&text) {
                Ok(found) => sites.extend(found),
                Err(error) => {
                    let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
                    let line = text.lines().count();
                    complain(
                        sys,
                        &format!(
                            "{date} [emerg] 1#1: {error} in {path}:{line}\nnginx: [emerg] {error} in {path}:{line}\n"
                        ),
                    );
                    return Err(1);
                }
            }
        }
        let writable = sys.vfs().mkdir_all("/var/cache/nginx/client_temp");
        if let Err(error) = writable {
            let code = if error == os::Errno::EROFS { 30 } else { 13 };
            let text = format!("mkdir() \"/var/cache/nginx/client_temp\" failed ({code}: {})", error.text());
            let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
            complain(sys, &format!("{date} [emerg] 1#1: {text}\nnginx: [emerg] {text}\n"));
            return Err(1);
        }
        self.notice(sys, "using the \"epoll\" event method");
        let version = self.version.clone();
        self.notice(sys, &format!("nginx/{version}"));
        self.notice(sys, "built by gcc 14.2.0 (Debian 14.2.0-19)");
        self.notice(sys, "OS: Linux 6.12.30");
        self.notice(sys, "start worker processes");
        let mut ports: Vec<u16> = sites.iter().map(|it| it.port).collect();
        ports.dedup();
        self.sites = sites;
        sys.set_memory(9 << 20);
        Ok(ports)
    }

    fn answer(&mut self, sys: &mut Sys, request: &Request, _peer: IpAddr) -> Answer {
        let path = os::net::http::decode_percent(request.path());
        let Some(site) = self.sites.first().cloned() else { return Answer::Now(self.page(404, "Not Found")) };
        let best = site
            .locations
            .iter()
            .filter(|it| if it.exact { path == it.prefix } else { path.starts_with(&it.prefix) })
            .max_by_key(|it| (it.exact, it.prefix.len()));
        let root = best.and_then(|it| it.root.clone()).unwrap_or(site.root);
        let fixed = best.and_then(|it| it.answer.clone()).or(site.answer);
        let response = match fixed {
            Some((status @ (301 | 302 | 303 | 307 | 308), target)) => {
                let page = self.page(status, os::net::http::reason(status));
                page.header("Location", target)
            }
            Some((status, text)) => Response::new(status, text.replace("\\n", "\n"))
                .header("Content-Type", "application/octet-stream"),
            None if !matches!(request.method.as_str(), "GET" | "HEAD") => self.page(405, "Not Allowed"),
            None => match static_file(sys, &root, &path) {
                Some((name, bytes)) => Response::new(200, bytes).header("Content-Type", media_type(&name)),
                None if path.ends_with('/') && path != "/" || sys.stat(&root).is_ok_and(|_| path == "/") => {
                    self.page(403, "Forbidden")
                }
                None => {
                    let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
                    let host = request.headers.get("host").unwrap_or("localhost").to_string();
                    complain(
                        sys,
                        &format!(
                            "{date} [error] 29#29: *1 open() \"{root}{path}\" failed (2: No such file or directory), client: {_peer}, \
                             server: localhost, request: \"{} {} {}\", host: \"{host}\"\n",
                            request.method, request.target, request.version
                        ),
                    );
                    self.page(404, "Not Found")
                }
            },
        };
        let keep = if request.keep_alive() { "keep-alive" } else { "close" };
        let date = http_date(sys);
        let server = format!("nginx/{}", self.version);
        let mut response = response.header("Connection", keep);
        response.headers.0.insert(0, ("Server".into(), server));
        response.headers.0.insert(1, ("Date".into(), date));
        Answer::Now(response)
    }

    fn logged(&mut self, sys: &mut Sys, request: &Request, response: &Response, peer: IpAddr) {
        let agent = request.headers.get("user-agent").unwrap_or("-");
        let referer = request.headers.get("referer").unwrap_or("-");
        let forwarded = request.headers.get("x-forwarded-for").unwrap_or("-");
        let length = if request.method == "HEAD" { 0 } else { response.body.len() };
        let line = format!(
            "{peer} - - [{}] \"{} {} {}\" {} {length} \"{referer}\" \"{agent}\" \"{forwarded}\"\n",
            log_date(sys),
            request.method,
            request.target,
            request.version,
            response.status
        );
        say(sys, &line);
    }

    fn signals(&self) -> &'static [Signal] {
        &[Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP]
    }

    fn on_signal(&mut self, sys: &mut Sys, signal: Signal) -> Option<u8> {
        if signal == Signal::HUP {
            self.notice(sys, "signal 1 (SIGHUP) received, reconfiguring");
            return None;
        }
        let name = if signal == Signal::QUIT {
            "3 (SIGQUIT) received, shutting down"
        } else {
            "15 (SIGTERM) received, exiting"
        };
        self.notice(sys, &format!("signal {name}"));
        self.notice(sys, "exit");
        Some(0)
    }

    fn port_taken(&self, port: u16) -> String {
        let text = format!("bind() to 0.0.0.0:{port} failed (98: Address already in use)");
        format!("nginx: [emerg] {text}\n")
    }

    fn clone_app(&self) -> Box<dyn App> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn configuration_gives_ports_roots_and_locations() {
        let sites = parse("server { listen 8080; root /srv; location = /healthz { return 200 'ok\\n'; } }")
            .expect("valid");
        assert_eq!((sites[0].port, sites[0].root.as_str()), (8080, "/srv"));
        assert_eq!(sites[0].locations[0].answer, Some((200, "ok\\n".to_string())));
        assert!(parse("server { listen 80;").is_err());
    }
}
