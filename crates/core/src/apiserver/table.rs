//! Tables: what `kubectl get` shows, made by the server (`Accept: …;as=Table`). Each kind says its columns and how it
//! fills them; this file puts rows together. Mirrors meta.k8s.io/v1 Table and printers' generic parts.

use api::base::time::human_age;
use api::meta::v1::ObjectMeta;
use api::{Json, JsonMap, Object, Timestamp};
use serde_json::json;

/// One column. Columns of priority 1 are shown with `-o wide` only.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The heading, with capitals as server and client need them ("Nominated Node").
    pub name: &'static str,
    /// "string", "integer", "number", "boolean", "date"
    pub kind: &'static str,
    /// 0, or 1 for `-o wide` only.
    pub priority: i32,
}

impl Column {
    /// A column that is always shown.
    pub const fn new(name: &'static str, kind: &'static str) -> Column {
        Column { name, kind, priority: 0 }
    }
    /// A column of texts.
    pub const fn text(name: &'static str) -> Column {
        Column::new(name, "string")
    }
    /// A column of whole numbers.
    pub const fn integer(name: &'static str) -> Column {
        Column::new(name, "integer")
    }
    /// A text column of `-o wide`.
    pub const fn wide(name: &'static str) -> Column {
        Column { name, kind: "string", priority: 1 }
    }

    fn to_json(&self) -> Json {
        let format = if self.name == "Name" { "name" } else { "" };
        json!({"name": self.name, "type": self.kind, "format": format, "description": "", "priority": self.priority})
    }
}

/// What kinds without columns of their own show.
pub const NAME_AND_AGE: &[Column] = &[Column::text("Name"), Column::text("Age")];

/// One line of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// One for each column.
    pub cells: Vec<Json>,
    /// Set on rows of pods that ran to completion.
    pub completed: Option<Completed>,
}

/// The row condition `Completed`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Completed {
    /// "Succeeded" or "Failed"
    pub reason: &'static str,
    /// What the condition of the row says.
    pub message: &'static str,
}

impl Row {
    /// A row of these cells.
    pub fn new(cells: Vec<Json>) -> Row {
        Row { cells, completed: None }
    }
    /// The row of a kind without particulars.
    pub fn name_and_age(now: Timestamp, meta: &ObjectMeta) -> Row {
        Row::new(vec![Json::from(&meta.name), age(now, meta)])
    }
}

/// The AGE cell.
pub fn age(now: Timestamp, meta: &ObjectMeta) -> Json {
    since(now, meta.creation_timestamp)
}

/// "5m12s", or `<unknown>` for a time that is not set (`translateTimestampSince`).
pub fn since(now: Timestamp, time: Timestamp) -> Json {
    if time.is_zero() { Json::from("<unknown>") } else { Json::from(human_age(now, time)) }
}

/// What of each object a row carries (`includeObject`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata: the default.
    #[default]
    Metadata,
    /// The whole object.
    Object,
}

/// One row with the object as `include` says.
pub fn row_json(row: Row, object: &Object, include: IncludeObject) -> Json {
    let mut map = JsonMap::new();
    map.insert("cells".to_owned(), Json::Array(row.cells));
    if let Some(Completed { reason, message }) = row.completed {
        let condition =
            json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]);
        map.insert("conditions".to_owned(), condition);
    }
    let object = match include {
        IncludeObject::None => Json::Null,
        IncludeObject::Metadata => partial_object(object),
        IncludeObject::Object => object.to_json(),
    };
    map.insert("object".to_owned(), object);
    Json::Object(map)
}

/// A Table of ready rows; `metadata` is that of the list. Watches send the columns with the first event only.
pub fn table_json(columns: &[Column], metadata: Json, rows: Vec<Json>) -> Json {
    let definitions: Vec<Json> = columns.iter().map(Column::to_json).collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

/// The metadata of an object, as a kind of its own.
pub fn partial_object(object: &Object) -> Json {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": api::meta::codec::encode_message(object.meta()),
    })
}
