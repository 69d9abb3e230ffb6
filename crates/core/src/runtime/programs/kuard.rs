//! kuard, the demo application of "Kubernetes: Up and Running": pages about the pod, and health that can be switched.
//!
//! `/healthy` and `/ready` answer `ok`; `PUT /healthy/api` and `/readiness/api` with `{"failNext": n}` let the next n
//! checks fail (0: heal, -1: always fail); `/deadlock` hangs all further requests until a restart.

use std::net::IpAddr;

use collections::StableSort;
use os::net::http::{Request, Response};
use os::{Program, Signal, Sys};
use serde_json::{Value, json};

use super::server::{Answer, App, Server, complain, http_date, media_type, static_file};

#[derive(Clone, Debug, Default)]
struct Kuard {
    version: String,
    /// Checks that will still fail: liveness, readiness; negative for ever.
    failing: [i64; 2],
    history: [Vec<(String, u16)>; 2],
    deadlocked: bool,
    memory: Vec<u64>,
}

/// The program of the kuard images.
pub fn start() -> Box<dyn Program> {
    Server::boxed(Kuard::default())
}

impl Kuard {
    fn check(&mut self, sys: &Sys, which: usize) -> Response {
        let failing = &mut self.failing[which];
        let fails = *failing != 0;
        if *failing > 0 {
            *failing -= 1;
        }
        let status = if fails { 500 } else { 200 };
        self.history[which].push((os::time::strftime("%F %T", sys.now()), status));
        if self.history[which].len() > 20 {
            self.history[which].remove(0);
        }
        text(status, if fails { "fail" } else { "ok" }, sys)
    }

    fn health_api(&mut self, sys: &Sys, request: &Request, which: usize) -> Response {
        if request.method == "PUT" || request.method == "POST" {
            let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            self.failing[which] = body.get("failNext").and_then(Value::as_i64).unwrap_or(0);
        }
        let paths = ["/healthy", "/ready"];
        let history: Vec<Value> = self.history[which]
            .iter()
            .enumerate()
            .map(|(id, (when, code))| json!({ "id": id, "when": when, "code": code }))
            .collect();
        let state = json!({ "probePath": paths[which], "failNext": self.failing[which], "history": history });
        Response::new(200, state.to_string())
            .header("Content-Type", "application/json")
            .header("Date", http_date(sys))
    }

    fn page(&self, sys: &Sys, request: &Request, peer: IpAddr) -> Response {
        let rows: String =
            request.headers.0.iter().map(|(name, value)| format!("<li>{name}: {value}</li>\n")).collect();
        let addresses: Vec<String> = sys.addresses().iter().map(|it| format!("\"{it}\"")).collect();
        let body = format!(
            "<!doctype html>\n\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n\n  <title>KUAR Demo</title>\n</head>\n<body>\n\
             <h1>Demo application version <i>{}</i></h1>\n<p>Serving on HTTP. Hostname {}, addresses [{}], client {peer}</p>\n\
             <ul>\n<li><a href=\"/env/api\">Server Env</a></li>\n<li><a href=\"/mem/api\">Memory</a></li>\n\
             <li><a href=\"/healthy\">Liveness Probe</a></li>\n<li><a href=\"/ready\">Readiness Probe</a></li>\n\
             <li><a href=\"/dns/api\">DNS Query</a></li>\n<li><a href=\"/fs/\">File system browser</a></li>\n</ul>\n\
             <h2>Request</h2>\n<p>{} {} {}</p>\n<ul>\n{rows}</ul>\n</body>\n</html>\n",
            self.version,
            sys.hostname(),
            addresses.join(","),
            request.method,
            request.target,
            request.version
        );
        Response::new(200, body).header("Content-Type", "text/html").header("Date", http_date(sys))
    }
}

fn text(status: u16, body: &str, sys: &Sys) -> Response {
    Response::new(status, body)
        .header("Content-Type", "text/plain; charset=utf-8")
        .header("Date", http_date(sys))
}

impl App for Kuard {
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8> {
        self.version = sys.var("KUARD_VERSION").unwrap_or("v0.10.0-blue").to_string();
        let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
        let host = sys.hostname();
        let color = self.version.rsplit('-').next().unwrap_or("blue").to_string();
        complain(sys, &format!("{date} Starting kuard version: {}\n", self.version));
        complain(sys, &format!("{date} {}\n", "*".repeat(70)));
        complain(
            sys,
            &format!(
                "{date} * WARNING: This server may expose sensitive\n{date} * and secret information. Be careful.\n"
            ),
        );
        complain(sys, &format!("{date} {}\n", "*".repeat(70)));
        complain(
            sys,
            &format!(
                "{date} Config: \n{{\n  \"address\": \":8080\",\n  \"hostname\": \"{host}\",\n  \"color\": \"{color}\"\n}}\n"
            ),
        );
        complain(
            sys,
            &format!("{date} Could not find certificates to serve TLS\n{date} Serving on HTTP on :8080\n"),
        );
        sys.set_memory(8 << 20);
        Ok(vec![8080])
    }

    fn answer(&mut self, sys: &mut Sys, request: &Request, peer: IpAddr) -> Answer {
        if self.deadlocked {
            return Answer::Hang;
        }
        let path = request.path().to_string();
        let response = match path.as_str() {
            "/healthy" | "/healthy/" => self.check(sys, 0),
            "/ready" | "/ready/" => self.check(sys, 1),
            "/healthy/api" => self.health_api(sys, request, 0),
            "/ready/api" | "/readiness/api" => self.health_api(sys, request, 1),
            "/deadlock" => {
                self.deadlocked = true;
                text(200, "deadlocked: every further request hangs\n", sys)
            }
            "/env/api" | "/env" => {
                let env: serde_json::Map<String, Value> = sys
                    .env()
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(value.clone())))
                    .collect();
                let body = json!({ "commandLine": ["/kuard"], "env": env }).to_string();
                Response::new(200, body)
                    .header("Content-Type", "application/json")
                    .header("Date", http_date(sys))
            }
            "/mem/api" => {
                let body = json!({ "memStats": { "sys": sys.memory(), "heapAlloc": self.memory.iter().sum::<u64>() } }).to_string();
                Response::new(200, body)
                    .header("Content-Type", "application/json")
                    .header("Date", http_date(sys))
            }
            "/mem/api/alloc" => {
                self.memory
                    .push(request.parameter("size").and_then(|it| it.parse().ok()).unwrap_or(500_000_000));
                sys.set_memory((8 << 20) + self.memory.iter().sum::<u64>());
                text(200, "", sys)
            }
            "/mem/api/clear" => {
                self.memory.clear();
                sys.set_memory(8 << 20);
                text(200, "", sys)
            }
            "/exit" => {
                return Answer::Die(request.parameter("code").and_then(|it| it.parse().ok()).unwrap_or(0));
            }
            _ if path.starts_with("/fs/") => match static_file(sys, "/", &path[3..]) {
                Some((name, bytes)) => Response::new(200, bytes).header("Content-Type", media_type(&name)),
                None => {
                    let mut names = sys.vfs().read_dir(&path[3..]).unwrap_or_default();
                    names.stable_sort();
                    let rows: String =
                        names.iter().map(|it| format!("<a href=\"{it}\">{it}</a>\n")).collect();
                    Response::new(200, format!("<pre>\n{rows}</pre>\n"))
                        .header("Content-Type", "text/html; charset=utf-8")
                }
            },
            "/" | "/-/" => self.page(sys, request, peer),
            _ => text(404, "404 page not found\n", sys),
        };
        Answer::Now(response)
    }

    fn logged(&mut self, sys: &mut Sys, request: &Request, _response: &Response, peer: IpAddr) {
        let date = os::time::strftime("%Y/%m/%d %H:%M:%S", sys.now());
        complain(sys, &format!("{date} {peer}:41000 {} {}\n", request.method, request.target));
    }

    fn on_signal(&mut self, _sys: &mut Sys, _signal: Signal) -> Option<u8> {
        Some(2)
    }

    fn port_taken(&self, port: u16) -> String {
        format!("listen tcp :{port}: bind: address already in use\n")
    }

    fn clone_app(&self) -> Box<dyn App> {
        Box::new(self.clone())
    }
}
