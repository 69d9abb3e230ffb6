//! Cuts a small module and looks at both parts.

use std::collections::BTreeSet;

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{Operator, Parser, Payload, Validator};

use crate::cut::cut;
use crate::instrument::instrument;
use crate::parts::Parts;

// The functions of the module, by their numbers.
const HOST: u32 = 0;
const LOAD_REST: u32 = 1;
const MAIN: u32 = 2;
const RARE: u32 = 3;
const DEEP: u32 = 4;
const LISTED: u32 = 5;
const TINY: u32 = 6;

/// `main` calls `rare` and `tiny`; `rare` calls `deep`, which calls `tiny`; `listed` is only in the table.
fn module() -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    module.section(&types);
    let mut imports = ImportSection::new();
    imports.import("host", "load", EntityType::Function(0));
    module.section(&imports);
    let mut functions = FunctionSection::new();
    for ty in [0, 1, 1, 1, 1, 1] {
        functions.function(ty);
    }
    module.section(&functions);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 3,
        maximum: Some(3),
        table64: false,
        shared: false,
    });
    module.section(&tables);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    module.section(&memories);
    let mut globals = GlobalSection::new();
    let number = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(number, &ConstExpr::i32_const(1024));
    module.section(&globals);
    let mut exports = ExportSection::new();
    exports.export("load_rest", ExportKind::Func, LOAD_REST);
    exports.export("main", ExportKind::Func, MAIN);
    module.section(&exports);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(vec![TINY, LISTED].into()));
    module.section(&elements);
    let mut code = CodeSection::new();
    code.function(&body(&[Instruction::Call(HOST)]));
    code.function(&body(&[Instruction::LocalGet(0), Instruction::Call(RARE), Instruction::Call(TINY)]));
    code.function(&long(&[Instruction::Call(DEEP)]));
    code.function(&long(&[Instruction::Call(TINY)]));
    code.function(&long(&[]));
    code.function(&body(&[Instruction::LocalGet(0)]));
    module.section(&code);
    module.finish()
}

fn body(instructions: &[Instruction]) -> Function {
    let mut function = Function::new([]);
    instructions.iter().chain([&Instruction::End]).for_each(|it| {
        function.instruction(it);
    });
    function
}

/// Its argument, with the stack's global and memory in use, and so much of it that a stand-in is shorter.
fn long(last: &[Instruction]) -> Function {
    let mut function = Function::new([]);
    function.instruction(&Instruction::LocalGet(0));
    for _ in 0..20 {
        function.instruction(&Instruction::GlobalGet(0));
        function.instruction(&Instruction::I32Add);
    }
    last.iter().chain([&Instruction::End]).for_each(|it| {
        function.instruction(it);
    });
    function
}

/// The calls in the code of a module, in order.
fn calls(module: &[u8]) -> Vec<u32> {
    let mut calls = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
        for operator in body.get_operators_reader().unwrap() {
            if let Operator::Call { function_index } = operator.unwrap() {
                calls.push(function_index);
            }
        }
    }
    calls
}

#[test]
fn both_parts_are_valid_and_the_first_keeps_its_exports() {
    let module = module();
    let halves = cut(&Parts::read(&module).unwrap(), &BTreeSet::from([MAIN])).unwrap();
    Validator::new().validate_all(&halves.first).unwrap();
    Validator::new().validate_all(&halves.rest).unwrap();
    let first = Parts::read(&halves.first).unwrap();
    assert!(first.exports.contains_key("main") && first.exports.contains_key("load_rest"));
}

#[test]
fn what_was_not_called_moves_unless_it_is_tiny() {
    let module = module();
    let halves = cut(&Parts::read(&module).unwrap(), &BTreeSet::from([MAIN])).unwrap();
    // load_rest, main and tiny stay; rare and listed have stand-ins; deep, which only rare calls, has none.
    assert_eq!(halves.summary.split(':').next(), Some("3 of 6 functions stay, 2 stand-ins"));
    let rest = Parts::read(&halves.rest).unwrap();
    // It borrows tiny; rare, deep and listed are its own, and one function says that all is there.
    assert_eq!((rest.imported, rest.bodies.len()), (1, 4));
    assert_eq!(calls(&halves.rest), [2, 0], "rare calls deep, deep calls the borrowed tiny");
}

#[test]
fn a_stand_in_uses_the_slot_that_its_function_had() {
    let module = module();
    let halves = cut(&Parts::read(&module).unwrap(), &BTreeSet::from([MAIN])).unwrap();
    let first = Parts::read(&halves.first).unwrap();
    assert_eq!(first.table, 4, "one slot more, for rare, which the table did not know");
    let rest = Parts::read(&halves.rest).unwrap();
    let mut slots: Vec<u32> = rest.slots.values().copied().collect();
    slots.sort_unstable();
    assert_eq!(slots, [2, 3], "listed takes its own slot, rare the new one");
}

#[test]
fn when_all_was_called_nothing_moves() {
    let module = module();
    let halves = cut(&Parts::read(&module).unwrap(), &(0..7).collect()).unwrap();
    Validator::new().validate_all(&halves.rest).unwrap();
    assert!(Parts::read(&halves.first).unwrap().bodies.len() == 6);
}

#[test]
fn the_counting_copy_has_a_global_for_each_function() {
    let module = module();
    let counting = instrument(&Parts::read(&module).unwrap()).unwrap();
    Validator::new().validate_all(&counting).unwrap();
    assert_eq!(Parts::read(&counting).unwrap().globals.len(), 1 + 6);
}

#[test]
fn what_is_no_module_or_cannot_load_is_refused() {
    assert!(Parts::read(b"no wasm at all").is_err());
    let mut without = Module::new();
    without.section(&TypeSection::new());
    let without = without.finish();
    let error = cut(&Parts::read(&without).unwrap(), &BTreeSet::new()).err().unwrap();
    assert_eq!(error, "the module has no export load_rest");
}
