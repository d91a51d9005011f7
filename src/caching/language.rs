//! The languages of a build.

/// A language that CMake can launch through a cache.
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
    /// `cuda`, on request only
    Cuda,
    /// `hip`, on request only, sccache only
    Hip,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 6] = [Self::C, Self::Cxx, Self::ObjC, Self::ObjCxx, Self::Cuda, Self::Hip];
    /// Those cached unless `cache.languages` says otherwise.
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
