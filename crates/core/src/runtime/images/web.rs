//! Web servers and language run-times.

use super::{alone, app, flavoured, tag_in, version_of};
use crate::runtime::catalogue::{Family, Image};

/// Apache.
pub const HTTPD: Family = Family { repositories: &["docker.io/library/httpd"], image: httpd };

fn httpd(_repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        tag,
        &["2.4.65", "2.4.64", "2.4.63", "2.4.62", "2.4.58", "2.4.54", "2.4.46"],
        &["alpine", "bookworm"],
    )?;
    let image = flavoured(&suffix, 59_142_108, 22_431_905);
    Some(
        image
            .cmd(&["httpd-foreground"])
            .env("HTTPD_PREFIX", "/usr/local/apache2")
            .env("HTTPD_VERSION", version)
            .cwd("/usr/local/apache2")
            .stop_signal("SIGWINCH")
            .serves(&[80])
            .memory(12 << 20)
            .files(|image| {
                let mut tree = app(image, "/usr/local/bin/httpd-foreground", "httpd-foreground");
                // A base tree takes any file.
                let _taken = tree.put_file(
                    "/usr/local/apache2/htdocs/index.html",
                    b"<html><body><h1>It works!</h1></body></html>\n".to_vec(),
                    0o644,
                );
                tree
            }),
    )
}

/// Says who it is.
pub const WHOAMI: Family =
    Family { repositories: &["docker.io/traefik/whoami", "docker.io/containous/whoami"], image: whoami };

fn whoami(_repository: &str, tag: &str) -> Option<Image> {
    let known = tag_in(
        tag,
        &["v1.11", "v1.11.0", "v1.10", "v1.10.1", "v1.10.2", "v1.10.3", "v1.9", "v1.8", "v1.5.0"],
    );
    known.then(|| {
        let image =
            Image::scratch(2_912_118).entrypoint(&["/whoami"]).serves(&[80]).on_stop(Some(2)).memory(6 << 20);
        image.files(|_| alone("/whoami", "whoami"))
    })
}

/// Says what it was told to say.
pub const HTTP_ECHO: Family = Family { repositories: &["docker.io/hashicorp/http-echo"], image: http_echo };

fn http_echo(_repository: &str, tag: &str) -> Option<Image> {
    let known = tag_in(tag, &["1.0", "1.0.0", "0.2.3", "0.2.1", "alpine"]);
    known.then(|| {
        let image = Image::scratch(3_126_422)
            .entrypoint(&["/http-echo"])
            .cmd(&["-text=hello-world"])
            .env("ECHO_TEXT", "");
        image.serves(&[5678]).user(65532, 65532).memory(6 << 20).files(|_| alone("/http-echo", "http-echo"))
    })
}

/// Says what it was asked.
pub const ECHOSERVER: Family = Family {
    repositories: &[
        "registry.k8s.io/echoserver",
        "k8s.gcr.io/echoserver",
        "gcr.io/google_containers/echoserver",
        "docker.io/kicbase/echo-server",
        "docker.io/ealen/echo-server",
    ],
    image: echoserver,
};

fn echoserver(_repository: &str, tag: &str) -> Option<Image> {
    let known = tag_in(tag, &["1.10", "1.9", "1.8", "1.4", "1.0", "0.9.2"]);
    known.then(|| {
        let image = Image::new(46_132_211).cmd(&["/usr/local/bin/run.sh"]).serves(&[8080]).memory(10 << 20);
        image.files(|image| app(image, "/usr/local/bin/run.sh", "echoserver"))
    })
}

/// Node.js: `node` without a script.
pub const NODE: Family = Family { repositories: &["docker.io/library/node"], image: node };

fn node(_repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        if tag == "lts" { "latest" } else { tag },
        &["22.18.0", "24.6.0", "20.19.4", "18.20.8", "16.20.2", "14.21.3", "12.22.12", "7.10.1"],
        &["alpine", "slim", "bookworm"],
    )?;
    let size = if suffix == "slim" { 79_211_334 } else { 399_331_870 };
    Some(flavoured(&suffix, size, 52_118_906).cmd(&["node"]).env("NODE_VERSION", version).memory(38 << 20))
}

/// Tool chains without their languages: shells and tools run in them.
pub const LANGUAGES: Family = Family {
    repositories: &["docker.io/library/golang", "docker.io/library/openjdk", "docker.io/library/ruby"],
    image: languages,
};

/// Tool chains without their languages: shells and tools run in them.
fn languages(repository: &str, tag: &str) -> Option<Image> {
    let (versions, size): (&[&str], u64) = match repository.rsplit('/').next()? {
        "golang" => (&["1.25.0", "1.24.6", "1.23.12", "1.22.12"], 297_334_100),
        "ruby" => (&["3.4.5", "3.3.9", "3.2.9", "2.7.8"], 381_118_220),
        _ => (&["24", "21", "17", "11", "8"], 248_118_220),
    };
    let (_, suffix) =
        version_of(tag, versions, &["alpine", "slim", "bookworm", "jdk-slim", "jre-slim", "jdk"])?;
    Some(flavoured(&suffix, size, 67_112_908).cmd(&["bash"]).memory(10 << 20))
}
