//! What the fallback script gets of the table. It reads no file but the source, and asks no compiler: a rule about
//! arguments runs the compiler without the cache, and so does a response file, which may hide any of them.
//!
//! Rules about base directories have no part in it, since the script sets none for sccache.

use super::rule::{Action, Family, Look, Pattern, Rule};
use super::table::TABLE;
use crate::caching::tool::Tool;

/// Where a line is broken.
const WIDTH: usize = 126;

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

/// The patterns of the arguments with which the compiler is run without `tool`.
fn all_patterns(tool: Tool) -> Vec<String> {
    let mut all = vec!["*\" @\"*".to_owned()];
    for pattern in TABLE.iter().filter(|rule| is_in_script(rule, tool)).flat_map(patterns) {
        if !all.iter().any(|earlier| covers(earlier, &pattern)) {
            all.retain(|earlier| !covers(&pattern, earlier));
            all.push(pattern);
        }
    }
    all
}

/// One `case` over all arguments, which runs the compiler: in one line if there is room.
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

/// What looks for words in a source: arguments of `grep -F`, in `tk_words`.
fn words() -> String {
    let mut text = String::new();
    for rule in TABLE {
        let Look::Source { words, variable } = rule.looks_for else { continue };
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

/// Whether what fits `pattern` fits `other` as well, as far as the texts tell.
fn covers(other: &str, pattern: &str) -> bool {
    let start =
        |text: &str| text.strip_prefix("*\"").and_then(|rest| rest.strip_suffix("\"*")).map(str::to_owned);
    let (Some(other), Some(pattern)) = (start(other), start(pattern)) else { return other == pattern };
    pattern.starts_with(&other)
}

/// What stands between `# <rules>` and `# </rules>` in the script, which chooses by `$tk_kind`: what is the same for all
/// tools stands once.
#[must_use]
pub fn fallback_section() -> String {
    let all = Tool::ALL.map(|tool| (tool, all_patterns(tool)));
    let is_common = |pattern: &String| all.iter().all(|(_, patterns)| patterns.contains(pattern));
    let (_, first) = &all[0];
    let common = first.iter().filter(|pattern| is_common(pattern)).cloned().collect::<Vec<_>>();
    let mut text = "# Made from src/launch/rules by a test; TOOLCHAINKIT_UPDATE=1 writes it.\n".to_owned();
    text.push_str(&format!("{}{}\ncase $tk_kind in\n", words(), one_case(&common, "")));
    for (tool, patterns) in &all {
        let own = patterns.iter().filter(|pattern| !is_common(pattern)).cloned().collect::<Vec<_>>();
        let own = one_case(&own, "  ");
        // What fits into one line stands behind the name.
        let own = if own.contains('\n') { format!("\n{own}") } else { format!(" {}", own.trim_start()) };
        text.push_str(&format!("{tool}){own} ;;\n"));
    }
    text.push_str("esac\n");
    text
}
