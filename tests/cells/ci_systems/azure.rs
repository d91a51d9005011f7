//! Azure Pipelines.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::{Ended, Runner, entries, text};

/// Runs the steps.
pub(super) fn run(runner: &Runner<'_>, file: &str) -> Ended {
    let pipeline: Value = serde_yaml::from_str(file).expect("YAML");
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| variables.insert(name.to_owned(), value.to_owned());
    set("Build.SourcesDirectory", runner.checkout.to_str().unwrap());
    set("Build.BuildId", &runner.job.number.to_string());
    set("Agent.OS", "Linux");
    set("Agent.TempDirectory", runner.temporary.to_str().unwrap());
    set("System.PullRequest.IsFork", if runner.job.is_fork { "True" } else { "False" });
    set("TF_BUILD", "True");
    for (name, value) in entries(&pipeline["variables"]) {
        let value = expanded(&variables, &value);
        variables.insert(name, value);
    }
    let mut saved = None;
    let mut path = String::new();
    let mut ended = Ended::new();
    for step in pipeline["steps"].as_sequence().expect("steps") {
        if step.get("checkout").is_some() {
            assert_eq!(text(&step["persistCredentials"]), "false");
        } else if let Some(task) = step.get("task") {
            assert_eq!(text(task), "Cache@2");
            let get = |name: &str| expanded(&variables, &text(&step["inputs"][name]));
            runner.restore(&get("restoreKeys"), get("path").as_ref());
            saved = Some((get("key"), get("path")));
        } else {
            // Each variable is a variable of the environment. A secret is only in `env` of a step.
            let mut environment = variables
                .iter()
                .map(|(name, value)| (name.replace('.', "_").to_uppercase(), value.clone()))
                .collect::<BTreeMap<_, _>>();
            let mut known = variables.clone();
            if !runner.job.is_fork {
                known.extend(runner.secrets.clone());
            }
            let own = step.get("env").map(entries).unwrap_or_default();
            environment.extend(own.into_iter().map(|(name, value)| (name, expanded(&known, &value))));
            if !path.is_empty() {
                environment.insert("PATH".to_owned(), path.clone());
            }
            let finished = runner.shell(
                &["bash", "--noprofile", "--norc", "-c"],
                &text(&step["bash"]),
                &runner.checkout,
                &environment,
            );
            ended.add(&finished);
            if ended.code != 0 {
                return ended;
            }
            for line in finished.stdout.lines() {
                if let Some(folder) = line.strip_prefix("##vso[task.prependpath]") {
                    folder.clone_into(&mut path);
                } else if let Some((name, value)) = line
                    .strip_prefix("##vso[task.setvariable variable=")
                    .and_then(|rest| rest.split_once(']'))
                {
                    variables.insert(name.to_owned(), value.to_owned());
                } else if let Some(file) = line.strip_prefix("##vso[task.uploadsummary]") {
                    assert!(std::fs::read_to_string(file).unwrap().contains('|'), "no table");
                } else {
                    assert!(!line.starts_with("##vso"), "{line}");
                }
            }
        }
    }
    // A fork writes to a scope of its own.
    if let Some((key, folder)) = saved.filter(|_| !runner.job.is_fork) {
        runner.save(&key, folder.as_ref(), false);
    }
    ended
}

/// `text` with the values of `$(NAME)`. As in Azure, it stays if there is no such variable.
fn expanded(variables: &BTreeMap<String, String>, text: &str) -> String {
    let mut parts = text.split("$(");
    let mut value = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(')').expect("the end of a name");
        match variables.get(name) {
            Some(found) => value += found,
            None => value += &format!("$({name})"),
        }
        value += rest;
    }
    value
}
