//! The text file that an editor is about.

use crate::{errno::Errno, kernel::Sys};

/// A text file being edited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub lines: Vec<Vec<char>>,
    pub path: Option<String>,
    pub modified: bool,
    /// Bytes read or written last.
    pub bytes: usize,
    /// The file did not exist.
    pub is_new: bool,
    /// Its last line has no line end.
    pub unfinished: bool,
}

/// The largest file that is edited.
const MAX_FILE: usize = 8 << 20;

/// Reads a whole file.
pub fn read_file(sys: &mut Sys<'_>, path: &str) -> Result<Vec<u8>, Errno> {
    let fd = sys.open(path, crate::kernel::OpenFlags::READ, 0)?;
    let mut bytes = Vec::new();
    let result = loop {
        match sys.read(fd, 1 << 16) {
            Ok(piece) if piece.is_empty() => break Ok(()),
            Ok(_) if bytes.len() > MAX_FILE => break Err(Errno::EFBIG),
            Ok(piece) => bytes.extend(piece),
            Err(e) => break Err(e),
        }
    };
    let _closed = sys.close(fd);
    result.map(|()| bytes)
}

/// The lines of a text, and whether the last one lacks its end.
pub fn lines_of(bytes: &[u8]) -> (Vec<Vec<char>>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let unfinished = !text.is_empty() && !text.ends_with('\n');
    let mut lines: Vec<Vec<char>> = text.split('\n').map(|line| line.chars().collect()).collect();
    if !unfinished {
        lines.pop();
    }
    (lines, unfinished)
}

impl Text {
    /// Loads the file of that name, or begins an empty one.
    pub fn load(&mut self, sys: &mut Sys<'_>, path: &str) -> Result<(), Errno> {
        let (bytes, is_new) = match read_file(sys, path) {
            Ok(bytes) => (bytes, false),
            Err(Errno::ENOENT) => (Vec::new(), true),
            Err(e) => return Err(e),
        };
        let (mut lines, unfinished) = lines_of(&bytes);
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        *self = Text {
            lines,
            path: Some(path.to_owned()),
            modified: false,
            bytes: bytes.len(),
            is_new,
            unfinished,
        };
        Ok(())
    }

    /// The text of lines, each with its end.
    pub fn content(&self, from: usize, to: usize) -> Vec<u8> {
        let mut out = String::new();
        for line in &self.lines[from.min(self.lines.len())..to.min(self.lines.len())] {
            out.extend(line);
            out.push('\n');
        }
        // An empty buffer is an empty file.
        if self.lines.len() == 1 && self.lines[0].is_empty() {
            out.clear();
        }
        out.into_bytes()
    }

    /// Writes bytes to a file.
    pub fn store(sys: &mut Sys<'_>, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let fd = sys.open(path, crate::kernel::OpenFlags::WRITE, 0o666)?;
        let mut rest = bytes;
        let mut result = Ok(());
        while !rest.is_empty() {
            match sys.write(fd, rest) {
                Ok(n) if n > 0 => rest = &rest[n..],
                Ok(_) => break,
                Err(e) => {
                    result = Err(e);
                    break;
                }
            }
        }
        let _closed = sys.close(fd);
        result
    }
}
