//! Each tool supports every variable that is set for it, since the documented version.

use std::collections::BTreeMap;
use std::fs;

use toolchainkit::caching::remote::{Access, BACKENDS, Setting};
use toolchainkit::caching::tool::{Tool as Kind, Version};

use crate::list::{Sccache, tests};
use crate::support::backends::everything;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    sccache_supports_every_variable_since_the_documented_version in Tools::SCCACHES.map(Sccache),
    ccache_reads_every_variable in [Tool::Ccache(Tools::CCACHE), Tool::System("ccache")],
];

fn all_settings(tool: Kind) -> BTreeMap<&'static str, Setting> {
    let mut all = BTreeMap::new();
    for backend in BACKENDS {
        for endpoint in ["h:1", "redis://h:1", "redis://h:1,redis://g:1"] {
            let settings = backend.settings(tool, &everything(*backend, endpoint, Access::ReadOnly));
            all.extend(settings.into_iter().map(|setting| (setting.name, setting)));
        }
    }
    all.retain(|name, _| name.starts_with("CCACHE_") == (tool == Kind::Ccache));
    all
}

fn sccache_supports_every_variable_since_the_documented_version(Sccache(version): Sccache) {
    let settings = all_settings(Kind::Sccache);
    assert!(settings.len() > 60, "{:?}", settings.keys());
    let Some(tools) = Tools::require(&[Tool::Sccache(version)]) else { return };
    let words = words(&fs::read(tools.sccache(version)).expect("the program"));
    let has = |name: &str| words.contains(name);
    assert!(!has("SCCACHE_S3_SECRET_KEY"), "a name that does not exist was found");
    let this: Version = version.parse().expect("a version");
    for (name, setting) in &settings {
        let known = setting.since.is_none_or(|since| this >= since);
        // The program contains these names in earlier versions, too: a library defines them, or only a part of their
        // values is new.
        let older = name.starts_with("AZURE_") || *name == "SCCACHE_MEMCACHED_ENDPOINT";
        assert!(has(name) == known || (older && has(name)), "{name} in sccache {version}");
    }
    for name in ["SCCACHE_MULTILEVEL_CHAIN", "SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY"] {
        assert_eq!(has(name), this >= Version::new(0, 15, 0), "{name} in sccache {version}");
    }
}

/// The possible names in a program, one per line.
fn words(program: &[u8]) -> String {
    let mut words = String::new();
    for run in program.split(|byte| !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')) {
        if run.len() > 8 {
            words += str::from_utf8(run).expect("ASCII letters");
            words.push('\n');
        }
    }
    words
}

fn ccache_reads_every_variable(tool: Tool) {
    let mut names: Vec<&str> = all_settings(Kind::Ccache).into_keys().collect();
    names.push("CCACHE_REMOTE_ONLY");
    assert_eq!(names, ["CCACHE_REMOTE_STORAGE", "CCACHE_REMOTE_ONLY"]);
    let Some(tools) = Tools::require(&[tool]) else { return };
    let sandbox = Sandbox::new("names");
    let mut ask = sandbox.command(tools.path(tool));
    ask.env("CCACHE_REMOTE_STORAGE", "file:/nowhere").env("CCACHE_REMOTE_ONLY", "true");
    let answer = ask.arg("--show-config").run();
    for line in ["(environment) remote_storage = file:/nowhere", "(environment) remote_only = true"] {
        assert!(answer.stdout.contains(line), "{line} in {answer}");
    }
}
