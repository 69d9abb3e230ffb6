//! Validation errors: which field of an object is wrong, how, and in upstream's words
//! (`k8s.io/apimachinery/pkg/util/validation/field`).

use std::fmt;

use crate::Json;
use crate::base::str::Str;

/// Path of a field: `spec.containers[0].name`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Str);

impl Path {
    /// The path of a field of the object itself. `Path::new("")` is the object.
    pub fn new(name: &str) -> Path {
        Path(Str::new(name))
    }

    /// The path of a field of this field.
    pub fn child(&self, name: &str) -> Path {
        if self.0.is_empty() { Path::new(name) } else { Path(Str::from(format!("{}.{name}", self.0))) }
    }

    /// The path of a list item.
    pub fn index(&self, index: usize) -> Path {
        Path(Str::from(format!("{}[{index}]", self.0)))
    }

    /// The path of a map entry.
    pub fn key(&self, key: &str) -> Path {
        Path(Str::from(format!("{}[{key}]", self.0)))
    }

    /// The path as messages show it: `spec.containers[0].image`, or `<nil>` for the object itself.
    pub fn as_str(&self) -> &str {
        if self.0.is_empty() { "<nil>" } else { self.0.as_str() }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with a field.
#[allow(missing_docs, reason = "upstream's names; the messages' words are in `text`")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    NotFound,
    Required,
    Duplicate,
    Invalid,
    NotSupported,
    Forbidden,
    TooLong,
    TooShort,
    TooMany,
    TooFew,
    Internal,
    TypeInvalid,
}

impl ErrorType {
    /// The machine-readable reason in a status' causes.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorType::NotFound => "FieldValueNotFound",
            ErrorType::Required => "FieldValueRequired",
            ErrorType::Duplicate => "FieldValueDuplicate",
            ErrorType::Invalid => "FieldValueInvalid",
            ErrorType::NotSupported => "FieldValueNotSupported",
            ErrorType::Forbidden => "FieldValueForbidden",
            ErrorType::TooLong => "FieldValueTooLong",
            ErrorType::TooShort => "FieldValueTooShort",
            ErrorType::TooMany => "FieldValueTooMany",
            ErrorType::TooFew => "FieldValueTooFew",
            ErrorType::Internal => "InternalError",
            ErrorType::TypeInvalid => "FieldValueTypeInvalid",
        }
    }

    fn text(self) -> &'static str {
        match self {
            ErrorType::NotFound => "Not found",
            ErrorType::Required => "Required value",
            ErrorType::Duplicate => "Duplicate value",
            ErrorType::Invalid | ErrorType::TypeInvalid => "Invalid value",
            ErrorType::NotSupported => "Unsupported value",
            ErrorType::Forbidden => "Forbidden",
            ErrorType::TooLong => "Too long",
            ErrorType::TooShort => "Too short",
            ErrorType::TooMany => "Too many",
            ErrorType::TooFew => "Too few",
            ErrorType::Internal => "Internal error",
        }
    }
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorType,
    /// Where.
    pub field: Path,
    /// The value as given; `null` means that the message does not show it.
    pub value: Json,
    /// The message's part after the value; may be empty.
    pub detail: Str,
}

impl Error {
    fn new(kind: ErrorType, field: &Path, value: Json, detail: &str) -> Error {
        Error { kind, field: field.clone(), value, detail: detail.into() }
    }

    /// A value that must be given was not.
    pub fn required(field: &Path, detail: &str) -> Error {
        Error::new(ErrorType::Required, field, Json::Null, detail)
    }

    /// A malformed value.
    pub fn invalid(field: &Path, value: impl Into<Json>, detail: &str) -> Error {
        Error::new(ErrorType::Invalid, field, value.into(), detail)
    }

    /// A value that is none of the known ones, which should come sorted as upstream sorts them.
    pub fn not_supported(field: &Path, value: impl Into<Json>, supported: &[&str]) -> Error {
        let mut detail = String::new();
        for (index, known) in supported.iter().enumerate() {
            detail.push_str(if index == 0 { "supported values: " } else { ", " });
            detail.push_str(&format!("{known:?}"));
        }
        Error::new(ErrorType::NotSupported, field, value.into(), &detail)
    }

    /// A value that is well-formed but not allowed here.
    pub fn forbidden(field: &Path, detail: &str) -> Error {
        Error::new(ErrorType::Forbidden, field, Json::Null, detail)
    }

    /// A value that occurs twice where it must be unique.
    pub fn duplicate(field: &Path, value: impl Into<Json>) -> Error {
        Error::new(ErrorType::Duplicate, field, value.into(), "")
    }

    /// A reference to something that does not exist.
    pub fn not_found(field: &Path, value: impl Into<Json>) -> Error {
        Error::new(ErrorType::NotFound, field, value.into(), "")
    }

    /// Text of more than `max` bytes.
    pub fn too_long(field: &Path, max: usize) -> Error {
        let unit = if max == 1 { "byte" } else { "bytes" };
        Error::new(ErrorType::TooLong, field, Json::Null, &format!("may not be more than {max} {unit}"))
    }

    /// A list with too many items.
    pub fn too_many(field: &Path, actual: usize, max: usize) -> Error {
        let unit = if max == 1 { "item" } else { "items" };
        Error::new(ErrorType::TooMany, field, Json::from(actual), &format!("must have at most {max} {unit}"))
    }

    /// A list with too few items.
    pub fn too_few(field: &Path, actual: usize, min: usize) -> Error {
        let unit = if min == 1 { "item" } else { "items" };
        Error::new(ErrorType::TooFew, field, Json::from(actual), &format!("must have at least {min} {unit}"))
    }

    /// A fault of the server.
    pub fn internal(field: &Path, detail: &str) -> Error {
        Error::new(ErrorType::Internal, field, Json::Null, detail)
    }

    /// The message without the field.
    pub fn body(&self) -> String {
        let mut text = self.kind.text().to_owned();
        let silent = matches!(
            self.kind,
            ErrorType::Required
                | ErrorType::Forbidden
                | ErrorType::TooLong
                | ErrorType::TooShort
                | ErrorType::Internal
        );
        if !silent {
            text.push_str(": ");
            text.push_str(&go_value(&self.value));
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

/// Prints a value as messages show it: text quoted as Go's `%q`, the rest as JSON.
fn go_value(value: &Json) -> String {
    match value {
        Json::String(text) => go_quote(text),
        other => other.to_string(),
    }
}

/// Quotes text as Go's `strconv.Quote` does.
pub fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => quoted.push_str(&format!("\\x{:02x}", c as u32)),
            '\u{80}'..='\u{a0}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{feff}' => {
                quoted.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

/// All that is wrong with an object, in upstream's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ErrorList(pub Vec<Error>);

impl ErrorList {
    /// Nothing is wrong.
    pub fn new() -> ErrorList {
        ErrorList(Vec::new())
    }
    /// Adds an error.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }
    /// Adds errors in their order.
    pub fn extend(&mut self, errors: ErrorList) {
        self.0.extend(errors.0);
    }
    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// The errors, in the order found.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }
}

impl From<Vec<Error>> for ErrorList {
    fn from(errors: Vec<Error>) -> ErrorList {
        ErrorList(errors)
    }
}
impl IntoIterator for ErrorList {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for ErrorList {
    /// One error alone, several in brackets, equal ones once (`utilerrors.Aggregate`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts: Vec<String> = Vec::new();
        for error in &self.0 {
            let text = error.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        match texts.as_slice() {
            [one] => f.write_str(one),
            many => write!(f, "[{}]", many.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_upstreams() {
        let path = Path::new("spec").child("containers").index(0).child("name");
        for (error, text) in [
            (Error::required(&path, ""), "spec.containers[0].name: Required value"),
            (Error::invalid(&path, "A_", "bad"), "spec.containers[0].name: Invalid value: \"A_\": bad"),
            (Error::invalid(&path, -1, "bad"), "spec.containers[0].name: Invalid value: -1: bad"),
            (Error::duplicate(&path, "a"), "spec.containers[0].name: Duplicate value: \"a\""),
            (Error::not_found(&path, "x"), "spec.containers[0].name: Not found: \"x\""),
            (Error::forbidden(&path, "no"), "spec.containers[0].name: Forbidden: no"),
            (Error::too_long(&path, 63), "spec.containers[0].name: Too long: may not be more than 63 bytes"),
            (
                Error::not_supported(&path, "x", &["Always", "Never"]),
                "spec.containers[0].name: Unsupported value: \"x\": supported values: \"Always\", \"Never\"",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
        assert_eq!(Path::new("data").key("a/b").to_string(), "data[a/b]");
    }

    #[test]
    fn lists_are_bracketed_and_deduplicated() {
        let error = Error::required(&Path::new("a"), "");
        let other = Error::required(&Path::new("b"), "");
        assert_eq!(ErrorList(vec![error.clone(), error.clone()]).to_string(), "a: Required value");
        assert_eq!(ErrorList(vec![error, other]).to_string(), "[a: Required value, b: Required value]");
    }
}
