//! What the launcher decides by itself, whatever the tool would do: its own rules are asked.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use super::build_tree::Unit;
use super::reasons::Explanation;
use super::replay::CacheOfBuild;
use crate::caching::tool::Tool;
use crate::launch::arguments::Arguments;
use crate::launch::process;
use crate::launch::rules::{Action, Checkout, Decision, KeyPart, Look, Machine, Question, Rule, decide};
use crate::launch::settings::Settings;

const SCRIPT: &str = "`toolchainkit install` brings the program that launches compilers, with which it goes through the \
                      cache; then configure the build again";

/// What the launcher of a build decides on a compilation.
pub(super) struct Decided {
    /// Whether a script stands in for the program: where a rule applies, it does without the tool.
    is_script: bool,
    tool: Tool,
    checkout: Checkout,
    arguments: Arguments,
    decision: Decision,
}

impl Decided {
    /// Asks the rules about `unit`, of whose words the first `launched` are the launcher.
    pub(super) fn new(cache: CacheOfBuild<'_>, unit: &Unit, launched: usize) -> Self {
        let folder = cache.launcher.parent().map_or(Path::new(""), |folder| folder.as_std_path());
        // The module writes it for the program alone.
        let settings = Settings::read(&folder.join("launcher.json")).ok();
        let checkout = settings.as_ref().map_or_else(
            || Checkout {
                build: folder.parent().map(Path::to_owned).unwrap_or_default(),
                ..Checkout::default()
            },
            |settings| Checkout {
                source: settings.source.clone(),
                build: settings.build.clone(),
                base_dirs: settings.base_dirs.iter().map(Into::into).collect(),
                relocatable: settings.relocatable,
            },
        );
        let mut words = unit.words.iter().skip(launched).map(OsString::from);
        let compiler = words.next().unwrap_or_default();
        let directory = unit.directory.as_std_path();
        let arguments = Arguments::read(words.collect(), directory);
        let is_cxx = unit.source.extension() != Some("c");
        let facts = Machine::new(&checkout, &compiler, directory, &process::variable).for_cxx(is_cxx);
        let (tool, version) = (cache.tool, cache.version);
        let question = Question {
            tool,
            version,
            compiler: OsStr::new(&compiler),
            arguments: &arguments,
            checkout: &checkout,
        };
        let decision = decide(&question, &facts);
        Self { is_script: settings.is_none(), tool, checkout, arguments, decision }
    }

    /// Why the launcher compiles it without the tool at any time; `None` if it does not. For a launcher that did.
    pub(super) fn kept_away(&self) -> Option<Explanation> {
        let words = |rule: &Rule, help: &str| Explanation::new(rule.because, help);
        if let Some(rule) = self.decision.bypass {
            return Some(words(rule, rule.help));
        }
        if !self.is_script {
            return None;
        }
        let degrades = |rule: &&&Rule| {
            let is_about_command =
                matches!(rule.looks_for, Look::Arguments(_) | Look::Files(_) | Look::Compiler(_));
            is_about_command && !matches!(rule.does, Action::Options(_))
        };
        let rule = self.decision.applied.iter().find(degrades).map(|rule| words(rule, SCRIPT));
        let has_response_file =
            || self.arguments.raw().iter().any(|word| word.as_encoded_bytes().starts_with(b"@"));
        rule.or_else(|| {
            has_response_file().then(|| {
                Explanation::new(
                    "the script that launches compilers here looks into no response file",
                    SCRIPT,
                )
            })
        })
    }

    /// Why other checkouts do not share it; `None` if they do.
    pub(super) fn unshared(&self) -> Option<Explanation> {
        if self.is_script && self.tool == Tool::Sccache {
            return Some(Explanation::new(
                "the script that launches compilers here gives sccache no base directories, so only this checkout finds it",
                "`toolchainkit install` brings the program that does, where `cache.relocatable` is on",
            ));
        }
        let rule = self.decision.applied.iter().find(|rule| rule.does == Action::Key(KeyPart::Checkout))?;
        let because = match self.line_with_checkout().filter(|_| rule.looks_for == Look::CheckoutInTexts) {
            Some(line) => format!("{} ({line})", rule.because),
            None => rule.because.to_owned(),
        };
        Some(Explanation::new(because, rule.help))
    }

    /// The first line that names the checkout in the folders in which the command looks, as the rule remembers it.
    fn line_with_checkout(&self) -> Option<String> {
        let memory = self.checkout.build.join("toolchainkit");
        let parents = self.arguments.sources().iter().filter_map(|source| source.parent());
        let mut folders = self.arguments.include_folders().iter().map(AsRef::as_ref).chain(parents);
        folders.find_map(|folder| {
            let place = match folder.strip_prefix(&self.checkout.build) {
                Ok(below) => memory.join("paths").join(below),
                Err(_) => {
                    memory.join("paths-of-source").join(folder.strip_prefix(&self.checkout.source).ok()?)
                }
            };
            #[expect(clippy::disallowed_methods, reason = "a folder without such a line has no such file")]
            let seen = fs::read_to_string(place.join("seen")).ok()?;
            seen.lines().next().map(str::to_owned)
        })
    }
}
