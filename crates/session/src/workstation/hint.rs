//! The line beneath kubectl's own words when a manifest is at fault.

use super::{Disk, Hardware, Run};

/// The line that a failed command gets beneath kubectl's own words: dimmed on a terminal; elsewhere only where
/// `KUBARIUM_HINTS` asks for it, since scripts expect kubectl's words alone.
pub(super) fn hint(hardware: &Hardware, run: &Run, code: i32) -> Option<Vec<u8>> {
    let terminal = run.start.tty[2].is_some();
    let wanted =
        terminal || run.start.env.iter().any(|(key, value)| key == "KUBARIUM_HINTS" && !value.is_empty());
    if code == 0 || !wanted {
        return None;
    }
    let stderr = String::from_utf8_lossy(&run.stderr);
    let text =
        crate::manifest::hint(&run.start.argv, &run.start.cwd, &stderr, &|path| hardware.read(path).ok())
            .or_else(|| crate::mistakes::hint(&run.start.argv, &stderr))?;
    let line = if terminal { format!("\x1b[2mhint: {text}\x1b[0m\n") } else { format!("hint: {text}\n") };
    Some(line.into_bytes())
}
