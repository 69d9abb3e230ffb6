//! Extensions of certificates (RFC 5280): made from lines of a configuration, and shown.

use std::net::IpAddr;

use super::{
    config::Config,
    errors,
    names::{self, Name},
    show,
};
use crate::bytes::{
    big::Big,
    der::{self, BITS, BOOLEAN, IA5, INTEGER, Node, OCTETS, SEQUENCE, group, integer, oid, sequence, tlv},
    digest,
    key::PublicKey,
};

/// One extension.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    pub id: String,
    pub critical: bool,
    pub value: Vec<u8>,
}

/// Identifier, name in configurations, title.
const KINDS: &[(&str, &str, &str)] = &[
    (KEY_ID, "subjectKeyIdentifier", "X509v3 Subject Key Identifier"),
    (KEY_USAGE, "keyUsage", "X509v3 Key Usage"),
    (ALT_NAMES, "subjectAltName", "X509v3 Subject Alternative Name"),
    (ISSUER_NAMES, "issuerAltName", "X509v3 Issuer Alternative Name"),
    (CONSTRAINTS, "basicConstraints", "X509v3 Basic Constraints"),
    (AUTHORITY, "authorityKeyIdentifier", "X509v3 Authority Key Identifier"),
    (PURPOSES, "extendedKeyUsage", "X509v3 Extended Key Usage"),
    (COMMENT, "nsComment", "Netscape Comment"),
    ("2.5.29.30", "nameConstraints", "X509v3 Name Constraints"),
    ("2.5.29.31", "crlDistributionPoints", "X509v3 CRL Distribution Points"),
    ("2.5.29.32", "certificatePolicies", "X509v3 Certificate Policies"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess", "Authority Information Access"),
    ("1.3.6.1.4.1.11129.2.4.2", "ct_precert_scts", "CT Precertificate SCTs"),
];

pub const KEY_ID: &str = "2.5.29.14";
pub const KEY_USAGE: &str = "2.5.29.15";
pub const ALT_NAMES: &str = "2.5.29.17";
const ISSUER_NAMES: &str = "2.5.29.18";
pub const CONSTRAINTS: &str = "2.5.29.19";
pub const AUTHORITY: &str = "2.5.29.35";
const PURPOSES: &str = "2.5.29.37";
const COMMENT: &str = "2.16.840.1.113730.1.13";

const USAGES: [(&str, &str); 9] = [
    ("digitalSignature", "Digital Signature"),
    ("nonRepudiation", "Non Repudiation"),
    ("keyEncipherment", "Key Encipherment"),
    ("dataEncipherment", "Data Encipherment"),
    ("keyAgreement", "Key Agreement"),
    ("keyCertSign", "Certificate Sign"),
    ("cRLSign", "CRL Sign"),
    ("encipherOnly", "Encipher Only"),
    ("decipherOnly", "Decipher Only"),
];

const EXTENDED: [(&str, &str, &str); 7] = [
    ("1.3.6.1.5.5.7.3.1", "serverAuth", "TLS Web Server Authentication"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth", "TLS Web Client Authentication"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning", "Code Signing"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection", "E-mail Protection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping", "Time Stamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning", "OCSP Signing"),
    ("2.5.29.37.0", "anyExtendedKeyUsage", "Any Extended Key Usage"),
];

/// Whom an extension is about.
pub struct About<'a> {
    pub config: &'a Config,
    pub subject: Option<&'a PublicKey>,
    /// None: the lines are only checked.
    pub issuer: Option<Issuer>,
}

/// What is known of an issuer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Issuer {
    /// The identifier of its key.
    pub key_id: Option<Vec<u8>>,
    /// The identifier that is taken when there must be one.
    pub reckoned: Option<Vec<u8>>,
    /// As bytes.
    pub name: Vec<u8>,
    pub serial: Big,
}

impl Issuer {
    /// Who signs himself: his certificate has no identifier yet.
    pub fn own(name: &Name, serial: &Big, key: &PublicKey) -> Issuer {
        Issuer { key_id: None, reckoned: Some(key_id(key)), name: name.der(), serial: serial.clone() }
    }
}

/// The identifier of a key: the digest of its bits.
pub fn key_id(key: &PublicKey) -> Vec<u8> {
    digest::sha1(&key.bits())
}

/// Makes the extensions of a section's lines; one that is there already is replaced. Err is the queue's lines.
pub fn add(
    list: &mut Vec<Extension>,
    section: &str,
    lines: &[(String, String)],
    about: &About<'_>,
) -> Result<(), String> {
    for (name, value) in lines {
        let bad = |why: String| {
            why + &errors::line(&format!(
                "11000080:X509 V3 routines:X509V3_EXT_nconf_int:error in extension:../crypto/x509/v3_conf.c:48:section={section}, name={name}, value={value}"
            ))
        };
        let made = make(name, value, about).map_err(bad)?;
        let Some(made) = made else { continue };
        match list.iter_mut().find(|e| e.id == made.id) {
            Some(old) => *old = made,
            None => list.push(made),
        }
    }
    Ok(())
}

/// One extension; None where there is nothing to say (no authority's key to name).
fn make(name: &str, value: &str, about: &About<'_>) -> Result<Option<Extension>, String> {
    // `1.subjectAltName` is one of several.
    let plain =
        name.split_once('.').filter(|(n, _)| n.bytes().all(|b| b.is_ascii_digit())).map_or(name, |(_, n)| n);
    let Some((id, ..)) = KINDS.iter().find(|(id, short, long)| [*id, *short, *long].contains(&plain)) else {
        return Err(errors::line(
            "11000082:X509 V3 routines:do_ext_nconf:unknown extension name:../crypto/x509/v3_conf.c:88:",
        ));
    };
    let (critical, value) = match value.strip_prefix("critical,") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, value),
    };
    let items: Vec<&str> = value.split(',').map(str::trim).filter(|v| !v.is_empty()).collect();
    let value = match *id {
        KEY_ID if value == "hash" => tlv(OCTETS, &about.subject.map(key_id).unwrap_or_default()),
        KEY_ID => tlv(OCTETS, &hex_bytes(value)),
        AUTHORITY => match authority(&items, about) {
            Some(value) => value,
            None => return Ok(None),
        },
        CONSTRAINTS => constraints(&items)?,
        KEY_USAGE => usages(&items)?,
        PURPOSES => purposes(&items)?,
        ALT_NAMES | ISSUER_NAMES => alt_names(value, about.config)?,
        COMMENT => tlv(IA5, value.as_bytes()),
        _ => {
            return Err(errors::line("11000080:X509 V3 routines:kubarium:this extension is not simulated::"));
        }
    };
    Ok(Some(Extension { id: id.to_string(), critical, value }))
}

fn hex_bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks_exact(2).map(|p| p[0] << 4 | p[1]).collect()
}

fn authority(items: &[&str], about: &About<'_>) -> Option<Vec<u8>> {
    let issuer = about.issuer.as_ref()?;
    let wants = |what: &str| items.iter().find(|i| i.split(':').next() == Some(what));
    let always = |how: &&str| how.ends_with(":always");
    let key = wants("keyid").and_then(|how| {
        let reckoned = issuer.reckoned.as_ref().filter(|_| always(how));
        issuer.key_id.as_ref().or(reckoned)
    });
    let mut parts: Vec<Vec<u8>> = key.iter().map(|k| tlv(0x80, k)).collect();
    if wants("issuer").is_some_and(|how| parts.is_empty() || always(how)) {
        parts.push(group(0xa1, &[group(0xa4, std::slice::from_ref(&issuer.name))]));
        let serial = integer(&issuer.serial);
        parts.push(tlv(0x82, &serial[2..]));
    }
    (!parts.is_empty()).then(|| sequence(&parts))
}

/// A certificate that has extensions at all also says which key it holds and, unless that is the signer's, which one
/// signed it.
pub fn complete(list: &mut Vec<Extension>, about: &About<'_>, signer: &PublicKey) -> Result<(), String> {
    let mut lines = Vec::new();
    let mut lacks = |id: &str, name: &str, value: &str| {
        if !list.iter().any(|e| e.id == id) {
            lines.push((name.to_string(), value.to_string()));
        }
    };
    lacks(KEY_ID, "subjectKeyIdentifier", "hash");
    if about.subject != Some(signer) {
        lacks(AUTHORITY, "authorityKeyIdentifier", "keyid, issuer");
    }
    if list.is_empty() { Ok(()) } else { add(list, "default", &lines, about) }
}

fn constraints(items: &[&str]) -> Result<Vec<u8>, String> {
    let mut parts = Vec::new();
    for item in items {
        match item.split_once(':').map(|(n, v)| (n.trim(), v.trim())) {
            Some(("CA", "TRUE" | "true" | "True" | "YES" | "yes" | "y" | "Y")) => {
                parts.insert(0, tlv(BOOLEAN, &[255]));
            }
            Some(("CA", "FALSE" | "false" | "False" | "NO" | "no" | "n" | "N")) => {}
            Some(("pathlen", v)) if v.parse::<u32>().is_ok() => {
                parts.push(integer(&Big::from(v.parse::<u32>().unwrap_or(0))));
            }
            _ => {
                return Err(errors::line(&format!(
                    "1100006A:X509 V3 routines:v2i_BASIC_CONSTRAINTS:invalid name:../crypto/x509/v3_bcons.c:98:name={}, value={}",
                    item.split(':').next().unwrap_or(item),
                    item.split_once(':').map_or("", |(_, v)| v)
                )));
            }
        }
    }
    Ok(sequence(&parts))
}

fn usages(items: &[&str]) -> Result<Vec<u8>, String> {
    let mut bits = 0u16;
    for item in items {
        let Some(at) = USAGES.iter().position(|(short, long)| short == item || long == item) else {
            return Err(errors::line(&format!(
                "1100006F:X509 V3 routines:v2i_ASN1_BIT_STRING:unknown bit string argument:../crypto/x509/v3_bitst.c:82:{item}"
            )));
        };
        bits |= 0x8000 >> at;
    }
    let bytes = bits.to_be_bytes();
    let kept = if bytes[1] != 0 { &bytes[..] } else { &bytes[..1] };
    let unused = kept[kept.len() - 1].trailing_zeros().min(7) as u8;
    Ok(tlv(BITS, &[&[unused], kept].concat()))
}

fn purposes(items: &[&str]) -> Result<Vec<u8>, String> {
    let mut parts = Vec::new();
    for item in items {
        let known = EXTENDED.iter().find(|(id, short, long)| [*id, *short, *long].contains(item));
        let numbers = item.contains('.') && item.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match known.map(|(id, ..)| *id).or(Some(*item).filter(|_| numbers)) {
            Some(id) => parts.push(oid(id)),
            None => {
                let unknown = "04000067:object identifier routines:OBJ_txt2obj:unknown object name:../crypto/objects/obj_dat.c:376:";
                return Err(errors::line(unknown)
                    + &errors::line(&format!(
                        "1100006E:X509 V3 routines:v2i_EXTENDED_KEY_USAGE:invalid object identifier:../crypto/x509/v3_extku.c:95:{item}"
                    )));
            }
        }
    }
    Ok(sequence(&parts))
}

fn alt_names(value: &str, config: &Config) -> Result<Vec<u8>, String> {
    let lines: Vec<(String, String)> = match value.strip_prefix('@') {
        Some(section) => match config.section(section) {
            Some(lines) => lines.to_vec(),
            None => {
                return Err(errors::line(&format!(
                    "11000069:X509 V3 routines:do_ext_nconf:invalid extension string:../crypto/x509/v3_conf.c:110:name=subjectAltName,section=@{section}"
                )));
            }
        },
        None => {
            let items = value.split(',').map(str::trim).filter(|v| !v.is_empty());
            items
                .map(|item| {
                    item.split_once(':')
                        .map_or((item.to_string(), String::new()), |(n, v)| (n.to_string(), v.to_string()))
                })
                .collect()
        }
    };
    let mut parts = Vec::new();
    for (kind, value) in &lines {
        let (kind, value) = (kind.split('.').next().unwrap_or(kind).trim(), value.trim());
        parts.push(match kind {
            "DNS" => tlv(0x82, value.as_bytes()),
            "email" => tlv(0x81, value.as_bytes()),
            "URI" => tlv(0x86, value.as_bytes()),
            "RID" => tlv(0x88, &oid(value)[2..]),
            "IP" => match value.parse::<IpAddr>() {
                Ok(IpAddr::V4(ip)) => tlv(0x87, &ip.octets()),
                Ok(IpAddr::V6(ip)) => tlv(0x87, &ip.octets()),
                Err(_) => {
                    return Err(errors::line(&format!("11000076:X509 V3 routines:a2i_GENERAL_NAME:bad ip address:../crypto/x509/v3_san.c:552:value={value}")));
                }
            },
            _ => {
                return Err(errors::line(&format!("11000075:X509 V3 routines:v2i_GENERAL_NAME_ex:unsupported option:../crypto/x509/v3_san.c:626:name={kind}")));
            }
        });
    }
    Ok(sequence(&parts))
}

/// The extensions as a certificate holds them.
pub fn der(list: &[Extension]) -> Vec<u8> {
    let one = |e: &Extension| {
        let critical = if e.critical { tlv(BOOLEAN, &[255]) } else { Vec::new() };
        sequence(&[oid(&e.id), critical, tlv(OCTETS, &e.value)])
    };
    sequence(&list.iter().map(one).collect::<Vec<_>>())
}

pub fn read(node: &Node<'_>) -> Option<Vec<Extension>> {
    let mut list = Vec::new();
    for part in node.inside(SEQUENCE)? {
        let parts = part.inside(SEQUENCE)?;
        let value = parts.last().filter(|n| n.tag == OCTETS)?;
        list.push(Extension {
            id: parts.first()?.oid()?,
            critical: parts.get(1).is_some_and(|n| n.tag == BOOLEAN && n.body != [0]),
            value: value.body.to_vec(),
        });
    }
    Some(list)
}

/// Whether the name, short as in configurations, is this extension's.
pub fn is(e: &Extension, name: &str) -> bool {
    KINDS.iter().any(|(id, short, _)| e.id == *id && (*short == name || *id == name))
}

/// The lines of the extensions, indented by so many blanks.
pub fn show(list: &[Extension], indent: usize) -> String {
    let mut text = String::new();
    for e in list {
        let title = KINDS.iter().find(|(id, ..)| *id == e.id).map_or(e.id.as_str(), |(.., title)| title);
        let critical = if e.critical { "critical" } else { "" };
        text.push_str(&format!("{:indent$}{title}: {critical}\n", ""));
        let deeper = indent + 4;
        let lines =
            said(e).unwrap_or_else(|| {
                e.value
                    .iter()
                    .map(|b| {
                        if (32..127).contains(b) || *b == b'\n' || *b == b'\r' { char::from(*b) } else { '.' }
                    })
                    .collect()
            });
        for line in lines.split('\n') {
            text.push_str(&format!("{:deeper$}{line}\n", ""));
        }
    }
    text
}

/// What an extension says; None for those that are shown raw.
fn said(e: &Extension) -> Option<String> {
    let node = Node::first(&e.value)?;
    Some(match e.id.as_str() {
        KEY_ID => show::colons(node.body),
        AUTHORITY => {
            let mut lines = Vec::new();
            let parts = node.inside(SEQUENCE)?;
            for part in &parts {
                match part.tag {
                    // Alone it needs no title.
                    0x80 if parts.len() == 1 => lines.push(show::colons(part.body)),
                    0x80 => lines.push(format!("keyid:{}", show::colons(part.body))),
                    0xa1 => lines.push(general_names(&Node::all(part.body)?).join(", ")),
                    0x82 => lines.push(format!("serial:{}", show::colons(part.body))),
                    _ => {}
                }
            }
            lines.join("\n")
        }
        CONSTRAINTS => {
            let parts = node.inside(SEQUENCE)?;
            let ca = parts.first().is_some_and(|n| n.tag == BOOLEAN && n.body != [0]);
            let mut text = format!("CA:{}", if ca { "TRUE" } else { "FALSE" });
            if let Some(length) = parts.iter().find(|n| n.tag == INTEGER).and_then(Node::number) {
                let number = length.bytes().iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
                text.push_str(&format!(", pathlen:{number}"));
            }
            text
        }
        KEY_USAGE => {
            let bytes = node.bits()?;
            let set = |i: usize| bytes.get(i / 8).is_some_and(|b| b & (0x80 >> (i % 8)) != 0);
            let names = USAGES.iter().enumerate().filter(|(i, _)| set(*i));
            show::joined(&mut names.map(|(_, (_, long))| long.to_string()), ", ")
        }
        PURPOSES => {
            let ids = node.inside(SEQUENCE)?.iter().map(Node::oid).collect::<Option<Vec<_>>>()?;
            let name = |id: &String| {
                EXTENDED.iter().find(|(i, ..)| i == id).map_or(id.clone(), |(.., long)| long.to_string())
            };
            show::joined(&mut ids.iter().map(name), ", ")
        }
        ALT_NAMES | ISSUER_NAMES => general_names(&node.inside(SEQUENCE)?).join(", "),
        COMMENT => String::from_utf8_lossy(node.body).into_owned(),
        _ => return None,
    })
}

/// Names of hosts, addresses and the like, with what they are.
fn general_names(nodes: &[Node<'_>]) -> Vec<String> {
    let one = |n: &Node<'_>| {
        let text = || String::from_utf8_lossy(n.body).into_owned();
        match n.tag {
            0x81 => format!("email:{}", text()),
            0x82 => format!("DNS:{}", text()),
            0x86 => format!("URI:{}", text()),
            0x87 => format!("IP Address:{}", address(n.body)),
            0x88 => format!("Registered ID:{}", der::dotted(n.body)),
            0xa4 => {
                let name = names::read(n.body).unwrap_or_default();
                format!("DirName:{}", name.show(names::Style::Compat))
            }
            _ => "othername:<unsupported>".to_string(),
        }
    };
    nodes.iter().map(one).collect()
}

fn address(bytes: &[u8]) -> String {
    match bytes.len() {
        4 => show::joined(&mut bytes.iter().map(u8::to_string), "."),
        16 => show::joined(
            &mut bytes.chunks(2).map(|p| format!("{:X}", u16::from(p[0]) << 8 | u16::from(p[1]))),
            ":",
        ),
        _ => "<invalid>".to_string(),
    }
}

/// Addresses of persons.
pub fn emails(list: &[Extension]) -> Vec<String> {
    alternatives(list).iter().filter_map(|n| n.strip_prefix("email:")).map(str::to_string).collect()
}

/// Names and addresses a certificate is good for, as clients compare them.
pub fn hosts(list: &[Extension]) -> Vec<String> {
    let names = alternatives(list);
    let hosts = names.iter().filter_map(|n| n.strip_prefix("DNS:").or(n.strip_prefix("IP Address:")));
    hosts.map(str::to_string).collect()
}

fn alternatives(list: &[Extension]) -> Vec<String> {
    let Some(names) = list.iter().find(|e| e.id == ALT_NAMES) else { return Vec::new() };
    let nodes = Node::first(&names.value).and_then(|n| n.inside(SEQUENCE)).unwrap_or_default();
    general_names(&nodes)
}
