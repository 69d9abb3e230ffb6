//! What programs do with paths.

use super::tool::Cx;

/// `'name'` as GNU tools quote names in messages; BusyBox does the same in most.
pub fn q(name: &str) -> String {
    format!("'{name}'")
}

/// The path of `name` within `dir`.
pub fn join(dir: &str, name: &str) -> String {
    if dir.ends_with('/') { format!("{dir}{name}") } else { format!("{dir}/{name}") }
}

/// The last part of a path.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed.rsplit('/').next().unwrap_or(trimmed) }
}

/// Calls `change` for paths, and with `recursive` for all below them.
pub fn each(
    cx: &mut Cx<'_, '_>,
    path: &str,
    recursive: bool,
    change: &mut dyn FnMut(&mut Cx<'_, '_>, &str) -> bool,
) -> bool {
    let mut ok = change(cx, path);
    if recursive && cx.sys.lstat(path).is_ok_and(|s| s.is_dir()) {
        for name in cx.sys.vfs().read_dir(path).unwrap_or_default() {
            ok &= each(cx, &join(path, &name), true, change);
        }
    }
    ok
}
