//! Image references: what people write, and the full form that a runtime makes of it.
//!
//! Mirrors github.com/distribution/reference: `nginx` is `docker.io/library/nginx:latest`.

/// A parsed reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// "docker.io"
    pub registry: String,
    /// "library/nginx"
    pub repository: String,
    /// "latest"; empty with a digest alone.
    pub tag: String,
    /// "sha256:…"; usually empty.
    pub digest: String,
}

impl Reference {
    /// Reads a reference; `None` if it is invalid.
    pub fn parse(text: &str) -> Option<Reference> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, digest),
            None => (text, ""),
        };
        if !digest.is_empty() && !valid_digest(digest) {
            return None;
        }
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(at) => (&rest[..slash + at], &rest[slash + at + 1..]),
            None => (rest, ""),
        };
        if name.len() != rest.len() && !valid_tag(tag) {
            return None;
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path))
                if first.contains(['.', ':'])
                    || first == "localhost"
                    || first.chars().any(|c| c.is_ascii_uppercase()) =>
            {
                (first, path)
            }
            _ => ("docker.io", name),
        };
        let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
        let repository = if registry == "docker.io" && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_string()
        };
        if path.is_empty() || !path.split('/').all(valid_component) || !valid_domain(registry) {
            return None;
        }
        let tag = if tag.is_empty() && digest.is_empty() { "latest" } else { tag };
        Some(Reference { registry: registry.into(), repository, tag: tag.into(), digest: digest.into() })
    }

    /// "docker.io/library/nginx"
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// "docker.io/library/nginx:latest"
    pub fn full(&self) -> String {
        match (self.tag.is_empty(), self.digest.is_empty()) {
            (false, true) => format!("{}:{}", self.name(), self.tag),
            (true, _) => format!("{}@{}", self.name(), self.digest),
            (false, false) => format!("{}:{}@{}", self.name(), self.tag, self.digest),
        }
    }
}

/// Lower-case alphanumerics with single `.`, one or two `_`, or any number of `-` between them.
fn valid_component(part: &str) -> bool {
    let bytes = part.as_bytes();
    let alnum = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let inner = |b: &u8| alnum(b) || matches!(b, b'.' | b'_' | b'-');
    bytes.first().is_some_and(alnum)
        && bytes.last().is_some_and(alnum)
        && bytes.iter().all(inner)
        && !part.contains("..")
        && !part.contains("___")
        && !part.contains("._")
        && !part.contains("_.")
}

fn valid_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

fn valid_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn valid_domain(domain: &str) -> bool {
    let (host, port) = domain.split_once(':').unwrap_or((domain, "0"));
    !host.is_empty()
        && host.split('.').all(|part| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        })
        && port.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn short_names_get_their_registry_and_tag() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("luksa/kubia:v1", "docker.io/luksa/kubia:v1"),
            ("gcr.io/kuar-demo/kuard-amd64:blue", "gcr.io/kuar-demo/kuard-amd64:blue"),
            ("localhost:5000/a", "localhost:5000/a:latest"),
        ] {
            assert_eq!(Reference::parse(text).map(|it| it.full()).as_deref(), Some(full), "{text}");
        }
    }

    #[test]
    fn what_docker_refuses_is_refused() {
        for text in
            ["", "Nginx", "nginx:", "nginx:a b", "nginx:la/test:x", "-nginx", "a//b", "nginx@sha256:12"]
        {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
