//! A collection as the server's Table: columns and rows as the server prints them, sorted and filtered here.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use collections::StableSort;
use kubarium_protocol::{Clock, EventKind, Json, Micros, WatchUpdate};

use crate::model::collection::{Key, Sink, key_of, number, text};
use crate::model::units::{age, parse_time};

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The heading.
    pub name: String,
    /// Above 0: only in wide tables.
    pub wide: bool,
    /// Numbers stand at the right and sort by size.
    pub numeric: bool,
    /// Shows the time since creation, which goes on without any event.
    pub is_age: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Empty for kinds without namespaces.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
    /// None while it is not known.
    pub created: Option<Micros>,
    /// One for each column, as text.
    pub cells: Vec<String>,
}

/// What a Table watch has brought.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// In the server's order.
    pub columns: Vec<Column>,
    /// By namespace and name.
    pub rows: BTreeMap<Key, Rc<Row>>,
    /// The first list is complete.
    pub synced: bool,
    /// Why the server refuses the list.
    pub error: Option<String>,
}

/// Which column sorts, and which way; none: by namespace and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Index into the columns.
    pub column: Option<usize>,
    /// From high to low.
    pub descending: bool,
}

impl Sink for Table {
    fn apply(&mut self, update: WatchUpdate, _clock: &Clock) {
        if update.reset {
            self.rows.clear();
        }
        self.synced |= update.synced;
        self.error = update.error.as_ref().map(|status| text(status, "/message").to_string());
        if !update.columns.is_empty() {
            self.columns = update.columns.iter().map(column).collect();
        }
        for event in update.events {
            let object = event.object.get("object").unwrap_or(&Json::Null);
            let key = key_of(object);
            match event.kind {
                EventKind::Deleted => self.rows.remove(&key),
                EventKind::Added | EventKind::Modified => self.rows.insert(key, Rc::new(row(&event.object))),
            };
        }
    }
}

fn column(definition: &Json) -> Column {
    let name = text(definition, "/name");
    Column {
        name: name.into(),
        wide: number(definition, "/priority") > 0,
        numeric: matches!(text(definition, "/type"), "integer" | "number"),
        is_age: name == "Age",
    }
}

fn row(row: &Json) -> Row {
    let object = row.get("object").unwrap_or(&Json::Null);
    let (namespace, name) = key_of(object);
    let cells = row.get("cells").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let created = parse_time(text(object, "/metadata/creationTimestamp"));
    Row { namespace, name, created, cells: cells.iter().map(cell).collect() }
}

fn cell(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "<none>".into(),
        other => other.to_string(),
    }
}

impl Table {
    /// The rows to show: those that hold every word of the filter, in order.
    pub fn select(&self, filter: &str, order: Order) -> Vec<Rc<Row>> {
        let words: Vec<String> = filter.split_whitespace().map(str::to_ascii_lowercase).collect();
        let holds = |row: &Row| {
            words.iter().all(|word| {
                row.name.to_ascii_lowercase().contains(word)
                    || row.namespace.contains(word.as_str())
                    || row.cells.iter().any(|it| it.to_ascii_lowercase().contains(word))
            })
        };
        let mut rows: Vec<Rc<Row>> = self.rows.values().filter(|row| holds(row)).cloned().collect();
        let Some(index) = order.column else { return rows };
        let by_age = self.columns.get(index).is_some_and(|it| it.is_age);
        rows.stable_sort_by(|a, b| {
            let compared = match by_age {
                true => b.created.cmp(&a.created),
                false => compare_cells(a.cells.get(index), b.cells.get(index)),
            };
            if order.descending { compared.reverse() } else { compared }
        });
        rows
    }

    /// What a cell says at a moment.
    pub fn cell(&self, row: &Row, index: usize, now: Micros) -> String {
        match self.columns.get(index) {
            Some(column) if column.is_age && row.created.is_some() => age(now, row.created),
            _ => row.cells.get(index).cloned().unwrap_or_default(),
        }
    }
}

/// Numbers by value, `1/3` by its parts, all else as text.
fn compare_cells(a: Option<&String>, b: Option<&String>) -> Ordering {
    let (a, b) = (a.map_or("", String::as_str), b.map_or("", String::as_str));
    let leading =
        |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|it| it.parse::<u64>().ok());
    match (leading(a), leading(b)) {
        (Some(x), Some(y)) if x != y => x.cmp(&y),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use kubarium_protocol::WatchEvent;
    use serde_json::json;

    use super::*;

    fn table() -> Table {
        let row = |name: &str, restarts: i64| WatchEvent {
            kind: EventKind::Added,
            object: json!({"cells": [name, restarts, "5s"], "object": {"metadata": {"namespace": "default", "name": name,
                "creationTimestamp": "1970-01-01T00:00:10Z"}}}),
        };
        let mut table = Table::default();
        let columns = vec![
            json!({"name": "Name", "type": "string"}),
            json!({"name": "Restarts", "type": "integer"}),
            json!({"name": "Age", "type": "string"}),
        ];
        let update = WatchUpdate {
            reset: true,
            events: vec![row("a", 10), row("b", 9)],
            columns,
            ..WatchUpdate::default()
        };
        table.apply(update, &Clock::default());
        table
    }

    #[test]
    fn rows_are_sorted_by_value_and_filtered_by_words() {
        let table = table();
        let names = |filter: &str, order| {
            table.select(filter, order).iter().map(|it| it.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("", Order::default()), ["a", "b"]);
        assert_eq!(names("", Order { column: Some(1), descending: false }), ["b", "a"]);
        assert_eq!(names("B default", Order::default()), ["b"]);
    }

    #[test]
    fn ages_go_on_without_events() {
        let table = table();
        let row = table.select("a", Order::default())[0].clone();
        assert_eq!(table.cell(&row, 2, 75_000_000), "65s");
        assert_eq!(table.cell(&row, 1, 75_000_000), "10");
    }
}
