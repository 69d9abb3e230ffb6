//! A small operating system as plain data.
