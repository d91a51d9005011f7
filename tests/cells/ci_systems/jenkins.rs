//! Jenkins: the environment and the shell of a declarative pipeline.

use std::collections::BTreeMap;

use super::{Ended, Runner};

/// Runs the shell of all stages.
pub(super) fn run(runner: &Runner<'_>, file: &str) -> Ended {
    let mut variables = BTreeMap::new();
    for (name, value) in [
        ("WORKSPACE", runner.checkout.to_str().unwrap()),
        ("WORKSPACE_TMP", runner.temporary.to_str().unwrap()),
        ("JENKINS_URL", "http://127.0.0.1/"),
        // The cache stays on the agent.
        ("XDG_CACHE_HOME", runner.saved.to_str().unwrap()),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    if runner.job.is_fork {
        variables.insert("CHANGE_FORK".to_owned(), "somebody".to_owned());
    }
    let (_, environment) = file.split_once("  environment {\n").expect("an environment");
    for line in environment.lines().take_while(|line| line.trim() != "}") {
        let line = line.trim();
        if line.starts_with("//") {
            continue;
        }
        let (name, value) = line.split_once(" = ").expect("an assignment");
        let value = match value.strip_prefix("credentials(").and_then(|value| value.strip_suffix(')')) {
            Some(id) => runner.secrets[id.trim_matches('\'')].clone(),
            None => value.trim_matches('\'').to_owned(),
        };
        variables.insert(name.to_owned(), value);
    }
    let mut ended = Ended::new();
    let mut rest = file;
    while let Some((_, after)) = rest.split_once("sh '''") {
        let (script, after) = after.split_once("'''").expect("the end of a script");
        rest = after;
        // Within these quotes, Groovy removes a backslash before a line break.
        let script = script.replace("\\\n", "");
        ended.add(&runner.shell(&["sh", "-euc"], &script, &runner.checkout, &variables));
        if ended.code != 0 {
            return ended;
        }
    }
    assert!(runner.checkout.join("toolchainkit-report.html").is_file(), "{}", ended.text);
    ended
}
