//! The languages of a build.

use schemars::JsonSchema;
use serde::Deserialize;

/// A language whose compilations CMake can cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// C
    C,
    /// C++
    Cxx,
    /// Objective-C
    ObjC,
    /// Objective-C++
    ObjCxx,
    /// CUDA
    Cuda,
    /// HIP; needs sccache
    Hip,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 6] = [Self::C, Self::Cxx, Self::ObjC, Self::ObjCxx, Self::Cuda, Self::Hip];
    /// The default of `cache.languages`.
    pub const DEFAULT: [Self; 4] = [Self::C, Self::Cxx, Self::ObjC, Self::ObjCxx];

    /// CMake's name (`CXX`).
    #[must_use]
    pub const fn cmake_name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Cxx => "CXX",
            Self::ObjC => "OBJC",
            Self::ObjCxx => "OBJCXX",
            Self::Cuda => "CUDA",
            Self::Hip => "HIP",
        }
    }

    /// The environment variable from which CMake takes the compiler of a new build folder (`CXX`).
    #[must_use]
    pub const fn compiler_variable(self) -> &'static str {
        match self {
            Self::C => "CC",
            Self::Cxx => "CXX",
            Self::ObjC => "OBJC",
            Self::ObjCxx => "OBJCXX",
            Self::Cuda => "CUDACXX",
            Self::Hip => "HIPCXX",
        }
    }

    /// The name in YAML (`cxx`).
    #[must_use]
    pub fn key(self) -> String {
        self.cmake_name().to_ascii_lowercase()
    }
}
