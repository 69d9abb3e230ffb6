//! Variables, arrays, the record and its fields, as awk's machine holds them.

use std::rc::Rc;

use super::{
    code::{Code, Slot, special},
    functions::cut,
    streams::Separator,
    value::{Shape, Value},
    vm::{Array, Stop, Vm},
};
use crate::{kernel::Sys, text::regex::Regex};

type Run<T = ()> = Result<T, Stop>;

/// What all arrays together may take, in bytes.
const SIZE_MAX: usize = 64 << 20;

/// Variables.
impl Vm {
    /// A machine before BEGIN.
    pub fn new(code: Rc<Code>, sys: &mut Sys<'_>) -> Vm {
        let mut vm = Vm {
            busybox: sys.is_busybox(),
            globals: vec![Value::Unset; code.globals.len()],
            ranges: vec![false; code.ranges],
            at: code.begin,
            argument: 1,
            code,
            ..Vm::default()
        };
        vm.seed = (sys.random(), 0);
        for (number, text) in [
            (special::FS, " "),
            (special::OFS, " "),
            (special::ORS, "\n"),
            (special::RS, "\n"),
            (special::SUBSEP, "\x1c"),
            (special::OFMT, "%.6g"),
            (special::CONVFMT, "%.6g"),
        ] {
            vm.globals[number] = Value::text(text);
        }
        for number in [special::NR, special::FNR, special::NF, special::RSTART] {
            vm.globals[number] = Value::Number(0.0);
        }
        vm.globals[special::RLENGTH] = Value::Number(-1.0);
        let environ: Vec<(Rc<str>, Value)> =
            sys.env().iter().map(|(k, v)| (k.as_str().into(), Value::Input(v.as_str().into()))).collect();
        vm.fill(special::ENVIRON, environ);
        vm
    }

    /// Makes one of awk's own variables an array.
    pub fn fill(&mut self, number: usize, elements: Vec<(Rc<str>, Value)>) {
        let id = self.new_array();
        self.arrays.insert(id, elements.into_iter().collect());
        self.globals[number] = Value::Array(id);
    }

    pub fn global(&self, number: usize) -> &Value {
        &self.globals[number]
    }

    /// Assigns to a global variable as the program would.
    pub fn set_global(&mut self, number: usize, value: Value) {
        self.store_variable(Slot::Global(number as u16), value);
    }

    /// The number of the global variable of that name, if the program has it.
    pub fn number_of(&self, name: &str) -> Option<usize> {
        self.code.globals.iter().position(|it| it == name)
    }

    /// One of awk's own variables as text.
    pub fn text_of(&self, number: usize) -> Rc<str> {
        self.show(&self.globals[number])
    }

    /// An element of one of awk's own arrays.
    pub fn element_of(&self, number: usize, key: &str) -> Option<Value> {
        let Value::Array(id) = self.globals[number] else { return None };
        self.arrays.get(&id)?.get(key).cloned()
    }

    /// The value as text, by CONVFMT.
    pub fn show(&self, value: &Value) -> Rc<str> {
        self.show_by(value, special::CONVFMT)
    }

    pub(super) fn show_by(&self, value: &Value, format: usize) -> Rc<str> {
        match value {
            Value::Text(it) | Value::Input(it) => it.clone(),
            other => other.show(self.shape(format)),
        }
    }

    pub(super) fn shape(&self, format: usize) -> Shape<'_> {
        let format = match &self.globals[format] {
            Value::Text(it) | Value::Input(it) => it,
            _ => "%.6g",
        };
        Shape { busybox: self.busybox, format }
    }

    pub(super) fn cell(&mut self, slot: Slot) -> &mut Value {
        match slot {
            Slot::Global(number) => &mut self.globals[usize::from(number)],
            Slot::Local(number) => {
                let base = self.frames.last().map_or(0, |it| it.base);
                &mut self.locals[base + usize::from(number)]
            }
        }
    }

    pub(super) fn load_variable(&mut self, slot: Slot) -> Value {
        if slot == Slot::Global(special::NF as u16) {
            self.split();
            return Value::Number(self.fields.count() as f64);
        }
        match self.cell(slot) {
            Value::Unmade(_) | Value::Array(_) => Value::Unset,
            value => value.clone(),
        }
    }

    pub(super) fn store_variable(&mut self, slot: Slot, value: Value) {
        if slot == Slot::Global(special::NF as u16) {
            self.split();
            self.fields.set_count(value.number().max(0.0) as usize);
            return;
        }
        *self.cell(slot) = value;
    }

    pub(super) fn new_array(&mut self) -> u32 {
        self.next_array += 1;
        self.next_array
    }

    /// The number of the array in a variable, which becomes one if it was unset.
    pub(super) fn array_id(&mut self, slot: Slot) -> Run<u32> {
        let fresh = self.next_array + 1;
        let cell = self.cell(slot);
        match *cell {
            Value::Array(id) => Ok(id),
            Value::Unmade(id) => {
                *cell = Value::Array(id);
                Ok(id)
            }
            Value::Unset => {
                *cell = Value::Array(fresh);
                self.next_array = fresh;
                self.own(slot, fresh);
                Ok(fresh)
            }
            _ => Err(Stop::Failed("scalar in array context".to_string())),
        }
    }

    /// Arrays in locals go with the function that made them.
    pub(super) fn own(&mut self, slot: Slot, id: u32) {
        if let (Slot::Local(_), Some(frame)) = (slot, self.frames.last_mut()) {
            frame.own.push(id);
        }
    }

    pub(super) fn array(&mut self, slot: Slot) -> Run<&mut Array> {
        let id = self.array_id(slot)?;
        Ok(self.arrays.entry(id).or_default())
    }

    /// Counts what an array takes; too much ends the program.
    pub(super) fn grow(&mut self, bytes: usize) -> Run {
        self.size += bytes;
        if self.size > SIZE_MAX { Err(Stop::Failed("out of memory".to_string())) } else { Ok(()) }
    }
}

/// The record and its fields.
impl Vm {
    /// Takes a record of the main input in.
    pub fn set_record(&mut self, text: &str) {
        self.fields.set_record(text.into());
    }

    pub(super) fn record(&mut self) -> Rc<str> {
        let separator = &self.globals[special::OFS];
        let shape = self.shape(special::CONVFMT);
        // A field cannot be borrowed beside what it is joined by.
        let separator = separator.show(shape);
        self.fields.record(|| separator)
    }

    /// Counts a record: NR, and FNR for one of the main input.
    pub fn count_record(&mut self, of_main: bool) {
        for number in [special::NR, special::FNR] {
            if number == special::NR || of_main {
                self.globals[number] = Value::Number(self.globals[number].number() + 1.0);
            }
        }
    }

    pub(super) fn split(&mut self) {
        if self.fields.is_split() {
            return;
        }
        let separator = self.text_of(special::FS);
        let record = self.record();
        let regex = self.separator_regex(&separator);
        let mut parts: Vec<Rc<str>> =
            cut(&record, &separator, regex.as_deref()).into_iter().map(Into::into).collect();
        if self.text_of(special::RS).is_empty() && &*separator != " " {
            // In paragraphs, a newline separates fields too.
            parts = parts.iter().flat_map(|it| it.split('\n')).map(Into::into).collect();
        }
        self.fields.set_fields(parts);
    }

    /// The regular expression of a separator that needs one.
    pub(super) fn separator_regex(&mut self, separator: &Rc<str>) -> Option<Rc<Regex>> {
        let plain = separator.chars().count() <= 1 && &**separator != "\\";
        if plain { None } else { self.regex(separator) }
    }

    /// What ends a record now.
    pub fn separator(&mut self) -> Separator {
        let separator = self.text_of(special::RS);
        match separator.as_bytes() {
            [] => Separator::Paragraph,
            [c] => Separator::Char(*c),
            _ => match self.regex(&separator) {
                Some(regex) => Separator::Pattern((*regex).clone()),
                None => Separator::Char(b'\n'),
            },
        }
    }

    pub(super) fn load_field(&mut self, n: f64) -> Run<Value> {
        if n < 0.0 {
            return Err(Stop::Failed(if self.busybox {
                "cmd. line:1: Access to negative field".to_string()
            } else {
                format!("negative field index ${n}")
            }));
        }
        if n < 1.0 {
            return Ok(Value::Input(self.record()));
        }
        self.split();
        Ok(self.fields.field(n as usize).map_or(Value::Unset, Value::Input))
    }

    pub(super) fn store_field(&mut self, n: f64, value: &Value) {
        let text = self.show(value);
        if n < 1.0 {
            return self.fields.set_record(text);
        }
        self.split();
        self.fields.set_field(n as usize, text);
    }

    /// A compiled regular expression; None for one that cannot be read.
    pub(super) fn regex(&mut self, source: &Rc<str>) -> Option<Rc<Regex>> {
        let known = self.regexes.iter().position(|(it, _)| Rc::ptr_eq(it, source) || it == source);
        if let Some(at) = known {
            return self.regexes[at].1.clone();
        }
        let regex = Regex::extended(source, false).ok().map(Rc::new);
        if self.regexes.len() >= 64 {
            self.regexes.remove(0);
        }
        self.regexes.push((source.clone(), regex.clone()));
        regex
    }
}
