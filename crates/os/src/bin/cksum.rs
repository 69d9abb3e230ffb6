//! `cksum`: the POSIX checksum and size of files.

use super::{
    opts,
    tool::Cx,
    whole::{Input, Job, whole},
};
use crate::{bytes::crc::cksum, program::ProgramSpec};

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("cksum", "Usage: cksum FILE...\n\nCalculate CRC32 checksum of FILEs\n", || {
        whole(Cksum)
    });

#[derive(Clone, Debug)]
struct Cksum;

impl Job for Cksum {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let rest = opts::parse(cx, "", &[])?.rest;
        Ok(if rest.is_empty() { vec!["-".to_string()] } else { rest })
    }
    fn run(&mut self, cx: &mut Cx<'_, '_>, inputs: Vec<Input>) -> u8 {
        let mut code = 0;
        for input in &inputs {
            let Some(bytes) = input.open(cx) else {
                code = 1;
                continue;
            };
            let name = if input.name == "-" { String::new() } else { format!(" {}", input.name) };
            cx.line(format!("{} {}{name}", cksum(bytes), bytes.len()));
        }
        code
    }
}
