//! Base images: busybox, alpine, debian, ubuntu.

use super::version_of;
use crate::runtime::catalogue::{Family, Image};

/// busybox: small, with ash, and dead at once without a command.
pub const BUSYBOX: Family = Family {
    repositories: &[
        "docker.io/library/busybox",
        "registry.k8s.io/e2e-test-images/busybox",
        "k8s.gcr.io/busybox",
        "gcr.io/google-containers/busybox",
    ],
    image: busybox,
};

fn busybox(_repository: &str, tag: &str) -> Option<Image> {
    const VERSIONS: &[&str] = &[
        "1.37.0", "1.36.1", "1.35.0", "1.34.1", "1.33.1", "1.32.1", "1.31.1", "1.30.1", "1.29.3", "1.28.4",
        "1.28", "1.27.2", "1.24",
    ];
    version_of(if tag == "stable" { "latest" } else { tag }, VERSIONS, &["glibc", "musl", "uclibc"])?;
    Some(Image::busybox(2_223_811).cmd(&["sh"]).memory(1 << 20).files(|image| {
        let mut tree = os::image::base(image.flavour);
        // A base tree takes any file. `latest` and `stable` are as new as can be.
        let _taken = tree.put_file("/bin/busybox", os::busybox_file(image.tag()), 0o755);
        tree
    }))
}

/// alpine: BusyBox with apk.
pub const ALPINE: Family = Family { repositories: &["docker.io/library/alpine"], image: alpine };

fn alpine(_repository: &str, tag: &str) -> Option<Image> {
    const VERSIONS: &[&str] = &[
        "3.22.1", "3.21.4", "3.20.7", "3.19.8", "3.18.12", "3.17.10", "3.16.9", "3.15.11", "3.14.10",
        "3.13.12", "3.12.12", "3.10.9",
    ];
    let (version, _) = version_of(if tag == "3" { "latest" } else { tag }, VERSIONS, &[])?;
    let mut image = Image::busybox(3_806_321).cmd(&["/bin/sh"]).memory(1 << 20);
    image.files = |image| {
        let mut tree = os::image::base(image.flavour);
        // A base tree takes any file.
        let _taken = tree.put_file("/sbin/apk", os::program_file("apk"), 0o755);
        let _taken = tree.put_file("/etc/alpine-release", format!("{}\n", image.tag()).into_bytes(), 0o644);
        let _taken = tree.put_file(
            "/etc/os-release",
            b"NAME=\"Alpine Linux\"\nID=alpine\nPRETTY_NAME=\"Alpine Linux v3.22\"\n".to_vec(),
            0o644,
        );
        tree
    };
    let _ = version;
    Some(image)
}

/// debian and ubuntu, with bash and GNU tools.
pub const DEBIAN: Family = Family {
    repositories: &[
        "docker.io/library/debian",
        "docker.io/library/ubuntu",
        "docker.io/library/centos",
        "docker.io/library/fedora",
    ],
    image: debian,
};

fn debian(repository: &str, tag: &str) -> Option<Image> {
    let (tags, size): (&[&str], u64) = match repository.rsplit('/').next()? {
        "debian" => (
            &[
                "stable",
                "stable-slim",
                "trixie",
                "trixie-slim",
                "bookworm",
                "bookworm-slim",
                "bullseye",
                "bullseye-slim",
                "13",
                "12",
                "11",
            ],
            49_285_112,
        ),
        "ubuntu" => (&["24.04", "22.04", "20.04", "18.04", "noble", "jammy", "focal"], 29_723_107),
        "centos" => (&["7", "8", "centos7"], 75_181_999),
        _ => (&["42", "41", "40"], 58_000_113),
    };
    if !super::tag_in(tag, tags) {
        return None;
    }
    let image = Image::new(size).cmd(&["bash"]).memory(2 << 20);
    let relative = repository.ends_with("/centos") || repository.ends_with("/fedora");
    Some(if relative { image.with_bash() } else { image })
}
