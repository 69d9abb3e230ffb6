//! Distinguished names: read from `-subj`, written as certificates hold them, shown as openssl shows them.

use super::show;
use crate::bytes::der::{self, IA5, Node, PRINTABLE, SEQUENCE, SET, UTF8, oid, sequence, tlv};
use crate::bytes::digest;

/// Object identifiers with their short and long names.
const OIDS: &[(&str, &str, &str)] = &[
    ("2.5.4.3", "CN", "commonName"),
    ("2.5.4.4", "SN", "surname"),
    ("2.5.4.5", "serialNumber", "serialNumber"),
    ("2.5.4.6", "C", "countryName"),
    ("2.5.4.7", "L", "localityName"),
    ("2.5.4.8", "ST", "stateOrProvinceName"),
    ("2.5.4.9", "street", "streetAddress"),
    ("2.5.4.10", "O", "organizationName"),
    ("2.5.4.11", "OU", "organizationalUnitName"),
    ("2.5.4.12", "title", "title"),
    ("2.5.4.41", "name", "name"),
    ("2.5.4.42", "GN", "givenName"),
    ("2.5.4.43", "initials", "initials"),
    ("1.2.840.113549.1.9.1", "emailAddress", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName", "unstructuredName"),
    ("1.2.840.113549.1.9.7", "challengePassword", "challengePassword"),
    ("0.9.2342.19200300.100.1.1", "UID", "userId"),
    ("0.9.2342.19200300.100.1.25", "DC", "domainComponent"),
];

/// An object identifier by a name of an attribute.
pub fn attribute(name: &str) -> Option<&'static str> {
    OIDS.iter().find(|(id, short, long)| [*id, *short, *long].contains(&name)).map(|(id, ..)| *id)
}

/// Short and long name of an attribute; the numbers where it has none.
pub fn named(id: &str) -> (String, String) {
    let found = OIDS.iter().find(|(o, ..)| *o == id);
    found.map_or((id.to_string(), id.to_string()), |(_, s, l)| (s.to_string(), l.to_string()))
}

/// One attribute of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    pub id: String,
    pub tag: u8,
    pub value: Vec<u8>,
}

impl Attribute {
    /// With the kind of string the attribute calls for; the most letters it may have are exceeded: these.
    pub fn new(id: &str, value: &str, utf8: bool) -> Result<Attribute, usize> {
        let most = match id {
            "2.5.4.6" => 2,
            "2.5.4.7" | "2.5.4.8" => 128,
            "2.5.4.3" | "2.5.4.5" | "2.5.4.10" | "2.5.4.11" | "2.5.4.12" => 64,
            "1.2.840.113549.1.9.1" => 128,
            _ => 32_768,
        };
        // Without -utf8 openssl takes each byte for a letter of Latin-1.
        let value: String = if utf8 { value.to_string() } else { value.bytes().map(char::from).collect() };
        if value.chars().count() > most {
            return Err(most);
        }
        let tag = match id {
            "2.5.4.5" | "2.5.4.6" => PRINTABLE,
            "1.2.840.113549.1.9.1" | "0.9.2342.19200300.100.1.25" => IA5,
            _ => UTF8,
        };
        Ok(Attribute { id: id.to_string(), tag, value: value.into_bytes() })
    }
}

/// A name: sets of attributes, almost always of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Name(pub Vec<Vec<Attribute>>);

/// How names are shown (`-nameopt`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    #[default]
    Oneline,
    Rfc2253,
    Multiline,
    Compat,
}

impl Name {
    pub fn push(&mut self, attribute: Attribute) {
        self.0.push(vec![attribute]);
    }

    /// Reads `/CN=a/O=b`; what is said about it meanwhile, or why it is refused.
    pub fn parse(command: &str, text: &str, utf8: bool, said: &mut String) -> Result<Name, String> {
        let Some(mut rest) = text.strip_prefix('/') else {
            return Err(format!(
                "{command}: subject name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: '{text}'\n"
            ));
        };
        let mut name = Name::default();
        let mut joined = false;
        while !rest.is_empty() {
            let Some((kind, after)) = rest.split_once('=') else {
                return Err(format!(
                    "{command}: Missing '=' after RDN type string '{rest}' in subject name string\n"
                ));
            };
            let (value, end, after) = value(after);
            rest = after;
            let joins = joined;
            joined = end == Some('+');
            let kind = kind.trim_start_matches([' ', '\t']);
            let Some(id) = attribute(kind) else {
                said.push_str(&format!(
                    "{command} warning: Skipping unknown subject name attribute \"{kind}\"\n"
                ));
                if joins {
                    said.push_str(&format!("{command} hint: a '+' in a value string needs be escaped using '\\' else a new member of a multi-valued RDN is expected\n"));
                }
                continue;
            };
            if value.is_empty() {
                said.push_str(&format!(
                    "{command} warning: No value provided for subject name attribute \"{kind}\", skipped\n"
                ));
                continue;
            }
            match Attribute::new(id, &value, utf8) {
                Ok(attribute) => match name.0.last_mut().filter(|_| joins) {
                    Some(set) => set.push(attribute),
                    None => name.push(attribute),
                },
                Err(most) => {
                    let error = super::errors::line(&format!(
                        "06800097:asn1 encoding routines:ASN1_mbstring_ncopy:string too long:../crypto/asn1/a_mbstr.c:106:maxsize={most}"
                    ));
                    return Err(format!(
                        "{error}{command}: Error adding subject name attribute \"/{kind}={value}\"\n"
                    ));
                }
            }
        }
        Ok(name)
    }

    pub fn der(&self) -> Vec<u8> {
        let attribute = |a: &Attribute| sequence(&[oid(&a.id), tlv(a.tag, &a.value)]);
        let set = |s: &Vec<Attribute>| der::set(SET, s.iter().map(attribute).collect());
        sequence(&self.0.iter().map(set).collect::<Vec<_>>())
    }

    pub fn read(node: &Node<'_>) -> Option<Name> {
        let mut name = Name::default();
        for set in node.inside(SEQUENCE)? {
            let mut attributes = Vec::new();
            for pair in set.inside(SET)? {
                let pair = pair.inside(SEQUENCE)?;
                let value = pair.get(1)?;
                attributes.push(Attribute { id: pair[0].oid()?, tag: value.tag, value: value.body.to_vec() });
            }
            name.0.push(attributes);
        }
        Some(name)
    }

    /// The name in a line (or, for [`Style::Multiline`], in lines that begin with one).
    pub fn show(&self, style: Style) -> String {
        let attribute = |a: &Attribute| {
            let (short, long) = named(&a.id);
            match style {
                Style::Oneline => format!("{short} = {}", escaped(&a.value, true)),
                Style::Rfc2253 => format!("{short}={}", escaped(&a.value, false)),
                Style::Multiline => format!("\n    {long:<25} = {}", plain(&latin(&a.value), "\\")),
                Style::Compat => format!("/{short}={}", plain(&a.value, "\\x")),
            }
        };
        let (between, within) = match style {
            Style::Oneline => (", ", " + "),
            Style::Rfc2253 => (",", "+"),
            Style::Multiline | Style::Compat => ("", ""),
        };
        let set = |s: &Vec<Attribute>| show::joined(&mut s.iter().map(attribute), within);
        match style {
            Style::Rfc2253 => show::joined(&mut self.0.iter().rev().map(set), between),
            _ => show::joined(&mut self.0.iter().map(set), between),
        }
    }

    /// The hash that names files in directories of certificates: of the name in small letters.
    pub fn hash(&self) -> String {
        let mut canonical = Name::default();
        for set in &self.0 {
            let attribute = |a: &Attribute| {
                let text = String::from_utf8_lossy(&a.value).to_ascii_lowercase();
                let words: Vec<&str> = text.split_ascii_whitespace().collect();
                Attribute { id: a.id.clone(), tag: UTF8, value: words.join(" ").into_bytes() }
            };
            canonical.0.push(set.iter().map(attribute).collect());
        }
        let der = canonical.der();
        let digest = digest::sha1(Node::first(&der).map_or(&[], |n| n.body));
        digest::hex(digest[..4].iter().rev().copied())
    }

    /// The values of an attribute.
    pub fn values(&self, id: &str) -> Vec<String> {
        let found = self.0.iter().flatten().filter(|a| a.id == id);
        found.map(|a| String::from_utf8_lossy(&a.value).into_owned()).collect()
    }
}

/// A value up to `/` or `+`, with its escapes undone; what ended it; the rest.
fn value(text: &str) -> (String, Option<char>, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            '/' | '+' => return (value, Some(c), &text[at + 1..]),
            _ => value.push(c),
        }
    }
    (value, None, "")
}

/// Printable letters; others in hexadecimal behind `mark`.
fn plain(value: &[u8], mark: &str) -> String {
    let one = |b: &u8| {
        if (32..127).contains(b) { char::from(*b).to_string() } else { format!("{mark}{b:02X}") }
    };
    value.iter().map(one).collect()
}

/// Letters of Latin-1 as one byte each, where the value has no others.
fn latin(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    text.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<_, _>>().unwrap_or(value.to_vec())
}

/// As RFC 2253 has it, or in quotes where that is needed.
fn escaped(value: &[u8], quotes: bool) -> String {
    let special = |i: usize, b: u8| {
        b",+\"\\<>;".contains(&b) || i == 0 && (b == b'#' || b == b' ') || i + 1 == value.len() && b == b' '
    };
    let mut needs = false;
    let mut text = String::new();
    for (i, b) in value.iter().enumerate() {
        let one = plain(&[*b], "\\");
        if special(i, *b) {
            let always = *b == b'"' || *b == b'\\';
            needs |= !always;
            if !quotes || always {
                text.push('\\');
            }
        }
        text.push_str(&one);
    }
    if quotes && needs { format!("\"{text}\"") } else { text }
}

/// The one-element reading of `der::Node` for a whole name.
pub fn read(bytes: &[u8]) -> Option<Name> {
    Name::read(&der::Node::first(bytes)?)
}
