//! ControllerRevision. Mirrors pkg/registry/apps/controllerrevision.

use api::Json;
use api::Timestamp;
use api::apps::v1::ControllerRevision;
use api::meta::field::{Error, ErrorList, Path};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::{FIELD_IMMUTABLE, validate_nonnegative};

/// What is particular to the kind ControllerRevision.
pub struct ControllerRevisionStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<ControllerRevisionStrategy>()
}

impl KindStrategy for ControllerRevisionStrategy {
    type Kind = ControllerRevision;
    const COLUMNS: &'static [Column] =
        &[Column::text("Name"), Column::text("Controller"), Column::integer("Revision"), Column::text("Age")];

    fn validate(_cx: &StrategyContext, revision: &ControllerRevision) -> ErrorList {
        validate_nonnegative(revision.revision, &Path::new("revision"))
    }

    fn validate_update(
        _cx: &StrategyContext,
        revision: &ControllerRevision,
        old: &ControllerRevision,
    ) -> ErrorList {
        let mut errors = validate_nonnegative(revision.revision, &Path::new("revision"));
        if revision.data.json() != old.data.json() {
            errors.push(Error::invalid(&Path::new("data"), revision.data.json().clone(), FIELD_IMMUTABLE));
        }
        errors
    }

    fn print(now: Timestamp, revision: &ControllerRevision) -> Row {
        let meta = &revision.metadata;
        let controller = meta.controller_of().map_or("<none>".to_owned(), |owner| {
            let group =
                owner.api_version.split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
            format!("{}{group}/{}", owner.kind.to_ascii_lowercase(), owner.name)
        });
        Row::new(vec![
            Json::from(&meta.name),
            Json::from(controller),
            Json::from(revision.revision),
            age(now, meta),
        ])
    }
}
