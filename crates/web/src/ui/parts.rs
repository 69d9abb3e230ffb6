//! The parts of the frame, one file each.

pub mod button;
pub mod coach_bar;
pub mod dialogs;
pub mod editor_pane;
pub mod file_tree;
pub mod inspector;
pub mod key_row;
pub mod notices;
pub mod pane_tabs;
pub mod splitter;
pub mod strip;
pub mod terminal_pane;
pub mod time_bar;
pub mod top_bar;
