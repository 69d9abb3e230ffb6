//! Puts the stories into the program: in wasm there is no disk to read them from.

// Outside of the world: a build script is told its folders by the environment.
#![allow(clippy::disallowed_methods)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../transcripts");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut stories = String::from("const STORIES: &[(&str, &str)] = &[\n");
    for path in find(&folder) {
        let name = path
            .strip_prefix(&folder)
            .unwrap_or(&path)
            .with_extension("")
            .to_string_lossy()
            .replace('\\', "/");
        let _ = writeln!(stories, "({name:?}, include_str!({:?})),", path.display().to_string());
    }
    stories.push_str("];\n");
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo sets OUT_DIR");
    std::fs::write(out.join("stories.rs"), stories).expect("OUT_DIR can be written");
}

/// All stories below a folder, sorted.
fn find(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|it| it.path()) {
            match path.is_dir() {
                true => pending.push(path),
                false if path.extension().is_some_and(|it| it == "txtar") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}
