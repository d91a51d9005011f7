//! The presets of a variant: one hidden base, one preset per build type.

use crate::config::model::Variant;

/// One configure, build and test preset of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// The name: prefix, profile and build type.
    pub name: String,
    /// `CMAKE_BUILD_TYPE`, or the configuration of a multi-config generator.
    pub build_type: String,
    /// Whether the generator holds several configurations in one build folder.
    pub multi_config: bool,
}

/// The hidden preset's name. It cannot be a build type's, as those have no such word in them by default.
pub(super) fn base_name(variant: &Variant) -> String {
    name(variant, "toolchainkit")
}

pub(super) fn build(variant: &Variant) -> Vec<Preset> {
    let multi_config = is_multi_config(&variant.presets.generator);
    let build_types = variant.presets.build_types.iter();
    build_types
        .map(|build_type| Preset {
            name: name(variant, &build_type.to_ascii_lowercase()),
            build_type: build_type.clone(),
            multi_config,
        })
        .collect()
}

fn name(variant: &Variant, last: &str) -> String {
    let prefix = &variant.presets.prefix;
    match &variant.profile {
        Some(profile) => format!("{prefix}{profile}-{last}"),
        None => format!("{prefix}{last}"),
    }
}

fn is_multi_config(generator: &str) -> bool {
    generator.contains("Multi-Config") || generator.starts_with("Visual Studio") || generator == "Xcode"
}
