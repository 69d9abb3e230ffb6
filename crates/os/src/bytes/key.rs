//! Keys of the three kinds that `openssl` makes here: their encodings (RFC 5208, 5480, 5915, 8017, 8410), and signatures
//! under them.

use super::{
    big::Big,
    curve::{CURVES, Curve},
    der::{self, INTEGER, NULL, Node, OCTETS, OID, SEQUENCE, group, integer, oid, sequence, tlv},
    digest, edwards,
    random::Stream,
    rsa::{self, RsaKey},
};

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";

/// A private key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrivateKey {
    Rsa(Box<RsaKey>),
    Ec(Curve, Big),
    /// The seed.
    Ed(Vec<u8>),
}

/// A public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublicKey {
    Rsa {
        n: Big,
        e: Big,
    },
    /// The uncompressed point.
    Ec(Curve, Vec<u8>),
    Ed(Vec<u8>),
}

/// Signature algorithms: identifier, name, digest.
pub const SIGNATURES: [(&str, &str, &str); 12] = [
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", "sha256"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "sha384"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "sha512"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "sha224"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "sha1"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", "md5"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "sha256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "sha384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "sha512"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "sha224"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1", "sha1"),
    (ED25519, "ED25519", ""),
];

impl PrivateKey {
    /// The key of a simulated authority or server: it comes from the name, so it is always the same.
    pub fn of_name(name: &str) -> PrivateKey {
        let digest = digest::sha256(name.as_bytes());
        let seed = digest.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b));
        let curve = CURVES[0];
        PrivateKey::Ec(curve, curve.generate(&mut Stream::new(seed)))
    }

    pub fn public(&self) -> PublicKey {
        match self {
            PrivateKey::Rsa(key) => PublicKey::Rsa { n: key.n.clone(), e: key.e.clone() },
            PrivateKey::Ec(curve, number) => PublicKey::Ec(*curve, curve.public(number)),
            PrivateKey::Ed(seed) => PublicKey::Ed(edwards::public(seed)),
        }
    }

    /// PKCS #8's form, `PRIVATE KEY` in armour.
    pub fn pkcs8(&self) -> Vec<u8> {
        let inner = match self {
            PrivateKey::Ed(seed) => tlv(OCTETS, seed),
            PrivateKey::Ec(curve, number) => ec_body(*curve, number, false),
            PrivateKey::Rsa(_) => self.traditional().1,
        };
        sequence(&[integer(&Big::default()), self.public().algorithm(), tlv(OCTETS, &inner)])
    }

    /// The older form of its own kind, and its label in armour.
    pub fn traditional(&self) -> (&'static str, Vec<u8>) {
        match self {
            PrivateKey::Rsa(k) => {
                let parts = [&Big::default(), &k.n, &k.e, &k.d, &k.p, &k.q, &k.dp, &k.dq, &k.q_inverse];
                ("RSA PRIVATE KEY", sequence(&parts.map(integer)))
            }
            PrivateKey::Ec(curve, number) => ("EC PRIVATE KEY", ec_body(*curve, number, true)),
            PrivateKey::Ed(_) => ("PRIVATE KEY", self.pkcs8()),
        }
    }

    /// Reads a key in any of its forms.
    pub fn read(der: &[u8]) -> Option<PrivateKey> {
        let parts = Node::first(der)?.inside(SEQUENCE)?;
        match (parts.get(1)?.tag, parts.len()) {
            (INTEGER, 9..) => read_rsa(&parts),
            (OCTETS, _) => read_ec(&parts, None),
            (SEQUENCE, _) => {
                let names = parts[1].inside(SEQUENCE)?;
                let inner = Node::first(parts.get(2).filter(|n| n.tag == OCTETS)?.body)?;
                match names.first()?.oid()?.as_str() {
                    RSA => read_rsa(&inner.inside(SEQUENCE)?),
                    EC => {
                        let curve = Curve::find(&names.get(1)?.oid()?)?;
                        read_ec(&inner.inside(SEQUENCE)?, Some(curve))
                    }
                    ED25519 if inner.body.len() == 32 => Some(PrivateKey::Ed(inner.body.to_vec())),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Reads the first private key of a file, in armour or not.
    pub fn from_file(bytes: &[u8]) -> Option<PrivateKey> {
        let blocks = der::blocks(bytes);
        let armoured = blocks.iter().filter(|(label, _)| label.ends_with("PRIVATE KEY"));
        armoured.filter_map(|(_, der)| PrivateKey::read(der)).next().or_else(|| PrivateKey::read(bytes))
    }

    /// The signature algorithm's identifier under a digest, and the signature.
    pub fn sign(&self, hash: &str, message: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let signature = match self {
            PrivateKey::Rsa(key) => key.sign(hash, message)?,
            PrivateKey::Ec(curve, number) => curve.sign(number, hash, message),
            PrivateKey::Ed(seed) => edwards::sign(seed, message),
        };
        Some((self.algorithm(hash)?, signature))
    }

    /// The signature algorithm under a digest.
    pub fn algorithm(&self, hash: &str) -> Option<Vec<u8>> {
        let (family, hash) = match self {
            PrivateKey::Rsa(_) => ("RSA", hash),
            PrivateKey::Ec(..) => ("ecdsa", hash),
            PrivateKey::Ed(_) => ("ED", ""),
        };
        let (id, ..) = SIGNATURES.iter().find(|(_, name, h)| *h == hash && name.contains(family))?;
        let null = if family == "RSA" { tlv(NULL, &[]) } else { Vec::new() };
        Some(sequence(&[oid(id), null]))
    }
}

impl PublicKey {
    fn algorithm(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { .. } => sequence(&[oid(RSA), tlv(NULL, &[])]),
            PublicKey::Ec(curve, _) => sequence(&[oid(EC), oid(curve.oid)]),
            PublicKey::Ed(_) => sequence(&[oid(ED25519)]),
        }
    }

    /// The bits of the key alone.
    pub fn bits(&self) -> Vec<u8> {
        match self {
            PublicKey::Rsa { n, e } => sequence(&[integer(n), integer(e)]),
            PublicKey::Ec(_, point) => point.clone(),
            PublicKey::Ed(key) => key.clone(),
        }
    }

    /// The subject's key as certificates hold it, `PUBLIC KEY` in armour.
    pub fn info(&self) -> Vec<u8> {
        sequence(&[self.algorithm(), der::bits(&self.bits())])
    }

    pub fn read(der: &[u8]) -> Option<PublicKey> {
        let parts = Node::first(der)?.inside(SEQUENCE)?;
        let names = parts.first()?.inside(SEQUENCE)?;
        let bits = parts.get(1)?.bits()?;
        match names.first()?.oid()?.as_str() {
            RSA => {
                let numbers = Node::first(bits)?.inside(SEQUENCE)?;
                Some(PublicKey::Rsa { n: bounded(numbers.first()?)?, e: bounded(numbers.get(1)?)? })
            }
            EC => {
                let curve = Curve::find(&names.get(1)?.oid()?)?;
                curve.is_point(bits).then(|| PublicKey::Ec(curve, bits.to_vec()))
            }
            ED25519 if bits.len() == 32 => Some(PublicKey::Ed(bits.to_vec())),
            _ => None,
        }
    }

    /// Reads the first public key of a file, in armour or not; a private key has one too.
    pub fn from_file(bytes: &[u8]) -> Option<PublicKey> {
        let blocks = der::blocks(bytes);
        let armoured = blocks.iter().filter(|(label, _)| label == "PUBLIC KEY");
        armoured.filter_map(|(_, der)| PublicKey::read(der)).next().or_else(|| PublicKey::read(bytes))
    }

    /// Whether a signature under a digest is that of the message.
    pub fn verify(&self, hash: &str, message: &[u8], signature: &[u8]) -> bool {
        match self {
            PublicKey::Rsa { n, e } => rsa::verify(n, e, hash, message, signature),
            PublicKey::Ec(curve, point) => curve.verify(point, hash, message, signature),
            PublicKey::Ed(key) => edwards::verify(key, message, signature),
        }
    }

    /// The same with the algorithm named by its identifier.
    pub fn verify_by(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let Some((_, name, hash)) = SIGNATURES.iter().find(|(id, ..)| *id == algorithm) else { return false };
        let fits = match self {
            PublicKey::Rsa { .. } => name.contains("RSA"),
            PublicKey::Ec(..) => name.starts_with("ecdsa"),
            PublicKey::Ed(_) => name.starts_with("ED"),
        };
        fits && self.verify(hash, message, signature)
    }

    /// The name of the key's algorithm.
    pub fn kind(&self) -> &'static str {
        match self {
            PublicKey::Rsa { .. } => "rsaEncryption",
            PublicKey::Ec(..) => "id-ecPublicKey",
            PublicKey::Ed(_) => "ED25519",
        }
    }
}

fn ec_body(curve: Curve, number: &Big, named: bool) -> Vec<u8> {
    let name = if named { group(0xa0, &[oid(curve.oid)]) } else { Vec::new() };
    let secret = tlv(OCTETS, &number.padded(curve.bits / 8));
    sequence(&[integer(&Big::from(1)), secret, name, group(0xa1, &[der::bits(&curve.public(number))])])
}

/// A number of a key; none that would take minutes to reckon with.
fn bounded(node: &Node<'_>) -> Option<Big> {
    node.number().filter(|n| n.bits() <= 16_384)
}

fn read_rsa(parts: &[Node<'_>]) -> Option<PrivateKey> {
    let n = |i: usize| bounded(parts.get(i)?);
    let key =
        RsaKey { n: n(1)?, e: n(2)?, d: n(3)?, p: n(4)?, q: n(5)?, dp: n(6)?, dq: n(7)?, q_inverse: n(8)? };
    Some(PrivateKey::Rsa(Box::new(key)))
}

fn read_ec(parts: &[Node<'_>], curve: Option<Curve>) -> Option<PrivateKey> {
    let named = parts.iter().find(|n| n.tag == 0xa0);
    let name = named.and_then(|n| Node::first(n.body)).filter(|n| n.tag == OID);
    let curve = curve.or_else(|| Curve::find(&name?.oid()?))?;
    let secret = parts.get(1).filter(|n| n.tag == OCTETS && n.body.len() == curve.bits / 8)?;
    Some(PrivateKey::Ec(curve, Big::from_bytes(secret.body)))
}

#[cfg(test)]
mod tests {
    use super::{super::random::Stream, *};

    fn keys() -> Vec<PrivateKey> {
        let mut random = Stream::new(11);
        let mut keys =
            vec![PrivateKey::Rsa(Box::new(rsa::tests::key(512, 4))), PrivateKey::Ed(random.bytes(32))];
        keys.extend(super::super::curve::CURVES.map(|c| PrivateKey::Ec(c, c.generate(&mut random))));
        keys
    }

    #[test]
    fn what_is_written_is_read() {
        for key in keys() {
            assert_eq!(PrivateKey::read(&key.pkcs8()), Some(key.clone()));
            assert_eq!(PrivateKey::read(&key.traditional().1), Some(key.clone()));
            let text = der::armoured("PRIVATE KEY", &key.pkcs8());
            assert_eq!(PrivateKey::from_file(text.as_bytes()), Some(key.clone()));
            let public = key.public();
            assert_eq!(PublicKey::read(&public.info()), Some(public.clone()));
            let (algorithm, signature) = key.sign("sha256", b"text").unwrap();
            let id = Node::first(&algorithm).unwrap().inside(SEQUENCE).unwrap()[0].oid().unwrap();
            assert!(public.verify_by(&id, b"text", &signature));
            assert!(!public.verify_by(&id, b"next", &signature));
        }
    }

    #[test]
    fn damaged_keys_are_refused() {
        for key in keys() {
            let der = key.pkcs8();
            for cut in 0..der.len() {
                assert_eq!(PrivateKey::read(&der[..cut]), None);
            }
            let info = key.public().info();
            for cut in 0..info.len() {
                assert_eq!(PublicKey::read(&info[..cut]), None);
            }
        }
    }
}
