//! What is in the way of reading the configuration and of writing the generated files: devices, links, folders without
//! permission, and what a killed run has left.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Finished, Run, Sandbox, Tool, Tools};

const OLD: &str = "cache: { tool: ccache }\ntoolchains: { a: {}, b: {}, c: {} }\n";
const NEW: &str = "cache: { tool: ccache, size_gb: 7 }\nproject: { name: new }\ntoolchain: { flags: { c: -Wall } }\ntoolchains: { a: {}, b: {}, c: {} }\n";
const FILES: [&str; 7] = [
    "cmake/toolchain.cmake",
    "cmake/toolchain-a.cmake",
    "cmake/toolchain-b.cmake",
    "cmake/toolchain-c.cmake",
    "cmake/toolchainkit-cache.cmake",
    "cmake/ToolchainKit.cmake",
    "CMakePresets.json",
];
/// Long enough for a busy machine; a command that waits for a pipe never ends.
const LIMIT: Duration = Duration::from_secs(20);

struct Project {
    sandbox: Sandbox,
    path: PathBuf,
}

impl Project {
    fn new(yaml: &str) -> Self {
        let sandbox = Sandbox::new("obstacles");
        let path = sandbox.dir("project");
        fs::write(path.join("toolchainkit.yaml"), yaml).unwrap();
        Self { sandbox, path }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.current_dir(&self.path).args(arguments);
        command
    }

    fn fails(&self, code: i32, arguments: &[&str]) -> Finished {
        let finished = self.command(arguments).run_within(LIMIT);
        assert_eq!(finished.code(), Some(code), "{finished}");
        finished
    }

    fn configure(&self, yaml: &str) {
        fs::write(self.path.join("toolchainkit.yaml"), yaml).unwrap();
    }

    fn texts(&self) -> BTreeMap<&'static str, String> {
        FILES.map(|file| (file, fs::read_to_string(self.path.join(file)).unwrap_or_default())).into()
    }

    fn temporary_files(&self) -> Vec<PathBuf> {
        let entries = [&self.path, &self.path.join("cmake")].map(fs::read_dir).into_iter().flatten();
        let paths = entries.flatten().map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".toolchainkit-"))
            .collect()
    }
}

/// Creates something at a path.
type Create = fn(&Path);

fn named_pipe(path: &Path) {
    Command::new("mkfifo").arg(path).run();
}

#[test]
fn only_a_regular_file_of_a_limited_size_is_a_configuration() {
    let project = Project::new(OLD);
    named_pipe(&project.path.join("pipe"));
    let _socket = UnixListener::bind(project.path.join("socket")).unwrap();
    fs::File::create(project.path.join("large")).unwrap().set_len(100 << 20).unwrap();
    let cases = [
        ("/dev/zero", "a device"),
        ("/dev/null", "a device"),
        ("pipe", "a named pipe"),
        ("socket", "a socket"),
        (".", "a folder"),
        ("large", "102400 KiB; the limit is 64 KiB"),
    ];
    for (name, text) in cases {
        for command in ["validate", "generate", "plan"] {
            let refused = project.fails(3, &[command, "--config", name]);
            assert!(refused.stderr.contains(name) && refused.stderr.contains(text), "{refused}");
        }
    }
    assert!(!project.path.join("cmake").exists());
}

#[test]
fn nothing_is_written_if_something_is_in_the_way_of_a_file() {
    let kinds: [(&str, Create); 5] = [
        ("a named pipe", |path| named_pipe(path)),
        ("a socket", |path| drop(UnixListener::bind(path).unwrap())),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a link to nothing", |path| symlink("absent", path).unwrap()),
        ("a device", |path| symlink("/dev/zero", path).unwrap()),
    ];
    for (kind, create) in kinds {
        let project = Project::new(OLD);
        create(&project.path.join("CMakePresets.json"));
        for arguments in [&["generate"][..], &["generate", "--check"], &["generate", "--diff"]] {
            let refused = project.fails(6, arguments);
            // A link to a device leads out of the project.
            let text = if kind == "a device" { "leads out of the project" } else { kind };
            assert!(
                refused.stderr.contains(text) && refused.stderr.contains("CMakePresets.json"),
                "{refused}"
            );
        }
        assert!(!project.path.join("cmake/toolchain.cmake").exists(), "{kind}");
        assert!(project.temporary_files().is_empty(), "{kind}");
    }
    let project = Project::new(OLD);
    fs::write(project.path.join("cmake"), "").unwrap();
    let refused = project.fails(6, &["generate"]);
    assert!(refused.stderr.contains("`cmake` is a file"), "{refused}");
    assert!(!project.path.join("CMakePresets.json").exists());
}

#[test]
fn links_are_followed_only_within_the_project() {
    let project = Project::new(OLD);
    let outside = project.sandbox.dir("outside");
    symlink("../outside", project.path.join("cmake")).unwrap();
    let refused = project.fails(6, &["generate"]);
    assert!(refused.stderr.contains("`cmake` is a link that leads out of the project"), "{refused}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);

    fs::remove_file(project.path.join("cmake")).unwrap();
    fs::create_dir_all(project.path.join("build-system/files")).unwrap();
    symlink("build-system/files", project.path.join("cmake")).unwrap();
    fs::write(project.path.join("build-system/presets.json"), "").unwrap();
    symlink("build-system/presets.json", project.path.join("CMakePresets.json")).unwrap();
    project.command(&["generate"]).run();
    project.command(&["generate", "--check"]).run();
    assert!(project.path.join("build-system/files/toolchain.cmake").is_file());
    assert!(project.path.join("CMakePresets.json").is_symlink(), "the link is kept");
    assert!(fs::read_to_string(project.path.join("build-system/presets.json")).unwrap().contains("vendor"));

    // The checkout itself may be behind a link.
    symlink(&project.path, project.sandbox.root().join("linked")).unwrap();
    let mut check = project.command(&["generate", "--check"]);
    check.current_dir(project.sandbox.root().join("linked")).run();
}

#[test]
fn two_generated_files_are_not_one_file() {
    let project = Project::new(OLD);
    fs::create_dir(project.path.join("cmake")).unwrap();
    fs::write(project.path.join("cmake/toolchain.cmake"), "").unwrap();
    symlink("toolchain.cmake", project.path.join("cmake/ToolchainKit.cmake")).unwrap();
    let refused = project.fails(6, &["generate"]);
    assert!(refused.stderr.contains("a link to another generated file"), "{refused}");
}

#[test]
fn a_large_file_in_the_way_is_not_read() {
    let project = Project::new(OLD);
    fs::File::create(project.path.join("CMakePresets.json")).unwrap().set_len(1 << 40).unwrap();
    project.fails(6, &["generate"]);
    project.fails(6, &["generate", "--check"]);
}

#[test]
fn a_checkout_with_crlf_keeps_it() {
    let project = Project::new(OLD);
    project.command(&["generate"]).run();
    for (file, text) in project.texts() {
        fs::write(project.path.join(file), text.replace('\n', "\r\n")).unwrap();
    }
    project.command(&["generate", "--check"]).run();
    project.configure(NEW);
    let stale = project.fails(4, &["generate", "--check"]);
    assert!(!stale.stdout.contains('\r'), "the diff shows only the changes: {stale}");
    project.command(&["generate"]).run();
    project.command(&["generate", "--check"]).run();
    for (file, text) in project.texts() {
        assert_eq!(text.matches("\r\n").count(), text.matches('\n').count(), "{file}");
    }
}

/// Runs a command as a user without rights.
fn as_nobody(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.sandbox.command("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.arg(env!("CARGO_BIN_EXE_toolchainkit")).args(arguments).current_dir(&project.path);
    command
}

/// Whether the tests run as root, and another user can run the program.
fn can_change_user(project: &Project) -> bool {
    let can = Tools::require(&[Tool::System("setpriv")]).is_some()
        && fs::metadata("/proc/self").unwrap().uid() == 0;
    fs::set_permissions(project.sandbox.root(), Permissions::from_mode(0o755)).unwrap();
    can && as_nobody(project, &["--version"]).run_to_any_end().code() == Some(0)
}

#[test]
fn a_folder_without_permission_prevents_all_writing() {
    let project = Project::new(OLD);
    if !can_change_user(&project) {
        return;
    }
    project.command(&["generate"]).run();
    let before = project.texts();
    project.configure(NEW);
    chown(&project.path, Some(65534), Some(65534)).unwrap();
    chown(project.path.join("CMakePresets.json"), Some(65534), Some(65534)).unwrap();
    let failed = as_nobody(&project, &["generate"]).run_expecting(1);
    assert!(failed.stderr.contains("cmake") && failed.stderr.contains("ermission denied"), "{failed}");
    assert_eq!(project.texts(), before);
    assert!(project.temporary_files().is_empty());

    // In a folder with the sticky bit, a user can create files, but not replace those of other users.
    fs::set_permissions(project.path.join("cmake"), Permissions::from_mode(0o1777)).unwrap();
    for file in FILES.iter().filter(|file| **file != "cmake/toolchain-c.cmake") {
        chown(project.path.join(file), Some(65534), Some(65534)).unwrap();
    }
    let failed = as_nobody(&project, &["generate"]).run_expecting(1);
    assert!(failed.stderr.contains("toolchain-c.cmake cannot be replaced"), "{failed}");
    assert_eq!(project.texts(), before, "the files that were replaced first are restored");
    assert!(project.temporary_files().is_empty());
}

#[test]
fn only_temporary_files_of_this_user_are_removed() {
    let project = Project::new(OLD);
    project.command(&["generate"]).run();
    let cmake = project.path.join("cmake");
    let own =
        [cmake.join(".toolchainkit-0123456789ab.new"), project.path.join(".toolchainkit-ABCDEFabcdef.new")];
    let others = [
        cmake.join(".toolchainkit-0123456789ab.new.txt"),
        cmake.join(".toolchainkit-lock"),
        cmake.join(".toolchainkit-0123456789.new"),
    ];
    for file in own.iter().chain(&others) {
        fs::write(file, "").unwrap();
    }
    let folder = cmake.join(".toolchainkit-0123456789cd.new");
    fs::create_dir(&folder).unwrap();
    let link = cmake.join(".toolchainkit-0123456789ef.new");
    symlink("toolchain.cmake", &link).unwrap();
    let foreign = cmake.join(".toolchainkit-0123456789gh.new");
    fs::write(&foreign, "").unwrap();
    let is_foreign = chown(&foreign, Some(65534), Some(65534)).is_ok();
    project.command(&["generate", "--check"]).run();
    assert!(own.iter().all(|path| path.exists()), "--check removes nothing");
    let unchanged = project.command(&["generate"]).run();
    assert!(!unchanged.stderr.contains("wrote"), "{unchanged}");
    assert!(own.iter().all(|path| !path.exists()));
    assert!(others.iter().all(|path| path.exists()) && folder.is_dir() && link.is_symlink());
    assert_eq!(foreign.exists(), is_foreign);
}

#[test]
fn check_names_an_interrupted_run() {
    let project = Project::new(OLD);
    project.command(&["generate"]).run();
    project.configure(NEW);
    let stale = project.fails(4, &["generate", "--check"]);
    assert!(!stale.stderr.contains("interrupted"), "{stale}");
    fs::write(project.path.join("cmake/.toolchainkit-0123456789ab.new"), "").unwrap();
    let stale = project.fails(4, &["generate", "--check"]);
    assert!(stale.stderr.contains("interrupted") && stale.stderr.contains("generate` again"), "{stale}");
}

/// Kills `generate` at random moments. A run that is killed between two renames leaves new files beside old ones; `--check`
/// must name this state, and the next run must correct it.
#[test]
fn a_killed_run_is_named_and_corrected() {
    let kills = if std::env::var_os("TOOLCHAINKIT_TEST_FULL").is_some() { 500 } else { 50 };
    let project = Project::new(OLD);
    let mut complete = Vec::new();
    let mut longest = Duration::ZERO;
    for yaml in [OLD, NEW] {
        project.configure(yaml);
        let start = Instant::now();
        project.command(&["generate"]).run();
        longest = longest.max(start.elapsed());
        complete.push(project.texts());
    }
    let (mut mixed, mut interrupted) = (0, 0);
    for number in 0..kills {
        let next = number % 2;
        project.configure([OLD, NEW][next]);
        let mut running = project
            .command(&["generate"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The golden ratio distributes the moments evenly.
        std::thread::sleep(longest.mul_f64(f64::from(u32::try_from(number).unwrap()) * 0.618_034 % 1.0));
        running.kill().unwrap();
        running.wait().unwrap();
        let texts = project.texts();
        let is_mixed = complete.iter().all(|complete| *complete != texts);
        let is_left = !project.temporary_files().is_empty();
        let check = project.command(&["generate", "--check"]).run_to_any_end();
        assert_eq!(check.code(), Some(if texts == complete[next] { 0 } else { 4 }), "{check}");
        assert!(!is_mixed || check.stderr.contains("interrupted"), "new files beside old ones: {check}");
        mixed += usize::from(is_mixed);
        interrupted += usize::from(is_left);
        project.command(&["generate"]).run();
        assert_eq!(project.texts(), complete[next]);
        assert!(project.temporary_files().is_empty());
    }
    println!("{kills} kills: {interrupted} left temporary files, {mixed} left new files beside old ones");
}

#[test]
fn parallel_runs_wait_for_each_other() {
    let project = Project::new(OLD);
    for yaml in [OLD, NEW, OLD] {
        project.configure(yaml);
        let runs: Vec<_> =
            (0..8).map(|_| project.command(&["generate"]).stderr(Stdio::null()).spawn().unwrap()).collect();
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        project.command(&["generate", "--check"]).run();
        assert!(project.temporary_files().is_empty());
    }
}

#[test]
fn init_reads_only_regular_files_of_a_limited_size() {
    let project = Project::new("");
    fs::remove_file(project.path.join("toolchainkit.yaml")).unwrap();
    fs::write(project.path.join("CMakeLists.txt"), "project(demo C)\n").unwrap();
    for pipe in ["CMakePresets.json", ".gitlab-ci.yml", ".gitignore", "ccache.conf"] {
        named_pipe(&project.path.join(pipe));
    }
    fs::write(project.path.join("Jenkinsfile"), "x".repeat(2 << 20)).unwrap();
    fs::create_dir(project.path.join("vcpkg.json")).unwrap();
    symlink(".", project.path.join("loop")).unwrap();
    symlink("/dev/zero", project.path.join("conanfile.py")).unwrap();
    fs::write(project.path.join("azure-pipelines.yml"), b"variables:\n  CCACHE_MAXSIZE: 3G # \xff\n")
        .unwrap();
    let finished = project.command(&["init", "--yes"]).run_within(LIMIT);
    assert_eq!(finished.code(), Some(0), "{finished}");
    for name in ["CMakePresets.json", ".gitlab-ci.yml", "Jenkinsfile", "conanfile.py", "ccache.conf"] {
        assert!(finished.stderr.contains(&format!("not read: `{name}` ")), "{name}: {finished}");
    }
    assert!(finished.stderr.contains(".gitignore cannot be read, and was not changed"), "{finished}");
    let yaml = fs::read_to_string(project.path.join("toolchainkit.yaml")).unwrap();
    assert!(yaml.contains("size_gb: 3 ") && yaml.contains("presets: none"), "{yaml}");
    assert!(project.temporary_files().is_empty());
}

/// A killed or failing run leaves the existing file.
#[test]
fn init_overwrites_a_file_only_as_a_whole() {
    let project = Project::new(OLD);
    let path = project.path.join("toolchainkit.yaml");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    project.fails(6, &["init", "--yes"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), OLD);
    assert_eq!(project.command(&["init", "--yes", "--force"]).run_within(LIMIT).code(), Some(0));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    // A link stays a link.
    let target = project.path.join("target.yaml");
    fs::rename(&path, &target).unwrap();
    symlink("target.yaml", &path).unwrap();
    project.fails(6, &["init", "--yes"]);
    assert_eq!(project.command(&["init", "--force", "--tool", "ccache"]).run_within(LIMIT).code(), Some(0));
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_symlink());
    assert!(fs::read_to_string(&target).unwrap().contains("tool: ccache"));
    assert!(project.temporary_files().is_empty());
}
