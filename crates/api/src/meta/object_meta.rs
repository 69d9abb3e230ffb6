//! Metadata that every object has: what code asks of it. The structs are generated with the others.

use super::object::Kind;
use crate::base::str::Str;
pub use crate::generated::meta_v1::{ManagedFieldsEntry, ObjectMeta, OwnerReference};

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
