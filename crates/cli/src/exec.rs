//! exec, attach and port-forward for real clients: WebSockets with Kubernetes' channel protocols.
//!
//! Each message begins with a channel byte (0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize, 255 close). kubectl asks for
//! `v5.channel.k8s.io`; SPDY, which older clients fall back to, is refused in one clear line.
//! Upstream: k8s.io/apimachinery/pkg/util/remotecommand, KEP-4006.

use std::rc::Rc;

use futures_util::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kubarium_session::backend::{Backend, Streaming};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use crate::wire;

/// Protocols that are spoken, best first.
const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const POLL: std::time::Duration = std::time::Duration::from_millis(10);

/// True if the client wants to leave HTTP.
pub fn is_upgrade(request: &hyper::Request<Incoming>) -> bool {
    request.headers().contains_key("upgrade")
}

/// Answers an upgrade: the cluster is asked first, so that a refusal is an ordinary response.
pub fn upgrade(
    backend: Rc<Backend>,
    mut request: hyper::Request<Incoming>,
) -> hyper::Response<wire::OutBody> {
    let header =
        |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    if !header("upgrade").eq_ignore_ascii_case("websocket") {
        let message = "only WebSocket upgrades are served here, not SPDY; use kubectl 1.31 or newer";
        return wire::complete(&api::Status::bad_request(message).into());
    }
    let offered = header("sec-websocket-protocol");
    let protocol = PROTOCOLS.into_iter().find(|known| offered.split(',').any(|name| name.trim() == *known));
    let key = header("sec-websocket-key");
    let taken = std::mem::take(request.headers_mut());
    let (mut parts, ()) = hyper::Request::new(()).into_parts();
    parts.method = request.method().clone();
    parts.uri = request.uri().clone();
    parts.headers = taken;
    let head = match wire::head(&parts) {
        Ok(head) => head,
        Err(refusal) => return wire::complete(&refusal),
    };
    let (response, stream) = backend.send(head);
    let Some(stream @ Streaming::Connection { .. }) = stream else { return wire::complete(&response) };
    let Some(protocol) = protocol else {
        return wire::complete(
            &api::Status::bad_request(format!("unable to upgrade: none of {offered:?} is supported")).into(),
        );
    };
    tokio::task::spawn_local(async move {
        if let Ok(upgraded) = hyper::upgrade::on(request).await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            carry(&backend, stream, socket).await;
        }
    });
    let switching = hyper::Response::builder()
        .status(101)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", derive_accept_key(key.as_bytes()))
        .header("sec-websocket-protocol", protocol);
    switching.body(Empty::new().boxed_unsync()).unwrap_or_else(|_| wire::complete(&response))
}

/// Carries messages both ways until either side ends.
async fn carry<S>(backend: &Backend, mut stream: Streaming, mut socket: WebSocketStream<S>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let Streaming::Connection { id, .. } = &stream else { return };
    let id = *id;
    let mut interval = tokio::time::interval(POLL);
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    if let Some((channel, data)) = bytes.split_first() {
                        backend.write_stream(id, *channel, data.to_vec());
                    }
                }
                Some(Ok(Message::Text(text))) => {
                    if let Some((channel, data)) = text.as_bytes().split_first() {
                        backend.write_stream(id, *channel, data.to_vec());
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            _ = interval.tick() => {
                let Some(frames) = backend.poll_frames(&mut stream) else {
                    let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                    let _gone = socket.close(Some(normal)).await;
                    break;
                };
                for (channel, data) in frames {
                    let mut bytes = vec![channel];
                    bytes.extend(data);
                    if socket.send(Message::Binary(bytes.into())).await.is_err() {
                        break;
                    }
                }
            }
        }
    }
    backend.close_stream(id);
}
