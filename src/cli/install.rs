//! `toolchainkit install`

use std::fmt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::output_format::{Format, FormatArgs};
use super::progress::{Busy, Shown};
use super::project::Project;
use super::report::{CliError, Printer};
use super::style::{Styled, Tone};
use super::{CommandResult, Global};
use crate::caching::detection::{BuildCacheManager, Candidate, FoundAt};
use crate::caching::tool::{Tool, Version};
use crate::install::{Digest, InstallOptions, LaunchProgram, LaunchProgramError, Receipt, Store, Way};

/// Arguments of `install`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct InstallArgs {
    /// Cache tool; auto is the first one that supports the settings of toolchainkit.yaml
    #[arg(value_enum, default_value_t)]
    tool: Wanted,
    /// Use exactly this version
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
    /// Source of the tool: release, pip, cargo, or a file (an archive, a wheel or the executable)
    #[arg(long, value_name = "WAY", value_parser = way)]
    from: Option<Way>,
    /// Expected SHA-256 of the archive, for a version whose digest is not known
    #[arg(long, value_name = "HEX")]
    sha256: Option<Digest>,
    /// Download server to use instead of https://github.com, with the same paths
    #[arg(long, value_name = "URL", env = "TOOLCHAINKIT_INSTALL_MIRROR")]
    mirror: Option<String>,
    /// Install into this folder instead of the user's cache folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<Utf8PathBuf>,
    /// Never use the network
    #[arg(long)]
    offline: bool,
    /// Install even if a usable tool is found
    #[arg(long)]
    force: bool,
    /// Time limit for a download, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Afterwards remove all other installed versions of the tool
    #[arg(long)]
    remove_old: bool,
    /// List the tools that are found, their remote caches, and which tool is used; install nothing
    #[arg(long, conflicts_with_all = ["force", "remove_old"])]
    list: bool,
    /// Check that the installed tools have not been changed; install nothing
    #[arg(long, conflicts_with_all = ["list", "force", "remove_old"])]
    verify: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// A tool, or `auto`.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Wanted {
    Sccache,
    Ccache,
    #[default]
    Auto,
}

impl Wanted {
    const fn tool(self) -> Option<Tool> {
        match self {
            Self::Sccache => Some(Tool::Sccache),
            Self::Ccache => Some(Tool::Ccache),
            Self::Auto => None,
        }
    }
}

impl fmt::Display for FoundAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Named => "from TOOLCHAINKIT_CACHE_TOOL",
            Self::Path => "on PATH",
            Self::Managed => "installed by toolchainkit",
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap needs a function that returns a Result")]
fn way(text: &str) -> Result<Way, String> {
    Ok(match text {
        "release" => Way::Release,
        "pip" => Way::Pip,
        "cargo" => Way::Cargo,
        path => Way::File(path.into()),
    })
}

pub(super) fn run(args: &InstallArgs, global: &Global, printer: &Printer) -> CommandResult {
    let store = args.dir.clone().map(Store::at).or_else(Store::of_user);
    let store =
        store.ok_or_else(|| CliError::Usage("HOME is not set; give a folder with --dir".to_owned()))?;
    if args.verify {
        return verify(args, &store, printer);
    }
    let manager = manager(args, global, &store)?;
    if args.list {
        return list(args, &manager, printer);
    }
    let progress = Shown::new(printer);
    let found = manager.find_or_install(&progress)?;
    printer.report(&format!("{} {}, {}", found.tool.tool, found.tool.version, found.found_at));
    let launch = launch_program(&store, &progress, printer)?;
    match args.format.format {
        Format::Human => printer.product(&format!("{}\n", found.tool.path)),
        Format::Json => {
            let launch = launch.as_ref().map(|launch| launch.path.to_string());
            let installed = InstalledDocument { schema_version: 1, tool: object(&found), launch };
            printer.document(&InstallDocument::Installed(installed))?;
        }
    }
    if args.dir.is_some() && found.found_at == FoundAt::Managed {
        let launch =
            launch.map(|launch| format!(" -DTOOLCHAINKIT_LAUNCH={}", launch.path)).unwrap_or_default();
        let tool = found.tool.path.as_str();
        printer.report(&format!("to use it with CMake, add -DTOOLCHAINKIT_CACHE_TOOL={tool}{launch}"));
    }
    if args.remove_old {
        remove_old(&store, &found, printer)?;
    }
    Ok(())
}

/// Installs `toolchainkit-launch` into the store, beside the tool. Builds work without it.
fn launch_program(
    store: &Store,
    progress: &Shown<'_>,
    printer: &Printer,
) -> Result<Option<LaunchProgram>, CliError> {
    match store.add_launch_program(progress) {
        Ok(program) => {
            if program.is_new {
                printer
                    .report(&format!("toolchainkit-launch {}, installed by toolchainkit", program.version));
            }
            Ok(Some(program))
        }
        Err(LaunchProgramError::Store(error)) => Err(error.into()),
        Err(error) => {
            printer.report(&format!("note: {error}"));
            Ok(None)
        }
    }
}

/// Finds the tools that the first variant of the project allows.
pub(super) fn manager_of(project: Option<&Project>, store: Option<&Store>) -> BuildCacheManager {
    let mut manager = BuildCacheManager::new();
    if let Some(store) = store {
        manager = manager.store(store.clone());
    }
    let Some(project) = project else { return manager };
    let caches = project.config.variants.iter().map(|variant| &variant.cache);
    let remotes = caches.flat_map(|cache| &cache.remote).map(|remote| remote.backend_type.clone());
    manager = manager.backends(remotes);
    if let Some(variant) = project.config.variants.first() {
        manager = manager.tools(variant.cache.tools.clone());
        if let Some(version) = variant.cache.min_version {
            manager = manager.min_version(version);
        }
    }
    manager
}

/// The requirements of the project, overridden by the command line.
fn manager(args: &InstallArgs, global: &Global, store: &Store) -> Result<BuildCacheManager, CliError> {
    let mut options = InstallOptions::default();
    let mut allowed = true;
    let project = Project::load_if_there(global)?;
    let mut manager = manager_of(project.as_ref(), Some(store));
    if let Some(variant) = project.as_ref().and_then(|project| project.config.variants.first()) {
        let install = &variant.cache.install;
        options.version = install.version;
        options.mirror.clone_from(&install.mirror);
        allowed = !install.never;
    }
    if let Some(tool) = args.tool.tool() {
        manager = manager.tools([tool]);
    }
    if let Some(version) = args.version {
        manager = manager.version(version);
    }
    let options = InstallOptions {
        way: args.from.clone().unwrap_or_default(),
        sha256: args.sha256,
        mirror: args.mirror.clone().or(options.mirror),
        offline: args.offline,
        force: args.force,
        timeout: Duration::from_secs(args.timeout),
        ..options
    };
    // With --from or --dir, do not accept a tool from PATH.
    let search_path = args.from.is_none() && args.dir.is_none();
    Ok(manager.search_path(search_path).install(allowed.then_some(options)))
}

/// The JSON of `install`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit install --format json")]
#[serde(untagged)]
pub(super) enum InstallDocument {
    /// The JSON of `install`: the tool that is used.
    Installed(InstalledDocument),
    /// The JSON of `install --list`.
    List(ListDocument),
}

#[derive(Serialize, JsonSchema)]
pub(super) struct InstalledDocument {
    /// The version of this format.
    schema_version: u32,
    #[serde(flatten)]
    tool: ToolObject,
    /// The path of the installed `toolchainkit-launch`; null if it was not installed.
    launch: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ListDocument {
    /// The version of this format.
    schema_version: u32,
    /// The tools that were found.
    tools: Vec<FoundObject>,
}

#[derive(Serialize, JsonSchema)]
struct ToolObject {
    /// The name of the tool.
    tool: String,
    /// The version of the tool.
    version: String,
    /// The executable of the tool.
    path: String,
    /// Where it was found.
    place: PlaceObject,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PlaceObject {
    /// The variable `TOOLCHAINKIT_CACHE_TOOL` names it.
    Named,
    /// In a folder of `PATH`.
    Path,
    /// Installed by toolchainkit.
    Managed,
}

#[derive(Serialize, JsonSchema)]
struct FoundObject {
    #[serde(flatten)]
    tool: ToolObject,
    /// The remote storages that it supports; null if that is not known.
    backends: Option<Vec<String>>,
    /// The reason why it is not used; null if it could be.
    objection: Option<String>,
    /// Whether a build would use it.
    chosen: bool,
}

fn object(candidate: &Candidate) -> ToolObject {
    ToolObject {
        tool: candidate.tool.tool.name().to_owned(),
        version: candidate.tool.version.to_string(),
        path: candidate.tool.path.to_string(),
        place: match candidate.found_at {
            FoundAt::Named => PlaceObject::Named,
            FoundAt::Path => PlaceObject::Path,
            FoundAt::Managed => PlaceObject::Managed,
        },
    }
}

fn list(args: &InstallArgs, manager: &BuildCacheManager, printer: &Printer) -> CommandResult {
    let busy = Busy::new(printer, "looking at the installed tools");
    let candidates = manager.candidates();
    let chosen = manager.find();
    drop(busy);
    let chosen = chosen?;
    let is_chosen = |candidate: &Candidate| chosen.as_ref().is_some_and(|chosen| chosen == candidate);
    if args.format.format == Format::Json {
        let tools = candidates.iter().map(|candidate| {
            let backends = candidate.tool.backends();
            FoundObject {
                tool: object(candidate),
                backends: backends.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
                objection: candidate.objection.as_ref().map(ToString::to_string),
                chosen: is_chosen(candidate),
            }
        });
        let document = ListDocument { schema_version: 1, tools: tools.collect() };
        return printer.document(&InstallDocument::List(document));
    }
    for candidate in &candidates {
        let mark = if is_chosen(candidate) { "*" } else { " " };
        let tool = &candidate.tool;
        let backends = tool.backends().map_or("unknown".to_owned(), |backends| backends.join(" "));
        printer.product(&format!(
            "{mark} {} {}  {}  ({})\n",
            tool.tool, tool.version, tool.path, candidate.found_at
        ));
        printer.foreign(&format!("    remote caches: {backends}\n"));
        if let Some(objection) = &candidate.objection {
            printer.foreign(&format!("    not used: {objection}\n"));
        }
    }
    if chosen.is_none() {
        let would = manager.would_install().map_or(
            "installing is disabled by `cache.install.never`".to_owned(),
            |(tool, version)| {
                let version = version.map(|version| format!(" {version}")).unwrap_or_default();
                format!("`toolchainkit install` would install {tool}{version}")
            },
        );
        printer.report(&format!("no usable tool was found; {would}"));
    }
    Ok(())
}

fn verify(args: &InstallArgs, store: &Store, printer: &Printer) -> CommandResult {
    let tools = args.tool.tool().map_or_else(|| Tool::ALL.to_vec(), |tool| vec![tool]);
    let mut changed = Vec::new();
    let mut verify = |path: &Utf8Path, receipt: &Receipt| match receipt.verify(path) {
        Ok(()) => {
            let about = format!("  {path}  {}\n", receipt.trusted_by);
            printer.styled(&Styled::new().with(Tone::Good, "good").text(about));
        }
        Err(error) => {
            let about = format!("   {path}  {error}\n");
            printer.styled(&Styled::new().with(Tone::Bad, "BAD").text(about));
            changed.push(path.to_string());
        }
    };
    for installed in tools.into_iter().flat_map(|tool| store.all(tool)) {
        verify(&installed.path, &installed.receipt);
    }
    for (path, receipt) in store.launch_programs() {
        verify(&path, &receipt);
    }
    if changed.is_empty() { Ok(()) } else { Err(CliError::ToolChanged(changed.join(", "))) }
}

fn remove_old(store: &Store, chosen: &Candidate, printer: &Printer) -> CommandResult {
    for installed in store.all(chosen.tool.tool) {
        if installed.path != chosen.tool.path {
            store.remove(&installed)?;
            printer.report(&format!("removed {} {}", installed.tool, installed.version));
        }
    }
    Ok(())
}
