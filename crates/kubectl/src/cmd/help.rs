//! `kubectl options` and `kubectl plugin list`.

use crate::cx::Cx;
use crate::error::{Result, msg};
use crate::help;

/// Prints the flags that every command takes.
pub async fn options(cx: &Cx) -> Result {
    cx.out(&help::global_options(&cx.tree, &cx.host.env("HOME").unwrap_or_else(|| "/root".into())));
    Ok(())
}

/// There are no plugins here, which kubectl reports as an error.
pub async fn plugins(_cx: &Cx) -> Result {
    msg("unable to find any kubectl plugins in your PATH")
}
