//! The statistics in Markdown, for the summary of a CI job or a comment.

use super::human::{saved_in_words, scope_in_words};
use super::look::Look;
use super::shape::{Named, Numbers, Origin, Statistics};
use super::times::minute;
use crate::words::{count, counted, duration, rate, size};

/// The most rows of a table.
const MOST_ROWS: usize = 20;
/// The most compilations in a list of the slowest ones.
const MOST_SLOW: usize = 10;

/// The statistics in GitHub's Markdown. Times are in the zone of `look`.
#[must_use]
pub fn markdown(statistics: &Statistics, look: &Look) -> String {
    let mut text = String::new();
    let total = statistics.compilations.as_ref().map(|all| &all.total);
    let headline = match total {
        Some(total) if total.cacheable > 0 => {
            format!("{} hits ({} of {})", rate(total.hit_rate), total.hits, total.cacheable)
        }
        Some(_) => "no cacheable compilation".to_owned(),
        None => {
            match statistics.cache.counters.as_ref().filter(|_| statistics.origin == Origin::ToolCounters) {
                Some(tool) => {
                    format!("{} hits ({} of {})", rate(tool.hit_rate), tool.hits, tool.hits + tool.misses)
                }
                None => "no compilation recorded".to_owned(),
            }
        }
    };
    text += &format!("### Compiler cache: {headline}\n\n");
    text += &facts(statistics, look);
    if let Some(all) = &statistics.compilations {
        if !all.bypassed.is_empty() {
            let rows = all.bypassed.iter().take(MOST_ROWS).map(|bypass| {
                let because = prose(bypass.because.as_deref().unwrap_or_default());
                let help = prose(bypass.help.as_deref().unwrap_or_default());
                vec![prose(&bypass.rule), bypass.count.to_string(), because, help, code(&bypass.example)]
            });
            let head = ["rule", "files", "because", "what to do", "such as"];
            text += &details("Compiled without the cache, because of a rule", &table(&head, rows));
        }
        for (title, reasons) in
            [("Not cacheable", &all.uncacheable), ("The cache did not work", &all.failed_over)]
        {
            if !reasons.is_empty() {
                let rows = reasons.iter().take(MOST_ROWS).map(|without| {
                    let reason = without.because.as_deref().or(without.reason.as_deref());
                    let reason = prose(reason.unwrap_or("not known"));
                    vec![reason, without.count.to_string(), code(&without.example)]
                });
                text += &details(title, &table(&["reason", "files", "such as"], rows));
            }
        }
        if !all.targets.is_empty() {
            text += &details("Targets", &groups("target", &all.targets));
        }
        if all.languages.len() > 1 {
            text += &details("Languages", &groups("language", &all.languages));
        }
        if !statistics.causes.is_empty() {
            let rows = statistics.causes.iter().map(|cause| {
                let time = duration(cause.seconds);
                vec![count(cause.files as u64), time, prose(&cause.sentence), prose(&cause.advice)]
            });
            text += &details("Why files missed", &table(&["files", "time", "cause", "what to do"], rows));
        }
        if !all.slowest_misses.is_empty() {
            let rows = all.slowest_misses.iter().take(MOST_SLOW).map(|slow| {
                let target = slow.target.as_deref().map(code).unwrap_or_default();
                vec![code(&slow.source), target, duration(slow.seconds)]
            });
            text += &details("Slowest misses", &table(&["source", "target", "time"], rows));
        }
        if all.builds.len() > 1 {
            let skipped = all.builds.len().saturating_sub(MOST_ROWS);
            let rows = all.builds[skipped..].iter().map(|build| {
                let mut cells = vec![minute(&build.first, &look.zone)];
                cells.extend(numbers(&build.numbers));
                cells.push(duration(build.numbers.saved.seconds));
                cells
            });
            let head = ["build", "hits", "misses", "others", "rate", "time saved"];
            text += &details("Builds", &table(&head, rows));
        }
    }
    text
}

/// The table at the beginning.
fn facts(statistics: &Statistics, look: &Look) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, text: String| rows.push(vec![name.to_owned(), text]);
    let mut scope = scope_in_words(&statistics.scope, look);
    if let Some(last) = statistics.compilations.as_ref().and_then(|all| all.last.as_ref()) {
        scope += &format!(", until {}", minute(last, &look.zone));
    }
    row("build folder", format!("{} ({scope})", code(&statistics.build_folder)));
    if let Some(all) = &statistics.compilations {
        let total = &all.total;
        if total.hits > 0 {
            let share = rate(total.direct_share);
            row("direct hits", format!("{} ({share} of the hits)", total.direct_hits));
        }
        for (name, number) in [
            ("misses", Some(total.misses)),
            ("the cache did not work", some(total.failed_over)),
            ("bypassed by a rule", some(total.bypassed)),
            ("not cacheable", some(total.uncacheable)),
            ("failed", some(total.compile_errors)),
            ("interrupted", some(total.interrupted)),
            ("not known", some(total.unknown)),
        ] {
            if let Some(number) = number {
                row(name, count(number));
            }
        }
        if total.timed > 0 {
            row("time spent", duration(total.seconds_spent));
        }
        if total.hits > 0 {
            row("time saved", prose(&saved_in_words(&total.saved)));
        }
    }
    let cache = &statistics.cache;
    let limit = cache.size_bytes.map(|bytes| {
        let limit = cache.max_size_bytes.map(|limit| format!(" of {}", size(limit))).unwrap_or_default();
        format!(", {}{limit}", size(bytes))
    });
    let limit = limit.unwrap_or_default();
    if !cache.version.is_empty() {
        row("cache", format!("{} {}, {}{limit}", cache.tool, cache.version, code(&cache.location)));
    }
    if let Some(degraded) = &cache.degraded {
        row("not the configured cache", prose(degraded));
    }
    if let Some(tool) = &cache.counters {
        let errors = counted(tool.errors, "error", "errors");
        let hits = format!("{} of {} hits, {errors}", tool.hits, tool.hits + tool.misses);
        row(
            &format!("counters of {}", cache.tool),
            format!("{hits}, {}, for all builds that use it", cache.period()),
        );
    }
    if let Some(verdict) = &statistics.limit {
        let sign = if verdict.is_below { ":x:" } else { ":white_check_mark:" };
        row("limit", format!("{sign} {}", prose(&verdict.sentence())));
    }
    for note in &statistics.notes {
        row("note", prose(note));
    }
    table(&["", ""], rows.into_iter())
}

fn some(number: u64) -> Option<u64> {
    Some(number).filter(|number| *number > 0)
}

fn groups(what: &str, groups: &[Named]) -> String {
    let rows = groups.iter().take(MOST_ROWS).map(|named| {
        let mut cells = vec![named.name.as_deref().map_or_else(|| "none".to_owned(), code)];
        cells.extend(numbers(&named.numbers));
        cells
    });
    let mut text = table(&[what, "hits", "misses", "others", "rate"], rows);
    if groups.len() > MOST_ROWS {
        text += &format!("\n{} more are not shown.\n", groups.len() - MOST_ROWS);
    }
    text
}

fn numbers(numbers: &Numbers) -> [String; 4] {
    [count(numbers.hits), count(numbers.misses), count(numbers.others()), rate(numbers.hit_rate)]
}

fn details(title: &str, text: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{text}\n</details>\n")
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rules: Vec<String> = head.iter().map(|_| "---".to_owned()).collect();
    let rows: String = rows.map(|cells| line(&cells)).collect();
    line(&head) + &line(&rules) + &rows
}

/// A name as code. A back quote or a vertical line in it must not end it.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    if text.is_empty() { String::new() } else { format!("{fence}{space}{text}{space}{fence}") }
}

/// A text of other programs, of which no character has a meaning in Markdown or HTML. What is in back quotes stays code.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of back quotes is not code.
    let has_code = parts.len() % 2 == 1;
    let escaped = |text: &str| {
        text.chars().fold(String::new(), |mut escaped, letter| {
            match letter {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '@' => escaped.push_str("&#64;"),
                '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                    escaped.push('\\');
                    escaped.push(letter);
                }
                letter => escaped.push(letter),
            }
            escaped
        })
    };
    if !has_code {
        return escaped(text);
    }
    let part = |(index, part): (usize, &&str)| if index % 2 == 0 { escaped(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_have_no_meaning_in_markdown() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(prose("<b>*x*</b> `-save-temps` a_b"), "&lt;b&gt;\\*x\\*&lt;/b&gt; `-save-temps` a\\_b");
        assert_eq!(prose("one ` only @me"), "one \\` only &#64;me");
        assert_eq!(prose("``"), "");
    }
}
