//! Request bodies in Kubernetes' protobuf form, turned into JSON. client-go's typed clients write built-in kinds so
//! (`kubectl create deployment`), and have no fallback; answers they also read as JSON.
//!
//! Names and types of fields come from the kinds' field tables; `protobuf/fields.txt` adds what those lack: one line a
//! message with the number of each field, and `=Message` where Go embeds a struct (its fields are the parent's in JSON).
//! The numbers are those of `generated.proto` in k8s.io/api and k8s.io/apimachinery v0.36.

use std::collections::BTreeMap;

use api::meta::schema::{Type, TypeInfo};
use api::{Gvk, Json, JsonMap};

const FIELDS: &str = include_str!("protobuf/fields.txt");
/// What every body begins with, before a `runtime.Unknown`.
const MAGIC: &[u8] = b"k8s\0";
/// Messages may nest as deep as this.
const DEPTH_MAX: usize = 64;

/// The object in a protobuf body as JSON; `None` if it is malformed or of a kind that is not built in.
pub fn to_json(body: &[u8]) -> Option<Json> {
    let unknown = read(body.strip_prefix(MAGIC)?)?;
    let type_meta = read(bytes(&unknown, 1)?)?;
    let text = |number| bytes(&type_meta, number).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let (api_version, kind) = (text(1).unwrap_or(""), text(2)?);
    let info = type_info(&Gvk::parse(api_version, kind).ok()?)?;
    let table = Table::new();
    let mut map = JsonMap::new();
    map.insert("kind".to_owned(), Json::from(kind));
    map.insert("apiVersion".to_owned(), Json::from(api_version));
    table.message(message_name(info), info, bytes(&unknown, 2)?, &mut map, 0)?;
    Some(Json::Object(map))
}

fn type_info(gvk: &Gvk) -> Option<&'static TypeInfo> {
    if gvk.kind == "DeleteOptions" {
        return Some(api::meta::codec::Message::info(&api::meta::v1::DeleteOptions::default()));
    }
    api::kind_info(gvk).map(|kind| kind.info)
}

/// `api.core.v1.PodSpec`: the OpenAPI name without its prefix, as `fields.txt` has it.
fn message_name(info: &TypeInfo) -> &'static str {
    info.openapi.strip_prefix("io.k8s.").unwrap_or(info.openapi)
}

/// A value on the wire.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Splits a message into its fields. Groups, which Kubernetes never uses, are malformed.
fn read(mut rest: &[u8]) -> Option<Vec<(u64, Wire<'_>)>> {
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let value = match tag & 7 {
            0 => Wire::Number(varint(&mut rest)?),
            1 => Wire::Number(u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                Wire::Bytes(take(&mut rest, length)?)
            }
            5 => Wire::Number(u64::from(u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?))),
            _ => return None,
        };
        fields.push((tag >> 3, value));
    }
    Some(fields)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn bytes<'a>(fields: &[(u64, Wire<'a>)], number: u64) -> Option<&'a [u8]> {
    fields.iter().find_map(|(known, value)| match value {
        Wire::Bytes(bytes) if *known == number => Some(*bytes),
        _ => None,
    })
}

fn number(fields: &[(u64, Wire)], number: u64) -> Option<u64> {
    fields.iter().find_map(|(known, value)| match value {
        Wire::Number(value) if *known == number => Some(*value),
        _ => None,
    })
}

/// `fields.txt` by message: number → name, or `=Message`.
struct Table(BTreeMap<&'static str, BTreeMap<u64, &'static str>>);

impl Table {
    fn new() -> Table {
        let line = |line: &'static str| {
            let (message, fields) = line.split_once(':')?;
            let field = |field: &'static str| {
                let (number, name) = field.split_once(' ')?;
                Some((number.parse().ok()?, name))
            };
            Some((message, fields.split(',').filter_map(field).collect()))
        };
        Table(FIELDS.lines().filter_map(line).collect())
    }

    /// Adds the fields of a message to `map`. `info` is the struct whose JSON the map is.
    fn message(
        &self,
        name: &str,
        info: &'static TypeInfo,
        body: &[u8],
        map: &mut JsonMap,
        depth: usize,
    ) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        let numbers = self.0.get(name)?;
        for (number, value) in read(body)? {
            let Some(field) = numbers.get(&number) else { continue };
            if let (Some(embedded), Wire::Bytes(body)) = (field.strip_prefix('='), value) {
                self.message(embedded, info, body, map, depth + 1)?;
                continue;
            }
            let Some(known) = info.field(field) else { continue };
            match &known.ty {
                Type::List(item) => {
                    let item = self.value(item, value, depth)?;
                    let list = map.entry((*field).to_owned()).or_insert_with(|| Json::Array(Vec::new()));
                    list.as_array_mut()?.push(item);
                }
                Type::Map(ty) => {
                    let Wire::Bytes(body) = value else { return None };
                    let entry = read(body)?;
                    let key = String::from_utf8(bytes(&entry, 1).unwrap_or_default().to_vec()).ok()?;
                    let empty = Wire::Bytes(&[]);
                    let value =
                        entry.iter().find(|(number, _)| *number == 2).map_or(empty, |(_, value)| *value);
                    let value = self.value(ty, value, depth)?;
                    let entries =
                        map.entry((*field).to_owned()).or_insert_with(|| Json::Object(JsonMap::new()));
                    entries.as_object_mut()?.insert(key, value);
                }
                ty => {
                    let value = self.value(ty, value, depth)?;
                    // Zero values that Go always writes are left out, as JSON leaves them out.
                    if !value.is_null() && value != "" {
                        map.insert((*field).to_owned(), value);
                    }
                }
            }
        }
        Some(())
    }

    fn value(&self, ty: &'static Type, value: Wire, depth: usize) -> Option<Json> {
        match (ty, value) {
            (Type::Int32, Wire::Number(value)) => Some(Json::from(value as i32)),
            (Type::Int64, Wire::Number(value)) => Some(Json::from(value as i64)),
            (Type::Bool, Wire::Number(value)) => Some(Json::from(value != 0)),
            (Type::Float64, Wire::Number(value)) => Some(Json::from(f64::from_bits(value))),
            (Type::String | Type::Enum(_), Wire::Bytes(bytes)) => {
                Some(Json::from(std::str::from_utf8(bytes).ok()?))
            }
            (Type::Bytes, Wire::Bytes(bytes)) => Some(Json::from(api::base::base64::encode(bytes))),
            (Type::Time | Type::MicroTime, Wire::Bytes(body)) => time(ty, &read(body)?),
            (Type::Quantity, Wire::Bytes(body)) => {
                let text = std::str::from_utf8(bytes(&read(body)?, 1).unwrap_or_default()).ok()?.to_owned();
                Some(Json::from(if text.is_empty() { "0".to_owned() } else { text }))
            }
            (Type::IntOrString, Wire::Bytes(body)) => {
                let fields = read(body)?;
                if number(&fields, 1) == Some(1) {
                    return Some(Json::from(std::str::from_utf8(bytes(&fields, 3)?).ok()?));
                }
                Some(Json::from(number(&fields, 2).unwrap_or(0) as i32))
            }
            // Raw JSON in a wrapper: FieldsV1, RawExtension, apiextensions' JSON.
            (Type::Any | Type::MessageOrAny(_), Wire::Bytes(body)) => {
                let fields = read(body)?;
                Some(bytes(&fields, 1).and_then(|raw| serde_json::from_slice(raw).ok()).unwrap_or(Json::Null))
            }
            (Type::Message(info), Wire::Bytes(body)) => {
                let mut map = JsonMap::new();
                self.message(message_name(info), info, body, &mut map, depth + 1)?;
                Some(Json::Object(map))
            }
            _ => None,
        }
    }
}

/// `Timestamp { seconds = 1, nanos = 2 }`; the zero time is empty.
fn time(ty: &Type, fields: &[(u64, Wire)]) -> Option<Json> {
    let Some(seconds) = number(fields, 1) else { return Some(Json::Null) };
    let micros = number(fields, 2).unwrap_or(0) as i64 / 1000;
    let time = api::Timestamp((seconds as i64).checked_mul(1_000_000)?.checked_add(micros)?);
    Some(Json::from(if matches!(ty, Type::MicroTime) { time.rfc3339_micro() } else { time.rfc3339() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field number, wire type 2.
    fn part(number: u8, body: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, body.len() as u8], body].concat()
    }

    fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let type_meta = [part(1, api_version.as_bytes()), part(2, kind.as_bytes())].concat();
        [MAGIC, &part(1, &type_meta), &part(2, raw)].concat()
    }

    #[test]
    fn a_config_map_is_read() {
        let meta = [part(1, b"cm"), part(3, b"ns"), part(8, &[])].concat();
        let entry = [part(1, b"a"), part(2, b"1")].concat();
        let raw = [part(1, &meta), part(2, &entry)].concat();
        let json = to_json(&body("v1", "ConfigMap", &raw)).unwrap();
        assert_eq!(
            json.to_string(),
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cm","namespace":"ns"},"data":{"a":"1"}}"#
        );
    }

    #[test]
    fn embedded_structs_and_numbers_are_read() {
        // spec { ports { port = 3: 80, targetPort = 4: "http" }, type = 4 }
        let target = [&[0x08, 1][..], &part(3, b"http")].concat();
        let port = [&[0x18, 80][..], &part(4, &target)].concat();
        let spec = [part(1, &port), part(4, b"NodePort")].concat();
        let json = to_json(&body("v1", "Service", &part(2, &spec))).unwrap();
        assert_eq!(
            json["spec"].to_string(),
            r#"{"ports":[{"port":80,"targetPort":"http"}],"type":"NodePort"}"#
        );
        // spec { volumes { name, volumeSource { emptyDir {} } } }
        let volume = [part(1, b"v"), part(2, &part(2, &[]))].concat();
        let json = to_json(&body("v1", "Pod", &part(2, &part(1, &volume)))).unwrap();
        assert_eq!(json["spec"]["volumes"].to_string(), r#"[{"name":"v","emptyDir":{}}]"#);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        assert_eq!(to_json(b"k8s\0\xff"), None);
        assert_eq!(to_json(b"{}"), None);
        assert_eq!(to_json(&body("v1", "Nope", &[])), None);
    }
}
