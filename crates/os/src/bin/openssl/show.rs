//! Keys in words, as `-text` has them.

use crate::bytes::{
    big::Big,
    key::{PrivateKey, PublicKey},
};

/// Texts with something between them.
pub fn joined(texts: &mut dyn Iterator<Item = String>, between: &str) -> String {
    let mut all = texts.next().unwrap_or_default();
    for text in texts {
        all.push_str(between);
        all.push_str(&text);
    }
    all
}

/// Bytes in hexadecimal with something between them.
pub fn digits(bytes: &[u8], between: &str) -> String {
    joined(&mut bytes.iter().map(|b| format!("{b:02x}")), between)
}

/// The same in capitals, with colons.
pub fn colons(bytes: &[u8]) -> String {
    digits(bytes, ":").to_ascii_uppercase()
}

/// Bytes in hexadecimal, so many a line, with colons.
pub fn hex(bytes: &[u8], indent: usize, width: usize) -> String {
    let mut text = String::new();
    for (i, row) in bytes.chunks(width).enumerate() {
        let more = if (i + 1) * width < bytes.len() { ":" } else { "" };
        text.push_str(&format!("{:indent$}{}{more}\n", "", digits(row, ":")));
    }
    text
}

/// A number under its title: in the line where it is small.
fn number(title: &str, n: &Big, indent: usize) -> String {
    if n.bits() <= 64 {
        let value = n.bytes().iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        return format!("{:indent$}{title}: {value} (0x{value:x})\n", "");
    }
    let mut bytes = n.bytes();
    if n.bits().is_multiple_of(8) {
        bytes.insert(0, 0);
    }
    format!("{:indent$}{title}:\n{}", "", hex(&bytes, indent + 4, 15))
}

/// A public key.
pub fn public(key: &PublicKey, indent: usize) -> String {
    match key {
        PublicKey::Rsa { n, e } => {
            let head = format!("{:indent$}Public-Key: ({} bit)\n", "", n.bits());
            head + &number("Modulus", n, indent) + &number("Exponent", e, indent)
        }
        PublicKey::Ec(curve, point) => format!(
            "{:indent$}Public-Key: ({} bit)\n{:indent$}pub:\n{}{:indent$}ASN1 OID: {}\n{:indent$}NIST CURVE: {}\n",
            "",
            curve.bits,
            "",
            hex(point, indent + 4, 15),
            "",
            curve.name,
            "",
            curve.nist
        ),
        PublicKey::Ed(bytes) => {
            format!("{:indent$}ED25519 Public-Key:\n{:indent$}pub:\n{}", "", "", hex(bytes, indent + 4, 15))
        }
    }
}

/// A private key.
pub fn private(key: &PrivateKey) -> String {
    match key {
        PrivateKey::Rsa(k) => {
            let mut text = format!("Private-Key: ({} bit, 2 primes)\n", k.n.bits());
            let parts = [
                ("modulus", &k.n),
                ("publicExponent", &k.e),
                ("privateExponent", &k.d),
                ("prime1", &k.p),
                ("prime2", &k.q),
                ("exponent1", &k.dp),
                ("exponent2", &k.dq),
                ("coefficient", &k.q_inverse),
            ];
            for (title, n) in parts {
                text.push_str(&number(title, n, 0));
            }
            text
        }
        PrivateKey::Ec(curve, n) => format!(
            "Private-Key: ({} bit)\npriv:\n{}{}",
            curve.bits,
            hex(&n.padded(curve.bits / 8), 4, 15),
            tail(&key.public())
        ),
        PrivateKey::Ed(seed) => {
            format!("ED25519 Private-Key:\npriv:\n{}{}", hex(seed, 4, 15), tail(&key.public()))
        }
    }
}

/// A public key without its first line.
fn tail(key: &PublicKey) -> String {
    public(key, 0).split_once('\n').map_or(String::new(), |(_, rest)| rest.to_string())
}
