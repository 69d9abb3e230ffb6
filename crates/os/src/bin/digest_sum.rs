//! `md5sum`, `sha1sum`, `sha256sum` and their kin: digests printed or checked.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{bytes::digest::digest, errno::Errno, program::ProgramSpec};

macro_rules! help {
    ($name:literal, $kind:literal) => {
        concat!(
            "Usage: ",
            $name,
            " [-c[sw]] [FILE]...\n\nPrint or check ",
            $kind,
            " checksums\n\n\t-c\tCheck sums against list in FILEs\n\t-s\tDon't output anything, status code shows success\n\t-w\tWarn about improperly formatted checksum lines\n"
        )
    };
}

pub const MD5SUM: ProgramSpec =
    ProgramSpec::inside("md5sum", help!("md5sum", "MD5"), || whole(Sum::default()));
pub const SHA1SUM: ProgramSpec =
    ProgramSpec::inside("sha1sum", help!("sha1sum", "SHA1"), || whole(Sum::default()));
pub const SHA224SUM: ProgramSpec =
    ProgramSpec::inside("sha224sum", help!("sha224sum", "SHA224"), || whole(Sum::default()));
pub const SHA256SUM: ProgramSpec =
    ProgramSpec::inside("sha256sum", help!("sha256sum", "SHA256"), || whole(Sum::default()));
pub const SHA384SUM: ProgramSpec =
    ProgramSpec::inside("sha384sum", help!("sha384sum", "SHA384"), || whole(Sum::default()));
pub const SHA512SUM: ProgramSpec =
    ProgramSpec::inside("sha512sum", help!("sha512sum", "SHA512"), || whole(Sum::default()));

#[derive(Clone, Debug, Default)]
struct Sum {
    check: bool,
    binary: bool,
    tag: bool,
    quiet: bool,
    silent: bool,
    ignore_missing: bool,
}

impl Job for Sum {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [
            ("check", 'c'),
            ("binary", 'b'),
            ("text", 't'),
            ("tag", 'T'),
            ("quiet", 'q'),
            ("status", 's'),
            ("warn", 'w'),
            ("strict", 'S'),
            ("ignore-missing", 'i'),
        ];
        let opts = opts::parse(cx, "cbtTqswSiz", &long)?;
        self.check = opts.has('c');
        self.binary = opts.has('b');
        self.tag = opts.has('T');
        self.quiet = opts.has('q');
        self.silent = opts.has('s');
        self.ignore_missing = opts.has('i');
        Ok(if opts.rest.is_empty() { vec!["-".to_string()] } else { opts.rest })
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut code = 0;
        let name = cx.name.clone();
        for input in &inputs {
            let Some(bytes) = input.open(cx) else {
                code = 1;
                continue;
            };
            cx.sys.spend(bytes.len() as u64 / 64);
            if self.check {
                code |= self.checked(cx, &name, &input.name, bytes);
            } else if self.tag {
                let kind = name.trim_end_matches("sum").to_uppercase();
                cx.line(format!("{kind} ({}) = {}", input.name, digest(&name, bytes)));
            } else {
                let mark = if self.binary { '*' } else { ' ' };
                cx.line(format!("{} {mark}{}", digest(&name, bytes), input.name));
            }
        }
        code
    }
}

impl Sum {
    fn checked(&self, cx: &mut Cx<'_, '_>, name: &str, list: &str, bytes: &[u8]) -> u8 {
        let (mut lines, mut wrong, mut unread, mut odd, mut matched) = (0, 0, 0, 0, 0);
        let width = digest(name, b"").len();
        let busybox = cx.busybox();
        for line in String::from_utf8_lossy(bytes).lines() {
            let parsed = line.split_once("  ").or(line.split_once(" *"));
            let Some((sum, file)) =
                parsed.filter(|(s, _)| s.len() == width && s.bytes().all(|b| b.is_ascii_hexdigit()))
            else {
                odd += 1;
                continue;
            };
            lines += 1;
            match cx.sys.vfs().read(file) {
                Ok(content) if digest(name, &content) == sum.to_lowercase() => {
                    matched += 1;
                    if !self.quiet && !self.silent {
                        cx.line(format!("{file}: OK"));
                    }
                }
                Ok(_) => {
                    wrong += 1;
                    if !self.silent {
                        cx.line(format!("{file}: FAILED"));
                    }
                }
                Err(Errno::ENOENT) if self.ignore_missing => {}
                Err(e) => {
                    unread += 1;
                    if busybox {
                        cx.complain(format!("can't open '{file}': {e}"));
                        wrong += 1;
                    } else {
                        cx.complain(format!("{file}: {e}"));
                    }
                    if !self.silent {
                        cx.line(if busybox {
                            format!("{file}: FAILED")
                        } else {
                            format!("{file}: FAILED open or read")
                        });
                    }
                }
            }
        }
        if lines == 0 {
            cx.complain(if busybox {
                "no checksum lines found".to_string()
            } else {
                let shown = if list == "-" { "'standard input'" } else { list };
                format!("{shown}: no properly formatted checksum lines found")
            });
            return 1;
        }
        if busybox {
            if wrong > 0 && !self.silent {
                cx.complain(format!("WARNING: {wrong} of {lines} computed checksums did NOT match"));
            }
            return u8::from(wrong > 0);
        }
        let warn = |cx: &mut Cx<'_, '_>, n: u32, one: &str, many: &str| {
            if n > 0 && !self.silent {
                cx.complain(format!("WARNING: {n} {}", if n == 1 { one } else { many }));
            }
        };
        warn(cx, odd, "line is improperly formatted", "lines are improperly formatted");
        warn(cx, unread, "listed file could not be read", "listed files could not be read");
        warn(cx, wrong, "computed checksum did NOT match", "computed checksums did NOT match");
        if self.ignore_missing && matched == 0 {
            cx.complain(format!("{list}: no file was verified"));
            return 1;
        }
        u8::from(wrong > 0 || unread > 0)
    }
}
