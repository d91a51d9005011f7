//! The CMake module and the programs on Windows: real programs of Windows under Wine.

mod module;
mod programs;
mod project;

use crate::list::List;

pub(crate) fn tests(list: &mut List) {
    module::tests(list);
    programs::tests(list);
}
