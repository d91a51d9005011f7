//! The commands from the user's point of view: what they print, write and return.

use std::fs;
#[cfg(unix)]
use std::fs::Permissions;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[cfg(unix)]
use crate::support::write_script;
use crate::support::{Finished, Run, Sandbox};

/// A folder with a configuration.
struct Folder {
    sandbox: Sandbox,
    path: PathBuf,
}

impl Folder {
    fn new(yaml: &str) -> Self {
        let folder = Self::empty();
        fs::write(folder.path.join("toolchainkit.yaml"), yaml).unwrap();
        folder
    }

    fn empty() -> Self {
        let sandbox = Sandbox::new("cli");
        let path = sandbox.dir("demo");
        Self { sandbox, path }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.current_dir(&self.path).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).run()
    }

    fn fails(&self, code: i32, arguments: &[&str]) -> Finished {
        self.command(arguments).run_expecting(code)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap()
    }
}

const LOCAL: &str = "cache: { tool: ccache }\n";
const SECRET: &str = "cache:\n  tool: sccache\n  remote:\n    type: redis\n    endpoint: redis://h\n    credentials: { password: \"${PW}\" }\n";

#[test]
fn env_says_why_it_prints_nothing() {
    for (yaml, reason) in
        [(LOCAL, "has no remote cache"), ("cache: { enabled: false }\n", "`cache.enabled` is false")]
    {
        let printed = Folder::new(yaml).run(&["env"]);
        assert!(printed.stdout.is_empty() && printed.stderr.contains(reason), "{printed}");
    }
    let printed = Folder::new(SECRET).run(&["env"]);
    assert!(!printed.stdout.is_empty() && printed.stderr.is_empty(), "{printed}");
}

#[test]
fn another_version_than_the_required_one_writes_nothing() {
    let folder = Folder::new("toolchainkit: { required_version: '>=9000' }\ncache: { a_new_key: 1 }\n");
    for command in [&["generate"][..], &["generate", "--check"], &["validate"], &["plan"]] {
        let refused = folder.fails(3, command);
        let both =
            format!("requires toolchainkit >=9000, and this is toolchainkit {}", env!("CARGO_PKG_VERSION"));
        assert!(refused.stderr.replace("\n  │", "").contains(&both), "{refused}");
        assert!(
            refused.stderr.contains("--version '>=9000'") && !refused.stderr.contains("a_new_key: there"),
            "{refused}"
        );
    }
    assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1, "only the configuration");
    let folder =
        Folder::new(&format!("toolchainkit: {{ required_version: '={}' }}\n", env!("CARGO_PKG_VERSION")));
    folder.run(&["generate"]);
}

#[test]
#[cfg_attr(windows, ignore = "needs a shell of Unix")]
fn check_tells_where_a_module_comes_from() {
    let folder = Folder::new(LOCAL);
    folder.run(&["generate"]);
    let path = folder.path.join("cmake/ToolchainKit.cmake");
    let module = folder.read("cmake/ToolchainKit.cmake");
    let same = folder.run(&["generate", "--check"]);
    let shown = same.stderr.split("SHA-256 ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    // The printed command, and the one in the file.
    for command in [
        same.stderr.split("check it with: ").nth(1).unwrap().trim_end().trim_end_matches(')').to_owned(),
        format!("cd cmake && {}", module.lines().nth(2).unwrap().trim_start_matches("# Check it: ")),
    ] {
        let digest =
            folder.sandbox.command("sh").current_dir(&folder.path).args(["-c", &command]).run().stdout;
        assert_eq!(digest.split(' ').next(), Some(shown), "{command}");
    }
    fs::write(&path, module.replace("include_guard(GLOBAL)", "include_guard(DIRECTORY)")).unwrap();
    let changed = folder.fails(4, &["generate", "--check"]);
    assert!(changed.stderr.contains("its SHA-256 is not the one in its second line"), "{}", changed.stderr);
    let version = env!("CARGO_PKG_VERSION");
    fs::write(&path, module.replacen(&format!("toolchainkit {version}"), "toolchainkit 0.0.1", 1)).unwrap();
    let older = folder.fails(4, &["generate", "--check"]);
    assert!(
        older.stderr.contains("is from toolchainkit 0.0.1, and this is toolchainkit"),
        "{}",
        older.stderr
    );
}

#[test]
fn init_writes_a_valid_configuration_once() {
    let folder = Folder::empty();
    folder.run(&["init"]);
    folder.run(&["validate"]);
    let first = folder.read("toolchainkit.yaml");
    let refused = folder.fails(6, &["init"]);
    assert!(refused.stderr.contains("exists"), "{refused}");
    assert_eq!(folder.read("toolchainkit.yaml"), first);
    assert_eq!(folder.run(&["init", "--stdout"]).stdout, first);
    let (head, remote) = first.split_once("  # remote:\n").unwrap();
    let uncommented =
        format!("{head}  remote:\n{}", remote.replace("\n  # ", "\n  ").replacen("  # ", "  ", 1));
    fs::write(folder.path.join("toolchainkit.yaml"), uncommented).unwrap();
    folder.run(&["validate"]);
    assert!(
        folder.run(&["plan"]).stdout.contains("s3 my-build-cache"),
        "the commented settings are valid, too"
    );
}

#[test]
fn init_does_not_choose_between_projects() {
    let folder = Folder::empty();
    for project in ["a", "b", "tests"] {
        fs::create_dir(folder.path.join(project)).unwrap();
        fs::write(folder.path.join(project).join("CMakeLists.txt"), "project(x C)\n").unwrap();
    }
    let refused = folder.fails(2, &["init", "--yes"]);
    assert!(refused.stderr.contains("a, b; name one with --config a/toolchainkit.yaml"), "{refused}");
    let written = folder.run(&["--config", "b/toolchainkit.yaml", "init", "--yes"]);
    assert!(written.stderr.contains("cd b && toolchainkit generate"), "{written}");
    assert!(folder.path.join("b/.gitignore").exists() && !folder.path.join("a/toolchainkit.yaml").exists());
}

#[test]
fn init_checks_its_options() {
    let folder = Folder::empty();
    for (options, word) in [
        (&["--tool", "distcc"][..], "sccache, ccache, auto"),
        (&["--remote", "ftp://h"], "redis://host:6379"),
        (&["--remote", "minio"], "s3, redis, gcs"),
        (&["--remote", "s3", "--tool", "ccache"], "ccache has no S3 storage"),
        (&["--stdout", "--force"], "cannot be used with"),
    ] {
        let refused = folder.fails(2, &[&["init"], options].concat());
        assert!(refused.stderr.contains(word), "{word}: {refused}");
        assert!(!folder.path.join("toolchainkit.yaml").exists());
    }
    let printed = folder.run(&["init", "--stdout", "--remote", "redis://:planted@h:1"]).stdout;
    assert!(printed.contains("password: \"${CACHE_PASSWORD}\"") && !printed.contains("planted"), "{printed}");
    for kind in ["s3", "redis", "gcs", "http", "memcached", "azure", "gha", "oss", "cos", "file"] {
        folder.run(&["init", "--force", "--remote", kind]);
        folder.run(&["generate"]);
    }
}

#[test]
fn generate_writes_only_changed_files() {
    let folder = Folder::new(LOCAL);
    let stale = folder.fails(4, &["generate", "--check"]);
    assert!(stale.stdout.contains("+++ cmake/toolchain.cmake"), "{stale}");
    assert!(!folder.path.join("cmake").exists(), "--check writes nothing");
    folder.run(&["generate", "--diff"]);
    assert!(!folder.path.join("cmake").exists(), "--diff writes nothing");

    folder.run(&["generate"]);
    folder.run(&["generate", "--check"]);
    let stamp = |name: &str| fs::metadata(folder.path.join(name)).unwrap().modified().unwrap();
    let names = [
        "cmake/toolchainkit-cache.cmake",
        "cmake/toolchain.cmake",
        "cmake/ToolchainKit.cmake",
        "CMakePresets.json",
    ];
    let before = names.map(stamp);
    folder.run(&["generate"]);
    assert_eq!(names.map(stamp), before);

    fs::write(folder.path.join("toolchainkit.yaml"), "cache: { tool: ccache, size_gb: 7 }\n").unwrap();
    let stale = folder.fails(4, &["generate", "--check"]);
    assert!(stale.stdout.contains("+  SIZE_GB 7\n"), "{stale}");
    folder.run(&["generate"]);
    assert_ne!(stamp(names[0]), before[0]);
    // The toolchain file must not change, because vcpkg would rebuild every port.
    assert_eq!(names.map(stamp)[1..], before[1..]);
}

#[test]
fn files_with_other_line_endings_are_up_to_date() {
    let folder = Folder::new(LOCAL);
    folder.run(&["generate"]);
    let text = folder.read("cmake/toolchain.cmake").replace('\n', "\r\n");
    fs::write(folder.path.join("cmake/toolchain.cmake"), text).unwrap();
    folder.run(&["generate", "--check"]);
}

#[test]
fn a_foreign_file_prevents_all_writing() {
    for (name, content) in [
        ("CMakePresets.json", "{ \"version\": 3,\n // comments are not JSON\n }"),
        ("cmake/toolchain.cmake", "set(A 1)\n"),
        ("cmake/toolchainkit-cache.cmake", "set(A 1)\n"),
        ("cmake/ToolchainKit.cmake", "mine\n"),
    ] {
        let folder = Folder::new(LOCAL);
        fs::create_dir(folder.path.join("cmake")).unwrap();
        fs::write(folder.path.join(name), content).unwrap();
        let refused = folder.fails(6, &["generate"]);
        assert!(refused.stderr.contains(name), "{refused}");
        assert_eq!(folder.read(name), content);
        let files = fs::read_dir(folder.path.join("cmake")).unwrap().count()
            + fs::read_dir(&folder.path).unwrap().count();
        assert_eq!(files, 3, "only the configuration, the folder cmake and {name} exist");
        folder.fails(6, &["generate", "--check"]);
    }
}

const TEAM: &str = "{\r\n\t\"version\": 6,\r\n\t\"configurePresets\": [\r\n\t\t{ \"name\": \"debug\", \"generator\": \"Ninja\", \"binaryDir\": \"out/${presetName}\" }\r\n\t]\r\n}\r\n";

impl Folder {
    /// A project whose presets belong to the team.
    fn of_team(yaml: &str) -> Self {
        let folder = Self::new(yaml);
        folder.write("CMakePresets.json", TEAM);
        folder.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.15)\nproject(demo NONE)\n");
        folder
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path.join(name), text).unwrap();
    }
}

#[test]
fn presets_of_the_user_stay_and_the_line_for_the_cache_is_shown() {
    let folder = Folder::of_team(LOCAL);
    let written = folder.run(&["generate"]);
    assert_eq!(folder.read("CMakePresets.json"), TEAM);
    for text in [
        "unchanged CMakePresets.json (yours)",
        "does not use the cache yet: debug",
        "CMakeLists.txt, before project() in line 2:\n\n    include(cmake/toolchainkit-cache.cmake)\n",
        "generate --merge",
    ] {
        assert!(written.stderr.contains(text), "{written}");
    }
    let check = folder.run(&["generate", "--check"]);
    assert!(check.stderr.contains("include(cmake/toolchainkit-cache.cmake)"), "{check}");
    assert_eq!(folder.run(&["generate", "--quiet"]).stderr, "");
    folder.write("CMakeLists.txt", "include(cmake/toolchainkit-cache.cmake)\nproject(demo NONE)\n");
    let covered = folder.run(&["generate"]);
    assert!(covered.stderr.contains("uses the cache: CMakeLists.txt:1"), "{covered}");
    let removed = folder.run(&["generate", "--remove"]);
    assert!(removed.stderr.contains("Remove the line CMakeLists.txt:1"), "{removed}");
    assert_eq!(folder.read("CMakePresets.json"), TEAM);
    assert!(!folder.path.join("cmake").exists());
}

#[cfg(unix)]
#[test]
fn merged_presets_are_updated_and_removed_without_a_trace() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = Folder::of_team(LOCAL);
    let path = folder.path.join("CMakePresets.json");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    folder.fails(4, &["generate", "--merge", "--check"]);
    assert_eq!(folder.read("CMakePresets.json"), TEAM);
    let merged = folder.run(&["generate", "--merge"]);
    assert!(merged.stderr.contains("begin with `tk-`: tk-debug"), "{merged}");
    let first = folder.read("CMakePresets.json");
    assert!(first.contains("\"tk-debug\"") && !first.replace("\r\n", "").contains('\n'), "{first}");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    // From now on, the option is not needed.
    folder.run(&["generate", "--check"]);
    folder.write("toolchainkit.yaml", "presets: { build_types: [Debug] }\n");
    folder.fails(4, &["generate", "--check"]);
    folder.run(&["generate"]);
    assert!(!folder.read("CMakePresets.json").contains("tk-release"));
    for yaml in ["output: { presets: none }\n", "output: { presets: cmake/toolchainkit-presets.json }\n"] {
        folder.write("toolchainkit.yaml", LOCAL);
        folder.run(&["generate", "--merge"]);
        folder.write("toolchainkit.yaml", yaml);
        folder.run(&["generate"]);
        assert_eq!(folder.read("CMakePresets.json"), TEAM);
        folder.fails(2, &["generate", "--merge"]);
    }
    folder.write("toolchainkit.yaml", LOCAL);
    folder.run(&["generate", "--merge"]);
    let removed = folder.run(&["generate", "--remove"]);
    assert!(removed.stderr.contains("restored  CMakePresets.json"), "{removed}");
    assert_eq!(folder.read("CMakePresets.json"), TEAM);
    assert!(folder.run(&["generate", "--remove"]).stderr.contains("nothing to remove"));
}

#[test]
fn presets_cannot_be_merged_into_an_old_format() {
    let folder = Folder::of_team(LOCAL);
    folder.write("CMakePresets.json", "{\n \"version\": 2 }\n");
    let refused = folder.fails(6, &["generate", "--merge"]);
    assert!(
        refused.stderr.contains("need version 3 of the presets format (CMake 3.21), but CMakePresets.json:2"),
        "{refused}"
    );
    assert!(!folder.path.join("cmake").exists());
    folder.write("toolchainkit.yaml", "presets: { kinds: [configure, package] }\n");
    folder.write("CMakePresets.json", "{\n \"version\": 4 }\n");
    assert!(folder.fails(6, &["generate", "--merge"]).stderr.contains("need version 6"));
    folder.write("CMakePresets.json", "{\n \"version\": 4,\n }\n");
    let refused = folder.fails(6, &["generate"]);
    assert!(refused.stderr.contains("CMakePresets.json:3: it is not valid JSON: "), "{refused}");
}

#[test]
fn no_presets_are_written_on_request() {
    let folder = Folder::new("output: { presets: none }\n");
    folder.run(&["generate"]);
    assert!(!folder.path.join("CMakePresets.json").exists());
    folder.run(&["generate", "--check"]);
    folder.fails(2, &["generate", "--merge"]);
}

#[test]
fn generated_files_are_removed() {
    let folder = Folder::new(LOCAL);
    folder.run(&["generate"]);
    folder.write("cmake/own.cmake", "");
    let removed = folder.run(&["generate", "--remove"]);
    assert_eq!(removed.stderr.matches("removed").count(), 4, "{removed}");
    assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 2);
    assert_eq!(fs::read_dir(folder.path.join("cmake")).unwrap().count(), 1);
}

#[test]
fn the_searched_build_folders_are_those_of_all_presets() {
    let folder = Folder::of_team(LOCAL);
    let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    folder.write(
        "CMakeUserPresets.json",
        &r#"{ "version": 4, "include": ["conan/CMakePresets.json"], "configurePresets": [ { "name": "mine", "binaryDir": "$env{HOME}/mine" } ] }"#
            .replace("HOME", home),
    );
    fs::create_dir(folder.path.join("conan")).unwrap();
    folder.write(
        "conan/CMakePresets.json",
        r#"{ "version": 3, "vendor": { "conan": {} }, "configurePresets": [ { "name": "conan-release", "binaryDir": "/conan/Release" } ] }"#,
    );
    // On Windows, `doctor` says first that the sandbox has no tool.
    let commands = [&["stats"][..], &["server", "stop"], &["doctor"]];
    for command in &commands[..if cfg!(windows) { 2 } else { 3 }] {
        let refused = folder.fails(5, command);
        let home = folder.sandbox.home().join("mine");
        // CMake writes `/` on every system.
        let home = home.to_str().unwrap().replace('\\', "/");
        for searched in ["out/debug", "/conan/Release", &home] {
            assert!(refused.stderr.contains(searched), "{searched}: {refused}");
        }
    }
}

#[test]
fn generate_can_print_one_file() {
    let folder = Folder::new(LOCAL);
    for (key, start) in [
        ("toolchain", "# cmake-format: off\n# gersemi: off\n# Generated by toolchainkit"),
        ("module", "# cmake-format: off\n# Generated by toolchainkit"),
        ("presets", "{\n  \"version\": 3"),
    ] {
        let printed = folder.run(&["generate", "--stdout", key]);
        assert!(printed.stdout.starts_with(start), "{printed}");
        assert_eq!(printed.stderr, "");
    }
    folder.fails(2, &["generate", "--stdout", "everything"]);
    folder.fails(2, &["generate", "--check", "--diff"]);
    assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1);
}

#[test]
fn generate_with_an_invalid_configuration_writes_nothing() {
    let folder = Folder::new("cache: { tool: scache, remote: { type: s3 } }\n");
    for command in [&["generate"][..], &["validate"], &["plan"], &["env"], &["generate", "--check"]] {
        let refused = folder.fails(3, command);
        assert!(
            refused.stderr.contains("scache") && refused.stderr.contains("bucket"),
            "all errors in one run: {refused}"
        );
    }
    assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1);
    let refused = folder.fails(3, &["validate", "--format", "json"]);
    let faults: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert!(faults.as_array().unwrap().len() >= 2, "{refused}");
    assert_eq!(faults[0]["line"], 1);
}

/// Every invalid file of `tests/diagnostics`, and texts that cannot be stored there, with the real command.
#[test]
fn generate_rejects_every_invalid_configuration_and_writes_nothing() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let files = fs::read_dir(catalogue).unwrap().map(|entry| entry.unwrap().path());
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml");
    let warnings = ["several-servers", "unprotected-network", "unsupported-generator.links"];
    let warns =
        |path: &PathBuf| path.file_stem().is_some_and(|name| warnings.iter().any(|warning| name == *warning));
    let files = files.filter(|path| is_yaml(path) && !warns(path));
    let mut texts =
        files.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect::<Vec<_>>();
    assert!(texts.len() >= 40, "{}", texts.len());
    texts.push(("not UTF-8".to_owned(), b"cache: { tool: \xff }\n".to_vec()));
    texts.push(("1 MB of nesting".to_owned(), b"[".repeat(1 << 20)));
    texts.push(("empty".to_owned(), Vec::new()));
    let folder = Folder::empty();
    for (name, text) in texts {
        fs::write(folder.path.join("toolchainkit.yaml"), text).unwrap();
        let refused = folder.command(&["generate"]).run_to_any_end();
        assert_eq!(refused.code(), Some(3), "{name}: {refused}");
        assert!(refused.stderr.contains("error["), "{name}: {refused}");
        assert_eq!(fs::read_dir(&folder.path).unwrap().count(), 1, "{name} wrote something");
    }
    fs::remove_file(folder.path.join("toolchainkit.yaml")).unwrap();
    fs::create_dir(folder.path.join("toolchainkit.yaml")).unwrap();
    let refused = folder.fails(3, &["generate"]);
    assert!(refused.stderr.contains("error[unreadable-config]"), "{refused}");
}

#[test]
fn without_a_configuration_the_help_suggests_init() {
    let folder = Folder::empty();
    let refused = folder.fails(3, &["generate"]);
    assert!(refused.stderr.contains("toolchainkit init"), "{refused}");
}

#[test]
fn plan_and_env_show_no_secrets() {
    let folder = Folder::new(SECRET);
    let plan: Value = serde_json::from_str(&folder.run(&["plan", "--format", "json"]).stdout).unwrap();
    let settings = &plan["variants"][0]["cache"]["tools"][0]["settings"];
    assert_eq!(settings[0]["name"], "SCCACHE_REDIS_ENDPOINT");
    assert_eq!((&settings[1]["value"], &settings[1]["secret"]), (&"{PW}".into(), &true.into()));
    for shell in ["sh", "fish", "pwsh", "cmd", "github", "dotenv"] {
        let mut command = folder.command(&["env", "--shell", shell]);
        let printed = command.env("PW", "hunter2").run();
        assert!(printed.stdout.contains("redis://h"), "{printed}");
        assert!(!printed.text().contains("hunter2"), "{printed}");
    }
    folder.fails(2, &["env", "--tool", "ccache"]);
    folder.fails(2, &["env", "--profile", "ci"]);
}

#[test]
#[cfg_attr(windows, ignore = "needs a shell of Unix")]
fn a_shell_can_evaluate_env() {
    let folder = Folder::new(SECRET);
    let binary = env!("CARGO_BIN_EXE_toolchainkit");
    let script = format!(
        "eval \"$({binary} env)\"; printf '%s %s' \"$SCCACHE_REDIS_ENDPOINT\" \"$SCCACHE_REDIS_PASSWORD\""
    );
    let mut shell = folder.sandbox.command("sh");
    let printed = shell.current_dir(&folder.path).env("PW", "a b'c").args(["-c", &script]).run();
    assert_eq!(printed.stdout, "redis://h a b'c");
}

#[test]
fn env_prints_all_secrets_or_nothing_and_only_with_the_option() {
    let folder = Folder::new(SECRET);
    let value = "a b'c\"$d%e\\";
    for (shell, line) in [
        ("sh", "export SCCACHE_REDIS_PASSWORD='a b'\\''c\"$d%e\\'"),
        ("github", "SCCACHE_REDIS_PASSWORD=a b'c\"$d%e\\"),
        ("dotenv", "SCCACHE_REDIS_PASSWORD=\"a b'c\\\"\\$d%e\\\\\""),
    ] {
        let mut command = folder.command(&["env", "--with-secrets", "--shell", shell]);
        let printed = command.env("PW", value).run();
        assert!(printed.stdout.lines().any(|printed| printed == line), "{printed}");
        assert_eq!(printed.stderr, "", "{printed}");
    }
    let missing = folder.fails(7, &["env", "--with-secrets"]);
    assert!(missing.stderr.contains("PW") && missing.stdout.is_empty(), "{missing}");
    // The error does not contain a value that a batch file cannot represent.
    let unfit =
        folder.command(&["env", "--with-secrets", "--shell", "cmd"]).env("PW", value).run_expecting(1);
    assert!(!unfit.text().contains("c\"$d"), "{unfit}");
}

#[test]
fn env_masks_secrets_in_github_actions_logs() {
    let folder = Folder::new(SECRET);
    let mut command = folder.command(&["env", "--with-secrets", "--shell", "github"]);
    let printed = command.env("PW", "two\nlines%").env("GITHUB_ACTIONS", "true").run();
    assert!(printed.stderr.contains("::add-mask::two%0Alines%25\n"), "{printed}");
    assert!(
        printed.stdout.contains("SCCACHE_REDIS_PASSWORD<<END_OF_VALUE\ntwo\nlines%\nEND_OF_VALUE\n"),
        "{printed}"
    );
    let plain = folder.command(&["env", "--shell", "github"]).env("GITHUB_ACTIONS", "true").run();
    assert!(!plain.text().contains("add-mask"), "{plain}");

    // A URL contains the password percent-encoded, which must be masked, too.
    let folder = Folder::new(&SECRET.replace("sccache", "ccache"));
    let mut command = folder.command(&["env", "--with-secrets", "--shell", "github"]);
    let printed = command.env("PW", "a b").env("GITHUB_ACTIONS", "true").run();
    for mask in ["a b", "a%2520b", "redis://default:a%2520b@h:6379|connect-timeout=1000"] {
        assert!(printed.stderr.contains(&format!("::add-mask::{mask}\n")), "{mask}: {printed}");
    }
}

#[test]
fn stats_and_server_without_a_build_suggest_to_configure() {
    let folder = Folder::new(LOCAL);
    for command in
        [&["stats"][..], &["server", "stop"], &["server", "start"], &["stats", "--build", "nowhere"]]
    {
        let refused = folder.fails(5, command);
        assert!(refused.stderr.contains("configure"), "{refused}");
    }
    let status = folder.run(&["server", "status", "--format", "json"]);
    assert_eq!(records_of(&folder, &status.stdout), 0, "{status}");
}

/// The number of records of this sandbox. Other tests may have daemons in `/tmp/toolchainkit-UID`, which all share.
fn records_of(folder: &Folder, json: &str) -> usize {
    let document: serde_json::Value = serde_json::from_str(json).unwrap();
    let records = document["daemons"].as_array().unwrap();
    let root = folder.sandbox.root().to_str().unwrap();
    records.iter().filter(|record| record.to_string().contains(root)).count()
}

/// In a folder that is writable by other users, a record could name any program, or contain control characters.
#[cfg(unix)]
#[test]
fn records_of_daemons_are_read_only_from_private_folders() {
    let folder = Folder::empty();
    let run = folder.sandbox.cache_home().join("toolchainkit/run");
    let witness = folder.path.join("witness");
    let program = folder.path.join("program");
    write_script(&program, &format!("touch {}", witness.display()));
    let private = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let record = |storage: &str, location: &str, mode: u32| {
        let place = run.join(storage).join("0123456789abcdef");
        fs::create_dir_all(&place).unwrap();
        private(&run.join(storage), 0o700);
        private(&place, mode);
        let text = serde_json::json!({
            "id": storage, "program": program, "version": "0.16.0", "socket": place.join("socket"),
            "location": location, "project": "demo",
        });
        fs::write(place.join("server.json"), text.to_string()).unwrap();
        place
    };
    let ours = record("0000000000000001", "redis \u{1b}[31mred", 0o700);
    record("0000000000000002", "of all", 0o777);
    let elsewhere = folder.path.join("elsewhere");
    fs::rename(record("0000000000000003", "linked", 0o700), &elsewhere).unwrap();
    symlink(&elsewhere, run.join("0000000000000003/0123456789abcdef")).unwrap();
    private(&run, 0o700);

    let shown = folder.run(&["server", "status"]);
    let socket = ours.join("socket");
    let expected = format!("stopped  demo  redis \\u{{1b}}[31mred  sccache 0.16.0  {}\n", socket.display());
    let root = folder.sandbox.root().to_str().unwrap();
    let ours = shown.stdout.split_inclusive('\n').filter(|line| line.contains(root));
    assert_eq!(ours.collect::<String>(), expected);
    folder.run(&["server", "stop", "--all"]);
    assert!(!witness.exists(), "a program from a record was run");
    private(&run, 0o777);
    let status = folder.run(&["server", "status", "--format", "json"]);
    assert_eq!(records_of(&folder, &status.stdout), 0, "{status}");
}

#[test]
fn explain_describes_every_code() {
    let folder = Folder::empty();
    let codes = folder.run(&["explain"]).stdout;
    assert!(codes.lines().count() >= 20);
    for code in codes.lines().map(|line| line.split_whitespace().next().unwrap()) {
        let explained = folder.run(&["explain", code]);
        assert!(explained.stdout.starts_with(code), "{explained}");
    }
    folder.fails(2, &["explain", "no-such-code"]);
}
