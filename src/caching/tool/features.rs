//! The features that a tool was built with: packages of some distributions lack remote storage.

use super::Tool;

impl Tool {
    /// The arguments that make the tool print its features.
    pub(crate) const fn features_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Sccache => &["--help"],
            Self::Ccache => &["--version"],
        }
    }

    /// The backends in the output of [`Self::features_arguments`], by their names in `toolchainkit.yaml`. `None` if the
    /// tool is too old to print them.
    pub(crate) fn parse_features(self, output: &str) -> Option<Vec<&'static str>> {
        match self {
            Self::Sccache => {
                let (_, list) = output.split_once("Enabled features:")?;
                let enabled = |line: &str| {
                    let (name, value) = line.split_once(':')?;
                    (value.trim() == "true").then(|| backend_of(name.trim())).flatten()
                };
                Some(list.lines().filter_map(enabled).collect())
            }
            Self::Ccache => {
                let features = output.lines().find_map(|line| line.strip_prefix("Features:"))?;
                Some(features.split_whitespace().filter_map(backend_of).collect())
            }
        }
    }
}

fn backend_of(feature: &str) -> Option<&'static str> {
    Some(match feature {
        "S3" => "s3",
        "Redis" | "redis-storage" => "redis",
        "Memcached" => "memcached",
        "GCS" => "gcs",
        "GHA" => "gha",
        "Azure" => "azure",
        "WebDAV" | "http-storage" => "http",
        "OSS" => "oss",
        "COS" => "cos",
        "file-storage" => "file",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_features_of_each_tool() {
        let help = "Options:\n  -V, --version  Print version\n\nEnabled features:\n    S3:        false\n    Redis:     true\n    WebDAV:    true\n";
        assert_eq!(Tool::Sccache.parse_features(help), Some(vec!["redis", "http"]));
        let version = "ccache version 4.14.2\nFeatures: avx2 file-storage http-storage redis+unix-storage redis-storage\n";
        assert_eq!(Tool::Ccache.parse_features(version), Some(vec!["file", "http", "redis"]));
        assert_eq!(Tool::Ccache.parse_features("ccache version 4.0\n"), None);
        assert_eq!(Tool::Sccache.parse_features("Options:\n"), None);
    }
}
