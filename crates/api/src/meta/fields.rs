//! Field selectors: `status.phase!=Running,spec.nodeName=n1` (`k8s.io/apimachinery/pkg/fields`).

use std::fmt;

use collections::StableSort;

use crate::base::str::Str;

/// One condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// A dotted path that the resource says it can select by.
    pub field: Str,
    /// True if the field must have the value, false if it must not.
    pub equal: bool,
    /// Compared as text; may be empty.
    pub value: Str,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(pub Vec<Requirement>);

impl Selector {
    /// Selects all objects.
    pub fn everything() -> Selector {
        Selector::default()
    }

    /// Selects what has this value in this field.
    pub fn equal(field: &str, value: &str) -> Selector {
        Selector(vec![Requirement { field: field.into(), equal: true, value: value.into() }])
    }

    /// Reads the text form. Errors are upstream's words.
    pub fn parse(text: &str) -> Result<Selector, String> {
        let mut terms = split_terms(text);
        terms.stable_sort();
        let mut requirements = Vec::new();
        for term in terms.into_iter().filter(|term| !term.is_empty()) {
            let (field, equal, value) = split_term(term)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            requirements.push(Requirement { field: field.into(), equal, value: unescape(value)?.into() });
        }
        Ok(Selector(requirements))
    }

    /// True if all conditions hold for an object whose fields `get` tells.
    pub fn matches<'a>(&self, get: impl Fn(&str) -> &'a str) -> bool {
        self.0.iter().all(|term| (get(&term.field) == term.value) == term.equal)
    }

    /// True if there are no requirements.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them must hold.
    pub fn requirements(&self) -> &[Requirement] {
        &self.0
    }

    /// The value that the selector demands of a field, if it does.
    pub fn requires_exact_match(&self, field: &str) -> Option<&Str> {
        self.0.iter().find(|term| term.equal && term.field == field).map(|term| &term.value)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Requirement { field, equal, value }) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let operator = if *equal { "=" } else { "!=" };
            write!(f, "{comma}{field}{operator}{}", escape(value))?;
        }
        Ok(())
    }
}

fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn split_term(term: &str) -> Option<(&str, bool, &str)> {
    for (index, _) in term.char_indices() {
        for (operator, equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = term[index..].strip_prefix(operator) {
                return Some((&term[..index], equal, value));
            }
        }
    }
    None
}

fn unescape(value: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(value.len());
    let mut escaped = false;
    for c in value.chars() {
        match c {
            '\\' | ',' | '=' if escaped => {
                plain.push(c);
                escaped = false;
            }
            _ if escaped => return Err(format!("invalid field selector: invalid escape sequence: \\{c}")),
            '\\' => escaped = true,
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", c as u32));
            }
            c => plain.push(c),
        }
    }
    if escaped {
        return Err("invalid field selector: invalid escape sequence: \\".to_owned());
    }
    Ok(plain)
}

/// Escapes a value for use in a selector's text.
pub fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_selects() {
        let selector = Selector::parse("status.phase!=Running,metadata.name==a\\,b").unwrap();
        assert_eq!(selector.to_string(), "metadata.name=a\\,b,status.phase!=Running");
        assert!(selector.matches(|field| if field == "metadata.name" { "a,b" } else { "Pending" }));
        assert_eq!(selector.requires_exact_match("metadata.name").map(Str::as_str), Some("a,b"));
        assert!(Selector::parse("").unwrap().is_everything());
    }

    #[test]
    fn parse_errors_are_upstreams() {
        assert_eq!(Selector::parse("abc").unwrap_err(), "invalid selector: 'abc'; can't understand 'abc'");
        assert_eq!(
            Selector::parse("a=b=c").unwrap_err(),
            "invalid field selector: unescaped character in value: 61"
        );
    }
}
