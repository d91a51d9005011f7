//! What the terminal at standard output can show.

use std::io::{self, IsTerminal as _};

use jiff::tz::TimeZone;

use crate::probe::environment;
use crate::stats::Look;

/// The widest text: longer lines are hard to read.
const WIDEST: usize = 100;

/// The look of standard output: 80 columns without colours and bars, unless it is a terminal.
pub(super) fn of_stdout() -> Look {
    let zone = TimeZone::system();
    let plain = Look { unicode: is_utf8(), ..Look::plain(zone) };
    if !io::stdout().is_terminal() {
        return plain;
    }
    let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let is_dumb = environment::variable("TERM").is_some_and(|term| term == "dumb");
    Look {
        width: width.unwrap_or(plain.width).min(WIDEST),
        bars: true,
        colour: !is_dumb && environment::variable("NO_COLOR").is_none(),
        ..plain
    }
}

/// Whether the locale has all characters. The first of the variables that is set decides (POSIX).
fn is_utf8() -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(environment::variable);
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
