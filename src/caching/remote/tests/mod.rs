//! Tests of the settings for each tool and of the checks. One test checks that every setting has a row.

mod rows;

use std::collections::BTreeSet;

use rows::{Changes, ROWS};

use super::{
    Access, BACKENDS, IssueSeverity, Kind, RemoteCacheConfig, RemoteFields, Section, backend, check,
    check_tool,
};
use crate::caching::tool::Tool;

/// A configuration with only the required settings of the backend.
fn minimal(name: &str) -> RemoteFields {
    let fields: &[(&str, &str)] = match name {
        "s3" | "gcs" => &[("bucket", "b")],
        "oss" | "cos" => &[("bucket", "b"), ("endpoint", "https://h")],
        "azure" => &[("credentials.connection_string", "${C}"), ("extra_config.container", "c")],
        "gha" => &[],
        "file" => &[("extra_config.path", "/mnt/c")],
        "redis" => &[("endpoint", "redis://h")],
        "http" => &[("endpoint", "http://h/p")],
        "memcached" => &[("endpoint", "h:11211")],
        other => panic!("no minimal configuration for {other}"),
    };
    let mut config = RemoteFields::new(name);
    for (path, value) in fields {
        set(&mut config, path, value);
    }
    config
}

/// Sets `path` (`bucket`, `credentials.password`, `extra_config.db`, `access`, `use_ssl`) to `value`; a credential with an empty
/// value is removed.
fn set(config: &mut RemoteFields, path: &str, value: &str) {
    match path.split_once('.') {
        Some(("credentials", name)) if value.is_empty() => drop(config.remove(Section::Credentials, name)),
        Some(("credentials", name)) => drop(config.set(Section::Credentials, name, value)),
        Some(("extra_config", name)) => drop(config.set(Section::ExtraConfig, name, value)),
        _ => match path {
            "use_ssl" => config.use_ssl = value == "true",
            "access" => {
                config.access = if value == "read-only" { Access::ReadOnly } else { Access::ReadWrite }
            }
            name => drop(config.set(Section::Remote, name, value)),
        },
    }
}

fn with(name: &str, changes: &[(&str, &str)]) -> RemoteFields {
    let mut config = minimal(name);
    for (path, value) in changes {
        set(&mut config, path, value);
    }
    config
}

/// `NAME=VALUE` or, with a gate, `NAME=VALUE (VERSION)`.
fn lines(tool: Tool, config: &RemoteFields) -> Vec<String> {
    let settings = backend(&config.backend_type).unwrap().settings(tool, config);
    let line = |setting: &super::Setting| {
        let since = setting.since.map(|version| format!(" ({version})")).unwrap_or_default();
        format!("{}={}{since}", setting.name, setting.value.describe())
    };
    settings.iter().map(line).collect()
}

#[test]
fn every_row_gives_its_setting() {
    for (name, tool, changes, expected) in ROWS {
        let lines = lines(*tool, &with(name, changes));
        assert!(
            lines.iter().any(|line| line == expected),
            "{name} {changes:?} with {tool}: {lines:#?}\nlacks {expected}"
        );
    }
}

/// Settings of a project that has no `toolchainkit.yaml` yet are read back: what the tool gets stays the same.
#[test]
fn the_settings_of_every_row_can_be_read_back() {
    let is_secret = |backend: &dyn super::Backend, name: &str| {
        let mut fields = backend.fields().iter().filter(|field| field.section == Section::Credentials);
        fields.any(|field| field.variable.is_some_and(|variable| variable.name == name))
    };
    for (name, tool, changes, _) in ROWS {
        let backend = backend(name).unwrap();
        let config = with(name, changes);
        let settings = backend.settings(*tool, &config);
        let shown = |settings: &[super::Setting]| {
            let value = |setting: &super::Setting| match setting.value.describe() {
                _ if is_secret(backend, setting.name) => String::new(),
                // ccache's user of Redis without a name.
                value => value.replace("//default:", "//:").replace("ann%40home", "%{CACHE_USERNAME}"),
            };
            settings.iter().map(|setting| (setting.name, value(setting))).collect::<Vec<_>>()
        };
        // Of several Memcached servers, CMake chooses one.
        if settings.iter().any(|setting| setting.value.describe().contains("{SERVER}")) {
            continue;
        }
        let found = match tool {
            Tool::Sccache => super::existing::of_sccache(&|name| {
                let setting = settings.iter().find(|setting| setting.name == name)?;
                Some(setting.value.describe())
            }),
            Tool::Ccache => {
                let read = super::existing::of_ccache(&settings[0].value.describe());
                read.into_iter().map(Result::unwrap).collect()
            }
        };
        assert_eq!(found.len(), 1, "{name} {changes:?}: {found:?}");
        assert_eq!(found[0].fields.backend_type, *name);
        let again = backend.settings(*tool, &found[0].fields);
        assert_eq!(shown(&again), shown(&settings), "{name} {changes:?}: {:?}", found[0]);
        let is_valid = |config: &RemoteFields| check(config).is_empty();
        if is_valid(&config) {
            let usable = super::existing::usable(found[0].fields.clone(), Some(*tool)).unwrap();
            assert!(is_valid(&usable), "{name} {changes:?}");
        }
    }
}

#[test]
fn credentials_in_addresses_become_names_of_variables() {
    let cases = [
        ("redis://:hunter2@h:6379/1", "CACHE_PASSWORD", 1),
        ("redis://u:$REDIS_PASSWORD@h", "REDIS_PASSWORD", 1),
        ("redis://:${{ secrets.PW }}@h", "PW", 0),
        ("http://u:hunter2@h/p|layout=flat", "CACHE_PASSWORD", 2),
    ];
    for (text, variable, new) in cases {
        let found = super::existing::of_ccache(&text.replace("{{ secrets.PW }}", "{{secrets.PW}}"));
        let found = found[0].clone().unwrap();
        let shown = format!("{found:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(
            found.fields.credential("password"),
            Some(&format!("${{{variable}}}").as_str().into()),
            "{text}"
        );
        assert_eq!(found.new_variables.len(), new, "{text}: {shown}");
        assert!(!found.fields.text("endpoint").contains('@'), "{shown}");
    }
    let refused = super::existing::of_ccache("crsh://u:hunter2@h/x @a=b");
    assert_eq!(refused, [Err("crsh://h/x".to_owned())]);
}

#[test]
fn every_kind_of_storage_has_a_valid_example() {
    for backend in BACKENDS {
        let found = super::existing::of_argument(backend.name()).unwrap();
        assert_eq!(check(&found.fields), [], "{}", backend.name());
    }
    for (text, kind) in [
        ("s3://bucket/team/a", "s3"),
        ("gs://bucket", "gcs"),
        ("redis://h:6379", "redis"),
        ("https://h/p", "http"),
        ("memcached://h:11211", "memcached"),
        ("/mnt/cache", "file"),
        ("file:///mnt/cache", "file"),
    ] {
        let found = super::existing::of_argument(text).unwrap();
        assert_eq!((found.fields.backend_type.as_str(), check(&found.fields)), (kind, Vec::new()), "{text}");
    }
    for bad in ["ftp://h", "", "x", "minio"] {
        assert_eq!(super::existing::of_argument(bad), None, "{bad}");
    }
}

#[test]
fn the_keys_of_the_configuration_file_of_sccache_are_known() {
    let of = super::existing::variable_of_key;
    for (table, key, variable) in [
        ("s3", "bucket", "SCCACHE_BUCKET"),
        ("s3", "key_prefix", "SCCACHE_S3_KEY_PREFIX"),
        ("s3", "use_ssl", "SCCACHE_S3_USE_SSL"),
        ("s3", "enable_virtual_host_style", "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE"),
        ("redis", "endpoint", "SCCACHE_REDIS_ENDPOINT"),
        ("redis", "cluster_endpoints", "SCCACHE_REDIS_CLUSTER_ENDPOINTS"),
        ("redis", "url", "SCCACHE_REDIS"),
        ("redis", "expiration", "SCCACHE_REDIS_EXPIRATION"),
        ("memcached", "url", "SCCACHE_MEMCACHED"),
        ("gcs", "cred_path", "SCCACHE_GCS_KEY_PATH"),
        ("gcs", "rw_mode", "SCCACHE_GCS_RW_MODE"),
        ("gha", "enabled", "SCCACHE_GHA_ENABLED"),
        ("webdav", "endpoint", "SCCACHE_WEBDAV_ENDPOINT"),
        ("webdav", "password", "SCCACHE_WEBDAV_PASSWORD"),
        ("azure", "container", "SCCACHE_AZURE_BLOB_CONTAINER"),
        ("azure", "connection_string", "SCCACHE_AZURE_CONNECTION_STRING"),
        ("oss", "no_credentials", "SCCACHE_OSS_NO_CREDENTIALS"),
        ("cos", "bucket", "SCCACHE_COS_BUCKET"),
    ] {
        assert_eq!(of(table, key), Some(variable), "{table}.{key}");
    }
    assert_eq!(of("s3", "color"), None);
}

#[test]
fn every_setting_of_every_backend_has_a_row() {
    for backend in BACKENDS {
        let rows = ROWS.iter().filter(|row| row.0 == backend.name());
        let covered = rows.flat_map(|row| row.2).map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>();
        for field in backend.fields().iter().filter(|field| !field.required) {
            let path = field.section.path_of(field.name);
            assert!(covered.contains(&path), "{} has no row for {path}", backend.name());
        }
    }
}

#[test]
fn a_minimal_configuration_is_valid_and_supported_by_a_tool() {
    for backend in BACKENDS {
        let config = minimal(backend.name());
        assert_eq!(check(&config), [], "{}", backend.name());
        assert!(Tool::ALL.into_iter().any(|tool| check_tool(tool, &config).is_ok()), "{}", backend.name());
        assert!(!backend.location(&config).is_empty());
        assert!(!backend.summary().is_empty());
    }
}

#[test]
fn invalid_settings_are_reported() {
    let cases: &[(&str, Changes, &str, &str)] = &[
        ("s3", &[("bucket", "")], "missing-setting", "bucket"),
        ("s3", &[("credentials.access_key", "${A}")], "missing-setting", "credentials.secret_key"),
        ("s3", &[("endpoint", "ftp://h")], "bad-endpoint", "endpoint"),
        ("s3", &[("endpoint", "https://u:p@h")], "secret-in-config", "endpoint"),
        ("s3", &[("endpoint", "https://")], "bad-endpoint", "endpoint"),
        ("s3", &[("bucket", "a[b")], "not-representable", "bucket"),
        ("s3", &[("extra_config.sse_kms", "yes")], "wrong-type", "extra_config.sse_kms"),
        ("s3", &[("extra_config.turbo", "1")], "unknown-setting", "extra_config.turbo"),
        ("gcs", &[("endpoint", "https://h")], "unknown-setting", "endpoint"),
        ("redis", &[("endpoint", "h:6379")], "bad-endpoint", "endpoint"),
        ("redis", &[("endpoint", "redis://:p@h")], "secret-in-config", "endpoint"),
        ("redis", &[("endpoint", "redis://h/zero")], "bad-endpoint", "endpoint"),
        (
            "redis",
            &[("endpoint", "redis://h/1"), ("extra_config.db", "2")],
            "conflicting-settings",
            "extra_config.db",
        ),
        ("redis", &[("extra_config.ttl", "1h")], "wrong-type", "extra_config.ttl"),
        ("redis", &[("credentials.username", "u")], "missing-setting", "credentials.password"),
        ("http", &[("endpoint", "h/p")], "bad-endpoint", "endpoint"),
        ("http", &[("endpoint", "http://h/?q")], "bad-endpoint", "endpoint"),
        (
            "http",
            &[("credentials.token", "${T}"), ("credentials.password", "${P}")],
            "conflicting-settings",
            "credentials.token",
        ),
        ("http", &[("extra_config.layout", "deep")], "bad-value", "extra_config.layout"),
        ("memcached", &[("endpoint", "h")], "bad-endpoint", "endpoint"),
        ("memcached", &[("endpoint", "a:1,b:2")], "several-servers", "endpoint"),
        ("memcached", &[("extra_config.expiration", "9999999")], "wrong-type", "extra_config.expiration"),
        ("memcached", &[("credentials.username", "a[b")], "not-representable", "credentials.username"),
        ("memcached", &[("credentials.password", "a\0b")], "not-representable", "credentials.password"),
        ("gcs", &[("credentials.key_path", "C:\\keys\\")], "not-representable", "credentials.key_path"),
        ("redis", &[("endpoint", "unix://run/r.sock")], "bad-endpoint", "endpoint"),
        ("redis", &[("endpoint", "redis://h-*")], "missing-setting", "extra_config.shards"),
        ("redis", &[("extra_config.shards", "a,b")], "conflicting-settings", "extra_config.shards"),
        (
            "http",
            &[("endpoint", "http://h-*"), ("extra_config.shards", "a(x)")],
            "bad-value",
            "extra_config.shards",
        ),
        ("http", &[("extra_config.header", "X-Team")], "bad-value", "extra_config.header"),
        (
            "http",
            &[("extra_config.connect_timeout_ms", "0")],
            "wrong-type",
            "extra_config.connect_timeout_ms",
        ),
        ("http", &[("credentials.password", "${P}")], "missing-setting", "credentials.username"),
        ("azure", &[("extra_config.container", "")], "missing-setting", "extra_config.container"),
        (
            "azure",
            &[("credentials.connection_string", "")],
            "missing-setting",
            "credentials.connection_string",
        ),
        (
            "azure",
            &[("extra_config.storage_account", "a")],
            "conflicting-settings",
            "extra_config.storage_account",
        ),
        ("azure", &[("endpoint", "https://h")], "conflicting-settings", "endpoint"),
        ("azure", &[("credentials.tenant_id", "t")], "conflicting-settings", "credentials.tenant_id"),
        (
            "azure",
            &[("credentials.connection_string", ""), ("endpoint", "http://h.example")],
            "bad-endpoint",
            "endpoint",
        ),
        (
            "azure",
            &[
                ("credentials.connection_string", ""),
                ("extra_config.storage_account", "a"),
                ("credentials.client_secret", "${S}"),
            ],
            "missing-setting",
            "credentials.tenant_id",
        ),
        ("gha", &[("prefix", "p")], "unknown-setting", "prefix"),
        ("gha", &[("extra_config.version", "a]")], "not-representable", "extra_config.version"),
        ("oss", &[("endpoint", "oss.example")], "bad-endpoint", "endpoint"),
        ("oss", &[("bucket", "")], "missing-setting", "bucket"),
        ("oss", &[("credentials.access_key", "${A}")], "missing-setting", "credentials.secret_key"),
        (
            "oss",
            &[
                ("extra_config.no_credentials", "true"),
                ("credentials.access_key", "${A}"),
                ("credentials.secret_key", "${S}"),
            ],
            "conflicting-settings",
            "extra_config.no_credentials",
        ),
        ("cos", &[("endpoint", "")], "missing-setting", "endpoint"),
        ("cos", &[("endpoint", "https://u:p@h")], "secret-in-config", "endpoint"),
        ("cos", &[("credentials.secret_id", "${I}")], "missing-setting", "credentials.secret_key"),
        ("file", &[("extra_config.path", "cache")], "bad-path", "extra_config.path"),
        ("file", &[("extra_config.path", "/")], "bad-path", "extra_config.path"),
        ("file", &[("extra_config.layout", "bazel")], "bad-value", "extra_config.layout"),
        ("file", &[("extra_config.umask", "9")], "bad-value", "extra_config.umask"),
        ("file", &[("extra_config.update_mtime", "yes")], "wrong-type", "extra_config.update_mtime"),
    ];
    for (name, changes, code, field) in cases {
        let issues = check(&with(name, changes));
        let found = issues.iter().any(|issue| issue.code == *code && issue.field == *field);
        assert!(found, "{name} {changes:?}: {issues:#?}");
    }
    assert_eq!(check(&RemoteFields::new("ftp"))[0].code, "unknown-backend");
}

#[test]
fn an_unsupported_tool_is_rejected_and_another_suggested() {
    let cases: &[(&str, Changes, Tool)] = &[
        ("s3", &[], Tool::Ccache),
        ("gcs", &[], Tool::Ccache),
        ("memcached", &[], Tool::Ccache),
        ("http", &[("endpoint", "https://h")], Tool::Ccache),
        ("redis", &[("endpoint", "rediss://h")], Tool::Ccache),
        ("redis", &[("prefix", "p")], Tool::Ccache),
        ("redis", &[("extra_config.ttl", "1")], Tool::Ccache),
        ("redis", &[("endpoint", "redis://a,redis://b")], Tool::Ccache),
        ("http", &[("extra_config.layout", "flat")], Tool::Sccache),
        ("redis", &[("extra_config.connect_timeout_ms", "5")], Tool::Sccache),
        ("azure", &[], Tool::Ccache),
        ("gha", &[], Tool::Ccache),
        ("oss", &[], Tool::Ccache),
        ("cos", &[], Tool::Ccache),
        ("file", &[], Tool::Sccache),
    ];
    for (name, changes, tool) in cases {
        let issue = check_tool(*tool, &with(name, changes)).unwrap_err();
        let other = if *tool == Tool::Ccache { "sccache" } else { "ccache" };
        assert_eq!((issue.code, issue.severity), ("unsupported-by-tool", IssueSeverity::Error));
        assert!(issue.help.unwrap().ends_with(other), "{name} {changes:?}");
    }
}

#[test]
fn no_output_contains_a_secret() {
    for backend in BACKENDS {
        for field in backend.fields().iter().filter(|field| field.kind == Kind::Secret) {
            let config = with(backend.name(), &[(&format!("credentials.{}", field.name), "hunter2")]);
            assert!(!format!("{config:?} {:?}", lines(Tool::Sccache, &config)).contains("hunter2"));
            assert!(!check(&config).iter().any(|issue| issue.to_string().contains("hunter2")));
        }
    }
}

/// Values are looked up only by the name of the field.
#[test]
fn field_names_are_unique_within_a_backend() {
    for backend in BACKENDS {
        let names = backend.fields().iter().map(|field| field.name).collect::<BTreeSet<_>>();
        assert_eq!(names.len(), backend.fields().len(), "{}", backend.name());
    }
}

#[test]
fn the_members_of_the_specification_become_fields() {
    let config = RemoteCacheConfig {
        endpoint: "https://h".to_owned(),
        bucket: Some("b".to_owned()),
        prefix: Some("p".to_owned()),
        access: Access::ReadOnly,
        credentials: [("access_key".to_owned(), "${A}".into())].into(),
        extra_config: [("profile".to_owned(), "ci".to_owned())].into(),
        ..RemoteCacheConfig::new("s3")
    };
    let fields = RemoteFields::from(&config);
    assert_eq!(
        ["endpoint", "bucket", "region", "prefix", "profile"].map(|name| fields.text(name)),
        ["https://h", "b", "us-east-1", "p", "ci"]
    );
    assert!(fields.use_ssl && fields.access == Access::ReadOnly);
    assert_eq!(fields.credential("access_key"), Some(&"${A}".into()));
    // Every configuration has a region, even if the backend has none.
    assert_eq!(check(&RemoteFields::from(&RemoteCacheConfig::new("gha"))), []);
}
