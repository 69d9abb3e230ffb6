//! nginx.

use os::Tree;

use super::{app, flavoured, version_of};
use crate::runtime::catalogue::{Family, Image};
use crate::runtime::programs::nginx::INDEX;

/// nginx, in Debian's and Alpine's variant.
pub const NGINX: Family = Family {
    repositories: &[
        "docker.io/library/nginx",
        "docker.io/nginxinc/nginx-unprivileged",
        "public.ecr.aws/nginx/nginx",
    ],
    image,
};

/// Newest first.
const VERSIONS: &[&str] = &[
    "1.29.1", "1.29.0", "1.28.0", "1.27.5", "1.27.4", "1.27.3", "1.27.2", "1.27.1", "1.27.0", "1.26.3",
    "1.26.2", "1.25.5", "1.25.3", "1.25.1", "1.24.0", "1.23.4", "1.23.3", "1.23.0", "1.22.1", "1.22.0",
    "1.21.6", "1.21.0", "1.20.2", "1.20.0", "1.19.10", "1.19.2", "1.19.0", "1.18.0", "1.17.10", "1.17.0",
    "1.16.1", "1.16.0", "1.15.12", "1.15.4", "1.15.0", "1.14.2", "1.14.0", "1.13.12", "1.12.2", "1.11.13",
    "1.10.3", "1.9.15", "1.9.1", "1.8.1", "1.7.9", "1.7.1",
];

fn image(_repository: &str, tag: &str) -> Option<Image> {
    let tag = match tag {
        "stable" => "1.28.0",
        "stable-alpine" => "1.28.0-alpine",
        "mainline" => "1.29.1",
        "perl" => "1.29.1-perl",
        other => other,
    };
    let suffixes = ["alpine-slim", "alpine-perl", "alpine", "perl", "bookworm", "trixie-perl", "trixie"];
    let (version, suffix) = version_of(tag, VERSIONS, &suffixes)?;
    // Images have grown over the years.
    let minor: u64 = version.split('.').nth(1).and_then(|it| it.parse().ok()).unwrap_or(29);
    let size = if minor < 17 { 44_710_204 } else { 71_324_501 + minor * 29_871 };
    let image = flavoured(&suffix, size, 20_968_772 + minor * 1_733)
        .entrypoint(&["/docker-entrypoint.sh"])
        .cmd(&["nginx", "-g", "daemon off;"])
        .env("NGINX_VERSION", version)
        .env("NJS_VERSION", "0.9.1")
        .env("PKG_RELEASE", "1~trixie")
        .stop_signal("SIGQUIT")
        .serves(&[80])
        .memory(9 << 20)
        .files(files);
    Some(image)
}

fn files(image: &Image) -> Tree {
    let mut tree = app(image, "/usr/sbin/nginx", "nginx");
    let conf = "server {\n    listen       80;\n    listen  [::]:80;\n    server_name  localhost;\n\n    location / {\n        root   \
                /usr/share/nginx/html;\n        index  index.html index.htm;\n    }\n\n    error_page   500 502 503 504  /50x.html;\n    \
                location = /50x.html {\n        root   /usr/share/nginx/html;\n    }\n}\n";
    let main = "user  nginx;\nworker_processes  auto;\n\nerror_log  /var/log/nginx/error.log notice;\npid        /run/nginx.pid;\n\n\
                events {\n    worker_connections  1024;\n}\n\nhttp {\n    include       /etc/nginx/mime.types;\n    include \
                /etc/nginx/conf.d/*.conf;\n}\n";
    let error = "<!DOCTYPE html>\n<html>\n<head>\n<title>Error</title>\n</head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n";
    let passwd = "root:x:0:0:root:/root:/bin/bash\nnginx:x:101:101:nginx user:/nonexistent:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    for (path, text) in [
        ("/usr/share/nginx/html/index.html", INDEX),
        ("/usr/share/nginx/html/50x.html", error),
        ("/etc/nginx/conf.d/default.conf", conf),
        ("/etc/nginx/nginx.conf", main),
        ("/etc/passwd", passwd),
    ] {
        // A base tree takes any file.
        let _taken = tree.put_file(path, text.as_bytes().to_vec(), 0o644);
    }
    for dir in ["/var/cache/nginx", "/var/log/nginx", "/docker-entrypoint.d"] {
        let _made = tree.make_dirs(dir);
    }
    // The entry point is the server itself: what the script prints, the program prints.
    let _taken = tree.put_file("/docker-entrypoint.sh", os::program_file("nginx"), 0o755);
    tree
}
