//! What a person at a terminal sees: prompts, line editing, job control, history; and that a machine is a value.

use kubarium_os::{
    Flavour, HostCall, HostEvent, Machine, MachineSpec, Program, ProgramSpec, ShellKind, SpawnOptions, Start,
    Stdio, Sys, Time, TtyId, Volumes, image, program::Poll, program_file, time::SECOND,
};

const HOSTED: &[ProgramSpec] =
    &[ProgramSpec { name: "kubectl", help: "", start: Start::Host { completes: true } }];
const TABLE: &[&[ProgramSpec]] = &[HOSTED];

struct Screen {
    machine: Machine,
    volumes: Volumes,
    tty: TtyId,
    now: Time,
    shown: String,
    calls: Vec<HostCall>,
}

impl Screen {
    fn new(kind: ShellKind, argv: &[&str]) -> Screen {
        let flavour = if kind == ShellKind::Bash { Flavour::Gnu } else { Flavour::BusyBox };
        let mut root = image::base(flavour);
        root.put_file("/usr/local/bin/kubectl", program_file("kubectl"), 0o755).unwrap();
        for extra in ["jq", "bc"] {
            root.put_file(&format!("/usr/local/bin/{extra}"), program_file(extra), 0o755).unwrap();
        }
        root.make_dirs("/work").unwrap();
        let spec = MachineSpec {
            root,
            flavour,
            shell: kind,
            hostname: "box".into(),
            programs: TABLE,
            first_pid: 100,
            ..Default::default()
        };
        let now = Time::from_secs(1_767_603_600);
        let mut machine = Machine::new(spec, now);
        let mut volumes = Volumes::new();
        let tty = machine.open_tty(80, 24);
        let env = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HOME", "/root"),
            ("PS1", "\\u@\\h:\\w\\$ "),
            ("TERM", "xterm"),
        ];
        let options = SpawnOptions {
            argv: argv.iter().map(|a| a.to_string()).collect(),
            env: env.map(|(k, v)| (k.to_string(), v.to_string())).to_vec(),
            cwd: "/work".into(),
            stdio: [Stdio::Tty(tty); 3],
            tty: Some(tty),
            ..Default::default()
        };
        machine.spawn(&mut volumes, options).unwrap();
        let mut screen = Screen { machine, volumes, tty, now, shown: String::new(), calls: Vec::new() };
        screen.settle(0);
        screen
    }

    /// Runs until nothing is due within `micros`.
    fn settle(&mut self, micros: i64) {
        let end = self.now.plus(micros);
        loop {
            let ran = self.machine.run(&mut self.volumes, self.now, 1_000_000);
            for call in self.machine.take_calls() {
                match call {
                    HostCall::TtyOutput { bytes, .. } => {
                        self.shown.push_str(&String::from_utf8_lossy(&bytes))
                    }
                    other => self.calls.push(other),
                }
            }
            if ran.runnable || self.machine.wants_run() {
                continue;
            }
            match ran.next_wake {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
        }
        self.now = end;
    }

    /// Runs for a while, whether it settles or not.
    fn burn(&mut self) {
        for _ in 0..20 {
            let ran = self.machine.run(&mut self.volumes, self.now, 20_000);
            assert!(ran.fuel_used < 60_000, "a turn came to no end: {}", ran.fuel_used);
            self.machine.take_calls();
        }
    }

    fn keys(&mut self, keys: &str) -> String {
        self.shown.clear();
        self.machine.deliver(
            &mut self.volumes,
            HostEvent::TtyInput { tty: self.tty, bytes: keys.as_bytes().to_vec() },
        );
        self.settle(SECOND / 10);
        plain(&self.shown)
    }
}

/// The text without escape sequences.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            chars.next();
            while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else if c != '\r' {
            out.push(c);
        }
    }
    out
}

#[test]
fn a_line_is_edited_and_run() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    assert!(plain(&s.shown).ends_with("root@box:/work# "), "{:?}", s.shown);
    let seen = s.keys("echo hallo\x1b[D\x1b[D\x1b[D\x7fe\r");
    assert!(seen.ends_with("\nhello\nroot@box:/work# "), "{seen:?}");
    let seen = s.keys("\x1b[A\x01#\x1b[B\x15cd /; pwd\r");
    assert!(seen.ends_with("\n/\nroot@box:/# "), "{seen:?}");
    let seen = s.keys("!!\r");
    assert!(seen.contains("cd /; pwd\n/\n"), "{seen:?}");
    let seen = s.keys("\x12hel\x07\x15");
    assert!(seen.contains("reverse-i-search"), "{seen:?}");
}

#[test]
fn bash_knows_the_size_of_its_window() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    assert!(s.keys("echo $COLUMNS x $LINES\r").contains("\n80 x 24\n"), "{}", plain(&s.shown));
}

#[test]
fn a_command_over_several_lines_asks_for_more() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    let seen = s.keys("for i in 1 2; do\r");
    assert!(seen.ends_with("> "), "{seen:?}");
    let seen = s.keys("echo $i\rdone\r");
    assert!(seen.contains("\n1\n2\n"), "{seen:?}");
    let seen = s.keys("cat <<EOF\rab\rEOF\r");
    assert!(seen.contains("\nab\n"), "{seen:?}");
}

#[test]
fn keys_stop_commands_and_jobs_go_on() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("sleep 100\r");
    let seen = s.keys("\x03");
    assert!(seen.starts_with("^C\n") && seen.ends_with("# "), "{seen:?}");
    assert!(s.keys("echo $?\r").contains("\n130\n"));
    s.keys("sleep 50\r");
    let seen = s.keys("\x1a");
    assert!(seen.contains("[1]+  Stopped                 sleep 50"), "{seen:?}");
    let seen = s.keys("bg; jobs\r");
    assert!(seen.contains("Running                 sleep 50 &"), "{seen:?}");
    s.settle(60 * SECOND);
    let seen = s.keys("\r");
    assert!(seen.contains("[1]+  Done                    sleep 50"), "{seen:?}");
    s.keys("while true; do sleep 1; done\r");
    let seen = s.keys("\x03");
    assert!(seen.ends_with("# "), "{seen:?}");
    s.keys("cat\r");
    assert!(s.keys("abc\r").contains("abc\nabc\n"));
    assert!(s.keys("\x04").ends_with("# "));
}

#[test]
fn tab_completes_commands_files_and_asks_the_host() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("touch longname.txt; mkdir sub\r");
    assert!(s.keys("cat lo\t").contains("longname.txt "));
    s.keys("\x15");
    assert!(s.keys("cd s\t").contains("sub/"));
    s.keys("\x15kubectl get po\t");
    let Some(HostCall::Complete { call, words, index, .. }) = s.calls.pop() else { panic!("{:?}", s.calls) };
    assert_eq!((words, index), (vec!["kubectl".into(), "get".into(), "po".into()], 2));
    s.shown.clear();
    s.machine.deliver(
        &mut s.volumes,
        HostEvent::Completed { call, candidates: vec!["pods".into()], no_space: false },
    );
    s.settle(0);
    assert!(plain(&s.shown).contains("kubectl get pods "), "{:?}", s.shown);
}

#[test]
fn a_program_of_the_host_gets_input_and_ends() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("echo doc | kubectl apply -f - && echo applied\r");
    let start = s
        .calls
        .iter()
        .find_map(|c| if let HostCall::External(e) = c { Some(e.clone()) } else { None })
        .unwrap();
    assert_eq!(start.argv, ["kubectl", "apply", "-f", "-"]);
    s.machine.deliver(&mut s.volumes, HostEvent::ExternalRead { call: start.call });
    s.settle(0);
    assert!(s.calls.contains(&HostCall::ExternalInput { call: start.call, bytes: b"doc\n".to_vec() }));
    s.machine.deliver(
        &mut s.volumes,
        HostEvent::ExternalOutput { call: start.call, fd: 1, bytes: b"done\n".to_vec() },
    );
    s.machine.deliver(&mut s.volumes, HostEvent::ExternalExit { call: start.call, code: 0 });
    s.shown.clear();
    s.settle(0);
    assert!(plain(&s.shown).starts_with("done\napplied\n"), "{:?}", s.shown);
    s.keys("kubectl get pods -w\r");
    let seen = s.keys("\x03");
    assert!(seen.starts_with("^C\n"), "{seen:?}");
    assert!(s.calls.iter().any(|c| matches!(c, HostCall::ExternalKilled { .. })));
}

#[test]
fn what_never_ends_yields_and_ends_by_ctrl_c() {
    for command in [
        "while :; do :; done",
        "yes > /dev/null",
        "awk 'BEGIN { while (1) n++ }'",
        "awk 'function f(n) { return f(n + 1) } BEGIN { for (;;) x = x \"\" }'",
        "echo x | sed ':a;ba'",
        "echo 'a b' | sed ':l;s/ / 1 2 3-/;tl'",
        "cat /dev/zero | od > /dev/null",
        "jq -n 'def f: f; f'",
        "jq -n 'last(repeat(1))'",
    ] {
        let mut s = Screen::new(ShellKind::Bash, &["bash"]);
        s.keys("");
        let event = HostEvent::TtyInput { tty: s.tty, bytes: format!("{command}\r").into_bytes() };
        s.machine.deliver(&mut s.volumes, event);
        s.burn();
        assert!(s.machine.wants_run(), "{command} has ended");
        s.keys("\x03");
        assert!(s.keys("echo $?\r").contains("\n130\n"), "{command}: {}", plain(&s.shown));
    }
}

/// Long works on large inputs come to the end of a turn, too, and can be interrupted.
#[test]
fn what_takes_long_yields_and_ends_by_ctrl_c() {
    let lines = |n: usize, step: usize| -> String {
        (0..n).map(|i| format!("line {}\n", i * step % 1_000_003)).collect()
    };
    let (x, y) = (lines(100_000, 7_919), lines(100_000, 104_729));
    for command in [
        "echo '9^999999' | bc",
        "echo 'while (1) x = x + 1' | bc",
        "echo 'scale=100000; sqrt(2)' | bc",
        "diff x y > /dev/null",
        "sort x y x y > /dev/null",
        "sort -k2n x y x y > /dev/null",
        "sort x > a; sort y > b; while :; do sort -m a b | comm - a > /dev/null; done",
        "while :; do tar cf t.tar /usr/bin x y; tar tf t.tar > /dev/null; done",
        "while :; do tar czf t.tgz x y; tar xOf t.tgz > /dev/null; done",
    ] {
        let mut s = Screen::new(ShellKind::Bash, &["bash"]);
        for (name, text) in [("x", &x), ("y", &y)] {
            s.machine
                .fs(&mut s.volumes)
                .write(&["/work", name].join("/"), text.clone().into_bytes(), 0o644)
                .unwrap();
        }
        s.keys("");
        let event = HostEvent::TtyInput { tty: s.tty, bytes: format!("{command}\r").into_bytes() };
        s.machine.deliver(&mut s.volumes, event);
        s.burn();
        assert!(s.machine.wants_run(), "{command} has ended");
        s.keys("\x03");
        assert!(s.keys("echo $?\r").contains("\n130\n"), "{command}: {}", plain(&s.shown));
    }
}

/// Two files of which no line is in both are told apart in one pass.
#[test]
fn files_with_nothing_in_common_differ_at_once() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    for (name, word) in [("x", "left"), ("y", "right")] {
        let text: String = (0..100_000).map(|i| format!("{word} {i}\n")).collect();
        s.machine.fs(&mut s.volumes).write(&["/work", name].join("/"), text.into_bytes(), 0o644).unwrap();
    }
    let seen = s.keys("diff x y | wc -l; diff x y | head -n 1\r");
    assert!(seen.contains("\n200002\n1,100000c1,100000\n"), "{seen:?}");
}

#[test]
fn history_is_kept_in_the_home() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("echo one\recho two\rexit\r");
    let text = s.machine.fs(&mut s.volumes).read_text("/root/.bash_history").unwrap();
    assert_eq!(text, "echo one\necho two\nexit\n");
}

#[test]
fn the_history_is_referred_to() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("echo one two three /etc/hosts.txt\r");
    let mut shows = |keys: &str, line: &str| {
        let seen = s.keys(&format!("{keys}\r"));
        assert!(seen.contains(&format!("\n{line}\n")), "{keys}: {seen:?}");
    };
    shows("echo !$", "echo /etc/hosts.txt");
    shows("echo !-2:2", "echo two");
    shows("echo !?three?:1-2", "echo one two");
    shows("echo !echo:^", "echo one");
    shows("!-5:p", "echo one two three /etc/hosts.txt");
    shows("!!:s/one/1/", "echo 1 two three /etc/hosts.txt");
    shows("^two^2", "echo 1 2 three /etc/hosts.txt");
    shows("!!:gs/e/E/:p", "Echo 1 2 thrEE /Etc/hosts.txt");
    shows("echo !-2$:h !-2$:t !-2$:r !-2$:e", "echo /etc hosts.txt /etc/hosts .txt");
    shows("echo !-3*", "echo 1 2 three /etc/hosts.txt");
    shows("!nosuch", "bash: !nosuch: event not found");
    shows("!!:9", "bash: :9: bad word specifier");
    shows("^nosuch^x", "bash: :s^nosuch^x: substitution failed");
    shows("echo '!!' \\!! \"a!\" ! ${!HOME} $!", "!! !! a! !");
    assert!(!s.keys("set +H\r").contains("set -H"));
    assert!(s.keys("echo !!\r").contains("\n!!\n"));
}

#[test]
fn old_commands_run_again_by_fc() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("echo one\recho two\r");
    assert!(s.keys("fc -l\r").contains("\n1\t echo one\n2\t echo two\n"));
    assert!(s.keys("fc -ln 1 1\r").contains("\n\t echo one\n"));
    assert!(s.keys("fc -s two=2 1\r").contains("\necho one\none\n"));
    assert!(s.keys("fc -s one=1\r").contains("\necho 1\n1\n"));
    assert!(s.keys("history 2\r").contains("  echo 1\n"));
    assert!(s.keys("history -d 1; history | head -n 1\r").contains("    1  echo two\n"));
    assert!(s.keys("fc -l nosuch\r").contains("fc: history specification out of range"));
}

#[test]
fn ended_children_are_taken_while_a_person_types() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("sleep 1 &\r");
    s.settle(2 * SECOND);
    // Told at the next prompt, not in the middle of the line.
    assert!(!s.keys("ps").contains("Done"));
    let seen = s.keys("\r");
    assert!(!seen.contains("defunct") && seen.contains("Done"), "{seen:?}");
}

#[test]
fn words_of_complete_are_offered() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    s.keys("complete -W 'alpha beta' try\r");
    assert!(s.keys("try a\t").contains("try alpha "));
}

#[test]
fn ash_has_its_own_prompt() {
    let mut s = Screen::new(ShellKind::Ash, &["sh"]);
    assert!(s.keys("nosuch\r").contains("\nsh: nosuch: not found\n"));
    assert!(s.keys("ls /nope\r").contains("ls: /nope: No such file or directory\n"));
}

#[test]
fn a_clone_goes_on_like_its_origin() {
    let script = "i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo $i $RANDOM | tr 1 x | grep -v 9; sleep 0.3; done; f() { echo f$1; }; f 2; ls -la / | wc -l";
    let mut s = Screen::new(ShellKind::Bash, &["bash", "-c", script]);
    let mut copies: Vec<(Machine, Volumes, Time, String)> = Vec::new();
    for _ in 0..40 {
        copies.push((s.machine.clone(), s.volumes.clone(), s.now, s.shown.clone()));
        s.settle(150_000);
    }
    let end = s.shown.clone();
    for (machine, volumes, now, shown) in copies {
        let mut copy = Screen { machine, volumes, tty: s.tty, now, shown, calls: Vec::new() };
        copy.settle(10 * SECOND);
        assert_eq!(copy.shown, end);
    }
}

#[test]
fn a_process_1_ends_by_what_it_catches_only() {
    let mut root = image::base(Flavour::BusyBox);
    root.make_dirs("/work").unwrap();
    let spec = MachineSpec { root, flavour: Flavour::BusyBox, shell: ShellKind::Ash, ..Default::default() };
    let run = |script: &str| {
        let mut m = Machine::new(spec.clone(), Time(0));
        let mut v = Volumes::new();
        let argv = ["sh", "-c", script].map(String::from).to_vec();
        let pid = m
            .spawn(
                &mut v,
                SpawnOptions { argv, env: vec![("PATH".into(), "/bin".into())], ..Default::default() },
            )
            .unwrap();
        m.run(&mut v, Time(0), 1_000_000);
        m.signal(&mut v, pid, kubarium_os::Signal::TERM).unwrap();
        for s in 0..5 {
            m.run(&mut v, Time::from_secs(s), 1_000_000);
        }
        m.take_calls()
    };
    assert!(run("sleep 1000; true").is_empty());
    let ended = run("trap 'exit 3' TERM; while true; do sleep 1; done");
    assert!(
        matches!(ended.as_slice(), [HostCall::Exited { status: kubarium_os::ExitStatus::Code(3), .. }]),
        "{ended:?}"
    );
}

/// Programs of hosts need nothing but the public interface.
#[derive(Clone, Debug)]
struct Custom;

impl Program for Custom {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        let _written = sys.write(1, b"custom\n");
        Poll::Exit(0)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

#[test]
fn hosts_add_programs() {
    const OWN: &[ProgramSpec] =
        &[ProgramSpec { name: "custom", help: "", start: Start::Inside(|| Box::new(Custom)) }];
    const TABLE: &[&[ProgramSpec]] = &[OWN];
    let mut root = image::base(Flavour::Gnu);
    root.put_file("/opt/app", program_file("custom"), 0o755).unwrap();
    let mut m = Machine::new(MachineSpec { root, programs: TABLE, ..Default::default() }, Time(0));
    let mut v = Volumes::new();
    let done = kubarium_os::harness::run(
        &mut m,
        &mut v,
        &["/bin/sh", "-c", "/opt/app; cp /opt/app /tmp/b; /tmp/b"],
        SpawnOptions::default(),
        b"",
        1000,
    );
    assert_eq!(
        (done.stdout.as_slice(), done.code),
        (&b"custom\ncustom\n"[..], 0),
        "{:?}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// PS1 and PROMPT_COMMAND may run commands; the status of the line before stays.
#[test]
fn prompts_run_commands() {
    let mut s = Screen::new(ShellKind::Bash, &["bash"]);
    let seen = s.keys("PS1='[$?$(echo in)] '\r");
    assert!(seen.ends_with("[0in] "), "{seen:?}");
    let seen = s.keys("false\r");
    assert!(seen.ends_with("[1in] "), "{seen:?}");
    let seen = s.keys("PROMPT_COMMAND='echo before'; PS1='p$? '\r");
    assert!(seen.ends_with("before\np0 "), "{seen:?}");
    let seen = s.keys("(exit 4)\r");
    assert!(seen.ends_with("before\np4 "), "{seen:?}");
}
