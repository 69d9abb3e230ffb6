//! Certificates (RFC 5280) and requests for them (RFC 2986): made, read, checked, shown.

use super::{
    extensions::{self, Extension, Issuer},
    names::{self, Name, Style},
    show,
};
use crate::{
    bytes::{
        big::Big,
        der::{self, Node, OCTETS, SEQUENCE, SET, UTF8, group, integer, oid, sequence, tlv},
        key::{PrivateKey, PublicKey, SIGNATURES},
    },
    time::{Time, strftime},
};

/// What is signed, by what algorithm, and the signature: the frame of both.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    body: Vec<u8>,
    /// The algorithm's identifier.
    algorithm: String,
    signature: Vec<u8>,
}

impl Signed {
    /// None where the key is too short, or cannot sign under that digest.
    fn new(body: Vec<u8>, key: &PrivateKey, hash: &str) -> Option<Signed> {
        let (algorithm, signature) = key.sign(hash, &body)?;
        let algorithm = Node::first(&algorithm)?.inside(SEQUENCE)?.first()?.oid()?;
        Some(Signed { body, algorithm, signature })
    }

    fn read(bytes: &[u8]) -> Option<Signed> {
        let parts = Node::first(bytes)?.inside(SEQUENCE)?;
        Some(Signed {
            body: parts.first()?.whole.to_vec(),
            algorithm: parts.get(1)?.inside(SEQUENCE)?.first()?.oid()?,
            signature: parts.get(2)?.bits()?.to_vec(),
        })
    }

    fn der(&self) -> Vec<u8> {
        let rsa = self.algorithm.starts_with("1.2.840.113549.1.1.");
        let null = if rsa { tlv(der::NULL, &[]) } else { Vec::new() };
        let algorithm = sequence(&[oid(&self.algorithm), null]);
        sequence(&[self.body.clone(), algorithm, der::bits(&self.signature)])
    }

    fn holds(&self, key: &PublicKey) -> bool {
        key.verify_by(&self.algorithm, &self.body, &self.signature)
    }

    pub fn algorithm_name(&self) -> String {
        let found = SIGNATURES.iter().find(|(id, ..)| *id == self.algorithm);
        found.map_or(self.algorithm.clone(), |(_, name, _)| name.to_string())
    }

    fn show(&self) -> String {
        let name = self.algorithm_name();
        format!(
            "    Signature Algorithm: {name}\n    Signature Value:\n{}",
            show::hex(&self.signature, 8, 18)
        )
    }
}

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub signed: Signed,
    pub version: u32,
    pub serial: Vec<u8>,
    pub issuer: Name,
    pub not_before: Time,
    pub not_after: Time,
    pub subject: Name,
    /// None: of a kind that is not known here.
    pub key: Option<PublicKey>,
    key_algorithm: String,
    pub extensions: Vec<Extension>,
    /// As they were written.
    issuer_der: Vec<u8>,
    subject_der: Vec<u8>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Certificate) -> bool {
        self.signed.body == other.signed.body && self.signed.signature == other.signed.signature
    }
}

/// What a certificate is made of.
pub struct Plan<'a> {
    pub serial: Big,
    pub issuer: Vec<u8>,
    pub not_before: Time,
    pub not_after: Time,
    pub subject: &'a Name,
    pub key: &'a PublicKey,
    pub extensions: &'a [Extension],
}

impl Plan<'_> {
    /// Signs it; None where the key is too short.
    pub fn sign(&self, key: &PrivateKey, hash: &str) -> Option<Certificate> {
        let (version, extensions) = match self.extensions {
            [] => (Vec::new(), Vec::new()),
            list => (group(0xa0, &[integer(&Big::from(2))]), group(0xa3, &[extensions::der(list)])),
        };
        let body = sequence(&[
            version,
            integer(&self.serial),
            key.algorithm(hash)?,
            self.issuer.clone(),
            sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            self.subject.der(),
            self.key.info(),
            extensions,
        ]);
        Certificate::read(&Signed::new(body, key, hash)?.der())
    }
}

impl Certificate {
    pub fn read(bytes: &[u8]) -> Option<Certificate> {
        let signed = Signed::read(bytes)?;
        let mut parts = Node::first(&signed.body)?.inside(SEQUENCE)?;
        let mut version = 0;
        if parts.first()?.tag == 0xa0 {
            version = *Node::first(parts.remove(0).body)?.body.last()?;
        }
        let dates = parts.get(3)?.inside(SEQUENCE)?;
        let extensions = match parts.iter().find(|n| n.tag == 0xa3) {
            Some(node) => extensions::read(&Node::first(node.body)?)?,
            None => Vec::new(),
        };
        Some(Certificate {
            version: u32::from(version),
            serial: parts[0].number()?.bytes(),
            issuer: Name::read(&parts[2])?,
            not_before: dates.first()?.time()?,
            not_after: dates.get(1)?.time()?,
            subject: Name::read(parts.get(4)?)?,
            key: PublicKey::read(parts.get(5)?.whole),
            key_algorithm: key_algorithm(parts.get(5)?)?,
            extensions,
            issuer_der: parts[2].whole.to_vec(),
            subject_der: parts[4].whole.to_vec(),
            signed,
        })
    }

    /// All certificates of a file, in armour or not.
    pub fn all(bytes: &[u8]) -> Vec<Certificate> {
        let blocks = der::blocks(bytes);
        let named = blocks.iter().filter(|(label, _)| label.ends_with("CERTIFICATE"));
        let mut found: Vec<Certificate> = named.filter_map(|(_, der)| Certificate::read(der)).collect();
        if blocks.is_empty() {
            found.extend(Certificate::read(bytes));
        }
        found
    }

    pub fn der(&self) -> Vec<u8> {
        self.signed.der()
    }

    pub fn armoured(&self) -> String {
        der::armoured("CERTIFICATE", &self.der())
    }

    /// Whether the holder of this one signed the other.
    pub fn has_signed(&self, other: &Certificate) -> bool {
        self.key.as_ref().is_some_and(|key| other.signed.holds(key))
    }

    /// Whether the other names this one as its issuer.
    pub fn issued(&self, other: &Certificate) -> bool {
        let key_id = |list: &[Extension], id: &str| {
            list.iter().find(|e| e.id == id).and_then(|e| Node::first(&e.value)).map(|n| n.body.to_vec())
        };
        let mine = key_id(&self.extensions, extensions::KEY_ID);
        let theirs = key_id(&other.extensions, extensions::AUTHORITY)
            .and_then(|body| Node::all(&body)?.iter().find(|n| n.tag == 0x80).map(|n| n.body.to_vec()));
        let key_fits = mine.is_none() || theirs.is_none() || mine == theirs;
        self.subject.hash() == other.issuer.hash() && key_fits
    }

    /// Whether it may sign others: an authority's, or one of the first version that signed itself.
    pub fn is_authority(&self) -> bool {
        match self.extensions.iter().find(|e| e.id == extensions::CONSTRAINTS) {
            Some(e) => Node::first(&e.value).is_some_and(|n| n.body.first() == Some(&der::BOOLEAN)),
            None => self.version == 0 && self.subject_der == self.issuer_der,
        }
    }

    pub fn is_own(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    /// What those it signs say of it.
    pub fn as_issuer(&self) -> Issuer {
        let id = self.extensions.iter().find(|e| e.id == extensions::KEY_ID);
        Issuer {
            key_id: id.and_then(|e| Node::first(&e.value)).map(|n| n.body.to_vec()),
            reckoned: None,
            name: self.issuer_der.clone(),
            serial: Big::from_bytes(&self.serial),
        }
    }

    /// The subject's name as it was written.
    pub fn subject_der(&self) -> Vec<u8> {
        self.subject_der.clone()
    }

    /// `-text`
    pub fn show(&self, style: Style) -> String {
        let mut text =
            format!("Certificate:\n    Data:\n        Version: {} (0x{})\n", self.version + 1, self.version);
        text.push_str(&serial_lines(&self.serial));
        text.push_str(&format!(
            "        Signature Algorithm: {}\n        Issuer:{}\n        Validity\n            Not Before: {}\n            Not After : {}\n        Subject:{}\n",
            self.signed.algorithm_name(),
            within(&self.issuer, style),
            date(self.not_before),
            date(self.not_after),
            within(&self.subject, style),
        ));
        text.push_str(&key_lines(self.key.as_ref(), &self.key_algorithm));
        if !self.extensions.is_empty() {
            text.push_str("        X509v3 extensions:\n");
            text.push_str(&extensions::show(&self.extensions, 12));
        }
        text + &self.signed.show()
    }
}

/// A name within `-text`.
fn within(name: &Name, style: Style) -> String {
    match style {
        Style::Multiline => name.show(style).replace('\n', "\n        "),
        _ => format!(" {}", name.show(style)),
    }
}

fn key_algorithm(info: &Node<'_>) -> Option<String> {
    info.inside(SEQUENCE)?.first()?.inside(SEQUENCE)?.first()?.oid()
}

fn key_lines(key: Option<&PublicKey>, algorithm: &str) -> String {
    let name = key.map_or(algorithm, |key| key.kind());
    let mut text = format!("        Subject Public Key Info:\n            Public Key Algorithm: {name}\n");
    match key {
        Some(key) => text.push_str(&show::public(key, 16)),
        None => text.push_str("            Unable to load Public Key\n"),
    }
    text
}

/// Short numbers stand in the line, in both bases.
fn serial_lines(serial: &[u8]) -> String {
    let small = serial.len() < 8 || serial.len() == 8 && serial[0] < 128;
    if small {
        let number = serial.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        return format!("        Serial Number: {number} (0x{number:x})\n");
    }
    format!("        Serial Number:\n            {}\n", show::digits(serial, ":"))
}

/// A moment as certificates show it.
pub fn date(time: Time) -> String {
    strftime("%b %e %H:%M:%S %Y GMT", time)
}

/// A request for a certificate.
#[derive(Clone, Debug)]
pub struct Request {
    pub signed: Signed,
    pub subject: Name,
    pub key: Option<PublicKey>,
    key_algorithm: String,
    pub extensions: Vec<Extension>,
    /// Attributes that are texts: identifier, value.
    attributes: Vec<(String, String)>,
}

const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";

impl Request {
    /// Signs a request; None where the key is too short.
    pub fn new(
        subject: &Name,
        key: &PrivateKey,
        hash: &str,
        extensions: &[Extension],
        attributes: &[(String, String)],
    ) -> Option<Request> {
        let text =
            |(id, value): &(String, String)| sequence(&[oid(id), group(SET, &[tlv(UTF8, value.as_bytes())])]);
        let mut list: Vec<Vec<u8>> = attributes.iter().map(text).collect();
        if !extensions.is_empty() {
            list.push(sequence(&[oid(EXTENSION_REQUEST), group(SET, &[extensions::der(extensions)])]));
        }
        let body =
            sequence(&[integer(&Big::default()), subject.der(), key.public().info(), der::set(0xa0, list)]);
        Request::read(&Signed::new(body, key, hash)?.der())
    }

    pub fn read(bytes: &[u8]) -> Option<Request> {
        let signed = Signed::read(bytes)?;
        let parts = Node::first(&signed.body)?.inside(SEQUENCE)?;
        let mut request = Request {
            subject: Name::read(parts.get(1)?)?,
            key: PublicKey::read(parts.get(2)?.whole),
            key_algorithm: key_algorithm(parts.get(2)?)?,
            extensions: Vec::new(),
            attributes: Vec::new(),
            signed: signed.clone(),
        };
        let none = Vec::new();
        for attribute in parts.get(3).and_then(|n| n.inside(0xa0)).unwrap_or(none) {
            let pair = attribute.inside(SEQUENCE)?;
            let (id, value) = (pair.first()?.oid()?, *pair.get(1)?.inside(SET)?.first()?);
            if id == EXTENSION_REQUEST {
                request.extensions = extensions::read(&value)?;
            } else if value.tag != OCTETS {
                request.attributes.push((id, String::from_utf8_lossy(value.body).into_owned()));
            }
        }
        Some(request)
    }

    /// The first request of a file, in armour or not.
    pub fn from_file(bytes: &[u8]) -> Option<Request> {
        let blocks = der::blocks(bytes);
        let named = blocks.iter().filter(|(label, _)| label.ends_with("CERTIFICATE REQUEST"));
        named.filter_map(|(_, der)| Request::read(der)).next().or_else(|| Request::read(bytes))
    }

    pub fn der(&self) -> Vec<u8> {
        self.signed.der()
    }

    pub fn armoured(&self) -> String {
        der::armoured("CERTIFICATE REQUEST", &self.der())
    }

    /// Whether it is signed with the key that is in it.
    pub fn holds(&self) -> bool {
        self.key.as_ref().is_some_and(|key| self.signed.holds(key))
    }

    /// `-text`
    pub fn show(&self, style: Style) -> String {
        let mut text = format!(
            "Certificate Request:\n    Data:\n        Version: 1 (0x0)\n        Subject:{}\n",
            within(&self.subject, style)
        );
        text.push_str(&key_lines(self.key.as_ref(), &self.key_algorithm));
        text.push_str("        Attributes:\n");
        if self.attributes.is_empty() && self.extensions.is_empty() {
            text.push_str("            (none)\n");
        }
        for (id, value) in &self.attributes {
            let (short, _) = names::named(id);
            text.push_str(&format!("            {short:<25}:{value}\n"));
        }
        text.push_str("            Requested Extensions:\n");
        text.push_str(&extensions::show(&self.extensions, 16));
        text + &self.signed.show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bin::openssl::{config::Config, extensions::About},
        bytes::random::Stream,
    };

    fn made() -> (Certificate, Request) {
        let key = PrivateKey::of_name("test");
        let public = key.public();
        let mut said = String::new();
        let name = Name::parse("req", "/C=DE/O=a, b/CN=x+OU=y/emailAddress=a@b", true, &mut said).unwrap();
        let issuer = Issuer::own(&name, &Big::from(77), &public);
        let about = About { config: &Config::default(), subject: Some(&public), issuer: Some(issuer) };
        let lines = [
            ("subjectAltName", "DNS:x,IP:10.0.0.1,IP:fd00::1,email:a@b,URI:u"),
            ("basicConstraints", "critical,CA:TRUE,pathlen:2"),
            ("keyUsage", "digitalSignature,decipherOnly"),
            ("extendedKeyUsage", "serverAuth,1.2.3"),
            ("authorityKeyIdentifier", "keyid:always,issuer:always"),
            ("nsComment", "c"),
        ]
        .map(|(n, v)| (n.to_string(), v.to_string()));
        let mut list = Vec::new();
        extensions::add(&mut list, "x", &lines, &about).unwrap();
        let plan = Plan {
            serial: Big::from(77),
            issuer: name.der(),
            not_before: Time::from_secs(0),
            not_after: Time::from_secs(4_000_000_000),
            subject: &name,
            key: &public,
            extensions: &list,
        };
        let attributes = [("1.2.840.113549.1.9.7".to_string(), "secret".to_string())];
        let request = Request::new(&name, &key, "sha384", &list, &attributes).unwrap();
        (plan.sign(&key, "sha256").unwrap(), request)
    }

    #[test]
    fn what_is_made_is_read_and_holds() {
        let (certificate, request) = made();
        assert!(certificate.has_signed(&certificate) && certificate.issued(&certificate));
        assert!(certificate.is_authority() && request.holds());
        assert!(Certificate::all(certificate.armoured().as_bytes()).contains(&certificate));
        assert_eq!(Request::from_file(request.armoured().as_bytes()).unwrap().der(), request.der());
        assert_eq!(certificate.extensions, request.extensions);
        assert!(certificate.show(Style::Oneline).contains("Issuer: C = DE, O = \"a, b\", CN = x + OU = y"));
    }

    #[test]
    fn damaged_bytes_are_refused_or_shown_but_stop_nobody() {
        let (certificate, request) = made();
        let mut random = Stream::new(5);
        for whole in [certificate.der(), request.der()] {
            for round in 0..1_500 {
                let mut bytes = whole.clone();
                for _ in 0..1 + round % 4 {
                    let at = random.next() as usize % bytes.len();
                    bytes[at] = random.next() as u8;
                }
                bytes.truncate(if round % 5 == 0 {
                    random.next() as usize % bytes.len()
                } else {
                    bytes.len()
                });
                for certificate in Certificate::all(&bytes) {
                    assert!(certificate.show(Style::Multiline).starts_with("Certificate:"));
                    assert!(certificate.subject.hash().len() == 8);
                }
                if let Some(request) = Request::from_file(&bytes) {
                    assert!(request.show(Style::Compat).starts_with("Certificate Request:"));
                }
            }
        }
    }
}
