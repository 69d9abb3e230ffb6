//! nproc: the number of processors.

use super::tool::Cx;

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let n = cx.sys.limits().cores;
    cx.line(n.to_string());
    0
}
