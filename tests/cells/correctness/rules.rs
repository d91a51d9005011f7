//! Each rule of the launcher names a test case that fails without it.

use toolchainkit::launch::rules::TABLE;

use super::cases;
use crate::list::{List, tests};

tests![every_rule_has_a_case_that_exists];

fn every_rule_has_a_case_that_exists() {
    let mut list = List::default();
    super::tests(&mut list);
    crate::cmake_module::tests(&mut list);
    crate::doctor::tests(&mut list);
    let tests = list.names();
    let cases = cases::names();
    for rule in TABLE {
        assert!(!rule.cases.is_empty(), "the rule `{}` has no case", rule.name);
        for case in rule.cases {
            let is_there =
                cases.contains(case) || tests.iter().any(|test| test.split("::").any(|part| part == *case));
            assert!(is_there, "the rule `{}` names the case `{case}`, which does not exist", rule.name);
        }
    }
}
