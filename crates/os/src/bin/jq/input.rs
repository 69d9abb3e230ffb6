//! What jq reads: files and standard input, as values or as lines.

use std::collections::VecDeque;
use std::rc::Rc;

use super::json::Parser;
use super::value::Value;
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::Fd,
};

/// Inputs as they come.
#[derive(Clone, Default)]
pub(super) struct Input {
    pub files: Vec<String>,
    pub at: usize,
    pub fd: Option<Fd>,
    pub parser: Parser,
    /// Raw input without a line end.
    pub text: Vec<u8>,
    pub ready: VecDeque<Value>,
    pub lines: usize,
    pub ended: bool,
    /// The text that cannot be parsed.
    pub broken: Option<String>,
}

impl Input {
    pub fn accept(&mut self, values: Vec<Value>, stream: bool) {
        if !stream {
            self.ready.extend(values);
            return;
        }
        for value in values {
            let mut events = Vec::new();
            stream_events(&value, &mut Vec::new(), &mut events);
            self.ready.extend(events);
        }
    }

    /// The file that is being read.
    pub fn name(&self) -> Option<Rc<str>> {
        let name = self.files.get(self.at).or_else(|| self.files.last())?;
        (name != "-").then(|| Rc::from(name.as_str()))
    }
}

/// `--stream`: a value as paths with leaves, and paths that close.
fn stream_events(value: &Value, path: &mut Vec<Value>, out: &mut Vec<Value>) {
    let entries: Vec<(Value, Value)> = match value {
        Value::Arr(a) => a.items.iter().enumerate().map(|(n, v)| (Value::num(n as f64), v.clone())).collect(),
        Value::Obj(o) => o.map.iter().map(|(k, v)| (Value::Str(k.clone()), v.clone())).collect(),
        _ => Vec::new(),
    };
    if entries.is_empty() {
        out.push(Value::array(vec![Value::array(path.clone()), value.clone()]));
        return;
    }
    let last = entries.last().map(|(key, _)| key.clone());
    for (key, inner) in entries {
        path.push(key);
        stream_events(&inner, path, out);
        path.pop();
    }
    path.extend(last);
    out.push(Value::array(vec![Value::array(path.clone())]));
    path.pop();
}

/// A file's content.
pub(super) fn whole(sys: &mut Sys<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = sys.open(path, OpenFlags::READ, 0)?;
    let mut bytes = Vec::new();
    let result = loop {
        match sys.read(fd, 1 << 16) {
            Ok(piece) if piece.is_empty() => break Ok(()),
            Ok(piece) => bytes.extend(piece),
            Err(e) => break Err(e),
        }
    };
    // What was opened for reading has nothing to lose when it is closed.
    let _closed = sys.close(fd);
    result.map(|()| bytes)
}
