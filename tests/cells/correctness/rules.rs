//! Each rule of the launcher names a test case that fails without it.

use toolchainkit::launch::rules::{LOCAL_TABLE, TABLE};

use super::cases;
use crate::list::{List, tests};

tests![every_rule_has_a_case_that_exists];

fn every_rule_has_a_case_that_exists() {
    let mut list = List::default();
    super::tests(&mut list);
    crate::cmake_module::tests(&mut list);
    crate::doctor::tests(&mut list);
    crate::distribute::tests(&mut list);
    let tests = list.names();
    let cases = cases::names();
    let rules = TABLE.iter().map(|rule| (rule.name, rule.cases));
    for (name, of_rule) in rules.chain(LOCAL_TABLE.iter().map(|rule| (rule.name, rule.cases))) {
        assert!(!of_rule.is_empty(), "the rule `{name}` has no case");
        for case in of_rule {
            let is_there =
                cases.contains(case) || tests.iter().any(|test| test.split("::").any(|part| part == *case));
            assert!(is_there, "the rule `{name}` names the case `{case}`, which does not exist");
        }
    }
}
