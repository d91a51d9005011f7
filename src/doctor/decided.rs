//! The decisions of the launcher about a compilation, from its rules.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use super::build_tree::Unit;
use super::reasons::Explanation;
use super::replay::CacheOfBuild;
use crate::caching::tool::Tool;
use crate::launch::arguments::{Arguments, Style};
use crate::launch::process;
use crate::launch::rules::{
    Action, Checkout, Condition, Decision, KeyPart, Machine, Question, Rule, as_one_program, decide,
};
use crate::launch::settings::Settings;
use crate::launch::why_not_direct;

const SCRIPT: &str = "run `toolchainkit install` to install toolchainkit-launch, which can cache it, and configure the build \
                      again";

/// The decision of the launcher of a build about a compilation.
pub(super) struct Decided {
    /// `None` if the launcher is the script, which runs the compiler without the tool if a rule applies.
    settings: Option<Settings>,
    tool: Tool,
    checkout: Checkout,
    arguments: Arguments,
    decision: Decision,
}

impl Decided {
    /// Evaluates the rules for `unit`. The first `launched` words of its command are the launcher.
    pub(super) fn new(cache: CacheOfBuild<'_>, unit: &Unit, launched: usize) -> Self {
        let folder = cache.launcher.parent().map_or(Path::new(""), |folder| folder.as_std_path());
        // The module writes this file only for the program.
        let settings = Settings::read(&folder.join("launcher.json")).ok();
        let checkout = settings.as_ref().map_or_else(
            || Checkout {
                build: folder.parent().map(Path::to_owned).unwrap_or_default(),
                ..Checkout::default()
            },
            Settings::checkout,
        );
        let mut words = unit.words.iter().skip(launched).map(OsString::from);
        let mut compiler = words.next().unwrap_or_default();
        let mut words: Vec<OsString> = words.collect();
        let directory = unit.directory.as_std_path();
        let search_path = process::variable("PATH").unwrap_or_default();
        let one_program = as_one_program(&compiler, &words, directory, &search_path, folder);
        // The launcher script runs such a compiler without the tool.
        if let Some(script) = one_program.filter(|_| settings.is_some()) {
            compiler = script.into_os_string();
            words.remove(0);
        }
        let arguments = Arguments::read(words, directory, Style::of(&compiler));
        let is_cxx = unit.source.extension() != Some("c");
        let facts =
            Machine::new(cache.tool, &checkout, &compiler, directory, &process::variable).for_cxx(is_cxx);
        let (tool, version) = (cache.tool, cache.version);
        let question = Question {
            tool,
            version,
            compiler: OsStr::new(&compiler),
            arguments: &arguments,
            checkout: &checkout,
        };
        let decision = decide(&question, &facts);
        Self { settings, tool, checkout, arguments, decision }
    }

    /// The reason why the launcher always runs the compiler without the tool; `None` if there is none. Only valid after
    /// it did.
    pub(super) fn bypass_reason(&self) -> Option<Explanation> {
        let words = |rule: &Rule, help: &str| Explanation::new(rule.because, help);
        if let Some(rule) = self.decision.bypass {
            return Some(words(rule, rule.help));
        }
        if !self.arguments.is_complete() {
            return Some(Explanation::new(
                "the launcher does not read all of its response files: one is too large or is not a regular file, or there \
                 are too many",
                "use smaller response files, or fewer options",
            ));
        }
        if self.settings.is_some() {
            return None;
        }
        let degrades = |rule: &&&Rule| {
            let is_about_command = matches!(
                rule.condition,
                Condition::Arguments(_)
                    | Condition::Files(_)
                    | Condition::Compiler(_)
                    | Condition::Modules(_)
            );
            is_about_command && !matches!(rule.action, Action::Options(_))
        };
        let rule = self.decision.applied.iter().find(degrades).map(|rule| words(rule, SCRIPT));
        let has_response_file =
            || self.arguments.raw().iter().any(|word| word.as_encoded_bytes().starts_with(b"@"));
        rule.or_else(|| {
            has_response_file()
                .then(|| Explanation::new("the launcher script does not read response files", SCRIPT))
        })
    }

    /// The reason why other checkouts cannot use the entry; `None` if they can.
    pub(super) fn unshareable_reason(&self) -> Option<Explanation> {
        if self.settings.is_none() && self.tool == Tool::Sccache {
            return Some(Explanation::new(
                "the launcher script gives sccache no base directories, so only this checkout gets hits",
                "run `toolchainkit install` to install toolchainkit-launch, which does so with `cache.relocatable`",
            ));
        }
        let is_bound = |rule: &&&Rule| match rule.action {
            Action::Key(part) => part == KeyPart::Checkout,
            Action::Placeholders => self.decision.placeholders.is_none(),
            _ => false,
        };
        let rule = self.decision.applied.iter().find(is_bound)?;
        let because = match self.line_with_checkout().filter(|_| rule.condition == Condition::CheckoutInTexts)
        {
            Some(line) => format!("{} ({line})", rule.because),
            None => rule.because.to_owned(),
        };
        Some(Explanation::new(because, rule.help))
    }

    /// The reason why a hit runs the preprocessor; `None` if it does not, or if the settings disable direct mode.
    pub(super) fn not_direct_reason(&self, unit: &Unit, launched: usize) -> Option<Explanation> {
        let command = unit.words.iter().skip(launched).map(OsString::from).collect();
        let reason = why_not_direct(self.settings.as_ref()?, command, unit.directory.as_std_path())?;
        Some(Explanation::new(
            format!("a hit runs the preprocessor, because {reason}"),
            "such hits are right, but slower; see \"Direct mode\" in cmake/README.md",
        ))
    }

    /// The first line with a path of the checkout in the include folders of the command, from the files of the rule.
    fn line_with_checkout(&self) -> Option<String> {
        let memory = self.checkout.build.join("toolchainkit");
        let parents = self.arguments.sources().iter().filter_map(|source| source.parent());
        let mut folders = self.arguments.include_folders().iter().map(AsRef::as_ref).chain(parents);
        folders.find_map(|folder| {
            let place = match folder.strip_prefix(&self.checkout.build) {
                Ok(below) => memory.join("paths").join(below),
                Err(_) => memory.join("paths-of-source").join(folder.strip_prefix(&self.checkout.root).ok()?),
            };
            #[expect(
                clippy::disallowed_methods,
                reason = "the file exists only for a folder with such a line"
            )]
            let seen = fs::read_to_string(place.join("seen")).ok()?;
            seen.lines().next().map(str::to_owned)
        })
    }
}
