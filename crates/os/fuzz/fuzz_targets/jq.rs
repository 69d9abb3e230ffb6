//! Any text as a program of jq, and any bytes as its input.
#![no_main]

use kubarium_os::ShellKind;
use kubarium_os_fuzz::{halves, machine, run};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((program, stdin)) = halves(data) else { return };
    run(&mut machine(ShellKind::Bash), &["jq", program], stdin, 50_000);
});
