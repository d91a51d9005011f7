//! The statistics as JSON. The texts of the other formats are made from the same type.

use jiff::Timestamp;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::counters::CacheOfBuild;
use super::verdict::Verdict;
use crate::caching::tool::Tool;
use crate::doctor::{explain_ccache, explain_sccache};
use crate::journal::summary::{Counts, Group, Placements, Summary};
use crate::launch::rules;

/// The version of the JSON.
const VERSION: u32 = 1;
/// The most compilations in a list of the slowest ones.
const MOST_SLOW: usize = 20;

/// The cause if there is no cache.
pub(super) const NO_CACHE: &str = "no-cache";

/// Causes of the launcher that are no rules of a tool, with the reason and the advice.
const OTHER_CAUSES: [(&str, &str, &str); 4] = [
    (
        "TOOLCHAINKIT_BYPASS",
        "TOOLCHAINKIT_BYPASS was 1 during the build",
        "unset the variable to use the cache",
    ),
    (
        "unread-arguments",
        "the launcher does not read all of its response files: one is too large or is not a regular file, or there are too many",
        "use smaller response files, or fewer options",
    ),
    (
        "tracer",
        "a tool such as CodeQL or Coverity traces the compilers, and would not see a file that comes from the cache",
        "no action is needed",
    ),
    (NO_CACHE, "the build has no cache, and only distributes", "no action is needed"),
];

/// The statistics of a build folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Statistics {
    /// The version of this format. It increases if a member is removed or gets another meaning. Members may be added in any
    /// version.
    pub schema_version: u32,
    /// The build folder.
    pub build_folder: String,
    /// The other configured build folders of the project.
    pub other_build_folders: Vec<String>,
    /// Where the numbers of `compilations` come from.
    pub origin: Origin,
    /// Which compilations are counted.
    pub scope: Scope,
    /// The compilations of this build folder; null if it has no journal.
    pub compilations: Option<Compilations>,
    /// Why files of the last of these builds missed, the cause of the most files first.
    pub causes: Vec<MissCause>,
    /// The files that were misses in the last build and in each of at least two builds before, and were not edited; those with the
    /// most builds first.
    pub keep_missing: Vec<KeepsMissing>,
    /// The cache, with the counters of the tool.
    pub cache: CacheOfBuild,
    /// The result of `--fail-under`; null without this option.
    pub limit: Option<Verdict>,
    /// What else is to be known about these numbers.
    pub notes: Vec<String>,
}

/// A cause of misses.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MissCause {
    /// What has changed, as a clause.
    pub sentence: String,
    /// What to do.
    pub advice: String,
    /// The number of files that missed for this cause.
    pub files: usize,
    /// The number of misses that were compared with earlier compilations.
    pub of: usize,
    /// The time of the compilations of these files.
    pub seconds: f64,
}

/// A file that misses in each build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeepsMissing {
    /// The source.
    pub source: String,
    /// The object, relative to the build folder.
    pub object: String,
    /// The number of builds, one after the other until the last one, in which it was a miss.
    pub builds: usize,
}

/// The origin of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The journal of the build folder.
    Journal,
    /// Only the counters of the tool: the launcher of this build is the script, which keeps no journal.
    ToolCounters,
}

/// The compilations that are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scope {
    /// Those of the last builds.
    LastBuilds {
        /// The number of builds.
        number: usize,
    },
    /// Those since CMake has last configured the build folder.
    SinceConfigure,
    /// Those since a time.
    Since {
        /// The time (RFC 3339).
        time: String,
    },
    /// All in the journal.
    All,
    /// All that the tool has counted.
    ToolCounters,
}

/// The compilations of a build folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Compilations {
    /// The beginning of the first compilation (RFC 3339); null if there are none.
    pub first: Option<String>,
    /// The end of the last compilation (RFC 3339); null if there are none.
    pub last: Option<String>,
    /// All compilations.
    pub total: Numbers,
    /// The compilations of each target, those with the most compilations first. The name is null for objects whose path names no
    /// target.
    pub targets: Vec<Named>,
    /// The compilations of each language, by the names of CMake.
    pub languages: Vec<Named>,
    /// The builds, oldest first.
    pub builds: Vec<BuildNumbers>,
    /// The rules that made the launcher run the compiler without the tool, the most frequent first.
    pub bypassed: Vec<Bypass>,
    /// The reasons of the tool for not caching, the most frequent first.
    pub uncacheable: Vec<Without>,
    /// The reasons why the cache did not work, the most frequent first.
    pub failed_over: Vec<Without>,
    /// The slowest compilations that were not in the cache.
    pub slowest_misses: Vec<SlowCompilation>,
    /// The storages that hits came from.
    pub hits_from: Tiers,
    /// Where the compiler ran; null if no compilation was distributed.
    pub distributed: Option<Distributed>,
    /// Compilations that ran at the same time as another one of a file with the same name. The totals contain their results, but
    /// which file had which result is not known.
    pub uncertain: u64,
    /// Compilations that have not ended yet, which are not counted elsewhere.
    pub running: usize,
    /// Damaged lines of the journal, which were skipped.
    pub damaged_lines: usize,
}

/// Where the compiler ran for misses. A compilation that a rule keeps on this machine is in none of these numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Distributed {
    /// Compilations on workers.
    pub remote: u64,
    /// Compilations on this machine, because the program that distributes does not distribute the command, or no worker was usable.
    pub here: u64,
    /// Compilations on this machine, after a worker has failed.
    pub retried: u64,
    /// The workers with their compilations.
    pub workers: std::collections::BTreeMap<String, u64>,
}

impl Distributed {
    fn of(placements: &Placements) -> Option<Self> {
        let Placements { remote: workers, here, retried } = placements.clone();
        let remote = workers.values().sum();
        (remote + here + retried > 0).then_some(Self { remote, here, retried, workers })
    }
}

/// Numbers of a group of compilations.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Numbers {
    /// All compilations: the sum of the results below, with `hits` as the sum of both kinds.
    pub compilations: u64,
    /// Compilations that were answered from the cache.
    pub hits: u64,
    /// Hits without the preprocessor.
    pub direct_hits: u64,
    /// Compilations that were not in the cache.
    pub misses: u64,
    /// Compilations by the compiler alone, because the cache did not work.
    pub failed_over: u64,
    /// Compilations that a rule of the launcher kept away from the tool.
    pub bypassed: u64,
    /// Compilations that the tool cannot cache.
    pub uncacheable: u64,
    /// Compilations with errors.
    pub compile_errors: u64,
    /// Compilations that were interrupted.
    pub interrupted: u64,
    /// Compilations whose result is not known.
    pub unknown: u64,
    /// Compilations that could have been hits: `hits`, `misses` and `failed_over`.
    pub cacheable: u64,
    /// Hits in per cent of `cacheable`; null if there are none.
    pub hit_rate: Option<f64>,
    /// Direct hits in per cent of `hits`; null if there are none.
    pub direct_share: Option<f64>,
    /// The time of the compilations in seconds, hits included. Compilations that run in parallel count separately.
    pub seconds_spent: f64,
    /// The number of compilations in `seconds_spent`. The time of a compilation that a rule kept away from the tool is not known.
    pub timed: u64,
    /// The time that the hits saved.
    pub saved: TimeSaved,
}

/// The time that hits saved: for each hit, the time of a compilation minus the time of the hit. Compilations that run in parallel
/// count separately.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct TimeSaved {
    /// Seconds, measured and estimated. Negative if the hits took longer than the compilations.
    pub seconds: f64,
    /// Seconds of hits whose object was compiled in this build folder: compared with its last compilation before.
    pub measured_seconds: f64,
    /// The number of these hits.
    pub measured_files: u64,
    /// Seconds of other hits: compared with the median of the compilations of the same language.
    pub estimated_seconds: f64,
    /// The number of these hits.
    pub estimated_files: u64,
    /// Hits for which there is nothing to compare with.
    pub unknown_files: u64,
    /// `seconds` in per cent of the time that all these compilations would have taken without hits; null if nothing was timed.
    pub rate: Option<f64>,
}

/// Numbers with a name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Named {
    /// The name; null if there is none.
    pub name: Option<String>,
    /// The numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// Numbers of one run of the build tool.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BuildNumbers {
    /// The beginning of its first compilation (RFC 3339).
    pub first: String,
    /// The end of its last compilation (RFC 3339).
    pub last: String,
    /// The time between both in seconds.
    pub seconds: f64,
    /// The numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// Compilations without the tool, because of a rule of the launcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bypass {
    /// The name of the rule, as in the table of rules in cmake/README.md, or another cause such as `TOOLCHAINKIT_BYPASS`.
    pub rule: String,
    /// The number of compilations.
    pub count: u64,
    /// One of the sources.
    pub example: String,
    /// The reason in words; null if the rule is not known to this version.
    pub because: Option<String>,
    /// What to do; null if the rule is not known to this version.
    pub help: Option<String>,
}

/// Compilations without the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Without {
    /// The reason of the tool; null if it is not known.
    pub reason: Option<String>,
    /// The number of compilations.
    pub count: u64,
    /// One of the sources.
    pub example: String,
    /// The reason in words; null if it is not known.
    pub because: Option<String>,
    /// What to do; null if nothing is known.
    pub help: Option<String>,
}

/// A compilation that took long.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SlowCompilation {
    /// The source.
    pub source: String,
    /// The object.
    pub object: String,
    /// The target; null if the path of the object names none.
    pub target: Option<String>,
    /// The longest time in seconds.
    pub seconds: f64,
    /// How often it was not in the cache.
    pub misses: u64,
}

/// Hits by the storage that they came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tiers {
    /// From this machine.
    pub local: u64,
    /// From the remote storage.
    pub remote: u64,
    /// The tool does not say.
    pub unknown: u64,
}

impl Statistics {
    /// Statistics without compilations and notes.
    #[must_use]
    pub const fn new(build_folder: String, origin: Origin, scope: Scope, cache: CacheOfBuild) -> Self {
        Self {
            schema_version: VERSION,
            build_folder,
            other_build_folders: Vec::new(),
            origin,
            scope,
            compilations: None,
            causes: Vec::new(),
            keep_missing: Vec::new(),
            cache,
            limit: None,
            notes: Vec::new(),
        }
    }

    /// All texts go through `clean`, because many come from other programs.
    #[must_use]
    pub fn cleaned(mut self, clean: &dyn Fn(&str) -> String) -> Self {
        // A name of one line: it must not break a table.
        let line = |text: &mut String| *text = clean(&text.replace(['\n', '\r', '\t'], " "));
        line(&mut self.build_folder);
        self.other_build_folders.iter_mut().for_each(line);
        self.notes.iter_mut().for_each(line);
        for cause in &mut self.causes {
            line(&mut cause.sentence);
            line(&mut cause.advice);
        }
        for file in &mut self.keep_missing {
            line(&mut file.source);
            line(&mut file.object);
        }
        self.cache.texts().for_each(line);
        if let Some(compilations) = &mut self.compilations {
            compilations.texts().for_each(line);
        }
        self
    }
}

impl Compilations {
    /// The compilations of a summary, of which `running` have not ended, and `damaged` lines were skipped.
    #[must_use]
    pub fn new(summary: &Summary, running: usize, damaged: usize) -> Self {
        let total = Numbers::from(&summary.total);
        let named = |groups: &[(String, Group)]| {
            let named = |(name, group): &(String, Group)| Named { name: text(name), numbers: group.into() };
            groups.iter().map(named).collect()
        };
        let without = |reasons: &[crate::journal::summary::Reason]| {
            let without = reasons.iter().map(|reason| Without {
                reason: text(&reason.name),
                count: reason.count,
                example: reason.example.clone(),
                because: None,
                help: None,
            });
            without.collect()
        };
        let slowest = summary.slowest_misses.iter().take(MOST_SLOW).map(|slow| SlowCompilation {
            source: slow.source.clone(),
            object: slow.object.clone(),
            target: slow.target.clone(),
            seconds: seconds(i64::try_from(slow.micros).unwrap_or(i64::MAX)),
            misses: slow.misses,
        });
        Self {
            first: summary.builds.iter().map(|build| build.start).min().map(time),
            last: summary.builds.iter().map(|build| build.end).max().map(time),
            targets: named(&summary.targets),
            languages: named(&summary.languages),
            builds: summary.builds.iter().map(BuildNumbers::from).collect(),
            bypassed: summary.bypassed.iter().map(Bypass::from).collect(),
            uncacheable: without(&summary.uncacheable),
            failed_over: without(&summary.failed_over),
            slowest_misses: slowest.collect(),
            hits_from: Tiers {
                local: summary.local_hits,
                remote: summary.remote_hits,
                unknown: total.hits - summary.local_hits - summary.remote_hits,
            },
            distributed: Distributed::of(&summary.placements),
            uncertain: summary.uncertain,
            running,
            damaged_lines: damaged,
            total,
        }
    }

    /// The same, with the reasons of the tool in words.
    #[must_use]
    pub fn explained(mut self, tool: Tool) -> Self {
        for without in &mut self.uncacheable {
            let Some(reason) = &without.reason else { continue };
            let explanation = match tool {
                Tool::Sccache => explain_sccache(reason),
                Tool::Ccache => explain_ccache(reason, ""),
            };
            (without.because, without.help) = (Some(explanation.because), Some(explanation.help));
        }
        self
    }

    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let names =
            self.targets.iter_mut().chain(&mut self.languages).filter_map(|named| named.name.as_mut());
        let bypassed = self.bypassed.iter_mut().flat_map(|bypass| [&mut bypass.rule, &mut bypass.example]);
        let without = self.uncacheable.iter_mut().chain(&mut self.failed_over);
        let without = without.flat_map(|without| {
            let Without { reason, example, because, help, .. } = without;
            [Some(example), reason.as_mut(), because.as_mut(), help.as_mut()]
        });
        let slow = self.slowest_misses.iter_mut();
        let slow =
            slow.flat_map(|slow| [Some(&mut slow.source), Some(&mut slow.object), slow.target.as_mut()]);
        names.chain(bypassed).chain(without.flatten()).chain(slow.flatten())
    }
}

impl From<&Group> for Numbers {
    fn from(group: &Group) -> Self {
        let Group { counts, spent, saved } = group;
        Self {
            seconds_spent: seconds(spent.micros),
            timed: spent.files,
            saved: TimeSaved {
                seconds: seconds(saved.micros()),
                measured_seconds: seconds(saved.measured.micros),
                measured_files: saved.measured.files,
                estimated_seconds: seconds(saved.estimated.micros),
                estimated_files: saved.estimated.files,
                unknown_files: saved.unknown,
                rate: saved_rate(saved.micros(), spent.micros),
            },
            ..Self::of_counts(counts)
        }
    }
}

impl Numbers {
    fn of_counts(counts: &Counts) -> Self {
        Self {
            compilations: counts.all(),
            hits: counts.hits(),
            direct_hits: counts.direct_hits,
            misses: counts.misses,
            failed_over: counts.failed_over,
            bypassed: counts.bypassed,
            uncacheable: counts.uncacheable,
            compile_errors: counts.compile_errors,
            interrupted: counts.interrupted,
            unknown: counts.unknown,
            cacheable: counts.cacheable(),
            hit_rate: counts.rate().map(rounded),
            direct_share: counts.direct_share().map(rounded),
            seconds_spent: 0.0,
            timed: 0,
            saved: TimeSaved {
                seconds: 0.0,
                measured_seconds: 0.0,
                measured_files: 0,
                estimated_seconds: 0.0,
                estimated_files: 0,
                unknown_files: 0,
                rate: None,
            },
        }
    }

    /// The compilations that are neither hits nor misses.
    pub(super) const fn others(&self) -> u64 {
        self.compilations - self.hits - self.misses
    }
}

impl From<&crate::journal::summary::BuildSummary> for BuildNumbers {
    fn from(build: &crate::journal::summary::BuildSummary) -> Self {
        let span = i64::try_from(build.end.saturating_sub(build.start)).unwrap_or(i64::MAX / 1000);
        Self {
            first: time(build.start),
            last: time(build.end),
            seconds: seconds(span * 1000),
            numbers: (&build.group).into(),
        }
    }
}

impl From<&crate::journal::summary::Reason> for Bypass {
    fn from(reason: &crate::journal::summary::Reason) -> Self {
        let rule = rules::find(&reason.name).map(|rule| (rule.because, rule.help));
        let cause = || OTHER_CAUSES.iter().find(|(name, ..)| *name == reason.name);
        let words = rule.or_else(|| cause().map(|(_, because, help)| (*because, *help)));
        Self {
            rule: if reason.name.is_empty() { "unknown".to_owned() } else { reason.name.clone() },
            count: reason.count,
            example: reason.example.clone(),
            because: words.map(|(because, _)| because.to_owned()),
            help: words.map(|(_, help)| help.to_owned()),
        }
    }
}

/// The time saved in per cent of the time without hits.
#[expect(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
fn saved_rate(saved: i64, spent: i64) -> Option<f64> {
    let without = saved.saturating_add(spent);
    (without > 0).then(|| rounded(saved.max(0) as f64 * 100.0 / without as f64))
}

/// The text, unless it is empty.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// With two decimals, so that the last digits of a division do not depend on anything.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}

/// A time in milliseconds since 1970 as text (RFC 3339).
fn time(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
    time.unwrap_or(Timestamp::MAX).to_string()
}

/// The JSON schema of [`Statistics`].
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Statistics>();
    schema.insert("title".to_owned(), "The output of toolchainkit stats --format json".into());
    schema.to_value()
}
