//! Commands against an in-memory server: what they send, what they print, and their exit codes. Expected texts are those
//! of kubectl 1.36, partly from recorded sessions (`golden/`).

#[path = "commands/fake.rs"]
mod fake;
#[path = "commands/golden.rs"]
mod golden;
#[path = "commands/usage.rs"]
mod usage;
#[path = "commands/write.rs"]
mod write;
