//! `kubectl completion`: real shells load a script; the terminal here completes by itself (`complete.rs`).

use crate::cx::Cx;
use crate::error::Result;

/// Runs the command. What it prints is a comment, so that `source <(kubectl completion bash)` does no harm.
pub async fn completion(cx: &Cx) -> Result {
    match cx.flags.args.as_slice() {
        [] => cx.usage("Shell not specified."),
        [shell] if matches!(shell.as_str(), "bash" | "zsh" | "fish" | "powershell") => {
            cx.line(format!("# {shell} completion for kubectl: nothing to load, this terminal completes commands, flags, kinds and names by itself."));
            Ok(())
        }
        [shell] => cx.usage(format!("Unsupported shell type {shell:?}.")),
        _ => cx.usage("Too many arguments. Expected only the shell type."),
    }
}
