//! The simulated registries: which images exist, and what is in them.
//!
//! A family is one file under `runtime/images/` and one line in [`images::FAMILIES`]. Names that no family knows fail
//! to pull with the messages that containerd gives for the registry in question.

use std::rc::Rc;

use api::Str;
use os::{Flavour, ShellKind, Tree};

use super::images;
use super::reference::Reference;
use crate::sim::Hasher64;

/// What an image is: its configuration and how its files are made.
#[derive(Clone, Debug)]
pub struct Image {
    /// "docker.io/library/nginx:1.27"
    pub name: Str,
    /// "docker.io/library/nginx@sha256:…"
    pub id: Str,
    /// Compressed bytes, what the pull transfers and `status.images` shows.
    pub size: u64,
    /// What `command` replaces.
    pub entrypoint: Vec<String>,
    /// What `args` replaces; dropped when `command` is given.
    pub cmd: Vec<String>,
    /// Before the container's own.
    pub env: Vec<(String, String)>,
    /// What `workingDir` replaces; `/` for most.
    pub cwd: String,
    /// Numeric user.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Set if the image names its user instead, which `runAsNonRoot` cannot check.
    pub user_name: Str,
    /// "SIGTERM" unless the image says otherwise.
    pub stop_signal: Str,
    /// Whose tools are in it.
    pub flavour: Flavour,
    /// What `/bin/sh` is in it.
    pub shell: ShellKind,
    /// Ports on which the image's own command listens and then waits: such a container is dormant until it is needed.
    pub dormant: &'static [u16],
    /// What a dormant container's command does on its stop signal: exit with this code, or nothing (process 1 without a
    /// handler ignores it, and the grace period runs out).
    pub on_stop: Option<i32>,
    /// Resident memory of a dormant container in bytes, for usage figures.
    pub memory: u64,
    /// Needs credentials to pull.
    pub private: bool,
    /// Makes the root file system.
    pub files: fn(&Image) -> Tree,
}

impl Image {
    /// An image with nothing particular: a Debian-like base, root, no command.
    pub fn new(size: u64) -> Image {
        Image {
            name: Str::EMPTY,
            id: Str::EMPTY,
            size,
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            env: vec![path_env()],
            cwd: "/".to_string(),
            uid: 0,
            gid: 0,
            user_name: Str::EMPTY,
            stop_signal: "SIGTERM".into(),
            flavour: Flavour::Gnu,
            shell: ShellKind::Dash,
            dormant: &[],
            on_stop: Some(0),
            memory: 4 << 20,
            private: false,
            files: |image| os::image::base(image.flavour),
        }
    }

    /// The same on BusyBox (busybox, alpine).
    pub fn busybox(size: u64) -> Image {
        Image { flavour: Flavour::BusyBox, shell: ShellKind::Ash, ..Image::new(size) }
    }

    /// The same where `/bin/sh` is bash, as on Red Hat's relatives.
    pub fn with_bash(self) -> Image {
        Image { shell: ShellKind::Bash, ..self }
    }

    /// The same without shell and tools ("distroless").
    pub fn scratch(size: u64) -> Image {
        Image { files: |_| os::image::bare(), ..Image::new(size) }
    }

    /// Sets the entrypoint.
    pub fn entrypoint(mut self, words: &[&str]) -> Image {
        self.entrypoint = words.iter().map(|it| it.to_string()).collect();
        self
    }

    /// Sets the cmd.
    pub fn cmd(mut self, words: &[&str]) -> Image {
        self.cmd = words.iter().map(|it| it.to_string()).collect();
        self
    }

    /// Adds a variable.
    pub fn env(mut self, name: &str, value: &str) -> Image {
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    /// Sets the working directory.
    pub fn cwd(mut self, path: &str) -> Image {
        self.cwd = path.to_string();
        self
    }

    /// Sets the numeric user and group.
    pub fn user(mut self, uid: u32, gid: u32) -> Image {
        (self.uid, self.gid) = (uid, gid);
        self
    }

    /// Its own command serves these ports and does nothing by itself.
    pub fn serves(mut self, ports: &'static [u16]) -> Image {
        self.dormant = ports;
        self
    }

    /// Sets the exit code of a dormant container that gets its stop signal; `None` ignores the signal until the
    /// grace period is over.
    pub fn on_stop(mut self, exit: Option<i32>) -> Image {
        self.on_stop = exit;
        self
    }

    /// Sets the resident memory in bytes of a container that has no machine yet.
    pub fn memory(mut self, bytes: u64) -> Image {
        self.memory = bytes;
        self
    }

    /// Sets the stop signal, by name.
    pub fn stop_signal(mut self, name: &str) -> Image {
        self.stop_signal = name.into();
        self
    }

    /// Sets what makes the root file system.
    pub fn files(mut self, make: fn(&Image) -> Tree) -> Image {
        self.files = make;
        self
    }

    /// The tag it was pulled by.
    pub fn tag(&self) -> &str {
        let after_slash = self.name.rfind('/').map_or(0, |at| at + 1);
        self.name[after_slash..].split_once(':').map_or("latest", |(_, tag)| tag)
    }
}

fn path_env() -> (String, String) {
    ("PATH".to_string(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_string())
}

/// A family of images: repositories that share a file of the catalogue.
#[derive(Clone, Copy)]
pub struct Family {
    /// "docker.io/library/nginx"
    pub repositories: &'static [&'static str],
    /// The image of a repository and tag; `None` if there is no such tag.
    pub image: fn(repository: &str, tag: &str) -> Option<Image>,
}

/// Why an image cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullError {
    /// The registry's host has no address.
    NoRegistry,
    /// The registry does not know the repository.
    NoRepository,
    /// The repository has no such tag.
    NoTag,
    /// The repository wants credentials.
    Unauthorized,
}

/// Looks an image up in its registry.
pub fn find(reference: &Reference) -> Result<Rc<Image>, PullError> {
    let name = reference.name();
    let mut known = false;
    for family in images::FAMILIES.iter().filter(|family| family.repositories.contains(&name.as_str())) {
        known = true;
        let tag = if reference.tag.is_empty() { "latest" } else { &reference.tag };
        if let Some(mut image) = (family.image)(&name, tag) {
            image.name = reference.full().into();
            image.id =
                format!("{name}@{}", digest(&format!("{name}:{}:{}", image.size, image.env.len()), tag))
                    .into();
            return Ok(Rc::new(image));
        }
    }
    if known {
        return Err(PullError::NoTag);
    }
    if REGISTRIES.contains(&reference.registry.as_str()) {
        Err(PullError::NoRepository)
    } else {
        Err(PullError::NoRegistry)
    }
}

/// Registries that answer.
const REGISTRIES: &[&str] = &[
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "quay.io",
    "registry.k8s.io",
    "k8s.gcr.io",
    "us-docker.pkg.dev",
    "public.ecr.aws",
    "mcr.microsoft.com",
    "registry.example.com",
];

/// "sha256:" and 64 digits made from names: the same everywhere and always.
pub fn digest(a: &str, b: &str) -> String {
    let mut out = "sha256:".to_string();
    for part in 0..4u64 {
        let mut h = Hasher64::new();
        h.u64(part);
        h.str(a);
        h.str(b);
        out.push_str(&format!("{:016x}", h.finish()));
    }
    out
}

impl PullError {
    /// containerd's words, as the CRI gives them to the kubelet.
    pub fn message(&self, reference: &Reference) -> String {
        let full = reference.full();
        let resolve =
            format!("failed to pull and unpack image {full:?}: failed to resolve reference {full:?}");
        let host = match reference.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        match self {
            PullError::NoRegistry => format!(
                "{resolve}: failed to do request: Head \"https://{host}/v2/{}/manifests/{}\": dial tcp: lookup {host}: no such host",
                reference.repository, reference.tag
            ),
            PullError::NoRepository if reference.registry == "docker.io" => format!(
                "{resolve}: pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed"
            ),
            PullError::NoRepository | PullError::Unauthorized if reference.registry == "ghcr.io" => format!(
                "{resolve}: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to \
                 https://ghcr.io/token?scope=repository%3A{}%3Apull&service=ghcr.io: 403 Forbidden",
                reference.repository.replace('/', "%2F")
            ),
            PullError::Unauthorized => format!(
                "{resolve}: unexpected status from HEAD request to https://{host}/v2/{}/manifests/{}: 401 Unauthorized",
                reference.repository, reference.tag
            ),
            PullError::NoRepository | PullError::NoTag => format!("{full}: not found"),
        }
    }

    /// gRPC status by which the message is prefixed: `rpc error: code = NotFound desc = `.
    pub fn rpc(&self, reference: &Reference) -> String {
        let message = self.message(reference);
        match self {
            PullError::NoTag => self.not_found(reference),
            PullError::NoRepository
                if reference.registry != "docker.io" && reference.registry != "ghcr.io" =>
            {
                self.not_found(reference)
            }
            _ => message,
        }
    }

    fn not_found(&self, reference: &Reference) -> String {
        let full = reference.full();
        format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image {full:?}: failed to resolve reference \
             {full:?}: {full}: not found"
        )
    }
}
