//! Seeded randomness: splitmix64, one independent stream per component.
//!
//! Streams are derived from the world's seed and a name, so that a component that draws more numbers than before does
//! not disturb the others.

/// A stream of pseudo-random numbers. Not for secrets; the same seed gives the same numbers for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(u64);

impl Rng {
    /// A generator for this seed. The same seed gives the same numbers on every machine.
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// The stream called `name` of the world seeded with `seed`.
    pub fn stream(seed: u64, name: &str) -> Rng {
        let mut h = crate::sim::Hasher64::new();
        h.u64(seed);
        h.str(name);
        Rng(h.finish())
    }

    /// The next of all 2⁶⁴ numbers, equally likely.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.next_u64() % n }
    }

    /// `micros` changed by up to ± `percent` %, for latencies with jitter.
    pub fn jitter(&mut self, micros: u64, percent: u64) -> u64 {
        let span = micros * percent / 100;
        micros - span + self.below(2 * span + 1)
    }

    /// `n` characters of the alphabet that Kubernetes uses for generated names (no vowels, no look-alikes).
    /// Mirrors k8s.io/apimachinery/pkg/util/rand.String.
    pub fn name_suffix(&mut self, n: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..n).map(|_| ALPHABET[self.below(ALPHABET.len() as u64) as usize] as char).collect()
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let a = self.next_u64();
        let b = self.next_u64();
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | ((b >> 48) & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }
}
