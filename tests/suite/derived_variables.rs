//! Variables and features of the backends, and the part of the CMake module that is generated from them.
//! `TOOLCHAINKIT_UPDATE=1` updates it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use toolchainkit::caching::remote::variables::{cleared, contradicted, is_one_of, kept};
use toolchainkit::caching::remote::{Access, BACKENDS, Backend, Kind, RemoteFields, Support, ccache_schemes};
use toolchainkit::caching::tool::Tool;
use toolchainkit::caching::tool::limits::LONGEST_SOCKET_PATH;
use toolchainkit::foreign;
use toolchainkit::render::derived::derived_part;

use crate::support::backends::everything;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_module_has_the_variables_of_the_backends_and_rules() {
    let path = root().join("cmake/parts/derived.cmake");
    let expected = derived_part();
    if env::var_os("TOOLCHAINKIT_UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived, then cmake/parts/assemble.sh >cmake/ToolchainKit.cmake"
    );
}

/// The filter for texts of tools and servers finds the credentials of all backends by the names of their variables.
#[test]
fn the_filter_knows_the_credentials_of_all_backends() {
    let fields = BACKENDS.iter().flat_map(|backend| backend.fields());
    let secrets = fields.filter(|field| field.kind == Kind::Secret);
    let names: Vec<&str> = secrets.filter_map(|field| Some(field.variable?.name)).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(foreign::is_credential(name), "{name}");
    }
}

/// The script, which the module contains unchanged, has the same limit as the program and the module.
#[test]
fn the_script_leaves_room_for_the_name_of_the_socket() {
    let script = fs::read_to_string(root().join("cmake/parts/fallback.sh")).unwrap();
    let longest = format!("[ ${{#tk_run}} -lt {} ]", LONGEST_SOCKET_PATH - "/socket".len());
    assert!(script.contains(&longest), "{longest}");
}

/// Configurations of a backend in which each of its fields is set, with every form of an endpoint and of access.
fn configurations(backend: &dyn Backend) -> impl Iterator<Item = RemoteFields> {
    let endpoints = ["h:1", "redis://h:1", "redis://h:1,redis://g:1", "unix:///s", "https://h"];
    endpoints.into_iter().flat_map(|endpoint| {
        [Access::ReadWrite, Access::ReadOnly].map(|access| everything(backend, endpoint, access))
    })
}

/// The environment cannot change the storage of a build folder, and all credentials reach the daemon.
#[test]
fn every_variable_that_a_backend_can_set_is_cleared_or_belongs_to_its_credentials() {
    for tool in Tool::ALL {
        let cleared = cleared(tool);
        let mut seen = BTreeSet::new();
        for backend in BACKENDS.iter().filter(|backend| matches!(backend.support(tool), Support::Since(_))) {
            for config in configurations(*backend) {
                for setting in backend.settings(tool, &config) {
                    let of_credentials = is_one_of(setting.name, backend.credential_variables());
                    let is_cleared = cleared.contains(&setting.name);
                    assert!(is_cleared != of_credentials, "{} of {}", setting.name, backend.name());
                    seen.insert(setting.name);
                }
            }
        }
        assert!(seen.len() >= if tool == Tool::Sccache { 60 } else { 1 }, "{seen:?}");
    }
    let kept = kept();
    for backend in BACKENDS {
        for pattern in backend.credential_variables() {
            assert!(kept.contains(pattern), "{pattern}");
        }
    }
}

/// Variables from the documentation of the tools that no field of a backend sets.
#[test]
fn further_variables_of_the_tools_are_cleared() {
    let names = cleared(Tool::Sccache);
    for name in [
        "SCCACHE_REDIS",
        "SCCACHE_REDIS_TTL",
        "SCCACHE_MEMCACHED",
        "SCCACHE_GCS_OAUTH_URL",
        "SCCACHE_CONF",
        "SCCACHE_SERVER_UDS",
        "SCCACHE_BASEDIRS",
        "SCCACHE_LOCAL_RW_MODE",
        "SCCACHE_MULTILEVEL_CHAIN",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let names = cleared(Tool::Ccache);
    for name in ["CCACHE_DIR", "CCACHE_REMOTE_STORAGE", "CCACHE_SECONDARY_STORAGE", "CCACHE_NOREMOTE_ONLY"] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn no_variable_is_both_cleared_and_kept() {
    let kept = kept();
    for tool in Tool::ALL {
        for name in cleared(tool) {
            assert!(!is_one_of(name, &kept), "{name}");
        }
    }
    for name in kept {
        assert!(!name.trim_end_matches('*').contains('*'), "{name}");
    }
}

#[test]
fn a_storage_without_credentials_removes_them_from_the_environment() {
    let all = contradicted();
    let of = |setting: &str| all.iter().find(|(name, _)| *name == setting).unwrap().1.clone();
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(of("SCCACHE_S3_NO_CREDENTIALS").contains(&name), "{name}");
    }
    assert!(of("SCCACHE_OSS_NO_CREDENTIALS").contains(&"ALIBABA_CLOUD_ACCESS_KEY_ID"));
}

/// The table of schemes contains that of every address that the ccache backends generate.
#[test]
fn the_table_has_the_scheme_of_every_ccache_address() {
    let schemes = ccache_schemes();
    for backend in BACKENDS {
        for config in
            configurations(*backend).filter(|config| backend.expressible(Tool::Ccache, config).is_ok())
        {
            for setting in backend.settings(Tool::Ccache, &config) {
                let address = setting.value.describe();
                let scheme = address.split(':').next().unwrap();
                assert!(schemes.iter().any(|(known, _)| *known == scheme), "{address}");
            }
        }
    }
    assert!(schemes.contains(&("file", "file-storage")));
}

fn files(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            files(&path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            into.push(path);
        }
    }
}

/// The lines of hand-written code, without comments, documentation and tests, with their files.
fn code() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    files(&root().join("src"), "rs", &mut paths);
    for extension in ["cmake", "sh"] {
        files(&root().join("cmake/parts"), extension, &mut paths);
    }
    paths.retain(|path| !path.ends_with("cmake/parts/derived.cmake") && !path.ends_with("tests.rs"));
    let mut lines = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let of_code = |line: &&str| !line.starts_with("//") && !line.starts_with('#');
        lines.extend(code.lines().map(str::trim).filter(of_code).map(|line| (name.clone(), line.to_owned())));
    }
    lines
}

/// The lines with a name.
fn places(code: &[(String, String)], name: &str) -> Vec<String> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let has_name = |line: &str| {
        line.match_indices(name).any(|(at, _)| {
            !line[..at].ends_with(is_letter) && !line[at + name.len()..].starts_with(is_letter)
        })
    };
    code.iter().filter(|(_, line)| has_name(line)).map(|(file, line)| format!("{file}: {line}")).collect()
}

/// A variable of a storage is defined once, in the file of its backend.
#[test]
fn a_variable_of_a_storage_is_only_in_the_file_of_its_backend() {
    /// Other uses, with their reasons.
    const OTHER_USES: [(&str, &str); 3] = [
        (
            "CCACHE_REMOTE_STORAGE",
            "the module reads the scheme of the address, and sets an empty one for a local cache",
        ),
        (
            "SCCACHE_MEMCACHED_ENDPOINT",
            "with an address without a server, sccache's client cannot start a daemon",
        ),
        ("SCCACHE_MEMCACHED", "the same for an sccache before 0.8, which does not know the other name"),
    ];
    let mut names = BTreeSet::new();
    for backend in BACKENDS {
        names.extend(backend.fields().iter().filter_map(|field| Some(field.variable?.name)));
        for tool in Tool::ALL {
            names.extend(backend.further_variables(tool));
        }
    }
    assert!(names.len() > 70, "{names:?}");
    let code = code();
    for name in names {
        let places = places(&code, name);
        let (home, others) = places.split_first().unwrap_or_else(|| panic!("{name} is not used"));
        assert!(home.starts_with("src/caching/remote/"), "{name} is first in {home}");
        let is_expected = OTHER_USES.iter().any(|(known, _)| *known == name);
        assert!(others.is_empty() || is_expected, "{name} is also in {places:#?}");
    }
}
