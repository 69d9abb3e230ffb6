//! Column alignment as Go's `text/tabwriter`: cells end with a tab, a column is a run of lines that have that cell, the
//! last cell of a line belongs to no column.

/// Aligns text with tabs in it.
#[derive(Clone, Debug)]
pub struct TabWriter {
    min_width: usize,
    padding: usize,
    /// Widths that later flushes must keep (kubectl's tables while watching).
    remembered: Option<Vec<usize>>,
    text: String,
}

impl TabWriter {
    /// kubectl's writer for tables: at least 6 wide, 3 blanks between columns, widths kept from flush to flush.
    pub fn table() -> TabWriter {
        TabWriter { min_width: 6, padding: 3, remembered: Some(Vec::new()), text: String::new() }
    }

    /// The writer of `kubectl describe`: 2 blanks between columns.
    pub fn describe() -> TabWriter {
        TabWriter { min_width: 0, padding: 2, remembered: None, text: String::new() }
    }

    /// A writer with its own minimal width and padding.
    pub fn new(min_width: usize, padding: usize) -> TabWriter {
        TabWriter { min_width, padding, remembered: None, text: String::new() }
    }

    /// Adds text.
    pub fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Tells whether anything waits to be flushed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the waiting text, aligned.
    pub fn flush(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut out = String::with_capacity(text.len() * 2);
        let mut widths = Vec::new();
        self.format(&lines, 0, lines.len(), &mut widths, &mut out);
        out
    }

    fn format(
        &mut self,
        lines: &[Vec<&str>],
        mut from: usize,
        to: usize,
        widths: &mut Vec<usize>,
        out: &mut String,
    ) {
        let column = widths.len();
        let mut this = from;
        while this < to {
            if column + 1 >= lines[this].len() {
                this += 1;
                continue;
            }
            write_lines(lines, from, this, widths, out);
            from = this;
            let mut width = self.min_width;
            while this < to && column + 1 < lines[this].len() {
                width = width.max(lines[this][column].chars().count() + self.padding);
                this += 1;
            }
            if let Some(kept) = &mut self.remembered {
                if kept.len() == column {
                    kept.push(width);
                } else {
                    width = width.max(kept[column]);
                    kept[column] = width;
                }
            }
            widths.push(width);
            self.format(lines, from, this, widths, out);
            widths.pop();
            from = this;
        }
        write_lines(lines, from, to, widths, out);
    }
}

fn write_lines(lines: &[Vec<&str>], from: usize, to: usize, widths: &[usize], out: &mut String) {
    for (i, line) in lines.iter().enumerate().take(to).skip(from) {
        for (j, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(j) {
                out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
        }
        if i + 1 < lines.len() {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align_and_remember() {
        let mut w = TabWriter::table();
        w.write("NAME\tREADY\tAGE\nweb-1\t0/1\t4s\n");
        assert_eq!(w.flush(), "NAME    READY   AGE\nweb-1   0/1     4s\n");
        w.write("a\t1/1\t5s\n");
        assert_eq!(w.flush(), "a       1/1     5s\n");
    }

    #[test]
    fn columns_are_runs_of_lines() {
        let mut w = TabWriter::describe();
        w.write("Name:\tx\nLabels:\ta=b\n\tc=d\nConditions:\n  Type\tStatus\n  ----\t------\n  PodScheduled\tTrue \nEnd:\ty\n");
        assert_eq!(
            w.flush(),
            "Name:    x\nLabels:  a=b\n         c=d\nConditions:\n  Type          Status\n  ----          ------\n  PodScheduled  True \nEnd:            y\n"
        );
    }
}
