//! What a cluster itself runs: pause, the control plane, DNS, the proxy, add-ons. Their work is done by the simulator's
//! own components; the containers are there, listen, and can be looked at.

use super::alone;
use crate::runtime::catalogue::{Family, Image};

/// The container that holds a pod's namespaces.
pub const PAUSE: Family = Family {
    repositories: &["registry.k8s.io/pause", "k8s.gcr.io/pause", "gcr.io/google_containers/pause"],
    image: pause,
};

fn pause(_repository: &str, tag: &str) -> Option<Image> {
    super::tag_in(
        tag,
        &["3.10.1", "3.10", "3.9", "3.8", "3.7", "3.6", "3.5", "3.4.1", "3.2", "3.1", "2.0", "1.0"],
    )
    .then(|| {
        let image = Image::scratch(319_204).entrypoint(&["/pause"]).memory(300 << 10);
        image.user(65535, 65535).files(|_| alone("/pause", "pause"))
    })
}

/// What the control plane's static pods run, and etcd.
pub const CONTROL_PLANE: Family = Family {
    repositories: &[
        "registry.k8s.io/etcd",
        "registry.k8s.io/kube-apiserver",
        "registry.k8s.io/kube-controller-manager",
        "registry.k8s.io/kube-scheduler",
        "registry.k8s.io/kube-proxy",
    ],
    image: control_plane,
};

fn control_plane(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('/').next()?;
    let known = if name == "etcd" { tag.starts_with("3.") } else { tag.starts_with("v1.") };
    let (ports, size, memory): (&'static [u16], u64, u64) = match name {
        "etcd" => (&[2379, 2380, 2381], 23_637_118, 60 << 20),
        "kube-apiserver" => (&[6443], 27_062_110, 280 << 20),
        "kube-controller-manager" => (&[10257], 22_821_331, 60 << 20),
        "kube-scheduler" => (&[10259], 17_385_002, 25 << 20),
        _ => (&[10249, 10256], 25_963_887, 20 << 20),
    };
    known.then(|| {
        Image::scratch(size)
            .entrypoint(&["/go-runner"])
            .serves(ports)
            .on_stop(Some(0))
            .memory(memory)
            .files(files)
    })
}

/// DNS, proxy, and what people add.
pub const ADDONS: Family = Family {
    repositories: &[
        "registry.k8s.io/coredns/coredns",
        "registry.k8s.io/metrics-server/metrics-server",
        "registry.k8s.io/ingress-nginx/controller",
        "gcr.io/k8s-minikube/storage-provisioner",
        "docker.io/kindest/kindnetd",
        "docker.io/kubernetesui/dashboard",
        "docker.io/kubernetesui/metrics-scraper",
        "docker.io/rancher/local-path-provisioner",
        "docker.io/coredns/coredns",
    ],
    image: addon,
};

fn addon(repository: &str, tag: &str) -> Option<Image> {
    let (program, ports, size): (&str, &'static [u16], u64) = match repository.rsplit('/').next()? {
        "coredns" => ("coredns", &[53, 8080, 8181, 9153], 22_384_805),
        "metrics-server" => ("metrics-server", &[10250], 22_118_330),
        "controller" => ("nginx-ingress-controller", &[80, 443, 10254], 112_330_981),
        _ => ("go-runner", &[], 38_110_223),
    };
    let known = tag == "latest" || tag.starts_with('v') || tag.starts_with("1.");
    known.then(|| {
        Image::scratch(size).entrypoint(&[&format!("/{program}")]).serves(ports).memory(20 << 20).files(files)
    })
}

/// The program under its usual paths.
fn files(image: &Image) -> os::Tree {
    let name = image.entrypoint.first().map_or("go-runner", |it| it.trim_start_matches('/')).to_string();
    let tree = alone(&format!("/{name}"), &name);
    super::with_program(tree, &format!("/usr/local/bin/{name}"), &name)
}
