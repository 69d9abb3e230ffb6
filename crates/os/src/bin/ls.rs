//! `ls`: directories listed.

use collections::StableSort;

use super::{
    opts,
    paths::join,
    tool::{Cx, tool},
    users,
};

use crate::{
    fs::Stat,
    program::ProgramSpec,
    time::{MONTHS, Time, strftime},
};

/// `drwxr-xr-x`
pub fn mode_text(letter: char, mode: u32) -> String {
    let mut text = letter.to_string();
    for (shift, special, on, off) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => on,
            (false, true) => off,
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

fn when(time: Time, now: Time, full: bool) -> String {
    if full {
        return strftime("%Y-%m-%d %H:%M:%S.%N %z", time);
    }
    let c = time.civil();
    let month = MONTHS[c.month as usize - 1];
    // Half a year (of 365.2425 days) back, nothing in the future.
    let recent = now.since(time) >= 0 && now.since(time) < 15_778_476 * crate::time::SECOND;
    if recent {
        format!("{month} {:>2} {:02}:{:02}", c.day, c.hour, c.minute)
    } else {
        format!("{month} {:>2}  {}", c.day, c.year)
    }
}

struct Entry {
    name: String,
    stat: Stat,
    link: Option<String>,
}

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ls",
    "Usage: ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...\n\nList directory contents\n",
    || tool(main),
);

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let long = [
        ("all", 'a'),
        ("almost-all", 'A'),
        ("directory", 'd'),
        ("human-readable", 'h'),
        ("recursive", 'R'),
        ("reverse", 'r'),
        ("classify", 'F'),
        ("inode", 'i'),
        ("size", 's'),
        ("color", 'Y'),
        ("full-time", 'E'),
        ("numeric-uid-gid", 'n'),
        ("no-group", 'G'),
    ];
    let opts = match opts::parse(cx, "1aACdFghiklLmnopqrRsStuUxXcHY", &long) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut paths = opts.rest.clone();
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let mut code = 0;
    let (mut files, mut dirs) = (Vec::new(), Vec::new());
    let long_form = opts.has('l') || opts.has('n') || opts.has('g') || opts.has('o');
    for path in paths {
        let follow = !long_form && !opts.has('d') && !opts.has('F') || opts.has('L') || opts.has('H');
        let stat = cx.sys.lstat(&path).and_then(|s| {
            if s.is_link() && (follow || !long_form) { cx.sys.stat(&path).or(Ok(s)) } else { Ok(s) }
        });
        match stat {
            Ok(stat) if stat.is_dir() && !opts.has('d') => dirs.push(path),
            Ok(stat) => files.push(entry(cx, path.clone(), &path, stat)),
            Err(e) => {
                code = if cx.busybox() { 1 } else { 2 };
                let message = if cx.busybox() {
                    format!("{path}: {e}")
                } else {
                    format!("cannot access '{path}': {e}")
                };
                cx.complain(message);
            }
        }
    }
    let headers =
        dirs.len() + files.len() > 1 || opts.has('R') || code != 0 && !dirs.is_empty() && opts.rest.len() > 1;
    let any_files = !files.is_empty();
    show(cx, files, &opts, false);
    let mut first = !any_files;
    sort_names(&mut dirs);
    for dir in dirs {
        code = code.max(directory(cx, &dir, &opts, headers, &mut first));
    }
    code
}

fn sort_names(names: &mut [String]) {
    names.stable_sort();
}

fn entry(cx: &mut Cx<'_, '_>, name: String, path: &str, stat: Stat) -> Entry {
    let link = stat.is_link().then(|| cx.sys.vfs().read_link(path).unwrap_or_default());
    Entry { name, stat, link }
}

fn directory(cx: &mut Cx<'_, '_>, dir: &str, opts: &opts::Opts, header: bool, first: &mut bool) -> u8 {
    let names = match cx.sys.vfs().read_dir(dir) {
        Ok(names) => names,
        Err(e) => {
            let message = if cx.busybox() {
                format!("can't open '{dir}': {e}")
            } else {
                format!("cannot open directory '{dir}': {e}")
            };
            cx.complain(message);
            return if cx.busybox() { 1 } else { 2 };
        }
    };
    if header {
        if !*first {
            cx.line("");
        }
        cx.line(format!("{dir}:"));
    }
    *first = false;
    let mut entries = Vec::new();
    if opts.has('a') {
        for name in [".", ".."] {
            if let Ok(stat) = cx.sys.stat(&join(dir, name)) {
                entries.push(Entry { name: name.to_string(), stat, link: None });
            }
        }
    }
    let mut below = Vec::new();
    for name in names {
        if name.starts_with('.') && !opts.has('a') && !opts.has('A') {
            continue;
        }
        let path = join(dir, &name);
        let stat = if opts.has('L') { cx.sys.stat(&path) } else { cx.sys.lstat(&path) };
        let Ok(stat) = stat else { continue };
        if stat.is_dir() && opts.has('R') {
            below.push(path.clone());
        }
        let e = entry(cx, name, &path, stat);
        entries.push(e);
    }
    show(cx, entries, opts, true);
    let mut code = 0;
    for path in below {
        code = code.max(directory(cx, &path, opts, true, first));
    }
    code
}

fn show(cx: &mut Cx<'_, '_>, mut entries: Vec<Entry>, opts: &opts::Opts, in_dir: bool) {
    if entries.is_empty() && !in_dir {
        return;
    }
    if !opts.has('U') {
        entries.stable_sort_by(|a, b| a.name.cmp(&b.name));
    }
    if opts.has('t') {
        entries.stable_sort_by_key(|e| std::cmp::Reverse(e.stat.mtime));
    }
    if opts.has('S') {
        entries.stable_sort_by_key(|e| std::cmp::Reverse(e.stat.size));
    }
    if opts.has('r') {
        entries.reverse();
    }
    let mark = |e: &Entry| -> String {
        let classify = opts.has('F') || opts.has('p') && e.stat.is_dir();
        let suffix = match e.stat.letter {
            _ if !classify => "",
            'd' => "/",
            'l' if !opts.has('l') => "@",
            'p' => "|",
            '-' if e.stat.mode & 0o111 != 0 => "*",
            _ => "",
        };
        let inode = if opts.has('i') { format!("{} ", e.stat.ino) } else { String::new() };
        format!("{inode}{}{suffix}", e.name)
    };
    if opts.has('l') || opts.has('n') || opts.has('g') || opts.has('o') {
        return long(cx, &entries, opts, in_dir, &mark);
    }
    let names: Vec<String> = entries.iter().map(mark).collect();
    let tty = cx.sys.window(1);
    match tty {
        Some((cols, _)) if !opts.has('1') => {
            let shown: Vec<&str> = names.iter().map(String::as_str).collect();
            if !shown.is_empty() {
                cx.print(crate::shell::columns(&shown, usize::from(cols).max(20)));
            }
        }
        _ if opts.has('m') => cx.line(names.join(", ")),
        _ => {
            for name in names {
                cx.line(name);
            }
        }
    }
}

fn long(
    cx: &mut Cx<'_, '_>,
    entries: &[Entry],
    opts: &opts::Opts,
    in_dir: bool,
    mark: &dyn Fn(&Entry) -> String,
) {
    let now = cx.sys.now();
    let blocks: u64 =
        entries.iter().map(|e| if e.stat.is_dir() { 4 } else { e.stat.size.div_ceil(4096) * 4 }).sum();
    if in_dir {
        let total = if opts.has('h') { opts::human(blocks * 1024) } else { blocks.to_string() };
        cx.line(format!("total {total}"));
    }
    let mut rows = Vec::new();
    for e in entries {
        let s = &e.stat;
        let (user, group) = if opts.has('n') {
            (s.uid.to_string(), s.gid.to_string())
        } else {
            (users::user_name(cx.sys, s.uid), users::group_name(cx.sys, s.gid))
        };
        let size = match s.rdev {
            Some((major, minor)) => format!("{major}, {minor:>3}"),
            None if opts.has('h') => opts::human(s.size),
            None => s.size.to_string(),
        };
        let mut name = mark(e);
        if let Some(link) = &e.link {
            name = format!("{name} -> {link}");
        }
        rows.push([
            mode_text(s.letter, s.mode),
            s.nlink.to_string(),
            user,
            group,
            size,
            when(s.mtime, now, opts.has('E')),
            name,
        ]);
    }
    let width = |col: usize| rows.iter().map(|r| r[col].chars().count()).max().unwrap_or(0);
    let (links, user, group, size) = (width(1), width(2), width(3), width(4));
    let busybox = cx.busybox();
    for [mode, n, u, g, s, t, name] in &rows {
        let owner = if opts.has('g') { String::new() } else { format!("{u:<user$} ") };
        let group_col = if opts.has('o') || opts.has('G') { String::new() } else { format!("{g:<group$} ") };
        if busybox {
            // BusyBox uses fixed widths.
            let owner = if opts.has('g') { String::new() } else { format!("{u:<8} ") };
            cx.line(format!("{mode} {n:>4} {owner}{g:<8} {s:>9} {t} {name}"));
        } else {
            cx.line(format!("{mode} {n:>links$} {owner}{group_col}{s:>size$} {t} {name}"));
        }
    }
}
