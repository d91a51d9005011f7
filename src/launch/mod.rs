//! What runs before each compilation: a program of its own, which decides by a table of rules and runs the cache.

pub mod arguments;
pub mod rules;
