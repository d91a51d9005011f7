//! GitLab CI/CD.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::{Ended, Runner, entries, text};

const PROJECT: &str = "7";
const FORK: &str = "8";

/// Runs the only job.
pub(super) fn run(runner: &Runner<'_>, file: &str) -> Ended {
    let pipeline: Value = serde_yaml::from_str(file).expect("YAML");
    let job = &pipeline["build"];
    // In a merge request from a fork, the pipeline of the fork runs, with its own variables.
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("CI", "true");
    set("GITLAB_CI", "true");
    set("CI_PROJECT_DIR", runner.checkout.to_str().unwrap());
    set("CI_JOB_NAME_SLUG", "build");
    set("CI_DEFAULT_BRANCH", "main");
    set("CI_PROJECT_ID", if runner.job.is_fork { FORK } else { PROJECT });
    if runner.job.is_fork {
        set("CI_PIPELINE_SOURCE", "merge_request_event");
        set("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", FORK);
        set("CI_MERGE_REQUEST_PROJECT_ID", PROJECT);
    } else {
        set("CI_PIPELINE_SOURCE", "push");
        set("CI_COMMIT_BRANCH", "main");
        variables.extend(runner.secrets.clone());
    }
    let rules = job["rules"].as_sequence().expect("rules");
    let rule =
        rules.iter().find(|rule| holds(&variables, &text(&rule["if"]))).expect("a rule for this pipeline");
    let own = entries(&job["variables"]).into_iter().chain(entries(&rule["variables"])).collect::<Vec<_>>();
    for (name, value) in own {
        let value = expanded(&variables, &value);
        variables.insert(name, value);
    }
    let cache = job.get("cache").map(|cache| {
        let get = |name: &str| expanded(&variables, &text(&cache[name]));
        let folder = runner.checkout.join(text(&cache["paths"][0]));
        (get("key"), get("policy"), folder)
    });
    if let Some((key, policy, folder)) = &cache {
        assert!(["pull", "pull-push"].contains(&policy.as_str()), "{policy}");
        runner.restore(key, folder);
    }
    let lines = job["script"].as_sequence().expect("a script").iter().map(text).collect::<Vec<_>>();
    let mut ended = Ended::new();
    ended.add(&runner.shell(
        &["bash", "-eo", "pipefail", "-c"],
        &lines.join("\n"),
        &runner.checkout,
        &variables,
    ));
    if let Some((key, _, folder)) = cache.filter(|(_, policy, _)| policy == "pull-push") {
        runner.save(&key, &folder, true);
    }
    let report = text(&job["artifacts"]["paths"][0]);
    assert!(runner.checkout.join(report).is_file(), "{}", ended.text);
    ended
}

/// `text` with the values of `$NAME`.
fn expanded(variables: &BTreeMap<String, String>, text: &str) -> String {
    let mut parts = text.split('$');
    let mut value = parts.next().unwrap().to_owned();
    for part in parts {
        let end =
            part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        value += variables.get(name).unwrap_or_else(|| panic!("no variable {name}"));
        value += rest;
    }
    value
}

fn holds(variables: &BTreeMap<String, String>, condition: &str) -> bool {
    let (left, right) = condition.split_once(" == ").expect("a comparison");
    let value = |side: &str| match side.strip_prefix('$') {
        Some(name) => variables.get(name).cloned(),
        None => Some(side.trim_matches('"').to_owned()),
    };
    value(left).is_some() && value(left) == value(right)
}
