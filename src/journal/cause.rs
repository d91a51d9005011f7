//! A cause of a miss, in words.

use serde::Serialize;

use super::places;

/// A difference between two compilations of the same object, which explains why the second one was not a hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cause {
    /// What differs.
    pub kind: Kind,
    /// How it differs.
    pub change: Change,
    /// What it is about: the name of an option, a macro or a file; empty if the kind says all.
    pub name: String,
    /// The value before, or here; empty if it is not known or must not be shown.
    pub before: String,
    /// The value now, or there; empty if it is not known or must not be shown.
    pub now: String,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is only in the second compilation.
    Added,
    /// It is only in the first compilation.
    Removed,
    /// It is another one.
    Changed,
}

/// What differs. The order is that in which the causes of one file are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The compiler has another path or another version.
    Compiler,
    /// The compiler is another file with the same path and version.
    CompilerContent,
    /// A setting of the cache tool.
    Setting,
    /// CMake's build type.
    BuildType,
    /// The source.
    Source,
    /// A header of the checkout.
    ProjectHeader,
    /// A header in the build folder.
    GeneratedHeader,
    /// A precompiled header.
    PrecompiledHeader,
    /// A header of the system or the compiler.
    SystemHeader,
    /// A header of another folder, such as that of a package manager.
    OtherHeader,
    /// A folder in which headers are searched, where the compiler found others.
    IncludeFolder,
    /// A header that was found in another folder.
    HeaderPlace,
    /// A macro of the command.
    Macro,
    /// A macro with the path of a folder that differs.
    PathInMacro,
    /// An option.
    Option,
    /// The order of options.
    OptionOrder,
    /// A file that an option names, such as a profile.
    InputFile,
    /// A variable of the environment.
    Environment,
    /// The processor, for which `-march=native` compiles.
    Processor,
    /// A rule of the launcher.
    Rule,
    /// An option with the path of a folder that differs.
    PathInOption,
    /// Another cache: the place where objects are stored.
    Storage,
    /// A macro for the time of the compilation.
    TimeMacro,
    /// The version of the cache tool.
    Tool,
    /// The set of headers.
    HeaderSet,
    /// Folders in which headers are searched, without an effect on the headers that were found.
    SearchPath,
    /// The order of macros.
    MacroOrder,
    /// The object was not stored the last time.
    NotStored,
    /// Nothing differs, and the entry is no longer in the cache.
    Gone,
    /// Nothing that the journal contains differs.
    Unexplained,
    /// There is no earlier compilation.
    FirstTime,
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compiler => "compiler",
            Self::CompilerContent => "compiler_content",
            Self::Storage => "storage",
            Self::Setting => "setting",
            Self::BuildType => "build_type",
            Self::Source => "source",
            Self::ProjectHeader => "project_header",
            Self::GeneratedHeader => "generated_header",
            Self::PrecompiledHeader => "precompiled_header",
            Self::SystemHeader => "system_header",
            Self::OtherHeader => "other_header",
            Self::IncludeFolder => "include_folder",
            Self::HeaderPlace => "header_place",
            Self::Macro => "macro",
            Self::PathInMacro => "path_in_macro",
            Self::Option => "option",
            Self::OptionOrder => "option_order",
            Self::InputFile => "input_file",
            Self::Environment => "environment",
            Self::Processor => "processor",
            Self::Rule => "rule",
            Self::PathInOption => "path_in_option",
            Self::TimeMacro => "time_macro",
            Self::Tool => "tool",
            Self::HeaderSet => "header_set",
            Self::SearchPath => "search_path",
            Self::MacroOrder => "macro_order",
            Self::NotStored => "not_stored",
            Self::Gone => "gone",
            Self::Unexplained => "unexplained",
            Self::FirstTime => "first_time",
        }
    }

    /// Whether such a difference alone does not always cause a miss. It is named only for a file that has no other cause.
    #[must_use]
    pub const fn is_possible_only(self) -> bool {
        matches!(
            self,
            Self::PathInOption
                | Self::Storage
                | Self::TimeMacro
                | Self::Tool
                | Self::HeaderSet
                | Self::SearchPath
                | Self::MacroOrder
                | Self::NotStored
                | Self::Gone
                | Self::Unexplained
                | Self::FirstTime
        )
    }
}

/// Whether the two compilations were one after the other, or in two folders or on two machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Before and now.
    Time,
    /// Here and there.
    Machines,
}

impl Wording {
    const fn pick(self, time: &'static str, machines: &'static str) -> &'static str {
        match self {
            Self::Time => time,
            Self::Machines => machines,
        }
    }

    fn both(self, before: &str, now: &str) -> String {
        match self {
            Self::Time => format!("{before} before, {now} now"),
            Self::Machines => format!("{before} here, {now} there"),
        }
    }

    /// `is new`, `was removed` or `changed`.
    const fn change(self, change: Change) -> &'static str {
        match (change, self) {
            (Change::Added, Self::Time) => "is new",
            (Change::Removed, Self::Time) => "was removed",
            (Change::Changed, Self::Time) => "changed",
            (Change::Added, Self::Machines) => "is set only there",
            (Change::Removed, Self::Machines) => "is set only here",
            (Change::Changed, Self::Machines) => "has another value there",
        }
    }
}

impl Cause {
    pub(super) fn new(kind: Kind, change: Change, name: impl Into<String>) -> Self {
        Self { kind, change, name: name.into(), before: String::new(), now: String::new() }
    }

    pub(super) fn with(self, before: impl Into<String>, now: impl Into<String>) -> Self {
        Self { before: before.into(), now: now.into(), ..self }
    }

    /// The cause as a clause, such as `the macro GIT_SHA changed`. `more` is the number of others like it, with other names.
    #[must_use]
    pub fn sentence(&self, wording: Wording, more: usize) -> String {
        let Self { kind, change, .. } = self;
        // The paths of sources and headers are relative to the source folder, too.
        let relative = |text: &str| text.replace("<source>/", "").replace("<source>", ".");
        let name = &relative(&self.name);
        let is_folder = matches!(kind, Kind::PathInMacro | Kind::PathInOption);
        let (before, now) = if is_folder {
            (self.before.clone(), self.now.clone())
        } else {
            (relative(&self.before), relative(&self.now))
        };
        let (before, now) = (&before, &now);
        let others = |noun: &str| match more {
            0 => String::new(),
            1 => format!(" and 1 other {noun}"),
            _ => format!(" and {more} other {noun}s"),
        };
        let of_several = wording.change(*change);
        match kind {
            Kind::Compiler => format!("the compiler {}: {}", wording.pick("changed", "differs"), wording.both(before, now)),
            Kind::CompilerContent => {
                let is = wording.pick("was replaced by another file", "is another file there");
                let version = if before.is_empty() { "" } else { wording.pick(", without a new version", ", with the same version") };
                format!("the compiler {name} {is}{version}")
            }
            Kind::Tool => format!("the cache tool {}: {}", wording.pick("changed", "differs"), wording.both(before, now)),
            Kind::Storage => format!("the place of the cache {}: {}", wording.pick("changed", "differs"), wording.both(before, now)),
            Kind::Setting => format!("the setting {name}{} of the cache tool {of_several}", others("setting")),
            Kind::BuildType => format!("the build type {}: {}", wording.pick("changed", "differs"), wording.both(before, now)),
            Kind::Source if more > 0 => format!("{} {}", if more == 1 { "2 sources".to_owned() } else { format!("{} sources", more + 1) }, wording.pick("were edited", "differ")),
            Kind::Source => format!("the source {name} {}", wording.pick("was edited", "has other content there")),
            Kind::ProjectHeader => format!("{name}{} {}", others("file"), wording.pick(if more == 0 { "was edited" } else { "were edited" }, "has other content there")),
            Kind::GeneratedHeader => format!(
                "the generated file {name}{} {}",
                others("file"),
                wording.pick("has other content now", "has other content there")
            ),
            Kind::PrecompiledHeader => format!(
                "the precompiled header {name} {}",
                wording.pick("has other content now", "has other content there")
            ),
            Kind::SystemHeader => {
                let changed = wording.pick("changed", if more == 0 { "differs" } else { "differ" });
                format!("{}{} {changed} ({name})", file_name(name), others("system header"))
            }
            Kind::OtherHeader => format!(
                "{name}{}, outside of the checkout, {}",
                others("file"),
                wording.pick("has other content now", "has other content there")
            ),
            Kind::IncludeFolder | Kind::SearchPath => match change {
                Change::Added | Change::Removed => {
                    format!("the include folder {name}{} {of_several}", others("folder"))
                }
                Change::Changed if name.is_empty() => {
                    format!("the order of the include folders {}", wording.pick("changed", "differs"))
                }
                Change::Changed => format!("the folder of {name} {}: {}", wording.pick("changed", "differs"), wording.both(before, now)),
            },
            Kind::HeaderPlace => {
                format!("{name}{} is found in another folder: {}", others("header"), wording.both(before, now))
            }
            Kind::HeaderSet => match change {
                Change::Removed => format!("{name}{} is {}", others("header"), wording.pick("no longer included", "included only here")),
                _ => format!("{name}{} is {}", others("header"), wording.pick("newly included", "included only there")),
            },
            Kind::Macro => format!("the macro {name}{} {of_several}", others("macro")),
            Kind::MacroOrder => format!("the order of the macros {}", wording.pick("changed", "differs")),
            Kind::PathInMacro => {
                format!("the macro {name}{} contains the path of {}", others("macro"), places::in_words(before))
            }
            Kind::Option => match change {
                Change::Changed => format!("the option {name} {of_several}: {}", wording.both(before, now)),
                _ => format!("the option {name}{} {of_several}", others("option")),
            },
            Kind::OptionOrder => format!(
                "the order of the options {}: `{now}` where `{before}` {}",
                wording.pick("changed", "differs"),
                wording.pick("was", "is here")
            ),
            Kind::PathInOption => {
                format!("the option {name}{} contains the path of {}", others("option"), places::in_words(before))
            }
            Kind::InputFile => format!("the file {name} of the option {before} {}", wording.pick("has other content now", "has other content there")),
            Kind::Environment => {
                format!("the environment variable {name}{} {of_several}", others("variable"))
            }
            Kind::Processor => "the processor is of another model, and an option compiles for the processor of the machine (native)".to_owned(),
            Kind::Rule => match name.as_str() {
                "coverage" => "the folder or the command differs, and the object contains the path of its coverage counters".to_owned(),
                "variables of the compiler" => "a variable of the compiler, or the SDK at this path, is another one, and the object depends on it".to_owned(),
                "working directory in debug information" => "the working directory is another one, and debug information contains it".to_owned(),
                _ if name.starts_with("checkout path") || name.starts_with("paths in") => {
                    format!("the checkout has another path, which is a part of the key (rule \"{name}\")")
                }
                _ => format!("the rule \"{name}\" of the launcher {}", match change {
                    Change::Added => wording.pick("applies now", "applies only there"),
                    Change::Removed => wording.pick("no longer applies", "applies only here"),
                    Change::Changed => wording.pick("added something else to the key", "added something else to the key there"),
                }),
            },
            Kind::TimeMacro => format!("{name} in {now} has another value in each compilation"),
            Kind::NotStored => format!("the last compilation with the same inputs was not stored ({before})"),
            Kind::Gone => {
                let reason = match name.as_str() {
                    "emptied" => "the cache was emptied since then",
                    "evicted" => "the size limit of the cache was reached, since other entries are still there",
                    _ => "it was removed, or the size limit of the cache was reached",
                };
                format!("nothing changed, but the entry is no longer in the cache: {reason}")
            }
            Kind::Unexplained if !name.is_empty() => format!("no difference is known: {name}"),
            Kind::Unexplained => {
                wording.pick("nothing that the journal contains changed", "nothing that the journals contain differs").to_owned()
            }
            Kind::FirstTime if !name.is_empty() => {
                "the earlier compilations in this build folder were hits, and the inputs of hits are not recorded".to_owned()
            }
            Kind::FirstTime => "there is no earlier compilation in this build folder".to_owned(),
        }
    }

    /// What the user can do, as an imperative sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.kind {
            Kind::Compiler => "use the same compiler everywhere, for example from one container image",
            Kind::CompilerContent => {
                "no action is needed after an upgrade; otherwise use the same package of the compiler everywhere"
            }
            Kind::Tool => {
                "use the same version of the cache tool everywhere: `toolchainkit install` pins one"
            }
            Kind::Storage => {
                "use the same cache and the same settings everywhere, and configure the build again"
            }
            Kind::Setting => "use the same settings of the cache tool everywhere",
            Kind::BuildType => "use the same build type; the cache keeps the objects of both",
            Kind::Source => "no action is needed: an edited source must be compiled",
            Kind::ProjectHeader => {
                "no action is needed; to compile fewer files after such edits, include it in fewer files"
            }
            Kind::GeneratedHeader => {
                "write it with the same content each time (no time, path or commit), or include it only where it is needed"
            }
            Kind::PrecompiledHeader => "no action is needed if one of its headers or an option has changed",
            Kind::SystemHeader => {
                "use the same version of the system's packages everywhere, for example from one container image"
            }
            Kind::OtherHeader => "use the same version of this dependency everywhere",
            Kind::IncludeFolder | Kind::SearchPath => {
                "use the same include folders in the same order everywhere"
            }
            Kind::HeaderPlace => "check which of the files is wanted, and the order of the include folders",
            Kind::HeaderSet => "no action is needed if this is intended",
            Kind::Macro => {
                "set it only for the source that needs it (set_source_files_properties), and give it a value that rarely changes"
            }
            Kind::MacroOrder | Kind::OptionOrder => {
                "set options in a fixed order: do not depend on the order of a loop, of file(GLOB) or of a set"
            }
            Kind::PathInMacro => {
                "set it only for the source that needs it (set_source_files_properties), or use a relative path"
            }
            Kind::Option => "use the same options in both builds; the cache keeps the objects of both",
            Kind::PathInOption => "remove the option, or give it a relative path",
            Kind::InputFile => "no action is needed: the compiler reads this file",
            Kind::Environment => "set it to the same value everywhere, or unset it for builds",
            Kind::Processor => "name a processor instead, for example -march=x86-64-v3",
            Kind::Rule => "see `toolchainkit doctor --why` for this file",
            Kind::TimeMacro => {
                "move it to a small separate source, or set it with SOURCE_DATE_EPOCH and ccache"
            }
            Kind::NotStored => "no action is needed: this compilation was stored",
            Kind::Gone if self.name == "emptied" => {
                "keep the folder of the cache; in CI, restore it before the build or use a remote"
            }
            Kind::Gone => "a larger `cache.size_gb` keeps more entries",
            Kind::Unexplained => {
                "check that both builds use the same cache, and that it accepts new objects (`toolchainkit doctor`)"
            }
            Kind::FirstTime => {
                "no action is needed; to compare with another folder or machine, use `toolchainkit compare`"
            }
        }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
