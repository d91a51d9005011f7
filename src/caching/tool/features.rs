//! The features that a tool was built with. The packages of some distributions lack remote storages.

use super::Tool;

impl Tool {
    /// The arguments that make the tool print its features.
    pub(crate) const fn features_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Sccache => &["--help"],
            Self::Ccache => &["--version"],
        }
    }

    /// The features in the output of [`Self::features_arguments`], as the tool calls them. `None` if the tool is too old
    /// to print them.
    pub(crate) fn parse_features(self, output: &str) -> Option<Vec<&str>> {
        match self {
            Self::Sccache => {
                let (_, list) = output.split_once("Enabled features:")?;
                let lines = list.lines().filter_map(|line| line.split_once(':'));
                let enabled = lines.filter(|(_, value)| value.trim() == "true");
                Some(enabled.map(|(name, _)| name.trim()).collect())
            }
            Self::Ccache => {
                let features = output.lines().find_map(|line| line.strip_prefix("Features:"))?;
                Some(features.split_whitespace().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_features_of_each_tool() {
        let help = "Options:\n  -V, --version  Print version\n\nEnabled features:\n    S3:        false\n    Redis:     true\n    WebDAV:    true\n";
        assert_eq!(Tool::Sccache.parse_features(help), Some(vec!["Redis", "WebDAV"]));
        let version = "ccache version 4.14.2\nFeatures: avx2 file-storage\n";
        assert_eq!(Tool::Ccache.parse_features(version), Some(vec!["avx2", "file-storage"]));
        assert_eq!(Tool::Ccache.parse_features("ccache version 4.0\n"), None);
        assert_eq!(Tool::Sccache.parse_features("Options:\n"), None);
    }
}
