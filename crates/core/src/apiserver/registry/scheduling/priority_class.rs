//! PriorityClass. Mirrors pkg/registry/scheduling/priorityclass and its parts of defaults, validation and printers.

use api::meta::field::{Error, ErrorList, Path};
use api::scheduling::v1::PriorityClass;
use api::{Json, Timestamp};

use crate::apiserver::Resource;
use crate::apiserver::strategy::{KindStrategy, StrategyContext};
use crate::apiserver::table::{Column, Row, age};
use crate::apiserver::validation::FIELD_IMMUTABLE;

/// The highest priority that users may define; higher ones are the system's.
const HIGHEST_USER_PRIORITY: i32 = 1_000_000_000;
/// Classes that the system itself creates.
const SYSTEM_CLASSES: [(&str, i32); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// What is particular to the kind PriorityClass.
pub struct PriorityClassStrategy;

/// The kind as served: short names, categories, subresources.
pub fn resource() -> Resource {
    Resource::of::<PriorityClassStrategy>().short(&["pc"])
}

impl KindStrategy for PriorityClassStrategy {
    type Kind = PriorityClass;
    const COLUMNS: &'static [Column] = &[
        Column::text("Name"),
        Column::integer("Value"),
        Column::new("Global-Default", "boolean"),
        Column::text("Age"),
        Column::text("PreemptionPolicy"),
    ];

    fn set_defaults(class: &mut PriorityClass) {
        class.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".into());
    }

    fn prepare_for_create(_cx: &mut StrategyContext, class: &mut PriorityClass) {
        class.metadata.generation = 1;
    }

    fn validate(_cx: &StrategyContext, class: &PriorityClass) -> ErrorList {
        let mut errors = ErrorList::new();
        let name = class.metadata.name.as_str();
        if name.starts_with("system-") {
            let known = SYSTEM_CLASSES.iter().find(|(known, _)| *known == name);
            let why = match known {
                None => format!("{name} is not a known system priority class"),
                Some((_, value)) if class.value != *value => {
                    format!("value of {name} PriorityClass must be {value}")
                }
                Some(_) if class.global_default => {
                    format!("globalDefault of {name} PriorityClass must be false")
                }
                Some(_) => return errors,
            };
            let why = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
            );
            errors.push(Error::forbidden(&Path::new("metadata").child("name"), &why));
        } else if class.value > HIGHEST_USER_PRIORITY {
            let why = format!("maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}");
            errors.push(Error::forbidden(&Path::new("value"), &why));
        }
        if let Some(policy) = &class.preemption_policy
            && !matches!(policy.as_str(), "PreemptLowerPriority" | "Never")
        {
            let supported = ["PreemptLowerPriority", "Never"];
            errors.push(Error::not_supported(&Path::new("preemptionPolicy"), policy, &supported));
        }
        errors
    }

    fn validate_update(_cx: &StrategyContext, class: &PriorityClass, old: &PriorityClass) -> ErrorList {
        let mut errors = ErrorList::new();
        if class.value != old.value {
            errors.push(Error::forbidden(&Path::new("value"), "may not be changed in an update."));
        }
        if class.preemption_policy != old.preemption_policy {
            let given = class.preemption_policy.as_ref().map_or(Json::Null, Json::from);
            errors.push(Error::invalid(&Path::new("preemptionPolicy"), given, FIELD_IMMUTABLE));
        }
        errors
    }

    fn print(now: Timestamp, class: &PriorityClass) -> Row {
        let policy = class.preemption_policy.as_ref().map_or("", |policy| policy.as_str());
        Row::new(vec![
            Json::from(&class.metadata.name),
            Json::from(class.value),
            Json::from(class.global_default),
            age(now, &class.metadata),
            Json::from(policy),
        ])
    }
}
