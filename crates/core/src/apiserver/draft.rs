//! The object in flight: what a request changes before it is stored. A struct for built-in kinds, JSON with decoded
//! metadata for custom ones. Stored objects are immutable; a draft is the one copy that a write makes.

use std::any::Any;

use api::meta::v1::ObjectMeta;
use api::{DecodeError, Gvk, Json, Kind, Object};

/// An object that may still change. Sealed into an [`Object`] when it is stored or returned.
pub struct Draft(Box<dyn Body>);

trait Body {
    fn meta(&self) -> &ObjectMeta;
    fn meta_mut(&mut self) -> &mut ObjectMeta;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn same(&self, object: &Object) -> bool;
    fn to_json(&self) -> Json;
    fn seal(self: Box<Self>) -> Object;
}

impl<K: Kind> Body for K {
    fn meta(&self) -> &ObjectMeta {
        Kind::meta(self)
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        Kind::meta_mut(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn same(&self, object: &Object) -> bool {
        object.view::<K>() == Some(self)
    }
    fn to_json(&self) -> Json {
        Kind::encode(self)
    }
    fn seal(self: Box<Self>) -> Object {
        Object::of(*self)
    }
}

/// A custom resource in flight.
pub struct CustomDraft {
    gvk: Gvk,
    meta: ObjectMeta,
    /// The whole object, except that `metadata` is in `meta` and here only keeps its place.
    pub content: Json,
}

impl Body for CustomDraft {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
    fn same(&self, object: &Object) -> bool {
        *object.json() == self.to_json()
    }
    fn to_json(&self) -> Json {
        let mut json = self.content.clone();
        json["metadata"] = api::meta::codec::encode_message(&self.meta);
        json.sort_all_objects();
        json
    }
    fn seal(self: Box<Self>) -> Object {
        let json = self.to_json();
        Object::from_json(self.gvk, json).expect("metadata that was just encoded decodes")
    }
}

impl Draft {
    /// A draft of a built-in kind.
    pub fn of<K: Kind>(kind: K) -> Draft {
        Draft(Box::new(kind))
    }

    /// A draft of a custom kind from its JSON.
    pub fn custom(gvk: &Gvk, json: Json) -> Result<Draft, DecodeError> {
        Ok(Draft::open_custom(&Object::from_json(gvk.clone(), json)?))
    }

    /// A copy of a stored custom object.
    pub fn open_custom(object: &Object) -> Draft {
        let (gvk, meta) = (object.gvk().clone(), object.meta().clone());
        Draft(Box::new(CustomDraft { gvk, meta, content: object.to_json() }))
    }

    /// Its metadata.
    pub fn meta(&self) -> &ObjectMeta {
        self.0.meta()
    }

    /// Its metadata, to change.
    pub fn meta_mut(&mut self) -> &mut ObjectMeta {
        self.0.meta_mut()
    }

    /// The struct, if this is of kind `K`.
    pub fn view<K: Kind>(&self) -> Option<&K> {
        self.0.as_any().downcast_ref()
    }

    /// The struct for writing, if this is of kind `K`.
    pub fn view_mut<K: Kind>(&mut self) -> Option<&mut K> {
        self.0.as_any_mut().downcast_mut()
    }

    /// The JSON of a custom resource.
    pub fn content(&self) -> Option<&Json> {
        self.0.as_any().downcast_ref::<CustomDraft>().map(|draft| &draft.content)
    }

    /// The JSON of a custom resource, for writing.
    pub fn content_mut(&mut self) -> Option<&mut Json> {
        self.0.as_any_mut().downcast_mut::<CustomDraft>().map(|draft| &mut draft.content)
    }

    /// True if sealing would give an object equal to `object`.
    pub fn same(&self, object: &Object) -> bool {
        self.0.same(object)
    }

    /// Its JSON, as it would be stored.
    pub fn to_json(&self) -> Json {
        self.0.to_json()
    }

    /// Makes it immutable: what is stored.
    pub fn seal(self) -> Object {
        self.0.seal()
    }
}
