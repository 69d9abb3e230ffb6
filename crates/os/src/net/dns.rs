//! Names of DNS things, as lookup programs read and write them.

use std::net::IpAddr;

use crate::host::{RecordData, RecordType};

const TYPES: [(&str, RecordType); 9] = [
    ("A", RecordType::A),
    ("AAAA", RecordType::AAAA),
    ("CNAME", RecordType::CNAME),
    ("SRV", RecordType::SRV),
    ("PTR", RecordType::PTR),
    ("TXT", RecordType::TXT),
    ("NS", RecordType::NS),
    ("MX", RecordType::MX),
    ("SOA", RecordType::SOA),
];

/// The type of a name in any case.
pub fn record_type(name: &str) -> Option<RecordType> {
    TYPES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, t)| *t)
}

/// The type's name in zone files: `AAAA`.
pub fn type_name(kind: RecordType) -> &'static str {
    TYPES.iter().find(|(_, t)| *t == kind).map_or("A", |(n, _)| n)
}

/// The name under which an address's own name is found.
pub fn reverse_name(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(a) => {
            let o = a.octets();
            format!("{}.{}.{}.{}.in-addr.arpa", o[3], o[2], o[1], o[0])
        }
        IpAddr::V6(a) => {
            let hex: String = a.octets().iter().map(|o| format!("{o:02x}")).collect();
            let digits: Vec<String> = hex.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

/// A name with its final dot.
pub fn rooted(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

/// The type of a record and its content as zone files write it.
pub fn zone_text(data: &RecordData) -> (&'static str, String) {
    match data {
        RecordData::Address(IpAddr::V4(a)) => ("A", a.to_string()),
        RecordData::Address(a) => ("AAAA", a.to_string()),
        RecordData::Cname(to) => ("CNAME", rooted(to)),
        RecordData::Ptr(to) => ("PTR", rooted(to)),
        RecordData::Ns(to) => ("NS", rooted(to)),
        RecordData::Srv { priority, weight, port, target } => {
            ("SRV", format!("{priority} {weight} {port} {}", rooted(target)))
        }
        RecordData::Txt(text) => ("TXT", format!("\"{text}\"")),
        RecordData::Mx(preference, to) => ("MX", format!("{preference} {}", rooted(to))),
        RecordData::Soa(text) => ("SOA", text.clone()),
    }
}
