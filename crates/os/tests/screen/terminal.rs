//! A machine with a shell on a terminal, and what a person sees of it.

#![allow(dead_code)]

use kubarium_os::{
    Flavour, HostCall, HostEvent, Machine, MachineSpec, ShellKind, SpawnOptions, Stdio, Time, TtyId, Volumes,
    image,
};

fn side(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap()
}

pub struct Screen {
    pub machine: Machine,
    pub volumes: Volumes,
    tty: TtyId,
    pub terminal: vt100::Parser,
}

impl Screen {
    /// A terminal of 60 by 12 with a shell in /here.
    pub fn new() -> Screen {
        Screen::of(Flavour::Gnu)
    }

    /// The same with this family of tools.
    pub fn of(flavour: Flavour) -> Screen {
        let mut root = image::base(flavour);
        let shell = if flavour == Flavour::Gnu { ShellKind::Bash } else { ShellKind::Ash };
        if flavour == Flavour::Gnu {
            image::add_extras(&mut root).unwrap();
        }
        root.make_dirs("/here").unwrap();
        let spec = MachineSpec { root, shell, flavour, hostname: "box".into(), ..Default::default() };
        let now = Time::from_secs(1_767_603_600);
        let mut machine = Machine::new(spec, now);
        let mut volumes = Volumes::new();
        let tty = machine.open_tty(60, 12);
        let env = [("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("PS1", "$ "), ("TERM", "xterm")];
        let options = SpawnOptions {
            argv: vec![if flavour == Flavour::Gnu { "bash" } else { "sh" }.into()],
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

    pub fn settle(&mut self) {
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

    pub fn keys(&mut self, keys: &str) -> &mut Screen {
        let bytes = keys.as_bytes().to_vec();
        self.machine.deliver(&mut self.volumes, HostEvent::TtyInput { tty: self.tty, bytes });
        self.settle();
        self
    }

    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.terminal.screen_mut().set_size(side(rows), side(cols));
        self.machine.deliver(&mut self.volumes, HostEvent::TtyResize { tty: self.tty, cols, rows });
        self.settle();
    }

    pub fn rows(&self) -> Vec<String> {
        let (_, cols) = self.terminal.screen().size();
        self.terminal.screen().rows(0, cols.get()).map(|row| row.trim_end().to_string()).collect()
    }

    pub fn last(&self) -> String {
        self.rows().pop().unwrap_or_default()
    }

    pub fn write(&mut self, path: &str, text: &str) {
        self.machine.fs(&mut self.volumes).write(path, text.as_bytes().to_vec(), 0o644).unwrap();
    }

    pub fn file(&mut self, path: &str) -> String {
        self.machine.fs(&mut self.volumes).read_text(path).unwrap_or_default()
    }
}

impl Screen {
    /// Virtual time passes, second by second.
    pub fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            let now = self.machine.now().plus(1_000_000);
            self.machine.run(&mut self.volumes, now, 1_000_000);
            self.settle();
        }
    }
}
