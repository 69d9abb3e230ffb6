//! Names of types: group, version, kind (what an object is) and group, version, resource (where it is served).

use std::fmt;

use crate::base::str::{Name, Str};

/// Group, version and kind of an object. The core group is the empty string.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// Empty for the core group.
    pub group: Name,
    /// `v1`, `v1beta1`
    pub version: Name,
    /// `Pod`
    pub kind: Name,
}

/// Group, version and resource (lower-case plural) of a collection.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvr {
    /// Empty for the core group.
    pub group: Name,
    /// `v1`, `v1beta1`
    pub version: Name,
    /// The plural: `pods`.
    pub resource: Name,
}

impl Gvk {
    /// A name known when the program is compiled.
    pub const fn of(group: &'static str, version: &'static str, kind: &'static str) -> Gvk {
        Gvk { group: Name::Static(group), version: Name::Static(version), kind: Name::Static(kind) }
    }

    /// A name learned at run time.
    pub fn new(group: &str, version: &str, kind: &str) -> Gvk {
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// The name that an object's `apiVersion` and `kind` give. Errors as `schema.ParseGroupVersion` words them.
    pub fn parse(api_version: &str, kind: &str) -> Result<Gvk, String> {
        let (group, version) = split_api_version(api_version)?;
        Ok(Gvk::new(group, version, kind))
    }

    /// `v1`, `apps/v1`: the `apiVersion` of an object.
    pub fn api_version(&self) -> Str {
        api_version(&self.group, &self.version)
    }

    /// The collection of this kind under its plural name.
    pub fn with_resource(&self, plural: &str) -> Gvr {
        Gvr { group: self.group.clone(), version: self.version.clone(), resource: plural.into() }
    }

    /// `Deployment.apps`, `Pod`: as `GroupKind.String` prints it.
    pub fn group_kind(&self) -> String {
        qualified(&self.kind, &self.group)
    }
}

impl Gvr {
    /// A name known when the program is compiled.
    pub const fn of(group: &'static str, version: &'static str, resource: &'static str) -> Gvr {
        Gvr { group: Name::Static(group), version: Name::Static(version), resource: Name::Static(resource) }
    }

    /// A name learned at run time.
    pub fn new(group: &str, version: &str, resource: &str) -> Gvr {
        Gvr { group: group.into(), version: version.into(), resource: resource.into() }
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(&self) -> Str {
        api_version(&self.group, &self.version)
    }

    /// `deployments.apps`, `pods`: as `GroupResource.String` prints it, and as messages name resources.
    pub fn group_resource(&self) -> String {
        qualified(&self.resource, &self.group)
    }
}

fn api_version(group: &str, version: &str) -> Str {
    if group.is_empty() { Str::new(version) } else { Str::from(format!("{group}/{version}")) }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

/// Splits `apps/v1` into group and version, `v1` into the core group and version.
pub fn split_api_version(api_version: &str) -> Result<(&str, &str), String> {
    match api_version.matches('/').count() {
        _ if api_version.is_empty() || api_version == "/" => Ok(("", "")),
        0 => Ok(("", api_version)),
        1 => Ok(api_version.split_once('/').expect("counted one slash")),
        _ => Err(format!("unexpected GroupVersion string: {api_version}")),
    }
}

impl fmt::Display for Gvk {
    /// As `GroupVersionKind.String`: `apps/v1, Kind=Deployment`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, Kind={}", self.group, self.version, self.kind)
    }
}
impl fmt::Debug for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for Gvr {
    /// As `GroupVersionResource.String`: `apps/v1, Resource=deployments`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, Resource={}", self.group, self.version, self.resource)
    }
}
impl fmt::Debug for Gvr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_split_and_join() {
        let gvk = Gvk::parse("apps/v1", "Deployment").unwrap();
        assert_eq!(gvk, Gvk::of("apps", "v1", "Deployment"));
        assert_eq!(gvk.api_version(), "apps/v1");
        assert_eq!(gvk.to_string(), "apps/v1, Kind=Deployment");
        assert_eq!(Gvk::of("", "v1", "Pod").api_version(), "v1");
        assert_eq!(gvk.with_resource("deployments").group_resource(), "deployments.apps");
        assert_eq!(Gvk::parse("a/b/c", "X").unwrap_err(), "unexpected GroupVersion string: a/b/c");
    }
}
