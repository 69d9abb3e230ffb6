//! Programs on raw bytes: base64, md5sum, sha1sum, sha256sum, xxd, od, hexdump, strings, dd.

use super::{
    opts,
    process::{arguments, with_cx},
    tool::{Cx, Filter, Flow, Output},
};
use crate::{
    errno::Errno,
    kernel::{OpenFlags, Sys},
    program::{Fd, Poll, Program, Wait},
    time::Time,
};

#[derive(Clone, Debug, Default)]
pub struct Base64 {
    decode: bool,
    wrap: usize,
    buf: Vec<u8>,
}

impl Filter for Base64 {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "dDiw:", &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')])?;
        self.decode = opts.has('d') || opts.has('D');
        self.wrap = opts.value('w').and_then(|w| w.parse().ok()).unwrap_or(76);
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.buf.extend_from_slice(bytes);
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if failed {
            return 1;
        }
        if self.decode {
            return match crate::text::unbase64(&self.buf) {
                Some(bytes) => {
                    cx.print(bytes);
                    0
                }
                None => {
                    cx.complain(if cx.busybox() { "truncated input" } else { "invalid input" });
                    1
                }
            };
        }
        let text = crate::text::base64(&self.buf);
        if self.wrap == 0 {
            cx.print(text);
            return 0;
        }
        for line in text.as_bytes().chunks(self.wrap) {
            cx.line(line);
        }
        0
    }
}

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
            cx.line(format!("{}  {input}", digest(&name, &bytes)));
            return;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            let Some((sum, file)) = line.split_once("  ").or(line.split_once(" *")) else { continue };
            let found = cx.sys.vfs().read(file).map(|b| digest(&name, &b));
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

fn hex(words: impl Iterator<Item = u8>) -> String {
    words.map(|b| format!("{b:02x}")).collect()
}

/// The digest the program is named after.
pub fn digest(name: &str, bytes: &[u8]) -> String {
    match name {
        "md5sum" => hex(md5(bytes).into_iter()),
        "sha1sum" => hex(sha1(bytes).into_iter()),
        _ => hex(sha256(bytes).into_iter()),
    }
}

/// The message with its padding; the length is big-endian for SHA.
fn padded(bytes: &[u8], big: bool) -> Vec<u8> {
    let mut m = bytes.to_vec();
    m.push(0x80);
    while m.len() % 64 != 56 {
        m.push(0);
    }
    let bits = (bytes.len() as u64).wrapping_mul(8);
    m.extend(if big { bits.to_be_bytes() } else { bits.to_le_bytes() });
    m
}

/// The table of RFC 1321: the integer parts of 2^32 · |sin(i)|.
const MD5_TABLE: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

fn md5(bytes: &[u8]) -> Vec<u8> {
    const SHIFT: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let k = &MD5_TABLE;
    let mut h = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded(bytes, false).chunks(64) {
        let m: Vec<u32> = block.chunks(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        let [mut a, mut b, mut c, mut d] = h;
        for i in 0..64 {
            let (f, g) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let sum = a.wrapping_add(f).wrapping_add(k[i]).wrapping_add(m[g]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFT[i / 16][i % 4]));
        }
        for (x, y) in h.iter_mut().zip([a, b, c, d]) {
            *x = x.wrapping_add(y);
        }
    }
    h.iter().flat_map(|w| w.to_le_bytes()).collect()
}

fn sha1(bytes: &[u8]) -> Vec<u8> {
    let mut h = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded(bytes, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let t = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, t);
        }
        for (x, y) in h.iter_mut().zip([a, b, c, d, e]) {
            *x = x.wrapping_add(y);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

/// The first 32 bits of the fractional part of the nth root of `p`, in whole numbers.
fn root_fraction(p: u32, n: u32) -> u32 {
    let target = u128::from(p) << (32 * n);
    let (mut low, mut high) = (0u128, 1u128 << 40);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if middle.pow(n) <= target {
            low = middle;
        } else {
            high = middle;
        }
    }
    low as u32
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    // The first 32 bits of the fractional parts of roots of the first primes.
    let primes: Vec<u32> =
        (2u32..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).take(64).collect();
    let k: Vec<u32> = primes.iter().map(|p| root_fraction(*p, 3)).collect();
    let mut h: Vec<u32> = primes[..8].iter().map(|p| root_fraction(*p, 2)).collect();
    for block in padded(bytes, true).chunks(64) {
        let mut w: Vec<u32> = block.chunks(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = h.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let ch = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7].wrapping_add(s1).wrapping_add(ch).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            let t2 = s0.wrapping_add(maj);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        for (x, y) in h.iter_mut().zip(v) {
            *x = x.wrapping_add(y);
        }
    }
    h.iter().flat_map(|w| w.to_be_bytes()).collect()
}

/// xxd, hexdump -C and od.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    buf: Vec<u8>,
    style: char,
    plain: bool,
    no_address: bool,
}

impl Filter for Dump {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "Cpct:A:n:xbv", &[])?;
        self.plain = opts.has('p');
        self.no_address = opts.value('A') == Some("n");
        self.style = match cx.name.as_str() {
            "xxd" => 'x',
            "hexdump" | "hd" if opts.has('C') || cx.name == "hd" => 'C',
            "od" if opts.has('c') || opts.value('t') == Some("c") => 'c',
            "od" if opts.value('t').is_some_and(|t| t.starts_with('x')) => '1',
            "od" => 'o',
            _ => 'h',
        };
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        self.buf.extend_from_slice(bytes);
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        let bytes = std::mem::take(&mut self.buf);
        let ascii = |c: &[u8]| -> String {
            c.iter().map(|b| if (32..127).contains(b) { *b as char } else { '.' }).collect()
        };
        if self.style == 'x' && self.plain {
            for chunk in bytes.chunks(30) {
                cx.line(hex(chunk.iter().copied()));
            }
            return u8::from(failed);
        }
        for (i, chunk) in bytes.chunks(16).enumerate() {
            let at = i * 16;
            let words = |n: usize| -> Vec<u16> {
                chunk.chunks(n).map(|c| u16::from_le_bytes([c[0], *c.get(1).unwrap_or(&0)])).collect()
            };
            let line = match self.style {
                'x' => {
                    let pairs: Vec<String> = chunk.chunks(2).map(|c| hex(c.iter().copied())).collect();
                    format!("{at:08x}: {:<39}  {}", pairs.join(" "), ascii(chunk))
                }
                'C' => {
                    let cells: Vec<String> = chunk.iter().map(|b| format!("{b:02x}")).collect();
                    let (a, b) = cells.split_at(cells.len().min(8));
                    format!("{at:08x}  {:<23}  {:<23}  |{}|", a.join(" "), b.join(" "), ascii(chunk))
                }
                'c' => {
                    let cells: String = chunk
                        .iter()
                        .map(|b| match b {
                            b'\n' => "  \\n".to_string(),
                            b'\t' => "  \\t".to_string(),
                            b'\r' => "  \\r".to_string(),
                            0 => "  \\0".to_string(),
                            32..=126 => format!("   {}", *b as char),
                            b => format!(" {b:03o}"),
                        })
                        .collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                '1' => {
                    let cells: String = chunk.iter().map(|b| format!(" {b:02x}")).collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                'o' => {
                    let cells: String = words(2).iter().map(|w| format!(" {w:06o}")).collect();
                    if self.no_address { cells } else { format!("{at:07o}{cells}") }
                }
                _ => format!("{at:07x}{}", words(2).iter().map(|w| format!(" {w:04x}")).collect::<String>()),
            };
            cx.line(line);
        }
        match self.style {
            'C' if !bytes.is_empty() => cx.line(format!("{:08x}", bytes.len())),
            'c' | 'o' | '1' if !self.no_address => cx.line(format!("{:07o}", bytes.len())),
            'h' => cx.line(format!("{:07x}", bytes.len())),
            _ => {}
        }
        u8::from(failed)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Strings {
    least: usize,
    run: Vec<u8>,
}

impl Filter for Strings {
    const BY_LINE: bool = false;
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let opts = opts::parse(cx, "an:", &[])?;
        self.least = opts.value('n').and_then(|n| n.parse().ok()).unwrap_or(4);
        Ok(opts.rest)
    }
    fn data(&mut self, cx: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        for &b in bytes {
            if (32..127).contains(&b) || b == b'\t' {
                self.run.push(b);
            } else {
                self.flush(cx);
            }
        }
        Flow::More
    }
    fn close(&mut self, cx: &mut Cx<'_, '_>, _: &str) {
        self.flush(cx);
    }
    fn end(&mut self, _: &mut Cx<'_, '_>, failed: bool) -> u8 {
        u8::from(failed)
    }
}

impl Strings {
    fn flush(&mut self, cx: &mut Cx<'_, '_>) {
        let run = std::mem::take(&mut self.run);
        if run.len() >= self.least {
            cx.line(run);
        }
    }
}

/// dd
#[derive(Clone, Debug, Default)]
pub struct Dd {
    begun: bool,
    input: Fd,
    output: Fd,
    block: usize,
    count: Option<u64>,
    blocks: u64,
    partial: u64,
    bytes: u64,
    pending: Vec<u8>,
    silent: bool,
    started: Option<Time>,
    /// Both ends are devices that take or give any amount at once: nothing but CPU time is used.
    burns: bool,
    ended: bool,
    out: Output,
    code: Option<u8>,
}

impl Dd {
    fn begin(&mut self, sys: &mut Sys<'_>) {
        self.block = 512;
        self.output = 1;
        self.started = Some(sys.now());
        let (_, args) = arguments(sys);
        let (mut skip, mut seek, mut notrunc) = (0u64, 0u64, false);
        let (mut from, mut to) = (None, None);
        for arg in args {
            let (key, value) = arg.split_once('=').unwrap_or((&arg, ""));
            let number = opts::size(value);
            match (key, number) {
                ("if", _) => from = Some(value.to_string()),
                ("of", _) => to = Some(value.to_string()),
                ("bs" | "ibs" | "obs", Some(n)) if n > 0 => self.block = (n as usize).min(64 << 20),
                ("count", Some(n)) => self.count = Some(n),
                ("skip", Some(n)) => skip = n,
                ("seek", Some(n)) => seek = n,
                ("status", _) => self.silent = value == "none" || value == "noxfer",
                ("conv", _) => notrunc = value.contains("notrunc"),
                ("iflag" | "oflag", _) => {}
                _ => {
                    with_cx(sys, &mut self.out, |cx| cx.complain(format!("unrecognized operand '{arg}'")));
                    self.code = Some(1);
                    return;
                }
            }
        }
        if let Some(file) = from.clone() {
            match sys.open(&file, OpenFlags::READ, 0) {
                Ok(fd) => self.input = fd,
                Err(e) => return self.refuse(sys, &file, e),
            }
        }
        if let Some(file) = to.clone() {
            let flags = OpenFlags { truncate: !notrunc && seek == 0, ..OpenFlags::WRITE };
            match sys.open(&file, flags, 0o666) {
                Ok(fd) => self.output = fd,
                Err(e) => return self.refuse(sys, &file, e),
            }
        }
        if skip > 0 {
            let _moved = sys.seek(self.input, (skip * self.block as u64) as i64, 0);
        }
        if seek > 0 {
            let _moved = sys.seek(self.output, (seek * self.block as u64) as i64, 0);
        }
        self.burns = from.as_deref() == Some("/dev/zero") && to.as_deref() == Some("/dev/null");
        // dd holds one block in memory: bs=1G needs a gigabyte.
        sys.set_memory((1 << 20) + self.block as u64);
    }

    fn refuse(&mut self, sys: &mut Sys<'_>, file: &str, e: Errno) {
        with_cx(sys, &mut self.out, |cx| {
            let message = if cx.busybox() {
                format!("can't open '{file}': {e}")
            } else {
                format!("failed to open '{file}': {e}")
            };
            cx.complain(message);
        });
        self.code = Some(1);
    }

    fn report(&mut self, sys: &Sys<'_>) {
        if self.silent {
            return;
        }
        let (full, part) = (self.blocks, self.partial);
        let seconds = self.started.map_or(0.0, |s| sys.now().since(s) as f64 / 1e6).max(0.000_001);
        let n = self.bytes;
        let decimal = |v: f64| -> String {
            let units = ["B", "kB", "MB", "GB", "TB"];
            let mut v = v;
            let mut i = 0;
            while v >= 1000.0 && i < 4 {
                v /= 1000.0;
                i += 1;
            }
            if v < 10.0 && i > 0 { format!("{v:.1} {}", units[i]) } else { format!("{v:.0} {}", units[i]) }
        };
        let size = if n < 1000 {
            format!("{n} bytes")
        } else if n < 1024 {
            format!("{n} bytes ({})", decimal(n as f64))
        } else {
            let binary = {
                let units = ["B", "KiB", "MiB", "GiB"];
                let (mut v, mut i) = (n as f64, 0);
                while v >= 1024.0 && i < 3 {
                    v /= 1024.0;
                    i += 1;
                }
                if v < 10.0 { format!("{v:.1} {}", units[i]) } else { format!("{v:.0} {}", units[i]) }
            };
            format!("{n} bytes ({}, {binary})", decimal(n as f64))
        };
        let text = if sys.is_busybox() {
            format!(
                "{full}+{part} records in\n{full}+{part} records out\n{n} bytes ({}B) copied, {seconds:.6} seconds, {}B/s\n",
                opts::human(n),
                opts::human((n as f64 / seconds) as u64)
            )
        } else {
            format!(
                "{full}+{part} records in\n{full}+{part} records out\n{size} copied, {} s, {}/s\n",
                crate::text::printf::float(seconds, 'g', 6, false),
                decimal(n as f64 / seconds)
            )
        };
        self.out.push(2, text.as_bytes());
    }
}

impl Program for Dd {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        if !self.begun {
            self.begun = true;
            self.begin(sys);
        }
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            while !self.pending.is_empty() {
                match sys.write(self.output, &self.pending) {
                    Ok(n) => {
                        self.pending.drain(..n);
                    }
                    Err(Errno::EAGAIN) => return Poll::Wait(Wait::write(self.output)),
                    Err(e) => {
                        self.pending.clear();
                        self.code = Some(1);
                        let text = if sys.is_busybox() {
                            format!("dd: error writing: {e}\n")
                        } else {
                            format!("dd: error writing 'standard output': {e}\n")
                        };
                        self.out.push(2, text.as_bytes());
                        self.report(sys);
                    }
                }
            }
            if self.code.is_some() {
                continue;
            }
            if self.ended || self.count.is_some_and(|c| self.blocks + self.partial >= c) {
                self.report(sys);
                self.code = Some(0);
                continue;
            }
            if self.burns {
                // About 10 GB/s, as a memory copy.
                let cost = 1 + self.block as u64 / 10_000;
                let most = (sys.fuel().max(0) as u64 / cost).max(1);
                let n = self.count.map_or(most, |c| most.min(c - self.blocks));
                sys.spend(n * cost);
                self.blocks += n;
                self.bytes += n * self.block as u64;
                continue;
            }
            match sys.read(self.input, self.block) {
                Ok(bytes) if bytes.is_empty() => self.ended = true,
                Ok(bytes) => {
                    if bytes.len() == self.block {
                        self.blocks += 1
                    } else {
                        self.partial += 1
                    }
                    self.bytes += bytes.len() as u64;
                    sys.spend(bytes.len() as u64 / 1000);
                    self.pending = bytes;
                }
                Err(Errno::EAGAIN) => return Poll::Wait(Wait::read(self.input)),
                Err(e) => {
                    self.out.push(2, format!("dd: error reading: {e}\n").as_bytes());
                    self.code = Some(1);
                }
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
