//! The journal of compilations.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use toolchainkit::journal::{Entry, FOLDER, HeaderId, HeaderInputs, Headers, Inputs, Journal, Outcome, Tier};
use toolchainkit::launch::journal::read as read_journal;

use crate::bench::{
    ALL, Bench, SCCACHES, SOME_SECONDS, Tool, assert_correct_object, eventually, installed, kill, output_of,
    write_program,
};
use crate::versions;

const CC: &str = "/usr/bin/cc";

fn journal(bench: &Bench) -> Journal {
    read_journal(&bench.source().join("build")).unwrap_or_default()
}

/// The outcomes of all compilations, in the order of their ends.
fn outcomes(bench: &Bench) -> Vec<Outcome> {
    journal(bench).entries.iter().map(|entry| entry.outcome).collect()
}

fn last(bench: &Bench) -> Entry {
    journal(bench).entries.last().cloned().expect("an entry")
}

fn folder(bench: &Bench) -> PathBuf {
    bench.source().join("build").join(FOLDER)
}

/// Runs a compilation with these options.
fn run(bench: &Bench, options: &[&str], object: &str) -> std::process::Output {
    bench.compiling(Path::new(CC), object).args(options).output().expect("it starts")
}

#[test]
fn each_outcome_has_an_entry() {
    // The outcomes of sccache come from its log, which may change with each version.
    let all = versions::SCCACHES.iter().copied().map(Tool::Sccache).chain([ALL[2]]).collect::<Vec<_>>();
    for tool in installed(&all) {
        let bench = Bench::new(tool);
        bench.compile("a.o");
        bench.compile("a.o");
        assert_eq!(outcomes(&bench), [Outcome::Miss, Outcome::Hit], "{tool:?}");
        let hit = last(&bench);
        assert_eq!((hit.source.as_str(), hit.language.as_str()), ("a.c", "C"));
        assert!(hit.object.ends_with("/project/a.o") && hit.is_certain && hit.micros.is_some(), "{hit:?}");
        assert_eq!(hit.tier, Some(Tier::Local), "{tool:?}");
        assert!(!run(&bench, &["-fno-such-option"], "a.o").status.success());
        assert_eq!(last(&bench).outcome, Outcome::CompileError, "{tool:?}");
        fs::write(bench.source().join("bad.c"), "int f(void) { return x; }\n").unwrap();
        let mut bad = bench.launcher();
        bad.args([CC, "-c", "bad.c", "-o", "bad.o"]).stderr(Stdio::null());
        assert!(!bad.status().unwrap().success());
        assert_eq!(
            (last(&bench).outcome, last(&bench).source.as_str()),
            (Outcome::CompileError, "bad.c"),
            "{tool:?}"
        );
        let mut preprocessed = bench.launcher();
        preprocessed.args([CC, "-E", "a.c", "-o", "a.i"]);
        output_of(preprocessed);
        assert_eq!(last(&bench).outcome, Outcome::Uncacheable, "{tool:?}");
        assert!(
            last(&bench)
                .reason
                .is_some_and(|reason| reason.contains("-E") || reason == "called_for_preprocessing")
        );
        let mut bypassed = bench.compiling(Path::new(CC), "a.o");
        bypassed.env("TOOLCHAINKIT_BYPASS", "1");
        output_of(bypassed);
        assert_eq!(last(&bench).outcome, Outcome::Bypassed, "{tool:?}");
        assert_eq!(last(&bench).rule.as_deref(), Some("TOOLCHAINKIT_BYPASS"));
        let mut trial = bench.compiling(Path::new(CC), "a.o");
        trial.env("TOOLCHAINKIT_TRIAL", "1");
        output_of(trial);
        assert_eq!(journal(&bench).entries.len(), 6, "{tool:?}: a trial has no entry");
        assert_eq!(journal(&bench).builds().len(), 1, "{tool:?}");
    }
}

#[test]
fn a_failure_of_the_tool_has_an_entry_with_the_reason() {
    for tool in installed(&ALL) {
        let mut bench = Bench::new(tool);
        bench.settings["program"] = "/not/there".into();
        bench.configure();
        run(&bench, &[], "a.o");
        let entry = last(&bench);
        assert_eq!(
            (entry.outcome, entry.reason.as_deref()),
            (Outcome::FailedOver, Some("the tool is missing"))
        );
        let failing = bench.root().join("failing");
        write_program(&failing, "#!/bin/sh\necho \"ccache: error: no\" >&2\nexit 1\n");
        bench.settings["program"] = failing.to_str().into();
        bench.configure();
        run(&bench, &[], "a.o");
        assert_eq!(last(&bench).outcome, Outcome::FailedOver, "{tool:?}");
        fs::write(bench.folder().join("launcher.json"), "{").unwrap();
        run(&bench, &[], "a.o");
        let entry = last(&bench);
        assert_eq!(
            (entry.outcome, entry.reason.as_deref()),
            (Outcome::FailedOver, Some("launcher.json cannot be read"))
        );
        assert_eq!(outcomes(&bench), [Outcome::FailedOver; 3], "{tool:?}");
        assert_correct_object(&bench, "a.o");
    }
}

/// A wrapper counts the compilers that run, and the compilations that succeed.
#[test]
fn the_counts_are_those_of_a_wrapper_with_sixty_four_at_once() {
    for tool in installed(&ALL) {
        let first = Bench::new(tool);
        let second = first.another("second");
        for bench in [&first, &second] {
            for index in 0..32 {
                let folder = bench.source().join(format!("d{index}"));
                fs::create_dir_all(&folder).unwrap();
                // Each source has another text, but all objects have the same name.
                fs::write(folder.join("same.c"), format!("int f{index}(void) {{ return {index}; }}\n"))
                    .unwrap();
            }
        }
        let counter = first.root().join("counter");
        let real = Command::new(CC).arg("-print-prog-name=cc1").output().unwrap().stdout;
        // cc1 also runs for the preprocessor of the tools.
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *\" -E \"*) ;; *) echo x >>{} ;; esac\nexec {} \"$@\"\n",
            counter.display(),
            String::from_utf8_lossy(&real).trim()
        );
        fs::create_dir(first.root().join("counting")).unwrap();
        write_program(&first.root().join("counting/cc1"), &script);
        let option = format!("-B{}/", first.root().join("counting").display());
        let compilers = || fs::read_to_string(&counter).unwrap_or_default().lines().count();
        let build = |bench: &Bench| {
            let start = |index: usize| {
                let mut command = bench.launcher();
                let object = format!("build/CMakeFiles/t{index}.dir/same.c.o");
                fs::create_dir_all(bench.object(&object).parent().unwrap()).unwrap();
                command.args([CC, &option, "-c", &format!("d{index}/same.c"), "-o", &object]);
                command.spawn().unwrap()
            };
            let children: Vec<_> = (0..32).map(start).collect();
            for mut child in children {
                assert!(child.wait().unwrap().success());
            }
        };
        // Both checkouts at once, with some equal sources: who is first misses.
        std::thread::scope(|scope| {
            scope.spawn(|| build(&first));
            scope.spawn(|| build(&second));
        });
        let all = [journal(&first).entries, journal(&second).entries].concat();
        let count = |all: &[Entry]| {
            all.iter().fold(BTreeMap::new(), |mut counts, entry| {
                *counts.entry(entry.outcome.is_hit()).or_insert(0) += 1;
                assert!(entry.outcome.is_hit() || entry.outcome == Outcome::Miss, "{tool:?}: {entry:?}");
                counts
            })
        };
        assert_eq!(all.len(), 64, "{tool:?}");
        assert_eq!(count(&all).get(&false), Some(&compilers()), "{tool:?}");
        let targets: std::collections::BTreeSet<_> = all.iter().filter_map(Entry::target).collect();
        assert_eq!(targets.len(), 32);
        let before = compilers();
        build(&first);
        let again = &journal(&first).entries[32..];
        assert_eq!((compilers(), count(again).get(&true)), (before, Some(&32)), "{tool:?}");
        assert!(again.iter().all(|entry| entry.is_certain), "{tool:?}: all have the same outcome");
    }
}

#[test]
fn an_interrupted_compilation_is_noted_however_it_was_ended() {
    for tool in installed(&ALL) {
        for signal in ["INT", "TERM", "KILL"] {
            let bench = Bench::new(tool);
            let delay = bench.delay_option(20);
            let mut begun = bench.begin(&delay, "a.o");
            assert_eq!(journal(&bench).running.len(), 1, "{tool:?} {signal}");
            let status = Command::new("kill").args(["-s", signal, &begun.id().to_string()]).status().unwrap();
            assert!(status.success());
            assert!(!begun.wait().unwrap().success());
            assert!(
                eventually(SOME_SECONDS, || outcomes(&bench) == [Outcome::Interrupted]),
                "{tool:?} {signal}"
            );
        }
    }
}

#[test]
fn a_killed_daemon_leaves_one_entry_for_each_compilation() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut begun = bench.begin(&delay, "a.o");
        bench.daemons().into_iter().for_each(kill);
        assert!(begun.wait().unwrap().success());
        // The launcher tries another daemon, or runs the compiler.
        assert!(matches!(outcomes(&bench)[..], [Outcome::Miss | Outcome::FailedOver]), "{tool:?}");
        let mut begun = bench.begin(&bench.delay_option(3), "b.o");
        bench.supervisors().into_iter().for_each(kill);
        assert!(begun.wait().unwrap().success());
        assert_eq!(outcomes(&bench)[1..], [Outcome::FailedOver], "{tool:?}");
        // The first compilation starts another supervisor.
        bench.compile("c.o");
        bench.compile("c.o");
        assert_eq!(outcomes(&bench)[2..], [Outcome::Miss, Outcome::Hit], "{tool:?}");
    }
}

#[test]
fn a_stopped_supervisor_does_not_delay_the_end_of_a_compilation() {
    for tool in installed(&SCCACHES) {
        let bench = Bench::new(tool);
        let delay = bench.delay_option(2);
        let mut begun = bench.begin(&delay, "a.o");
        let supervisor = bench.supervisors()[0].to_string();
        let signal = |name: &str| {
            assert!(Command::new("kill").args(["-s", name, &supervisor]).status().unwrap().success());
        };
        signal("STOP");
        let ended = eventually(Duration::from_secs(6), || begun.try_wait().unwrap().is_some());
        signal("CONT");
        assert!(ended && begun.wait().unwrap().success(), "{tool:?}");
        assert_eq!(outcomes(&bench), [Outcome::Unknown], "{tool:?}");
    }
}

#[test]
fn a_journal_that_cannot_be_written_disturbs_no_build() {
    for tool in installed(&[ALL[0], ALL[2]]) {
        let bench = Bench::new(tool);
        let (folder, elsewhere) = (folder(&bench), bench.root().join("elsewhere"));
        let log = folder.join("log");
        fs::create_dir(&elsewhere).unwrap();
        let compiles_silently = |state: &str| {
            let _ = fs::remove_file(bench.object("a.o"));
            assert_eq!(bench.compile("a.o"), "", "{tool:?}: {state}");
            assert_correct_object(&bench, "a.o");
        };
        compiles_silently("as usual");
        fs::remove_dir_all(&folder).unwrap();
        compiles_silently("removed folder");
        assert_eq!(outcomes(&bench), [Outcome::Hit], "{tool:?}");
        fs::remove_file(&log).unwrap();
        fs::create_dir(&log).unwrap();
        compiles_silently("a folder in place of the log");
        fs::remove_dir(&log).unwrap();
        assert!(Command::new("mkfifo").arg(&log).status().unwrap().success());
        compiles_silently("a named pipe in place of the log");
        fs::remove_file(&log).unwrap();
        symlink("/dev/full", &log).unwrap();
        compiles_silently("a link in place of the log");
        fs::remove_dir_all(&folder).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        compiles_silently("a link in place of the folder");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{tool:?}");
        fs::remove_file(&folder).unwrap();
        fs::write(&folder, "").unwrap();
        compiles_silently("a file in place of the folder");
        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(folder.join("foreign"), "").unwrap();
        compiles_silently("a folder that is open to all");
        // It was replaced.
        assert!(!folder.join("foreign").exists(), "{tool:?}");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o022, 0, "{tool:?}");
        fs::remove_dir_all(&folder).unwrap();
        compiles_silently("no folder");
        assert_eq!(outcomes(&bench), [Outcome::Hit], "{tool:?}");
        // Of the users, only root can write to it.
        fs::write(&log, "damaged\n\u{0}{\n").unwrap();
        fs::set_permissions(&log, fs::Permissions::from_mode(0o444)).unwrap();
        compiles_silently("a read-only log");
    }
}

/// ccache's statistics log of the user stays complete.
#[test]
fn the_statistics_log_of_the_user_is_still_written() {
    for tool in installed(&[ALL[2]]) {
        let mut bench = Bench::new(tool);
        let log = bench.root().join("stats log");
        let compile = |bench: &Bench, variable: Option<&Path>| {
            let mut command = bench.compiling(Path::new(CC), "a.o");
            command.envs(variable.map(|path| ("CCACHE_STATSLOG", path)));
            assert_eq!(output_of(command), "");
        };
        compile(&bench, Some(&log));
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.contains("# a.c\n") && text.contains("cache_miss\n"), "{text}");
        fs::remove_file(&log).unwrap();
        bench.settings["storages"][0]["environment"]["CCACHE_STATSLOG"] = log.to_str().into();
        bench.configure();
        compile(&bench, None);
        assert!(fs::read_to_string(&log).unwrap().contains("preprocessed_cache_hit\n"));
        assert_eq!(outcomes(&bench), [Outcome::Miss, Outcome::Hit]);
    }
}

/// The log of sccache's daemon has only the lines that the user has asked for.
#[test]
fn the_log_of_the_daemon_has_only_the_wanted_lines() {
    for tool in installed(&SCCACHES) {
        for (wanted, has_lines) in [(None, false), (Some("sccache::compiler::compiler=debug"), true)] {
            let bench = Bench::new(tool);
            let mut command = bench.compiling(Path::new(CC), "a.o");
            command.envs(wanted.map(|value| ("SCCACHE_LOG", value)));
            output_of(command);
            assert_eq!(outcomes(&bench), [Outcome::Miss], "{tool:?}: {wanted:?}");
            let started = bench.option(&["--start-server"]);
            let started: serde_json::Value = serde_json::from_slice(&started.stdout).unwrap();
            let log = PathBuf::from(started["log"].as_str().unwrap());
            assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
            let text = fs::read_to_string(&log).unwrap();
            assert_eq!(text.contains("[a.o]: Cache miss"), has_lines, "{tool:?}: {text}");
            assert_eq!(text.contains("[a.o]: get_cached_or_compile"), has_lines, "{tool:?}: {text}");
            assert!(!text.contains("Preprocessor output"), "{tool:?}: {text}");
        }
    }
}

#[test]
fn the_build_is_the_topmost_make() {
    for tool in installed(&[ALL[2]]) {
        let bench = Bench::new(tool);
        let launcher = bench.folder().join("launcher");
        let rule = format!("\t{} {CC} -c a.c -o $@\n", launcher.display());
        fs::write(
            bench.source().join("Makefile"),
            format!("all: a.o b.o\n\t@$(MAKE) c.o\n\t@sh -c '$(MAKE) d.o; true'\na.o b.o c.o d.o:\n{rule}"),
        )
        .unwrap();
        for _ in 0..2 {
            let mut make = bench.command("make");
            make.args(["-s", "-B", "all"]);
            assert!(make.status().unwrap().success());
        }
        let journal = journal(&bench);
        let builds: Vec<usize> = journal.builds().iter().map(|build| build.entries.len()).collect();
        assert_eq!(builds, [4, 4]);
    }
}

/// What went into the key of a miss: options, macros, source, headers; but no secret, and no value of a macro.
#[test]
fn the_inputs_of_a_miss_are_recorded_without_secrets() {
    for tool in installed(&ALL) {
        for direct_mode in ["auto", "set"] {
            let mut bench = Bench::new(tool);
            bench.settings["direct_mode"] = direct_mode.into();
            bench.configure();
            let build = bench.source().join("build");
            fs::write(bench.source().join("h.h"), "int first;\n").unwrap();
            fs::write(bench.source().join("a.c"), "#include \"h.h\"\nint answer(void) { return 42; }\n")
                .unwrap();
            let compile = |value: &str| {
                let mut command = bench.compiling(Path::new(CC), "build/CMakeFiles/t.dir/a.c.o");
                command.args([&format!("-DVALUE=\"{value}\""), "-DTOKEN=s3cr3t-of-ci", "-Is3cr3t-of-ci"]);
                command
                    .args(["-MD", "-MF", "build/CMakeFiles/t.dir/a.c.o.d"])
                    .env("CI_TOKEN", "s3cr3t-of-ci");
                command.env("LANG", "C.UTF-8");
                assert_eq!(output_of(command), "", "{tool:?}");
            };
            fs::create_dir_all(build.join("CMakeFiles/t.dir")).unwrap();
            compile("one-value");
            // The supervisor reads the headers after the compilation.
            let is_stored = || Inputs::read(&build, "CMakeFiles/t.dir/a.c.o").is_ok_and(|all| all.len() == 1);
            assert!(eventually(SOME_SECONDS, is_stored), "{tool:?} {direct_mode}");
            fs::write(bench.source().join("h.h"), "int second;\n").unwrap();
            compile("two-values");
            let object = "CMakeFiles/t.dir/a.c.o";
            let records = || Inputs::read(&build, object).unwrap();
            assert!(eventually(SOME_SECONDS, || records().len() == 2), "{tool:?} {direct_mode}");
            let (new, old) = (&records()[0], &records()[1]);
            assert_eq!((new.outcome, new.source.0.as_str()), (Outcome::Miss, "a.c"), "{tool:?}");
            assert_eq!(new.source.1.len(), 32);
            assert_eq!(new.compiler.identity.len(), 64, "{tool:?}");
            assert_eq!(
                new.tool,
                format!("{} {}", tool.name(), bench.settings["tool_version"].as_str().unwrap())
            );
            assert_ne!(new.macros[0], old.macros[0], "{tool:?}");
            assert_eq!(new.macros[1], old.macros[1], "{tool:?}");
            assert!(new.environment.contains(&("LANG".to_owned(), "C.UTF-8".to_owned())), "{tool:?}");
            let entry = last(&bench);
            assert_eq!(entry.inputs, Some(new.digest()), "{tool:?}");
            // Without the supervisor, the launcher reads headers for a part of the time of the compilation, which may be too short.
            let is_alone = matches!(tool, Tool::Ccache(_)) && direct_mode == "set";
            let is_unknown = |inputs: &Inputs| matches!(inputs.headers, HeaderInputs::Unknown(_));
            if is_alone && (is_unknown(new) || is_unknown(old)) {
                continue;
            }
            let (HeaderInputs::Known(new), HeaderInputs::Known(old)) = (&new.headers, &old.headers) else {
                panic!("{tool:?} {direct_mode}: {:?} {:?}", new.headers, old.headers);
            };
            let headers = Headers::read(&build).unwrap();
            let names = |ids: &[HeaderId]| -> Vec<String> {
                ids.iter().map(|id| headers.get(*id).expect("it is in the dictionary").path.clone()).collect()
            };
            assert!(names(new).contains(&"h.h".to_owned()), "{tool:?}: {:?}", names(new));
            assert_ne!(new, old, "{tool:?}: the header has changed");
            compile("two-values");
            assert!(last(&bench).outcome.is_hit() && last(&bench).inputs.is_none(), "{tool:?} {direct_mode}");
            for file in files(&folder(&bench)) {
                let text = fs::read_to_string(&file).unwrap();
                for hidden in ["s3cr3t", "one-value", "two-values"] {
                    assert!(!text.contains(hidden), "{tool:?}: {}: {text}", file.display());
                }
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, mut all): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    all.extend(folders.iter().flat_map(|folder| files(folder)));
    all
}
