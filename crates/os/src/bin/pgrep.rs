//! pgrep and pkill: finds processes by what they are, and signals them.

use super::{
    proc_view::command,
    tool::{Cx, tool},
    users,
};
use crate::{
    kernel::ProcInfo,
    program::{Pid, ProgramSpec},
    signal::{NAMES, Signal},
    text::regex::Regex,
};

pub const PGREP: ProgramSpec = ProgramSpec::inside(
    "pgrep",
    "Usage: pgrep [-flanovx] [-s SID|-P PPID|PATTERN]\n\nDisplay process(es) selected by regex PATTERN\n\n\t-l\tShow command name too\n\t-a\tShow command line too\n\t-f\tMatch against entire command line\n\t-n\tShow the newest process only\n\t-o\tShow the oldest process only\n\t-v\tNegate the match\n\t-x\tMatch whole name (not substring)\n\t-s\tMatch session ID (0 for current)\n\t-P\tMatch parent process ID\n",
    || tool(pgrep),
);
pub const PKILL: ProgramSpec = ProgramSpec::inside(
    "pkill",
    "Usage: pkill [-l|-SIGNAL] [-xfvnoe] [-s SID|-P PPID|PATTERN]\n\nSend signal to processes selected by regex PATTERN\n\n\t-l\tList all signals\n\t-x\tMatch whole name (not substring)\n\t-f\tMatch against entire command line\n\t-s SID\tMatch session ID (0 for current)\n\t-P PPID\tMatch parent process ID\n\t-v\tNegate the match\n\t-n\tSignal the newest process only\n\t-o\tSignal the oldest process only\n\t-e\tDisplay name and PID of the process being killed\n",
    || tool(pkill),
);

#[derive(Default)]
struct Search {
    pattern: Option<String>,
    full: bool,
    exact: bool,
    invert: bool,
    ignore_case: bool,
    newest: bool,
    oldest: bool,
    parents: Vec<Pid>,
    sessions: Vec<Pid>,
    groups: Vec<Pid>,
    users: Vec<u32>,
    list: Option<char>,
    count: bool,
    echo: bool,
    delimiter: String,
    signal: Option<Signal>,
}

fn usage(cx: &mut Cx<'_, '_>, message: &str) -> u8 {
    let name = cx.name.clone();
    if cx.busybox() {
        return cx.missing_operand();
    }
    cx.complain(message);
    cx.eprint(format!("Try `{name} --help' for more information.\n"));
    2
}

/// Reads the arguments; Err is an exit code.
fn read(cx: &mut Cx<'_, '_>) -> Result<Search, u8> {
    let mut s = Search { delimiter: "\n".to_string(), ..Search::default() };
    let kills = cx.name == "pkill";
    let mut args = cx.args.clone().into_iter();
    let mut patterns = Vec::new();
    while let Some(arg) = args.next() {
        let Some(letters) = arg.strip_prefix('-').filter(|l| !l.is_empty()) else {
            patterns.push(arg);
            continue;
        };
        if kills && let Some(signal) = Signal::parse(letters) {
            s.signal = Some(signal);
            continue;
        }
        if let Some(long) = letters.strip_prefix('-') {
            match long.split_once('=').map_or(long, |(n, _)| n) {
                "full" => s.full = true,
                "exact" => s.exact = true,
                "inverse" => s.invert = true,
                "newest" => s.newest = true,
                "oldest" => s.oldest = true,
                "count" => s.count = true,
                "echo" => s.echo = true,
                "list-name" => s.list = Some('l'),
                "list-full" => s.list = Some('a'),
                "signal" => {
                    let value = long.split_once('=').map(|(_, v)| v.to_string()).or_else(|| args.next());
                    s.signal = value.as_deref().and_then(Signal::parse);
                }
                _ => return Err(cx.bad_option(&arg, 2)),
            }
            continue;
        }
        for (at, c) in letters.char_indices() {
            let rest = &letters[at + c.len_utf8()..];
            if "PusgGUtFd".contains(c) {
                let value = if rest.is_empty() { args.next().unwrap_or_default() } else { rest.to_string() };
                let numbers = || value.split(',').filter_map(|n| n.parse::<Pid>().ok()).collect::<Vec<_>>();
                match c {
                    'P' => s.parents = numbers(),
                    's' => s.sessions = numbers(),
                    'g' => s.groups = numbers(),
                    'd' => s.delimiter = value,
                    'u' | 'U' => {
                        for name in value.split(',') {
                            match users::by_name(cx.sys, name).map(|u| u.uid).or(name.parse().ok()) {
                                Some(uid) => s.users.push(uid),
                                None => return Err(usage(cx, &format!("invalid user name: {name}"))),
                            }
                        }
                    }
                    _ => {}
                }
                break;
            }
            match c {
                'f' => s.full = true,
                'x' => s.exact = true,
                'v' => s.invert = true,
                'i' => s.ignore_case = true,
                'n' => s.newest = true,
                'o' => s.oldest = true,
                'c' => s.count = true,
                'e' => s.echo = true,
                'l' if kills => {
                    cx.line(NAMES[1..].join(" "));
                    return Err(0);
                }
                'l' => s.list = Some(if s.list == Some('a') { 'a' } else { 'l' }),
                'a' => s.list = Some('a'),
                _ => return Err(cx.bad_option(&format!("-{c}"), 2)),
            }
        }
    }
    let narrowed =
        !(s.parents.is_empty() && s.sessions.is_empty() && s.users.is_empty() && s.groups.is_empty());
    match patterns.len() {
        0 if narrowed => {}
        0 => return Err(usage(cx, "no matching criteria specified")),
        1 => s.pattern = patterns.pop(),
        _ => return Err(usage(cx, "only one pattern can be provided")),
    }
    Ok(s)
}

impl Search {
    fn hits(&self, cx: &mut Cx<'_, '_>) -> Result<Vec<ProcInfo>, u8> {
        let pattern = self.pattern.clone().unwrap_or_default();
        let pattern = if self.exact { format!("^({pattern})$") } else { pattern };
        let Ok(regex) = Regex::extended(&pattern, self.ignore_case) else {
            cx.complain(format!("{pattern}: invalid regular expression"));
            return Err(2);
        };
        let (me, session) = (cx.sys.pid(), cx.sys.sid());
        let mut hits: Vec<ProcInfo> = cx
            .sys
            .processes()
            .into_iter()
            .filter(|p| {
                let text = if self.full { command(p) } else { p.comm.to_string() };
                let in_session = self.sessions.iter().any(|s| *s == p.sid || *s == 0 && p.sid == session);
                let fits = regex.is_match(&text)
                    && (self.parents.is_empty() || self.parents.contains(&p.ppid))
                    && (self.sessions.is_empty() || in_session)
                    && (self.groups.is_empty() || self.groups.contains(&p.pgid))
                    && (self.users.is_empty() || self.users.contains(&p.uid));
                p.pid != me && fits != self.invert
            })
            .collect();
        // The numbers grow, so that of those begun at one moment the later one is known.
        if self.newest {
            hits = hits.into_iter().max_by_key(|p| (p.started, p.pid)).into_iter().collect();
        } else if self.oldest {
            hits = hits.into_iter().min_by_key(|p| (p.started, p.pid)).into_iter().collect();
        }
        Ok(hits)
    }
}

fn pgrep(cx: &mut Cx<'_, '_>) -> u8 {
    let search = match read(cx) {
        Ok(search) => search,
        Err(code) => return code,
    };
    let hits = match search.hits(cx) {
        Ok(hits) => hits,
        Err(code) => return code,
    };
    if search.count {
        cx.line(hits.len().to_string());
        return u8::from(hits.is_empty());
    }
    let lines: Vec<String> = hits
        .iter()
        .map(|p| match search.list {
            Some('a') => format!("{} {}", p.pid, command(p)),
            Some(_) if cx.busybox() && search.full => format!("{} {}", p.pid, command(p)),
            Some(_) => format!("{} {}", p.pid, p.comm),
            None => p.pid.to_string(),
        })
        .collect();
    if !lines.is_empty() {
        cx.line(lines.join(&search.delimiter));
    }
    u8::from(hits.is_empty())
}

fn pkill(cx: &mut Cx<'_, '_>) -> u8 {
    let search = match read(cx) {
        Ok(search) => search,
        Err(code) => return code,
    };
    let hits = match search.hits(cx) {
        Ok(hits) => hits,
        Err(code) => return code,
    };
    let mut any = false;
    for p in &hits {
        match cx.sys.kill(p.pid, search.signal.unwrap_or(Signal::TERM)) {
            Ok(()) => {
                any = true;
                if search.echo {
                    cx.line(format!("{} killed (pid {})", p.comm, p.pid));
                }
            }
            Err(e) => cx.complain(format!("killing pid {} failed: {e}", p.pid)),
        }
    }
    u8::from(!any)
}
