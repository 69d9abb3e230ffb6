//! What the fuzz targets share: a machine that is made once and cloned for each input, and a run with little fuel.
//!
//! A target finds a panic by itself, a hang by libFuzzer's `-timeout` and memory without bound by its `-rss_limit_mb`:
//!
//! ```text
//! cargo fuzz run -s none script -- -timeout=10 -rss_limit_mb=2048 -max_len=2048 -max_total_time=1200
//! ```

use std::cell::RefCell;

use kubarium_os::{
    Flavour, HostCall, HostEvent, Machine, MachineSpec, ShellKind, SpawnOptions, Stdio, Time, TtyId, Volumes,
    image, program_file,
    time::SECOND,
};

/// Fuel of one input: enough to meet every construct, too little to wait for an endless loop.
const FUEL: u64 = 400_000;

/// Virtual time of one input, so that `sleep` in a loop ends too.
const PATIENCE: i64 = 60 * SECOND;

thread_local! {
    static MACHINES: RefCell<Vec<(ShellKind, Machine)>> = const { RefCell::new(Vec::new()) };
}

/// A fresh machine with that shell.
pub fn machine(kind: ShellKind) -> Machine {
    MACHINES.with_borrow_mut(|made| {
        if let Some((_, machine)) = made.iter().find(|(it, _)| *it == kind) {
            return machine.clone();
        }
        let flavour = if kind == ShellKind::Ash { Flavour::BusyBox } else { Flavour::Gnu };
        let mut root = image::base(flavour);
        root.make_dirs("/work").expect("a fresh tree");
        // Not in every image.
        root.put_file("/usr/local/bin/jq", program_file("jq"), 0o755).expect("a fresh tree");
        let spec = MachineSpec { root, flavour, shell: kind, hostname: "box".into(), ..MachineSpec::default() };
        let machine = Machine::new(spec, Time::from_secs(1_767_603_600));
        made.push((kind, machine.clone()));
        machine
    })
}

/// What a command wrote, and whether it came to its end within the fuel.
#[derive(PartialEq, Debug, Default)]
pub struct Seen {
    pub output: Vec<u8>,
    pub ended: bool,
}

/// Runs `argv` with `stdin`, in slices of `slice` fuel.
pub fn run(machine: &mut Machine, argv: &[&str], stdin: &[u8], slice: u64) -> Seen {
    let mut volumes = Volumes::new();
    let (input, out) = (machine.new_stream(), machine.new_stream());
    let options = SpawnOptions {
        argv: argv.iter().map(ToString::to_string).collect(),
        env: environment(),
        cwd: "/work".into(),
        stdio: [Stdio::Stream(input), Stdio::Stream(out), Stdio::Stream(out)],
        ..SpawnOptions::default()
    };
    let mut seen = Seen::default();
    let Ok(pid) = machine.spawn(&mut volumes, options) else { return seen };
    machine.deliver(&mut volumes, HostEvent::Input { stream: input, bytes: stdin.to_vec() });
    machine.deliver(&mut volumes, HostEvent::InputClosed { stream: input });
    drive(machine, &mut volumes, slice, |call| match call {
        HostCall::Output { bytes, .. } => seen.output.extend(bytes),
        HostCall::Exited { pid: which, .. } if which == pid => seen.ended = true,
        _ => {}
    });
    seen
}

/// Types `keys` at an interactive shell; a byte 0xff stands for a change of the window's size by the next two bytes.
pub fn type_keys(machine: &mut Machine, keys: &[u8]) {
    let mut volumes = Volumes::new();
    let tty: TtyId = machine.open_tty(80, 24);
    let options = SpawnOptions {
        argv: vec!["bash".into()],
        env: environment(),
        cwd: "/work".into(),
        stdio: [Stdio::Tty(tty); 3],
        tty: Some(tty),
        ..SpawnOptions::default()
    };
    if machine.spawn(&mut volumes, options).is_err() {
        return;
    }
    drive(machine, &mut volumes, 10_000, |_| {});
    let mut rest = keys;
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (0xff, [cols, rows, tail @ ..]) => {
                let event = HostEvent::TtyResize { tty, cols: u16::from(*cols), rows: u16::from(*rows) };
                machine.deliver(&mut volumes, event);
                rest = tail;
            }
            _ => {
                let end = tail.iter().position(|it| *it == 0xff).unwrap_or(tail.len()) + 1;
                machine.deliver(&mut volumes, HostEvent::TtyInput { tty, bytes: rest[..end].to_vec() });
                rest = &rest[end..];
            }
        }
        drive(machine, &mut volumes, 10_000, |_| {});
    }
}

/// Splits an input at its first zero byte: the program's text, and what it reads.
pub fn halves(data: &[u8]) -> Option<(&str, &[u8])> {
    let at = data.iter().position(|it| *it == 0).unwrap_or(data.len());
    let (text, rest) = data.split_at(at);
    Some((std::str::from_utf8(text).ok()?, rest.get(1..).unwrap_or_default()))
}

fn environment() -> Vec<(String, String)> {
    [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/root"), ("TERM", "xterm")]
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .to_vec()
}

/// Runs the machine until it waits for somebody outside, or fuel or patience are spent.
fn drive(machine: &mut Machine, volumes: &mut Volumes, slice: u64, mut heard: impl FnMut(HostCall)) {
    let mut now = machine.now();
    let end = now.plus(PATIENCE);
    let mut fuel = 0;
    while fuel < FUEL {
        let ran = machine.run(volumes, now, slice);
        fuel += ran.fuel_used.max(1);
        machine.take_calls().into_iter().for_each(&mut heard);
        if ran.runnable || machine.wants_run() {
            continue;
        }
        match ran.next_wake {
            Some(at) if at <= end => now = now.max(at),
            _ => break,
        }
    }
}
