//! The record and its fields, each made from the other when it is asked for.

use std::rc::Rc;

/// The most fields: `$1000000000 = 1` would otherwise take all memory there is.
const FIELDS_MAX: usize = 100_000;

/// `$0`, `$1`, … and NF.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    record: Rc<str>,
    fields: Vec<Rc<str>>,
    /// The fields are those of the record.
    split: bool,
    /// The record is that of the fields.
    joined: bool,
}

impl Fields {
    /// A new `$0`.
    pub fn set_record(&mut self, text: Rc<str>) {
        self.record = text;
        self.split = false;
        self.joined = true;
    }

    /// Whether the record must be cut into fields before they can be asked for.
    pub fn is_split(&self) -> bool {
        self.split
    }

    /// The fields of the record.
    pub fn set_fields(&mut self, fields: Vec<Rc<str>>) {
        self.fields = fields;
        self.split = true;
    }

    /// `$0`; `separator` is OFS.
    pub fn record(&mut self, separator: impl FnOnce() -> Rc<str>) -> Rc<str> {
        if self.split && !self.joined {
            self.record = self.fields.join(&*separator()).into();
            self.joined = true;
        }
        self.record.clone()
    }

    /// `$n`, n from 1; the record must be split.
    pub fn field(&self, n: usize) -> Option<Rc<str>> {
        self.fields.get(n.checked_sub(1)?).cloned()
    }

    /// Assigns to `$n`, n from 1; the record must be split.
    pub fn set_field(&mut self, n: usize, text: Rc<str>) {
        let n = n.min(FIELDS_MAX);
        if self.fields.len() < n {
            self.fields.resize(n, "".into());
        }
        self.fields[n - 1] = text;
        self.joined = false;
    }

    /// NF; the record must be split.
    pub fn count(&self) -> usize {
        self.fields.len()
    }

    /// Assigns to NF; the record must be split.
    pub fn set_count(&mut self, n: usize) {
        self.fields.resize(n.min(FIELDS_MAX), "".into());
        self.joined = false;
    }
}
