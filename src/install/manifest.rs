//! What is released, and which digests are known: two tables that are part of the program.

use super::digest::Digest;
use crate::caching::tool::{Tool, Version};

const RELEASES: &str = include_str!("releases.tsv");
const WHEELS: &str = include_str!("wheels.tsv");

/// A released archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) tool: Tool,
    pub(super) version: Version,
    platform: &'static str,
    pub(super) asset: &'static str,
    pub(super) sha256: Digest,
}

/// A wheel of the Python package index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wheel {
    pub(super) tool: Tool,
    pub(super) version: Version,
    pub(super) sha256: Digest,
}

/// The machine that this program was built for, in the words of the table.
pub(super) fn platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The release of this version for this machine, or the newest one.
pub(super) fn release(tool: Tool, version: Option<Version>) -> Option<Release> {
    let platform = platform();
    let is_wanted = |release: &Release| {
        release.tool == tool
            && release.platform == platform
            && version.is_none_or(|version| version == release.version)
    };
    releases().find(is_wanted)
}

/// The archive with this digest, whatever it is called.
pub(super) fn by_digest(digest: Digest) -> Option<(Tool, Version)> {
    let releases = releases().map(|release| (release.sha256, release.tool, release.version));
    let wheels = wheels().map(|wheel| (wheel.sha256, wheel.tool, wheel.version));
    releases.chain(wheels).find(|(known, ..)| *known == digest).map(|(_, tool, version)| (tool, version))
}

/// The known wheels of a tool, newest first.
pub(super) fn wheels_of(tool: Tool) -> impl Iterator<Item = Wheel> {
    wheels().filter(move |wheel| wheel.tool == tool)
}

/// What the archive of this version is called for this machine, if the project's names have not changed.
pub(super) fn asset(tool: Tool, version: Version) -> Option<String> {
    let tag = version_in_names(tool, version);
    let arch = std::env::consts::ARCH;
    Some(match (tool, std::env::consts::OS) {
        (Tool::Sccache, "linux") => format!("sccache-v{tag}-{arch}-unknown-linux-musl.tar.gz"),
        (Tool::Sccache, "macos") => format!("sccache-v{tag}-{arch}-apple-darwin.tar.gz"),
        (Tool::Sccache, "windows") => format!("sccache-v{tag}-{arch}-pc-windows-msvc.tar.gz"),
        // The static build runs on every distribution; as tar.gz there is one since 4.13.2.
        (Tool::Ccache, "linux") => format!("ccache-{tag}-linux-{arch}-musl-static.tar.gz"),
        (Tool::Ccache, "macos") => format!("ccache-{tag}-darwin.tar.gz"),
        (Tool::Ccache, "windows") => format!("ccache-{tag}-windows-{arch}.zip"),
        _ => return None,
    })
}

/// Where an archive lies below the root of the server.
pub(super) fn path(tool: Tool, version: Version, asset: &str) -> String {
    let tag = version_in_names(tool, version);
    match tool {
        Tool::Sccache => format!("mozilla/sccache/releases/download/v{tag}/{asset}"),
        Tool::Ccache => format!("ccache/ccache/releases/download/v{tag}/{asset}"),
    }
}

/// The version as the project writes it: ccache leaves out a final `.0`.
pub(super) fn version_in_names(tool: Tool, version: Version) -> String {
    let text = version.to_string();
    match tool {
        Tool::Sccache => text,
        Tool::Ccache => text.strip_suffix(".0").unwrap_or(&text).to_owned(),
    }
}

fn releases() -> impl Iterator<Item = Release> {
    rows(RELEASES).filter_map(|[tool, version, platform, asset, sha256]| {
        Some(Release {
            tool: Tool::from_name(tool)?,
            version: version.parse().ok()?,
            platform,
            asset,
            sha256: sha256.parse().ok()?,
        })
    })
}

fn wheels() -> impl Iterator<Item = Wheel> {
    rows(WHEELS).filter_map(|[tool, version, _, sha256]| {
        Some(Wheel {
            tool: Tool::from_name(tool)?,
            version: version.parse().ok()?,
            sha256: sha256.parse().ok()?,
        })
    })
}

/// The rows of a table. A row that cannot be read is passed over; that there is none, a test sees to.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PLATFORMS: [&str; 6] = [
        "linux-x86_64",
        "linux-aarch64",
        "macos-x86_64",
        "macos-aarch64",
        "windows-x86_64",
        "windows-aarch64",
    ];

    #[test]
    fn every_row_can_be_read_and_is_well_formed() {
        let lines = |table: &str| table.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(releases().count(), lines(RELEASES));
        assert_eq!(wheels().count(), lines(WHEELS));
        let mut seen = HashSet::new();
        for release in releases() {
            let Release { tool, version, platform, asset, .. } = release;
            assert!(PLATFORMS.contains(&platform), "{platform}");
            assert!(seen.insert((tool, version, platform)), "{asset} is listed twice");
            let name = version_in_names(tool, version);
            let start = if tool == Tool::Sccache { "sccache-v" } else { "ccache-" };
            assert!(asset.starts_with(&format!("{start}{name}-")), "{asset} is not of {name}");
            assert!([".tar.gz", ".zip"].iter().any(|kind| asset.ends_with(kind)), "{asset}");
            let (system, _) = platform.split_once('-').unwrap();
            let word = if system == "macos" { "darwin" } else { system };
            assert!(asset.contains(word), "{asset} is not for {platform}");
        }
    }

    #[test]
    fn one_digest_belongs_to_one_archive() {
        let mut digests = std::collections::HashMap::new();
        for release in releases() {
            assert_eq!(*digests.entry(release.sha256.to_string()).or_insert(release.asset), release.asset);
        }
        let wheels = wheels().map(|wheel| wheel.sha256.to_string()).collect::<HashSet<_>>();
        assert!(wheels.iter().all(|digest| !digests.contains_key(digest)));
    }

    #[test]
    fn each_tool_has_a_release_for_each_platform_and_the_newest_comes_first() {
        for tool in Tool::ALL {
            for platform in PLATFORMS {
                let versions: Vec<Version> = releases()
                    .filter(|release| release.tool == tool && release.platform == platform)
                    .map(|release| release.version)
                    .collect();
                assert!(versions.len() >= 2, "{tool} on {platform}");
                assert!(versions.is_sorted_by(|newer, older| newer > older), "{tool} on {platform}");
            }
        }
    }

    #[test]
    fn names_that_are_made_are_those_that_are_known() {
        for release in releases().filter(|release| release.platform == platform()) {
            let made = asset(release.tool, release.version).unwrap();
            let stem = |name: &str| name.trim_end_matches(".zip").trim_end_matches(".tar.gz").to_owned();
            assert_eq!(stem(&made), stem(release.asset));
        }
    }
}
