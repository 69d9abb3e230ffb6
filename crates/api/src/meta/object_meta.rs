//! Metadata that every object has.

use std::collections::BTreeMap;

use super::codec::{self, Message, Opaque, Value};
use super::object::Kind;
use super::schema::{FieldInfo, ListType, Merge, Type, TypeInfo};
use crate::base::str::Str;
use crate::base::time::Timestamp;

/// `metav1.ObjectMeta`.
#[derive(Clone, Default)]
pub struct ObjectMeta {
    pub name: Str,
    pub generate_name: Str,
    pub namespace: Str,
    pub self_link: Str,
    pub uid: Str,
    pub resource_version: Str,
    pub generation: i64,
    pub creation_timestamp: Timestamp,
    pub deletion_timestamp: Option<Timestamp>,
    pub deletion_grace_period_seconds: Option<i64>,
    pub labels: BTreeMap<Str, Str>,
    pub annotations: BTreeMap<Str, Str>,
    pub owner_references: Vec<OwnerReference>,
    pub finalizers: Vec<Str>,
    pub managed_fields: Vec<ManagedFieldsEntry>,
}

/// `metav1.OwnerReference`.
#[derive(Clone, Default)]
pub struct OwnerReference {
    pub api_version: Str,
    pub kind: Str,
    pub name: Str,
    pub uid: Str,
    pub controller: Option<bool>,
    pub block_owner_deletion: Option<bool>,
}

/// `metav1.ManagedFieldsEntry`.
#[derive(Clone, Default)]
pub struct ManagedFieldsEntry {
    pub manager: Str,
    pub operation: Str,
    pub api_version: Str,
    pub time: Option<Timestamp>,
    pub fields_type: Str,
    pub fields_v1: Opaque,
    pub subresource: Str,
}

impl ObjectMeta {
    /// Metadata with a name and, for namespaced kinds, a namespace.
    pub fn named(namespace: &str, name: &str) -> ObjectMeta {
        ObjectMeta { name: name.into(), namespace: namespace.into(), ..ObjectMeta::default() }
    }

    /// Value of a label, or the empty string.
    pub fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", Str::as_str)
    }

    /// Value of an annotation, or the empty string.
    pub fn annotation(&self, key: &str) -> &str {
        self.annotations.get(key).map_or("", Str::as_str)
    }

    /// True once deletion was asked for.
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The owner that manages this object (`metav1.GetControllerOf`).
    pub fn controller_of(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }

    /// True if the object with this uid manages this object (`metav1.IsControlledBy`).
    pub fn is_controlled_by(&self, uid: &str) -> bool {
        self.controller_of().is_some_and(|owner| owner.uid == uid)
    }
}

impl OwnerReference {
    /// A reference to `owner` as the managing controller (`metav1.NewControllerRef`).
    pub fn controller<K: Kind>(owner: &K) -> OwnerReference {
        let meta = owner.meta();
        OwnerReference {
            api_version: K::GVK.api_version(),
            kind: K::GVK.kind.into(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        }
    }
}

const fn field(name: &'static str, ty: Type, merge: Option<&'static Merge>) -> FieldInfo {
    FieldInfo { name, ty, omit: true, required: false, merge }
}
const fn required(name: &'static str, ty: Type) -> FieldInfo {
    FieldInfo { name, ty, omit: false, required: true, merge: None }
}

static OWNERS: Merge = Merge {
    list: ListType::Map(&["uid"]),
    atomic: false,
    patch_merge: true,
    retain_keys: false,
    patch_key: "uid",
};
static FINALIZERS: Merge =
    Merge { list: ListType::Set, atomic: false, patch_merge: true, retain_keys: false, patch_key: "" };

pub static OBJECT_META: TypeInfo = TypeInfo {
    go: "ObjectMeta",
    package: "v1",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    gvk: None,
    fields: &[
        field("name", Type::String, None),
        field("generateName", Type::String, None),
        field("namespace", Type::String, None),
        field("selfLink", Type::String, None),
        field("uid", Type::Enum("types.UID"), None),
        field("resourceVersion", Type::String, None),
        field("generation", Type::Int64, None),
        field("creationTimestamp", Type::Time, None),
        field("deletionTimestamp", Type::Time, None),
        field("deletionGracePeriodSeconds", Type::Int64, None),
        field("labels", Type::Map(&Type::String), None),
        field("annotations", Type::Map(&Type::String), None),
        field("ownerReferences", Type::List(&Type::Message(&OWNER_REFERENCE)), Some(&OWNERS)),
        field("finalizers", Type::List(&Type::String), Some(&FINALIZERS)),
        field("managedFields", Type::List(&Type::Message(&MANAGED_FIELDS_ENTRY)), None),
    ],
};

pub static OWNER_REFERENCE: TypeInfo = TypeInfo {
    go: "OwnerReference",
    package: "v1",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    gvk: None,
    fields: &[
        required("apiVersion", Type::String),
        required("kind", Type::String),
        required("name", Type::String),
        required("uid", Type::Enum("types.UID")),
        field("controller", Type::Bool, None),
        field("blockOwnerDeletion", Type::Bool, None),
    ],
};

pub static MANAGED_FIELDS_ENTRY: TypeInfo = TypeInfo {
    go: "ManagedFieldsEntry",
    package: "v1",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
    gvk: None,
    fields: &[
        field("manager", Type::String, None),
        field("operation", Type::Enum("v1.ManagedFieldsOperationType"), None),
        field("apiVersion", Type::String, None),
        field("time", Type::Time, None),
        field("fieldsType", Type::String, None),
        field("fieldsV1", Type::Any, None),
        field("subresource", Type::String, None),
    ],
};

impl Message for ObjectMeta {
    fn info(&self) -> &'static TypeInfo {
        &OBJECT_META
    }
    fn field(&self, index: usize) -> &dyn Value {
        match index {
            0 => &self.name,
            1 => &self.generate_name,
            2 => &self.namespace,
            3 => &self.self_link,
            4 => &self.uid,
            5 => &self.resource_version,
            6 => &self.generation,
            7 => &self.creation_timestamp,
            8 => &self.deletion_timestamp,
            9 => &self.deletion_grace_period_seconds,
            10 => &self.labels,
            11 => &self.annotations,
            12 => &self.owner_references,
            13 => &self.finalizers,
            _ => &self.managed_fields,
        }
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Value {
        match index {
            0 => &mut self.name,
            1 => &mut self.generate_name,
            2 => &mut self.namespace,
            3 => &mut self.self_link,
            4 => &mut self.uid,
            5 => &mut self.resource_version,
            6 => &mut self.generation,
            7 => &mut self.creation_timestamp,
            8 => &mut self.deletion_timestamp,
            9 => &mut self.deletion_grace_period_seconds,
            10 => &mut self.labels,
            11 => &mut self.annotations,
            12 => &mut self.owner_references,
            13 => &mut self.finalizers,
            _ => &mut self.managed_fields,
        }
    }
}

impl Message for OwnerReference {
    fn info(&self) -> &'static TypeInfo {
        &OWNER_REFERENCE
    }
    fn field(&self, index: usize) -> &dyn Value {
        match index {
            0 => &self.api_version,
            1 => &self.kind,
            2 => &self.name,
            3 => &self.uid,
            4 => &self.controller,
            _ => &self.block_owner_deletion,
        }
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Value {
        match index {
            0 => &mut self.api_version,
            1 => &mut self.kind,
            2 => &mut self.name,
            3 => &mut self.uid,
            4 => &mut self.controller,
            _ => &mut self.block_owner_deletion,
        }
    }
}

impl Message for ManagedFieldsEntry {
    fn info(&self) -> &'static TypeInfo {
        &MANAGED_FIELDS_ENTRY
    }
    fn field(&self, index: usize) -> &dyn Value {
        match index {
            0 => &self.manager,
            1 => &self.operation,
            2 => &self.api_version,
            3 => &self.time,
            4 => &self.fields_type,
            5 => &self.fields_v1,
            _ => &self.subresource,
        }
    }
    fn field_mut(&mut self, index: usize) -> &mut dyn Value {
        match index {
            0 => &mut self.manager,
            1 => &mut self.operation,
            2 => &mut self.api_version,
            3 => &mut self.time,
            4 => &mut self.fields_type,
            5 => &mut self.fields_v1,
            _ => &mut self.subresource,
        }
    }
}

impl Value for ObjectMeta {
    fn message(&self) -> Option<&dyn Message> {
        Some(self)
    }
    fn message_mut(&mut self) -> Option<&mut dyn Message> {
        Some(self)
    }
}
impl PartialEq for ObjectMeta {
    fn eq(&self, other: &ObjectMeta) -> bool {
        codec::same_message(self, other)
    }
}
impl std::fmt::Debug for ObjectMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        codec::debug_message(self, f)
    }
}
impl Value for OwnerReference {
    fn message(&self) -> Option<&dyn Message> {
        Some(self)
    }
    fn message_mut(&mut self) -> Option<&mut dyn Message> {
        Some(self)
    }
}
impl PartialEq for OwnerReference {
    fn eq(&self, other: &OwnerReference) -> bool {
        codec::same_message(self, other)
    }
}
impl std::fmt::Debug for OwnerReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        codec::debug_message(self, f)
    }
}
impl Value for ManagedFieldsEntry {
    fn message(&self) -> Option<&dyn Message> {
        Some(self)
    }
    fn message_mut(&mut self) -> Option<&mut dyn Message> {
        Some(self)
    }
}
impl PartialEq for ManagedFieldsEntry {
    fn eq(&self, other: &ManagedFieldsEntry) -> bool {
        codec::same_message(self, other)
    }
}
impl std::fmt::Debug for ManagedFieldsEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        codec::debug_message(self, f)
    }
}
