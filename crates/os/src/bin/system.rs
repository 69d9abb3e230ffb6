//! What machines say of themselves: env, printenv, hostname, uname, ps, kill, uptime, free, df, du, which, expr, seq,
//! clear, nproc, arch, tty, sync, mount.

use super::{files::join, opts, tool::Cx, users};
use crate::{
    kernel::ProcInfo,
    program::Pid,
    signal::{NAMES, Signal},
    time::{SECOND, Time, strftime},
};

pub fn printenv(cx: &mut Cx<'_, '_>) -> u8 {
    let env = cx.sys.env();
    if cx.args.is_empty() {
        for (k, v) in env.iter() {
            cx.line(format!("{k}={v}"));
        }
        return 0;
    }
    let mut code = 0;
    for name in cx.args.clone() {
        match env.iter().find(|(k, _)| *k == name) {
            Some((_, v)) => cx.line(v),
            None => code = 1,
        }
    }
    code
}

pub fn hostname(cx: &mut Cx<'_, '_>) -> u8 {
    let name = cx.sys.hostname().to_string();
    match cx.args.first().map(String::as_str) {
        None => cx.line(name),
        Some("-s") => cx.line(name.split('.').next().unwrap_or("")),
        Some("-f" | "--fqdn") => cx.line(name),
        Some("-i" | "-I") => {
            let all: Vec<String> = cx.sys.addresses().iter().map(|a| a.to_string()).collect();
            let tail = if cx.args[0] == "-I" { " " } else { "" };
            cx.line(format!("{}{tail}", all.join(" ")));
        }
        Some("-d") => cx.line(name.split_once('.').map_or("", |(_, d)| d)),
        Some(flag) if flag.starts_with('-') => {
            let flag = flag.to_string();
            return cx.bad_option(&flag, 1);
        }
        Some(new) => {
            let new = new.to_string();
            if let Err(e) = cx.sys.set_hostname(&new) {
                cx.complain(if cx.busybox() {
                    format!("sethostname: {e}")
                } else {
                    "you must be root to change the host name".to_string()
                });
                return 1;
            }
        }
    }
    0
}

pub fn uname(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(
        cx,
        "asnrvmpio",
        &[
            ("all", 'a'),
            ("kernel-release", 'r'),
            ("machine", 'm'),
            ("nodename", 'n'),
            ("kernel-name", 's'),
            ("operating-system", 'o'),
            ("kernel-version", 'v'),
        ],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let node = cx.sys.hostname().to_string();
    let all = [
        ('s', "Linux"),
        ('n', &node),
        ('r', super::RELEASE),
        ('v', "#1 SMP PREEMPT_DYNAMIC Mon Jan  5 00:00:00 UTC 2026"),
        ('m', "x86_64"),
        ('o', if cx.busybox() { "Linux" } else { "GNU/Linux" }),
    ];
    let shown: Vec<&str> = all
        .iter()
        .filter(|(f, _)| opts.has('a') || opts.has(*f) || (*f == 's' && opts.all().is_empty()))
        .map(|(_, t)| *t)
        .collect();
    cx.line(shown.join(" "));
    0
}

/// The elapsed time as ps shows CPU time.
fn cpu_text(us: u64) -> String {
    let s = us / 1_000_000;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

fn tty_name(p: &ProcInfo) -> String {
    p.tty.map_or("?".to_string(), |t| format!("pts/{}", t % 100))
}

fn command(p: &ProcInfo) -> String {
    let text = p.argv.join(" ");
    if text.is_empty() || p.state == crate::kernel::ProcState::Zombie {
        format!("[{}]", p.comm)
    } else {
        text
    }
}

/// Letters behind the state: session leader, foreground.
fn state(p: &ProcInfo) -> String {
    let mut text = p.state.letter().to_string();
    if p.sid == p.pid {
        text.push('s');
    }
    if p.foreground {
        text.push('+');
    }
    text
}

pub fn ps(cx: &mut Cx<'_, '_>) -> u8 {
    let all = cx.sys.processes();
    if cx.busybox() {
        cx.line("PID   USER     TIME  COMMAND");
        for p in all {
            let user = users::user_name(cx.sys, p.uid);
            let s = p.cpu / 1_000_000;
            cx.line(format!(
                "{:>5} {user:<8} {:>2}:{:02} {}",
                p.pid,
                s / 60,
                s % 60,
                if p.state.letter() == 'Z' { format!("[{}]", p.comm) } else { command(&p) }
            ));
        }
        return 0;
    }
    let flags: String = cx
        .args
        .iter()
        .filter(|a| !a.chars().next().is_some_and(|c| c.is_ascii_digit()))
        .map(|a| a.trim_start_matches('-'))
        .collect();
    let dashed = cx.args.first().is_some_and(|a| a.starts_with('-'));
    let now = cx.sys.now();
    let total_memory = cx.sys.limits().total_memory;
    if let Some(at) = cx.args.iter().position(|a| a == "-o" || a == "o" || a == "-eo" || a == "-Ao") {
        let columns: Vec<String> = cx.args.get(at + 1).map_or(Vec::new(), |c| {
            c.split(',').map(|c| c.split('=').next().unwrap_or(c).to_string()).collect()
        });
        let every = flags.contains('e') || flags.contains('A') || flags.contains('x');
        return columns_of(cx, &all, &columns, every, now);
    }
    if !dashed && flags.contains('u') {
        cx.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND");
        for p in &all {
            let user = users::user_name(cx.sys, p.uid);
            let alive = now.since(p.started).max(1) as f64;
            let cpu = p.cpu as f64 * 100.0 / alive;
            let mem = p.memory as f64 * 100.0 / total_memory as f64;
            let kb = p.memory / 1024;
            cx.line(format!(
                "{user:<8} {:>7} {cpu:>4.1} {mem:>4.1} {:>6} {kb:>5} {:<8} {:<4} {:<5} {:>6} {}",
                p.pid,
                kb * 2,
                tty_name(p),
                state(p),
                strftime("%H:%M", p.started),
                format!("{}:{:02}", p.cpu / 60_000_000, p.cpu / 1_000_000 % 60),
                command(p)
            ));
        }
        return 0;
    }
    if flags.contains('f') {
        cx.line("UID          PID    PPID  C STIME TTY          TIME CMD");
        for p in &all {
            let user = users::user_name(cx.sys, p.uid);
            cx.line(format!(
                "{user:<8} {:>7} {:>7}  0 {} {:<8} {:>8} {}",
                p.pid,
                p.ppid,
                strftime("%H:%M", p.started),
                tty_name(p),
                cpu_text(p.cpu),
                command(p)
            ));
        }
        return 0;
    }
    if !dashed && (flags.contains('a') || flags.contains('x')) {
        cx.line("    PID TTY      STAT   TIME COMMAND");
        for p in &all {
            cx.line(format!(
                "{:>7} {:<8} {:<4} {:>6} {}",
                p.pid,
                tty_name(p),
                state(p),
                format!("{}:{:02}", p.cpu / 60_000_000, p.cpu / 1_000_000 % 60),
                command(p)
            ));
        }
        return 0;
    }
    let every = flags.contains('e') || flags.contains('A');
    let me = cx.sys.controlling_tty();
    cx.line("    PID TTY          TIME CMD");
    for p in all.iter().filter(|p| every || p.tty == me) {
        cx.line(format!("{:>7} {:<8} {:>8} {}", p.pid, tty_name(p), cpu_text(p.cpu), p.comm));
    }
    0
}

fn columns_of(cx: &mut Cx<'_, '_>, all: &[ProcInfo], columns: &[String], every: bool, now: Time) -> u8 {
    let title = |c: &str| match c {
        "args" | "cmd" | "command" => "COMMAND".to_string(),
        "comm" => "COMMAND".to_string(),
        "%cpu" | "pcpu" => "%CPU".to_string(),
        "%mem" | "pmem" => "%MEM".to_string(),
        "etime" => "ELAPSED".to_string(),
        other => other.to_uppercase(),
    };
    let me = cx.sys.controlling_tty();
    let mut rows = vec![columns.iter().map(|c| title(c)).collect::<Vec<_>>()];
    for p in all.iter().filter(|p| every || p.tty == me) {
        let user = users::user_name(cx.sys, p.uid);
        let alive = now.since(p.started).max(0) / SECOND;
        rows.push(
            columns
                .iter()
                .map(|c| match c.as_str() {
                    "pid" => p.pid.to_string(),
                    "ppid" => p.ppid.to_string(),
                    "pgid" => p.pgid.to_string(),
                    "user" | "euser" | "uname" => user.clone(),
                    "uid" => p.uid.to_string(),
                    "comm" => p.comm.to_string(),
                    "stat" | "s" | "state" => state(p),
                    "rss" => (p.memory / 1024).to_string(),
                    "vsz" => (p.memory / 512).to_string(),
                    "etime" => format!("{:02}:{:02}", alive / 60, alive % 60),
                    "time" => cpu_text(p.cpu),
                    "tty" => tty_name(p),
                    "%cpu" | "pcpu" => format!("{:.1}", p.cpu as f64 * 100.0 / (alive.max(1) as f64 * 1e6)),
                    "%mem" | "pmem" => "0.0".to_string(),
                    _ => command(p),
                })
                .collect(),
        );
    }
    let last = columns.len().saturating_sub(1);
    let widths: Vec<usize> =
        (0..columns.len()).map(|i| rows.iter().map(|r| r[i].len()).max().unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let right = matches!(
                    columns[i].as_str(),
                    "pid" | "ppid" | "pgid" | "rss" | "vsz" | "uid" | "etime" | "time" | "%cpu" | "%mem"
                );
                let width =
                    if matches!(columns[i].as_str(), "pid" | "ppid") { widths[i].max(7) } else { widths[i] };
                if right {
                    format!("{c:>width$}")
                } else if i == last {
                    c.clone()
                } else {
                    format!("{c:<width$}")
                }
            })
            .collect();
        cx.line(cells.join(" "));
    }
    0
}

pub fn kill(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = cx.args.clone();
    let by_name = matches!(cx.name.as_str(), "pkill" | "killall");
    let mut signal = Signal::TERM;
    let mut full = false;
    while let Some(flag) = args.first().cloned().filter(|a| a.starts_with('-') && a.len() > 1) {
        args.remove(0);
        match flag.as_str() {
            "-l" => {
                cx.line(NAMES[1..].join(" "));
                return 0;
            }
            "-f" if by_name => full = true,
            "-s" if !args.is_empty() => signal = Signal::parse(&args.remove(0)).unwrap_or(Signal::TERM),
            "--" => break,
            name => match Signal::parse(&name[1..]) {
                Some(s) => signal = s,
                None => {
                    cx.complain(format!("invalid signal name or number: {}", &name[1..]));
                    return 1;
                }
            },
        }
    }
    if args.is_empty() {
        return cx.missing_operand();
    }
    let mut code = 0;
    let me = cx.sys.pid();
    for target in args {
        if by_name {
            let hits: Vec<Pid> = cx
                .sys
                .processes()
                .into_iter()
                .filter(|p| {
                    p.pid != me
                        && if cx.name == "killall" {
                            *p.comm == *target
                        } else if full {
                            p.argv.join(" ").contains(&target)
                        } else {
                            p.comm.contains(&target)
                        }
                })
                .map(|p| p.pid)
                .collect();
            if hits.is_empty() {
                if cx.name == "killall" {
                    cx.complain_as(&target, "no process found");
                }
                code = 1;
            }
            for pid in hits {
                // One that has just ended is no failure.
                let _gone = cx.sys.kill(pid, signal);
            }
            continue;
        }
        let result = match target.parse::<i64>() {
            Ok(n) if n < 0 => cx.sys.kill_group((-n) as Pid, signal),
            Ok(n) => cx.sys.kill(n as Pid, signal),
            Err(_) => {
                let message = if cx.busybox() {
                    format!("invalid number '{target}'")
                } else {
                    format!("failed to parse argument: '{target}'")
                };
                cx.complain(message);
                code = 1;
                continue;
            }
        };
        if let Err(e) = result {
            let message = if cx.busybox() {
                format!("can't kill pid {target}: {e}")
            } else {
                format!("({target}): {e}")
            };
            cx.complain(message);
            code = 1;
        }
    }
    code
}

pub fn pgrep(cx: &mut Cx<'_, '_>) -> u8 {
    let full = cx.args.iter().any(|a| a == "-f");
    let list = cx.args.iter().any(|a| a == "-l" || a == "-a");
    let Some(pattern) = cx.args.iter().rfind(|a| !a.starts_with('-')).cloned() else {
        return cx.missing_operand();
    };
    let me = cx.sys.pid();
    let Ok(regex) = crate::text::regex::Regex::extended(&pattern, false) else { return 2 };
    let mut code = 1;
    for p in cx.sys.processes() {
        let text = if full { p.argv.join(" ") } else { p.comm.to_string() };
        if p.pid != me
            && (cx.name != "pidof" && regex.is_match(&text) || cx.name == "pidof" && *p.comm == *pattern)
        {
            code = 0;
            cx.line(if list { format!("{} {}", p.pid, p.comm) } else { p.pid.to_string() });
        }
    }
    code
}

pub fn uptime(cx: &mut Cx<'_, '_>) -> u8 {
    let now = cx.sys.now();
    let up = now.since(cx.sys.boot_time()).max(0) / SECOND;
    let (days, hours, minutes) = (up / 86_400, up / 3600 % 24, up / 60 % 60);
    let mut text = String::new();
    if days > 0 {
        text.push_str(&format!("{days} day{}, ", if days == 1 { "" } else { "s" }));
    }
    text.push_str(&if hours > 0 { format!("{hours:2}:{minutes:02}") } else { format!("{minutes} min") });
    cx.line(format!(" {} up {text},  0 users,  load average: 0.00, 0.00, 0.00", strftime("%H:%M:%S", now)));
    0
}

pub fn free(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "bkmgh", &[("human", 'h'), ("mebi", 'm'), ("gibi", 'g')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let total = cx.sys.limits().total_memory;
    let used: u64 = cx.sys.processes().iter().map(|p| p.memory).sum();
    let show = |n: u64| match opts.last_of("bkmgh") {
        Some('b') => n.to_string(),
        Some('m') => (n >> 20).to_string(),
        Some('g') => (n >> 30).to_string(),
        Some('h') => {
            let text = opts::human(n);
            if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}B") } else { format!("{text}i") }
        }
        _ => (n >> 10).to_string(),
    };
    let free = total.saturating_sub(used);
    cx.line("              total        used        free      shared  buff/cache   available");
    cx.line(format!(
        "Mem:    {:>11} {:>11} {:>11} {:>11} {:>11} {:>11}",
        show(total),
        show(used),
        show(free),
        show(0),
        show(0),
        show(free)
    ));
    cx.line(format!("Swap:   {:>11} {:>11} {:>11}", show(0), show(0), show(0)));
    0
}

/// The size of the disk that trees without a limit are on.
const DISK: u64 = 40 << 30;

pub fn df(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(cx, "hkmTPai", &[("human-readable", 'h'), ("print-type", 'T')]) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut mounts = cx.sys.mounts();
    mounts.retain(|m| opts.has('a') || !matches!(m.kind, "proc" | "cgroup2"));
    if !opts.rest.is_empty() {
        let mut wanted = Vec::new();
        for path in &opts.rest {
            match cx.sys.vfs().real_path(path) {
                Ok(real) => {
                    let best = mounts
                        .iter()
                        .filter(|m| {
                            m.path == "/" || real == m.path || real.starts_with(&format!("{}/", m.path))
                        })
                        .max_by_key(|m| m.path.len());
                    wanted.extend(best.cloned());
                }
                Err(e) => {
                    cx.complain(format!("{path}: {e}"));
                    return 1;
                }
            }
        }
        mounts = wanted;
    }
    let show = |bytes: u64| {
        if opts.has('h') {
            opts::human(bytes)
        } else if opts.has('m') {
            bytes.div_ceil(1 << 20).to_string()
        } else {
            bytes.div_ceil(1024).to_string()
        }
    };
    let size = if opts.has('h') {
        "Size"
    } else if opts.has('m') {
        "1M-blocks"
    } else {
        "1K-blocks"
    };
    let available = if opts.has('h') { "Avail" } else { "Available" };
    let mut rows = vec![vec![
        "Filesystem".to_string(),
        "Type".to_string(),
        size.to_string(),
        "Used".to_string(),
        available.to_string(),
        "Use%".to_string(),
        "Mounted on".to_string(),
    ]];
    for m in mounts {
        let total = m.limit.unwrap_or(DISK);
        let name = match m.kind {
            "tmpfs" => "tmpfs",
            "overlay" => "overlay",
            _ => "/dev/vda1",
        };
        let percent = (m.used * 100).div_ceil(total.max(1));
        rows.push(vec![
            name.to_string(),
            m.kind.to_string(),
            show(total),
            show(m.used),
            show(total.saturating_sub(m.used)),
            format!("{percent}%"),
            m.path,
        ]);
    }
    if !opts.has('T') {
        for row in &mut rows {
            row.remove(1);
        }
    }
    let last = rows[0].len() - 1;
    let widths: Vec<usize> = (0..=last).map(|i| rows.iter().map(|r| r[i].len()).max().unwrap_or(0)).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let width = if i == 0 { widths[i].max(14) } else { widths[i] };
                if i == last {
                    c.clone()
                } else if i == 0 || (opts.has('T') && i == 1) {
                    format!("{c:<width$}")
                } else {
                    format!("{c:>width$}")
                }
            })
            .collect();
        cx.line(cells.join(" "));
    }
    0
}

pub fn du(cx: &mut Cx<'_, '_>) -> u8 {
    let opts = match opts::parse(
        cx,
        "shakmcd:bx",
        &[
            ("summarize", 's'),
            ("human-readable", 'h'),
            ("all", 'a'),
            ("max-depth", 'd'),
            ("bytes", 'b'),
            ("total", 'c'),
        ],
    ) {
        Ok(opts) => opts,
        Err(code) => return code,
    };
    let mut paths = opts.rest.clone();
    if paths.is_empty() {
        paths.push(".".to_string());
    }
    let most =
        if opts.has('s') { 0 } else { opts.value('d').and_then(|d| d.parse().ok()).unwrap_or(usize::MAX) };
    let mut code = 0;
    for path in paths {
        match cx.sys.lstat(&path) {
            Ok(_) => {
                usage(cx, &path, &opts, most, 0);
            }
            Err(e) => {
                let message = if cx.busybox() {
                    format!("{path}: {e}")
                } else {
                    format!("cannot access '{path}': {e}")
                };
                cx.complain(message);
                code = 1;
            }
        }
    }
    code
}

fn usage(cx: &mut Cx<'_, '_>, path: &str, opts: &opts::Opts, most: usize, depth: usize) -> u64 {
    let Ok(stat) = cx.sys.lstat(path) else { return 0 };
    let mut sum = if opts.has('b') {
        stat.size
    } else if stat.is_link() {
        0
    } else {
        stat.size.div_ceil(4096) * 4096
    };
    if stat.is_dir() {
        for name in cx.sys.vfs().read_dir(path).unwrap_or_default() {
            sum += usage(cx, &join(path, &name), opts, most, depth + 1);
        }
    }
    if depth <= most && (stat.is_dir() || opts.has('a') || depth == 0) {
        let shown = if opts.has('h') {
            opts::human(sum)
        } else if opts.has('b') {
            sum.to_string()
        } else if opts.has('m') {
            sum.div_ceil(1 << 20).to_string()
        } else {
            (sum / 1024).to_string()
        };
        cx.line(format!("{shown}\t{path}"));
    }
    sum
}

pub fn which(cx: &mut Cx<'_, '_>) -> u8 {
    let path = cx.sys.var("PATH").unwrap_or("/usr/bin:/bin").to_string();
    let mut code = 0;
    for name in cx.args.clone().into_iter().filter(|a| !a.starts_with('-')) {
        match cx.sys.find_program(&name, &path) {
            Ok(file) => cx.line(file),
            Err(_) => code = 1,
        }
    }
    code
}

pub fn clear(cx: &mut Cx<'_, '_>) -> u8 {
    if cx.name == "reset" {
        cx.print("\x1bc");
    }
    cx.print("\x1b[H\x1b[2J\x1b[3J");
    0
}

pub fn nproc(cx: &mut Cx<'_, '_>) -> u8 {
    let n = cx.sys.limits().cores;
    cx.line(n.to_string());
    0
}

pub fn arch(cx: &mut Cx<'_, '_>) -> u8 {
    cx.line("x86_64");
    0
}

pub fn tty(cx: &mut Cx<'_, '_>) -> u8 {
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

pub fn nothing(_: &mut Cx<'_, '_>) -> u8 {
    0
}

pub fn mount(cx: &mut Cx<'_, '_>) -> u8 {
    if !cx.args.is_empty() {
        cx.complain(if cx.busybox() { "permission denied (are you root?)" } else { "permission denied." });
        return 1;
    }
    for m in cx.sys.mounts() {
        let name = match m.kind {
            "ext4" | "xfs" => "/dev/vda1",
            "cgroup2" => "cgroup",
            kind => kind,
        };
        cx.line(format!(
            "{name} on {} type {} ({},relatime)",
            m.path,
            m.kind,
            if m.read_only { "ro" } else { "rw" }
        ));
    }
    0
}

pub fn seq(cx: &mut Cx<'_, '_>) -> u8 {
    let (mut separator, mut width, mut format) = ("\n".to_string(), false, None);
    let mut numbers = Vec::new();
    let mut args = cx.args.clone().into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-w" => width = true,
            "-s" => separator = args.next().unwrap_or_default(),
            "-f" => format = args.next(),
            a if a.starts_with("-s") => separator = a[2..].to_string(),
            _ => numbers.push(arg),
        }
    }
    let separator = String::from_utf8_lossy(&crate::text::unescape(&separator, false).0).into_owned();
    let parsed: Vec<Option<f64>> = numbers.iter().map(|n| n.parse().ok()).collect();
    if let Some(at) = parsed.iter().position(Option::is_none) {
        let text = numbers[at].clone();
        let message = if cx.busybox() {
            format!("invalid number '{text}'")
        } else {
            format!("invalid floating point argument: ‘{text}’")
        };
        cx.complain(message);
        if !cx.busybox() {
            cx.eprint("Try 'seq --help' for more information.\n");
        }
        return 1;
    }
    let values: Vec<f64> = parsed.into_iter().flatten().collect();
    let (first, step, last) = match values.as_slice() {
        [last] => (1.0, 1.0, *last),
        [first, last] => (*first, 1.0, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return cx.missing_operand(),
    };
    if step == 0.0 {
        cx.complain("invalid Zero increment value: ‘0’");
        return 1;
    }
    let digits = numbers
        .iter()
        .take(if numbers.len() == 3 { 2 } else { 1 })
        .map(|n| n.split_once('.').map_or(0, |(_, d)| d.len()))
        .max()
        .unwrap_or(0);
    let digits = if numbers.len() == 1 { 0 } else { digits };
    let count = ((last - first) / step + 1e-9).floor();
    let wide = format!("{last:.digits$}").len().max(format!("{first:.digits$}").len());
    let mut out = String::new();
    let mut i = 0.0;
    while i <= count && i < 5e6 {
        let v = first + i * step;
        let text = match &format {
            Some(f) => {
                String::from_utf8_lossy(&crate::text::printf::format(f, &[v.to_string()], Time(0)).out)
                    .into_owned()
            }
            None if width => format!("{v:0wide$.digits$}"),
            None => format!("{v:.digits$}"),
        };
        if i > 0.0 {
            out.push_str(&separator);
        }
        out.push_str(&text);
        i += 1.0;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    cx.sys.spend(i as u64);
    cx.print(out);
    0
}

pub fn expr(cx: &mut Cx<'_, '_>) -> u8 {
    let args = cx.args.clone();
    if args.is_empty() {
        return cx.missing_operand().max(2);
    }
    let mut e = Expr { args: &args, at: 0 };
    match e.or() {
        Ok(value) if e.at == args.len() => {
            let null = value.is_empty() || value.parse::<i64>() == Ok(0);
            cx.line(value);
            u8::from(null)
        }
        Ok(_) => {
            let message = if cx.busybox() {
                "syntax error".to_string()
            } else {
                format!("syntax error: unexpected argument ‘{}’", args[e.at])
            };
            cx.complain(message);
            2
        }
        Err(message) => {
            cx.complain(message);
            2
        }
    }
}

struct Expr<'a> {
    args: &'a [String],
    at: usize,
}

impl Expr<'_> {
    fn peek(&self) -> &str {
        self.args.get(self.at).map_or("", String::as_str)
    }

    fn or(&mut self) -> Result<String, String> {
        let mut left = self.and()?;
        while self.peek() == "|" {
            self.at += 1;
            let right = self.and()?;
            if left.is_empty() || left == "0" {
                left = if right.is_empty() { "0".to_string() } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<String, String> {
        let mut left = self.compare()?;
        while self.peek() == "&" {
            self.at += 1;
            let right = self.compare()?;
            let null = |t: &str| t.is_empty() || t == "0";
            if null(&left) || null(&right) {
                left = "0".to_string();
            }
        }
        Ok(left)
    }

    fn compare(&mut self) -> Result<String, String> {
        let mut left = self.sum()?;
        while matches!(self.peek(), "<" | "<=" | "=" | "==" | "!=" | ">=" | ">") {
            let op = self.peek().to_string();
            self.at += 1;
            let right = self.sum()?;
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => left.cmp(&right),
            };
            let yes = match op.as_str() {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "=" | "==" => order.is_eq(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                _ => order.is_gt(),
            };
            left = i64::from(yes).to_string();
        }
        Ok(left)
    }

    fn number(text: &str) -> Result<i64, String> {
        text.parse().map_err(|_| "non-integer argument".to_string())
    }

    fn sum(&mut self) -> Result<String, String> {
        let mut left = self.product()?;
        while matches!(self.peek(), "+" | "-") {
            let plus = self.peek() == "+";
            self.at += 1;
            let (a, b) = (Self::number(&left)?, Self::number(&self.product()?)?);
            left = if plus { a.wrapping_add(b) } else { a.wrapping_sub(b) }.to_string();
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<String, String> {
        let mut left = self.matching()?;
        while matches!(self.peek(), "*" | "/" | "%") {
            let op = self.peek().to_string();
            self.at += 1;
            let (a, b) = (Self::number(&left)?, Self::number(&self.matching()?)?);
            if b == 0 && op != "*" {
                return Err("division by zero".to_string());
            }
            left = match op.as_str() {
                "*" => a.wrapping_mul(b),
                "/" => a.wrapping_div(b),
                _ => a.wrapping_rem(b),
            }
            .to_string();
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<String, String> {
        let mut left = self.primary()?;
        while self.peek() == ":" {
            self.at += 1;
            let pattern = self.primary()?;
            left = Self::fit(&left, &pattern)?;
        }
        Ok(left)
    }

    fn fit(text: &str, pattern: &str) -> Result<String, String> {
        let regex =
            crate::text::regex::Regex::basic(&format!("^{}", pattern.trim_start_matches('^')), false)?;
        let groups = regex.groups_at(text, 0);
        let has_group = pattern.contains("\\(");
        Ok(match groups {
            Some(g) if has_group => {
                g.get(1).copied().flatten().map_or(String::new(), |(a, b)| text[a..b].to_string())
            }
            Some(g) => g[0].map_or(0, |(a, b)| text[a..b].chars().count()).to_string(),
            None if has_group => String::new(),
            None => "0".to_string(),
        })
    }

    fn primary(&mut self) -> Result<String, String> {
        let Some(word) = self.args.get(self.at).cloned() else {
            let last = self.args.last().map_or("", String::as_str);
            return Err(format!("syntax error: missing argument after ‘{last}’"));
        };
        self.at += 1;
        match word.as_str() {
            "(" => {
                let value = self.or()?;
                if self.peek() != ")" {
                    return Err("syntax error: expecting ')'".to_string());
                }
                self.at += 1;
                Ok(value)
            }
            "length" if self.at < self.args.len() => Ok(self.primary()?.chars().count().to_string()),
            "substr" if self.at + 2 < self.args.len() => {
                let text = self.primary()?;
                let (from, len) = (Self::number(&self.primary()?)?, Self::number(&self.primary()?)?);
                if from < 1 || len < 1 {
                    return Ok(String::new());
                }
                Ok(text.chars().skip(from as usize - 1).take(len as usize).collect())
            }
            "index" if self.at + 1 < self.args.len() => {
                let (text, set) = (self.primary()?, self.primary()?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |p| p + 1).to_string())
            }
            "match" if self.at + 1 < self.args.len() => {
                let (text, pattern) = (self.primary()?, self.primary()?);
                Self::fit(&text, &pattern)
            }
            _ => Ok(word),
        }
    }
}
