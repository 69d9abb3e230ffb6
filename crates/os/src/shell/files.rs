//! File names: the paths that fit a pattern.

use collections::StableSort;

use crate::{errno::Errno, kernel::Sys, shell::Opts, text::glob};

/// The most paths a pattern gives.
const MOST: usize = 100_000;

/// The existing paths that fit a pattern, sorted.
pub(super) fn paths(sys: &mut Sys<'_>, pattern: &str, opts: &Opts) -> Vec<String> {
    let mut found: Vec<String> =
        if pattern.starts_with('/') { vec!["/".to_string()] } else { vec![String::new()] };
    let parts: Vec<&str> = pattern.split('/').collect();
    let last = parts.len() - 1;
    for (i, part) in parts.iter().enumerate() {
        if part.is_empty() {
            if i == last && i > 0 {
                found.retain(|f| sys.stat(f).is_ok_and(|s| s.is_dir()));
                found = found.into_iter().map(|f| format!("{f}/")).collect();
            }
            continue;
        }
        let mut next = Vec::new();
        for base in &found {
            if *part == "**" && opts.globstar {
                everything(sys, base, i == last, opts, &mut next);
            } else if glob::is_pattern(part) {
                matching(sys, base, part, i == last, opts, &mut next);
            } else {
                let path = joined(base, &glob::unquote(part));
                if sys.lstat(&path).is_ok() {
                    next.push(path);
                }
            }
        }
        found = next;
        if found.len() > MOST {
            break;
        }
    }
    found.stable_sort();
    found.dedup();
    found
}

fn joined(base: &str, name: &str) -> String {
    match base {
        "" => name.to_string(),
        "/" => format!("/{name}"),
        _ => format!("{base}/{name}"),
    }
}

fn names(sys: &mut Sys<'_>, base: &str) -> Vec<String> {
    let dir = if base.is_empty() { "." } else { base };
    let names: Result<Vec<String>, Errno> = sys.vfs().read_dir(dir);
    let names = names.unwrap_or_default();
    sys.spend(names.len() as u64);
    names
}

/// The names in one directory that fit; directories only, unless it is the last part.
fn matching(sys: &mut Sys<'_>, base: &str, part: &str, last: bool, opts: &Opts, out: &mut Vec<String>) {
    let dotted = part.starts_with('.') || part.starts_with("\\.");
    for name in names(sys, base) {
        if name.starts_with('.') && !opts.dotglob && !dotted {
            continue;
        }
        let fits = if opts.nocaseglob { glob::matches_fold(part, &name) } else { glob::matches(part, &name) };
        if !fits {
            continue;
        }
        let path = joined(base, &name);
        if last || sys.stat(&path).is_ok_and(|s| s.is_dir()) {
            out.push(path);
        }
    }
}

/// `**`: the directories below, the base itself among them; and the files too where it is the last part.
fn everything(sys: &mut Sys<'_>, base: &str, last: bool, opts: &Opts, out: &mut Vec<String>) {
    if !last {
        out.push(base.to_string());
    } else if !base.is_empty() && base != "/" && out.is_empty() {
        out.push(format!("{base}/"));
    }
    for name in names(sys, base) {
        if out.len() > MOST || (name.starts_with('.') && !opts.dotglob) {
            continue;
        }
        let path = joined(base, &name);
        // Links are not followed.
        let is_dir = sys.lstat(&path).is_ok_and(|s| s.is_dir());
        if last {
            out.push(path.clone());
        }
        if is_dir && out.len() < MOST {
            everything(sys, &path, last, opts, out);
        }
    }
}
