//! Encoding and decoding of API structs, driven by their field tables.
//!
//! A generated struct only says where its fields are ([`Message`]); one small engine, the same for all structs, walks
//! the table. That keeps hundreds of structs to a few bytes of code each. Behaviour and messages are those of Go's
//! `encoding/json` on the same types: unknown fields are ignored (see [`crate::validation`] for strictness), `null`
//! leaves a zero value, the first mismatch is reported and names the innermost struct and the dotted path.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

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

/// What a field of an API struct can hold. Structs say only that they are messages and inherit the rest.
pub trait Value: Any {
    /// The value as a struct, if it is one.
    fn message(&self) -> Option<&dyn Message> {
        None
    }
    fn message_mut(&mut self) -> Option<&mut dyn Message> {
        None
    }
    /// True for Go's zero value: what `omitempty` leaves out.
    fn is_empty(&self) -> bool {
        self.message().is_none_or(empty_message)
    }
    fn encode(&self, _: &'static Type) -> Json {
        self.message().map_or(Json::Null, encode_message)
    }
    /// Replaces `self`. Mismatches are left in the decoder.
    fn decode(&mut self, json: &Json, _: &'static Type, decoder: &mut Decoder) {
        if let Some(message) = self.message_mut() {
            decode_message(message, json, decoder);
        }
    }
    /// Compares with a value of the same type.
    fn same(&self, other: &dyn Value) -> bool {
        match (self.message(), other.message()) {
            (Some(a), Some(b)) => std::ptr::eq(a.info(), b.info()) && same_message(a, b),
            _ => false,
        }
    }
}

/// Why JSON could not become a struct; worded as Go's `encoding/json` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Dotted path of the field, without indices; empty for the object itself.
    pub path: String,
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
            let ty = Type::Message(info);
            decoder.mismatch(json, &ty);
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
        message.field_mut(index).decode(value, &field.ty, decoder);
        decoder.path.pop();
    }
    decoder.owner = outer;
}

fn find_field(info: &'static TypeInfo, key: &str, hint: usize) -> Option<usize> {
    let (before, after) = info.fields.split_at(hint.min(info.fields.len()));
    let found = after.iter().position(|field| field.name == key).map(|index| index + before.len());
    found.or_else(|| before.iter().position(|field| field.name == key))
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
        let value = message.field(index);
        if !(field.omit && value.is_empty()) {
            map.insert(field.name.to_owned(), value.encode(&field.ty));
        }
    }
    Json::Object(map)
}

/// Compares two structs of the same type field by field.
pub fn same_message(a: &dyn Message, b: &dyn Message) -> bool {
    (0..a.info().fields.len()).all(|index| a.field(index).same(b.field(index)))
}

/// True if every field is empty.
pub fn empty_message(message: &dyn Message) -> bool {
    (0..message.info().fields.len()).all(|index| message.field(index).is_empty())
}

/// Prints a struct as its type's name and its JSON.
pub fn debug_message(message: &dyn Message, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {}", message.info().go, encode_message(message))
}

fn downcast<T: Value>(value: &dyn Value) -> Option<&T> {
    (value as &dyn Any).downcast_ref()
}

impl<T: Value> Value for Box<T> {
    fn is_empty(&self) -> bool {
        T::is_empty(self)
    }
    fn encode(&self, ty: &'static Type) -> Json {
        T::encode(self, ty)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        T::decode(self, json, ty, decoder);
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Box<T>>(other).is_some_and(|other| T::same(self, &**other))
    }
}

impl<T: Value + Default> Value for Option<T> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }
    fn encode(&self, ty: &'static Type) -> Json {
        self.as_ref().map_or(Json::Null, |value| value.encode(ty))
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        *self = None;
        if !json.is_null() {
            self.insert(T::default()).decode(json, ty, decoder);
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        match (self, downcast::<Option<T>>(other)) {
            (Some(a), Some(Some(b))) => a.same(b),
            (None, Some(None)) => true,
            _ => false,
        }
    }
}

impl<T: Value + Default> Value for Vec<T> {
    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }
    fn encode(&self, ty: &'static Type) -> Json {
        let Type::List(item) = ty else { return Json::Null };
        if Vec::is_empty(self) {
            return Json::Null;
        }
        Json::Array(self.iter().map(|value| value.encode(item)).collect())
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        self.clear();
        match (json, ty) {
            (Json::Array(items), Type::List(item)) => {
                self.reserve(items.len());
                for json in items {
                    let mut value = T::default();
                    value.decode(json, item, decoder);
                    self.push(value);
                }
            }
            (Json::Null, _) => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Vec<T>>(other)
            .is_some_and(|other| self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.same(b)))
    }
}

impl<T: Value + Default> Value for BTreeMap<Str, T> {
    fn is_empty(&self) -> bool {
        BTreeMap::is_empty(self)
    }
    fn encode(&self, ty: &'static Type) -> Json {
        let Type::Map(item) = ty else { return Json::Null };
        if BTreeMap::is_empty(self) {
            return Json::Null;
        }
        Json::Object(self.iter().map(|(key, value)| (key.as_str().to_owned(), value.encode(item))).collect())
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        self.clear();
        match (json, ty) {
            (Json::Object(map), Type::Map(item)) => {
                for (key, json) in map {
                    let mut value = T::default();
                    value.decode(json, item, decoder);
                    self.insert(Str::new(key), value);
                }
            }
            (Json::Null, _) => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<BTreeMap<Str, T>>(other).is_some_and(|other| {
            self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.0 == b.0 && a.1.same(b.1))
        })
    }
}

impl Value for Str {
    fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::from(self)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json {
            Json::String(text) => *self = Str::new(text),
            Json::Null => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Str>(other) == Some(self)
    }
}

impl Value for bool {
    fn is_empty(&self) -> bool {
        !*self
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::Bool(*self)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json {
            Json::Bool(value) => *self = *value,
            Json::Null => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<bool>(other) == Some(self)
    }
}

impl Value for i32 {
    fn is_empty(&self) -> bool {
        *self == 0
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::from(*self)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json.as_i64().map(i32::try_from) {
            Some(Ok(value)) => *self = value,
            _ if json.is_null() => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<i32>(other) == Some(self)
    }
}

impl Value for i64 {
    fn is_empty(&self) -> bool {
        *self == 0
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::from(*self)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json.as_i64() {
            Some(value) => *self = value,
            _ if json.is_null() => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<i64>(other) == Some(self)
    }
}

impl Value for f64 {
    fn is_empty(&self) -> bool {
        *self == 0.0
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::from(*self)
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json.as_f64() {
            Some(value) => *self = value,
            _ if json.is_null() => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<f64>(other) == Some(self)
    }
}

impl Value for Timestamp {
    fn is_empty(&self) -> bool {
        self.is_zero()
    }
    fn encode(&self, ty: &'static Type) -> Json {
        match ty {
            _ if self.is_zero() => Json::Null,
            Type::MicroTime => Json::String(self.rfc3339_micro()),
            _ => Json::String(self.rfc3339()),
        }
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        *self = Timestamp::ZERO;
        let Json::String(text) = json else {
            if !json.is_null() {
                decoder.mismatch(json, &Type::String);
            }
            return;
        };
        match (Timestamp::parse(text), ty) {
            (Some(time), Type::MicroTime) => *self = time,
            (Some(time), _) => *self = time.trunc_secs(),
            (None, ty) => decoder.fail(go_time_error(text, ty)),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Timestamp>(other) == Some(self)
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
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }
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

impl Value for Opaque {
    fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    fn encode(&self, _: &'static Type) -> Json {
        self.json().clone()
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        *self = Opaque::from(normalise(json, ty, decoder));
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Opaque>(other) == Some(self)
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
            fields.sort_by_key(|(index, _)| *index);
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
    fn through<T: Value + Default>(json: &Json, ty: &'static Type, decoder: &mut Decoder) -> Json {
        let mut value = T::default();
        value.decode(json, ty, decoder);
        value.encode(ty)
    }
    match ty {
        Type::Int32 => through::<i32>(json, ty, decoder),
        Type::Int64 => through::<i64>(json, ty, decoder),
        Type::Float64 => through::<f64>(json, ty, decoder),
        Type::Bool => through::<bool>(json, ty, decoder),
        Type::Bytes => through::<Bytes>(json, ty, decoder),
        Type::Time | Type::MicroTime => through::<Timestamp>(json, ty, decoder),
        Type::Quantity => through::<Quantity>(json, ty, decoder),
        Type::IntOrString => through::<IntOrString>(json, ty, decoder),
        _ => through::<Str>(json, ty, decoder),
    }
}

impl Value for Bytes {
    fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::String(self.to_base64())
    }
    fn decode(&mut self, json: &Json, ty: &'static Type, decoder: &mut Decoder) {
        match json {
            Json::String(text) => match Bytes::from_base64(text) {
                Ok(bytes) => *self = bytes,
                Err(position) => decoder.fail(format!("illegal base64 data at input byte {position}")),
            },
            Json::Null => {}
            _ => decoder.mismatch(json, ty),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Bytes>(other) == Some(self)
    }
}

impl Value for Quantity {
    fn is_empty(&self) -> bool {
        self.is_zero()
    }
    fn encode(&self, _: &'static Type) -> Json {
        Json::String(self.to_string())
    }
    fn decode(&mut self, json: &Json, _: &'static Type, decoder: &mut Decoder) {
        // Upstream takes the JSON text of anything but strings and null as the text of the quantity.
        let parsed = match json {
            Json::Null => return,
            Json::String(text) => Quantity::parse(text),
            other => Quantity::parse(&other.to_string()),
        };
        match parsed {
            Ok(quantity) => *self = quantity,
            Err(message) => decoder.fail(message.to_owned()),
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<Quantity>(other) == Some(self)
    }
}

impl Value for IntOrString {
    fn is_empty(&self) -> bool {
        *self == IntOrString::Int(0)
    }
    fn encode(&self, _: &'static Type) -> Json {
        match self {
            IntOrString::Int(value) => Json::from(*value),
            IntOrString::String(text) => Json::from(text),
        }
    }
    fn decode(&mut self, json: &Json, _: &'static Type, decoder: &mut Decoder) {
        match json {
            Json::String(text) => *self = IntOrString::String(Str::new(text)),
            Json::Null => {}
            other => {
                // Upstream decodes on its own here, so the message does not name the field.
                let mut inner = Decoder::default();
                let mut value = 0_i32;
                value.decode(other, &Type::Int32, &mut inner);
                match inner.error {
                    None => *self = IntOrString::Int(value),
                    Some(error) => decoder.fail(error.message),
                }
            }
        }
    }
    fn same(&self, other: &dyn Value) -> bool {
        downcast::<IntOrString>(other) == Some(self)
    }
}
