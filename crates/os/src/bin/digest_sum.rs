//! `md5sum`, `sha1sum`, `sha256sum`: digests printed or checked.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const MD5SUM: ProgramSpec =
    ProgramSpec::inside("md5sum", "Usage: md5sum [-c] [FILE]...\n\nPrint or check MD5 checksums\n", || {
        filter(Sum::default())
    });
pub const SHA1SUM: ProgramSpec = ProgramSpec::inside(
    "sha1sum",
    "Usage: sha1sum [-c] [FILE]...\n\nPrint or check SHA1 checksums\n",
    || filter(Sum::default()),
);
pub const SHA256SUM: ProgramSpec = ProgramSpec::inside(
    "sha256sum",
    "Usage: sha256sum [-c] [FILE]...\n\nPrint or check SHA256 checksums\n",
    || filter(Sum::default()),
);

/// md5sum, sha1sum, sha256sum, cksum's kin.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    buf: Vec<u8>,
    check: bool,
    failures: u32,
}

impl Filter for Sum {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "cbts", &[("check", 'c'), ("status", 's')])?;
        self.check = opts.has('c');
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.buf.extend_from_slice(bytes);
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, input: &str) {
        let bytes = std::mem::take(&mut self.buf);
        cx.sys.spend(bytes.len() as u64 / 64);
        let name = cx.name.clone();
        if !self.check {
            cx.line(format!("{}  {input}", crate::bytes::digest::digest(&name, &bytes)));
            return;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((sum, file)) = line.split_once("  ").or(line.split_once(" *")) else { continue };
            let found = cx.sys.vfs().read(file).map(|b| crate::bytes::digest::digest(&name, &b));
            let ok = found.as_deref() == Ok(sum);
            if !ok {
                self.failures += 1;
            }
            cx.line(format!("{file}: {}", if ok { "OK" } else { "FAILED" }));
        }
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if self.failures > 0 {
            cx.complain(format!(
                "WARNING: {} computed checksum{} did NOT match",
                self.failures,
                if self.failures == 1 { "" } else { "s" }
            ));
        }
        u8::from(failed || self.failures > 0)
    }
}
