//! From arguments to objects: `-f` files, `TYPE NAME`, `TYPE/NAME`, selectors (mirrors `k8s.io/cli-runtime/pkg/resource`).

use std::rc::Rc;

use api::Json;
use serde_json::json;

use crate::client;
use crate::cx::Cx;
use crate::discovery::{Resource, array};
use crate::error::{CmdError, Result, msg};
use crate::files;

const MISSING: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// One object that a command acts on.
#[derive(Clone, Debug)]
pub struct Info {
    /// What it is an object of.
    pub resource: Rc<Resource>,
    /// Empty for kinds without namespaces.
    pub namespace: String,
    /// Its name, as given or read.
    pub name: String,
    /// The file it came from, or `""`.
    pub source: String,
    /// The object as read from the file or the server; `null` when it was only named.
    pub object: Json,
}

impl Info {
    /// Returns the object's path on the server.
    pub fn path(&self) -> String {
        client::object(&self.resource, &self.namespace, &self.name, "")
    }

    /// Returns the path of a subresource.
    pub fn subpath(&self, subresource: &str) -> String {
        client::object(&self.resource, &self.namespace, &self.name, subresource)
    }

    /// Returns the path of the collection.
    pub fn collection(&self) -> String {
        client::collection(&self.resource, &self.namespace)
    }

    /// Returns `deployment.apps/web`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.resource.kind_name(), self.name)
    }

    /// Fetches the object.
    pub async fn fetch(&mut self, cx: &Cx) -> Result {
        if self.name.is_empty() {
            return msg("resource name may not be empty");
        }
        self.object = cx.client()?.get(&self.path(), &[]).await?;
        Ok(())
    }
}

/// What the arguments ask for.
pub enum Plan {
    /// Objects written in files.
    Objects(Vec<Info>),
    /// Objects by name, not fetched yet.
    Names(Vec<Info>),
    /// Whole collections, to be filtered by the selectors.
    Lists(Vec<Rc<Resource>>),
}

/// A plan and the errors met on the way (files that could not be read do not stop the others).
pub struct Planned {
    /// What is to be visited.
    pub plan: Plan,
    /// In the order met; told after the rest was done.
    pub errors: Vec<CmdError>,
}

/// Options of the builder; the flags are read from the context.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    /// `TYPE NAME…`, `TYPE/NAME…`, `TYPE[,TYPE]`.
    pub args: Vec<String>,
    /// A bare type means all objects of it.
    pub allow_empty_selector: bool,
    /// `-l`, when the command has it.
    pub selector: Option<String>,
    /// `--field-selector`, when the command has it.
    pub field_selector: Option<String>,
    /// `--all`: a bare type means all objects of it.
    pub all: bool,
    /// `-A`: in all namespaces.
    pub all_namespaces: bool,
    /// `-f`: files, folders, `-` for standard input.
    pub filenames: Vec<String>,
    /// Objects from files are validated as far as a client can.
    pub validate: bool,
}

impl Builder {
    /// A builder from the usual flags: `-f -R -k -l --field-selector --all -A` and the positional arguments.
    pub fn from_flags(cx: &Cx) -> Builder {
        let some = |name: &str| Some(cx.flags.str(name).to_string()).filter(|s| !s.is_empty());
        Builder {
            args: cx.flags.args.clone(),
            allow_empty_selector: false,
            selector: some("selector"),
            field_selector: some("field-selector"),
            all: cx.flags.bool("all"),
            all_namespaces: cx.flags.bool("all-namespaces"),
            filenames: cx.flags.list("filename").to_vec(),
            validate: false,
        }
    }

    /// Works out what is asked for. Reads files; asks the server only for discovery.
    pub async fn plan(&self, cx: &Cx) -> Result<Planned> {
        if !cx.flags.str("kustomize").is_empty() {
            return cx.not_simulated("kustomize (-k)");
        }
        if !self.filenames.is_empty() {
            return self.plan_files(cx).await;
        }
        let mut names: Vec<Info> = Vec::new();
        let mut types: Vec<Rc<Resource>> = Vec::new();
        let mut bare: Vec<String> = Vec::new();
        let combined = self.args.iter().filter(|a| a.contains('/')).count();
        if combined > 0 && combined < self.args.len() {
            return msg(
                "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
            );
        }
        let mut selector_given = self.selector.is_some() || self.field_selector.is_some() || self.all;
        if combined > 0 {
            for arg in &self.args {
                let (kind, name) = split_tuple(arg)?;
                names.push(self.named(cx, cx.resource(kind).await?, name)?);
            }
            if selector_given {
                return msg("selectors and the all flag cannot be used when passing resource/name arguments");
            }
            return Ok(Planned { plan: Plan::Names(names), errors: Vec::new() });
        }
        if let Some((first, rest)) = self.args.split_first() {
            bare = rest.to_vec();
            types = resource_types(cx, first).await?;
            selector_given |= bare.is_empty() && self.allow_empty_selector;
        }
        if self.all && self.selector.is_some() && !self.args.is_empty() {
            return msg("setting 'all' parameter but found a non empty selector. ");
        }
        if selector_given {
            if !bare.is_empty() {
                return msg("name cannot be provided when a selector is specified");
            }
            if types.is_empty() {
                return msg("at least one resource must be specified to use a selector");
            }
            return Ok(Planned { plan: Plan::Lists(types), errors: Vec::new() });
        }
        if bare.is_empty() {
            return msg(if types.is_empty() {
                MISSING
            } else {
                "resource(s) were provided, but no name was specified"
            });
        }
        for resource in &types {
            for name in &bare {
                names.push(self.named(cx, resource.clone(), name)?);
            }
        }
        Ok(Planned { plan: Plan::Names(names), errors: Vec::new() })
    }

    fn named(&self, cx: &Cx, resource: Rc<Resource>, name: &str) -> Result<Info> {
        if self.all_namespaces && resource.namespaced {
            return msg("a resource cannot be retrieved by name across all namespaces");
        }
        let namespace = if resource.namespaced { cx.namespace()? } else { String::new() };
        Ok(Info { resource, namespace, name: name.into(), source: String::new(), object: Json::Null })
    }

    async fn plan_files(&self, cx: &Cx) -> Result<Planned> {
        if !self.args.is_empty() {
            return msg(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            );
        }
        let (documents, mut errors) = files::read(cx, &self.filenames).await?;
        let mut infos = Vec::new();
        for document in documents {
            if self.validate
                && let Some(problem) = files::validate(&document.value)
            {
                errors.push(CmdError::Msg(format!(
                    "error validating {:?}: error validating data: {problem}; if you choose to ignore these errors, turn validation off with --validate=false",
                    document.source
                )));
                continue;
            }
            for object in flatten(document.value) {
                match info_for(cx, object, &document.source).await {
                    Ok(info) if self.selected(&info) => infos.push(info),
                    Ok(_) => {}
                    Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                    Err(e) => errors.push(e),
                }
            }
        }
        Ok(Planned { plan: Plan::Objects(infos), errors })
    }

    /// `-l` also filters objects from files.
    fn selected(&self, info: &Info) -> bool {
        self.selector.as_ref().is_none_or(|s| crate::selector::matches(s, &info.object["metadata"]["labels"]))
    }

    /// Returns all objects, fetched from the server where they come by name or by list.
    ///
    /// # Errors
    /// What makes going on senseless; errors of single objects are in the second list.
    pub async fn infos(&self, cx: &Cx) -> Result<(Vec<Info>, Vec<CmdError>)> {
        let Planned { plan, mut errors } = self.plan(cx).await?;
        match plan {
            Plan::Objects(infos) => Ok((infos, errors)),
            Plan::Names(named) => {
                let mut infos = Vec::new();
                for mut info in named {
                    match info.fetch(cx).await {
                        Ok(()) => infos.push(info),
                        Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                        Err(e) => errors.push(e),
                    }
                }
                Ok((infos, errors))
            }
            Plan::Lists(types) => {
                let mut infos = Vec::new();
                for resource in types {
                    match self.list(cx, &resource).await {
                        Ok(found) => infos.extend(found),
                        Err(CmdError::Transport(e)) => return Err(CmdError::Transport(e)),
                        Err(e) => errors.push(e),
                    }
                }
                Ok((infos, errors))
            }
        }
    }

    /// Lists one type with the selectors.
    pub async fn list(&self, cx: &Cx, resource: &Rc<Resource>) -> Result<Vec<Info>> {
        let namespace = self.list_namespace(cx, resource)?;
        let query = self.query();
        let query: Vec<(&str, &str)> = query.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let chunk = if cx.flags.changed("chunk-size") { cx.flags.int("chunk-size") } else { 500 };
        let list = cx
            .client()?
            .list(&client::collection(resource, &namespace), &query, None, chunk)
            .await
            .map_err(|e| self.list_error(e, resource))?;
        Ok(array(&list["items"])
            .iter()
            .map(|item| {
                let mut object = item.clone();
                complete_type(&mut object, resource);
                info_of(resource.clone(), object)
            })
            .collect())
    }

    /// Returns the namespace to list in: none with `-A` and for cluster-scoped types.
    pub fn list_namespace(&self, cx: &Cx, resource: &Resource) -> Result<String> {
        if !resource.namespaced || self.all_namespaces { Ok(String::new()) } else { cx.namespace() }
    }

    /// Returns the query of a list request.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        vec![
            ("labelSelector", self.selector.clone().unwrap_or_default()),
            ("fieldSelector", self.field_selector.clone().unwrap_or_default()),
        ]
    }

    /// Words a refused selector as the builder does.
    pub fn list_error(&self, error: CmdError, resource: &Resource) -> CmdError {
        let CmdError::Status(mut status) = error else { return error };
        if status["reason"] == "BadRequest" && (self.selector.is_some() || self.field_selector.is_some()) {
            let group_version = crate::discovery::join(&resource.group, &resource.version);
            let group_version =
                if resource.group.is_empty() { format!("/{group_version}") } else { group_version };
            let text = format!(
                "Unable to find {:?} that match label selector {:?}, field selector {:?}: {}",
                format!("{group_version}, Resource={}", resource.plural),
                self.selector.as_deref().unwrap_or(""),
                self.field_selector.as_deref().unwrap_or(""),
                status["message"].as_str().unwrap_or("")
            );
            status["message"] = text.into();
        }
        CmdError::Status(status)
    }
}

/// Makes an info of an object the server sent.
pub fn info_of(resource: Rc<Resource>, object: Json) -> Info {
    let field = |name: &str| object["metadata"][name].as_str().unwrap_or("").to_string();
    Info { namespace: field("namespace"), name: field("name"), resource, source: String::new(), object }
}

/// Puts apiVersion and kind into an item of a list, which leaves them out.
pub fn complete_type(object: &mut Json, resource: &Resource) {
    let Some(map) = object.as_object_mut() else { return };
    if !map.contains_key("kind") {
        map.shift_insert(0, "apiVersion".into(), resource.api_version().into());
        map.shift_insert(1, "kind".into(), resource.kind.as_str().into());
    }
}

fn split_tuple(arg: &str) -> Result<(&str, &str)> {
    let parts: Vec<&str> = arg.split('/').collect();
    let [kind, name] = parts[..] else {
        return msg("arguments in resource/name form may not have more than one slash");
    };
    if kind.is_empty() || name.is_empty() || kind.contains(',') {
        return msg("arguments in resource/name form must have a single resource and name");
    }
    Ok((kind, name))
}

/// Resolves `pods,svc` or `all`.
pub async fn resource_types(cx: &Cx, words: &str) -> Result<Vec<Rc<Resource>>> {
    let mapper = cx.mapper().await?;
    let mut out: Vec<Rc<Resource>> = Vec::new();
    for word in words.split(',').filter(|w| !w.is_empty()) {
        let members = mapper.category(word);
        let found = if members.is_empty() { vec![mapper.resource(word)?] } else { members };
        for resource in found {
            if !out.iter().any(|r| Rc::ptr_eq(r, &resource)) {
                out.push(resource);
            }
        }
    }
    Ok(out)
}

fn flatten(value: Json) -> Vec<Json> {
    let is_list = value["kind"].as_str().is_some_and(|k| k.ends_with("List")) && value["items"].is_array();
    if !is_list {
        return vec![value];
    }
    let mut items = Vec::new();
    let (api_version, kind) = (
        value["apiVersion"].clone(),
        value["kind"].as_str().unwrap_or("").trim_end_matches("List").to_string(),
    );
    let Json::Object(mut map) = value else { return items };
    if let Some(Json::Array(members)) = map.shift_remove("items") {
        for mut item in members {
            if item.get("kind").is_none() && !kind.is_empty() {
                item["apiVersion"] = api_version.clone();
                item["kind"] = kind.as_str().into();
            }
            items.extend(flatten(item));
        }
    }
    items
}

/// Finds the mapping of an object from a file and fits its namespace.
async fn info_for(cx: &Cx, mut object: Json, source: &str) -> Result<Info> {
    let (api_version, kind) = (
        object["apiVersion"].as_str().unwrap_or("").to_string(),
        object["kind"].as_str().unwrap_or("").to_string(),
    );
    let type_name = match &object {
        Json::Object(_) => "",
        Json::Array(_) => "array",
        Json::String(_) => "string",
        Json::Bool(_) => "bool",
        _ => "number",
    };
    if !type_name.is_empty() {
        return msg(format!(
            "unable to decode {source:?}: json: cannot unmarshal {type_name} into Go value of type unstructured.detector"
        ));
    }
    if kind.is_empty() {
        let text = api::base::json::go_compact(&object);
        return msg(format!("unable to decode {source:?}: Object 'Kind' is missing in '{text}'"));
    }
    files::sort_keys(&mut object);
    let mapper = cx.mapper().await?;
    let field = |o: &Json, name: &str| o["metadata"][name].as_str().unwrap_or("").to_string();
    let Some(resource) = mapper.kind(&api_version, &kind) else {
        return msg(format!(
            "resource mapping not found for name: {:?} namespace: {:?} from {source:?}: no matches for kind {kind:?} in version {api_version:?}\nensure CRDs are installed first",
            field(&object, "name"),
            field(&object, "namespace")
        ));
    };
    if resource.namespaced {
        let wanted = cx.namespace()?;
        let own = field(&object, "namespace");
        if own.is_empty() {
            if !object["metadata"].is_object() {
                object["metadata"] = json!({});
            }
            object["metadata"]["namespace"] = wanted.into();
        } else if cx.namespace_enforced() && own != wanted {
            return msg(format!(
                "the namespace from the provided object {own:?} does not match the namespace {wanted:?}. You must pass '--namespace={own}' to perform this operation."
            ));
        }
    }
    let mut info = info_of(resource, object);
    if !info.resource.namespaced {
        info.namespace.clear();
    }
    info.source = source.to_string();
    Ok(info)
}

/// Several errors met while reading files are one error among those of the objects.
pub fn nested(errors: Vec<CmdError>) -> Vec<CmdError> {
    if errors.len() > 1 { vec![CmdError::Many(errors)] } else { errors }
}

/// Returns the errors as one, if there are any.
pub fn finish(errors: Vec<CmdError>) -> Result {
    if errors.is_empty() { Ok(()) } else { Err(CmdError::Many(errors)) }
}
