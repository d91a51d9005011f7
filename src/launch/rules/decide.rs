//! What is done with one compilation.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::Checkout;
use super::rule::{Action, Family, KeyPart, Look, Rule, Sort};
use super::table::{CCACHE_FILES, CCACHE_KEY, SCCACHE_FILES, SCCACHE_KEY, TABLE};
use crate::caching::tool::{Tool, Version};
use crate::launch::arguments::Arguments;

/// One compilation.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The cache.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The compiler as it was called.
    pub compiler: &'a OsStr,
    /// Its arguments.
    pub arguments: &'a Arguments,
    /// What is built.
    pub checkout: &'a Checkout,
}

/// What a compiler is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// Where it was found, as it was called.
    pub path: PathBuf,
    /// By what it answers. Of a masquerade, that of the real compiler.
    pub family: Family,
    /// What stands at that path.
    pub sort: Sort,
    /// Of a masquerade: the real compiler.
    pub replacement: Option<PathBuf>,
}

/// What a rule may ask. Nothing is asked that no rule needs.
pub trait Facts {
    /// What the compiler is.
    fn compiler(&self) -> Compiler;
    /// A variable of the environment that the tool will have.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// Where the compiler runs.
    fn working_directory(&self) -> PathBuf;
    /// Whether a file has one of the words.
    fn text_has(&self, path: &Path, words: &[&str]) -> bool;
    /// Whether there is such a file.
    fn is_file(&self, path: &Path) -> bool;
    /// Names the kind of processor.
    fn processor(&self) -> String;
    /// What a wrapper answers now, in short.
    fn identity(&self, compiler: &Compiler) -> String;
    /// Whether a file in `folders`, or one that lies directly in one of `flat`, has a string that begins with a path of
    /// the checkout.
    fn names_checkout(&self, folders: &[PathBuf], flat: &[PathBuf]) -> bool;
}

/// What is to be done with the compilation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The rule by which the compiler is run without the cache.
    pub bypass: Option<&'static Rule>,
    /// The compiler to run in place of the one that was called.
    pub compiler: Option<OsString>,
    /// Options that come before all others, also without the cache.
    pub prepend: Vec<OsString>,
    /// What the environment of the tool gets: whole values.
    pub set: Vec<(String, OsString)>,
    /// What it loses.
    pub unset: Vec<String>,
    /// All rules that apply.
    pub applied: Vec<&'static Rule>,
}

/// Applies the table.
pub fn decide(question: &Question<'_>, facts: &dyn Facts) -> Decision {
    let compiler = facts.compiler();
    let mut decision = Decision::default();
    for rule in TABLE {
        let is_for_compiler = rule.compilers.is_empty() || rule.compilers.contains(&compiler.family);
        let is_needed = !rule.only_relocatable || question.checkout.leaves_out_places();
        let is_moot = decision.bypass.is_some() && !matches!(rule.does, Action::Options(_));
        if !rule.is_for(question.tool, question.version) || !is_for_compiler || !is_needed || is_moot {
            continue;
        }
        let files = match rule.looks_for {
            Look::Files(options) => named_files(options, question.arguments, facts),
            _ => Vec::new(),
        };
        let is_found = if matches!(rule.looks_for, Look::Files(_)) {
            !files.is_empty()
        } else {
            finds(rule, question, facts, &compiler)
        };
        if is_found && !fits(rule.unless, question.arguments) {
            decision.applied.push(rule);
            decision.apply(rule, question, facts, &compiler, &files);
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
        match rule.does {
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
                // A namespace is one word, a buster any text.
                if is_sccache {
                    self.append(facts, SCCACHE_KEY, " ", &part);
                } else {
                    self.append(facts, CCACHE_KEY, "-", &part);
                }
            }
            Action::ExtraFiles => {
                let variable = if is_sccache { SCCACHE_FILES } else { CCACHE_FILES };
                for file in files {
                    self.append(facts, variable, ":", file.as_os_str());
                }
            }
        }
    }

    /// Adds to what is set already, or to what the environment has.
    fn append(&mut self, facts: &dyn Facts, variable: &str, between: &str, value: &OsStr) {
        let at = self.set.iter().position(|(name, _)| name == variable).unwrap_or_else(|| {
            self.set.push((variable.to_owned(), facts.variable(variable).unwrap_or_default()));
            self.set.len() - 1
        });
        let slot = &mut self.set[at].1;
        if !slot.is_empty() {
            slot.push(between);
        }
        slot.push(value);
    }
}

fn key_part(part: KeyPart, question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> OsString {
    match part {
        KeyPart::Processor => facts.processor().into(),
        KeyPart::Identity => facts.identity(compiler).into(),
        KeyPart::Checkout => {
            let mut text = question.checkout.source.clone().into_os_string();
            text.push(" ");
            text.push(&question.checkout.build);
            text
        }
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

fn fits(patterns: &[super::Pattern], arguments: &Arguments) -> bool {
    !patterns.is_empty()
        && arguments.all().iter().any(|argument| {
            let bytes = argument.as_encoded_bytes();
            patterns.iter().any(|pattern| pattern.fits(bytes))
        })
}

fn finds(rule: &Rule, question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> bool {
    let arguments = question.arguments;
    match rule.looks_for {
        Look::Always => true,
        Look::Macro(name) => arguments.defines(name),
        Look::Arguments(patterns) => fits(patterns, arguments),
        Look::Source { words, variable } => {
            variable.is_none_or(|name| facts.variable(name).is_some_and(|value| !value.is_empty()))
                && arguments.sources().iter().any(|source| facts.text_has(source, words))
        }
        Look::Files(_) => false,
        Look::CheckoutInMacros => {
            let places = [&question.checkout.source, &question.checkout.build];
            let names = |text: &[u8], place: &Path| {
                let place = place.as_os_str().as_encoded_bytes();
                !place.is_empty() && text.windows(place.len()).any(|window| window == place)
            };
            arguments
                .macros()
                .iter()
                .any(|macro_| places.iter().any(|place| names(macro_.as_encoded_bytes(), place)))
        }
        Look::CheckoutInTexts => {
            let (folders, flat) = folders_of(question, &facts.working_directory());
            !(folders.is_empty() && flat.is_empty()) && facts.names_checkout(&folders, &flat)
        }
        Look::Compiler(sort) => compiler.sort == sort,
    }
}

/// The files that options name and that are there, as absolute paths: a daemon is in another folder.
fn named_files(options: &[&str], arguments: &Arguments, facts: &dyn Facts) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for argument in arguments.all() {
        let Some(option) =
            options.iter().find(|option| argument.as_encoded_bytes().starts_with(option.as_bytes()))
        else {
            continue;
        };
        let Some(name) = argument.to_str().and_then(|text| text.get(option.len()..)) else { continue };
        let path = Path::new(name);
        let path = if path.is_absolute() { path.to_owned() } else { facts.working_directory().join(path) };
        if facts.is_file(&path) && !files.contains(&path) {
            files.push(path);
        }
    }
    files
}

/// The folders of the checkout where the command looks for what it reads: those of headers with all that is below them,
/// and those of sources and of files that options include. Of the latter, what is in the source folder is looked at without
/// what is below it: one configured header would bind all sources of a project to their checkout. What was fetched is not
/// looked at: nobody writes into it.
fn folders_of(question: &Question<'_>, directory: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (arguments, checkout) = (question.arguments, question.checkout);
    let (mut folders, mut flat) = (Vec::new(), Vec::new());
    let mut add = |folder: &Path, is_own: bool| {
        let folder = normal(&directory.join(folder));
        let is_built = folder.starts_with(&checkout.build);
        let is_within = is_built || folder.starts_with(&checkout.source);
        let list = if is_own && !is_built { &mut flat } else { &mut folders };
        if is_within && !is_fetched(&folder, &checkout.build) && !list.contains(&folder) {
            list.push(folder);
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
    flat.retain(|folder| !folders.contains(folder));
    (folders, flat)
}

/// Whether `folder` is in a source folder of FetchContent: `<build>/_deps/NAME-src`.
fn is_fetched(folder: &Path, build: &Path) -> bool {
    let Ok(rest) = folder.strip_prefix(build) else { return false };
    let mut parts = rest.iter();
    parts.next().is_some_and(|part| part == "_deps")
        && parts.next().is_some_and(|part| part.as_encoded_bytes().ends_with(b"-src"))
}

/// Without `.` and `..`, as far as that can be told without the file system.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}
