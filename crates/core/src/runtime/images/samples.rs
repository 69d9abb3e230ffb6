//! Images of Kubernetes' own documentation and of the most common tutorials, and servers people deploy to look at.

use super::{app, flavoured, tag_in, version_of};
use crate::runtime::catalogue::{Family, Image};

fn web(image: Image) -> Image {
    image.files(|image| app(image, "/usr/local/bin/webserver", "webserver"))
}

/// Images that Kubernetes' own documentation uses.
pub const SAMPLES: Family = Family {
    repositories: &[
        "gcr.io/google-samples/kubernetes-bootcamp",
        "docker.io/jocatalin/kubernetes-bootcamp",
        "gcr.io/google-samples/node-hello",
        "docker.io/paulbouwer/hello-kubernetes",
        "docker.io/nginxdemos/hello",
        "docker.io/rancher/hello-world",
        "docker.io/stefanprodan/podinfo",
        "ghcr.io/stefanprodan/podinfo",
        "docker.io/yeasy/simple-web",
        "docker.io/crccheck/hello-world",
    ],
    image: samples,
};

fn samples(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('/').next()?;
    let version = tag.trim_start_matches('v').split('.').next().unwrap_or("1");
    if !(tag == "latest" || version.parse::<u32>().is_ok() || tag == "plain-text") {
        return None;
    }
    let version = if tag == "latest" { "1" } else { version };
    let (port, ports, text): (&str, &'static [u16], String) = match name {
        "kubernetes-bootcamp" => {
            ("8080", &[8080], format!("Hello Kubernetes bootcamp! | Running on: {{host}} | v={version}"))
        }
        "node-hello" => ("8080", &[8080], "Hello Kubernetes!".to_string()),
        "hello-kubernetes" => ("8080", &[8080], "<h1>Hello world!</h1> pod: {host}".to_string()),
        "hello" => ("80", &[80], "Server name: {host}".to_string()),
        "podinfo" => (
            "9898",
            &[9898],
            "{\"hostname\": \"{host}\", \"message\": \"greetings from podinfo\"}".to_string(),
        ),
        _ => ("80", &[80], "Hello world! My hostname is {host}".to_string()),
    };
    let text = if text.contains("{host}") { text } else { format!("{text}{{}}") };
    Some(web(Image::new(81_223_118).cmd(&["webserver", port, &text]).serves(ports).memory(32 << 20)))
}

/// Prints its text, and is done.
pub const HELLO_WORLD: Family =
    Family { repositories: &["docker.io/library/hello-world"], image: hello_world };

fn hello_world(_repository: &str, tag: &str) -> Option<Image> {
    tag_in(tag, &["linux", "nanoserver"]).then(|| {
        let image = Image::scratch(1_012_118).cmd(&["/hello"]).memory(1 << 20);
        image.files(|_| super::alone("/hello", "hello"))
    })
}

/// Kubernetes' nginx-slim.
pub const NGINX_SLIM: Family = Family {
    repositories: &[
        "registry.k8s.io/nginx-slim",
        "k8s.gcr.io/nginx-slim",
        "registry.k8s.io/e2e-test-images/nginx",
        "docker.io/bitnami/nginx",
    ],
    image: nginx_slim,
};

fn nginx_slim(_repository: &str, tag: &str) -> Option<Image> {
    let known = tag == "latest" || tag.starts_with("0.") || tag.starts_with("1.");
    if !known {
        return None;
    }
    let nginx = (super::nginx::NGINX.image)("docker.io/library/nginx", "1.25.5")?;
    Some(Image { size: 34_118_220, ..nginx })
}

/// Servers that people deploy, as far as a front page.
pub const SERVERS: Family = Family {
    repositories: &[
        "docker.io/library/memcached",
        "docker.io/library/rabbitmq",
        "docker.io/library/elasticsearch",
        "docker.io/library/wordpress",
        "docker.io/library/tomcat",
        "docker.io/library/cassandra",
        "docker.io/library/zookeeper",
        "docker.io/library/haproxy",
        "docker.io/library/traefik",
        "docker.io/library/registry",
        "docker.io/library/vault",
        "docker.io/grafana/grafana",
        "docker.io/prom/prometheus",
        "docker.io/jenkins/jenkins",
        "gcr.io/google-samples/cassandra",
        "docker.io/bitnami/kafka",
        "docker.io/bitnami/postgresql",
        "docker.io/bitnami/mysql",
        "quay.io/prometheus/prometheus",
        "quay.io/prometheus/node-exporter",
    ],
    image: servers,
};

fn servers(repository: &str, tag: &str) -> Option<Image> {
    let name = repository.rsplit('/').next()?;
    let suffixed =
        tag.trim_end_matches("-alpine").trim_end_matches("-management").trim_end_matches("-apache");
    let number = suffixed.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
    if !(number || matches!(tag, "latest" | "alpine" | "lts" | "management" | "apache")) {
        return None;
    }
    let (port, ports, size, memory, http): (&str, &'static [u16], u64, u64, bool) = match name {
        "memcached" => ("11211", &[11211], 32_118_220, 4 << 20, false),
        "rabbitmq" => ("5672", &[5672], 101_334_200, 130 << 20, false),
        "elasticsearch" => ("9200", &[9200], 640_118_220, 1200 << 20, true),
        "wordpress" => ("80", &[80], 252_118_220, 60 << 20, true),
        "tomcat" => ("8080", &[8080], 193_118_220, 130 << 20, true),
        "cassandra" => ("9042", &[9042], 141_118_220, 900 << 20, false),
        "zookeeper" => ("2181", &[2181], 118_118_220, 90 << 20, false),
        "haproxy" | "traefik" => ("80", &[80], 48_118_220, 20 << 20, true),
        "registry" => ("5000", &[5000], 18_118_220, 12 << 20, true),
        "vault" => ("8200", &[8200], 182_118_220, 90 << 20, true),
        "grafana" => ("3000", &[3000], 197_118_220, 80 << 20, true),
        "prometheus" => ("9090", &[9090], 118_334_200, 90 << 20, true),
        "node-exporter" => ("9100", &[9100], 13_118_220, 16 << 20, true),
        "jenkins" => ("8080", &[8080], 261_118_220, 400 << 20, true),
        "kafka" => ("9092", &[9092], 341_118_220, 700 << 20, false),
        "postgresql" => ("5432", &[5432], 118_118_220, 40 << 20, false),
        _ => ("3306", &[3306], 242_118_220, 380 << 20, false),
    };
    let image = Image::new(size).serves(ports).memory(memory);
    let title = format!("{name} on {{host}}");
    let banner = format!("{name}: ready to accept connections on port {port}");
    Some(if http {
        web(image.cmd(&["webserver", port, &title]))
    } else {
        image.cmd(&["daemon", port, &banner]).files(|image| app(image, "/usr/local/bin/daemon", "daemon"))
    })
}

/// perl, of the Job in Kubernetes' documentation.
pub const PERL: Family = Family { repositories: &["docker.io/library/perl"], image: perl };

fn perl(_repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        tag,
        &["5.42.0", "5.40.3", "5.38.5", "5.36.3", "5.34.3", "5.34.0"],
        &["slim", "bookworm"],
    )?;
    let image = flavoured(&suffix, 334_112_099, 0)
        .cmd(&["perl5", "-de0"])
        .env("PERL_VERSION", version)
        .memory(8 << 20);
    Some(image.files(|image| app(image, "/usr/local/bin/perl", "perl")))
}

/// python.
pub const PYTHON: Family = Family { repositories: &["docker.io/library/python"], image: python };

fn python(_repository: &str, tag: &str) -> Option<Image> {
    let tag = if matches!(tag, "3" | "3-alpine" | "3-slim") {
        tag.replacen('3', "3.13.7", 1)
    } else {
        tag.to_string()
    };
    let versions = ["3.13.7", "3.12.11", "3.11.13", "3.10.18", "3.9.23", "3.8.20", "2.7.18"];
    let (version, suffix) = version_of(&tag, &versions, &["slim-bookworm", "alpine", "slim", "bookworm"])?;
    let image = flavoured(&suffix, 372_118_225, 17_112_908)
        .cmd(&["python3"])
        .env("PYTHON_VERSION", version)
        .memory(10 << 20);
    Some(image.files(|image| {
        super::with_program(
            app(image, "/usr/local/bin/python3", "python3"),
            "/usr/local/bin/python",
            "python3",
        )
    }))
}
