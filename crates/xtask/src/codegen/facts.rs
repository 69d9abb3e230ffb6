//! What Go's structs say and OpenAPI does not: the order of fields, which are pointers, which are left out when empty.
//!
//! `facts.txt` has one line per type of `k8s.io/api` v0.36, its fields in order:
//! `name=type`, `name?=type` (omitempty), `name!=type` (omitzero), `+type` (inlined struct); or, for a named type,
//! `:type`. Types are written as in Go, qualified by group and version (`core.v1.Container`).

use std::collections::BTreeMap;

/// One line of the facts.
pub enum Fact {
    Struct(Vec<FieldFact>),
    /// A named type and what it stands for.
    Named(String),
}

/// One field of a struct.
pub enum FieldFact {
    Inline(String),
    Field { json: String, go_type: String, when_empty: WhenEmpty },
}

/// What Go does with an empty value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WhenEmpty {
    Write,
    OmitEmpty,
    OmitZero,
}

/// Reads the facts, by qualified type name.
pub fn load() -> Result<BTreeMap<String, Fact>, String> {
    let mut facts = BTreeMap::new();
    for line in include_str!("facts.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        let words: Vec<&str> = words.collect();
        let fact = match words.as_slice() {
            [named] if named.starts_with(':') => Fact::Named(named[1..].to_owned()),
            fields => Fact::Struct(fields.iter().map(|word| field(word)).collect::<Result<_, _>>()?),
        };
        facts.insert(name.to_owned(), fact);
    }
    Ok(facts)
}

fn field(word: &str) -> Result<FieldFact, String> {
    if let Some(inlined) = word.strip_prefix('+') {
        return Ok(FieldFact::Inline(inlined.to_owned()));
    }
    let (name, go_type) = word.split_once('=').ok_or_else(|| format!("facts.txt: no type in {word:?}"))?;
    let (json, when_empty) = match (name.strip_suffix('?'), name.strip_suffix('!')) {
        (Some(name), _) => (name, WhenEmpty::OmitEmpty),
        (_, Some(name)) => (name, WhenEmpty::OmitZero),
        _ => (name, WhenEmpty::Write),
    };
    Ok(FieldFact::Field { json: json.to_owned(), go_type: go_type.to_owned(), when_empty })
}
