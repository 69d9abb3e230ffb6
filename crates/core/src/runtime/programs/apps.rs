//! Small demo servers: each says who it is, so that people see which pod answered.

use std::net::IpAddr;

use collections::StableSort;
use os::net::http::{Request, Response};
use os::{Program, Signal, Sys};

use super::server::{Answer, App, Server, complain, http_date, log_date, media_type, say, static_file};

/// Which demo a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demo {
    Httpd,
    Kubia,
    HelloApp,
    HttpEcho,
    EchoServer,
    Whoami,
    Agnhost,
    Webserver,
}

#[derive(Clone, Debug)]
struct Apps {
    demo: Demo,
    requests: u64,
    /// http-echo's text; kubia's and hello-app's version.
    text: String,
    port: u16,
    /// agnhost's mode.
    mode: String,
}

fn server(demo: Demo) -> Box<dyn Program> {
    Server::boxed(Apps { demo, requests: 0, text: String::new(), port: 8080, mode: String::new() })
}

/// Apache's "It works!".
pub fn httpd() -> Box<dyn Program> {
    server(Demo::Httpd)
}
/// Marko Lukša's kubia ("You've hit NAME").
pub fn kubia() -> Box<dyn Program> {
    server(Demo::Kubia)
}
/// Google's hello-app ("Hello, world!", version, host name).
pub fn hello_app() -> Box<dyn Program> {
    server(Demo::HelloApp)
}
/// HashiCorp's http-echo: a fixed text.
pub fn http_echo() -> Box<dyn Program> {
    server(Demo::HttpEcho)
}
/// Kubernetes' echoserver: the request, as text.
pub fn echoserver() -> Box<dyn Program> {
    server(Demo::EchoServer)
}
/// Traefik's whoami: host name, addresses, the request.
pub fn whoami() -> Box<dyn Program> {
    server(Demo::Whoami)
}
/// Kubernetes' agnhost, chosen by its first argument.
pub fn agnhost() -> Box<dyn Program> {
    server(Demo::Agnhost)
}
/// A page with a fixed text and the host name.
pub fn webserver() -> Box<dyn Program> {
    server(Demo::Webserver)
}

/// The value of `-name=value`, `--name=value` or `--name value`.
fn option(argv: &[String], name: &str) -> Option<String> {
    for (i, word) in argv.iter().enumerate() {
        let bare = word.trim_start_matches('-');
        if let Some(value) = bare.strip_prefix(name).and_then(|it| it.strip_prefix('=')) {
            return Some(value.to_string());
        }
        if bare == name && word.starts_with('-') {
            return argv.get(i + 1).cloned();
        }
    }
    None
}

fn go_date(sys: &Sys) -> String {
    os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now())
}

fn plain(status: u16, body: impl Into<Vec<u8>>, sys: &Sys) -> Response {
    Response::new(status, body)
        .header("Date", http_date(sys))
        .header("Content-Type", "text/plain; charset=utf-8")
}

impl Apps {
    fn kubia(&mut self, sys: &mut Sys, peer: IpAddr) -> Response {
        self.requests += 1;
        say(sys, &format!("Received request from ::ffff:{peer}\n"));
        let host = sys.hostname();
        let body = match self.text.as_str() {
            "v1" => format!("This is v1 running in pod {host}\n"),
            "v2" => format!("This is v2 running in pod {host}\n"),
            "v3" | "v4" if self.text == "v3" && self.requests > 5 => {
                return plain(500, format!("Some internal error has occurred! This is pod {host}\n"), sys);
            }
            "v3" => format!("This is v3 running in pod {host}\n"),
            "v4" => format!("This is v4 running in pod {host}\n"),
            "unhealthy" if self.requests > 5 => {
                return plain(500, "I'm not well. Please restart me!\n", sys);
            }
            _ => format!("You've hit {host}\n"),
        };
        Response::new(200, body).header("Date", http_date(sys)).header("Connection", "keep-alive")
    }

    fn echo(&self, sys: &Sys, request: &Request, peer: IpAddr) -> Response {
        let mut text = format!(
            "\n\nHostname: {}\n\nPod Information:\n\t-no pod information available-\n\n",
            sys.hostname()
        );
        text.push_str(
            "Server values:\n\tserver_version=nginx: 1.21.6 - lua: 10022\n\nRequest Information:\n",
        );
        let host = request.headers.get("host").unwrap_or("localhost");
        text.push_str(&format!(
            "\tclient_address={peer}\n\tmethod={}\n\treal path={}\n\tquery={}\n\trequest_version={}\n\trequest_scheme=http\n\
             \trequest_uri=http://{host}:8080{}\n\nRequest Headers:\n",
            request.method,
            request.target,
            request.query(),
            request.version.trim_start_matches("HTTP/"),
            request.target
        ));
        let mut headers: Vec<String> = request
            .headers
            .0
            .iter()
            .map(|(name, value)| format!("\t{}={value}\n", name.to_lowercase()))
            .collect();
        headers.stable_sort();
        text.push_str(&headers.concat());
        text.push_str("\nRequest Body:\n");
        if request.body.is_empty() {
            text.push_str("\t-no body in request-\n\n");
        } else {
            text.push_str(&format!("{}\n\n", String::from_utf8_lossy(&request.body)));
        }
        plain(200, text, sys)
    }

    fn whoami(&self, sys: &Sys, request: &Request, peer: IpAddr) -> Response {
        if request.path() == "/health" {
            return plain(200, "", sys);
        }
        let mut text = format!("Hostname: {}\nIP: 127.0.0.1\nIP: ::1\n", sys.hostname());
        for ip in sys.addresses() {
            text.push_str(&format!("IP: {ip}\n"));
        }
        text.push_str(&format!(
            "RemoteAddr: {peer}:{}\n{} {} {}\n",
            40_000 + self.requests % 20_000,
            request.method,
            request.target,
            request.version
        ));
        for (name, value) in &request.headers.0 {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push('\n');
        plain(200, text, sys)
    }

    fn agnhost(&mut self, sys: &mut Sys, request: &Request, peer: IpAddr) -> Answer {
        if self.mode == "serve-hostname" {
            return Answer::Now(plain(200, sys.hostname().to_string(), sys));
        }
        let path = request.path();
        let now = os::time::strftime("%Y-%m-%d %H:%M:%S.000000 +0000 UTC", sys.now());
        say(sys, &format!("{} GET {path}\n", go_date(sys)));
        Answer::Now(match path {
            "/" => plain(200, format!("NOW: {now}"), sys),
            "/hostname" | "/hostName" => plain(200, sys.hostname().to_string(), sys),
            "/clientip" => plain(200, format!("{peer}:{}", 40_000 + self.requests % 20_000), sys),
            "/healthz" | "/readyz" => plain(200, "", sys),
            "/echo" => plain(200, request.parameter("msg").unwrap_or_default(), sys),
            "/header" => {
                let key = request.parameter("key").unwrap_or_default();
                plain(200, request.headers.get(&key).unwrap_or("").to_string(), sys)
            }
            "/exit" => {
                let code = request.parameter("code").and_then(|it| it.parse().ok()).unwrap_or(0);
                return Answer::Die(code);
            }
            _ => plain(404, "404 page not found\n", sys),
        })
    }

    fn httpd(&self, sys: &mut Sys, request: &Request) -> Response {
        let path = os::net::http::decode_percent(request.path());
        let response = match static_file(sys, "/usr/local/apache2/htdocs", &path) {
            Some((name, bytes)) => Response::new(200, bytes).header("Content-Type", media_type(&name)),
            None => Response::new(
                404,
                "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n\
                 <h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n",
            )
            .header("Content-Type", "text/html; charset=iso-8859-1"),
        };
        let date = http_date(sys);
        response.header("Date", date).header("Server", "Apache/2.4.65 (Unix)")
    }
}

impl App for Apps {
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8> {
        let argv = sys.argv();
        sys.set_memory(12 << 20);
        match self.demo {
            Demo::Httpd => {
                self.port = 80;
                let date = os::time::strftime("%a %b %d %H:%M:%S.000000 %Y", sys.now());
                let ip = sys.addresses().first().map_or_else(|| "127.0.0.1".to_string(), |it| it.to_string());
                complain(
                    sys,
                    &format!(
                        "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using {ip}. Set the 'ServerName' directive globally to suppress this message\n"
                    ),
                );
                complain(
                    sys,
                    &format!(
                        "[{date}] [mpm_event:notice] [pid 1:tid 1] AH00489: Apache/2.4.65 (Unix) configured -- resuming normal operations\n"
                    ),
                );
                complain(
                    sys,
                    &format!(
                        "[{date}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'\n"
                    ),
                );
            }
            Demo::Kubia => {
                self.text = sys.var("KUBIA_VERSION").unwrap_or_default().to_string();
                say(sys, "Kubia server starting...\n");
                sys.set_memory(40 << 20);
            }
            Demo::HelloApp => {
                self.text = sys.var("HELLO_VERSION").unwrap_or("1.0.0").to_string();
                self.port = sys.var("PORT").and_then(|it| it.parse().ok()).unwrap_or(8080);
                let line = format!("{} Server listening on port {}\n", go_date(sys), self.port);
                complain(sys, &line);
            }
            Demo::HttpEcho => {
                self.text = match option(&argv, "text").or_else(|| sys.var("ECHO_TEXT").map(str::to_string)) {
                    Some(text) => text,
                    None => {
                        complain(sys, "Missing -text option!\n");
                        return Err(127);
                    }
                };
                let listen = option(&argv, "listen").unwrap_or_else(|| ":5678".to_string());
                self.port = listen.rsplit(':').next().and_then(|it| it.parse().ok()).unwrap_or(5678);
                let line = format!("{} [INFO] server is listening on {listen}\n", go_date(sys));
                complain(sys, &line);
            }
            Demo::EchoServer => {
                say(sys, "Generating self-signed cert\nGenerating a RSA private key\nStarting nginx\n")
            }
            Demo::Whoami => {
                let named =
                    option(&argv, "port").or_else(|| sys.var("WHOAMI_PORT_NUMBER").map(str::to_string));
                self.port = named.and_then(|it| it.parse().ok()).unwrap_or(80);
                let line = format!("{} Starting up on port {}\n", go_date(sys), self.port);
                complain(sys, &line);
            }
            Demo::Agnhost => {
                self.mode = argv.get(1).cloned().unwrap_or_else(|| "pause".to_string());
                if self.mode == "pause" {
                    say(sys, "Paused\n");
                    return Ok(Vec::new());
                }
                let default = if self.mode == "serve-hostname" { 9376 } else { 8080 };
                let port = option(&argv, "http-port").or_else(|| option(&argv, "port"));
                self.port = port.and_then(|it| it.parse().ok()).unwrap_or(default);
                let line = format!(
                    "I0105 09:00:00.000000       1 log.go:245] Started HTTP server on port {}\n",
                    self.port
                );
                complain(sys, &line);
            }
            Demo::Webserver => {
                self.port = sys
                    .var("PORT")
                    .and_then(|it| it.parse().ok())
                    .or_else(|| argv.get(1).and_then(|it| it.parse().ok()))
                    .unwrap_or(80);
                self.text = argv.get(2).cloned().unwrap_or_else(|| "Hello from".to_string());
                say(sys, &format!("Listening on port {}\n", self.port));
                sys.set_memory(48 << 20);
            }
        }
        Ok(vec![self.port])
    }

    fn answer(&mut self, sys: &mut Sys, request: &Request, peer: IpAddr) -> Answer {
        self.requests += 1;
        let host = sys.hostname();
        Answer::Now(match self.demo {
            Demo::Httpd => self.httpd(sys, request),
            Demo::Kubia => {
                self.requests -= 1;
                self.kubia(sys, peer)
            }
            Demo::HelloApp => {
                let line = format!("{} Serving request: {}\n", go_date(sys), request.path());
                complain(sys, &line);
                plain(200, format!("Hello, world!\nVersion: {}\nHostname: {host}\n", self.text), sys)
            }
            Demo::HttpEcho => {
                if request.path() == "/health" {
                    plain(200, "{\"status\":\"ok\"}\n", sys)
                } else {
                    let response = plain(200, format!("{}\n", self.text), sys);
                    response.header("X-App-Name", "http-echo").header("X-App-Version", "1.0.0")
                }
            }
            Demo::EchoServer => self.echo(sys, request, peer),
            Demo::Whoami => self.whoami(sys, request, peer),
            Demo::Agnhost => return self.agnhost(sys, request, peer),
            Demo::Webserver => {
                let text = match self.text.as_str() {
                    text if text.contains("{host}") => text.replace("{host}", &host),
                    text if text.ends_with("{}") => text.trim_end_matches("{}").to_string(),
                    text => format!("{text} {host}"),
                };
                plain(
                    200,
                    format!(
                        "{text}
"
                    ),
                    sys,
                )
            }
        })
    }

    fn logged(&mut self, sys: &mut Sys, request: &Request, response: &Response, peer: IpAddr) {
        let line =
            format!("\"{} {} {}\" {}", request.method, request.target, request.version, response.status);
        match self.demo {
            Demo::Httpd => {
                say(sys, &format!("{peer} - - [{}] {line} {}\n", log_date(sys), response.body.len()))
            }
            Demo::HttpEcho => {
                let host = request.headers.get("host").unwrap_or("-").to_string();
                let agent = request.headers.get("user-agent").unwrap_or("-").to_string();
                say(
                    sys,
                    &format!(
                        "{} {host} {peer}:41000 {line} {} \"{agent}\" 13.5µs\n",
                        go_date(sys),
                        response.body.len()
                    ),
                );
            }
            Demo::EchoServer | Demo::Webserver => {
                say(sys, &format!("{peer} - - [{}] {line} {}\n", log_date(sys), response.body.len()))
            }
            _ => {}
        }
    }

    fn signals(&self) -> &'static [Signal] {
        match self.demo {
            // node as process 1 without a handler ignores SIGTERM: the pod takes its whole grace period.
            Demo::Kubia => &[],
            Demo::Httpd => &[Signal::TERM, Signal::WINCH],
            _ => &[Signal::TERM, Signal::INT],
        }
    }

    fn on_signal(&mut self, sys: &mut Sys, _signal: Signal) -> Option<u8> {
        if self.demo == Demo::Httpd {
            let date = os::time::strftime("%a %b %d %H:%M:%S.000000 %Y", sys.now());
            complain(
                sys,
                &format!(
                    "[{date}] [mpm_event:notice] [pid 1:tid 1] AH00491: caught SIGTERM, shutting down\n"
                ),
            );
        }
        Some(match self.demo {
            Demo::HelloApp | Demo::Whoami | Demo::Agnhost => 2,
            _ => 0,
        })
    }

    fn port_taken(&self, port: u16) -> String {
        match self.demo {
            Demo::Httpd => format!(
                "(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:{port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n"
            ),
            Demo::Kubia | Demo::Webserver => {
                format!("Error: listen EADDRINUSE: address already in use :::{port}\n")
            }
            _ => format!("listen tcp :{port}: bind: address already in use\n"),
        }
    }

    fn clone_app(&self) -> Box<dyn App> {
        Box::new(self.clone())
    }
}
