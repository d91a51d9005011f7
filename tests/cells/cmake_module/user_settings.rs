//! Settings of the user for the tool: the arguments of `toolchainkit_enable_cache` win where they speak, and the rest is the user's.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::removing::remove_folder;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    a_configuration_file_counts_where_the_call_says_nothing in [(CACHES[0], "program"), (CACHES[0], "script"), (CACHES[1], "program"), (CACHES[1], "script")],
    the_call_wins_and_the_rest_is_named in CACHES,
    the_environment_is_named_if_the_call_wins in [(CACHES[0], "SCCACHE_DIR", "SCCACHE_CACHE_SIZE"), (CACHES[1], "CCACHE_DIR", "CCACHE_MAXSIZE")],
    options_of_the_user_that_may_give_wrong_hits_do_not_reach_ccache in ["program", "script"],
    a_file_that_others_can_change_is_not_believed in CACHES,
    a_pipe_in_place_of_the_file_does_not_stop_the_configuration in CACHES,
];

/// Writes the configuration file of the tool, with the folder `mine` and a limit of 3 GiB.
fn write_file(sandbox: &Sandbox, cache: Tool, more: &str) -> (PathBuf, PathBuf) {
    let mine = sandbox.dir("mine");
    let (name, text) = match cache {
        Tool::Sccache(_) => (
            "sccache/config",
            format!("[cache.disk]\ndir = \"{}\"\nsize = 3221225472 # 3 GiB\n{more}", mine.display()),
        ),
        _ => ("ccache/ccache.conf", format!("# mine\ncache_dir = {}\nmax_size = 3G\n{more}", mine.display())),
    };
    let file = sandbox.config_home().join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(&file, text).expect("the file");
    (file, mine)
}

fn start(cache: Tool) -> Option<(Tools, Sandbox)> {
    let tools = tools_for(&[cache])?;
    let sandbox = Sandbox::new("user").on_path(&tools.ninja()).on_path(&tools.path(cache));
    Some((tools, sandbox))
}

fn is_used(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn a_configuration_file_counts_where_the_call_says_nothing((cache, launcher): (Tool, &str)) {
    let Some((tools, sandbox)) = start(cache) else { return };
    let (file, mine) = write_file(&sandbox, cache, "");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    let checkout = if launcher == "script" { checkout.with_fallback() } else { checkout };
    let configured = checkout.configure();
    let shown = format!("local cache {} (3 GiB)", mine.display());
    assert!(configured.stdout.contains(&shown), "{configured}");
    assert!(configured.stdout.contains(&format!("; from {}: ", file.display())), "{configured}");
    assert_eq!(checkout.status_field("dir"), mine.to_str().expect("a plain path"));
    // A CI action saves the folder that its file names. The next job has another build folder.
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    assert!(is_used(&mine));
    remove_folder(&checkout.build_folder());
    checkout.configure();
    assert_eq!(checkout.counted(|| drop(checkout.build())), (checkout.objects, 0));
}

fn the_call_wins_and_the_rest_is_named(cache: Tool) {
    let Some((tools, sandbox)) = start(cache) else { return };
    let more = match cache {
        Tool::Sccache(_) => "\n[cache.redis]\nendpoint = \"redis://nobody\"\n",
        _ => "sloppiness = time_macros\n",
    };
    let (file, mine) = write_file(&sandbox, cache, more);
    let given = sandbox.dir("given");
    let call = format!("toolchainkit_enable_cache(DIR \"{}\" SIZE_GB 2)", given.display());
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call);
    let configured = checkout.configure();
    assert!(configured.stdout.contains(" (2 GiB); not used from "), "{configured}");
    let keys = match cache {
        Tool::Sccache(_) => [
            "cache.disk.dir (line 2), because",
            "cache.disk.size (line 3), because",
            "cache.redis.endpoint (line 6)",
        ],
        _ => ["cache_dir (line 2), because", "max_size (line 3), because", "sloppiness (line 4)"],
    };
    for key in keys {
        assert!(configured.stdout.contains(key), "{key}: {configured}");
    }
    checkout.build();
    assert!(!is_used(&mine) && is_used(&given));
    let mut doctor = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let doctor = doctor.arg("doctor").arg("--build").arg(checkout.build_folder()).run();
    assert!(doctor.stdout.contains(&format!("not used from {}: ", file.display())), "{doctor}");
    assert!(doctor.stdout.contains(keys[2]), "{doctor}");
}

fn the_environment_is_named_if_the_call_wins((cache, folder, size): (Tool, &'static str, &'static str)) {
    let Some((tools, sandbox)) = start(cache) else { return };
    let (given, mine) = (sandbox.dir("given"), sandbox.dir("mine"));
    let call = format!("toolchainkit_enable_cache(DIR \"{}\" SIZE_GB 2)", given.display());
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call)
        .env(folder, mine.to_str().expect("a plain path"))
        .env(size, "3G");
    let configured = checkout.configure();
    let named = format!(
        "(2 GiB); {folder} from the environment is not used, because DIR is set; {size} from the environment is not used, \
         because SIZE_GB is set"
    );
    assert!(configured.stdout.contains(&named), "{configured}");
    checkout.build();
    assert!(!is_used(&mine) && is_used(&given));
}

/// ccache also reads `ccache.conf` in its folder, where many users have theirs.
fn options_of_the_user_that_may_give_wrong_hits_do_not_reach_ccache(launcher: &str) {
    let Some((tools, sandbox)) = start(CACHES[1]) else { return };
    let mark = sandbox.root().join("mark");
    let prefix = sandbox.dir("bin").join("prefix");
    crate::support::write_script(&prefix, &format!("#!/bin/sh\n: >'{}'\nexec \"$@\"\n", mark.display()));
    let more = format!(
        "prefix_command = {}\nsloppiness = include_file_mtime,time_macros\ncompiler_check = none\n",
        prefix.display()
    );
    let (file, mine) = write_file(&sandbox, CACHES[1], &more);
    fs::copy(&file, mine.join("ccache.conf")).expect("a copy");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    let checkout = if launcher == "script" { checkout.with_fallback() } else { checkout };
    let configured = checkout.configure();
    assert!(configured.stdout.contains("prefix_command (line 4); not used from "), "{configured}");
    assert!(configured.stdout.contains("sloppiness (line 5), compiler_check (line 6)"), "{configured}");
    checkout.build();
    assert!(mark.exists(), "the prefix command of the user runs");
    let shown = checkout.ask(&["--show-config"]).stdout;
    assert!(!shown.contains("include_file_mtime") && !shown.contains("compiler_check = none"), "{shown}");
}

fn a_file_that_others_can_change_is_not_believed(cache: Tool) {
    let Some((tools, sandbox)) = start(cache) else { return };
    let (file, mine) = write_file(&sandbox, cache, "");
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode | 0o002)).expect("a mode");
    let configured = checkout.configure();
    let named = format!("{} is not used, because every user can write to ", file.display());
    assert!(configured.stdout.contains(&named) && configured.stdout.contains("(10 GiB)"), "{configured}");
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("a mode");
    if chown(&file, Some(65534), Some(65534)).is_ok() {
        let configured = checkout.configure();
        let named =
            format!("{} is not used, because {} belongs to user 65534", file.display(), file.display());
        assert!(configured.stdout.contains(&named), "{configured}");
    }
    checkout.build();
    assert!(!is_used(&mine));
}

fn a_pipe_in_place_of_the_file_does_not_stop_the_configuration(cache: Tool) {
    let Some((tools, sandbox)) = start(cache) else { return };
    let (file, mine) = write_file(&sandbox, cache, "");
    fs::remove_file(&file).expect("the file can be removed");
    sandbox.command("mkfifo").args(["-m", "600"]).arg(&file).run();
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    let configured = checkout.configure();
    assert!(configured.stdout.contains("(10 GiB)"), "{configured}");
    checkout.build();
    assert!(!is_used(&mine));
}
