//! The table of rules for the documentation.

use super::distribution::{LOCAL_TABLE, LocalCondition};
use super::rule::{Action, Affected, CompilerKind, Condition, Family, KeyPart, Modules, Pattern, Rule};
use super::table::TABLE;
use super::target;

/// The tables in Markdown, with one row for each rule.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| rule | with | looks for | does | why |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for rule in TABLE {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            rule.name,
            with(rule),
            condition(rule),
            action_text(rule.action),
            rule.why
        ));
    }
    text.push_str("\nCompilations that are not distributed:\n\n");
    text.push_str(&local_markdown());
    text
}

/// The table of the compilations that are not distributed in Markdown, with one row for each rule.
fn local_markdown() -> String {
    let mut text = "| rule | with | looks for | why |\n| --- | --- | --- | --- |\n".to_owned();
    for rule in LOCAL_TABLE {
        let engines: Vec<&str> = rule.engines.iter().map(|engine| engine.name()).collect();
        let condition = match rule.condition {
            LocalCondition::Arguments(patterns) => {
                list(patterns.iter().map(|pattern| format!("`{}`", pattern_text(*pattern))))
            }
            LocalCondition::Source(words) => {
                format!("{} in the source", list(words.iter().map(|word| format!("`{word}`"))))
            }
        };
        text.push_str(&format!("| {} | {} | {condition} | {} |\n", rule.name, engines.join(", "), rule.why));
    }
    text
}

fn with(rule: &Rule) -> String {
    let tools: Vec<String> = rule.tools.iter().map(affected).collect();
    let mut text = tools.join(", ");
    if !rule.compilers.is_empty() {
        let names: Vec<&str> = rule.compilers.iter().map(|family| compiler(*family)).collect();
        text.push_str(&format!("; {}", names.join(", ")));
    }
    if rule.only_relocatable {
        text.push_str("; if checkouts share objects");
    }
    text
}

const fn compiler(family: Family) -> &'static str {
    match family {
        Family::Unknown => "unknown compilers",
        family => family.name(),
    }
}

fn affected(affected: &Affected) -> String {
    let mut text = affected.tool.to_string();
    if let Some(since) = affected.since {
        text.push_str(&format!(" from {since}"));
    }
    if let Some(before) = affected.before {
        text.push_str(&format!(" before {before}"));
    }
    text
}

fn condition(rule: &Rule) -> String {
    let code = |text: &str| format!("`{text}`");
    let mut text = match rule.condition {
        Condition::Always => "every compilation".to_owned(),
        Condition::Macro(name) => code(&format!("-D{name}")),
        Condition::Arguments(patterns) => list(patterns.iter().map(|pattern| code(&pattern_text(*pattern)))),
        Condition::Source { words, variable } => {
            let words = list(words.iter().map(|word| code(word)));
            match variable {
                Some(name) => format!("{words} in the source, if `{name}` is set"),
                None => format!("{words} in the source"),
            }
        }
        Condition::Files(options) => list(options.iter().map(|option| code(&format!("{option}FILE")))),
        Condition::CheckoutInMacros => "a definition with the path of the checkout".to_owned(),
        Condition::CheckoutInOptions(options) => {
            format!(
                "{} with the path of the checkout",
                list(options.iter().map(|option| code(&format!("{option}…"))))
            )
        }
        Condition::CheckoutInTexts => {
            "a file in the include folders with a string that begins with the path of the checkout".to_owned()
        }
        Condition::Configuration => {
            "`*.cfg` in a folder that Clang searches, or `specs` in that of GCC".to_owned()
        }
        Condition::Modules(modules) => modules_text(modules).to_owned(),
        Condition::Target => {
            format!(
                "an SDK with `SDKSettings.json`, or {}",
                list(target::VARIABLES.iter().map(|name| code(name)))
            )
        }
        Condition::SeveralArchitectures => "`-arch` with different values".to_owned(),
        Condition::DebugInformation | Condition::AnyDebugInformation => {
            "debug information (`-g…`)".to_owned()
        }
        Condition::Compiler(CompilerKind::Program) => "a compiler that is a program".to_owned(),
        Condition::Compiler(CompilerKind::Wrapper) => "a compiler that is a script".to_owned(),
        Condition::Compiler(CompilerKind::Masquerade) => "a compiler that is a link to a cache".to_owned(),
    };
    if !rule.unless.is_empty() {
        text.push_str(&format!(
            ", except with {}",
            list(rule.unless.iter().map(|pattern| code(&pattern_text(*pattern))))
        ));
    }
    text
}

const fn modules_text(modules: Modules) -> &'static str {
    match modules {
        Modules::OfClang => "`-fmodule-output…` `-fmodule-file=…` `--precompile…`",
        Modules::OfGcc => "`-fmodules-ts` `-fmodules` `-fmodule-mapper…` `-fmodule-header…` `-fmodule-only`",
        Modules::OfMsvc => {
            "`/interface` `/internalPartition` `/reference…` `/ifc…` `/headerUnit…` `/exportHeader…`"
        }
        Modules::Implicit => "`-fmodule-file=FILE` without a name, `-fprebuilt-module-path…`, header units",
        Modules::Unembedded => "C++20 modules, with Clang before 22",
        Modules::Output => "`-fmodule-output…` `--precompile…`",
        Modules::EmbeddedOutput => "`-fmodule-output…` `--precompile…`, with Clang 22 or newer",
        Modules::Foreign => "`-fmodule-file=NAME=FILE` with a file of another build",
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn pattern_text(pattern: Pattern) -> String {
    match pattern {
        Pattern::Word(word) => word.to_owned(),
        Pattern::Start(start) => format!("{start}…"),
        Pattern::Both(start, part) => format!("{start}…{part}…"),
        Pattern::Part(part) => format!("…{part}…"),
    }
}

fn action_text(action: Action) -> String {
    match action {
        Action::Bypass => "runs the compiler without the cache".to_owned(),
        Action::Key(KeyPart::Processor) => "adds the processor model to the key".to_owned(),
        Action::Key(KeyPart::Identity) => {
            "adds the output of `--version` and `-### -c` to the key".to_owned()
        }
        Action::Key(KeyPart::Checkout) => "adds the path of the checkout to the key".to_owned(),
        Action::Key(KeyPart::Directory) => "adds the place of the working directory to the key".to_owned(),
        Action::Key(KeyPart::Target) => "adds their values to the key".to_owned(),
        Action::Key(KeyPart::Command) => "adds the working directory and the command to the key".to_owned(),
        Action::ExtraFiles => "adds the content of the files to the key".to_owned(),
        Action::Options(options) => {
            format!("adds {}", list(options.iter().map(|option| format!("`{option}`"))))
        }
        Action::Append { variable, value } => format!("adds `{value}` to `{variable}`"),
        Action::Unset(variable) => format!("unsets `{variable}`"),
        Action::Placeholders => {
            "lets the compiler write placeholders, and replaces them in the object by the paths of this checkout"
                .to_owned()
        }
        Action::Replace => "runs the next compiler of that name on PATH".to_owned(),
    }
}
