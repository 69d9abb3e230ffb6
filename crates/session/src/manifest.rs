//! Hints for pasted manifests that the API server refuses: one line beneath kubectl's own words.
//!
//! kubectl's message says what is wrong in the language of its parsers. The hint says what a person most likely meant,
//! from the file itself: an apiVersion of another decade, `//` comments, tabs, a fragment of an object.

/// The hint for a failed `kubectl` command, if there is one. `read` reads a file of the workstation by absolute path.
pub fn hint(
    argv: &[String],
    cwd: &str,
    stderr: &str,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Option<String> {
    let file = file_of(argv)?;
    let path = if file.starts_with('/') { file.to_owned() } else { format!("{cwd}/{file}") };
    let bytes = read(&path)?;
    let text = String::from_utf8_lossy(&bytes);
    tabs(&text, stderr)
        .or_else(|| removed(stderr))
        .or_else(|| slashes(&text, stderr))
        .or_else(|| containers_map(&text, stderr))
        .or_else(|| fragment(&text, stderr))
        .or_else(|| selector(stderr))
}

/// The file named by `-f`.
fn file_of(argv: &[String]) -> Option<&str> {
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-f" | "--filename" => return words.next().map(String::as_str).filter(|file| *file != "-"),
            _ => {
                let file = word
                    .strip_prefix("--filename=")
                    .or_else(|| word.strip_prefix("-f").filter(|f| !f.is_empty()));
                if let Some(file) = file {
                    return Some(file.trim_start_matches('=')).filter(|file| *file != "-");
                }
            }
        }
    }
    None
}

fn tabs(text: &str, stderr: &str) -> Option<String> {
    if !stderr.contains("converting YAML to JSON") {
        return None;
    }
    let indented = |line: &&str| {
        line.len() != line.trim_start().len() && line[..line.len() - line.trim_start().len()].contains('\t')
    };
    let line = text.lines().position(|line| indented(&line))? + 1;
    Some(format!("line {line} is indented with a tab; YAML allows only spaces there: two for each level"))
}

/// apiVersions that manifests of old courses carry: the release that removed them, and what took their place.
const REMOVED: &[(&str, &str, &str, &str)] = &[
    ("extensions/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "Ingress", "1.22", "networking.k8s.io/v1"),
    ("extensions/v1beta1", "NetworkPolicy", "1.16", "networking.k8s.io/v1"),
    ("extensions/v1beta1", "", "1.16", "apps/v1"),
    ("apps/v1beta1", "", "1.16", "apps/v1"),
    ("apps/v1beta2", "", "1.16", "apps/v1"),
    ("batch/v1beta1", "CronJob", "1.25", "batch/v1"),
    ("batch/v2alpha1", "CronJob", "1.21", "batch/v1"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "1.25", "autoscaling/v2"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26", "autoscaling/v2"),
    ("policy/v1beta1", "PodDisruptionBudget", "1.25", "policy/v1"),
    ("rbac.authorization.k8s.io/v1beta1", "", "1.22", "rbac.authorization.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "1.22", "apiextensions.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "StorageClass", "1.22", "storage.k8s.io/v1"),
];

fn removed(stderr: &str) -> Option<String> {
    let rest = stderr.split("no matches for kind \"").nth(1)?;
    let (kind, rest) = rest.split_once('"')?;
    let version = rest.split("in version \"").nth(1)?.split('"').next()?;
    if version == "v1" && kind == "Ingress" {
        return Some("Ingress is not in \"v1\": its apiVersion is networking.k8s.io/v1".to_owned());
    }
    let (_, _, release, new) =
        REMOVED.iter().find(|(old, of, ..)| *old == version && (of.is_empty() || *of == kind))?;
    Some(format!("{kind} left {version} in Kubernetes {release}; today its apiVersion is {new}"))
}

fn slashes(text: &str, stderr: &str) -> Option<String> {
    let fault = ["cannot unmarshal", "Invalid value", "no matches for kind", "converting YAML"];
    if !fault.iter().any(|words| stderr.contains(words)) {
        return None;
    }
    let line =
        text.lines().position(|line| line.contains(" // ") || line.trim_start().starts_with("//"))? + 1;
    Some(format!(
        "line {line}: // begins no comment in YAML and became part of the value; comments begin with #"
    ))
}

fn containers_map(text: &str, stderr: &str) -> Option<String> {
    if !stderr.contains("of type []") || !stderr.contains("containers") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let line = lines.iter().position(|line| line.trim() == "containers:")? + 1;
    Some(format!("containers (line {line}) is a list: put \"- \" before the first field of each container"))
}

fn fragment(text: &str, stderr: &str) -> Option<String> {
    let missing = stderr.contains("apiVersion not set") || stderr.contains("kind not set");
    if stderr.contains("invalid object to validate") {
        return Some(
            "this is no manifest: a manifest has apiVersion, kind, metadata and, mostly, spec".to_owned(),
        );
    }
    if !missing {
        return None;
    }
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let key = first.trim().trim_start_matches("- ").split(':').next().unwrap_or_default();
    let lacking = match (stderr.contains("apiVersion not set"), stderr.contains("kind not set")) {
        (true, true) => "apiVersion and kind",
        (true, false) => "apiVersion",
        _ => "kind",
    };
    if lacking == "apiVersion" {
        return Some("apiVersion is missing: every manifest begins with apiVersion and kind".to_owned());
    }
    Some(format!(
        "{lacking} are missing: this is a fragment (it begins with \"{key}\") and belongs into a whole object"
    ))
}

fn selector(stderr: &str) -> Option<String> {
    stderr.contains("spec.selector: Required value").then(|| {
        "spec.selector is required: repeat the labels of spec.template.metadata.labels under spec.selector.matchLabels"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_for(text: &'static str, stderr: &str) -> Option<String> {
        let argv = ["kubectl", "apply", "-f", "x.yaml"].map(String::from);
        hint(&argv, "/home/user", stderr, &|path| {
            (path == "/home/user/x.yaml").then(|| text.as_bytes().to_vec())
        })
    }

    #[test]
    fn a_tab_is_shown_with_its_line() {
        let hint = hint_for(
            "a:\n\tb: 1\n",
            "error: error parsing x.yaml: error converting YAML to JSON: yaml: line 2: …",
        );
        assert!(hint.is_some_and(|h| h.starts_with("line 2 is indented with a tab")));
    }

    #[test]
    fn a_removed_version_names_its_successor() {
        let hint = hint_for(
            "",
            "error: resource mapping not found for name: \"kubia\" namespace: \"\" from \"x.yaml\": no matches for kind \"Deployment\" in version \"apps/v1beta1\"\nensure CRDs are installed first\n",
        );
        assert_eq!(
            hint.as_deref(),
            Some("Deployment left apps/v1beta1 in Kubernetes 1.16; today its apiVersion is apps/v1")
        );
    }

    #[test]
    fn what_is_right_gets_no_hint() {
        assert_eq!(
            hint_for("kind: Pod\n", "Error from server (AlreadyExists): pods \"x\" already exists"),
            None
        );
    }
}
