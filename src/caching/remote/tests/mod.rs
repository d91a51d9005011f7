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
