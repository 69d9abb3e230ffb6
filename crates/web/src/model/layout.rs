//! Where the map's boxes go: a grid of nodes whose rows are as high as their fullest node needs. Only rows in sight
//! are drawn, so that thousands of nodes cost no more than a screenful.

use std::ops::Range;

/// Sizes of a density, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// Least width of a box.
    pub box_width: f64,
    /// Height of a box's head: name and bars.
    pub head: f64,
    /// A pod's cell with the gap around it.
    pub cell: f64,
    /// Between boxes.
    pub gap: f64,
    /// Within a box, around the cells.
    pub padding: f64,
    /// Rows of cells that an empty box has room for.
    pub least_rows: usize,
}

const LARGE: Density =
    Density { box_width: 264.0, head: 102.0, cell: 42.0, gap: 16.0, padding: 14.0, least_rows: 2 };
const ROOMY: Density =
    Density { box_width: 264.0, head: 102.0, cell: 30.0, gap: 16.0, padding: 14.0, least_rows: 2 };
const DENSE: Density =
    Density { box_width: 200.0, head: 92.0, cell: 20.0, gap: 12.0, padding: 10.0, least_rows: 2 };
const TINY: Density =
    Density { box_width: 126.0, head: 44.0, cell: 11.0, gap: 8.0, padding: 8.0, least_rows: 2 };

/// The density for a number of nodes and pods.
pub fn density(nodes: usize, pods: usize) -> Density {
    match (nodes, pods) {
        (0..=8, 0..=48) => LARGE,
        (0..=8, 0..=150) => ROOMY,
        (0..=60, 0..=1500) => DENSE,
        _ => TINY,
    }
}

/// One row of boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// From the grid's top, in pixels.
    pub top: f64,
    /// Of all boxes in it, in pixels; the gap is not part of it.
    pub height: f64,
    /// The index of its first box.
    pub first: usize,
}

/// The whole grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Boxes in a row.
    pub columns: usize,
    /// In pixels: what is there, shared by the columns.
    pub box_width: f64,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// In pixels.
    pub height: f64,
}

/// Lays out boxes that hold `pods[i]` pods each, in a given width.
pub fn grid(width: f64, pods: &[usize], density: Density) -> Grid {
    let columns = (((width + density.gap) / (density.box_width + density.gap)).floor() as usize)
        .clamp(1, pods.len().max(1));
    // A few nodes do not stretch over a wide screen.
    let widest = density.box_width * 1.7;
    let box_width = ((width - density.gap * (columns - 1) as f64) / columns as f64).min(widest).max(1.0);
    let per_row = cells_per_row(box_width, density);
    let mut rows = Vec::new();
    let mut top = 0.0;
    for (index, chunk) in pods.chunks(columns).enumerate() {
        let fullest = chunk.iter().max().copied().unwrap_or(0);
        let cell_rows = fullest.div_ceil(per_row).max(density.least_rows);
        let height = density.head + cell_rows as f64 * density.cell + density.padding;
        rows.push(Row { top, height, first: index * columns });
        top += height + density.gap;
    }
    Grid { columns, box_width, rows, height: (top - density.gap).max(0.0) }
}

/// How many cells fit side by side in a box.
pub fn cells_per_row(box_width: f64, density: Density) -> usize {
    (((box_width - 2.0 * density.padding) / density.cell).floor() as usize).max(1)
}

impl Grid {
    /// The rows in sight, with one more on each side.
    pub fn visible(&self, scroll: f64, height: f64) -> Range<usize> {
        let first = self.rows.partition_point(|it| it.top + it.height < scroll);
        let end = self.rows.partition_point(|it| it.top <= scroll + height);
        first.saturating_sub(1)..(end + 1).min(self.rows.len())
    }
}

/// The rows of a list with rows of one height that are in sight, with a few more on each side.
pub fn window(scroll: f64, height: f64, row: f64, count: usize) -> Range<usize> {
    const MORE: usize = 6;
    let first = ((scroll / row).max(0.0) as usize).saturating_sub(MORE);
    let end = ((scroll + height) / row).ceil() as usize + MORE;
    first.min(count)..end.min(count)
}

/// Keeps a split between its least sizes; `size` and `whole` in pixels.
pub fn clamp_split(size: f64, whole: f64, least_first: f64, least_second: f64) -> f64 {
    size.min(whole - least_second).max(least_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_high_as_their_fullest_node() {
        let grid = grid(600.0, &[3, 0, 110], ROOMY);
        assert_eq!(grid.columns, 2);
        assert_eq!(grid.rows.len(), 2);
        assert!(grid.rows[1].height > grid.rows[0].height);
        assert_eq!(grid.rows[1].first, 2);
    }

    #[test]
    fn thousands_of_nodes_draw_a_screenful() {
        let pods = vec![30; 5000];
        let grid = grid(1400.0, &pods, density(5000, 150_000));
        let visible = grid.visible(20_000.0, 800.0);
        assert!(visible.len() < 15, "{visible:?}");
        assert!(visible.start > 0 && visible.end < grid.rows.len());
    }

    #[test]
    fn windows_stay_within_the_list() {
        assert_eq!(window(0.0, 320.0, 32.0, 5), 0..5);
        assert_eq!(window(3200.0, 320.0, 32.0, 1000), 94..116);
        assert_eq!(clamp_split(900.0, 1000.0, 200.0, 300.0), 700.0);
    }
}
