//! The API server's port, 6443 on control-plane machines: how pods reach it over the network.
//!
//! The API server's logic is a function and needs no machine; what listens here reads HTTP from connections, finds out
//! who asks (a service account's token), and passes the request on. It answers only while the kube-apiserver container
//! of the machine runs. Watches and other streams are refused here: pods may list.

use std::rc::Rc;

use api::core::v1::ConfigMap;
use api::http::{Body, Method, Request as ApiRequest, decode, parse_query};
use api::{Json, Str};
use os::net::http::{Request, RequestParser, Response, reason};
use serde_json::json;

use super::node::Node;
use super::{Env, Role, token};
use crate::client::Identity;
use crate::network::{ConnId, Message, Side};

/// kube-apiserver's `--secure-port`.
pub const PORT: u16 = 6443;

/// A connection to the API server.
#[derive(Clone, Debug)]
pub struct ApiConn {
    conn: ConnId,
    parser: RequestParser,
}

impl Node {
    /// Whether this machine's API server answers.
    pub(super) fn serves_api(&self) -> bool {
        self.spec.role == Role::ControlPlane
            && self.containers.values().any(|it| it.name == "kube-apiserver" && it.is_running())
    }

    /// A connection arrives at the API server's port.
    pub(super) fn accept_api(&mut self, env: &mut Env, conn: ConnId) {
        let now = env.now();
        let number = self.new_token();
        let ca = env.cx.lister::<ConfigMap>().get("kube-system", "kube-root-ca.crt");
        let ca = ca.as_ref().and_then(|it| it.view::<ConfigMap>());
        // Made with the cluster, good for a year, as kubeadm does it.
        let made = os::Time(ca.map_or(0, |it| it.metadata.creation_timestamp.0));
        let ca = ca.and_then(|it| it.data.get("ca.crt").cloned());
        let names = [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ];
        let addresses =
            [env.config.apiserver_ip.clone(), self.spec.internal_ip.clone(), self.spec.name.clone()];
        let certificate = os::Certificate {
            subject: "CN=kube-apiserver".into(),
            issuer: "CN=kubernetes".into(),
            names: names
                .iter()
                .map(|it| it.to_string())
                .chain(addresses.iter().map(|it| it.to_string()))
                .collect(),
            ca_pem: ca.unwrap_or_default().to_string(),
            not_before: made,
            not_after: made.plus(365 * 86_400 * os::time::SECOND),
        };
        env.net.accept_kubelet(now, conn, self.id, number, Some(Rc::new(certificate)));
        self.api_conns.insert(number, ApiConn { conn, parser: RequestParser::default() });
    }

    /// A message for a connection to the API server; false if the token is for something else.
    pub(super) fn api_message(&mut self, env: &mut Env, number: u64, message: &Message) -> bool {
        let Some(it) = self.api_conns.get_mut(&number) else { return false };
        let conn = it.conn;
        match message {
            Message::Data(bytes) => {
                it.parser.feed(bytes);
                let mut requests = Vec::new();
                while let Ok(Some(request)) = it.parser.next() {
                    requests.push(request);
                }
                let serves = self.serves_api();
                for request in requests {
                    let now = env.now();
                    if !serves {
                        env.net.abort(now, conn, Side::Server);
                        break;
                    }
                    let last = !request.keep_alive();
                    let response = answer(env, request);
                    env.net.send(now, conn, Side::Server, Message::Data(response.to_bytes()));
                    if last {
                        env.net.close(now, conn, Side::Server);
                        self.api_conns.remove(&number);
                        break;
                    }
                }
            }
            Message::Fin | Message::Reset => {
                let now = env.now();
                env.net.close(now, conn, Side::Server);
                self.api_conns.remove(&number);
            }
            _ => {}
        }
        true
    }
}

/// Passes a request on to the API server as the user that its token names.
fn answer(env: &mut Env, request: Request) -> Response {
    let bearer =
        request.headers.get("authorization").and_then(|it| it.strip_prefix("Bearer ")).map(str::to_string);
    let user = match &bearer {
        None => "system:anonymous".to_string(),
        Some(text) => match token::subject(text, env.cx.now) {
            Some(user) => user,
            None => return failure(401, "Unauthorized", "Unauthorized"),
        },
    };
    let groups: Vec<Str> = match user.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':'))
    {
        Some((namespace, _)) => vec![
            "system:serviceaccounts".into(),
            format!("system:serviceaccounts:{namespace}").into(),
            "system:authenticated".into(),
        ],
        None => vec!["system:unauthenticated".into()],
    };
    let Some(method) = Method::parse(&request.method) else {
        return failure(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
    };
    let query = parse_query(request.query());
    if query.iter().any(|(key, value)| key == "watch" && value != "false" && value != "0") {
        return failure(501, "NotImplemented", "watches from inside pods are not simulated: list instead");
    }
    let agent =
        request.headers.get("user-agent").unwrap_or("pod").split('/').next().unwrap_or("pod").to_string();
    let body = if request.body.is_empty() { Body::Empty } else { Body::Bytes(Rc::from(&*request.body)) };
    let mut inner =
        ApiRequest { method, path: decode(request.path()).into(), query, body, ..ApiRequest::default() };
    for name in ["accept", "content-type"] {
        if let Some(value) = request.headers.get(name) {
            inner.headers.push((name.into(), value.into()));
        }
    }
    let identity = Identity { user: user.into(), groups, component: agent.into(), host: Str::EMPTY };
    let trigger = env.cx.trigger;
    let response = env.cx.with_identity(&identity, trigger).request(inner);
    let text = match &response.body {
        Body::Empty => Vec::new(),
        Body::Stream(_) => {
            return failure(501, "NotImplemented", "streams from inside pods are not simulated");
        }
        body => match body.to_json() {
            Some(json) => pretty(&json),
            None => body.to_bytes().to_vec(),
        },
    };
    let kind = if response.content_type().is_empty() {
        "application/json".to_string()
    } else {
        response.content_type().to_string()
    };
    let mut http = Response::new(response.status, text).header("Content-Type", kind);
    http.reason = reason(response.status).to_string();
    for warning in &response.warnings {
        http.headers.add("Warning", format!("299 - \"{warning}\""));
    }
    http.header("Cache-Control", "no-cache, private")
}

/// The API server prints JSON for curl and browsers with two spaces.
fn pretty(json: &Json) -> Vec<u8> {
    serde_json::to_vec_pretty(json).unwrap_or_default()
}

fn failure(code: u16, reason: &str, message: &str) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    Response::new(code, pretty(&status)).header("Content-Type", "application/json")
}
