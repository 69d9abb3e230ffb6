//! Objects: immutable, cheap to clone, with two faces. Components see a struct (built-in kinds); patches, printers and
//! the wire see JSON. An object is made from one face and derives the other when somebody asks.

use std::any::Any;
use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use super::codec::{self, DecodeError, Message};
use super::gvk::Gvk;
use super::object_meta::ObjectMeta;
use super::schema::{KindName, TypeInfo};
use crate::base::str::Str;
use crate::{Json, JsonMap};

/// A built-in kind. Implemented by generated structs.
pub trait Kind: Message + Clone + Default + PartialEq + fmt::Debug {
    /// What its objects say they are: `apiVersion` and `kind`.
    const GVK: Gvk;
    /// Lower-case plural, as in paths: `pods`.
    const PLURAL: &'static str;
    /// False for kinds of the whole cluster.
    const NAMESPACED: bool;

    /// The field `metadata`.
    fn meta(&self) -> &ObjectMeta;
    /// The field `metadata`, to change.
    fn meta_mut(&mut self) -> &mut ObjectMeta;

    /// Reads JSON as the API server does when not strict: unknown fields are ignored.
    fn decode(json: &Json) -> Result<Self, DecodeError> {
        let mut kind = Self::default();
        codec::decode_root(&mut kind, json)?;
        Ok(kind)
    }

    /// Writes JSON in Go's field order, beginning with `kind` and `apiVersion`.
    fn encode(&self) -> Json {
        codec::encode_message(self)
    }
}

/// A built-in kind as data: what [`Kind`] says, without naming the type.
pub struct KindInfo {
    /// Group, version and kind.
    pub name: KindName,
    /// Lower-case plural, as in paths.
    pub plural: &'static str,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// Its field table.
    pub info: &'static TypeInfo,
    /// Decodes JSON as this kind.
    pub decode: fn(&Json) -> Result<Object, DecodeError>,
}

impl std::fmt::Debug for KindInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name.gvk(), f)
    }
}

/// Finds a built-in kind.
pub fn kind_info(gvk: &Gvk) -> Option<&'static KindInfo> {
    let is = |info: &&KindInfo| {
        let KindName { group, version, kind } = info.name;
        gvk.kind == kind && gvk.group == group && gvk.version == version
    };
    crate::generated::KINDS.iter().find(is)
}

/// Namespace and name of an object; the namespace is empty for cluster-scoped kinds. Ordered as the API lists objects.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Empty for kinds without namespaces.
    pub namespace: Str,
    /// `metadata.name`
    pub name: Str,
}

impl Key {
    /// The key of that object; `namespace` is empty for kinds without.
    pub fn new(namespace: &str, name: &str) -> Key {
        Key { namespace: namespace.into(), name: name.into() }
    }

    /// Key of a cluster-scoped object.
    pub fn cluster(name: &str) -> Key {
        Key::new("", name)
    }

    /// Reads `namespace/name` or `name` (`cache.SplitMetaNamespaceKey`).
    pub fn parse(text: &str) -> Key {
        text.split_once('/').map_or_else(|| Key::cluster(text), |(namespace, name)| Key::new(namespace, name))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            return fmt::Display::fmt(&self.name, f);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An immutable API object, shared by its clones.
#[derive(Clone)]
pub struct Object(Rc<dyn Body>);

trait Body {
    fn gvk(&self) -> &Gvk;
    fn meta(&self) -> &ObjectMeta;
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    fn as_any(&self) -> &dyn Any;
    fn memo(&self) -> &OnceCell<Json>;
    /// The struct, if there is one.
    fn message(&self) -> Option<&dyn Message>;
    /// A copy that nobody shares yet.
    fn copy(&self) -> Rc<dyn Body>;
}

struct Typed<K> {
    kind: K,
    json: OnceCell<Json>,
}

impl<K: Kind> Typed<K> {
    const GVK: &'static Gvk = &K::GVK;
}

impl<K: Kind> Body for Typed<K> {
    fn gvk(&self) -> &Gvk {
        Self::GVK
    }
    fn meta(&self) -> &ObjectMeta {
        self.kind.meta()
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.kind.meta_mut()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn memo(&self) -> &OnceCell<Json> {
        &self.json
    }
    fn message(&self) -> Option<&dyn Message> {
        Some(&self.kind)
    }
    fn copy(&self) -> Rc<dyn Body> {
        Rc::new(Typed { kind: self.kind.clone(), json: OnceCell::new() })
    }
}

/// An object whose kind has no struct: a custom resource, or anything else that is only JSON with metadata.
struct Custom {
    gvk: Gvk,
    meta: ObjectMeta,
    /// Whole object, except that `metadata` is kept in `meta`; `metadata` is `null` here to keep its place.
    content: Rc<Json>,
    json: OnceCell<Json>,
}

impl Body for Custom {
    fn gvk(&self) -> &Gvk {
        &self.gvk
    }
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn memo(&self) -> &OnceCell<Json> {
        &self.json
    }
    fn message(&self) -> Option<&dyn Message> {
        None
    }
    fn copy(&self) -> Rc<dyn Body> {
        let (gvk, meta, content) = (self.gvk.clone(), self.meta.clone(), self.content.clone());
        Rc::new(Custom { gvk, meta, content, json: OnceCell::new() })
    }
}

impl Custom {
    fn to_json(&self) -> Json {
        let mut json = (*self.content).clone();
        if let Json::Object(map) = &mut json {
            map.insert("metadata".to_owned(), codec::encode_message(&self.meta));
        }
        json
    }
}

fn to_json(body: &dyn Body) -> Json {
    match body.message() {
        Some(message) => codec::encode_message(message),
        None => body.as_any().downcast_ref::<Custom>().map_or(Json::Null, Custom::to_json),
    }
}

fn same(a: &dyn Body, b: &dyn Body) -> bool {
    match (a.message(), b.message()) {
        (Some(a), Some(b)) => codec::same_message(a, b),
        (None, None) => match (a.as_any().downcast_ref::<Custom>(), b.as_any().downcast_ref::<Custom>()) {
            (Some(a), Some(b)) => a.gvk == b.gvk && a.meta == b.meta && a.content == b.content,
            _ => false,
        },
        _ => false,
    }
}

impl Object {
    /// An object of a built-in kind.
    pub fn of<K: Kind>(kind: K) -> Object {
        Object(Rc::new(Typed { kind, json: OnceCell::new() }))
    }

    /// An object that is JSON: a custom resource. Its metadata is decoded here, once; `kind` and `apiVersion` are set
    /// to those of `gvk`.
    pub fn from_json(gvk: Gvk, json: Json) -> Result<Object, DecodeError> {
        let Json::Object(given) = json else {
            let message = "json: cannot unmarshal into Go value of type map[string]interface {}".to_owned();
            return Err(DecodeError { path: String::new(), message });
        };
        let mut map = JsonMap::new();
        map.insert("apiVersion".to_owned(), Json::from(gvk.api_version()));
        map.insert("kind".to_owned(), Json::from(gvk.kind.as_str()));
        map.insert("metadata".to_owned(), Json::Null);
        let mut meta = ObjectMeta::default();
        for (key, value) in given {
            match key.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => codec::decode_root(&mut meta, &value)?,
                _ => {
                    map.insert(key, value);
                }
            }
        }
        Ok(Object(Rc::new(Custom { gvk, meta, content: Rc::new(Json::Object(map)), json: OnceCell::new() })))
    }

    /// Decodes JSON as built-in kind `K`.
    pub fn decode_as<K: Kind>(json: &Json) -> Result<Object, DecodeError> {
        K::decode(json).map(Object::of)
    }

    /// Decodes JSON as the kind it claims to be if that is built in, else keeps it as JSON.
    pub fn decode(gvk: &Gvk, json: &Json) -> Result<Object, DecodeError> {
        match kind_info(gvk) {
            Some(info) => (info.decode)(json),
            None => Object::from_json(gvk.clone(), json.clone()),
        }
    }

    /// The metadata, whatever the kind.
    pub fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    /// What it says it is.
    pub fn gvk(&self) -> &Gvk {
        self.0.gvk()
    }

    /// The struct, if this is an object of kind `K`.
    pub fn view<K: Kind>(&self) -> Option<&K> {
        self.0.as_any().downcast_ref::<Typed<K>>().map(|typed| &typed.kind)
    }

    /// The JSON face, derived when first asked for and then kept. Costs several times the memory of the struct: what
    /// needs the JSON only once takes [`Object::to_json`].
    pub fn json(&self) -> &Json {
        self.0.memo().get_or_init(|| to_json(&*self.0))
    }

    /// The JSON face as a value of its own; nothing is kept.
    pub fn to_json(&self) -> Json {
        self.0.memo().get().cloned().unwrap_or_else(|| to_json(&*self.0))
    }

    /// What of the JSON face a mask lets pass; the rest is not even encoded.
    pub fn to_masked_json(&self, mask: &codec::Mask) -> Json {
        match self.0.message() {
            Some(message) => mask.encode(message),
            None => mask.apply(&self.to_json()),
        }
    }

    /// A copy with changed metadata.
    pub fn with_meta(&self, edit: impl FnOnce(&mut ObjectMeta)) -> Object {
        let mut copy = self.0.copy();
        edit(Rc::get_mut(&mut copy).expect("a fresh copy has one owner").meta_mut());
        Object(copy)
    }

    /// Namespace and name.
    pub fn key(&self) -> Key {
        let meta = self.meta();
        Key { namespace: meta.namespace.clone(), name: meta.name.clone() }
    }

    /// True if both are clones of one object.
    pub fn ptr_eq(&self, other: &Object) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.ptr_eq(other) || same(&*self.0, &*other.0)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn widget() -> Object {
        let json =
            json!({"spec": {"size": 3}, "metadata": {"name": "w", "namespace": "ns", "labels": {"a": "b"}}});
        Object::from_json(Gvk::of("example.com", "v1", "Widget"), json).unwrap()
    }

    #[test]
    fn custom_objects_keep_their_content_when_metadata_changes() {
        let object = widget();
        let changed = object.with_meta(|meta| meta.resource_version = "7".into());
        assert_eq!(changed.key(), Key::new("ns", "w"));
        assert_eq!(object.meta().resource_version, "");
        assert_eq!(changed.json()["spec"]["size"], 3);
        assert_eq!(
            changed.json().to_string(),
            r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"ns","resourceVersion":"7","labels":{"a":"b"}},"spec":{"size":3}}"#
        );
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(widget(), widget());
        assert!(!widget().ptr_eq(&widget()));
        assert_ne!(widget(), widget().with_meta(|meta| meta.generation = 2));
    }

    #[test]
    fn metadata_of_the_wrong_type_is_refused_in_gos_words() {
        let json = json!({"metadata": {"name": "w", "labels": {"a": 1}}});
        let error = Object::from_json(Gvk::of("example.com", "v1", "Widget"), json).unwrap_err();
        assert_eq!(
            error.message,
            "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
        );
    }
}
