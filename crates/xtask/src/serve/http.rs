//! HTTP/1.1 for static files: GET and HEAD, keep-alive, `Accept-Encoding`, `If-None-Match`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::mime;

/// A request line or header longer than this ends the connection.
const LINE_BYTES_MAX: u64 = 16 * 1024;
/// More headers than this end the connection.
const HEADERS_MAX: usize = 100;
/// An idle connection is closed after this time.
const IDLE: Duration = Duration::from_secs(30);

/// What we read of a request.
#[derive(Debug, Default, PartialEq)]
struct Request {
    method: String,
    path: String,
    accept_encoding: String,
    if_none_match: String,
    close: bool,
}

/// What we answer.
#[derive(Debug, Default)]
struct Response {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Answers the requests of one connection until it ends.
pub fn converse(stream: TcpStream, dist: &Path) {
    let _ = stream.set_read_timeout(Some(IDLE));
    let _ = stream.set_nodelay(true);
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let response = respond(&request, dist);
        let sent = writer.write_all(&encode(&request, &response));
        if sent.is_err() || request.close {
            return;
        }
    }
}

/// Reads a request's head. Nothing at the end of the connection, and for what is not HTTP.
fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let line = read_line(reader)?;
    let mut words = line.split(' ');
    let method = words.next()?.to_string();
    let path = words.next()?.to_string();
    let mut request = Request { method, path, close: words.next()? != "HTTP/1.1", ..Request::default() };
    for _ in 0..HEADERS_MAX {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "accept-encoding" => request.accept_encoding = value.to_string(),
            "if-none-match" => request.if_none_match = value.to_string(),
            "connection" => request.close |= value.eq_ignore_ascii_case("close"),
            // We read no bodies: what follows cannot be told from a next request.
            "content-length" if value != "0" => request.close = true,
            "transfer-encoding" => request.close = true,
            _ => {}
        }
    }
    None
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
    let line = line.strip_suffix(b"\n")?;
    String::from_utf8(line.strip_suffix(b"\r").unwrap_or(line).to_vec()).ok()
}

fn respond(request: &Request, dist: &Path) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let mut it = plain("405 Method Not Allowed", "only GET and HEAD\n");
        it.headers.push(("Allow", "GET, HEAD".to_string()));
        return it;
    }
    let Some(name) = file_name(&request.path) else { return plain("400 Bad Request", "bad path\n") };
    let file = dist.join(&name);
    let Ok(meta) = file.metadata() else { return plain("404 Not Found", "not found\n") };
    if meta.is_dir() {
        return plain("404 Not Found", "not found\n");
    }
    let changed = meta.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let (encoding, stored) = encoded(&file, &request.accept_encoding);
    let etag = format!("\"{:x}-{:x}{}\"", changed.as_millis(), meta.len(), encoding.unwrap_or_default());
    let mut headers = vec![
        ("Content-Type", mime::of(&name).to_string()),
        ("Vary", "Accept-Encoding".to_string()),
        ("ETag", etag.clone()),
        (
            "Cache-Control",
            if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" }.to_string(),
        ),
    ];
    if request.if_none_match.split(',').any(|it| it.trim() == etag) {
        return Response { status: "304 Not Modified", headers, body: Vec::new() };
    }
    headers.extend(encoding.map(|it| ("Content-Encoding", it.to_string())));
    match std::fs::read(&stored) {
        Ok(body) => Response { status: "200 OK", headers, body },
        Err(_) => plain("404 Not Found", "not found\n"),
    }
}

fn plain(status: &'static str, text: &str) -> Response {
    let headers = vec![("Content-Type", "text/plain; charset=utf-8".to_string())];
    Response { status, headers, body: text.as_bytes().to_vec() }
}

/// The bytes on the wire.
fn encode(request: &Request, response: &Response) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", response.status, response.body.len());
    // Modules, wasm and workers of an iframe with an opaque origin are cross-origin reads.
    head.push_str("Access-Control-Allow-Origin: *\r\nCross-Origin-Resource-Policy: cross-origin\r\n");
    head.push_str("X-Content-Type-Options: nosniff\r\n");
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(if request.close { "Connection: close\r\n\r\n" } else { "\r\n" });
    let mut bytes = head.into_bytes();
    if request.method != "HEAD" {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

/// The file that a request's target names, below the served folder; nothing if it tries to leave it.
fn file_name(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let mut name = percent_decode(path)?;
    if name.is_empty() || name.ends_with('/') {
        name.push_str("index.html");
    }
    let safe = Path::new(&name).components().all(|it| matches!(it, Component::Normal(_)));
    (safe && !name.contains(['\\', '\0'])).then_some(name)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).ok()
}

/// The best stored encoding that the client takes, and its file.
fn encoded(file: &Path, accept: &str) -> (Option<&'static str>, PathBuf) {
    let takes = |coding: &str| {
        accept.split(',').any(|it| {
            let (name, q) = it.split_once(';').unwrap_or((it, ""));
            name.trim() == coding && !q.trim().trim_start_matches("q=").parse().is_ok_and(|q: f32| q == 0.0)
        })
    };
    for (coding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
        let stored = PathBuf::from(format!("{}{suffix}", file.display()));
        if takes(coding) && stored.is_file() {
            return (Some(coding), stored);
        }
    }
    (None, file.to_path_buf())
}

/// Whether a name carries a content hash, as in `page-1f3a5b7c9d0e2f4a.js` or `chunk-K3QZ7A2B.js`.
fn is_hashed(name: &str) -> bool {
    let stem = name.rsplit('/').next().unwrap_or(name).split('.').next().unwrap_or(name);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let Some((_, hash)) = stem.rsplit_once('-') else { return false };
    let hex = hash.len() >= 16 && hash.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let esbuild = hash.len() == 8 && hash.bytes().all(|it| matches!(it, b'A'..=b'Z' | b'2'..=b'7'));
    hex || esbuild
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_to_its_empty_line() {
        let text = "GET /a?b HTTP/1.1\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\nGET";
        let request = read_request(&mut text.as_bytes()).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", "/a?b"));
        assert_eq!(request.accept_encoding, "gzip, br");
        assert!(request.close);
        assert_eq!(read_request(&mut "nonsense\r\n\r\n".as_bytes()), None);
        assert_eq!(read_request(&mut "GET / HTTP/1.1\r\nhalf".as_bytes()), None);
    }

    #[test]
    fn a_path_stays_below_the_folder() {
        assert_eq!(file_name("/"), Some("index.html".to_string()));
        assert_eq!(file_name("/a%20b.js?x#y"), Some("a b.js".to_string()));
        assert_eq!(file_name("/docs/"), Some("docs/index.html".to_string()));
        for bad in [
            "/../secret",
            "/a/../../secret",
            "//etc/passwd",
            "/%2e%2e/secret",
            "/%zz",
            "/a%00",
            "/..%5csecret",
            "x",
        ] {
            assert_eq!(file_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn hashed_names_are_immutable() {
        for name in ["web-1f3a5b7c9d0e2f4a_bg.wasm", "web-1f3a5b7c9d0e2f4a.js", "js/chunk-K3QZ7A2B.js"] {
            assert!(is_hashed(name), "{name}");
        }
        for name in ["index.html", "service-worker.js", "embed.html", "static/rolling-update.yaml"] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn the_best_encoding_that_is_stored_and_taken_wins() {
        let dir = std::env::temp_dir().join(format!("kubarium-serve-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for name in ["a.js", "a.js.br", "a.js.gz", "b.js", "b.js.gz"] {
            std::fs::write(dir.join(name), name).unwrap();
        }
        let get = |path: &str, accept: &str| {
            let request = Request {
                method: "GET".into(),
                path: path.into(),
                accept_encoding: accept.into(),
                ..Request::default()
            };
            String::from_utf8(respond(&request, &dir).body).unwrap()
        };
        assert_eq!(get("/a.js", "gzip, deflate, br"), "a.js.br");
        assert_eq!(get("/a.js", "gzip, br;q=0"), "a.js.gz");
        assert_eq!(get("/a.js", ""), "a.js");
        assert_eq!(get("/b.js", "gzip, br"), "b.js.gz");
        assert_eq!(get("/c.js", "br"), "not found\n");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
