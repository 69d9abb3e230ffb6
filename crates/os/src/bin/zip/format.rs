//! The zip format: local headers, packed data, and the directory at the end (PKWARE's APPNOTE).

use crate::{
    bytes::{crc::crc32, gzip::deflate},
    time::{Civil, Time},
};

/// An entry of the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    pub name: String,
    /// 0 stored, 8 deflated.
    pub method: u16,
    pub mode: u32,
    pub mtime: i64,
    pub crc: u32,
    pub packed: usize,
    pub size: u64,
    /// Where the packed data begins.
    pub offset: usize,
}

impl Member {
    /// A member for these bytes, packed when that helps.
    pub fn new(name: String, mode: u32, mtime: i64, bytes: &[u8]) -> Member {
        let packed = deflate(bytes, 6).len();
        let deflates = packed < bytes.len();
        Member {
            name,
            method: if deflates { 8 } else { 0 },
            mode,
            mtime,
            crc: crc32(bytes),
            packed: if deflates { packed } else { bytes.len() },
            size: bytes.len() as u64,
            offset: 0,
        }
    }

    /// Method, time, date, check sum, sizes and name length, as both headers have them.
    fn common(&self) -> Vec<u8> {
        let c = Time::from_secs(self.mtime).civil();
        let time = (c.hour << 11) | (c.minute << 5) | (c.second / 2);
        let date = ((c.year - 1980).clamp(0, 127) as u32) << 9 | c.month << 5 | c.day;
        let mut out = vec![20, 0, 0, 0];
        out.extend(self.method.to_le_bytes());
        out.extend((time as u16).to_le_bytes());
        out.extend((date as u16).to_le_bytes());
        out.extend(self.crc.to_le_bytes());
        out.extend((self.packed as u32).to_le_bytes());
        out.extend((self.size as u32).to_le_bytes());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0, 0]);
        out
    }
}

/// An archive.
pub fn write(files: &[(Member, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (m, data) in files {
        let at = out.len() as u32;
        out.extend(b"PK\x03\x04");
        out.extend(m.common());
        out.extend(m.name.bytes());
        if m.method == 8 {
            out.extend(deflate(data, 6))
        } else {
            out.extend_from_slice(data)
        }
        directory.extend(b"PK\x01\x02\x1e\x03");
        directory.extend(m.common());
        directory.extend([0; 6]);
        directory.extend((m.mode << 16).to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(m.name.bytes());
    }
    let (start, size, n) = (out.len() as u32, directory.len() as u32, files.len() as u16);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([n.to_le_bytes(), n.to_le_bytes()].concat());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let part = bytes.get(at..at + width)?;
    Some(part.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// The members of an archive; None when it is none.
pub fn read(bytes: &[u8]) -> Option<Vec<Member>> {
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let count = number(bytes, end + 10, 2)?;
    let mut at = number(bytes, end + 16, 4)?;
    let mut members = Vec::new();
    for _ in 0..count {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (name_len, extra, comment) =
            (number(bytes, at + 28, 2)?, number(bytes, at + 30, 2)?, number(bytes, at + 32, 2)?);
        let name = String::from_utf8_lossy(bytes.get(at + 46..at + 46 + name_len)?).into_owned();
        let (time, date) = (number(bytes, at + 12, 2)? as u32, number(bytes, at + 14, 2)? as u32);
        let civil = Civil {
            year: 1980 + i64::from(date >> 9),
            month: (date >> 5 & 15).max(1),
            day: (date & 31).max(1),
            hour: time >> 11,
            minute: time >> 5 & 63,
            second: (time & 31) * 2,
            weekday: 0,
            yearday: 0,
        };
        let local = number(bytes, at + 42, 4)?;
        let offset = local + 30 + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?;
        let mode = number(bytes, at + 40, 2)? as u32 & 0o7777;
        members.push(Member {
            name,
            method: number(bytes, at + 10, 2)? as u16,
            mode: if mode == 0 { 0o644 } else { mode },
            mtime: civil.to_secs(),
            crc: number(bytes, at + 16, 4)? as u32,
            packed: number(bytes, at + 20, 4)?,
            size: number(bytes, at + 24, 4)? as u64,
            offset,
        });
        at += 46 + name_len + extra + comment;
    }
    Some(members)
}
