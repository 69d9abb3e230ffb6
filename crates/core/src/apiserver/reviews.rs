//! Who am I, and what may I do: requests that are answered out of the authorizer and stored nowhere.
//! Mirrors pkg/registry/authorization and pkg/registry/authentication/selfsubjectreview.

use api::authentication::v1::{SelfSubjectReview, UserInfo};
use api::authorization::v1::{
    NonResourceAttributes, NonResourceRule, ResourceAttributes, ResourceRule, SelfSubjectAccessReview,
    SelfSubjectRulesReview, SubjectAccessReview, SubjectAccessReviewStatus,
};
use api::http::Response;
use api::meta::field::{Error, ErrorList, Path};
use api::{Gvk, Status, Str};

use super::authn::User;
use super::authz::{self, Attributes};
use super::call::Call;
use super::draft::Draft;
use super::{ApiServer, RequestContext, body};

impl ApiServer {
    /// Answers a review of the caller, or of another user.
    pub(super) fn review(&mut self, cx: &mut RequestContext, call: &mut Call) -> Result<Response, Status> {
        let registry = self.registry.clone();
        let mut draft = body::decode(&registry, call)?;
        let user = call.user.clone();
        let gvk = call.resource.gvk.clone();
        if let Some(review) = draft.view_mut::<SelfSubjectReview>() {
            review.metadata.creation_timestamp = cx.now.trunc_secs();
            review.status.user_info =
                UserInfo { username: user.name, groups: user.groups, ..UserInfo::default() };
        } else if let Some(review) = draft.view_mut::<SelfSubjectAccessReview>() {
            let spec = &review.spec;
            let (resource, path) =
                (spec.resource_attributes.as_deref(), spec.non_resource_attributes.as_deref());
            review.status = access(&gvk, &user, resource, path, ErrorList::new())?;
        } else if let Some(review) = draft.view_mut::<SubjectAccessReview>() {
            let spec = &review.spec;
            let mut errors = ErrorList::new();
            if spec.user.is_empty() && spec.groups.is_empty() {
                errors.push(Error::invalid(
                    &Path::new("spec").child("user"),
                    "",
                    "at least one of user or group must be specified",
                ));
            }
            let subject = User { name: spec.user.clone(), groups: spec.groups.clone() };
            let (resource, path) =
                (spec.resource_attributes.as_deref(), spec.non_resource_attributes.as_deref());
            review.status = access(&gvk, &subject, resource, path, errors)?;
        } else if let Some(review) = draft.view_mut::<SelfSubjectRulesReview>() {
            if review.spec.namespace.is_empty() {
                return Err(Status::bad_request("no namespace on request"));
            }
            (review.status.resource_rules, review.status.non_resource_rules) = rules(&user);
        }
        Ok(call.respond(cx, 201, Draft::seal(draft)))
    }
}

/// Whether a user may do what one of the two describes.
fn access(
    gvk: &Gvk,
    user: &User,
    resource: Option<&ResourceAttributes>,
    path: Option<&NonResourceAttributes>,
    mut errors: ErrorList,
) -> Result<SubjectAccessReviewStatus, Status> {
    let spec = Path::new("spec");
    let allowed = match (resource, path) {
        (Some(of), None) => {
            let (group, resource, verb) = (of.group.as_str(), of.resource.as_str(), of.verb.as_str());
            authz::may(user, &Attributes::Resource { group, resource, verb })
        }
        (None, Some(of)) => authz::may(user, &Attributes::Path { path: &of.path, verb: &of.verb }),
        (None, None) => {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            errors.push(Error::invalid(&spec.child("resourceAttributes"), api::Json::Null, why));
            false
        }
        (Some(_), Some(_)) => {
            let why = "cannot be specified in combination with resourceAttributes";
            let path = path.map_or(api::Json::Null, |path| api::meta::codec::encode_message(path));
            errors.push(Error::invalid(&spec.child("nonResourceAttributes"), path, why));
            false
        }
    };
    if !errors.is_empty() {
        return Err(Status::invalid(gvk, "", &errors));
    }
    Ok(SubjectAccessReviewStatus { allowed, ..SubjectAccessReviewStatus::default() })
}

fn strs(texts: &[&str]) -> Vec<Str> {
    texts.iter().map(|text| (*text).into()).collect()
}

/// What a user may do, in the shape of roles: cluster-admin, system:basic-user, system:discovery.
fn rules(user: &User) -> (Vec<ResourceRule>, Vec<NonResourceRule>) {
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    let mut resource = |groups: &[&str], names: &[&str], verbs: &[&str]| {
        resources.push(ResourceRule {
            verbs: strs(verbs),
            api_groups: strs(groups),
            resources: strs(names),
            ..ResourceRule::default()
        });
    };
    let mut path = |urls: &[&str], verb| {
        paths.push(NonResourceRule { verbs: strs(&[verb]), non_resource_urls: strs(urls) })
    };
    if authz::may_do_everything(user) {
        resource(&["*"], &["*"], &["*"]);
        path(&["*"], "*");
    }
    if user.in_group(super::authn::AUTHENTICATED) {
        let reviews = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
        resource(&["authorization.k8s.io"], &reviews, &["create"]);
        resource(&["authentication.k8s.io"], &["selfsubjectreviews"], &["create"]);
        path(authz::DISCOVERY_PATHS, "get");
    }
    path(authz::PUBLIC_PATHS, "get");
    (resources, paths)
}
