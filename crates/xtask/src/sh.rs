//! Running other programs, and telling how long that took.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, workspace};

/// Runs one long step: says what it does, and afterwards how long that took.
pub fn step<T>(what: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("• {what}");
    let start = Instant::now();
    let res = run();
    let end = if res.is_ok() { "done" } else { "failed" };
    eprintln!("  {end} in {}", human(start.elapsed()));
    res
}

/// A duration for people: `0.8s`, `42s`, `4m12s`.
pub fn human(it: Duration) -> String {
    match it.as_secs() {
        0..10 => format!("{:.1}s", it.as_secs_f64()),
        secs @ 10..100 => format!("{secs}s"),
        secs => format!("{}m{:02}s", secs / 60, secs % 60),
    }
}

/// A command in the workspace root.
pub fn command(program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut it = Command::new(program);
    it.args(args).current_dir(workspace::root());
    it
}

/// The cargo that runs us.
pub fn cargo(args: &[&str]) -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// Runs a command with its output on the terminal; an error if it fails.
pub fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|err| cannot_run(command, &err))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", describe(command))) }
}

/// Runs a command whose output matters only when it fails: then the end of it is shown.
pub fn run_quietly(command: &mut Command) -> Result {
    let log = log_file()?;
    let out = File::create(&log).map_err(|err| format!("cannot write {}: {err}", log.display()))?;
    let err = out.try_clone().map_err(|err| err.to_string())?;
    let status = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .map_err(|err| cannot_run(command, &err))?;
    if status.success() {
        let _ = std::fs::remove_file(&log);
        return Ok(());
    }
    let text = std::fs::read(&log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(30)..] {
        eprintln!("  | {line}");
    }
    Err(format!("{} failed ({status})", describe(command)))
}

/// What a command prints on standard output, or nothing if it cannot be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let it = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    it.status.success().then(|| String::from_utf8_lossy(&it.stdout).into_owned())
}

/// What a command prints on standard output; an error if it fails. Its standard error stays on the terminal.
pub fn output_or_error(command: &mut Command) -> Result<String> {
    let it = command.stderr(Stdio::inherit()).output().map_err(|err| cannot_run(command, &err))?;
    let text = String::from_utf8_lossy(&it.stdout).into_owned();
    if it.status.success() {
        Ok(text)
    } else {
        Err(format!("{} failed ({})\n{text}", describe(command), it.status))
    }
}

/// The full path of a program on PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|dir| [dir.join(program), dir.join(format!("{program}.exe"))])
        .find(|it| it.is_file())
}

/// PATH with some folders in front.
pub fn path_with(front: &[PathBuf]) -> Result<std::ffi::OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(front.iter().cloned().chain(std::env::split_paths(&old)))
        .map_err(|err| err.to_string())
}

/// The command line as a person would type it, with the program's name only.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = command.get_args().map(|it| it.to_string_lossy());
    std::iter::once(program.to_string_lossy()).chain(words).collect::<Vec<_>>().join(" ")
}

fn cannot_run(command: &Command, err: &std::io::Error) -> String {
    format!("cannot run {}: {err}", describe(command))
}

fn log_file() -> Result<PathBuf> {
    let dir = workspace::target().join("xtask");
    std::fs::create_dir_all(&dir).map_err(|err| format!("cannot create {}: {err}", dir.display()))?;
    Ok(dir.join(format!("log-{}", std::process::id())))
}
