//! The distinguished encoding of ASN.1 (X.690), as far as keys and certificates need it, and the text armour around it
//! (PEM, RFC 7468).

use super::big::Big;
use crate::{
    text::{base64, unbase64},
    time::{Civil, Time, strftime},
};

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BITS: u8 = 0x03;
pub const OCTETS: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const UTF8: u8 = 0x0c;
pub const PRINTABLE: u8 = 0x13;
pub const IA5: u8 = 0x16;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// One value: tag, length, content.
pub fn tlv(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if body.len() < 128 {
        out.push(body.len() as u8);
    } else {
        let length: Vec<u8> = body.len().to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        out.push(0x80 | length.len() as u8);
        out.extend(length);
    }
    out.extend_from_slice(body);
    out
}

/// A value that holds others.
pub fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    group(SEQUENCE, parts)
}

/// A value that holds others in no order of their own: they are sorted by their bytes.
pub fn set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    // There are two or three of them.
    for i in 1..parts.len() {
        let mut at = i;
        while at > 0 && parts[at] < parts[at - 1] {
            parts.swap(at, at - 1);
            at -= 1;
        }
    }
    group(tag, &parts)
}

/// An integer that is not negative.
pub fn integer(number: &Big) -> Vec<u8> {
    let mut body = number.bytes();
    if body.first().is_none_or(|b| *b >= 128) {
        body.insert(0, 0);
    }
    tlv(INTEGER, &body)
}

/// Whole bytes as a bit string.
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(BITS, &[&[0], bytes].concat())
}

/// An object identifier from its dotted numbers.
pub fn oid(dotted: &str) -> Vec<u8> {
    let mut numbers = dotted.split('.').map(|n| n.parse::<u64>().unwrap_or(0));
    let first = numbers.next().unwrap_or(0) * 40 + numbers.next().unwrap_or(0);
    let mut body = Vec::new();
    for n in [first].into_iter().chain(numbers) {
        let digits = (64 - n.leading_zeros()).div_ceil(7).max(1);
        body.extend((0..digits).rev().map(|i| (n >> (7 * i)) as u8 & 127 | if i > 0 { 128 } else { 0 }));
    }
    tlv(OID, &body)
}

/// The dotted numbers of an object identifier's content.
pub fn dotted(body: &[u8]) -> String {
    let mut text = String::new();
    let mut n = 0u64;
    for b in body {
        n = n << 7 | u64::from(b & 127);
        if *b < 128 {
            match text.is_empty() {
                true => text = format!("{}.{}", (n / 40).min(2), n - (n / 40).min(2) * 40),
                false => text.push_str(&format!(".{n}")),
            }
            n = 0;
        }
    }
    text
}

/// A moment: with two digits for the year as long as that is clear, as RFC 5280 demands.
pub fn time(time: Time) -> Vec<u8> {
    match time.civil().year {
        1950..2050 => tlv(UTC_TIME, strftime("%y%m%d%H%M%SZ", time).as_bytes()),
        ..=9999 => tlv(GENERALIZED_TIME, strftime("%Y%m%d%H%M%SZ", time).as_bytes()),
        _ => tlv(GENERALIZED_TIME, b"99991231235959Z"),
    }
}

/// One value that was read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Node<'a> {
    pub tag: u8,
    pub body: &'a [u8],
    /// With tag and length.
    pub whole: &'a [u8],
}

impl<'a> Node<'a> {
    /// The values that follow each other in these bytes; None when they are damaged.
    pub fn all(mut bytes: &'a [u8]) -> Option<Vec<Node<'a>>> {
        let mut nodes = Vec::new();
        while !bytes.is_empty() {
            let node = Node::first(bytes)?;
            bytes = &bytes[node.whole.len()..];
            nodes.push(node);
        }
        Some(nodes)
    }

    /// The first value of these bytes.
    pub fn first(bytes: &'a [u8]) -> Option<Node<'a>> {
        let (tag, short) = (*bytes.first()?, *bytes.get(1)?);
        let (head, length) = match short {
            0..=127 => (2, usize::from(short)),
            0x81..=0x84 => {
                let digits = bytes.get(2..2 + usize::from(short & 127))?;
                (2 + digits.len(), digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)))
            }
            _ => return None,
        };
        let end = head.checked_add(length)?;
        Some(Node { tag, body: bytes.get(head..end)?, whole: &bytes[..end] })
    }

    /// The values inside, if it has this tag.
    pub fn inside(&self, tag: u8) -> Option<Vec<Node<'a>>> {
        if self.tag == tag { Node::all(self.body) } else { None }
    }

    pub fn number(&self) -> Option<Big> {
        (self.tag == INTEGER).then(|| Big::from_bytes(self.body))
    }

    /// The content of a bit string of whole bytes.
    pub fn bits(&self) -> Option<&'a [u8]> {
        if self.tag == BITS { self.body.get(1..) } else { None }
    }

    pub fn oid(&self) -> Option<String> {
        (self.tag == OID).then(|| dotted(self.body))
    }

    pub fn time(&self) -> Option<Time> {
        let text = std::str::from_utf8(self.body).ok().filter(|t| t.is_ascii())?;
        let century = match (self.tag, text.get(..2)?) {
            (UTC_TIME, yy) if yy < "50" => "20",
            (UTC_TIME, _) => "19",
            (GENERALIZED_TIME, _) => "",
            _ => return None,
        };
        let digits = format!("{century}{text}");
        let part = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
        let small = |from: usize| part(from, from + 2).and_then(|n| u32::try_from(n).ok());
        let civil = Civil {
            year: part(0, 4)?,
            month: small(4)?.clamp(1, 12),
            day: small(6)?.clamp(1, 31),
            hour: small(8)?,
            minute: small(10)?,
            second: small(12).unwrap_or(0),
            ..Civil::from_secs(0)
        };
        Some(Time::from_secs(civil.to_secs()))
    }
}

/// A file in text armour: `-----BEGIN label-----`, base64 in lines of 64, `-----END label-----`.
pub fn armoured(label: &str, der: &[u8]) -> String {
    let text = base64(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}

/// All armoured blocks of a text: their labels and contents. What is damaged is left out.
pub fn blocks(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    let mut rest = &*text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        rest = after;
        let Some((label, body)) = after.split_once("-----") else { break };
        let Some((body, after)) = body.split_once(&format!("-----END {label}-----")) else { continue };
        if let Some(der) = unbase64(body.as_bytes()) {
            found.push((label.to_string(), der));
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_standard() {
        assert_eq!(oid("1.2.840.113549.1.1.11"), [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]);
        assert_eq!(integer(&Big::default()), [2, 1, 0]);
        assert_eq!(integer(&Big::from(128)), [2, 2, 0, 128]);
        assert_eq!(tlv(OCTETS, &[7; 200])[..4], [4, 0x81, 200, 7]);
        assert_eq!(time(Time::from_secs(0))[2..], *b"700101000000Z");
        assert_eq!(time(Time::from_secs(4_000_000_000))[2..], *b"20961002070640Z");
    }

    #[test]
    fn what_is_written_is_read() {
        for name in
            ["2.5.4.3", "1.3.101.112", "2.5.29.17", "1.2.840.10045.3.1.7", "0.9.2342.19200300.100.1.1"]
        {
            assert_eq!(Node::first(&oid(name)).unwrap().oid().unwrap(), name);
        }
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let whole = sequence(&[tlv(OCTETS, &vec![1; length]), integer(&Big::from(length as u32))]);
            let parts = Node::first(&whole).unwrap().inside(SEQUENCE).unwrap();
            assert_eq!(parts[0].body.len(), length);
            assert_eq!(parts[1].number(), Some(Big::from(length as u32)));
        }
        for seconds in [0, 1_767_603_600, 2_524_607_999, 2_524_608_000, 253_402_300_799] {
            let moment = Time::from_secs(seconds);
            assert_eq!(Node::first(&time(moment)).unwrap().time(), Some(moment));
        }
        let der = sequence(&[bits(&[9; 100])]);
        let text = format!("chatter\n{}\nmore {}", armoured("A B", &der), armoured("C", b"x"));
        assert_eq!(blocks(text.as_bytes()), [("A B".to_string(), der), ("C".to_string(), b"x".to_vec())]);
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let whole = sequence(&[tlv(OCTETS, &[1; 300]), oid("2.5.4.3")]);
        for cut in 0..whole.len() {
            assert_eq!(Node::first(&whole[..cut]), None);
        }
        assert_eq!(Node::first(&[0x30, 0x84, 255, 255, 255, 255]), None);
        assert_eq!(Node::first(&[0x30, 0x80, 0, 0]), None);
    }
}
