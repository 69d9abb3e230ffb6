//! /proc and /sys/fs/cgroup: made up from the kernel's tables when somebody looks.

use crate::{
    fs::{ProcEntry, ProcSource},
    kernel::{Kernel, Process},
    program::Pid,
};

const TOP: [&str; 13] = [
    "cgroups",
    "cmdline",
    "cpuinfo",
    "filesystems",
    "loadavg",
    "meminfo",
    "mounts",
    "self",
    "stat",
    "sys",
    "uptime",
    "version",
    "net",
];
const PER_PROCESS: [&str; 9] = ["cgroup", "cmdline", "comm", "cwd", "environ", "exe", "fd", "stat", "status"];
const CGROUP: [&str; 10] = [
    "cgroup.controllers",
    "cgroup.procs",
    "cpu.max",
    "cpu.stat",
    "cpu.weight",
    "memory.current",
    "memory.events",
    "memory.max",
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
        if first == "self" {
            return if rest.is_empty() {
                Some(ProcEntry::Link(format!("/proc/{}", self.current)))
            } else {
                None
            };
        }
        if first == "sys" {
            return self.sysctl(&rest);
        }
        if first == "net" {
            return match rest.as_slice() {
                [] => Some(ProcEntry::Dir(vec!["dev".to_string(), "route".to_string()])),
                ["dev"] => text(NET_DEV.to_string()),
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

const NET_DEV: &str = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n  eth0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n";

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
            "uptime" => format!("{up:.2} {:.2}\n", up * f64::from(self.limits.cores)),
            "loadavg" => format!("0.00 0.00 0.00 1/{} {}\n", self.procs.len(), self.next_pid.saturating_sub(1)),
            "version" => "Linux version 6.1.0-kubarium (kubarium@localhost) #1 SMP PREEMPT_DYNAMIC\n".to_string(),
            "cmdline" => "BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1\n".to_string(),
            "filesystems" => "nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n\text4\n".to_string(),
            "cgroups" => "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\npids\t0\t1\t1\n".to_string(),
            "stat" => format!("cpu  {} 0 0 0 0 0 0 0 0 0\nbtime {}\nprocesses {}\n", self.cpu_used / 10_000, self.boot.secs(), self.next_pid),
            "mounts" => "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n".to_string(),
            "meminfo" => {
                let total = self.limits.total_memory / 1024;
                let free = total.saturating_sub(self.memory() / 1024);
                format!(
                    "MemTotal:       {total:8} kB\nMemFree:        {free:8} kB\nMemAvailable:   {free:8} kB\nBuffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n"
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

    fn sysctl(&self, rest: &[&str]) -> Option<ProcEntry> {
        match rest {
            [] => dir(&["kernel", "net", "vm"]),
            ["kernel"] => dir(&["hostname", "osrelease", "ostype", "pid_max"]),
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
                format!("usage_usec {}\nuser_usec {}\nsystem_usec 0\n", self.cpu_used, self.cpu_used)
            }
            // The kubelet's conversion: request → cgroup v1 shares (at least 2) → cgroup v2 weight.
            "cpu.weight" => {
                let shares = (limits.cpu_request_milli * 1024 / 1000).clamp(2, 262_144);
                format!("{}\n", 1 + (shares - 2) * 9999 / 262_142)
            }
            "memory.current" => format!("{}\n", self.memory()),
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
            ["cwd"] => Some(ProcEntry::Link(proc.cwd.to_string())),
            ["exe"] => Some(ProcEntry::Link(format!("/bin/{}", info.comm))),
            ["fd"] => Some(ProcEntry::Dir(proc.fds.keys().map(|f| f.to_string()).collect())),
            ["fd", n] => {
                let d = proc.fds.get(&n.parse().ok()?)?;
                let file = self.files.get(&d.file)?;
                let target =
                    if file.path.is_empty() { format!("pipe:[{}]", d.file) } else { file.path.clone() };
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
