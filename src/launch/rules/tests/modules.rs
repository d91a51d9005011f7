//! The decisions about C++20 modules.

use super::*;
use crate::launch::arguments::Style;

const CLANG: Family = Family::Clang;

fn of(family: Family, embeds_modules: bool) -> Fake {
    let fake = Fake::default();
    let compiler = Compiler { family, embeds_modules, ..fake.compiler };
    Fake { compiler, ..fake }
}

const OLD_SCCACHE: (Tool, Version) = (Tool::Sccache, Version::new(0, 14, 0));

#[test]
fn modules_of_clang_are_cached_if_the_tool_hashes_all_that_is_read() {
    let module = "-x c++-module -fmodule-output=m.pcm";
    let import = "-fmodule-file=m=m.pcm";
    let fake = of(CLANG, true);
    for line in [module, import] {
        bypasses(SCCACHE, &fake, line, None);
        bypasses((Tool::Sccache, Version::new(0, 15, 0)), &fake, line, None);
        bypasses(OLD_SCCACHE, &fake, line, Some("modules, older tools"));
        bypasses(OLD_CCACHE, &fake, line, Some("modules, older tools"));
        bypasses(SCCACHE, &of(CLANG, false), line, Some("modules, older Clang"));
        let decision = decide_for(SCCACHE, &fake, line);
        let key = value(&decision, "SCCACHE_C_CUSTOM_CACHE_BUSTER").unwrap_or_default();
        assert!(key.contains("/home/me/project"), "{line}: {key}");
    }
    bypasses(CCACHE, &fake, module, Some("module files, ccache"));
    bypasses(CCACHE, &fake, import, None);
    let foreign = Fake { has_files: false, ..fake };
    bypasses(SCCACHE, &foreign, import, Some("modules of others"));
    bypasses(CCACHE, &foreign, import, Some("modules of others"));
    bypasses(SCCACHE, &foreign, module, None);
}

/// Also without the cache, because another compilation imports the file.
#[test]
fn the_file_of_a_module_contains_the_sources() {
    let embeds = |tool, fake: &Fake, line: &str| {
        decide_for(tool, fake, line).prepend.iter().any(|option| option == crate::launch::rules::EMBED)
    };
    let fake = of(CLANG, true);
    for tool in [SCCACHE, CCACHE, OLD_SCCACHE, OLD_CCACHE] {
        assert!(embeds(tool, &fake, "-fmodule-output=m.pcm"), "{tool:?}");
        assert!(embeds(tool, &fake, "--precompile"), "{tool:?}");
        assert!(embeds(tool, &fake, "-fmodule-output=m.pcm -DTOOLCHAINKIT_NO_CACHE"), "{tool:?}");
        assert!(!embeds(tool, &fake, "-fmodule-file=m=m.pcm"), "{tool:?}");
        assert!(!embeds(tool, &of(CLANG, false), "-fmodule-output=m.pcm"), "{tool:?}");
        assert!(!embeds(tool, &of(Family::Gcc, false), "-fmodule-output=m.pcm"), "{tool:?}");
    }
}

#[test]
fn header_units_and_modules_of_unknown_files_bypass_the_tools() {
    let fake = of(CLANG, true);
    for line in
        ["-fmodule-file=h.pcm", "-fmodule-header=user", "-fprebuilt-module-path=x", "-x c++-user-header"]
    {
        bypasses(SCCACHE, &fake, line, Some("modules, header units"));
        bypasses(CCACHE, &fake, line, Some("modules, header units"));
    }
    // Objective-C has other modules, about which the tools decide.
    bypasses(CCACHE, &fake, "-fmodules -fmodules-cache-path=x", None);
}

/// The commands that CMake writes for GCC 14 and cl.exe.
#[test]
fn modules_of_gcc_and_cl_bypass_the_tools() {
    let line = "-std=gnu++20 -fmodules-ts -fmodule-mapper=CMakeFiles/m.dir/m.cpp.o.modmap -MD -fdeps-format=p1689r5 -x c++";
    for family in [Family::Gcc, Family::Unknown] {
        bypasses(CCACHE, &of(family, false), line, Some("modules, GCC"));
    }
    bypasses(SCCACHE, &of(Family::Gcc, false), line, Some("modules, GCC"));
    let map = "-interface -ifcOutput CMakeFiles\\m.dir\\m.ifc -reference a=CMakeFiles\\m.dir\\a.ifc";
    for (family, map) in [(Family::Msvc, map), (Family::ClangCl, "-x c++-module -fmodule-output=m.pcm")] {
        let words = "/nologo /TP /std:c++20 @m.modmap /FoCMakeFiles\\m.dir\\m.ixx.obj /c m.ixx".split(' ');
        let words = words.map(OsString::from).collect();
        let arguments = Arguments::parse_in(Style::Msvc, words, &|_| Some(map.into()));
        for tool in [SCCACHE, CCACHE] {
            let decision = ask(tool, &of(family, false), &arguments);
            assert_eq!(decision.bypass.map(|rule| rule.name), Some("modules, MSVC"), "{family:?}");
        }
    }
}
