//! What the server serves: discovery documents and the RESTMapper made of them.

use std::rc::Rc;

use api::Json;
use api::http::Method;

use crate::client::Client;
use crate::error::{CmdError, Result};

/// One served resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    /// "v1"
    pub version: String,
    /// "Pod"
    pub kind: String,
    /// "pods": the word of paths.
    pub plural: String,
    /// "pod"
    pub singular: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// "po"
    pub short_names: Vec<String>,
    /// "all"
    pub categories: Vec<String>,
    /// In the server's order.
    pub verbs: Vec<String>,
    /// `scale`, `status`, `log`, …
    pub subresources: Vec<String>,
    /// The version is the preferred one of its group.
    pub preferred: bool,
}

impl Resource {
    /// Returns `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        join(&self.group, &self.version)
    }

    /// Returns `deployments.apps`.
    pub fn group_resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Returns `deployment.apps`, the form in which kubectl names objects.
    pub fn kind_name(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.group.is_empty() { kind } else { format!("{kind}.{}", self.group) }
    }

    /// Tells whether this is a kind of a group.
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

/// Joins group and version.
pub fn join(group: &str, version: &str) -> String {
    if group.is_empty() { version.into() } else { format!("{group}/{version}") }
}

/// Splits `apps/v1` into group and version.
pub fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// All served resources in the server's order.
#[derive(Clone, Debug, Default)]
pub struct Mapper {
    /// Those that can be named; subresources are in [`Resource::subresources`].
    pub resources: Vec<Rc<Resource>>,
    /// `group/version` in the server's order.
    pub group_versions: Vec<String>,
}

const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

impl Mapper {
    /// Asks the server.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn load(client: &Client) -> Result<Mapper> {
        let mut mapper = Mapper::default();
        for root in ["/api", "/apis"] {
            let mut req = client.build(Method::Get, root, &[]);
            req.set_header("accept", AGGREGATED);
            let doc = client.json(req).await?;
            if doc["kind"] == "APIGroupDiscoveryList" {
                mapper.read_aggregated(&doc);
            } else {
                mapper.read_legacy(client, root, &doc).await?;
            }
        }
        Ok(mapper)
    }

    /// Adds an `APIGroupDiscoveryList`.
    pub fn read_aggregated(&mut self, doc: &Json) {
        for group in array(&doc["items"]) {
            let name = text(&group["metadata"]["name"]);
            for (i, version) in array(&group["versions"]).iter().enumerate() {
                let number = text(&version["version"]);
                self.group_versions.push(join(&name, &number));
                for r in array(&version["resources"]) {
                    let kind = &r["responseKind"];
                    self.resources.push(Rc::new(Resource {
                        group: name.clone(),
                        version: number.clone(),
                        kind: text(&kind["kind"]),
                        plural: text(&r["resource"]),
                        singular: text(&r["singularResource"]),
                        namespaced: r["scope"] == "Namespaced",
                        short_names: texts(&r["shortNames"]),
                        categories: texts(&r["categories"]),
                        verbs: texts(&r["verbs"]),
                        subresources: array(&r["subresources"])
                            .iter()
                            .map(|s| text(&s["subresource"]))
                            .collect(),
                        preferred: i == 0,
                    }));
                }
            }
        }
    }

    async fn read_legacy(&mut self, client: &Client, root: &str, doc: &Json) -> Result {
        let mut versions: Vec<(String, String, bool)> =
            array(&doc["versions"]).iter().map(|v| (String::new(), text(v), true)).collect();
        for group in array(&doc["groups"]) {
            let preferred = &group["preferredVersion"]["version"];
            for v in array(&group["versions"]) {
                versions.push((text(&group["name"]), text(&v["version"]), v["version"] == *preferred));
            }
        }
        for (group, version, preferred) in versions {
            let list = client.get(&format!("{root}/{}", join(&group, &version)), &[]).await?;
            self.group_versions.push(join(&group, &version));
            self.read_legacy_list(&group, &version, preferred, &list);
        }
        Ok(())
    }

    fn read_legacy_list(&mut self, group: &str, version: &str, preferred: bool, list: &Json) {
        let all = array(&list["resources"]);
        for r in all.iter().filter(|r| !text(&r["name"]).contains('/')) {
            let plural = text(&r["name"]);
            let subresources = all
                .iter()
                .filter_map(|s| {
                    s["name"].as_str()?.strip_prefix(&plural)?.strip_prefix('/').map(String::from)
                })
                .collect();
            self.resources.push(Rc::new(Resource {
                group: group.into(),
                version: version.into(),
                kind: text(&r["kind"]),
                singular: text(&r["singularName"]),
                namespaced: r["namespaced"] == true,
                short_names: texts(&r["shortNames"]),
                categories: texts(&r["categories"]),
                verbs: texts(&r["verbs"]),
                subresources,
                preferred,
                plural,
            }));
        }
    }

    /// Finds what a word names: `po`, `pod`, `Pods`, `deployments.apps`, `deployments.v1.apps`.
    ///
    /// # Errors
    /// `NoResource`, which says what was asked for.
    pub fn resource(&self, word: &str) -> Result<Rc<Resource>> {
        // Short names are the only names whose case counts.
        let short = word.split('.').next().unwrap_or(word);
        let is_short = |r: &Rc<Resource>| r.short_names.iter().any(|s| s.eq_ignore_ascii_case(short));
        if short.chars().any(char::is_uppercase) && self.resources.iter().any(is_short) {
            let (resource, group, version) = (short.into(), String::new(), String::new());
            return Err(CmdError::NoResource { resource, group, version });
        }
        let low = word.to_lowercase();
        let parts: Vec<&str> = low.splitn(3, '.').collect();
        if let [name, version, group] = parts[..]
            && let Some(found) = self.search(name, Some(group), Some(version))
        {
            return Ok(found);
        }
        if let [name, version] = parts[..]
            && let Some(found) = self.search(name, Some(""), Some(version))
        {
            return Ok(found);
        }
        let (name, group) = low.split_once('.').map_or((low.as_str(), None), |(n, g)| (n, Some(g)));
        if let Some(found) = self.search(name, group, None) {
            return Ok(found);
        }
        let name = word.split('.').next().unwrap_or(word);
        Err(CmdError::NoResource { resource: name.into(), group: String::new(), version: String::new() })
    }

    fn search(&self, name: &str, group: Option<&str>, version: Option<&str>) -> Option<Rc<Resource>> {
        let in_group = |r: &Resource, exact: bool| match group {
            None => true,
            Some(g) if exact => r.group == g,
            Some(g) => !g.is_empty() && r.group.starts_with(g),
        };
        let in_version = |r: &Resource| version.map_or(r.preferred, |v| r.version == v);
        let by_name = |r: &Resource| r.plural == name || r.singular == name || r.kind.to_lowercase() == name;
        let by_short = |r: &Resource| r.short_names.iter().any(|s| s == name);
        for exact in [true, false] {
            for version_free in [false, true] {
                let fits = |r: &Resource| {
                    in_group(r, exact) && (in_version(r) || (version_free && version.is_none()))
                };
                let found = self
                    .resources
                    .iter()
                    .find(|r| fits(r) && by_name(r))
                    .or_else(|| self.resources.iter().find(|r| fits(r) && by_short(r)));
                if let Some(found) = found {
                    return Some(found.clone());
                }
            }
        }
        None
    }

    /// Finds the resource of a kind, as objects in files name it.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<Rc<Resource>> {
        let (group, version) = split(api_version);
        // Upstream's mapper knows each kind by its name and by its name in lower case.
        let named = |r: &Rc<Resource>| r.kind == kind || r.kind.to_lowercase() == kind;
        self.resources.iter().find(|r| r.group == group && r.version == version && named(r)).cloned()
    }

    /// Finds the preferred version of a kind of a group.
    pub fn group_kind(&self, group: &str, kind: &str) -> Option<Rc<Resource>> {
        self.resources.iter().find(|r| r.group == group && r.kind == kind && r.preferred).cloned()
    }

    /// Returns the resources of a category such as `all`, or nothing.
    pub fn category(&self, word: &str) -> Vec<Rc<Resource>> {
        self.resources
            .iter()
            .filter(|r| r.preferred && r.categories.iter().any(|c| c == word))
            .cloned()
            .collect()
    }
}

/// Returns an array's items, or nothing.
pub fn array(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], |a| a.as_slice())
}

/// Returns a string, or `""`.
pub fn text(value: &Json) -> String {
    value.as_str().unwrap_or("").to_string()
}

fn texts(value: &Json) -> Vec<String> {
    array(value).iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapper() -> Mapper {
        let mut m = Mapper::default();
        for (group, version, kind, plural, short, preferred) in [
            ("", "v1", "Pod", "pods", "po", true),
            ("", "v1", "Event", "events", "ev", true),
            ("apps", "v1", "Deployment", "deployments", "deploy", true),
            ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true),
            ("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", false),
            ("events.k8s.io", "v1", "Event", "events", "ev", true),
        ] {
            m.resources.push(Rc::new(Resource {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                plural: plural.into(),
                singular: kind.to_lowercase(),
                short_names: vec![short.into()],
                namespaced: true,
                preferred,
                ..Resource::default()
            }));
        }
        m
    }

    #[test]
    fn words_name_resources() {
        let m = mapper();
        for (word, want) in [
            ("po", "v1 pods"),
            ("Pods", "v1 pods"),
            ("pod", "v1 pods"),
            ("deployments.apps", "apps/v1 deployments"),
            ("deploy.v1.apps", "apps/v1 deployments"),
            ("deployment.ap", "apps/v1 deployments"),
            ("events", "v1 events"),
            ("events.events.k8s.io", "events.k8s.io/v1 events"),
            ("hpa", "autoscaling/v2 horizontalpodautoscalers"),
            ("hpa.v1.autoscaling", "autoscaling/v1 horizontalpodautoscalers"),
            ("pods.v1", "v1 pods"),
        ] {
            let r = m.resource(word).expect(word);
            assert_eq!(format!("{} {}", r.api_version(), r.plural), want, "{word}");
        }
        let error = m.resource("foo").expect_err("there is no foo");
        assert_eq!(error.report().0, "error: the server doesn't have a resource type \"foo\"");
    }
}
