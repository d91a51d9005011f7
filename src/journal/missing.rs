//! The files that miss in each build.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::entry::{Entry, Outcome};
use super::log::Journal;

/// A file that misses in each build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The source.
    pub source: String,
    /// The object.
    pub object: String,
    /// The number of builds, one after the other until the last one that compiled it, in which it was a miss.
    pub builds: usize,
}

/// A file that has missed in fewer builds may have been edited.
const FEWEST_BUILDS: usize = 3;

/// The files that were a miss in the last build, and each time in at least two builds before, also those that were edited before
/// each build. Those with the most builds come first.
#[must_use]
pub fn keep_missing(journal: &Journal) -> Vec<Missing> {
    // The last build of each object in which it was a miss, their number, and whether it has ended.
    let mut seen: HashMap<&str, (&Entry, usize, bool)> = HashMap::new();
    let last_build = journal.entries.last().map(|entry| entry.build.as_str());
    for entry in journal.entries.iter().rev() {
        let (last, builds, is_over) =
            seen.entry(&entry.object).or_insert((entry, 0, Some(entry.build.as_str()) != last_build));
        if *is_over || last.build == entry.build && *builds > 0 {
            continue;
        }
        match entry.outcome {
            Outcome::Miss => {
                *builds += 1;
                *last = entry;
            }
            // The source did not compile, or the user has stopped the build.
            Outcome::CompileError | Outcome::Interrupted => {}
            _ => *is_over = true,
        }
    }
    let often = seen.into_iter().filter(|(_, (_, builds, _))| *builds >= FEWEST_BUILDS);
    let missing = often.map(|(object, (entry, builds, _))| Missing {
        source: entry.source.clone(),
        object: object.to_owned(),
        builds,
    });
    let mut missing: Vec<Missing> = missing.collect();
    missing.sort_by(|one, other| {
        (Reverse(one.builds), &one.object).cmp(&(Reverse(other.builds), &other.object))
    });
    missing
}

#[cfg(test)]
mod tests {
    use super::super::{Line, LineId};
    use super::*;

    #[test]
    fn only_files_that_missed_in_each_of_the_last_builds_are_named() {
        use Outcome::{CompileError, DirectHit, Miss};
        let builds: [&[(&str, Outcome)]; 5] = [
            &[("a", Miss), ("b", Miss), ("c", Miss), ("d", Miss)],
            &[("a", Miss), ("b", DirectHit), ("c", Miss), ("d", Miss)],
            &[("a", CompileError), ("b", Miss), ("d", Miss), ("d", Miss)],
            &[("a", Miss), ("b", Miss), ("c", Miss), ("d", DirectHit)],
            &[("a", Miss), ("b", Miss), ("b", Miss), ("c", Miss)],
        ];
        let mut text = String::new();
        let mut at = 0;
        for (build, entries) in builds.iter().enumerate() {
            for (object, outcome) in *entries {
                at += 1;
                let line = Line {
                    id: Some(LineId(at, 1)),
                    at: at.into(),
                    build: build.to_string(),
                    source: format!("{object}.c"),
                    object: (*object).to_owned(),
                    outcome: Some(*outcome),
                    ..Line::default()
                };
                text += &line.text();
            }
        }
        let missing = keep_missing(&Journal::from_lines(&text));
        let missing: Vec<_> = missing.iter().map(|file| (file.source.as_str(), file.builds)).collect();
        assert_eq!(missing, [("a.c", 4), ("c.c", 4), ("b.c", 3)]);
    }
}
