//! The kubectl lines that do what clicks do.

use kubarium_protocol::{Fault, ObjectRef};

use crate::model::kinds::find;

/// ` -n NAMESPACE` where it is needed.
fn scope(namespace: &str) -> String {
    match namespace {
        "" | "default" => String::new(),
        namespace => format!(" -n {namespace}"),
    }
}

/// `deployment/web`, as kubectl takes it.
fn slash(object: &ObjectRef) -> String {
    format!("{}/{}", object.kind.to_ascii_lowercase(), object.name)
}

/// The list of a kind; an empty namespace is all of them.
pub fn get(kind: &str, namespace: &str) -> String {
    let Some(info) = find(kind) else { return format!("kubectl get {}", kind.to_ascii_lowercase()) };
    match namespace {
        "" if info.namespaced => format!("kubectl get {} --all-namespaces", info.plural),
        namespace if info.namespaced => format!("kubectl get {}{}", info.plural, scope(namespace)),
        _ => format!("kubectl get {}", info.plural),
    }
}

/// `kubectl describe` of an object.
pub fn describe(object: &ObjectRef) -> String {
    format!(
        "kubectl describe {} {}{}",
        object.kind.to_ascii_lowercase(),
        object.name,
        scope(&object.namespace)
    )
}

/// `kubectl get … -o yaml` of an object.
pub fn yaml(object: &ObjectRef) -> String {
    format!(
        "kubectl get {} {} -o yaml{}",
        object.kind.to_ascii_lowercase(),
        object.name,
        scope(&object.namespace)
    )
}

/// `kubectl events` about an object.
pub fn events(object: &ObjectRef) -> String {
    format!("kubectl events --for {}{}", slash(object), scope(&object.namespace))
}

/// `kubectl delete` of an object.
pub fn delete(object: &ObjectRef) -> String {
    format!("kubectl delete {} {}{}", object.kind.to_ascii_lowercase(), object.name, scope(&object.namespace))
}

/// `kubectl edit` of an object.
pub fn edit(object: &ObjectRef) -> String {
    format!("kubectl edit {} {}{}", object.kind.to_ascii_lowercase(), object.name, scope(&object.namespace))
}

/// Empties a node, with the flags that any cluster needs.
pub fn drain(node: &str) -> String {
    format!("kubectl drain {node} --ignore-daemonsets --delete-emptydir-data")
}

/// A shell in a pod.
pub fn shell(object: &ObjectRef) -> String {
    format!("kubectl exec -it {}{} -- sh", object.name, scope(&object.namespace))
}

/// For what no kubectl line does: a comment that says so.
pub fn fault(fault: &Fault) -> String {
    let what = match fault {
        Fault::StopNode { node } => format!("{node} loses power"),
        Fault::StartNode { node } => format!("{node} is switched on"),
        Fault::CutNode { node } => format!("{node} is cut off the network"),
        Fault::HealNode { node } => format!("{node} is back on the network"),
        Fault::KillContainer { pod, container, .. } => format!("container {container} of {pod} is killed"),
        Fault::StopComponent { name } => format!("{name} stops"),
        Fault::StartComponent { name } => format!("{name} starts"),
    };
    format!("# {what} (a fault: no kubectl command does this)")
}

/// `kubectl logs` of a pod.
pub fn logs(object: &ObjectRef) -> String {
    format!("kubectl logs {}{}", object.name, scope(&object.namespace))
}

/// `kubectl scale`; less than 0 is 0.
pub fn scale(object: &ObjectRef, replicas: i64) -> String {
    format!("kubectl scale {} --replicas={}{}", slash(object), replicas.max(0), scope(&object.namespace))
}

/// `kubectl rollout restart|pause|resume|status|history …`.
pub fn rollout(verb: &str, object: &ObjectRef) -> String {
    format!("kubectl rollout {verb} {}{}", slash(object), scope(&object.namespace))
}

/// Back to a revision; 0 is the one before.
pub fn undo(object: &ObjectRef, revision: i64) -> String {
    match revision {
        0 => rollout("undo", object),
        revision => format!("{} --to-revision={revision}", rollout("undo", object)),
    }
}

/// `kubectl cordon`, or `uncordon`.
pub fn cordon(node: &str, on: bool) -> String {
    format!("kubectl {} {node}", if on { "cordon" } else { "uncordon" })
}

/// `kubectl apply` of a file.
pub fn apply(path: &str) -> String {
    format!("kubectl apply -f {}", quote(path))
}

/// Quotes a word for the shell where it needs it.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kinds::reference;

    #[test]
    fn lines_name_the_namespace_only_where_needed() {
        let web = reference("Deployment", "default", "web");
        assert_eq!(scale(&web, 3), "kubectl scale deployment/web --replicas=3");
        assert_eq!(
            undo(&reference("Deployment", "prod", "web"), 2),
            "kubectl rollout undo deployment/web -n prod --to-revision=2"
        );
        assert_eq!(get("Pod", ""), "kubectl get pods --all-namespaces");
        assert_eq!(get("Node", "default"), "kubectl get nodes");
        assert_eq!(apply("my file.yaml"), "kubectl apply -f 'my file.yaml'");
    }
}
