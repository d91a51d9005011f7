//! What all commands have in common: colours, widths, locales, the form of errors, and the schemas of JSON.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::schema::assert_valid;
use crate::support::{Finished, Run, Sandbox};

const PROGRAM: &str = env!("CARGO_BIN_EXE_toolchainkit");
const CONFIGURATION: &str = "cache:\n  tool: sccache\n  remote:\n    type: redis\n    endpoint: redis://h\n    credentials: { password: \"${PW}\" }\nprofiles: { ci: {} }\n";
const INVALID: &str = "cache: { tool: scache, size_gb: 0 }\nprojcet: {}\n";

fn sandbox(configuration: &str) -> Sandbox {
    let sandbox = Sandbox::new("voice");
    fs::write(sandbox.root().join("toolchainkit.yaml"), configuration).unwrap();
    sandbox
}

fn command(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = sandbox.command(PROGRAM);
    command.args(words);
    command
}

fn commands(sandbox: &Sandbox) -> Vec<String> {
    let help = command(sandbox, &["--help"]).run().stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let first = |line: &str| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    };
    let names = list.lines().take_while(|line| !line.is_empty()).filter_map(first).collect::<Vec<_>>();
    assert!(names.len() >= 13, "{names:?}");
    names
}

/// Calls that print something, of every command: results, help, diagnostics and errors.
fn calls(sandbox: &Sandbox) -> Vec<Vec<String>> {
    let mut calls = [
        "validate",
        "validate --format json",
        "plan",
        "plan --format json",
        "generate",
        "generate --check",
        "generate --stdout presets",
        "env",
        "env --shell fish",
        "explain",
        "explain unknown-key",
        "schema",
        "init",
        "init --stdout",
        "stats",
        "doctor",
        "server status",
        "server stop",
        "cache",
        "install --list --offline",
        "install --verify",
        "run true",
        "run no-such-program",
        "generate --remove",
        "--version",
        "",
        "validate --config wrong.yaml",
        "validate --config missing.yaml",
        "generate --chekc",
        "generate --check --diff",
        "plan --format xml",
        "nothing",
    ]
    .map(str::to_owned)
    .to_vec();
    calls.extend(commands(sandbox).into_iter().map(|name| format!("{name} --help")));
    fs::write(sandbox.root().join("wrong.yaml"), INVALID).unwrap();
    calls.iter().map(|call| call.split_whitespace().map(str::to_owned).collect()).collect()
}

fn finish(sandbox: &Sandbox, call: &[String], prepare: impl FnOnce(&mut Command)) -> Finished {
    let mut command = sandbox.command(PROGRAM);
    command.args(call);
    prepare(&mut command);
    command.run_to_any_end()
}

#[test]
fn without_a_terminal_no_command_prints_colours() {
    let sandbox = sandbox(CONFIGURATION);
    for call in calls(&sandbox) {
        let printed = finish(&sandbox, &call, |_| ());
        assert!(!printed.text().contains('\u{1b}'), "{printed}");
    }
}

#[test]
fn in_an_ascii_locale_every_command_prints_ascii() {
    let sandbox = sandbox(CONFIGURATION);
    for call in calls(&sandbox) {
        let printed = finish(&sandbox, &call, |command| {
            command.env("LC_ALL", "C");
        });
        assert!(printed.text().is_ascii(), "{printed}");
    }
    // The same call has other characters in a UTF-8 locale.
    let call = ["validate", "--config", "wrong.yaml"].map(str::to_owned);
    assert!(!finish(&sandbox, &call, |_| ()).stderr.is_ascii());
}

/// Runs the command on a terminal of 80 columns, and returns what it shows. `script` provides the terminal.
fn on_terminal(sandbox: &Sandbox, words: &[String], variables: &[(&str, &str)]) -> String {
    let quoted = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let line = format!("stty cols 80 rows 24; {PROGRAM} {quoted}");
    let mut script = sandbox.command("script");
    script.args(["--quiet", "--command", &line, "/dev/null"]).env("TERM", "xterm-256color");
    script.envs(variables.iter().copied());
    script.run().stdout.replace("\r\n", "\n")
}

#[test]
fn colours_follow_the_terminal_the_option_and_the_environment() {
    let sandbox = sandbox(CONFIGURATION);
    let error = ["explain", "no-such-code"].map(str::to_owned);
    let has_colour = |text: &str| text.contains("\u{1b}[");
    assert!(has_colour(&on_terminal(&sandbox, &error, &[])));
    assert!(!has_colour(&on_terminal(&sandbox, &error, &[("NO_COLOR", "1")])));
    assert!(!has_colour(&on_terminal(&sandbox, &error, &[("TERM", "dumb")])));
    let never = ["--color=never", "explain", "no-such-code"].map(str::to_owned);
    assert!(!has_colour(&on_terminal(&sandbox, &never, &[])));
    let forced = finish(&sandbox, &error, |command| {
        command.env("CLICOLOR_FORCE", "1");
    });
    assert!(has_colour(&forced.stderr), "{forced}");
    for call in
        ["explain no-such-code", "generate --chekc", "validate --config wrong.yaml", "--help", "plan --help"]
    {
        fs::write(sandbox.root().join("wrong.yaml"), INVALID).unwrap();
        let call = call.split(' ').chain(["--color", "always"]).map(str::to_owned).collect::<Vec<_>>();
        let always = finish(&sandbox, &call, |command| {
            command.env("NO_COLOR", "1");
        });
        assert!(has_colour(&always.text()), "{always}");
    }
    // Results for programs never have colours.
    for call in ["plan --format json", "env", "schema"] {
        let call = call.split(' ').chain(["--color", "always"]).map(str::to_owned).collect::<Vec<_>>();
        assert!(!has_colour(&finish(&sandbox, &call, |_| ()).stdout), "{call:?}");
    }
}

#[test]
fn help_and_diagnostics_fit_into_80_columns() {
    let sandbox = sandbox(CONFIGURATION);
    let mut calls =
        commands(&sandbox).into_iter().map(|name| vec![name, "--help".to_owned()]).collect::<Vec<_>>();
    fs::write(sandbox.root().join("wrong.yaml"), INVALID).unwrap();
    calls.extend([
        vec!["--help".to_owned()],
        ["validate", "--config", "wrong.yaml"].map(str::to_owned).to_vec(),
    ]);
    for call in calls {
        let shown = on_terminal(&sandbox, &call, &[("NO_COLOR", "1")]);
        assert!(shown.lines().count() > 5, "{call:?}: {shown}");
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{call:?}: {line}");
        }
    }
}

#[test]
fn errors_of_the_command_line_have_the_form_of_all_others() {
    let sandbox = sandbox(CONFIGURATION);
    for (call, lines) in [
        (
            "generate --chekc",
            &["error: unexpected argument '--chekc' found", "  help: a similar argument exists: '--check'"][..],
        ),
        ("plan --format xml", &["error: invalid value 'xml' for '--format <FORMAT>'"]),
        ("generate --check --diff", &["error: the argument '--check' cannot be used with '--diff'"]),
        (
            "explain nothing",
            &["error: there is no code `nothing`; run `toolchainkit explain` to list all codes"],
        ),
        ("stats --build nowhere", &["error: no configured build with toolchainkit was found in nowhere"]),
    ] {
        let call = call.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let printed = finish(&sandbox, &call, |_| ());
        for (shown, line) in printed.stderr.lines().zip(lines) {
            assert!(shown.starts_with(line), "{line}: {printed}");
        }
        assert!(printed.stderr.lines().skip(1).all(|line| line.starts_with("  ")), "{printed}");
        assert!(!printed.stderr.contains("\n\n"), "{printed}");
    }
}

#[test]
fn the_checked_in_schemas_are_up_to_date() {
    let sandbox = sandbox(CONFIGURATION);
    let help = command(&sandbox, &["schema", "--help"]).run().stdout;
    let names = help.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split(':').next());
    let names =
        names.filter(|name| !["config", "auto", "always", "never"].contains(name)).collect::<Vec<_>>();
    assert!(names.len() >= 5, "{help}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    for name in &names {
        let printed = command(&sandbox, &["schema", name]).run().stdout;
        let path = folder.join(format!("{name}.v1.json"));
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &printed).unwrap();
        }
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            checked_in, printed,
            "run `UPDATE_SCHEMA=1 cargo test the_checked_in_schemas` and commit the result"
        );
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), names.len(), "a file of a removed document");
}

#[test]
fn the_json_of_each_command_has_the_form_of_its_schema() {
    let sandbox = sandbox(CONFIGURATION);
    fs::write(sandbox.root().join("wrong.yaml"), INVALID).unwrap();
    for (name, call, code) in [
        ("validate", "validate", 0),
        ("validate", "validate --config wrong.yaml", 3),
        ("plan", "plan", 0),
        ("plan", "plan --profile ci", 0),
        ("generate", "generate --check", 4),
        ("generate", "generate", 0),
        ("generate", "generate --diff", 0),
        ("generate", "generate --check", 0),
        ("generate", "generate --remove", 0),
        ("env", "env", 0),
        ("env", "env --with-secrets", 0),
        ("explain", "explain", 0),
        ("explain", "explain unknown-key", 0),
        ("cache", "cache", 0),
        ("server", "server status", 0),
        ("install", "install --list --offline", 0),
    ] {
        let words = call.split(' ').chain(["--format", "json"]).collect::<Vec<_>>();
        let printed = command(&sandbox, &words).env("PW", "hunter2").run_expecting(code);
        let document: Value =
            serde_json::from_str(&printed.stdout).unwrap_or_else(|error| panic!("{error}: {printed}"));
        assert_valid(name, &document);
        if document.is_object() {
            assert_eq!(document["schema_version"], 1, "{call}");
        }
        assert_eq!(printed.text().contains("hunter2"), call.contains("--with-secrets"), "{call}");
        match call {
            "generate --check" if code == 4 => assert_eq!(document["files"][0]["state"], "missing"),
            "generate" => assert_eq!(document["files"][0]["state"], "written"),
            "generate --remove" => assert_eq!(document["files"][0]["state"], "removed"),
            "explain unknown-key" => assert_eq!(document["codes"][0]["code"], "unknown-key"),
            "env" => assert_eq!(document["variables"][1]["template"], "{PW}"),
            _ => {}
        }
    }
}
