//! Random texts through the module and the launchers.

use crate::list::tests;

tests![];
