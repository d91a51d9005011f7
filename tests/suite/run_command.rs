//! `toolchainkit run`: the command behaves as without it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::{Run, Sandbox, write_script};

const PROGRAM: &str = env!("CARGO_BIN_EXE_toolchainkit");
const SECRET: &str = "cache:\n  tool: sccache\n  remote:\n    type: redis\n    endpoint: redis://h\n    credentials: { password: \"${PW}\" }\n";

/// A command that ignores no signals, although the tests may ignore some, for example below `nohup`.
fn command_of(sandbox: &Sandbox, program: &str) -> Command {
    let mut command = sandbox.command("env");
    command.args(["--default-signal", program]);
    command
}

fn run_of(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = command_of(sandbox, PROGRAM);
    command.args(["run", "--"]).args(words);
    command
}

fn finish(child: &mut Child) -> ExitStatus {
    let mut status = None;
    assert!(eventually(Duration::from_secs(20), || {
        status = child.try_wait().unwrap();
        status.is_some()
    }));
    status.unwrap()
}

#[test]
fn the_exit_code_or_signal_is_that_of_the_command() {
    let sandbox = Sandbox::new("run");
    for end in ["exit 0", "exit 1", "exit 7", "exit 77", "exit 126", "exit 127", "exit 130", "exit 255"] {
        let bare = sandbox.command("sh").args(["-c", end]).status().unwrap();
        let ours = run_of(&sandbox, &["sh", "-c", end]).run_to_any_end();
        assert_eq!(ours.code(), bare.code(), "{end}: {ours}");
    }
    for name in ["HUP", "INT", "QUIT", "ABRT", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1", "BUS", "FPE"] {
        let script = format!("kill -s {name} $$");
        let mut commands = [command_of(&sandbox, "sh"), run_of(&sandbox, &["sh"])];
        let [bare, ours] = commands.each_mut().map(|command| {
            let ended = command.args(["-c", &script]).stderr(Stdio::null()).status().unwrap();
            (ended.code(), ended.signal())
        });
        assert_eq!(ours, bare, "{name}");
        assert!(bare.1.is_some(), "{name}");
    }
    let missing = run_of(&sandbox, &["no-such-program"]).run_expecting(127);
    assert!(missing.stderr.contains("error: cannot run no-such-program"), "{missing}");
    run_of(&sandbox, &["/etc/passwd"]).run_expecting(126);
}

#[test]
fn standard_streams_arguments_and_the_working_folder_are_untouched() {
    let sandbox = Sandbox::new("run");
    let all = (0..=255).collect::<Vec<u8>>();
    let mut command = run_of(
        &sandbox,
        &["sh", "-c", "cat; cat >&2 all; printf '%s|' \"$@\" >arguments; pwd >>arguments", "sh"],
    );
    command.args(["", "a b", "--color", "--", "$HOME", "\n"]).current_dir(sandbox.dir("here"));
    fs::write(sandbox.root().join("here/all"), &all).unwrap();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&all).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, all);
    assert!(output.stderr.windows(all.len()).any(|part| part == all), "{:?}", output.stderr);
    let arguments = fs::read_to_string(sandbox.root().join("here/arguments")).unwrap();
    assert_eq!(arguments, format!("|a b|--color|--|$HOME|\n|{}\n", sandbox.root().join("here").display()));
}

#[test]
fn with_quiet_nothing_is_printed() {
    let sandbox = Sandbox::new("run");
    let quiet = sandbox.command(PROGRAM).args(["-q", "run", "true"]).run();
    assert_eq!(quiet.text(), "");
}

#[test]
fn the_command_gets_the_variables_of_env() {
    let sandbox = Sandbox::new("run");
    fs::write(sandbox.root().join("toolchainkit.yaml"), SECRET).unwrap();
    let printing = ["sh", "-c", "echo $SCCACHE_REDIS_ENDPOINT $SCCACHE_REDIS_PASSWORD"];
    let printed = run_of(&sandbox, &printing).env("PW", "a b'c").run();
    assert_eq!(printed.stdout, "redis://h a b'c\n", "{printed}");
    // The cache never prevents a build.
    let without = run_of(&sandbox, &printing).run();
    assert_eq!(without.stdout, "\n");
    assert!(without.stderr.contains("warning: ") && without.stderr.contains("PW"), "{without}");
    fs::write(sandbox.root().join("toolchainkit.yaml"), format!("{SECRET}  on_failure: fail\n")).unwrap();
    let refused = run_of(&sandbox, &printing).run_expecting(7);
    assert!(refused.stdout.is_empty() && refused.stderr.starts_with("error: "), "{refused}");
    let wrong = sandbox.command(PROGRAM).args(["run", "--profile", "ci", "--", "true"]).run_expecting(2);
    assert!(wrong.stderr.contains("no profile `ci`"), "{wrong}");
}

/// A script that waits for a signal, and writes each one that it gets to `signals`.
fn waiting(sandbox: &Sandbox) -> String {
    let script = sandbox.root().join("waiting");
    write_script(
        &script,
        "for name in HUP INT QUIT TERM USR1 USR2; do trap \"echo $name >>signals; [ $name = USR1 ] || exit 9\" $name; done\n\
         touch ready; while :; do sleep 0.05; done",
    );
    script.to_str().unwrap().to_owned()
}

fn is_there(path: &Path) -> bool {
    eventually(Duration::from_secs(20), || path.exists())
}

#[test]
fn signals_to_this_process_reach_the_command() {
    for name in ["HUP", "INT", "QUIT", "TERM", "USR2"] {
        let sandbox = Sandbox::new("run");
        let script = waiting(&sandbox);
        let mut child = run_of(&sandbox, &[&script]).stderr(Stdio::null()).spawn().unwrap();
        assert!(is_there(&sandbox.root().join("ready")));
        signal("USR1", &child.id().to_string());
        let signals = sandbox.root().join("signals");
        assert!(is_there(&signals));
        signal(name, &child.id().to_string());
        assert_eq!(finish(&mut child).code(), Some(9), "{name}");
        assert_eq!(fs::read_to_string(&signals).unwrap(), format!("USR1\n{name}\n"));
    }
}

#[test]
fn ignored_signals_stay_ignored_for_the_command() {
    let sandbox = Sandbox::new("run");
    let shown = "grep SigIgn /proc/self/status";
    let script = format!("trap '' HUP INT; {PROGRAM} -q run -- {shown}; {shown}");
    let printed = command_of(&sandbox, "sh").args(["-c", &script]).run();
    // The C library uses those above 31 itself.
    let set =
        |line: &str| u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap() & 0x7fff_ffff;
    let sets = printed.stdout.lines().map(set).collect::<Vec<_>>();
    assert_eq!(sets[0], sets[1], "{printed}");
    assert_eq!(sets[0] & 3, 3, "HUP and INT: {printed}");
}

/// On a terminal, the key reaches both processes, and the command must get it once.
#[test]
fn ctrl_c_ends_the_command_as_without_this_program() {
    for is_ours in [false, true] {
        let sandbox = Sandbox::new("run");
        let script = waiting(&sandbox);
        let line = if is_ours { format!("exec {PROGRAM} run -- {script}") } else { format!("exec {script}") };
        // `script` provides the terminal.
        let mut terminal = command_of(&sandbox, "script");
        terminal.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        assert!(is_there(&sandbox.root().join("ready")));
        let mut keys = child.stdin.take().unwrap();
        keys.write_all(b"\x03").unwrap();
        assert_eq!(finish(&mut child).code(), Some(9), "{is_ours}");
        let mut shown = String::new();
        child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
        assert_eq!(fs::read_to_string(sandbox.root().join("signals")).unwrap(), "INT\n", "{shown}");
    }
}
