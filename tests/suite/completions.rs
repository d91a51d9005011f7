//! `completions` in the real shells, with the names of a project, and `man`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Run as _, Sandbox, Tool, Tools};

const PROGRAM: &str = env!("CARGO_BIN_EXE_toolchainkit");
const CONFIGURATION: &str = "toolchains: { arm-board: { compilers: { c: arm-gcc, cxx: arm-g++ }, target: { system: Linux, processor: armv7l } } }\nprofiles: { nightly: {}, ci: {} }\n";

/// A project, with the program on `PATH`.
fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name).on_path(Path::new(PROGRAM));
    fs::write(sandbox.root().join("toolchainkit.yaml"), CONFIGURATION).unwrap();
    for folder in ["build", "other"] {
        let summary = sandbox.dir(&format!("{folder}/toolchainkit")).join("cache.json");
        fs::write(summary, "{}").unwrap();
    }
    sandbox
}

fn script(sandbox: &Sandbox, shell: &str, file: &str) {
    let text = sandbox.command(PROGRAM).args(["completions", shell]).run().stdout;
    let path = sandbox.root().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What a shell asks the program when it completes the last word.
fn answers(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.command(PROGRAM);
    command.env("TOOLCHAINKIT_COMPLETE", "bash").env("_CLAP_IFS", "\n");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let answer = command.args(["--", "toolchainkit"]).args(words).run();
    answer.stdout.lines().map(str::to_owned).collect()
}

/// Types `keys` into a shell on a terminal. The keys are text for `printf`; each line waits for the shell.
fn typed(sandbox: &Sandbox, shell: &str, lines: &[&str]) {
    let keys = lines.iter().fold(String::new(), |keys, line| keys + "sleep 0.7; printf '" + line + "\\n'; ");
    let line = format!(
        "({keys} sleep 0.7; printf 'exit\\n'; sleep 0.3) | script --quiet --command '{shell}' terminal.txt"
    );
    let mut command = sandbox.command("sh");
    command.args(["-c", &line]).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
    command.run_to_any_end();
}

/// What the shell showed, for a failure.
fn terminal(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.root().join("terminal.txt")).unwrap_or_default()
}

/// The command of a completed line has run, with this name.
fn assert_planned(sandbox: &Sandbox) {
    let plan = fs::read_to_string(sandbox.root().join("plan.txt")).unwrap_or_default();
    assert!(plan.contains("nightly"), "{plan}\n{}", terminal(sandbox));
}

#[test]
fn the_names_of_the_project_are_completed() {
    let sandbox = sandbox("names");
    for (words, expected) in [
        (&["plan", "--profile", ""][..], &["nightly", "ci"][..]),
        (&["run", "--profile", "n"], &["nightly"]),
        (&["generate", "--stdout", "toolchain", "--toolchain", ""], &["arm-board"]),
        (&["generate", "--stdout", "t"], &["toolchain"]),
        (&["env", "--tool", "s"], &["sccache"]),
        (&["init", "--remote", "red"], &["redis"]),
        (&["explain", "unknown-k"], &["unknown-key"]),
        (&["bench", "--preset", "nightly-arm-board-rel"], &["nightly-arm-board-release"]),
        (&["stats", "--build", "bu"], &["build"]),
        (&["server", "stop", "--build", "oth"], &["other"]),
        (&["sta"], &["stats"]),
        (&["stats", "--fail"], &["--fail-under"]),
        (&["completions", "po"], &["powershell"]),
    ] {
        let found = answers(&sandbox, words);
        for name in expected {
            assert!(found.iter().any(|answer| answer == name), "{words:?}: {found:?}");
        }
    }
    // Another configuration gives other names.
    fs::write(sandbox.root().join("other.yaml"), "profiles: { elsewhere: {} }\n").unwrap();
    for option in [&["--config", "other.yaml"][..], &["--config=other.yaml"]] {
        let words = [option, &["plan", "--profile", ""]].concat();
        assert_eq!(answers(&sandbox, &words), ["elsewhere"]);
    }
    // A configuration with errors has no names, and the shell shows no message.
    fs::write(sandbox.root().join("toolchainkit.yaml"), "profile: [").unwrap();
    assert_eq!(answers(&sandbox, &["plan", "--profile", ""]), Vec::<String>::new());
    let mut command = sandbox.command(PROGRAM);
    command.env("TOOLCHAINKIT_COMPLETE", "tcsh").args(["--", "toolchainkit", ""]);
    assert!(command.run_expecting(2).stderr.contains("unknown shell `tcsh`"));
}

#[test]
fn bash_completes() {
    let Some(_) = Tools::require(&[Tool::System("bash"), Tool::System("script")]) else { return };
    let sandbox = sandbox("bash");
    script(&sandbox, "bash", "completion");
    typed(&sandbox, "bash --norc -i", &[". ./completion", "toolchainkit plan --profile ni\\t>plan.txt"]);
    assert_planned(&sandbox);
}

#[test]
fn zsh_completes_with_source_and_at_the_first_tab_of_a_folder() {
    let Some(_) = Tools::require(&[Tool::System("zsh"), Tool::System("script")]) else { return };
    for load in [
        "autoload -Uz compinit; compinit -D -u; . ./functions/_toolchainkit",
        "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -D -u",
    ] {
        let sandbox = sandbox("zsh");
        script(&sandbox, "zsh", "functions/_toolchainkit");
        typed(&sandbox, "zsh -f -i", &[load, "toolchainkit plan --profile ni\\t>plan.txt"]);
        assert_planned(&sandbox);
    }
}

#[test]
fn fish_completes() {
    let Some(_) = Tools::require(&[Tool::System("fish")]) else { return };
    let sandbox = sandbox("fish");
    script(&sandbox, "fish", "config/fish/completions/toolchainkit.fish");
    let complete = |line: &str| {
        let query = format!("complete --do-complete '{line}'");
        sandbox.command("fish").args(["--command", &query]).run().stdout
    };
    assert_eq!(complete("toolchainkit plan --profile "), "nightly\nci\n");
    assert!(complete("toolchainkit sta").starts_with("stats\tShow hits"), "{}", complete("toolchainkit sta"));
}

/// There is no PowerShell among the packages that the tests can install, so its script is only compared.
#[test]
fn the_script_for_powershell_is_as_reviewed() {
    let sandbox = Sandbox::new("powershell");
    let text = sandbox.command(PROGRAM).args(["completions", "powershell"]).run().stdout;
    insta::with_settings!({ snapshot_path => "../golden/completions", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("powershell", text);
    });
}

#[test]
fn every_command_has_a_manual_page_without_faults() {
    let Some(_) = Tools::require(&[Tool::System("man"), Tool::System("mandoc")]) else { return };
    let sandbox = Sandbox::new("man");
    let pages = sandbox.root().join("man1");
    sandbox.command(PROGRAM).args(["man", "--out"]).arg(&pages).run();
    let mut names = Vec::new();
    for entry in fs::read_dir(&pages).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        // Without a date, the same source gives the same bytes.
        let lint =
            sandbox.command("mandoc").args(["-T", "lint", "-W", "warning"]).arg(&path).run_to_any_end();
        let faults = lint
            .text()
            .lines()
            .filter(|line| !line.contains("missing date"))
            .map(str::to_owned)
            .collect::<Vec<_>>();
        assert!(faults.is_empty(), "{faults:#?}");
        let mut man = sandbox.command("man");
        man.args(["--warnings", "--local-file"]).arg(&path).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "100");
        let shown = man.run();
        assert!(shown.stderr.is_empty(), "{shown}");
        assert!(shown.stdout.contains("SEE ALSO") && !text.contains('\u{1b}'), "{shown}");
    }
    let help = Command::new(PROGRAM).arg("--help").run().stdout;
    let commands = help.split_once("Commands:\n").unwrap().1.lines().take_while(|line| !line.is_empty());
    for name in commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(names.contains(&format!("toolchainkit-{name}")), "{name}: {names:?}");
    }
    for name in
        ["toolchainkit", "toolchainkit-launch", "toolchainkit-cache-clean", "toolchainkit-server-stop"]
    {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    // A page without its folder.
    let page = sandbox.command(PROGRAM).args(["man", "launch"]).run().stdout;
    assert_eq!(page, fs::read_to_string(pages.join("toolchainkit-launch.1")).unwrap());
    assert!(sandbox.command(PROGRAM).args(["man", "nothing"]).run_expecting(2).stderr.contains("stats"));
}
