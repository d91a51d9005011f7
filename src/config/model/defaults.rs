//! The values of an empty file, for programs that build a configuration without YAML.

use super::{
    Cache, Config, DirectMode, Install, Language, Matrix, OnFailure, Output, Presets, Shared, Toolchain,
    Variant, WriteErrorPolicy,
};
use crate::caching::tool::Tool;
use crate::caching::tool::limits::DEFAULT_SIZE_GB;

/// An empty file: one variant with all defaults.
impl Default for Config {
    fn default() -> Self {
        Self {
            project: None,
            variants: vec![Variant::default()],
            toolchains: Vec::new(),
            cmake_minimum: None,
            matrix: Matrix::default(),
            templates: None,
            output: Output::default(),
        }
    }
}

/// The settings without a profile, with the compilers of the machine.
impl Default for Variant {
    fn default() -> Self {
        Self {
            profile: None,
            cache: Cache::default(),
            distribute: None,
            toolchains: vec![Toolchain::default()],
            presets: Presets::default(),
        }
    }
}

/// A local cache of 10 GiB, with any tool.
impl Default for Cache {
    fn default() -> Self {
        Self {
            enabled: true,
            tools: Tool::ALL.to_vec(),
            size_gb: DEFAULT_SIZE_GB,
            is_size_set: false,
            dir: None,
            shared: Shared::default(),
            min_version: None,
            languages: Language::DEFAULT.to_vec(),
            on_failure: OnFailure::default(),
            relocatable: true,
            base_dirs: Vec::new(),
            direct_mode: DirectMode::default(),
            install: Install::default(),
            remote: Vec::new(),
            remote_only: false,
            write_error_policy: WriteErrorPolicy::default(),
        }
    }
}

/// Presets for Ninja with Debug, Release and RelWithDebInfo.
impl Default for Presets {
    fn default() -> Self {
        Self {
            generator: "Ninja".to_owned(),
            binary_dir: "build/${presetName}".to_owned(),
            build_types: Self::BUILD_TYPES.map(str::to_owned).to_vec(),
            compile_commands: None,
            prefix: String::new(),
            kinds: None,
            jobs: None,
            test_jobs: None,
            output_on_failure: true,
            verbosity: None,
            junit: None,
            package_generators: Vec::new(),
        }
    }
}

/// Files in the folder `cmake`, and `CMakePresets.json`.
impl Default for Output {
    fn default() -> Self {
        Self {
            toolchain: "cmake/toolchain.cmake".into(),
            module: "cmake/ToolchainKit.cmake".into(),
            presets: Some(Self::OWN_PRESETS.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SourceFile, load};

    #[test]
    fn the_defaults_are_those_of_an_empty_file() {
        let loaded = load(&SourceFile::new("toolchainkit.yaml", "version: 1")).unwrap();
        assert_eq!(loaded.config, Config::default());
        assert_eq!(Config::default().check(), []);
    }
}
