//! What of the page needs no browser: its state and how it changes, layouts, texts. Tested natively.

#![warn(missing_docs)]

pub mod model;
