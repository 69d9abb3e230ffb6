//! Any text as a shell script, in the three shells; the first byte says which, and how finely it is sliced.
#![no_main]

use kubarium_os::ShellKind;
use kubarium_os_fuzz::{halves, machine, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Some((script, stdin)) = halves(rest) else { return };
    let (kind, name) = match first % 3 {
        0 => (ShellKind::Bash, "bash"),
        1 => (ShellKind::Dash, "dash"),
        _ => (ShellKind::Ash, "sh"),
    };
    let argv = [name, "-c", script];
    let whole = run(&mut machine(kind), &argv, stdin, 50_000);
    // What does not depend on when the fuel ran out must not depend on the slices.
    if whole.ended && first & 0x80 != 0 {
        let sliced = run(&mut machine(kind), &argv, stdin, u64::from(first & 0x7f) + 1);
        // How much a program ran is told by `top`, and depends on how often it was asked.
        let told = |it: &[u8]| it.windows(4).any(|it| it == b"%Cpu");
        if sliced.ended && !told(&whole.output) {
            assert_eq!(whole.output, sliced.output, "the slices show");
        }
    }
});
