//! Why compilations of a build missed.

use std::cmp::Reverse;

use super::cause::{Cause, Change, Kind, Wording};
use super::difference::{Pair, nearest, time_macro};
use super::entry::{Entry, Outcome};
use super::groups::{CauseGroup, Explained, group};
use super::headers::Headers;
use super::inputs::{HeaderInputs, Inputs};
use super::log::Journal;
use super::places::Places;

/// A journal with the functions that read what belongs to it.
#[derive(Clone, Copy)]
pub struct Explaining<'a> {
    /// The log.
    pub journal: &'a Journal,
    /// The dictionary of headers.
    pub headers: &'a Headers,
    /// The records of an object, the newest first.
    pub records: &'a dyn Fn(&str) -> Vec<Inputs>,
    /// The present content of a file; its path has the form of [`Entry::source`].
    pub file: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// The time at which the local cache was created, in milliseconds since 1970, if it is known.
    pub cache_created: Option<u64>,
}

/// The causes of the misses of a build.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Causes {
    /// The causes, that of the most files first.
    pub groups: Vec<CauseGroup>,
    /// The number of misses that were compared.
    pub compared: usize,
    /// The number of misses of the build.
    pub missed: usize,
}

/// The causes of the misses of `build` (see [`Entry::build`]). At most `limit` misses are compared, the last ones: reading the
/// inputs of a compilation takes about 0.1 ms.
#[must_use]
pub fn causes(explaining: Explaining<'_>, build: &str, limit: usize) -> Causes {
    let is_miss = |entry: &&Entry| entry.build == build && entry.outcome == Outcome::Miss;
    let missed: Vec<&Entry> = explaining.journal.entries.iter().filter(is_miss).collect();
    let compared = &missed[missed.len().saturating_sub(limit)..];
    let explained: Vec<Explained> = compared.iter().map(|entry| explaining.explained(entry)).collect();
    Causes { groups: group(&explained, Wording::Time), compared: compared.len(), missed: missed.len() }
}

/// The causes of one miss, and what they were compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The causes, the most specific one first.
    pub causes: Vec<Cause>,
    /// The time of the earlier compilation, in milliseconds since 1970; `None` if there is none.
    pub compared_with: Option<u64>,
}

impl Explaining<'_> {
    /// The file of a miss with its causes.
    #[must_use]
    pub fn explained(&self, entry: &Entry) -> Explained {
        Explained {
            source: entry.source.clone(),
            object: entry.object.clone(),
            causes: self.why(entry).causes,
            micros: entry.micros.unwrap_or_default(),
        }
    }

    /// Why `entry` was a miss.
    #[must_use]
    pub fn why(&self, entry: &Entry) -> Why {
        let mut records = (self.records)(&entry.object);
        records.sort_by_key(|record| Reverse(record.at));
        let is_now = |record: &Inputs| record.at == entry.at && record.build == entry.build;
        let same_parts =
            |record: &Inputs| record.build == entry.build && Some(record.digest()) == entry.inputs;
        let place = records.iter().position(is_now).or_else(|| records.iter().position(same_parts));
        let Some(place) = place else {
            let cause = Cause::new(Kind::Unexplained, Change::Changed, "its inputs were not recorded");
            return Why { causes: vec![cause], compared_with: None };
        };
        let neutral = |record: &Inputs| {
            let [source, build, _] = &record.folders;
            Places::new(source, build, "", "").neutral(record.clone())
        };
        let now = &neutral(&records[place]);
        let earlier: Vec<Inputs> = records[place + 1..].iter().map(&neutral).collect();
        let causes = |before: &Inputs| {
            let original = records.iter().find(|record| record.at == before.at);
            let moved =
                original.map_or_else(Vec::new, |original| moved(&original.folders, &records[place].folders));
            let (headers_before, headers_now) = (self.headers, self.headers);
            Pair { before, now, headers_before, headers_now, moved: &moved }.causes()
        };
        let Some((before, mut causes)) = nearest(&earlier, causes) else {
            let was_hit = |other: &&Entry| {
                other.outcome.is_hit() && other.at < entry.at && other.object == entry.object
            };
            let has_hits = self.journal.entries.iter().any(|other| was_hit(&other));
            let name = if has_hits { "hits" } else { "" };
            return Why {
                causes: vec![Cause::new(Kind::FirstTime, Change::Added, name)],
                compared_with: None,
            };
        };
        if causes.is_empty() {
            causes.push(self.cause_without_difference(entry, before, now));
        }
        Why { causes, compared_with: Some(before.at) }
    }

    fn cause_without_difference(&self, entry: &Entry, before: &Inputs, now: &Inputs) -> Cause {
        let cause = |kind: Kind, name: &str| Cause::new(kind, Change::Changed, name);
        if before.outcome != Outcome::Miss {
            let reason = match before.outcome {
                Outcome::CompileError => "the compiler failed",
                Outcome::FailedOver => "the cache failed",
                Outcome::Bypassed | Outcome::Uncacheable => "it was not cacheable",
                Outcome::Interrupted => "it was interrupted",
                _ => "its outcome is not known",
            };
            return cause(Kind::NotStored, "").with(reason, "");
        }
        if let Some((name, file)) = time_macro(now, self.headers, self.file) {
            return cause(Kind::TimeMacro, name).with("", file);
        }
        for inputs in [before, now] {
            if let HeaderInputs::Unknown(reason) = &inputs.headers {
                return cause(Kind::Unexplained, &format!("the headers are not known: {reason}"));
            }
        }
        let mut hits = self.journal.entries.iter().filter(|other| other.outcome.is_hit());
        let state = if self.cache_created.is_some_and(|created| created > before.at) {
            "emptied"
        } else if hits.any(|other| other.build == entry.build) {
            "evicted"
        } else {
            ""
        };
        cause(Kind::Gone, state)
    }
}

/// The placeholders of the folders that differ: the build folder may be that of a checkout that was moved.
fn moved([source_before, build_before, _]: &[String; 3], [source, build, _]: &[String; 3]) -> Vec<String> {
    let folders = [("<source>", source_before != source), ("<build>", build_before != build)];
    folders.into_iter().filter(|(_, has_moved)| *has_moved).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn inputs(object: &str, at: u64, build: &str, sha: &str) -> Inputs {
        Inputs {
            build: build.to_owned(),
            macros: vec![("GIT_SHA".to_owned(), sha.to_owned())],
            ..Inputs::of_test(at, object, object.trim_end_matches(".o"))
        }
    }

    fn entry(object: &str, at: u64, build: &str, outcome: Outcome) -> Entry {
        let source = object.trim_end_matches(".o");
        Entry { build: build.to_owned(), ..Entry::new(at, source, object, "CXX", outcome) }
    }

    struct Folder {
        journal: Journal,
        records: HashMap<String, Vec<Inputs>>,
        text: &'static str,
        created: Option<u64>,
    }

    impl Folder {
        fn new(entries: Vec<Entry>, records: Vec<Inputs>) -> Self {
            let mut of_object: HashMap<String, Vec<Inputs>> = HashMap::new();
            for record in records {
                of_object.entry(record.object.clone()).or_default().push(record);
            }
            let journal = Journal { entries, ..Journal::default() };
            Self { journal, records: of_object, text: "int a;", created: None }
        }

        fn why(&self, index: usize) -> Vec<String> {
            let why = self.ask(|explaining| explaining.why(&self.journal.entries[index]));
            why.causes.iter().map(|cause| cause.sentence(Wording::Time, 0)).collect()
        }

        fn ask<T>(&self, question: impl FnOnce(Explaining<'_>) -> T) -> T {
            question(Explaining {
                journal: &self.journal,
                headers: &Headers::default(),
                records: &|object| self.records.get(object).cloned().unwrap_or_default(),
                file: &|_| Some(self.text.as_bytes().to_vec()),
                cache_created: self.created,
            })
        }
    }

    #[test]
    fn the_misses_of_a_build_have_their_causes() {
        let mut entries = Vec::new();
        let mut records = Vec::new();
        for number in 0..10 {
            let object = format!("{number}.c.o");
            entries.push(entry(&object, 10 + number, "1-1", Outcome::Miss));
            entries.push(entry(
                &object,
                30 + number,
                "2-2",
                if number < 8 { Outcome::Miss } else { Outcome::Hit },
            ));
            records.push(inputs(&object, 10 + number, "1-1", "a"));
            if number < 8 {
                records.push(inputs(&object, 30 + number, "2-2", "b"));
            }
        }
        entries.sort_by_key(|entry| entry.at);
        let folder = Folder::new(entries, records);
        let found = folder.ask(|explaining| causes(explaining, "2-2", 100));
        assert_eq!((found.missed, found.compared), (8, 8));
        assert_eq!(found.groups[0].headline(), "the macro GIT_SHA changed (in 8 of 8 files)");
        let found = folder.ask(|explaining| causes(explaining, "2-2", 3));
        assert_eq!((found.missed, found.compared, found.groups[0].of), (8, 3, 3));
        let first = folder.ask(|explaining| causes(explaining, "1-1", 100));
        assert_eq!(
            first.groups[0].headline(),
            "there is no earlier compilation in this build folder (in 10 of 10 files)"
        );
    }

    #[test]
    fn an_option_that_was_reverted_is_compared_with_the_first_compilation() {
        let entries = vec![
            entry("a.o", 10, "1-1", Outcome::Miss),
            entry("a.o", 20, "2-2", Outcome::Miss),
            entry("a.o", 30, "3-3", Outcome::Miss),
        ];
        let records =
            vec![inputs("a.o", 10, "1-1", "a"), inputs("a.o", 20, "2-2", "b"), inputs("a.o", 30, "3-3", "a")];
        let folder = Folder::new(entries, records);
        assert_eq!(folder.why(1), ["the macro GIT_SHA changed"]);
        assert!(folder.why(2)[0].starts_with("nothing changed, but the entry is no longer in the cache"));
        let why = folder.ask(|explaining| explaining.why(&folder.journal.entries[2]));
        assert_eq!(why.compared_with, Some(10));
    }

    #[test]
    fn without_a_difference_the_entry_is_gone_or_was_never_stored() {
        let twice = |first: Outcome, others: Vec<Entry>| {
            let mut entries = vec![entry("a.o", 10, "1-1", first), entry("a.o", 20, "2-2", Outcome::Miss)];
            entries.extend(others);
            let mut before = inputs("a.o", 10, "1-1", "a");
            before.outcome = first;
            Folder::new(entries, vec![before, inputs("a.o", 20, "2-2", "a")])
        };
        let gone = |folder: &Folder| folder.why(1)[0].clone();
        let nothing = twice(Outcome::Miss, Vec::new());
        assert!(gone(&nothing).ends_with("it was removed, or the size limit of the cache was reached"));
        let with_hits = twice(Outcome::Miss, vec![entry("b.o", 21, "2-2", Outcome::Hit)]);
        assert!(
            gone(&with_hits)
                .ends_with("the size limit of the cache was reached, since other entries are still there")
        );
        let emptied = Folder { created: Some(15), ..nothing };
        assert!(gone(&emptied).ends_with("the cache was emptied since then"));
        let failed = twice(Outcome::CompileError, Vec::new());
        assert_eq!(
            gone(&failed),
            "the last compilation with the same inputs was not stored (the compiler failed)"
        );
        let timed = Folder { text: "char *t = __TIME__;", ..twice(Outcome::Miss, Vec::new()) };
        assert_eq!(gone(&timed), "__TIME__ in a has another value in each compilation");
    }

    #[test]
    fn a_miss_without_a_record_is_not_explained() {
        let folder = Folder::new(vec![entry("a.o", 10, "1-1", Outcome::Miss)], Vec::new());
        assert!(folder.why(0)[0].contains("its inputs were not recorded"));
        let entries = vec![entry("a.o", 10, "1-1", Outcome::Hit), entry("a.o", 20, "2-2", Outcome::Miss)];
        let folder = Folder::new(entries, vec![inputs("a.o", 20, "2-2", "a")]);
        assert!(folder.why(1)[0].contains("the inputs of hits are not recorded"));
    }
}
