//! lsof: open files and sockets of processes.

use super::{
    tool::{Cx, tool},
    users,
};
use crate::{
    kernel::SockState,
    program::{Pid, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "lsof",
    "lsof 4.95.0\n usage: [-nPt] [-i [4|6][tcp|udp][:port]] [-p pids] [-u users] [-c command] [-sTCP:LISTEN] [names]\n",
    || tool(main),
);

#[derive(Default)]
struct Wanted {
    internet: Option<String>,
    pids: Vec<Pid>,
    users: Vec<u32>,
    commands: Vec<String>,
    names: Vec<String>,
    listening: bool,
    numbers_only: bool,
}

struct Row {
    pid: Pid,
    command: String,
    user: String,
    fd: String,
    kind: &'static str,
    device: String,
    size: String,
    node: String,
    name: String,
}

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut w = Wanted::default();
    let mut args = std::mem::take(&mut cx.args).into_iter().peekable();
    while let Some(arg) = args.next() {
        let Some(letters) = arg.strip_prefix('-') else {
            w.names.push(arg);
            continue;
        };
        let mut rest = letters;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            let mut value =
                || if rest.is_empty() { args.next().unwrap_or_default() } else { rest.to_string() };
            match c {
                'n' | 'P' | 'l' | 'a' | 'b' | 'w' | 'O' | 'R' => continue,
                't' => {
                    w.numbers_only = true;
                    continue;
                }
                'i' => {
                    let value = if rest.is_empty() {
                        args.next_if(|a| {
                            a.starts_with(':') || a.to_lowercase().starts_with("tcp") || a.contains(':')
                        })
                        .unwrap_or_default()
                    } else {
                        rest.to_string()
                    };
                    w.internet = Some(value);
                }
                'p' => w.pids.extend(value().split(',').filter_map(|p| p.parse::<Pid>().ok())),
                'c' => w.commands.push(value()),
                's' => w.listening = value().to_uppercase().contains("LISTEN"),
                'u' => {
                    let name = value();
                    w.users.extend(users::by_name(cx.sys, &name).map(|u| u.uid).or(name.parse().ok()));
                }
                _ => {
                    cx.eprint(format!("lsof: unsupported option: -{c}\n{}", SPEC.help));
                    return 1;
                }
            }
            break;
        }
    }
    let rows = rows(cx, &w);
    if w.numbers_only {
        let mut pids: Vec<Pid> = rows.iter().map(|r| r.pid).collect();
        pids.dedup();
        pids.iter().for_each(|p| cx.line(p.to_string()));
    } else if !rows.is_empty() {
        table(cx, &rows);
    }
    u8::from(rows.is_empty())
}

fn rows(cx: &mut Cx<'_, '_>, w: &Wanted) -> Vec<Row> {
    let port = w.internet.as_ref().and_then(|i| i.rsplit_once(':')).map(|(_, p)| p.to_string());
    let mut rows = Vec::new();
    for p in cx.sys.processes() {
        if !w.pids.is_empty() && !w.pids.contains(&p.pid)
            || !w.users.is_empty() && !w.users.contains(&p.uid)
            || !w.commands.is_empty() && !w.commands.iter().any(|c| p.comm.starts_with(c.as_str()))
        {
            continue;
        }
        let user = users::user_name(cx.sys, p.uid);
        let Some((cwd, files)) = cx.sys.open_files(p.pid) else { continue };
        let row = |fd: &str, kind: &'static str, name: String| Row {
            pid: p.pid,
            command: p.comm.chars().take(9).collect(),
            user: user.clone(),
            fd: fd.to_string(),
            kind,
            device: "0,1".to_string(),
            size: String::new(),
            node: String::new(),
            name,
        };
        let mut own = vec![row("cwd", "DIR", cwd), row("rtd", "DIR", "/".to_string())];
        own.push(row("txt", "REG", format!("/usr/bin/{}", p.comm)));
        for f in files {
            let mut one = row(&format!("{}{}", f.fd, f.mode), f.kind, f.name.clone());
            if let Some(s) = &f.socket {
                let at = |(a, p): (std::net::IpAddr, u16)| {
                    if a.is_unspecified() { format!("*:{p}") } else { format!("{a}:{p}") }
                };
                let (state, node) = match s.state {
                    SockState::Listening => (" (LISTEN)", "TCP"),
                    SockState::Connected => (" (ESTABLISHED)", "TCP"),
                    SockState::Connecting => (" (SYN_SENT)", "TCP"),
                    SockState::Udp => ("", "UDP"),
                    _ => (" (CLOSED)", "TCP"),
                };
                let ports = [Some(s.local.1), s.peer.map(|(_, p)| p)];
                if port.as_ref().is_some_and(|p| !ports.iter().flatten().any(|n| n.to_string() == *p))
                    || w.listening && s.state != SockState::Listening
                {
                    continue;
                }
                let peer = s.peer.map_or(String::new(), |p| format!("->{}", at(p)));
                one.name = format!("{}{peer}{state}", at(s.local));
                (one.size, one.node) = ("0t0".to_string(), node.to_string());
                one.device = (s.local.1 as u32 + 20_000).to_string();
            } else {
                match cx.sys.lstat(&f.name) {
                    Ok(stat) if f.kind == "REG" => {
                        (one.size, one.node) = (stat.size.to_string(), stat.ino.to_string())
                    }
                    _ => one.size = "0t0".to_string(),
                }
            }
            own.push(one);
        }
        rows.extend(own.into_iter().filter(|r| {
            (w.internet.is_none() || r.kind == "IPv4") && (w.names.is_empty() || w.names.contains(&r.name))
        }));
    }
    rows
}

fn table(cx: &mut Cx<'_, '_>, rows: &[Row]) {
    let width = |title: &str, text: &dyn Fn(&Row) -> usize| {
        rows.iter().map(text).chain([title.len()]).max().unwrap_or(0)
    };
    let command = width("COMMAND", &|r| r.command.len());
    let pid = width("PID", &|r| r.pid.to_string().len());
    let user = width("USER", &|r| r.user.len());
    let device = width("DEVICE", &|r| r.device.len());
    let size = width("SIZE/OFF", &|r| r.size.len());
    let node = width("NODE", &|r| r.node.len());
    cx.line(format!(
        "{:<command$} {:>pid$} {:>user$}   FD   TYPE {:>device$} {:>size$} {:>node$} NAME",
        "COMMAND", "PID", "USER", "DEVICE", "SIZE/OFF", "NODE"
    ));
    for r in rows {
        cx.line(format!(
            "{:<command$} {:>pid$} {:>user$} {:>4}{} {:>6} {:>device$} {:>size$} {:>node$} {}",
            r.command,
            r.pid,
            r.user,
            r.fd.trim_end_matches(['r', 'w', 'u']),
            r.fd.chars()
                .last()
                .filter(|c| "rwu".contains(*c) && r.fd.starts_with(|d: char| d.is_ascii_digit()))
                .unwrap_or(' '),
            r.kind,
            r.device,
            r.size,
            r.node,
            r.name
        ));
    }
}
