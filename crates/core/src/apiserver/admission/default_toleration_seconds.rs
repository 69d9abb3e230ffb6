//! Pods stay five minutes on a node that is not ready or cannot be reached, unless they say otherwise.
//! Mirrors plugin/pkg/admission/defaulttolerationseconds.

use api::core::v1::{Pod, Toleration};

const SECONDS: i64 = 300;

pub(super) fn admit(pod: &mut Pod) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Toleration| {
            (toleration.key == key || toleration.key.is_empty())
                && (toleration.effect == "NoExecute" || toleration.effect.is_empty())
        };
        if !pod.spec.tolerations.iter().any(tolerates) {
            pod.spec.tolerations.reserve_exact(1);
            pod.spec.tolerations.push(Toleration {
                key: key.into(),
                operator: "Exists".into(),
                effect: "NoExecute".into(),
                toleration_seconds: Some(SECONDS),
                ..Toleration::default()
            });
        }
    }
}
