//! What is made from the table of rules, and stands in other files. `TOOLCHAINKIT_UPDATE=1` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use toolchainkit::launch::rules;

/// Compares what stands between two lines of a file with what it should be.
fn compare(file: &str, start: &str, end: &str, expected: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("{start}\n"), format!("{end}\n"));
    let from = text.find(&start).unwrap_or_else(|| panic!("{file} has no {start}")) + start.len();
    let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("{file} has no {end}"));
    if text[from..to] == *expected {
        return;
    }
    if std::env::var_os("TOOLCHAINKIT_UPDATE").is_some() {
        fs::write(&path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    panic!(
        "{file}: a section is not that of the table of rules; TOOLCHAINKIT_UPDATE=1 writes it:\n{expected}"
    );
}

#[test]
fn the_script_has_the_rules_of_the_table() {
    let section = rules::fallback_section();
    assert!(section.lines().count() <= 25, "{} lines", section.lines().count());
    compare("cmake/parts/fallback.sh", "# <rules>", "# </rules>", &section);
}

#[test]
fn the_documentation_has_the_rules_of_the_table() {
    compare("cmake/README.md", "<!-- rules -->", "<!-- /rules -->", &format!("\n{}\n", rules::markdown()));
}
