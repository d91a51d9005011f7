//! The configuration files of the tools, as the variables that have the same effect.

use super::{Found, Origin};
use crate::caching::remote::existing::variable_of_key;

/// `ccache.conf`: `key = value` lines.
pub(super) fn ccache(path: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let name = match key.trim() {
            "cache_dir" => "CCACHE_DIR".to_owned(),
            "max_size" => "CCACHE_MAXSIZE".to_owned(),
            "read_only" => "CCACHE_READONLY".to_owned(),
            "prefix_command" => "CCACHE_PREFIX".to_owned(),
            "base_dir" => "CCACHE_BASEDIR".to_owned(),
            // The variables of new settings have the same words.
            key => format!("CCACHE_{}", key.to_ascii_uppercase()),
        };
        found.push(Found::new(&name, value.trim(), Origin::File, path, index + 1));
    }
    found
}

/// sccache's file, which is TOML. Reads tables with texts, numbers and Boolean values, which are all that sccache has except for
/// its settings of distributed compilation.
pub(super) fn sccache(path: &str, text: &str) -> Vec<Found> {
    let mut table = String::new();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            table = name
                .split('.')
                .map(|word| word.trim().trim_matches(['"', '\'']))
                .collect::<Vec<_>>()
                .join(".");
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else { continue };
        let key =
            key.split('.').map(|word| word.trim().trim_matches(['"', '\''])).collect::<Vec<_>>().join(".");
        let full = if table.is_empty() { key } else { format!("{table}.{key}") };
        let (Some(value), Some((table, key))) = (toml_value(value.trim()), full.rsplit_once('.')) else {
            continue;
        };
        let name = match (table.strip_prefix("cache."), key) {
            (Some("disk"), "dir") => Some("SCCACHE_DIR"),
            (Some("disk"), "size") => Some("SCCACHE_CACHE_SIZE"),
            (Some(table), key) => variable_of_key(table, key),
            (None, _) => None,
        };
        if let Some(name) = name {
            found.push(Found::new(name, &value, Origin::File, path, index + 1));
        }
    }
    found
}

/// The text of a scalar. Escapes in texts other than of quotes and backslashes are not supported.
fn toml_value(text: &str) -> Option<String> {
    match text.chars().next()? {
        '\'' => text[1..].split_once('\'').map(|(value, _)| value.to_owned()),
        '"' => {
            let mut value = String::new();
            let mut letters = text[1..].chars();
            loop {
                match letters.next()? {
                    '"' => return Some(value),
                    '\\' => match letters.next()? {
                        letter @ ('"' | '\\') => value.push(letter),
                        _ => return None,
                    },
                    letter => value.push(letter),
                }
            }
        }
        '[' | '{' => None,
        _ => Some(text.split('#').next()?.trim().replace('_', "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(found: &[Found]) -> Vec<(&str, &str, usize)> {
        let line = |found: &Found| found.place.line.unwrap_or_default();
        found.iter().map(|found| (found.name.as_str(), found.value.as_str(), line(found))).collect()
    }

    #[test]
    fn reads_the_file_of_ccache() {
        let found = ccache(
            "x",
            "# a = b\nmax_size = 5G\n\ncache_dir=/srv/cc\nremote_storage = redis://h|shards=a\nnamespace = team\nbroken",
        );
        assert_eq!(
            pairs(&found),
            [
                ("CCACHE_MAXSIZE", "5G", 2),
                ("CCACHE_DIR", "/srv/cc", 4),
                ("CCACHE_REMOTE_STORAGE", "redis://h|shards=a", 5),
                ("CCACHE_NAMESPACE", "team", 6),
            ]
        );
    }

    #[test]
    fn reads_the_file_of_sccache() {
        let text = "[dist]\nscheduler_url = \"x\"\n[cache.disk]\ndir = \"/srv/sc\" # c\nsize = 7_516_192_768 # 7 GiBytes\n\
            [cache.s3]\nbucket = 'b'\nuse_ssl = true\nkey_prefix = \"a\\\"b\"\n[cache]\nredis.endpoint = \"redis://h\"\nbad = [1]\nx = \"\\u0041\"\n";
        assert_eq!(
            pairs(&sccache("x", text)),
            [
                ("SCCACHE_DIR", "/srv/sc", 4),
                ("SCCACHE_CACHE_SIZE", "7516192768", 5),
                ("SCCACHE_BUCKET", "b", 7),
                ("SCCACHE_S3_USE_SSL", "true", 8),
                ("SCCACHE_S3_KEY_PREFIX", "a\"b", 9),
                ("SCCACHE_REDIS_ENDPOINT", "redis://h", 11),
            ]
        );
        for text in ["[", "=", "a=", "a='", "a=\"\\", "[]\nä=ö"] {
            sccache("x", text);
        }
    }
}
