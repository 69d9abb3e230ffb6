//! openssl: random bytes, digests, base64, password hashes, and a look at the certificate of a TLS server. Keys and
//! certificates are not made here: the simulated TLS has none.

use super::{
    http_client::name_fits,
    process::{arguments, program},
    tool::{Output, helped},
};
use crate::{
    bytes::{crypt, digest},
    errno::Errno,
    host::{Certificate, ClientTls},
    kernel::{OpenFlags, Sys},
    net::resolve::{Outcome, Resolver, first_address},
    program::{Fd, Poll, Program, ProgramSpec, Wait},
    time::strftime,
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "openssl",
    "Usage: openssl rand [-hex|-base64] NUM\n       openssl dgst [-md5|-sha1|-sha256] [-r] [FILE]...\n       openssl enc -base64|base64 [-d] [-A] [-in FILE]\n       openssl passwd [-apr1|-1] [-salt SALT] PASSWORD\n       openssl s_client -connect HOST:PORT [-servername NAME] [-CAfile FILE]\n       openssl version\n\nCryptographic tools, as far as they are simulated\n",
    || Box::new(Openssl::default()),
);

const VERSION: &str = "OpenSSL 3.0.13 30 Jan 2024 (Library: OpenSSL 3.0.13 30 Jan 2024)\n";

#[derive(Clone, Debug, Default)]
struct Openssl {
    begun: bool,
    words: Vec<String>,
    /// What input is read for: all of it, then `command` goes on.
    reading: Option<Fd>,
    input: Vec<u8>,
    connecting: Option<Box<Client>>,
    out: Output,
    code: Option<u8>,
}

/// `s_client` under way.
#[derive(Clone, Debug)]
struct Client {
    host: String,
    name: String,
    port: u16,
    roots: String,
    resolver: Resolver,
    sock: Option<Fd>,
}

impl Openssl {
    fn err(&mut self, text: &str) {
        self.out.push(2, text.as_bytes());
    }

    fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|w| w == flag)
    }

    fn value(&self, flag: &str) -> Option<String> {
        let at = self.words.iter().position(|w| w == flag)?;
        self.words.get(at + 1).cloned()
    }

    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            return self.code = Some(0);
        }
        (_, self.words) = arguments(sys);
        let command = self.words.first().cloned().unwrap_or_default();
        match command.as_str() {
            "version" => {
                self.out.push(1, VERSION.as_bytes());
                self.code = Some(0);
            }
            "rand" => self.rand(sys),
            "passwd" => self.passwd(sys),
            "s_client" => self.client(sys),
            "dgst" | "md5" | "sha1" | "sha256" | "enc" | "base64" => {
                let takes = ["-in", "-out", "-hmac"];
                let operand = self.words.iter().enumerate().skip(1).find_map(|(i, w)| {
                    (!w.starts_with('-') && !takes.contains(&self.words[i - 1].as_str())).then(|| w.clone())
                });
                match self.value("-in").or(operand) {
                    Some(file) => match sys.open(&file, OpenFlags::READ, 0) {
                        Ok(fd) => self.reading = Some(fd),
                        Err(e) => {
                            self.err(&format!("Can't open \"{file}\" for reading, {e}\n"));
                            self.code = Some(1);
                        }
                    },
                    None => self.reading = Some(0),
                }
            }
            "req" | "x509" | "genrsa" | "genpkey" | "rsa" | "ec" | "ecparam" | "pkcs12" | "ca" | "verify"
            | "pkey" => {
                self.err(&format!("openssl {command}: keys and certificates are not simulated\n"));
                self.code = Some(1);
            }
            "" => {
                self.err("openssl: the interactive mode is not simulated: give a command\n");
                self.code = Some(1);
            }
            other => {
                self.err(&format!("Invalid command '{other}'; type \"help\" for a list.\n"));
                self.code = Some(1);
            }
        }
    }

    fn rand(&mut self, sys: &mut Sys<'_>) {
        let Some(n) =
            self.words.iter().skip(1).find_map(|w| w.parse::<usize>().ok()).filter(|n| *n <= 1 << 20)
        else {
            self.err("Usage: rand [options] num\nrand: Use -help for summary.\n");
            return self.code = Some(1);
        };
        let bytes: Vec<u8> = (0..n).map(|_| (sys.random() >> 32) as u8).collect();
        let text = if self.has("-hex") {
            (digest::hex(bytes.into_iter()) + "\n").into_bytes()
        } else if self.has("-base64") {
            wrapped(&crate::text::base64(&bytes)).into_bytes()
        } else {
            bytes
        };
        match self.value("-out") {
            Some(file) => {
                let written = sys.vfs().write(&file, text, 0o600);
                self.code = Some(u8::from(written.is_err()));
            }
            None => {
                self.out.push(1, &text);
                self.code = Some(0);
            }
        }
    }

    fn passwd(&mut self, sys: &mut Sys<'_>) {
        let salt = self.value("-salt").unwrap_or_else(|| crypt::salt(sys.random()));
        let flags = ["-apr1", "-1", "-5", "-6", "-stdin", "-salt"];
        let password = self.words.iter().enumerate().skip(1).find_map(|(i, w)| {
            (!flags.contains(&w.as_str()) && self.words[i - 1] != "-salt").then(|| w.clone())
        });
        let Some(password) = password.filter(|_| !self.has("-5") && !self.has("-6")) else {
            self.err("openssl passwd: only -apr1 and -1 with the password as an argument are simulated\n");
            return self.code = Some(1);
        };
        let magic = if self.has("-apr1") { "$apr1$" } else { "$1$" };
        self.out.push(1, format!("{}\n", crypt::md5_crypt(&password, &salt, magic)).as_bytes());
        self.code = Some(0);
    }

    fn client(&mut self, sys: &mut Sys<'_>) {
        let place = self.value("-connect").unwrap_or("localhost:443".to_string());
        let (host, port) =
            place.rsplit_once(':').map_or((place.as_str(), None), |(h, p)| (h, p.parse().ok()));
        let (host, port) = (host.to_string(), port.unwrap_or(443));
        let roots = match self.value("-CAfile") {
            Some(file) => sys.vfs().read_text(&file).unwrap_or_default(),
            None => sys.vfs().read_text("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default(),
        };
        let name = self.value("-servername").unwrap_or(host.clone());
        let resolver = Resolver::address(sys, &host);
        self.connecting = Some(Box::new(Client { host, name, port, roots, resolver, sock: None }));
    }

    /// Goes on with the connection; None when it is over.
    fn connect(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        let client = self.connecting.as_deref_mut()?;
        let Some(sock) = client.sock else {
            let outcome = match client.resolver.poll(sys) {
                Ok(outcome) => outcome,
                Err(poll) => return Some(poll),
            };
            let addr = match &outcome {
                Outcome::Found(_, records) => first_address(records),
                _ => None,
            };
            let tls = ClientTls { server_name: client.name.clone() };
            match addr.map(|a| sys.connect(a, client.port, Some(tls))) {
                Some(Ok(fd)) => client.sock = Some(fd),
                _ => {
                    let host = client.host.clone();
                    self.err(&format!(
                        "BIO_lookup_ex: Name or service not known: {host}\nconnect:errno=22\n"
                    ));
                    self.code = Some(1);
                }
            }
            return None;
        };
        match sys.connected(sock) {
            Err(Errno::EAGAIN) => return Some(Poll::Wait(Wait::write(sock))),
            Err(Errno::EIO) => {
                self.out.push(1, b"CONNECTED(00000003)\n---\nno peer certificate available\n---\n");
                self.err("error:0A00010B:SSL routines:ssl3_get_record:wrong version number\n");
                self.code = Some(1);
            }
            Err(e) => {
                let number = if e == Errno::ECONNREFUSED { 111 } else { 110 };
                self.err(&format!("BIO_connect:{e}\nconnect:errno={number}\n"));
                self.code = Some(1);
            }
            Ok(()) => {
                let certificate = sys.certificate(sock).unwrap_or_default();
                let text = session(client, &certificate, sys);
                self.out.push(1, text.as_bytes());
                self.code = Some(0);
            }
        }
        let _closed = sys.close(sock);
        None
    }

    fn whole(&mut self, sys: &mut Sys<'_>) {
        let bytes = std::mem::take(&mut self.input);
        let command = self.words.first().cloned().unwrap_or_default();
        self.code = Some(0);
        if command == "enc" || command == "base64" {
            if command == "enc" && !(self.has("-base64") || self.has("-a")) {
                self.err("openssl enc: only -base64 is simulated\n");
                return self.code = Some(1);
            }
            if self.has("-d") {
                match crate::text::unbase64(&bytes) {
                    Some(bytes) => self.out.push(1, &bytes),
                    None => {
                        self.err("error reading input file\n");
                        self.code = Some(1);
                    }
                }
            } else {
                let text = crate::text::base64(&bytes);
                let text = if self.has("-A") { text } else { wrapped(&text) };
                self.out.push(1, text.as_bytes());
            }
            return;
        }
        let (name, title) = if command == "md5" || self.has("-md5") {
            ("md5sum", "MD5")
        } else if command == "sha1" || self.has("-sha1") {
            ("sha1sum", "SHA1")
        } else {
            ("sha256sum", "SHA2-256")
        };
        let sum = digest::digest(name, &bytes);
        let file = self.words.iter().skip(1).find(|w| !w.starts_with('-')).cloned();
        let text = match (self.has("-r"), self.has("-binary")) {
            (_, true) => {
                let raw: Vec<u8> = (0..sum.len() / 2)
                    .filter_map(|i| u8::from_str_radix(&sum[2 * i..2 * i + 2], 16).ok())
                    .collect();
                return self.out.push(1, &raw);
            }
            (true, _) => format!("{sum} *{}\n", file.unwrap_or("stdin".to_string())),
            _ => format!("{title}({})= {sum}\n", file.unwrap_or("stdin".to_string())),
        };
        let _ = sys;
        self.out.push(1, text.as_bytes());
    }
}

fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out
}

/// What s_client tells of a session.
fn session(client: &Client, c: &Certificate, sys: &Sys<'_>) -> String {
    let (subject, issuer) = (c.subject.replace('=', " = "), c.issuer.replace('=', " = "));
    let trusted = !c.ca_pem.trim().is_empty() && client.roots.contains(c.ca_pem.trim());
    let (number, verdict) = if !trusted && c.issuer == c.subject {
        (18, "self-signed certificate")
    } else if !trusted {
        (20, "unable to get local issuer certificate")
    } else if sys.now() > c.not_after {
        (10, "certificate has expired")
    } else {
        (0, "ok")
    };
    let date = |t| strftime("%b %e %H:%M:%S %Y GMT", t);
    let fits = c.names.iter().any(|n| name_fits(n, &client.name));
    let named = if fits || number != 0 {
        String::new()
    } else {
        format!("\nVerification error: hostname mismatch ({})", client.name)
    };
    format!(
        "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:{subject}\n   i:{issuer}\n   v:NotBefore: {}; NotAfter: {}\n---\nServer certificate\nsubject={subject}\n\nissuer={issuer}\n\n---\nNo client certificate CA names sent\n---\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\nVerify return code: {number} ({verdict}){named}\n---\nDONE\n",
        date(c.not_before),
        date(c.not_after)
    )
}

impl Program for Openssl {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if self.connecting.is_some() {
                if let Some(poll) = self.connect(sys) {
                    return poll;
                }
                continue;
            }
            let Some(fd) = self.reading else { return Poll::Exit(1) };
            match sys.read(fd, 65_536) {
                Ok(bytes) if bytes.is_empty() => self.whole(sys),
                Ok(bytes) => self.input.extend(bytes),
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(fd)),
                Err(_) => self.code = Some(1),
            }
        }
    }
    program!(Openssl);
}
