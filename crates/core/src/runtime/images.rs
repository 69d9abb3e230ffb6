//! The images of the simulated registries: one file a family, one line in the list.

pub mod base;
pub mod data;
pub mod demo;
pub mod nginx;
pub mod samples;
pub mod system;
pub mod tools;
pub mod web;

use os::{Tree, program_file};

use super::catalogue::{Family, Image};

/// All families; the first that knows a repository and tag has it.
pub const FAMILIES: &[Family] = &[
    nginx::NGINX,
    web::HTTPD,
    web::WHOAMI,
    web::HTTP_ECHO,
    web::ECHOSERVER,
    web::NODE,
    web::LANGUAGES,
    samples::PYTHON,
    samples::PERL,
    samples::SAMPLES,
    samples::HELLO_WORLD,
    samples::NGINX_SLIM,
    samples::SERVERS,
    base::BUSYBOX,
    base::ALPINE,
    base::DEBIAN,
    tools::CURL,
    tools::STRESS,
    tools::AGNHOST,
    tools::PRIVATE,
    demo::KUARD,
    demo::KUBIA,
    demo::HELLO_APP,
    demo::GUESTBOOK,
    demo::ECSDEMO,
    demo::FLEETMAN,
    data::REDIS,
    data::MONGO,
    data::MYSQL,
    data::POSTGRES,
    system::PAUSE,
    system::CONTROL_PLANE,
    system::ADDONS,
];

/// A tree with one more executable.
pub(crate) fn with_program(mut tree: Tree, path: &str, program: &str) -> Tree {
    // A base tree takes any file.
    let _taken = tree.put_file(path, program_file(program), 0o755);
    tree
}

/// The base tree of an image's flavour with an executable.
pub(crate) fn app(image: &Image, path: &str, program: &str) -> Tree {
    with_program(os::image::base(image.flavour), path, program)
}

/// A tree without tools but for one executable.
pub(crate) fn alone(path: &str, program: &str) -> Tree {
    with_program(os::image::bare(), path, program)
}

/// Whether a tag is `latest` or one of a list.
pub(crate) fn tag_in(tag: &str, tags: &[&str]) -> bool {
    tag == "latest" || tags.contains(&tag)
}

/// `1.27` and `1.27.3` of `versions`, in which the first is `latest`; a suffix (`-alpine`) may follow.
pub(crate) fn version_of<'a>(
    tag: &str,
    versions: &[&'a str],
    suffixes: &[&str],
) -> Option<(&'a str, String)> {
    let (bare, suffix) = match suffixes.iter().find(|it| tag.ends_with(&format!("-{it}")) || tag == **it) {
        Some(suffix) => (tag.trim_end_matches(*suffix).trim_end_matches('-'), suffix.to_string()),
        None => (tag, String::new()),
    };
    if bare.is_empty() || bare == "latest" {
        return Some((versions.first()?, suffix));
    }
    let matches = |version: &&&str| **version == bare || version.starts_with(&format!("{bare}."));
    versions.iter().find(matches).map(|version| (*version, suffix))
}

/// A flavour for `-alpine` tags.
pub(crate) fn flavoured(suffix: &str, size: u64, small: u64) -> Image {
    if suffix.contains("alpine") { Image::busybox(small) } else { Image::new(size) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{Reference, catalogue};

    #[test]
    fn every_family_has_a_default_image_whose_files_can_be_made() {
        for family in FAMILIES {
            for repository in family.repositories {
                let any = ["latest", "v1.36.1", "1.0", "1", "3.6.6-0", "3.10.1", "release0", "env"];
                let found = any.iter().find_map(|tag| (family.image)(repository, tag));
                let image = found.unwrap_or_else(|| panic!("{repository} has none of the usual tags"));
                (image.files)(&image).freeze();
                assert!(image.size > 100_000, "{repository}");
            }
        }
    }

    #[test]
    fn tags_are_versions_their_prefixes_and_latest() {
        for (name, found) in [
            ("nginx", true),
            ("nginx:1.14.2", true),
            ("nginx:1.7.9", true),
            ("nginx:alpine", true),
            ("nginx:1.27-alpine", true),
            ("nginx:1.91", false),
            ("ngnix", false),
            ("busybox:1.36", true),
            ("luksa/kubia:v2", true),
        ] {
            let reference = Reference::parse(name).expect("well-formed");
            assert_eq!(catalogue::find(&reference).is_ok(), found, "{name}");
        }
    }

    #[test]
    fn unknown_images_fail_as_containerd_words_it() {
        let reference = Reference::parse("ngnix").expect("well-formed");
        let error = catalogue::find(&reference).expect_err("no such image");
        assert_eq!(
            error.message(&reference),
            "failed to pull and unpack image \"docker.io/library/ngnix:latest\": failed to resolve reference \
             \"docker.io/library/ngnix:latest\": pull access denied, repository does not exist or may require authorization: \
             server message: insufficient_scope: authorization failed"
        );
    }
}
