//! The CMake module and the programs on Windows: real programs of Windows under Wine.

mod module;
mod outages;
pub(crate) mod programs;
pub(crate) mod project;
mod remotes;
mod states;

use crate::list::List;
use crate::support::Tools;

pub(crate) fn tests(list: &mut List) {
    // Only --full installs the Windows lab.
    if !Tools::full() {
        return;
    }
    module::tests(list);
    outages::tests(list);
    programs::tests(list);
    remotes::tests(list);
    states::tests(list);
}
