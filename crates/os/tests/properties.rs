//! Properties of machines: a clone goes on as its original does, and results do not depend on how the fuel is cut.
//!
//! The scripts come from a grammar, and from `tests/cases`. With KUBARIUM_REALITY=1 the made-up scripts also run in the
//! real shells and must give the same; KUBARIUM_SEEDS=from..to chooses which.
#![allow(clippy::disallowed_methods)]

use std::{fs, path::PathBuf, process::Command};

use kubarium_os::{
    Flavour, HostCall, Machine, MachineSpec, Pid, ShellKind, SpawnOptions, Stdio, StreamId, Time, Volumes,
    image,
};

/// Small random numbers from a seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len() as u64) as usize]
    }
}

/// Makes scripts: everything in them ends, and nothing runs side by side that writes to the same place.
struct Grammar {
    dice: Dice,
    depth: u32,
    loops: u32,
    substituting: u32,
    bash: bool,
}

impl Grammar {
    fn script(seed: u64, bash: bool) -> String {
        let mut g = Grammar {
            dice: Dice(seed.wrapping_mul(0x9E37_79B9) + 7),
            depth: 0,
            loops: 0,
            substituting: 0,
            bash,
        };
        let mut text =
            String::from("a=1 b='x y' c= ; set -- p 'q r' s; f() { echo \"f:$1:$#\"; return 3; }\n");
        if g.dice.roll(6) == 0 {
            text.push_str(g.dice.pick(&["set -u\n", "set -f\n", "IFS=:\n", "trap 'echo bye $?' EXIT\n"]));
        }
        let lines = 2 + g.dice.roll(5);
        for _ in 0..lines {
            text.push_str(&g.list());
            text.push('\n');
        }
        text.push_str("echo \"end $? $a $b $c $#\"\n");
        text
    }

    fn list(&mut self) -> String {
        let mut text = self.command();
        for _ in 0..self.dice.roll(3) {
            let join = self.dice.pick(&["; ", " && ", " || ", "\n"]);
            text.push_str(join);
            text.push_str(&self.command());
        }
        text
    }

    fn command(&mut self) -> String {
        self.depth += 1;
        let text = if self.depth > 4 { self.simple() } else { self.compound() };
        self.depth -= 1;
        text
    }

    fn compound(&mut self) -> String {
        match self.dice.roll(17) {
            0 => format!("if {}; then {}; else {}; fi", self.test(), self.list(), self.list()),
            1 => format!("if {}; then {}; fi", self.command(), self.list()),
            2 => self.for_loop(),
            3 => self.while_loop(),
            4 => format!(
                "case {} in {}) {};; *) {};; esac",
                self.word(),
                self.pattern(),
                self.list(),
                self.list()
            ),
            5 => format!("{{ {}; }}", self.list()),
            6 => format!("( {} )", self.list()),
            7 => format!("{} | {}", self.producer(), self.consumer()),
            8 => format!("! {}", self.simple()),
            9 => {
                // bash loses here-documents in substitutions now and then.
                self.substituting += 1;
                let text = format!("a=$( {})", self.list());
                self.substituting -= 1;
                text
            }
            10 => format!("echo \"$({})\"", self.producer()),
            11 => format!("f {} {}", self.word(), self.word()),
            12 if self.bash => self.bash_only(),
            13 if self.substituting == 0 => format!("cat <<E\n{} and $((a + 1))\nE\n:", self.plain_text()),
            14 => {
                let n = self.depth;
                format!("{{ {}; }} > t{n}; cat t{n}", self.list())
            }
            _ => self.simple(),
        }
    }

    fn for_loop(&mut self) -> String {
        self.loops += 1;
        let var = self.dice.pick(&["i", "j", "b"]);
        let stop = self.dice.pick(&["", "", " [ $i = 2 ] && break;", " [ \"$i\" = 1 ] && continue;"]);
        let words = format!("{} {} {}", self.word(), self.word(), self.word());
        let text = format!("for {var} in {words}; do{stop} {}; done", self.list());
        self.loops -= 1;
        text
    }

    fn while_loop(&mut self) -> String {
        self.loops += 1;
        let n = self.loops;
        let times = 1 + self.dice.roll(3);
        let text =
            format!("n{n}=0; while [ $n{n} -lt {times} ]; do n{n}=$((n{n} + 1)); {}; done", self.list());
        self.loops -= 1;
        text
    }

    fn simple(&mut self) -> String {
        match self.dice.roll(12) {
            0 => format!("a={}", self.word()),
            1 => format!("b={} c={}", self.word(), self.word()),
            2 => format!("a=$(({}))", self.arithmetic(2)),
            3 => format!("printf '%s|%5s|%-3s\\n' {} {} {}", self.word(), self.word(), self.word()),
            4 => self.test(),
            5 => self
                .dice
                .pick(&["true", "false", ":", "shift 2>/dev/null || :", "set -- $b", "unset c"])
                .to_string(),
            6 => format!("echo {} > f; read x y < f; echo \"$y-$x\"", self.word()),
            7 => format!("(exit {})", self.dice.roll(5)),
            _ => format!("echo {} {}", self.word(), self.word()),
        }
    }

    fn bash_only(&mut self) -> String {
        match self.dice.roll(9) {
            0 => format!("[[ {} == {} ]]", self.word(), self.pattern()),
            1 => format!(
                "arr=({} {} {}); echo ${{#arr[@]}} \"${{arr[1]}}\" \"${{arr[@]:1}}\"",
                self.word(),
                self.word(),
                self.word()
            ),
            2 => format!("(( {} ))", self.arithmetic(2)),
            3 => "echo ${b^^} ${b/x/z} ${b//[xy]/-} ${b: -2}".to_string(),
            4 => format!("for ((k=0; k<{}; k++)); do {}; done", self.dice.roll(4), self.simple()),
            5 => "echo {1..3}{a,b} x{,y}".to_string(),
            6 => format!("read -r x <<< {}; echo \"[$x]\"", self.word()),
            7 => "declare -A m=([k]=v); m[l]=$a; echo ${m[k]} \"${m[l]}\" ${#m[@]}".to_string(),
            _ => "local_() { local a=in; echo $a; }; local_; echo $a".to_string(),
        }
    }

    fn test(&mut self) -> String {
        match self.dice.roll(6) {
            0 => format!("[ \"{}\" = \"{}\" ]", self.plain_text(), self.plain_text()),
            1 => format!("[ {} -lt {} ]", self.dice.roll(5), self.dice.roll(5)),
            2 => "[ -n \"$c\" ]".to_string(),
            3 => "[ -f t2 ]".to_string(),
            4 => "[ -z \"$1\" ] || [ $# -gt 2 ]".to_string(),
            _ => format!("case {} in {}) ;; *) false;; esac", self.word(), self.pattern()),
        }
    }

    fn word(&mut self) -> String {
        match self.dice.roll(22) {
            0 => "\"$b\"".to_string(),
            1 => "$b".to_string(),
            2 => "$a".to_string(),
            3 => "\"$@\"".to_string(),
            4 => "$*".to_string(),
            5 => "${c:-none}".to_string(),
            6 => "\"${b#x}\"".to_string(),
            7 => "${b%y}".to_string(),
            8 => "${#b}".to_string(),
            9 => "'single $a'".to_string(),
            10 => "a\\ b".to_string(),
            11 => format!("$(({}))", self.arithmetic(1)),
            12 if self.depth < 4 => format!("$({})", self.producer()),
            13 => "\"a${c}b\"".to_string(),
            14 => "''".to_string(),
            15 => "\"$#:$1\"".to_string(),
            16 => "${c+set}".to_string(),
            17 => "x:y:z".to_string(),
            _ => self.dice.roll(4).to_string(),
        }
    }

    fn pattern(&mut self) -> &'static str {
        self.dice
            .pick(&["x*", "?", "[0-9]", "[!a-z]*", "\"$b\"", "1|2", "*y", "''"])
            .split('|')
            .next()
            .unwrap_or("*")
    }

    fn plain_text(&mut self) -> String {
        self.dice.pick(&["$a", "${b}", "text", "$c", "$1", "1", "x y"]).to_string()
    }

    fn arithmetic(&mut self, depth: u32) -> String {
        if depth == 0 {
            return format!("{}", self.dice.roll(9));
        }
        let op = self.dice.pick(&["+", "-", "*", "<", "==", "&", "|", "<<", "&&"]);
        format!("{} {op} ({})", self.dice.roll(9), self.arithmetic(depth - 1))
    }

    fn producer(&mut self) -> String {
        match self.dice.roll(5) {
            0 => "printf '%s\\n' one two three".to_string(),
            1 => format!("echo {}", self.word()),
            2 => "seq 4".to_string(),
            3 => "{ echo 1; echo 2; }".to_string(),
            _ => "printf 'b 1\\na 2\\n'".to_string(),
        }
    }

    fn consumer(&mut self) -> String {
        match self.dice.roll(6) {
            0 => "cat".to_string(),
            1 => "while read p q; do echo \"$q<$p\"; done".to_string(),
            2 => "sort".to_string(),
            3 => "{ read p; echo \"first $p\"; cat; }".to_string(),
            4 => "head -n 1".to_string(),
            _ => "wc -l".to_string(),
        }
    }
}

/// A machine with a shell that runs a script, and what has come out of it.
#[derive(Clone)]
struct Run {
    machine: Machine,
    volumes: Volumes,
    main: Pid,
    out: StreamId,
    now: Time,
    seen: (String, String),
    code: Option<i32>,
}

impl Run {
    fn new(shell: &str, script: &str) -> Run {
        let (flavour, kind) = match shell {
            "ash" => (Flavour::BusyBox, ShellKind::Ash),
            _ => (Flavour::Gnu, ShellKind::Dash),
        };
        let mut root = image::base(flavour);
        root.make_dirs("/work").unwrap();
        let spec = MachineSpec { root, flavour, shell: kind, seed: 11, ..MachineSpec::default() };
        let now = Time::from_secs(1_767_603_600);
        let mut machine = Machine::new(spec, now);
        let mut volumes = Volumes::new();
        let (out, err) = (machine.new_stream(), machine.new_stream());
        let env = [("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("LC_ALL", "C")];
        let options = SpawnOptions {
            argv: [if shell == "ash" { "sh" } else { shell }, "-c", script].map(String::from).to_vec(),
            env: env.map(|(k, v)| (k.to_string(), v.to_string())).to_vec(),
            cwd: "/work".into(),
            stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(err)],
            ..SpawnOptions::default()
        };
        let main = machine.spawn(&mut volumes, options).unwrap();
        Run { machine, volumes, main, out, now, seen: Default::default(), code: None }
    }

    /// One run with this much fuel; false when there is nothing more to come.
    fn step(&mut self, fuel: u64) -> bool {
        let ran = self.machine.run(&mut self.volumes, self.now, fuel);
        for call in self.machine.take_calls() {
            match call {
                HostCall::Output { stream, bytes } => {
                    let to = if stream == self.out { &mut self.seen.0 } else { &mut self.seen.1 };
                    to.push_str(&String::from_utf8_lossy(&bytes));
                }
                HostCall::Exited { pid, status } if pid == self.main => self.code = Some(status.code()),
                _ => {}
            }
        }
        if self.code.is_some() {
            return false;
        }
        if !ran.runnable && !self.machine.wants_run() {
            match ran.next_wake {
                Some(at) => self.now = self.now.max(at),
                None => return false,
            }
        }
        true
    }

    fn finish(mut self, mut fuel: impl FnMut() -> u64) -> (String, String, Option<i32>) {
        for _ in 0..3_000_000 {
            if !self.step(fuel()) {
                return (self.seen.0, self.seen.1, self.code);
            }
        }
        panic!("endless: {} {}", self.seen.0, self.seen.1);
    }
}

fn seeds(default: std::ops::Range<u64>) -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("KUBARIUM_SEEDS") else { return default };
    let (from, to) = text.split_once("..").expect("from..to");
    from.parse().expect("a number")..to.parse().expect("a number")
}

#[test]
fn any_slices_of_fuel_give_the_same() {
    for seed in seeds(0..60) {
        let shell = ["bash", "dash", "ash"][seed as usize % 3];
        let script = Grammar::script(seed, shell == "bash");
        let whole = Run::new(shell, &script).finish(|| 1_000_000);
        let mut dice = Dice(seed);
        let sliced = Run::new(shell, &script).finish(|| 1 + dice.roll(200));
        assert_eq!(whole, sliced, "{shell} {seed}\n{script}");
        assert!(whole.2.is_some(), "{shell} {seed} does not end\n{script}");
    }
}

#[test]
fn a_clone_goes_on_as_its_original() {
    for seed in seeds(1000..1020) {
        let shell = ["bash", "dash", "ash"][seed as usize % 3];
        let script = Grammar::script(seed, shell == "bash");
        let mut dice = Dice(seed);
        let mut run = Run::new(shell, &script);
        let whole = run.clone().finish(|| 1_000_000);
        // At any step: the clone is taken to its end, the original goes on.
        while run.step(1 + dice.roll(300)) {
            if dice.roll(4) == 0 {
                let clone = run.clone();
                assert_eq!(clone.finish(|| 1_000_000), whole, "{shell} {seed}\n{script}");
            }
        }
        assert_eq!((run.seen.0, run.seen.1, run.code), whole, "{shell} {seed}\n{script}");
    }
}

/// Jobs side by side, pipes, files, sleeping: cloned at many moments, in each case the clone equals the original.
#[test]
fn a_clone_in_the_middle_of_a_pipe() {
    let script = "mkfifo p; (for i in 1 2 3 4; do echo item $i; sleep 1; done > p) & \
        while read -r line; do echo \"got $line\" | tr a-z A-Z; done < p; \
        trap 'echo usr1' USR1; kill -USR1 $$; wait; x=$(seq 3 | while read n; do echo $((n * n)); done); echo $x; \
        cat <<E | sort -r\nb\na\nc\nE\necho $RANDOM; date";
    for shell in ["bash", "dash", "ash"] {
        let mut run = Run::new(shell, script);
        let whole = run.clone().finish(|| 37);
        let mut steps = 0;
        while run.step(37) {
            steps += 1;
            if steps % 5 == 0 {
                assert_eq!(run.clone().finish(|| 37), whole, "{shell} at {steps}");
            }
        }
        assert!(steps > 25, "{steps}");
        assert_eq!((run.seen.0, run.seen.1, run.code), whole);
    }
}

/// What the real shell makes of the script.
fn reality(shell: &str, script: &str, seed: u64) -> Option<(String, Option<i32>)> {
    let dir = std::env::temp_dir().join(format!("kubarium-os-made-{}-{seed}", std::process::id()));
    fs::create_dir_all(&dir).ok()?;
    let argv: &[&str] = if shell == "ash" { &["busybox", "sh", "-c"] } else { &[shell, "-c"] };
    let output = Command::new("timeout")
        .arg("10")
        .args(argv)
        .arg(script)
        .current_dir(&dir)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("LC_ALL", "C")])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let _gone = fs::remove_dir_all(&dir);
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()))
}

#[test]
fn made_up_scripts_give_what_real_shells_give() {
    if !std::env::var("KUBARIUM_REALITY").is_ok_and(|v| v == "1") {
        return;
    }
    let mut different = 0;
    for seed in seeds(0..600) {
        let shell = ["bash", "dash", "ash"][seed as usize % 3];
        let script = Grammar::script(seed, shell == "bash");
        let (out, err, code) = Run::new(shell, &script).finish(|| 1_000_000);
        let Some((real, real_code)) = reality(shell, &script, seed) else { continue };
        if (&out, code) != (&real, real_code) {
            different += 1;
            println!("== {shell} {seed}\n{script}-- real {real_code:?}\n{real}-- here {code:?}\n{out}{err}");
        }
    }
    assert_eq!(different, 0, "scripts that differ");
}

/// The cases' own scripts, cloned and cut.
#[test]
fn cases_survive_cloning() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for name in ["posix.txt", "bash.txt", "shell_expand.txt"] {
        let text = fs::read_to_string(dir.join(name)).expect("a case file");
        for (i, case) in text.split("### ").skip(1).enumerate().filter(|(i, _)| i % 4 == 0) {
            let Some((head, rest)) = case.split_once('\n') else { continue };
            let script = rest.split("\n---").next().unwrap_or("");
            let shell = if head.contains("[bash") { "bash" } else { ["bash", "dash", "ash"][i % 3] };
            if script.contains('&') {
                continue;
            }
            let mut dice = Dice(i as u64);
            let mut run = Run::new(shell, script);
            let whole = run.clone().finish(|| 100_000);
            for _ in 0..dice.roll(30) {
                run.step(1 + dice.roll(400));
            }
            let clone = run.clone().finish(|| 100_000);
            let original = run.finish(|| 100_000);
            assert_eq!(clone, original, "{head}\n{script}");
            if !script.contains('|') {
                assert_eq!(clone, whole, "{head}\n{script}");
            }
        }
    }
}
