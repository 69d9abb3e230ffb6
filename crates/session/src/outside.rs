//! The world outside of the cluster: the few pages of the web that courses fetch, on servers that the workstation
//! reaches by name. There is no other web: every other name does not resolve.
//!
//! Pages are copies in today's API versions. Addresses are of a block that stands for examples (RFC 5737), so nobody
//! takes them for real ones.

use std::net::{IpAddr, Ipv4Addr};

use kubarium_kubectl::cmd::version::CLIENT;
use os::net::http::{Request, RequestParser, Response};

/// What `curl`, `wget` and `kubectl -f URL` are told when a name is not one of ours.
pub const HINT: &str = "there is no internet in this world but a few pages that courses fetch; write the file with vi, or drop it on the page";

/// Servers, in the order of their addresses.
const HOSTS: &[&str] = &[
    "raw.githubusercontent.com",
    "storage.googleapis.com",
    "dl.k8s.io",
    "cdn.dl.k8s.io",
    "k8s.io",
    "amazon-eks.s3-us-west-2.amazonaws.com",
    "amazon-eks.s3.us-west-2.amazonaws.com",
];

/// Where the manifests of kubernetes.io lie on other servers.
const EXAMPLES: [(&str, &str); 3] = [
    ("k8s.io", "/examples/"),
    ("raw.githubusercontent.com", "/kubernetes/website/main/content/en/examples/"),
    ("raw.githubusercontent.com", "/kubernetes/website/master/content/en/examples/"),
];

/// Manifests of kubernetes.io, by their path below `examples/`.
const EXAMPLE_PAGES: &[(&str, &str)] = &[
    ("controllers/nginx-deployment.yaml", include_str!("outside/nginx-deployment.yaml")),
    ("pods/simple-pod.yaml", include_str!("outside/simple-pod.yaml")),
    ("pods/probe/exec-liveness.yaml", include_str!("outside/exec-liveness.yaml")),
];

const GUESTBOOK: &str = "/kubernetes/examples/master/guestbook-go/";

/// Manifests of the guestbook in Go, by their names.
const GUESTBOOK_PAGES: &[(&str, &str)] = &[
    ("redis-master-controller.json", include_str!("outside/redis-master-controller.json")),
    ("redis-master-service.json", include_str!("outside/redis-master-service.json")),
    ("redis-slave-controller.json", include_str!("outside/redis-slave-controller.json")),
    ("redis-slave-service.json", include_str!("outside/redis-slave-service.json")),
    ("guestbook-controller.json", include_str!("outside/guestbook-controller.json")),
    ("guestbook-service.json", include_str!("outside/guestbook-service.json")),
];

/// The last octet of the first server's address.
const FIRST: u8 = 10;

/// The address of a server; `None`: there is no such name.
pub fn address_of(name: &str) -> Option<IpAddr> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let at = HOSTS.iter().position(|host| *host == name)?;
    Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, FIRST + at as u8)))
}

/// The server at an address.
pub fn host_at(address: IpAddr) -> Option<&'static str> {
    let IpAddr::V4(v4) = address else { return None };
    let [203, 0, 113, last] = v4.octets() else { return None };
    HOSTS.get(usize::from(last.checked_sub(FIRST)?)).copied()
}

/// What a server answers to GET.
pub fn get(host: &str, target: &str) -> Response {
    let path = target.split('?').next().unwrap_or("/");
    if host == "dl.k8s.io" {
        let to = format!("https://cdn.dl.k8s.io{path}");
        return Response::new(302, "").header("Location", to);
    }
    match page(host, path) {
        Some(bytes) => {
            let text = std::str::from_utf8(&bytes).is_ok();
            let kind = if text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
            Response::new(200, bytes).header("Content-Type", kind)
        }
        None => Response::new(404, "404: Not Found").header("Content-Type", "text/plain; charset=utf-8"),
    }
}

/// The page that a URL leads to in the end, with its status; `None`: the name does not resolve.
pub fn fetch(url: &str) -> Option<(u16, Vec<u8>)> {
    let (_, rest) = url.split_once("://")?;
    let (host, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let host = host_at(address_of(host.split(':').next()?)?)?;
    let response = get(host, target);
    match response.headers.get("location") {
        Some(next) => fetch(next),
        None => Some((response.status, response.body)),
    }
}

fn page(host: &str, path: &str) -> Option<Vec<u8>> {
    let in_list = |list: &[(&str, &str)], name: &str| {
        list.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_bytes().to_vec())
    };
    for (server, folder) in EXAMPLES {
        if let Some(rest) = path.strip_prefix(folder).filter(|_| host == server) {
            return in_list(EXAMPLE_PAGES, rest);
        }
    }
    match host {
        "raw.githubusercontent.com" => {
            if path == "/kubernetes/ingress-nginx/nginx-0.30.0/deploy/static/mandatory.yaml" {
                return Some(include_str!("outside/mandatory.yaml").into());
            }
            in_list(GUESTBOOK_PAGES, path.strip_prefix(GUESTBOOK)?)
        }
        // The bucket has not changed since that release.
        "storage.googleapis.com" => release(path.strip_prefix("/kubernetes-release")?, "v1.31.0"),
        "cdn.dl.k8s.io" => release(path, CLIENT),
        _ if host.starts_with("amazon-eks.") => {
            path.ends_with("/aws-auth-cm.yaml").then(|| include_str!("outside/aws-auth-cm.yaml").into())
        }
        _ => None,
    }
}

/// What lies below `release/` of Kubernetes' downloads: the newest version's name, and kubectl, which is the
/// workstation's own whatever the system and version asked for.
fn release(path: &str, newest: &str) -> Option<Vec<u8>> {
    let rest = path.strip_prefix("/release/")?;
    if rest == "stable.txt" {
        return Some(newest.into());
    }
    let parts: Vec<&str> = rest.split('/').collect();
    let [version, "bin", "linux" | "darwin", "amd64" | "arm64", "kubectl"] = parts.as_slice() else {
        return None;
    };
    version.starts_with("v1.").then(|| os::program_file("kubectl"))
}

/// One connection to a server of the world outside.
#[derive(Default)]
pub struct Connection {
    host: &'static str,
    parser: RequestParser,
}

impl Connection {
    /// A connection to the server at this address.
    pub fn to(host: &'static str) -> Connection {
        Connection { host, parser: RequestParser::default() }
    }

    /// Takes bytes from the client; gives those that answer them, and whether the server is done with the client.
    pub fn receive(&mut self, bytes: &[u8]) -> (Vec<u8>, bool) {
        self.parser.feed(bytes);
        let mut out = Vec::new();
        loop {
            match self.parser.next() {
                Ok(Some(request)) => {
                    let keep = request.keep_alive();
                    out.extend(self.answer(&request));
                    if !keep {
                        return (out, true);
                    }
                }
                Ok(None) => return (out, false),
                Err(_) => {
                    out.extend(Response::new(400, "").to_bytes());
                    return (out, true);
                }
            }
        }
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        match request.method.as_str() {
            "GET" => get(self.host, &request.target).to_bytes(),
            "HEAD" => get(self.host, &request.target).head_bytes(),
            _ => Response::new(405, "").header("Allow", "GET, HEAD").to_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_lead_to_each_other() {
        for host in HOSTS {
            assert_eq!(address_of(host).and_then(host_at), Some(*host));
        }
        assert_eq!(address_of("example.com"), None);
        assert_eq!(host_at(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))), None);
        assert_eq!(host_at(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 200))), None);
    }

    #[test]
    fn pages_are_manifests_that_parse() {
        let all = EXAMPLE_PAGES.iter().chain(GUESTBOOK_PAGES).map(|(_, text)| *text);
        let more = [include_str!("outside/mandatory.yaml"), include_str!("outside/aws-auth-cm.yaml")];
        for text in all.chain(more) {
            for document in api::base::yaml::documents(text) {
                let document = api::base::yaml::parse(&document.text).expect("a page parses").value;
                assert!(document.get("kind").is_some(), "{text}");
            }
        }
    }

    #[test]
    fn redirections_lead_to_the_page() {
        let (status, bytes) = fetch("https://dl.k8s.io/release/stable.txt").expect("the name resolves");
        assert_eq!((status, bytes), (200, CLIENT.as_bytes().to_vec()));
        let kubectl = fetch(&format!("https://dl.k8s.io/release/{CLIENT}/bin/linux/amd64/kubectl"));
        assert_eq!(kubectl, Some((200, os::program_file("kubectl"))));
        assert_eq!(fetch("https://k8s.io/examples/no.yaml").map(|(status, _)| status), Some(404));
        assert_eq!(fetch("https://example.com/"), None);
    }
}
