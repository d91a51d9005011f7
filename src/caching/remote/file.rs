//! A folder that several machines share, for example with NFS. Only ccache supports it: two sccache daemons cannot use the
//! same folder.

use super::ccache_url::{self, encoded_path, read_only, shards, storage};
use super::setting::{check_layout, error};
use super::{Backend, Example, Feature, Field, Issue, Kind, RemoteFields, Setting, Support, ValuePart};
use crate::caching::tool::{Tool, Version};

pub(super) struct File;

const FIELDS: &[Field] = &[
    Field { required: true, ..Field::extra("path", Kind::Text, "absolute path of the folder") },
    Field::extra("layout", Kind::Text, "layout of the files: subdirs (default) or flat"),
    Field::extra(
        "umask",
        Kind::Text,
        "umask for new files in octal digits, such as \"002\" (default: the umask of the user)",
    ),
    Field::extra(
        "update_mtime",
        Kind::Bool,
        "true: a hit updates the modification time of its file, so that a job can remove old files (default false)",
    ),
    Field::extra("shards", Kind::Text, super::ccache_url::SHARDS),
];

impl Backend for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn summary(&self) -> &'static str {
        "a folder that several machines share (NFS, SMB); it has no size limit, see `ccache --trim-dir`"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["nfs", "smb", "cifs", "folder", "directory", "disk", "local", "shared folder"],
            settings: "path: /mnt/build-cache",
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[],
            Tool::Ccache => ccache_url::VARIABLES,
        }
    }

    fn features(&self) -> &'static [Feature] {
        const { &[Feature::of_ccache("file", "file-storage")] }
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::No("only one sccache daemon can use a folder at a time"),
            Tool::Ccache => Support::Since(Version::new(4, 7, 0)),
        }
    }

    fn has_tls(&self) -> bool {
        false
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        let path = config.text("path");
        if !path.starts_with('/') || path.trim_matches('/').is_empty() {
            let message = "the path of a shared folder must be absolute and not `/`";
            issues.push(error("bad-path", "extra_config.path", message, "such as /mnt/build-cache"));
        }
        check_layout(config, &["subdirs", "flat"], issues);
        let octal = |text: &str| {
            (1..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..b'8').contains(&byte))
        };
        if config.get("umask").is_some_and(|text| !octal(text)) {
            let message = "a umask has up to four octal digits";
            issues.push(error("bad-value", "extra_config.umask", message, "such as \"002\""));
        }
        super::ccache_url::check_shards(config, path, issues);
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let attribute = |name: &str, key: &str| config.get(key).map(|value| format!("|{name}={value}"));
        let text = [
            format!("file:{}", encoded_path(config.text("path"))),
            format!("|layout={}", config.get("layout").unwrap_or("subdirs")),
            attribute("umask", "umask").unwrap_or_default(),
            attribute("update-mtime", "update_mtime").unwrap_or_default(),
            shards(config),
            read_only(config).to_owned(),
        ];
        vec![storage(vec![ValuePart::Text(text.concat())])]
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("file {}", config.text("path"))
    }
}
