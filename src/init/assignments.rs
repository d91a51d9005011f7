//! Finds `NAME: value` and `NAME=value` in the files of a CI, whatever their language.

use super::{Found, Origin};
use crate::caching::language::Language;
use crate::caching::remote::{BACKENDS, Section, variables};

/// Whether `init` reads or reports this variable.
pub(super) fn is_of_interest(name: &str) -> bool {
    name.starts_with("SCCACHE_")
        || name.starts_with("CCACHE_")
        || is_launcher(name)
        || is_compiler(name)
        || is_credential(name)
}

/// Whether CMake reads a compiler from this variable, which may have a launcher before it: `CC="ccache gcc"`.
pub(super) fn is_compiler(name: &str) -> bool {
    ["CC", "CXX", "OBJC", "OBJCXX", "CUDACXX", "HIPCXX"].contains(&name)
}

/// Whether CMake reads a launcher from this variable.
pub(super) fn is_launcher(name: &str) -> bool {
    let language = name.strip_prefix("CMAKE_").and_then(|name| name.strip_suffix("_COMPILER_LAUNCHER"));
    language.is_some_and(|language| Language::ALL.iter().any(|known| known.cmake_name() == language))
}

/// Whether a storage reads a credential from this variable.
pub(super) fn is_credential(name: &str) -> bool {
    is_credential_of_field(name)
        || BACKENDS.iter().any(|backend| variables::is_one_of(name, backend.credential_variables()))
}

/// Whether a key below `credentials` corresponds to this variable.
pub(super) fn is_credential_of_field(name: &str) -> bool {
    BACKENDS.iter().any(|backend| {
        let mut fields = backend.fields().iter().filter(|field| field.section == Section::Credentials);
        fields.any(|field| field.variable.is_some_and(|variable| variable.name == name))
    })
}

/// The variables that a file of a CI sets.
pub(super) fn in_text(path: &str, text: &str) -> Vec<Found> {
    let lines = text.lines().collect::<Vec<_>>();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') || trimmed.starts_with("//") {
            continue;
        }
        for (name, rest) in names(line) {
            let is_named = || {
                let before = trimmed.trim_start_matches("- ").trim_start_matches('"');
                before.starts_with("name:") && rest.trim_matches(['"', '\'', ' ']).is_empty()
            };
            let below = || value_below(&lines[index + 1..]);
            let value = match assigned(rest) {
                Some("") => below(),
                Some(value) => Some((value, 0)),
                // Azure has a list of names and values.
                None if is_named() => below(),
                None => None,
            };
            if let Some((value, distance)) = value {
                let mut one = Found::new(name, value, Origin::Ci, path, index + 1);
                one.place.last = (distance > 0).then_some(index + 1 + distance);
                found.push(one);
            }
        }
    }
    found
}

/// The names in a line that are not references to variables, each with the text after it.
fn names(line: &str) -> Vec<(&str, &str)> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..].find(is_name).map(|start| at + start) {
        let end = line[start..].find(|letter| !is_name(letter)).map_or(line.len(), |end| start + end);
        at = end;
        let before = &line[..start];
        let (name, before) = match line[start..end].strip_prefix('D') {
            Some(name) if before.ends_with('-') => (name, ""),
            _ => (&line[start..end], before),
        };
        let is_reference = before.ends_with(['$', '.', '%'])
            || before.ends_with("${")
            || before.ends_with("env{")
            || before.ends_with("-U");
        if is_of_interest(name) && !is_reference {
            found.push((name, &line[end..]));
        }
    }
    found
}

/// The value after a name; empty if it is not in this line.
fn assigned(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    // The type of a cache entry on the command line.
    let typed = rest.strip_prefix(':').and_then(|rest| rest.split_once('='));
    let rest = match typed {
        Some((kind, value)) if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            return Some(word(value));
        }
        _ => rest.trim_start(),
    };
    if let Some(value) = rest.strip_prefix(':') {
        let value = value.strip_prefix([' ', '\t']).or(value.is_empty().then_some(value))?.trim();
        let quote = value.chars().next().filter(|letter| "\"'".contains(*letter));
        return Some(match quote.and_then(|quote| value[1..].find(quote)) {
            Some(end) => &value[1..=end],
            None => value.split(" #").next().unwrap_or_default().trim_end().trim_end_matches(','),
        });
    }
    let value = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '~']))?;
    Some(word(value.trim_start_matches(' '))).filter(|value| !value.is_empty())
}

/// A word of a shell, which may contain an expression in `${{ }}`.
fn word(text: &str) -> &str {
    if let Some(quote) = text.chars().next().filter(|letter| "\"'".contains(*letter))
        && let Some(end) = text[1..].find(quote)
    {
        return &text[1..=end];
    }
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("${{")
            && let Some(end) = rest.find("}}")
        {
            at += end + 2;
        } else if let Some(letter) = rest.chars().next()
            && !(letter.is_whitespace() || "\"';&|".contains(letter))
        {
            at += letter.len_utf8();
        } else {
            return &text[..at];
        }
    }
}

/// The lines that put ccache's links with the names of compilers on PATH.
pub(super) fn masquerades(text: &str) -> Vec<usize> {
    const FOLDERS: [&str; 4] = ["/lib/ccache", "/lib64/ccache", "/ccache/libexec", "/ccache/bin:"];
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| {
        !line.trim_start().starts_with('#') && FOLDERS.iter().any(|folder| line.contains(folder))
    });
    lines.map(|(index, _)| index + 1).collect()
}

/// `value: x` in one of the next lines, as for variables with a description, and its distance.
fn value_below<'a>(lines: &[&'a str]) -> Option<(&'a str, usize)> {
    let below =
        |(index, line): (usize, &&'a str)| Some((line.trim_start().strip_prefix("value")?, index + 1));
    let (rest, distance) = lines.iter().take(2).enumerate().find_map(below)?;
    Some((assigned(rest).filter(|value| !value.is_empty())?, distance))
}

/// A step of a workflow that uses an action for a cache tool.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// `owner/name`
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) inputs: Vec<(String, String, usize)>,
}

/// The actions for cache tools in a workflow of GitHub.
pub(super) fn actions(text: &str) -> Vec<Action> {
    let lines = text.lines().collect::<Vec<_>>();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((before, name)) = line.split_once("uses:") else { continue };
        let name = name.trim().trim_matches(['"', '\'']).split('@').next().unwrap_or_default().to_owned();
        if before.trim_start().starts_with('#') || !name.contains("ccache") {
            continue;
        }
        let indentation = line.len() - line.trim_start_matches([' ', '-']).len();
        let of_step = lines[index + 1..].iter().enumerate().take(30).take_while(|(_, line)| {
            let indented = line.len() - line.trim_start().len();
            line.trim().is_empty() || indented >= indentation
        });
        let inputs = of_step.filter_map(|(offset, line)| {
            let (key, _) = line.trim_start().split_once(':')?;
            let value = assigned(&line.trim_start()[key.len()..])?;
            Some((key.to_owned(), value.to_owned(), index + 2 + offset))
        });
        found.push(Action { name, line: index + 1, inputs: inputs.collect() });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(String, String, usize)> {
        let line = |found: &Found| found.place.line.unwrap_or_default();
        in_text("ci.yml", text)
            .iter()
            .map(|found| (found.name.clone(), found.value.clone(), line(found)))
            .collect()
    }

    fn one(text: &str) -> Option<String> {
        of(text).first().map(|found| found.1.clone())
    }

    #[test]
    fn finds_the_values_in_each_language_of_a_ci() {
        let cases = [
            ("  SCCACHE_BUCKET: builds", "builds"),
            ("  SCCACHE_BUCKET: \"b # c\" # d", "b # c"),
            ("  SCCACHE_BUCKET: 'b'", "b"),
            ("  SCCACHE_BUCKET: b # c", "b"),
            ("{ \"SCCACHE_BUCKET\": \"b\", }", "b"),
            ("export SCCACHE_BUCKET=b; ninja", "b"),
            ("export SCCACHE_BUCKET=\"a b\"", "a b"),
            ("- run: SCCACHE_BUCKET=b ninja", "b"),
            ("echo \"SCCACHE_BUCKET=b\" >> $GITHUB_ENV", "b"),
            ("$env:SCCACHE_BUCKET = 'b'", "b"),
            ("  environment { SCCACHE_BUCKET = 'b' }", "b"),
            ("cmake -DCMAKE_C_COMPILER_LAUNCHER=ccache ..", "ccache"),
            ("cmake -DCMAKE_C_COMPILER_LAUNCHER:STRING=ccache", "ccache"),
            ("CCACHE_DIR: ${{ github.workspace }}/.ccache", "${{ github.workspace }}/.ccache"),
            ("export CCACHE_DIR=${{ github.workspace }}/.ccache", "${{ github.workspace }}/.ccache"),
            ("- name: SCCACHE_BUCKET\n  value: b", "b"),
            ("SCCACHE_BUCKET:\n    value: \"b\"\n    description: x", "b"),
        ];
        for (text, value) in cases {
            assert_eq!(one(text).as_deref(), Some(value), "{text}");
        }
        for text in [
            "# SCCACHE_BUCKET: b",
            "// SCCACHE_BUCKET = b",
            "if [ $SCCACHE_BUCKET = b ]",
            "x: ${{ env.SCCACHE_BUCKET }}",
            "${SCCACHE_BUCKET:-b}",
            "if (SCCACHE_BUCKET == 'b')",
            "cmake -UCMAKE_C_COMPILER_LAUNCHER",
            "unset SCCACHE_BUCKET",
            "MY_SCCACHE_BUCKET=b",
            "SCCACHE_BUCKET:",
            "- name: SCCACHE_BUCKET",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    #[test]
    fn finds_several_values_in_a_line() {
        let found = of("\ncmake -DCMAKE_C_COMPILER_LAUNCHER=sccache -DCMAKE_CXX_COMPILER_LAUNCHER=sccache");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|found| found.1 == "sccache" && found.2 == 2));
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in [
            "SCCACHE_BUCKET=\"",
            "SCCACHE_BUCKET: \"ä",
            "-DCCACHE_DIR=ä",
            "CCACHE_DIR:ä",
            "uses:ccache\nä: ö",
            "\u{feff}CCACHE_DIR=${{",
        ] {
            in_text("x", text);
            actions(text);
        }
    }

    #[test]
    fn finds_the_folder_of_links() {
        let text = "# /usr/lib/ccache\n- run: echo \"/usr/lib/ccache\" >> $GITHUB_PATH\nexport PATH=/usr/lib64/ccache:$PATH\n";
        assert_eq!(masquerades(text), [2, 3]);
    }

    #[test]
    fn finds_actions_with_their_inputs() {
        let text = "steps:\n  - uses: actions/checkout@v4\n  - name: cache\n    uses: hendrikmuhs/ccache-action@v1.2\n    with:\n      max-size: \"2G\"\n      key: x\n  - run: ninja\n";
        let found = actions(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].line), ("hendrikmuhs/ccache-action", 4));
        assert!(found[0].inputs.contains(&("max-size".to_owned(), "2G".to_owned(), 6)), "{found:?}");
        assert!(!found[0].inputs.iter().any(|input| input.0 == "run"));
    }
}
