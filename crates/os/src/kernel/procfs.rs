//! /proc and /sys/fs/cgroup: made up from the kernel's tables when somebody looks.

use crate::{
    fs::{ProcEntry, ProcSource},
    kernel::{Kernel, Kind, Process, State},
    program::Pid,
};

const TOP: [&str; 18] = [
    "cgroups",
    "cmdline",
    "cpuinfo",
    "devices",
    "filesystems",
    "loadavg",
    "modules",
    "meminfo",
    "mounts",
    "partitions",
    "self",
    "stat",
    "swaps",
    "sys",
    "thread-self",
    "uptime",
    "version",
    "net",
];
const PER_PROCESS: [&str; 19] = [
    "cgroup",
    "cmdline",
    "comm",
    "cwd",
    "environ",
    "exe",
    "fd",
    "io",
    "limits",
    "mountinfo",
    "mounts",
    "oom_score",
    "oom_score_adj",
    "root",
    "stat",
    "statm",
    "status",
    "task",
    "wchan",
];
const CGROUP: [&str; 25] = [
    "cgroup.controllers",
    "cgroup.events",
    "cgroup.procs",
    "cgroup.type",
    "cpu.max",
    "cpu.stat",
    "cpu.max.burst",
    "cpu.pressure",
    "cpu.weight",
    "cpuset.cpus.effective",
    "io.pressure",
    "io.stat",
    "memory.current",
    "memory.events",
    "memory.high",
    "memory.low",
    "memory.max",
    "memory.min",
    "memory.peak",
    "memory.pressure",
    "memory.stat",
    "memory.swap.current",
    "memory.swap.max",
    "pids.current",
    "pids.max",
];

impl ProcSource for Kernel {
    fn entry(&self, path: &str) -> Option<ProcEntry> {
        if let Some(rest) = path.strip_prefix("/sys/fs/cgroup") {
            return self.cgroup(rest.trim_start_matches('/'));
        }
        let rest = path.strip_prefix("/proc")?.trim_start_matches('/');
        let mut parts = rest.split('/').filter(|p| !p.is_empty());
        let Some(first) = parts.next() else {
            let mut names: Vec<String> = self.procs.keys().map(|p| p.to_string()).collect();
            names.extend(TOP.iter().map(|n| n.to_string()));
            return Some(ProcEntry::Dir(names));
        };
        if let Ok(pid) = first.parse::<Pid>() {
            let proc = self.procs.get(&pid)?;
            return self.process_entry(pid, proc, &parts.collect::<Vec<_>>());
        }
        let rest: Vec<&str> = parts.collect();
        match (first, rest.is_empty()) {
            ("self", true) => return Some(ProcEntry::Link(self.current.to_string())),
            ("thread-self", true) => return Some(ProcEntry::Link(format!("{0}/task/{0}", self.current))),
            _ => {}
        }
        if first == "sys" {
            return self.sysctl(&rest);
        }
        if first == "net" {
            return match rest.as_slice() {
                [] => Some(ProcEntry::Dir(vec!["dev".to_string(), "route".to_string()])),
                ["dev"] => text(self.net_dev()),
                ["route"] => text(
                    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                        .to_string(),
                ),
                _ => None,
            };
        }
        if !rest.is_empty() {
            return None;
        }
        self.top_file(first).and_then(text)
    }
}

fn text(s: String) -> Option<ProcEntry> {
    Some(ProcEntry::File(s.into_bytes()))
}

fn dir(names: &[&str]) -> Option<ProcEntry> {
    Some(ProcEntry::Dir(names.iter().map(|n| n.to_string()).collect()))
}

impl Kernel {
    /// Memory of all processes in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.procs.values().map(|p| p.memory).sum()
    }

    fn top_file(&self, name: &str) -> Option<String> {
        let up = self.now.since(self.boot).max(0) as f64 / 1e6;
        Some(match name {
            "uptime" => format!("{up:.2} {:.2}\n", (up * f64::from(self.limits.cores) - self.cpu_used as f64 / 1e6).max(0.0)),
            "loadavg" => {
                let running = self.procs.values().filter(|p| matches!(p.state, State::Ready)).count();
                let last = self.next_pid.saturating_sub(1);
                format!("{} {running}/{} {last}\n", self.load_texts().join(" "), self.procs.len())
            }
            "version" => "Linux version 6.1.0-kubarium (kubarium@localhost) #1 SMP PREEMPT_DYNAMIC\n".to_string(),
            "cmdline" => "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1\n".to_string(),
            "filesystems" => "nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n\text4\n".to_string(),
            "cgroups" => "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\npids\t0\t1\t1\n".to_string(),
            "stat" => format!("cpu  {} 0 0 0 0 0 0 0 0 0\nbtime {}\nprocesses {}\n", self.cpu_used / 10_000, self.boot.secs(), self.next_pid),
            // The mount table is the file system's: it puts its text here.
            "mounts" => String::new(),
            "swaps" => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n".to_string(),
            "partitions" => "major minor  #blocks  name\n\n 254        0   20971520 vda\n 254        1   20970496 vda1\n".to_string(),
            "modules" => "overlay 163840 10 - Live 0x0000000000000000\nbr_netfilter 36864 0 - Live 0x0000000000000000\n".to_string(),
            "devices" => "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n254 virtblk\n".to_string(),
            "meminfo" => {
                let m = self.memory_figures();
                let [total, free, available, cached] = [m.total, m.free, m.available, m.cached].map(|n| n / 1024);
                format!(
                    "MemTotal:       {total:8} kB\nMemFree:        {free:8} kB\nMemAvailable:   {available:8} kB\nBuffers:               0 kB\nCached:         {cached:8} kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n"
                )
            }
            "cpuinfo" => (0..self.limits.cores)
                .map(|n| {
                    format!(
                        "processor\t: {n}\nvendor_id\t: Kubarium\nmodel name\t: Simulated CPU\ncpu MHz\t\t: 2000.000\ncpu cores\t: {}\n\n",
                        self.limits.cores
                    )
                })
                .collect(),
            _ => return None,
        })
    }

    /// A random UUID from a number: it does not use up the machine's random numbers, for a look changes nothing.
    fn uuid(&self, seed: u64) -> String {
        let mix = |n: u64| (n ^ (n >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (n << 17);
        let (a, b) = (mix(seed), mix(mix(seed)));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}\n",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 48) & 0x3fff,
            b & 0xffff_ffff_ffff
        )
    }

    fn net_dev(&self) -> String {
        let t = self.traffic;
        let mut text = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n".to_string();
        if !self.addresses.is_empty() {
            text.push_str(&format!(
                "  eth0: {:>7} {:>7}    0    0    0     0          0         0 {:>8} {:>7}    0    0    0     0       0          0\n",
                t.received, t.received_packets, t.sent, t.sent_packets
            ));
        }
        text
    }

    fn sysctl(&self, rest: &[&str]) -> Option<ProcEntry> {
        match rest {
            [] => dir(&["fs", "kernel", "net", "vm"]),
            ["fs"] => dir(&["file-max", "inotify"]),
            ["fs", "file-max"] => text("9223372036854775807\n".to_string()),
            ["fs", "inotify"] => dir(&["max_user_instances", "max_user_watches"]),
            ["fs", "inotify", "max_user_instances"] => text("128\n".to_string()),
            ["fs", "inotify", "max_user_watches"] => text("65536\n".to_string()),
            ["kernel", "random"] => dir(&["boot_id", "entropy_avail", "uuid"]),
            ["kernel", "random", "entropy_avail"] => text("256\n".to_string()),
            ["kernel", "random", "uuid"] => text(self.uuid(self.rng ^ u64::from(self.next_id))),
            ["kernel", "random", "boot_id"] => text(self.uuid(self.boot.secs() as u64)),
            ["kernel", "version"] => text("#1 SMP PREEMPT_DYNAMIC\n".to_string()),
            ["kernel", "threads-max"] => text("30832\n".to_string()),
            ["kernel"] => {
                dir(&["hostname", "osrelease", "ostype", "pid_max", "random", "threads-max", "version"])
            }
            ["kernel", "hostname"] => text(format!("{}\n", self.hostname)),
            ["kernel", "osrelease"] => text(format!("{}\n", crate::bin::RELEASE)),
            ["kernel", "ostype"] => text("Linux\n".to_string()),
            ["kernel", "pid_max"] => text("4194304\n".to_string()),
            ["vm"] => dir(&["max_map_count", "overcommit_memory", "swappiness"]),
            ["vm", "max_map_count"] => text("65530\n".to_string()),
            ["vm", "overcommit_memory"] => text("1\n".to_string()),
            ["vm", "swappiness"] => text("60\n".to_string()),
            ["net"] => dir(&["core", "ipv4"]),
            ["net", "core"] => dir(&["somaxconn"]),
            ["net", "core", "somaxconn"] => text("4096\n".to_string()),
            ["net", "ipv4"] => dir(&["ip_forward", "ip_unprivileged_port_start"]),
            ["net", "ipv4", "ip_forward"] => text("1\n".to_string()),
            ["net", "ipv4", "ip_unprivileged_port_start"] => text("0\n".to_string()),
            _ => None,
        }
    }

    fn cgroup(&self, name: &str) -> Option<ProcEntry> {
        let limits = &self.limits;
        text(match name {
            "" => return dir(&CGROUP),
            "cgroup.controllers" => "cpuset cpu io memory hugetlb pids rdma\n".to_string(),
            "cgroup.procs" => self.procs.keys().map(|p| format!("{p}\n")).collect(),
            "cpu.max" => match limits.cpu_milli {
                Some(milli) => format!("{} 100000\n", milli * 100),
                None => "max 100000\n".to_string(),
            },
            "cpu.stat" => {
                format!(
                    "usage_usec {0}\nuser_usec {0}\nsystem_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n",
                    self.cpu_used
                )
            }
            // The kubelet's conversion: request → cgroup v1 shares (at least 2) → cgroup v2 weight.
            "cpu.weight" => {
                let shares = (limits.cpu_request_milli * 1024 / 1000).clamp(2, 262_144);
                format!("{}\n", 1 + (shares - 2) * 9999 / 262_142)
            }
            "memory.current" | "memory.peak" => format!("{}\n", self.memory()),
            "memory.low" | "memory.min" | "memory.swap.current" | "cpu.max.burst" => "0\n".to_string(),
            "memory.high" => "max\n".to_string(),
            "memory.swap.max" => "0\n".to_string(),
            "memory.stat" => format!(
                "anon {0}\nfile 0\nkernel 0\nkernel_stack 0\npagetables 0\nsock 0\nshmem 0\ninactive_anon 0\nactive_anon {0}\ninactive_file 0\nactive_file 0\n",
                self.memory()
            ),
            "cgroup.events" => format!("populated {}\nfrozen 0\n", u8::from(!self.procs.is_empty())),
            "cgroup.type" => "domain\n".to_string(),
            "cpuset.cpus.effective" => match limits.cores {
                0 | 1 => "0\n".to_string(),
                n => format!("0-{}\n", n - 1),
            },
            "cpu.pressure" | "io.pressure" | "memory.pressure" => {
                "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
                    .to_string()
            }
            "io.stat" => String::new(),
            "memory.max" => limits.memory.map_or("max\n".to_string(), |m| format!("{m}\n")),
            "memory.events" => "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n".to_string(),
            "pids.current" => format!("{}\n", self.procs.len()),
            "pids.max" => format!("{}\n", limits.processes),
            _ => return None,
        })
    }

    fn process_entry(&self, pid: Pid, proc: &Process, rest: &[&str]) -> Option<ProcEntry> {
        let info = self.proc_info(pid, proc);
        match rest {
            [] => dir(&PER_PROCESS),
            ["cmdline"] => text(info.argv.iter().map(|a| format!("{a}\0")).collect()),
            ["comm"] => text(format!("{}\n", info.comm)),
            ["environ"] => text(proc.env.iter().map(|(k, v)| format!("{k}={v}\0")).collect()),
            ["cgroup"] => text("0::/\n".to_string()),
            ["limits"] => text(proc.rlimits.text()),
            ["mounts" | "mountinfo" | "wchan"] => text(String::new()),
            ["root"] => Some(ProcEntry::Link("/".to_string())),
            ["oom_score"] => text("666\n".to_string()),
            ["oom_score_adj"] => text("0\n".to_string()),
            ["io"] => text(
                "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"
                    .to_string(),
            ),
            ["statm"] => {
                let pages = info.memory / 4096;
                text(format!("{pages} {pages} 0 0 0 {pages} 0\n"))
            }
            ["task"] => dir(&[&pid.to_string()]),
            ["task", tid, rest @ ..] if *tid == pid.to_string() && !rest.contains(&"task") => {
                self.process_entry(pid, proc, rest)
            }
            ["cwd"] => Some(ProcEntry::Link(proc.cwd.to_string())),
            ["exe"] => Some(ProcEntry::Link(format!("/bin/{}", info.comm))),
            ["fd"] => Some(ProcEntry::Dir(proc.fds.keys().map(|f| f.to_string()).collect())),
            ["fd", n] => {
                let d = proc.fds.get(&n.parse().ok()?)?;
                let file = self.files.get(&d.file)?;
                let target = match &file.kind {
                    _ if !file.path.is_empty() => file.path.clone(),
                    Kind::Tty(n) => format!("/dev/pts/{n}"),
                    Kind::Sock(n) => format!("socket:[{n}]"),
                    Kind::PipeRead(n) | Kind::PipeWrite(n) | Kind::PipeBoth(n) => format!("pipe:[{n}]"),
                    _ => format!("pipe:[{}]", d.file),
                };
                Some(ProcEntry::Link(target))
            }
            ["stat"] => text(format!(
                "{pid} ({}) {} {} {} {} 0 -1 0 0 0 0 0 {} 0 0 0 20 0 1 0 {} {} {}\n",
                info.comm,
                info.state.letter(),
                info.ppid,
                info.pgid,
                info.sid,
                info.cpu / 10_000,
                info.started.since(self.boot).max(0) / 10_000,
                info.memory,
                info.memory / 4096
            )),
            ["status"] => text(format!(
                "Name:\t{}\nUmask:\t{:04o}\nState:\t{}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{}\nUid:\t{u}\t{u}\t{u}\t{u}\nGid:\t{g}\t{g}\t{g}\t{g}\nVmSize:\t{m:8} kB\nVmRSS:\t{m:8} kB\nThreads:\t1\n",
                info.comm,
                proc.cred.umask,
                match info.state.letter() {
                    'R' => "R (running)",
                    'S' => "S (sleeping)",
                    'T' => "T (stopped)",
                    _ => "Z (zombie)",
                },
                info.ppid,
                u = info.uid,
                g = info.gid,
                m = info.memory / 1024
            )),
            _ => None,
        }
    }
}
