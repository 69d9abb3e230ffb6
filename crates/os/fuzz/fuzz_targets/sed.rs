//! Any text as a program of sed, and any bytes as its input.
#![no_main]

use kubarium_os::ShellKind;
use kubarium_os_fuzz::{halves, machine, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((program, stdin)) = halves(data) else { return };
    run(&mut machine(ShellKind::Bash), &["sed", program], stdin, 50_000);
});
