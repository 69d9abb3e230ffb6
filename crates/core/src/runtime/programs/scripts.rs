//! Interpreters, as far as documentation's examples use them: `perl` for π, `python3 -m http.server`; and hello-world.

use std::net::IpAddr;

use collections::StableSort;
use os::net::http::{Request, Response};
use os::{Poll, Program, Signal, Sys};

use super::server::{Answer, App, Server, complain, http_date, log_date, media_type, say, static_file};

/// hello-world: prints its greeting and ends.
#[derive(Clone, Debug)]
struct Hello;

/// The one text of `hello-world`.
pub fn hello() -> Box<dyn Program> {
    Box::new(Hello)
}

impl Program for Hello {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        say(
            sys,
            "\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n\nFor more examples and \
             ideas, visit:\n https://docs.docker.com/get-started/\n\n",
        );
        Poll::Exit(0)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// perl: `print bpi(N)` (with -Mbignum=bpi) and `print "text"`; anything else is refused.
#[derive(Clone, Debug, Default)]
struct Perl {
    answer: Option<String>,
    /// CPU time that is still to be used before the answer, in µs.
    work: u64,
}

/// perl, as far as the Job of Kubernetes' documentation needs it: digits of π.
pub fn perl() -> Box<dyn Program> {
    Box::new(Perl::default())
}

impl Program for Perl {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if self.answer.is_none() {
            let argv = sys.argv();
            let script = argv.last().cloned().unwrap_or_default();
            let digits = script
                .split_once("bpi(")
                .and_then(|(_, rest)| rest.split(')').next()?.trim().parse::<usize>().ok());
            let quoted = script
                .trim()
                .strip_prefix("print")
                .map(|it| it.trim().trim_matches(['"', '\'', ';']).to_string());
            match (digits, quoted) {
                (Some(digits), _) => {
                    // Digits cost quadratically: 2000 take a few seconds.
                    self.work = (digits as u64).pow(2);
                    self.answer = Some(pi(digits.min(20_000)));
                }
                (None, Some(text)) => self.answer = Some(text),
                _ => {
                    complain(sys, "perl: only `print bpi(N)` and `print \"text\"` are simulated\n");
                    return Poll::Exit(2);
                }
            }
        }
        let fuel = sys.fuel().max(0) as u64;
        let used = self.work.min(fuel);
        sys.spend(used);
        self.work -= used;
        if self.work > 0 {
            return Poll::Yield;
        }
        let text = self.answer.take().unwrap_or_default();
        say(sys, &format!("{text}\n"));
        Poll::Exit(0)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// π with so many significant digits (Rabinowitz and Wagon's spigot).
fn pi(digits: usize) -> String {
    let wanted = digits.max(1) + 1;
    let len = wanted * 10 / 3 + 2;
    let mut a = vec![2u32; len];
    let mut out: Vec<u8> = Vec::with_capacity(wanted + 1);
    let (mut nines, mut held) = (0usize, None::<u8>);
    while out.len() < wanted + 1 {
        let mut q = 0u32;
        for i in (0..len).rev() {
            let x = 10 * a[i] + q * (i as u32 + 1);
            let odd = 2 * i as u32 + 1;
            a[i] = x % odd;
            q = x / odd;
            if i == 0 {
                a[0] = x % 10;
                q = x / 10;
            }
        }
        match q {
            9 => nines += 1,
            10 => {
                out.extend(held.map(|it| it + 1));
                out.extend(std::iter::repeat_n(0, nines));
                (held, nines) = (Some(0), 0);
            }
            _ => {
                out.extend(held);
                out.extend(std::iter::repeat_n(9, nines));
                (held, nines) = (Some(q as u8), 0);
            }
        }
    }
    let mut text: String = out[..digits.max(1)].iter().map(|it| char::from(b'0' + it)).collect();
    // The last digit is rounded, as bignum does.
    if out[digits.max(1)] >= 5
        && let Some(last) = text.pop()
    {
        text.push(if last == '9' { '9' } else { char::from(last as u8 + 1) });
    }
    if text.len() > 1 {
        text.insert(1, '.');
    }
    text
}

/// python3: `-m http.server [port]`; other programs are refused.
#[derive(Clone, Debug, Default)]
struct Python {
    root: String,
}

/// python: `-m http.server` serves the files of its directory.
pub fn python() -> Box<dyn Program> {
    Server::boxed(Python::default())
}

impl App for Python {
    fn setup(&mut self, sys: &mut Sys) -> Result<Vec<u16>, u8> {
        let argv = sys.argv();
        let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
        let version = sys.var("PYTHON_VERSION").unwrap_or("3.13.7").to_string();
        match words.as_slice() {
            ["--version" | "-V"] => {
                say(sys, &format!("Python {version}\n"));
                Err(0)
            }
            ["-m", "http.server" | "SimpleHTTPServer", rest @ ..] => {
                let port = rest.first().and_then(|it| it.parse().ok()).unwrap_or(8000);
                let dir = rest
                    .iter()
                    .position(|it| matches!(*it, "-d" | "--directory"))
                    .and_then(|at| rest.get(at + 1));
                self.root = dir.map_or_else(|| sys.cwd().to_string(), |it| it.to_string());
                say(sys, &format!("Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ...\n"));
                sys.set_memory(12 << 20);
                Ok(vec![port])
            }
            _ => {
                complain(sys, "python3: only `-m http.server [port]` and `--version` are simulated\n");
                Err(2)
            }
        }
    }

    fn answer(&mut self, sys: &mut Sys, request: &Request, _peer: IpAddr) -> Answer {
        let path = os::net::http::decode_percent(request.path());
        let date = http_date(sys);
        let response = match static_file(sys, &self.root.clone(), &path) {
            Some((name, bytes)) => Response::new(200, bytes).header("Content-type", media_type(&name)),
            None => {
                let dir = format!("{}/{}", self.root.trim_end_matches('/'), path.trim_start_matches('/'));
                match sys.vfs().read_dir(&dir) {
                    Ok(mut names) => {
                        names.stable_sort();
                        let rows: String =
                            names.iter().map(|it| format!("<li><a href=\"{it}\">{it}</a></li>\n")).collect();
                        let body = format!(
                            "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Directory listing for \
                             {path}</title>\n</head>\n<body>\n<h1>Directory listing for {path}</h1>\n<hr>\n<ul>\n{rows}</ul>\n<hr>\n\
                             </body>\n</html>\n"
                        );
                        Response::new(200, body).header("Content-type", "text/html; charset=utf-8")
                    }
                    Err(_) => Response::new(
                        404,
                        "<h1>Error response</h1>\n<p>Error code: 404</p>\n<p>Message: File not found.</p>\n",
                    )
                    .header("Content-type", "text/html;charset=utf-8"),
                }
            }
        };
        Answer::Now(response.header("Server", "SimpleHTTP/0.6 Python/3.13.7").header("Date", date))
    }

    fn logged(&mut self, sys: &mut Sys, request: &Request, response: &Response, peer: IpAddr) {
        let date = log_date(sys);
        let date = date.trim_end_matches(" +0000").replacen(':', " ", 1);
        let line = format!(
            "{peer} - - [{date}] \"{} {} {}\" {} -\n",
            request.method, request.target, request.version, response.status
        );
        complain(sys, &line);
    }

    fn signals(&self) -> &'static [Signal] {
        // As process 1 Python handles SIGINT alone.
        &[Signal::INT]
    }

    fn port_taken(&self, _port: u16) -> String {
        "OSError: [Errno 98] Address already in use\n".to_string()
    }

    fn clone_app(&self) -> Box<dyn App> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::pi;

    #[test]
    fn pi_has_its_digits() {
        assert_eq!(pi(10), "3.141592654");
        assert_eq!(&pi(100)[..52], "3.14159265358979323846264338327950288419716939937510");
        assert_eq!(pi(100).len(), 101);
    }
}
