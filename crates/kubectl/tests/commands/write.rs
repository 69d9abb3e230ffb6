//! Commands that change objects, and those that look at them.

use serde_json::json;

use super::fake::{Fake, body};
use api::http::Method;
use kubarium_kubectl::host::ExecFrame;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  replicas: 3\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: nginx\n        image: nginx:1.14\n";

#[test]
fn apply_creates_leaves_alone_and_changes() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    assert_eq!(
        fake.ok("kubectl apply -f web.yaml --dry-run=client"),
        "deployment.apps/web created (dry run)\n"
    );
    assert_eq!(fake.ok("kubectl apply -f web.yaml"), "deployment.apps/web created\n");
    assert_eq!(fake.ok("kubectl apply -f web.yaml"), "deployment.apps/web unchanged\n");
    let stored = fake.ok("kubectl get deploy web -o yaml");
    assert!(stored.contains("    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"annotations\":{},\"labels\":{\"app\":\"web\"},\"name\":\"web\",\"namespace\":\"default\"},\"spec\":"), "{stored}");
    assert_eq!(
        fake.ok("kubectl set image deployment/web nginx=nginx:1.17"),
        "deployment.apps/web image updated\n"
    );
    assert_eq!(fake.ok("kubectl scale deployment/web --replicas=5"), "deployment.apps/web scaled\n");
    assert_eq!(
        fake.ok("kubectl apply -f web.yaml --dry-run=server"),
        "deployment.apps/web configured (server dry run)\n"
    );
    // The image is in the manifest, so it goes back; what `scale` set too.
    assert_eq!(fake.ok("kubectl apply -f web.yaml"), "deployment.apps/web configured\n");
    assert_eq!(
        fake.ok(
            "kubectl get deploy web -o jsonpath={.spec.template.spec.containers[0].image}/{.spec.replicas}"
        ),
        "nginx:1.14/3"
    );
    let last = fake.requests.borrow().iter().rfind(|r| r.method == Method::Patch).cloned().expect("a patch");
    assert_eq!(last.content_type(), api::http::STRATEGIC_MERGE_PATCH);
    assert_eq!(last.param("fieldManager"), "kubectl-client-side-apply");
    assert_eq!(
        body(&last)["spec"]["template"]["spec"]["$setElementOrder/containers"],
        json!([{"name": "nginx"}])
    );
}

#[test]
fn apply_says_what_is_wrong_with_a_manifest() {
    let fake = Fake::new();
    for (name, text, want) in [
        (
            "kind.yaml",
            "apiVersion: apps/v1\nkind: Deploymint\nmetadata: {name: x}\n",
            "error: resource mapping not found for name: \"x\" namespace: \"\" from \"kind.yaml\": no matches for kind \"Deploymint\" in version \"apps/v1\"\nensure CRDs are installed first\n",
        ),
        (
            "none.yaml",
            "a: 1\n",
            "error: error validating \"none.yaml\": error validating data: [apiVersion not set, kind not set]; if you choose to ignore these errors, turn validation off with --validate=false\n",
        ),
        (
            "text.yaml",
            "just text\n",
            "error: error validating \"text.yaml\": error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false\n",
        ),
        (
            "tab.yaml",
            "a:\n\tb: 1\n",
            "error: error parsing tab.yaml: error converting YAML to JSON: yaml: line 2: found character that cannot start any token\n",
        ),
        ("empty.yaml", "# nothing\n", "error: no objects passed to apply\n"),
        (
            "noname.yaml",
            "apiVersion: v1\nkind: Pod\nspec: {}\n",
            "error: error when retrieving current configuration of:\nResource: \"/v1, Resource=pods\", GroupVersionKind: \"/v1, Kind=Pod\"\nName: \"\", Namespace: \"default\"\nfrom server for: \"noname.yaml\": resource name may not be empty\n",
        ),
    ] {
        fake.file(name, text);
        assert_eq!(fake.fails(&format!("kubectl apply -f {name}")), want);
    }
}

#[test]
fn a_folder_is_read_in_order_and_goes_on_after_errors() {
    let fake = Fake::new();
    fake.file("dir/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    fake.file(
        "dir/a.json",
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}}",
    );
    fake.file("dir/bad.yml", "a: [\n");
    fake.file("dir/readme.md", "no manifest");
    let (out, err, code) = fake.run("kubectl apply -f dir");
    assert_eq!(out, "configmap/a created\nconfigmap/b created\nconfigmap/c created\n");
    assert!(
        err.starts_with("error: error parsing dir/bad.yml: error converting YAML to JSON: yaml: line "),
        "{err}"
    );
    assert_eq!(code, 1);
    assert_eq!(
        fake.ok("kubectl delete -f dir/b.yaml"),
        "configmap \"b\" deleted from default namespace\nconfigmap \"c\" deleted from default namespace\n"
    );
}

#[test]
fn generators_make_what_kubectl_makes() {
    let fake = Fake::new();
    let yaml = |line: &str| fake.ok(&format!("kubectl create {line} --dry-run=client -o yaml"));
    assert_eq!(
        yaml("deployment d --image=nginx:1 --image=busybox --port=80"),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: d\n  name: d\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app: d\n  strategy: {}\n  template:\n    metadata:\n      labels:\n        app: d\n    spec:\n      containers:\n      - image: nginx:1\n        name: nginx\n        ports:\n        - containerPort: 80\n        resources: {}\n      - image: busybox\n        name: busybox\n        resources: {}\nstatus: {}\n"
    );
    assert_eq!(
        yaml("service nodeport s --tcp=80:http --node-port=30000"),
        "apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    app: s\n  name: s\nspec:\n  ports:\n  - name: 80-http\n    nodePort: 30000\n    port: 80\n    protocol: TCP\n    targetPort: http\n  selector:\n    app: s\n  type: NodePort\nstatus:\n  loadBalancer: {}\n"
    );
    assert_eq!(
        yaml("quota q --hard=pods=1,cpu=2 --scopes=BestEffort"),
        "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: q\nspec:\n  hard:\n    cpu: \"2\"\n    pods: \"1\"\n  scopes:\n  - BestEffort\nstatus: {}\n"
    );
    assert_eq!(
        yaml("secret generic s --from-literal=a=b --type=x"),
        "apiVersion: v1\ndata:\n  a: Yg==\nkind: Secret\nmetadata:\n  name: s\ntype: x\n"
    );
    assert!(yaml("secret docker-registry s --docker-username=u --docker-password=p --docker-email=e").contains(
        "  .dockerconfigjson: eyJhdXRocyI6eyJodHRwczovL2luZGV4LmRvY2tlci5pby92MS8iOnsidXNlcm5hbWUiOiJ1IiwicGFzc3dvcmQiOiJwIiwiZW1haWwiOiJlIiwiYXV0aCI6ImRUcHcifX19\n"
    ));
    assert_eq!(
        fake.ok("kubectl create ns x --dry-run=client -o json"),
        "{\n    \"kind\": \"Namespace\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {\n        \"name\": \"x\"\n    },\n    \"spec\": {},\n    \"status\": {}\n}\n"
    );
    assert_eq!(
        fake.ok("kubectl run x --image=b --dry-run=client -o yaml --env=A=b --port=8 -- sh -c"),
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    run: x\n  name: x\nspec:\n  containers:\n  - args:\n    - sh\n    - -c\n    env:\n    - name: A\n      value: b\n    image: b\n    name: x\n    ports:\n    - containerPort: 8\n    resources: {}\n  dnsPolicy: ClusterFirst\n  restartPolicy: Always\nstatus: {}\n"
    );
    assert_eq!(
        fake.fails("kubectl create cm c --from-literal=a"),
        "error: invalid literal source a, expected key=value\n"
    );
    assert_eq!(fake.ok("kubectl create ns golden"), "namespace/golden created\n");
    assert_eq!(
        fake.fails("kubectl create ns golden"),
        "Error from server (AlreadyExists): namespaces \"golden\" already exists\n"
    );
    assert_eq!(
        fake.ok("kubectl create -n golden configmap cm1 --from-literal=a=1"),
        "configmap/cm1 created\n"
    );
}

#[test]
fn tables_are_the_servers() {
    let fake = Fake::new();
    for (kind, version, name) in [("Pod", "v1", "p1"), ("Pod", "v1", "p2"), ("Deployment", "apps/v1", "web")]
    {
        fake.put(json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "default", "labels": {"app": name, "example.com/tier": "x"}}}));
    }
    assert_eq!(fake.ok("kubectl get pods"), "NAME   AGE\np1     4s\np2     4s\n");
    assert_eq!(fake.ok("kubectl get po p2 -o wide --no-headers"), "p2    4s    x\n");
    assert_eq!(
        fake.ok("kubectl get pods -A -l app=p1 -L example.com/tier --show-labels"),
        "NAMESPACE   NAME   AGE   TIER   LABELS\ndefault     p1     4s    x      app=p1,example.com/tier=x\n"
    );
    assert_eq!(
        fake.ok("kubectl get deploy,pods"),
        "NAME                  AGE\ndeployment.apps/web   4s\n\nNAME     AGE\npod/p1   4s\npod/p2   4s\n"
    );
    assert_eq!(fake.ok("kubectl get all -o name"), "pod/p1\npod/p2\ndeployment.apps/web\n");
    assert_eq!(
        fake.ok("kubectl get pods -o custom-columns=NAME:.metadata.name,X:.spec.nope"),
        "NAME   X\np1     <none>\np2     <none>\n"
    );
    assert_eq!(fake.ok("kubectl get pods -o 'jsonpath={range .items[*]}{.metadata.name},{end}'"), "p1,p2,");
    let (out, err, code) = fake.run("kubectl get pods p1 nope");
    assert_eq!(
        (out.as_str(), err.as_str(), code),
        ("NAME   AGE\np1     4s\n", "Error from server (NotFound): pods \"nope\" not found\n", 1)
    );
    assert_eq!(fake.run("kubectl get svc").1, "No resources found in default namespace.\n");
    assert_eq!(fake.run("kubectl get persistentvolumes").1, "No resources found\n");
    assert_eq!(fake.ok("kubectl get pod nope --ignore-not-found"), "");
}

#[test]
fn a_watch_goes_on_where_the_list_ended() {
    let fake = Fake::new();
    fake.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p1", "namespace": "default"}}));
    let row = |name: &str, age: &str| json!({"kind": "Table", "rows": [{"cells": [name, age, "x"], "object": {"metadata": {"name": name}}}]});
    fake.watches.borrow_mut().push_back(vec![
        json!({"type": "MODIFIED", "object": row("p1", "5s")}),
        json!({"type": "ADDED", "object": row("longer-name", "0s")}),
    ]);
    assert_eq!(fake.ok("kubectl get pods -w"), "NAME   AGE\np1     4s\np1     5s\nlonger-name   0s\n");
}

#[test]
fn labels_and_annotations() {
    let fake = Fake::new();
    fake.put(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web"}}}));
    assert_eq!(
        fake.fails("kubectl label deploy web app=zzz"),
        "error: 'app' already has a value (web), and --overwrite is false\n"
    );
    assert!(fake.fails("kubectl label deploy web 'bad value=x y'").starts_with(
        "error: invalid label value: \"bad value=x y\": a valid label must be an empty string or"
    ));
    assert_eq!(fake.ok("kubectl label deployments web version=0.0.2"), "deployment.apps/web labeled\n");
    assert_eq!(fake.ok("kubectl label deployments web version-"), "deployment.apps/web unlabeled\n");
    assert_eq!(
        fake.ok("kubectl label deployments web version-"),
        "label \"version\" not found.\ndeployment.apps/web not labeled\n"
    );
    assert_eq!(
        fake.ok("kubectl annotate deployment/web kubernetes.io/change-cause=golden"),
        "deployment.apps/web annotated\n"
    );
}

#[test]
fn patches_of_all_types() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    fake.ok("kubectl create -f web.yaml");
    assert_eq!(
        fake.ok("kubectl patch deploy web -p '{\"spec\":{\"replicas\":2}}'"),
        "deployment.apps/web patched\n"
    );
    assert_eq!(
        fake.ok("kubectl patch deploy web -p '{\"spec\":{\"replicas\":2}}'"),
        "deployment.apps/web patched (no change)\n"
    );
    assert_eq!(fake.ok("kubectl patch deploy web --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":4}]'"), "deployment.apps/web patched\n");
    assert_eq!(
        fake.fails("kubectl patch deploy web -p {bad"),
        "Error from server (BadRequest): invalid character 'b' looking for beginning of object key string\n"
    );
}

#[test]
fn deleting() {
    let fake = Fake::new();
    let pod = |name: &str| {
        fake.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "uid": name}}))
    };
    ["p1", "p2", "p3"].into_iter().for_each(pod);
    assert_eq!(fake.ok("kubectl delete pod p1"), "pod \"p1\" deleted from default namespace\n");
    assert_eq!(fake.fails("kubectl delete pod p1"), "Error from server (NotFound): pods \"p1\" not found\n");
    assert_eq!(fake.ok("kubectl delete pod p1 --ignore-not-found"), "");
    let (out, err, _) = fake.run("kubectl delete pod p2 --force --grace-period=0");
    assert_eq!(out, "pod \"p2\" force deleted from default namespace\n");
    assert_eq!(
        err,
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n"
    );
    assert_eq!(fake.ok("kubectl delete pods --all"), "pod \"p3\" deleted from default namespace\n");
    assert_eq!(fake.ok("kubectl delete pods --all"), "No resources found\n");
}

#[test]
fn editing_sends_a_patch_or_nothing() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    fake.ok("kubectl create -f web.yaml");
    *fake.editor.borrow_mut() = Some(Box::new(Some));
    assert_eq!(fake.run("kubectl edit deploy web").1, "Edit cancelled, no changes made.\n");
    *fake.editor.borrow_mut() = Some(Box::new(|text| {
        assert!(text.starts_with("# Please edit the object below."), "{text}");
        Some(text.replace("replicas: 3", "replicas: 7"))
    }));
    assert_eq!(fake.ok("kubectl edit deploy web"), "deployment.apps/web edited\n");
    assert_eq!(fake.ok("kubectl get deploy web -o jsonpath={.spec.replicas}"), "7");
}

#[test]
fn rollouts() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    fake.ok("kubectl create -f web.yaml");
    let status = |updated: i64, available: i64| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "generation": 1},
            "spec": {"replicas": 3}, "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": updated, "availableReplicas": available}})
    };
    fake.watches.borrow_mut().push_back(vec![
        json!({"type": "MODIFIED", "object": status(1, 3)}),
        json!({"type": "MODIFIED", "object": status(3, 2)}),
        json!({"type": "MODIFIED", "object": status(3, 3)}),
    ]);
    assert_eq!(
        fake.ok("kubectl rollout status deployment/web"),
        "Waiting for deployment \"web\" rollout to finish: 0 out of 3 new replicas have been updated...\n\
         Waiting for deployment \"web\" rollout to finish: 1 out of 3 new replicas have been updated...\n\
         Waiting for deployment \"web\" rollout to finish: 2 of 3 updated replicas are available...\n\
         deployment \"web\" successfully rolled out\n"
    );
    assert_eq!(fake.ok("kubectl rollout pause deployment/web"), "deployment.apps/web paused\n");
    assert_eq!(
        fake.fails("kubectl rollout pause deployment/web"),
        "error: deployments.apps \"web\" is already paused\n"
    );
    assert_eq!(
        fake.fails("kubectl rollout restart deployment/web"),
        "error: deployments.apps \"web\" can't restart paused deployment (run rollout resume first)\n"
    );
    assert_eq!(fake.ok("kubectl rollout resume deployment/web"), "deployment.apps/web resumed\n");
    assert_eq!(fake.ok("kubectl rollout restart deployment/web"), "deployment.apps/web restarted\n");
    assert_eq!(
        fake.fails("kubectl rollout undo deployment/web"),
        "error: no rollout history found for deployment \"web\"\n"
    );
}

#[test]
fn undo_takes_the_template_of_the_revision_before() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    fake.ok("kubectl create -f web.yaml");
    for (revision, image) in [("1", "nginx:1.13"), ("2", "nginx:1.14")] {
        fake.put(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": format!("web-{revision}"), "namespace": "default", "labels": {"app": "web"}, "annotations": {"deployment.kubernetes.io/revision": revision},
                "ownerReferences": [{"controller": true, "uid": "uid-web", "kind": "Deployment", "name": "web"}]},
            "spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": revision}}, "spec": {"containers": [{"name": "nginx", "image": image}]}}}}));
    }
    fake.ok("kubectl annotate deploy web a=b");
    assert_eq!(
        fake.fails("kubectl rollout undo deploy/web --to-revision=99"),
        "error: unable to find specified revision 99 in history\n"
    );
    assert_eq!(fake.ok("kubectl rollout undo deploy/web"), "deployment.apps/web rolled back\n");
    assert_eq!(
        fake.ok("kubectl get deploy web -o jsonpath={.spec.template}"),
        "{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{\"image\":\"nginx:1.13\",\"name\":\"nginx\"}]}}"
    );
}

#[test]
fn exec_and_logs() {
    let fake = Fake::new();
    fake.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kuard", "namespace": "default"}, "status": {"phase": "Running"},
        "spec": {"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "i"}]}}));
    *fake.session.borrow_mut() = vec![
        ExecFrame::Stdout(b"out\n".to_vec()),
        ExecFrame::Stderr(b"err\n".to_vec()),
        ExecFrame::Status(
            json!({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}),
        ),
    ];
    let (out, err, code) = fake.run("kubectl exec kuard -- ls /nope");
    assert_eq!((out.as_str(), code), ("out\n", 3));
    assert_eq!(
        err,
        "Defaulted container \"a\" out of: a, b, i (init)\nerr\ncommand terminated with exit code 3\n"
    );
    let sent = fake.requests.borrow().last().cloned().expect("a request");
    assert_eq!(sent.path, "/api/v1/namespaces/default/pods/kuard/exec");
    assert_eq!(
        sent.query.iter().filter(|(k, _)| k == "command").map(|(_, v)| v.as_str()).collect::<Vec<_>>(),
        ["ls", "/nope"]
    );
    assert_eq!(fake.ok("kubectl logs kuard -c b --tail=1"), "hello\n");
    assert_eq!(
        fake.fails("kubectl logs nope"),
        "error: error from server (NotFound): pods \"nope\" not found in namespace \"default\"\n"
    );
    assert_eq!(
        fake.fails("kubectl exec nope -- ls"),
        "Error from server (NotFound): pods \"nope\" not found\n"
    );
}

#[test]
fn nodes_are_cordoned_tainted_and_drained() {
    let fake = Fake::new();
    fake.put(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": {}}));
    fake.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}));
    assert_eq!(fake.ok("kubectl cordon n1"), "node/n1 cordoned\n");
    assert_eq!(fake.ok("kubectl cordon n1"), "node/n1 already cordoned\n");
    let (out, err, _) = fake.run("kubectl drain n1 --dry-run=client --force");
    assert_eq!(
        out,
        "node/n1 already cordoned (dry run)\nevicting pod default/a (dry run)\nnode/n1 drained (dry run)\n"
    );
    assert_eq!(err, "Warning: deleting Pods that declare no controller: default/a\n");
    let (_, err, code) = fake.run("kubectl drain n1");
    assert!(err.starts_with("error: unable to drain node \"n1\" due to error: cannot delete Pods that declare no controller (use --force to override): default/a, continuing command...\n"), "{err}");
    assert_eq!(code, 1);
    assert_eq!(fake.ok("kubectl uncordon n1"), "node/n1 uncordoned\n");
    assert_eq!(fake.ok("kubectl taint nodes n1 k=v:NoSchedule"), "node/n1 tainted\n");
    assert_eq!(fake.ok("kubectl taint nodes n1 k-"), "node/n1 untainted\n");
}

#[test]
fn waiting_for_a_condition() {
    let fake = Fake::new();
    fake.put(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p1", "namespace": "default"}, "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}));
    assert_eq!(fake.ok("kubectl wait --for=condition=Ready pod/p1"), "pod/p1 condition met\n");
    assert_eq!(
        fake.ok("kubectl wait --for=jsonpath={.status.phase}=Running pod/p1"),
        "pod/p1 condition met\n"
    );
    assert_eq!(
        fake.fails("kubectl wait --for=condition=Ready pod/nope"),
        "Error from server (NotFound): pods \"nope\" not found\n"
    );
}

#[test]
fn expose_makes_a_service_of_a_deployment() {
    let fake = Fake::new();
    fake.file("web.yaml", WEB);
    fake.ok("kubectl create -f web.yaml");
    assert_eq!(
        fake.fails("kubectl expose deployment web"),
        "error: couldn't find port via --port flag or introspection\n"
    );
    assert_eq!(fake.ok("kubectl expose deployment/web --port=80 --type=NodePort"), "service/web exposed\n");
    assert_eq!(
        fake.ok("kubectl get svc web -o jsonpath={.spec}"),
        "{\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"targetPort\":80}],\"selector\":{\"app\":\"web\"},\"type\":\"NodePort\"}"
    );
}
