//! Background and stopped commands.

use crate::{
    errno::Errno,
    host::ExitStatus,
    kernel::{ChildEvent, ShellKind, Sys, WaitFor},
    program::Pid,
    shell::Shell,
};

/// A job: a pipeline in the background, or stopped.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub id: u32,
    pub pgid: Pid,
    pub pids: Vec<(Pid, Option<ExitStatus>)>,
    pub text: String,
    pub stopped: bool,
    /// Its present state was shown.
    pub notified: bool,
    /// It is the parent shell's, known to this one by name only.
    pub inherited: bool,
}

/// How many ended processes bash remembers.
const FINISHED: usize = 1024;

impl Job {
    pub fn is_done(&self) -> bool {
        self.pids.iter().all(|(_, s)| s.is_some())
    }

    /// The status of the last process.
    pub fn status(&self) -> i32 {
        self.pids.last().and_then(|(_, s)| *s).map_or(0, ExitStatus::code)
    }

    fn state(&self) -> String {
        if self.stopped {
            return "Stopped".to_string();
        }
        if !self.is_done() {
            return "Running".to_string();
        }
        match self.pids.last().and_then(|(_, s)| *s) {
            Some(ExitStatus::Signal(s)) => s.description().to_string(),
            Some(ExitStatus::Code(0)) | None => "Done".to_string(),
            Some(ExitStatus::Code(c)) => format!("Exit {c}"),
        }
    }
}

impl Shell {
    pub(super) fn next_job_id(&self) -> u32 {
        self.jobs.iter().map(|j| j.id).max().unwrap_or(0) + 1
    }

    /// Takes a job that was waited for off the list; bash still knows how its processes ended.
    pub(super) fn forget(&mut self, at: usize) -> Job {
        let job = self.jobs.remove(at);
        if self.kind == ShellKind::Bash {
            let ended = job.pids.iter().filter_map(|(pid, s)| Some((*pid, (*s)?.code())));
            self.finished.extend(ended);
            let extra = self.finished.len().saturating_sub(FINISHED);
            self.finished.drain(..extra);
        }
        job
    }

    /// Reaps ended children that are no job's: inherited as process 1, or behind a process substitution.
    pub(super) fn reap_strangers(&mut self, sys: &mut Sys<'_>, foreground: &[(Pid, Option<ExitStatus>)]) {
        let known: Vec<Pid> =
            self.jobs.iter().flat_map(|j| &j.pids).chain(foreground).map(|(pid, _)| *pid).collect();
        sys.reap_others(&known);
    }

    /// Notes what became of children; done jobs stay in the list until they were shown or waited for.
    pub(super) fn update_jobs(&mut self, sys: &mut Sys<'_>) {
        for job in self.jobs.iter_mut().filter(|j| !j.inherited) {
            for (pid, status) in job.pids.iter_mut().filter(|(_, s)| s.is_none()) {
                match sys.wait(WaitFor::Pid(*pid), true) {
                    Ok((_, ChildEvent::Exited(s))) => {
                        *status = Some(s);
                        job.stopped = false;
                        job.notified = false;
                    }
                    Ok((_, ChildEvent::Stopped)) => {
                        job.stopped = true;
                        job.notified = false;
                    }
                    Ok((_, ChildEvent::Continued)) => job.stopped = false,
                    Err(Errno::EAGAIN) => {}
                    Err(_) => *status = Some(ExitStatus::Code(127)),
                }
            }
        }
        self.drop_coproc(sys);
    }

    /// Forgets a `coproc` that has ended: its variables and the shell's ends of its pipes.
    fn drop_coproc(&mut self, sys: &mut Sys<'_>) {
        let Some((name, pid, from, to)) = self.coproc.clone() else { return };
        let ended =
            self.jobs.iter().flat_map(|j| &j.pids).find(|(p, _)| *p == pid).is_none_or(|(_, s)| s.is_some());
        if !ended {
            return;
        }
        self.coproc = None;
        let _closed = (sys.close(from), sys.close(to));
        let _unset = (self.vars.unset(&name), self.vars.unset(&format!("{name}_PID")));
    }

    /// Shows jobs that ended, before a prompt.
    pub(super) fn reap_jobs(&mut self, sys: &mut Sys<'_>) {
        self.update_jobs(sys);
        let lines: Vec<String> = self
            .jobs
            .iter()
            .filter(|j| j.is_done() || (j.stopped && !j.notified))
            .map(|j| self.job_line(j, false))
            .collect();
        for line in lines {
            self.eprint(line);
        }
        self.jobs.retain(|j| !j.is_done());
        for job in &mut self.jobs {
            job.notified |= job.stopped;
        }
    }

    /// One line of `jobs`.
    pub(super) fn job_line(&self, job: &Job, with_pid: bool) -> String {
        let mark = self.job_mark(job);
        let state = job.state();
        let running = !job.is_done() && !job.stopped;
        let tail = if running && self.kind == ShellKind::Bash { " &" } else { "" };
        let pid =
            if with_pid { format!("{:>5} ", job.pids.first().map_or(0, |(p, _)| *p)) } else { String::new() };
        match self.kind {
            ShellKind::Bash => {
                let gap = if with_pid { "" } else { " " };
                format!("[{}]{mark} {gap}{pid}{state:<24}{}{tail}\n", job.id, job.text)
            }
            _ => format!("[{}] {mark} {pid}{state:<26}{}\n", job.id, job.text),
        }
    }

    fn job_mark(&self, job: &Job) -> char {
        let current = self.current_job();
        if current == Some(job.id) {
            return '+';
        }
        let previous = self.jobs.iter().rev().map(|j| j.id).find(|id| Some(*id) != current);
        if previous == Some(job.id) { '-' } else { ' ' }
    }

    fn current_job(&self) -> Option<u32> {
        self.jobs.iter().rev().find(|j| j.stopped).or(self.jobs.last()).map(|j| j.id)
    }

    /// The job meant by `%1`, `%%`, `%+`, `%-`, `%name`, or a process number.
    pub(super) fn find_job(&self, spec: &str) -> Option<usize> {
        let Some(name) = spec.strip_prefix('%') else {
            let pid: Pid = spec.parse().ok()?;
            return self.jobs.iter().position(|j| j.pids.iter().any(|(p, _)| *p == pid));
        };
        let id = match name {
            "" | "%" | "+" => self.current_job()?,
            "-" => {
                let current = self.current_job();
                self.jobs.iter().rev().map(|j| j.id).find(|id| Some(*id) != current)?
            }
            _ => match name.parse::<u32>() {
                Ok(id) => id,
                Err(_) => self.jobs.iter().rev().find(|j| j.text.starts_with(name))?.id,
            },
        };
        self.jobs.iter().position(|j| j.id == id)
    }
}
