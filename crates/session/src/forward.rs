//! `kubectl port-forward` and `kubectl proxy` on the workstation: ports of its loopback whose connections kubectl carries.
//! The words are upstream's (client-go/tools/portforward, kubectl/pkg/proxy).

use std::future::poll_fn;
use std::task::Poll;

use api::http::{Method, Request, Response};
use kubarium_core::cluster::STATE;
use kubarium_kubectl::host::{LocalBoxFuture, TransportError};

use crate::backend::{Backend, Piece, Streaming};
use crate::host::KubectlHost;
use crate::network::LocalId;

/// One connection that is carried into a pod.
struct Carried {
    local: LocalId,
    ports: (u16, u16),
    id: u64,
    streaming: Streaming,
    client_done: bool,
}

/// A session of port-forward.
struct Forward<'a> {
    host: &'a KubectlHost,
    request: Request,
    tunnel: Streaming,
    /// Local and remote ports.
    ports: Vec<(u16, u16)>,
    carried: Vec<Carried>,
}

impl Drop for Forward<'_> {
    fn drop(&mut self) {
        let mut network = self.host.network.borrow_mut();
        for (local, _) in &self.ports {
            network.loopback.unlisten(*local);
        }
        for carried in &self.carried {
            network.loopback.reset(carried.local);
            self.host.backend.close_stream(carried.id);
        }
        if let Streaming::Connection { id, .. } = self.tunnel {
            self.host.backend.close_stream(id);
        }
    }
}

impl KubectlHost {
    /// Takes ports of the loopback; Err: the address that was taken or may not be.
    pub(crate) fn take_ports(&self, ports: &[u16]) -> Vec<Result<u16, &'static str>> {
        let mut network = self.network.borrow_mut();
        ports
            .iter()
            .map(|port| match *port {
                port @ 1..1024 if port != 0 => Err("permission denied"),
                port if port != 0 && network.is_taken(port) => Err("address already in use"),
                port => network.loopback.listen(port).ok_or("address already in use"),
            })
            .collect()
    }

    pub(crate) fn forward(
        &self,
        mut request: Request,
        ports: Vec<(u16, u16)>,
    ) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            request.method = Method::Post;
            let (response, tunnel) = self.backend.send(request.clone());
            let Some(tunnel @ Streaming::Connection { .. }) = tunnel else {
                for (local, _) in &ports {
                    self.network.borrow_mut().loopback.unlisten(*local);
                }
                let why = response.to_status().map(|s| s.message.to_string()).unwrap_or_default();
                return Err(TransportError::Other(format!("error upgrading connection: {why}")));
            };
            let mut forward = Forward { host: self, request, tunnel, ports, carried: Vec::new() };
            poll_fn(move |_| forward.poll()).await
        })
    }

    pub(crate) fn serve_proxy(
        &self,
        port: u16,
        prefix: String,
    ) -> LocalBoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            let mut proxy = Proxy { host: self, port, prefix, clients: Vec::new() };
            poll_fn(move |_| proxy.poll()).await
        })
    }
}

impl Forward<'_> {
    fn poll(&mut self) -> Poll<Result<(), TransportError>> {
        if self.host.interrupt() {
            return Poll::Ready(Ok(()));
        }
        if self.host.backend.poll_frames(&mut self.tunnel).is_none() {
            return Poll::Ready(Err(TransportError::Other("lost connection to pod".to_owned())));
        }
        for (local, remote) in self.ports.clone() {
            loop {
                let accepted = self.host.network.borrow_mut().loopback.accept(local);
                let Some(id) = accepted else { break };
                self.begin(id, local, remote);
            }
        }
        let mut at = 0;
        while at < self.carried.len() {
            match carry(self.host, &mut self.carried[at]) {
                Ok(true) => at += 1,
                Ok(false) => {
                    let carried = self.carried.remove(at);
                    self.host.backend.close_stream(carried.id);
                }
                Err(why) => {
                    let carried = self.carried.remove(at);
                    self.host.backend.close_stream(carried.id);
                    self.complain(carried.ports.0, carried.ports.1, &why);
                    return Poll::Ready(Err(TransportError::Other("lost connection to pod".to_owned())));
                }
            }
        }
        Poll::Pending
    }

    fn begin(&mut self, local_id: LocalId, local: u16, remote: u16) {
        use kubarium_kubectl::Host;
        self.host.stdout(format!("Handling connection for {local}\n").as_bytes());
        let mut request = self.request.clone();
        request.query.push(("ports".into(), remote.to_string().into()));
        let (response, streaming) = self.host.backend.send(request);
        match streaming {
            Some(streaming @ Streaming::Connection { id, .. }) => {
                let ports = (local, remote);
                self.carried.push(Carried { local: local_id, ports, id, streaming, client_done: false });
            }
            _ => {
                let why = response.to_status().map(|s| s.message.to_string()).unwrap_or_default();
                self.complain(local, remote, &why);
                self.host.network.borrow_mut().loopback.close(local_id);
            }
        }
    }

    /// The line of klog that upstream writes.
    fn complain(&self, local: u16, remote: u16, why: &str) {
        use kubarium_kubectl::Host;
        let now = self.host.backend.now().to_string();
        let part = |from: usize, to: usize| now.get(from..to).unwrap_or("00").to_owned();
        let line = format!(
            "E{}{} {}.000000    1234 portforward.go:424] \"Unhandled Error\" err=\"an error occurred forwarding {local} -> {remote}: error forwarding port {remote} to pod: {why}\"\n",
            part(5, 7),
            part(8, 10),
            part(11, 19),
        );
        self.host.stderr(line.as_bytes());
    }
}

/// Moves bytes both ways. False: it is over; Err: the port does not answer.
fn carry(host: &KubectlHost, carried: &mut Carried) -> Result<bool, String> {
    let (bytes, done) = host.network.borrow_mut().loopback.receive(carried.local);
    if !bytes.is_empty() {
        host.backend.write_stream(carried.id, 0, bytes);
    }
    if done && !carried.client_done {
        carried.client_done = true;
        host.backend.write_stream(carried.id, 255, Vec::new());
    }
    let Some(frames) = host.backend.poll_frames(&mut carried.streaming) else {
        host.network.borrow_mut().loopback.reset(carried.local);
        return Ok(false);
    };
    for (channel, bytes) in frames {
        let loopback = &mut host.network.borrow_mut().loopback;
        match (channel, bytes.as_slice()) {
            (0, bytes) => loopback.send(carried.local, bytes),
            (STATE, b"open") => {}
            (STATE, b"ended") => {
                loopback.close(carried.local);
                return Ok(false);
            }
            (STATE, b"refused") => {
                loopback.close(carried.local);
                let port = carried.ports.1;
                return Err(format!(
                    "failed to connect to localhost:{port} inside namespace, IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused"
                ));
            }
            (STATE, _) => {
                loopback.reset(carried.local);
                return Ok(false);
            }
            _ => {}
        }
    }
    Ok(true)
}

/// A client of `kubectl proxy`.
struct Client {
    local: LocalId,
    received: Vec<u8>,
    /// A watch whose events are being sent.
    streaming: Option<Streaming>,
}

/// A running proxy.
struct Proxy<'a> {
    host: &'a KubectlHost,
    port: u16,
    prefix: String,
    clients: Vec<Client>,
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        let mut network = self.host.network.borrow_mut();
        network.loopback.unlisten(self.port);
        for client in &self.clients {
            network.loopback.reset(client.local);
        }
    }
}

impl Proxy<'_> {
    fn poll(&mut self) -> Poll<Result<(), TransportError>> {
        if self.host.interrupt() {
            return Poll::Ready(Ok(()));
        }
        let backend = &self.host.backend;
        let mut network = self.host.network.borrow_mut();
        while let Some(local) = network.loopback.accept(self.port) {
            self.clients.push(Client { local, received: Vec::new(), streaming: None });
        }
        let prefix = &self.prefix;
        self.clients.retain_mut(|client| {
            let (bytes, done) = network.loopback.receive(client.local);
            client.received.extend(bytes);
            let mut out = Vec::new();
            let going = serve(backend, client, prefix, &mut out);
            network.loopback.send(client.local, &out);
            if !going || (done && client.streaming.is_none()) {
                network.loopback.close(client.local);
                return false;
            }
            !done
        });
        Poll::Pending
    }
}

/// Answers what a client has asked; false: it is done with.
fn serve(backend: &Backend, client: &mut Client, prefix: &str, out: &mut Vec<u8>) -> bool {
    if let Some(streaming) = &mut client.streaming {
        return match backend.poll(streaming) {
            Piece::Data(bytes) => {
                chunk(&bytes, out);
                true
            }
            Piece::Nothing => true,
            Piece::End => {
                out.extend_from_slice(b"0\r\n\r\n");
                false
            }
        };
    }
    while let Some(Asked { request, keep, pretty, length }) = parse(&client.received) {
        client.received.drain(..length);
        let Some(path) =
            request.path.strip_prefix(prefix.trim_end_matches('/')).filter(|p| p.starts_with('/'))
        else {
            answer(404, "text/plain; charset=utf-8", b"404 page not found\n", out);
            continue;
        };
        let request = Request { path: path.into(), ..request };
        let last = request.path.rsplit('/').next().unwrap_or_default();
        if matches!(last, "exec" | "attach") && request.path.contains("/pods/") {
            answer(403, "text/plain; charset=utf-8", b"Forbidden", out);
            continue;
        }
        let (response, streaming) = backend.send(request);
        match streaming {
            Some(mut streaming @ Streaming::Connection { .. }) => {
                let mut body = Vec::new();
                while let Piece::Data(bytes) = backend.poll(&mut streaming) {
                    body.extend(bytes);
                }
                answer(response.status, "text/plain", &body, out);
            }
            Some(streaming) => {
                out.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
                client.streaming = Some(streaming);
                return true;
            }
            None => {
                let mut body = body_of(&response, pretty).into_bytes();
                if !body.ends_with(b"\n") {
                    body.push(b'\n');
                }
                let kind = response
                    .headers
                    .iter()
                    .find(|(k, _)| k.eq_ignore_ascii_case("content-type"))
                    .map_or("application/json", |(_, v)| v.as_str());
                answer(response.status, kind, &body, out);
            }
        }
        if !keep {
            return false;
        }
    }
    true
}

fn chunk(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn answer(status: u16, kind: &str, body: &[u8], out: &mut Vec<u8>) {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        500 => "Internal Server Error",
        _ => "Status",
    };
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Length: {}\r\nContent-Type: {kind}\r\n\r\n",
        body.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

/// The largest request that is taken.
const MAX_REQUEST: usize = 3 << 20;

/// A body as the API server writes it: JSON with line breaks for people (staging/src/k8s.io/apiserver, `isPrettyPrint`).
fn body_of(response: &Response, pretty: bool) -> String {
    match response.body.to_json().filter(|_| pretty) {
        Some(json) => serde_json::to_string_pretty(&json).unwrap_or_default(),
        None => response.body.to_text(),
    }
}

/// A request that a client of the proxy made.
struct Asked {
    request: Request,
    /// The connection is kept.
    keep: bool,
    /// A person reads the answer: a browser, curl or wget asks.
    pretty: bool,
    /// Bytes that it took.
    length: usize,
}

/// The first complete request of what was received.
fn parse(bytes: &[u8]) -> Option<Asked> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let method = Method::parse(first.next()?).unwrap_or(Method::Get);
    let uri = first.next()?;
    let mut request = Request::new(method, uri);
    let (mut length, mut keep) = (0usize, first.next() != Some("HTTP/1.0"));
    let wish = request.query.iter().find(|(key, _)| &**key == "pretty").map(|(_, value)| &**value);
    let mut pretty = matches!(wish, Some("true" | "1"));
    for line in lines {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match key.as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "connection" => keep = !value.eq_ignore_ascii_case("close"),
            "user-agent" if wish.is_none() => {
                pretty = ["curl", "Wget", "Mozilla/5.0"].iter().any(|agent| value.starts_with(agent));
            }
            "accept" if value == "*/*" => {}
            "accept" | "content-type" => request.headers.push((key.into(), value.into())),
            _ => {}
        }
    }
    let length = length.min(MAX_REQUEST);
    let body = bytes.get(end + 4..end + 4 + length)?;
    if length > 0 {
        request.body = api::http::Body::Bytes(body.to_vec().into());
    }
    Some(Asked { request, keep, pretty, length: end + 4 + length })
}
