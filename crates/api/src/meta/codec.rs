//! Encoding and decoding of API structs, driven by their field tables.
//!
//! A generated struct only says where its fields are ([`Message`]); one small engine, the same for all structs, walks
//! the table. That keeps hundreds of structs to a few bytes of code each. Behaviour and messages are those of Go's
//! `encoding/json` on the same types: unknown fields are ignored (see [`crate::validation`] for strictness), `null`
//! leaves a zero value, the first mismatch is reported and names the innermost struct and the dotted path.

mod mask;
mod values;

pub use mask::Mask;

use std::fmt;
use std::rc::Rc;

use collections::StableSort;

use super::intstr::IntOrString;
use super::quantity::Quantity;
use super::schema::{Type, TypeInfo};
use crate::base::bytes::Bytes;
use crate::base::str::Str;
use crate::base::time::Timestamp;
use crate::{Json, JsonMap};

/// A struct of the API. Fields are numbered as in the table.
pub trait Message: 'static {
    /// Returns the table of fields.
    fn info(&self) -> &'static TypeInfo;
    /// Returns field number `index`, which must be below the number of fields.
    fn field(&self, index: usize) -> &dyn Value;
    /// Returns field number `index` for writing.
    fn field_mut(&mut self, index: usize) -> &mut dyn Value;
}

/// What a field of an API struct can hold. A value only shows what it is; the engine does the rest.
pub trait Value {
    /// The value for reading.
    fn view(&self) -> View<'_>;
    /// The value for writing.
    fn edit(&mut self) -> Edit<'_>;
}

/// A value for reading.
#[allow(missing_docs, reason = "the variants are the types that fields have")]
pub enum View<'a> {
    /// A pointer or opaque JSON that is not set.
    Null,
    /// What a pointer points to: present even if zero.
    Present(&'a dyn Value),
    Message(&'a dyn Message),
    List(&'a dyn Items),
    Map(&'a dyn Entries),
    Str(&'a Str),
    Bool(bool),
    Int(i64),
    Float(f64),
    Time(Timestamp),
    Quantity(&'a Quantity),
    IntOrString(&'a IntOrString),
    Bytes(&'a Bytes),
    Json(&'a Json),
}

/// A value for writing.
#[allow(missing_docs, reason = "the variants are the types that fields have")]
pub enum Edit<'a> {
    Pointer(&'a mut dyn Pointer),
    Message(&'a mut dyn Message),
    List(&'a mut dyn Items),
    Map(&'a mut dyn Entries),
    Str(&'a mut Str),
    Bool(&'a mut bool),
    Int32(&'a mut i32),
    Int64(&'a mut i64),
    Float(&'a mut f64),
    Time(&'a mut Timestamp),
    Quantity(&'a mut Quantity),
    IntOrString(&'a mut IntOrString),
    Bytes(&'a mut Bytes),
    Opaque(&'a mut Opaque),
}

/// A list of values of one type.
pub trait Items {
    /// How many items there are.
    fn count(&self) -> usize;
    /// Returns item number `index`, which must be below the length.
    fn get(&self, index: usize) -> &dyn Value;
    /// Drops all items.
    fn clear(&mut self);
    /// Appends a zero value.
    fn push(&mut self) -> &mut dyn Value;
}

/// A map from text to values of one type.
pub trait Entries {
    /// How many entries there are.
    fn count(&self) -> usize;
    /// The value of a key.
    fn get(&self, key: &str) -> Option<&dyn Value>;
    /// Visits the entries in the order of keys.
    fn each(&self, visit: &mut dyn FnMut(&Str, &dyn Value));
    /// Drops all entries.
    fn clear(&mut self);
    /// Sets an entry to a zero value.
    fn insert(&mut self, key: Str) -> &mut dyn Value;
}

/// A pointer in Go: something or nothing.
pub trait Pointer {
    /// Makes it point to nothing.
    fn clear(&mut self);
    /// Makes it point to a zero value.
    fn fill(&mut self) -> &mut dyn Value;
}

/// Why JSON could not become a struct; worded as Go's `encoding/json` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Dotted path of the field, without indices; empty for the object itself.
    pub path: String,
    /// What is wrong, without the path.
    pub message: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for DecodeError {}

/// Where decoding is, and the first thing that went wrong.
#[derive(Default)]
pub struct Decoder {
    path: Vec<&'static str>,
    owner: &'static str,
    error: Option<DecodeError>,
}

impl Decoder {
    /// Notes that `json` does not fit `ty`, unless something was noted before.
    pub fn mismatch(&mut self, json: &Json, ty: &Type) {
        let number_fits_no_integer = matches!(ty, Type::Int32 | Type::Int64 | Type::Float64);
        let what = match json {
            Json::Null => "null".to_owned(),
            Json::Bool(_) => "bool".to_owned(),
            Json::Number(number) if number_fits_no_integer => format!("number {number}"),
            Json::Number(_) => "number".to_owned(),
            Json::String(_) => "string".to_owned(),
            Json::Array(_) => "array".to_owned(),
            Json::Object(_) => "object".to_owned(),
        };
        let go = ty.go_name();
        let message = if self.path.is_empty() {
            format!("json: cannot unmarshal {what} into Go value of type {go}")
        } else {
            let (owner, path) = (self.owner, self.path.join("."));
            format!("json: cannot unmarshal {what} into Go struct field {owner}.{path} of type {go}")
        };
        self.fail(message);
    }

    /// Notes an error in a type's own words, unless something was noted before.
    pub fn fail(&mut self, message: String) {
        if self.error.is_none() {
            self.error = Some(DecodeError { path: self.path.join("."), message });
        }
    }
}

/// Decodes a whole object into `message`, which should be fresh.
pub fn decode_root(message: &mut dyn Message, json: &Json) -> Result<(), DecodeError> {
    let mut decoder = Decoder::default();
    decode_message(message, json, &mut decoder);
    decoder.error.map_or(Ok(()), Err)
}

fn decode_message(message: &mut dyn Message, json: &Json, decoder: &mut Decoder) {
    let info = message.info();
    let Json::Object(map) = json else {
        if !json.is_null() {
            decoder.mismatch(json, &Type::Message(info));
        }
        return;
    };
    let outer = std::mem::replace(&mut decoder.owner, info.go);
    // Objects are mostly written in the order of the table: look first where the last field was.
    let mut next = 0;
    for (key, value) in map {
        let Some(index) = find_field(info, key, next) else { continue };
        next = index + 1;
        let field = &info.fields[index];
        decoder.path.push(field.name);
        decode_value(message.field_mut(index), value, &field.ty, decoder);
        decoder.path.pop();
    }
    decoder.owner = outer;
}

fn find_field(info: &'static TypeInfo, key: &str, hint: usize) -> Option<usize> {
    let (before, after) = info.fields.split_at(hint.min(info.fields.len()));
    let found = after.iter().position(|field| field.name == key).map(|index| index + before.len());
    found.or_else(|| before.iter().position(|field| field.name == key))
}

/// Decodes a value, which should be zero. Mismatches are left in the decoder.
fn decode_value(value: &mut dyn Value, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
    if json.is_null() {
        return;
    }
    match (value.edit(), json) {
        (Edit::Pointer(pointer), _) => decode_value(pointer.fill(), json, ty, decoder),
        (Edit::Message(message), _) => decode_message(message, json, decoder),
        (Edit::List(list), Json::Array(items)) => {
            let Type::List(item) = ty else { return };
            list.clear();
            for json in items {
                decode_value(list.push(), json, item, decoder);
            }
        }
        (Edit::Map(entries), Json::Object(map)) => {
            let Type::Map(item) = ty else { return };
            entries.clear();
            for (key, json) in map {
                decode_value(entries.insert(Str::new(key)), json, item, decoder);
            }
        }
        (Edit::Opaque(opaque), _) => *opaque = Opaque::from(normalise(json, ty, decoder)),
        (edit, _) => decode_scalar(edit, json, ty, decoder),
    }
}

fn decode_scalar(edit: Edit<'_>, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
    match (edit, json) {
        (Edit::Str(value), Json::String(text)) => *value = Str::new(text),
        (Edit::Bool(value), Json::Bool(given)) => *value = *given,
        (Edit::Int32(value), Json::Number(_)) => match json.as_i64().map(i32::try_from) {
            Some(Ok(given)) => *value = given,
            _ => decoder.mismatch(json, ty),
        },
        (Edit::Int64(value), Json::Number(_)) => match json.as_i64() {
            Some(given) => *value = given,
            None => decoder.mismatch(json, ty),
        },
        (Edit::Float(value), Json::Number(number)) => *value = number.as_f64().unwrap_or_default(),
        (Edit::Time(value), Json::String(text)) => match (Timestamp::parse(text), ty) {
            (Some(time), Type::MicroTime) => *value = time,
            (Some(time), _) => *value = time.trunc_secs(),
            (None, _) => decoder.fail(go_time_error(text, ty)),
        },
        (Edit::Time(_), _) => decoder.mismatch(json, &Type::String),
        (Edit::Bytes(value), Json::String(text)) => match Bytes::from_base64(text) {
            Ok(bytes) => *value = bytes,
            Err(position) => decoder.fail(format!("illegal base64 data at input byte {position}")),
        },
        (Edit::Quantity(value), _) => {
            // Upstream takes the JSON text of anything but strings as the text of the quantity.
            let parsed = match json {
                Json::String(text) => Quantity::parse(text),
                other => Quantity::parse(&other.to_string()),
            };
            match parsed {
                Ok(quantity) => *value = quantity,
                Err(message) => decoder.fail(message.to_owned()),
            }
        }
        (Edit::IntOrString(value), Json::String(text)) => *value = IntOrString::String(Str::new(text)),
        (Edit::IntOrString(value), _) => {
            // Upstream decodes on its own here, so the message does not name the field.
            let mut inner = Decoder::default();
            let mut number = 0_i32;
            decode_value(&mut number, json, &Type::Int32, &mut inner);
            match inner.error {
                None => *value = IntOrString::Int(number),
                Some(error) => decoder.fail(error.message),
            }
        }
        _ => decoder.mismatch(json, ty),
    }
}

/// The words of Go's `time.Parse` for text that is no RFC 3339 time.
fn go_time_error(text: &str, ty: &Type) -> String {
    let layout = match ty {
        Type::MicroTime => "2006-01-02T15:04:05.000000Z07:00",
        _ => "2006-01-02T15:04:05Z07:00",
    };
    format!("parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\"")
}

/// Encodes a struct in Go's field order; kinds begin with `kind` and `apiVersion`.
pub fn encode_message(message: &dyn Message) -> Json {
    let info = message.info();
    let mut map = JsonMap::new();
    if let Some(gvk) = &info.gvk {
        map.insert("kind".to_owned(), Json::from(gvk.kind));
        map.insert("apiVersion".to_owned(), Json::from(gvk.gvk().api_version()));
    }
    for (index, field) in info.fields.iter().enumerate() {
        let view = message.field(index).view();
        if !(field.omit && is_empty(&view)) {
            map.insert(field.name.to_owned(), encode_view(view, &field.ty));
        }
    }
    Json::Object(map)
}

fn encode_view(view: View<'_>, ty: &'static Type) -> Json {
    match view {
        View::Null => Json::Null,
        View::Present(value) => encode_view(value.view(), ty),
        View::Message(message) => encode_message(message),
        View::List(list) => match ty {
            Type::List(item) if list.count() > 0 => Json::Array(
                (0..list.count()).map(|index| encode_view(list.get(index).view(), item)).collect(),
            ),
            _ => Json::Null,
        },
        View::Map(entries) => match ty {
            Type::Map(item) if entries.count() > 0 => {
                let mut map = JsonMap::new();
                entries.each(&mut |key, value| {
                    map.insert(key.as_str().to_owned(), encode_view(value.view(), item));
                });
                Json::Object(map)
            }
            _ => Json::Null,
        },
        View::Str(text) => Json::from(text),
        View::Bool(value) => Json::Bool(value),
        View::Int(value) => Json::from(value),
        // Go prints whole numbers without a fraction.
        View::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Json::from(value as i64),
        View::Float(value) => Json::from(value),
        View::Time(time) if time.is_zero() => Json::Null,
        View::Time(time) if matches!(ty, Type::MicroTime) => Json::String(time.rfc3339_micro()),
        View::Time(time) => Json::String(time.rfc3339()),
        View::Quantity(quantity) => Json::String(quantity.to_string()),
        View::IntOrString(value) => Json::from(value),
        View::Bytes(bytes) => Json::String(bytes.to_base64()),
        View::Json(json) => json.clone(),
    }
}

/// True for Go's zero value: what `omitempty` leaves out.
fn is_empty(view: &View<'_>) -> bool {
    match view {
        View::Null => true,
        View::Present(_) | View::Json(_) => false,
        View::Message(message) => {
            (0..message.info().fields.len()).all(|index| is_empty(&message.field(index).view()))
        }
        View::List(list) => list.count() == 0,
        View::Map(entries) => entries.count() == 0,
        View::Str(text) => text.is_empty(),
        View::Bool(value) => !value,
        View::Int(value) => *value == 0,
        View::Float(value) => *value == 0.0,
        View::Time(time) => time.is_zero(),
        View::Quantity(quantity) => quantity.is_zero(),
        View::IntOrString(value) => **value == IntOrString::Int(0),
        View::Bytes(bytes) => bytes.is_empty(),
    }
}

/// Compares two structs field by field; structs of different types differ.
pub fn same_message(a: &dyn Message, b: &dyn Message) -> bool {
    let info = a.info();
    std::ptr::eq(info, b.info())
        && (0..info.fields.len()).all(|index| same_view(&a.field(index).view(), &b.field(index).view()))
}

fn same_view(a: &View<'_>, b: &View<'_>) -> bool {
    match (a, b) {
        (View::Null, View::Null) => true,
        (View::Present(a), View::Present(b)) => same_view(&a.view(), &b.view()),
        (View::Message(a), View::Message(b)) => std::ptr::addr_eq(*a, *b) || same_message(*a, *b),
        (View::List(a), View::List(b)) => {
            a.count() == b.count()
                && (0..a.count()).all(|index| same_view(&a.get(index).view(), &b.get(index).view()))
        }
        (View::Map(a), View::Map(b)) => {
            let mut same = a.count() == b.count();
            a.each(&mut |key, value| {
                same = same && b.get(key).is_some_and(|other| same_view(&value.view(), &other.view()));
            });
            same
        }
        (View::Str(a), View::Str(b)) => a == b,
        (View::Bool(a), View::Bool(b)) => a == b,
        (View::Int(a), View::Int(b)) => a == b,
        (View::Float(a), View::Float(b)) => a == b,
        (View::Time(a), View::Time(b)) => a == b,
        (View::Quantity(a), View::Quantity(b)) => a == b,
        (View::IntOrString(a), View::IntOrString(b)) => a == b,
        (View::Bytes(a), View::Bytes(b)) => a == b,
        (View::Json(a), View::Json(b)) => a == b,
        _ => false,
    }
}

/// Prints a struct as its type's name and its JSON.
pub fn debug_message(message: &dyn Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {}", message.info().go, encode_message(message))
}

/// JSON that nobody looks into, kept as it came; shared by clones.
#[derive(Clone, Default, PartialEq)]
pub struct Opaque(Option<Rc<Json>>);

impl Opaque {
    /// Returns the JSON; `null` if there is none.
    pub fn json(&self) -> &Json {
        self.0.as_deref().unwrap_or(&Json::Null)
    }
    /// Returns the JSON if there is some.
    pub fn get(&self) -> Option<&Json> {
        self.0.as_deref()
    }
    /// True if it was not given.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }
    /// True if it was given.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl From<Json> for Opaque {
    fn from(json: Json) -> Opaque {
        if json.is_null() { Opaque(None) } else { Opaque(Some(Rc::new(json))) }
    }
}
impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.json())
    }
}

/// What JSON becomes when Go decodes it as `ty` and encodes it again: the check and the field order that a struct would
/// have given, without the struct.
fn normalise(json: &Json, ty: &'static Type, decoder: &mut Decoder) -> Json {
    match (ty, json) {
        (Type::Any | Type::MessageOrAny(_), _) | (_, Json::Null) => json.clone(),
        (Type::Message(info), Json::Object(map)) => {
            let outer = std::mem::replace(&mut decoder.owner, info.go);
            let mut fields: Vec<(usize, Json)> = Vec::with_capacity(map.len());
            for (key, value) in map {
                let Some(index) = find_field(info, key, fields.len()) else { continue };
                decoder.path.push(info.fields[index].name);
                fields.push((index, normalise(value, &info.fields[index].ty, decoder)));
                decoder.path.pop();
            }
            decoder.owner = outer;
            fields.stable_sort_by_key(|(index, _)| *index);
            Json::Object(
                fields
                    .into_iter()
                    .filter(|(index, value)| !(value.is_null() && info.fields[*index].omit))
                    .map(|(index, value)| (info.fields[index].name.to_owned(), value))
                    .collect(),
            )
        }
        (Type::List(item), Json::Array(items)) => {
            Json::Array(items.iter().map(|json| normalise(json, item, decoder)).collect())
        }
        (Type::Map(item), Json::Object(map)) => Json::Object(
            map.iter().map(|(key, json)| (key.clone(), normalise(json, item, decoder))).collect(),
        ),
        (Type::Message(_) | Type::List(_) | Type::Map(_), _) => {
            decoder.mismatch(json, ty);
            Json::Null
        }
        _ => normalise_scalar(json, ty, decoder),
    }
}

fn normalise_scalar(json: &Json, ty: &'static Type, decoder: &mut Decoder) -> Json {
    let mut through = |value: &mut dyn Value| {
        decode_value(value, json, ty, decoder);
        encode_view(value.view(), ty)
    };
    match ty {
        Type::Int32 => through(&mut 0_i32),
        Type::Int64 => through(&mut 0_i64),
        Type::Float64 => through(&mut 0.0),
        Type::Bool => through(&mut false),
        Type::Bytes => through(&mut Bytes::default()),
        Type::Time | Type::MicroTime => through(&mut Timestamp::default()),
        Type::Quantity => through(&mut Quantity::default()),
        Type::IntOrString => through(&mut IntOrString::default()),
        _ => through(&mut Str::default()),
    }
}
