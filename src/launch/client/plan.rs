//! Applies the rules to a compilation.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::super::arguments::{Arguments, Style};
use super::super::distribute::{Language, Servers, Workers};
use super::super::guard;
use super::super::journal::{Compiled, Folders, Note, Recording, now};
use super::super::placeholders;
use super::super::process;
use super::super::reading;
use super::super::rules::{
    COMPRESSES, Checkout, Compiler, CompilerKind, Decision, Facts, Machine, Question, SCCACHE_FILES,
    any_contains_checkout_path, as_one_program, decide, has_debug_information, macro_maps, must_run_here,
    own_module, path_of_directory,
};
use super::super::settings::Settings;
use super::super::stamp;
use super::super::tracers;
use super::ccache::BASE_DIRECTORIES;
use super::link::{self, Links};
use super::{messages, request, secrets};
use crate::caching::tool::{Engine, Tool, Version};
use crate::journal::Outcome;
use crate::journal::places::Places;

/// If this variable is 1 in the environment of a build, compilers run without the tool, with the same options as with it.
const BYPASS: &str = "TOOLCHAINKIT_BYPASS";
/// The cause in the journal if there are too many arguments, or a response file that cannot be read.
const UNREAD: &str = "unread-arguments";
/// The cause in the journal if a tracer has to see the compiler.
const TRACER: &str = "tracer";

/// The cause in the journal if there is no cache.
pub(super) const NO_CACHE: &str = "no-cache";

/// CMake writes a line for each module that is imported, also indirectly.
const LARGEST_MODULE_MAP: u64 = 4 << 20;

/// The command of a compilation, after the rules were applied.
#[derive(Debug)]
pub(super) struct Plan {
    called: OsString,
    arguments: Arguments,
    decision: Decision,
    compiler: Compiler,
    checkout: Checkout,
    directory: PathBuf,
    /// The rule or another cause that runs the compiler without the tool.
    bypass: Option<&'static str>,
    links: Option<Links>,
    /// The arguments for the tool, if they have another form than those for the compiler.
    with_module_maps: Option<Vec<OsString>>,
    /// Options for `__FILE__` in additional base directories.
    macro_maps: Vec<OsString>,
    /// The workers on which the compiler may run.
    workers: Option<Workers>,
    /// The language, if the daemon of sccache may distribute the compilation.
    distributed: Option<Language>,
}

/// Applies the rules to a command.
pub(super) fn plan(settings: &Settings, mut command: Vec<OsString>, directory: &Path) -> Plan {
    let checkout = settings.checkout();
    let directory = path_of_directory(directory, &checkout, settings.tool);
    let mut arguments = command.split_off(1);
    let mut called = command.pop().unwrap_or_default();
    let of_tool = |name: &str| environment_of_tool(settings, name);
    let search_path = of_tool("PATH").unwrap_or_default();
    if let Some(script) = as_one_program(&called, &arguments, &directory, &search_path, &settings.folder()) {
        called = script.into_os_string();
        arguments.remove(0);
    }
    let arguments = if settings.is_cached {
        link::with_paths_of_cmake(settings.tool, arguments, &checkout)
    } else {
        arguments
    };
    let arguments = Arguments::read(arguments, &directory, Style::of(&called));
    let is_cxx =
        arguments.sources().first().is_some_and(|source| source.extension().is_some_and(|of| of != "c"));
    let facts = Machine::new(settings.tool, &checkout, &called, &directory, &of_tool)
        .for_cxx(is_cxx)
        .without_search();
    let question = Question {
        tool: settings.tool,
        version: settings.tool_version(),
        compiler: &called,
        arguments: &arguments,
        checkout: &checkout,
    };
    let mut decision = if settings.is_cached {
        decide(&question, &facts)
    } else {
        // A compiler that is a link to the program that distributes would run it twice.
        let compiler = facts.compiler().replacement.map(PathBuf::into_os_string);
        Decision { compiler, ..Decision::default() }
    };
    let mut bypass = if process::variable(BYPASS).is_some_and(|value| value == "1") {
        Some(BYPASS)
    } else if let Some(rule) = decision.bypass {
        Some(rule.name)
    } else if !arguments.is_complete() {
        // A rule could apply to an argument that is not known.
        Some(UNREAD)
    } else {
        (!settings.caches_under_tracers && tracers::is_traced()).then_some(TRACER)
    };
    let compiler = facts.compiler();
    let workers =
        bypass.is_none().then(|| workers(settings, &decision, &compiler, &arguments, &facts)).flatten();
    if !settings.is_cached {
        let is_distributed = workers.as_ref().is_some_and(|workers| workers.usable().next().is_some());
        bypass = bypass.or((!is_distributed).then_some(NO_CACHE));
    } else if let (Some(workers), Some(distribution)) = (&workers, &settings.distribution) {
        decision.add_namespace(&facts, &workers.namespace(distribution.engine));
    }
    let distributed =
        bypass.is_none().then(|| distributed(settings, &decision, &compiler, &arguments, &facts)).flatten();
    drop(facts);
    let macro_maps = if settings.is_cached { macro_maps(&question, &of_tool) } else { Vec::new() };
    // Without placeholders, debug information would name the link.
    let is_named = decision.placeholders.is_none() && has_debug_information(&arguments);
    let links = || Links::of(settings.tool, &checkout, &arguments, &directory);
    let links = if bypass.is_some() || is_named || !settings.is_cached { None } else { links() };
    let with_module_maps = (bypass.is_none() && settings.is_cached).then(|| {
        arguments.with_module_maps(&|path| reading::read(&directory.join(path), LARGEST_MODULE_MAP).ok())
    });
    let with_module_maps = with_module_maps.filter(|replaced| replaced != arguments.raw());
    Plan {
        called,
        arguments,
        decision,
        compiler,
        checkout,
        directory,
        bypass,
        links,
        with_module_maps,
        macro_maps,
        workers,
        distributed,
    }
}

/// The path of the compiler, as the tool gets it.
fn path_for_tool<'a>(decision: &'a Decision, compiler: &'a Compiler) -> &'a Path {
    decision.compiler.as_ref().map_or(compiler.path.as_path(), Path::new)
}

/// The language, if the daemon of sccache may distribute the compilation.
fn distributed(
    settings: &Settings,
    decision: &Decision,
    compiler: &Compiler,
    arguments: &Arguments,
    facts: &dyn Facts,
) -> Option<Language> {
    let servers = Servers::of(settings)?;
    let [source] = arguments.sources() else { return None };
    let language = Language::of(source)?;
    let compiler = path_for_tool(decision, compiler);
    let may_be = servers.were_tried(compiler, language)
        && must_run_here(Engine::SccacheDist, arguments, facts).is_none();
    may_be.then_some(language)
}

/// The workers for this compilation; `None` if it has to run here.
fn workers(
    settings: &Settings,
    decision: &Decision,
    compiler: &Compiler,
    arguments: &Arguments,
    facts: &dyn Facts,
) -> Option<Workers> {
    let distribution = settings.distribution.as_ref()?;
    if settings.is_cached && settings.tool != Tool::Ccache {
        return None;
    }
    let [source] = arguments.sources() else { return None };
    let language = Language::of(source)?;
    if must_run_here(distribution.engine, arguments, facts).is_some()
        || !process::is_executable(&distribution.program)
    {
        return None;
    }
    let compiler = path_for_tool(decision, compiler);
    Workers::of(settings, compiler, language)
}

/// A variable in the environment of the tool, before the rules change it.
fn environment_of_tool(settings: &Settings, name: &str) -> Option<OsString> {
    let storage = settings.storages.first()?;
    if let Some(forced) = storage.environment.get(name) {
        return Some(forced.into());
    }
    let is_cleared = settings.clear.iter().chain(&storage.unset).any(|cleared| cleared == name);
    if is_cleared { None } else { process::variable(name) }
}

impl Plan {
    /// The workers on which the compiler may run.
    pub(super) const fn workers(&self) -> Option<&Workers> {
        self.workers.as_ref()
    }

    /// The language, if the daemon of sccache may distribute the compilation.
    pub(super) const fn distributed(&self) -> Option<Language> {
        self.distributed
    }

    /// The path of the compiler, as sccache gets it.
    pub(super) fn compiler_path(&self) -> &Path {
        path_for_tool(&self.decision, &self.compiler)
    }

    /// The name of the rule, or another cause, that runs the compiler without the tool.
    pub(super) const fn bypass(&self) -> Option<&'static str> {
        self.bypass
    }

    /// The entry of this compilation in the journal.
    pub(super) fn note(&self, begun: Instant, settings: &Settings) -> Note {
        let folders =
            Folders { build: &settings.build, source: &settings.source, directory: &self.directory };
        Note::new(begun, folders, &self.arguments)
    }

    /// The command of the compiler without the options of rules.
    pub(super) fn command(&self) -> Vec<OsString> {
        std::iter::once(self.compiler().to_owned()).chain(self.arguments.raw().iter().cloned()).collect()
    }

    /// The compiler.
    pub(super) fn compiler(&self) -> &OsStr {
        self.decision.compiler.as_deref().unwrap_or(&self.called)
    }

    /// The SHA-256 of the compiler, if it is known: see [`Compiler::content`].
    pub(super) fn content_of_compiler(&self) -> Option<&str> {
        self.compiler.content.as_deref()
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &OsString> {
        self.options_of_placeholders().chain(self.arguments_without_placeholders())
    }

    fn options_of_placeholders(&self) -> impl Iterator<Item = &OsString> {
        self.decision.placeholders.iter().flat_map(|placeholders| &placeholders.options)
    }

    /// Its arguments for the tool.
    pub(super) fn arguments_for_tool(&self) -> Vec<OsString> {
        let given = self.with_module_maps.as_deref().unwrap_or_else(|| self.arguments.raw());
        let arguments = self.options_of_placeholders().chain(self.options()).chain(given);
        let Some(links) = &self.links else { return arguments.cloned().collect() };
        let maps = if self.has_placeholders() { links.maps() } else { Vec::new() };
        maps.into_iter().chain(links.arguments(arguments)).collect()
    }

    /// The base directories for ccache, if they are not the `configured` ones.
    pub(super) fn base_directories(&self, configured: &OsStr, version: Version) -> Option<OsString> {
        const SEVERAL: Version = Version::new(4, 12, 0);
        if configured.is_empty() || self.decision.unset.iter().any(|name| name == BASE_DIRECTORIES) {
            return None;
        }
        // The others have links in the build folder.
        let (build, real) = (&self.checkout.build, self.checkout.real_build());
        let is_around = |folder: &&PathBuf| build.starts_with(folder) || real.starts_with(folder);
        let additional = self.checkout.places.iter().filter(|(number, _)| *number > placeholders::BUILD);
        let around = additional.map(|(_, folder)| folder).filter(is_around);
        let around: Vec<&PathBuf> = around.collect();
        if version.at_least(SEVERAL) {
            let mut all = configured.to_owned();
            for folder in &around {
                all.push(process::LIST_SEPARATOR);
                // ccache expands variables.
                all.push(folder.to_str()?.replace('$', "$$"));
            }
            return (!around.is_empty()).then_some(all);
        }
        // There is only one.
        if let Some(outermost) = around.iter().min_by_key(|folder| folder.as_os_str().len()) {
            return Some(outermost.to_str()?.replace('$', "$$").into());
        }
        let has_link = self.links.as_ref().is_some_and(Links::has_checkout);
        has_link.then(|| self.checkout.build.clone().into_os_string())
    }

    /// Replaces the paths through the link in the depfile.
    ///
    /// # Errors
    ///
    /// If the depfile cannot be read.
    pub(super) fn restore_depfile(&self) -> io::Result<()> {
        match (&self.links, self.arguments.depfile()) {
            (Some(links), Some(depfile)) => links.restore(&self.directory.join(depfile)),
            _ => Ok(()),
        }
    }

    /// The same without those for placeholders.
    pub(super) fn arguments_without_placeholders(&self) -> impl Iterator<Item = &OsString> {
        self.options().chain(self.arguments.raw())
    }

    /// The options before the arguments as given.
    fn options(&self) -> impl Iterator<Item = &OsString> {
        self.decision.prepend.iter().chain(&self.macro_maps)
    }

    /// The question to the guard about this compilation. Fails with the reason why the compilation has no direct mode.
    pub(super) fn question(&self, settings: &Settings) -> Result<guard::Question, &'static str> {
        let mut compiler = self.compiler.clone();
        if let Some(real) = compiler.replacement.take() {
            compiler = Compiler { path: real, kind: CompilerKind::Program, ..compiler };
        }
        let mut roots = Vec::new();
        if settings.relocatable {
            for (folder, number) in self.checkout.numbered_folders() {
                roots.push((folder.to_str().ok_or("a path is not UTF-8")?.to_owned(), number));
            }
        }
        // The variables of the rules are a part of the key.
        let mut context = format!("{:?}", self.decision.set);
        if settings.tool == Tool::Sccache {
            if self.decision.set.iter().any(|(name, _)| name == SCCACHE_FILES) {
                return Err("another file is a part of the key");
            }
            // sccache remembers absolute paths of headers (mozilla/sccache#2863).
            context = format!("{context} {} {roots:?}", self.directory.display());
        }
        let place = |folder: &str| {
            let place = process::folded_path(format!("{folder}/").as_bytes()).into_owned();
            String::from_utf8_lossy(&place).into_owned()
        };
        let places = match self.decision.undecided {
            Some(_) => self.checkout.folders().filter_map(Path::to_str).map(place).collect(),
            None => Vec::new(),
        };
        guard::Question::of(&guard::Command {
            compiler: &compiler,
            arguments: &self.arguments,
            directory: &self.directory,
            roots,
            context,
            places,
            with_contents: settings.tool == Tool::Ccache,
            variable: &|name| environment_of_tool(settings, name),
        })
    }

    /// What went into the key of this compilation, which has ended with this outcome. `has_ended`: whether the compiler has ended,
    /// too.
    pub(super) fn recording(
        &self,
        settings: &Settings,
        note: &Note,
        outcome: Outcome,
        has_ended: bool,
    ) -> Recording {
        let variable = |name: &str| environment_of_tool(settings, name);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let home = variable("HOME").map(|home| text(Path::new(&home))).unwrap_or_default();
        let places =
            Places::new(&text(&settings.source), &text(&settings.build), &text(&self.checkout.root), &home);
        let location = settings.storages.first().map_or("", |storage| storage.location.as_str());
        let compiled = Compiled {
            note,
            folders: Folders { build: &settings.build, source: &settings.source, directory: &self.directory },
            tool: format!("{} {}", settings.tool.name(), settings.tool_version_text()),
            compiler: &self.compiler.path,
            identity: self.compiler.content.as_deref(),
            arguments: self.arguments.all(),
            sources: self.arguments.sources(),
            object: self.arguments.object(),
            depfile: self.arguments.depfile(),
            rules: self.decision.applied.iter().map(|rule| rule.name).collect(),
            set: &self.decision.set,
            location,
            places: &places,
            variable: &variable,
            filter: &secrets::filter(settings),
        };
        Recording::of(&compiled, outcome, now(), has_ended)
    }

    /// The request to sccache's daemon in the place of this command of its client.
    pub(super) fn request(&self, command: &Command) -> Vec<u8> {
        let changes: Vec<(&OsStr, Option<&OsStr>)> = command.get_envs().collect();
        let is_changed = |name: &OsString| changes.iter().any(|(changed, _)| changed == name);
        let mut environment: Vec<(OsString, OsString)> =
            process::environment().filter(|(name, _)| !is_changed(name)).collect();
        let set = changes.iter().filter_map(|(name, value)| Some(((*name).into(), (*value)?.into())));
        environment.extend(set);
        // The first argument of the client is the compiler.
        // Like the client, with the path of the compiler on PATH and the real path of the working directory.
        let directory = std::env::current_dir().unwrap_or_else(|_| self.directory.clone());
        let compiler = self.compiler_path().as_os_str();
        request::compile(compiler, directory.as_os_str(), command.get_args().skip(1), &environment)
    }

    /// The messages of a compiler, with the paths of this checkout.
    pub(super) fn messages_of_this_checkout<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let [source] = self.arguments.sources() else { return Cow::Borrowed(text) };
        let source = self.directory.join(source);
        let root = &self.checkout.root;
        match source.strip_prefix(root) {
            Ok(name) if self.checkout.removes_checkout_path() => {
                let [name, root] = [name, root].map(|path| path.as_os_str().as_encoded_bytes());
                messages::of_this_checkout(text, name, root)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Sets the path of the working directory for the tool and the compiler.
    pub(super) fn set_directory(&self, command: &mut Command) {
        if self.checkout.removes_checkout_path() {
            command.env("PWD", &self.directory);
        }
    }

    /// Writes the file from which the compiler reads the placeholders, and the one in `folder`, that of the launcher, which shows
    /// that it has compiled a module.
    pub(super) fn write_files(&self, folder: &Path) {
        if let Some(output) = self.module_output().filter(|_| self.compiler.embeds_modules) {
            let mark = own_module(folder, &self.directory.join(output));
            if !mark.exists() && mark.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok()) {
                stamp::replace(&mark, b"");
            }
        }
        if let Some((path, text)) =
            self.decision.placeholders.as_ref().and_then(|placeholders| placeholders.file.as_ref())
        {
            stamp::replace_if_changed(path, text.as_bytes());
        }
    }

    /// Whether the compiler writes placeholders.
    pub(super) fn has_placeholders(&self) -> bool {
        self.decision.placeholders.is_some()
    }

    /// Replaces the placeholders in the object of a successful compilation. Returns whether that is done, and if not, remembers
    /// this in `folder`, that of the launcher.
    pub(super) fn fill_in(&self, folder: &Path) -> bool {
        let (Some(placeholders), Some(object)) = (&self.decision.placeholders, self.object()) else {
            return true;
        };
        match placeholders::fill_in(object, &placeholders.folders) {
            Ok(true) => true,
            Ok(false) => {
                stamp::replace(&folder.join(COMPRESSES), b"");
                false
            }
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// The file for those who import the module, if the command compiles one.
    pub(super) fn module_output(&self) -> Option<&Path> {
        self.arguments.modules().output.as_deref()
    }

    /// The output file, if the command names it.
    pub(super) fn object(&self) -> Option<&Path> {
        self.arguments.object()
    }

    /// Adds the variables of the rules. `contains_checkout_path`: whether an included file contains the path of the checkout, if
    /// this is known. Otherwise, this searches the include folders.
    pub(super) fn set_environment(
        &self,
        command: &mut Command,
        settings: &Settings,
        contains_checkout_path: Option<bool>,
    ) {
        command.envs(self.decision.set.iter().map(|(name, value)| (name, value)));
        if let Some(folders) = &self.decision.undecided
            && contains_checkout_path.unwrap_or_else(|| any_contains_checkout_path(folders, &self.checkout))
        {
            let variable = |name: &str| environment_of_tool(settings, name);
            let (name, value) = self.decision.with_checkout(&self.checkout, &variable);
            command.env(name, value);
        }
        for name in &self.decision.unset {
            command.env_remove(name);
        }
    }
}
