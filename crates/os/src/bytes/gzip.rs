//! Deflate (RFC 1951) and gzip files (RFC 1952), by the crate miniz_oxide.

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::crc::crc32;

/// The most that is unpacked: more would exhaust the page's memory.
const MAX_UNPACKED: usize = 256 << 20;

/// What is wrong with packed data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bad {
    /// It does not begin as a gzip file does.
    Magic,
    /// It ends too early.
    Short,
    /// It is damaged.
    Data,
    /// The check sum differs.
    Crc,
    TooLarge,
}

/// Packs without a frame; levels 1 to 9.
pub fn deflate(bytes: &[u8], level: u8) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, level)
}

/// Unpacks data without a frame; gives it and how many bytes were packed.
pub fn unpack(bytes: &[u8]) -> Result<(Vec<u8>, usize), Bad> {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let mut out = Vec::new();
    let mut buf = vec![0; 32 << 10];
    let mut at = 0;
    loop {
        let step = inflate(&mut state, &bytes[at..], &mut buf, MZFlush::None);
        at += step.bytes_consumed;
        out.extend_from_slice(&buf[..step.bytes_written]);
        if out.len() > MAX_UNPACKED {
            return Err(Bad::TooLarge);
        }
        match step.status {
            Ok(MZStatus::StreamEnd) => return Ok((out, at)),
            Ok(_) if step.bytes_consumed == 0 && step.bytes_written == 0 => return Err(Bad::Short),
            Ok(_) => {}
            Err(MZError::Buf) => return Err(Bad::Short),
            Err(_) => return Err(Bad::Data),
        }
    }
}

/// A gzip file. `mtime` in seconds; the name is kept when there is one.
pub fn gzip(bytes: &[u8], name: Option<&str>, mtime: u32, level: u8) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, if name.is_some() { 8 } else { 0 }];
    out.extend(mtime.to_le_bytes());
    out.push(match level {
        9 => 2,
        1 => 4,
        _ => 0,
    });
    out.push(3);
    if let Some(name) = name {
        out.extend(name.bytes());
        out.push(0);
    }
    out.extend(deflate(bytes, level));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// Unpacks a gzip file, all members of it.
pub fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::new();
    let mut rest = bytes;
    loop {
        let head = header(rest)?;
        let (data, used) = unpack(&rest[head..])?;
        rest = &rest[head + used..];
        let Some((sums, after)) = rest.split_at_checked(8) else { return Err(Bad::Short) };
        if sums[..4] != crc32(&data).to_le_bytes() {
            return Err(Bad::Crc);
        }
        out.extend(data);
        rest = after;
        // Anything else behind the last member is ignored, as gzip does.
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Ok(out);
        }
        if out.len() > MAX_UNPACKED {
            return Err(Bad::TooLarge);
        }
    }
}

/// The length of a member's header.
pub fn header(bytes: &[u8]) -> Result<usize, Bad> {
    if bytes.is_empty() {
        return Err(Bad::Short);
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(Bad::Magic);
    }
    let flags = *bytes.get(3).ok_or(Bad::Short)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let n = bytes.get(at..at + 2).ok_or(Bad::Short)?;
        at += 2 + usize::from(u16::from_le_bytes([n[0], n[1]]));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..).and_then(|b| b.iter().position(|b| *b == 0)).ok_or(Bad::Short)? + 1;
        }
    }
    at += if flags & 2 != 0 { 2 } else { 0 };
    if at > bytes.len() { Err(Bad::Short) } else { Ok(at) }
}
