//! Who a request comes from. Transports authenticate (a kubeconfig's user, a pod's token, an identity of a component)
//! and say so in headers, as an authenticating proxy does; impersonation is checked here.

use api::http::{self, Request};
use api::{Gvr, Status, Str};

/// Who sends a request.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// "kubernetes-admin", "system:serviceaccount:default:default".
    pub name: Str,
    /// "system:authenticated" and the like.
    pub groups: Vec<Str>,
}

impl User {
    /// True if the user is in it.
    pub fn in_group(&self, group: &str) -> bool {
        self.groups.iter().any(|known| known == group)
    }
}

const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The group of everybody who has said who they are.
pub(super) const AUTHENTICATED: &str = "system:authenticated";

/// The user of a request; errors if the user may not impersonate whom the request names.
pub fn authenticate(request: &Request) -> Result<User, Status> {
    let name = request.header_value(http::USER);
    let user = if name.is_empty() {
        User { name: ANONYMOUS.into(), groups: vec![UNAUTHENTICATED.into()] }
    } else {
        let groups: Vec<Str> = request.groups().cloned().collect();
        known_user(name, groups)
    };
    let wanted = request.header("impersonate-user");
    if wanted.is_empty() {
        return Ok(user);
    }
    if !user.in_group("system:masters") {
        let why = format!(
            "User {:?} cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
            user.name.as_str()
        );
        return Err(Status::forbidden(&Gvr::of("", "v1", "users"), wanted, &why));
    }
    let headers = request.headers.iter();
    let groups = headers.filter(|(name, _)| name == "impersonate-group").map(|(_, group)| group.clone());
    Ok(known_user(wanted.into(), groups.collect()))
}

/// Adds the groups that every known user, and every service account, is in.
fn known_user(name: Str, mut groups: Vec<Str>) -> User {
    if groups.is_empty()
        && let Some((namespace, _)) =
            name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
    {
        groups.push("system:serviceaccounts".into());
        groups.push(format!("system:serviceaccounts:{namespace}").into());
    }
    if !groups.iter().any(|group| group == AUTHENTICATED) {
        groups.push(AUTHENTICATED.into());
    }
    User { name, groups }
}
