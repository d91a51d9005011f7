//! GitHub Actions: a workflow, or the steps of the composite action in this repository.

use std::collections::BTreeMap;
use std::fs;

use serde_yaml::Value;

use super::{Ended, Runner, entries, text};

/// Runs the only job of the workflow.
pub(super) fn run(runner: &Runner<'_>, file: &str) -> Ended {
    let workflow: Value = serde_yaml::from_str(file).expect("YAML");
    let job = &workflow["jobs"]["build"];
    let variables = evaluated_entries(runner, &NO_INPUTS, &job["env"]);
    steps(runner, &NO_INPUTS, variables, &job["steps"])
}

/// Runs the composite action, with these inputs in place of the defaults.
pub(super) fn run_action(runner: &Runner<'_>, file: &str, given: &[(&str, &str)]) -> Ended {
    let action: Value = serde_yaml::from_str(file).expect("YAML");
    let Value::Mapping(declared) = &action["inputs"] else { panic!("no inputs") };
    let mut inputs =
        declared.iter().map(|(name, input)| (text(name), text(&input["default"]))).collect::<Inputs>();
    for (name, value) in given {
        assert!(inputs.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no input {name}");
    }
    // The job sets them as variables.
    let secrets = if runner.job.is_fork { BTreeMap::new() } else { runner.secrets.clone() };
    steps(runner, &inputs, secrets, &action["runs"]["steps"])
}

type Inputs = BTreeMap<String, String>;
const NO_INPUTS: Inputs = Inputs::new();

fn steps(
    runner: &Runner<'_>,
    inputs: &Inputs,
    mut variables: BTreeMap<String, String>,
    steps: &Value,
) -> Ended {
    let mut later = None;
    let files = ["GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"];
    for name in files {
        let path = runner.temporary.join(name);
        fs::write(&path, "").unwrap();
        variables.insert(name.to_owned(), path.to_str().unwrap().to_owned());
    }
    for (name, value) in [
        ("RUNNER_TEMP", runner.temporary.to_str().unwrap()),
        ("GITHUB_WORKSPACE", runner.checkout.to_str().unwrap()),
        ("GITHUB_ACTIONS", "true"),
        ("CI", "true"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    let mut ended = Ended::new();
    for step in steps.as_sequence().expect("steps") {
        if step.get("if").is_some_and(|condition| !holds(runner, inputs, &text(condition))) {
            continue;
        }
        match (step.get("run"), step.get("uses")) {
            (Some(script), None) => {
                let mut own = variables.clone();
                own.extend(evaluated_entries(runner, inputs, &step["env"]));
                let script = text(script);
                assert!(!script.contains("${{"), "an expression in a script can inject commands: {script}");
                ended.add(&runner.shell(&["bash", "-ec"], &script, &runner.checkout, &own));
                if ended.code != 0 {
                    return ended;
                }
                let added = fs::read_to_string(runner.temporary.join("GITHUB_PATH")).unwrap();
                let path = added.lines().rev().collect::<Vec<_>>().join(":");
                variables.insert("PATH".to_owned(), path);
                let exported = fs::read_to_string(runner.temporary.join("GITHUB_ENV")).unwrap();
                let exported = exported.lines().map(|line| line.split_once('=').expect("an assignment"));
                variables.extend(exported.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            (None, Some(action)) => {
                let with = |name: &str| evaluated(runner, inputs, &text(&step["with"][name]));
                let folder = || runner.checkout.join(with("path"));
                match text(action).split('@').next().unwrap() {
                    "actions/checkout" => assert_eq!(text(&step["with"]["persist-credentials"]), "false"),
                    "actions/cache/restore" => runner.restore(&with("restore-keys"), &folder()),
                    "actions/cache/save" => runner.save(&with("key"), &folder(), false),
                    "actions/cache" => {
                        runner.restore(&with("restore-keys"), &folder());
                        later = Some((with("key"), folder()));
                    }
                    // Its two variables exist only on GitHub.
                    "actions/github-script" => {}
                    other => panic!("an unknown action: {other}"),
                }
            }
            _ => panic!("a step that is neither: {step:?}"),
        }
    }
    let summary = fs::read_to_string(runner.temporary.join("GITHUB_STEP_SUMMARY")).unwrap();
    assert!(summary.contains('|'), "no table in the summary: {summary}");
    // After the last step of the job.
    if let Some((key, folder)) = later {
        runner.save(&key, &folder, false);
    }
    ended
}

/// Whether the condition of a step holds.
fn holds(runner: &Runner<'_>, inputs: &Inputs, condition: &str) -> bool {
    let save = inputs.get("save").map(String::as_str);
    let is_push = !runner.job.is_fork;
    match condition {
        "inputs.preset != ''" => !inputs["preset"].is_empty(),
        "inputs.save == 'true' || (inputs.save == 'auto' && github.event_name == 'push')" => {
            save == Some("true") || (save == Some("auto") && is_push)
        }
        "inputs.save == 'auto' && github.event_name != 'push'" => save == Some("auto") && !is_push,
        "github.event_name == 'push'" | "github.event.pull_request.head.repo.fork != true" => is_push,
        other => panic!("an unknown condition: {other}"),
    }
}

fn evaluated_entries(runner: &Runner<'_>, inputs: &Inputs, mapping: &Value) -> BTreeMap<String, String> {
    entries(mapping).into_iter().map(|(name, value)| (name, evaluated(runner, inputs, &value))).collect()
}

/// `text` with the values of its expressions.
fn evaluated(runner: &Runner<'_>, inputs: &Inputs, text: &str) -> String {
    let mut parts = text.split("${{ ");
    let mut value = parts.next().unwrap().to_owned();
    for part in parts {
        let (expression, rest) = part.split_once(" }}").expect("the end of an expression");
        value += &evaluate(runner, inputs, expression);
        value += rest;
    }
    value
}

fn evaluate(runner: &Runner<'_>, inputs: &Inputs, expression: &str) -> String {
    if let Some(name) = expression.strip_prefix("inputs.") {
        return inputs[name].clone();
    }
    if let Some(name) = expression.strip_prefix("secrets.") {
        // A workflow for a fork gets empty secrets.
        let secret = runner.secrets.get(name).unwrap_or_else(|| panic!("there is no secret {name}"));
        return if runner.job.is_fork { String::new() } else { secret.clone() };
    }
    let choice = expression.strip_prefix("github.event.pull_request.head.repo.fork && '");
    if let Some((yes, no)) = choice.and_then(|choice| choice.strip_suffix('\'')?.split_once("' || '")) {
        return if runner.job.is_fork { yes } else { no }.to_owned();
    }
    match expression {
        "github.workspace" => runner.checkout.to_str().unwrap().to_owned(),
        "runner.os" => "Linux".to_owned(),
        "runner.arch" => "X64".to_owned(),
        "github.run_id" => runner.job.number.to_string(),
        "github.run_attempt" => "1".to_owned(),
        "github.job" => "build".to_owned(),
        other => panic!("an unknown expression: {other}"),
    }
}
