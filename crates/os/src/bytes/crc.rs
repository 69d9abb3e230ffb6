//! Cyclic redundancy checks: gzip's and zip's CRC-32, and the one of cksum(1).

/// CRC-32 as gzip (RFC 1952) has it.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32_on(0, bytes)
}

/// CRC-32 of what gave `crc` so far with more behind it.
pub fn crc32_on(crc: u32, bytes: &[u8]) -> u32 {
    let mut table = [0u32; 256];
    for (i, entry) in table.iter_mut().enumerate() {
        *entry = (0..8).fold(i as u32, |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 });
    }
    !bytes.iter().fold(!crc, |crc, b| crc >> 8 ^ table[((crc ^ u32::from(*b)) & 255) as usize])
}

/// The checksum of POSIX cksum: the length is part of it.
pub fn cksum(bytes: &[u8]) -> u32 {
    let mut table = [0u32; 256];
    for (i, entry) in table.iter_mut().enumerate() {
        let top = (i as u32) << 24;
        *entry = (0..8).fold(top, |c, _| if c >> 31 == 1 { c << 1 ^ 0x04C1_1DB7 } else { c << 1 });
    }
    let length = (bytes.len() as u64).to_le_bytes();
    let used = 8 - (bytes.len() as u64).leading_zeros() as usize / 8;
    let all = bytes.iter().chain(&length[..used]);
    !all.fold(0u32, |crc, b| crc << 8 ^ table[((crc >> 24) ^ u32::from(*b)) as usize & 255])
}
