//! `mkdir`: new directories.

use super::{
    chmod::parse_mode,
    opts,
    paths::q,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "mkdir",
    "Usage: mkdir [-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY\n\n\t-m MODE\tMode\n\t-p\tNo error if exists; make parent directories as needed\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "pm:v", &[("parents", 'p'), ("mode", 'm'), ("verbose", 'v')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mode = match opts.value('m').map(|m| parse_mode(m, 0o777, true, 0)) {
        Some(None) => {
            cx.complain(format!("invalid mode ‘{}’", opts.value('m').unwrap_or("")));
            return 1;
        }
        Some(Some(mode)) => Some(mode),
        None => None,
    };
    let mut code = 0;
    for dir in &opts.rest {
        let result = if opts.has('p') { cx.sys.vfs().mkdir_all(dir) } else { cx.sys.vfs().mkdir(dir, 0o777) };
        match result {
            Ok(()) => {
                if let Some(mode) = mode {
                    let _own = cx.sys.vfs().chmod(dir, mode);
                }
                if opts.has('v') {
                    let line = if cx.busybox() {
                        format!("created directory: {}", q(dir))
                    } else {
                        format!("mkdir: created directory {}", q(dir))
                    };
                    cx.line(line);
                }
            }
            Err(e) => {
                let message = if cx.busybox() {
                    format!("can't create directory {}: {e}", q(dir))
                } else {
                    format!("cannot create directory ‘{dir}’: {e}")
                };
                cx.complain(message);
                code = 1;
            }
        }
    }
    code
}
