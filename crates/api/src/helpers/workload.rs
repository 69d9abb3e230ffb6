//! What workload controllers share: hashes of pod templates, revisions, and how far a rolling update may go
//! (`k8s.io/kubernetes/pkg/controller`, `pkg/controller/deployment/util`).

use crate::base::hash;
use crate::core::v1::PodTemplateSpec;
use crate::meta::codec;
use crate::meta::intstr::IntOrString;

/// Label that tells a Deployment's ReplicaSets and their pods apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";
/// Label that tells the revisions of StatefulSets and DaemonSets apart.
pub const CONTROLLER_REVISION_HASH: &str = "controller-revision-hash";
/// Annotation with the number of a Deployment's revision.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// Annotation with the earlier numbers of a revision that came back.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// Annotation with a Deployment's replicas, on its ReplicaSets.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// Annotation with the most replicas that a Deployment may have, on its ReplicaSets.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// Annotation that explains a change.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// A short name for a template: FNV over its canonical encoding and the collision count, in the alphabet of generated
/// names (`ComputeHash`). Stable, but not the value that Go's own printing of the struct would give.
pub fn template_hash(template: &PodTemplateSpec, collision_count: Option<i32>) -> String {
    let mut sum = hash::fnv32a(codec::encode_message(template).to_string().as_bytes());
    if let Some(count) = collision_count {
        sum = hash::fnv32a_more(sum, &(count as u64).to_le_bytes());
    }
    hash::safe_encode(&sum.to_string())
}

/// How many pods may be added above `desired`, and how many may be missing below it, as absolute numbers
/// (`ResolveFenceposts`). Never both zero.
pub fn resolve_fenceposts(
    max_surge: Option<&IntOrString>,
    max_unavailable: Option<&IntOrString>,
    desired: i32,
) -> Result<(i32, i32), String> {
    let scaled =
        |value: Option<&IntOrString>, up: bool| value.map_or(Ok(0), |value| value.scaled(desired, up));
    let surge = scaled(max_surge, true)?;
    let unavailable = scaled(max_unavailable, false)?;
    // Both can round to nothing; then the update must still be able to move.
    if surge == 0 && unavailable == 0 { Ok((0, 1)) } else { Ok((surge, unavailable)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::str::Str;

    #[test]
    fn hashes_depend_on_the_template_and_on_collisions() {
        let mut template = PodTemplateSpec::default();
        let first = template_hash(&template, None);
        assert_ne!(first, template_hash(&template, Some(1)));
        template.metadata.labels.insert(Str::from("a"), Str::from("b"));
        assert_ne!(first, template_hash(&template, None));
        assert!(first.len() <= 10 && first.bytes().all(|byte| hash::SAFE_ALPHANUMS.contains(&byte)));
    }

    #[test]
    fn a_rolling_update_can_always_move() {
        let quarter = IntOrString::from("25%");
        assert_eq!(resolve_fenceposts(Some(&quarter), Some(&quarter), 4), Ok((1, 1)));
        assert_eq!(resolve_fenceposts(Some(&quarter), Some(&quarter), 3), Ok((1, 0)));
        assert_eq!(resolve_fenceposts(Some(&0.into()), Some(&0.into()), 3), Ok((0, 1)));
    }
}
