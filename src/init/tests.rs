//! What is taken over, removed and told, without I/O.

use super::*;
use crate::caching::remote::Access;
use crate::config::model::Variant;
use crate::config::{self, SourceFile};

type Variables = &'static [(&'static str, &'static str)];

fn facts(files: &[(&str, Role, &str)], environment: &[(&str, &str)]) -> Facts {
    let file = |(path, role, text): &(&str, Role, &str)| File {
        path: (*path).to_owned(),
        role: *role,
        text: (*text).to_owned(),
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Facts {
        files: files.iter().map(file).collect(),
        environment: environment.iter().map(pair).collect(),
        home: Some("/home/ann".to_owned()),
        ..Facts::default()
    }
}

fn proposed(facts: &Facts) -> Proposal {
    propose(facts, &Wishes::default()).unwrap_or_else(|invalid| panic!("{invalid:?}"))
}

fn variant(yaml: &str) -> Variant {
    let loaded =
        config::load(&SourceFile::new("x", yaml)).unwrap_or_else(|error| panic!("{error:?} in\n{yaml}"));
    loaded.config.variants[0].clone()
}

fn of_environment(environment: &[(&str, &str)]) -> (Variant, Proposal) {
    let proposal = proposed(&facts(&[], environment));
    (variant(&proposal.yaml), proposal)
}

#[test]
fn without_facts_the_file_is_the_starter() {
    let proposal = proposed(&Facts::default());
    let cache = variant(&proposal.yaml).cache;
    assert_eq!((cache.size_gb, cache.tools.len(), cache.remote.len()), (10, 2, 0));
    assert!(proposal.yaml.starts_with("# yaml-language-server: $schema="));
    assert!(proposal.removals.is_empty() && proposal.taken.is_empty());
    // The example in the comment is valid as well.
    let (head, rest) = proposal.yaml.split_once("  # remote:\n").unwrap();
    let example = rest.replace("\n  # ", "\n  ").replacen("  # ", "  ", 1);
    assert_eq!(variant(&format!("{head}  remote:\n{example}")).cache.remote[0].backend_type, "s3");
}

#[test]
fn each_variable_of_the_local_cache_is_taken_over() {
    const CCACHE: &str = if cfg!(windows) { "D:/srv/cc" } else { "/srv/cc" };
    const SCCACHE: &str = if cfg!(windows) { "D:/srv/sc" } else { "/srv/sc" };
    let cases: &[(Variables, &str, u32, Option<&str>)] = &[
        (&[("CCACHE_MAXSIZE", "5G")], "ccache", 5, None),
        (&[("CCACHE_DIR", CCACHE)], "ccache", 10, Some(CCACHE)),
        (&[("SCCACHE_CACHE_SIZE", "7516192768")], "sccache", 7, None),
        (&[("SCCACHE_DIR", SCCACHE), ("SCCACHE_CACHE_SIZE", "20Gi")], "sccache", 20, Some(SCCACHE)),
        (&[("CCACHE_DIR", "/home/ann/.cc"), ("CCACHE_MAXSIZE", "x")], "ccache", 10, None),
        (&[("CCACHE_DIR", "$HOME/.cc")], "ccache", 10, None),
        (&[("CCACHE_DIR", "")], "ccache", 10, None),
    ];
    for (environment, tool, size, dir) in cases {
        let (Variant { cache, .. }, proposal) = of_environment(environment);
        let found = (cache.tools[0].name(), cache.size_gb, cache.dir.as_ref().map(|dir| dir.as_str()));
        assert_eq!(found, (*tool, *size, *dir), "{environment:?}\n{}", proposal.yaml);
        assert_eq!(cache.tools.len(), 1);
    }
    let (_, proposal) = of_environment(&[("CCACHE_DIR", "/home/ann/.cc"), ("CCACHE_MAXSIZE", "x")]);
    assert_eq!(
        proposal.notes.iter().filter(|note| note.contains("CCACHE_")).count(),
        2,
        "{:?}",
        proposal.notes
    );
    assert!(!proposal.yaml.contains("ann"));
}

#[test]
fn each_storage_is_taken_over() {
    let cases: &[(Variables, &str, &[&str])] = &[
        (
            &[
                ("SCCACHE_BUCKET", "b"),
                ("SCCACHE_REGION", "eu"),
                ("SCCACHE_S3_KEY_PREFIX", "p"),
                ("SCCACHE_S3_RW_MODE", "READ_ONLY"),
            ],
            "s3",
            &["bucket: b", "region: eu", "prefix: p", "access: read-only"],
        ),
        (
            &[("SCCACHE_BUCKET", "b"), ("AWS_ACCESS_KEY_ID", "set"), ("AWS_SECRET_ACCESS_KEY", "set")],
            "s3",
            &["access_key: \"${AWS_ACCESS_KEY_ID}\"", "secret_key: \"${AWS_SECRET_ACCESS_KEY}\""],
        ),
        (
            &[("SCCACHE_BUCKET", "b"), ("SCCACHE_ENDPOINT", "m:9000")],
            "s3",
            &["endpoint: \"m:9000\"", "use_ssl: false"],
        ),
        (
            &[
                ("SCCACHE_REDIS_ENDPOINT", "redis://h:1"),
                ("SCCACHE_REDIS_PASSWORD", "set"),
                ("SCCACHE_REDIS_DB", "3"),
            ],
            "redis",
            &["endpoint: redis://h:1", "password: \"${SCCACHE_REDIS_PASSWORD}\"", "db: 3"],
        ),
        (
            &[("SCCACHE_REDIS", "redis://:pw@h/2")],
            "redis",
            &["endpoint: redis://h/2", "password: \"${CACHE_PASSWORD}\""],
        ),
        (&[("SCCACHE_MEMCACHED_ENDPOINT", "tcp://h:11211")], "memcached", &["endpoint: tcp://h:11211"]),
        (&[("SCCACHE_GCS_BUCKET", "b"), ("SCCACHE_GCS_RW_MODE", "READ_WRITE")], "gcs", &["bucket: b"]),
        (&[("SCCACHE_GCS_BUCKET", "b")], "gcs", &["access: read-only"]),
        // Parts of other credentials.
        (
            &[("SCCACHE_BUCKET", "b"), ("AWS_ACCESS_KEY_ID", "set"), ("AWS_PROFILE", "set")],
            "s3",
            &["bucket: b\n\n"],
        ),
        (
            &[
                ("SCCACHE_AZURE_BLOB_CONTAINER", "c"),
                ("SCCACHE_AZURE_CONNECTION_STRING", "set"),
                ("AZURE_TENANT_ID", "set"),
                ("AZURE_CLIENT_ID", "set"),
            ],
            "azure",
            &["credentials: { connection_string: \"${SCCACHE_AZURE_CONNECTION_STRING}\" }"],
        ),
        (&[("SCCACHE_GHA_ENABLED", "on"), ("SCCACHE_GHA_VERSION", "1")], "gha", &["version: \"1\""]),
        (
            &[("SCCACHE_WEBDAV_ENDPOINT", "https://h/p"), ("SCCACHE_WEBDAV_TOKEN", "set")],
            "http",
            &["token: \"${SCCACHE_WEBDAV_TOKEN}\""],
        ),
        (
            &[("SCCACHE_AZURE_BLOB_CONTAINER", "c"), ("SCCACHE_AZURE_CONNECTION_STRING", "set")],
            "azure",
            &["connection_string: \"${SCCACHE_AZURE_CONNECTION_STRING}\"", "container: c"],
        ),
        (
            &[("SCCACHE_OSS_BUCKET", "b"), ("SCCACHE_OSS_ENDPOINT", "https://o")],
            "oss",
            &["endpoint: https://o"],
        ),
        (&[("SCCACHE_COS_BUCKET", "b"), ("SCCACHE_COS_ENDPOINT", "https://o")], "cos", &["bucket: b"]),
        (
            &[("CCACHE_REMOTE_STORAGE", "redis://h:1/2|connect-timeout=50")],
            "redis",
            &["connect_timeout_ms: 50"],
        ),
        (
            &[("CCACHE_SECONDARY_STORAGE", "file:///mnt/c|umask=002")],
            "file",
            &["path: /mnt/c", "umask: \"002\""],
        ),
        (
            &[("CCACHE_REMOTE_STORAGE", "http://u:pw@h/p|read-only"), ("CCACHE_REMOTE_ONLY", "true")],
            "http",
            &["access: read-only", "remote_only: true", "layout: subdirs", "username: \"${CACHE_USERNAME}\""],
        ),
        (
            &[("CCACHE_REMOTE_STORAGE", "redis://h"), ("CCACHE_READONLY", "1")],
            "redis",
            &["access: read-only"],
        ),
    ];
    for (environment, kind, lines) in cases {
        let (Variant { cache, .. }, proposal) = of_environment(environment);
        assert_eq!(cache.remote.len(), 1, "{environment:?}: {:?}", proposal.notes);
        assert_eq!(cache.remote[0].backend_type, *kind);
        for line in *lines {
            assert!(proposal.yaml.contains(line), "{line} of {environment:?} is not in\n{}", proposal.yaml);
        }
        assert!(!proposal.yaml.contains("pw"), "{}", proposal.yaml);
        assert!(!format!("{:?}{:?}", proposal.taken, proposal.notes).contains("pw@"));
        assert!(proposal.taken.iter().any(|line| line.starts_with("remote: ")), "{:?}", proposal.taken);
    }
}

#[test]
fn levels_keep_their_order() {
    let (Variant { cache, .. }, _) = of_environment(&[
        ("SCCACHE_MULTILEVEL_CHAIN", "redis,s3"),
        ("SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY", "l0"),
        ("SCCACHE_BUCKET", "b"),
        ("SCCACHE_REDIS_ENDPOINT", "redis://h"),
    ]);
    let kinds = cache.remote.iter().map(|remote| remote.backend_type.as_str()).collect::<Vec<_>>();
    assert_eq!(kinds, ["redis", "s3"]);
    assert!(cache.remote_only);
    assert_eq!(cache.write_error_policy.name(), "l0");
    let (Variant { cache, .. }, _) =
        of_environment(&[("CCACHE_REMOTE_STORAGE", "redis://h http://i/p|layout=flat|read-only")]);
    assert_eq!(cache.remote.len(), 2);
    assert_eq!(cache.remote[1].access, Access::ReadOnly);
}

#[test]
fn a_storage_that_cannot_be_taken_over_is_told() {
    for (environment, word) in [
        (("CCACHE_REMOTE_STORAGE", "crsh://h"), "crsh://h"),
        (("CCACHE_REMOTE_STORAGE", "https://h/p"), "https"),
        (("SCCACHE_BUCKET", "$BUCKET"), "bucket"),
        (("SCCACHE_REDIS_ENDPOINT", "nonsense"), "redis"),
        (("SCCACHE_BUCKET", "a\nb"), "s3"),
    ] {
        let (variant, proposal) = of_environment(&[environment]);
        assert!(variant.cache.remote.is_empty(), "{environment:?}");
        assert!(
            proposal.notes.iter().any(|note| note.contains(word)),
            "{environment:?}: {:?}",
            proposal.notes
        );
    }
}

#[test]
fn files_of_a_ci_are_read_and_what_they_no_longer_need_is_listed() {
    let ci = "env:\n  SCCACHE_BUCKET: builds\n  SCCACHE_REGION: ${{ vars.REGION }}\n  AWS_ACCESS_KEY_ID: ${{ secrets.A }}\n  \
        AWS_SECRET_ACCESS_KEY: ${{ secrets.S }}\n  SCCACHE_LOG: debug\nsteps:\n  - run: cmake -DCMAKE_CXX_COMPILER_LAUNCHER=sccache ..\n";
    let proposal = proposed(&facts(&[(".github/workflows/ci.yml", Role::Ci, ci)], &[]));
    let cache = variant(&proposal.yaml).cache;
    assert_eq!(cache.tools, [Tool::Sccache]);
    assert_eq!(cache.remote[0].get("bucket"), Some("builds"));
    assert!(cache.remote[0].credential("secret_key").is_some());
    assert!(proposal.notes.iter().any(|note| note.contains("`region`")), "{:?}", proposal.notes);
    let listed = proposal.removals.iter().map(|removal| (removal.lines.0, removal.what.as_str()));
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [(2, "SCCACHE_BUCKET"), (3, "SCCACHE_REGION"), (8, "CMAKE_CXX_COMPILER_LAUNCHER")]
    );
}

#[test]
fn launchers_before_compilers_and_on_path_are_listed() {
    let ci = "env:\n  CC: ccache gcc\n  CXX: g++\nsteps:\n  - run: echo /usr/lib/ccache >> $GITHUB_PATH\n";
    let proposal = proposed(&facts(&[("ci.yml", Role::Ci, ci)], &[("CXX", "sccache g++"), ("CC", "gcc")]));
    let lines = proposal.removals.iter().map(|removal| removal.lines.0).collect::<Vec<_>>();
    assert_eq!(lines, [2, 5]);
    assert_eq!(variant(&proposal.yaml).cache.tools, [Tool::Ccache]);
    let notes = proposal.notes.iter().filter(|note| note.starts_with("unset ")).collect::<Vec<_>>();
    assert!(notes.len() == 1 && notes[0].contains("CXX"), "{notes:?}");
}

#[test]
fn presets_with_the_line_of_the_cache_need_nothing_more() {
    let presets = r#"{ "version": 3, "configurePresets": [{ "name": "dev" }] }"#;
    let lists = |more: &str| format!("{more}project(a C)\n");
    for (more, commands) in [("", 1), ("include(cmake/toolchainkit-cache.cmake)\n", 0)] {
        let lists = lists(more);
        let mut facts = facts(
            &[("CMakeLists.txt", Role::CMake(true), &lists), ("CMakePresets.json", Role::Presets, presets)],
            &[],
        );
        facts.occupied = vec!["CMakePresets.json"];
        let proposal = proposed(&facts);
        assert_eq!(
            proposal.commands[1].matches("INCLUDE_BEFORE").count(),
            commands,
            "{:?}",
            proposal.commands
        );
        assert_eq!(proposal.notes.iter().filter(|note| note.contains("add the line")).count(), commands);
    }
}

#[test]
fn the_action_for_ccache_keeps_its_folder() {
    let ci = "jobs:\n  a:\n    steps:\n      - uses: hendrikmuhs/ccache-action@v1.2\n        with:\n          max-size: 2G\n          create-symlink: true\n";
    let proposal = proposed(&facts(&[("ci.yml", Role::Ci, ci)], &[]));
    let cache = variant(&proposal.yaml).cache;
    assert_eq!((cache.tools[0], cache.size_gb), (Tool::Ccache, 2));
    assert_eq!(cache.dir.as_ref().map(|dir| dir.as_str()), Some(".ccache"));
    assert!(proposal.ignored.contains(&"/.ccache/".to_owned()), "{:?}", proposal.ignored);
    let lines = proposal.removals.iter().map(|removal| removal.lines.0).collect::<Vec<_>>();
    assert_eq!(lines, [7]);
}

#[test]
fn the_files_of_the_project_count_more_than_the_environment() {
    let ci = "variables:\n  CCACHE_MAXSIZE: 3G\n";
    let conf = "max_size = 9G\nremote_storage = redis://h\nnamespace = team\n";
    let facts = facts(
        &[("x.conf", Role::Ccache, conf), (".gitlab-ci.yml", Role::Ci, ci)],
        &[("CCACHE_MAXSIZE", "8G")],
    );
    let proposal = proposed(&facts);
    let cache = variant(&proposal.yaml).cache;
    assert_eq!((cache.size_gb, cache.remote.len()), (3, 1));
    assert!(proposal.notes.iter().any(|note| note.contains("x.conf:3") && note.contains("CCACHE_NAMESPACE")));
}

#[test]
fn wishes_win() {
    let facts = facts(
        &[("CMakeLists.txt", Role::CMake(true), "project(a)\nset(CMAKE_C_COMPILER_LAUNCHER ccache)\n")],
        &[("SCCACHE_BUCKET", "b")],
    );
    assert_eq!(variant(&proposed(&facts).yaml).cache.tools, [Tool::Sccache]);
    let of = |tool, remote| variant(&propose(&facts, &Wishes { tool, remote }).unwrap().yaml).cache;
    let ccache = of(ToolWish::This(Tool::Ccache), RemoteWish::Found);
    assert_eq!((ccache.tools, ccache.remote.len()), (vec![Tool::Ccache], 0));
    let auto = of(ToolWish::Any, RemoteWish::Without);
    assert_eq!((auto.tools.len(), auto.remote.len()), (2, 0));
    let mut redis = RemoteFields::new("redis");
    redis.set(crate::caching::remote::Section::Remote, "endpoint", "redis://h");
    let redis = of(ToolWish::Found, RemoteWish::This(Box::new(redis), Vec::new()));
    assert_eq!(redis.remote[0].backend_type, "redis");
}

#[test]
fn languages_and_places_follow_the_project() {
    let lists = "project(a LANGUAGES CXX CUDA)\n";
    let mut facts = facts(&[("cpp/CMakeLists.txt", Role::CMake(true), lists)], &[]);
    facts.occupied = vec!["CMakePresets.json", "cmake/toolchain.cmake"];
    facts.build_is_source = true;
    facts.programs = vec![("make", "4.3".to_owned())];
    facts.folder = Utf8PathBuf::from("cpp");
    let proposal = proposed(&facts);
    let loaded = config::load(&SourceFile::new("x", proposal.yaml.clone())).unwrap().config;
    assert_eq!(loaded.variants[0].cache.languages, [Language::C, Language::Cxx, Language::Cuda]);
    assert_eq!(loaded.variants[0].presets.generator, "Unix Makefiles");
    assert_eq!(loaded.output.presets, None);
    assert_eq!(loaded.output.cache(), "cmake/toolchainkit/toolchainkit-cache.cmake");
    assert!(proposal.commands[0].starts_with("cd cpp && "), "{:?}", proposal.commands);
    facts.files[0].text = "project(a LANGUAGES HIP)\nset(CMAKE_HIP_COMPILER_LAUNCHER ccache)\n".to_owned();
    let cache = variant(&proposed(&facts).yaml).cache;
    assert_eq!(cache.tools, [Tool::Sccache]);
}

/// Names and values that would end a line, a text, a comment or a command.
#[test]
fn texts_of_files_stay_texts() {
    let nasty = [
        "a\"b",
        "a'b",
        "a\nsize_gb: 1",
        "a\r\nb",
        "a # b",
        "a: b",
        "\u{1b}[31m",
        "a\u{202e}b",
        "a\u{2028}b",
        "${x}",
        "$(id)",
        "`id`",
        "a\\",
        "{{ a }}",
        "- a",
        "&a",
        "*a",
        "%a%b%",
        "\u{0}",
        "a;b",
        "a]b",
        "\u{feff}",
        "::error::x",
        "##[error]x",
    ];
    for text in nasty {
        let lists = format!("project(demo)\nset(CMAKE_C_COMPILER_LAUNCHER \"ccache {text}\")\n");
        let presets = serde_json::json!({ "version": 3, "configurePresets": [
            { "name": text, "environment": { "CCACHE_DIR": text, "CCACHE_MAXSIZE": text } } ] });
        let ci = format!("env:\n  SCCACHE_BUCKET: {text}\n  SCCACHE_ENDPOINT: \"{text}\"\n");
        let conf = format!("cache_dir = /srv/{text}\nremote_storage = redis://{text}@h|shards={text}\n");
        let modules = format!("[submodule \"x\"]\n path = {text}/vcpkg\n");
        let files: [(&str, Role, &str); 7] = [
            ("CMakeLists.txt", Role::CMake(true), &lists),
            ("CMakePresets.json", Role::Presets, &presets.to_string()),
            (&format!(".github/workflows/{text}.yml"), Role::Ci, &ci),
            (&format!("{text}.conf"), Role::Ccache, &conf),
            ("sccache", Role::Sccache, &format!("[cache.s3]\nbucket = \"{text}\"\n")),
            (".gitmodules", Role::Submodules, &modules),
            ("vcpkg.json", Role::Vcpkg, text),
        ];
        let environment = [("SCCACHE_DIR", &*format!("/srv/{text}")), ("SCCACHE_S3_KEY_PREFIX", text)];
        for tool in
            [ToolWish::Found, ToolWish::This(Tool::Sccache), ToolWish::This(Tool::Ccache), ToolWish::Any]
        {
            for has_presets in [true, false] {
                let mut facts = facts(&files, &environment);
                facts.folder = Utf8PathBuf::from(text.replace('\0', ""));
                facts.projects = vec![facts.folder.clone(), Utf8PathBuf::from("b")];
                facts.occupied = if has_presets { vec!["CMakePresets.json"] } else { Vec::new() };
                let wishes = Wishes { tool, remote: RemoteWish::Found };
                let proposal =
                    propose(&facts, &wishes).unwrap_or_else(|invalid| panic!("{text:?}: {invalid:?}"));
                let found = variant(&proposal.yaml);
                assert_ne!(found.cache.size_gb, 1, "{text:?}:\n{}", proposal.yaml);
                let is_control = |letter: char| letter.is_control() && letter != '\n';
                assert!(!proposal.yaml.contains(is_control), "{text:?}:\n{:?}", proposal.yaml);
                let lines = [
                    &proposal.found,
                    &proposal.taken,
                    &proposal.notes,
                    &proposal.commands,
                    &proposal.ignored,
                    &proposal.attributes,
                ];
                let mut lines = lines.into_iter().flatten().cloned().collect::<Vec<_>>();
                lines.extend(proposal.removals.iter().map(ToString::to_string));
                for line in lines {
                    assert!(!line.contains(char::is_control), "{text:?}: {line:?}");
                }
                // The name of a preset is one word for the shell.
                for command in &proposal.commands {
                    assert!(command.matches('\'').count() % 2 == 0 || text.contains('\''), "{command}");
                    if !command.contains('\'') {
                        assert!(!command.contains("$(id)") && !command.contains("`id`"), "{command}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_value_of_a_credential_is_written() {
    let secret = "hunter2secret";
    let texts = [
        format!(
            "env:\n  SCCACHE_REDIS_ENDPOINT: redis://u:{secret}@h:1\n  SCCACHE_REDIS_PASSWORD: {secret}\n"
        ),
        format!("env:\n  CCACHE_REMOTE_STORAGE: http://{secret}@h/p|bearer-token={secret}\n"),
        format!("env:\n  SCCACHE_WEBDAV_ENDPOINT: https://u:{secret}@h\n  SCCACHE_WEBDAV_TOKEN: {secret}\n"),
        format!("env:\n  SCCACHE_AZURE_BLOB_CONTAINER: c\n  SCCACHE_AZURE_CONNECTION_STRING: {secret}\n"),
        format!("env:\n  CCACHE_REMOTE_STORAGE: crsh://u:{secret}@h\n"),
        format!(
            "env:\n  SCCACHE_BUCKET: b\n  AWS_ACCESS_KEY_ID: {secret}\n  AWS_SECRET_ACCESS_KEY: {secret}\n"
        ),
    ];
    for text in texts {
        let proposal = proposed(&facts(&[("ci.yml", Role::Ci, &text)], &[]));
        assert!(!format!("{proposal:?}").contains(secret), "{proposal:#?}");
        let conf = text.replace("env:\n  CCACHE_REMOTE_STORAGE:", "remote_storage =");
        let proposal = proposed(&facts(&[("x.conf", Role::Ccache, &conf)], &[]));
        assert!(!format!("{proposal:?}").contains(secret), "{proposal:#?}");
    }
}
