//! `column`: lines as a table.

use super::{
    opts,
    tool::{Cx, Filter, Flow, filter},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "column",
    "Usage:\n column [options] [<file>...]\n\nColumnate lists.\n\nOptions:\n -t, --table                      create a table\n -s, --separator <string>         possible table delimiters\n -o, --output-separator <string>  columns separator for table output\n                                    (default is two spaces)\n -c, --output-width <width>       width of output in number of characters\n",
    || filter(Column::default()),
);

#[derive(Clone, Debug, Default)]
struct Column {
    table: bool,
    separator: Option<String>,
    between: String,
    width: usize,
    lines: Vec<String>,
}

impl Filter for Column {
    fn begin(&mut self, cx: &mut Cx<'_, '_>) -> Result<Vec<String>, u8> {
        let long = [("table", 't'), ("separator", 's'), ("output-separator", 'o'), ("output-width", 'c')];
        let opts = opts::parse(cx, "ts:o:c:xne", &long)?;
        self.table = opts.has('t');
        self.separator = opts.value('s').map(str::to_string);
        self.between = opts.value('o').unwrap_or("  ").to_string();
        let window = cx.sys.window(1).map(|(cols, _)| usize::from(cols));
        self.width = opts.value('c').and_then(|w| w.parse().ok()).or(window).unwrap_or(80);
        Ok(opts.rest)
    }
    fn data(&mut self, _: &mut Cx<'_, '_>, bytes: &[u8]) -> Flow {
        let text = String::from_utf8_lossy(bytes).trim_end_matches('\n').to_string();
        if !text.trim().is_empty() {
            self.lines.push(text);
        }
        Flow::More
    }
    fn end(&mut self, cx: &mut Cx<'_, '_>, failed: bool) -> u8 {
        if self.table {
            self.as_table(cx)
        } else {
            self.as_columns(cx)
        }
        u8::from(failed)
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

impl Column {
    fn as_table(&self, cx: &mut Cx<'_, '_>) {
        let rows: Vec<Vec<&str>> = self
            .lines
            .iter()
            .map(|l| match &self.separator {
                Some(set) => l.split(|c| set.contains(c)).collect(),
                None => l.split_whitespace().collect(),
            })
            .collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|i| rows.iter().filter_map(|r| r.get(i)).map(|t| width(t)).max().unwrap_or(0))
            .collect();
        for row in rows {
            let mut line = String::new();
            for (i, wide) in widths.iter().enumerate() {
                let cell = row.get(i).copied().unwrap_or("");
                line.push_str(cell);
                if i + 1 < columns {
                    line.extend(std::iter::repeat_n(' ', wide - width(cell)));
                    line.push_str(&self.between);
                }
            }
            cx.line(line);
        }
    }

    /// Fills columns first.
    fn as_columns(&self, cx: &mut Cx<'_, '_>) {
        let longest = self.lines.iter().map(|l| width(l)).max().unwrap_or(0);
        let cell = (longest / 8 + 1) * 8;
        let columns = (self.width / cell).max(1);
        let rows = self.lines.len().div_ceil(columns);
        for row in 0..rows {
            let mut line = String::new();
            let cells: Vec<&String> = self.lines.iter().skip(row).step_by(rows).collect();
            for (i, text) in cells.iter().enumerate() {
                line.push_str(text);
                if i + 1 < cells.len() {
                    line.push_str(&"\t".repeat((cell - width(text)).div_ceil(8)));
                }
            }
            cx.line(line);
        }
    }
}
