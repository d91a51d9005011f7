//! One row per setting: what is configured, and what each tool is told.

use std::collections::BTreeSet;

use super::{Access, BACKENDS, Kind, RemoteCacheConfig, Section, Severity, backend, check, check_tool};
use crate::caching::tool::Tool;

/// A configuration that has just what the backend cannot do without.
fn minimal(name: &str) -> RemoteCacheConfig {
    let config = RemoteCacheConfig::new(name);
    match name {
        "s3" | "gcs" => RemoteCacheConfig { bucket: Some("b".into()), ..config },
        "oss" | "cos" => {
            RemoteCacheConfig { bucket: Some("b".into()), endpoint: "https://h".into(), ..config }
        }
        "azure" => RemoteCacheConfig {
            credentials: [("connection_string".into(), "${C}".into())].into(),
            extra_config: [("container".into(), "c".into())].into(),
            ..config
        },
        "gha" => config,
        "file" => RemoteCacheConfig { extra_config: [("path".into(), "/mnt/c".into())].into(), ..config },
        "redis" => RemoteCacheConfig { endpoint: "redis://h".into(), ..config },
        "http" => RemoteCacheConfig { endpoint: "http://h/p".into(), ..config },
        "memcached" => RemoteCacheConfig { endpoint: "h:11211".into(), ..config },
        other => panic!("no minimal configuration for {other}"),
    }
}

/// Sets, or with an empty value removes, `path` (`bucket`, `credentials.password`, `extra_config.db`, `access`, `use_ssl`) to `value`.
fn set(config: &mut RemoteCacheConfig, path: &str, value: &str) {
    match path.split_once('.') {
        Some(("credentials", name)) if value.is_empty() => drop(config.credentials.remove(name)),
        Some(("credentials", name)) => drop(config.credentials.insert(name.into(), value.into())),
        Some(("extra_config", name)) => drop(config.extra_config.insert(name.into(), value.into())),
        _ => match path {
            "endpoint" => config.endpoint = value.into(),
            "bucket" => config.bucket = Some(value.into()),
            "region" => config.region = Some(value.into()),
            "prefix" => config.prefix = Some(value.into()),
            "use_ssl" => config.use_ssl = value == "true",
            "access" => {
                config.access = if value == "read-only" { Access::ReadOnly } else { Access::ReadWrite }
            }
            other => panic!("no field {other}"),
        },
    }
}

fn with(name: &str, changes: &[(&str, &str)]) -> RemoteCacheConfig {
    let mut config = minimal(name);
    for (path, value) in changes {
        set(&mut config, path, value);
    }
    config
}

/// `NAME=VALUE` or, with a gate, `NAME=VALUE (VERSION)`.
fn told(tool: Tool, config: &RemoteCacheConfig) -> Vec<String> {
    let settings = backend(&config.backend_type).unwrap().settings(tool, config);
    let line = |setting: &super::Setting| {
        let since = setting.since.map(|version| format!(" ({version})")).unwrap_or_default();
        format!("{}={}{since}", setting.name, setting.value.describe())
    };
    settings.iter().map(line).collect()
}

/// Paths of settings with their values.
type Changes = &'static [(&'static str, &'static str)];

/// Every row: the backend, what is set, and a line that the tool must be told.
const ROWS: &[(&str, Tool, Changes, &str)] = &[
    ("s3", Tool::Sccache, &[], "SCCACHE_BUCKET=b"),
    ("s3", Tool::Sccache, &[], "SCCACHE_REGION=us-east-1"),
    ("s3", Tool::Sccache, &[("region", "auto")], "SCCACHE_REGION=auto"),
    ("s3", Tool::Sccache, &[("endpoint", "https://m:9000")], "SCCACHE_ENDPOINT=https://m:9000"),
    ("s3", Tool::Sccache, &[("endpoint", "m:9000")], "SCCACHE_S3_USE_SSL=true"),
    ("s3", Tool::Sccache, &[("endpoint", "m:9000"), ("use_ssl", "false")], "SCCACHE_S3_USE_SSL=false"),
    ("s3", Tool::Sccache, &[("prefix", "team/")], "SCCACHE_S3_KEY_PREFIX=team"),
    (
        "s3",
        Tool::Sccache,
        &[("credentials.access_key", "${A}"), ("credentials.secret_key", "${S}")],
        "AWS_ACCESS_KEY_ID={A}",
    ),
    (
        "s3",
        Tool::Sccache,
        &[("credentials.access_key", "${A}"), ("credentials.secret_key", "${S}")],
        "AWS_SECRET_ACCESS_KEY={S}",
    ),
    ("s3", Tool::Sccache, &[("credentials.session_token", "${T}")], "AWS_SESSION_TOKEN={T}"),
    ("s3", Tool::Sccache, &[("extra_config.no_credentials", "true")], "SCCACHE_S3_NO_CREDENTIALS=true"),
    (
        "s3",
        Tool::Sccache,
        &[("extra_config.virtual_host_style", "true")],
        "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE=true (0.11.0)",
    ),
    (
        "s3",
        Tool::Sccache,
        &[("extra_config.server_side_encryption", "true")],
        "SCCACHE_S3_SERVER_SIDE_ENCRYPTION=true (0.6.0)",
    ),
    (
        "s3",
        Tool::Sccache,
        &[("extra_config.sse_kms", "true")],
        "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS=true (0.17.0)",
    ),
    (
        "s3",
        Tool::Sccache,
        &[("extra_config.sse_kms_key_id", "k")],
        "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID=k (0.17.0)",
    ),
    ("s3", Tool::Sccache, &[("extra_config.profile", "ci")], "AWS_PROFILE=ci"),
    ("s3", Tool::Sccache, &[("extra_config.role_arn", "arn:x")], "AWS_ROLE_ARN=arn:x"),
    ("s3", Tool::Sccache, &[("access", "read-only")], "SCCACHE_S3_RW_MODE=READ_ONLY (0.16.0)"),
    ("redis", Tool::Sccache, &[], "SCCACHE_REDIS_ENDPOINT=redis://h (0.8.0)"),
    (
        "redis",
        Tool::Sccache,
        &[("endpoint", "rediss://h:7000")],
        "SCCACHE_REDIS_ENDPOINT=rediss://h:7000 (0.8.0)",
    ),
    (
        "redis",
        Tool::Sccache,
        &[("endpoint", "redis+unix:///run/r.sock")],
        "SCCACHE_REDIS_ENDPOINT=redis+unix://localhost/run/r.sock (0.8.0)",
    ),
    (
        "redis",
        Tool::Sccache,
        &[("endpoint", "redis://a,redis://b")],
        "SCCACHE_REDIS_CLUSTER_ENDPOINTS=redis://a,redis://b (0.8.0)",
    ),
    ("redis", Tool::Sccache, &[("endpoint", "redis://h:1/4")], "SCCACHE_REDIS_ENDPOINT=redis://h:1 (0.8.0)"),
    ("redis", Tool::Sccache, &[("endpoint", "redis://h:1/4")], "SCCACHE_REDIS_DB=4 (0.8.0)"),
    ("redis", Tool::Sccache, &[("extra_config.db", "2")], "SCCACHE_REDIS_DB=2 (0.8.0)"),
    ("redis", Tool::Sccache, &[("extra_config.ttl", "60")], "SCCACHE_REDIS_EXPIRATION=60 (0.8.0)"),
    ("redis", Tool::Sccache, &[("prefix", "/p")], "SCCACHE_REDIS_KEY_PREFIX=p (0.8.0)"),
    ("redis", Tool::Sccache, &[("credentials.password", "${P}")], "SCCACHE_REDIS_PASSWORD={P} (0.8.0)"),
    (
        "redis",
        Tool::Sccache,
        &[("credentials.username", "ann"), ("credentials.password", "${P}")],
        "SCCACHE_REDIS_USERNAME=ann (0.8.0)",
    ),
    ("redis", Tool::Sccache, &[("access", "read-only")], "SCCACHE_REDIS_RW_MODE=READ_ONLY (0.16.0)"),
    ("redis", Tool::Ccache, &[], "CCACHE_REMOTE_STORAGE=redis://h:6379|connect-timeout=1000 (4.7.0)"),
    (
        "redis",
        Tool::Ccache,
        &[("extra_config.db", "2")],
        "CCACHE_REMOTE_STORAGE=redis://h:6379/2|connect-timeout=1000 (4.7.0)",
    ),
    (
        "redis",
        Tool::Ccache,
        &[("credentials.password", "${P}"), ("access", "read-only")],
        "CCACHE_REMOTE_STORAGE=redis://default:%{P}@h:6379|connect-timeout=1000|read-only=true (4.7.0)",
    ),
    (
        "redis",
        Tool::Ccache,
        &[("endpoint", "redis+unix:///run/r.sock"), ("extra_config.db", "2")],
        "CCACHE_REMOTE_STORAGE=redis+unix:/run/r.sock?db=2|connect-timeout=1000 (4.7.0)",
    ),
    ("gcs", Tool::Sccache, &[], "SCCACHE_GCS_BUCKET=b"),
    ("gcs", Tool::Sccache, &[], "SCCACHE_GCS_RW_MODE=READ_WRITE"),
    ("gcs", Tool::Sccache, &[("access", "read-only")], "SCCACHE_GCS_RW_MODE=READ_ONLY"),
    ("gcs", Tool::Sccache, &[("prefix", "p")], "SCCACHE_GCS_KEY_PREFIX=p"),
    ("gcs", Tool::Sccache, &[("credentials.key_path", "/k.json")], "SCCACHE_GCS_KEY_PATH=/k.json"),
    ("gcs", Tool::Sccache, &[("credentials.key_path", "${KEY_FILE}")], "SCCACHE_GCS_KEY_PATH={KEY_FILE}"),
    ("gcs", Tool::Sccache, &[("extra_config.service_account", "a@b")], "SCCACHE_GCS_SERVICE_ACCOUNT=a@b"),
    (
        "gcs",
        Tool::Sccache,
        &[("extra_config.credentials_url", "http://t/")],
        "SCCACHE_GCS_CREDENTIALS_URL=http://t/",
    ),
    ("http", Tool::Sccache, &[], "SCCACHE_WEBDAV_ENDPOINT=http://h/p (0.4.0)"),
    ("http", Tool::Sccache, &[("prefix", "x/y")], "SCCACHE_WEBDAV_KEY_PREFIX=x/y"),
    (
        "http",
        Tool::Sccache,
        &[("credentials.username", "u"), ("credentials.password", "${P}")],
        "SCCACHE_WEBDAV_USERNAME=u (0.4.2)",
    ),
    (
        "http",
        Tool::Sccache,
        &[("credentials.username", "u"), ("credentials.password", "${P}")],
        "SCCACHE_WEBDAV_PASSWORD={P} (0.4.2)",
    ),
    ("http", Tool::Sccache, &[("credentials.token", "${T}")], "SCCACHE_WEBDAV_TOKEN={T} (0.4.2)"),
    (
        "http",
        Tool::Sccache,
        &[("extra_config.disable_create_dir", "true")],
        "SCCACHE_WEBDAV_DISABLE_CREATE_DIR=true (0.19.0)",
    ),
    ("http", Tool::Sccache, &[("access", "read-only")], "SCCACHE_WEBDAV_RW_MODE=READ_ONLY (0.16.0)"),
    ("http", Tool::Ccache, &[], "CCACHE_REMOTE_STORAGE=http://h/p|layout=flat|connect-timeout=1000 (4.7.0)"),
    (
        "http",
        Tool::Ccache,
        &[("extra_config.layout", "bazel")],
        "CCACHE_REMOTE_STORAGE=http://h/p|layout=bazel|connect-timeout=1000 (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("prefix", "x")],
        "CCACHE_REMOTE_STORAGE=http://h/p/x|layout=flat|connect-timeout=1000 (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("credentials.username", "${U}"), ("credentials.password", "${P}")],
        "CCACHE_REMOTE_STORAGE=http://%{U}:%{P}@h/p|layout=flat|connect-timeout=1000 (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("credentials.username", "ann@home"), ("credentials.password", "${P}")],
        "CCACHE_REMOTE_STORAGE=http://ann%40home:%{P}@h/p|layout=flat|connect-timeout=1000 (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("credentials.token", "${T}")],
        "CCACHE_REMOTE_STORAGE=http://h/p|layout=flat|connect-timeout=1000|bearer-token=%{T} (4.7.0)",
    ),
    ("memcached", Tool::Sccache, &[], "SCCACHE_MEMCACHED_ENDPOINT=tcp://h:11211 (0.8.0)"),
    (
        "memcached",
        Tool::Sccache,
        &[("endpoint", "a:1,b:2")],
        "SCCACHE_MEMCACHED_ENDPOINT=tcp://{SERVER} (0.8.0)",
    ),
    (
        "memcached",
        Tool::Sccache,
        &[("endpoint", "unix:///run/m")],
        "SCCACHE_MEMCACHED_ENDPOINT=unix:///run/m (0.19.0)",
    ),
    ("memcached", Tool::Sccache, &[("prefix", "p")], "SCCACHE_MEMCACHED_KEY_PREFIX=p (0.8.0)"),
    ("memcached", Tool::Sccache, &[("credentials.username", "u")], "SCCACHE_MEMCACHED_USERNAME=u (0.8.0)"),
    (
        "memcached",
        Tool::Sccache,
        &[("credentials.password", "${P}")],
        "SCCACHE_MEMCACHED_PASSWORD={P} (0.8.0)",
    ),
    ("memcached", Tool::Sccache, &[("extra_config.expiration", "60")], "SCCACHE_MEMCACHED_EXPIRATION=60"),
    ("memcached", Tool::Sccache, &[("access", "read-only")], "SCCACHE_MEMCACHED_RW_MODE=READ_ONLY (0.16.0)"),
    ("s3", Tool::Sccache, &[("credentials.web_identity_token_file", "/t")], "AWS_WEB_IDENTITY_TOKEN_FILE=/t"),
    (
        "redis",
        Tool::Ccache,
        &[("endpoint", "redis://h-*"), ("extra_config.shards", "a(3),b")],
        "CCACHE_REMOTE_STORAGE=redis://h-*:6379|connect-timeout=1000|shards=a(3),b (4.7.0)",
    ),
    (
        "redis",
        Tool::Ccache,
        &[("extra_config.connect_timeout_ms", "50"), ("extra_config.operation_timeout_ms", "60")],
        "CCACHE_REMOTE_STORAGE=redis://h:6379|connect-timeout=50|operation-timeout=60 (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[
            ("extra_config.connect_timeout_ms", "50"),
            ("extra_config.operation_timeout_ms", "60"),
            ("extra_config.keep_alive", "false"),
        ],
        "CCACHE_REMOTE_STORAGE=http://h/p|layout=flat|connect-timeout=50|operation-timeout=60|keep-alive=false (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("endpoint", "http://h-*"), ("extra_config.shards", "a,b")],
        "CCACHE_REMOTE_STORAGE=http://h-*|layout=flat|connect-timeout=1000|shards=a,b (4.7.0)",
    ),
    (
        "http",
        Tool::Ccache,
        &[("extra_config.header", "X-Team=a b")],
        "CCACHE_REMOTE_STORAGE=http://h/p|layout=flat|connect-timeout=1000|header=X-Team=a%20b (4.11.0)",
    ),
    ("azure", Tool::Sccache, &[], "SCCACHE_AZURE_BLOB_CONTAINER=c"),
    (
        "azure",
        Tool::Sccache,
        &[("credentials.connection_string", "${C}")],
        "SCCACHE_AZURE_CONNECTION_STRING={C}",
    ),
    ("azure", Tool::Sccache, &[("prefix", "p")], "SCCACHE_AZURE_KEY_PREFIX=p"),
    (
        "azure",
        Tool::Sccache,
        &[("extra_config.storage_account", "a")],
        "SCCACHE_AZURE_STORAGE_ACCOUNT=a (0.18.0)",
    ),
    (
        "azure",
        Tool::Sccache,
        &[("endpoint", "https://a.blob")],
        "SCCACHE_AZURE_ENDPOINT=https://a.blob (0.18.0)",
    ),
    ("azure", Tool::Sccache, &[("credentials.tenant_id", "t")], "AZURE_TENANT_ID=t (0.18.0)"),
    ("azure", Tool::Sccache, &[("credentials.client_id", "i")], "AZURE_CLIENT_ID=i (0.18.0)"),
    ("azure", Tool::Sccache, &[("credentials.client_secret", "${S}")], "AZURE_CLIENT_SECRET={S} (0.18.0)"),
    (
        "azure",
        Tool::Sccache,
        &[("credentials.federated_token_file", "/f")],
        "AZURE_FEDERATED_TOKEN_FILE=/f (0.18.0)",
    ),
    ("azure", Tool::Sccache, &[("access", "read-only")], "SCCACHE_AZURE_RW_MODE=READ_ONLY (0.16.0)"),
    ("gha", Tool::Sccache, &[], "SCCACHE_GHA_ENABLED=true (0.10.0)"),
    ("gha", Tool::Sccache, &[("extra_config.version", "2")], "SCCACHE_GHA_VERSION=2"),
    ("gha", Tool::Sccache, &[("access", "read-only")], "SCCACHE_GHA_RW_MODE=READ_ONLY (0.16.0)"),
    ("oss", Tool::Sccache, &[], "SCCACHE_OSS_BUCKET=b (0.7.7)"),
    ("oss", Tool::Sccache, &[], "SCCACHE_OSS_ENDPOINT=https://h"),
    ("oss", Tool::Sccache, &[("prefix", "p")], "SCCACHE_OSS_KEY_PREFIX=p"),
    ("oss", Tool::Sccache, &[("credentials.access_key", "${A}")], "ALIBABA_CLOUD_ACCESS_KEY_ID={A}"),
    ("oss", Tool::Sccache, &[("credentials.secret_key", "${S}")], "ALIBABA_CLOUD_ACCESS_KEY_SECRET={S}"),
    ("oss", Tool::Sccache, &[("credentials.session_token", "${T}")], "ALIBABA_CLOUD_SECURITY_TOKEN={T}"),
    ("oss", Tool::Sccache, &[("extra_config.no_credentials", "true")], "SCCACHE_OSS_NO_CREDENTIALS=true"),
    ("oss", Tool::Sccache, &[("access", "read-only")], "SCCACHE_OSS_RW_MODE=READ_ONLY (0.16.0)"),
    ("cos", Tool::Sccache, &[], "SCCACHE_COS_BUCKET=b (0.14.0)"),
    ("cos", Tool::Sccache, &[], "SCCACHE_COS_ENDPOINT=https://h (0.14.0)"),
    ("cos", Tool::Sccache, &[("prefix", "p")], "SCCACHE_COS_KEY_PREFIX=p (0.14.0)"),
    ("cos", Tool::Sccache, &[("credentials.secret_id", "${I}")], "TENCENTCLOUD_SECRET_ID={I} (0.14.0)"),
    ("cos", Tool::Sccache, &[("credentials.secret_key", "${S}")], "TENCENTCLOUD_SECRET_KEY={S} (0.14.0)"),
    ("cos", Tool::Sccache, &[("credentials.session_token", "${T}")], "TENCENTCLOUD_TOKEN={T} (0.14.0)"),
    ("cos", Tool::Sccache, &[("access", "read-only")], "SCCACHE_COS_RW_MODE=READ_ONLY (0.16.0)"),
    ("file", Tool::Ccache, &[], "CCACHE_REMOTE_STORAGE=file:/mnt/c|layout=subdirs (4.7.0)"),
    (
        "file",
        Tool::Ccache,
        &[("extra_config.path", "/m/a b|%ü")],
        "CCACHE_REMOTE_STORAGE=file:/m/a%20b%7C%25%C3%BC|layout=subdirs (4.7.0)",
    ),
    (
        "file",
        Tool::Ccache,
        &[
            ("extra_config.layout", "flat"),
            ("extra_config.umask", "002"),
            ("extra_config.update_mtime", "true"),
            ("access", "read-only"),
        ],
        "CCACHE_REMOTE_STORAGE=file:/mnt/c|layout=flat|umask=002|update-mtime=true|read-only=true (4.7.0)",
    ),
    (
        "file",
        Tool::Ccache,
        &[("extra_config.path", "/m/*"), ("extra_config.shards", "a,b")],
        "CCACHE_REMOTE_STORAGE=file:/m/*|layout=subdirs|shards=a,b (4.7.0)",
    ),
];

#[test]
fn every_row_tells_the_tool_what_it_says() {
    for (name, tool, changes, expected) in ROWS {
        let lines = told(*tool, &with(name, changes));
        assert!(
            lines.iter().any(|line| line == expected),
            "{name} {changes:?} with {tool}: {lines:#?}\nlacks {expected}"
        );
    }
}

#[test]
fn every_setting_of_every_backend_has_a_row() {
    let path = |section: Section, name: &str| match section {
        Section::Remote => name.to_owned(),
        Section::Credentials => format!("credentials.{name}"),
        Section::ExtraConfig => format!("extra_config.{name}"),
    };
    for backend in BACKENDS {
        let rows = ROWS.iter().filter(|row| row.0 == backend.name());
        let covered = rows.flat_map(|row| row.2).map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>();
        for field in backend.fields().iter().filter(|field| !field.required) {
            let path = path(field.section, field.name);
            assert!(covered.contains(&path), "{} has no row for {path}", backend.name());
        }
    }
}

#[test]
fn what_is_minimal_has_no_issue_and_works_with_a_tool() {
    for backend in BACKENDS {
        let config = minimal(backend.name());
        assert_eq!(check(&config), [], "{}", backend.name());
        assert!(Tool::ALL.into_iter().any(|tool| check_tool(tool, &config).is_ok()), "{}", backend.name());
        assert!(!backend.location(&config).is_empty());
        assert!(!backend.summary().is_empty());
    }
}

#[test]
fn what_cannot_work_is_an_issue() {
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
    assert_eq!(check(&RemoteCacheConfig::new("ftp"))[0].code, "unknown-backend");
}

#[test]
fn a_tool_that_cannot_is_refused_with_one_that_can() {
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
        assert_eq!((issue.code, issue.severity), ("unsupported-by-tool", Severity::Error));
        assert!(issue.help.unwrap().ends_with(other), "{name} {changes:?}");
    }
}

#[test]
fn a_secret_never_shows() {
    for backend in BACKENDS {
        for field in backend.fields().iter().filter(|field| field.kind == Kind::Secret) {
            let config = with(backend.name(), &[(&format!("credentials.{}", field.name), "hunter2")]);
            assert!(!format!("{config:?} {:?}", told(Tool::Sccache, &config)).contains("hunter2"));
            assert!(!check(&config).iter().any(|issue| issue.to_string().contains("hunter2")));
        }
    }
}
