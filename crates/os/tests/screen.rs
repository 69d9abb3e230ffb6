//! Full-screen programs as a person sees them: keys go in, a terminal emulator shows the screen.

use kubarium_os::{
    Flavour, HostCall, HostEvent, Machine, MachineSpec, ShellKind, SpawnOptions, Stdio, Time, TtyId, Volumes,
    image,
};

fn side(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap()
}

struct Screen {
    machine: Machine,
    volumes: Volumes,
    tty: TtyId,
    terminal: vt100::Parser,
}

impl Screen {
    /// A terminal of 60 by 12 with a shell in /here.
    fn new() -> Screen {
        let mut root = image::base(Flavour::Gnu);
        image::add_extras(&mut root).unwrap();
        root.make_dirs("/here").unwrap();
        let spec = MachineSpec { root, shell: ShellKind::Bash, hostname: "box".into(), ..Default::default() };
        let now = Time::from_secs(1_767_603_600);
        let mut machine = Machine::new(spec, now);
        let mut volumes = Volumes::new();
        let tty = machine.open_tty(60, 12);
        let env = [("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("PS1", "$ "), ("TERM", "xterm")];
        let options = SpawnOptions {
            argv: vec!["bash".into()],
            env: env.map(|(k, v)| (k.to_string(), v.to_string())).to_vec(),
            cwd: "/here".into(),
            stdio: [Stdio::Tty(tty); 3],
            tty: Some(tty),
            ..Default::default()
        };
        machine.spawn(&mut volumes, options).unwrap();
        let mut screen =
            Screen { machine, volumes, tty, terminal: vt100::Parser::new(side(12), side(60), 0) };
        screen.settle();
        screen
    }

    fn settle(&mut self) {
        loop {
            let now = self.machine.now();
            let ran = self.machine.run(&mut self.volumes, now, 1_000_000);
            for call in self.machine.take_calls() {
                if let HostCall::TtyOutput { bytes, .. } = call {
                    self.terminal.process(&bytes);
                }
            }
            if !ran.runnable && !self.machine.wants_run() {
                return;
            }
        }
    }

    fn keys(&mut self, keys: &str) -> &mut Screen {
        let bytes = keys.as_bytes().to_vec();
        self.machine.deliver(&mut self.volumes, HostEvent::TtyInput { tty: self.tty, bytes });
        self.settle();
        self
    }

    fn resize(&mut self, cols: u16, rows: u16) {
        self.terminal.screen_mut().set_size(side(rows), side(cols));
        self.machine.deliver(&mut self.volumes, HostEvent::TtyResize { tty: self.tty, cols, rows });
        self.settle();
    }

    fn rows(&self) -> Vec<String> {
        let (_, cols) = self.terminal.screen().size();
        self.terminal.screen().rows(0, cols.get()).map(|row| row.trim_end().to_string()).collect()
    }

    fn last(&self) -> String {
        self.rows().pop().unwrap_or_default()
    }

    fn write(&mut self, path: &str, text: &str) {
        self.machine.fs(&mut self.volumes).write(path, text.as_bytes().to_vec(), 0o644).unwrap();
    }

    fn file(&mut self, path: &str) -> String {
        self.machine.fs(&mut self.volumes).read_text(path).unwrap_or_default()
    }
}

/// What a file becomes by some keys in vi.
fn vi(text: &str, keys: &str) -> String {
    let mut s = Screen::new();
    s.write("/here/f", text);
    s.keys("vi f\r").keys(keys).keys("\x1b").keys(":wq\r");
    assert!(s.last().is_empty() || s.rows().iter().any(|row| row.starts_with('$')), "{:?}", s.rows());
    s.file("/here/f")
}

#[test]
fn vi_shows_a_file_its_size_and_tildes() {
    let mut s = Screen::new();
    s.write("/here/a.yaml", "kind: Pod\nmetadata:\n  name: a\n");
    s.keys("vi a.yaml\r");
    let rows = s.rows();
    assert_eq!(&rows[..5], ["kind: Pod", "metadata:", "  name: a", "~", "~"]);
    assert_eq!(rows[11], "\"a.yaml\" 3L, 30B                          1,1           All");
    s.keys("jA # here\x1b");
    assert_eq!(s.rows()[1], "metadata: # here");
    s.keys("i");
    assert!(s.last().starts_with("-- INSERT --"), "{}", s.last());
    s.keys("\x1b:q\r");
    assert!(s.last().starts_with("E37: No write since last change (add ! to override)"), "{}", s.last());
    s.keys(":w\r");
    assert!(s.last().starts_with("\"a.yaml\" 3L, 37B written"), "{}", s.last());
    s.keys(":set nu\r");
    assert_eq!(s.rows()[0], "  1 kind: Pod");
    s.resize(40, 8);
    assert_eq!(s.rows().len(), 8);
    assert_eq!(s.rows()[0], "  1 kind: Pod");
    s.keys("ZZ");
    assert_eq!(s.rows()[0], "$ vi a.yaml");
    assert_eq!(s.file("/here/a.yaml"), "kind: Pod\nmetadata: # here\n  name: a\n");
}

#[test]
fn vi_begins_a_file() {
    let mut s = Screen::new();
    s.keys("vi new\r");
    assert!(s.last().starts_with("\"new\" [New]"), "{}", s.last());
    s.keys("ione\rtwo\x1b:x\r");
    assert_eq!(s.file("/here/new"), "one\ntwo\n");
    s.keys("vi other\r").keys("ix\x1b:q!\r");
    assert_eq!(s.file("/here/other"), "");
}

#[test]
fn vi_changes_text() {
    let text = "one two three\nfour five\nsix\n";
    for (keys, wanted) in [
        ("x", "ne two three\nfour five\nsix\n"),
        ("3x", " two three\nfour five\nsix\n"),
        ("dw", "two three\nfour five\nsix\n"),
        ("wdwx", "one hree\nfour five\nsix\n"),
        ("wcwTWO", "one TWO three\nfour five\nsix\n"),
        ("wDix", "onex \nfour five\nsix\n"),
        ("dd", "four five\nsix\n"),
        ("2dd", "six\n"),
        ("ddp", "four five\none two three\nsix\n"),
        ("yyp", "one two three\none two three\nfour five\nsix\n"),
        ("yyGp", "one two three\nfour five\nsix\none two three\n"),
        ("J", "one two three four five\nsix\n"),
        ("rX", "Xne two three\nfour five\nsix\n"),
        ("~", "One two three\nfour five\nsix\n"),
        ("onew", "one two three\nnew\nfour five\nsix\n"),
        ("Onew", "new\none two three\nfour five\nsix\n"),
        ("A!", "one two three!\nfour five\nsix\n"),
        ("wi-", "one -two three\nfour five\nsix\n"),
        ("ea-", "one- two three\nfour five\nsix\n"),
        ("$bC3", "one two 3\nfour five\nsix\n"),
        ("ccnew", "new\nfour five\nsix\n"),
        ("jI# \x1bj.", "one two three\n# four five\n# six\n"),
        ("xu", "one two three\nfour five\nsix\n"),
        ("xxuu\x12", "ne two three\nfour five\nsix\n"),
        ("Gdgg", ""),
        ("dG", ""),
        ("Vjd", "six\n"),
        ("wved", "one  three\nfour five\nsix\n"),
        ("wyiwP", "one twotwo three\nfour five\nsix\n"),
        ("fed^", "e two three\nfour five\nsix\n"),
        ("dtt", "two three\nfour five\nsix\n"),
        ("/five\rx", "one two three\nfour ive\nsix\n"),
        ("d/three\r", "three\nfour five\nsix\n"),
        ("2Gdd", "one two three\nsix\n"),
        (":2\rdd", "one two three\nsix\n"),
        (":2d\r", "one two three\nsix\n"),
        (":%s/o/0/g\r", "0ne tw0 three\nf0ur five\nsix\n"),
        (":s/t/T/\r", "one Two three\nfour five\nsix\n"),
        (":1,2s/\\(.*\\) /<\\1>/\r", "<one two>three\n<four>five\nsix\n"),
        (":g/i/d\r", "one two three\n"),
        (":1m$\r", "four five\nsix\none two three\n"),
        (":set sw=2 et\r>>", "  one two three\nfour five\nsix\n"),
        (":set ts=4 et\ri\t", "    one two three\nfour five\nsix\n"),
        ("3ix", "xxxone two three\nfour five\nsix\n"),
        ("dwj.", "two three\nfive\nsix\n"),
        ("yy2P", "one two three\none two three\none two three\nfour five\nsix\n"),
        ("xp", "noe two three\nfour five\nsix\n"),
        ("RXYZ", "XYZ two three\nfour five\nsix\n"),
    ] {
        assert_eq!(vi(text, keys), wanted, "{keys:?}");
    }
}

#[test]
fn vi_complains_in_its_own_words() {
    let mut s = Screen::new();
    s.keys("vi\r");
    for (keys, wanted) in [
        (":w\r", "E32: No file name"),
        (":nope\r", "E492: Not an editor command: nope"),
        ("/nothing\r", "E486: Pattern not found: nothing"),
        ("u", "Already at oldest change"),
        (":set foo\r", "E518: Unknown option: foo"),
    ] {
        s.keys(keys);
        assert!(s.last().starts_with(wanted), "{keys:?}: {}", s.last());
    }
}

#[test]
fn nano_writes_what_was_typed() {
    let mut s = Screen::new();
    s.keys("nano a.txt\r");
    assert!(s.rows()[0].contains("GNU nano 7.2") && s.rows()[0].contains("a.txt"), "{:?}", s.rows());
    assert!(s.rows()[9].contains("[ New File ]"), "{:?}", s.rows());
    assert!(s.rows()[10].starts_with("^G Help") && s.rows()[11].starts_with("^X Exit"), "{:?}", s.rows());
    s.keys("hello\rworld\rend");
    assert!(s.rows()[0].ends_with("Modified"), "{:?}", s.rows());
    s.keys("\x0f");
    assert_eq!(s.rows()[9], "File Name to Write: a.txt");
    s.keys("\r");
    assert!(s.rows()[9].contains("[ Wrote 3 lines ]"), "{:?}", s.rows());
    assert_eq!(s.file("/here/a.txt"), "hello\nworld\nend\n");
    s.keys("\x0b\x1b[A\x1b[A\x15x\x18");
    assert_eq!(s.rows()[9], "Save modified buffer?");
    s.keys("y\r");
    assert_eq!(s.file("/here/a.txt"), "end\nxhello\nworld\n");
}

#[test]
fn nano_searches_and_leaves_without_saving() {
    let mut s = Screen::new();
    s.write("/here/a", "one\ntwo\nthree\n");
    s.keys("nano a\r").keys("\x17two\r").keys("X");
    assert_eq!(s.rows()[2], "Xtwo");
    s.keys("\x17nope\r");
    assert!(s.rows()[9].contains("[ \"nope\" not found ]"), "{:?}", s.rows());
    s.keys("\x1bu");
    assert_eq!(s.rows()[2], "two");
    s.keys("\x18n");
    assert_eq!(s.file("/here/a"), "one\ntwo\nthree\n");
    assert!(s.rows().iter().any(|row| row == "$ nano a"), "{:?}", s.rows());
}

#[test]
fn less_pages_searches_and_ends() {
    let mut s = Screen::new();
    s.keys("seq 1 30 > n; less n\r");
    assert_eq!((s.rows()[0].as_str(), s.rows()[10].as_str(), s.last().as_str()), ("1", "11", "n"));
    s.keys(" ");
    assert_eq!((s.rows()[0].as_str(), s.last().as_str()), ("12", ":"));
    s.keys("G");
    assert_eq!((s.rows()[10].as_str(), s.last().as_str()), ("30", "(END)"));
    s.keys("g/15\r");
    assert_eq!(s.rows()[0], "15");
    s.keys("bq");
    assert!(s.rows()[0].starts_with("$ seq 1 30"), "{:?}", s.rows());
    s.keys("seq 1 100 | less -N\r");
    assert_eq!(s.rows()[0], "      1 1");
    s.keys("50g");
    assert_eq!(s.rows()[0], "     50 50");
    s.keys("qless n | head -1\r");
    assert!(s.rows().iter().any(|row| row == "1"), "{:?}", s.rows());
}

#[test]
fn more_goes_to_the_end_and_leaves_the_text() {
    let mut s = Screen::new();
    s.keys("seq 1 20 > n; more n\r");
    assert!(s.last().starts_with("--More--("), "{}", s.last());
    s.keys(" ");
    assert!(s.rows().iter().any(|row| row == "20") && s.last() == "$", "{:?}", s.rows());
}

impl Screen {
    /// Virtual time passes, second by second.
    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            let now = self.machine.now().plus(1_000_000);
            self.machine.run(&mut self.volumes, now, 1_000_000);
            self.settle();
        }
    }
}

#[test]
fn top_fills_the_screen_and_leaves_it() {
    let mut s = Screen::new();
    s.keys("sleep 100 &\r");
    s.keys("top\r").pass(4);
    let rows = s.rows();
    assert!(rows[0].starts_with("top - 09:00:03 up 0 min,  1 user,"), "{rows:#?}");
    assert!(rows[1].starts_with("Tasks:   3 total,   1 running,   2 sleeping"), "{rows:#?}");
    assert!(rows[6].starts_with("    PID USER      PR  NI    VIRT    RES"), "{rows:#?}");
    assert!(rows[7..].iter().any(|r| r.contains(" root ")), "{rows:#?}");
    s.keys("c");
    assert!(s.rows()[7..].iter().any(|r| r.contains("0.0")), "{:#?}", s.rows());
    s.keys("x");
    assert_eq!(s.rows()[5], " Unknown command - try 'h' for help");
    s.keys("q").keys("echo back\r");
    assert!(s.rows().iter().any(|r| r == "back"), "{:#?}", s.rows());
}

#[test]
fn watch_shows_another_screen_until_it_is_interrupted() {
    let mut s = Screen::new();
    s.keys("echo before\r").keys("watch -n 1 date +%T\r").pass(3);
    let rows = s.rows();
    assert_eq!(rows[0], "Every 1.0s: date +%T           box: Mon Jan  5 09:00:03 2026");
    assert_eq!(rows[2], "09:00:03");
    s.resize(50, 10);
    assert!(s.rows()[0].ends_with("2026"), "{:#?}", s.rows());
    s.keys("\x03");
    assert!(s.rows().iter().any(|r| r == "before"), "{:#?}", s.rows());
}

#[test]
fn passwords_are_not_shown() {
    let mut s = Screen::new();
    s.keys("htpasswd -c auth me\r").keys("secret\r").keys("secret\r");
    let text = s.rows().join("\n");
    assert!(text.contains("New password:") && text.contains("Adding password for user me"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    s.keys("clear\r").keys("stty size; stty -echo; stty; stty sane; tput cols\r");
    let text = s.rows().join("\n");
    assert!(
        text.contains("12 60") && text.contains("-brkint -imaxbel\n-echo") && text.contains("\n60"),
        "{text}"
    );
}
