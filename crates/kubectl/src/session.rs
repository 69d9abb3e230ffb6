//! An interactive session with a container: exec, attach, `run -it`.

use api::Json;
use api::http::{Method, Request};

use crate::client;
use crate::cx::Cx;
use crate::discovery::{Resource, array};
use crate::error::{CmdError, Result, msg};
use crate::host::{ExecFrame, ExecSession, StdinEvent};
use crate::wait::{Either, interrupted, select};

/// What a session carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Streams {
    /// `-i`: what is typed goes in.
    pub stdin: bool,
    /// `-t`: the container's end is a terminal.
    pub tty: bool,
    /// `-q`: nothing is said beside what the session shows.
    pub quiet: bool,
}

/// Builds the request for `exec` or `attach`.
pub fn request(
    cx: &Cx,
    pod: &Json,
    subresource: &str,
    container: &str,
    command: &[String],
    streams: Streams,
) -> Result<Request> {
    let pods =
        Resource { version: "v1".into(), plural: "pods".into(), namespaced: true, ..Resource::default() };
    let field = |name: &str| pod["metadata"][name].as_str().unwrap_or("");
    let path = client::object(&pods, field("namespace"), field("name"), subresource);
    let mut query: Vec<(&str, &str)> = command.iter().map(|c| ("command", c.as_str())).collect();
    query.push(("container", container));
    if streams.stdin {
        query.push(("stdin", "true"));
    }
    query.push(("stdout", "true"));
    if streams.tty {
        query.push(("tty", "true"));
    } else {
        query.push(("stderr", "true"));
    }
    let mut req = cx.client()?.build(Method::Post, &path, &query);
    // An empty word of the command is a word all the same.
    req.query = query.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    Ok(req)
}

/// Opens the session and moves bytes until the process ends.
///
/// # Errors
/// The server refuses, the process ends with a code other than 0, the connection breaks.
pub async fn run(cx: &Cx, req: Request, streams: Streams) -> Result {
    let mut session = cx.client()?.exec(req).await?;
    if streams.tty {
        cx.host.set_raw_mode(true);
        let (columns, rows) = cx.host.terminal_size();
        session.send(ExecFrame::Resize(columns, rows));
    }
    let result = pump(cx, session.as_mut(), streams).await;
    if streams.tty {
        cx.host.set_raw_mode(false);
    }
    result
}

async fn pump(cx: &Cx, session: &mut dyn ExecSession, streams: Streams) -> Result {
    let mut open = streams.stdin;
    loop {
        let frame = if open {
            match select(session.next(), cx.host.stdin()).await {
                Either::Left(frame) => frame,
                Either::Right(event) => {
                    match event {
                        StdinEvent::Data(bytes) => session.send(ExecFrame::Stdin(bytes)),
                        StdinEvent::Resize(columns, rows) => session.send(ExecFrame::Resize(columns, rows)),
                        StdinEvent::Eof => {
                            session.send(ExecFrame::CloseStdin);
                            open = false;
                        }
                    }
                    continue;
                }
            }
        } else {
            session.next().await
        };
        match frame {
            Some(ExecFrame::Stdout(bytes)) => cx.host.stdout(&bytes),
            Some(ExecFrame::Stderr(bytes)) => cx.host.stderr(&bytes),
            Some(ExecFrame::Status(status)) => return exit(&status),
            Some(_) => {}
            None if cx.host.interrupted() => return Err(interrupted()),
            None => return Ok(()),
        }
    }
}

/// Runs a command that is given all of its input at once, and returns what it writes to standard output.
///
/// # Errors
/// As those of [`run`].
pub async fn collect(cx: &Cx, req: Request, input: Option<&[u8]>) -> Result<Vec<u8>> {
    let mut session = cx.client()?.exec(req).await?;
    if let Some(bytes) = input {
        for piece in bytes.chunks(32 << 10) {
            session.send(ExecFrame::Stdin(piece.to_vec()));
        }
        session.send(ExecFrame::CloseStdin);
    }
    let mut out = Vec::new();
    loop {
        match session.next().await {
            Some(ExecFrame::Stdout(bytes)) => out.extend(bytes),
            Some(ExecFrame::Stderr(bytes)) => cx.host.stderr(&bytes),
            Some(ExecFrame::Status(status)) => return exit(&status).map(|()| out),
            Some(_) => {}
            None if cx.host.interrupted() => return Err(interrupted()),
            None => return Ok(out),
        }
    }
}

/// Turns the status at the end of a session into a result.
fn exit(status: &Json) -> Result {
    if status["status"] == "Success" {
        return Ok(());
    }
    let code = array(&status["details"]["causes"]).iter().find(|c| c["reason"] == "ExitCode");
    if let Some(code) = code.and_then(|c| c["message"].as_str()?.parse::<i32>().ok()) {
        return Err(CmdError::Exit { code, message: format!("command terminated with exit code {code}") });
    }
    match status["message"].as_str() {
        Some(text) if !text.is_empty() => msg(text),
        _ => msg("error executing in the container"),
    }
}

/// Checks `-t` against the terminal; says so when there is none.
pub fn streams(cx: &Cx) -> Streams {
    let (stdin, mut tty) = (cx.flags.bool("stdin"), cx.flags.bool("tty"));
    if tty && !stdin {
        tty = cx.host.stdin_is_tty();
    } else if tty && !cx.host.stdin_is_tty() {
        cx.err("Unable to use a TTY - input is not a terminal or the right kind of file");
        tty = false;
    }
    Streams { stdin, tty, quiet: cx.flags.bool("quiet") }
}
