//! The table as people read it.

use super::rule::{Action, Affected, Family, KeyPart, Look, Pattern, Rule, Sort};
use super::table::TABLE;

/// The table in Markdown, a row for each rule.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| rule | with | looks for | does | why |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for rule in TABLE {
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            rule.name,
            with(rule),
            looks_for(rule),
            does(rule.does),
            rule.why
        ));
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
        text.push_str("; where checkouts share objects");
    }
    text
}

const fn compiler(family: Family) -> &'static str {
    match family {
        Family::Unknown => "none that is known",
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

fn looks_for(rule: &Rule) -> String {
    let code = |text: &str| format!("`{text}`");
    let mut text = match rule.looks_for {
        Look::Always => "every compilation".to_owned(),
        Look::Macro(name) => code(&format!("-D{name}")),
        Look::Arguments(patterns) => list(patterns.iter().map(|pattern| code(&in_words(*pattern)))),
        Look::Source { words, variable } => {
            let words = list(words.iter().map(|word| code(word)));
            match variable {
                Some(name) => format!("{words} in the source, where `{name}` is set"),
                None => format!("{words} in the source"),
            }
        }
        Look::Files(options) => list(options.iter().map(|option| code(&format!("{option}FILE")))),
        Look::CheckoutInMacros => "a definition with a path of the checkout".to_owned(),
        Look::CheckoutInTexts => {
            "a file in the folders of the command, with a string that begins with a path of the checkout"
                .to_owned()
        }
        Look::Compiler(Sort::Program) => "a compiler that is a program".to_owned(),
        Look::Compiler(Sort::Wrapper) => "a compiler that is a script".to_owned(),
        Look::Compiler(Sort::Masquerade) => "a compiler that is a link to a cache".to_owned(),
    };
    if !rule.unless.is_empty() {
        text.push_str(&format!(
            ", without {}",
            list(rule.unless.iter().map(|pattern| code(&in_words(*pattern))))
        ));
    }
    text
}

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn in_words(pattern: Pattern) -> String {
    match pattern {
        Pattern::Word(word) => word.to_owned(),
        Pattern::Start(start) => format!("{start}…"),
        Pattern::Both(start, part) => format!("{start}…{part}…"),
        Pattern::Part(part) => format!("…{part}…"),
    }
}

fn does(action: Action) -> String {
    match action {
        Action::Bypass => "runs the compiler without the cache".to_owned(),
        Action::Key(KeyPart::Processor) => "adds the kind of processor to the key".to_owned(),
        Action::Key(KeyPart::Identity) => "adds to the key what the compiler answers now".to_owned(),
        Action::Key(KeyPart::Checkout) => "adds the place of the checkout to the key".to_owned(),
        Action::Key(KeyPart::Command) => "adds the working directory and the command to the key".to_owned(),
        Action::ExtraFiles => "adds the content of the files to the key".to_owned(),
        Action::Options(options) => {
            format!("adds {}", list(options.iter().map(|option| format!("`{option}`"))))
        }
        Action::Append { variable, value } => format!("adds `{value}` to `{variable}`"),
        Action::Unset(variable) => format!("unsets `{variable}`"),
        Action::Replace => "runs the next one of that name on PATH".to_owned(),
    }
}
