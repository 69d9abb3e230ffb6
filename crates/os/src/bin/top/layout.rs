//! The two layouts of top.

use super::{
    super::{
        proc_view::{command, resident_kb, short_kb, tenths, virtual_kb},
        uptime,
    },
    Row,
};
use crate::kernel::{ProcState, Sys};

/// Heading lines, column titles, rows.
pub type Screen = (Vec<String>, String, Vec<String>);

fn mib(bytes: u64) -> String {
    tenths(bytes * 10 / (1 << 20))
}

/// Kilobytes in at most `width` columns: more than fit are told in mega- or gigabytes.
fn scaled(kb: u64, width: usize) -> String {
    let plain = kb.to_string();
    if plain.len() <= width {
        return plain;
    }
    let mb = tenths(kb * 10 / 1024) + "m";
    if mb.len() <= width { mb } else { tenths(kb * 10 / (1 << 20)) + "g" }
}

pub fn procps(sys: &mut Sys<'_>, all: &[Row], chosen: &[&Row], busy: u64, full: bool) -> Screen {
    let count = |state| all.iter().filter(|r| r.info.state == state).count();
    let m = sys.memory_figures();
    let nice = 0;
    let head = vec![
        format!("top - {}", uptime::line(sys)),
        format!(
            "Tasks: {:>3} total, {:>3} running, {:>3} sleeping, {:>3} stopped, {:>3} zombie",
            all.len(),
            count(ProcState::Running),
            count(ProcState::Sleeping),
            count(ProcState::Stopped),
            count(ProcState::Zombie)
        ),
        format!(
            "%Cpu(s):{:>5} us,{:>5} sy,{:>5} ni,{:>5} id,{:>5} wa,{:>5} hi,{:>5} si,{:>5} st ",
            tenths(busy),
            "0.0",
            tenths(nice),
            tenths(1000 - busy),
            "0.0",
            "0.0",
            "0.0",
            "0.0"
        ),
        format!(
            "MiB Mem : {:>8} total, {:>8} free, {:>8} used, {:>8} buff/cache     ",
            mib(m.total),
            mib(m.free),
            mib(m.used),
            mib(m.cached)
        ),
        format!(
            "MiB Swap: {:>8} total, {:>8} free, {:>8} used. {:>8} avail Mem ",
            "0.0",
            "0.0",
            "0.0",
            mib(m.available)
        ),
    ];
    let title = "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND".to_string();
    let lines = chosen
        .iter()
        .map(|r| {
            let p = &r.info;
            let name = if full { command(p) } else { p.comm.to_string() };
            let user: String = if r.user.chars().count() > 8 {
                r.user.chars().take(7).collect::<String>() + "+"
            } else {
                r.user.clone()
            };
            let cs = p.cpu / 10_000;
            format!(
                "{:>7} {user:<8} {:>3} {:>3} {:>7} {:>6} {:>6} {} {:>5} {:>5} {:>9} {name}",
                p.pid,
                20 + i32::from(p.nice),
                p.nice,
                scaled(virtual_kb(p), 7),
                scaled(resident_kb(p), 6),
                scaled(resident_kb(p) / 2, 6),
                p.state.letter(),
                tenths(r.cpu),
                tenths(p.memory.saturating_mul(1000) / m.total.max(1)),
                format!("{}:{:02}.{:02}", cs / 6000, cs / 100 % 60, cs % 100)
            )
        })
        .collect();
    (head, title, lines)
}

pub fn busybox(sys: &mut Sys<'_>, chosen: &[&Row], busy: u64) -> Screen {
    let m = sys.memory_figures();
    let kb = |n: u64| n >> 10;
    let running = chosen.iter().filter(|r| r.info.state == ProcState::Running).count();
    let last = sys.processes().iter().map(|p| p.pid).max().unwrap_or(0);
    let head = vec![
        format!(
            "Mem: {}K used, {}K free, 0K shrd, 0K buff, {}K cached",
            kb(m.used + m.cached),
            kb(m.free),
            kb(m.cached)
        ),
        format!(
            "CPU: {:>3}% usr   0% sys   0% nic {:>3}% idle   0% io   0% irq   0% sirq",
            busy / 10,
            100 - busy / 10
        ),
        format!("Load average: {} {running}/{} {last}", sys.load_averages().join(" "), chosen.len()),
    ];
    let title = "  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND".to_string();
    let cores = u64::from(sys.limits().cores.max(1));
    let lines = chosen
        .iter()
        .map(|r| {
            let p = &r.info;
            let state = match p.nice {
                0 => format!("{}   ", p.state.letter()),
                n => format!("{} {} ", p.state.letter(), if n < 0 { '<' } else { 'N' }),
            };
            format!(
                "{:>5} {:>5} {:<8.8} {state}{:>6} {:>3}% {:>3} {:>3}% {}",
                p.pid,
                p.ppid,
                r.user,
                short_kb(virtual_kb(p)),
                virtual_kb(p) * 1024 * 100 / m.total.max(1),
                p.pid % sys.limits().cores.max(1),
                r.cpu / 10 / cores,
                command(p)
            )
        })
        .collect();
    (head, title, lines)
}
