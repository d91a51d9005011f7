//! `toolchainkit bench`

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret as _;

use super::project::{CONFIG_NAME, Project};
use super::report::{CliError, Printer};
use super::{Global, env, init, install, templates, user_presets};
use crate::bench::{
    self, BenchDocument, BenchError, Configuration, Events, Found, Options, Scenario, Selection, Session,
    Variant,
};
use crate::caching::detection::Candidate;
use crate::caching::language::Language;
use crate::caching::tool::Tool;
use crate::config::model::Shared;
use crate::install::Store;
use crate::output;
use crate::plan::Plan;
use crate::presets::advice::Way;
use crate::probe::{environment, program, timed};

/// The folder for the generated files of a project without a configuration, below the copy of its sources.
const OWN_FOLDER: &str = "tk-bench-files";

/// Arguments of `bench`. The sources are copied into a temporary folder, which contains all build folders, caches and daemons,
/// and is removed at the end. Your build folders and caches are not used and not changed. "2nd checkout" is a build in another
/// copy of the sources; "ms/object" contains the linking.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Folder with the CMakeLists.txt of the project
    #[arg(default_value = ".")]
    dir: Utf8PathBuf,
    /// Configure preset [default: the first that toolchainkit generates, otherwise none]
    #[arg(long)]
    preset: Option<String>,
    /// Without a preset: the build type
    #[arg(long, value_name = "TYPE", default_value = "Release")]
    build_type: String,
    /// Number of times that each build is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    rounds: u64,
    /// Number of times that the warm builds are measured in each round
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1000))]
    warm: u64,
    /// Measure only these, separated by commas: uncached, cold, warm, second-checkout, remote [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = scenario)]
    only: Vec<Scenario>,
    /// What compiles, separated by commas: tool and toolchainkit, tuned (the tool with an expert's settings), env (the tool below
    /// `cmake -E env`), script (toolchainkit without toolchainkit-launch)
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = variant, default_value = "tool,toolchainkit")]
    with: Vec<Variant>,
    /// Build this target instead of all; may be repeated
    #[arg(long)]
    target: Vec<String>,
    /// Number of parallel compilations [default: that of the build tool]
    #[arg(long, short, value_parser = clap::value_parser!(u32).range(1..=4096))]
    jobs: Option<u32>,
    /// Cache tool: sccache or ccache [default: the one that the configuration selects]
    #[arg(long, value_parser = env::tool)]
    tool: Option<Tool>,
    /// Also measure the remote cache of the configuration, which gets the objects
    #[arg(long)]
    remote: bool,
    /// Create the temporary folder in this folder [default: the system's folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    work_dir: Option<Utf8PathBuf>,
    /// Keep the temporary folder
    #[arg(long)]
    keep: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: BenchFormat,
    /// Also write the JSON to this file
    #[arg(long, value_name = "FILE")]
    json: Option<Utf8PathBuf>,
    /// Further arguments for configuring, such as -DBUILD_TESTING=OFF
    #[arg(last = true, value_name = "CMAKE_ARGUMENT")]
    cmake: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum BenchFormat {
    /// A table for people
    #[default]
    Human,
    /// JSON for programs
    Json,
    /// A table for pull requests
    Markdown,
}

pub(super) fn run(args: &BenchArgs, global: &Global, printer: &Printer) -> Result<ExitCode, CliError> {
    let found = bench::find(&args.dir, CONFIG_NAME)?;
    let yaml = configuration(&found, global)?;
    let project =
        yaml.as_ref().map(|path| Project::load_silently(&global.with_config(path.clone()))).transpose()?;
    let (configuration, options) = settings(args, found, project.as_ref())?;
    let shown = Shown::new(printer);
    let result = measure(&options, configuration, args.preset.is_some(), yaml.as_deref(), global, &shown);
    shown.finish();
    match result {
        Ok(document) => print(args, &document, printer),
        Err(CliError::Bench(BenchError::Interrupted(signal))) => {
            timed::end_by(signal);
            Err(BenchError::Interrupted(signal).into())
        }
        Err(error) => Err(error),
    }
}

fn measure(
    options: &Options,
    configuration: Configuration,
    has_chosen_preset: bool,
    yaml: Option<&Utf8Path>,
    global: &Global,
    shown: &Shown<'_>,
) -> Result<BenchDocument, CliError> {
    let mut session = Session::new(options.clone(), configuration, shown)?;
    if options.keep {
        shown.printer.report(&format!("temporary folder: {}", session.work()));
    }
    for lane in options.selection.generated() {
        let checkout = session.checkout(lane.checkout());
        let cache = session.cache(lane);
        let generated =
            generate(&checkout, &options.found, yaml, &cache, lane.has_remote, &options.project, global)?;
        let configuration = session.configuration_mut();
        if has_chosen_preset {
            configuration.include = Some(generated.include);
        } else {
            configuration.preset = generated.preset;
            configuration.toolchain = Some(generated.toolchain);
        }
    }
    session.prepare()?;
    session.measure()?;
    Ok(session.document())
}

/// The configuration of the project, if there is one.
fn configuration(found: &Found, global: &Global) -> Result<Option<Utf8PathBuf>, CliError> {
    let Some(path) = &global.config else {
        return Ok(found.configuration.as_ref().map(|folder| found.root.join(folder).join(CONFIG_NAME)));
    };
    let path = path.canonicalize_utf8()?;
    if path.starts_with(&found.root) {
        return Ok(Some(path));
    }
    Err(CliError::Usage(format!("{path} is not in {}, which is the checkout of the project", found.root)))
}

/// What to measure, as the arguments and the configuration say.
fn settings(
    args: &BenchArgs,
    found: Found,
    project: Option<&Project>,
) -> Result<(Configuration, Options), CliError> {
    let store = Store::of_user();
    let mut manager = install::manager_of(project, store.as_ref());
    if let Some(tool) = args.tool {
        manager = manager.tools([tool]);
    }
    let Some(Candidate { tool, .. }) = manager.find()? else {
        let tool = args.tool.map_or("sccache or ccache", Tool::name);
        return Err(CliError::NoTool(format!("no usable {tool} was found")));
    };
    let cmake =
        program::find("cmake").ok_or_else(|| CliError::NoTool("cmake was not found on PATH".to_owned()))?;
    let variant = project.and_then(|project| project.config.variants.first());
    let languages = variant.map_or(Language::DEFAULT.to_vec(), |variant| variant.cache.languages.clone());
    let remote = if args.remote { Some(remote(project, tool.tool)?) } else { None };
    let ninja = program::find("ninja").filter(|_| environment::variable("CMAKE_GENERATOR").is_none());
    let mut scenarios = args.only.iter().copied().collect::<BTreeSet<_>>();
    if scenarios.is_empty() {
        scenarios.extend([Scenario::Uncached, Scenario::Cold, Scenario::Warm, Scenario::SecondCheckout]);
    }
    if args.remote {
        scenarios.insert(Scenario::Remote);
    } else if scenarios.contains(&Scenario::Remote) {
        return Err(CliError::Usage("`--only remote` needs `--remote`".to_owned()));
    }
    let selection = Selection {
        scenarios,
        variants: args.with.iter().copied().collect(),
        rounds: usize::try_from(args.rounds).unwrap_or(1),
        warm: usize::try_from(args.warm).unwrap_or(1),
    };
    let configuration = Configuration {
        cmake: cmake.clone(),
        preset: args.preset.clone(),
        generator: ninja.map(|_| "Ninja".to_owned()),
        build_type: args.build_type.clone(),
        arguments: args.cmake.clone(),
        tool: tool.path.clone(),
        launch: launch_program(store.as_ref()),
        languages: languages.into_iter().map(|language| language.cmake_name().to_owned()).collect(),
        ..Configuration::default()
    };
    let name = project.and_then(|project| project.plan.project.clone());
    let name =
        name.or_else(|| found.root.file_name().map(str::to_owned)).unwrap_or_else(|| "project".to_owned());
    let options = Options {
        project: name,
        found,
        cmake,
        tool: tool.tool,
        version: tool.version,
        selection,
        targets: args.target.clone(),
        jobs: args.jobs,
        work: args.work_dir.clone().unwrap_or_else(timed::temporary_folder),
        keep: args.keep,
        remote,
    };
    Ok((configuration, options))
}

fn scenario(name: &str) -> Result<Scenario, String> {
    named(&Scenario::NAMES, name)
}

fn variant(name: &str) -> Result<Variant, String> {
    named(&Variant::NAMES, name)
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Result<T, String> {
    let all = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    found.ok_or_else(|| format!("known are {}", all()))
}

/// The variables of the remote cache for the tool alone.
fn remote(project: Option<&Project>, tool: Tool) -> Result<Vec<(String, String)>, CliError> {
    let none = || CliError::Usage("`--remote` needs a configuration with `cache.remote`".to_owned());
    let cache = project.and_then(|project| project.plan.variants.first()?.cache.as_ref()).ok_or_else(none)?;
    let plan = cache.tools.iter().find(|plan| plan.tool == tool).filter(|plan| !plan.remote_alone.is_empty());
    let settings = &plan.ok_or_else(none)?.remote_alone;
    let revealed = settings.iter().map(|setting| {
        Ok((setting.name.to_owned(), env::reveal(&setting.value, &cache.servers)?.expose_secret().to_owned()))
    });
    revealed.collect()
}

/// `toolchainkit-launch`: the one that the user has chosen, that beside this program, or the installed one.
fn launch_program(store: Option<&Store>) -> Option<Utf8PathBuf> {
    let chosen = environment::variable("TOOLCHAINKIT_LAUNCH").map(Utf8PathBuf::from);
    let name = format!("toolchainkit-launch{}", std::env::consts::EXE_SUFFIX);
    let beside = || Some(program::own_executable()?.with_file_name(&name)).filter(|path| path.is_file());
    let installed = || store?.launch_programs().into_iter().map(|(path, _)| path).find(|path| path.is_file());
    chosen.or_else(beside).or_else(installed)
}

/// The generated files of a copy; the paths are relative to it.
struct Generated {
    toolchain: Utf8PathBuf,
    include: Utf8PathBuf,
    preset: Option<String>,
}

/// Writes the generated files into a copy of the sources, with a local cache in the temporary folder.
fn generate(
    checkout: &Utf8Path,
    found: &Found,
    yaml: Option<&Utf8Path>,
    cache: &Utf8Path,
    has_remote: bool,
    name: &str,
    global: &Global,
) -> Result<Generated, CliError> {
    let below = if let Some(yaml) = yaml {
        yaml.strip_prefix(&found.root).unwrap_or(yaml).to_owned()
    } else {
        let below = found.source.join(OWN_FOLDER).join(CONFIG_NAME);
        fs_err::create_dir_all(checkout.join(&found.source).join(OWN_FOLDER))?;
        let text = format!("project: {{ name: {} }}\noutput: {{ presets: none }}\n", serde_json::json!(name));
        init::write(&checkout.join(&below), text.as_bytes(), false)?;
        below
    };
    let mut project = Project::load_silently(&global.with_config(checkout.join(&below)))?;
    for variant in &mut project.config.variants {
        variant.cache.enabled = true;
        variant.cache.dir = Some(cache.to_owned());
        variant.cache.shared = Shared::Project;
        if !has_remote {
            variant.cache.remote.clear();
            variant.cache.remote_only = false;
        }
    }
    project.plan = Plan::build(&project.config);
    let (files, way) = user_presets::fit(templates::render(&project)?, &project, false)?;
    output::write(&files, &project.folder)?;
    let folder = below.parent().unwrap_or(Utf8Path::new(""));
    let first = project.plan.variants.first().and_then(|variant| variant.presets.first());
    // The presets are those of the folder with the configuration.
    let is_in_source = folder == found.source;
    let preset = first.filter(|_| is_in_source && matches!(way, Way::Own | Way::Merged));
    Ok(Generated {
        toolchain: folder.join(project.plan.output.toolchain_of(None)),
        include: folder.join(project.plan.output.cache()),
        preset: preset.map(|preset| preset.name.clone()),
    })
}

fn print(args: &BenchArgs, document: &BenchDocument, printer: &Printer) -> Result<ExitCode, CliError> {
    let json = serde_json::to_value(document).map_err(io::Error::from)?;
    if let Some(path) = &args.json {
        fs_err::create_dir_all(
            path.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new(".")),
        )?;
        init::write(path, format!("{json:#}\n").as_bytes(), path.symlink_metadata().is_ok())?;
    }
    match args.format {
        BenchFormat::Human => printer.foreign(&document.text()),
        BenchFormat::Json => printer.foreign_json(json),
        BenchFormat::Markdown => printer.foreign(&document.markdown()),
    }
    let failed = document.cells.iter().find(|cell| cell.variant.is_ours() && cell.failure.is_some());
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(_) => Err(CliError::CacheBroken(
            "not everything could be measured with toolchainkit; see the table".to_owned(),
        )),
    }
}

/// The progress: a bar on a terminal, lines elsewhere.
struct Shown<'a> {
    printer: &'a Printer,
    bar: RefCell<Option<ProgressBar>>,
    has_bar: bool,
}

impl<'a> Shown<'a> {
    fn new(printer: &'a Printer) -> Self {
        Self { printer, bar: RefCell::default(), has_bar: !printer.is_quiet() && io::stderr().is_terminal() }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Events for Shown<'_> {
    fn step(&self, finished: usize, all: usize, what: &str) {
        if !self.has_bar {
            return self.printer.report(&format!("[{}/{all}] {what}", finished + 1));
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(u64::try_from(all).unwrap_or_default());
            let marks = if self.printer.has_unicode() { "█▌░" } else { "##." };
            // The bar is not drawn during a build, so it takes no processor time from it.
            match ProgressStyle::with_template("  {bar:20} {pos}/{len}  {msg}") {
                Ok(style) => bar.with_style(style.progress_chars(marks)),
                Err(_) => bar,
            }
        });
        bar.set_position(u64::try_from(finished).unwrap_or_default());
        bar.set_message(what.to_owned());
    }
}
