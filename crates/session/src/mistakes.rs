//! Hints for mistyped and outdated commands: one line beneath kubectl's or the shell's own words, which stay as they are.

use crate::unsupported;

/// The hint for a failed `kubectl` command, if there is one.
pub fn hint(argv: &[String], stderr: &str) -> Option<String> {
    resource_type(argv, stderr).or_else(|| outdated(argv, stderr)).or_else(|| typed(argv, stderr))
}

fn not_served(word: &str) -> Option<String> {
    let kind = unsupported::kind(word)?;
    Some(format!("Kubernetes has {kind}, this cluster does not: it is not simulated here yet"))
}

/// Programs that courses run on their own machines and that this one does not have: what does the same here.
const PROGRAMS: &[(&[&str], &str)] = &[
    (
        &["minikube", "kind", "k3d", "microk8s"],
        "a cluster runs already; its nodes and their addresses: kubectl get nodes -o wide",
    ),
    (
        &["docker", "podman", "nerdctl", "crictl"],
        "images are not built or run by hand here; a node pulls them: kubectl run NAME --image=IMAGE",
    ),
    (&["helm"], "charts are not simulated; what they install is manifests: kubectl apply -f FILE"),
    (&["kustomize"], "kustomize is not simulated; plain manifests are: kubectl apply -f FILE"),
    (
        &["kops", "eksctl", "aws", "gcloud", "az", "terraform"],
        "there is no cloud behind this cluster; faults and machines are on the page's map",
    ),
    (&["ssh", "scp"], "nodes have no login; containers have: kubectl exec -it POD -- sh"),
    (
        &["brew", "apt", "apt-get", "yum", "dnf", "apk", "snap", "pip", "pip3", "npm"],
        "packages are not simulated; the usual programs are there already",
    ),
    (
        &["python", "python3", "node", "java", "go", "ruby", "perl"],
        "no languages but the shell's, awk, sed and jq run here",
    ),
    (
        &["git"],
        "there is no git here; the folders that courses clone are there: ls ~/environment /simple-app",
    ),
    (&["code", "emacs", "gedit"], "the editors here are vi and nano, and the page's own"),
];

/// The hint for a command that is not on the workstation, with its words; `None`: nothing is known about it.
pub fn missing_command(name: &str, words: &[String]) -> Option<String> {
    let known = |name: &str| PROGRAMS.iter().find(|(names, _)| names.contains(&name));
    if let Some((_, instead)) = known(name) {
        return Some(format!("{name} is not simulated: {instead}"));
    }
    let rest = words.get(1..).unwrap_or_default().join(" ");
    if matches!(name, "➥" | "→" | "↵") {
        return Some(format!(
            "{name} is a book's mark for a line that goes on: the line before, then {rest}"
        ));
    }
    if name.starts_with("--") {
        return Some(format!("{name} belongs to the line before: end that one with \\"));
    }
    if name.chars().all(|c| c.is_ascii_digit()) && !rest.is_empty() {
        return Some(format!("the number is no part of the command: {rest}"));
    }
    let mut all = PROGRAMS.iter().flat_map(|(names, _)| *names).chain(&["kubectl"]);
    let meant = all.find(|program| {
        name.len() > 3 && program.len() > 3 && kubarium_kubectl::command::edit_distance(name, program) <= 2
    })?;
    let note = known(meant).map_or(String::new(), |(_, instead)| format!(" It is not simulated: {instead}"));
    Some(format!("did you mean {meant}?{note}"))
}

/// What stands between a phrase and the next quote.
fn quoted<'a>(stderr: &'a str, phrase: &str) -> Option<&'a str> {
    stderr.split(phrase).nth(1)?.split('"').next()
}

fn resource_type(argv: &[String], stderr: &str) -> Option<String> {
    if let Some(kind) = quoted(stderr, "no matches for kind \"") {
        return not_served(kind);
    }
    if stderr.contains("the server could not find the requested resource") {
        // `kubectl create quota …`, `kubectl autoscale …`
        let word = match argv.iter().find(|word| *word == "autoscale") {
            Some(_) => Some("hpa"),
            None => argv.iter().skip_while(|word| *word != "create").nth(1).map(String::as_str),
        };
        return not_served(word?);
    }
    let word = quoted(stderr, "the server doesn't have a resource type \"")?;
    match word {
        "container" | "containers" => Some(
            "containers are no objects of their own: `kubectl get pods`, then `kubectl describe pod NAME` lists its containers"
                .to_owned(),
        ),
        "minikube" | "control-plane" => Some(format!("{word} is the name of a node: kubectl describe node {word}")),
        _ if word.starts_with("node-") => Some(format!("{word} is the name of a node: kubectl describe node {word}")),
        _ => not_served(word),
    }
}

/// What old courses type.
fn outdated(argv: &[String], stderr: &str) -> Option<String> {
    let says = |words: &str| stderr.contains(words);
    let has = |word: &str| argv.iter().any(|typed| typed == word);
    let text = if says("unknown command \"rolling-update\"") {
        "rolling-update was removed in 1.18: a Deployment does it, see `kubectl set image` and `kubectl rollout`"
    } else if says("unknown flag: --delete-local-data") {
        "the flag is --delete-emptydir-data since 1.20"
    } else if says("unknown flag: --short") {
        "the short form is the only one since 1.28: leave --short out"
    } else if says("unknown flag: --cpu-percentage") {
        "the flag is --cpu=30%"
    } else if says("\"kube-dns\" not found") && says("deployments.apps") {
        "the cluster's DNS is the Deployment coredns; only its Service is still named kube-dns"
    } else if says(": no such host") {
        crate::outside::HINT
    } else if says("Metrics API not available") {
        "metrics-server measures what pods use; it is not simulated here yet"
    } else if says("unknown flag: --export") {
        "--export was removed in 1.18: -o yaml shows the object with what the server has set"
    } else if says("unknown flag: --generator") {
        "kubectl run makes a Pod since 1.18; for the rest there is kubectl create"
    } else if has("run") && says("unknown flag: --replicas") {
        "kubectl run makes one Pod since 1.18: kubectl create deployment NAME --image=IMAGE --replicas=N"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// What typesetting and templates leave in a command.
fn typed(argv: &[String], stderr: &str) -> Option<String> {
    if let Some(word) = argv.iter().find(|word| word.starts_with(['—', '–'])) {
        let bare = word.trim_start_matches(['—', '–']);
        return Some(format!("{word} begins with a long dash: type two hyphens, --{bare}"));
    }
    if argv.iter().any(|word| word == "//") {
        return Some("// begins no comment in a shell: # does".to_owned());
    }
    let placeholder = |word: &&String| word.starts_with('[') && word.ends_with(']') && word.len() > 2;
    if let Some(word) = argv.iter().skip(1).find(placeholder) {
        return Some(format!("{word} stands for a name: type one of your own"));
    }
    if stderr.contains("The connection to the server localhost:8080 was refused") {
        return Some(
            "the current context names no cluster: `kubectl config get-contexts`, then `kubectl config use-context NAME`"
                .to_owned(),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_for(line: &str, stderr: &str) -> String {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        hint(&argv, stderr).unwrap_or_default()
    }

    #[test]
    fn what_is_not_served_is_told_apart_from_what_does_not_exist() {
        let missing = |word: &str| format!("error: the server doesn't have a resource type {word:?}\n");
        for (word, expected) in [
            ("hpa", "Kubernetes has HorizontalPodAutoscaler, this cluster does not"),
            ("networkpolicies.networking.k8s.io", "Kubernetes has NetworkPolicy"),
            ("containers", "containers are no objects of their own"),
            ("minikube", "minikube is the name of a node"),
        ] {
            let hint = hint_for(&format!("kubectl get {word}"), &missing(word));
            assert!(hint.starts_with(expected), "{word}: {hint}");
        }
        assert_eq!(hint_for("kubectl get foo", &missing("foo")), "");
        let create = "error: failed to create quota: the server could not find the requested resource";
        assert!(hint_for("kubectl create quota q", create).contains("ResourceQuota"));
        let kind = "error: resource mapping not found for name: \"q\" namespace: \"\" from \"q.yaml\": no matches for kind \"LimitRange\" in version \"v1\"";
        assert!(hint_for("kubectl apply -f q.yaml", kind).contains("LimitRange"));
    }

    #[test]
    fn commands_that_are_not_there_are_explained() {
        let hint = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            missing_command(&words[0], &words).unwrap_or_default()
        };
        assert!(hint("minikube ip").contains("kubectl get nodes -o wide"));
        assert_eq!(hint("kubcetl get pods"), "did you mean kubectl?");
        assert!(hint("ekstcl x").starts_with("did you mean eksctl? It is not simulated: "));
        assert_eq!(hint("4 ls -l"), "the number is no part of the command: ls -l");
        assert_eq!(hint("frobnicate"), "");
        assert_eq!(hint("x"), "");
        assert_eq!(hint(""), "");
    }

    #[test]
    fn commands_of_old_courses_are_explained() {
        for (line, stderr, expected) in [
            (
                "kubectl rolling-update a b",
                "error: unknown command \"rolling-update\" for \"kubectl\"",
                "1.18",
            ),
            (
                "kubectl config view —minify",
                "error: unexpected arguments: [—minify]",
                "two hyphens, --minify",
            ),
            ("kubectl top node // cpu", "error: node [NAME | -l label]", "no comment"),
            (
                "kubectl get deployments kube-dns",
                "Error from server (NotFound): deployments.apps \"kube-dns\" not found",
                "coredns",
            ),
            ("kubectl edit [name]", "error", "stands for a name"),
        ] {
            assert!(hint_for(line, stderr).contains(expected), "{line}: {}", hint_for(line, stderr));
        }
    }
}
