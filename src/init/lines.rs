//! The lines for `.gitignore` and `.gitattributes`.

/// The lines of `wanted` that a file does not contain yet.
pub(crate) fn missing(text: Option<&str>, wanted: &[String]) -> Vec<String> {
    let normal = |line: &str| {
        let mut words = line.split_whitespace();
        let pattern = words.next().unwrap_or_default().trim_matches('/').trim_start_matches("./").to_owned();
        (pattern, words.map(|word| word.trim_end_matches("=true").to_owned()).collect::<Vec<_>>())
    };
    let known = text.unwrap_or_default().lines().map(normal).collect::<Vec<_>>();
    let is_known = |line: &String| {
        let (pattern, attributes) = normal(line);
        known.iter().any(|(other, has)| {
            *other == pattern && attributes.iter().all(|attribute| has.contains(attribute))
        })
    };
    wanted.iter().filter(|line| !is_known(line)).cloned().collect()
}

/// The file with these lines at its end.
pub(crate) fn with(text: Option<&str>, lines: &[String]) -> String {
    let text = text.unwrap_or_default();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let lines = lines.iter().fold(String::new(), |all, line| all + line + end);
    format!("{text}{gap}{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_written_twice() {
        let wanted = ["/build/".to_owned(), "/.ccache/".to_owned()];
        assert_eq!(missing(None, &wanted), wanted);
        for present in ["build", "build/", "/build", "/build/", "./build/", "/build/ \r", "x\n/build/"] {
            assert_eq!(missing(Some(present), &wanted), ["/.ccache/"], "{present}");
        }
        for other in ["# /build/", "builds", "!build", "src/build"] {
            assert_eq!(missing(Some(other), &wanted), wanted, "{other}");
        }
        let wanted = ["a.cmake linguist-generated".to_owned()];
        assert_eq!(missing(Some("/a.cmake text linguist-generated=true"), &wanted), [""; 0]);
        assert_eq!(missing(Some("a.cmake text"), &wanted), wanted);
    }

    #[test]
    fn the_text_before_stays_the_same() {
        let lines = ["b".to_owned()];
        for (text, expected) in [
            (None, "b\n"),
            (Some("a"), "a\nb\n"),
            (Some("a\n"), "a\nb\n"),
            (Some("a\r\nc"), "a\r\nc\r\nb\r\n"),
        ] {
            assert_eq!(with(text, &lines), expected);
        }
    }
}
