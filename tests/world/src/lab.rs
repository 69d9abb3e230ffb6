//! A cluster without a workstation: requests as the administrator, and time.

use api::http::{Body, GROUP, Request, Response, STRATEGIC_MERGE_PATCH};
use api::{Duration, Json};
use kubarium_core::cluster::{Cluster, ClusterConfig};
use serde_json::json;

/// Where Deployments of the default namespace are.
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

/// A cluster that has come to rest.
pub struct Lab {
    pub cluster: Cluster,
}

impl Lab {
    pub fn new(seed: u64, nodes: u32) -> Lab {
        Lab {
            cluster: kubarium_session::console::settled(ClusterConfig {
                seed,
                nodes,
                ..ClusterConfig::default()
            }),
        }
    }

    /// Sends a request; it must succeed.
    pub fn send(&mut self, request: Request) -> Response {
        let path = request.path.clone();
        let mut request = request.with_user("kubernetes-admin");
        for group in ["system:masters", "system:authenticated"] {
            request.headers.push((GROUP.into(), group.into()));
        }
        let (response, _) = self.cluster.request(request);
        assert!(response.is_success(), "{path}: {}", response.body.to_text());
        response
    }

    /// Creates a Deployment whose pods serve HTTP and are probed for it.
    pub fn deploy(&mut self, name: &str, replicas: u32, image: &str) {
        self.deploy_with(name, replicas, image, true);
    }

    /// The same, with or without a readiness probe.
    pub fn deploy_with(&mut self, name: &str, replicas: u32, image: &str, probed: bool) {
        let mut container = json!({
            "name": "web",
            "image": image,
            "ports": [{ "containerPort": 80 }],
            "resources": { "requests": { "cpu": "10m", "memory": "16Mi" } },
        });
        if probed {
            container["readinessProbe"] = json!({ "httpGet": { "path": "/", "port": 80 } });
        }
        let deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": name },
            "spec": {
                "replicas": replicas,
                "selector": { "matchLabels": { "app": name } },
                "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [container] } },
            },
        });
        self.send(Request::post(DEPLOYMENTS, Body::json(deployment)));
    }

    /// Rolls a Deployment out to another image.
    pub fn set_image(&mut self, name: &str, image: &str) {
        let patch = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "web", "image": image }] } } } });
        self.send(Request::patch(&format!("{DEPLOYMENTS}/{name}"), STRATEGIC_MERGE_PATCH, Body::json(patch)));
    }

    /// A Deployment as it is.
    pub fn deployment(&mut self, name: &str) -> Json {
        self.send(Request::get(&format!("{DEPLOYMENTS}/{name}"))).body.to_json().unwrap_or_default()
    }

    /// Lets time pass, second by second, until all of a Deployment's pods are the newest and available. False: it does
    /// not happen within ten minutes.
    pub fn await_rollout(&mut self, name: &str) -> bool {
        for _ in 0..600 {
            let it = self.deployment(name);
            let wanted = &it["spec"]["replicas"];
            let status = &it["status"];
            let counts = ["replicas", "updatedReplicas", "availableReplicas"];
            if status["observedGeneration"] == it["metadata"]["generation"]
                && counts.iter().all(|key| &status[*key] == wanted)
            {
                return true;
            }
            self.cluster.advance(Duration::secs(1));
        }
        false
    }
}
