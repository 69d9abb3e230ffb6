//! Hints for pasted manifests that the API server refuses: one line beneath kubectl's own words.
//!
//! kubectl's message says what is wrong in the language of its parsers. The hint says what a person most likely meant,
//! from the file itself: an apiVersion of another decade, `//` comments, tabs, a fragment of an object.

mod fields;

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
    notes(&text, stderr)
        .or_else(|| tabs(&text, stderr))
        .or_else(|| removed(stderr))
        .or_else(|| selector(stderr))
        .or_else(|| slashes(&text, stderr))
        .or_else(|| containers_map(&text, stderr))
        .or_else(|| twice(&text, stderr))
        .or_else(|| layout(&text, stderr))
        .or_else(|| fields::unknown(stderr))
        .or_else(|| fields::not_a_number(stderr, &text))
        .or_else(|| fragment(&text, stderr))
        .or_else(|| refused(&text, stderr, file))
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
    let row = REMOVED.iter().find(|(old, of, ..)| *old == version && (of.is_empty() || *of == kind));
    let Some((_, _, release, new)) = row else {
        let group = version.split_once('/')?.0;
        let own = group.contains('.') && !group.ends_with(".k8s.io");
        return own.then(|| {
            format!("no CustomResourceDefinition here defines {kind} in {version}: apply that first")
        });
    };
    Some(format!("{kind} left {version} in Kubernetes {release}; today its apiVersion is {new}"))
}

/// What stands in notes rather than in files: a terminal's prompt, Markdown's backticks, a Dockerfile, curly quotes.
fn notes(text: &str, stderr: &str) -> Option<String> {
    let unread = ["converting YAML", "invalid object to validate", "kind not set"]
        .iter()
        .any(|words| stderr.contains(words));
    if !unread {
        return None;
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    if let Some(command) = first.strip_prefix("$ ") {
        let rest =
            lines.next().map(|_| ": delete the line, what follows is its output").unwrap_or(": type it");
        let name: Vec<&str> = command.split_whitespace().take(2).collect();
        return Some(format!("line 1 is a command ({} …), no part of a manifest{rest}", name.join(" ")));
    }
    if first.starts_with("FROM ") {
        return Some("this is a Dockerfile: `docker build` makes an image of it, kubectl cannot".to_owned());
    }
    if first == "..." || first.starts_with("... ") {
        return Some(
            "line 1: ... ends a document in YAML; delete it, and put the fragment that follows into a whole object"
                .to_owned(),
        );
    }
    if let Some(line) = text.lines().position(|line| line.contains(['“', '”'])) {
        return Some(format!(
            "line {}: curly quotes (“ ”) are letters to YAML and become part of the value; type straight ones (\")",
            line + 1
        ));
    }
    let line = text.lines().position(|line| line.contains('`'))? + 1;
    Some(format!(
        "line {line}: backticks come from Markdown and are no YAML: write the field bare, with a space after the colon"
    ))
}

fn slashes(text: &str, stderr: &str) -> Option<String> {
    let fault = ["cannot unmarshal", "Invalid value", "no matches for kind", "converting YAML"];
    if !fault.iter().any(|words| stderr.contains(words)) {
        return None;
    }
    let commented = |line: &&str| line.contains(" // ") || line.trim_start().starts_with("//");
    let count = text.lines().filter(commented).count();
    let line = text.lines().position(|line| commented(&line))? + 1;
    let place = match count {
        1 => format!("line {line}"),
        _ => format!("line {line} and {} more", count - 1),
    };
    Some(format!("{place}: // begins no comment in YAML and became part of the value; comments begin with #"))
}

/// A key that stands twice at the left margin: YAML says that is wrong, kubectl keeps the last without a word.
fn twice(text: &str, stderr: &str) -> Option<String> {
    if !stderr.contains("strict decoding error") {
        return None;
    }
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("---") {
            seen.clear();
        }
        let Some((key, _)) = line.split_once(':') else { continue };
        if key.is_empty() || key.starts_with([' ', '\t', '#', '-']) {
            continue;
        }
        match seen.iter().find(|(other, _)| *other == key) {
            Some((_, before)) => {
                return Some(format!(
                    "{key} stands twice, in lines {before} and {}, and only the last counts: indent what belongs deeper",
                    index + 1
                ));
            }
            None => seen.push((key, index + 1)),
        }
    }
    None
}

/// Indentation that does not fit, where the reader's message alone is hard to place.
fn layout(text: &str, stderr: &str) -> Option<String> {
    if !stderr.contains("converting YAML to JSON") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    if lines.len() > 1 && depth(lines[0]) == 0 && lines[0].starts_with("apiVersion:") && depth(lines[1]) > 0 {
        return Some("kind, metadata and spec begin in the same column as apiVersion".to_owned());
    }
    let top = ["apiVersion", "kind", "metadata", "spec", "data", "status"];
    let out = lines.iter().enumerate().skip(1).find(|(_, line)| {
        let key = line.split(':').next().unwrap_or_default();
        depth(line) == 0 && line.contains(':') && !top.contains(&key) && !line.starts_with(['#', '-'])
    });
    if let Some((index, line)) = out
        && lines.first().is_some_and(|first| top.contains(&first.split(':').next().unwrap_or_default()))
    {
        return Some(format!(
            "line {} ({}) stands at the left margin: indent it like the fields beside it",
            index + 1,
            line.split(':').next().unwrap_or_default()
        ));
    }
    if let Some(index) = lines.iter().position(|line| line.matches('\'').count() % 2 == 1) {
        return Some(format!(
            "line {} opens a quote and does not close it: a text of several lines goes below a | (a block scalar)",
            index + 1
        ));
    }
    if stderr.contains("did not find expected") {
        return Some("fields of one object stand in one column, and so do the dashes of one list".to_owned());
    }
    stderr.contains("mapping values are not allowed").then(|| {
        "a line with \"key: value\" stands under a line that already has a value, or deeper than the fields beside it"
            .to_owned()
    })
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

/// What the server refused by its rules, and what to do about it.
fn refused(text: &str, stderr: &str, file: &str) -> Option<String> {
    let has = |words: &str| stderr.contains(words);
    if let Some(rest) = stderr.split("no kind \"").nth(1) {
        let kind = rest.split('"').next()?;
        let mut letters = kind.chars();
        let first = letters.next().filter(|c| c.is_lowercase())?;
        return Some(format!("kinds begin with a capital: {}{}", first.to_uppercase(), letters.as_str()));
    }
    if has("volumeMounts[") && has("Not found: \"") {
        let name = stderr.split("Not found: \"").nth(1)?.split('"').next()?;
        return Some(match volumes(text).into_iter().find(|volume| near(name, volume)) {
            Some(volume) => {
                format!(
                    "no volume is named {name}; spec.volumes has {volume}: the two names must be the same"
                )
            }
            None => format!("a mount needs a volume: add one named {name} to spec.volumes"),
        });
    }
    if has("pod updates may not change fields") {
        return Some(format!(
            "most of a running pod is fixed: `kubectl replace --force -f {file}` deletes it and makes it anew; a Deployment would roll"
        ));
    }
    if has("pathType: Required value") {
        return Some("each path needs a pathType; Prefix is what old manifests meant".to_owned());
    }
    if has("resource name may not be empty") {
        return Some("metadata.name is missing".to_owned());
    }
    if has("UID in precondition")
        || has("the object has been modified")
        || has("resourceVersion should not be set")
    {
        return Some(
            "uid, resourceVersion, selfLink and creationTimestamp are the server's own: delete them from the file"
                .to_owned(),
        );
    }
    None
}

/// Names under `volumes:`, read by eye: the file may be broken in other places.
fn volumes(text: &str) -> Vec<&str> {
    let mut lines = text.lines().skip_while(|line| line.trim() != "volumes:");
    let depth = |line: &str| line.len() - line.trim_start().len();
    let Some(head) = lines.next() else { return Vec::new() };
    lines
        .take_while(|line| {
            depth(line) >= depth(head) && (depth(line) > depth(head) || line.trim().starts_with('-'))
        })
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("name:"))
        .map(|name| name.trim().trim_matches(['"', '\'']))
        .collect()
}

/// Whether one word is a misspelling of the other.
fn near(a: &str, b: &str) -> bool {
    kubarium_kubectl::command::edit_distance(a, b) <= 2.max(a.len() / 4)
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
    fn an_unknown_field_is_led_to_the_one_that_was_meant() {
        let error = |kind: &str, version: &str, field: &str| {
            format!(
                "Error from server (BadRequest): error when creating \"x.yaml\": {kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: unknown field \"{field}\""
            )
        };
        assert_eq!(
            hint_for("", &error("PersistentVolumeClaim", "v1", "spec.resource")).as_deref(),
            Some("spec has no resource; did you mean resources?")
        );
        assert_eq!(
            hint_for("", &error("Pod", "v1", "spec.ports")).as_deref(),
            Some("ports is no field of spec; it belongs under spec.containers[]")
        );
        assert_eq!(
            hint_for("", &error("PersistentVolume", "v1", "spec.persistentVolumeClaimPolicy")).as_deref(),
            Some("spec has no persistentVolumeClaimPolicy; did you mean persistentVolumeReclaimPolicy?")
        );
    }

    #[test]
    fn a_mount_is_led_to_the_volume_with_the_nearest_name() {
        let hint = hint_for(
            "spec:\n  volumes:\n    - name: \"kuard-data\"\n  containers: []\n",
            "The Pod \"kuard\" is invalid: spec.containers[0].volumeMounts[0].name: Not found: \"kaurd-data\"",
        );
        assert!(hint.is_some_and(|h| h.contains("spec.volumes has kuard-data")));
    }

    #[test]
    fn what_is_right_gets_no_hint() {
        assert_eq!(
            hint_for("kind: Pod\n", "Error from server (AlreadyExists): pods \"x\" already exists"),
            None
        );
    }
}
