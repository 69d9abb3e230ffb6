//! A module taken apart: what instrumenting and cutting have to know of it.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    ConstExpr, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Operator, Parser, Payload,
    TypeRef, ValType,
};

use crate::Result;

/// What a module consists of. Functions have their numbers in the module: imported ones first.
pub struct Parts<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    pub types: Vec<FuncType>,
    /// Of each function the number of its type.
    pub functions: Vec<u32>,
    /// How many of the functions are imported.
    pub imported: u32,
    /// The code of the functions that are not imported.
    pub bodies: Vec<FunctionBody<'a>>,
    /// Of each global, imported ones included, whether it is a number that can change: those can be shared.
    pub globals: Vec<bool>,
    /// The functions that the world outside knows: exports, and the one that starts the module.
    pub known_outside: BTreeSet<u32>,
    /// The number of each exported function, by its name.
    pub exports: BTreeMap<String, u32>,
    /// Where in table 0 a function stands: the first such slot.
    pub slots: BTreeMap<u32, u32>,
    /// The functions that the values of globals and parts of tables mention.
    pub mentioned: BTreeSet<u32>,
    /// The size of table 0.
    pub table: u64,
}

/// What the code of one function refers to.
#[derive(Default)]
pub struct Uses {
    pub functions: BTreeSet<u32>,
    pub globals: BTreeSet<u32>,
    /// Whether it handles segments or tables, which only exist in the module that they came with.
    pub bound: bool,
}

impl<'a> Parts<'a> {
    /// Takes a module apart. Errors say what is not understood.
    pub fn read(bytes: &'a [u8]) -> Result<Parts<'a>> {
        let mut parts = Parts {
            bytes,
            types: Vec::new(),
            functions: Vec::new(),
            imported: 0,
            bodies: Vec::new(),
            globals: Vec::new(),
            known_outside: BTreeSet::new(),
            exports: BTreeMap::new(),
            slots: BTreeMap::new(),
            mentioned: BTreeSet::new(),
            table: 0,
        };
        for payload in Parser::new(0).parse_all(bytes) {
            payload
                .and_then(|it| parts.take(it))
                .map_err(|err| format!("not a module that can be cut: {err}"))?;
        }
        Ok(parts)
    }

    fn take(&mut self, payload: Payload<'a>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) => {
                            self.functions.push(ty);
                            self.imported += 1;
                        }
                        TypeRef::Global(ty) => self.globals.push(sharable(ty)),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for ty in functions {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(tables) => {
                if let Some(first) = tables.into_iter().next() {
                    self.table = first?.ty.initial;
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global?;
                    self.globals.push(sharable(global.ty));
                    self.mention(&global.init_expr)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.known_outside.insert(export.index);
                        self.exports.insert(export.name.to_string(), export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                self.known_outside.insert(func);
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.element(element?)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> wasmparser::Result<()> {
        let start = match &element.kind {
            ElementKind::Active { table_index: None | Some(0), offset_expr } => offset_of(offset_expr)?,
            _ => None,
        };
        let mut at = 0;
        match element.items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    let function = function?;
                    self.mentioned.insert(function);
                    if let Some(start) = start {
                        self.slots.entry(function).or_insert(start + at);
                    }
                    at += 1;
                }
            }
            ElementItems::Expressions(_, values) => {
                for value in values {
                    self.mention(&value?)?;
                }
            }
        }
        Ok(())
    }

    fn mention(&mut self, value: &ConstExpr<'a>) -> wasmparser::Result<()> {
        for operator in value.get_operators_reader() {
            if let Operator::RefFunc { function_index } = operator? {
                self.mentioned.insert(function_index);
            }
        }
        Ok(())
    }

    /// The code of a function that is not imported.
    pub fn body(&self, function: u32) -> &FunctionBody<'a> {
        &self.bodies[(function - self.imported) as usize]
    }

    /// The type of a function.
    pub fn ty(&self, function: u32) -> &FuncType {
        &self.types[self.functions[function as usize] as usize]
    }

    /// The numbers of the functions that are not imported.
    pub fn defined(&self) -> std::ops::Range<u32> {
        self.imported..self.functions.len() as u32
    }

    /// Whether code that uses this can be in another module than its own.
    pub fn movable(&self, uses: &Uses) -> bool {
        !uses.bound && uses.globals.iter().all(|it| self.globals[*it as usize])
    }

    /// What the code of a function refers to.
    pub fn uses(&self, function: u32) -> Result<Uses> {
        let mut uses = Uses::default();
        let read = |uses: &mut Uses| -> wasmparser::Result<()> {
            for operator in self.body(function).get_operators_reader()? {
                uses.note(&operator?);
            }
            Ok(())
        };
        read(&mut uses).map_err(|err| format!("function {function}: {err}"))?;
        Ok(uses)
    }
}

impl Uses {
    fn note(&mut self, operator: &Operator) {
        use Operator::*;
        match operator {
            Call { function_index } | ReturnCall { function_index } => {
                self.functions.insert(*function_index);
            }
            RefFunc { function_index } => {
                self.functions.insert(*function_index);
                self.bound = true;
            }
            GlobalGet { global_index } | GlobalSet { global_index } => {
                self.globals.insert(*global_index);
            }
            CallIndirect { table_index, .. } | ReturnCallIndirect { table_index, .. } => {
                self.bound |= *table_index != 0;
            }
            TableGet { .. } | TableSet { .. } | TableGrow { .. } | TableSize { .. } | TableFill { .. } => {
                self.bound = true;
            }
            TableCopy { .. } | TableInit { .. } | ElemDrop { .. } | MemoryInit { .. } | DataDrop { .. } => {
                self.bound = true;
            }
            _ => {}
        }
    }
}

fn sharable(ty: wasmparser::GlobalType) -> bool {
    ty.content_type == ValType::I32 && ty.mutable && !ty.shared
}

/// The number that a constant offset is; none: it is not known before the module runs.
fn offset_of(value: &ConstExpr) -> wasmparser::Result<Option<u32>> {
    match value.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(Some(value as u32)),
        _ => Ok(None),
    }
}
