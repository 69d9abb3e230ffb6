//! What the tests with kube-rs share: a server of ours, and a client that found it by its kubeconfig.

// Outside the world: tests wait by the wall clock.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kubarium_tests::server::Server;
use kubarium_tests::story::Settings;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

/// No test takes longer.
const TEST_MAX: Duration = Duration::from_secs(60);

/// Any error: tests only show it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs a test against a fresh cluster.
pub fn with_cluster<F: Future<Output = Result<(), Error>>>(
    test: impl FnOnce(Client) -> F,
) -> Result<(), Error> {
    let server = Server::start(&Settings::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let file = Kubeconfig::read_from(server.kubeconfig())?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        tokio::time::timeout(TEST_MAX, test(Client::try_from(config)?)).await?
    })
}

/// Whether a pod's Ready condition is true.
pub fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|it| it.conditions.as_ref());
    conditions.into_iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True")
}
