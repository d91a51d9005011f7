//! Configures and builds the copies of a project.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::document::{BenchDocument, Cell};
use super::options::{BenchError, Events, Options};
use super::plan::{Configuration, Lane, Scenario, Variant};
use super::remarks::{remarks, title};
use super::sources::{self, Size};
use super::statistics::{Comparison, Sample, Summary, median};
use crate::caching::tool::{Tool, variables};
use crate::doctor::BuildTree;
use crate::foreign;
use crate::probe::file;
use crate::probe::timed::{self, Ended, Runner, Task};

/// The space that must be free in any case.
const SMALLEST_SPACE: u64 = 64 << 20;
/// The most lines of a failed command.
const MOST_LINES: usize = 15;
/// The largest output of a command that is read.
const LARGEST_OUTPUT: u64 = 64 << 20;
/// The time for sccache to store the last objects before its daemon is stopped.
const STORING_TIME: Duration = Duration::from_secs(2);

/// The longest time for the processes of a build to leave the temporary folder.
const REMOVING_TIME: Duration = Duration::from_secs(5);

/// A measurement with its temporary folder, which is removed at its end.
pub(crate) struct Session<'a> {
    options: Options,
    configuration: Configuration,
    runner: Runner,
    events: &'a dyn Events,
    /// Contains everything that is written.
    work: Utf8PathBuf,
    /// Variables of each command.
    common: Vec<(String, String)>,
    unset: Vec<String>,
    /// The ports of the daemons of the tool alone, by the name of the cache.
    ports: BTreeMap<&'static str, u16>,
    failures: BTreeMap<Lane, String>,
    samples: BTreeMap<(Scenario, Variant), Vec<Sample>>,
    /// The caches that contain all objects of the first checkout.
    filled: BTreeSet<&'static str>,
    notes: BTreeSet<String>,
    size: Size,
    objects: Option<u32>,
    generator: Option<String>,
    steps: (usize, usize),
}

impl<'a> Session<'a> {
    /// Checks the space, and copies the sources.
    ///
    /// # Errors
    /// [`BenchError`]
    pub(crate) fn new(
        options: Options,
        configuration: Configuration,
        events: &'a dyn Events,
    ) -> Result<Self, BenchError> {
        let runner = Runner::new()?;
        fs_err::create_dir_all(&options.work)?;
        let parent = options.work.canonicalize_utf8()?;
        let mut builder = tempfile::Builder::new();
        // Short: the paths of sockets are limited.
        let folder = builder.prefix("tk-bench-").tempdir_in(&parent)?;
        let work = Utf8PathBuf::from_path_buf(folder.keep()).unwrap_or_default();
        let with_remote = options.remote.is_some();
        let selection = &options.selection;
        let builds = selection.order(0).len() * selection.rounds
            + usize::from(selection.scenarios.contains(&Scenario::Uncached));
        let (lanes, checkouts) = (selection.lanes(), selection.checkouts());
        let mut ports = BTreeMap::new();
        for lane in &lanes {
            ports.insert(lane.cache(), free_port()?);
        }
        let mut session = Self {
            // Copies, configurations, the first build, and all measured ones.
            steps: (0, checkouts.len() + lanes.len() + builds),
            common: vec![("XDG_CACHE_HOME".to_owned(), work.join("c").to_string())],
            unset: timed::variable_names()
                .into_iter()
                .filter(|name| is_of_cache(name, with_remote))
                .collect(),
            ports,
            options,
            configuration,
            runner,
            events,
            work,
            failures: BTreeMap::new(),
            samples: BTreeMap::new(),
            filled: BTreeSet::new(),
            notes: BTreeSet::new(),
            size: Size::default(),
            objects: None,
            generator: None,
        };
        session.common.push(("XDG_RUNTIME_DIR".to_owned(), session.work.join("r").to_string()));
        session.copy_sources(&checkouts)?;
        Ok(session)
    }

    fn copy_sources(&mut self, checkouts: &[&str]) -> Result<(), BenchError> {
        for name in ["c", "r", "caches", "log"] {
            fs_err::create_dir(self.work.join(name))?;
        }
        #[cfg(unix)]
        fs_err::set_permissions(self.work.join("r"), std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        fs_err::File::create(self.work.join("empty"))?;
        let root = self.options.found.root.clone();
        let except = self.options.work.canonicalize_utf8().map(|_| self.work.clone())?;
        self.size = sources::measure(&root, &except, &|| self.check())?;
        let number = u64::try_from(checkouts.len()).unwrap_or(u64::MAX);
        self.check_space(self.size.bytes.saturating_mul(number).saturating_add(SMALLEST_SPACE))?;
        for checkout in checkouts {
            self.step(&format!("copying the sources: {checkout}"));
            sources::copy(&root, &except, &self.checkout(checkout), &|| self.check())?;
        }
        Ok(())
    }

    /// The copy of the sources with this name.
    pub(crate) fn checkout(&self, name: &str) -> Utf8PathBuf {
        self.work.join(name).join(self.options.found.root.file_name().unwrap_or("project"))
    }

    /// The folder of a lane's cache.
    pub(crate) fn cache(&self, lane: Lane) -> Utf8PathBuf {
        self.work.join("caches").join(lane.cache())
    }

    /// How the project is configured, to complete it before [`Self::prepare`].
    pub(crate) const fn configuration_mut(&mut self) -> &mut Configuration {
        &mut self.configuration
    }

    /// The temporary folder.
    pub(crate) fn work(&self) -> &Utf8Path {
        &self.work
    }

    fn check(&self) -> Result<(), BenchError> {
        self.runner.interruption().map_or(Ok(()), |signal| Err(BenchError::Interrupted(signal)))
    }

    fn check_space(&self, needed: u64) -> Result<(), BenchError> {
        match timed::free_space(&self.work) {
            Some(free) if free < needed => {
                Err(BenchError::NoSpace { folder: self.options.work.clone(), free, needed })
            }
            _ => Ok(()),
        }
    }

    fn step(&mut self, what: &str) {
        self.events.step(self.steps.0, self.steps.1, what);
        self.steps.0 += 1;
    }

    fn source(&self, lane: Lane) -> Utf8PathBuf {
        let source = self.checkout(lane.checkout()).join(&self.options.found.source);
        // Without the `/` at the end for an empty path.
        source.components().collect()
    }

    fn build_folder(&self, lane: Lane) -> Utf8PathBuf {
        self.source(lane).join("tk-bench-build").join(lane.cache())
    }

    /// The variables for the commands of a lane.
    fn environment(&self, lane: Lane) -> Vec<(String, String)> {
        let mut set = self.common.clone();
        if lane.variant != Variant::None && !lane.variant.is_ours() {
            set.extend(self.settings(lane));
        }
        set
    }

    /// The settings of the tool alone.
    fn settings(&self, lane: Lane) -> Vec<(String, String)> {
        let mut set = Vec::new();
        let cache = self.cache(lane).to_string();
        let empty = self.work.join("empty").to_string();
        let own = match self.options.tool {
            Tool::Sccache => vec![
                (variables::SCCACHE_DIR, cache),
                (variables::SCCACHE_SERVER_PORT, self.ports[lane.cache()].to_string()),
                ("SCCACHE_CONF", empty),
            ],
            Tool::Ccache => vec![(variables::CCACHE_DIR, cache), ("CCACHE_CONFIGPATH", empty)],
        };
        set.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if lane.variant == Variant::Tuned {
            set.extend(self.tuned(lane));
        }
        if lane.has_remote {
            set.extend(self.options.remote.iter().flatten().cloned());
        }
        set
    }

    /// What the documentation of the tools recommends for speed and for hits in other checkouts.
    fn tuned(&self, lane: Lane) -> Vec<(String, String)> {
        let set = match self.options.tool {
            Tool::Sccache => {
                let checkouts = [lane.first(), Lane { is_second: true, ..lane }];
                let checkouts = checkouts.map(|lane| self.checkout(lane.checkout()).into_string());
                vec![("SCCACHE_BASEDIRS", checkouts.join(":"))]
            }
            Tool::Ccache => vec![
                ("CCACHE_BASEDIR", self.checkout(lane.checkout()).into_string()),
                ("CCACHE_NOHASHDIR", "1".to_owned()),
                (
                    "CCACHE_SLOPPINESS",
                    "file_stat_matches,include_file_ctime,include_file_mtime,pch_defines,time_macros"
                        .to_owned(),
                ),
            ],
        };
        set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Runs a command of a lane. The second result is the end of its output.
    fn run(
        &self,
        lane: Lane,
        folder: &Utf8Path,
        program: &Utf8Path,
        arguments: &[String],
    ) -> Result<(Ended, String), BenchError> {
        let path = self.work.join("log/last");
        let output = fs_err::File::create(&path)?;
        let set = self.environment(lane);
        let task = Task { folder, program, arguments, set: &set, unset: &self.unset };
        let ended = self.runner.run(&task, output.file())?;
        self.check()?;
        let text = file::read(&path, LARGEST_OUTPUT).unwrap_or_default();
        Ok((ended, String::from_utf8_lossy(&text).into_owned()))
    }

    fn cmake(&self, lane: Lane, arguments: &[String]) -> Result<(Ended, String), BenchError> {
        self.run(lane, &self.source(lane), &self.options.cmake, arguments)
    }

    fn building(&self, lane: Lane, more: &[&str]) -> Vec<String> {
        let mut arguments = vec!["--build".to_owned(), self.build_folder(lane).to_string()];
        if let Some(jobs) = self.options.jobs {
            arguments.extend(["--parallel".to_owned(), jobs.to_string()]);
        }
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        arguments
    }

    fn build(&self, lane: Lane) -> Result<(Ended, String), BenchError> {
        let targets =
            self.options.targets.iter().flat_map(|target| ["--target", target.as_str()]).collect::<Vec<_>>();
        self.cmake(lane, &self.building(lane, &targets))
    }

    /// Configures all lanes. If the uncached build is measured, the project is built once before.
    ///
    /// # Errors
    /// [`BenchError`]; a lane with a cache that does not configure is not one.
    pub(crate) fn prepare(&mut self) -> Result<(), BenchError> {
        let lanes = self.options.selection.lanes();
        let number = u64::try_from(lanes.len() * 2).unwrap_or(u64::MAX);
        for lane in lanes {
            self.step(&format!("configuring {} ({})", lane.checkout(), lane.cache()));
            let failure = self.configure(lane)?;
            if let (Some(output), Variant::None) = (&failure, lane.variant) {
                return Err(BenchError::NotBuilding { what: "configure", output: output.clone() });
            }
            if let Some(output) = failure {
                self.failures.insert(lane, format!("it does not configure: {output}"));
            }
        }
        let lane = Lane::of(Variant::None, Scenario::Uncached);
        self.inspect(lane);
        if !self.options.selection.scenarios.contains(&Scenario::Uncached) {
            return Ok(());
        }
        // The first build also fills the page cache of the system, which would make the first sample slower.
        self.step("building once without a cache");
        let (ended, output) = self.build(lane)?;
        if !ended.status.success() {
            return Err(BenchError::NotBuilding { what: "build", output: last_lines(&output) });
        }
        let of_build = self.count_objects(lane);
        self.check_space(of_build.bytes.saturating_mul(number).saturating_add(SMALLEST_SPACE))
    }

    /// Counts the objects of a lane that was built.
    fn count_objects(&mut self, lane: Lane) -> Size {
        let of_build = sources::measure(&self.build_folder(lane), Utf8Path::new(""), &|| self.check())
            .unwrap_or_default();
        self.objects = Some(of_build.objects).filter(|objects| *objects > 0);
        of_build
    }

    /// Configures a lane. Returns the end of the output if that fails.
    fn configure(&mut self, lane: Lane) -> Result<Option<String>, BenchError> {
        fs_err::create_dir_all(self.cache(lane))?;
        let (root, source, build) =
            (self.checkout(lane.checkout()), self.source(lane), self.build_folder(lane));
        let mut configuration = self.configuration.clone();
        let include = configuration.include.take();
        let settings = if lane.variant == Variant::Env { self.settings(lane) } else { Vec::new() };
        let (mut ended, mut output) =
            self.cmake(lane, &configuration.arguments(lane.variant, &settings, &root, &source, &build))?;
        if ended.status.success() && lane.variant.is_ours() && !self.uses_cache(lane) && include.is_some() {
            // The preset of the project does not use the cache.
            configuration.include = include;
            fs_err::remove_dir_all(&build)?;
            (ended, output) =
                self.cmake(lane, &configuration.arguments(lane.variant, &settings, &root, &source, &build))?;
        }
        if !ended.status.success() {
            return Ok(Some(last_lines(&output)));
        }
        if lane.variant.is_ours() && !self.uses_cache(lane) {
            let status =
                output.lines().rfind(|line| line.contains("toolchainkit:")).unwrap_or("no status line");
            return Ok(Some(format!("toolchainkit uses no cache: {status}")));
        }
        Ok(None)
    }

    /// Whether the build folder of toolchainkit uses a cache.
    fn uses_cache(&self, lane: Lane) -> bool {
        let summary = file::read_text(&self.build_folder(lane).join("toolchainkit/cache.json"), 1 << 20);
        let summary = summary.ok().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        summary.is_some_and(|summary| summary["mode"].as_str().is_some_and(|mode| mode != "none"))
    }

    /// Learns the generator, and whether the project itself uses a cache.
    fn inspect(&mut self, lane: Lane) {
        let Ok(tree) = BuildTree::open(&self.build_folder(lane)) else { return };
        self.generator = file::read_text(&tree.cache_file(), LARGEST_OUTPUT).ok().and_then(|cache| {
            let mut entries = cache.lines();
            entries.find_map(|entry| entry.strip_prefix("CMAKE_GENERATOR:INTERNAL=")).map(str::to_owned)
        });
        let Ok(units) = tree.compilations() else { return };
        let first = units.iter().filter_map(|unit| Utf8Path::new(unit.words.first()?).file_stem());
        let known = ["ccache", "sccache", "distcc", "icecc", "buildcache"];
        if let Some(launcher) = first.filter(|first| known.contains(first)).min() {
            self.notes.insert(format!(
                "the project uses {launcher} itself, so the build without a cache, and that of the tool, use it as well"
            ));
        }
    }

    /// Measures all rounds.
    ///
    /// # Errors
    /// [`BenchError`]; a build that fails only with a cache is not one.
    pub(crate) fn measure(&mut self) -> Result<(), BenchError> {
        let selection = self.options.selection.clone();
        for round in 0..selection.rounds {
            for (scenario, variant) in selection.order(round) {
                let lane = Lane::of(variant, scenario);
                self.step(&format!(
                    "round {} of {}: {}",
                    round + 1,
                    selection.rounds,
                    title(scenario, variant)
                ));
                if self.failures.contains_key(&lane) {
                    continue;
                }
                match self.sample(scenario, lane)? {
                    Ok(sample) => self.samples.entry((scenario, variant)).or_default().push(sample),
                    Err(output) if variant == Variant::None => {
                        return Err(BenchError::NotBuilding { what: "build", output });
                    }
                    Err(output) => {
                        self.failures.insert(lane, format!("it does not build: {output}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// One timed build of all objects. The inner error is the end of the output of a failed build.
    fn sample(&mut self, scenario: Scenario, lane: Lane) -> Result<Result<Sample, String>, BenchError> {
        let has_cache = lane.variant != Variant::None;
        let needs_objects = matches!(scenario, Scenario::Warm | Scenario::SecondCheckout);
        if needs_objects && self.filled.insert(lane.cache()) {
            let (ended, output) = self.build(lane.first())?;
            if !ended.status.success() {
                return Ok(Err(last_lines(&output)));
            }
        }
        if scenario == Scenario::Cold {
            self.empty_cache(lane)?;
            self.filled.insert(lane.cache());
        }
        if scenario == Scenario::Remote {
            // Another machine has filled the remote cache.
            self.cmake(lane, &self.building(lane, &["--target", "clean"]))?;
            self.build(lane)?;
            if self.options.tool == Tool::Sccache {
                std::thread::sleep(STORING_TIME);
            }
            self.empty_cache(lane)?;
        }
        self.cmake(lane, &self.building(lane, &["--target", "clean"]))?;
        if has_cache {
            self.ask(lane, &["--start-server"])?;
        }
        let counters = if has_cache { self.counters(lane)? } else { None };
        let mark = self.work.as_str();
        let before = timed::of_background(mark);
        let (ended, output) = self.build(lane)?;
        let background =
            before.zip(timed::of_background(mark)).map(|(before, after)| after.saturating_sub(before));
        if !ended.status.success() {
            return Ok(Err(last_lines(&output)));
        }
        let after = if has_cache { self.counters(lane)? } else { None };
        if self.objects.is_none() {
            self.count_objects(lane);
        }
        let counted = counters
            .zip(after)
            .map(|(before, after)| (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1)));
        let cpu = ended.cpu.zip(background).map(|(own, background)| own + background);
        Ok(Ok(Sample::new(ended.wall, cpu, counted)))
    }

    /// Runs the tool of a lane, if it is there.
    fn ask(&self, lane: Lane, arguments: &[&str]) -> Result<Option<String>, BenchError> {
        let is_for_daemon = arguments.iter().any(|argument| argument.ends_with("-server"));
        if is_for_daemon && self.options.tool == Tool::Ccache {
            return Ok(None);
        }
        let program = match lane.variant {
            Variant::None => return Ok(None),
            Variant::Tool | Variant::Tuned | Variant::Env => self.configuration.tool.clone(),
            Variant::Script | Variant::Toolchainkit => self.build_folder(lane).join("toolchainkit/launcher"),
        };
        if !program.is_file() {
            return Ok(None);
        }
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (ended, output) = self.run(lane, &self.work, &program, &arguments)?;
        Ok(ended.status.success().then_some(output))
    }

    /// Hits and misses.
    fn counters(&self, lane: Lane) -> Result<Option<(u64, u64)>, BenchError> {
        let Options { tool, version, .. } = self.options;
        let output = self.ask(lane, tool.stats_arguments(version))?;
        let stats = output.and_then(|output| tool.parse_stats(&output).ok());
        Ok(stats.map(|stats| (stats.hits, stats.misses)))
    }

    /// Removes all objects from the local cache of a lane.
    fn empty_cache(&self, lane: Lane) -> Result<(), BenchError> {
        self.ask(lane, &["--stop-server"])?;
        let folder = self.cache(lane);
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir_all(&folder)?;
        Ok(())
    }

    /// The result.
    pub(crate) fn document(&self) -> BenchDocument {
        let none: Vec<Sample> = Vec::new();
        let samples = |cell: &(Scenario, Variant)| self.samples.get(cell).unwrap_or(&none);
        let uncached =
            median(samples(&(Scenario::Uncached, Variant::None)).iter().map(|sample| sample.wall_s));
        let cells = self.options.selection.cells().into_iter().map(|cell| {
            let (scenario, variant) = cell;
            let samples = samples(&cell).clone();
            let summary = Summary::of(&samples, self.objects, uncached);
            let failure = self.failures.get(&Lane::of(variant, scenario)).cloned();
            let tool = self.samples.get(&(scenario, Variant::Tool)).filter(|_| variant.is_ours());
            let against_tool = tool.and_then(|tool| Comparison::of(&samples, tool));
            Cell { scenario, variant, samples, summary, against_tool, failure }
        });
        let cells = cells.collect::<Vec<_>>();
        let mut notes = self.notes.clone();
        notes.extend(remarks(&cells));
        BenchDocument {
            schema_version: 1,
            project: self.options.project.clone(),
            toolchainkit: env!("CARGO_PKG_VERSION").to_owned(),
            tool: self.options.tool.to_string(),
            tool_version: self.options.version.to_string(),
            preset: self.configuration.preset.clone(),
            generator: self.generator.clone(),
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            system: std::env::consts::OS.to_owned(),
            objects: self.objects,
            files: self.size.files,
            rounds: self.options.selection.rounds,
            cells,
            notes: notes.into_iter().collect(),
        }
    }
}

/// The last lines of an output, without credentials.
fn last_lines(output: &str) -> String {
    let lines = output.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>();
    lines[lines.len().saturating_sub(MOST_LINES)..]
        .iter()
        .fold(String::new(), |text, line| text + "\n    " + line)
}

/// Whether a variable of the environment would change the caches.
fn is_of_cache(name: &str, with_remote: bool) -> bool {
    let starts = ["SCCACHE_", "CCACHE_", "TOOLCHAINKIT_"].iter().any(|start| name.starts_with(start));
    let is_launcher = name.starts_with("CMAKE_") && name.ends_with("_COMPILER_LAUNCHER");
    (starts || is_launcher) && !(with_remote && foreign::is_credential(name))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Drop for Session<'_> {
    /// Stops the daemons and removes the folder, also after an error or an interruption.
    fn drop(&mut self) {
        self.runner.forget_interruption();
        for lane in self.options.selection.lanes() {
            // A daemon that cannot be stopped ends after some minutes without use.
            let _ = self.ask(lane, &["--stop-server"]);
        }
        if !self.options.keep {
            // ccache's supervisor has no command to stop it: it ends within a second after its folder was removed, and may
            // write a file until then.
            let deadline = Instant::now() + REMOVING_TIME;
            while fs_err::remove_dir_all(&self.work).is_err()
                && self.work.exists()
                && Instant::now() < deadline
            {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_caches_are_removed_except_credentials_for_the_remote_one() {
        for (name, without, with) in [
            ("CCACHE_DIR", true, true),
            ("SCCACHE_SERVER_PORT", true, true),
            ("TOOLCHAINKIT_BYPASS", true, true),
            ("CMAKE_CXX_COMPILER_LAUNCHER", true, true),
            ("CCACHE_PASSWORD", true, false),
            ("PATH", false, false),
        ] {
            assert_eq!((is_of_cache(name, false), is_of_cache(name, true)), (without, with), "{name}");
        }
    }

    #[test]
    fn only_the_end_of_an_output_is_shown() {
        let output = (0..100).fold(String::new(), |text, number| format!("{text}line {number}\n\n"));
        let shown = last_lines(&output);
        assert_eq!(shown.lines().count(), MOST_LINES + 1);
        assert!(shown.ends_with("    line 99"), "{shown}");
    }
}
