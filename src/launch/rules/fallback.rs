//! The part of the fallback script that is generated from the table. The script reads only the source, and runs no compiler.
//! For each rule about arguments, it runs the compiler without the cache. It does the same for a response file, which may
//! contain any argument, and with C++20 modules.
//!
//! It does not need the rules about base directories, because it sets none for sccache.

use super::rule::{Action, Condition, Pattern, Rule};
use super::table::TABLE;
use super::target;
use crate::caching::tool::Tool;

/// The longest line.
const WIDTH: usize = 150;

/// Whether the script applies the rule.
fn is_in_script(rule: &Rule, tool: Tool) -> bool {
    let is_about_arguments = matches!(
        rule.condition,
        Condition::Macro(_) | Condition::Arguments(_) | Condition::Files(_) | Condition::SeveralArchitectures
    ) && rule.is_for_any(tool);
    is_about_arguments && !matches!(rule.action, Action::Options(_))
}

/// The patterns of a `case` over `" $* "`.
fn patterns(rule: &Rule) -> Vec<String> {
    match rule.condition {
        Condition::Macro(name) => {
            [format!("*\" -D{name} \"*"), format!("*\" -D{name}=\"*"), format!("*\" -D {name}\"*")].into()
        }
        Condition::Arguments(patterns) => patterns.iter().map(|pattern| in_shell(*pattern)).collect(),
        Condition::Files(options) => options.iter().map(|option| format!("*\" {option}\"*")).collect(),
        // Also twice the same.
        Condition::SeveralArchitectures => vec!["*\" -arch \"*\" -arch \"*".to_owned()],
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

/// A line that runs the compiler if a variable contains options. The script does not know the other variables that change the object:
/// ccache for macOS hashes the usual ones, and elsewhere only compilers for macOS read them.
fn options_in_variables() -> String {
    let options = target::OPTIONS.iter().map(|name| format!("${{{name}-}}")).collect::<Vec<_>>().concat();
    format!("[ -z \"{options}\" ] || exec \"$@\"\n")
}

/// The patterns of the arguments with which the script runs the compiler without `tool`.
fn all_patterns(tool: Tool) -> Vec<String> {
    // A response file may contain any argument, and only the program knows which modules can be cached.
    let mut all = vec!["*\" @\"*".to_owned(), "*\" -fmodule\"*".to_owned()];
    for pattern in TABLE.iter().filter(|rule| is_in_script(rule, tool)).flat_map(patterns) {
        if !all.iter().any(|earlier| covers(earlier, &pattern)) {
            all.retain(|earlier| !covers(&pattern, earlier));
            all.push(pattern);
        }
    }
    all
}

/// A `case` over all arguments that runs the compiler; on one line if it fits.
fn one_case(all: &[String], indent: &str) -> String {
    let end = ") exec \"$@\" ;;";
    let short = format!("{indent}case \" $* \" in {}{end} esac", all.join(" | "));
    if short.len() <= WIDTH {
        return short;
    }
    let mut text = format!("{indent}case \" $* \" in\n");
    let mut line = indent.to_owned();
    for (index, pattern) in all.iter().enumerate() {
        let end = if index + 1 == all.len() { end } else { " |" };
        if line.len() + pattern.len() + end.len() + 3 > WIDTH {
            text.push_str(&format!("{} \\\n", line.trim_end()));
            line = format!("{indent}  ");
        }
        line.push_str(&format!("{pattern}{end} "));
    }
    format!("{text}{}\n{indent}esac", line.trim_end())
}

/// Sets `tk_words`: arguments for `grep -F` that find the words in a source.
fn words() -> String {
    let mut text = String::new();
    for rule in TABLE {
        let Condition::Source { words, variable } = rule.condition else { continue };
        let options = words.iter().map(|word| format!(" -e {word}")).collect::<Vec<_>>().concat();
        let others = Tool::ALL.into_iter().filter(|tool| !rule.is_for_any(*tool));
        let unless = others.map(|tool| format!("[ \"$tk_kind\" = {tool} ] || ")).collect::<Vec<_>>().concat();
        match variable {
            None => text.push_str(&format!("{unless}tk_words=\"{}\"\n", options.trim_start())),
            Some(name) => text
                .push_str(&format!("{unless}[ -z \"${{{name}-}}\" ] || tk_words=\"$tk_words{options}\"\n")),
        }
    }
    text
}

/// Whether every argument that matches `pattern` also matches `other`.
fn covers(other: &str, pattern: &str) -> bool {
    let start =
        |text: &str| text.strip_prefix("*\"").and_then(|rest| rest.strip_suffix("\"*")).map(str::to_owned);
    let (Some(other), Some(pattern)) = (start(other), start(pattern)) else { return other == pattern };
    pattern.starts_with(&other)
}

/// The text between `# <rules>` and `# </rules>` in the script: patterns for all tools, and then those for the tool in
/// `$tk_kind`.
#[must_use]
pub fn fallback_section() -> String {
    let all = Tool::ALL.map(|tool| (tool, all_patterns(tool)));
    let is_common = |pattern: &String| all.iter().all(|(_, patterns)| patterns.contains(pattern));
    let (_, first) = &all[0];
    let common = first.iter().filter(|pattern| is_common(pattern)).cloned().collect::<Vec<_>>();
    let mut text =
        "# Generated from src/launch/rules: TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived\n"
            .to_owned();
    text.push_str(&format!(
        "{}{}{}\ncase $tk_kind in\n",
        options_in_variables(),
        words(),
        one_case(&common, "")
    ));
    for (tool, patterns) in &all {
        let own = patterns.iter().filter(|pattern| !is_common(pattern)).cloned().collect::<Vec<_>>();
        text.push_str(&format!("{tool}) {} ;;\n", one_case(&own, "  ").trim_start()));
    }
    text.push_str("esac\n");
    text
}
