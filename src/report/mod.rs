//! `report.html`: what the journals of one or several build folders say, as a page that needs no network and no script.
//!
//! Data flows in one direction: [`Input`] → `view` (texts and numbers, in the order of the page) → `page` (the template). `charts`
//! draws with plotters on the sheet of `svg`. No I/O: the same input gives the same bytes.

mod bench;
mod charts;
mod page;
mod svg;
mod view;
mod words;

use jiff::tz::TimeZone;

pub use self::bench::{Bench, BenchError};
use crate::caching::tool::Tool;
use crate::foreign::Filter;
use crate::journal::summary::Summary;

/// The beginning of the generator in the head of the page, by which a report is recognised.
const MARKER: &str = "<meta name=\"generator\" content=\"toolchainkit";
/// The part of a file in which [`MARKER`] is searched. It comes before every text that is not ours.
const HEAD: usize = 1024;

/// All that the page is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The name of the project.
    pub project: String,
    /// The build folders, in the order in which they are shown.
    pub folders: Vec<Folder>,
    /// The result of a benchmark.
    pub bench: Option<Bench>,
    /// The time at which the page is made, in milliseconds since 1970.
    pub made: u64,
    /// The time zone in which times are shown.
    pub zone: TimeZone,
}

/// A build folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Folder {
    /// Its path, as the user gave it.
    pub path: String,
    /// Its cache.
    pub cache: Cache,
    /// What its journal says.
    pub summary: Summary,
    /// Why files missed, the cause of the most files first; empty if it is not known.
    pub causes: Vec<Cause>,
    /// The number of damaged lines of the journal, which were skipped.
    pub damaged: u64,
}

/// The cache of a build folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cache {
    /// The tool; `None` if the build uses no cache.
    pub tool: Option<Tool>,
    /// The version of the tool.
    pub version: String,
    /// Where the objects are, for people.
    pub location: String,
    /// The reason why the cache is not the configured one; empty if it is.
    pub reason: String,
}

/// A cause of misses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The cause as a clause, such as `the macro GIT_SHA changed`.
    pub sentence: String,
    /// What the user can do.
    pub advice: String,
    /// The number of files that it explains.
    pub files: u64,
    /// The number of files that were compared.
    pub of: u64,
    /// Some of the files.
    pub examples: Vec<String>,
}

/// The page cannot be made. This is a bug of toolchainkit.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made (this is a bug of toolchainkit)")]
pub struct ReportError(#[from] minijinja::Error);

/// Makes the page. `filter` hides credentials in all texts.
///
/// # Errors
/// [`ReportError`]
///
/// ```
/// use toolchainkit::foreign::Filter;
/// use toolchainkit::report::{Folder, Input, html};
///
/// let folders = vec![Folder { path: "build".to_owned(), ..Folder::default() }];
/// let input = Input { project: "demo".to_owned(), folders, bench: None, made: 0, zone: jiff::tz::TimeZone::UTC };
/// let page = html(&input, &Filter::default()).unwrap();
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("No compilation"));
/// ```
pub fn html(input: &Input, filter: &Filter) -> Result<String, ReportError> {
    Ok(page::render(view::Page::new(input), filter)?)
}

/// Whether a file with this content is a report of any version, or empty, so that it may be replaced by another report.
#[must_use]
pub fn is_ours(content: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&content[..content.len().min(HEAD)]);
    head.contains(MARKER) || head.trim().is_empty()
}
