//! `toolchainkit stats` with real builds: its counts are those of the commands and compilers that really ran.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::{Finished, Run, Sandbox, Tool, Tools, write_script};

tests![
    the_counts_are_those_of_the_commands_and_compilers_that_ran in TOOLS,
    checkouts_with_one_cache_each_see_their_own_compilations in CACHES,
    only_formats_with_causes_wait_for_the_record_of_a_miss,
    stats_starts_no_daemon in SCCACHES,
    a_limit_for_the_hit_rate_fails_in_ci,
    the_script_has_only_the_counters_of_the_tool in CACHES,
    the_running_build_is_shown_until_ctrl_c,
];

const SCCACHES: [Tool; 2] = [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE)];
const TOOLS: [Tool; 3] =
    [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE), Tool::Ccache(Tools::CCACHE)];
const CALL: &str = "toolchainkit_enable_cache(PROJECT shared)";
const SECONDS: std::time::Duration = std::time::Duration::from_secs(10);

fn command(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.args(["stats", "--build"]).arg(checkout.build_folder()).args(arguments);
    command
}

fn stats(checkout: &Checkout, arguments: &[&str]) -> Value {
    let finished = command(checkout, arguments).args(["--format", "json"]).run();
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}\n{finished}"))
}

/// A number of the compilations that `arguments` select.
fn number(checkout: &Checkout, arguments: &[&str], name: &str) -> u64 {
    let stats = stats(checkout, arguments);
    stats["compilations"]["total"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {stats:#}"))
}

/// A compiler that counts how often it compiles.
fn counting_compiler(sandbox: &Sandbox, log: &Path) -> PathBuf {
    let path = sandbox.dir("compiler").join("gcc");
    // A tool also preprocesses, and the launcher asks for the identity.
    let text = format!(
        "case \" $* \" in *' -### '*|*' -Wa,--version '*|*' -E '*|*' -M '*|*' -MM '*) ;; *' -c '*) echo \"$*\" >>'{}';; esac\nexec /usr/bin/gcc \"$@\"",
        log.display()
    );
    write_script(&path, &text);
    path
}

/// A project with sources that are cached, bypassed and not cacheable.
fn project(checkout: &Checkout) {
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(counted LANGUAGES C)\n\
        add_library(cached OBJECT a.c b.c c.c d.c)\n\
        add_library(marked OBJECT marked.c)\ntarget_compile_definitions(marked PRIVATE TOOLCHAINKIT_NO_CACHE)\n\
        add_library(temporary OBJECT temporary.c)\ntarget_compile_options(temporary PRIVATE -save-temps)\n";
    fs::write(checkout.source.join("CMakeLists.txt"), lists).unwrap();
    for name in ["a", "b", "c", "d", "marked", "temporary"] {
        let text = format!("int {name}(void) {{ return 1; }}\n");
        fs::write(checkout.source.join(format!("{name}.c")), text).unwrap();
    }
}

/// The number of commands with the launcher that the build tool has run.
fn launched(finished: &Finished) -> u64 {
    let is_launched = |line: &&str| line.contains("toolchainkit/launcher ") && line.contains(" -c ");
    // A failed command is printed twice.
    let lines = finished.stdout.lines().filter(is_launched).filter(|line| line.starts_with('['));
    lines.count() as u64
}

fn the_counts_are_those_of_the_commands_and_compilers_that_ran(tool: Tool) {
    let Some(tools) = tools_for(&[tool]) else { return };
    let sandbox = Sandbox::new("counted").on_path(&tools.ninja()).on_path(&tools.path(tool));
    let log = sandbox.root().join("compilations");
    let counting = counting_compiler(&sandbox, &log);
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL)
        .option(&format!("-DCMAKE_C_COMPILER={}", counting.display()));
    project(&checkout);
    checkout.configure();
    let lines_of_log = || fs::read_to_string(&log).unwrap_or_default().lines().count() as u64;
    let mut sums = [0; 3];
    let mut build = |change: &dyn Fn(), code: i32| {
        change();
        let before = lines_of_log();
        let mut building = checkout.building();
        let built = building.args(["--clean-first", "--", "-v", "-k", "0"]).run_expecting(code);
        let (launched, compiled) = (launched(&built), lines_of_log() - before);
        assert!(launched >= 6, "{built}");
        let last = stats(&checkout, &[]);
        let total = &last["compilations"]["total"];
        let of = |name: &str| total[name].as_u64().unwrap();
        assert_eq!(of("compilations"), launched, "{last:#}\n{built}");
        let ran = of("misses") + of("bypassed") + of("uncacheable") + of("compile_errors");
        assert_eq!(of("hits") + ran, launched, "{last:#}");
        if of("compile_errors") == 0 {
            // A tool may compile a source with an error twice.
            assert_eq!(ran, compiled, "{last:#}\n{built}");
        }
        assert_eq!((of("bypassed"), of("uncacheable")), (1, 1), "{last:#}");
        for (sum, number) in sums.iter_mut().zip([launched, of("hits"), of("misses")]) {
            *sum += number;
        }
        last
    };
    let nothing = || ();
    let cold = build(&nothing, 0);
    assert_eq!(cold["compilations"]["total"]["misses"], 4, "{cold:#}");
    assert_eq!(cold["compilations"]["bypassed"][0]["rule"], "on request", "{cold:#}");
    assert_eq!(cold["compilations"]["targets"][0]["name"], "cached", "{cold:#}");
    // Trials are no compilations of the build.
    for arguments in [&["doctor"][..], &["doctor", "--why", "a.c"]] {
        let mut doctor = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        doctor.args(arguments).arg("--build").arg(checkout.build_folder()).run_to_any_end();
    }
    assert_eq!(stats(&checkout, &["--all"])["compilations"]["total"]["compilations"], 6);
    let warm = build(&nothing, 0);
    let saved = &warm["compilations"]["total"]["saved"];
    assert_eq!(
        (&warm["compilations"]["total"]["hits"], &saved["measured_files"]),
        (&4.into(), &4.into()),
        "{warm:#}"
    );
    let changed_source = checkout.source.join("b.c");
    let source = |text: &'static str| {
        let path = changed_source.clone();
        move || fs::write(&path, text).unwrap()
    };
    let changed = build(&source("int b(void) { return 2; }\n"), 0);
    assert_eq!(changed["compilations"]["slowest_misses"][0]["source"], "b.c", "{changed:#}");
    assert_eq!(changed["compilations"]["total"]["hit_rate"], 75.0, "{changed:#}");
    let failed = build(&source("int b(void) { return undeclared; }\n"), 1);
    assert_eq!(failed["compilations"]["total"]["compile_errors"], 1, "{failed:#}");
    for selection in [&["--all"][..], &["--last", "9"], &["--since", "configure"], &["--since", "1h"]] {
        let found = ["compilations", "hits", "misses"].map(|name| number(&checkout, selection, name));
        assert_eq!(found, sums, "{selection:?}");
    }
    assert_eq!(
        stats(&checkout, &["--last", "9"])["compilations"]["builds"].as_array().map(Vec::len),
        Some(4)
    );
}

fn checkouts_with_one_cache_each_see_their_own_compilations(tool: Tool) {
    let Some(tools) = tools_for(&[tool]) else { return };
    let sandbox = Sandbox::new("own").on_path(&tools.ninja()).on_path(&tools.path(tool));
    let checkout = |name| Checkout::sample(&sandbox, &tools, name, CALL);
    let (first, second) = (checkout("first"), checkout("second"));
    first.rebuild_from_scratch();
    // This replaces the daemon of sccache, which forgets its counters.
    second.rebuild_from_scratch();
    let of = |checkout: &Checkout| ["compilations", "hits", "misses"].map(|name| number(checkout, &[], name));
    assert_eq!(of(&first), [first.objects, 0, first.objects]);
    assert_eq!(of(&second), [second.objects, second.objects, 0]);
    let saved = &stats(&second, &[])["compilations"]["total"]["saved"];
    assert_eq!(saved["measured_files"], 0, "nothing was compiled there: {saved}");
    // Both folders are known, and the one that was built last is shown.
    fs::write(first.source.join("toolchainkit.yaml"), "cache: { enabled: true }\n").unwrap();
    let debug =
        Checkout::sample(&sandbox, &tools, "first", CALL).with_build_folder(first.source.join("debug"));
    debug.rebuild_from_scratch();
    let shown = |last: &str, other: &str| {
        let mut command = first.command(env!("CARGO_BIN_EXE_toolchainkit"));
        let finished = command.args(["stats", "--format", "json"]).run();
        let stats: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(
            (&stats["build_folder"], &stats["other_build_folders"][0]),
            (&last.into(), &other.into()),
            "{finished}"
        );
    };
    shown("debug", "build");
    first.rebuild();
    shown("build", "debug");
}

fn only_formats_with_causes_wait_for_the_record_of_a_miss() {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("record").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.rebuild_from_scratch();
    // As if the records were not stored yet. The last compilation has just ended.
    let journal = checkout.build_folder().join("toolchainkit/journal");
    fs::remove_dir_all(journal.join("inputs")).unwrap();
    let log = fs::read_to_string(journal.join("log")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let last = log.rfind("\"t\":").unwrap() + 4;
    let end = last + log[last..].find(',').unwrap();
    let in_a_minute = now + 60_000;
    fs::write(journal.join("log"), format!("{}{in_a_minute}{}", &log[..last], &log[end..])).unwrap();
    let [metrics, human] =
        ["prometheus", "human"].map(|format| command(&checkout, &["--format", format]).run().elapsed);
    assert!(human > metrics + Duration::from_millis(1500), "{metrics:?}, {human:?}");
}

fn stats_starts_no_daemon(tool: Tool) {
    let Some(tools) = tools_for(&[tool]) else { return };
    let sandbox = Sandbox::new("no-daemon").on_path(&tools.ninja()).on_path(&tools.path(tool));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.rebuild_from_scratch();
    let program = checkout.status_field("program");
    let daemons = || {
        let is_of_tool = |pid: &u32| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(program.as_bytes()))
        };
        sandbox.processes().into_iter().filter(is_of_tool).count()
    };
    assert_eq!(stats(&checkout, &[])["cache"]["daemon_running"], true);
    signal("KILL", &checkout.daemon().to_string());
    assert!(eventually(SECONDS, || daemons() == 0));
    // The supervisor still runs.
    for _ in 0..3 {
        assert_eq!(number(&checkout, &[], "misses"), checkout.objects);
        assert_eq!(daemons(), 0, "stats has started a daemon");
    }
    checkout.ask(&["--stop-server"]);
    for arguments in [&[][..], &["--zero"], &["--format", "prometheus"]] {
        command(&checkout, arguments).run();
        assert_eq!(daemons(), 0, "stats {arguments:?} has started a daemon");
    }
    let stopped = stats(&checkout, &["--all"]);
    assert_eq!(
        (&stopped["cache"]["daemon_running"], &stopped["cache"]["counters"]),
        (&false.into(), &Value::Null)
    );
    assert_eq!(stopped["compilations"]["total"]["misses"], checkout.objects);
}

fn a_limit_for_the_hit_rate_fails_in_ci() {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("limit").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.configure();
    let none = command(&checkout, &["--fail-under", "80"]).run();
    assert!(none.text().contains("there were no cacheable compilations"), "{none}");
    checkout.build();
    let is_coloured = |color: &str| command(&checkout, &["--color", color]).run().stdout.contains("\u{1b}[");
    assert_eq!(["always", "auto", "never"].map(is_coloured), [true, false, false]);
    let summary = sandbox.root().join("summary.md");
    let in_actions = |arguments: &[&str]| {
        let mut command = command(&checkout, arguments);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
        command
    };
    fs::write(&summary, "before\n").unwrap();
    let cold = in_actions(&["--fail-under", "80", "--format", "github"]).run_expecting(9);
    assert!(cold.stderr.contains("::error title=Compiler cache::the hit rate is 0.0 %"), "{cold}");
    assert!(cold.stdout.is_empty(), "{cold}");
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("before\n### Compiler cache: 0.0 % hits (0 of "), "{text}");
    // Elsewhere, Markdown is the output.
    let printed = command(&checkout, &["--format", "github"]).env("GITHUB_STEP_SUMMARY", &summary).run();
    assert!(
        printed.stdout.starts_with("### Compiler cache: ") && !printed.stderr.contains("::"),
        "{printed}"
    );
    assert_eq!(fs::read_to_string(&summary).unwrap(), text);
    let json = command(&checkout, &["--fail-under", "80", "--format", "json"]).run_expecting(9);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&json["limit"]["is_below"], &json["limit"]["hits"]), (&true.into(), &0.into()), "{json:#}");
    checkout.rebuild();
    in_actions(&["--fail-under", "100%", "--format", "github"]).run();
    command(&checkout, &["--last", "2", "--fail-under", "50.1"]).run_expecting(9);
    command(&checkout, &["--last", "2", "--fail-under", "50"]).run();
    for invalid in [
        &["--fail-under", "101"][..],
        &["--last", "0"],
        &["--since", "then"],
        &["--watch", "--format", "json"],
    ] {
        command(&checkout, invalid).run_expecting(2);
    }
    // Zero hides earlier compilations, and removes nothing.
    let counters = || stats(&checkout, &[])["cache"]["counters"]["misses"].clone();
    let before = counters();
    let zeroed = command(&checkout, &["--zero"]).run();
    assert!(
        zeroed.stderr.contains("The counters of ccache, which other build folders may share, are unchanged"),
        "{zeroed}"
    );
    assert_eq!(number(&checkout, &["--last", "9"], "compilations"), 0);
    assert_eq!(number(&checkout, &["--all"], "compilations"), 2 * checkout.objects);
    assert_eq!(counters(), before);
    checkout.rebuild();
    assert_eq!(number(&checkout, &["--last", "9"], "hits"), checkout.objects);
    // Without a terminal and in another locale: no colours, no bars, ASCII.
    let plain = command(&checkout, &[]).env("LC_ALL", "C").run().stdout;
    assert!(plain.is_ascii() && !plain.contains('\u{1b}') && !plain.contains('#'), "{plain}");
    assert!(plain.lines().all(|line| line.len() <= 80), "{plain}");
}

fn the_script_has_only_the_counters_of_the_tool(tool: Tool) {
    let Some(tools) = tools_for(&[tool]) else { return };
    let sandbox = Sandbox::new("script").on_path(&tools.ninja()).on_path(&tools.path(tool));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL).with_fallback();
    checkout.rebuild_from_scratch();
    assert!(eventually(SECONDS, || checkout.stats().misses == checkout.objects));
    let shown = stats(&checkout, &["--fail-under", "0"]);
    assert_eq!(
        (&shown["origin"], &shown["compilations"]),
        (&"tool_counters".into(), &Value::Null),
        "{shown:#}"
    );
    assert_eq!(shown["cache"]["counters"]["misses"], checkout.objects, "{shown:#}");
    assert_eq!(shown["limit"]["cacheable"], checkout.objects, "{shown:#}");
    assert!(shown["notes"][0].as_str().unwrap().contains("keeps no journal"), "{shown:#}");
    let refused = command(&checkout, &["--last", "2"]).run_expecting(2);
    assert!(refused.stderr.contains("keeps no journal"), "{refused}");
    let zeroed = command(&checkout, &["--zero"]).run();
    assert!(zeroed.stderr.contains("are zero, for all build folders that use this cache"), "{zeroed}");
    assert_eq!(checkout.stats().misses, 0);
}

/// Runs a program on a terminal of 80 columns, presses Ctrl-C after a while, and prints what it wrote and its exit code.
const ON_A_TERMINAL: &str = "
import fcntl, os, pty, select, struct, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
before, written, end, pressed = termios.tcgetattr(terminal), b'', time.time() + 20, time.time() + 1.5
while time.time() < end:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    if pressed and time.time() > pressed:
        os.write(terminal, b'\\x03')
        pressed = 0
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(written)
print('exit code', status, 'unchanged' if termios.tcgetattr(terminal) == before else 'changed')
";

fn the_running_build_is_shown_until_ctrl_c() {
    let Some(tools) = tools_for(&[CACHES[1], Tool::System("python3"), Tool::System("timeout")]) else {
        return;
    };
    let sandbox = Sandbox::new("live").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    checkout.rebuild_from_scratch();
    let program = env!("CARGO_BIN_EXE_toolchainkit");
    let mut plain = checkout.command("timeout");
    plain.args(["--preserve-status", "-s", "INT", "1", program, "stats", "--watch", "--build"]);
    let plain = plain.arg(checkout.build_folder()).run();
    let mut lines = plain.stdout.lines();
    assert!(lines.next().is_some_and(|line| line.contains(" cacheable hit (")), "{plain}");
    assert!(lines.next().is_some_and(|line| line.contains("last build")), "the final statistics: {plain}");
    assert!(!plain.stdout.contains('\u{1b}'), "{plain}");
    let mut watching = checkout.command("python3");
    watching.args(["-c", ON_A_TERMINAL, program, "stats", "--watch", "--build"]).arg(checkout.build_folder());
    let shown = watching.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").run();
    assert!(shown.stdout.trim_end().ends_with("exit code 0 unchanged"), "{shown}");
    for wrong in ["\u{1b}[?1049", "\u{1b}[2J", "\u{1b}[?25l"] {
        assert!(!shown.stdout.contains(wrong), "{wrong:?} in {:?}", shown.stdout);
    }
    assert!(shown.stdout.contains("hits     ") && shown.stdout.contains("░"), "{shown}");
    assert!(shown.stdout.contains("last build"), "{shown}");
}
