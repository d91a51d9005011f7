//! The cache never breaks or stalls a build, whatever fails.

mod backend;
mod daemons;
mod interrupts;
mod kills;
mod machines;
mod matrix;
mod states;

use crate::list::List;
use backend::{Backend, RemoteFault};

pub(crate) fn tests(list: &mut List) {
    for add in
        [daemons::tests, interrupts::tests, kills::tests, machines::tests, matrix::tests, states::tests]
    {
        add(list);
    }
}
