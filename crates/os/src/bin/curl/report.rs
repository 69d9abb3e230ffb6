//! What `-v` tells, and the sentences for what went wrong.

use super::super::http_client::{Exchange, Failure, Stage, name_fits};
use super::options::Options;
use crate::{
    errno::Errno,
    time::{Time, strftime},
};

/// What follows an untrusted certificate.
pub const ABOUT_CERTIFICATES: &str = "\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.";

fn place(e: &Exchange) -> String {
    match e.addr {
        Some(std::net::IpAddr::V6(a)) => format!("[{a}]:{}", e.url.port),
        Some(a) => format!("{a}:{}", e.url.port),
        None => String::new(),
    }
}

pub fn trying(e: &Exchange) -> String {
    format!("*   Trying {}...\n", place(e))
}

/// The connection, TLS and the request's head.
pub fn connected(e: &Exchange, o: &Options, now: Time, _number: u32) -> String {
    let addr = e.addr.map_or(String::new(), |a| a.to_string());
    let mut text = format!("* Connected to {} ({addr}) port {}\n", e.url.host, e.url.port);
    if e.url.https {
        text.push_str(&tls(e, o, now));
        text.push_str("* using HTTP/1.1\n");
    }
    let request = String::from_utf8_lossy(&e.request).into_owned();
    for line in request.split("\r\n\r\n").next().unwrap_or("").lines() {
        text.push_str(&format!("> {line}\n"));
    }
    text.push_str("> \n");
    text
}

fn tls(e: &Exchange, o: &Options, now: Time) -> String {
    let mut text =
        "* ALPN: curl offers h2,http/1.1\n* TLSv1.3 (OUT), TLS handshake, Client hello (1):\n".to_string();
    if !o.insecure {
        text.push_str("*  CAfile: /etc/ssl/certs/ca-certificates.crt\n*  CApath: /etc/ssl/certs\n");
    }
    for step in [
        "Server hello (2)",
        "Encrypted Extensions (8)",
        "Certificate (11)",
        "CERT verify (15)",
        "Finished (20)",
    ] {
        text.push_str(&format!("* TLSv1.3 (IN), TLS handshake, {step}:\n"));
    }
    text.push_str("* TLSv1.3 (OUT), TLS change cipher, Change cipher spec (1):\n* TLSv1.3 (OUT), TLS handshake, Finished (20):\n* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384\n* ALPN: server accepted http/1.1\n");
    let Some(c) = &e.certificate else { return text };
    text.push_str("* Server certificate:\n");
    let date = |t| strftime("%b %e %H:%M:%S %Y GMT", t);
    text.push_str(&format!(
        "*  subject: {}\n*  start date: {}\n*  expire date: {}\n",
        c.subject,
        date(c.not_before),
        date(c.not_after)
    ));
    if let (false, Some(name)) = (o.insecure, c.names.iter().find(|n| name_fits(n, &e.url.host))) {
        text.push_str(&format!("*  subjectAltName: host \"{}\" matched cert's \"{name}\"\n", e.url.host));
    }
    text.push_str(&format!("*  issuer: {}\n", c.issuer));
    text.push_str(&match e.verify(now, c) {
        Ok(()) => "*  SSL certificate verify ok.\n".to_string(),
        Err(why) => {
            let number = if why.starts_with("self") { 18 } else { 20 };
            format!("*  SSL certificate verify result: {why} ({number}), continuing anyway.\n")
        }
    });
    text
}

/// The connection stays, or was the server's to close.
pub fn left_intact(e: Option<&Exchange>, connections: u32) -> String {
    let Some(e) = e else { return String::new() };
    let closes = e.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"))
        || e.head.as_ref().is_some_and(|h| h.version == "HTTP/1.0");
    let number = connections.saturating_sub(1);
    if closes {
        "* Closing connection\n".to_string()
    } else {
        format!("* Connection #{number} to host {} left intact\n", e.url.host)
    }
}

/// What `-v` says of a failure.
pub fn failed(e: &Exchange, failure: &Failure, text: &str, _connections: u32) -> String {
    let mut lines = String::new();
    if let Failure::Connect(error) = failure {
        let addr = e.addr.map_or(String::new(), |a| a.to_string());
        lines.push_str(&format!("* connect to {addr} port {} failed: {error}\n", e.url.port));
    }
    if e.url.https && matches!(failure, Failure::Certificate(_)) {
        lines.push_str("* TLSv1.3 (OUT), TLS alert, unknown CA (560):\n");
    }
    lines.push_str(&format!("* {text}\n* Closing connection\n"));
    lines
}

/// Exit code and sentence.
pub fn failure(e: &Exchange, failure: &Failure, began: Time, now: Time) -> (u8, String) {
    let ms = now.since(began) / 1000;
    let (host, port) = (&e.url.host, e.url.port);
    match failure {
        Failure::Resolve => (6, format!("Could not resolve host: {host}")),
        Failure::Connect(Errno::ETIMEDOUT) => {
            (28, format!("Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"))
        }
        Failure::Connect(_) => {
            (7, format!("Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"))
        }
        Failure::Timeout => (28, timeout(e, ms, now)),
        Failure::NotTls => (35, "error:0A00010B:SSL routines::wrong version number".to_string()),
        Failure::Certificate(why) if why.starts_with("no alternative") => (60, format!("SSL: {why}")),
        Failure::Certificate(why) => (60, format!("SSL certificate problem: {why}")),
        Failure::Empty => (52, "Empty reply from server".to_string()),
        Failure::Reset => (56, "Recv failure: Connection reset by peer".to_string()),
        Failure::Partial(0) => (18, "transfer closed with outstanding read data remaining".to_string()),
        Failure::Partial(n) => (18, format!("transfer closed with {n} bytes remaining to read")),
        Failure::Bad => (1, "Received HTTP/0.9 when not allowed".to_string()),
    }
}

fn timeout(e: &Exchange, ms: i64, now: Time) -> String {
    let (host, port) = (&e.url.host, e.url.port);
    let all = e.all_by.is_some_and(|a| now >= a);
    match &e.stage {
        Stage::Idle | Stage::Resolving(_) => format!("Resolving timed out after {ms} milliseconds"),
        Stage::Connecting(_) if all => format!("Connection timed out after {ms} milliseconds"),
        Stage::Connecting(_) => {
            format!("Failed to connect to {host} port {port} after {ms} ms: Timeout was reached")
        }
        _ => match e.expected().filter(|n| *n > 0) {
            Some(n) => format!(
                "Operation timed out after {ms} milliseconds with {} out of {n} bytes received",
                e.size
            ),
            None => format!("Operation timed out after {ms} milliseconds with {} bytes received", e.size),
        },
    }
}
