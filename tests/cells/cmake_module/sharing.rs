//! Local caches that several projects or several users share, and `toolchainkit cache`.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use serde_json::Value;

use super::{CACHES, Checkout, setting, tools_for};
use crate::list::tests;
use crate::support::users::{User, open_sandbox, walk};
use crate::support::{Run, Sandbox, Stats, Tool, Tools};

tests![
    users_of_a_group_share_a_folder in ["022", "002", "077"],
    a_folder_without_rights_of_its_group_is_not_used,
    sccache_is_not_used_for_a_group,
    projects_of_a_user_share_a_folder in CACHES,
    projects_with_the_same_folder_have_one_daemon,
    unused_caches_are_listed_and_removed in CACHES,
];

const USERS: [User; 2] = [User { id: 1001, group: GROUP }, User { id: 1002, group: GROUP }];
const GROUP: u32 = 2000;

/// A project in the home folder of each user.
fn write_users(sandbox: &Sandbox, tools: &Tools, call: &str) -> u64 {
    let objects = USERS.map(|user| {
        let folder = format!("user-{}/project", user.id);
        let objects = Checkout::sample(sandbox, tools, &folder, call).objects;
        user.own(&user.home(sandbox));
        objects
    });
    objects[0]
}

const CONFIGURE: &str =
    "\"$CMAKE\" -S project -B build -G Ninja -DCMAKE_TOOLCHAIN_FILE=../project/cmake/toolchain.cmake";
const BUILD: &str = "\"$CMAKE\" --build build";

fn users_of_a_group_share_a_folder(umask: &'static str) {
    let ccache = Tool::Ccache(Tools::CCACHE);
    let Some(tools) = tools_for(&[ccache, Tool::System("setpriv")]) else { return };
    let used = [Tool::CMake(Tools::CMAKE), Tool::Ninja, ccache];
    let (sandbox, tools) = open_sandbox("group", &tools, &used);
    let shared = sandbox.dir("shared");
    chown(&shared, None, Some(GROUP)).expect("root");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o2775)).expect("a mode");
    let call = format!(
        "toolchainkit_enable_cache(TOOL ccache SHARED group DIR {})",
        setting(&shared.display().to_string())
    );
    let objects = write_users(&sandbox, &tools, &call);
    let as_user =
        |user: User, script: &str| user.script(&sandbox, &tools, &format!("umask {umask}; {script}"));
    for user in USERS {
        let configured = as_user(user, CONFIGURE).run();
        assert!(configured.stdout.contains("local cache"), "{configured}");
    }
    // Both users build at the same time.
    thread::scope(|scope| {
        for user in USERS {
            let as_user = &as_user;
            scope.spawn(move || as_user(user, BUILD).run());
        }
    });
    for user in USERS {
        // Each user's own rebuild hits, whoever stored the objects.
        let stats = || {
            Stats::of_ccache_lines(&as_user(user, "build/toolchainkit/launcher --print-stats").run().stdout)
        };
        let before = stats();
        as_user(user, &format!("{BUILD} --clean-first")).run();
        let after = stats();
        assert_eq!((after.hits - before.hits, after.misses - before.misses), (objects, 0), "{user:?}");
    }
    for path in walk(&shared) {
        let found = fs::symlink_metadata(&path).expect("metadata");
        let wanted = if found.is_dir() { 0o2070 } else { 0o040 };
        assert_eq!((found.gid(), found.mode() & wanted), (GROUP, wanted), "{}", path.display());
    }
    // The umask of the users applies to the objects in the build folder.
    let object = walk(&sandbox.root().join("user-1001/build"))
        .into_iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "o"))
        .expect("an object");
    let mask = u32::from_str_radix(umask, 8).expect("a umask");
    assert_eq!(fs::metadata(object).expect("metadata").mode() & mask, 0);
}

fn a_folder_without_rights_of_its_group_is_not_used() {
    let ccache = Tool::Ccache(Tools::CCACHE);
    let Some(tools) = tools_for(&[ccache]) else { return };
    let sandbox = Sandbox::new("no-group").on_path(&tools.ninja()).on_path(&tools.path(ccache));
    let shared = sandbox.dir("shared");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).expect("a mode");
    let call = format!(
        "toolchainkit_enable_cache(TOOL ccache SHARED group DIR {})",
        setting(&shared.display().to_string())
    );
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call);
    let configured = checkout.configure();
    let advice = format!("run chmod g+ws {}", shared.display());
    assert!(configured.stderr.contains("no cache") && configured.stderr.contains(&advice), "{configured}");
    checkout.build();
    Command::new("chmod").arg("g+ws").arg(&shared).run();
    let configured = checkout.configure();
    assert!(configured.stdout.contains("local cache"), "{configured}");
}

fn sccache_is_not_used_for_a_group() {
    let sccache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("group").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let checkout = Checkout::sample(
        &sandbox,
        &tools,
        "project",
        "toolchainkit_enable_cache(SHARED group DIR /srv/shared)",
    );
    let configured = checkout.configure();
    assert!(configured.stderr.contains("use ccache or a remote"), "{configured}");
    checkout.build();
}

fn projects_of_a_user_share_a_folder(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("user").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let place = |name: &str| {
        Checkout::sample(
            &sandbox,
            &tools,
            name,
            &format!("toolchainkit_enable_cache(PROJECT {name} SHARED user)"),
        )
    };
    let (first, second) = (place("first"), place("second"));
    first.configure();
    first.build();
    second.configure();
    assert_eq!(first.status_field("dir"), second.status_field("dir"));
    assert_eq!(first.status_field("id"), second.status_field("id"));
    // Both projects have the same sources.
    assert_eq!(second.counted(|| drop(second.build())), (second.objects, 0));
    let listed = listed(&sandbox);
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["projects"], serde_json::json!(["first", "second"]));
    assert_eq!(listed[0]["kind"], "user");
}

fn projects_with_the_same_folder_have_one_daemon() {
    let cache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("dir").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let shared = setting(&sandbox.root().join("objects").display().to_string());
    let place = |name: &str| {
        let call = format!("toolchainkit_enable_cache(PROJECT {name} DIR {shared})");
        Checkout::sample(&sandbox, &tools, name, &call)
    };
    let (first, second) = (place("first"), place("second"));
    first.configure();
    first.build();
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (second.objects, 0));
    let folders: Vec<_> = sandbox.root().join("objects").read_dir().expect("the cache").collect();
    assert_eq!(folders.len(), 1, "no second folder for a second daemon: {folders:?}");
}

/// The output of `toolchainkit cache`.
fn listed(sandbox: &Sandbox) -> Vec<Value> {
    let printed = toolchainkit(sandbox).args(["cache", "--format", "json"]).run().stdout;
    let document: Value = serde_json::from_str(&printed).expect("JSON");
    document["caches"].as_array().expect("a list").clone()
}

fn toolchainkit(sandbox: &Sandbox) -> Command {
    sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"))
}

fn unused_caches_are_listed_and_removed(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("clean").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let place = |name: &str| {
        Checkout::sample(&sandbox, &tools, name, &format!("toolchainkit_enable_cache(PROJECT {name})"))
    };
    let (kept, gone) = (place("kept"), place("gone"));
    for checkout in [&kept, &gone] {
        checkout.configure();
        checkout.build();
    }
    let folder = PathBuf::from(gone.status_field("dir"));
    let clean = |options: &[&str]| toolchainkit(&sandbox).args(["cache", "clean"]).args(options).run();
    assert_eq!(clean(&[]).stdout, "", "both checkouts exist");
    if matches!(cache, Tool::Sccache(_)) {
        gone.ask(&["--stop-server"]);
    }
    fs::remove_dir_all(&gone.source).expect("the checkout");
    let text = toolchainkit(&sandbox).arg("cache").run().stdout;
    assert!(text.contains("all checkouts are gone") && text.contains("in 2 caches"), "{text}");
    let sizes: u64 = listed(&sandbox).iter().map(|cache| cache["size_bytes"].as_u64().expect("a size")).sum();
    assert!(sizes > 10_000, "{sizes}");
    let dry = clean(&["--dry-run"]).stdout;
    assert!(dry.contains("would remove") && dry.contains("gone") && !dry.contains("kept"), "{dry}");
    assert!(folder.is_dir());
    clean(&[]);
    assert!(!folder.exists());
    assert_eq!(clean(&["--older-than", "1"]).stdout, "");
    assert_eq!(listed(&sandbox).len(), 1);
    // A daemon that runs keeps its folder.
    let kept_folder = PathBuf::from(kept.status_field("dir"));
    if matches!(cache, Tool::Sccache(_)) {
        let refused = clean(&["--project", "kept"]);
        assert!(refused.stderr.contains("is in use") && kept_folder.is_dir(), "{refused}");
        kept.ask(&["--stop-server"]);
    }
    clean(&["--project", "kept"]);
    assert!(!kept_folder.exists());
    assert!(listed(&sandbox).is_empty());
    kept.rebuild();
}
