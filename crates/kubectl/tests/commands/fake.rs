//! A workstation and an API server for tests: files and standard streams in memory, objects in a map. The server knows
//! no validation and no defaults; it stores, lists, patches and deletes.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use api::http::{Body, Method, Request, Response};
use api::meta::object::KindInfo;
use api::{Json, KINDS, Timestamp};
use kubarium_kubectl::host::{
    ByteStream, ExecFrame, ExecSession, FileKind, Host, LocalBoxFuture, StdinEvent, Target, TransportError,
};
use serde_json::json;

/// Runs a future that never really waits.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
    panic!("the command waits for something that never comes");
}

#[derive(Default)]
pub struct Fake {
    pub files: RefCell<BTreeMap<String, String>>,
    pub objects: RefCell<BTreeMap<String, Json>>,
    pub out: RefCell<String>,
    pub err: RefCell<String>,
    pub stdin: RefCell<VecDeque<StdinEvent>>,
    pub requests: RefCell<Vec<Request>>,
    /// What the editor makes of a text.
    pub editor: RefCell<Option<Box<dyn Fn(String) -> Option<String>>>>,
    /// Lines that the next watches deliver.
    pub watches: RefCell<VecDeque<Vec<Json>>>,
    pub session: RefCell<Vec<ExecFrame>>,
    pub now: Cell<i64>,
    revision: Cell<u64>,
}

/// The time of the recorded cluster.
const START: &str = "2026-11-21T12:28:56Z";

impl Fake {
    pub fn new() -> Rc<Fake> {
        let fake = Fake::default();
        fake.now.set(Timestamp::parse(START).expect("a time").micros());
        fake.files.borrow_mut().insert(
            "/root/.kube/config".into(),
            "clusters: [{name: c, cluster: {server: 'https://10.0.0.1:6443'}}]\nusers: [{name: u, user: {}}]\n\
             contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
                .into(),
        );
        Rc::new(fake)
    }

    /// Runs a command line (split at blanks, `'…'` quoted) and returns stdout, stderr and exit code.
    pub fn run(self: &Rc<Fake>, line: &str) -> (String, String, i32) {
        let argv = words(line);
        let host: Rc<dyn Host> = self.clone();
        let code = block_on(kubarium_kubectl::run(&argv, host));
        (self.out.take(), self.err.take(), code)
    }

    /// Runs a command line that must succeed silently on stderr; returns stdout.
    #[track_caller]
    pub fn ok(self: &Rc<Fake>, line: &str) -> String {
        let (out, err, code) = self.run(line);
        assert_eq!((err.as_str(), code), ("", 0), "{line}\n{out}");
        out
    }

    /// Runs a command line that must fail with 1 and print nothing on stdout; returns stderr.
    #[track_caller]
    pub fn fails(self: &Rc<Fake>, line: &str) -> String {
        let (out, err, code) = self.run(line);
        assert_eq!((out.as_str(), code), ("", 1), "{line}\n{err}");
        err
    }

    pub fn file(&self, path: &str, text: &str) {
        self.files.borrow_mut().insert(format!("/root/{path}"), text.into());
    }

    /// Puts an object into the server.
    pub fn put(&self, object: Json) {
        let kind = kind_of(&object);
        let ns = object["metadata"]["namespace"].as_str().unwrap_or("default").to_string();
        let name = object["metadata"]["name"].as_str().expect("a name");
        let path = format!("{}/{name}", collection(kind, &ns));
        self.objects.borrow_mut().insert(path, object);
    }

    fn next_revision(&self) -> String {
        self.revision.set(self.revision.get() + 1);
        self.revision.get().to_string()
    }

    fn serve(&self, req: &Request) -> Response {
        self.requests.borrow_mut().push(req.clone());
        let path = req.path.as_str();
        match path {
            "/version" => {
                return Response::json(200, json!({"major": "1", "minor": "36", "gitVersion": "v1.36.0"}));
            }
            "/api" | "/apis" => return Response::json(200, discovery(path == "/api")),
            _ => {}
        }
        let Some(place) = Place::parse(path) else {
            return status(404, "NotFound", "the server could not find the requested resource");
        };
        match (req.method, place.name.as_str()) {
            (Method::Get, "") => self.list(req, &place),
            (Method::Post, "") => self.create(req, &place),
            (Method::Get, _) if place.sub == "log" => Response::text(200, "hello\n"),
            _ => self.object(req, &place),
        }
    }

    fn list(&self, req: &Request, place: &Place) -> Response {
        let objects = self.objects.borrow();
        let wanted = |path: &str| {
            Place::parse(path).is_some_and(|p| {
                p.kind.plural == place.kind.plural
                    && p.kind.name.group == place.kind.name.group
                    && (place.namespace.is_empty() || p.namespace == place.namespace)
            })
        };
        let fields: Vec<&str> = req.param("fieldSelector").split(',').filter(|f| !f.is_empty()).collect();
        let field = |o: &Json, f: &str| {
            let (path, value) = f.split_once('=').expect("a field selector");
            let (path, equal) = path.strip_suffix('!').map_or((path, true), |p| (p, false));
            let found =
                o.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Json::as_str).unwrap_or("");
            (found == value) == equal
        };
        let items: Vec<Json> = objects
            .iter()
            .filter(|(path, _)| wanted(path))
            .map(|(_, o)| o.clone())
            .filter(|o| {
                kubarium_kubectl::selector::matches(req.param("labelSelector"), &o["metadata"]["labels"])
            })
            .filter(|o| fields.iter().all(|f| field(o, f)))
            .collect();
        let meta = json!({"resourceVersion": self.revision.get().to_string()});
        if req.accept().contains("as=Table") {
            return Response::json(200, table(items, meta));
        }
        let name = place.kind.name;
        let version = if name.group.is_empty() {
            name.version.to_string()
        } else {
            format!("{}/{}", name.group, name.version)
        };
        Response::json(
            200,
            json!({"kind": format!("{}List", name.kind), "apiVersion": version, "metadata": meta, "items": items}),
        )
    }

    fn create(&self, req: &Request, place: &Place) -> Response {
        let mut object = req.body.to_json().expect("a body");
        let name = object["metadata"]["name"].as_str().unwrap_or("").to_string();
        let path = format!("{}/{name}", collection(place.kind, &place.namespace));
        if self.objects.borrow().contains_key(&path) {
            return status(
                409,
                "AlreadyExists",
                &format!("{} {name:?} already exists", place.group_resource()),
            );
        }
        if place.kind.namespaced {
            object["metadata"]["namespace"] = place.namespace.as_str().into();
        }
        object["metadata"]["uid"] = format!("uid-{name}").into();
        object["metadata"]["resourceVersion"] = self.next_revision().into();
        object["metadata"]["creationTimestamp"] = Timestamp(self.now.get()).rfc3339().into();
        if req.param("dryRun").is_empty() {
            self.objects.borrow_mut().insert(path, object.clone());
        }
        Response::json(201, object)
    }

    fn object(&self, req: &Request, place: &Place) -> Response {
        let path = format!("{}/{}", collection(place.kind, &place.namespace), place.name);
        let Some(mut object) = self.objects.borrow().get(&path).cloned() else {
            return status(
                404,
                "NotFound",
                &format!("{} {:?} not found", place.group_resource(), place.name),
            );
        };
        let before = object.clone();
        match req.method {
            Method::Get if req.accept().contains("as=Table") => {
                return Response::json(200, table(vec![object], json!({})));
            }
            Method::Get => return Response::json(200, object),
            Method::Delete => {
                if req.param("dryRun").is_empty() {
                    self.objects.borrow_mut().remove(&path);
                }
                return Response::json(200, object);
            }
            Method::Put => {
                let new = req.body.to_json().expect("a body");
                let (old, given) =
                    (&object["metadata"]["resourceVersion"], &new["metadata"]["resourceVersion"]);
                if given.is_string() && given != old {
                    let text = format!(
                        "Operation cannot be fulfilled on {} {:?}: the object has been modified; please apply your changes to the latest version and try again",
                        place.group_resource(),
                        place.name
                    );
                    return status(409, "Conflict", &text);
                }
                object = new;
            }
            _ => match req.body.to_json() {
                Some(patch) if req.content_type() == api::http::JSON_PATCH => {
                    for op in patch.as_array().expect("operations") {
                        let at = op["path"].as_str().expect("a path");
                        *object.pointer_mut(at).expect("a known path") = op["value"].clone();
                    }
                }
                Some(patch) => merge(&mut object, &patch),
                None => {
                    return status(
                        400,
                        "BadRequest",
                        "invalid character 'b' looking for beginning of object key string",
                    );
                }
            },
        }
        if object != before {
            object["metadata"]["resourceVersion"] = self.next_revision().into();
        }
        if req.param("dryRun").is_empty() {
            self.objects.borrow_mut().insert(path, object.clone());
        }
        Response::json(200, object)
    }
}

fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().expect("never empty").push(c),
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// What a path names.
struct Place {
    kind: &'static KindInfo,
    namespace: String,
    name: String,
    sub: String,
}

impl Place {
    fn parse(path: &str) -> Option<Place> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (group, version, mut rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let mut namespace = String::new();
        if let ["namespaces", ns, inner @ ..] = rest
            && !inner.is_empty()
        {
            namespace = (*ns).into();
            rest = inner;
        }
        let kind = KINDS.iter().find(|k| {
            k.name.group == group && k.name.version == version && Some(&k.plural) == rest.first()
        })?;
        let part = |i: usize| rest.get(i).copied().unwrap_or("").to_string();
        Some(Place { kind, namespace, name: part(1), sub: part(2) })
    }

    fn group_resource(&self) -> String {
        let group = self.kind.name.group;
        if group.is_empty() { self.kind.plural.into() } else { format!("{}.{group}", self.kind.plural) }
    }
}

fn kind_of(object: &Json) -> &'static KindInfo {
    let version = object["apiVersion"].as_str().expect("an apiVersion");
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    KINDS
        .iter()
        .find(|k| k.name.group == group && k.name.version == version && object["kind"] == k.name.kind)
        .expect("a known kind")
}

fn collection(kind: &KindInfo, namespace: &str) -> String {
    let root = if kind.name.group.is_empty() {
        "/api/v1".to_string()
    } else {
        format!("/apis/{}/{}", kind.name.group, kind.name.version)
    };
    if kind.namespaced {
        format!("{root}/namespaces/{namespace}/{}", kind.plural)
    } else {
        format!("{root}/{}", kind.plural)
    }
}

fn status(code: u16, reason: &str, message: &str) -> Response {
    Response::json(
        code,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}),
    )
}

/// A merge patch; lists of named things merge by name, directives are dropped.
fn merge(base: &mut Json, patch: &Json) {
    match (base, patch) {
        (Json::Object(base), Json::Object(patch)) => {
            for (key, value) in patch.iter().filter(|(k, _)| !k.starts_with('$')) {
                if value.is_null() {
                    base.shift_remove(key);
                } else {
                    merge(base.entry(key.clone()).or_insert(Json::Null), value);
                }
            }
        }
        (Json::Array(base), Json::Array(patch))
            if !patch.is_empty() && patch.iter().all(|p| p["name"].is_string()) =>
        {
            for item in patch {
                let found = base.iter().position(|b| b["name"] == item["name"]);
                match found {
                    Some(at) if item["$patch"] == "delete" => drop(base.remove(at)),
                    Some(at) => merge(&mut base[at], item),
                    None => base.push(item.clone()),
                }
            }
        }
        (base, patch) => *base = patch.clone(),
    }
}

fn table(items: Vec<Json>, meta: Json) -> Json {
    let rows: Vec<Json> = items
        .into_iter()
        .map(|o| json!({"cells": [o["metadata"]["name"], "4s", "x"], "object": {"metadata": o["metadata"]}}))
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": rows, "columnDefinitions": [
        {"name": "Name", "type": "string", "format": "name", "priority": 0},
        {"name": "Age", "type": "string", "priority": 0},
        {"name": "Extra", "type": "string", "priority": 1},
    ]})
}

const SHORT: &[(&str, &str)] = &[
    ("pods", "po"),
    ("services", "svc"),
    ("deployments", "deploy"),
    ("replicasets", "rs"),
    ("nodes", "no"),
    ("namespaces", "ns"),
    ("configmaps", "cm"),
];

fn discovery(core: bool) -> Json {
    let mut groups: Vec<(String, Vec<Json>)> = Vec::new();
    for kind in KINDS.iter().filter(|k| {
        k.name.group.is_empty() == core && !(k.name.group == "autoscaling" && k.name.version == "v1")
    }) {
        let shorts: Vec<&str> = SHORT.iter().filter(|(p, _)| *p == kind.plural).map(|(_, s)| *s).collect();
        let all = ["pods", "services", "deployments", "replicasets"].contains(&kind.plural);
        let resource = json!({
            "resource": kind.plural, "responseKind": {"group": kind.name.group, "version": kind.name.version, "kind": kind.name.kind},
            "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "singularResource": kind.name.kind.to_lowercase(),
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"], "shortNames": shorts,
            "categories": if all { json!(["all"]) } else { json!([]) }, "subresources": [{"subresource": "scale"}],
        });
        match groups.iter_mut().find(|(g, _)| g == kind.name.group) {
            Some((_, list)) => list.push(resource),
            None => groups.push((kind.name.group.to_string(), vec![resource])),
        }
    }
    let items: Vec<Json> = groups
        .into_iter()
        .map(|(g, list)| json!({"metadata": {"name": g}, "versions": [{"version": list[0]["responseKind"]["version"], "resources": list}]}))
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
}

struct Lines(VecDeque<Json>);

impl ByteStream for Lines {
    fn next(&mut self) -> LocalBoxFuture<'_, Option<Vec<u8>>> {
        let next = self.0.pop_front().map(|line| format!("{line}\n").into_bytes());
        Box::pin(async move { next })
    }
}

struct Frames(VecDeque<ExecFrame>);

impl ExecSession for Frames {
    fn send(&mut self, _frame: ExecFrame) {}
    fn next(&mut self) -> LocalBoxFuture<'_, Option<ExecFrame>> {
        let next = self.0.pop_front();
        Box::pin(async move { next })
    }
}

impl Host for Fake {
    fn request(&self, to: &Target, req: Request) -> LocalBoxFuture<'_, Result<Response, TransportError>> {
        let refused = to.server.contains("localhost:8080");
        Box::pin(async move {
            if refused {
                Err(TransportError::Refused { host: "localhost:8080".into() })
            } else {
                Ok(self.serve(&req))
            }
        })
    }
    fn stream(
        &self,
        _to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ByteStream>, Response>, TransportError>> {
        self.requests.borrow_mut().push(req);
        let lines = self.watches.borrow_mut().pop_front().unwrap_or_default();
        Box::pin(async move { Ok(Ok(Box::new(Lines(lines.into())) as Box<dyn ByteStream>)) })
    }
    fn exec(
        &self,
        _to: &Target,
        req: Request,
    ) -> LocalBoxFuture<'_, Result<Result<Box<dyn ExecSession>, Response>, TransportError>> {
        self.requests.borrow_mut().push(req);
        let frames = self.session.take();
        Box::pin(async move { Ok(Ok(Box::new(Frames(frames.into())) as Box<dyn ExecSession>)) })
    }
    fn stdout(&self, bytes: &[u8]) {
        self.out.borrow_mut().push_str(&String::from_utf8_lossy(bytes));
    }
    fn stderr(&self, bytes: &[u8]) {
        self.err.borrow_mut().push_str(&String::from_utf8_lossy(bytes));
    }
    fn stdin(&self) -> LocalBoxFuture<'_, StdinEvent> {
        let event = self.stdin.borrow_mut().pop_front().unwrap_or(StdinEvent::Eof);
        Box::pin(async move { event })
    }
    fn stdin_is_tty(&self) -> bool {
        false
    }
    fn stdout_is_tty(&self) -> bool {
        false
    }
    fn terminal_size(&self) -> (u16, u16) {
        (80, 24)
    }
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.files
            .borrow()
            .get(path)
            .map(|t| t.clone().into_bytes())
            .ok_or_else(|| "no such file or directory".into())
    }
    fn write_file(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.files.borrow_mut().insert(path.into(), String::from_utf8_lossy(bytes).into_owned());
        Ok(())
    }
    fn stat(&self, path: &str) -> Option<FileKind> {
        let files = self.files.borrow();
        if files.contains_key(path) {
            return Some(FileKind::File);
        }
        let dir = format!("{}/", path.trim_end_matches("/.").trim_end_matches('/'));
        files.keys().any(|f| f.starts_with(&dir)).then_some(FileKind::Dir)
    }
    fn list_dir(&self, path: &str) -> Result<Vec<String>, String> {
        let dir = format!("{}/", path.trim_end_matches("/.").trim_end_matches('/'));
        let mut names: Vec<String> = self
            .files
            .borrow()
            .keys()
            .filter_map(|f| f.strip_prefix(&dir))
            .map(|r| r.split('/').next().unwrap_or(r).to_string())
            .collect();
        names.dedup();
        Ok(names)
    }
    fn env(&self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/root".into())
    }
    fn cwd(&self) -> String {
        "/root".into()
    }
    fn now(&self) -> Timestamp {
        Timestamp(self.now.get())
    }
    fn sleep(&self, micros: i64) -> LocalBoxFuture<'_, ()> {
        self.now.set(self.now.get() + micros);
        Box::pin(async {})
    }
    fn interrupted(&self) -> bool {
        false
    }
    fn edit(&self, _name: &str, text: String) -> LocalBoxFuture<'_, Result<Option<String>, String>> {
        let edited = self.editor.borrow().as_ref().and_then(|e| e(text));
        Box::pin(async move { Ok(edited) })
    }
    fn explain_text(&self, _definition: &str) -> LocalBoxFuture<'_, Option<Json>> {
        Box::pin(async { None })
    }
}

#[allow(dead_code)]
pub fn body(req: &Request) -> Json {
    match &req.body {
        Body::Empty => Json::Null,
        body => body.to_json().unwrap_or(Json::Null),
    }
}
