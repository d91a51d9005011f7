//! Checks that every test of `tests/cells` is in a list. A test with the attribute of the standard harness would never
//! run there.

use std::fs;
use std::path::Path;

/// The files below `folder` that have the attribute.
fn with_attribute(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            with_attribute(&path, found);
        } else if fs::read_to_string(&path).expect("a source").lines().any(|line| line.trim() == "#[test]") {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn every_cell_is_in_a_list() {
    let mut found = Vec::new();
    with_attribute(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells"), &mut found);
    assert!(found.is_empty(), "these tests belong in `tests![…]`, without the attribute: {found:?}");
}
