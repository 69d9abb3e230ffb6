//! The test program: finds the stories, plays each as one test, and blesses them when asked.
//!
//! `cargo test -p kubarium-tests --test transcripts -- FILTER` plays those whose path contains the filter; with `--bless`
//! outputs that differ are written into the files instead of failing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::diff::diff;
use crate::play::{Difference, MakeStage, play};
use crate::story::{Outcome, Story};

/// What tells one test program from another.
pub struct Suite {
    pub make_stage: &'static MakeStage<'static>,
    /// Whether a story is played here at all.
    pub wants: fn(&Story) -> bool,
    pub alike: fn(&Outcome, &Outcome) -> bool,
    /// Whether `--bless` may write what happened here into the files.
    pub blesses: bool,
}

/// Runs the suite with the arguments of the command line.
pub fn main(suite: &'static Suite) -> ExitCode {
    let mut args: Vec<String> = std::env::args().collect();
    let before = args.len();
    args.retain(|it| it != "--bless");
    let bless = args.len() < before;
    if bless && !suite.blesses {
        eprintln!("error: stories are not blessed here");
        return ExitCode::FAILURE;
    }
    let folder = folder();
    let trials = find(&folder).into_iter().filter_map(|path| trial(suite, &folder, path, bless)).collect();
    libtest_mimic::run(&Arguments::from_iter(args), trials).exit_code()
}

/// Where the stories are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts")
}

/// The texts of `kubectl explain`, if they have been made: `KUBARIUM_EXPLAIN` says where.
pub fn explain_texts() -> Option<String> {
    // Tests are outside of the world.
    #[allow(clippy::disallowed_methods)]
    let file = std::env::var_os("KUBARIUM_EXPLAIN").map(PathBuf::from);
    std::fs::read_to_string(file.unwrap_or_else(|| folder().join("../../target/explain.json"))).ok()
}

/// All `.txtar` files of a folder, sorted.
pub fn find(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|it| it.path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|it| it == "txtar") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// One story as a test; a file that cannot be read is a test that fails.
fn trial(suite: &'static Suite, folder: &Path, path: PathBuf, bless: bool) -> Option<Trial> {
    let name =
        path.strip_prefix(folder).unwrap_or(&path).with_extension("").to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(&path).map_err(|err| err.to_string());
    match text.and_then(|it| Story::parse(&it)) {
        Err(message) => Some(Trial::test(name, move || Err(Failed::from(message)))),
        Ok(story) => {
            (suite.wants)(&story).then(|| Trial::test(name, move || test(suite, &story, &path, bless)))
        }
    }
}

fn test(suite: &Suite, story: &Story, path: &Path, bless: bool) -> Result<(), Failed> {
    let mut stage = (suite.make_stage)(&story.settings)?;
    let played = play(story, stage.as_mut(), suite.alike)?;
    if played.differences.is_empty() {
        return Ok(());
    }
    if bless {
        return std::fs::write(path, played.actual.render()).map_err(Failed::from);
    }
    Err(Failed::from(played.differences.iter().map(report).collect::<String>()))
}

/// What differs, with the command and its line.
fn report(it: &Difference) -> String {
    format!("\nline {}: $ {}\n{}", it.line, it.command, diff(&it.expected.render(), &it.actual.render()))
}
