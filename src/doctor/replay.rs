//! Runs a compilation again through the cache, with its output files in a temporary folder, to observe the cache.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde_json::Value;

use super::build_tree::Unit;
use super::command::{preprocessing, redirected};
use super::decided::Decided;
use super::reasons::{Explanation, explain_ccache, explain_sccache};
use crate::caching::tool::{Tool, Version};
use crate::launch::journal::TRIAL;
use crate::probe::program::{self, Finished, RunError};

/// The timeout for one source file.
const COMPILE_TIMEOUT: Duration = Duration::from_mins(30);
const STATS_TIMEOUT: Duration = Duration::from_secs(20);
/// The timeout for sccache to store an object, which it does after its answer.
const STORE_TIMEOUT: Duration = Duration::from_secs(15);
/// `__TIME__` changes every second.
const A_SECOND: Duration = Duration::from_millis(1100);

/// The time limits of a replay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    compile: Duration,
    ask: Duration,
    store: Duration,
    /// The time between two compilations.
    pause: Duration,
}

impl Limits {
    /// For a source file of a project.
    const OF_SOURCE: Self =
        Self { compile: COMPILE_TIMEOUT, ask: STATS_TIMEOUT, store: STORE_TIMEOUT, pause: A_SECOND };

    /// For a source file of one line: each step takes at most `step`.
    pub(super) const fn of_trial(step: Duration) -> Self {
        Self { compile: step, ask: step, store: step, pause: Duration::ZERO }
    }
}

/// The outcome could not be determined.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A program could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A temporary folder could not be created or read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The statistics changed by more than one compilation.
    #[error("another build is using this cache; try again when it has ended")]
    Busy,
    /// sccache does not answer.
    #[error("the statistics of sccache cannot be read: {0}")]
    Statistics(String),
}

/// The cache that a build uses.
#[derive(Debug, Clone, Copy)]
pub struct CacheOfBuild<'a> {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The program that runs it with the settings of the build.
    pub launcher: &'a Utf8Path,
}

/// The result of the cache for a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The object was in the cache.
    Hit,
    /// The object was not in the cache, and was stored.
    New,
    /// The object was not in the cache, and was not stored.
    NotStored(Explanation),
    /// The preprocessed source differs each time.
    Volatile(Explanation),
    /// The tool cannot cache it.
    Uncacheable(Explanation),
    /// The build does not use the tool for it.
    Bypassed(Explanation),
    /// The source does not compile.
    Fails(String),
}

impl Outcome {
    /// A stable name for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::New => "new",
            Self::NotStored(_) => "not-stored",
            Self::Volatile(_) => "volatile",
            Self::Uncacheable(_) => "uncacheable",
            Self::Bypassed(_) => "bypassed",
            Self::Fails(_) => "fails",
        }
    }
}

/// The results about a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The result of the cache.
    pub outcome: Outcome,
    /// The reason why other checkouts cannot use the entry; `None` if they can.
    pub unshared: Option<Explanation>,
    /// The reason why a hit runs the preprocessor; `None` if it does not, or if the settings disable direct mode.
    pub not_direct: Option<Explanation>,
    /// The command without the launcher.
    pub command: Vec<String>,
}

/// Compiles `unit` again as its build does, up to twice, with the output files in a temporary folder.
///
/// A new compilation is stored in the cache, as in a build. With options that create files beside the object (split debug
/// information, coverage), some tools treat the changed output path as another compilation.
///
/// # Errors
/// [`ReplayError`]
pub fn replay(cache: CacheOfBuild<'_>, unit: &Unit) -> Result<Findings, ReplayError> {
    let launched = launcher_words(cache, &unit.words);
    let command = unit.words[launched..].to_vec();
    if launched == 0 {
        return Ok(Findings { outcome: bypassed(&unit.words), unshared: None, not_direct: None, command });
    }
    let limits = Limits::OF_SOURCE;
    let outcome = Replay { cache, unit, launched, limits, environment: &[] }.outcome()?;
    // After the compilation, because the launcher has then written the files that this reads.
    let decided = Decided::new(cache, unit, launched);
    let (unshared, not_direct) = (decided.unshareable_reason(), decided.not_direct_reason(unit, launched));
    Ok(Findings { outcome, unshared, not_direct, command })
}

/// Compiles a trial file twice: it must be stored, and then hit. The first compilation does not look for an object, so that the
/// same file can be used again and again, and leaves a single object in the cache.
///
/// # Errors
/// [`ReplayError`]
pub(super) fn try_twice(
    cache: CacheOfBuild<'_>,
    unit: &Unit,
    limits: Limits,
) -> Result<Outcome, ReplayError> {
    Replay { cache, unit, launched: 1, limits, environment: &[] }.stored_and_hit()
}

/// Compiles a trial file once, with these variables, and returns whether the object came from the cache.
///
/// # Errors
/// [`ReplayError`]
pub(super) fn try_once(
    cache: CacheOfBuild<'_>,
    unit: &Unit,
    limits: Limits,
    environment: &[(&str, &str)],
) -> Result<Run, ReplayError> {
    Replay { cache, unit, launched: 1, limits, environment }.run()
}

/// The reason why other checkouts cannot use the entry of a trial file; `None` if they can.
pub(super) fn unshareable_reason(cache: CacheOfBuild<'_>, unit: &Unit) -> Option<Explanation> {
    Decided::new(cache, unit, 1).unshareable_reason()
}

/// Makes the tool compile and store, without a search for the object.
pub(super) const fn without_search(tool: Tool) -> (&'static str, &'static str) {
    match tool {
        Tool::Sccache => ("SCCACHE_RECACHE", "1"),
        Tool::Ccache => ("CCACHE_RECACHE", "1"),
    }
}

/// Makes ccache leave its counters unchanged. sccache has no such setting.
pub(super) const UNCOUNTED: (&str, &str) = ("CCACHE_NOSTATS", "1");

/// The number of words of the launcher at the start of the command.
fn launcher_words(cache: CacheOfBuild<'_>, words: &[String]) -> usize {
    usize::from(words.first().is_some_and(|first| first == cache.launcher))
}

fn bypassed(words: &[String]) -> Outcome {
    let first = words.first().map_or("nothing", String::as_str);
    Outcome::Bypassed(Explanation {
        because: format!("its command begins with {first} and not with the launcher of the cache"),
        help: "toolchainkit keeps a launcher that the project, the user or the target sets \
               (CMAKE_<LANG>_COMPILER_LAUNCHER, also empty), and does not cache languages that are not in \
               `cache.languages`"
            .to_owned(),
    })
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// The object came from the cache.
    Hit,
    /// The compiler ran.
    Miss {
        /// Whether the object was stored.
        stored: bool,
    },
    /// The tool cannot cache the compilation.
    Uncacheable(Explanation),
    /// The launcher ran the compiler without the tool.
    Without,
    /// The compilation failed, with this message.
    Fails(String),
}

struct Replay<'a> {
    cache: CacheOfBuild<'a>,
    unit: &'a Unit,
    launched: usize,
    limits: Limits,
    /// Further variables of the compilations.
    environment: &'a [(&'a str, &'a str)],
}

impl Replay<'_> {
    fn stored_and_hit(&self) -> Result<Outcome, ReplayError> {
        let first = Replay { environment: &[without_search(self.cache.tool), UNCOUNTED], ..*self }.run()?;
        let second = Replay { environment: &[UNCOUNTED], ..*self };
        second.outcome_of(first)
    }

    fn outcome(&self) -> Result<Outcome, ReplayError> {
        let run = self.run()?;
        self.outcome_of(run)
    }

    fn outcome_of(&self, run: Run) -> Result<Outcome, ReplayError> {
        if let Run::Without = run
            && let Some(explanation) = Decided::new(self.cache, self.unit, self.launched).bypass_reason()
        {
            return Ok(Outcome::Bypassed(explanation));
        }
        Ok(match run {
            Run::Hit => self.again(Outcome::Hit)?,
            Run::Uncacheable(explanation) => Outcome::Uncacheable(explanation),
            Run::Fails(message) => Outcome::Fails(message),
            Run::Without => not_stored(
                "the cache failed less than a minute ago, and the launcher does not use it yet",
                "run `toolchainkit server start`, which reports the error of the cache",
            ),
            Run::Miss { stored: false } => not_stored(
                "the storage did not accept the object",
                "this is expected with read-only access; otherwise check the credentials and the free space of the storage",
            ),
            Run::Miss { stored: true } => self.again(Outcome::New)?,
        })
    }

    /// Returns `outcome` if the same compilation is a hit more than a second later, when `__TIME__` has changed.
    fn again(&self, outcome: Outcome) -> Result<Outcome, ReplayError> {
        thread::sleep(self.limits.pause);
        match self.run()? {
            Run::Hit => Ok(outcome),
            _ => self.why_it_never_hits(),
        }
    }

    fn run(&self) -> Result<Run, ReplayError> {
        match self.cache.tool {
            Tool::Sccache => self.run_sccache(),
            Tool::Ccache => self.run_ccache(),
        }
    }

    fn compile(&self, environment: &[(&str, &str)]) -> Result<Finished, ReplayError> {
        let folder = tempfile::tempdir()?;
        let place = folder.path().to_string_lossy();
        let words = redirected(&self.unit.words, &place);
        // The trial is not a part of the statistics of the build.
        let environment = self.environment.iter().chain(environment).copied().chain([(TRIAL, "1")]);
        Ok(program::run_in(
            &self.unit.directory,
            words[0].as_str().into(),
            &words[1..],
            environment,
            self.limits.compile,
        )?)
    }

    fn run_sccache(&self) -> Result<Run, ReplayError> {
        // The counters exist only while a daemon runs.
        self.ask(&["--start-server"])?;
        let before = self.counters()?;
        let finished = self.compile(&[])?;
        let added = self.added(&before)?;
        if !finished.status.success() {
            return Ok(fails(&finished));
        }
        let number = |name: &str| added.get(name).copied().unwrap_or_default();
        if number("compile_requests") > 1 {
            return Err(ReplayError::Busy);
        }
        if let Some(reason) = added.keys().find_map(|name| name.strip_prefix("not_cached/")) {
            return Ok(Run::Uncacheable(explain_sccache(reason)));
        }
        for (name, reason) in [
            ("requests_not_compile", "not a compilation"),
            ("requests_unsupported_compiler", "unsupported compiler"),
        ] {
            if number(name) > 0 {
                return Ok(Run::Uncacheable(explain_sccache(reason)));
            }
        }
        if number("cache_hits") > 0 {
            return Ok(Run::Hit);
        }
        if number("compile_requests") == 0 {
            return Ok(Run::Without);
        }
        let deadline = Instant::now() + self.limits.store;
        loop {
            let added = self.added(&before)?;
            let is_there = |name: &str| added.get(name).is_some_and(|count| *count > 0);
            if is_there("cache_writes") {
                return Ok(Run::Miss { stored: true });
            }
            if is_there("cache_write_errors") || Instant::now() > deadline {
                return Ok(Run::Miss { stored: false });
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn run_ccache(&self) -> Result<Run, ReplayError> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("log");
        let finished = self.compile(&[("CCACHE_LOGFILE", &path.to_string_lossy())])?;
        let log = fs_err::read_to_string(&path).unwrap_or_default();
        let results: Vec<&str> =
            log.lines().filter_map(|line| line.split_once("] Result: ")).map(|(_, result)| result).collect();
        if results.iter().any(|result| result.ends_with("_cache_hit")) {
            return Ok(Run::Hit);
        }
        if !finished.status.success() {
            return Ok(fails(&finished));
        }
        if results.contains(&"cache_miss") {
            let stored = !log.contains("] Config: (environment) read_only = true");
            return Ok(Run::Miss { stored });
        }
        // Without counters, or without a search for the object, ccache logs fewer results.
        let has = |words: &str| log.contains(words);
        if has("Succeeded getting cached result") {
            return Ok(Run::Hit);
        }
        if results.is_empty() && has("Failed; falling back to running the real compiler") {
            return Ok(Run::Uncacheable(explain_ccache("", &log)));
        }
        if results.contains(&"recache") || results.is_empty() && has("Running real compiler") {
            return Ok(Run::Miss { stored: has("] Stored ") });
        }
        Ok(results.last().map_or(Run::Without, |result| Run::Uncacheable(explain_ccache(result, &log))))
    }

    fn ask(&self, arguments: &[&str]) -> Result<Finished, ReplayError> {
        let no_environment: [(&str, &str); 0] = [];
        Ok(program::run(self.cache.launcher, arguments, no_environment, self.limits.ask)?)
    }

    /// The counters of sccache, summed over all languages. Reasons have the name `not_cached/<reason>`.
    fn counters(&self) -> Result<BTreeMap<String, u64>, ReplayError> {
        let finished = self.ask(&["--show-stats", "--stats-format", "json"])?;
        let all: Value = serde_json::from_str(&finished.stdout)
            .map_err(|_| ReplayError::Statistics(finished.message()))?;
        let mut counters = BTreeMap::new();
        for (name, value) in all["stats"].as_object().into_iter().flatten() {
            if let Some(number) = value.as_u64() {
                counters.insert(name.clone(), number);
            } else if name == "not_cached" {
                for (reason, number) in value.as_object().into_iter().flatten() {
                    counters.insert(format!("not_cached/{reason}"), number.as_u64().unwrap_or_default());
                }
            } else if let Some(languages) = value["counts"].as_object() {
                counters.insert(name.clone(), languages.values().filter_map(Value::as_u64).sum());
            }
        }
        Ok(counters)
    }

    /// The increase of each counter.
    fn added(&self, before: &BTreeMap<String, u64>) -> Result<BTreeMap<String, u64>, ReplayError> {
        let grown = |(name, after): (String, u64)| {
            let added = after.saturating_sub(before.get(&name).copied().unwrap_or_default());
            (added > 0).then_some((name, added))
        };
        Ok(self.counters()?.into_iter().filter_map(grown).collect())
    }

    /// Explains why the same compilation missed directly after it was stored.
    fn why_it_never_hits(&self) -> Result<Outcome, ReplayError> {
        let first = self.preprocess()?;
        thread::sleep(A_SECOND);
        let second = self.preprocess()?;
        let difference = first.lines().zip(second.lines()).find(|(first, second)| first != second);
        Ok(difference.map_or_else(
            || {
                not_stored(
                    "the cache does not return an object that it has just stored",
                    "check that the size limit is large enough (`cache.size_gb`)",
                )
            },
            |(line, _)| {
                Outcome::Volatile(Explanation {
                    because: format!("its preprocessed source differs in each compilation, for example `{}`", shortened(line)),
                    help: "move the changing text (__TIME__, __DATE__, a generated number) into a small separate file".to_owned(),
                })
            },
        ))
    }

    fn preprocess(&self) -> Result<String, ReplayError> {
        let words = preprocessing(&self.unit.words[self.launched..]);
        let no_environment: [(&str, &str); 0] = [];
        let folder = &self.unit.directory;
        Ok(program::run_in(
            folder,
            words[0].as_str().into(),
            &words[1..],
            no_environment,
            self.limits.compile,
        )?
        .stdout)
    }
}

fn not_stored(because: &str, help: &str) -> Outcome {
    Outcome::NotStored(Explanation { because: because.to_owned(), help: help.to_owned() })
}

fn fails(finished: &Finished) -> Run {
    let message = finished.message();
    let line = message.lines().find(|line| line.contains("error")).or(message.lines().next());
    Run::Fails(line.unwrap_or("the compiler printed no error").to_owned())
}

fn shortened(line: &str) -> String {
    let line = line.trim();
    match line.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
