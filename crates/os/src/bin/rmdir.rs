//! `rmdir`: empty directories removed.

use super::{
    opts,
    paths::q,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "rmdir",
    "Usage: rmdir [-p] DIRECTORY...\n\nRemove DIRECTORY if it is empty\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "pv", &[("parents", 'p'), ("ignore-fail-on-non-empty", 'v')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mut code = 0;
    for dir in &opts.rest {
        let mut at = dir.trim_end_matches('/').to_string();
        loop {
            if let Err(e) = cx.sys.vfs().rmdir(&at) {
                let message = if cx.busybox() {
                    format!("{}: {e}", q(&at))
                } else {
                    format!("failed to remove '{at}': {e}")
                };
                cx.complain(message);
                code = 1;
                break;
            }
            match at.rsplit_once('/') {
                Some((up, _)) if opts.has('p') && !up.is_empty() => at = up.to_string(),
                _ => break,
            }
        }
    }
    code
}
