//! The CMake module and the programs on Windows: real programs of Windows under Wine.

mod module;
mod programs;
mod project;
mod remotes;

use crate::list::List;
use crate::support::Tools;

pub(crate) fn tests(list: &mut List) {
    // Only --full installs the Windows lab.
    if !Tools::full() {
        return;
    }
    module::tests(list);
    programs::tests(list);
    remotes::tests(list);
}
