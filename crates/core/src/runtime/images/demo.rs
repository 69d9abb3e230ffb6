//! Demo applications of books, tutorials and courses.

use super::{alone, app, tag_in};
use crate::runtime::catalogue::{Family, Image};

/// "Kubernetes: Up and Running".
pub const KUARD: Family =
    Family { repositories: &["gcr.io/kuar-demo/kuard-amd64", "gcr.io/kuar-demo/kuard-arm64"], image: kuard };

fn kuard(_repository: &str, tag: &str) -> Option<Image> {
    let version = match tag {
        "1" | "v0.7.2-1" => "v0.7.2-1",
        "2" | "v0.7.2-2" => "v0.7.2-2",
        "3" | "v0.7.2-3" => "v0.7.2-3",
        "blue" | "green" | "purple" => return kuard_of(&format!("v0.10.0-{tag}")),
        _ => return None,
    };
    kuard_of(version)
}

fn kuard_of(version: &str) -> Option<Image> {
    let image = Image::busybox(11_624_118).cmd(&["/kuard"]).env("KUARD_VERSION", version).user(65534, 65534);
    Some(image.serves(&[8080]).on_stop(Some(2)).memory(8 << 20).files(|image| app(image, "/kuard", "kuard")))
}

/// "Kubernetes in Action".
pub const KUBIA: Family = Family {
    repositories: &[
        "docker.io/luksa/kubia",
        "docker.io/luksa/kubia-pet",
        "docker.io/luksa/kubia-unhealthy",
        "docker.io/luksa/kubia-ssd",
        "docker.io/luksa/fortune",
        "docker.io/luksa/batch-job",
        "docker.io/luksa/kubectl-proxy",
        "docker.io/luksa/website-controller",
        "docker.io/library/kubia",
    ],
    image: kubia,
};

fn kubia(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('/').next()?;
    if !tag_in(tag, &["v1", "v2", "v3", "v4", "env", "args", "1.6.2", "1.0"]) {
        return None;
    }
    let node = Image::new(243_118_922).entrypoint(&["node", "app.js"]).env("NODE_VERSION", "7.10.1").cwd("/");
    let node = node
        .serves(&[8080])
        .on_stop(None)
        .memory(40 << 20)
        .files(|image| app(image, "/usr/local/bin/node", "kubia"));
    Some(match name {
        "kubia" => node.env("KUBIA_VERSION", tag),
        "kubia-unhealthy" => node.env("KUBIA_VERSION", "unhealthy"),
        "fortune" | "batch-job" => {
            let script = if name == "fortune" { "/bin/fortuneloop.sh" } else { "/main.sh" };
            Image::new(78_443_101).entrypoint(&[script]).memory(2 << 20).files(|image| {
                let mut tree = os::image::base(image.flavour);
                let fortune = "#!/bin/bash\ntrap \"exit\" SIGINT\nINTERVAL=${INTERVAL:-${1:-10}}\necho Configured to generate new fortune every \
                               $INTERVAL seconds\nmkdir -p /var/htdocs\nwhile :\ndo\n  echo $(date) Writing fortune to /var/htdocs/index.html\n  echo \"You \
                               will be surprised by a loud noise.\" > /var/htdocs/index.html\n  sleep $INTERVAL\ndone\n";
                let batch = "#!/bin/bash\necho $(date) Batch job starting\nsleep 120\necho $(date) Finished succesfully\n";
                // A base tree takes any file.
                let _taken = tree.put_file("/bin/fortuneloop.sh", fortune.as_bytes().to_vec(), 0o755);
                let _taken = tree.put_file("/main.sh", batch.as_bytes().to_vec(), 0o755);
                tree
            })
        }
        _ => node,
    })
}

/// Google's tutorials.
pub const HELLO_APP: Family = Family {
    repositories: &[
        "gcr.io/google-samples/hello-app",
        "us-docker.pkg.dev/google-samples/containers/gke/hello-app",
    ],
    image: hello_app,
};

fn hello_app(_repository: &str, tag: &str) -> Option<Image> {
    let version = match tag {
        "1.0" => "1.0.0",
        "2.0" => "2.0.0",
        _ => return None,
    };
    let image = Image::scratch(13_743_118)
        .entrypoint(&["./hello-app"])
        .env("HELLO_VERSION", version)
        .env("PORT", "8080");
    Some(
        image
            .user(65532, 65532)
            .serves(&[8080])
            .on_stop(Some(2))
            .memory(6 << 20)
            .files(|_| alone("/hello-app", "hello-app")),
    )
}

/// The PHP guestbook of Kubernetes' documentation.
pub const GUESTBOOK: Family = Family {
    repositories: &[
        "us-docker.pkg.dev/google-samples/containers/gke/gb-frontend",
        "gcr.io/google_samples/gb-frontend",
        "gcr.io/google-samples/gb-frontend",
        "gcr.io/google_samples/gb-redis-follower",
        "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower",
        "gcr.io/google_samples/gb-redisslave",
        "registry.k8s.io/hpa-example",
        "k8s.gcr.io/hpa-example",
        "docker.io/k8s/guestbook",
    ],
    image: guestbook,
};

fn guestbook(repository: &str, tag: &str) -> Option<Image> {
    if !tag_in(tag, &["v1", "v2", "v3", "v4", "v5", "v6", "1.0"]) {
        return None;
    }
    let image = if repository.contains("redis") {
        Image::new(61_118_422)
            .cmd(&["daemon", "6379", "Ready to accept connections tcp"])
            .serves(&[6379])
            .memory(14 << 20)
    } else {
        let title = if repository.contains("hpa") { "OK!" } else { "Guestbook on" };
        Image::new(163_223_118).cmd(&["webserver", "80", title]).serves(&[80]).memory(30 << 20)
    };
    Some(image.files(|image| {
        super::with_program(
            app(image, "/usr/local/bin/webserver", "webserver"),
            "/usr/local/bin/daemon",
            "daemon",
        )
    }))
}

/// The AWS workshop's three services.
pub const ECSDEMO: Family = Family {
    repositories: &[
        "docker.io/brentley/ecsdemo-frontend",
        "docker.io/brentley/ecsdemo-nodejs",
        "docker.io/brentley/ecsdemo-crystal",
    ],
    image: ecsdemo,
};

fn ecsdemo(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('-').next()?;
    (tag == "latest").then(|| {
        let title = match name {
            "nodejs" => "Node.js backend: from",
            "crystal" => "Crystal backend: from",
            _ => "Frontend: from",
        };
        let image =
            Image::busybox(94_118_220).cmd(&["webserver", "3000", title]).serves(&[3000]).memory(40 << 20);
        image.files(|image| app(image, "/usr/local/bin/webserver", "webserver"))
    })
}

/// The course "Kubernetes Microservices".
pub const FLEETMAN: Family = Family {
    repositories: &[
        "docker.io/richardchesterwood/k8s-fleetman-webapp-angular",
        "docker.io/richardchesterwood/k8s-fleetman-position-tracker",
        "docker.io/richardchesterwood/k8s-fleetman-position-simulator",
        "docker.io/richardchesterwood/k8s-fleetman-api-gateway",
        "docker.io/richardchesterwood/k8s-fleetman-queue",
    ],
    image: fleetman,
};

fn fleetman(repository: &str, tag: &str) -> Option<Image> {
    if !tag_in(tag, &["release0", "release0-5", "release1", "release2", "release3"]) {
        return None;
    }
    let name = repository.rsplit("fleetman-").next()?;
    let (command, ports): (&[&str], &'static [u16]) = match name {
        "webapp-angular" => (&["webserver", "80", "Fleet Management on"], &[80]),
        "queue" => (&["daemon", "61616", " INFO | Apache ActiveMQ 5.14.3 (localhost) started"], &[61616]),
        "position-simulator" => (&["pause"], &[]),
        _ => (&["webserver", "8080", "{} from"], &[8080]),
    };
    let image = Image::new(142_118_093).cmd(command).serves(ports).memory(60 << 20);
    Some(image.files(|image| {
        let tree = app(image, "/usr/local/bin/webserver", "webserver");
        let tree = super::with_program(tree, "/usr/local/bin/daemon", "daemon");
        super::with_program(tree, "/usr/local/bin/pause", "pause")
    }))
}
