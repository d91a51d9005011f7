//! Sections of other files that are generated from the code, such as the table of rules. `TOOLCHAINKIT_UPDATE=1` updates them.

use std::fs;
use std::path::{Path, PathBuf};

use toolchainkit::launch::{protocol, rules};

/// Compares the text between two lines of a file with the expected one.
pub(crate) fn compare(file: &str, start: &str, end: &str, expected: &str) {
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
        "{file}: a section differs from what it is derived from; TOOLCHAINKIT_UPDATE=1 updates it:\n{expected}"
    );
}

#[test]
fn the_script_has_the_rules_of_the_table() {
    let section = rules::fallback_section();
    assert!(section.lines().count() <= 25, "{} lines", section.lines().count());
    compare("cmake/parts/fallback.sh", "# <rules>", "# </rules>", &section);
}

/// The module does not use an older program, whose rules may give wrong hits.
#[test]
fn the_module_requires_the_protocol_and_the_rules_of_this_version() {
    for file in ["cmake/parts/derived.cmake", "cmake/ToolchainKit.cmake"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for (name, version) in [("minimum_protocol", protocol::PROTOCOL), ("minimum_rules", rules::VERSION)] {
            let set = format!("set({name} ");
            let found = text.lines().filter_map(|line| line.trim().strip_prefix(&set)).collect::<Vec<_>>();
            assert_eq!(found, [format!("{version})")], "{file}: {name}");
        }
    }
}

#[test]
fn the_documentation_has_the_rules_of_the_table() {
    compare("cmake/README.md", "<!-- rules -->", "<!-- /rules -->", &format!("\n{}\n", rules::markdown()));
}
