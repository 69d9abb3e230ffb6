//! `mkfifo`: named pipes.

use super::{
    chmod, opts,
    paths::q,
    tool::{Cx, tool},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "mkfifo",
    "Usage: mkfifo [-m MODE] NAME...\n\nCreate named pipe\n\n\t-m MODE\tMode (default a=rw)\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "m:Z", &[("mode", 'm')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    if opts.rest.is_empty() {
        return cx.missing_operand();
    }
    let mode = match opts.value('m').map(|text| chmod::parse_mode(text, 0o666, false, 0)) {
        None => None,
        Some(Some(mode)) => Some(mode),
        Some(None) => {
            cx.complain("invalid mode");
            return 1;
        }
    };
    let mut code = 0;
    for path in &opts.rest {
        let made = cx.sys.vfs().mkfifo(path, 0o666).and_then(|()| match mode {
            Some(mode) => cx.sys.vfs().chmod(path, mode),
            None => Ok(()),
        });
        if let Err(e) = made {
            let message = if cx.busybox() {
                format!("{path}: {e}")
            } else {
                format!("cannot create fifo {}: {e}", q(path))
            };
            cx.complain(message);
            code = 1;
        }
    }
    code
}
