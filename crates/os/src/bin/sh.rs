//! `sh` and its kin: the shell under its names.

use crate::program::ProgramSpec;

const HELP: &str = "Usage: sh [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]\n\nUnix shell interpreter\n";

pub const ASH: ProgramSpec = ProgramSpec::inside("ash", HELP, crate::shell::start);
pub const BASH: ProgramSpec = ProgramSpec::inside("bash", HELP, crate::shell::start);
pub const DASH: ProgramSpec = ProgramSpec::inside("dash", HELP, crate::shell::start);
pub const SH: ProgramSpec = ProgramSpec::inside("sh", HELP, crate::shell::start);
