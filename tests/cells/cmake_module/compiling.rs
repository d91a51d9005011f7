//! Compilations with the launcher in a build, and no wrong hits.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{CACHES, Checkout, tools_for};
use crate::list::{CMake, covering, tests};
use crate::support::{Run, Sandbox, Tool, Tools, versions, write_script};

tests![
    a_compile_error_is_printed_once_with_the_exit_code_of_the_compiler in CACHES,
    the_compiler_can_read_standard_input in [CACHES[0], CACHES[1], Tool::System("ccache")],
    after_a_failure_of_sccache_compilers_run_without_it_for_a_while in ["program", "script"],
    exit_code_2_of_a_compiler_is_not_a_failure_of_sccache,
    a_configured_build_compiles_after_the_tool_is_removed in CACHES,
    hits_do_not_run_the_client_of_sccache in Tools::SCCACHES.map(Tool::Sccache),
    warnings_from_the_cache_name_the_files_of_this_checkout in CACHES,
    the_program_and_the_script_share_results in [CACHES[1], Tool::System("ccache")],
    a_native_compilation_is_not_shared_with_other_processors,
    a_changed_macro_in_a_precompiled_header_recompiles in covering(&CACHES, &["g++", "clang++"], &[versions::cmake("3.21"), Tools::CMAKE].map(CMake)),
    sources_without_modules_are_not_scanned_for_modules,
];

/// The time of the breaker of the program in a test.
const SHORT_BREAK: Duration = Duration::from_secs(5);

/// A program of the sandbox.
fn script(sandbox: &Sandbox, name: &str, text: &str) -> PathBuf {
    let path = sandbox.dir("scripts").join(name);
    write_script(&path, text);
    path
}

fn lines(path: &Path) -> usize {
    fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

fn a_compile_error_is_printed_once_with_the_exit_code_of_the_compiler(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("errors").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    checkout.configure();
    fs::write(checkout.source.join("wrong.c"), "#error broken on purpose\n").expect("a file");
    let finished = checkout.launcher().args(["gcc", "-c", "wrong.c", "-o", "wrong.o"]).run_expecting(1);
    assert_eq!(finished.stderr.matches("error: #error broken on purpose").count(), 1, "{finished}");
    assert!(!finished.stderr.contains("toolchainkit:"), "{finished}");
}

fn the_compiler_can_read_standard_input(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("input").on_path(&tools.ninja());
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tools.path(cache).display()));
    checkout.configure();
    for last in ["-", "-c"] {
        let text = format!(
            "echo 'int incbin;' | \"$1\" gcc -x c -o input.o {} {last}",
            if last == "-" { "-c" } else { "-" }
        );
        checkout
            .command("sh")
            .args(["-c", &text, "sh"])
            .arg(checkout.build_folder().join("toolchainkit/launcher"))
            .run();
        let symbols = checkout.command("nm").arg("input.o").run().stdout;
        assert!(symbols.contains("incbin"), "{cache}: {symbols}");
    }
}

fn after_a_failure_of_sccache_compilers_run_without_it_for_a_while(launcher: &'static str) {
    let is_script = launcher == "script";
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("breaker").on_path(&tools.ninja());
    let folder = sandbox.dir("scripts");
    let tries = folder.join("tries");
    let real = tools.path(CACHES[0]);
    // Fails like sccache while the file `broken` exists.
    let body = format!(
        "case $1 in /*)\n  echo try >>{tries}\n  [ ! -e {broken} ] || exit 2 ;;\nesac\nexec {real} \"$@\"",
        tries = tries.display(),
        broken = folder.join("broken").display(),
        real = real.display()
    );
    let program = script(&sandbox, "sccache", &body);
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"));
    let checkout = if is_script { checkout.with_fallback() } else { checkout };
    checkout.configure();
    // The program has its breaker in memory, and the script in a file.
    let breaker = checkout.build_folder().join("toolchainkit/broken");
    if !is_script {
        checkout.set_breaker_seconds(SHORT_BREAK.as_secs());
    }
    let let_time_pass = || {
        if is_script {
            checkout.command("touch").args(["-d", "2 minutes ago"]).arg(&breaker).run();
        } else {
            thread::sleep(SHORT_BREAK);
        }
    };

    fs::write(folder.join("broken"), "").expect("a file");
    let built = checkout.building().args(["--", "-j1"]).run();
    assert_eq!(built.text().matches("toolchainkit: sccache fails").count(), 1, "{built}");
    assert_eq!(lines(&tries), 1, "after the first failure, no compilation uses sccache for a minute");

    // A minute later, one compilation tries again, without a message, because it is the same outage.
    let_time_pass();
    let built = checkout.building().args(["--clean-first", "--", "-j1"]).run();
    assert!(!built.text().contains("toolchainkit:"), "{built}");
    assert_eq!(lines(&tries), 2);

    // When sccache works again, all compilations use it.
    fs::remove_file(folder.join("broken")).expect("a file");
    let_time_pass();
    checkout.building().args(["--clean-first", "--", "-j1"]).run();
    assert!(!breaker.exists());
    assert_eq!(checkout.stats().misses, checkout.objects);
}

fn exit_code_2_of_a_compiler_is_not_a_failure_of_sccache() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("code2").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    checkout.configure();
    let compiler = script(&sandbox, "cc", "echo refused >&2\nexit 2");
    let finished = checkout.launcher().arg(&compiler).args(["-c", "main.c", "-o", "main.o"]).run_expecting(2);
    assert!(!finished.stderr.contains("toolchainkit:"), "{finished}");
    assert_eq!(
        checkout.counted(|| drop(checkout.build())),
        (0, checkout.objects),
        "the other files are cached"
    );
}

fn a_configured_build_compiles_after_the_tool_is_removed(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("gone").on_path(&tools.ninja());
    let name = if cache == CACHES[0] { "sccache" } else { "ccache" };
    let program = script(&sandbox, name, &format!("exec {} \"$@\"", tools.path(cache).display()));
    // A remote makes ccache use the launcher.
    let call =
        "toolchainkit_enable_cache(REMOTE nobody CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=http://127.0.0.1:1/)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call)
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"));
    checkout.configure();
    fs::remove_file(&program).expect("the tool can be removed");
    let built = checkout.build();
    assert_eq!(built.text().matches("is missing: compiling without a cache").count(), 1, "{built}");
}

/// A new version of sccache in the tests fails here, until its messages are compared with `src/launch/client/request.rs`.
fn hits_do_not_run_the_client_of_sccache(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("client").on_path(&tools.ninja());
    let program = sandbox.dir("tool").join("sccache");
    let install = |from: &Path| {
        // The daemon runs the old file.
        let _ = fs::remove_file(&program);
        fs::copy(from, &program).expect("a program");
    };
    install(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", program.display()));
    checkout.configure();
    checkout.build();
    let counts = checkout.counted(|| {
        install(Path::new("/bin/false"));
        let built = checkout.rebuild();
        install(&tools.path(cache));
        assert!(!built.stderr.contains("toolchainkit:"), "{built}");
    });
    assert_eq!(counts.1, 0, "{cache}");
    assert!(counts.0 > 0, "{cache}");
}

fn warnings_from_the_cache_name_the_files_of_this_checkout(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("warnings").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let warnings = |name: &str| {
        let checkout = Checkout::sample(&sandbox, &tools, name, "toolchainkit_enable_cache(PROJECT shared)");
        checkout.configure();
        let source = checkout.source.display();
        fs::write(checkout.source.join("warned.h"), "static int in_header;\n").expect("a header");
        fs::write(checkout.source.join("warned.c"), "#include <warned.h>\nstatic int in_source;\n")
            .expect("a source");
        let mut command = checkout.launcher();
        command.current_dir(checkout.build_folder()).args([
            "/usr/bin/gcc",
            "-Wall",
            "-MD",
            "-MF",
            "warned.d",
        ]);
        command.args([
            format!("-I{source}"),
            "-c".to_owned(),
            format!("{source}/warned.c"),
            "-o".to_owned(),
            "warned.o".to_owned(),
        ]);
        let mut messages = String::new();
        let counts = checkout.counted(|| messages = command.run().stderr);
        assert_eq!(messages.matches("warning: ").count(), 2, "{messages}");
        for file in ["warned.h", "warned.c"] {
            assert!(messages.contains(&format!("{source}/{file}:")), "{source}: {messages}");
        }
        assert_eq!(
            messages.matches(&format!("{source}/")).count(),
            messages.matches("warned.").count(),
            "{messages}"
        );
        counts
    };
    assert_eq!(warnings("first"), (0, 1));
    assert_eq!(warnings("second"), (1, 0));
}

/// Both identify a compiler for ccache by the same text.
fn the_program_and_the_script_share_results(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("shared").on_path(&tools.ninja());
    let checkout = || {
        Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
            .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tools.path(cache).display()))
    };
    let (program, script) = (checkout(), checkout().with_fallback());
    program.configure();
    let (hits, misses) = program.counted(|| drop(program.build()));
    assert_eq!(hits, 0);
    assert!(misses > 0);
    script.configure();
    assert_eq!(script.counted(|| drop(script.rebuild_from_scratch())), (misses, 0));
}

fn a_native_compilation_is_not_shared_with_other_processors() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("native").on_path(&tools.ninja());
    let log = sandbox.root().join("log");
    let body = format!(
        "case $1 in /*) echo \"[$SCCACHE_C_CUSTOM_CACHE_BUSTER]\" >>{} ;; esac\nexec {} \"$@\"",
        log.display(),
        tools.path(CACHES[0]).display()
    );
    let program = script(&sandbox, "sccache", &body);
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"));
    checkout.configure();
    for option in ["-O2", "-march=native"] {
        checkout.launcher().args(["/usr/bin/gcc", option, "-c", "main.c", "-o", "main.o"]).run();
    }
    let text = fs::read_to_string(&log).expect("two runs");
    let keys: Vec<&str> = text.lines().collect();
    assert_eq!(keys[0], "[]");
    assert_eq!(keys[1].len(), 18, "{text}");
}

fn a_changed_macro_in_a_precompiled_header_recompiles(
    (cache, compiler, CMake(version)): (Tool, &'static str, CMake),
) {
    let Some(tools) = tools_for(&[cache, Tool::CMake(version), Tool::System(compiler)]) else {
        return;
    };
    let sandbox = Sandbox::new("pch").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::case(&sandbox, &tools, "precompiled-header").with_cmake(&tools, version);
    let toolchain =
        "include(\"${CMAKE_CURRENT_LIST_DIR}/ToolchainKit.cmake\")\ntoolchainkit_enable_cache()\n";
    fs::write(checkout.source.join("cmake/toolchain.cmake"), toolchain).expect("a toolchain file");
    let c_compiler = if compiler == "g++" { "gcc" } else { "clang" };
    let checkout = checkout
        .option("-DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake")
        .option(&format!("-DCMAKE_CXX_COMPILER=/usr/bin/{compiler}"))
        .option(&format!("-DCMAKE_C_COMPILER=/usr/bin/{c_compiler}"));
    let output = |program: &str| checkout.command(checkout.build_folder().join(program)).run().stdout;
    checkout.rebuild_from_scratch();
    assert_eq!((output("program"), output("second")), ("1 1\n".into(), "1 1\n".into()));
    for value in [2, 3] {
        let header = format!("#pragma once\n#include <cstddef>\n#define VALUE {value}\n");
        fs::write(checkout.source.join("header.h"), header).expect("the header");
        checkout.rebuild_from_scratch();
        let expected = format!("{value} {value}\n");
        let what = format!("{cache} {compiler} {version} {value}");
        assert_eq!((output("program"), output("second")), (expected.clone(), expected), "{what}");
    }
    // The translation units still hit.
    let (hits, _) = checkout.counted(|| drop(checkout.rebuild()));
    assert!(hits >= 4, "{hits} hits with {cache} {compiler} {version}");
}

fn sources_without_modules_are_not_scanned_for_modules() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("modules").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::case(&sandbox, &tools, "modules");
    let configured = checkout.configuring().run_to_any_end();
    assert!(configured.stdout.contains("-- free: OFF\n-- chosen: ON\n"), "{configured}");

    let checkout = checkout.option("-DWITH_MODULES=ON");
    let configured = checkout.configuring().run_expecting(1);
    assert!(configured.stdout.contains("modular has C++ modules"), "{configured}");
    assert!(configured.stdout.contains("-- free: scan-NOTFOUND\n"), "{configured}");
}
