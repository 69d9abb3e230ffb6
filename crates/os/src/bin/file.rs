//! `file`: what a file seems to be.

use super::{
    opts,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "file",
    "Usage: file [OPTION...] [FILE...]\nDetermine type of FILEs.\n\n  -b, --brief                do not prepend filenames to output lines\n  -i, --mime                 output MIME type strings\n  -L, --dereference          follow symlinks\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [("brief", 'b'), ("mime", 'i'), ("mime-type", 'I'), ("dereference", 'L')];
    let opts = match opts::parse(cx, "biIL", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        cx.eprint("Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n            [--mime-type] [-e <testname>] [-F <separator>]  [-f <namefile>]\n            [-m <magicfiles>] [-P <parameter=value>] [--exclude-quiet]\n            <file> ...\n");
        return 1;
    }
    let width = opts.rest.iter().map(|n| n.chars().count()).max().unwrap_or(0) + 1;
    for name in &opts.rest {
        let stat = if opts.has('L') { cx.sys.stat(name) } else { cx.sys.lstat(name) };
        let (kind, mime) = match stat {
            Err(e) => (format!("cannot open `{name}' ({e})"), "cannot open".to_string()),
            Ok(s) if s.is_dir() => ("directory".to_string(), "inode/directory".to_string()),
            Ok(s) if s.is_link() => {
                let target = cx.sys.vfs().read_link(name).unwrap_or_default();
                let broken = if cx.sys.stat(name).is_err() { "broken " } else { "" };
                (format!("{broken}symbolic link to {target}"), "inode/symlink".to_string())
            }
            Ok(s) if !s.is_file() => ("character special".to_string(), "inode/chardevice".to_string()),
            Ok(_) => match cx.sys.vfs().read(name) {
                Ok(bytes) => guess(&bytes),
                Err(e) => (
                    format!("regular file, no read permission ({e})"),
                    "application/octet-stream".to_string(),
                ),
            },
        };
        let shown = if opts.has('i') || opts.has('I') { mime } else { kind };
        if opts.has('b') {
            cx.line(shown);
        } else {
            cx.line(format!("{:<width$} {shown}", format!("{name}:")));
        }
    }
    0
}

/// What the content looks like: in words, and as a MIME type.
fn guess(bytes: &[u8]) -> (String, String) {
    let known: [(&[u8], &str, &str); 8] = [
        (
            b"\x7fELF",
            "ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked",
            "application/x-pie-executable",
        ),
        (b"\x1f\x8b", "gzip compressed data", "application/gzip"),
        (b"PK\x03\x04", "Zip archive data, at least v2.0 to extract", "application/zip"),
        (b"\x89PNG", "PNG image data", "image/png"),
        (b"%PDF-", "PDF document", "application/pdf"),
        (b"BZh", "bzip2 compressed data", "application/x-bzip2"),
        (b"\xfd7zXZ", "XZ compressed data", "application/x-xz"),
        (b"-----BEGIN CERTIFICATE-----", "PEM certificate", "text/plain"),
    ];
    if bytes.is_empty() {
        return ("empty".to_string(), "inode/x-empty".to_string());
    }
    if let Some((_, kind, mime)) = known.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return (kind.to_string(), mime.to_string());
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return ("POSIX tar archive (GNU)".to_string(), "application/x-tar".to_string());
    }
    let head = &bytes[..bytes.len().min(64 << 10)];
    let Ok(text) = std::str::from_utf8(head) else {
        return ("data".to_string(), "application/octet-stream".to_string());
    };
    if text.bytes().any(|b| b == 0 || (b < 32 && !matches!(b, 7..=13 | 27))) {
        return ("data".to_string(), "application/octet-stream".to_string());
    }
    let encoding = if text.is_ascii() { "ASCII text" } else { "Unicode text, UTF-8 text" };
    let crlf = if text.contains("\r\n") { ", with CRLF line terminators" } else { "" };
    let bare = if text.contains('\n') { "" } else { ", with no line terminators" };
    let first = text.lines().next().unwrap_or("");
    if let Some(shell) = first.strip_prefix("#!") {
        let shell = shell.trim();
        let kind = match shell.rsplit('/').next().unwrap_or("") {
            "sh" | "dash" => "POSIX shell script".to_string(),
            "bash" => "Bourne-Again shell script".to_string(),
            "env python3" | "python3" | "python" => "Python script".to_string(),
            _ => format!("a {shell} script"),
        };
        return (format!("{kind}, {encoding} executable{crlf}"), "text/x-shellscript".to_string());
    }
    let start = text.trim_start();
    if (start.starts_with('{') && text.trim_end().ends_with('}') && start.contains('"'))
        || (start.starts_with('[') && text.trim_end().ends_with(']'))
    {
        return ("JSON text data".to_string(), "application/json".to_string());
    }
    (format!("{encoding}{crlf}{bare}"), "text/plain".to_string())
}
