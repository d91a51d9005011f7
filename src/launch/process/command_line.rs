//! The command lines of Windows: a program gets one text, and splits it into words itself.
//!
//! The rules are those of Microsoft's C runtime, which GCC, Clang and std use, too.

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

fn is_blank(unit: u16) -> bool {
    unit == u16::from(b' ') || unit == u16::from(b'\t')
}

/// Adds a word to a command line, in quotes if it needs them.
pub(super) fn add(line: &mut Vec<u16>, word: impl Iterator<Item = u16> + Clone) {
    if !line.is_empty() {
        line.push(b' '.into());
    }
    let is_empty = word.clone().next().is_none();
    let needs_quotes = is_empty || word.clone().any(is_blank);
    if needs_quotes {
        line.push(QUOTE);
    }
    let mut backslashes = 0;
    for unit in word {
        if unit == QUOTE {
            // Backslashes before a quote are escaped, and so is the quote.
            line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
        }
        backslashes = if unit == BACKSLASH { backslashes + 1 } else { 0 };
        line.push(unit);
    }
    if needs_quotes {
        line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
        line.push(QUOTE);
    }
}

/// Splits off the first word, which is the name of the program: in it, a backslash escapes nothing.
fn split_program(line: &[u16]) -> (Vec<u16>, &[u16]) {
    let mut word = Vec::new();
    let mut is_quoted = false;
    for (at, unit) in line.iter().enumerate() {
        match *unit {
            QUOTE => is_quoted = !is_quoted,
            blank if is_blank(blank) && !is_quoted => return (word, &line[at..]),
            unit => word.push(unit),
        }
    }
    (word, &[])
}

/// Splits off the next word; `None` at the end.
fn split_word(line: &[u16]) -> Option<(Vec<u16>, &[u16])> {
    let start = line.iter().position(|unit| !is_blank(*unit))?;
    let line = &line[start..];
    let mut word = Vec::new();
    let (mut at, mut is_quoted) = (0, false);
    while let Some(unit) = line.get(at) {
        match *unit {
            BACKSLASH => {
                let backslashes = line[at..].iter().take_while(|unit| **unit == BACKSLASH).count();
                at += backslashes;
                let is_before_quote = line.get(at) == Some(&QUOTE);
                let kept = if is_before_quote { backslashes / 2 } else { backslashes };
                word.extend(std::iter::repeat_n(BACKSLASH, kept));
                if is_before_quote && backslashes % 2 == 1 {
                    word.push(QUOTE);
                    at += 1;
                }
                continue;
            }
            // Two quotes in a quoted part are one quote.
            QUOTE if is_quoted && line.get(at + 1) == Some(&QUOTE) => {
                word.push(QUOTE);
                at += 1;
            }
            QUOTE => is_quoted = !is_quoted,
            blank if is_blank(blank) && !is_quoted => return Some((word, &line[at..])),
            unit => word.push(unit),
        }
        at += 1;
    }
    Some((word, &[]))
}

/// The words of a command line.
pub(super) fn words(line: &[u16]) -> Vec<Vec<u16>> {
    let (program, mut rest) = split_program(line);
    let mut words = vec![program];
    while let Some((word, after)) = split_word(rest) {
        words.push(word);
        rest = after;
    }
    words
}

/// What follows the first two words, unchanged: the arguments of the compiler in the command line of the launcher.
pub(super) fn after_two_words(line: &[u16]) -> &[u16] {
    let (_, rest) = split_program(line);
    let rest = split_word(rest).map_or(&[][..], |(_, rest)| rest);
    let blanks = rest.iter().take_while(|unit| is_blank(**unit)).count();
    &rest[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    fn text(units: &[u16]) -> String {
        String::from_utf16(units).unwrap()
    }

    fn joined(all: &[&str]) -> String {
        let mut line = Vec::new();
        for word in all {
            add(&mut line, word.encode_utf16());
        }
        text(&line)
    }

    #[test]
    fn words_are_quoted_as_the_runtime_expects() {
        for (words, line) in [
            (&[r"C:\a b\l.exe", "-c", ""][..], r#""C:\a b\l.exe" -c """#),
            (&["l", r#"-DA="x y""#], r#"l "-DA=\"x y\"""#),
            (&["l", r"C:\a b\", r"C:\c\"], r#"l "C:\a b\\" C:\c\"#),
            (&["l", r#"\\"\"#], r#"l \\\\\"\"#),
        ] {
            assert_eq!(joined(words), line);
        }
    }

    #[test]
    fn a_command_line_is_split_into_the_words_that_it_was_made_of() {
        let some = [
            "",
            "a",
            "a b",
            r"a\",
            r"a b\",
            r"\\a\\b c\\",
            r#"""#,
            r#"a"b"#,
            r#"\""#,
            r#"\\" \"#,
            "\t",
            "é ü",
            "-DA=\"b c\"",
        ];
        for first in some {
            for second in some {
                let all = ["C:\\x y\\l.exe", first, second, "end"];
                let found: Vec<String> = words(&units(&joined(&all))).iter().map(|word| text(word)).collect();
                assert_eq!(found, all);
            }
        }
    }

    #[test]
    fn quotes_within_a_word_and_doubled_quotes_are_read() {
        let found = |line: &str| words(&units(line)).iter().map(|word| text(word)).collect::<Vec<_>>();
        assert_eq!(found(r#""C:\a\" b"#), [r"C:\a\", "b"], "a backslash in the program escapes nothing");
        assert_eq!(found(r#"l -I"C:\a b" x"y z"w"#), ["l", r"-IC:\a b", "xy zw"]);
        assert_eq!(found(r#"l "a""b" c"#), ["l", r#"a"b"#, "c"]);
        assert_eq!(found("l  \t a \t"), ["l", "a"]);
        assert_eq!(found(""), [""]);
    }

    #[test]
    fn the_arguments_of_the_compiler_are_passed_on_as_they_are() {
        for (line, rest) in [
            (r#""C:\b\launcher.exe"  "C:\p f\cl.exe" /c   /D"A=\"b c\"" a.c "#, r#"/c   /D"A=\"b c\"" a.c "#),
            (r"l.exe cc", ""),
            (r"l.exe", ""),
            ("l cc \"\"  x", "\"\"  x"),
        ] {
            assert_eq!(text(after_two_words(&units(line))), rest);
        }
    }
}
