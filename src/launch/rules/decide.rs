//! Applies the rules to a compilation.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::Checkout;
use super::debug_paths::{self, Paths, Placeholders};
use super::rule::{Action, CompilerKind, Condition, Family, KeyPart, Modules, Rule};
use super::table::{CCACHE_FILES, CCACHE_KEY, SCCACHE_FILES, SCCACHE_KEY, TABLE};
use super::target;
use crate::caching::tool::{Tool, Version};
use crate::launch::arguments::Arguments;
use crate::launch::process;

/// One compilation.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The cache.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The compiler, as in the command.
    pub compiler: &'a OsStr,
    /// Its arguments.
    pub arguments: &'a Arguments,
    /// The checkout that is built.
    pub checkout: &'a Checkout,
}

/// A compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// Its path.
    pub path: PathBuf,
    /// Its family, according to its predefined macros. For a masquerade, the family of the real compiler.
    pub family: Family,
    /// The kind of the program at that path.
    pub kind: CompilerKind,
    /// The real compiler behind a masquerade.
    pub replacement: Option<PathBuf>,
    /// The files that configure it, although its commands do not name them.
    pub configuration: Vec<PathBuf>,
    /// The SHA-256 of the program, in hexadecimal. `None` for wrappers and masquerades.
    pub content: Option<String>,
    /// Whether it can embed the sources in the `.pcm` files of modules: see [`EMBED`].
    ///
    /// [`EMBED`]: super::EMBED
    pub embeds_modules: bool,
}

/// The facts about the machine that rules can ask for. A fact is only determined if a rule needs it.
pub trait Facts {
    /// The compiler.
    fn compiler(&self) -> Compiler;
    /// A variable in the environment of the tool.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// The working directory of the compiler.
    fn working_directory(&self) -> PathBuf;
    /// The path of the build folder in the debug information, which begins with that of the checkout even if only one of them
    /// is known by a link.
    fn build_folder(&self) -> PathBuf;
    /// Whether the compiler was seen to compress debug information.
    fn compresses_debug_information(&self) -> bool;
    /// Whether a file contains one of the words.
    fn text_has(&self, path: &Path, words: &[&str]) -> bool;
    /// Whether the file exists.
    fn is_file(&self, path: &Path) -> bool;
    /// The digest of the content of a file; `None` if it cannot be read.
    fn digest(&self, path: &Path) -> Option<String>;
    /// Whether a compilation by the launcher of this build folder has written this `.pcm` file.
    fn is_own_module(&self, path: &Path) -> bool;
    /// The processor model.
    fn processor(&self) -> String;
    /// Identifies the compiler behind a wrapper.
    fn identity(&self, compiler: &Compiler) -> String;
    /// Whether a file below one of `folders`, or directly in one of `flat`, contains a string that begins with the path of
    /// the checkout.
    ///
    /// `None` if this is determined later: see [`Decision::undecided`].
    fn contains_checkout_path(&self, folders: &IncludeFolders) -> Option<bool>;
}

/// The folders of the checkout from which a command may include files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncludeFolders {
    /// Folders with all folders below them.
    pub deep: Vec<PathBuf>,
    /// Folders without the folders below them.
    pub flat: Vec<PathBuf>,
}

/// The way to run a compilation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The rule that runs the compiler without the cache.
    pub bypass: Option<&'static Rule>,
    /// The compiler that replaces the one in the command.
    pub compiler: Option<OsString>,
    /// Options to insert before all others, also if the cache is not used.
    pub prepend: Vec<OsString>,
    /// Variables to set in the environment of the tool, with their complete values.
    pub set: Vec<(String, OsString)>,
    /// Variables to remove from it.
    pub unset: Vec<String>,
    /// The placeholders that the compiler writes, also if the cache is not used.
    pub placeholders: Option<Placeholders>,
    /// If one of the files that the command includes contains the path of the checkout, that path must be part of the key. These
    /// folders may contain such a file. `None` if this is decided.
    pub undecided: Option<IncludeFolders>,
    /// All rules that apply.
    pub applied: Vec<&'static Rule>,
}

/// Applies the table.
pub fn decide(question: &Question<'_>, facts: &dyn Facts) -> Decision {
    let compiler = facts.compiler();
    let mut decision = Decision::default();
    for rule in TABLE {
        let is_for_compiler = rule.compilers.is_empty() || rule.compilers.contains(&compiler.family);
        let applies_here = !rule.only_relocatable || question.checkout.removes_checkout_path();
        let is_about_object = matches!(rule.action, Action::Options(_) | Action::Placeholders);
        let is_superseded = decision.bypass.is_some() && !is_about_object;
        if !rule.is_for(question.tool, question.version) || !is_for_compiler || !applies_here || is_superseded
        {
            continue;
        }
        let files = match rule.condition {
            Condition::Files(options) => named_files(options, question.arguments, facts),
            Condition::Configuration => compiler.configuration.clone(),
            _ => Vec::new(),
        };
        let paths = match rule.condition {
            Condition::DebugInformation => debug_paths::paths(question, facts, &compiler),
            _ => Paths::Unchanged,
        };
        let is_found = match rule.condition {
            Condition::CheckoutInTexts => {
                let folders = folders_of(question, &facts.working_directory());
                let answer = facts.contains_checkout_path(&folders);
                decision.undecided = answer.is_none().then_some(folders);
                answer == Some(true)
            }
            Condition::Files(_) | Condition::Configuration => !files.is_empty(),
            Condition::DebugInformation => paths != Paths::Unchanged,
            _ => holds(rule, question, facts, &compiler),
        };
        if is_found && !matches(rule.unless, question.arguments) {
            decision.applied.push(rule);
            decision.apply(rule, question, facts, &compiler, &files);
            decision.set_paths(paths, question, facts, &compiler);
        }
    }
    decision
}

impl Decision {
    fn apply(
        &mut self,
        rule: &'static Rule,
        question: &Question<'_>,
        facts: &dyn Facts,
        compiler: &Compiler,
        files: &[PathBuf],
    ) {
        let is_sccache = question.tool == Tool::Sccache;
        match rule.action {
            Action::Bypass => self.bypass = Some(rule),
            Action::Replace => match &compiler.replacement {
                Some(real) => self.compiler = Some(real.clone().into_os_string()),
                None => self.bypass = Some(rule),
            },
            Action::Options(options) => self.prepend.extend(options.iter().map(OsString::from)),
            Action::Unset(variable) => self.unset.push(variable.to_owned()),
            Action::Append { variable, value } => self.append(facts, variable, ",", OsStr::new(value)),
            Action::Key(part) => {
                let part = key_part(part, question, facts, compiler);
                // CCACHE_NAMESPACE must not contain blanks.
                if is_sccache {
                    self.append(facts, SCCACHE_KEY, " ", &part);
                } else {
                    self.append(facts, CCACHE_KEY, "-", &part);
                }
            }
            Action::Placeholders => {}
            Action::ExtraFiles => {
                let variable = if is_sccache { SCCACHE_FILES } else { CCACHE_FILES };
                for file in files {
                    self.append(facts, variable, process::LIST_SEPARATOR, file.as_os_str());
                }
            }
        }
    }

    fn set_paths(&mut self, paths: Paths, question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) {
        let key = match &paths {
            Paths::Unchanged => None,
            Paths::Placeholders(placeholders) => placeholders.key.clone(),
            // ccache hashes the working directory.
            Paths::OfCheckout => (question.tool == Tool::Sccache)
                .then(|| key_part(KeyPart::Checkout, question, facts, compiler)),
        };
        if let Some(key) = key.filter(|_| self.bypass.is_none()) {
            self.append(facts, SCCACHE_KEY, " ", &key);
        }
        if let Paths::Placeholders(placeholders) = paths {
            self.placeholders = Some(placeholders);
        }
    }

    /// The variable of sccache that makes the path of the checkout part of the key, and its value. `variable` is its value in the
    /// environment.
    #[must_use]
    pub fn with_checkout(
        &self,
        checkout: &Checkout,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> (&'static str, OsString) {
        let set = self.set.iter().find(|(name, _)| name == SCCACHE_KEY).map(|(_, value)| value.clone());
        let mut value = set.or_else(|| variable(SCCACHE_KEY)).unwrap_or_default();
        append(&mut value, " ", &checkout.as_key());
        (SCCACHE_KEY, value)
    }

    /// Separates the objects of this compilation from all others in ccache.
    pub fn add_namespace(&mut self, facts: &dyn Facts, name: &str) {
        self.append(facts, CCACHE_KEY, "-", OsStr::new(name));
    }

    /// Appends to the value that is already set, or to the value in the environment.
    fn append(&mut self, facts: &dyn Facts, variable: &str, between: &str, value: &OsStr) {
        let at = self.set.iter().position(|(name, _)| name == variable).unwrap_or_else(|| {
            self.set.push((variable.to_owned(), facts.variable(variable).unwrap_or_default()));
            self.set.len() - 1
        });
        append(&mut self.set[at].1, between, value);
    }
}

/// Appends a part to a list.
fn append(list: &mut OsString, between: &str, part: &OsStr) {
    if !list.is_empty() {
        list.push(between);
    }
    list.push(part);
}

fn key_part(part: KeyPart, question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> OsString {
    match part {
        KeyPart::Processor => facts.processor().into(),
        KeyPart::Identity => facts.identity(compiler).into(),
        KeyPart::Checkout => question.checkout.as_key(),
        KeyPart::Directory => debug_paths::directory(question, facts),
        KeyPart::Target => target::digest(question.arguments, facts).unwrap_or_default(),
        KeyPart::Command => {
            let mut text = facts.working_directory().into_os_string();
            for word in std::iter::once(question.compiler)
                .chain(question.arguments.all().iter().map(OsString::as_os_str))
            {
                text.push(" ");
                text.push(word);
            }
            text
        }
    }
}

fn matches(patterns: &[super::Pattern], arguments: &Arguments) -> bool {
    !patterns.is_empty()
        && arguments.all().iter().any(|argument| {
            let bytes = argument.as_encoded_bytes();
            patterns.iter().any(|pattern| pattern.matches(bytes))
        })
}

fn holds(rule: &Rule, question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> bool {
    let arguments = question.arguments;
    match rule.condition {
        Condition::Always => true,
        Condition::Macro(name) => arguments.defines(name),
        Condition::Arguments(patterns) => matches(patterns, arguments),
        Condition::Source { words, variable } => {
            variable.is_none_or(|name| facts.variable(name).is_some_and(|value| !value.is_empty()))
                && arguments.sources().iter().any(|source| facts.text_has(source, words))
        }
        Condition::Files(_)
        | Condition::Configuration
        | Condition::DebugInformation
        | Condition::CheckoutInTexts => false,
        Condition::CheckoutInMacros => {
            arguments.macros().iter().any(|macro_| question.checkout.is_named_in(macro_.as_encoded_bytes()))
        }
        Condition::CheckoutInOptions(options) => arguments.all().iter().any(|argument| {
            let bytes = argument.as_encoded_bytes();
            options.iter().any(|option| bytes.starts_with(option.as_bytes()))
                && question.checkout.is_named_in(bytes)
        }),
        Condition::Compiler(kind) => compiler.kind == kind,
        Condition::AnyDebugInformation => debug_paths::has_debug_information(arguments),
        Condition::Target => target::digest(arguments, facts).is_some(),
        Condition::Modules(modules) => uses_modules(modules, arguments, facts, compiler),
        Condition::SeveralArchitectures => arguments.has_several_architectures(),
    }
}

fn uses_modules(modules: Modules, arguments: &Arguments, facts: &dyn Facts, compiler: &Compiler) -> bool {
    let used = arguments.modules();
    match modules {
        Modules::OfClang => used.is_of_clang(),
        Modules::OfGcc => used.has_options_of_gcc,
        Modules::OfMsvc => used.has_options_of_msvc,
        Modules::Implicit => used.is_implicit,
        Modules::Unembedded => used.is_of_clang() && !compiler.embeds_modules,
        Modules::Output => used.output.is_some(),
        Modules::EmbeddedOutput => used.output.is_some() && compiler.embeds_modules,
        Modules::Foreign => used.files.iter().any(|file| !facts.is_own_module(file)),
    }
}

/// The existing files that options name. The paths are absolute, because the daemon has another working directory.
fn named_files(options: &[&str], arguments: &Arguments, facts: &dyn Facts) -> Vec<PathBuf> {
    let mut files = Unique::default();
    for argument in arguments.all() {
        let Some(option) =
            options.iter().find(|option| argument.as_encoded_bytes().starts_with(option.as_bytes()))
        else {
            continue;
        };
        let Some(name) = argument.to_str().and_then(|text| text.get(option.len()..)) else { continue };
        let path = Path::new(name);
        let path = if path.is_absolute() { path.to_owned() } else { facts.working_directory().join(path) };
        if facts.is_file(&path) {
            files.add(path);
        }
    }
    files.list
}

/// The folders of the checkout from which the command may include files. Include folders, and folders in the build folder, are
/// searched with all folders below them; the folders of sources and of files that options include without. If these were
/// searched deeper, one configured header could make all sources of a project unshareable. Folders of FetchContent are skipped,
/// because their files are not configured.
fn folders_of(question: &Question<'_>, directory: &Path) -> IncludeFolders {
    let (arguments, checkout) = (question.arguments, question.checkout);
    let (mut folders, mut flat) = (Unique::default(), Unique::default());
    let mut add = |folder: &Path, is_own: bool| {
        let folder = normalized(&directory.join(folder));
        let is_built = folder.starts_with(&checkout.build);
        let is_additional = checkout.places.iter().any(|(_, place)| folder.starts_with(place));
        let is_within = is_built || folder.starts_with(&checkout.root) || is_additional;
        let list = if is_own && !is_built { &mut flat } else { &mut folders };
        if is_within && !is_fetched(&folder, &checkout.build) {
            list.add(folder);
        }
    };
    for folder in arguments.include_folders() {
        add(folder, false);
    }
    for file in arguments.sources().iter().chain(arguments.included_files()) {
        if let Some(folder) = file.parent() {
            add(folder, true);
        }
    }
    flat.list.retain(|folder| !folders.known.contains(folder));
    IncludeFolders { deep: folders.list, flat: flat.list }
}

/// Paths without duplicates, in order.
#[derive(Default)]
struct Unique {
    list: Vec<PathBuf>,
    known: HashSet<PathBuf>,
}

impl Unique {
    fn add(&mut self, path: PathBuf) {
        if self.known.insert(path.clone()) {
            self.list.push(path);
        }
    }
}

/// Whether `folder` is in a source folder of FetchContent: `<build>/_deps/NAME-src`.
fn is_fetched(folder: &Path, build: &Path) -> bool {
    let Ok(rest) = folder.strip_prefix(build) else { return false };
    let mut parts = rest.iter();
    parts.next().is_some_and(|part| part == "_deps")
        && parts.next().is_some_and(|part| part.as_encoded_bytes().ends_with(b"-src"))
}

/// Removes `.` and `..` without access to the file system.
fn normalized(path: &Path) -> PathBuf {
    let mut path_so_far = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path_so_far.pop();
            }
            part => path_so_far.push(part),
        }
    }
    path_so_far
}
