//! Questions of the page that are answered at once: requests, checks, causes, links, saving.

use api::Key;
use api::http::{Body, Method, Request};
use protocol::{Answer, Blob, CauseLink, Command, Decision, ObjectRef, Response, Share, ShareOptions};

use super::{Session, files};
use crate::link::{Link, VERSION};

impl Session {
    pub(super) fn question(&mut self, command: Command) {
        match command {
            Command::InspectLink { id, payload } => {
                let answer = match Link::decode(&payload) {
                    Ok(link) => Answer::Link(link.summary()),
                    Err((message, hint)) => Answer::Failed { message: format!("{message} {hint}") },
                };
                self.answer(id, answer);
            }
            Command::ReadFile { id, path } => self.read_file(id, path),
            Command::WriteFile { id, path, text } => self.write_file(id, &path, &text),
            Command::RenameFile { id, from, to } => self.rename_file(id, &from, &to),
            Command::DeleteFile { id, path } => self.delete_file(id, &path),
            Command::Check { id, path, text } => {
                let problems = crate::check::check(&self.backend, &self.workstation.hardware, &path, &text);
                self.answer(id, Answer::Problems(problems));
            }
            Command::Why { id, object } => {
                let answer = Answer::Why(self.why(&object));
                self.answer(id, answer);
            }
            Command::Decision { id, namespace, pod } => {
                let answer = Answer::Decision(self.decision(&namespace, &pod));
                self.answer(id, answer);
            }
            Command::Share { id, options } => {
                let answer = Answer::Share(self.share(&options));
                self.answer(id, answer);
            }
            Command::Hash { id } => {
                let hash = self.backend.with(|cluster| cluster.hash());
                self.answer(id, Answer::Hash(format!("{hash:016x}")));
            }
            Command::Save { id } => {
                let link = self.link(&ShareOptions { inputs: true, files: true });
                self.answer(id, Answer::Saved { state: Blob(link.pack()) });
            }
            Command::Fidelity { id } => self.answer(id, Answer::Fidelity(crate::unsupported::rows())),
            // The host's business.
            Command::Seen => {}
            _ => debug_assert!(false, "a command that is no question"),
        }
    }

    pub(super) fn request(&mut self, asked: protocol::Request) {
        let method = Method::parse(&asked.method).unwrap_or_default();
        let pairs =
            |list: Vec<(String, String)>| list.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let mut request = Request {
            method,
            path: asked.path.into(),
            query: pairs(asked.query),
            // Names of headers have no case; the server knows them in lower case.
            headers: pairs(asked.headers.into_iter().map(|(k, v)| (k.to_ascii_lowercase(), v)).collect()),
            body: Body::Empty,
        };
        if !asked.body.is_empty() {
            request = request.with_body(Body::text(&asked.body));
        }
        let (response, stream) = self.backend.send(request);
        let mut body = response.body.to_text();
        if let Some(mut stream) = stream
            && let crate::backend::Piece::Data(bytes) = self.backend.poll(&mut stream)
        {
            body = String::from_utf8_lossy(&bytes).into_owned();
        }
        let answer = Response {
            code: response.status,
            warnings: response.warnings.iter().map(ToString::to_string).collect(),
            content_type: response.content_type().to_owned(),
            body,
        };
        self.answer(asked.id, Answer::Response(answer));
    }

    pub(super) fn asset(&mut self, name: &str, text: Option<String>) {
        if name == "explain.json" {
            self.workstation.explain(text.and_then(|text| serde_json::from_str(&text).ok()));
        }
    }

    fn why(&self, object: &ObjectRef) -> Vec<CauseLink> {
        self.backend.with(|cluster| {
            let registry = cluster.world().api().registry();
            let Some(resource) = registry.iter().find(|r| {
                r.gvk.kind.as_str() == object.kind && r.gvk.api_version().as_str() == object.api_version
            }) else {
                return Vec::new();
            };
            let chain = cluster.world().why(
                cluster.inputs(),
                resource.id,
                &Key::new(&object.namespace, &object.name),
            );
            chain.into_iter().map(link_of).collect()
        })
    }

    fn decision(&self, namespace: &str, pod: &str) -> Option<Decision> {
        self.backend.with(|cluster| {
            let world = cluster.world();
            let id = world.api().registry().id_of::<api::core::v1::Pod>()?;
            let object = world.api().storage().get(id, &Key::new(namespace, pod))?;
            world.scheduler().decision(&object.meta().uid).map(crate::decision::of)
        })
    }

    fn link(&self, options: &ShareOptions) -> Link {
        let mut saved = self.backend.with(kubarium_core::cluster::Cluster::save);
        if !options.inputs {
            saved.inputs.clear();
            saved.latest = saved.config.start;
        }
        let files = if options.files { files::all(&self.workstation) } else { Vec::new() };
        Link { version: VERSION.to_owned(), saved, files }
    }

    fn share(&self, options: &ShareOptions) -> Share {
        let link = self.link(options);
        let hash = if options.inputs {
            format!("{:016x}", self.backend.with(|cluster| cluster.hash_at_latest()))
        } else {
            String::new()
        };
        Share { fragment: link.encode(), summary: link.summary(), hash }
    }
}

fn link_of(link: kubarium_core::cluster::CauseLink) -> CauseLink {
    let object = link.object.map(|object| ObjectRef {
        api_version: object.gvk().api_version().to_string(),
        kind: object.gvk().kind.to_string(),
        namespace: object.meta().namespace.to_string(),
        name: object.meta().name.to_string(),
    });
    CauseLink {
        at: link.at.micros(),
        revision: link.revision,
        actor: link.actor.to_string(),
        verb: link.verb.to_string(),
        what: link.what,
        object,
        reason: link.reason,
    }
}
