//! Shell and program cases as data: `tests/cases/*.txt`.
//!
//! A case begins with `### name` and, optionally, the shells it holds for (`bash`, `dash`, `ash`; all by default) and
//! `sim` (it cannot be compared with the real machine: it needs the simulated clock, users or files). Then come the
//! script and, after `---`, what it gives: stdout, `--- err` and stderr, `--- exit N` when not 0. Where shells differ,
//! `--- for dash ash` begins what these give instead. `--- why TEXT` is the reason why the simulated shells give
//! something else than the real ones here; such a case is not compared.
//!
//! With KUBARIUM_REALITY=1 each case also runs in the real shells that are installed, in an empty directory, and must
//! give the same. With KUBARIUM_BLESS=1 the expectations are rewritten, from reality where the case allows it.
//! KUBARIUM_FILE and KUBARIUM_CASE choose files and cases by a part of their names; KUBARIUM_CASES is another folder.
#![allow(clippy::disallowed_methods)]

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use kubarium_os::{Flavour, Machine, MachineSpec, ShellKind, SpawnOptions, Time, Volumes, harness, image};

/// What a script gives.
#[derive(Clone, PartialEq, Default, Debug)]
struct Seen {
    out: String,
    err: String,
    exit: i32,
}

#[derive(Clone, Default, Debug)]
struct Case {
    head: String,
    script: String,
    /// Why the simulation differs from reality.
    why: String,
    want: Seen,
    /// What some shells give instead.
    variants: Vec<(Vec<String>, Seen)>,
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
        !self.words().contains(&"sim") && self.why.is_empty()
    }

    fn want(&self, shell: &str) -> &Seen {
        self.variants
            .iter()
            .find(|(shells, _)| shells.iter().any(|s| s == shell))
            .map_or(&self.want, |(_, s)| s)
    }

    /// Notes what each shell gave: the first shell's is what the others are told apart from.
    fn bless(&mut self, seen: Vec<(&str, Seen)>) {
        self.variants.clear();
        for (i, (shell, seen)) in seen.into_iter().enumerate() {
            if i == 0 {
                self.want = seen;
            } else if seen != self.want {
                match self.variants.iter_mut().find(|(_, s)| *s == seen) {
                    Some((shells, _)) => shells.push(shell.to_string()),
                    None => self.variants.push((vec![shell.to_string()], seen)),
                }
            }
        }
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
        if let Some(shells) = line.strip_prefix("--- for ") {
            case.variants.push((shells.split_whitespace().map(str::to_string).collect(), Seen::default()));
            part = 1;
            continue;
        }
        if let Some(why) = line.strip_prefix("--- why ") {
            case.why = why.to_string();
            continue;
        }
        let Case { want, variants, script, .. } = case;
        let seen = variants.last_mut().map_or(want, |(_, seen)| seen);
        match line {
            "---" => part = 1,
            "--- err" => part = 2,
            _ if line.starts_with("--- exit ") => seen.exit = line[9..].parse().expect("a number"),
            _ => {
                let to = match part {
                    0 => script,
                    1 => &mut seen.out,
                    _ => &mut seen.err,
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
        text.push_str(&format!("### {}\n{}", case.head, case.script));
        if !case.why.is_empty() {
            text.push_str(&format!("--- why {}\n", case.why));
        }
        text.push_str("---\n");
        show_seen(&case.want, &mut text);
        for (shells, seen) in &case.variants {
            text.push_str(&format!("--- for {}\n", shells.join(" ")));
            show_seen(seen, &mut text);
        }
    }
    text
}

fn show_seen(seen: &Seen, text: &mut String) {
    text.push_str(&end_line(&seen.out));
    if !seen.err.is_empty() {
        text.push_str(&format!("--- err\n{}", end_line(&seen.err)));
    }
    if seen.exit != 0 {
        text.push_str(&format!("--- exit {}\n", seen.exit));
    }
}

fn end_line(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_string() } else { format!("{text}\n") }
}

fn machine(shell: &str, slice_seed: u64) -> Machine {
    let (flavour, kind) = match shell {
        // As on Debian, `sh` is dash there.
        "bash" => (Flavour::Gnu, ShellKind::Dash),
        "dash" => (Flavour::Gnu, ShellKind::Dash),
        _ => (Flavour::BusyBox, ShellKind::Ash),
    };
    let mut root = image::base(flavour);
    root.make_dirs("/work").expect("a fresh tree");
    if flavour == Flavour::Gnu {
        image::add_extras(&mut root).expect("a fresh tree");
    }
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
    // As `sh`: its messages begin with the name it was called by.
    let program = if shell == "ash" { "busybox" } else { shell };
    let first: &[&str] = if shell == "ash" { &["sh", "-c"] } else { &["-c"] };
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
    let output = Command::new("timeout")
        .args(["20", program])
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
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let dir = std::env::var_os("KUBARIUM_CASES").map_or(own, PathBuf::from);
    let only = std::env::var("KUBARIUM_FILE").unwrap_or_default();
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("the folder of cases") {
        let path = entry.expect("a file").path();
        if !path.to_string_lossy().contains(&only) {
            continue;
        }
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
    let (mut scripts, mut count, mut compared) = (0, 0, 0);
    for (path, mut cases) in files() {
        for case in &mut cases {
            if only.as_ref().is_some_and(|o| !case.head.contains(o.as_str())) {
                continue;
            }
            scripts += 1;
            if bless {
                let seen = |shell| {
                    let real = if case.real() { reality(shell, &case.script) } else { None };
                    (shell, real.unwrap_or_else(|| simulate(shell, &case.script, 1_000_000)))
                };
                let all = case.shells().into_iter().map(seen).collect();
                case.bless(all);
            }
            for shell in case.shells() {
                count += 1;
                let want = case.want(shell).clone();
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
    println!("{scripts} cases, {count} runs, {compared} compared with the real shells");
    assert!(failures.is_empty(), "{failures}");
}

/// Results do not depend on how the fuel is cut.
#[test]
fn any_fuel_slices_give_the_same() {
    for (_, cases) in files() {
        for (i, case) in cases.iter().enumerate().filter(|(i, _)| i % 5 == 0) {
            let shell = case.shells()[0];
            let whole = simulate(shell, &case.script, 1_000_000);
            let sliced = simulate(shell, &case.script, 11 + (i as u64 * 7) % 190);
            if case.script.contains('&') || case.script.contains('|') {
                // Processes side by side may interleave their output differently.
                assert_eq!(whole.exit, sliced.exit, "{}\n{}", case.head, case.script);
                continue;
            }
            assert_eq!(whole, sliced, "{}\n{}", case.head, case.script);
        }
    }
}
