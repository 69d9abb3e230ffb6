//! Deflate (RFC 1951) and gzip files (RFC 1952), by the crate miniz_oxide.

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params},
    inflate::stream::{InflateState, inflate},
};

use super::crc::{crc32, crc32_on};

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
    let mut packer = Packer::new(name, mtime, level);
    while !packer.step(bytes) {}
    packer.out
}

/// Unpacks a gzip file, all members of it.
pub fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, Bad> {
    let mut unpacker = Unpacker::default();
    while !unpacker.step(bytes)? {}
    Ok(unpacker.out)
}

/// How much is packed or unpacked in one step.
pub const PIECE: usize = 64 << 10;

/// A gzip file in the making, piece by piece.
#[derive(Clone)]
pub struct Packer {
    /// What is packed so far; the owner may take it.
    pub out: Vec<u8>,
    compressor: Box<CompressorOxide>,
    at: usize,
    crc: u32,
}

impl Packer {
    /// Begins a file. `mtime` in seconds; the name is kept when there is one.
    pub fn new(name: Option<&str>, mtime: u32, level: u8) -> Packer {
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
        let flags = create_comp_flags_from_zip_params(i32::from(level), 0, 0);
        Packer { out, compressor: Box::new(CompressorOxide::new(flags)), at: 0, crc: 0 }
    }

    /// Packs the next piece of `bytes`, the same in every step; whether all is packed.
    pub fn step(&mut self, bytes: &[u8]) -> bool {
        let end = bytes.len().min(self.at + PIECE);
        let piece = &bytes[self.at..end];
        self.crc = crc32_on(self.crc, piece);
        let last = end == bytes.len();
        let flush = if last { TDEFLFlush::Finish } else { TDEFLFlush::None };
        let out = &mut self.out;
        let _all = compress_to_output(&mut self.compressor, piece, flush, |packed| {
            out.extend_from_slice(packed);
            true
        });
        self.at = end;
        if last {
            self.out.extend(self.crc.to_le_bytes());
            self.out.extend((bytes.len() as u32).to_le_bytes());
        }
        last
    }
}

/// A gzip file that is unpacked piece by piece.
#[derive(Clone, Default)]
pub struct Unpacker {
    /// What is unpacked so far.
    pub out: Vec<u8>,
    at: usize,
    /// The member that is being unpacked, and where it begins in `out`.
    member: Option<(Box<InflateState>, usize)>,
}

impl Unpacker {
    /// Unpacks the next piece of `bytes`, the same in every step; whether all is unpacked.
    pub fn step(&mut self, bytes: &[u8]) -> Result<bool, Bad> {
        let (state, start) = match &mut self.member {
            Some(member) => member,
            none => {
                self.at += header(&bytes[self.at..])?;
                none.insert((InflateState::new_boxed(DataFormat::Raw), self.out.len()))
            }
        };
        let start = *start;
        let mut buf = vec![0; 32 << 10];
        let from = self.out.len();
        while self.out.len() - from < PIECE {
            let step = inflate(state, &bytes[self.at..], &mut buf, MZFlush::None);
            self.at += step.bytes_consumed;
            self.out.extend_from_slice(&buf[..step.bytes_written]);
            if self.out.len() > MAX_UNPACKED {
                return Err(Bad::TooLarge);
            }
            match step.status {
                Ok(MZStatus::StreamEnd) => return self.check(bytes, start),
                Ok(_) if step.bytes_consumed == 0 && step.bytes_written == 0 => return Err(Bad::Short),
                Ok(_) => {}
                Err(MZError::Buf) => return Err(Bad::Short),
                Err(_) => return Err(Bad::Data),
            }
        }
        Ok(false)
    }

    /// A member is over: checks its sum; whether it was the last.
    fn check(&mut self, bytes: &[u8], start: usize) -> Result<bool, Bad> {
        self.member = None;
        let Some((sums, after)) = bytes[self.at..].split_at_checked(8) else { return Err(Bad::Short) };
        if sums[..4] != crc32(&self.out[start..]).to_le_bytes() {
            return Err(Bad::Crc);
        }
        self.at += 8;
        // Anything else behind the last member is ignored, as gzip does.
        Ok(!after.starts_with(&[0x1f, 0x8b]))
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
