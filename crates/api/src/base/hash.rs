//! FNV-1a, and the encoding that makes hashes safe to put in names (`k8s.io/apimachinery/pkg/util/rand`).

/// The alphabet of generated names: no vowels and no easily confused characters, so that no words appear.
pub const SAFE_ALPHANUMS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Returns the 32-bit FNV-1a hash of the bytes.
pub fn fnv32a(bytes: &[u8]) -> u32 {
    fnv32a_more(0x811c_9dc5, bytes)
}

/// Continues a 32-bit FNV-1a hash with more bytes.
pub fn fnv32a_more(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Returns the 64-bit FNV-1a hash of the bytes.
pub fn fnv64a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Encodes text with the alphabet of generated names, character by character (`rand.SafeEncodeString`).
pub fn safe_encode(text: &str) -> String {
    text.bytes().map(|byte| char::from(SAFE_ALPHANUMS[usize::from(byte) % SAFE_ALPHANUMS.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_matches_the_published_vectors() {
        assert_eq!(fnv32a(b""), 0x811c_9dc5);
        assert_eq!(fnv32a(b"a"), 0xe40c_292c);
        assert_eq!(fnv32a(b"foobar"), 0xbf9c_f968);
        assert_eq!(fnv64a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn encoding_uses_the_alphabet_of_names() {
        assert_eq!(safe_encode("0123456789").len(), 10);
        assert!(safe_encode("1948374650").bytes().all(|byte| SAFE_ALPHANUMS.contains(&byte)));
    }
}
