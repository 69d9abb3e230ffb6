//! Tables: what the server answers to `as=Table`, so that clients can print kinds that they do not know.

use crate::base::str::Str;
use crate::{Json, JsonMap};

/// `metav1.TableColumnDefinition`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableColumnDefinition {
    /// The heading, as in `Nominated Node`.
    pub name: Str,
    /// OpenAPI type of the cells: `string`, `integer`, `date`.
    pub type_: Str,
    /// `name` for the first column; else mostly empty.
    pub format: Str,
    /// What it tells; shown by nobody but API clients.
    pub description: Str,
    /// Columns above 0 are shown in wide output only.
    pub priority: i32,
}

impl TableColumnDefinition {
    /// A column of text.
    pub fn text(name: &str) -> TableColumnDefinition {
        TableColumnDefinition {
            name: name.into(),
            type_: "string".into(),
            ..TableColumnDefinition::default()
        }
    }
    /// A column of numbers.
    pub fn integer(name: &str) -> TableColumnDefinition {
        TableColumnDefinition { type_: "integer".into(), ..TableColumnDefinition::text(name) }
    }
    /// The first column of every table.
    pub fn name() -> TableColumnDefinition {
        TableColumnDefinition { format: "name".into(), ..TableColumnDefinition::text("Name") }
    }
    /// Shows the column in wide output only.
    pub fn wide(mut self) -> TableColumnDefinition {
        self.priority = 1;
        self
    }
    /// Sets the description.
    pub fn describe(mut self, description: &str) -> TableColumnDefinition {
        self.description = description.into();
        self
    }

    fn to_json(&self) -> Json {
        let mut map = JsonMap::new();
        for (key, value) in [
            ("name", &self.name),
            ("type", &self.type_),
            ("format", &self.format),
            ("description", &self.description),
        ] {
            map.insert(key.to_owned(), Json::from(value));
        }
        map.insert("priority".to_owned(), Json::from(self.priority));
        Json::Object(map)
    }
}

/// `metav1.TableRow`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableRow {
    /// One for each column: text, number, truth or null.
    pub cells: Vec<Json>,
    /// The object, its metadata or nothing, as `includeObject` asked.
    pub object: Json,
}

/// `metav1.Table`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Of the list.
    pub resource_version: Str,
    /// Where the next part of the list begins; empty at the end.
    pub continue_token: Str,
    /// How many rows follow in other parts, if known.
    pub remaining_item_count: Option<i64>,
    /// Left out of the later events of a watch.
    pub columns: Vec<TableColumnDefinition>,
    /// In the list's order.
    pub rows: Vec<TableRow>,
}

impl Table {
    /// The wire form.
    pub fn to_json(&self) -> Json {
        let mut metadata = JsonMap::new();
        for (key, value) in [("resourceVersion", &self.resource_version), ("continue", &self.continue_token)]
        {
            if !value.is_empty() {
                metadata.insert(key.to_owned(), Json::from(value));
            }
        }
        if let Some(count) = self.remaining_item_count {
            metadata.insert("remainingItemCount".to_owned(), Json::from(count));
        }
        let columns = self.columns.iter().map(TableColumnDefinition::to_json).collect();
        let rows = self.rows.iter().map(|row| {
            let mut map = JsonMap::new();
            map.insert("cells".to_owned(), Json::Array(row.cells.clone()));
            map.insert("object".to_owned(), row.object.clone());
            Json::Object(map)
        });
        let mut map = JsonMap::new();
        map.insert("kind".to_owned(), Json::from("Table"));
        map.insert("apiVersion".to_owned(), Json::from("meta.k8s.io/v1"));
        map.insert("metadata".to_owned(), Json::Object(metadata));
        map.insert("columnDefinitions".to_owned(), Json::Array(columns));
        map.insert("rows".to_owned(), Json::Array(rows.collect()));
        Json::Object(map)
    }
}
