//! ps: the processes, as procps and BusyBox show them.

mod columns;

use collections::StableSort;

use super::{
    proc_view::{tty_name, virtual_kb},
    tool::{Cx, tool},
    users,
};
use crate::{
    kernel::ProcInfo,
    program::{Pid, ProgramSpec},
};
use columns::{Column, cell, column};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "ps",
    "Usage: ps [-o COL1,COL2=HEADER] [-T]\n\nShow list of processes\n\n\t-o COL1,COL2=HEADER\tSelect columns for display\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    if cx.busybox() { busybox(cx) } else { procps(cx) }
}

/// What procps was asked for.
#[derive(Default)]
struct Wanted {
    /// All, or of all users those with a terminal, or those without one too.
    every: bool,
    with_tty: bool,
    without_tty: bool,
    pids: Vec<Pid>,
    parents: Vec<Pid>,
    users: Vec<u32>,
    names: Vec<String>,
    columns: Vec<Column>,
    sort: Vec<(String, bool)>,
    no_title: bool,
    tree: bool,
    wide: bool,
}

const USAGE: &str = "\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n";

fn named(names: &str) -> Vec<Column> {
    names.split(' ').filter_map(column).collect()
}

fn procps(cx: &mut Cx<'_, '_>) -> u8 {
    let wanted = match read(cx) {
        Ok(wanted) => wanted,
        Err(message) => {
            cx.eprint(format!("error: {message}\n{USAGE}"));
            return 1;
        }
    };
    let (tty, uid) = (cx.sys.controlling_tty(), cx.sys.uid());
    let listed = !(wanted.pids.is_empty()
        && wanted.users.is_empty()
        && wanted.names.is_empty()
        && wanted.parents.is_empty());
    let chosen = |p: &ProcInfo| {
        if wanted.every || wanted.with_tty && wanted.without_tty {
            return true;
        }
        if listed {
            return wanted.pids.contains(&p.pid)
                || wanted.parents.contains(&p.ppid)
                || wanted.users.contains(&p.uid)
                || wanted.names.iter().any(|n| *n == *p.comm);
        }
        if wanted.with_tty {
            return p.tty.is_some();
        }
        if wanted.without_tty {
            return p.uid == uid;
        }
        p.tty == tty && p.uid == uid
    };
    let mut rows: Vec<ProcInfo> = cx.sys.processes().into_iter().filter(chosen).collect();
    for (key, down) in wanted.sort.iter().rev() {
        let order = |p: &ProcInfo| columns::sort_key(key, p);
        rows.stable_sort_by(|a, b| if *down { order(b).cmp(&order(a)) } else { order(a).cmp(&order(b)) });
    }
    let found = !rows.is_empty();
    let depths = if wanted.tree { tree(&mut rows) } else { vec![0; rows.len()] };
    print(cx, &wanted, &rows, &depths);
    u8::from(!found)
}

/// Reads options in both of procps' styles: with a dash (Unix) and without (BSD).
fn read(cx: &mut Cx<'_, '_>) -> Result<Wanted, String> {
    let mut w = Wanted::default();
    let mut shape = "";
    let mut args = cx.args.clone().into_iter();
    while let Some(arg) = args.next() {
        if let Some(long) = arg.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v.to_string())));
            let mut value = || value.clone().or_else(|| args.next()).unwrap_or_default();
            match name {
                "sort" => w.sort.extend(value().split(',').map(sort_spec)),
                "no-headers" | "no-heading" | "noheader" | "noheaders" => w.no_title = true,
                "headers" => {}
                "forest" => w.tree = true,
                "pid" => w.pids.extend(numbers(&value())),
                "ppid" => w.parents.extend(numbers(&value())),
                "user" | "User" => add_users(cx, &mut w, &value())?,
                "format" => add_columns(&mut w, &value())?,
                "cols" | "columns" | "width" => {
                    value();
                    w.wide = true;
                }
                _ => return Err("unknown gnu long option".to_string()),
            }
            continue;
        }
        let (letters, dashed) = match arg.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (arg.as_str(), false),
        };
        if letters.starts_with(|c: char| c.is_ascii_digit()) {
            w.pids.extend(numbers(letters));
            continue;
        }
        for (at, c) in letters.char_indices() {
            let rest = letters[at + c.len_utf8()..].to_string();
            let mut value = || if rest.is_empty() { args.next() } else { Some(rest.clone()) };
            match (c, dashed) {
                ('e' | 'A', true) => w.every = true,
                ('a', true) | ('d', true) => w.with_tty = true,
                ('f', true) => shape = "uid_hack pid ppid c stime tname time cmd",
                ('F', true) => shape = "uid_hack pid ppid c sz rss psr stime tname time cmd",
                ('l', true) => shape = "f s uid pid ppid c opri ni addr_sz wchan tname time ucmd",
                ('j', true) => shape = "pid pgid sid tname time ucmd",
                ('H', _) => w.tree = true,
                ('y' | 'c' | 'M' | 'Z' | 'L' | 'T' | 'm', true) => {}
                ('w', _) => w.wide = true,
                ('C', true) => {
                    w.names.extend(value().unwrap_or_default().split(',').map(str::to_string));
                    break;
                }
                ('p' | 'q', _) => {
                    w.pids.extend(numbers(&value().ok_or("list of process IDs must follow -p")?));
                    break;
                }
                ('u' | 'U', true) | ('U', false) => {
                    let list = value().ok_or("list of users must follow -u")?;
                    add_users(cx, &mut w, &list)?;
                    break;
                }
                ('o', _) | ('O', true) => {
                    let list = value().ok_or("format specification must follow -o")?;
                    add_columns(&mut w, &list)?;
                    break;
                }
                ('k', false) => {
                    w.sort.extend(value().unwrap_or_default().split(',').map(sort_spec));
                    break;
                }
                ('a', false) => w.with_tty = true,
                ('x' | 'g', false) => w.without_tty = true,
                ('u', false) => shape = "user pid %cpu %mem vsz rss tname stat start_time bsdtime args",
                ('l', false) => shape = "f uid pid ppid priority ni vsz rss wchan stat tname bsdtime args",
                ('j', false) => shape = "ppid pid pgid sid tname tpgid stat uid time args",
                ('f', false) => w.tree = true,
                ('h', false) => w.no_title = true,
                ('e' | 'c' | 'r' | 'S' | 'n' | 't' | 'T' | 'm' | 'N', _) => {}
                ('V', _) => return Err("the version is that of procps-ng 4.0.4".to_string()),
                (_, true) => return Err("unsupported SysV option".to_string()),
                (_, false) => return Err("unsupported option (BSD syntax)".to_string()),
            }
        }
        if !dashed && shape.is_empty() {
            shape = "pid tname stat bsdtime args";
        }
    }
    if w.columns.is_empty() {
        w.columns = named(if shape.is_empty() { "pid tname time ucmd" } else { shape });
    }
    Ok(w)
}

fn numbers(list: &str) -> Vec<Pid> {
    list.split([',', ' ']).filter_map(|n| n.parse().ok()).collect()
}

fn sort_spec(key: &str) -> (String, bool) {
    (key.trim_start_matches(['+', '-']).to_string(), key.starts_with('-'))
}

fn add_users(cx: &mut Cx<'_, '_>, w: &mut Wanted, list: &str) -> Result<(), String> {
    for name in list.split(',') {
        let user = users::by_name(cx.sys, name).map(|u| u.uid).or(name.parse().ok());
        w.users.push(user.ok_or("user name does not exist")?);
    }
    Ok(())
}

fn add_columns(w: &mut Wanted, list: &str) -> Result<(), String> {
    let mut rest = list;
    while !rest.is_empty() {
        let end = rest.find([',', ' ', '=']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let Some(mut one) = column(name) else {
            return Err(format!("unknown user-defined format specifier \"{name}\""));
        };
        // A title of one's own goes on to the end, commas and all.
        if let Some(title) = tail.strip_prefix('=') {
            match title.split_once(',').filter(|(t, _)| t.is_empty()) {
                Some((_, more)) => (one.title, rest) = (String::new(), more),
                None => (one.title, rest) = (title.to_string(), ""),
            }
            one.width = one.width.max(one.title.len());
        } else {
            rest = tail.trim_start_matches([',', ' ']);
        }
        w.columns.push(one);
    }
    Ok(())
}

/// Orders rows as a forest; gives the depth of each.
fn tree(rows: &mut Vec<ProcInfo>) -> Vec<usize> {
    let mut left = std::mem::take(rows);
    let mut depths = Vec::new();
    let roots: Vec<Pid> =
        left.iter().filter(|p| !left.iter().any(|q| q.pid == p.ppid)).map(|p| p.pid).collect();
    let mut stack: Vec<(Pid, usize)> = roots.into_iter().rev().map(|p| (p, 0)).collect();
    while let Some((pid, depth)) = stack.pop() {
        let Some(at) = left.iter().position(|p| p.pid == pid) else { continue };
        rows.push(left.remove(at));
        depths.push(depth);
        let children: Vec<Pid> = left.iter().filter(|p| p.ppid == pid).map(|p| p.pid).collect();
        stack.extend(children.into_iter().rev().map(|p| (p, depth + 1)));
    }
    depths
}

fn print(cx: &mut Cx<'_, '_>, w: &Wanted, rows: &[ProcInfo], depths: &[usize]) {
    let most = match cx.sys.window(1).filter(|_| !w.wide) {
        Some((cols, _)) => usize::from(cols),
        None => usize::MAX,
    };
    let last = w.columns.len().saturating_sub(1);
    let line = |cells: Vec<String>| {
        let text: Vec<String> = cells
            .into_iter()
            .zip(&w.columns)
            .enumerate()
            .map(|(i, (text, c))| match (c.right, i == last) {
                (true, _) => format!("{text:>width$}", width = c.width),
                (false, true) => text,
                (false, false) => {
                    format!("{:<width$}", text.chars().take(c.most).collect::<String>(), width = c.width)
                }
            })
            .collect();
        text.join(" ").chars().take(most).collect::<String>()
    };
    if !w.no_title && w.columns.iter().any(|c| !c.title.is_empty()) {
        cx.line(line(w.columns.iter().map(|c| c.title.clone()).collect()));
    }
    for (p, depth) in rows.iter().zip(depths) {
        let cells = w
            .columns
            .iter()
            .map(|c| {
                let text = cell(cx.sys, &c.name, p);
                let indent =
                    matches!(c.name.as_str(), "args" | "cmd" | "command" | "ucmd" | "comm") && *depth > 0;
                if indent { format!("{}\\_ {text}", " ".repeat(*depth * 4 - 3)) } else { text }
            })
            .collect();
        cx.line(line(cells));
    }
}

/// BusyBox's columns: name, title, width.
const BUSYBOX: &[(&str, &str, usize)] = &[
    ("user", "USER", 8),
    ("group", "GROUP", 8),
    ("comm", "COMMAND", 16),
    ("args", "COMMAND", 256),
    ("pid", "PID", 5),
    ("ppid", "PPID", 5),
    ("pgid", "PGID", 5),
    ("etime", "ELAPSED", 7),
    ("nice", "NI", 5),
    ("rgroup", "RGROUP", 8),
    ("ruser", "RUSER", 8),
    ("time", "TIME", 5),
    ("tty", "TT", 6),
    ("vsz", "VSZ", 4),
    ("sid", "SID", 5),
    ("stat", "STAT", 4),
    ("rss", "RSS", 4),
];

fn busybox(cx: &mut Cx<'_, '_>) -> u8 {
    let mut columns: Vec<(&str, String, usize)> = Vec::new();
    let mut args = cx.args.clone().into_iter();
    while let Some(arg) = args.next() {
        let Some(letters) = arg.strip_prefix('-') else { continue };
        for (at, c) in letters.char_indices() {
            match c {
                'o' => {
                    let list = if at + 1 < letters.len() {
                        letters[at + 1..].to_string()
                    } else {
                        args.next().unwrap_or_default()
                    };
                    for one in list.split([',', ' ']) {
                        let (name, title) = one.split_once('=').map_or((one, None), |(n, t)| (n, Some(t)));
                        let Some(known) = BUSYBOX.iter().find(|(n, ..)| *n == name) else {
                            let all: Vec<&str> = BUSYBOX.iter().map(|(n, ..)| *n).collect();
                            cx.complain(format!(
                                "bad -o argument '{name}', supported arguments: {}",
                                all.join(",")
                            ));
                            return 1;
                        };
                        columns.push((known.0, title.unwrap_or(known.1).to_string(), known.2));
                    }
                    break;
                }
                'a' | 'A' | 'd' | 'e' | 'f' | 'l' | 'T' => {}
                _ => return cx.bad_option(&format!("-{c}"), 1),
            }
        }
    }
    if columns.is_empty() {
        columns = ["pid", "user", "time", "args"]
            .iter()
            .filter_map(|n| BUSYBOX.iter().find(|(name, ..)| name == n))
            .map(|(n, t, w)| (*n, t.to_string(), *w))
            .collect();
    }
    let cut = cx.sys.window(1).map_or(usize::MAX, |(cols, _)| usize::from(cols));
    let last = columns.len() - 1;
    let line = |cx: &mut Cx<'_, '_>, cells: Vec<String>| {
        let cells: Vec<String> = cells
            .into_iter()
            .enumerate()
            .map(|(i, text)| if i == last { text } else { format!("{text:<width$}", width = columns[i].2) })
            .collect();
        cx.line(cells.join(" ").chars().take(cut).collect::<String>());
    };
    line(cx, columns.iter().map(|(_, t, _)| t.clone()).collect());
    for p in cx.sys.processes() {
        let cells = columns.iter().map(|(name, _, width)| busybox_cell(cx, name, *width, &p)).collect();
        line(cx, cells);
    }
    0
}

fn busybox_cell(cx: &mut Cx<'_, '_>, name: &str, width: usize, p: &ProcInfo) -> String {
    let minutes = |us: u64| {
        let s = us / 1_000_000;
        if s < 3600 {
            format!("{:>2}:{:02}", s / 60, s % 60)
        } else {
            format!("{}h{:02}", s / 3600, s / 60 % 60)
        }
    };
    match name {
        "pid" | "ppid" | "pgid" | "sid" | "nice" => {
            let text = cell(cx.sys, name, p);
            format!("{text:>width$}")
        }
        "time" => minutes(p.cpu),
        "etime" => minutes(cx.sys.now().since(p.started).max(0) as u64),
        "vsz" => super::proc_view::short_kb(virtual_kb(p)),
        "rss" => super::proc_view::short_kb(super::proc_view::resident_kb(p)),
        "tty" => p.tty.map_or("?".to_string(), |_| tty_name(p).replace("pts/", "136,")),
        "ruser" => cell(cx.sys, "user", p),
        "stat" => p.state.letter().to_string(),
        "args" if p.state.letter() == 'Z' => format!("[{}]", p.comm),
        _ => cell(cx.sys, name, p),
    }
}
