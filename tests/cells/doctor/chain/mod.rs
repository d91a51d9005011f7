//! The links of the chain: each fault is provoked, and must be named by its link, with its cause and what to do, within 10 s.

mod build;
mod output;
mod project;
mod remote;

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::end_to_end::build::Build;
use crate::list::List;
use crate::support::schema::assert_valid;
use crate::support::{Finished, Run};

pub(crate) fn tests(list: &mut List) {
    for add in [build::tests, output::tests, project::tests, remote::tests] {
        add(list);
    }
}

/// The promise of `doctor`.
const LIMIT: Duration = Duration::from_secs(10);

/// The findings of a run.
struct Report {
    findings: Vec<Value>,
    finished: Finished,
}

impl Report {
    /// Runs this command with the format `json`.
    fn of(command: &mut Command, code: i32) -> Self {
        let finished = command.args(["--format", "json"]).run_expecting(code);
        assert!(finished.elapsed < LIMIT, "doctor must take less than 10 s\n{finished}");
        let document: Value =
            serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}\n{finished}"));
        assert_valid("doctor", &document);
        let findings = document["findings"].as_array().cloned();
        Self { findings: findings.unwrap_or_else(|| panic!("{finished}")), finished }
    }

    fn of_link<'a>(&'a self, link: &'a str) -> impl Iterator<Item = &'a Value> {
        self.findings.iter().filter(move |finding| finding["link"] == link)
    }

    /// Asserts that a finding of `link` has this state, these words, and these words in its help.
    fn assert_has(&self, link: &str, state: &str, text: &str, help: &str) {
        let found = self.of_link(link).any(|finding| {
            let has =
                |member: &str, words: &str| finding[member].as_str().unwrap_or_default().contains(words);
            finding["state"] == state && has("text", text) && has("help", help)
        });
        assert!(found, "{link} is not {state} with `{text}` and `{help}`\n{}", self.finished);
    }

    fn assert_fine(&self, link: &str) {
        let mut found = self.of_link(link).peekable();
        assert!(found.peek().is_some(), "nothing about {link}\n{}", self.finished);
        assert!(found.all(|finding| finding["state"] == "fine"), "{link} is not fine\n{}", self.finished);
    }

    /// Asserts that no other link is broken: the fault has one name.
    fn assert_broken_only(&self, links: &[&str]) {
        let broken = self.findings.iter().filter(|finding| finding["state"] == "broken");
        let others = broken.filter(|finding| !links.iter().any(|link| finding["link"] == *link));
        assert_eq!(others.count(), 0, "other broken links than {links:?}\n{}", self.finished);
    }
}

/// `toolchainkit doctor` in the project.
fn doctor(build: &Build) -> Command {
    let mut command = build.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.arg("doctor");
    command
}
