//! Failures of the tools whose messages contain credentials.

use std::fs;

use super::{LAUNCHERS, assert_no_secret_below, assert_plain};
use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::{Sccache, pairs, tests};
use crate::support::{Run, Sandbox, Tool, Tools, write_script};

tests![
    the_environment_is_not_printed_if_the_compiler_cannot_start in pairs([Tools::SCCACHE, Tools::NEWEST_SCCACHE].map(Sccache), LAUNCHERS),
    messages_of_a_compiler_stay_as_they_are in pairs(CACHES, LAUNCHERS),
    a_secret_is_never_an_argument_of_a_program_in_mksh,
];

/// Three variables of the environment, only two of which have the name of a credential.
const PLANTED: [(&str, &str); 3] = [
    ("PLANTED_TOKEN", "planted\"\u{1b}one"),
    ("PLANTED_PASSWORD", "planted-two"),
    ("PLANTED", "planted-three"),
];

/// If sccache cannot start a compiler, its message contains the whole environment.
fn the_environment_is_not_printed_if_the_compiler_cannot_start(
    (Sccache(version), launcher): (Sccache, &'static str),
) {
    let Some(tools) = tools_for(&[Tool::Sccache(version)]) else { return };
    let sandbox = Sandbox::new("start").on_path(&tools.ninja()).on_path(&tools.sccache(version));
    let mut checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    if launcher == "script" {
        checkout = checkout.with_fallback();
    }
    checkout.configure();
    assert_eq!(checkout.status_field("launch"), launcher);
    fs::write(checkout.source.join("x.c"), "int x;\n").expect("a source");
    let compiler = checkout.source.join("gcc");
    let compile = || {
        let mut command = checkout.launcher();
        command.arg(&compiler).args(["-c", "x.c", "-o", "x.o"]).envs(PLANTED);
        command.run_to_any_end()
    };
    // A compiler whose dynamic linker is removed after the first compilation.
    let linker = checkout.source.join("ld.so");
    std::os::unix::fs::symlink("/lib64/ld-linux-x86-64.so.2", &linker).expect("a link");
    let code = "#include <unistd.h>\nint main(int c, char **v) { (void)c; v[0] = \"gcc\"; return execv(\"/usr/bin/gcc\", v); }\n";
    fs::write(checkout.source.join("gcc.c"), code).expect("a source");
    let linking = format!("-Wl,--dynamic-linker={}", linker.display());
    checkout.command("gcc").args(["gcc.c", "-o", "gcc", &linking]).run();
    assert_eq!(compile().code(), Some(0));
    fs::remove_file(linker).expect("the link");
    for known in [true, false] {
        if !known {
            checkout.ask(&["--stop-server"]);
            checkout.ask(&["--start-server"]);
        }
        let finished = compile();
        if launcher == "script" {
            // It runs the compiler, and prints nothing of sccache.
            assert_eq!(finished.code(), Some(127), "{known}: {finished}");
            assert!(!finished.stderr.contains("sccache: "), "{known}: {finished}");
        } else {
            let is_masked = finished.stderr.contains("sccache: ") && finished.stderr.contains("***");
            assert!(is_masked, "{known}: {finished}");
            assert_eq!(finished.stderr.contains("Compiler not supported"), !known, "{finished}");
        }
        assert_plain(&finished, &["planted", "PLANTED_PASSWORD"]);
    }
    assert_no_secret_below(sandbox.root(), &["planted-", "planted\""]);
}

/// The launcher reads the messages, but does not change those of the compiler.
fn messages_of_a_compiler_stay_as_they_are((cache, launcher): (Tool, &'static str)) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("bytes").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let mut checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    if launcher == "script" {
        checkout = checkout.with_fallback();
    }
    checkout.configure();
    let source_file = checkout.source.join("x.c").display().to_string();
    // GCC prints the text with its control characters and invalid bytes, as the user wrote it.
    let source = b"#warning planted-two ::error:: \x1b[1m \xff password=x Authorization: y\nint x;\n";
    for (code, end) in [(0, &b""[..]), (1, b"#error planted-two \x07 sccache: z\n")] {
        fs::write(checkout.source.join("x.c"), [&source[..], end].concat()).expect("a source");
        let arguments =
            ["-fno-diagnostics-show-caret", "-fdiagnostics-color=always", "-c", &source_file, "-o", "x.o"];
        let of = |program: Option<&str>| {
            let script = "exec \"$@\" 2>errors";
            let mut command = checkout.command("sh");
            command.args(["-c", script, "sh"]);
            command.args(program.is_none().then(|| checkout.build_folder().join("toolchainkit/launcher")));
            command.arg("/usr/bin/gcc").args(arguments).envs(PLANTED).run_expecting(code);
            fs::read(checkout.source.join("errors")).expect("the messages")
        };
        let expected = of(Some("gcc"));
        assert!(expected.contains(&0x1b) && expected.windows(7).any(|part| part == b"planted"));
        for _ in 0..2 {
            assert_eq!(
                String::from_utf8_lossy(&of(None)),
                String::from_utf8_lossy(&expected),
                "{cache}, {launcher}"
            );
        }
    }
}

/// printf is a program for mksh, and all users can see the arguments of a program.
fn a_secret_is_never_an_argument_of_a_program_in_mksh() {
    let Some(tools) = tools_for(&[CACHES[1], Tool::System("mksh")]) else { return };
    let mut sandbox = Sandbox::new("mksh").on_path(&tools.ninja()).on_path(&tools.ccache(Tools::CCACHE));
    // Each program that the script uses records its arguments.
    let folder = sandbox.dir("spies");
    let arguments = sandbox.root().join("arguments");
    for program in ["printf", "od", "tr", "sed", "awk", "cat", "grep", "find", "echo"] {
        let path = folder.join(program);
        let real = format!("/usr/bin/{program}");
        write_script(&path, &format!("printf '%s\\n' \"$@\" >>{}\nexec {real} \"$@\"", arguments.display()));
    }
    sandbox.add_to_path(&folder.join("od"));
    let call = "toolchainkit_enable_cache(TOOL ccache REMOTE r CCACHE_SECRETS CCACHE_REMOTE_STORAGE=redis://u:%{CI_PASSWORD}@127.0.0.1:1)";
    let checkout =
        Checkout::sample(&sandbox, &tools, "project", call).with_fallback().env("CI_PASSWORD", "planted-two");
    checkout.configure();
    assert_eq!(checkout.status_field("mode"), "remote");
    fs::write(checkout.source.join("x.c"), "#warning planted-two\nint x;\n").expect("a source");
    let launcher = checkout.build_folder().join("toolchainkit/launcher");
    let _ = fs::remove_file(&arguments);
    let mut command = checkout.command("mksh");
    let finished = command.arg(&launcher).args(["/usr/bin/gcc", "-c", "x.c", "-o", "x.o"]).run();
    assert!(finished.stderr.contains("#warning planted-two"), "{finished}");
    let recorded = fs::read_to_string(&arguments).expect("the programs have run");
    assert!(!recorded.contains("planted"), "{recorded}");
}
