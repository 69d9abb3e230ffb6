//! What htop shows: meters, the list, the line of keys.

use super::{COLUMNS, Htop, Mode, signals};
use crate::{
    bin::{
        proc_view::{command, resident_kb, tenths, virtual_kb},
        screen::{Look, Page, Row as Cells, styled},
        top::Row,
    },
    kernel::ProcState,
    time::SECOND,
};

const KEYS: [(&str, &str); 10] = [
    ("F1", "Help  "),
    ("F2", "Setup "),
    ("F3", "Search"),
    ("F4", "Filter"),
    ("F5", "Tree  "),
    ("F6", "SortBy"),
    ("F7", "Nice -"),
    ("F8", "Nice +"),
    ("F9", "Kill  "),
    ("F10", "Quit  "),
];

const HELP: [&str; 14] = [
    "htop 3.2.2 - (C) 2004-2019 Hisham Muhammad. (C) 2020-2023 htop dev team.",
    "Released under the GNU GPLv2+. See 'man' page for more info.",
    "",
    "   Arrows: scroll process list         F3 /: incremental name search",
    "   Digits: incremental PID search      F4 \\: incremental name filtering",
    "   u: show processes of one user       F5 t: tree view",
    "   P: sort by CPU%                     F6 >: select sort column",
    "   M: sort by MEM%                     F9 k: kill process",
    "   T: sort by TIME                     I: invert sort order",
    "   N: sort by PID                      F10 q: quit",
    "",
    "   Setup (F2), priorities (F7, F8), threads and tags are not simulated.",
    "",
    "Press any key to return.",
];

/// A meter `width` wide: its name, a bar for a part of a thousand, and figures at its end.
fn meter(name: &str, permille: u64, figures: &str, width: usize) -> Cells {
    let inner = width.saturating_sub(5);
    let filled = (permille.min(1000) as usize * inner).div_ceil(1000);
    let mut cells = styled(&format!("{name:>3}"), Look::Cyan);
    cells.extend(styled("[", Look::Bold));
    let start = inner.saturating_sub(figures.chars().count());
    let mut figures = figures.chars();
    for at in 0..inner {
        let figure = if at >= start { figures.next() } else { None };
        let look = if at < filled { Look::Green } else { Look::Plain };
        cells.push((figure.unwrap_or(if at < filled { '|' } else { ' ' }), look));
    }
    cells.extend(styled("]", Look::Bold));
    cells
}

/// Bytes as meters tell them: `123M`, `7.76G`.
fn size(bytes: u64) -> String {
    let kb = bytes >> 10;
    let unit = |unit: &str, of: u64| {
        let hundredths = kb * 100 / of;
        let whole = hundredths / 100;
        match whole {
            0..10 => format!("{whole}.{:02}{unit}", hundredths % 100),
            10..100 => format!("{whole}.{}{unit}", hundredths % 100 / 10),
            _ => format!("{whole}{unit}"),
        }
    };
    match kb {
        0..1000 => format!("{kb}K"),
        1000..1_024_000 => unit("M", 1 << 10),
        _ => unit("G", 1 << 20),
    }
}

/// Kilobytes in five columns.
fn column(kb: u64) -> String {
    match kb {
        0..100_000 => format!("{kb:>5}"),
        100_000..10_240_000 => format!("{:>4}M", kb >> 10),
        _ => format!("{:>4}G", tenths((kb * 10) >> 20)),
    }
}

fn clock(us: u64) -> String {
    let cs = us / 10_000;
    let (hours, minutes) = (cs / 360_000, cs / 6000 % 60);
    if hours > 0 {
        return format!("{hours}h{minutes:02}:{:02}", cs / 100 % 60);
    }
    format!("{minutes}:{:02}.{:02}", cs / 100 % 60, cs % 100)
}

impl Htop {
    /// The whole page.
    pub(super) fn page(&mut self, cols: usize, rows: usize) -> Page {
        let mut page = Page::new(cols, rows);
        if self.mode == Mode::Help {
            HELP.iter().take(rows).for_each(|line| page.text(line));
            page.cursor = (0, rows - 1);
            return page;
        }
        self.meters(&mut page, cols);
        let menu = self.menu();
        let left = menu
            .as_ref()
            .map_or(0, |(lines, _)| lines.iter().map(|l| l.chars().count()).max().unwrap_or(0).max(14) + 1);
        let body = rows.saturating_sub(page.rows.len() + 2);
        self.height = body;
        self.top = self.top.min(self.at).max((self.at + 1).saturating_sub(body.max(1)));
        let mut lines = vec![self.titles(cols - left.min(cols))];
        lines
            .extend((self.top..self.top + body).map(|n| self.line(n, cols - left.min(cols), menu.is_none())));
        for (n, line) in lines.into_iter().enumerate() {
            let mut cells =
                menu.as_ref().map_or(Vec::new(), |(entries, at)| beside(entries, *at, n, left, body));
            cells.extend(line);
            page.push(cells);
        }
        self.bottom(&mut page, cols);
        page.cursor = (cols - 1, rows - 1);
        page
    }

    fn meters(&self, page: &mut Page, cols: usize) {
        let half = cols / 2;
        let m = &self.memory;
        let share = |part: u64| part.saturating_mul(1000) / m.total.max(1);
        let left = [
            meter("CPU", self.busy, &format!("{}%", tenths(self.busy)), half),
            meter("Mem", share(m.used), &format!("{}/{}", size(m.used), size(m.total)), half),
            meter("Swp", 0, "0K/0K", half),
        ];
        let running = self.rows.iter().filter(|r| r.info.state == ProcState::Running).count();
        let up = self.uptime / SECOND;
        let (days, hours) = (up / 86_400, up / 3600 % 24);
        let days = match days {
            0 => String::new(),
            1 => "1 day, ".to_string(),
            n => format!("{n} days, "),
        };
        let right = [
            ("Tasks: ", format!("{}, 0 thr; {running} running", self.rows.len())),
            ("Load average: ", self.load.join(" ")),
            ("Uptime: ", format!("{days}{hours:02}:{:02}:{:02}", up / 60 % 60, up % 60)),
        ];
        page.text("");
        for (mut cells, (name, figures)) in left.into_iter().zip(right) {
            cells.insert(0, (' ', Look::Plain));
            cells.extend(styled("   ", Look::Plain));
            cells.extend(styled(name, Look::Cyan));
            cells.extend(styled(&figures, Look::Bold));
            page.push(cells);
        }
        page.text("");
    }

    fn titles(&self, width: usize) -> Cells {
        let mut cells = Vec::new();
        let titles = [
            (0, "    PID"),
            (1, " USER      "),
            (2, " PRI"),
            (3, "  NI"),
            (4, "  VIRT"),
            (5, "   RES"),
            (99, "   SHR"),
            (6, " S"),
            (7, "  CPU%"),
            (8, " MEM%"),
            (9, "   TIME+"),
            (10, "  Command"),
        ];
        for (column, title) in titles {
            let chosen = column == self.sort && !self.tree;
            let text = match chosen {
                // The arrow takes the place of a blank.
                true if title.starts_with("  ") => {
                    format!("{}{}", &title[1..], if self.descending { '▽' } else { '△' })
                }
                _ => title.to_string(),
            };
            cells.extend(styled(&text, if chosen { Look::CyanBar } else { Look::GreenBar }));
        }
        cells.resize(width.max(cells.len()), (' ', Look::GreenBar));
        cells.truncate(width);
        cells
    }

    fn line(&self, n: usize, width: usize, active: bool) -> Cells {
        let Some((i, branch)) = self.shown.get(n) else { return Vec::new() };
        let Row { info: p, user, cpu } = &self.rows[*i];
        let text = format!(
            "{:>7} {user:<10.10} {:>3} {:>3} {} {} {} {} {:>5} {:>4} {:>8}  {branch}{}",
            p.pid,
            20 + i32::from(p.nice),
            p.nice,
            column(virtual_kb(p)),
            column(resident_kb(p)),
            column(resident_kb(p) / 2),
            p.state.letter(),
            tenths(*cpu),
            tenths(p.memory.saturating_mul(1000) / self.memory.total.max(1)),
            clock(p.cpu),
            command(p)
        );
        let look = match n == self.at {
            true if active => Look::CyanBar,
            true => Look::Reverse,
            false => Look::Plain,
        };
        let mut cells = styled(&text, look);
        if n == self.at {
            cells.resize(width.max(cells.len()), (' ', look));
        }
        cells.truncate(width);
        cells
    }

    /// The list at the left with its title first, and which line is chosen.
    fn menu(&self) -> Option<(Vec<String>, usize)> {
        let (title, lines, at) = match &self.mode {
            Mode::Sort(at) => ("Sort by", COLUMNS.iter().map(|(name, _)| name.to_string()).collect(), *at),
            Mode::Kill(at) => ("Send signal:", signals(), *at),
            Mode::User(at) => {
                let users = self.users.iter().map(|(_, name)| name.clone());
                (
                    "Show processes of:",
                    std::iter::once("All users".to_string()).chain(users).collect::<Vec<_>>(),
                    *at,
                )
            }
            _ => return None,
        };
        let mut all = vec![title.to_string()];
        all.extend(lines);
        Some((all, at))
    }

    fn bottom(&self, page: &mut Page, cols: usize) {
        let mut cells = Vec::new();
        let mut label = |key: &str, text: &str| {
            cells.extend(styled(key, Look::Plain));
            cells.extend(styled(text, Look::CyanBar));
        };
        match &self.mode {
            Mode::Search(text) => {
                label("F3", "Next  ");
                label("Esc", "Cancel ");
                label("", &format!(" Search: {text}"));
            }
            Mode::Filter(text) => {
                label("Enter", "Done  ");
                label("Esc", "Clear ");
                label("", &format!(" Filter: {text}"));
            }
            Mode::Sort(_) | Mode::Kill(_) | Mode::User(_) => {
                label("Enter", if matches!(self.mode, Mode::Kill(_)) { "Send  " } else { "Select" });
                label("Esc", "Cancel ");
            }
            _ if !self.message.is_empty() => label("", &self.message),
            _ => KEYS.iter().for_each(|(key, text)| label(key, text)),
        }
        cells.resize(cols.max(cells.len()), (' ', Look::CyanBar));
        page.push(cells);
    }
}

/// Line `n` of a list at the left: its title, or the entry that is there when the chosen one is in sight.
fn beside(entries: &[String], at: usize, n: usize, width: usize, body: usize) -> Cells {
    let (text, look) = match n {
        0 => (entries[0].as_str(), Look::GreenBar),
        n => {
            let top = (at + 1).saturating_sub(body.max(1));
            let entry = top + n - 1;
            let look = if entry == at { Look::CyanBar } else { Look::Plain };
            (entries.get(entry + 1).map_or("", |e| e.as_str()), look)
        }
    };
    let mut cells = styled(text, look);
    cells.truncate(width - 1);
    cells.resize(width - 1, (' ', look));
    cells.push((' ', Look::Plain));
    cells
}
