//! The languages of a build.

/// A language for which CMake supports a compiler launcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// `c`
    C,
    /// `cxx`
    Cxx,
    /// `objc`
    ObjC,
    /// `objcxx`
    ObjCxx,
    /// `cuda`, not enabled by default
    Cuda,
    /// `hip`, not enabled by default, supported only by sccache
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

    /// The name in YAML (`cxx`).
    #[must_use]
    pub fn key(self) -> String {
        self.cmake_name().to_ascii_lowercase()
    }
}
