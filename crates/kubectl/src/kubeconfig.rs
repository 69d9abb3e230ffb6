//! The kubeconfig: which cluster, which user, which namespace (mirrors `client-go/tools/clientcmd`).

use api::base::yaml;
use api::{Json, JsonMap};
use serde_json::json;

use crate::error::{CmdError, Result};
use crate::flags::Parsed;
use crate::host::{Host, Target};

/// A kubeconfig file as it was read, and where it lies.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    /// The file that changes are written to.
    pub path: String,
    /// The whole document.
    pub doc: Json,
}

/// What a context selects.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    /// The context's cluster and user.
    pub target: Target,
    /// The context's namespace; `default` when it names none.
    pub namespace: String,
}

impl Kubeconfig {
    /// Reads the file that `--kubeconfig`, `$KUBECONFIG` or the home folder names. A missing file is an empty one.
    ///
    /// # Errors
    /// The file named by the flag is missing, or a file is no YAML.
    pub fn load(host: &dyn Host, flags: &Parsed) -> Result<Kubeconfig> {
        let explicit = flags.str("kubeconfig");
        let mut paths: Vec<String> = match (explicit, host.env("KUBECONFIG").filter(|v| !v.is_empty())) {
            ("", Some(list)) => list.split(':').filter(|p| !p.is_empty()).map(String::from).collect(),
            ("", None) => {
                vec![format!("{}/.kube/config", host.env("HOME").unwrap_or_else(|| "/root".into()))]
            }
            (path, _) => vec![path.to_string()],
        };
        paths.iter_mut().for_each(|p| *p = absolute(host, p));
        if !explicit.is_empty() && host.stat(&paths[0]).is_none() {
            return Err(CmdError::Msg(format!("stat {explicit}: no such file or directory")));
        }
        let mut doc = json!({});
        for path in &paths {
            let Ok(bytes) = host.read_file(path) else { continue };
            let parsed = yaml::parse(&String::from_utf8_lossy(&bytes))
                .map_err(|e| CmdError::Msg(format!("error loading config file {path:?}: {e}")))?;
            merge(&mut doc, parsed.value);
        }
        let path = paths.iter().find(|p| host.stat(p).is_some()).unwrap_or(&paths[0]).clone();
        Ok(Kubeconfig { path, doc })
    }

    /// Writes the file back.
    ///
    /// # Errors
    /// The host cannot write it.
    pub fn save(&self, host: &dyn Host) -> Result {
        host.write_file(&self.path, yaml::to_string(&self.normal()).as_bytes()).map_err(CmdError::Msg)
    }

    /// Returns the document with the fields that every kubeconfig has.
    pub fn normal(&self) -> Json {
        let mut doc = JsonMap::new();
        doc.insert("apiVersion".into(), "v1".into());
        for list in ["clusters", "contexts"] {
            doc.insert(
                list.into(),
                self.doc
                    .get(list)
                    .filter(|l| l.as_array().is_some_and(|a| !a.is_empty()))
                    .cloned()
                    .unwrap_or(Json::Null),
            );
        }
        doc.insert("current-context".into(), self.current_context().into());
        doc.insert("kind".into(), "Config".into());
        if let Some(preferences) =
            self.doc.get("preferences").filter(|p| p.as_object().is_some_and(|m| !m.is_empty()))
        {
            doc.insert("preferences".into(), preferences.clone());
        }
        doc.insert(
            "users".into(),
            self.doc
                .get("users")
                .filter(|l| l.as_array().is_some_and(|a| !a.is_empty()))
                .cloned()
                .unwrap_or(Json::Null),
        );
        Json::Object(doc)
    }

    /// Returns the current context's name, or `""`.
    pub fn current_context(&self) -> &str {
        self.doc["current-context"].as_str().unwrap_or("")
    }

    /// Returns an entry of `clusters`, `contexts` or `users` by name: the inner object.
    pub fn entry(&self, list: &str, name: &str) -> Option<&Json> {
        let found = self.doc[list].as_array()?.iter().find(|e| e["name"] == name)?;
        found.get(inner(list))
    }

    /// Returns the names in a list, in the file's order.
    pub fn names(&self, list: &str) -> Vec<String> {
        let items = self.doc[list].as_array().map_or(&[][..], |a| a.as_slice());
        items.iter().filter_map(|e| e["name"].as_str().map(String::from)).collect()
    }

    /// Returns the entry for changing, made when missing.
    pub fn entry_mut(&mut self, list: &str, name: &str) -> &mut Json {
        if !self.doc.is_object() {
            self.doc = json!({});
        }
        let slot = &mut self.doc[list];
        if !slot.is_array() {
            *slot = json!([]);
        }
        let items = slot.as_array_mut().expect("an array by the line above");
        let at = items.iter().position(|e| e["name"] == name).unwrap_or_else(|| {
            items.push(json!({ inner(list): {}, "name": name }));
            items.len() - 1
        });
        &mut items[at][inner(list)]
    }

    /// Removes an entry; tells whether it was there.
    pub fn remove(&mut self, list: &str, name: &str) -> bool {
        let Some(items) = self.doc[list].as_array_mut() else { return false };
        let before = items.len();
        items.retain(|e| e["name"] != name);
        before != items.len()
    }

    /// Applies the flags `--context --cluster --user --server --namespace …`.
    ///
    /// # Errors
    /// A context, cluster or user that is named does not exist.
    pub fn select(&self, flags: &Parsed) -> Result<Selected> {
        let named = flags.str("context");
        let context_name = if named.is_empty() { self.current_context() } else { named };
        let context = self.entry("contexts", context_name);
        if context.is_none() && !context_name.is_empty() {
            return Err(CmdError::Config(format!(
                "context was not found for specified context: {context_name}"
            )));
        }
        let empty = json!({});
        let context = context.unwrap_or(&empty);
        let pick = |flag: &str, field: &str| match flags.str(flag) {
            "" => context[field].as_str().unwrap_or("").to_string(),
            given => given.to_string(),
        };
        let (cluster_name, user) = (pick("cluster", "cluster"), pick("user", "user"));
        let cluster = self.entry("clusters", &cluster_name);
        if cluster.is_none() && !cluster_name.is_empty() {
            return Err(CmdError::Config(format!("cluster {cluster_name:?} does not exist")));
        }
        let mut server = cluster.and_then(|c| c["server"].as_str()).unwrap_or("").to_string();
        if !flags.str("server").is_empty() {
            server = flags.str("server").to_string();
        }
        if server.is_empty() {
            server = "http://localhost:8080".into();
        } else if !server.contains("://") {
            server = format!("http://{server}");
        }
        let found = self.entry("users", &user);
        if found.is_none() && !user.is_empty() {
            return Err(CmdError::Config(format!("auth info {user:?} does not exist")));
        }
        let mut credentials = found.cloned().unwrap_or_else(|| json!({}));
        for flag in ["token", "username", "password", "client-certificate", "client-key"] {
            if flags.changed(flag) {
                credentials[flag] = flags.str(flag).into();
            }
        }
        let namespace = match pick("namespace", "namespace") {
            ns if ns.is_empty() => "default".into(),
            ns => ns,
        };
        Ok(Selected { target: Target { server, user, credentials }, namespace })
    }
}

fn inner(list: &str) -> &str {
    list.strip_suffix('s').unwrap_or(list)
}

/// Adds what a later file says; the first file that names something wins.
fn merge(doc: &mut Json, later: Json) {
    let (Some(doc), Json::Object(later)) = (doc.as_object_mut(), later) else { return };
    for (key, value) in later {
        match (doc.get_mut(&key), value) {
            (Some(Json::Array(old)), Json::Array(new)) => {
                for item in new {
                    if !old.iter().any(|o| o["name"] == item["name"]) {
                        old.push(item);
                    }
                }
            }
            (Some(old), value) if old.is_null() || *old == "" => *old = value,
            (Some(_), _) => {}
            (None, value) => {
                doc.insert(key, value);
            }
        }
    }
}

/// Returns a path as an absolute one.
pub fn absolute(host: &dyn Host, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_string();
    }
    format!("{}/{path}", host.cwd().trim_end_matches('/'))
}
