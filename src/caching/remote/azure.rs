//! Azure Blob Storage.
//!
//! There are two kinds of access. A connection string contains the key of the account or a shared access signature. Since
//! sccache 0.18, the name or the URL of the account is enough, with Microsoft Entra ID. Without a connection string, an older
//! sccache prints a warning and uses the local disk, so toolchainkit refuses it.

use super::endpoint::{self, Endpoint};
use super::setting::error;
use super::{Backend, Example, Field, Issue, Kind, Login, RemoteFields, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Azure;

const ENTRA: Version = Version::new(0, 18, 0);
const RW_MODE: &str = "SCCACHE_AZURE_RW_MODE";
const EXAMPLE: &str = "such as https://account.blob.core.windows.net";

const FIELDS: &[Field] = &[
    Field {
        required: true,
        ..Field::extra("container", Kind::Text, "name of the container, which must exist")
            .with_variable("SCCACHE_AZURE_BLOB_CONTAINER")
    },
    Field::remote("prefix", false, "prefix of every key").with_variable("SCCACHE_AZURE_KEY_PREFIX"),
    Field::secret(
        "connection_string",
        "connection string of the storage account, with its key or a SAS token",
    )
    .with_variable("SCCACHE_AZURE_CONNECTION_STRING"),
    Field::extra(
        "storage_account",
        Kind::Text,
        "name of the storage account, for access with Microsoft Entra ID instead of a connection string",
    )
    .with_variable_since(ENTRA, "SCCACHE_AZURE_STORAGE_ACCOUNT"),
    Field::remote("endpoint", false, "URL of the blob service of the account, for Entra ID in another cloud")
        .with_variable_since(ENTRA, "SCCACHE_AZURE_ENDPOINT"),
    Field {
        kind: Kind::Text,
        ..Field::secret(
            "tenant_id",
            "tenant for Entra ID; without it, the managed identity of the machine is used",
        )
        .with_variable_since(ENTRA, "AZURE_TENANT_ID")
    },
    Field {
        kind: Kind::Text,
        ..Field::secret("client_id", "application or managed identity for Entra ID")
            .with_variable_since(ENTRA, "AZURE_CLIENT_ID")
    },
    Field::secret("client_secret", "secret of the application")
        .with_variable_since(ENTRA, "AZURE_CLIENT_SECRET"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret("federated_token_file", "path of the file with the token of a workload identity")
            .with_variable_since(ENTRA, "AZURE_FEDERATED_TOKEN_FILE")
    },
];

const ENTRA_CREDENTIALS: [&str; 4] = ["tenant_id", "client_id", "client_secret", "federated_token_file"];

impl Backend for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn summary(&self) -> &'static str {
        "Azure Blob Storage, with a connection string or Microsoft Entra ID"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["azblob", "azure blob", "blob", "azure storage"],
            settings: r#"container: builds, credentials: { connection_string: "${AZURE_CONNECTION_STRING}" }"#,
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["AZBLOB_*", "AZURE_*"]
    }

    fn login(&self, config: &RemoteFields) -> Option<Login> {
        (!config.has_credentials()).then_some(Login::Azure)
    }

    only_for_sccache!(Version::new(0, 4, 0), "Azure", [RW_MODE], "ccache has no Azure storage");

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        let has = |name: &str| config.has(name);
        let account = config.get("storage_account").is_some();
        let entra = account || config.get("endpoint").is_some();
        match (has("connection_string"), entra) {
            (false, false) => {
                let help = "give the name of its environment variable, or set `storage_account` for access with Entra ID";
                let message = "a remote cache of type azure needs a connection string or a storage account";
                issues.push(error("missing-setting", "credentials.connection_string", message, help));
            }
            (true, true) => {
                let field = if account { "extra_config.storage_account" } else { "endpoint" };
                let message = "the connection string already contains the account and the endpoint";
                issues.push(error("conflicting-settings", field, message, "remove one of the two"));
            }
            (true, false) => {
                for name in ENTRA_CREDENTIALS.into_iter().filter(|name| has(name)) {
                    let message = format!("`{name}` is for Entra ID, but a connection string is set");
                    let field = format!("credentials.{name}");
                    issues.push(error("conflicting-settings", &field, message, "remove one of the two"));
                }
            }
            (false, true) => check_entra(&has, issues),
        }
        if config.get("endpoint").is_some() {
            endpoint::check_url(config.text("endpoint"), EXAMPLE, issues);
            check_encryption(config.text("endpoint"), issues);
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let names = [
            "container",
            "prefix",
            "endpoint",
            "connection_string",
            "storage_account",
            "tenant_id",
            "client_id",
            "client_secret",
            "federated_token_file",
        ];
        let mut settings = config.settings_for(FIELDS, &names);
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        let account = config.get("storage_account");
        match (config.text("endpoint"), account) {
            ("", Some(account)) => vec![format!("{account}.blob.core.windows.net:443")],
            ("", None) => Vec::new(),
            (url, _) => endpoint::server_of_url(url).into_iter().collect(),
        }
    }

    fn location(&self, config: &RemoteFields) -> String {
        let container = config.text("container");
        match (config.text("endpoint"), config.get("storage_account")) {
            ("", Some(account)) => format!("azure {container} of {account}"),
            ("", None) => format!("azure {container}"),
            (url, _) => format!("azure {container} at {url}"),
        }
    }
}

fn check_entra(has: &impl Fn(&str) -> bool, issues: &mut Vec<Issue>) {
    let application = has("client_secret") || has("federated_token_file");
    for name in ["tenant_id", "client_id"] {
        if application && !has(name) {
            let message = format!("an application with a secret or token also needs `{name}`");
            let field = format!("credentials.{name}");
            issues.push(error(
                "missing-setting",
                &field,
                message,
                "give the name of its environment variable",
            ));
        }
    }
    if has("client_secret") && has("federated_token_file") {
        let message = "a secret and a token of a workload identity are both set";
        let field = "credentials.federated_token_file";
        issues.push(error("conflicting-settings", field, message, "remove one of the two"));
    }
}

/// Entra ID needs https; sccache allows http only for the local machine.
fn check_encryption(url: &str, issues: &mut Vec<Issue>) {
    let Ok(endpoint) = Endpoint::parse(url) else { return };
    let loopback = matches!(endpoint.host, "127.0.0.1" | "::1" | "localhost");
    if endpoint.scheme == Some("http") && !loopback {
        let message = "Entra ID needs https, but the endpoint uses http";
        issues.push(error("bad-endpoint", "endpoint", message, EXAMPLE));
    }
}
