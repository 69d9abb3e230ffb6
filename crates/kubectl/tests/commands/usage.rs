//! Mistakes in the command line, help pages, the kubeconfig: nothing of this asks the server.

use super::fake::{Fake, block_on};

/// Command, and what kubectl 1.36 prints on stderr; all exit with 1.
const MISTAKES: &[(&str, &str)] = &[
    ("kubectl foo", "error: unknown command \"foo\" for \"kubectl\"\n\nDid you mean this?\n\ttop\n"),
    ("kubectl gte pods", "error: unknown command \"gte\" for \"kubectl\"\n\nDid you mean this?\n\tget\n"),
    ("kubectl rolling-update a", "error: unknown command \"rolling-update\" for \"kubectl\"\n"),
    (
        "kubectl rollout foo",
        "error: unknown command \"foo\"\nSee 'kubectl rollout -h' for help and examples\n",
    ),
    ("kubectl get --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n"),
    ("kubectl get -o", "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n"),
    ("kubectl run", "error: required flag(s) \"image\" not set\n"),
    ("kubectl create cronjob x", "error: required flag(s) \"image\", \"schedule\" not set\n"),
    ("kubectl create", "error: must specify one of -f and -k\n"),
    (
        "kubectl create configmap",
        "error: exactly one NAME is required, got 0\nSee 'kubectl create configmap -h' for help and examples\n",
    ),
    (
        "kubectl create ns a b",
        "error: exactly one NAME is required, got 2\nSee 'kubectl create namespace -h' for help and examples\n",
    ),
    (
        "kubectl label",
        "error: one or more resources must be specified as <resource> <name> or <resource>/<name>\n",
    ),
    ("kubectl label pods x", "error: at least one label update is required\n"),
    ("kubectl annotate pods x a", "error: at least one annotation update is required\n"),
    (
        "kubectl config view —minify",
        "error: unexpected arguments: [—minify]\nSee 'kubectl config view -h' for help and examples\n",
    ),
    (
        "kubectl explain",
        "error: You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.\n",
    ),
    ("kubectl exec", "error: pod, type/name or --filename must be specified\n"),
    (
        "kubectl exec kuard date",
        "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples\n",
    ),
    (
        "kubectl -it exec webapp sh",
        "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples\n",
    ),
    ("kubectl exec x", "error: you must specify at least one command for the container\n"),
    (
        "kubectl logs",
        "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples\n",
    ),
    ("kubectl apply", "error: must specify one of -f and -k\n"),
    ("kubectl apply -f x.yaml", "error: the path \"x.yaml\" does not exist\n"),
    ("kubectl wait pod/x", "error: unrecognized condition: []\n"),
    ("kubectl wait --for=foo pod/x", "error: unrecognized condition: \"foo\"\n"),
    ("kubectl rollout status", "error: required resource not specified\n"),
    ("kubectl scale", "error: required flag(s) \"replicas\" not set\n"),
    (
        "kubectl scale deployment/web --replicas=-1",
        "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0\n",
    ),
    (
        "kubectl autoscale deployment/web --min=6 --max=2",
        "error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 2, min: 6\n",
    ),
    (
        "kubectl patch pod x",
        "error: must specify --patch or --patch-file containing the contents of the patch\n",
    ),
    ("kubectl taint nodes x a", "error: at least one taint update is required\n"),
    (
        "kubectl taint nodes x a=b:Foo",
        "error: invalid taint effect: Foo, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n",
    ),
    ("kubectl cordon", "error: USAGE: cordon NODE [flags]\nSee 'kubectl cordon -h' for help and examples\n"),
    (
        "kubectl top node a b",
        "error: node [NAME | -l label]\nSee 'kubectl top node -h' for help and examples\n",
    ),
    ("kubectl top nodes", "error: Metrics API not available\n"),
    ("kubectl get foo", "error: the server doesn't have a resource type \"foo\"\n"),
    ("kubectl describe minikube", "error: the server doesn't have a resource type \"minikube\"\n"),
    (
        "kubectl get pods --context=nope",
        "Error in configuration: context was not found for specified context: nope\n",
    ),
    ("kubectl config use-context nope", "error: no context exists with the name: \"nope\"\n"),
    ("kubectl plugin list", "error: unable to find any kubectl plugins in your PATH\n"),
    ("kubectl debug x", "error: not simulated here: kubectl debug\n"),
    (
        "kubectl run a --image=x --rm",
        "error: --rm should only be used for attached containers\nSee 'kubectl run -h' for help and examples\n",
    ),
    (
        "kubectl get pods -o foo",
        "error: unable to match a printer suitable for the output format \"foo\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml\n",
    ),
    ("kubectl delete pod", "error: resource(s) were provided, but no name was specified\n"),
    (
        "kubectl set image",
        "error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'\n",
    ),
];

#[test]
fn mistakes_are_worded_as_kubectl_words_them() {
    for (line, want) in MISTAKES {
        assert_eq!(&Fake::new().fails(line), want, "{line}");
    }
}

#[test]
fn help_pages_have_cobras_layout() {
    let fake = Fake::new();
    let page = fake.ok("kubectl cordon --help");
    assert!(page.starts_with("Mark node as unschedulable.\n\n"), "{page}");
    assert!(
        page.contains("\n\nOptions:\n    --dry-run='none':\n\tMust be \"none\", \"server\", or \"client\"."),
        "{page}"
    );
    assert!(page.ends_with("\n\nUsage:\n  kubectl cordon NODE [options]\n\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n"), "{page}");
    assert_eq!(fake.ok("kubectl help cordon"), page);
    let root = fake.ok("kubectl");
    assert!(
        root.contains(
            "Basic Commands (Beginner):\n  create          Create a resource from a file or from stdin\n"
        ),
        "{root}"
    );
    let (out, err, code) = fake.run("kubectl rollout");
    assert!(
        out.contains("Available Commands:\n  history       View rollout history\n")
            && err.is_empty()
            && code == 1,
        "{out}"
    );
}

#[test]
fn every_command_that_runs_is_described_and_the_other_way_round() {
    let tree = kubarium_kubectl::command::Tree::load();
    for (path, _) in kubarium_kubectl::cmd::COMMANDS {
        assert!(tree.commands.iter().any(|c| c.path == *path), "{path} is missing in commands.txt");
    }
    for command in &tree.commands {
        let mut names: Vec<&str> = command.flags.iter().map(|f| f.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(all, names.len(), "{} has a flag twice", command.path);
    }
}

#[test]
fn the_kubeconfig_can_be_changed() {
    let fake = Fake::new();
    assert_eq!(
        fake.ok("kubectl config get-contexts"),
        "CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\n*         x      c         u          \n"
    );
    assert_eq!(
        fake.ok("kubectl config set-context backend-api --namespace=guitar-api"),
        "Context \"backend-api\" created.\n"
    );
    assert_eq!(fake.ok("kubectl config use-context backend-api"), "Switched to context \"backend-api\".\n");
    assert_eq!(
        fake.fails("kubectl get pods"),
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n"
    );
    assert_eq!(fake.ok("kubectl config use-context x"), "Switched to context \"x\".\n");
    assert_eq!(fake.ok("kubectl config set-context --current --namespace=dev"), "Context \"x\" modified.\n");
    assert_eq!(fake.run("kubectl get pods").1, "No resources found in dev namespace.\n");
    assert_eq!(fake.ok("kubectl config set-credentials u --token=abc"), "User \"u\" set.\n");
    let view = fake.ok("kubectl config view --minify");
    assert!(
        view.contains("- name: u\n  user:\n    token: REDACTED\n")
            && view.contains("    namespace: dev\n")
            && !view.contains("backend-api"),
        "{view}"
    );
    let (_, err, _) = fake.run("kubectl config delete-context x");
    assert_eq!(
        err,
        "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n"
    );
}

#[test]
fn tab_completes_commands_flags_kinds_and_names() {
    let fake = Fake::new();
    fake.put(serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kuard", "namespace": "default"}}));
    fake.put(
        serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}),
    );
    for (line, want) in [
        ("kubectl desc", "describe"),
        ("kubectl rollout st", "status"),
        ("kubectl get depl", "deployments.apps"),
        ("kubectl get pods ku", "kuard"),
        ("kubectl get pod/k", "pod/kuard"),
        ("kubectl logs k", "kuard"),
        ("kubectl get -n kube-s", "kube-system"),
        ("kubectl get pods --sho", "--show-kind --show-labels --show-managed-fields"),
        ("kubectl get pods -o ya", "yaml"),
        ("kubectl config use-context ", "x"),
    ] {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        let found: Vec<String> =
            block_on(kubarium_kubectl::complete(&words, fake.clone())).into_iter().map(|c| c.text).collect();
        assert_eq!(found.join(" "), want, "{line}");
    }
}
