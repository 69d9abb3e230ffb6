//! How nano's screen looks: the title, the lines, the status line, the keys.

use super::{Ask, Nano, VERSION};
use crate::bin::screen::{Look, Page, Row, cells, styled};

const KEYS: [[(&str, &str); 6]; 2] = [
    [
        ("^G", "Help"),
        ("^O", "Write Out"),
        ("^W", "Where Is"),
        ("^K", "Cut"),
        ("^T", "Execute"),
        ("^C", "Location"),
    ],
    [
        ("^X", "Exit"),
        ("^R", "Read File"),
        ("^\\", "Replace"),
        ("^U", "Paste"),
        ("^J", "Justify"),
        ("^/", "Go To Line"),
    ],
];

/// The first column shown of a line with the cursor at this column.
pub(super) fn page_start(column: usize, width: usize) -> usize {
    if column < width - 1 { 0 } else { column - column % (width - 8) }
}

impl Nano {
    pub(super) fn title(&self, cols: usize) -> Row {
        let name = match (&self.text.path, self.help) {
            (_, true) => "",
            (Some(path), _) => path.as_str(),
            (None, _) => "New Buffer",
        };
        let name: String = name.chars().take(cols.saturating_sub(30)).collect();
        let state = match (self.text.modified, self.view) {
            (true, _) => "Modified",
            (_, true) => "View",
            _ => "",
        };
        let mut line: Vec<char> = vec![' '; cols];
        let mut put = |at: usize, text: &str| {
            for (n, c) in text.chars().enumerate() {
                if let Some(cell) = line.get_mut(at + n) {
                    *cell = c;
                }
            }
        };
        put(2, VERSION);
        put((cols.saturating_sub(name.chars().count())) / 2, &name);
        put(cols.saturating_sub(state.len() + 1), state);
        styled(&line.into_iter().collect::<String>(), Look::Reverse)
    }

    pub(super) fn draw_line(&self, at: usize, line: &[char], gutter: usize, width: usize) -> Row {
        let (shown, columns) = cells(line, self.tab);
        let start = if at == self.row { page_start(columns[self.col], width.max(9)) } else { 0 };
        let mut row = if gutter > 0 {
            styled(&format!("{:>w$} ", at + 1, w = gutter - 1), Look::Reverse)
        } else {
            Vec::new()
        };
        let mut looks = vec![Look::Plain; shown.len()];
        let match_here = matches!(&self.ask, Some((Ask::ReplaceThis(..), _))) && at == self.row;
        let lit = match self.region() {
            _ if match_here => self.col..(self.col + self.found).min(line.len()),
            Some((from, to)) if (from.0..=to.0).contains(&at) => {
                (if at == from.0 { from.1 } else { 0 })..(if at == to.0 { to.1 } else { line.len() })
            }
            _ => 0..0,
        };
        looks[columns[lit.start]..columns[lit.end]].fill(Look::Reverse);
        row.extend(shown.iter().copied().zip(looks).skip(start).take(width));
        if start > 0
            && let Some(first) = row.get_mut(gutter)
        {
            *first = ('<', Look::Reverse);
        }
        if shown.len() > start + width
            && let Some(last) = row.last_mut()
        {
            *last = ('>', Look::Reverse);
        }
        row
    }

    pub(super) fn draw_bottom(&self, page: &mut Page) {
        let cols = page.cols;
        let Some((ask, answer)) = &self.ask else {
            if self.message.is_empty() {
                page.push(Vec::new());
            } else {
                let pad = cols.saturating_sub(self.message.chars().count()) / 2;
                let mut row = styled(&" ".repeat(pad), Look::Plain);
                row.extend(styled(&self.message, Look::Reverse));
                page.push(row);
            }
            for line in KEYS {
                page.push(shortcuts(&line, cols));
            }
            return;
        };
        let question = self.question(ask);
        page.cursor = (question.chars().count() + answer.chars().count(), page.rows.len());
        let line = format!("{question}{answer}");
        page.push(styled(&format!("{line:<cols$}"), Look::Reverse));
        if matches!(ask, Ask::Save | Ask::Overwrite { .. } | Ask::Rename { .. } | Ask::ReplaceThis(..)) {
            let one = !matches!(ask, Ask::ReplaceThis(..));
            let all: &[(&str, &str)] = if one { &[(" Y", "Yes")] } else { &[(" Y", "Yes"), (" A", "All")] };
            page.push(shortcuts(all, cols));
            page.push(shortcuts(&[(" N", "No"), ("^C", "Cancel")], cols));
        } else {
            page.push(shortcuts(&[("^G", "Help")], cols));
            page.push(shortcuts(&[("^C", "Cancel")], cols));
        }
    }

    fn question(&self, ask: &Ask) -> String {
        match ask {
            Ask::Save => "Save modified buffer? ".to_owned(),
            Ask::Overwrite { name, .. } => format!("File \"{name}\" exists; OVERWRITE? "),
            Ask::Rename { .. } => "Save file under DIFFERENT NAME? ".to_owned(),
            Ask::Command => "Command to execute: ".to_owned(),
            Ask::Write { .. } => "File Name to Write: ".to_owned(),
            Ask::Search | Ask::Replace => {
                let mut text = "Search".to_owned();
                for (set, word) in [
                    (self.case, " [Case Sensitive]"),
                    (self.pattern, " [Reg.exp.]"),
                    (self.backwards && *ask == Ask::Search, " [Backwards]"),
                    (*ask == Ask::Replace, " (to replace)"),
                ] {
                    text.push_str(if set { word } else { "" });
                }
                if !self.last_search.is_empty() {
                    text.push_str(&format!(" [{}]", self.last_search));
                }
                text + ": "
            }
            Ask::ReplaceWith(_) => "Replace with: ".to_owned(),
            Ask::ReplaceThis(..) => "Replace this instance? ".to_owned(),
            Ask::Line => "Enter line number, column number: ".to_owned(),
            Ask::Read => "File to insert [from ./]: ".to_owned(),
        }
    }
}

fn shortcuts(keys: &[(&str, &str)], cols: usize) -> Row {
    let width = (cols / 6).max(11);
    let mut row = Vec::new();
    for (key, label) in keys {
        row.extend(styled(key, Look::Reverse));
        row.extend(styled(&format!(" {label:<w$}", w = width.saturating_sub(3)), Look::Plain));
    }
    row
}
