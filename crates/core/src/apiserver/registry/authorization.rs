//! Resources of the groups `authorization.k8s.io` and `authentication.k8s.io`: questions that the server answers at once
//! and does not store. The answers are in `reviews`.

use api::authentication::v1::SelfSubjectReview;
use api::authorization::v1::{SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview};

use crate::apiserver::Resource;
use crate::apiserver::strategy::KindStrategy;

struct Whoami;
struct CanI;
struct Rules;
struct CanThey;

impl KindStrategy for Whoami {
    type Kind = SelfSubjectReview;
}
impl KindStrategy for CanI {
    type Kind = SelfSubjectAccessReview;
}
impl KindStrategy for Rules {
    type Kind = SelfSubjectRulesReview;
}
impl KindStrategy for CanThey {
    type Kind = SubjectAccessReview;
}

/// The resources of this group, in the order of discovery.
pub fn resources() -> Vec<Resource> {
    vec![
        Resource::of::<Whoami>().review(),
        Resource::of::<CanI>().review(),
        Resource::of::<Rules>().review(),
        Resource::of::<CanThey>().review(),
    ]
}
