//! The outcome of a compilation by ccache, from its own statistics log (`CCACHE_STATSLOG`, from ccache 4.4 on): the counters that
//! this one compilation has increased.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::journal::Ending;
use super::super::process::{self, SharedFile};
use super::environment::Environment;
use crate::caching::tool::Version;
use crate::journal::{Outcome, Tier};

/// The variable that names the log.
const VARIABLE: &str = "CCACHE_STATSLOG";
/// The first version that writes one.
const FIRST: Version = Version::new(4, 4, 0);
/// The largest log that is read.
const LARGEST: u64 = 64 * 1024;

/// The log of one compilation.
#[derive(Debug)]
pub(super) struct StatsLog {
    file: SharedFile,
    /// The log that the user has set.
    of_user: Option<PathBuf>,
}

impl StatsLog {
    /// Lets ccache write a log that only this compilation uses. `None` if that is not possible: the outcome is not known then.
    pub(super) fn set(version: Version, environment: &Environment, command: &mut Command) -> Option<Self> {
        if !version.at_least(FIRST) {
            return None;
        }
        let of_user = environment.value(VARIABLE).cloned().or_else(|| process::variable(VARIABLE));
        let of_user = of_user.filter(|path| !path.is_empty());
        let file = SharedFile::new()?;
        // ccache expands variables in it.
        let has_variable = |path: &OsStr| path.as_encoded_bytes().contains(&b'$');
        if of_user.as_deref().is_some_and(has_variable) || has_variable(file.path()) {
            return None;
        }
        command.env(VARIABLE, file.path());
        Some(Self { file, of_user: of_user.map(PathBuf::from) })
    }

    /// What ccache has written. The log of the user gets it, too.
    fn read(self) -> String {
        let text = self.file.read(LARGEST);
        if let Some(path) = self.of_user.filter(|_| !text.is_empty()) {
            // As with ccache, an error has no effect.
            let _ = append(&path, &text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The end of the compilation, if ccache has ended successfully or not.
    pub(super) fn ending(log: Option<Self>, is_success: bool) -> Ending {
        let known = log.map_or_else(|| Ending::new(Outcome::Unknown), |log| ending(&log.read()));
        match known.outcome {
            _ if is_success => known,
            _ => Ending { outcome: Outcome::CompileError, ..known },
        }
    }
}

fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    process::open_at_once().append(true).create(true).open(path)?.write_all(text)
}

/// The end of a compilation with this log. It contains the name of the source after `#`, and one counter in each line.
fn ending(log: &str) -> Ending {
    let mut ending = Ending::new(Outcome::Unknown);
    let mut tier = None;
    let mut other = None;
    for counter in log.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match counter {
            "direct_cache_hit" => ending.outcome = Outcome::DirectHit,
            "preprocessed_cache_hit" => ending.outcome = Outcome::Hit,
            "cache_miss" => ending.outcome = Outcome::Miss,
            "compile_failed" | "preprocessor_error" => ending.outcome = Outcome::CompileError,
            "remote_storage_hit" => tier = Some(Tier::Remote),
            "local_storage_hit" => tier = tier.or(Some(Tier::Local)),
            // Details of an outcome.
            _ if counter.starts_with("direct_cache_miss")
                || counter.starts_with("preprocessed_cache_miss")
                || counter.starts_with("local_storage_")
                || counter.starts_with("remote_storage_")
                || counter == "recache"
                || counter == "cleanups_performed" => {}
            other_counter => other = Some(other_counter.to_owned()),
        }
    }
    if ending.outcome.is_hit() {
        ending.tier = tier;
    }
    if let Some(counter) = other {
        if ending.outcome == Outcome::Unknown {
            ending.outcome = Outcome::Uncacheable;
        }
        ending.reason = Some(counter);
    }
    ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_of_ccache_are_outcomes() {
        for (log, outcome, tier) in [
            (
                "# a.c\ndirect_cache_hit\nlocal_storage_hit\nlocal_storage_read_hit\n",
                Outcome::DirectHit,
                Some(Tier::Local),
            ),
            (
                "# a.c\npreprocessed_cache_hit\ndirect_cache_miss\nlocal_storage_miss\nremote_storage_hit\n",
                Outcome::Hit,
                Some(Tier::Remote),
            ),
            ("# a.c\ncache_miss\npreprocessed_cache_miss\nlocal_storage_write\n", Outcome::Miss, None),
            ("# a.c\ncache_miss\ncompile_failed\n", Outcome::CompileError, None),
            ("# a.c\ncalled_for_link\n", Outcome::Uncacheable, None),
            ("", Outcome::Unknown, None),
        ] {
            let found = ending(log);
            assert_eq!((found.outcome, found.tier), (outcome, tier), "{log}");
        }
        assert_eq!(
            ending("# a.c\nunsupported_code_directive\n").reason.as_deref(),
            Some("unsupported_code_directive")
        );
    }
}
