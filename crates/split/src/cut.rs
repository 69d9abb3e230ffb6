//! The cut. A function that was not called goes to the rest; where the first part refers to it stands a stand-in of the
//! same type, which sees to it that the rest is there and calls the function through its slot of the shared table.
//!
//! Some functions stay although nobody called them: what the world outside knows, what handles segments (they belong to
//! the module that they came with), and what is hardly longer than its stand-in would be.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemoryType, Module,
    RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{
    ExportSectionReader, FunctionBody, FunctionSectionReader, GlobalSectionReader, TableSectionReader,
};

use crate::{Result, parts::Parts};

/// The export that asks the host for the rest.
const LOADER: &str = "load_rest";

/// The type of a global that both parts may use.
const SHARED: GlobalType = GlobalType { val_type: ValType::I32, mutable: true, shared: false };

/// Code of so many bytes stays if the first part refers to it. Half of all functions are that short, and together they
/// are hardly more than their stand-ins; and what a value's end needs is among them, which comes when it comes.
const SMALL: usize = 48;

/// What the rest imports comes from here: the first part's exports.
const FIRST: &str = "$";

/// A module in two parts.
pub struct Halves {
    pub first: Vec<u8>,
    pub rest: Vec<u8>,
    /// One line of figures.
    pub summary: String,
}

/// Cuts a module; `called` are the numbers of the functions that a run called.
pub fn cut(parts: &Parts, called: &BTreeSet<u32>) -> Result<Halves> {
    let plan = Plan::make(parts, called)?;
    let first = plan.first()?;
    let rest = plan.rest()?;
    let summary = format!(
        "{} of {} functions stay, {} stand-ins: {} and {} kB",
        parts.functions.len() - plan.moved.len() - parts.imported as usize,
        parts.bodies.len(),
        plan.stand_ins.len(),
        first.len() / 1000,
        rest.len() / 1000,
    );
    Ok(Halves { first, rest, summary })
}

/// Who goes where.
struct Plan<'a> {
    parts: &'a Parts<'a>,
    loader: u32,
    /// The functions of the rest.
    moved: BTreeSet<u32>,
    /// Those of them that the first part refers to, with their slots in the table.
    slots: BTreeMap<u32, u32>,
    /// The same functions in the order of their stand-ins, which come after all other code: alike ones are neighbours,
    /// so that they compress well.
    stand_ins: Vec<u32>,
    /// What the functions of the rest refer to in the first part.
    borrowed: BTreeSet<u32>,
    borrowed_globals: BTreeSet<u32>,
    /// The size of the table with the slots that were added.
    table: u64,
    /// The numbers of functions in the first part.
    numbers: BTreeMap<u32, u32>,
}

impl<'a> Plan<'a> {
    fn make(parts: &'a Parts<'a>, called: &BTreeSet<u32>) -> Result<Plan<'a>> {
        let loader =
            *parts.exports.get(LOADER).ok_or_else(|| format!("the module has no export {LOADER}"))?;
        let uses = parts.defined().map(|it| Ok((it, parts.uses(it)?))).collect::<Result<BTreeMap<_, _>>>()?;
        let mut moved: BTreeSet<u32> = parts
            .defined()
            .filter(|it| {
                !called.contains(it) && !parts.known_outside.contains(it) && parts.movable(&uses[it])
            })
            .collect();
        // What stays may refer to others that are shorter than their stand-ins, which then stay as well.
        let mut referred;
        loop {
            referred = parts.mentioned.clone();
            for (_, it) in uses.iter().filter(|(function, _)| !moved.contains(function)) {
                referred.extend(&it.functions);
            }
            let before = moved.len();
            moved.retain(|it| {
                !referred.contains(it) || parts.body(*it).range().len() > SMALL.max(stand_in_size(parts, *it))
            });
            if moved.len() == before {
                break;
            }
        }
        let ty = |function: &u32| parts.functions[*function as usize];
        let mut stand_ins: Vec<u32> = moved.intersection(&referred).copied().collect();
        stand_ins.sort_by_key(|it| (ty(it), parts.slots.get(it).copied().unwrap_or(u32::MAX)));
        let mut table = parts.table;
        let mut slots = BTreeMap::new();
        for function in &stand_ins {
            let slot = parts.slots.get(function).copied().unwrap_or_else(|| {
                table += 1;
                (table - 1) as u32
            });
            slots.insert(*function, slot);
        }
        let mut borrowed = BTreeSet::new();
        let mut borrowed_globals = BTreeSet::new();
        for function in &moved {
            borrowed.extend(uses[function].functions.difference(&moved));
            borrowed_globals.extend(&uses[function].globals);
        }
        let staying = (0..parts.functions.len() as u32).filter(|it| !moved.contains(it));
        let numbers = staying
            .chain(stand_ins.iter().copied())
            .enumerate()
            .map(|(number, it)| (it, number as u32))
            .collect();
        Ok(Plan { parts, loader, moved, slots, stand_ins, borrowed, borrowed_globals, table, numbers })
    }

    /// The number of the global that says whether the rest is there: one more than the module had.
    fn ready(&self) -> u32 {
        self.parts.globals.len() as u32
    }

    fn first(&self) -> Result<Vec<u8>> {
        let mut module = Module::new();
        let mut first = First { plan: self, next: self.parts.imported };
        utils::parse_core_module(&mut first, &mut module, wasmparser::Parser::new(0), self.parts.bytes)
            .map_err(|err| format!("cannot write the first part: {err}"))?;
        Ok(module.finish())
    }

    /// The stand-in of a function.
    fn stand_in(&self, function: u32) -> Result<Function> {
        let mut code = Function::new([]);
        code.instruction(&Instruction::GlobalGet(self.ready()));
        code.instruction(&Instruction::I32Eqz);
        code.instruction(&Instruction::If(BlockType::Empty));
        code.instruction(&Instruction::Call(self.number(self.loader)?));
        code.instruction(&Instruction::End);
        for parameter in 0..self.parts.ty(function).params().len() {
            code.instruction(&Instruction::LocalGet(parameter as u32));
        }
        code.instruction(&Instruction::I32Const(self.slots[&function] as i32));
        let type_index = self.parts.functions[function as usize];
        code.instruction(&Instruction::CallIndirect { type_index, table_index: 0 });
        code.instruction(&Instruction::End);
        Ok(code)
    }

    /// The number of a function in the first part.
    fn number(&self, function: u32) -> Result<u32> {
        self.numbers
            .get(&function)
            .copied()
            .ok_or_else(|| format!("function {function} is not in the first part"))
    }

    fn rest(&self) -> Result<Vec<u8>> {
        let mut module = Module::new();
        module.section(&self.types()?);
        let mut imports = ImportSection::new();
        let memory =
            MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import(FIRST, "$memory", memory);
        let element_type = RefType::FUNCREF;
        let table =
            TableType { element_type, minimum: self.table, maximum: None, table64: false, shared: false };
        imports.import(FIRST, "$table", table);
        for global in self.borrowed_globals.iter().copied().chain([self.ready()]) {
            imports.import(FIRST, &format!("$global{global}"), SHARED);
        }
        for (at, function) in self.borrowed.iter().enumerate() {
            imports.import(FIRST, &name(at), EntityType::Function(self.parts.functions[*function as usize]));
        }
        module.section(&imports);
        let mut functions = FunctionSection::new();
        for function in &self.moved {
            functions.function(self.parts.functions[*function as usize]);
        }
        // The function that says that the rest is there.
        functions.function(self.parts.types.len() as u32);
        module.section(&functions);
        let numbers: BTreeMap<u32, u32> = self
            .borrowed
            .iter()
            .chain(&self.moved)
            .enumerate()
            .map(|(number, it)| (*it, number as u32))
            .collect();
        module.section(&StartSection { function_index: numbers.len() as u32 });
        module.section(&self.elements(&numbers));
        let globals =
            self.borrowed_globals.iter().enumerate().map(|(number, it)| (*it, number as u32)).collect();
        let mut rest = Rest { numbers, globals };
        let mut code = CodeSection::new();
        for function in &self.moved {
            rest.parse_function_body(&mut code, self.parts.body(*function).clone())
                .map_err(|err| format!("cannot write function {function}: {err}"))?;
        }
        let mut start = Function::new([]);
        start.instruction(&Instruction::I32Const(1));
        start.instruction(&Instruction::GlobalSet(self.borrowed_globals.len() as u32));
        start.instruction(&Instruction::End);
        code.function(&start);
        module.section(&code);
        Ok(module.finish())
    }

    /// The module's types, and that of a function that takes and gives nothing.
    fn types(&self) -> Result<TypeSection> {
        let mut types = TypeSection::new();
        for ty in &self.parts.types {
            let ty = wasm_encoder::reencode::RoundtripReencoder.func_type(ty.clone());
            types.ty().func_type(&ty.map_err(|err| format!("cannot write a type: {err}"))?);
        }
        types.ty().function([], []);
        Ok(types)
    }

    /// What goes into the table when the rest comes: its functions, runs of neighbours together.
    fn elements(&self, numbers: &BTreeMap<u32, u32>) -> ElementSection {
        let by_slot: BTreeMap<u32, u32> = self.slots.iter().map(|(it, slot)| (*slot, numbers[it])).collect();
        let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
        for (slot, number) in by_slot {
            match runs.last_mut() {
                Some((start, run)) if *start + run.len() as u32 == slot => run.push(number),
                _ => runs.push((slot, vec![number])),
            }
        }
        let mut elements = ElementSection::new();
        for (start, run) in runs {
            elements.active(None, &ConstExpr::i32_const(start as i32), Elements::Functions(run.into()));
        }
        elements
    }
}

/// Writes the first part.
struct First<'a> {
    plan: &'a Plan<'a>,
    /// The number that the next body has in the whole module.
    next: u32,
}

impl Reencode for First<'_> {
    type Error = String;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, Error<String>> {
        self.plan.number(function).map_err(Error::UserError)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        for (function, ty) in self.plan.parts.defined().zip(section) {
            let ty = ty?;
            if !self.plan.moved.contains(&function) {
                functions.function(ty);
            }
        }
        for function in &self.plan.stand_ins {
            functions.function(self.plan.parts.functions[*function as usize]);
        }
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        for (number, table) in section.into_iter().enumerate() {
            let mut ty = self.table_type(table?.ty)?;
            if number == 0 {
                ty.minimum = self.plan.table;
                ty.maximum = ty.maximum.map(|it| it.max(self.plan.table));
            }
            tables.table(ty);
        }
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        utils::parse_global_section(self, globals, section)?;
        globals.global(SHARED, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        utils::parse_export_section(self, exports, section)?;
        exports.export("$memory", ExportKind::Memory, 0);
        exports.export("$table", ExportKind::Table, 0);
        for global in self.plan.borrowed_globals.iter().copied().chain([self.plan.ready()]) {
            exports.export(&format!("$global{global}"), ExportKind::Global, global);
        }
        for (at, function) in self.plan.borrowed.iter().enumerate() {
            let number = self.function_index(*function)?;
            exports.export(&name(at), ExportKind::Func, number);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> std::result::Result<(), Error<String>> {
        let function = self.next;
        self.next += 1;
        if !self.plan.moved.contains(&function) {
            utils::parse_function_body(self, code, body)?;
        }
        // After the last of them.
        if self.next == self.plan.parts.functions.len() as u32 {
            for function in &self.plan.stand_ins {
                code.function(&self.plan.stand_in(*function).map_err(Error::UserError)?);
            }
        }
        Ok(())
    }

    /// Names of functions and the like are not carried over.
    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        Ok(())
    }
}

/// Gives functions and globals the numbers that they have in the rest.
struct Rest {
    numbers: BTreeMap<u32, u32>,
    globals: BTreeMap<u32, u32>,
}

impl Reencode for Rest {
    type Error = String;

    fn function_index(&mut self, function: u32) -> std::result::Result<u32, Error<String>> {
        let unknown = || Error::UserError(format!("function {function} is not in the rest"));
        self.numbers.get(&function).copied().ok_or_else(unknown)
    }

    fn global_index(&mut self, global: u32) -> std::result::Result<u32, Error<String>> {
        let unknown = || Error::UserError(format!("global {global} is not in the rest"));
        self.globals.get(&global).copied().ok_or_else(unknown)
    }
}

/// Under which name the first part exports the function of this place in the list of what is borrowed: two characters
/// for nearly all.
fn name(mut at: usize) -> String {
    const DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    let mut name = String::from("$");
    loop {
        name.push(DIGITS[at % DIGITS.len()] as char);
        at /= DIGITS.len();
        if at == 0 {
            return name;
        }
    }
}

/// How many bytes a stand-in takes, about: the check, its parameters and the call.
fn stand_in_size(parts: &Parts, function: u32) -> usize {
    16 + 2 * parts.ty(function).params().len()
}
