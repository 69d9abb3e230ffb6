//! The copy of a module that remembers which of its functions were called: each has a global `called<number>`, exported,
//! that its first instructions set to 1.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction, ValType};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader};

use crate::{Result, parts::Parts};

/// The module with its memories of calls.
pub fn instrument(parts: &Parts) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    let mut copy = Copy { parts, next: 0 };
    utils::parse_core_module(&mut copy, &mut module, wasmparser::Parser::new(0), parts.bytes)
        .map_err(|err| format!("cannot instrument: {err}"))?;
    Ok(module.finish())
}

struct Copy<'a> {
    parts: &'a Parts<'a>,
    /// How many functions were copied.
    next: u32,
}

impl Reencode for Copy<'_> {
    type Error = String;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        utils::parse_global_section(self, globals, section)?;
        for _ in self.parts.defined() {
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            globals.global(ty, &ConstExpr::i32_const(0));
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> std::result::Result<(), Error<String>> {
        utils::parse_export_section(self, exports, section)?;
        for (at, function) in self.parts.defined().enumerate() {
            exports.export(
                &format!("called{function}"),
                ExportKind::Global,
                self.parts.globals.len() as u32 + at as u32,
            );
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: FunctionBody<'_>,
    ) -> std::result::Result<(), Error<String>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        function.instruction(&Instruction::I32Const(1));
        function.instruction(&Instruction::GlobalSet(self.parts.globals.len() as u32 + self.next));
        self.next += 1;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}
