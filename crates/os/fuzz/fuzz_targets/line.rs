//! Any bytes as keys at an interactive bash.
#![no_main]

use kubarium_os::ShellKind;
use kubarium_os_fuzz::{machine, type_keys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    type_keys(&mut machine(ShellKind::Bash), data);
});
