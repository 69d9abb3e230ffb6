//! Tools that lessons run: curl, stress, agnhost, network debugging.

use super::{app, tag_in};
use crate::runtime::catalogue::{Family, Image};

/// curl and its relatives for looking around in a network.
pub const CURL: Family = Family {
    repositories: &[
        "docker.io/curlimages/curl",
        "docker.io/appropriate/curl",
        "docker.io/tutum/curl",
        "docker.io/tutum/dnsutils",
        "docker.io/nicolaka/netshoot",
        "docker.io/radial/busyboxplus",
        "registry.k8s.io/e2e-test-images/jessie-dnsutils",
        "docker.io/infoblox/dnstools",
        "docker.io/dwdraju/alpine-curl-jq",
    ],
    image: curl,
};

fn curl(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('/').next()?;
    if name == "curl" && repository.contains("curlimages") {
        let known = tag == "latest" || tag.starts_with("8.") || tag.starts_with("7.");
        return known.then(|| {
            let image = Image::busybox(9_112_330).entrypoint(&["/entrypoint.sh"]).cmd(&["curl"]).user(100, 101).memory(3 << 20);
            image.files(|_| {
                let mut tree = os::image::base(os::Flavour::BusyBox);
                // A base tree takes any file; the entry point runs curl unless it is given another command.
                let _taken = tree.put_file("/usr/bin/curl", os::program_file("curl"), 0o755);
                let _taken = tree.put_file("/entrypoint.sh", b"#!/bin/sh\nset -e\nif [ \"${1#-}\" != \"$1\" ] || [ \"${1#http}\" != \"$1\" ]; then\n  set -- curl \"$@\"\nfi\nexec \"$@\"\n".to_vec(), 0o755);
                tree
            })
        });
    }
    let known = tag_in(tag, &["v0.13", "1.3", "1.7", "1.0", "curl", "v0.11"]);
    known.then(|| {
        let image = if name.contains("curl") && !name.contains("alpine") || name == "jessie-dnsutils" {
            Image::new(58_330_118)
        } else {
            Image::busybox(88_114_001)
        };
        image.cmd(&["/bin/sh"]).memory(3 << 20).files(|image| {
            let mut tree = os::image::base(image.flavour);
            // A base tree takes any file.
            for tool in ["curl", "jq", "dig", "host", "ss"] {
                let _taken = tree.put_file(&format!("/usr/bin/{tool}"), os::program_file(tool), 0o755);
            }
            tree
        })
    })
}

/// Programs that take memory and CPU on purpose.
pub const STRESS: Family = Family {
    repositories: &[
        "docker.io/polinux/stress",
        "docker.io/progrium/stress",
        "docker.io/vish/stress",
        "gcr.io/google_samples/vish/stress",
        "docker.io/containerstack/cpustress",
    ],
    image: stress,
};

fn stress(repository: &str, tag: &str) -> Option<Image> {
    let known = tag_in(tag, &["1.0.4", "1.0"]);
    known.then(|| {
        let image = Image::busybox(4_041_495).memory(1 << 20).files(|image| {
            let tree = app(image, "/usr/local/bin/stress", "stress");
            super::with_program(tree, "/stress", "stress")
        });
        if repository.contains("polinux") { image.cmd(&["/bin/sh"]) } else { image.entrypoint(&["/stress"]) }
    })
}

/// Kubernetes' test image of many commands.
pub const AGNHOST: Family = Family {
    repositories: &["registry.k8s.io/e2e-test-images/agnhost", "k8s.gcr.io/e2e-test-images/agnhost"],
    image: agnhost,
};

fn agnhost(_repository: &str, tag: &str) -> Option<Image> {
    let minor: u32 =
        tag.strip_prefix("2.").and_then(|it| it.parse().ok()).or((tag == "latest").then_some(56))?;
    (20..=60).contains(&minor).then(|| {
        let image = Image::busybox(52_314_223)
            .entrypoint(&["/agnhost"])
            .cmd(&["pause"])
            .on_stop(Some(2))
            .memory(9 << 20);
        image.files(|image| app(image, "/agnhost", "agnhost"))
    })
}

/// Repositories that nobody may pull without credentials.
pub const PRIVATE: Family = Family {
    repositories: &[
        "registry.example.com/team/app",
        "registry.example.com/private/app",
        "docker.io/private/app",
    ],
    image: private,
};

/// Images that need credentials: any will do that name the registry.
fn private(_repository: &str, tag: &str) -> Option<Image> {
    tag_in(tag, &["1.0", "v1", "v2", "2.0"]).then(|| {
        let image =
            Image::busybox(12_118_330).cmd(&["webserver", "8080", "Private application on"]).serves(&[8080]);
        let image = image.memory(12 << 20).files(|image| app(image, "/usr/local/bin/webserver", "webserver"));
        Image { private: true, ..image }
    })
}
