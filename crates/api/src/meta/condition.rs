//! `metav1.Condition`, the shape of conditions in newer kinds (`k8s.io/apimachinery/pkg/api/meta/conditions`).

use super::v1::Condition;
use crate::base::time::Timestamp;

/// The condition of this type.
pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// True if the condition is there and its status is True.
pub fn is_true(conditions: &[Condition], kind: &str) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == "True")
}

/// Writes a condition; its transition time changes only with its status. Returns whether anything changed
/// (`SetStatusCondition`).
pub fn set(conditions: &mut Vec<Condition>, mut new: Condition, now: Timestamp) -> bool {
    let Some(old) = conditions.iter_mut().find(|condition| condition.type_ == new.type_) else {
        if new.last_transition_time.is_zero() {
            new.last_transition_time = now;
        }
        conditions.push(new);
        return true;
    };
    if old.status == new.status {
        new.last_transition_time = old.last_transition_time;
    } else if new.last_transition_time.is_zero() {
        new.last_transition_time = now;
    }
    let changed = *old != new;
    *old = new;
    changed
}

/// Removes the condition of this type. Returns whether it was there.
pub fn remove(conditions: &mut Vec<Condition>, kind: &str) -> bool {
    let before = conditions.len();
    conditions.retain(|condition| condition.type_ != kind);
    conditions.len() != before
}
