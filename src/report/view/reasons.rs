//! The causes of misses, and the reasons for compilations without the cache.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{CausePart, MOST_EXAMPLES, MOST_ROWS, Span, UncachedPart, share};
use crate::caching::tool::Tool;
use crate::doctor::{explain_ccache, explain_sccache};
use crate::journal::summary::{Reason, Summary};
use crate::launch::rules;
use crate::report::words::{count, counted};
use crate::report::{Cause, Folder};

pub(super) fn causes(folders: &[Folder]) -> Vec<CausePart> {
    let mut all: Vec<&Cause> = folders.iter().flat_map(|folder| &folder.causes).collect();
    all.sort_by_key(|cause| Reverse(cause.files));
    let part = |cause: &&Cause| {
        let shown = cause.examples.len().min(MOST_EXAMPLES);
        let more = cause.files.saturating_sub(shown as u64);
        CausePart {
            files: count(cause.files),
            of: counted(cause.of, "file", "files"),
            share: share(cause.files, cause.of),
            sentence: spans(&sentence(&cause.sentence)),
            advice: spans(&sentence(&cause.advice)),
            examples: cause.examples.iter().take(MOST_EXAMPLES).cloned().collect(),
            more: if more == 0 || shown == 0 {
                String::new()
            } else {
                format!("and {}", counted(more, "other file", "other files"))
            },
        }
    };
    all.iter().take(MOST_ROWS).map(part).collect()
}

/// Compilations without the cache, by their reasons.
pub(super) fn uncached(folders: &[Folder]) -> Vec<UncachedPart> {
    type Words = (String, String);
    let mut reasons: BTreeMap<Words, (u64, &str)> = BTreeMap::new();
    for folder in folders {
        let Summary { bypassed, uncacheable, failed_over, .. } = &folder.summary;
        let bypassed = bypassed.iter().map(|reason| (bypassing(&reason.name), reason));
        let refused = uncacheable.iter().map(|reason| (refusing(folder.cache.tool, &reason.name), reason));
        let failed = failed_over.iter().map(|reason| (failing(&reason.name), reason));
        for (words, Reason { count, example, .. }) in bypassed.chain(refused).chain(failed) {
            let (sum, _) = reasons.get(&words).copied().unwrap_or_default();
            reasons.insert(words, (sum + count, example));
        }
    }
    let mut parts: Vec<_> = reasons.into_iter().collect();
    parts.sort_by_key(|(_, (number, _))| Reverse(*number));
    let part = |((because, help), (number, example)): (Words, (u64, &str))| UncachedPart {
        count: count(number),
        because: spans(&sentence(&because)),
        help: spans(&sentence(&help)),
        example: example.to_owned(),
    };
    parts.into_iter().map(part).collect()
}

/// The reason of the launcher, and the advice of its rule.
pub(super) fn bypassing(name: &str) -> (String, String) {
    match rules::find(name) {
        Some(rule) => (rule.because.to_owned(), rule.help.to_owned()),
        None if name.is_empty() => {
            ("the launcher ran the compiler without the tool".to_owned(), String::new())
        }
        None => (format!("the launcher ran the compiler without the tool: `{name}`"), String::new()),
    }
}

/// The reason of the tool, and the advice.
pub(super) fn refusing(tool: Option<Tool>, reason: &str) -> (String, String) {
    let explanation = match tool {
        _ if reason.is_empty() => return ("the tool does not cache it".to_owned(), String::new()),
        Some(Tool::Ccache) => explain_ccache(reason, ""),
        Some(Tool::Sccache) => explain_sccache(reason),
        None => return (format!("the tool does not cache it: `{reason}`"), String::new()),
    };
    (explanation.because, explanation.help)
}

pub(super) fn failing(reason: &str) -> (String, String) {
    let because =
        if reason.is_empty() { "the cache failed".to_owned() } else { format!("the cache failed: {reason}") };
    (because, "run `toolchainkit doctor` to find the cause".to_owned())
}

/// A clause as a sentence. A first word that is a name, such as that of a file or a tool, stays as it is.
pub(super) fn sentence(clause: &str) -> String {
    let clause = clause.trim_end_matches('.');
    let first = clause.split(' ').next().unwrap_or_default();
    let is_name = Tool::from_name(first).is_some() || !first.bytes().all(|byte| byte.is_ascii_lowercase());
    match clause.split_at_checked(1) {
        _ if clause.is_empty() => String::new(),
        Some((letter, rest)) if !is_name => format!("{}{rest}.", letter.to_ascii_uppercase()),
        // The first letter may have several bytes.
        _ => format!("{clause}."),
    }
}

/// Splits a text at its back quotes.
pub(super) fn spans(text: &str) -> Vec<Span> {
    if text.matches('`').count() % 2 == 1 {
        return vec![Span { is_code: false, text: text.to_owned() }];
    }
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, text)| Span { is_code: at % 2 == 1, text: text.to_owned() });
    parts.filter(|span| !span.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_in_a_reason_are_code() {
        let code = |text: &str| Span { is_code: true, text: text.to_owned() };
        let plain = |text: &str| Span { is_code: false, text: text.to_owned() };
        assert_eq!(spans("with `-da`, GCC"), [plain("with "), code("-da"), plain(", GCC")]);
        assert_eq!(spans("`a`"), [code("a")]);
        assert_eq!(spans("it`s"), [plain("it`s")]);
        assert_eq!(sentence("its compiler"), "Its compiler.");
        for same in ["Done.", "src/a.h was edited.", "ccache fails.", "`-da` writes.", "a.h.", "é is.", ""] {
            assert_eq!(sentence(same), same);
        }
    }

    #[test]
    fn every_rule_of_the_table_speaks_for_itself() {
        for rule in rules::TABLE {
            assert_eq!(bypassing(rule.name), (rule.because.to_owned(), rule.help.to_owned()));
        }
        assert!(bypassing("TOOLCHAINKIT_BYPASS").0.contains("`TOOLCHAINKIT_BYPASS`"));
    }
}
