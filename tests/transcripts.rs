//! Every story in `tests/transcripts/`, on a simulated cluster. See README.md.

use std::process::ExitCode;

use kubarium_tests::simulated::Simulated;
use kubarium_tests::suite::{self, Suite};

const SUITE: Suite = Suite {
    make_stage: &Simulated::stage,
    wants: |_| true,
    alike: |expected, actual| expected == actual,
    blesses: true,
};

fn main() -> ExitCode {
    suite::main(&SUITE)
}
