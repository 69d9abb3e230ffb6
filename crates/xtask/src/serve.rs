//! `cargo xtask serve`: the built page on a small static server of our own.
//!
//! It does what a good static host does and no more: right types, precompressed files, caching by hashed name, and
//! cross-origin reads, which an embed in an iframe with an opaque origin needs.

mod http;
mod mime;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Result, build};

/// The port that the README names.
const PORT: u16 = 8080;

/// `cargo xtask serve [--port N]`; port 0 takes any free one.
pub fn run(args: &[String]) -> Result {
    let port = match args {
        [] => PORT,
        [flag, value] if flag == "--port" => {
            value.parse().map_err(|_| format!("--port wants a number, not {value:?}"))?
        }
        _ => return Err("usage: cargo xtask serve [--port N]".to_string()),
    };
    // Before the build: a taken port should not cost a minute of waiting.
    let listener = listen(port)?;
    let dist = build::page()?;
    let address = listener.local_addr().map_err(|err| err.to_string())?;
    println!("Kubarium is on http://{address} (Ctrl-C ends it)");
    serve(listener, dist);
    Ok(())
}

/// Binds a port of this machine only.
fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port))
        .map_err(|err| format!("cannot listen on 127.0.0.1:{port}: {err}; try --port 0"))
}

/// Serves a folder in the background; the URL. For tests and the bench: the server ends with the process.
pub fn in_background(dist: PathBuf) -> Result<String> {
    let listener = listen(0)?;
    let address = listener.local_addr().map_err(|err| err.to_string())?;
    std::thread::spawn(move || serve(listener, dist));
    Ok(format!("http://{address}"))
}

/// One thread per connection: a browser opens six.
fn serve(listener: TcpListener, dist: PathBuf) {
    let dist = Arc::new(dist);
    for stream in listener.incoming().flatten() {
        let dist = Arc::clone(&dist);
        std::thread::spawn(move || http::converse(stream, &dist));
    }
}
