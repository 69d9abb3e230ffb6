//! clear and reset: the screen.

use super::tool::Cx;

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    if cx.name == "reset" {
        cx.print("\x1bc");
    }
    cx.print("\x1b[H\x1b[2J\x1b[3J");
    0
}
