//! Data stores. Their protocols are not simulated: they listen, take connections and keep them open.

use super::{app, flavoured, version_of};
use crate::runtime::catalogue::{Family, Image};

fn store(image: Image, port: &str, ports: &'static [u16], banner: &str, memory: u64) -> Image {
    let image = image.entrypoint(&["docker-entrypoint.sh"]).cmd(&[port, banner]);
    image
        .serves(ports)
        .memory(memory)
        .files(|image| app(image, "/usr/local/bin/docker-entrypoint.sh", "daemon"))
}

/// redis and its relatives.
pub const REDIS: Family = Family {
    repositories: &[
        "docker.io/library/redis",
        "registry.k8s.io/redis",
        "k8s.gcr.io/redis",
        "docker.io/bitnami/redis",
    ],
    image: redis,
};

fn redis(_repository: &str, tag: &str) -> Option<Image> {
    let tag = if tag == "e2e" { "latest" } else { tag };
    let (version, suffix) = version_of(
        tag,
        &[
            "8.2.1", "8.0.3", "7.4.5", "7.2.10", "7.0.15", "6.2.19", "6.0.20", "5.0.14", "5.0.4", "4.0.14",
            "3.2.12",
        ],
        &["alpine", "bookworm"],
    )?;
    let banner = format!(
        "1:M * Redis version={version}, bits=64, commit=00000000, modified=0, pid=1, just started\\n1:M * Server initialized\\n1:M * Ready to accept connections tcp"
    );
    Some(
        store(flavoured(&suffix, 52_118_344, 17_221_093), "6379", &[6379], &banner, 10 << 20)
            .env("REDIS_VERSION", version),
    )
}

/// MongoDB.
pub const MONGO: Family = Family { repositories: &["docker.io/library/mongo"], image: mongo };

fn mongo(_repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        tag,
        &["8.0.13", "7.0.23", "6.0.25", "5.0.31", "4.4.29", "4.2.24", "3.6.23"],
        &["jammy", "focal"],
    )?;
    let banner = "{\"s\":\"I\",\"c\":\"NETWORK\",\"msg\":\"Waiting for connections\",\"attr\":{\"port\":27017,\"ssl\":\"off\"}}";
    Some(
        store(flavoured(&suffix, 312_118_220, 0), "27017", &[27017], banner, 120 << 20)
            .env("MONGO_VERSION", version),
    )
}

/// MySQL and MariaDB, which want a root password.
pub const MYSQL: Family = Family {
    repositories: &[
        "docker.io/library/mysql",
        "docker.io/library/mariadb",
        "gcr.io/google-samples/xtrabackup",
    ],
    image: mysql,
};

fn mysql(repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        tag,
        &["9.4.0", "8.4.6", "8.0.43", "5.7.44", "5.6.51", "11.8.3", "10.11.14", "1.0"],
        &["oracle", "debian"],
    )?;
    let banner = format!(
        "[Server] /usr/sbin/mysqld: ready for connections. Version: '{version}'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL."
    );
    let image = store(flavoured(&suffix, 242_118_009, 0), "3306", &[3306], &banner, 380 << 20)
        .env("MYSQL_VERSION", version);
    // MySQL's own images stand on Oracle Linux.
    Some(if repository.ends_with("/mysql") && suffix != "debian" { image.with_bash() } else { image })
}

/// PostgreSQL, which wants a password.
pub const POSTGRES: Family = Family { repositories: &["docker.io/library/postgres"], image: postgres };

fn postgres(_repository: &str, tag: &str) -> Option<Image> {
    let (version, suffix) = version_of(
        tag,
        &["17.6", "16.10", "15.14", "14.19", "13.22", "12.22", "10.23"],
        &["alpine", "bookworm"],
    )?;
    let banner = "LOG:  listening on IPv4 address \"0.0.0.0\", port 5432\\nLOG:  database system is ready to accept connections";
    Some(
        store(flavoured(&suffix, 157_118_203, 108_331_022), "5432", &[5432], banner, 28 << 20)
            .env("PG_VERSION", version),
    )
}
