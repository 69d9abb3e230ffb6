//! RSA (RFC 8017): keys made in steps, signatures with PKCS #1's first padding. See [`big`](super::big) for why it is
//! written here and what it must not be used for.

use super::{
    big::{Big, Modulus},
    der::{NULL, OCTETS, oid, sequence, tlv},
    digest,
    prime::{PrimeSearch, Step},
    random::Stream,
};

/// The public exponent of every key made here.
const EXPONENT: u32 = 65_537;

/// A private key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RsaKey {
    pub n: Big,
    pub e: Big,
    pub d: Big,
    pub p: Big,
    pub q: Big,
    /// `d` modulo p-1 and q-1, and the inverse of q modulo p.
    pub dp: Big,
    pub dq: Big,
    pub q_inverse: Big,
}

impl RsaKey {
    /// The key of two primes, the greater first.
    pub fn of(p: Big, q: Big, e: Big) -> Option<RsaKey> {
        let (p, q) = if p > q { (p, q) } else { (q, p) };
        let one = Big::from(1);
        let (p1, q1) = (p.minus(&one), q.minus(&one));
        let lcm = p1.times(&q1).div_rem(&p1.gcd(&q1)).0;
        let d = e.inverse(&lcm)?;
        Some(RsaKey { n: p.times(&q), dp: d.rem(&p1), dq: d.rem(&q1), q_inverse: q.inverse(&p)?, e, d, p, q })
    }

    /// The number to the power of `d`, by its two halves.
    fn private(&self, number: &Big) -> Option<Big> {
        let half = |prime: &Big, exponent: &Big| {
            let modulus = Modulus::new(prime)?;
            Some(modulus.value(&modulus.pow(&modulus.residue(number), exponent)))
        };
        let (a, b) = (half(&self.p, &self.dp)?, half(&self.q, &self.dq)?);
        let difference = a.plus(&self.p.times(&b.div_rem(&self.p).0.plus(&Big::from(1)))).minus(&b);
        let h = difference.times(&self.q_inverse).rem(&self.p);
        Some(b.plus(&h.times(&self.q)))
    }

    /// A signature of the message; None where the key is too short for it.
    pub fn sign(&self, hash: &str, message: &[u8]) -> Option<Vec<u8>> {
        let length = self.n.bits().div_ceil(8);
        let padded = padded(hash, message, length)?;
        Some(self.private(&Big::from_bytes(&padded))?.padded(length))
    }
}

/// Whether a signature is that of the message.
pub fn verify(n: &Big, e: &Big, hash: &str, message: &[u8], signature: &[u8]) -> bool {
    let length = n.bits().div_ceil(8);
    let number = Big::from_bytes(signature);
    let (Some(modulus), Some(padded)) = (Modulus::new(n), padded(hash, message, length)) else {
        return false;
    };
    if signature.len() != length || number >= *n || e.bits() > 64 {
        return false;
    }
    modulus.value(&modulus.pow(&modulus.residue(&number), e)).padded(length) == padded
}

/// What is signed: the digest with its name, filled up to the key's length.
fn padded(hash: &str, message: &[u8], length: usize) -> Option<Vec<u8>> {
    let algorithm = match hash {
        "md5" => "1.2.840.113549.2.5",
        "sha1" => "1.3.14.3.2.26",
        "sha224" => "2.16.840.1.101.3.4.2.4",
        "sha384" => "2.16.840.1.101.3.4.2.2",
        "sha512" => "2.16.840.1.101.3.4.2.3",
        _ => "2.16.840.1.101.3.4.2.1",
    };
    let name = sequence(&[oid(algorithm), tlv(NULL, &[])]);
    let info = sequence(&[name, tlv(OCTETS, &digest::raw(hash, message))]);
    let fill = length.checked_sub(info.len() + 3).filter(|n| *n >= 8)?;
    Some([&[0, 1], &*vec![0xff; fill], &[0], &*info].concat())
}

/// A key in the making. It is plain data: it can be copied and stopped between any two steps.
#[derive(Clone, PartialEq, Debug)]
pub struct Generation {
    bits: usize,
    random: Stream,
    search: PrimeSearch,
    first: Option<Big>,
    /// What openssl shows meanwhile: dots for candidates, a plus for each round that a prime passed.
    pub progress: String,
}

impl Generation {
    /// Of at least 128 bits. `seed` decides the key.
    pub fn new(bits: usize, seed: u64) -> Generation {
        let bits = bits.max(128);
        Generation {
            bits,
            random: Stream::new(seed),
            search: PrimeSearch::new(bits.div_ceil(2), EXPONENT),
            first: None,
            progress: String::new(),
        }
    }

    /// What a step costs in fuel.
    pub fn cost(&self) -> u64 {
        self.search.cost()
    }

    /// Goes on a little; the key, once there is one.
    pub fn step(&mut self) -> Option<RsaKey> {
        match self.search.step(&mut self.random) {
            Step::Busy => return None,
            Step::Candidate => {
                self.progress.push('.');
                return None;
            }
            Step::Found => self.progress.push_str(&("+".repeat(64) + "\n")),
        }
        let prime = self.search.number();
        let Some(first) = self.first.take() else {
            self.search = PrimeSearch::new(self.bits / 2, EXPONENT);
            self.first = Some(prime);
            return None;
        };
        // Two equal primes are no key; the search goes on for the second.
        let key = RsaKey::of(first.clone(), prime.clone(), Big::from(EXPONENT)).filter(|_| first != prime);
        if key.is_none() {
            self.search = PrimeSearch::new(self.bits / 2, EXPONENT);
            self.first = Some(first);
        }
        key
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn key(bits: usize, seed: u64) -> RsaKey {
        let mut generation = Generation::new(bits, seed);
        loop {
            if let Some(key) = generation.step() {
                return key;
            }
        }
    }

    #[test]
    fn keys_have_their_size_and_fit_together() {
        for (bits, seed) in [(512, 1), (513, 2), (600, 3)] {
            let key = key(bits, seed);
            assert_eq!(key.n.bits(), bits);
            for message in [5, 77, 123_456_789] {
                let m = Modulus::new(&key.n).unwrap();
                let secret = m.value(&m.pow(&m.residue(&Big::from(message)), &key.e));
                assert_eq!(key.private(&secret), Some(Big::from(message)));
            }
        }
    }

    #[test]
    fn a_signature_holds_for_its_message_only() {
        let key = key(768, 9);
        for hash in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] {
            let mut signature = key.sign(hash, b"hello").unwrap();
            assert!(verify(&key.n, &key.e, hash, b"hello", &signature), "{hash}");
            assert!(!verify(&key.n, &key.e, hash, b"hallo", &signature));
            signature[20] ^= 1;
            assert!(!verify(&key.n, &key.e, hash, b"hello", &signature));
        }
        assert_eq!(key.sign("sha256", b"").unwrap().len(), 96);
    }

    #[test]
    fn a_generation_that_is_copied_anywhere_makes_the_same_key() {
        let whole = key(512, 77);
        let mut original = Generation::new(512, 77);
        for step in 0.. {
            if step % 50 == 0 {
                let mut copy = original.clone();
                let key = loop {
                    if let Some(key) = copy.step() {
                        break key;
                    }
                };
                assert_eq!(key, whole);
            }
            if original.step().is_some() {
                break;
            }
        }
    }
}
