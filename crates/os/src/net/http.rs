//! HTTP/1.1 on byte streams: an incremental parser for both directions, and writers.
//!
//! Feed bytes as they come; a message appears when it is complete. Sizes are bounded. Servers and clients (curl,
//! wget, simulated images) share it.

/// The most bytes of a message's head.
const MAX_HEAD: usize = 64 << 10;
/// The most bytes of a message's body.
const MAX_BODY: usize = 32 << 20;

/// Header lines in order. Names compare without regard to case.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Adds a line.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_string(), value.into()));
    }

    /// Replaces a header, or adds it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.add(name, value);
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.get(name).is_some_and(|v| v.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
    }
}

/// A request.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Request {
    /// In capitals, as sent.
    pub method: String,
    /// As sent: path and query (absolute form when talking to a proxy).
    pub target: String,
    /// `HTTP/1.1` or `HTTP/1.0`; empty is written as 1.1.
    pub version: String,
    /// In the order sent.
    pub headers: Headers,
    /// Without its framing (chunks, length).
    pub body: Vec<u8>,
}

/// A response. `status` 0 means that it is not filled in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Response {
    /// `HTTP/1.1` or `HTTP/1.0`; empty is written as 1.1.
    pub version: String,
    /// 100 to 599.
    pub status: u16,
    /// The words after the number; clients do not rely on them.
    pub reason: String,
    /// In the order sent.
    pub headers: Headers,
    /// Without its framing (chunks, length).
    pub body: Vec<u8>,
}

impl Request {
    /// The path without query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("/")
    }

    /// The query after `?`, or an empty string.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, q)| q)
    }

    /// The value of a query parameter, percent-decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query().split('&').find_map(|pair| {
            let (k, v) = pair.split_once('=').unwrap_or((pair, ""));
            (k == name).then(|| decode_percent(v))
        })
    }

    /// Whether the connection stays open after the answer.
    pub fn keep_alive(&self) -> bool {
        if self.version == "HTTP/1.0" {
            self.headers.has_token("connection", "keep-alive")
        } else {
            !self.headers.has_token("connection", "close")
        }
    }

    /// The bytes on the wire. Content-Length is added for a body without one.
    pub fn to_bytes(&self) -> Vec<u8> {
        let version = if self.version.is_empty() { "HTTP/1.1" } else { &self.version };
        let mut out = format!("{} {} {version}\r\n", self.method, self.target).into_bytes();
        write_headers(&mut out, &self.headers, (!self.body.is_empty()).then_some(self.body.len()));
        out.extend_from_slice(&self.body);
        out
    }
}

impl Response {
    /// A response with the usual reason phrase.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response {
            version: "HTTP/1.1".to_string(),
            status,
            reason: reason(status).to_string(),
            headers: Headers::default(),
            body: body.into(),
        }
    }

    /// The same with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.add(name, value);
        self
    }

    /// The bytes on the wire. Content-Length is added unless there is one or the body is chunked.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.head_bytes();
        out.extend_from_slice(&self.body);
        out
    }

    /// The head alone, as an answer to HEAD.
    pub fn head_bytes(&self) -> Vec<u8> {
        let version = if self.version.is_empty() { "HTTP/1.1" } else { &self.version };
        let mut out = format!("{version} {} {}\r\n", self.status, self.reason).into_bytes();
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        write_headers(&mut out, &self.headers, (!bodiless).then_some(self.body.len()));
        out
    }
}

fn write_headers(out: &mut Vec<u8>, headers: &Headers, length: Option<usize>) {
    for (name, value) in &headers.0 {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if let Some(length) = length
        && headers.get("content-length").is_none()
        && headers.get("transfer-encoding").is_none()
    {
        out.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// Why bytes are no HTTP message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadMessage {
    /// The first line or a header line has no meaning.
    Syntax,
    /// The head or the body is larger than the parser keeps.
    TooLarge,
}

/// Cuts requests out of a byte stream.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RequestParser {
    buf: Vec<u8>,
    head: Option<(Request, Framing)>,
}

/// Cuts responses out of a byte stream.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ResponseParser {
    buf: Vec<u8>,
    head: Option<(Response, Framing)>,
    /// The request was HEAD: there is no body whatever the headers say.
    pub no_body: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Framing {
    Length(usize),
    Chunked(Vec<u8>),
    UntilClose,
}

impl RequestParser {
    /// Adds bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// The next complete request.
    pub fn next(&mut self) -> Result<Option<Request>, BadMessage> {
        if self.head.is_none() {
            let Some((first, headers)) = take_head(&mut self.buf)? else { return Ok(None) };
            let mut parts = first.split(' ');
            let (Some(method), Some(target), Some(version), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(BadMessage::Syntax);
            };
            if !version.starts_with("HTTP/") || method.is_empty() {
                return Err(BadMessage::Syntax);
            }
            let framing = framing(&headers, Framing::Length(0))?;
            let (method, target, version) = (method.to_string(), target.to_string(), version.to_string());
            self.head = Some((Request { method, target, version, headers, body: Vec::new() }, framing));
        }
        let Some((_, framing)) = &mut self.head else { return Ok(None) };
        let Some(body) = take_body(&mut self.buf, framing, false)? else { return Ok(None) };
        let Some((mut request, _)) = self.head.take() else { return Ok(None) };
        request.body = body;
        Ok(Some(request))
    }

    /// The head of a request whose body is still coming, e.g. to answer `Expect: 100-continue`.
    pub fn head(&self) -> Option<&Request> {
        self.head.as_ref().map(|(r, _)| r)
    }

    /// Whether a message has begun and is not complete.
    pub fn is_partial(&self) -> bool {
        self.head.is_some() || !self.buf.is_empty()
    }
}

impl ResponseParser {
    /// A parser for the answer to one request; `head`: the request was HEAD.
    pub fn for_request(head: bool) -> ResponseParser {
        ResponseParser { no_body: head, ..ResponseParser::default() }
    }

    /// Adds bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// The head as soon as it is complete. Interim 1xx responses are skipped.
    pub fn head(&mut self) -> Result<Option<&Response>, BadMessage> {
        while self.head.is_none() {
            let Some((first, headers)) = take_head(&mut self.buf)? else { return Ok(None) };
            let mut parts = first.splitn(3, ' ');
            let version = parts.next().unwrap_or("").to_string();
            let status = parts.next().and_then(|s| s.parse::<u16>().ok()).ok_or(BadMessage::Syntax)?;
            if !version.starts_with("HTTP/") {
                return Err(BadMessage::Syntax);
            }
            if (100..200).contains(&status) && status != 101 {
                continue;
            }
            let reason = parts.next().unwrap_or("").to_string();
            let framing = if self.no_body || matches!(status, 204 | 304) {
                Framing::Length(0)
            } else {
                framing(&headers, Framing::UntilClose)?
            };
            self.head = Some((Response { version, status, reason, headers, body: Vec::new() }, framing));
        }
        Ok(self.head.as_ref().map(|(r, _)| r))
    }

    /// The next complete response; `eof` says that the connection has ended.
    pub fn next(&mut self, eof: bool) -> Result<Option<Response>, BadMessage> {
        if self.head()?.is_none() {
            return Ok(None);
        }
        let Some((_, framing)) = &mut self.head else { return Ok(None) };
        let Some(body) = take_body(&mut self.buf, framing, eof)? else { return Ok(None) };
        let Some((mut response, _)) = self.head.take() else { return Ok(None) };
        response.body = body;
        Ok(Some(response))
    }

    /// Body bytes that have come so far, for clients that show them at once (`curl -N`, watches). Afterwards `next`
    /// gives only the rest.
    pub fn take_partial(&mut self) -> Result<Vec<u8>, BadMessage> {
        if self.head()?.is_none() {
            return Ok(Vec::new());
        }
        let Some((_, framing)) = &mut self.head else { return Ok(Vec::new()) };
        match framing {
            Framing::UntilClose => Ok(std::mem::take(&mut self.buf)),
            Framing::Length(n) => {
                let take = self.buf.len().min(*n);
                *n -= take;
                Ok(self.buf.drain(..take).collect())
            }
            Framing::Chunked(_) => {
                // Complete chunks move to the body; the end stays for `next`.
                while take_chunk(&mut self.buf, framing, true)? == Chunk::Data {}
                match framing {
                    Framing::Chunked(body) => Ok(std::mem::take(body)),
                    _ => Ok(Vec::new()),
                }
            }
        }
    }

    /// Bytes the length says are still to come.
    pub fn missing(&self) -> Option<usize> {
        match self.head.as_ref()?.1 {
            Framing::Length(n) => Some(n.saturating_sub(self.buf.len())),
            _ => None,
        }
    }
}

fn take_head(buf: &mut Vec<u8>) -> Result<Option<(String, Headers)>, BadMessage> {
    // Empty lines before a message are skipped (RFC 9112, 2.2).
    while buf.starts_with(b"\r\n") {
        buf.drain(..2);
    }
    let Some((end, skip)) = find_head_end(buf) else {
        return if buf.len() > MAX_HEAD { Err(BadMessage::TooLarge) } else { Ok(None) };
    };
    let head: Vec<u8> = buf.drain(..end + skip).take(end).collect();
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut lines = text.split('\n').map(|l| l.trim_end_matches('\r'));
    let first = lines.next().unwrap_or("").to_string();
    let mut headers = Headers::default();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(BadMessage::Syntax)?;
        headers.add(name, value.trim());
    }
    Ok(Some((first, headers)))
}

/// Where the head ends, and how long the empty line is.
fn find_head_end(buf: &[u8]) -> Option<(usize, usize)> {
    let crlf = buf.windows(4).position(|w| w == b"\r\n\r\n").map(|p| (p, 4));
    let lf = buf.windows(2).position(|w| w == b"\n\n").map(|p| (p, 2));
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(if a.0 < b.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

fn framing(headers: &Headers, otherwise: Framing) -> Result<Framing, BadMessage> {
    if headers.has_token("transfer-encoding", "chunked") {
        return Ok(Framing::Chunked(Vec::new()));
    }
    match headers.get("content-length") {
        Some(n) => match n.trim().parse::<usize>() {
            Ok(n) if n <= MAX_BODY => Ok(Framing::Length(n)),
            Ok(_) => Err(BadMessage::TooLarge),
            Err(_) => Err(BadMessage::Syntax),
        },
        None => Ok(otherwise),
    }
}

fn take_body(buf: &mut Vec<u8>, framing: &mut Framing, eof: bool) -> Result<Option<Vec<u8>>, BadMessage> {
    match framing {
        Framing::Length(n) => Ok((buf.len() >= *n).then(|| buf.drain(..*n).collect())),
        Framing::UntilClose if buf.len() > MAX_BODY => Err(BadMessage::TooLarge),
        Framing::UntilClose => Ok(eof.then(|| std::mem::take(buf))),
        Framing::Chunked(_) => loop {
            match take_chunk(buf, framing, false)? {
                Chunk::Data => {}
                Chunk::Partial => return Ok(None),
                Chunk::End => match framing {
                    Framing::Chunked(body) => return Ok(Some(std::mem::take(body))),
                    _ => return Ok(None),
                },
            }
        },
    }
}

#[derive(PartialEq)]
enum Chunk {
    Data,
    Partial,
    End,
}

fn take_chunk(buf: &mut Vec<u8>, framing: &mut Framing, leave_end: bool) -> Result<Chunk, BadMessage> {
    let Framing::Chunked(body) = framing else { return Ok(Chunk::End) };
    let Some(line_end) = buf.windows(2).position(|w| w == b"\r\n") else { return Ok(Chunk::Partial) };
    let line = String::from_utf8_lossy(&buf[..line_end]).into_owned();
    let size = usize::from_str_radix(line.split(';').next().unwrap_or("").trim(), 16)
        .map_err(|_| BadMessage::Syntax)?;
    if body.len() + size > MAX_BODY {
        return Err(BadMessage::TooLarge);
    }
    if size == 0 {
        if leave_end {
            return Ok(Chunk::End);
        }
        // Trailers are read and dropped up to the empty line.
        let rest = &buf[line_end + 2..];
        let end = if rest.starts_with(b"\r\n") {
            Some(2)
        } else {
            rest.windows(4).position(|w| w == b"\r\n\r\n").map(|p| p + 4)
        };
        let Some(end) = end else { return Ok(Chunk::Partial) };
        buf.drain(..line_end + 2 + end);
        return Ok(Chunk::End);
    }
    let start = line_end + 2;
    if buf.len() < start + size + 2 {
        return Ok(Chunk::Partial);
    }
    body.extend_from_slice(&buf[start..start + size]);
    buf.drain(..start + size + 2);
    Ok(Chunk::Data)
}

/// `%41` and `+` become characters.
pub fn decode_percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[i], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(b)) => {
                out.push(b);
                i += 2;
            }
            (b'+', _) => out.push(b' '),
            (b, _) => out.push(b),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The usual reason phrase of a status.
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        413 => "Request Entity Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        418 => "I'm a teapot",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_out_whole_however_they_are_cut() {
        let wire = b"POST /a?x=%41 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n";
        let mut parser = RequestParser::default();
        let mut got = Vec::new();
        for byte in wire {
            parser.feed(&[*byte]);
            got.extend(parser.next().unwrap());
        }
        assert_eq!((got[0].path(), got[0].parameter("x")), ("/a", Some("A".to_string())));
        assert_eq!((got[0].body.as_slice(), got[0].keep_alive()), (&b"abc"[..], true));
        assert_eq!((got[1].method.as_str(), got[1].keep_alive()), ("GET", false));
    }

    #[test]
    fn chunked_bodies_are_joined() {
        let mut parser = ResponseParser::default();
        parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n");
        assert_eq!(parser.take_partial().unwrap(), b"abcde");
        parser.feed(b"1\r\nf\r\n0\r\n\r\n");
        assert_eq!(parser.next(false).unwrap().unwrap().body, b"f");
    }
}
