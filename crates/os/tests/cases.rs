//! Shell and program cases as data: `tests/cases/*.txt`.
//!
//! A case begins with `### name` and, optionally, the shells it holds for (`bash`, `dash`, `ash`; all by default) and
//! `sim` (it cannot be compared with the real machine: it needs the simulated clock, users or files). Then come the
//! script and, after `---`, what it gives: stdout, `--- err` and stderr, `--- exit N` when not 0.
//!
//! With KUBARIUM_REALITY=1 each case also runs in the real shells that are installed, in an empty directory, and must
//! give the same. With KUBARIUM_BLESS=1 the expectations are rewritten, from reality where the case allows it.
#![allow(clippy::disallowed_methods)]

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use kubarium_os::{Flavour, Machine, MachineSpec, ShellKind, SpawnOptions, Time, Volumes, harness, image};

#[derive(Clone, Default, Debug)]
struct Case {
    head: String,
    script: String,
    out: String,
    err: String,
    exit: i32,
}

#[derive(Clone, PartialEq, Debug)]
struct Seen {
    out: String,
    err: String,
    exit: i32,
}

impl Case {
    fn words(&self) -> Vec<&str> {
        self.head
            .split_once('[')
            .map_or(Vec::new(), |(_, t)| t.trim_end_matches(']').split_whitespace().collect())
    }

    fn shells(&self) -> Vec<&'static str> {
        let words = self.words();
        let named: Vec<&'static str> =
            ["bash", "dash", "ash"].into_iter().filter(|s| words.contains(s)).collect();
        if named.is_empty() { vec!["bash", "dash", "ash"] } else { named }
    }

    fn real(&self) -> bool {
        !self.words().contains(&"sim")
    }
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut part = 0;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("### ") {
            cases.push(Case { head: head.to_string(), ..Case::default() });
            part = 0;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match line {
            "---" => part = 1,
            "--- err" => part = 2,
            _ if line.starts_with("--- exit ") => case.exit = line[9..].parse().expect("a number"),
            _ => {
                let to = match part {
                    0 => &mut case.script,
                    1 => &mut case.out,
                    _ => &mut case.err,
                };
                to.push_str(line);
                to.push('\n');
            }
        }
    }
    cases
}

fn show(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        text.push_str(&format!("### {}\n{}---\n{}", case.head, case.script, end_line(&case.out)));
        if !case.err.is_empty() {
            text.push_str(&format!("--- err\n{}", end_line(&case.err)));
        }
        if case.exit != 0 {
            text.push_str(&format!("--- exit {}\n", case.exit));
        }
    }
    text
}

fn end_line(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_string() } else { format!("{text}\n") }
}

fn machine(shell: &str, slice_seed: u64) -> Machine {
    let (flavour, kind) = match shell {
        "bash" => (Flavour::Gnu, ShellKind::Bash),
        "dash" => (Flavour::Gnu, ShellKind::Dash),
        _ => (Flavour::BusyBox, ShellKind::Ash),
    };
    let mut root = image::base(flavour);
    root.make_dirs("/work").expect("a fresh tree");
    let spec = MachineSpec {
        root,
        flavour,
        shell: kind,
        seed: slice_seed,
        hostname: "box".to_string(),
        ..MachineSpec::default()
    };
    Machine::new(spec, Time::from_secs(1_767_603_600))
}

fn options() -> SpawnOptions {
    let env = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/root"), ("LC_ALL", "C")];
    SpawnOptions {
        env: env.map(|(k, v)| (k.to_string(), v.to_string())).to_vec(),
        cwd: "/work".to_string(),
        ..SpawnOptions::default()
    }
}

fn simulate(shell: &str, script: &str, slice: u64) -> Seen {
    let mut machine = machine(shell, 7);
    let mut volumes = Volumes::new();
    let name = if shell == "ash" { "sh" } else { shell };
    let done = harness::run(&mut machine, &mut volumes, &[name, "-c", script], options(), b"", slice);
    Seen {
        out: end_line(&String::from_utf8_lossy(&done.stdout)),
        err: end_line(&String::from_utf8_lossy(&done.stderr)),
        exit: done.code,
    }
}

fn reality(shell: &str, script: &str) -> Option<Seen> {
    let dir = std::env::temp_dir().join(format!("kubarium-os-case-{}", std::process::id()));
    let _old = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).ok()?;
    let (program, first): (&str, &[&str]) = match shell {
        "ash" => ("busybox", &["sh", "-c"]),
        other => (other, &["-c"]),
    };
    // BusyBox's own programs, not the system's.
    let applets = std::env::temp_dir().join("kubarium-os-applets");
    if shell == "ash" && !applets.exists() {
        fs::create_dir_all(&applets).ok()?;
        Command::new("busybox").args(["--install", "-s"]).arg(&applets).output().ok()?;
    }
    let path = if shell == "ash" {
        format!("{}:/bin", applets.display())
    } else {
        "/usr/local/bin:/usr/bin:/bin".to_string()
    };
    let output = Command::new(program)
        .args(first)
        .arg(script)
        .current_dir(&dir)
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", "/root"), ("LC_ALL", "C")])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let _gone = fs::remove_dir_all(&dir);
    use std::os::unix::process::ExitStatusExt;
    let exit = output.status.code().or_else(|| output.status.signal().map(|s| 128 + s)).unwrap_or(-1);
    Some(Seen {
        out: end_line(&String::from_utf8_lossy(&output.stdout)),
        err: end_line(&String::from_utf8_lossy(&output.stderr)),
        exit,
    })
}

fn files() -> BTreeMap<PathBuf, Vec<Case>> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("the folder of cases") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a readable case file");
        files.insert(path, parse(&text));
    }
    files
}

#[test]
fn cases_give_what_they_say() {
    let env = |name: &str| std::env::var(name).is_ok_and(|v| v == "1");
    let (bless, real) = (env("KUBARIUM_BLESS"), env("KUBARIUM_REALITY"));
    let only = std::env::var("KUBARIUM_CASE").ok();
    let mut failures = String::new();
    let (mut count, mut compared) = (0, 0);
    for (path, mut cases) in files() {
        for case in &mut cases {
            if only.as_ref().is_some_and(|o| !case.head.contains(o.as_str())) {
                continue;
            }
            if bless {
                let shells = case.shells();
                let seen =
                    if case.real() { shells.iter().find_map(|s| reality(s, &case.script)) } else { None };
                let seen = seen.unwrap_or_else(|| simulate(shells[0], &case.script, 1_000_000));
                (case.out, case.err, case.exit) = (seen.out, seen.err, seen.exit);
            }
            let want = Seen { out: case.out.clone(), err: case.err.clone(), exit: case.exit };
            for shell in case.shells() {
                count += 1;
                let mut check = |what: &str, got: Seen| {
                    if got != want {
                        failures.push_str(&format!(
                            "\n== {} · {what} {shell}\n{}-- want ({}):\n{}{}-- got ({}):\n{}{}",
                            case.head, case.script, want.exit, want.out, want.err, got.exit, got.out, got.err
                        ));
                    }
                };
                check("simulated", simulate(shell, &case.script, 1_000_000));
                if real
                    && case.real()
                    && let Some(got) = reality(shell, &case.script)
                {
                    compared += 1;
                    check("real", got);
                }
            }
        }
        if bless && only.is_none() {
            fs::write(&path, show(&cases)).expect("a writable case file");
        }
    }
    println!("{count} cases, {compared} compared with the real shells");
    assert!(failures.is_empty(), "{failures}");
}

/// Results do not depend on how the fuel is cut.
#[test]
fn any_fuel_slices_give_the_same() {
    for (_, cases) in files() {
        for (i, case) in cases.iter().enumerate().filter(|(i, _)| i % 3 == 0) {
            let shell = case.shells()[0];
            let whole = simulate(shell, &case.script, 1_000_000);
            let sliced = simulate(shell, &case.script, 3 + (i as u64 * 7) % 90);
            if case.script.contains('&') || case.script.contains('|') {
                // Processes side by side may interleave their output differently.
                assert_eq!(whole.exit, sliced.exit, "{}\n{}", case.head, case.script);
                continue;
            }
            assert_eq!(whole, sliced, "{}\n{}", case.head, case.script);
        }
    }
}
