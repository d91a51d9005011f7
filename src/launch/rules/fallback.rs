//! What the fallback script gets of the table. It reads no file but the source, and asks no compiler: a rule about
//! arguments runs the compiler without the cache, and so does a response file, which may hide any of them.
//!
//! Rules about base directories have no part in it, since the script sets none for sccache.

use super::rule::{Action, Family, Look, Pattern, Rule};
use super::table::TABLE;
use crate::caching::tool::Tool;

/// Where a line is broken.
const WIDTH: usize = 116;

/// The options that make sccache compare line numbers with this compiler; none where it cannot be made to.
#[must_use]
pub fn line_options(family: Family) -> &'static [&'static str] {
    TABLE
        .iter()
        .find_map(|rule| match rule.does {
            Action::Options(options) if rule.compilers.contains(&family) => Some(options),
            _ => None,
        })
        .unwrap_or_default()
}

/// Whether the script has a part of it.
fn is_in_script(rule: &Rule, tool: Tool) -> bool {
    let is_about_arguments = matches!(rule.looks_for, Look::Macro(_) | Look::Arguments(_) | Look::Files(_))
        && rule.is_for_any(tool);
    is_about_arguments && !matches!(rule.does, Action::Options(_))
}

/// The patterns of a `case` over `" $* "`.
fn patterns(rule: &Rule) -> Vec<String> {
    match rule.looks_for {
        Look::Macro(name) => {
            [format!("*\" -D{name} \"*"), format!("*\" -D{name}=\"*"), format!("*\" -D {name}\"*")].into()
        }
        Look::Arguments(patterns) => patterns.iter().map(|pattern| in_shell(*pattern)).collect(),
        Look::Files(options) => options.iter().map(|option| format!("*\" {option}\"*")).collect(),
        _ => Vec::new(),
    }
}

fn in_shell(pattern: Pattern) -> String {
    match pattern {
        Pattern::Word(word) => format!("*\" {word} \"*"),
        Pattern::Start(start) => format!("*\" {start}\"*"),
        Pattern::Both(start, part) => format!("*\" {start}\"*{part}*"),
        Pattern::Part(part) => format!("*{part}*"),
    }
}

/// The part of the script for one tool: the words to look for in the source, as arguments of `grep -F`, in `tk_words`, and
/// the arguments with which the compiler is run without the cache.
#[must_use]
pub fn fallback_cases(tool: Tool) -> String {
    let mut all = vec!["*\" @\"*".to_owned()];
    let mut words = String::new();
    let mut dated = String::new();
    for rule in TABLE.iter().filter(|rule| rule.is_for_any(tool)) {
        if is_in_script(rule, tool) {
            for pattern in patterns(rule) {
                if !all.iter().any(|earlier| covers(earlier, &pattern)) {
                    all.retain(|earlier| !covers(&pattern, earlier));
                    all.push(pattern);
                }
            }
        }
        if let Look::Source { words: some, variable } = rule.looks_for {
            let options: Vec<String> = some.iter().map(|word| format!("-e {word}")).collect();
            match variable {
                None => words.push_str(&options.join(" ")),
                Some(name) => dated.push_str(&format!(
                    "  [ -z \"${{{name}-}}\" ] || tk_words=\"$tk_words {}\"\n",
                    options.join(" ")
                )),
            }
        }
    }
    let mut text = format!("  tk_words=\"{words}\"\n{dated}  case \" $* \" in\n");
    let mut line = " ".to_owned();
    for (index, pattern) in all.iter().enumerate() {
        let end = if index + 1 == all.len() { ") exec \"$@\" ;;" } else { " |" };
        if line.len() + pattern.len() + end.len() + 3 > WIDTH {
            text.push_str(&format!("{line} \\\n"));
            line.replace_range(.., "   ");
        }
        line.push_str(&format!(" {pattern}{end}"));
    }
    text.push_str(&format!("{line}\n  esac\n"));
    text
}

/// Whether what fits `pattern` fits `other` as well, as far as the texts tell.
fn covers(other: &str, pattern: &str) -> bool {
    let start =
        |text: &str| text.strip_prefix("*\"").and_then(|rest| rest.strip_suffix("\"*")).map(str::to_owned);
    let (Some(other), Some(pattern)) = (start(other), start(pattern)) else { return other == pattern };
    pattern.starts_with(&other)
}

/// What stands between `# <rules>` and `# </rules>` in the script, which chooses by `$tk_kind`.
#[must_use]
pub fn fallback_section() -> String {
    let mut text =
        "# Made from src/launch/rules by a test; TOOLCHAINKIT_UPDATE=1 writes it.\ncase $tk_kind in\n"
            .to_owned();
    for tool in Tool::ALL {
        text.push_str(&format!("{tool})\n{}  ;;\n", fallback_cases(tool)));
    }
    text.push_str("esac\n");
    text
}
