//! The promise that the cache never breaks a build and never stalls it, under faults that the tests bring about.

mod backend;
mod daemons;
mod interrupts;
mod kills;
mod matrix;
mod states;

use backend::{Backend, Trouble};
