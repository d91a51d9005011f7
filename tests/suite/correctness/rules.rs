//! Each rule of the launcher has a case that fails without it.

use std::fs;
use std::path::Path;

use toolchainkit::launch::rules::TABLE;

use super::cases;

#[test]
fn every_rule_has_a_case_that_there_is() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let mut tests = String::new();
    for folder in ["correctness", "cmake_module"] {
        for entry in fs::read_dir(suite.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                tests.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let cases = cases::names();
    for rule in TABLE {
        assert!(!rule.cases.is_empty(), "the rule `{}` has no case", rule.name);
        for case in rule.cases {
            // A test's name is one word.
            let is_there = cases.contains(case) || tests.contains(&format!("#[test]\nfn {case}()"));
            assert!(is_there, "the rule `{}` names the case `{case}`, which is not there", rule.name);
        }
    }
}
