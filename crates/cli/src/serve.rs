//! `kubarium serve`: the API server over HTTP, the world's clock tied to the real one.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kubarium_core::cluster::{ClusterConfig, MAX_NODES, Progress};
use kubarium_session::backend::{Backend, Piece, Streaming};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::{exec, explain, wire};

/// How often time moves and streams are looked at.
const TICK: Duration = Duration::from_millis(10);
/// Events handled in one tick before others get a turn.
const TICK_EVENTS: u64 = 20_000;

/// What the flags say.
pub struct Options {
    pub listen: SocketAddr,
    pub speed: f64,
    pub seed: u64,
    pub nodes: u32,
    pub kubeconfig: Option<PathBuf>,
}

/// Serves until Ctrl-C.
pub fn serve(options: &Options) -> Result<(), String> {
    if options.nodes > MAX_NODES {
        return Err(format!("--nodes: at most {MAX_NODES}"));
    }
    if !(options.speed.is_finite() && options.speed > 0.0) {
        return Err("--speed: must be a number above 0".to_owned());
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, serve_on(options))
}

async fn serve_on(options: &Options) -> Result<(), String> {
    let listener = TcpListener::bind(options.listen).await.map_err(|e| format!("{}: {e}", options.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let config = ClusterConfig {
        seed: options.seed,
        nodes: options.nodes,
        start: start(),
        ..ClusterConfig::default()
    };
    let backend = Rc::new(Backend::new(kubarium_session::console::settled(config)));
    if let Some(path) = &options.kubeconfig {
        std::fs::write(path, kubeconfig(address)).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let texts = Rc::new(explain::load());
    println!("Serving the Kubernetes API on http://{address}");
    tokio::task::spawn_local(tick(backend.clone(), options.speed));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (backend, texts) = (backend.clone(), texts.clone());
                tokio::task::spawn_local(async move {
                    let service = service_fn(move |request| answer(backend.clone(), texts.clone(), request));
                    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    // A client that breaks off is no error of ours.
                    let _broken = connection.with_upgrades().await;
                });
            }
        }
    }
}

/// The cluster's first moment: so long ago that, settled, it stands at the present. Clients tell ages by their own clock.
#[allow(clippy::disallowed_types, clippy::disallowed_methods)] // outside of the world: real clients live in real time
fn start() -> api::Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    api::Timestamp::from_secs(i64::try_from(now.as_secs()).unwrap_or(0)) - kubarium_session::console::SETTLED
}

/// Ties the world's clock to the real one.
async fn tick(backend: Rc<Backend>, speed: f64) {
    let mut interval = tokio::time::interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let step = api::Duration((TICK.as_micros() as f64 * speed) as i64);
    let mut target = backend.now();
    loop {
        interval.tick().await;
        target += step;
        let progress = backend.with_mut(|cluster| cluster.advance_to(target, TICK_EVENTS));
        if progress == Progress::Unfinished {
            // The world has more to do than fits: its clock falls behind rather than stopping the server.
            target = backend.now();
        }
    }
}

async fn answer(
    backend: Rc<Backend>,
    texts: Rc<Option<api::Json>>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<wire::OutBody>, Infallible> {
    if exec::is_upgrade(&request) {
        return Ok(exec::upgrade(backend, request));
    }
    let request = match wire::read(request).await {
        Ok(request) => request,
        Err(refusal) => return Ok(wire::complete(&refusal)),
    };
    let is_document = explain::is_document(&request);
    let (mut response, stream) = backend.send(request);
    if let (true, Some(texts)) = (is_document && response.is_success(), &*texts) {
        explain::describe(&mut response, texts);
    }
    Ok(match stream {
        None => wire::complete(&response),
        Some(stream) => wire::with_body(&response, pieces(backend, stream)),
    })
}

/// A body that is fed from a stream of the cluster until either side ends it.
fn pieces(backend: Rc<Backend>, mut stream: Streaming) -> wire::OutBody {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(16);
    tokio::task::spawn_local(async move {
        loop {
            match backend.poll(&mut stream) {
                Piece::Data(bytes) => {
                    if sender.send(bytes.into()).await.is_err() {
                        return;
                    }
                }
                Piece::End => return,
                Piece::Nothing if sender.is_closed() => return,
                Piece::Nothing => tokio::time::sleep(TICK).await,
            }
        }
    });
    let frames = futures_util::stream::poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes))))
    });
    StreamBody::new(frames).boxed_unsync()
}

fn kubeconfig(address: SocketAddr) -> String {
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    server: http://{address}\n  name: kubarium\ncontexts:\n- context:\n    \
         cluster: kubarium\n    user: kubernetes-admin\n  name: kubarium\ncurrent-context: kubarium\nusers:\n- name: kubernetes-admin\n  user: {{}}\n"
    )
}
