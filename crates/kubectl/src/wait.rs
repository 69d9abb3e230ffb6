//! Waiting: for the first of two futures, for a deadline, for events of a watch.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use api::Json;
use api::http::Method;

use crate::cx::Cx;
use crate::error::{CmdError, Result};
use crate::host::ByteStream;

/// Which of two futures finished first.
pub enum Either<A, B> {
    /// The first one's result.
    Left(A),
    /// The second one's result.
    Right(B),
}

/// Polls two futures, the left one first, until one is ready; the other is dropped.
pub async fn select<A, B>(left: impl Future<Output = A>, right: impl Future<Output = B>) -> Either<A, B> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(value) = left.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(value));
        }
        match right.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Either::Right(value)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The error of a command that the user interrupted.
pub fn interrupted() -> CmdError {
    CmdError::Exit { code: 130, message: String::new() }
}

/// A point in time after which a command gives up; `None` waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Option<i64>);

impl Deadline {
    /// Makes a deadline so many microseconds from now; zero or less: none.
    pub fn after(cx: &Cx, micros: i64) -> Deadline {
        Deadline((micros > 0).then(|| cx.host.now().micros().saturating_add(micros)))
    }

    /// Returns what is left, in microseconds.
    pub fn left(&self, cx: &Cx) -> Option<i64> {
        self.0.map(|at| (at - cx.host.now().micros()).max(0))
    }

    /// Runs a future until the deadline. `None`: it has passed.
    pub async fn run<T>(&self, cx: &Cx, future: impl Future<Output = T>) -> Option<T> {
        match self.left(cx) {
            None => Some(future.await),
            Some(left) => match select(future, cx.host.sleep(left)).await {
                Either::Left(value) => Some(value),
                Either::Right(()) => None,
            },
        }
    }
}

/// An open watch.
pub struct Watch {
    stream: Box<dyn ByteStream>,
    buffer: Vec<u8>,
}

impl Watch {
    /// Opens a watch on a collection.
    pub async fn open(cx: &Cx, path: &str, query: &[(&str, &str)], accept: Option<&str>) -> Result<Watch> {
        let client = cx.client()?;
        let mut all = query.to_vec();
        all.push(("watch", "true"));
        let mut req = client.build(Method::Get, path, &all);
        if let Some(accept) = accept {
            req.set_header("accept", accept);
        }
        Ok(Watch { stream: client.stream(req).await?, buffer: Vec::new() })
    }

    /// Returns the next event: its type and object. `None`: the watch is over.
    ///
    /// # Errors
    /// The server sent an `ERROR` event.
    pub async fn next(&mut self) -> Result<Option<(String, Json)>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                if line.iter().all(u8::is_ascii_whitespace) {
                    continue;
                }
                let mut event: Json = serde_json::from_slice(&line).map_err(|e| {
                    CmdError::Msg(format!("unable to decode an event from the watch stream: {e}"))
                })?;
                let object = event["object"].take();
                match event["type"].as_str().unwrap_or("") {
                    "BOOKMARK" => continue,
                    "ERROR" => return Err(CmdError::Status(Box::new(object))),
                    kind => return Ok(Some((kind.to_string(), object))),
                }
            }
            match self.stream.next().await {
                Some(bytes) => self.buffer.extend(bytes),
                None if self.buffer.is_empty() => return Ok(None),
                None => self.buffer.push(b'\n'),
            }
        }
    }
}
