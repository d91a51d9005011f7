//! From the entries of a journal to numbers: results by target, language and build, and the time that the cache saved.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::{Entry, Outcome, Placed, Tier};

/// The numbers of compilations with each result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Hits without the preprocessor.
    pub direct_hits: u64,
    /// Hits after the preprocessor, and those of which the tool does not say how they were found.
    pub other_hits: u64,
    /// Compilations that were not in the cache.
    pub misses: u64,
    /// Compilations that a rule kept away from the tool.
    pub bypassed: u64,
    /// Compilations that the tool cannot cache.
    pub uncacheable: u64,
    /// Compilations by the compiler alone, because the tool or its storage did not work.
    pub failed_over: u64,
    /// Compilations with errors of the compiler.
    pub compile_errors: u64,
    /// Compilations that were interrupted.
    pub interrupted: u64,
    /// Compilations whose result is not known.
    pub unknown: u64,
}

impl Counts {
    /// The counts of these entries.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut counts = Self::default();
        entries.into_iter().for_each(|entry| counts.add(entry.outcome));
        counts
    }

    const fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::DirectHit => &mut self.direct_hits,
            Outcome::Hit => &mut self.other_hits,
            Outcome::Miss => &mut self.misses,
            Outcome::Bypassed => &mut self.bypassed,
            Outcome::Uncacheable => &mut self.uncacheable,
            Outcome::FailedOver => &mut self.failed_over,
            Outcome::CompileError => &mut self.compile_errors,
            Outcome::Interrupted => &mut self.interrupted,
            Outcome::Unknown => &mut self.unknown,
        };
        *count += 1;
    }

    /// All compilations.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.cacheable()
            + self.bypassed
            + self.uncacheable
            + self.compile_errors
            + self.interrupted
            + self.unknown
    }

    /// All hits.
    #[must_use]
    pub const fn hits(&self) -> u64 {
        self.direct_hits + self.other_hits
    }

    /// The compilations that could have been hits. A compilation while the cache did not work is one of them: otherwise, a
    /// cache that fails all the time would have no rate at all, instead of one of 0 %.
    #[must_use]
    pub const fn cacheable(&self) -> u64 {
        self.hits() + self.misses + self.failed_over
    }

    /// Hits per hundred cacheable compilations; `None` if there were none.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        percent(self.hits(), self.cacheable())
    }

    /// Direct hits per hundred hits; `None` if there were none.
    #[must_use]
    pub fn direct_share(&self) -> Option<f64> {
        percent(self.direct_hits, self.hits())
    }
}

/// `part` of `whole` in per cent; `None` if `whole` is 0.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of compilations are far below 2^52")]
pub fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// A time in microseconds, and the number of files that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Microseconds. A difference of times may be negative.
    pub micros: i64,
    /// The number of compilations.
    pub files: u64,
}

impl Measure {
    const fn add(&mut self, micros: i64) {
        self.micros += micros;
        self.files += 1;
    }
}

/// The time that hits saved: for each hit, the time of a compilation minus the time of the hit. This is time of the compilers,
/// not of the build: with eight jobs, a build becomes shorter by about an eighth of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Hits for which the journal has a compilation of the same object: the last one before the hit, or the first one after it.
    pub measured: Measure,
    /// Other hits: the median of all misses of the same language stands for the compilation.
    pub estimated: Measure,
    /// Hits in languages without a miss in the journal, and hits without a time.
    pub unknown: u64,
}

impl Saved {
    /// Microseconds, measured and estimated.
    #[must_use]
    pub const fn micros(&self) -> i64 {
        self.measured.micros + self.estimated.micros
    }

    /// The number of hits that [`Self::micros`] is about.
    #[must_use]
    pub const fn files(&self) -> u64 {
        self.measured.files + self.estimated.files
    }
}

/// A group of compilations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Group {
    /// The results.
    pub counts: Counts,
    /// The time of all compilations, hits included, if it is known.
    pub spent: Measure,
    /// The time that hits saved.
    pub saved: Saved,
}

/// One build: the compilations of one run of the build tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSummary {
    /// Its name in the journal.
    pub id: String,
    /// The start of its first compilation, in milliseconds since 1970.
    pub start: u64,
    /// The end of its last compilation, in milliseconds since 1970.
    pub end: u64,
    /// Its compilations.
    pub group: Group,
}

/// A reason for compilations without the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A rule of the launcher, or the reason of the tool; empty if it is not known.
    pub name: String,
    /// The number of compilations.
    pub count: u64,
    /// The source of the last of them.
    pub example: String,
}

/// A compilation that took long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowMiss {
    /// The source.
    pub source: String,
    /// The object.
    pub object: String,
    /// Its target, if the path of the object contains one.
    pub target: Option<String>,
    /// The longest time of its misses, in microseconds.
    pub micros: u64,
    /// The number of its misses.
    pub misses: u64,
}

/// Where compilers ran, if compilations are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placements {
    /// On each worker.
    pub remote: BTreeMap<String, u64>,
    /// On this machine, without a try elsewhere.
    pub here: u64,
    /// On this machine, after a worker has failed.
    pub retried: u64,
}

impl Placements {
    fn add(&mut self, placed: &Placed) {
        match placed {
            Placed::Remote(worker) => *self.remote.entry(worker.clone()).or_default() += 1,
            Placed::Here => self.here += 1,
            Placed::Retried(_) => self.retried += 1,
        }
    }
}

/// What a part of a journal says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// All compilations.
    pub total: Group,
    /// The compilations of each target, those with the most compilations first. The name is empty for objects whose path names
    /// no target.
    pub targets: Vec<(String, Group)>,
    /// The compilations of each language, by the names of CMake, those with the most compilations first.
    pub languages: Vec<(String, Group)>,
    /// The builds, oldest first.
    pub builds: Vec<BuildSummary>,
    /// The rules that bypassed the tool, the most frequent first.
    pub bypassed: Vec<Reason>,
    /// The reasons of the tool for not caching, the most frequent first.
    pub uncacheable: Vec<Reason>,
    /// The reasons why the cache did not work, the most frequent first.
    pub failed_over: Vec<Reason>,
    /// The objects with misses, the slowest first.
    pub slowest_misses: Vec<SlowMiss>,
    /// The number of hits from the local storage.
    pub local_hits: u64,
    /// The number of hits from the remote storage.
    pub remote_hits: u64,
    /// Where compilers ran, if compilations are distributed.
    pub placements: Placements,
    /// The number of compilations that ran at the same time as another one of a file with the same name. The sums contain their
    /// results, but which file had which result is not known.
    pub uncertain: u64,
}

impl Summary {
    /// Summarises the entries `of`. The times of compilations are looked up in `history`, which is usually the whole journal.
    /// Both are in the order of time.
    pub fn new<'a>(of: impl IntoIterator<Item = &'a Entry>, history: &[Entry]) -> Self {
        let times = Times::new(history);
        let mut summary = Self::default();
        let mut targets: BTreeMap<&str, Group> = BTreeMap::new();
        let mut languages: BTreeMap<&str, Group> = BTreeMap::new();
        let mut builds: Vec<BuildSummary> = Vec::new();
        let mut place_of_build: HashMap<&str, usize> = HashMap::new();
        let mut bypassed: Reasons<'_> = Reasons::default();
        let mut uncacheable: Reasons<'_> = Reasons::default();
        let mut failed_over: Reasons<'_> = Reasons::default();
        let mut slow: HashMap<(&str, &str), SlowMiss> = HashMap::new();
        for entry in of {
            let saved = entry.outcome.is_hit().then(|| times.saved_by(entry));
            let target = entry.target();
            summary.total.add(entry, saved);
            targets.entry(target.unwrap_or_default()).or_default().add(entry, saved);
            languages.entry(&entry.language).or_default().add(entry, saved);
            let start = entry.at.saturating_sub(entry.micros.unwrap_or_default() / 1000);
            let place = *place_of_build.entry(&entry.build).or_insert_with(|| {
                builds.push(BuildSummary {
                    id: entry.build.clone(),
                    start,
                    end: entry.at,
                    group: Group::default(),
                });
                builds.len() - 1
            });
            let build = &mut builds[place];
            build.start = build.start.min(start);
            build.end = build.end.max(entry.at);
            build.group.add(entry, saved);
            match entry.outcome {
                Outcome::Bypassed => bypassed.add(entry.rule.as_deref(), entry),
                Outcome::Uncacheable => uncacheable.add(entry.reason.as_deref(), entry),
                Outcome::FailedOver => failed_over.add(entry.reason.as_deref(), entry),
                _ => {}
            }
            if !entry.is_certain {
                summary.uncertain += 1;
            }
            if let Some(placed) = &entry.placed {
                summary.placements.add(placed);
            }
            match entry.tier.filter(|_| entry.outcome.is_hit()) {
                Some(Tier::Local) => summary.local_hits += 1,
                Some(Tier::Remote) => summary.remote_hits += 1,
                None => {}
            }
            if let (Outcome::Miss, true, Some(micros)) = (entry.outcome, entry.is_certain, entry.micros) {
                let known = slow.entry((&entry.object, &entry.source)).or_insert_with(|| SlowMiss {
                    source: entry.source.clone(),
                    object: entry.object.clone(),
                    target: target.map(str::to_owned),
                    micros: 0,
                    misses: 0,
                });
                known.micros = known.micros.max(micros);
                known.misses += 1;
            }
        }
        summary.targets = largest_first(targets);
        summary.languages = largest_first(languages);
        builds.sort_by_key(|build| build.start);
        summary.builds = builds;
        summary.bypassed = bypassed.sorted();
        summary.uncacheable = uncacheable.sorted();
        summary.failed_over = failed_over.sorted();
        summary.slowest_misses = slow.into_values().collect();
        summary
            .slowest_misses
            .sort_by(|a, b| (Reverse(a.micros), &a.object).cmp(&(Reverse(b.micros), &b.object)));
        summary
    }
}

impl Group {
    fn add(&mut self, entry: &Entry, saved: Option<Saving>) {
        self.counts.add(entry.outcome);
        if let Some(micros) = entry.micros {
            self.spent.add(signed(micros));
        }
        match saved {
            Some(Saving::Measured(micros)) => self.saved.measured.add(micros),
            Some(Saving::Estimated(micros)) => self.saved.estimated.add(micros),
            Some(Saving::Unknown) => self.saved.unknown += 1,
            None => {}
        }
    }
}

fn largest_first(groups: BTreeMap<&str, Group>) -> Vec<(String, Group)> {
    let mut groups: Vec<_> = groups.into_iter().map(|(name, group)| (name.to_owned(), group)).collect();
    // Stable, so groups of the same size are in the order of their names.
    groups.sort_by_key(|(_, group)| Reverse(group.counts.all()));
    groups
}

/// Compilations without the cache, by reason.
#[derive(Default)]
struct Reasons<'a>(BTreeMap<&'a str, (u64, &'a str)>);

impl<'a> Reasons<'a> {
    fn add(&mut self, name: Option<&'a str>, entry: &'a Entry) {
        let (count, example) = self.0.entry(name.unwrap_or_default()).or_default();
        *count += 1;
        *example = &entry.source;
    }

    fn sorted(self) -> Vec<Reason> {
        let reasons = self.0.into_iter().map(|(name, (count, example))| Reason {
            name: name.to_owned(),
            count,
            example: example.to_owned(),
        });
        let mut reasons: Vec<Reason> = reasons.collect();
        reasons.sort_by_key(|reason| Reverse(reason.count));
        reasons
    }
}

/// The time that one hit saved, in microseconds.
#[derive(Debug, Clone, Copy)]
enum Saving {
    Measured(i64),
    Estimated(i64),
    Unknown,
}

/// The times of compilations in the history.
struct Times<'a> {
    /// For each object and source, the end and the microseconds of its misses in the order of time. Makefiles compile in
    /// several folders, so objects of several sources may have the same relative path.
    of_object: HashMap<(&'a str, &'a str), Vec<(u64, u64)>>,
    /// The median of the misses of each language in microseconds.
    of_language: HashMap<&'a str, u64>,
}

impl<'a> Times<'a> {
    fn new(history: &'a [Entry]) -> Self {
        let mut of_object: HashMap<_, Vec<_>> = HashMap::new();
        let mut of_language: HashMap<&str, Vec<u64>> = HashMap::new();
        for entry in history.iter().filter(|entry| entry.outcome == Outcome::Miss) {
            let Some(micros) = entry.micros else { continue };
            if entry.is_certain {
                let key = (entry.object.as_str(), entry.source.as_str());
                of_object.entry(key).or_default().push((entry.at, micros));
                of_language.entry(&entry.language).or_default().push(micros);
            }
        }
        let of_language = of_language.into_iter().filter_map(|(name, times)| Some((name, median(times)?)));
        Self { of_language: of_language.collect(), of_object }
    }

    fn saved_by(&self, hit: &Entry) -> Saving {
        let Some(took) = hit.micros.map(signed) else { return Saving::Unknown };
        // If it is not certain that this file was the hit, its own compilation says nothing.
        let own = self.of_object.get(&(hit.object.as_str(), hit.source.as_str())).filter(|_| hit.is_certain);
        if let Some(misses) = own {
            let before = misses.partition_point(|(at, _)| *at <= hit.at);
            let (_, micros) = misses[before.saturating_sub(1)];
            return Saving::Measured(signed(micros) - took);
        }
        let median = self.of_language.get(hit.language.as_str());
        median.map_or(Saving::Unknown, |micros| Saving::Estimated(signed(*micros) - took))
    }
}

fn signed(micros: u64) -> i64 {
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// The median; of an even number, the lower one of the two in the middle.
fn median(mut times: Vec<u64>) -> Option<u64> {
    let middle = times.len().checked_sub(1)? / 2;
    Some(*times.select_nth_unstable(middle).1)
}

/// The target in the path of an object: `CMakeFiles/<target>.dir/…`, also below a subfolder, with Ninja, Ninja Multi-Config and
/// Makefiles.
#[must_use]
pub fn target_of(object: &str) -> Option<&str> {
    let mut parts = object.split(['/', '\\']);
    while let Some(part) = parts.next() {
        if part == "CMakeFiles"
            && let Some(target) = parts.clone().next().and_then(|folder| folder.strip_suffix(".dir"))
            && !target.is_empty()
        {
            return Some(target);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(object: &str, outcome: Outcome, at: u64, micros: u64) -> Entry {
        let source = object.rsplit('/').next().unwrap().trim_end_matches(".o");
        let language = if source.strip_suffix(".c").is_some() { "C" } else { "CXX" };
        let entry = Entry::new(at, source, object, language, outcome);
        Entry { build: format!("{}", at / 1000), micros: Some(micros), ..entry }
    }

    #[test]
    fn finds_the_target_in_every_layout() {
        for (object, target) in [
            ("CMakeFiles/app.dir/a.cpp.o", Some("app")),
            ("CMakeFiles/app.dir/Debug/a.cpp.o", Some("app")),
            ("lib/deep/CMakeFiles/my-lib.2.dir/__/__/a.c.o", Some("my-lib.2")),
            ("/b/CMakeFiles/app.dir/CMakeFiles/other.dir/a.c.o", Some("app")),
            ("/home/CMakeFiles/b/CMakeFiles/app.dir/a.c.o", Some("app")),
            (r"sub\CMakeFiles\app.dir\a.cpp.obj", Some("app")),
            ("CMakeFiles/app.dir/cmake_pch.hxx.gch", Some("app")),
            ("CMakeFiles/.dir/a.o", None),
            ("CMakeFiles/CMakeScratch/a.o", None),
            ("app.dir/a.o", None),
            ("a.o", None),
            ("", None),
        ] {
            assert_eq!(target_of(object), target, "{object}");
        }
    }

    #[test]
    fn every_result_is_counted_once() {
        use Outcome as O;
        let outcomes = [
            O::DirectHit,
            O::Hit,
            O::Hit,
            O::Miss,
            O::Bypassed,
            O::Uncacheable,
            O::FailedOver,
            O::CompileError,
            O::Interrupted,
            O::Unknown,
        ];
        let entries = outcomes.map(|outcome| entry("CMakeFiles/a.dir/a.c.o", outcome, 5, 10));
        let counts = Counts::of(&entries);
        assert_eq!((counts.all(), counts.hits(), counts.cacheable()), (10, 3, 5));
        assert_eq!(counts.rate(), Some(60.0));
        assert_eq!(counts.direct_share(), percent(1, 3));
        assert_eq!((Counts::default().rate(), Counts::default().direct_share()), (None, None));
    }

    #[test]
    fn a_cache_that_fails_always_has_a_rate_of_zero() {
        let failed = [entry("a.c.o", Outcome::FailedOver, 1, 10)];
        assert_eq!(Counts::of(&failed).rate(), Some(0.0));
    }

    #[test]
    fn a_hit_saves_the_time_of_the_last_compilation_of_the_same_object() {
        let history = [
            entry("CMakeFiles/a.dir/a.cpp.o", Outcome::Miss, 1000, 900),
            entry("CMakeFiles/a.dir/a.cpp.o", Outcome::Miss, 2000, 500),
            entry("CMakeFiles/a.dir/a.cpp.o", Outcome::DirectHit, 3000, 100),
            entry("CMakeFiles/a.dir/a.cpp.o", Outcome::Miss, 4000, 7000),
        ];
        let saved = Summary::new(&history[2..3], &history).total.saved;
        assert_eq!(saved.measured, Measure { micros: 400, files: 1 });
        assert_eq!((saved.estimated.files, saved.unknown), (0, 0));
        // Before the first compilation, the next one counts.
        let earlier = [entry("CMakeFiles/a.dir/a.cpp.o", Outcome::Hit, 10, 1000)];
        let saved = Summary::new(&earlier, &history).total.saved;
        assert_eq!(saved.measured, Measure { micros: -100, files: 1 }, "a hit may be slower");
    }

    #[test]
    fn a_hit_without_a_compilation_is_estimated_by_its_language() {
        let mut history = vec![
            entry("x/a.cpp.o", Outcome::Miss, 1, 100),
            entry("x/b.cpp.o", Outcome::Miss, 2, 300),
            entry("x/c.cpp.o", Outcome::Miss, 3, 9000),
            entry("y/new.cpp.o", Outcome::DirectHit, 4, 50),
            entry("y/new.c.o", Outcome::DirectHit, 4, 50),
        ];
        let summary = Summary::new(&history, &history);
        assert_eq!(summary.total.saved.estimated, Measure { micros: 250, files: 1 });
        assert_eq!(summary.total.saved.unknown, 1, "no C file was compiled");
        // The same relative path in another folder of a Makefile is another object.
        let mut other = entry("x/a.cpp.o", Outcome::DirectHit, 9, 50);
        other.source = "elsewhere/a.cpp".to_owned();
        history.push(other);
        let summary = Summary::new(&history[5..], &history);
        assert_eq!((summary.total.saved.measured.files, summary.total.saved.estimated.files), (0, 1));
    }

    #[test]
    fn an_uncertain_result_is_counted_but_names_no_file() {
        let mut history = [
            entry("x/a.cpp.o", Outcome::Miss, 1, 100),
            entry("y/a.cpp.o", Outcome::Miss, 2, 9000),
            entry("y/a.cpp.o", Outcome::Hit, 3, 10),
        ];
        history[1].is_certain = false;
        let summary = Summary::new(&history, &history);
        assert_eq!((summary.total.counts.misses, summary.uncertain), (2, 1));
        assert_eq!(summary.slowest_misses.len(), 1);
        assert_eq!(summary.total.saved.estimated, Measure { micros: 90, files: 1 });
    }

    #[test]
    fn groups_reasons_and_builds_are_sorted() {
        let mut entries = [
            entry("CMakeFiles/a.dir/a.c.o", Outcome::Bypassed, 1000, 20_000),
            entry("CMakeFiles/b.dir/b.cpp.o", Outcome::Bypassed, 1500, 10),
            entry("CMakeFiles/b.dir/c.cpp.o", Outcome::Bypassed, 2000, 500_000),
            entry("CMakeFiles/b.dir/c.cpp.o", Outcome::Miss, 2600, 700_000),
            entry("CMakeFiles/b.dir/c.cpp.o", Outcome::Miss, 2700, 300_000),
        ];
        entries[0].micros = None;
        entries[0].rule = Some("coverage".to_owned());
        entries[1].rule = Some("on request".to_owned());
        entries[2].rule = Some("on request".to_owned());
        let summary = Summary::new(&entries, &entries);
        let names = |groups: &[(String, Group)]| -> Vec<String> {
            groups.iter().map(|(name, group)| format!("{name} {}", group.counts.all())).collect()
        };
        assert_eq!(names(&summary.targets), ["b 4", "a 1"]);
        assert_eq!(names(&summary.languages), ["CXX 4", "C 1"]);
        let rules: Vec<_> =
            summary.bypassed.iter().map(|rule| (&*rule.name, rule.count, &*rule.example)).collect();
        assert_eq!(rules, [("on request", 2, "c.cpp"), ("coverage", 1, "a.c")]);
        let builds: Vec<_> =
            summary.builds.iter().map(|build| (&*build.id, build.start, build.end)).collect();
        assert_eq!(builds, [("1", 1000, 1500), ("2", 1500, 2700)]);
        assert_eq!(summary.total.spent.files, 4);
        let slow = &summary.slowest_misses[0];
        assert_eq!((slow.micros, slow.misses, slow.target.as_deref()), (700_000, 2, Some("b")));
    }
}
