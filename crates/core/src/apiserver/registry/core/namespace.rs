//! Namespace. Mirrors pkg/registry/core/namespace. Deleting and finalizing are in `delete.rs` and `handlers.rs`.

use api::core::v1::Namespace;
use api::meta::field::{Error, ErrorList, Path};
use api::meta::names;
use api::{Json, Str, Timestamp};

use crate::apiserver::strategy::{KindStrategy, NameRule, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::{Resource, Subresource};

/// The label that lets selectors name a namespace.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// What is particular to the kind Namespace.
pub struct NamespaceStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<NamespaceStrategy>().short(&["ns"]).with(&[Subresource::FINALIZE, Subresource::STATUS])
}

impl KindStrategy for NamespaceStrategy {
    type Kind = Namespace;
    const NAME_RULE: NameRule = NameRule::Label;
    const SELECTABLE: &'static [&'static str] = &["status.phase"];
    const COLUMNS: &'static [Column] = &[Column::text("Name"), Column::text("Status"), Column::text("Age")];

    fn set_defaults(namespace: &mut Namespace) {
        if namespace.status.phase.is_empty() {
            namespace.status.phase = "Active".into();
        }
        // SetDefaults_Namespace labels it, but not before it has a name.
        let name = namespace.metadata.name.clone();
        if !name.is_empty() {
            namespace.metadata.labels.insert(NAME_LABEL.into(), name);
        }
    }

    fn prepare_for_create(_cx: &mut StrategyContext, namespace: &mut Namespace) {
        namespace.status = Default::default();
        namespace.status.phase = "Active".into();
        let finalizers = &mut namespace.spec.finalizers;
        if !finalizers.iter().any(|name| name == "kubernetes") {
            finalizers.push("kubernetes".into());
        }
        // A generated name is known only now.
        let name = namespace.metadata.name.clone();
        namespace.metadata.labels.insert(NAME_LABEL.into(), name);
    }

    fn validate(_cx: &StrategyContext, namespace: &Namespace) -> ErrorList {
        validate_finalizers(namespace)
    }

    fn prepare_for_update(_cx: &mut StrategyContext, namespace: &mut Namespace, old: &Namespace) {
        namespace.spec.finalizers = old.spec.finalizers.clone();
        namespace.status = old.status.clone();
    }

    fn prepare_for_status_update(_cx: &mut StrategyContext, namespace: &mut Namespace, old: &Namespace) {
        namespace.spec = old.spec.clone();
    }

    fn validate_status_update(_cx: &StrategyContext, namespace: &Namespace, _old: &Namespace) -> ErrorList {
        let wanted = if namespace.metadata.is_deleting() { "Terminating" } else { "Active" };
        let mut errors = ErrorList::new();
        if namespace.status.phase != wanted {
            let why = if wanted == "Active" {
                "may only be 'Active' if `deletionTimestamp` is empty"
            } else {
                "may only be 'Terminating' if `deletionTimestamp` is not empty"
            };
            errors.push(Error::invalid(&Path::new("status").child("Phase"), &namespace.status.phase, why));
        }
        errors
    }

    fn may_delete_during_update(namespace: &Namespace) -> bool {
        namespace.spec.finalizers.is_empty()
    }

    fn print(now: Timestamp, namespace: &Namespace) -> Row {
        let meta = &namespace.metadata;
        Row::new(vec![Json::from(&meta.name), Json::from(&namespace.status.phase), age(now, meta)])
    }

    fn select(namespace: &Namespace, _field: &str) -> Str {
        namespace.status.phase.clone()
    }
}

fn validate_finalizers(namespace: &Namespace) -> ErrorList {
    let path = Path::new("spec").child("finalizers");
    let mut errors = ErrorList::new();
    for name in &namespace.spec.finalizers {
        for message in names::is_qualified_name(name) {
            errors.push(Error::invalid(&path, name, &message));
        }
    }
    errors
}
