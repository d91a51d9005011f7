//! The log of sccache's daemon.
//!
//! The daemon writes to a file in memory, or a temporary one where there are none, and the supervisor reads it when a client asks for an outcome, and once a second. So the
//! daemon never waits for the supervisor, and no line wakes it. The file `log` in the run folder gets the lines that the user has
//! asked for, as if the daemon wrote to it.

use std::fs::File;
use std::io::{self, Write as _};

use super::outcomes::Outcomes;
use crate::launch::process;

/// The variable for the log of sccache.
pub(super) const VARIABLE: &str = "SCCACHE_LOG";

/// The parts of sccache with the lines that [`Outcomes`] reads, and their levels.
const NEEDED: [(&str, Level); 4] = [
    ("sccache::compiler::compiler", Level::Debug),
    ("sccache::compiler::c", Level::Trace),
    ("sccache::server", Level::Debug),
    ("sccache::cache::multilevel", Level::Debug),
];
/// A regular expression for these lines. sccache writes no others.
const LINES: &str = r"^\[.*\]: (Cache |Compiled in .*, but not cach|Failed to decompress object|Preprocessor output is |preprocessor returned error|Attempting distributed|Requesting allocation|Sending toolchain|Running job|Could not perform distributed)|^parse_arguments: (CannotCache|NotCompilation)|^Cache hit at level ";

/// A longer line is cut.
const LONGEST: usize = 1 << 20;
/// The part of the log that is read at once.
const PART: usize = 64 * 1024;

/// The level of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        const NAMES: [(&str, Level); 6] = [
            ("off", Level::Off),
            ("error", Level::Error),
            ("warn", Level::Warn),
            ("info", Level::Info),
            ("debug", Level::Debug),
            ("trace", Level::Trace),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())).map(|(_, level)| *level)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// What the user wants to see: the value of `SCCACHE_LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// It is not set. sccache then writes only what it prints without its log, such as the reason why it does not start.
    Nothing,
    /// Parts of sccache with their levels.
    Parts(Vec<(String, Level)>),
    /// A value with a regular expression. The log is not changed.
    Everything,
}

impl Wanted {
    fn of(value: Option<&str>) -> Self {
        let Some(value) = value else { return Self::Nothing };
        if value.contains('/') {
            return Self::Everything;
        }
        let directives = value.split(',').filter(|directive| !directive.trim().is_empty());
        let part = |directive: &str| match directive.split_once('=') {
            Some((name, level)) => Some((name.trim().to_owned(), Level::parse(level)?)),
            None => match Level::parse(directive) {
                Some(level) => Some((String::new(), level)),
                None => Some((directive.trim().to_owned(), Level::Trace)),
            },
        };
        let parts: Vec<_> = directives.filter_map(part).collect();
        // Without a directive, errors are written.
        Self::Parts(if parts.is_empty() { vec![(String::new(), Level::Error)] } else { parts })
    }

    /// The level for a part of sccache: that of the longest name that is a prefix of it.
    fn level(&self, target: &str) -> Level {
        match self {
            Self::Nothing => Level::Off,
            Self::Everything => Level::Trace,
            Self::Parts(parts) => {
                let matching = parts.iter().filter(|(name, _)| target.starts_with(name.as_str()));
                matching.max_by_key(|(name, _)| name.len()).map_or(Level::Off, |(_, level)| *level)
            }
        }
    }

    /// The value for the daemon, with the lines that are needed.
    fn value(&self, of_user: Option<&str>) -> String {
        let needed = NEEDED.iter().map(|(target, level)| (target, self.level(target).max(*level)));
        let needed: Vec<String> =
            needed.map(|(target, level)| format!("{target}={}", level.name())).collect();
        match (self, of_user) {
            (Self::Everything, Some(value)) => value.to_owned(),
            (Self::Parts(_), Some(value)) => {
                let other = |directive: &&str| {
                    !NEEDED
                        .iter()
                        .any(|(target, _)| directive.split('=').next().map(str::trim) == Some(target))
                };
                let others: Vec<&str> = value.split(',').filter(other).collect();
                format!("{},{}", others.join(","), needed.join(","))
            }
            _ => format!("{}/{LINES}", needed.join(",")),
        }
    }
}

/// A line of the log.
struct Parsed<'a> {
    level: Level,
    target: &'a str,
    message: &'a str,
}

impl<'a> Parsed<'a> {
    /// `[TIME LEVEL TARGET] MESSAGE`
    fn of(line: &'a str) -> Option<Self> {
        let (header, message) = line.strip_prefix('[')?.split_once("] ")?;
        let mut words = header.split_whitespace().skip(1);
        let level = Level::parse(words.next()?)?;
        Some(Self { level, target: words.next()?, message })
    }
}

/// The log of a daemon.
#[derive(Debug)]
pub(super) struct DaemonLog {
    memory: File,
    file: File,
    wanted: Wanted,
    value: String,
    /// The number of bytes that were read.
    position: u64,
    /// The number of bytes whose memory was given back.
    released: u64,
    /// The beginning of a line.
    rest: Vec<u8>,
    /// Whether the last line was wanted. Further lines without a header belong to it.
    is_wanted: bool,
}

impl DaemonLog {
    /// A log, whose wanted lines are written to `file`. `of_user` is the value of [`VARIABLE`]. `None` if there
    /// can be no temporary file.
    pub(super) fn new(file: File, of_user: Option<&str>) -> Option<Self> {
        let memory = process::memory_file()?;
        let wanted = Wanted::of(of_user);
        let value = wanted.value(of_user);
        Some(Self {
            memory,
            file,
            wanted,
            value,
            position: 0,
            released: 0,
            rest: Vec::new(),
            is_wanted: true,
        })
    }

    /// The value of [`VARIABLE`] for the daemon.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// A descriptor to which the daemon appends.
    pub(super) fn writer(&self) -> io::Result<File> {
        process::appending(&self.memory)
    }

    /// Reads all lines that the daemon has written since the last call.
    pub(super) fn read(&mut self, outcomes: &mut Outcomes) {
        let mut part = vec![0; PART];
        while let Ok(length @ 1..) = process::read_part_at(&self.memory, &mut part, self.position) {
            self.position += length as u64;
            self.rest.extend_from_slice(&part[..length]);
            let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
                self.rest.truncate(LONGEST);
                continue;
            };
            let lines: Vec<u8> = self.rest.drain(..=end).collect();
            self.pass_on(&lines, outcomes);
        }
        if self.position >= self.released + PART as u64 {
            process::release(&self.memory, self.position);
            self.released = self.position;
        }
    }

    /// Passes on an incomplete last line, too.
    pub(super) fn finish(&mut self, outcomes: &mut Outcomes) {
        self.read(outcomes);
        let rest = std::mem::take(&mut self.rest);
        self.pass_on(&rest, outcomes);
    }

    fn pass_on(&mut self, lines: &[u8], outcomes: &mut Outcomes) {
        let mut wanted = Vec::new();
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            match Parsed::of(text.trim_end()) {
                Some(parsed) => {
                    if NEEDED.iter().any(|(target, _)| *target == parsed.target) {
                        outcomes.read(parsed.message);
                    }
                    self.is_wanted = parsed.level <= self.wanted.level(parsed.target);
                }
                // Without the user's wish, every line of the log has a header.
                None => self.is_wanted |= self.wanted == Wanted::Nothing,
            }
            if self.is_wanted {
                wanted.extend_from_slice(line);
            }
        }
        if !wanted.is_empty() {
            let _ = self.file.write_all(&wanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed_on(of_user: Option<&str>, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = DaemonLog::new(File::create(&path).unwrap(), of_user).unwrap();
        let mut writer = log.writer().unwrap();
        let mut outcomes = Outcomes::default();
        for part in text.as_bytes().chunks(7) {
            writer.write_all(part).unwrap();
            log.read(&mut outcomes);
        }
        log.finish(&mut outcomes);
        fs_err::read_to_string(path).unwrap()
    }

    #[test]
    fn only_the_lines_that_the_user_wants_are_passed_on() {
        let text = "storage write check failed: x\n[T DEBUG sccache::compiler::compiler] [a.o]: Cache hit in 0 s\n\
                    [T WARN sccache::cache] slow\n  because\n[T TRACE sccache::compiler::c] [a.o]: x\nsccache: error: y";
        assert_eq!(passed_on(None, text), "storage write check failed: x\n  because\nsccache: error: y",);
        assert_eq!(passed_on(Some("trace"), text), text);
        assert_eq!(
            passed_on(Some("warn"), text),
            "storage write check failed: x\n[T WARN sccache::cache] slow\n  because\n"
        );
        assert_eq!(passed_on(Some("debug/a regular expression"), text), text);
    }

    #[test]
    fn the_log_of_the_user_is_a_part_of_that_for_the_outcomes() {
        let value = |of_user| Wanted::of(of_user).value(of_user);
        assert!(value(None).starts_with("sccache::compiler::compiler=debug,sccache::compiler::c=trace,"));
        assert!(value(None).contains('/'));
        assert_eq!(
            value(Some("info,sccache::server=trace")),
            "info,sccache::compiler::compiler=debug,sccache::compiler::c=trace,sccache::server=trace,\
             sccache::cache::multilevel=debug"
        );
        assert_eq!(value(Some("debug/x")), "debug/x");
        assert_eq!(Wanted::of(Some("sccache=info")).level("sccache::server"), Level::Info);
        assert_eq!(Wanted::of(Some("sccache")).level("sccache::server"), Level::Trace);
        assert_eq!(Wanted::of(Some("")).level("sccache::server"), Level::Error);
    }

    /// Other systems give it back when the file is closed.
    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_given_back() {
        let mut log = DaemonLog::new(tempfile::tempfile().unwrap(), None).unwrap();
        let mut writer = log.writer().unwrap();
        let line = format!("[T DEBUG sccache::server] {}\n", "x".repeat(1000));
        for _ in 0..4096 {
            writer.write_all(line.as_bytes()).unwrap();
            log.read(&mut Outcomes::default());
        }
        let bytes = process::disk_usage(&log.memory.metadata().unwrap());
        assert!(bytes < 1 << 18, "{bytes} bytes");
    }
}
