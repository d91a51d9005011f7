//! Progress of a download: a bar on a terminal, lines of text elsewhere.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};

use super::report::Printer;
use crate::install::Progress;

const BAR: &str = "  {bar:40} {bytes} of {total_bytes}, {bytes_per_sec}";
const SPINNER: &str = "  {spinner} {bytes}, {bytes_per_sec}";

/// Shows the progress of an installation on standard error.
pub(super) struct Shown<'a> {
    printer: &'a Printer,
    has_bar: bool,
    bar: RefCell<Option<ProgressBar>>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(printer: &'a Printer) -> Self {
        Self { printer, has_bar: !printer.is_quiet() && io::stderr().is_terminal(), bar: RefCell::default() }
    }
}

impl Progress for Shown<'_> {
    fn report(&self, line: &str) {
        self.finished();
        self.printer.report(line);
    }

    fn length(&self, bytes: Option<u64>) {
        if !self.has_bar {
            return;
        }
        let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
        if let Ok(style) = ProgressStyle::with_template(if bytes.is_some() { BAR } else { SPINNER }) {
            bar.set_style(style);
        }
        self.bar.replace(Some(bar));
    }

    fn position(&self, bytes: u64) {
        if let Some(bar) = self.bar.borrow().as_ref() {
            bar.set_position(bytes);
        }
    }

    fn finished(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
