//! The page's model: plain data and functions, no widgets and no browser.

pub mod coach;
pub mod collection;
pub mod files;
pub mod kinds;
pub mod layout;
pub mod lines;
pub mod palette;
pub mod params;
pub mod pod_look;
pub mod pod_map;
pub mod prefs;
pub mod rollout;
pub mod share;
pub mod state;
pub mod table;
pub mod time_bar;
pub mod units;
