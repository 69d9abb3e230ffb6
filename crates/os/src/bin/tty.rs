//! tty: the name of the terminal.

use super::tool::Cx;

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    match cx.sys.tty_of(0) {
        Some(t) => {
            cx.line(format!("/dev/pts/{}", t % 100));
            0
        }
        None => {
            cx.line("not a tty");
            1
        }
    }
}
