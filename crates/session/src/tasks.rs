//! The smallest executor that serves: local futures, polled whenever something may have happened.
//!
//! A workstation runs a handful of clients at a time, and everything they wait for changes only when the session is
//! pumped. So there are no wakers to keep: [`Tasks::poll`] asks each future once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use collections::OrdMap;

/// A client of the API under way.
pub type Task = Pin<Box<dyn Future<Output = i32>>>;

/// Futures by the number of the process they belong to.
#[derive(Default)]
pub struct Tasks {
    running: OrdMap<u32, Task>,
}

impl Tasks {
    /// Adds the task of a process; it is polled with the next [`Tasks::poll`].
    pub fn spawn(&mut self, id: u32, task: Task) {
        self.running.insert(id, task);
    }

    /// Forgets a task: its process was killed.
    pub fn cancel(&mut self, id: u32) {
        self.running.remove(&id);
    }

    /// True if nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Polls every task once; returns those that ended, with their exit codes.
    pub fn poll(&mut self) -> Vec<(u32, i32)> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut ended = Vec::new();
        self.running.retain(|id, task| match task.as_mut().poll(&mut cx) {
            Poll::Ready(code) => {
                ended.push((*id, code));
                false
            }
            Poll::Pending => true,
        });
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn a_task_goes_on_when_what_it_waits_for_has_happened() {
        let ready = Rc::new(Cell::new(false));
        let seen = ready.clone();
        let mut tasks = Tasks::default();
        tasks.spawn(
            7,
            Box::pin(async move {
                std::future::poll_fn(|_| if seen.get() { Poll::Ready(()) } else { Poll::Pending }).await;
                3
            }),
        );
        assert!(tasks.poll().is_empty());
        ready.set(true);
        assert_eq!(tasks.poll(), [(7, 3)]);
        assert!(tasks.is_empty());
    }
}
