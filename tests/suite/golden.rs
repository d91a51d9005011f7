//! The generated files, byte by byte, and that they are the same in every folder and after every run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toolchainkit::config::{self, SourceFile};
use toolchainkit::output::{FileKind, FileSet};
use toolchainkit::plan::Plan;
use toolchainkit::render::render;

use crate::support::{Run, Sandbox};

/// Every case below `tests/golden`.
pub(crate) fn cases() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path());
    let cases = entries.filter(|path| path.join("toolchainkit.yaml").is_file());
    let read = |path: &Path| fs::read_to_string(path.join("toolchainkit.yaml")).expect("a configuration");
    cases.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read(&path))).collect()
}

pub(crate) fn files(yaml: &str) -> FileSet {
    let loaded = config::load(&SourceFile::new("toolchainkit.yaml", yaml)).expect("a valid configuration");
    render(&Plan::build(&loaded.config)).expect("templates without errors")
}

#[test]
fn generated_files() {
    let cases = cases();
    assert!(cases.len() >= 6);
    for (name, yaml) in cases {
        let files = files(&yaml);
        let shown = files.iter().filter(|file| file.kind != FileKind::Module);
        let text =
            shown.map(|file| format!("===== {}\n{}", file.path, file.text)).collect::<Vec<_>>().join("\n");
        insta::with_settings!({ snapshot_path => "../golden", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

/// cmake-format 0.6.13 and gersemi 0.29.2 leave the text between these lines as it is; cmake-format would wrap a long line
/// before the first one. Without the last lines, cmake-format would delete the rest of the file.
#[test]
fn formatters_leave_the_generated_files_alone() {
    const END: &str = "\n# gersemi: on\n# cmake-format: on\n";
    for (name, yaml) in cases() {
        for file in files(&yaml).iter().filter(|file| file.kind != FileKind::Presets) {
            let mut start = file.text.lines().take(5);
            assert_eq!(start.next(), Some("# cmake-format: off"), "{name}: {}", file.path);
            assert!(start.any(|line| line == "# gersemi: off"), "{name}: {}", file.path);
            assert!(file.text.ends_with(END), "{name}: {}", file.path);
        }
    }
}

/// Every file below `folder` with its content.
fn tree(folder: &Path, root: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tree(&path, root, into);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            into.insert(name, fs::read(path).expect("a file"));
        }
    }
}

#[test]
fn generate_writes_the_same_bytes_in_every_folder() {
    let sandbox = Sandbox::new("golden");
    let yaml = &cases()["sample"];
    let mut results = Vec::new();
    for (folder, start) in [("one", ""), ("another place/deep", "sub/folder")] {
        let project = sandbox.dir(folder);
        fs::create_dir_all(project.join("sub/folder")).unwrap();
        fs::write(project.join("toolchainkit.yaml"), yaml).unwrap();
        for _ in 0..2 {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
            command.current_dir(project.join(start)).arg("generate").run();
            let mut files = BTreeMap::new();
            tree(&project, &project, &mut files);
            results.push(files);
        }
    }
    let mut elsewhere = BTreeMap::new();
    let project = sandbox.dir("third").join("demo");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("toolchainkit.yaml"), yaml).unwrap();
    let config = project.join("toolchainkit.yaml");
    sandbox.command(env!("CARGO_BIN_EXE_toolchainkit")).arg("--config").arg(&config).arg("generate").run();
    tree(&project, &project, &mut elsewhere);
    results.push(elsewhere);

    let names = results[0].keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        names,
        [
            "CMakePresets.json",
            "cmake/ToolchainKit.cmake",
            "cmake/toolchain.cmake",
            "cmake/toolchainkit-cache.cmake",
            "toolchainkit.yaml"
        ]
    );
    assert!(results.iter().all(|result| *result == results[0]), "the bytes differ");
}

#[test]
fn generated_files_contain_no_machine_name_and_no_date() {
    for (name, yaml) in cases() {
        for file in files(&yaml).iter() {
            assert!(!file.text.contains(env!("CARGO_MANIFEST_DIR")), "{name}: {}", file.path);
            assert!(!file.text.contains("2026"), "{name}: {}", file.path);
            assert!(!file.text.contains('\r') && file.text.ends_with('\n'), "{name}: {}", file.path);
            let trailing = file.text.lines().find(|line| line.ends_with([' ', '\t']));
            assert_eq!(trailing, None, "{name}: {}", file.path);
        }
    }
}

#[test]
fn the_examples_are_valid() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    let configs = folders.map(|folder| folder.join("toolchainkit.yaml")).filter(|config| config.is_file());
    let sandbox = Sandbox::new("examples");
    let mut count = 0;
    for config in configs {
        sandbox
            .command(env!("CARGO_BIN_EXE_toolchainkit"))
            .arg("--config")
            .arg(&config)
            .arg("validate")
            .run();
        count += 1;
    }
    assert!(count >= 1);
}
