//! What is particular to a kind when it is created, changed, deleted and printed. Method names are Kubernetes' own
//! (k8s.io/apiserver/pkg/registry/rest).
//!
//! [`KindStrategy`] is what a built-in kind writes, over its own struct. [`Strategy`] is what the server calls, over
//! [`Draft`]s of any kind; [`Typed`] turns the one into the other, and [`custom::CustomStrategy`] implements it for
//! custom resources.

pub mod custom;
mod typed;

pub use typed::{KindStrategy, Typed};

use api::meta::field::{ErrorList, Path};
use api::meta::schema::{Schema, TypeInfo};
use api::{DecodeError, Json, Object, Status, Str, Timestamp};

use super::allocation::Allocations;
use super::draft::Draft;
use super::table::{Column, Row};
use crate::sim::Rng;
use crate::store::Storage;

/// Everything a strategy may know besides the objects.
pub struct StrategyContext<'a> {
    /// The moment of the request.
    pub now: Timestamp,
    /// Read-only view of the rest of the cluster.
    pub storage: &'a Storage,
    /// What else is served.
    pub registry: &'a super::Registry,
    /// Which service addresses and ports are taken.
    pub allocations: &'a Allocations,
    /// The request's randomness: names, uids, nodePorts.
    pub rng: &'a mut Rng,
}

/// Which names a kind allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// `NameIsDNSSubdomain`
    Subdomain,
    /// `NameIsDNSLabel`
    Label,
    /// `NameIsDNS1035Label`
    Label1035,
    /// `path.ValidatePathSegmentName`
    PathSegment,
}

/// Behaviour of one resource. Implementations hold no state of the cluster.
pub trait Strategy {
    /// A copy of a stored object, to change. `None` if the object is of another kind.
    fn open(&self, object: &Object) -> Option<Draft>;
    /// A draft from what a client sent. Errors name the path ("json: cannot unmarshal …").
    fn decode(&self, json: &Json) -> Result<Draft, DecodeError>;
    /// Field table; `None` for custom resources.
    fn info(&self) -> Option<&'static TypeInfo>;
    /// Known fields; `None` for custom resources without a schema, which may hold any field.
    fn schema(&self) -> Option<Schema>;
    /// What `metadata.name` may look like.
    fn name_rule(&self) -> NameRule;
    /// Fills in defaults (SetDefaults_*).
    fn set_defaults(&self, draft: &mut Draft);
    /// True if the draft shares with the stored object all that defaults concern, so that they are set.
    fn has_defaults_of(&self, _draft: &Draft, _old: &Object) -> bool {
        false
    }
    /// Drops what clients may not set, sets generation and initial status.
    fn prepare_for_create(&self, cx: &mut StrategyContext, draft: &mut Draft);
    /// All that is wrong with a new object, in upstream's order and wording.
    fn validate(&self, cx: &StrategyContext, draft: &Draft) -> ErrorList;
    /// Takes over what clients may not change, raises generation if the spec differs.
    fn prepare_for_update(&self, cx: &mut StrategyContext, draft: &mut Draft, old: &Object);
    /// All that is wrong with the changed object, and with the change.
    fn validate_update(&self, cx: &StrategyContext, draft: &Draft, old: &Object) -> ErrorList;
    /// Keeps everything but the status (and what metadata the status endpoint may change).
    fn prepare_for_status_update(&self, cx: &mut StrategyContext, draft: &mut Draft, old: &Object);
    /// As [`validate_update`](Strategy::validate_update), for a write to `status`.
    fn validate_status_update(&self, cx: &StrategyContext, draft: &Draft, old: &Object) -> ErrorList;
    /// Last step before the commit of a create (`old` is `None`) or an update: takes addresses and ports.
    /// Mirrors `Store.BeginCreate` and `Store.BeginUpdate`.
    fn begin(&self, cx: &mut StrategyContext, draft: &mut Draft, old: Option<&Object>) -> Result<(), Status>;
    /// Warning headers (299) for odd but valid objects.
    fn warnings(&self, draft: &Draft, old: Option<&Object>) -> Vec<Str>;
    /// True if PUT may create (Leases, Events and few others).
    fn allow_create_on_update(&self) -> bool;
    /// True if PUT may come without resourceVersion.
    fn allow_unconditional_update(&self) -> bool;
    /// The grace period of a deletion that asks for `requested` seconds; `None` if the kind is deleted at once.
    fn check_graceful_delete(&self, object: &Object, requested: Option<i64>) -> Option<i64>;
    /// True if a delete answers with the object, not with a Status.
    fn returns_deleted_object(&self) -> bool;
    /// True if an updated object that waits for deletion may go now, as far as the kind is concerned.
    fn may_delete_during_update(&self, draft: &Draft) -> bool;
    /// Columns of tables, the name's first.
    fn columns(&self) -> &[Column];
    /// The cells of one object, one for each of `columns`.
    fn print(&self, now: Timestamp, object: &Object) -> Row;
    /// Value of a field that selectors may name; `None` if they may not.
    fn select(&self, object: &Object, field: &str) -> Option<Str>;
    /// True if selectors may name the field.
    fn selectable(&self, field: &str) -> bool;
    /// Desired replicas and what the scale subresource shows; `None` if the kind has none.
    fn scale(&self, object: &Object) -> Option<Scale>;
    /// Sets the desired replicas.
    fn set_scale(&self, draft: &mut Draft, replicas: i32);
}

/// What the scale subresource shows of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// `spec.replicas`
    pub replicas: i32,
    /// `status.replicas`
    pub status_replicas: i32,
    /// Label selector in its text form.
    pub selector: Str,
}

/// What is wrong with a name, as messages word it. `prefix` is set for `generateName`.
pub fn validate_name(rule: NameRule, name: &str, prefix: bool, path: &Path) -> ErrorList {
    use api::meta::names;
    // A generated name ends in characters of its own, so a prefix may end in a dash.
    let masked;
    let checked = if prefix && name.len() > 1 && name.ends_with('-') {
        masked = format!("{}a", &name[..name.len() - 1]);
        &masked
    } else {
        name
    };
    let messages: Vec<String> = match rule {
        NameRule::Subdomain => names::is_dns1123_subdomain(checked),
        NameRule::Label => names::is_dns1123_label(checked),
        NameRule::Label1035 => names::is_dns1035_label(checked),
        NameRule::PathSegment => names::is_valid_path_segment_name(checked),
    };
    messages
        .into_iter()
        .map(|message| api::meta::field::Error::invalid(path, name, &message))
        .collect::<Vec<_>>()
        .into()
}
