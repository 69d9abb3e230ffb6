//! Scenarios of the operating system alone: a shell at work, many machines that sleep, a pipeline over a large file.

use std::collections::BTreeSet;

use os::{
    ExitStatus, Flavour, HostCall, Machine, MachineSpec, ShellKind, SpawnOptions, Stdio, Time, Tree, Volumes,
    image, time,
};

use crate::speed::Work;

/// Rounds of the shell's loop.
const ROUNDS: u32 = 1_000_000;
/// Machines that print the date every five seconds.
const MACHINES: usize = 10_000;
/// Size of the file that is sorted, in bytes.
const FILE: usize = 10_000_000;
/// CPU time that a machine gets at a stretch, in µs.
const FUEL: u64 = 100_000;

/// Counts in a shell, with `[` and arithmetic.
pub(crate) fn shell_loop() -> Work {
    let mut volumes = Volumes::new();
    let mut machine = machine(1, image::base(Flavour::Gnu));
    Box::new(move || {
        let script = format!("i=0; while [ $i -lt {ROUNDS} ]; do i=$((i+1)); done; echo $i");
        let output = sh(&mut machine, &mut volumes, &script);
        assert_eq!(output, format!("{ROUNDS}\n"), "the shell counts");
        vec![("requests", f64::from(ROUNDS))]
    })
}

/// Each of many machines runs `while true; do date; sleep 5; done`, for a virtual minute.
pub(crate) fn many_machines() -> Work {
    Box::new(|| {
        let mut volumes = Volumes::new();
        let root = image::base(Flavour::BusyBox).freeze();
        let mut wakes = BTreeSet::new();
        let mut machines: Vec<Machine> = (0..MACHINES)
            .map(|index| {
                let mut machine = machine(index as u64, Tree::on(&root));
                let out = machine.new_stream();
                spawn(&mut machine, &mut volumes, "while true; do date; sleep 5; done", out);
                wakes.insert((Time(0), index));
                machine
            })
            .collect();
        let mut lines = 0;
        while let Some((now, index)) = wakes.pop_first()
            && now < Time::from_secs(60)
        {
            let ran = machines[index].run(&mut volumes, now, FUEL);
            lines += machines[index].take_calls().len();
            let next = if machines[index].wants_run() { Some(now) } else { ran.next_wake };
            wakes.extend(next.map(|next| (next, index)));
        }
        assert_eq!(lines, MACHINES * 12, "each prints the date every five seconds");
        vec![("requests", lines as f64)]
    })
}

/// A large file through `sort | uniq -c | sort -rn | head`.
pub(crate) fn pipeline() -> Work {
    let mut root = image::base(Flavour::Gnu);
    root.put_file("/words", words(FILE), 0o644).expect("a fresh tree takes a file");
    let mut machine = machine(1, root);
    let mut volumes = Volumes::new();
    Box::new(move || {
        let output = sh(&mut machine, &mut volumes, "sort /words | uniq -c | sort -rn | head");
        assert_eq!(output.lines().count(), 10, "the ten words that occur most: {output}");
        vec![]
    })
}

/// Lines of words, some of which occur more often than others.
fn words(size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + 16);
    let mut state = 1_u32;
    while text.len() < size {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let draw = (state >> 16) as usize % 5000;
        text.extend(format!("word{}\n", draw * draw / 5000).bytes());
    }
    text
}

fn machine(seed: u64, root: Tree) -> Machine {
    Machine::new(MachineSpec { root, seed, shell: ShellKind::Ash, ..MachineSpec::default() }, Time(0))
}

fn spawn(machine: &mut Machine, volumes: &mut Volumes, script: &str, out: os::StreamId) -> os::Pid {
    let options = SpawnOptions {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        env: vec![("PATH".to_owned(), "/bin:/usr/bin".to_owned())],
        stdio: [Stdio::Null, Stdio::Stream(out), Stdio::Stream(out)],
        ..SpawnOptions::default()
    };
    machine.spawn(volumes, options).expect("every base image has a shell")
}

/// Runs a script to its end; what it printed, errors too.
pub fn sh(machine: &mut Machine, volumes: &mut Volumes, script: &str) -> String {
    let out = machine.new_stream();
    let shell = spawn(machine, volumes, script, out);
    let mut text = Vec::new();
    let mut now = machine.now();
    loop {
        let ran = machine.run(volumes, now, FUEL);
        let mut status = None;
        for call in machine.take_calls() {
            match call {
                HostCall::Output { stream, bytes } if stream == out => text.extend(bytes),
                HostCall::Exited { pid, status: how } if pid == shell => status = Some(how),
                _ => {}
            }
        }
        if let Some(status) = status {
            if ExitStatus::code(status) != 0 {
                text.extend(format!("exit status {}\n", ExitStatus::code(status)).bytes());
            }
            return String::from_utf8_lossy(&text).into_owned();
        }
        now = match ran.next_wake {
            Some(next) if !ran.runnable && !machine.wants_run() => now.max(next),
            None if !ran.runnable && !machine.wants_run() => return "stuck".to_owned(),
            _ => now.plus(ran.fuel_used as i64),
        };
        assert!(now < Time(1_000_000 * time::SECOND), "a script ends");
    }
}
