//! What the screen shows: lines, numbers, selections, matches, the status line.

use super::{Mode, Shape, Vi};
use crate::bin::screen::{Look, Page, Row, cells, styled};
use crate::text::regex::Regex;

impl Vi {
    /// The page as it is now.
    pub(super) fn page(&mut self, cols: usize, rows: usize) -> Page {
        self.height = rows - 1;
        let numbers = self.settings.number || self.settings.relative;
        let gutter = if numbers { self.text.lines.len().to_string().len().max(3) + 1 } else { 0 };
        self.width = cols.saturating_sub(gutter).max(1);
        self.scroll();
        let mut page = Page::new(cols, rows);
        let lit = self.highlighted();
        let mut at = self.top;
        while page.rows.len() < self.height && at < self.text.lines.len() {
            self.draw_line(at, gutter, lit.as_ref(), &mut page);
            at += 1;
        }
        let shown = at;
        while page.rows.len() < self.height {
            page.push(styled("~", Look::Faint));
        }
        page.rows.truncate(self.height);
        if self.mode == Mode::Note {
            self.draw_note(&mut page);
        } else {
            self.draw_status(shown, &mut page);
        }
        page
    }

    /// How many rows of the screen a line takes.
    fn rows_of(&self, line: usize) -> usize {
        if !self.settings.wrap {
            return 1;
        }
        let (shown, _) = cells(&self.text.lines[line], self.settings.tab_stop);
        (shown.len() + usize::from(self.settings.list)).div_ceil(self.width.max(1)).max(1)
    }

    /// The cursor is in view.
    pub(super) fn scroll(&mut self) {
        self.top = self.top.min(self.row);
        if self.row >= self.top + 2 * self.height {
            self.top = self.row.saturating_sub(self.height / 2);
        }
        while self.top < self.row {
            let used: usize = (self.top..=self.row).map(|line| self.rows_of(line)).sum();
            if used <= self.height {
                break;
            }
            self.top += 1;
        }
        let column = self.column();
        if self.settings.wrap {
            self.left = 0;
        } else if column < self.left || column >= self.left + self.width {
            self.left = column.saturating_sub(self.width / 2);
        }
    }

    /// The column of the screen at which the cursor's character begins.
    fn column(&self) -> usize {
        let (_, columns) = cells(self.line(), self.settings.tab_stop);
        columns[self.col.min(self.line().len())]
    }

    /// Where the last search's matches are shown.
    fn highlighted(&self) -> Option<Regex> {
        if !self.settings.highlight || self.no_highlight {
            return None;
        }
        self.regex(&self.search.as_ref()?.0)
    }

    fn selected(&self, row: usize, col: usize) -> bool {
        let Mode::Visual { anchor, shape } = self.mode else { return false };
        let here = (self.row, self.col);
        let (from, to) = if anchor <= here { (anchor, here) } else { (here, anchor) };
        match shape {
            Shape::Lines => (from.0..=to.0).contains(&row),
            Shape::Chars => from <= (row, col) && (row, col) <= to,
            Shape::Block => {
                let (left, right) = self.block_columns(anchor, here);
                (from.0..=to.0).contains(&row) && (left..=right).contains(&col)
            }
        }
    }

    fn draw_line(&self, at: usize, gutter: usize, lit: Option<&Regex>, page: &mut Page) {
        let line = &self.text.lines[at];
        let (shown, columns) = cells(line, self.settings.tab_stop);
        let mut looks = vec![Look::Plain; shown.len()];
        let matches = lit.map_or(Vec::new(), |regex| matches(regex, line));
        for (n, pair) in columns.windows(2).enumerate() {
            if self.selected(at, n) {
                looks[pair[0]..pair[1]].fill(Look::Reverse);
            } else if matches.iter().any(|(from, to)| (*from..*to).contains(&n)) {
                looks[pair[0]..pair[1]].fill(Look::Match);
            }
        }
        let mut row: Row =
            if self.settings.list { self.listed(line) } else { shown.into_iter().zip(looks).collect() };
        if self.selected(at, 0) && row.is_empty() {
            row.push((' ', Look::Reverse));
        }
        if at == self.row {
            let column = if self.settings.list {
                self.listed(&line[..self.col.min(line.len())]).len() - 1
            } else {
                columns[self.col.min(line.len())]
            };
            // Vim stands on the last cell of a tab, but not while text is typed.
            let tab = line.get(self.col) == Some(&'\t') && self.mode == Mode::Normal && !self.settings.list;
            let column = if tab { columns[self.col + 1] - 1 } else { column };
            page.cursor = match self.settings.wrap {
                true => (gutter + column % self.width, page.rows.len() + column / self.width),
                false => (gutter + column.saturating_sub(self.left), page.rows.len()),
            };
        }
        self.push_rows(at, gutter, row, page);
    }

    /// The rows of the screen that one line takes.
    fn push_rows(&self, at: usize, gutter: usize, row: Row, page: &mut Page) {
        let label = match (self.settings.relative, at == self.row, self.settings.number) {
            (true, false, _) => at.abs_diff(self.row).to_string(),
            (true, true, false) => "0".to_owned(),
            _ => (at + 1).to_string(),
        };
        let own = self.settings.relative && self.settings.number && at == self.row;
        let w = gutter.saturating_sub(1);
        let number = if own { format!("{label:<w$} ") } else { format!("{label:>w$} ") };
        let row =
            if self.settings.wrap { row } else { row.into_iter().skip(self.left).take(self.width).collect() };
        let mut parts = row.chunks(self.width);
        let mut first = true;
        loop {
            let part = parts.next();
            if part.is_none() && !first {
                return;
            }
            let mut out = match (gutter, first) {
                (0, _) => Vec::new(),
                (_, true) => styled(&number, Look::Faint),
                (_, false) => styled(&" ".repeat(gutter), Look::Faint),
            };
            out.extend(part.unwrap_or_default());
            page.push(out);
            first = false;
        }
    }

    /// `:set list`: tabs as `^I`, the end as `$`.
    fn listed(&self, line: &[char]) -> Row {
        let mut row = Vec::new();
        for c in line {
            match c {
                '\t' => row.extend(styled("^I", Look::Faint)),
                c if (*c as u32) < 32 => {
                    row.extend(styled(&format!("^{}", (*c as u8 + 64) as char), Look::Faint));
                }
                c => row.push((*c, Look::Plain)),
            }
        }
        row.push(('$', Look::Faint));
        row
    }

    /// Lines to read over the lower part of the text.
    fn draw_note(&self, page: &mut Page) {
        let room = page.height - 1;
        let lines = &self.note[self.note.len().saturating_sub(room)..];
        let keep = room - lines.len();
        page.rows.truncate(keep);
        for line in lines {
            page.text(line);
        }
        let prompt =
            if self.busybox { "[Hit return to continue]" } else { "Press ENTER or type command to continue" };
        page.cursor = (prompt.len(), page.rows.len());
        page.text(prompt);
    }

    fn mode_name(&self) -> String {
        let recording =
            self.macro_into.as_ref().map_or(String::new(), |(name, _)| format!("recording @{name}"));
        let mode = match &self.mode {
            Mode::Insert if self.settings.paste => "-- INSERT (paste) --",
            Mode::Insert => "-- INSERT --",
            Mode::Replace => "-- REPLACE --",
            Mode::Normal if self.one_command => "-- (insert) --",
            Mode::Visual { shape: Shape::Chars, .. } => "-- VISUAL --",
            Mode::Visual { shape: Shape::Lines, .. } => "-- VISUAL LINE --",
            Mode::Visual { shape: Shape::Block, .. } => "-- VISUAL BLOCK --",
            _ => "",
        };
        format!("{mode}{recording}")
    }

    fn draw_status(&self, shown: usize, page: &mut Page) {
        if let Mode::Line { kind, text, at } = &self.mode {
            page.cursor = (1 + at, page.rows.len());
            return page.text(&format!("{kind}{}", text.iter().collect::<String>()));
        }
        if let Some(question) = self.question() {
            page.cursor = (question.chars().count(), page.rows.len());
            return page.text(&question);
        }
        if self.busybox {
            let text = if self.message.is_empty() { self.busybox_status() } else { self.message.clone() };
            return page.text(&text);
        }
        let mode = self.mode_name();
        let left = if mode.is_empty() || (self.mode == Mode::Normal && !self.message.is_empty()) {
            &self.message
        } else {
            &mode
        };
        let right = self.ruler(shown);
        let room = page.cols.saturating_sub(18);
        // A message that needs the place of the ruler takes it.
        if left.chars().count() > room {
            return page.text(left);
        }
        page.text(&format!("{left:<room$}{right}"));
    }

    fn ruler(&self, shown: usize) -> String {
        let total = self.text.lines.len();
        let place = match (self.top == 0, shown >= total) {
            (true, true) => "All".to_owned(),
            (true, false) => "Top".to_owned(),
            (false, true) => "Bot".to_owned(),
            (false, false) => format!("{}%", self.top * 100 / total.saturating_sub(self.height).max(1)),
        };
        let column = self.column() + 1;
        let ruler = match (self.line().len(), self.col + 1) {
            (0, _) => format!("{},0-1", self.row + 1),
            (_, n) if n == column => format!("{},{n}", self.row + 1),
            (_, n) => format!("{},{n}-{column}", self.row + 1),
        };
        format!("{ruler:<14}{place}")
    }

    fn busybox_status(&self) -> String {
        let mode = match self.mode {
            Mode::Insert => "I",
            Mode::Replace => "R",
            _ => "-",
        };
        let name = self.text.path.as_deref().unwrap_or("No file");
        let read_only = if self.read_only { " [Readonly]" } else { "" };
        let changed = if self.text.modified { " [Modified]" } else { "" };
        let (row, total) = (self.row + 1, self.text.lines.len());
        format!("{mode} {name}{read_only}{changed} {row}/{total} {}%", row * 100 / total)
    }
}

/// Where a pattern matches in a line, in characters.
fn matches(regex: &Regex, line: &[char]) -> Vec<(usize, usize)> {
    let text: String = line.iter().collect();
    let column = |byte: usize| text[..byte].chars().count();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = regex.find_at(&text, from) {
        if end > start {
            found.push((column(start), column(end)));
        }
        from = if end > start { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) };
        if from > text.len() {
            break;
        }
    }
    found
}
