//! `stat`: what the file system knows of a file.

use super::{
    ls::mode_text,
    opts,
    tool::{Cx, tool},
    users,
};
use crate::{
    program::ProgramSpec,
    time::{Time, strftime},
};

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("stat", "Usage: stat [-ltf] [-c FMT] FILE...\n\nDisplay file status\n", || {
        tool(main)
    });

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(
        cx,
        "c:fLt",
        &[("format", 'c'), ("printf", 'c'), ("dereference", 'L'), ("file-system", 'f'), ("terse", 't')],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mut code = 0;
    for path in opts.rest.clone() {
        let found = if opts.has('L') { cx.sys.stat(&path) } else { cx.sys.lstat(&path) };
        let s = match found {
            Ok(s) => s,
            Err(e) => {
                let message = if cx.busybox() {
                    format!("can't stat '{path}': {e}")
                } else {
                    format!("cannot statx '{path}': {e}")
                };
                cx.complain(message);
                code = 1;
                continue;
            }
        };
        let kind = match s.letter {
            'd' => "directory",
            'l' => "symbolic link",
            'c' => "character special file",
            'p' => "fifo",
            _ if s.size == 0 => "regular empty file",
            _ => "regular file",
        };
        let (user, group) = (users::user_name(cx.sys, s.uid), users::group_name(cx.sys, s.gid));
        let time = |t: Time| strftime("%Y-%m-%d %H:%M:%S.%N %z", t);
        let link =
            if s.is_link() { cx.sys.vfs().read_link(&path).unwrap_or_default() } else { String::new() };
        let blocks = if s.is_dir() { 8 } else { s.size.div_ceil(4096) * 8 };
        if let Some(format) = opts.value('c').map(str::to_string) {
            let mut out = String::new();
            let mut chars = format.chars();
            while let Some(c) = chars.next() {
                if c != '%' {
                    out.push(c);
                    continue;
                }
                match chars.next() {
                    Some('n') => out.push_str(&path),
                    Some('N') if s.is_link() => out.push_str(&format!("'{path}' -> '{link}'")),
                    Some('N') => out.push_str(&format!("'{path}'")),
                    Some('s') => out.push_str(&s.size.to_string()),
                    Some('a') => out.push_str(&format!("{:o}", s.mode)),
                    Some('A') => out.push_str(&mode_text(s.letter, s.mode)),
                    Some('u') => out.push_str(&s.uid.to_string()),
                    Some('g') => out.push_str(&s.gid.to_string()),
                    Some('U') => out.push_str(&user),
                    Some('G') => out.push_str(&group),
                    Some('F') => out.push_str(kind),
                    Some('h') => out.push_str(&s.nlink.to_string()),
                    Some('i') => out.push_str(&s.ino.to_string()),
                    Some('b') => out.push_str(&blocks.to_string()),
                    Some('B') => out.push_str("512"),
                    Some('o') => out.push_str("4096"),
                    Some('Y') => out.push_str(&s.mtime.secs().to_string()),
                    Some('X') => out.push_str(&s.atime.secs().to_string()),
                    Some('Z') => out.push_str(&s.ctime.secs().to_string()),
                    Some('y') => out.push_str(&time(s.mtime)),
                    Some('x') => out.push_str(&time(s.atime)),
                    Some('z') => out.push_str(&time(s.ctime)),
                    Some('%') => out.push('%'),
                    Some(other) => {
                        out.push('%');
                        out.push(other);
                    }
                    None => out.push('%'),
                }
            }
            cx.line(out);
            continue;
        }
        let name = if s.is_link() { format!("{path} -> {link}") } else { path.clone() };
        let text = format!(
            "  File: {name}\n  Size: {:<10}\tBlocks: {:<10} IO Block: 4096   {kind}\nDevice: 0,{}\tInode: {:<10}  Links: {}\nAccess: ({:04o}/{})  Uid: ({:>5}/{:>8})   Gid: ({:>5}/{:>8})\nAccess: {}\nModify: {}\nChange: {}\n",
            s.size,
            blocks,
            s.dev,
            s.ino,
            s.nlink,
            s.mode,
            mode_text(s.letter, s.mode),
            s.uid,
            user,
            s.gid,
            group,
            time(s.atime),
            time(s.mtime),
            time(s.ctime)
        );
        cx.print(text);
        if !cx.busybox() {
            cx.line(" Birth: -");
        }
    }
    code
}
