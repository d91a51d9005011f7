//! The text of the files: golden files for every storage, and the public schemas of the CI systems.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![golden in CASES, the_action_and_the_hook_match_their_schemas, an_existing_file_stays, names_that_no_file_can_contain_are_refused];

/// The package that contains the schemas.
const SCHEMAS: Tool = Tool::Wheel("check-jsonschema", "0.39.0");

/// A configuration, and the systems to write files for.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    yaml: &'static str,
    /// The folder of the configuration in the repository.
    folder: &'static str,
    systems: &'static [&'static str],
}

impl crate::list::Cell for Case {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

const ALL: &[&str] = &["github", "gitlab", "azure", "jenkins"];

const CASES: [Case; 7] = [
    Case { name: "local", yaml: "cache: { tool: sccache }", folder: "", systems: ALL },
    Case {
        name: "folder",
        yaml: "cache: { tool: ccache, dir: .cache/objects, size_gb: 2 }\noutput: { presets: none }",
        folder: "cpp",
        systems: ALL,
    },
    Case {
        name: "secrets",
        yaml: "cache:\n  remote: { type: s3, bucket: b, endpoint: \"https://minio.example:9000\", \
               credentials: { access_key: \"${CACHE_KEY}\", secret_key: \"${CACHE_SECRET}\" } }\n\
               profiles:\n  ci: {}\n  fork: { cache: { remote: { access: read-only } } }",
        folder: "",
        systems: ALL,
    },
    Case {
        name: "s3",
        yaml: "cache: { remote: { type: s3, bucket: b, region: eu-central-1 } }",
        folder: "",
        systems: ALL,
    },
    Case { name: "gcs", yaml: "cache: { remote: { type: gcs, bucket: b } }", folder: "", systems: ALL },
    Case {
        name: "azure",
        yaml: "cache: { remote: { type: azure, container: c, storage_account: a } }",
        folder: "",
        systems: ALL,
    },
    Case { name: "gha", yaml: "cache: { remote: { type: gha } }", folder: "", systems: &["github"] },
];

/// A repository with a configuration.
fn repository(yaml: &str, folder: &str) -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new("ci");
    let top = sandbox.dir("demo");
    sandbox.command("git").current_dir(&top).args(["init", "-q"]).run();
    let project = top.join(folder);
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join("toolchainkit.yaml"), yaml).unwrap();
    (sandbox, project)
}

fn golden(case: Case) {
    let Some(tools) = Tools::require(&[SCHEMAS]) else { return };
    let (sandbox, project) = repository(case.yaml, case.folder);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ci");
    for system in case.systems {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        let text = command.current_dir(&project).args(["init", "--stdout", "--ci", system]).run().stdout;
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_snapshot!(format!("{}-{system}", case.name), text));
        let schema = match *system {
            "github" => "github-workflows",
            "gitlab" => "gitlab-ci",
            "azure" => "azure-pipelines",
            _ => continue,
        };
        check(&tools, schema, &text);
    }
}

fn the_action_and_the_hook_match_their_schemas() {
    let Some(tools) = Tools::require(&[SCHEMAS]) else { return };
    check(&tools, "github-actions", super::ACTION);
    let hooks: Value = serde_yaml::from_str(include_str!("../../../.pre-commit-hooks.yaml")).unwrap();
    let entry = hooks[0]["entry"].as_str().unwrap();
    let (sandbox, project) = repository("cache: {}\n", "");
    let run = |words: &[&str]| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.current_dir(&project).args(words).run_to_any_end().code()
    };
    let words = entry.split(' ').skip(1).collect::<Vec<_>>();
    assert_eq!(run(&words), Some(4), "nothing is generated yet");
    assert_eq!(run(&["generate"]), Some(0));
    assert_eq!(run(&words), Some(0));
}

/// Checks `text`, which is YAML, with the public schema.
fn check(tools: &Tools, schema: &str, text: &str) {
    let mut wheel = zip::ZipArchive::new(File::open(tools.path(SCHEMAS)).unwrap()).unwrap();
    let mut json = String::new();
    let name = format!("check_jsonschema/builtin_schemas/vendor/{schema}.json");
    wheel.by_name(&name).unwrap().read_to_string(&mut json).unwrap();
    let schema: Value = serde_json::from_str(&json).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: Value = serde_yaml::from_str(text).expect("YAML");
    let errors = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path()));
    let errors = errors.collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:#?}\n{text}");
}

fn an_existing_file_stays() {
    let (sandbox, project) = repository("cache: {}\n", "");
    let existing = project.join(".gitlab-ci.yml");
    fs::write(&existing, "test: { script: [make] }\n").unwrap();
    let init = |words: &[&str], code: i32| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.current_dir(&project).args(["init", "--ci", "gitlab"]).args(words).run_expecting(code)
    };
    let first = init(&[], 0);
    assert!(first.stderr.contains("include: { local: .gitlab/toolchainkit.yml }"), "{first}");
    assert_eq!(fs::read_to_string(&existing).unwrap(), "test: { script: [make] }\n");
    assert_eq!(fs::read_to_string(project.join("toolchainkit.yaml")).unwrap(), "cache: {}\n");
    let written = fs::read_to_string(project.join(".gitlab/toolchainkit.yml")).unwrap();
    fs::write(project.join(".gitlab/toolchainkit.yml"), "edited").unwrap();
    let again = init(&[], 6);
    assert!(again.stderr.contains(".gitlab/toolchainkit.yml already exists"), "{again}");
    init(&["--force"], 0);
    assert_eq!(fs::read_to_string(&existing).unwrap(), written);
}

/// A name with a meaning for the shell or for the expressions of the CI system.
fn names_that_no_file_can_contain_are_refused() {
    for folder in ["a b", "$(touch x)", "${{ github.token }}", "a'b"] {
        let (sandbox, project) = repository("cache: {}\n", folder);
        for system in ALL {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
            let refused =
                command.current_dir(&project).args(["init", "--stdout", "--ci", system]).run_to_any_end();
            assert_eq!(refused.code(), Some(2), "{refused}");
            assert!(refused.stderr.contains("cannot be written into the file of a CI system"), "{refused}");
            assert!(!refused.stderr.contains("bug"), "{refused}");
        }
    }
}
