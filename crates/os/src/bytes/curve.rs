//! The curves of NIST over prime fields and their signatures (ECDSA, FIPS 186-4). See [`big`](super::big) for why it is
//! written here and what it must not be used for.

use super::{
    big::{Big, Modulus, Residue},
    der::{Node, SEQUENCE, integer, sequence},
    digest,
    random::Stream,
};

/// What names a curve, and its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Curve {
    pub name: &'static str,
    /// NIST's own name.
    pub nist: &'static str,
    pub oid: &'static str,
    pub bits: usize,
    p: &'static str,
    b: &'static str,
    n: &'static str,
    x: &'static str,
    y: &'static str,
}

/// The curves there are; y² = x³ - 3x + b in all.
pub const CURVES: [Curve; 2] = [
    Curve {
        name: "prime256v1",
        nist: "P-256",
        oid: "1.2.840.10045.3.1.7",
        bits: 256,
        p: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        n: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    },
    Curve {
        name: "secp384r1",
        nist: "P-384",
        oid: "1.3.132.0.34",
        bits: 384,
        p: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        n: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    },
];

impl Curve {
    /// By one of its names or its object identifier.
    pub fn find(name: &str) -> Option<Curve> {
        let name = if name == "secp256r1" { "prime256v1" } else { name };
        CURVES.into_iter().find(|c| [c.name, c.nist, c.oid].contains(&name))
    }

    fn size(&self) -> usize {
        self.bits / 8
    }

    fn order(&self) -> Big {
        Big::from_hex(self.n)
    }

    /// A private key: a number from 1 to the order less one.
    pub fn generate(&self, random: &mut Stream) -> Big {
        let limit = self.order().minus(&Big::from(1));
        Big::from_bytes(&random.bytes(self.size() + 8)).rem(&limit).plus(&Big::from(1))
    }

    /// The public key: 4, and both coordinates.
    pub fn public(&self, private: &Big) -> Vec<u8> {
        let field = Field::new(self);
        let point = field.times(private, &field.base(self));
        field.bytes(&point, self.size())
    }

    /// Whether these bytes are a point of the curve.
    pub fn is_point(&self, bytes: &[u8]) -> bool {
        Field::new(self).point(self, bytes).is_some()
    }

    /// The digest as a number below the order's length.
    fn number(&self, hash: &str, message: &[u8]) -> Big {
        let digest = digest::raw(hash, message);
        Big::from_bytes(&digest[..digest.len().min(self.size())])
    }

    /// A signature (a sequence of r and s). Its secret number comes from key and message, so it is always the same.
    pub fn sign(&self, private: &Big, hash: &str, message: &[u8]) -> Vec<u8> {
        let (n, z, field) = (self.order(), self.number(hash, message), Field::new(self));
        let mut secret = [private.padded(self.size()), z.padded(self.size())].concat();
        loop {
            secret = digest::raw("sha512", &secret);
            let k = Big::from_bytes(&secret).rem(&n);
            let (Some(inverse), Some((x, _))) =
                (k.inverse(&n), field.affine(&field.times(&k, &field.base(self))))
            else {
                continue;
            };
            let r = x.rem(&n);
            let s = inverse.times(&z.plus(&r.times(private))).rem(&n);
            if !r.is_zero() && !s.is_zero() {
                return sequence(&[integer(&r), integer(&s)]);
            }
        }
    }

    /// Whether a signature is that of the message.
    pub fn verify(&self, public: &[u8], hash: &str, message: &[u8], signature: &[u8]) -> bool {
        let (n, field) = (self.order(), Field::new(self));
        let parts = Node::first(signature).and_then(|node| node.inside(SEQUENCE));
        let numbers = |parts: Vec<Node<'_>>| Some((parts.first()?.number()?, parts.get(1)?.number()?));
        let (Some((r, s)), Some(point)) = (parts.and_then(numbers), field.point(self, public)) else {
            return false;
        };
        let Some(inverse) = s.inverse(&n).filter(|_| !r.is_zero() && r < n && s < n) else { return false };
        let u = self.number(hash, message).times(&inverse).rem(&n);
        let v = r.times(&inverse).rem(&n);
        let sum = field.add(&field.times(&u, &field.base(self)), &field.times(&v, &point));
        field.affine(&sum).is_some_and(|(x, _)| x.rem(&n) == r)
    }
}

/// A point in Jacobian coordinates; z is zero for the one at infinity.
#[derive(Clone, Debug)]
struct Point {
    x: Residue,
    y: Residue,
    z: Residue,
}

struct Field {
    p: Modulus,
    zero: Residue,
}

impl Field {
    fn new(curve: &Curve) -> Field {
        let p = Modulus::new(&Big::from_hex(curve.p)).expect("a curve's prime is odd");
        Field { zero: p.residue(&Big::default()), p }
    }

    fn base(&self, curve: &Curve) -> Point {
        let coordinate = |hex| self.p.residue(&Big::from_hex(hex));
        Point { x: coordinate(curve.x), y: coordinate(curve.y), z: self.p.one.clone() }
    }

    /// Reads a point and checks that it lies on the curve.
    fn point(&self, curve: &Curve, bytes: &[u8]) -> Option<Point> {
        let size = curve.size();
        let rest = bytes.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * size)?;
        let (x, y) = (
            self.p.residue(&Big::from_bytes(&rest[..size])),
            self.p.residue(&Big::from_bytes(&rest[size..])),
        );
        let p = &self.p;
        let cubic = p.sub(&p.mul(&x, &x), &p.residue(&Big::from(3)));
        let right = p.add(&p.mul(&cubic, &x), &p.residue(&Big::from_hex(curve.b)));
        (p.mul(&y, &y) == right).then(|| Point { x, y, z: p.one.clone() })
    }

    fn affine(&self, point: &Point) -> Option<(Big, Big)> {
        if point.z == self.zero {
            return None;
        }
        let p = &self.p;
        let inverse = p.inverse(&point.z);
        let square = p.mul(&inverse, &inverse);
        let x = p.mul(&point.x, &square);
        let y = p.mul(&point.y, &p.mul(&square, &inverse));
        Some((p.value(&x), p.value(&y)))
    }

    fn bytes(&self, point: &Point, size: usize) -> Vec<u8> {
        let (x, y) = self.affine(point).unwrap_or_default();
        [vec![4], x.padded(size), y.padded(size)].concat()
    }

    fn twice(&self, a: &Point) -> Point {
        let p = &self.p;
        let (delta, gamma) = (p.mul(&a.z, &a.z), p.mul(&a.y, &a.y));
        let beta = p.mul(&a.x, &gamma);
        let product = p.mul(&p.sub(&a.x, &delta), &p.add(&a.x, &delta));
        let alpha = p.add(&p.add(&product, &product), &product);
        let double = |r: &Residue| p.add(r, r);
        let beta4 = double(&double(&beta));
        let x = p.sub(&p.mul(&alpha, &alpha), &double(&beta4));
        let sum = p.add(&a.y, &a.z);
        let z = p.sub(&p.sub(&p.mul(&sum, &sum), &gamma), &delta);
        let gamma8 = double(&double(&double(&p.mul(&gamma, &gamma))));
        let y = p.sub(&p.mul(&alpha, &p.sub(&beta4, &x)), &gamma8);
        Point { x, y, z }
    }

    fn add(&self, a: &Point, b: &Point) -> Point {
        let p = &self.p;
        if a.z == self.zero {
            return b.clone();
        }
        if b.z == self.zero {
            return a.clone();
        }
        let (za, zb) = (p.mul(&a.z, &a.z), p.mul(&b.z, &b.z));
        let (ua, ub) = (p.mul(&a.x, &zb), p.mul(&b.x, &za));
        let (sa, sb) = (p.mul(&a.y, &p.mul(&zb, &b.z)), p.mul(&b.y, &p.mul(&za, &a.z)));
        let (h, r) = (p.sub(&ub, &ua), p.sub(&sb, &sa));
        if h == self.zero && r == self.zero {
            return self.twice(a);
        }
        let square = p.mul(&h, &h);
        let (cube, v) = (p.mul(&square, &h), p.mul(&ua, &square));
        let x = p.sub(&p.sub(&p.mul(&r, &r), &cube), &p.add(&v, &v));
        let y = p.sub(&p.mul(&r, &p.sub(&v, &x)), &p.mul(&sa, &cube));
        Point { x, y, z: p.mul(&h, &p.mul(&a.z, &b.z)) }
    }

    fn times(&self, factor: &Big, point: &Point) -> Point {
        let mut sum = Point { x: self.p.one.clone(), y: self.p.one.clone(), z: self.zero.clone() };
        for i in (0..factor.bits()).rev() {
            sum = self.twice(&sum);
            if factor.bit(i) {
                sum = self.add(&sum, point);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_known_numbers() {
        // The vectors of RFC 6979, appendix A.2.5 and A.2.6.
        let p256 = Curve::find("P-256").unwrap();
        let private = Big::from_hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
        let public = p256.public(&private);
        let x = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
        assert_eq!(public[1..33], Big::from_hex(x).bytes());
        let r = Big::from_hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716");
        let s = Big::from_hex("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
        assert!(p256.verify(&public, "sha256", b"sample", &sequence(&[integer(&r), integer(&s)])));
        let p384 = Curve::find("secp384r1").unwrap();
        let private = Big::from_hex(
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
        );
        let x = "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13";
        assert_eq!(p384.public(&private)[1..49], Big::from_hex(x).bytes());
    }

    #[test]
    fn a_signature_holds_for_its_message_only() {
        let mut random = Stream::new(3);
        for curve in CURVES {
            let key = curve.generate(&mut random);
            let public = curve.public(&key);
            assert!(curve.is_point(&public));
            for hash in ["sha1", "sha256", "sha512"] {
                let signature = curve.sign(&key, hash, b"hello");
                assert!(curve.verify(&public, hash, b"hello", &signature));
                assert!(!curve.verify(&public, hash, b"hallo", &signature));
            }
            let mut off = public.clone();
            off[9] ^= 1;
            assert!(!curve.is_point(&off));
            assert!(!curve.verify(&public, "sha256", b"hello", b"no signature"));
        }
    }
}
