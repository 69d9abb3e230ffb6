//! Ed25519 signatures (RFC 8032). See [`big`](super::big) for why it is written here and what it must not be used for.

use super::{
    big::{Big, Modulus, Residue},
    digest,
};

/// A point in extended coordinates.
#[derive(Clone, Debug)]
struct Point {
    x: Residue,
    y: Residue,
    z: Residue,
    t: Residue,
}

struct Field {
    p: Modulus,
    d: Residue,
}

fn order() -> Big {
    Big::from_hex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
}

/// A number from bytes, the least first.
fn little(bytes: &[u8]) -> Big {
    Big::from_bytes(&bytes.iter().rev().copied().collect::<Vec<u8>>())
}

fn little_bytes(number: &Big) -> Vec<u8> {
    let mut bytes = number.padded(32);
    bytes.reverse();
    bytes
}

impl Field {
    fn new() -> Field {
        let number = Big::default().with_bit(255).minus(&Big::from(19));
        let p = Modulus::new(&number).expect("the prime is odd");
        let fraction = p.mul(&p.residue(&Big::from(121_665)), &p.inverse(&p.residue(&Big::from(121_666))));
        Field { d: p.sub(&p.residue(&Big::default()), &fraction), p }
    }

    fn point(&self, x: Residue, y: Residue) -> Point {
        Point { t: self.p.mul(&x, &y), z: self.p.one.clone(), x, y }
    }

    /// The point of a height, its side told by whether x is odd.
    fn at(&self, y: &Big, odd: bool) -> Option<Point> {
        let p = &self.p;
        let y = p.residue(y);
        let square = p.mul(&y, &y);
        let below = p.add(&p.mul(&self.d, &square), &p.one);
        let quotient = p.mul(&p.sub(&square, &p.one), &p.inverse(&below));
        let mut x = p.pow(&quotient, &p.number().plus(&Big::from(3)).halved(3));
        if p.mul(&x, &x) != quotient {
            let two = p.residue(&Big::from(2));
            x = p.mul(&x, &p.pow(&two, &p.number().halved(2)));
        }
        if p.mul(&x, &x) != quotient {
            return None;
        }
        if p.value(&x).is_odd() != odd {
            x = p.sub(&p.residue(&Big::default()), &x);
        }
        Some(self.point(x, y))
    }

    fn base(&self) -> Point {
        let p = &self.p;
        let y = p.mul(&p.residue(&Big::from(4)), &p.inverse(&p.residue(&Big::from(5))));
        self.at(&p.value(&y), false).expect("the base lies on the curve")
    }

    fn read(&self, bytes: &[u8]) -> Option<Point> {
        let number = little(bytes);
        let odd = number.bit(255);
        let y = if odd { number.minus(&Big::default().with_bit(255)) } else { number };
        self.at(&y, odd).filter(|_| bytes.len() == 32)
    }

    fn bytes(&self, point: &Point) -> Vec<u8> {
        let p = &self.p;
        let inverse = p.inverse(&point.z);
        let (x, y) = (p.value(&p.mul(&point.x, &inverse)), p.value(&p.mul(&point.y, &inverse)));
        little_bytes(&if x.is_odd() { y.with_bit(255) } else { y })
    }

    fn add(&self, a: &Point, b: &Point) -> Point {
        let p = &self.p;
        let one = p.mul(&p.sub(&a.y, &a.x), &p.sub(&b.y, &b.x));
        let two = p.mul(&p.add(&a.y, &a.x), &p.add(&b.y, &b.x));
        let three = p.mul(&p.mul(&a.t, &b.t), &self.d);
        let four = p.mul(&a.z, &b.z);
        let (three, four) = (p.add(&three, &three), p.add(&four, &four));
        let (e, f, g, h) = (p.sub(&two, &one), p.sub(&four, &three), p.add(&four, &three), p.add(&two, &one));
        Point { x: p.mul(&e, &f), y: p.mul(&g, &h), z: p.mul(&f, &g), t: p.mul(&e, &h) }
    }

    fn times(&self, factor: &Big, point: &Point) -> Point {
        let mut sum = self.point(self.p.residue(&Big::default()), self.p.one.clone());
        for i in (0..factor.bits()).rev() {
            sum = self.add(&sum, &sum);
            if factor.bit(i) {
                sum = self.add(&sum, point);
            }
        }
        sum
    }
}

/// The secret number and the second half of the seed's digest.
fn expand(seed: &[u8]) -> (Big, Vec<u8>) {
    let mut digest = digest::raw("sha512", seed);
    digest[0] &= 248;
    digest[31] = digest[31] & 127 | 64;
    let rest = digest.split_off(32);
    (little(&digest), rest)
}

/// The public key of a seed (32 bytes each).
pub fn public(seed: &[u8]) -> Vec<u8> {
    let field = Field::new();
    field.bytes(&field.times(&expand(seed).0, &field.base()))
}

/// A signature (64 bytes).
pub fn sign(seed: &[u8], message: &[u8]) -> Vec<u8> {
    let (field, order) = (Field::new(), order());
    let (secret, prefix) = expand(seed);
    let key = field.bytes(&field.times(&secret, &field.base()));
    let r = little(&digest::raw("sha512", &[&prefix, message].concat())).rem(&order);
    let point = field.bytes(&field.times(&r, &field.base()));
    let k = little(&digest::raw("sha512", &[&point, &key, message].concat()));
    let s = r.plus(&k.times(&secret)).rem(&order);
    [point, little_bytes(&s)].concat()
}

/// Whether a signature is that of the message.
pub fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (field, order) = (Field::new(), order());
    let Some((point, s)) = signature.split_at_checked(32).filter(|(_, s)| s.len() == 32) else {
        return false;
    };
    let (Some(key), s) = (field.read(public), little(s)) else { return false };
    let Some(r) = field.read(point).filter(|_| s < order) else { return false };
    let k = little(&digest::raw("sha512", &[point, public, message].concat())).rem(&order);
    let sum = field.add(&r, &field.times(&k, &key));
    field.bytes(&sum) == field.bytes(&field.times(&s, &field.base()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 8032, 7.1, tests 1 and 2.
        for (seed, key, message, signature) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                &[][..],
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                &[0x72][..],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
        ] {
            let seed = Big::from_hex(seed).padded(32);
            let key = Big::from_hex(key).padded(32);
            assert_eq!(public(&seed), key);
            let made = sign(&seed, message);
            assert_eq!(digest::hex(made.iter().copied()), signature);
            assert!(verify(&key, message, &made));
            assert!(!verify(&key, b"other", &made));
        }
    }
}
