//! What a container wrote to stdout and stderr, line by line, as the CRI log file keeps it.
//!
//! Mirrors the kubelet's log rotation (`containerLogMaxSize` 10Mi: the newest part of the log stays readable).

use std::collections::VecDeque;
use std::rc::Rc;

use api::Timestamp;

/// `containerLogMaxSize`
pub const MAX_BYTES: usize = 10 << 20;
/// A line longer than this is split (containerd's max_container_log_line_size).
const MAX_LINE: usize = 16 << 10;

/// Which of a process's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `stdout` in the log file; also what a terminal shows.
    Stdout,
    /// `stderr` in the log file.
    Stderr,
}

/// One line without its newline; `partial` if the program has not ended it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When its first byte was written.
    pub time: Timestamp,
    /// Where it was written to.
    pub stream: Stream,
    /// Bytes, not always valid UTF-8.
    pub text: Rc<[u8]>,
    /// `P` in the log file; the newline has not come.
    pub partial: bool,
}

/// The log of one container run. Cheap to clone while nothing is written.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: Rc<VecDeque<Line>>,
    bytes: usize,
    /// Lines that rotation took away: line numbers count from the start of the container.
    dropped: u64,
    pending: [Vec<u8>; 2],
}

impl Log {
    /// Appends what a program wrote.
    pub fn write(&mut self, time: Timestamp, stream: Stream, bytes: &[u8]) {
        let slot = usize::from(stream == Stream::Stderr);
        let mut pending = std::mem::take(&mut self.pending[slot]);
        for part in bytes.split_inclusive(|b| *b == b'\n') {
            pending.extend_from_slice(part);
            if pending.last() == Some(&b'\n') {
                pending.pop();
                self.push(Line { time, stream, text: Rc::from(&*pending), partial: false });
                pending.clear();
            } else if pending.len() >= MAX_LINE {
                self.push(Line { time, stream, text: Rc::from(&*pending), partial: true });
                pending.clear();
            }
        }
        self.pending[slot] = pending;
    }

    /// The container ended: what it wrote without a newline becomes readable.
    pub fn finish(&mut self, time: Timestamp) {
        for (slot, stream) in [(0, Stream::Stdout), (1, Stream::Stderr)] {
            let rest = std::mem::take(&mut self.pending[slot]);
            if !rest.is_empty() {
                self.push(Line { time, stream, text: Rc::from(&*rest), partial: true });
            }
        }
    }

    fn push(&mut self, line: Line) {
        self.bytes += line.text.len() + 45;
        let lines = Rc::make_mut(&mut self.lines);
        lines.push_back(line);
        while self.bytes > MAX_BYTES
            && let Some(first) = lines.pop_front()
        {
            self.bytes -= first.text.len() + 45;
            self.dropped += 1;
        }
    }

    /// The number that the next line will have.
    pub fn end(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// Lines from number `from` on.
    pub fn since(&self, from: u64) -> impl DoubleEndedIterator<Item = &Line> {
        let skip = from.saturating_sub(self.dropped) as usize;
        self.lines.range(skip.min(self.lines.len())..)
    }

    /// The last lines of stderr and stdout, for `FallbackToLogsOnError`: at most 80 lines and 2048 bytes.
    pub fn tail_text(&self) -> String {
        let mut text: Vec<u8> = Vec::new();
        for line in self.since(self.end().saturating_sub(80)) {
            text.extend_from_slice(&line.text);
            if !line.partial {
                text.push(b'\n');
            }
        }
        let from = text.len().saturating_sub(2048);
        String::from_utf8_lossy(&text[from..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_and_the_rest_waits_for_its_newline() {
        let mut log = Log::default();
        log.write(Timestamp(1), Stream::Stdout, b"one\ntw");
        log.write(Timestamp(2), Stream::Stdout, b"o\n");
        let texts: Vec<_> =
            log.since(0).map(|line| String::from_utf8_lossy(&line.text).into_owned()).collect();
        assert_eq!(texts, ["one", "two"]);
        log.write(Timestamp(3), Stream::Stderr, b"end");
        assert_eq!(log.end(), 2);
        log.finish(Timestamp(4));
        assert_eq!(log.end(), 3);
    }
}
