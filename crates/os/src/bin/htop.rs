//! htop: the processes in colours, to be searched, sorted, seen as a tree and killed.
//!
//! One screen, as it comes out of the box: no set-up (F2), no threads, no tags.

mod view;

use collections::StableSort;

use super::{
    opts,
    proc_view::command,
    process::with_cx,
    screen::{App, Key, Page, full_screen},
    tool::{Output, helped},
    top::{Row, Sampler},
    users,
};
use crate::{
    kernel::{MemoryFigures, Sys},
    program::{Pid, ProgramSpec, Wait},
    signal::{NAMES, Signal},
    time::{SECOND, Time},
};

/// `htop`.
pub const SPEC: ProgramSpec = ProgramSpec::inside("htop", HELP, || full_screen(Htop::default()));

const HELP: &str = "htop 3.2.2\n(C) 2004-2019 Hisham Muhammad. (C) 2020-2023 htop dev team.\nReleased under the GNU GPLv2+.\n\n-d --delay=DELAY                Set the delay between updates, in tenths of seconds\n-F --filter=FILTER              Show only the commands matching the given filter\n-h --help                       Print this help screen\n-p --pid=PID[,PID,PID...]       Show only the given PIDs\n-s --sort-key=COLUMN            Sort by COLUMN in list view (try --sort-key=help for a list)\n-t --tree                       Show the tree view\n-u --user=USERNAME              Show only processes for a given user\n-V --version                    Print version info\n\nPress F1 inside htop for online help.\n";

/// What processes are sorted by: the name of the option, and the title.
const COLUMNS: [(&str, &str); 11] = [
    ("PID", "PID"),
    ("USER", "USER"),
    ("PRIORITY", "PRI"),
    ("NICE", "NI"),
    ("M_VIRT", "VIRT"),
    ("M_RESIDENT", "RES"),
    ("STATE", "S"),
    ("PERCENT_CPU", "CPU%"),
    ("PERCENT_MEM", "MEM%"),
    ("TIME", "TIME+"),
    ("Command", "Command"),
];
const BY_CPU: usize = 7;

/// What the keys are for.
#[derive(Clone, PartialEq, Debug, Default)]
enum Mode {
    #[default]
    List,
    Help,
    Search(String),
    Filter(String),
    /// A list at the left: which of its lines is chosen.
    Sort(usize),
    Kill(usize),
    User(usize),
}

#[derive(Clone, Debug, Default)]
struct Htop {
    sampler: Sampler,
    rows: Vec<Row>,
    /// The rows that are shown, with the branches before their commands.
    shown: Vec<(usize, String)>,
    /// Tenths of a percent.
    busy: u64,
    memory: MemoryFigures,
    load: [String; 3],
    /// In µs.
    uptime: i64,
    next: Option<Time>,
    delay: i64,
    sort: usize,
    descending: bool,
    tree: bool,
    user: Option<u32>,
    users: Vec<(u32, String)>,
    pids: Vec<Pid>,
    filter: String,
    /// The process that is chosen, its place, and the first line that is seen.
    chosen: Pid,
    at: usize,
    top: usize,
    height: usize,
    mode: Mode,
    message: String,
    exit: Option<u8>,
}

impl Htop {
    /// Looks at the machine again.
    fn look(&mut self, sys: &mut Sys<'_>) {
        let (rows, busy) = self.sampler.look(sys);
        self.rows = rows;
        self.busy = busy;
        self.memory = sys.memory_figures();
        self.load = sys.load_averages();
        self.uptime = sys.now().since(sys.boot_time()).max(0);
        self.next = Some(sys.now().plus(self.delay));
        let mut users: Vec<(u32, String)> = self.rows.iter().map(|r| (r.info.uid, r.user.clone())).collect();
        users.stable_sort_by(|a, b| a.1.cmp(&b.1));
        users.dedup();
        self.users = users;
        self.arrange();
    }

    /// Sorts and chooses what is shown; the chosen process stays chosen.
    fn arrange(&mut self) {
        let key = self.sort;
        let order = |a: &Row, b: &Row| {
            let (x, y) = (&a.info, &b.info);
            match COLUMNS[key].0 {
                "USER" => a.user.cmp(&b.user),
                "PRIORITY" | "NICE" => x.nice.cmp(&y.nice),
                "M_VIRT" | "M_RESIDENT" | "PERCENT_MEM" => x.memory.cmp(&y.memory),
                "STATE" => x.state.letter().cmp(&y.state.letter()),
                "PERCENT_CPU" => a.cpu.cmp(&b.cpu),
                "TIME" => x.cpu.cmp(&y.cpu),
                "Command" => command(x).cmp(&command(y)),
                _ => x.pid.cmp(&y.pid),
            }
        };
        let descending = self.descending;
        self.rows.stable_sort_by(|a, b| {
            let order = if descending { order(b, a) } else { order(a, b) };
            order.then(a.info.pid.cmp(&b.info.pid))
        });
        let filter = self.filter.to_lowercase();
        let fits = |r: &Row| {
            self.user.is_none_or(|u| u == r.info.uid)
                && (self.pids.is_empty() || self.pids.contains(&r.info.pid))
                && (filter.is_empty() || command(&r.info).to_lowercase().contains(&filter))
        };
        let wanted: Vec<usize> = (0..self.rows.len()).filter(|i| fits(&self.rows[*i])).collect();
        self.shown = if self.tree {
            self.branches(&wanted)
        } else {
            wanted.into_iter().map(|i| (i, String::new())).collect()
        };
        let found = self.shown.iter().position(|(i, _)| self.rows[*i].info.pid == self.chosen);
        self.at = found.unwrap_or(self.at).min(self.shown.len().saturating_sub(1));
        self.choose(self.at);
    }

    /// The rows as a tree, each behind its parent, without recursion: a row's children are put before what was to come.
    fn branches(&self, wanted: &[usize]) -> Vec<(usize, String)> {
        let pid = |i: usize| self.rows[i].info.pid;
        let parent = |i: usize| wanted.iter().copied().find(|p| pid(*p) == self.rows[i].info.ppid && *p != i);
        let mut by_pid = wanted.to_vec();
        by_pid.stable_sort_by_key(|i| pid(*i));
        let parents: Vec<(usize, Option<usize>)> = by_pid.iter().map(|i| (*i, parent(*i))).collect();
        let mut todo: Vec<(usize, String, String)> = Vec::new();
        let roots = parents.iter().filter(|(_, parent)| parent.is_none()).rev();
        todo.extend(roots.map(|(i, _)| (*i, String::new(), String::new())));
        let mut out = Vec::new();
        while let Some((i, branch, below)) = todo.pop() {
            let children: Vec<usize> =
                parents.iter().filter(|(_, parent)| *parent == Some(i)).map(|(c, _)| *c).collect();
            for (n, child) in children.iter().enumerate().rev() {
                let last = n + 1 == children.len();
                let (mark, more) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                todo.push((*child, format!("{below}{mark}"), format!("{below}{more}")));
            }
            out.push((i, branch));
            if out.len() > self.rows.len() {
                break;
            }
        }
        out
    }

    fn choose(&mut self, at: usize) {
        self.at = at.min(self.shown.len().saturating_sub(1));
        self.chosen = self.shown.get(self.at).map_or(0, |(i, _)| self.rows[*i].info.pid);
    }

    fn sort_by(&mut self, column: usize) {
        self.sort = column;
        // Figures are most wanted where they are greatest.
        self.descending = (4..=9).contains(&column) && column != 6;
        self.tree = false;
        self.arrange();
    }

    /// The next process whose command has the text.
    fn search(&mut self, text: &str, from: usize) {
        let text = text.to_lowercase();
        let count = self.shown.len();
        let has = |n: &usize| {
            let (i, _) = &self.shown[*n];
            command(&self.rows[*i].info).to_lowercase().contains(&text)
        };
        if let Some(found) = (0..count).map(|n| (from + n) % count).find(has) {
            self.choose(found);
        }
    }

    fn list_key(&mut self, key: Key) {
        let page = self.height.max(1);
        match key {
            Key::Char('q') | Key::Function(10) | Key::Ctrl('C') => self.exit = Some(0),
            Key::Up | Key::Ctrl('P') => self.choose(self.at.saturating_sub(1)),
            Key::Down | Key::Ctrl('N') => self.choose(self.at + 1),
            Key::PageUp => self.choose(self.at.saturating_sub(page)),
            Key::PageDown => self.choose(self.at + page),
            Key::Home => self.choose(0),
            Key::End => self.choose(usize::MAX),
            Key::Function(1) | Key::Char('h' | '?') => self.mode = Mode::Help,
            Key::Function(2) | Key::Char('S') => self.message = "Setup is not simulated".to_string(),
            Key::Function(3) | Key::Char('/') => self.mode = Mode::Search(String::new()),
            Key::Function(4) | Key::Char('\\') => self.mode = Mode::Filter(self.filter.clone()),
            Key::Function(5) | Key::Char('t') => {
                self.tree = !self.tree;
                self.arrange();
            }
            Key::Function(6) | Key::Char('>' | '.' | '<' | ',') => self.mode = Mode::Sort(self.sort),
            Key::Function(7 | 8) => self.message = "Use renice: nothing here runs by priority".to_string(),
            Key::Function(9) | Key::Char('k') => self.mode = Mode::Kill(15),
            Key::Char('u') => self.mode = Mode::User(0),
            Key::Char('P') => self.sort_by(BY_CPU),
            Key::Char('M') => self.sort_by(8),
            Key::Char('T') => self.sort_by(9),
            Key::Char('N') => self.sort_by(0),
            Key::Char('I') => {
                self.descending = !self.descending;
                self.arrange();
            }
            Key::Char(c) if c.is_ascii_digit() => {
                let text = c.to_string();
                let found = self
                    .shown
                    .iter()
                    .position(|(i, _)| self.rows[*i].info.pid.to_string().starts_with(&text));
                self.choose(found.unwrap_or(self.at));
            }
            _ => {}
        }
    }

    /// A key while a text is typed; the text, unless that is over.
    fn typed(&mut self, mut text: String, key: Key) -> Option<String> {
        match key {
            Key::Char(c) if text.chars().count() < 100 => text.push(c),
            Key::Backspace => {
                text.pop();
            }
            Key::Enter | Key::Esc => return None,
            _ => {}
        }
        Some(text)
    }

    /// A key in a list at the left; the line, unless that is over.
    fn moved(at: usize, count: usize, key: Key) -> usize {
        match key {
            Key::Up => at.saturating_sub(1),
            Key::Down => (at + 1).min(count.saturating_sub(1)),
            Key::PageUp | Key::Home => 0,
            Key::PageDown | Key::End => count.saturating_sub(1),
            _ => at,
        }
    }

    fn kill(&mut self, sys: &mut Sys<'_>, number: usize) {
        if number > 0
            && self.chosen > 0
            && let Err(e) = sys.kill(self.chosen, Signal(number as u8))
        {
            self.message = format!("Cannot send the signal: {e}");
        }
        self.next = None;
    }
}

/// The lines of the list of signals.
fn signals() -> Vec<String> {
    (0..NAMES.len())
        .map(|n| if n == 0 { " 0 Cancel".to_string() } else { format!("{n:>2} SIG{}", NAMES[n]) })
        .collect()
}

impl App for Htop {
    fn begin(&mut self, sys: &mut Sys<'_>) -> Result<(), (String, u8)> {
        let mut said = Output::default();
        // A few lines, which any terminal or pipe takes at once.
        let tell = |sys: &mut Sys<'_>, text: &str| {
            let _written = sys.write(1, text.as_bytes());
            Err((String::new(), 0))
        };
        if helped(sys, &mut said) {
            return tell(sys, HELP);
        }
        let long = [
            ("delay", 'd'),
            ("filter", 'F'),
            ("pid", 'p'),
            ("sort-key", 's'),
            ("tree", 't'),
            ("user", 'u'),
            ("version", 'V'),
            ("no-color", 'C'),
            ("no-mouse", 'M'),
            ("help", 'h'),
        ];
        let opts = with_cx(sys, &mut said, |cx| opts::parse(cx, "d:F:p:s:tu:VCMhH:", &long));
        let opts = opts.map_err(|code| (said.text(), code))?;
        if opts.has('V') {
            return tell(sys, "htop 3.2.2\n");
        }
        if opts.has('h') {
            return tell(sys, HELP);
        }
        let tenths: i64 = match opts.value('d').map(str::parse) {
            None => 15,
            Some(Ok(n)) => n,
            Some(Err(_)) => {
                let value = opts.value('d').unwrap_or("");
                return Err((format!("Error: invalid delay value \"{value}\".\n"), 1));
            }
        };
        self.delay = tenths.clamp(1, 100) * SECOND / 10;
        self.filter = opts.value('F').unwrap_or("").to_string();
        self.tree = opts.has('t');
        self.pids =
            opts.value('p').map_or(Vec::new(), |p| p.split(',').filter_map(|p| p.parse().ok()).collect());
        if let Some(name) = opts.value('u') {
            self.user = users::by_name(sys, name).map(|u| u.uid).or(name.parse().ok());
            if self.user.is_none() {
                return Err((format!("Error: invalid user \"{name}\".\n"), 1));
            }
        }
        (self.sort, self.descending) = (BY_CPU, true);
        if let Some(column) = opts.value('s') {
            let Some(at) = COLUMNS.iter().position(|(name, _)| *name == column) else {
                return Err((format!("Error: invalid column \"{column}\".\n"), 1));
            };
            let tree = self.tree;
            self.sort_by(at);
            self.tree = tree;
        }
        if !sys.is_tty(1) || !sys.is_tty(0) {
            return Err(("Error opening terminal: unknown.\n".to_string(), 1));
        }
        Ok(())
    }

    fn key(&mut self, key: Key, sys: &mut Sys<'_>) {
        self.message.clear();
        match std::mem::take(&mut self.mode) {
            Mode::List => self.list_key(key),
            Mode::Help => {}
            Mode::Search(text) => {
                if key == Key::Function(3) {
                    self.search(&text, self.at + 1);
                    self.mode = Mode::Search(text);
                } else if let Some(text) = self.typed(text, key) {
                    self.search(&text, self.at);
                    self.mode = Mode::Search(text);
                }
            }
            Mode::Filter(text) => {
                if key == Key::Esc {
                    self.filter.clear();
                } else if let Some(text) = self.typed(text, key) {
                    self.filter = text.clone();
                    self.mode = Mode::Filter(text);
                }
                self.arrange();
            }
            Mode::Sort(at) => match key {
                Key::Enter => self.sort_by(at),
                Key::Esc | Key::Char('q') | Key::Function(10) => {}
                key => self.mode = Mode::Sort(Htop::moved(at, COLUMNS.len(), key)),
            },
            Mode::Kill(at) => match key {
                Key::Enter => self.kill(sys, at),
                Key::Esc | Key::Char('q') | Key::Function(10) => {}
                key => self.mode = Mode::Kill(Htop::moved(at, NAMES.len(), key)),
            },
            Mode::User(at) => match key {
                Key::Enter => {
                    self.user = at.checked_sub(1).and_then(|n| self.users.get(n)).map(|(uid, _)| *uid);
                    self.arrange();
                }
                Key::Esc | Key::Char('q') | Key::Function(10) => {}
                key => self.mode = Mode::User(Htop::moved(at, self.users.len() + 1, key)),
            },
        }
    }

    fn work(&mut self, sys: &mut Sys<'_>) -> Option<Wait> {
        if self.exit.is_none() && self.next.is_none_or(|next| sys.now() >= next) {
            self.look(sys);
            sys.spend(20 + self.rows.len() as u64);
        }
        self.next.map(Wait::until)
    }

    fn draw(&mut self, cols: usize, rows: usize) -> Page {
        self.page(cols, rows)
    }

    fn done(&self) -> Option<u8> {
        self.exit
    }

    fn has_alt(&self) -> bool {
        false
    }
}
