//! Cuts a WebAssembly module in two: a first part with the functions that a recorded run called, and a second part with
//! all others, which the first one asks for when it comes to one of them.
//!
//! Both parts share one memory, one table and the globals, so a cut program is the same program: only when its code
//! arrives differs. It takes three steps. `instrument` writes a copy of the module that remembers which functions were
//! called; some host runs it and lists them; `cut` makes the two parts from the original and that list. Binaryen's
//! `wasm-split` works the same way, but is not among the tools that npm brings.
//!
//! What the host of the first part owes it: the module's export `load_rest` calls the host, and the host then
//! instantiates the second part with `{ "$": the first part's exports }`, without waiting for anything.

mod cut;
mod instrument;
mod parts;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

const USAGE: &str = "usage: split instrument MODULE OUT\n       split cut MODULE CALLED FIRST REST\n";

/// What goes wrong: one line.
pub type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["instrument", module, out] => instrument(module, out),
        ["cut", module, called, first, rest] => cut(module, called, first, rest),
        _ => Err(USAGE.trim_end().to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn instrument(module: &str, out: &str) -> Result {
    let bytes = read(module)?;
    write(out, &instrument::instrument(&parts::Parts::read(&bytes)?)?)
}

fn cut(module: &str, called: &str, first: &str, rest: &str) -> Result {
    let bytes = read(module)?;
    let called = String::from_utf8(read(called)?).map_err(|_| format!("{called}: no text"))?;
    let called: std::collections::BTreeSet<u32> = called
        .split_whitespace()
        .map(|word| word.parse().map_err(|_| format!("not the number of a function: {word}")))
        .collect::<Result<_>>()?;
    let halves = cut::cut(&parts::Parts::read(&bytes)?, &called)?;
    println!("{}", halves.summary);
    write(first, &halves.first)?;
    write(rest, &halves.rest)
}

fn read(path: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|err| format!("{path}: {err}"))
}

fn write(path: &str, bytes: &[u8]) -> Result {
    std::fs::write(path, bytes).map_err(|err| format!("{path}: {err}"))
}
