//! IngressClass. Mirrors pkg/registry/networking/ingressclass and its parts of validation and printers.

use api::meta::field::{Error, ErrorList, Path};
use api::networking::v1::IngressClass;
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::FIELD_IMMUTABLE;

/// What is particular to the kind IngressClass.
pub struct IngressClassStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<IngressClassStrategy>()
}

impl KindStrategy for IngressClassStrategy {
    type Kind = IngressClass;
    const COLUMNS: &'static [Column] =
        &[Column::text("Name"), Column::text("Controller"), Column::text("Parameters"), Column::text("Age")];

    fn prepare_for_create(_cx: &mut StrategyContext, class: &mut IngressClass) {
        class.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, class: &IngressClass) -> ErrorList {
        let mut errors = ErrorList::new();
        let controller = class.spec.controller.as_str();
        let path = Path::new("spec").child("controller");
        if controller.len() > 250 {
            errors.push(Error::too_long(&path, 250));
        }
        if !controller.split_once('/').is_some_and(|(domain, rest)| !domain.is_empty() && !rest.is_empty()) {
            let why = "must be a domain-prefixed path (such as \"acme.io/foo\")";
            errors.push(if controller.is_empty() {
                Error::required(&path, "")
            } else {
                Error::invalid(&path, controller, why)
            });
        }
        errors
    }

    fn prepare_for_update(_cx: &mut StrategyContext, class: &mut IngressClass, old: &IngressClass) {
        if class.spec != old.spec {
            class.metadata.generation = old.metadata.generation + 1;
        }
    }

    fn validate_update(_cx: &StrategyContext, class: &IngressClass, old: &IngressClass) -> ErrorList {
        let mut errors = ErrorList::new();
        if class.spec.controller != old.spec.controller {
            let path = Path::new("spec").child("controller");
            errors.push(Error::invalid(&path, &class.spec.controller, FIELD_IMMUTABLE));
        }
        errors
    }

    fn print(now: Timestamp, class: &IngressClass) -> Row {
        let parameters = class.spec.parameters.as_ref().map_or_else(
            || "<none>".to_owned(),
            |reference| match &reference.api_group {
                Some(group) => format!("{}.{group}/{}", reference.kind, reference.name),
                None => format!("{}/{}", reference.kind, reference.name),
            },
        );
        Row::new(vec![
            Json::from(&class.metadata.name),
            Json::from(&class.spec.controller),
            Json::from(parameters),
            age(now, &class.metadata),
        ])
    }
}
