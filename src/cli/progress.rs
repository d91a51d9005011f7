//! Progress: bars and spinners on a terminal, lines of text elsewhere.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

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

/// A shorter task shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows that a task runs, if it takes more than a second: a spinner on a terminal, one line elsewhere. It ends with this value.
pub(super) struct Busy {
    /// Its end is the end of the task.
    running: Option<Sender<()>>,
    shown: Option<JoinHandle<()>>,
}

impl Busy {
    /// Begins a task. `what` says what happens, such as "starting sccache".
    pub(super) fn new(printer: &Printer, what: &str) -> Self {
        if printer.is_quiet() {
            return Self { running: None, shown: None };
        }
        let (running, end) = channel();
        let line = printer.line(what);
        let shown = thread::spawn(move || {
            if end.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            if !io::stderr().is_terminal() {
                return line.print();
            }
            let spinner = ProgressBar::new_spinner().with_message(line.text());
            spinner.enable_steady_tick(Duration::from_millis(120));
            // Waits for the end.
            let _ = end.recv();
            spinner.finish_and_clear();
        });
        Self { running: Some(running), shown: Some(shown) }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(shown) = self.shown.take() {
            // A panic there has been printed.
            let _ = shown.join();
        }
    }
}
