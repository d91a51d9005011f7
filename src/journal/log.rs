//! The log of a build folder.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Outcome};
use super::line::{Line, LineId};

/// The compilations of a build folder that the journal still contains, ordered by [`Entry::at`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    /// All compilations that have ended.
    pub entries: Vec<Entry>,
    /// The compilations that still run. Their outcome is [`Outcome::Unknown`], and [`Entry::at`] is the time of their beginning.
    pub running: Vec<Entry>,
    /// Other events, ordered by their time.
    pub marks: Vec<Mark>,
    /// The number of damaged lines, which were skipped.
    pub damaged: usize,
}

/// An event that is not a compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The time, in milliseconds since 1970.
    pub at: u64,
    /// The event.
    pub kind: MarkKind,
}

/// The kind of a [`Mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// CMake has configured the build folder.
    Configured,
    /// The user has set the statistics to zero.
    Zero,
    /// An event of a newer version.
    #[serde(other)]
    Other,
}

/// A build: the compilations with the same [`Entry::build`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build<'a> {
    /// [`Entry::build`]
    pub id: &'a str,
    /// Its compilations.
    pub entries: Vec<&'a Entry>,
    /// The beginning of the first compilation, in milliseconds since 1970.
    pub begun: u64,
    /// The end of the last compilation, in milliseconds since 1970.
    pub ended: u64,
}

impl Journal {
    /// The journal with the lines of `text`. A compilation without an end counts as interrupted.
    #[must_use]
    pub fn from_lines(text: &str) -> Self {
        Self::of_lines(text.lines().map(str::as_bytes), |_| false)
    }

    /// The journal with these lines. `is_running` says whether the launcher of a compilation still runs.
    pub(super) fn of_lines<'a>(
        lines: impl IntoIterator<Item = &'a [u8]>,
        is_running: impl Fn(LineId) -> bool,
    ) -> Self {
        let mut journal = Self::default();
        let mut begun: HashMap<LineId, Line> = HashMap::new();
        for line in lines {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Some(line) = str::from_utf8(line).ok().and_then(Line::parse) else {
                journal.damaged += 1;
                continue;
            };
            if let Some(kind) = line.mark {
                journal.marks.push(Mark { at: line.at, kind });
                continue;
            }
            let Some(id) = line.id else { continue };
            match line.outcome {
                None => drop(begun.insert(id, line)),
                Some(outcome) if line.build.is_empty() => match begun.remove(&id) {
                    Some(first) => journal.entries.push(entry(first, line, outcome)),
                    // Its first line is damaged, or was removed.
                    None => journal.damaged += 1,
                },
                Some(outcome) => {
                    begun.remove(&id);
                    journal.entries.push(entry(line.clone(), line, outcome));
                }
            }
        }
        for (id, first) in begun {
            let end = Line { at: first.at, ..Line::default() };
            if is_running(id) {
                journal.running.push(entry(first, end, Outcome::Unknown));
            } else {
                journal.entries.push(entry(first, end, Outcome::Interrupted));
            }
        }
        let order = |entry: &Entry| (entry.at, entry.object.clone());
        journal.entries.sort_by_cached_key(order);
        journal.running.sort_by_cached_key(order);
        journal.marks.sort_by_key(|mark| mark.at);
        journal
    }

    /// The builds, ordered by their first compilation.
    #[must_use]
    pub fn builds(&self) -> Vec<Build<'_>> {
        let mut builds: Vec<Build<'_>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for entry in &self.entries {
            let begun = entry.at.saturating_sub(entry.micros.unwrap_or(0) / 1000);
            let place = *places.entry(&entry.build).or_insert(builds.len());
            if place == builds.len() {
                builds.push(Build { id: &entry.build, entries: Vec::new(), begun, ended: entry.at });
            }
            let build = &mut builds[place];
            build.entries.push(entry);
            build.begun = build.begun.min(begun);
            build.ended = build.ended.max(entry.at);
        }
        builds.sort_by_key(|build| build.begun);
        builds
    }

    /// The last `number` builds, the last one at the end.
    #[must_use]
    pub fn last_builds(&self, number: usize) -> Vec<Build<'_>> {
        let mut builds = self.builds();
        builds.drain(..builds.len().saturating_sub(number));
        builds
    }

    /// The compilations since `at`, in milliseconds since 1970.
    #[must_use]
    pub fn since(&self, at: u64) -> &[Entry] {
        let first = self.entries.partition_point(|entry| entry.at < at);
        &self.entries[first..]
    }

    /// The compilations since CMake has last configured the build folder; all, if the journal does not contain this.
    #[must_use]
    pub fn since_configure(&self) -> &[Entry] {
        self.since_mark(MarkKind::Configured)
    }

    /// The compilations since the statistics were set to zero; all, if they were not.
    #[must_use]
    pub fn since_zero(&self) -> &[Entry] {
        self.since_mark(MarkKind::Zero)
    }

    fn since_mark(&self, kind: MarkKind) -> &[Entry] {
        let last = self.marks.iter().rev().find(|mark| mark.kind == kind);
        self.since(last.map_or(0, |mark| mark.at))
    }

    /// The compilation of `object` that ended last. See [`Entry::object`].
    #[must_use]
    pub fn last_of(&self, object: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.object == object)
    }
}

fn entry(first: Line, last: Line, outcome: Outcome) -> Entry {
    Entry {
        at: last.at,
        build: first.build,
        run: first.run,
        source: first.source,
        object: first.object,
        language: first.language,
        outcome,
        is_certain: !last.is_doubtful,
        micros: last.micros,
        rule: last.rule,
        reason: last.reason,
        tier: last.tier,
        inputs: last.inputs,
        placed: last.placed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(id: u32, at: u64, build: &str, object: &str) -> String {
        let line = Line {
            id: Some(LineId(id, at)),
            at,
            build: build.to_owned(),
            source: object.replace(".o", ""),
            object: object.to_owned(),
            language: "CXX".to_owned(),
            ..Line::default()
        };
        line.text()
    }

    fn last(id: u32, begun: u64, at: u64, outcome: Outcome) -> String {
        let line = Line {
            id: Some(LineId(id, begun)),
            at,
            outcome: Some(outcome),
            micros: Some((at - begun) * 1000),
            ..Line::default()
        };
        line.text()
    }

    fn mark(at: u64, kind: MarkKind) -> String {
        Line { at, mark: Some(kind), ..Line::default() }.text()
    }

    #[test]
    fn the_first_and_the_last_line_are_one_compilation() {
        let text = first(1, 10, "7-1", "a.cpp.o")
            + &first(2, 11, "7-1", "b.cpp.o")
            + &last(2, 11, 15, Outcome::DirectHit)
            + &last(1, 10, 20, Outcome::Miss);
        let journal = Journal::from_lines(&text);
        let found: Vec<_> = journal
            .entries
            .iter()
            .map(|entry| (entry.object.as_str(), entry.outcome, entry.micros))
            .collect();
        assert_eq!(
            found,
            [("b.cpp.o", Outcome::DirectHit, Some(4000)), ("a.cpp.o", Outcome::Miss, Some(10_000))]
        );
        assert_eq!((journal.damaged, journal.running.len()), (0, 0));
        assert_eq!(journal.last_of("a.cpp.o").unwrap().source, "a.cpp");
    }

    #[test]
    fn a_compilation_without_an_end_was_interrupted_or_runs() {
        let text = first(1, 10, "7-1", "a.o") + &first(2, 11, "7-1", "b.o");
        let journal = Journal::from_lines(&text);
        assert!(journal.entries.iter().all(|entry| entry.outcome == Outcome::Interrupted));
        let journal = Journal::of_lines(text.lines().map(str::as_bytes), |id| id == LineId(2, 11));
        assert_eq!((journal.entries.len(), journal.running.len()), (1, 1));
        assert_eq!(journal.running[0].object, "b.o");
    }

    #[test]
    fn a_process_id_is_used_again() {
        let text = first(1, 10, "7-1", "a.o")
            + &first(1, 50, "8-1", "a.o")
            + &last(1, 50, 60, Outcome::Hit)
            + &last(1, 10, 70, Outcome::Miss);
        let journal = Journal::from_lines(&text);
        assert_eq!(journal.entries[0].build, "8-1");
        assert_eq!(journal.entries[1].outcome, Outcome::Miss);
    }

    #[test]
    fn damaged_lines_are_skipped_and_counted() {
        let good = first(1, 10, "7-1", "a.o") + &last(1, 10, 20, Outcome::Miss);
        for length in 1..good.len() {
            let text = format!("{}\n{good}", &good[..length]);
            let journal = Journal::from_lines(&text);
            assert!(journal.entries.iter().any(|entry| entry.outcome == Outcome::Miss), "{length}");
        }
        let text = format!("{{\"t\":1}}\n\u{0}\u{0}\n[]\nnull\n\n{good}{{}}\n");
        let journal = Journal::from_lines(&text);
        assert_eq!((journal.entries.len(), journal.damaged), (1, 5));
        let bytes: [&[u8]; 2] = [b"\xff\xfe", b"{\"m\":\"zero\",\"t\":3}"];
        let journal = Journal::of_lines(bytes, |_| false);
        assert_eq!((journal.damaged, journal.marks.len()), (1, 1));
    }

    #[test]
    fn lines_of_a_newer_version_are_understood() {
        let text = "{\"k\":[1,2],\"t\":5,\"s\":\"a.c\",\"o\":\"a.o\",\"l\":\"C\",\"b\":\"1-1\",\"r\":\"teleported\",\"new\":{}}\n\
                    {\"m\":\"eclipse\",\"t\":6}\n";
        let journal = Journal::from_lines(text);
        assert_eq!(journal.entries[0].outcome, Outcome::Unknown);
        assert_eq!(journal.marks[0].kind, MarkKind::Other);
    }

    #[test]
    fn compilations_are_selected_by_builds_and_marks() {
        let text = first(1, 10, "7-1", "a.o")
            + &last(1, 10, 20, Outcome::Miss)
            + &mark(25, MarkKind::Configured)
            + &first(2, 30, "8-1", "a.o")
            + &first(3, 31, "8-1", "b.o")
            + &last(3, 31, 35, Outcome::Hit)
            + &last(2, 30, 40, Outcome::Hit)
            + &mark(45, MarkKind::Zero)
            + &first(4, 50, "9-1", "a.o")
            + &last(4, 50, 60, Outcome::Hit);
        let journal = Journal::from_lines(&text);
        let builds: Vec<_> = journal
            .builds()
            .into_iter()
            .map(|build| (build.id, build.entries.len(), build.begun, build.ended))
            .collect();
        assert_eq!(builds, [("7-1", 1, 10, 20), ("8-1", 2, 30, 40), ("9-1", 1, 50, 60)]);
        assert_eq!(journal.last_builds(2)[0].id, "8-1");
        assert_eq!(journal.last_builds(9).len(), 3);
        assert_eq!(journal.since_configure().len(), 3);
        assert_eq!(journal.since_zero().len(), 1);
        assert_eq!(Journal::from_lines("").since_zero(), []);
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "ä".repeat(5000);
        let text = first(1, 10, "7-1", &long) + &last(1, 10, 20, Outcome::Miss);
        assert!(text.lines().next().unwrap().len() < 4096);
        assert_eq!(Journal::from_lines(&text).entries.len(), 1);
    }
}
