//! `--write-out`: what a transfer came to, in the caller's own format.

use super::super::http_client::Exchange;
use crate::time::Time;

/// What the format may ask for beside the exchange itself.
pub struct Facts<'a> {
    pub exchange: &'a Exchange,
    pub method: &'a str,
    /// The URL as it was given, and its place among all.
    pub url: &'a str,
    pub number: usize,
    /// The file written, if any.
    pub file: &'a str,
    pub redirects: u32,
    /// When the first of the exchanges began, and how long those before the last took.
    pub began: Time,
    pub now: Time,
    pub code: u8,
    pub error: &'a str,
    pub local: String,
    pub uploaded: usize,
}

/// The text, with what goes to stderr apart.
pub fn show(format: &str, facts: &Facts<'_>) -> [Vec<u8>; 2] {
    let mut out = [Vec::new(), Vec::new()];
    let mut to = 0;
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if let Some(tail) = rest.strip_prefix("%%") {
            out[to].push(b'%');
            rest = tail;
        } else if let Some((name, tail)) = rest.strip_prefix("%{").and_then(|r| r.split_once('}')) {
            rest = tail;
            match name {
                "stderr" => to = 1,
                "stdout" => to = 0,
                "onerror" if facts.code == 0 => break,
                "onerror" => {}
                "json" => out[to].extend(json(facts).into_bytes()),
                _ => match value(name, facts) {
                    Some(text) => out[to].extend(text.into_bytes()),
                    None => out[1].extend(format!("curl: unknown --write-out variable: '{name}'\n").bytes()),
                },
            }
        } else if let Some(tail) = rest.strip_prefix('\\') {
            let escape = tail.chars().next();
            match escape {
                Some('n') => out[to].push(b'\n'),
                Some('r') => out[to].push(b'\r'),
                Some('t') => out[to].push(b'\t'),
                Some(other) => out[to].extend(format!("\\{other}").into_bytes()),
                None => out[to].push(b'\\'),
            }
            rest = &tail[escape.map_or(0, char::len_utf8)..];
        } else {
            out[to].extend(c.to_string().into_bytes());
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

const NAMES: [&str; 30] = [
    "content_type",
    "errormsg",
    "exitcode",
    "filename_effective",
    "http_code",
    "http_version",
    "local_ip",
    "local_port",
    "method",
    "num_connects",
    "num_headers",
    "num_redirects",
    "redirect_url",
    "remote_ip",
    "remote_port",
    "response_code",
    "scheme",
    "size_download",
    "size_header",
    "size_request",
    "size_upload",
    "speed_download",
    "ssl_verify_result",
    "time_appconnect",
    "time_connect",
    "time_namelookup",
    "time_starttransfer",
    "time_total",
    "url",
    "url_effective",
];

fn json(facts: &Facts<'_>) -> String {
    let numbers = ["code", "num_", "size_", "speed_", "time_", "_port", "ssl_"];
    let fields: Vec<String> = NAMES
        .iter()
        .map(|name| {
            let text = value(name, facts).unwrap_or_default();
            if numbers.iter().any(|n| name.contains(n)) {
                let text = text.trim_start_matches('0');
                let text = if text.is_empty() || text.starts_with('.') {
                    format!("0{text}")
                } else {
                    text.to_string()
                };
                format!("\"{name}\":{text}")
            } else if text.is_empty() {
                format!("\"{name}\":null")
            } else {
                format!("\"{name}\":\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
        .collect();
    format!("{{{},\"curl_version\":\"libcurl/8.5.0 OpenSSL/3.0.13\"}}", fields.join(","))
}

fn value(name: &str, facts: &Facts<'_>) -> Option<String> {
    let e = facts.exchange;
    let since = |t: Option<Time>| {
        let us = t.map_or(0, |t| t.since(facts.began).max(0));
        format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
    };
    let connected = e.times.connected.is_some();
    Some(match name {
        "http_code" | "response_code" => format!("{:03}", e.status()),
        "http_connect" => "000".to_string(),
        "http_version" => e.head.as_ref().map_or("0", |h| h.version.trim_start_matches("HTTP/")).to_string(),
        "content_type" => e.header("content-type").unwrap_or("").to_string(),
        "time_namelookup" => since(e.times.resolved),
        "time_connect" => since(e.times.connected),
        "time_appconnect" => since(e.times.connected.filter(|_| e.url.https)),
        "time_pretransfer" => since(e.times.connected),
        "time_starttransfer" => since(e.times.first),
        "time_redirect" => since((facts.redirects > 0).then_some(e.times.began)),
        "time_total" => since(Some(facts.now)),
        "size_download" => e.size.to_string(),
        "size_upload" => facts.uploaded.to_string(),
        "size_header" => {
            e.head.as_ref().map_or(0, |h| super::super::http_client::raw_head(h).len()).to_string()
        }
        "size_request" => if connected { e.request.len() } else { 0 }.to_string(),
        "speed_download" => (e.size as i64 * 1_000_000 / facts.now.since(facts.began).max(1)).to_string(),
        "speed_upload" => {
            (facts.uploaded as i64 * 1_000_000 / facts.now.since(facts.began).max(1)).to_string()
        }
        "num_connects" => u8::from(connected).to_string(),
        "num_headers" => e.head.as_ref().map_or(0, |h| h.headers.0.len()).to_string(),
        "num_redirects" => facts.redirects.to_string(),
        "redirect_url" => e.redirection().map_or(String::new(), |u| u.text()),
        "remote_ip" => e.addr.filter(|_| connected).map_or(String::new(), |a| a.to_string()),
        "remote_port" => if connected { e.url.port } else { 0 }.to_string(),
        "local_ip" => {
            if connected {
                facts.local.clone()
            } else {
                String::new()
            }
        }
        "local_port" => if connected { e.local_port } else { 0 }.to_string(),
        "scheme" => if e.url.https { "HTTPS" } else { "HTTP" }.to_string(),
        "ssl_verify_result" => {
            let bad = e.certificate.as_ref().is_some_and(|c| e.verify(facts.now, c).is_err());
            if bad { "20" } else { "0" }.to_string()
        }
        "url" => facts.url.to_string(),
        "url_effective" => e.url.text(),
        "urlnum" => facts.number.to_string(),
        "filename_effective" => facts.file.to_string(),
        "method" => facts.method.to_string(),
        "exitcode" => facts.code.to_string(),
        "errormsg" => facts.error.to_string(),
        _ => match name.strip_prefix("header{") {
            Some(_) => String::new(),
            None => return None,
        },
    })
}
