//! Fields of types as data. Codegen writes one constant table per built-in struct; encoding, decoding, strict
//! validation, strategic merge patch, server-side apply, OpenAPI and explain all read these tables.

mod view;

use super::gvk::Gvk;
pub use view::{CustomType, ListRule, Schema, Shape};

/// What is known about a struct of the API.
#[derive(Debug)]
pub struct TypeInfo {
    /// Name of the struct in Go, as error messages print it: `PodSpec`.
    pub go: &'static str,
    /// Short name of the Go package: `v1`, `v2`.
    pub package: &'static str,
    /// Full name of the OpenAPI definition: `io.k8s.api.core.v1.PodSpec`.
    pub openapi: &'static str,
    /// Set for kinds: the struct then has `kind` and `apiVersion` before its fields.
    pub gvk: Option<KindName>,
    /// Server-side apply owns values of this type as a whole (`x-kubernetes-map-type: atomic`).
    pub atomic: bool,
    /// Fields in Go's order.
    pub fields: &'static [FieldInfo],
}

/// Group, version and kind in constant tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindName {
    /// Empty for the core group.
    pub group: &'static str,
    /// `v1`
    pub version: &'static str,
    /// `Pod`
    pub kind: &'static str,
}

impl KindName {
    /// The same as an owned value.
    pub const fn gvk(self) -> Gvk {
        Gvk::of(self.group, self.version, self.kind)
    }
}

/// What is known about one field of a struct.
#[derive(Debug)]
pub struct FieldInfo {
    /// Name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// Not written when empty (`omitempty` where it has an effect in Go, or `omitzero`).
    pub omit: bool,
    /// Listed as required in OpenAPI.
    pub required: bool,
    /// How patches and apply treat the field, where that is not the rule for its type.
    pub merge: Option<&'static Merge>,
}

/// Type of a value on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// Any text.
    String,
    /// A named string type, with its Go name (`v1.PullPolicy`).
    Enum(&'static str),
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A JSON number.
    Float64,
    /// `true` or `false`.
    Bool,
    /// Base64 text.
    Bytes,
    /// RFC 3339 with seconds.
    Time,
    /// RFC 3339 with microseconds.
    MicroTime,
    /// See [`Quantity`](crate::Quantity).
    Quantity,
    /// See [`IntOrString`](crate::IntOrString).
    IntOrString,
    /// Any JSON.
    Any,
    /// A struct with this field table.
    Message(&'static TypeInfo),
    /// A struct, a list of it, or something else (`JSONSchemaPropsOrArray`, `JSONSchemaPropsOrBool`).
    MessageOrAny(&'static TypeInfo),
    /// A list of this.
    List(&'static Type),
    /// A map from text to this.
    Map(&'static Type),
}

/// How a list, map or struct field is merged by patches and by server-side apply.
#[derive(Debug)]
pub struct Merge {
    /// How lists merge.
    pub list: ListType,
    /// True for maps and structs that server-side apply owns as a whole.
    pub atomic: bool,
    /// `x-kubernetes-patch-strategy` has `merge`.
    pub patch_merge: bool,
    /// `x-kubernetes-patch-strategy` has `retainKeys`.
    pub retain_keys: bool,
    /// `x-kubernetes-patch-merge-key`, or empty.
    pub patch_key: &'static str,
}

/// `x-kubernetes-list-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// As a whole.
    Atomic,
    /// By value; each value once.
    Set,
    /// Associative, keyed by these fields.
    Map(&'static [&'static str]),
}

impl FieldInfo {
    /// Adds how the field is merged.
    pub const fn merge(mut self, merge: &'static Merge) -> FieldInfo {
        self.merge = Some(merge);
        self
    }

    /// Value that the field of a list's key takes when it is left out, if it has one: all such keys are protocols.
    pub fn key_default(&self) -> Option<&'static str> {
        (self.name == "protocol").then_some("TCP")
    }
}

/// A field that is left out when empty.
pub const fn opt(name: &'static str, ty: Type) -> FieldInfo {
    FieldInfo { name, ty, omit: true, required: false, merge: None }
}
/// A field that is left out when empty although it is required.
pub const fn opt_required(name: &'static str, ty: Type) -> FieldInfo {
    FieldInfo { name, ty, omit: true, required: true, merge: None }
}
/// A required field, always written.
pub const fn req(name: &'static str, ty: Type) -> FieldInfo {
    FieldInfo { name, ty, omit: false, required: true, merge: None }
}
/// An optional field that is written even when empty.
pub const fn always(name: &'static str, ty: Type) -> FieldInfo {
    FieldInfo { name, ty, omit: false, required: false, merge: None }
}

impl TypeInfo {
    /// Finds a field by its JSON name. `kind` and `apiVersion` are not in the table.
    pub fn field(&self, name: &str) -> Option<&'static FieldInfo> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Type {
    /// Name of the type in Go, as `encoding/json` prints it: `int32`, `[]v1.Container`, `map[string]string`.
    pub fn go_name(&self) -> String {
        match self {
            Type::String => "string".to_owned(),
            Type::Enum(name) => (*name).to_owned(),
            Type::Int32 => "int32".to_owned(),
            Type::Int64 => "int64".to_owned(),
            Type::Float64 => "float64".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Bytes => "[]uint8".to_owned(),
            Type::Time => "v1.Time".to_owned(),
            Type::MicroTime => "v1.MicroTime".to_owned(),
            Type::Quantity => "resource.Quantity".to_owned(),
            Type::IntOrString => "intstr.IntOrString".to_owned(),
            Type::Any => "interface {}".to_owned(),
            Type::Message(info) | Type::MessageOrAny(info) => format!("{}.{}", info.package, info.go),
            Type::List(item) => format!("[]{}", item.go_name()),
            Type::Map(value @ Type::Quantity) => {
                let _ = value;
                "v1.ResourceList".to_owned()
            }
            Type::Map(value) => format!("map[string]{}", value.go_name()),
        }
    }
}
