//! What must be the same natively and in wasm ([`sameness`]), and what must be fast in both ([`speed`]).
//!
//! Each has a program (`src/bin/`) that is built twice: for the host, and for wasm with bindings for Node. They get their
//! argument and print their lines through [`outside`], the only part that differs.

pub mod lab;
pub mod machines;
pub mod outside;
pub mod sameness;
pub mod speed;
