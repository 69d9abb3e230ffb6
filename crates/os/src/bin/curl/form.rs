//! What curl sends: data in the ways of `-d`, forms in parts, files.

use crate::kernel::Sys;

/// One part of a form (`-F`).
#[derive(Clone, Debug, Default)]
pub struct Part {
    name: String,
    /// Where the content is from, as long as it was not read: the file, and whether it is sent as one.
    file: Option<(String, bool)>,
    content: Vec<u8>,
    file_name: Option<String>,
    kind: Option<String>,
}

impl Part {
    /// Reads `name=content`, `name=@file;type=…;filename=…`, `name=<file`. None when it is none.
    pub fn read(text: &str, literal: bool) -> Option<Part> {
        let (name, value) = text.split_once('=')?;
        let mut part = Part { name: name.to_string(), ..Part::default() };
        if literal {
            part.content = value.as_bytes().to_vec();
            return Some(part);
        }
        let (from, value) = match (value.strip_prefix('@'), value.strip_prefix('<')) {
            (Some(rest), _) => (Some(true), rest),
            (_, Some(rest)) => (Some(false), rest),
            _ => (None, value),
        };
        let (first, mut rest) = word(value);
        while let Some(option) = rest.strip_prefix(';') {
            let (value, after) = word(option);
            if let Some(kind) = value.trim_start().strip_prefix("type=") {
                part.kind = Some(kind.to_string());
            } else if let Some(name) = value.trim_start().strip_prefix("filename=") {
                part.file_name = Some(name.trim_matches('"').to_string());
            }
            rest = after;
        }
        match from {
            Some(sent) => part.file = Some((first, sent)),
            None => part.content = first.into_bytes(),
        }
        Some(part)
    }

    /// Reads the file; false when it cannot be.
    pub fn load(&mut self, sys: &mut Sys<'_>) -> bool {
        let Some((file, sent)) = self.file.take() else { return true };
        let Some(content) = contents(sys, &file) else { return false };
        self.content = content;
        if sent {
            let base = file.rsplit('/').next().unwrap_or(&file).to_string();
            let kind = kind_of(&base).to_string();
            self.file_name.get_or_insert(base);
            self.kind.get_or_insert(kind);
        }
        true
    }
}

/// A text up to `;`, or in quotes; and what follows.
fn word(text: &str) -> (String, &str) {
    if let Some(quoted) = text.strip_prefix('"')
        && let Some(end) = quoted.find('"')
    {
        return (quoted[..end].to_string(), &quoted[end + 1..]);
    }
    let end = text.find(';').unwrap_or(text.len());
    (text[..end].to_string(), &text[end..])
}

/// The content of a file; `-` is standard input (a pipe gives what it holds).
pub fn contents(sys: &mut Sys<'_>, file: &str) -> Option<Vec<u8>> {
    sys.vfs().read(if file == "-" { "/dev/stdin" } else { file }).ok()
}

/// The type of a file by the end of its name, as curl knows them.
fn kind_of(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    match end.as_str() {
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

/// The parts with a boundary between them.
pub fn multipart(parts: &[Part], boundary: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    for part in parts {
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name));
        if let Some(file) = &part.file_name {
            head.push_str(&format!("; filename=\"{}\"", quoted(file)));
        }
        if let Some(kind) = &part.kind {
            head.push_str(&format!("\r\nContent-Type: {kind}"));
        }
        out.extend(head.bytes());
        out.extend(b"\r\n\r\n");
        out.extend(&part.content);
        out.extend(b"\r\n");
    }
    out.extend(format!("--{boundary}--\r\n").bytes());
    out
}

/// `--data-urlencode`: `content`, `=content`, `name=content`, `@file`, `name@file`. None when the file cannot be read.
pub fn url_encoded(sys: &mut Sys<'_>, text: &str) -> Option<String> {
    let at = text.find(['=', '@']);
    let (name, content) = match at {
        Some(at) if text[at..].starts_with('=') => (&text[..at], text.as_bytes()[at + 1..].to_vec()),
        Some(at) => (&text[..at], contents(sys, &text[at + 1..])?),
        None => ("", text.as_bytes().to_vec()),
    };
    let encoded = encode(&content);
    Some(if name.is_empty() { encoded } else { format!("{name}={encoded}") })
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for b in bytes {
        match b {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') => {
                out.push(char::from(*b))
            }
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The words of a file for `-K`: each line an option with or without its dashes, and what it takes.
pub fn config(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let end = line.find([' ', '\t', '=', ':']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        words.push(if name.starts_with('-') { name.to_string() } else { format!("--{name}") });
        let value = rest.trim_start_matches([' ', '\t', '=', ':']);
        if value.is_empty() {
            continue;
        }
        let Some(quoted) = value.strip_prefix('"') else {
            words.push(value.split_whitespace().next().unwrap_or("").to_string());
            continue;
        };
        let mut plain = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => match chars.next() {
                    Some('t') => plain.push('\t'),
                    Some('n') => plain.push('\n'),
                    Some('r') => plain.push('\r'),
                    Some(other) => plain.push(other),
                    None => {}
                },
                c => plain.push(c),
            }
        }
        words.push(plain);
    }
    words
}
