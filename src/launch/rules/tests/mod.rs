//! Tests of the table and of `decide()`, without a compiler or a tool.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::rule::{Action, Condition};
use super::{
    Checkout, Compiler, CompilerKind, Decision, Facts, Family, IncludeFolders, Machine, Question, TABLE,
    VERSION, decide, digest, find,
};
use crate::caching::tool::{Tool, Version};
use crate::launch::arguments::Arguments;

mod modules;

/// A machine with facts from the test.
#[derive(Clone)]
struct Fake {
    compiler: Compiler,
    variables: Vec<(&'static str, &'static str)>,
    text: &'static str,
    contains_checkout_path: bool,
    has_files: bool,
}

impl Default for Fake {
    fn default() -> Self {
        let compiler = Compiler {
            path: "/usr/bin/gcc".into(),
            family: Family::Gcc,
            kind: CompilerKind::Program,
            replacement: None,
            content: None,
            embeds_modules: false,
            configuration: Vec::new(),
        };
        Self {
            compiler,
            variables: Vec::new(),
            text: "int f(void);",
            contains_checkout_path: false,
            has_files: true,
        }
    }
}

impl Facts for Fake {
    fn compiler(&self) -> Compiler {
        self.compiler.clone()
    }
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into())
    }
    fn working_directory(&self) -> PathBuf {
        "/home/me/project/build".into()
    }
    fn build_folder(&self) -> PathBuf {
        self.working_directory()
    }
    fn compresses_debug_information(&self) -> bool {
        false
    }
    fn text_has(&self, _: &Path, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.contains(word))
    }
    fn is_file(&self, _: &Path) -> bool {
        self.has_files
    }
    fn digest(&self, path: &Path) -> Option<String> {
        path.starts_with("/sdk").then(|| "DIGEST".into())
    }
    fn is_own_module(&self, _: &Path) -> bool {
        self.has_files
    }
    fn processor(&self) -> String {
        "PROCESSOR".into()
    }
    fn identity(&self, _: &Compiler) -> String {
        "IDENTITY".into()
    }
    fn contains_checkout_path(&self, folders: &IncludeFolders) -> Option<bool> {
        let mut all = folders.deep.iter().chain(&folders.flat);
        Some(self.contains_checkout_path && all.any(|folder| folder.ends_with("gen")))
    }
}

fn checkout() -> Checkout {
    let (source, build) = (PathBuf::from("/home/me/project"), PathBuf::from("/home/me/project/build"));
    let base_dirs = vec![source.clone(), build.clone()];
    Checkout { root: source.clone(), base_dirs, source, build, relocatable: true, ..Checkout::default() }
}

const SCCACHE: (Tool, Version) = (Tool::Sccache, Version::new(0, 19, 0));
const CCACHE: (Tool, Version) = (Tool::Ccache, Version::new(4, 14, 2));
const OLD_CCACHE: (Tool, Version) = (Tool::Ccache, Version::new(4, 7, 5));

fn ask(tool: (Tool, Version), facts: &Fake, arguments: &Arguments) -> Decision {
    let checkout = checkout();
    let compiler = OsStr::new("/usr/bin/gcc");
    decide(&Question { tool: tool.0, version: tool.1, compiler, arguments, checkout: &checkout }, facts)
}

fn arguments(line: &str) -> Arguments {
    let words = line.split_whitespace().map(OsString::from).collect();
    Arguments::parse(words, &|_| None)
}

fn decide_for(tool: (Tool, Version), facts: &Fake, line: &str) -> Decision {
    ask(tool, facts, &arguments(&format!("{line} -o main.c.o -c main.c")))
}

fn names(decision: &Decision) -> Vec<&'static str> {
    decision.applied.iter().map(|rule| rule.name).collect()
}

#[track_caller]
fn bypasses(tool: (Tool, Version), facts: &Fake, line: &str, rule: Option<&str>) {
    assert_eq!(decide_for(tool, facts, line).bypass.map(|rule| rule.name), rule, "{line}");
}

fn value<'a>(decision: &'a Decision, name: &str) -> Option<&'a str> {
    decision.set.iter().find(|(other, _)| other == name).and_then(|(_, value)| value.to_str())
}

#[test]
fn an_ordinary_compilation_is_cached_unchanged() {
    let fake = Fake::default();
    for tool in [SCCACHE, CCACHE, OLD_CCACHE] {
        let decision = decide_for(tool, &fake, "-DA=1 -I/usr/include/x -O2 -g -MD -MT x -MF x.d");
        assert_eq!((decision.bypass, &decision.unset), (None, &vec![]));
        assert_eq!(decision.set.is_empty() && decision.prepend.is_empty(), tool.0 == Tool::Ccache);
        assert_eq!(decision.placeholders.expect("placeholders").file, None);
        assert_eq!(decide_for(tool, &fake, "-O2").placeholders, None);
    }
}

/// The decision about debug information of a checkout with its source folder in `cpp`.
fn debugged(tool: (Tool, Version), family: Family, more: &str) -> Decision {
    let mut fake = Fake::default();
    fake.compiler.family = family;
    let checkout = Checkout { source: "/home/me/project/cpp".into(), ..checkout() };
    let arguments = arguments(&format!("{more} -o main.c.o -c main.c"));
    let (tool, version) = tool;
    decide(
        &Question { tool, version, compiler: OsStr::new("cc"), arguments: &arguments, checkout: &checkout },
        &fake,
    )
}

const OLD_SCCACHE: (Tool, Version) = (Tool::Sccache, Version::new(0, 16, 0));

#[test]
fn all_folders_of_the_checkout_have_placeholders() {
    let maps = [
        "/home/me/project/=/toolchainkit-root_",
        "/home/me/project/cpp/=/toolchainkit-source_",
        "/home/me/project/build=/toolchainkit-build_",
    ];
    for tool in [SCCACHE, CCACHE, OLD_CCACHE] {
        let placeholders = debugged(tool, Family::Gcc, "-g").placeholders.expect("placeholders");
        for (option, map) in placeholders.options.iter().zip(maps) {
            let option = option.to_str().expect("text");
            assert!(option.starts_with(&format!("-fdebug-prefix-map={map}")), "{option}");
        }
    }
}

#[test]
fn only_base_directories_that_a_command_names_have_placeholders() {
    let folders = [(3, "/x"), (4, "/x/inner"), (19, "/venv")];
    let places = folders.map(|(number, folder)| (number, PathBuf::from(folder))).to_vec();
    let checkout = Checkout { source: "/home/me/project/cpp".into(), places, ..checkout() };
    let ask = |(tool, version), family, line: &str| {
        let mut fake = Fake::default();
        fake.compiler.family = family;
        let arguments = arguments(&format!("{line} -o main.c.o -c main.c"));
        let question = Question {
            tool,
            version,
            compiler: OsStr::new("cc"),
            arguments: &arguments,
            checkout: &checkout,
        };
        (decide(&question, &fake), super::macro_maps(&question, &|_| None))
    };
    let key = |decision: &Decision| value(decision, "SCCACHE_C_CUSTOM_CACHE_BUSTER").map(str::to_owned);
    let (plain, maps) = ask(SCCACHE, Family::Gcc, "-g -fmacro-prefix-map=/a=b -I/usr/include");
    assert_eq!((key(&plain).as_deref(), maps), (Some("placeholders-1 0 1 2 in 2"), vec![]));
    let (named, maps) = ask(SCCACHE, Family::Gcc, "-g -fmacro-prefix-map=/a=b -I/x/inner/a -isystem/venv/b");
    assert_eq!(key(&named).as_deref(), Some("placeholders-1 0 1 2 3 4 19 in 2"));
    let expected = ["-fmacro-prefix-map=/x/=", "-fmacro-prefix-map=/x/inner/=", "-fmacro-prefix-map=/venv/="];
    assert_eq!(maps, expected.map(OsString::from));
    let options = named.placeholders.expect("placeholders").options;
    let position = |folder: &str| {
        let option = format!("-fdebug-prefix-map={folder}=/toolchainkit-");
        options.iter().position(|known| known.to_string_lossy().starts_with(&option)).expect("a map")
    };
    assert!(position("/x/") < position("/x/inner/"), "{options:?}");
    let (clang, maps) = ask(SCCACHE, Family::Clang, "-g -I/x/inner/a");
    assert_eq!(key(&clang).as_deref(), Some("placeholders-1 0 1 2 3 4 cpp 3 4 inner in 2"));
    assert_eq!(maps, [""; 0], "the compiler may not support the option");
    let (old, maps) = ask(OLD_SCCACHE, Family::Gcc, "-g -fmacro-prefix-map=/a=b -I/x/a");
    let file = old.placeholders.expect("placeholders").options;
    assert_eq!((file, maps), (vec!["-specs=toolchainkit/placeholders-1-3.specs".into()], vec![]));
}

#[test]
fn an_old_sccache_gets_no_path_of_the_checkout_in_an_option() {
    let gcc = debugged(OLD_SCCACHE, Family::Gcc, "-g");
    let placeholders = gcc.placeholders.as_ref().expect("placeholders");
    assert_eq!(placeholders.options, ["-specs=toolchainkit/placeholders-1.specs"]);
    let (path, text) = placeholders.file.as_ref().expect("a file");
    assert_eq!(path, Path::new("/home/me/project/build/toolchainkit/placeholders-1.specs"));
    assert!(
        text.starts_with("*cc1_options:\n+ -fdebug-prefix-map=/home/me/project/=/toolchainkit-root_"),
        "{text}"
    );
    assert_eq!(value(&gcc, "SCCACHE_C_CUSTOM_CACHE_BUSTER"), Some("placeholders-1 0 1 2 in 2"));
    let clang = debugged(OLD_SCCACHE, Family::Clang, "-g");
    assert_eq!(clang.placeholders, None);
    assert_eq!(
        value(&clang, "SCCACHE_C_CUSTOM_CACHE_BUSTER"),
        Some("/home/me/project /home/me/project/build in 2")
    );
    let clang = debugged(SCCACHE, Family::Clang, "-g");
    assert_eq!(value(&clang, "SCCACHE_C_CUSTOM_CACHE_BUSTER"), Some("placeholders-1 0 1 2 cpp in 2"));
}

#[test]
fn debug_information_with_unchangeable_paths_is_not_shared() {
    for (line, is_shared) in [
        ("-gdwarf-4", true),
        ("-g0 -g", true),
        ("-ggdb3 -gz=none -Sx", true),
        ("-g -gz", false),
        ("-g -flto", false),
        ("-g -S", false),
    ] {
        let decision = debugged(SCCACHE, Family::Gcc, line);
        assert_eq!(decision.placeholders.is_some(), is_shared, "{line}");
        let key = value(&decision, "SCCACHE_C_CUSTOM_CACHE_BUSTER").expect("a key");
        assert_eq!(key == "/home/me/project /home/me/project/build in 2", !is_shared, "{line}");
        assert_eq!(debugged(CCACHE, Family::Gcc, line).set, []);
    }
    for (line, expected) in [("-g -g0", None), ("-g -ffile-prefix-map=/r=x", Some("in 2"))] {
        let decision = debugged(SCCACHE, Family::Gcc, line);
        let key = value(&decision, "SCCACHE_C_CUSTOM_CACHE_BUSTER");
        assert_eq!((&decision.placeholders, key), (&None, expected), "{line}");
    }
    // Also the object that the compiler makes without the cache has placeholders, so that it is the same.
    let bypassed = debugged(SCCACHE, Family::Gcc, "-g -DTOOLCHAINKIT_NO_CACHE");
    assert!(bypassed.bypass.is_some() && bypassed.placeholders.is_some());
    assert_eq!(bypassed.set, []);
}

#[test]
fn a_file_that_a_tool_cannot_cache_correctly_bypasses_it() {
    let fake = Fake::default();
    bypasses(CCACHE, &fake, "-DTOOLCHAINKIT_NO_CACHE", Some("on request"));
    bypasses(CCACHE, &fake, "-D TOOLCHAINKIT_NO_CACHE=1", Some("on request"));
    bypasses(CCACHE, &fake, "-DTOOLCHAINKIT_NO_CACHES", None);
    bypasses(SCCACHE, &fake, "-fbranch-probabilities", Some("branch probabilities"));
    bypasses(CCACHE, &fake, "-fbranch-probabilities", None);
    bypasses(SCCACHE, &fake, "-fstack-usage", Some("files beside the object, sccache"));
    bypasses(CCACHE, &fake, "-fstack-usage", None);
    bypasses(CCACHE, &fake, "-fcallgraph-info=su", None);
    bypasses(OLD_CCACHE, &fake, "-fcallgraph-info=su", Some("files beside the object, ccache"));
    bypasses(CCACHE, &fake, "-fopt-info-vec=x.txt", Some("files beside the object"));
    bypasses(CCACHE, &fake, "-fopt-info-vec", None);
    bypasses(SCCACHE, &fake, "-Wa,-adhln=x.lst", Some("files beside the object, sccache"));
    bypasses(SCCACHE, &fake, "-Wa,--noexecstack", None);
    let incbin = Fake { text: "asm(\".incbin \\\"x\\\"\");", ..Fake::default() };
    bypasses(SCCACHE, &incbin, "", Some("assembler include"));
    bypasses(OLD_CCACHE, &incbin, "", Some("assembler include"));
    bypasses(CCACHE, &incbin, "", None);
    let dated = Fake { text: "__DATE__", ..Fake::default() };
    bypasses(SCCACHE, &dated, "", None);
    let dated = Fake { variables: vec![("SOURCE_DATE_EPOCH", "1")], ..dated };
    bypasses(SCCACHE, &dated, "", Some("SOURCE_DATE_EPOCH"));
    bypasses(CCACHE, &dated, "", None);
}

#[test]
fn rules_depend_on_the_family_and_kind_of_the_compiler() {
    let of = |family, kind, replacement: Option<&str>| Fake {
        compiler: Compiler {
            path: "/x/mpicc".into(),
            family,
            kind,
            replacement: replacement.map(PathBuf::from),
            content: None,
            embeds_modules: false,
            configuration: Vec::new(),
        },
        ..Fake::default()
    };
    let gcc = decide_for(SCCACHE, &of(Family::Gcc, CompilerKind::Program, None), "");
    assert_eq!(gcc.prepend, ["-fno-working-directory", "-fprofile-arcs", "-fno-profile-arcs"]);
    let clang = decide_for(SCCACHE, &of(Family::Clang, CompilerKind::Program, None), "");
    assert_eq!(clang.prepend, ["-fprofile-arcs", "-fno-profile-arcs"]);
    let clang_cl = decide_for(SCCACHE, &of(Family::ClangCl, CompilerKind::Program, None), "/Z7");
    assert_eq!(clang_cl.prepend, ["-clang:-fprofile-arcs", "-clang:-fno-profile-arcs"]);
    assert!(decide_for(CCACHE, &of(Family::ClangCl, CompilerKind::Program, None), "/Z7").prepend.is_empty());
    bypasses(SCCACHE, &of(Family::ClangCl, CompilerKind::Program, None), "", None);
    bypasses(SCCACHE, &of(Family::Unknown, CompilerKind::Program, None), "", Some("unknown compiler"));
    bypasses(CCACHE, &of(Family::Unknown, CompilerKind::Program, None), "", None);
    for tool in [SCCACHE, CCACHE] {
        let behind = decide_for(tool, &of(Family::Gcc, CompilerKind::Masquerade, Some("/usr/bin/gcc")), "");
        assert_eq!((behind.compiler, behind.bypass), (Some("/usr/bin/gcc".into()), None));
        bypasses(tool, &of(Family::Unknown, CompilerKind::Masquerade, None), "", Some("masquerade"));
        let wrapper = decide_for(tool, &of(Family::Gcc, CompilerKind::Wrapper, None), "");
        assert!(
            wrapper.set.iter().any(|(_, value)| value.to_str().is_some_and(|text| text.contains("IDENTITY")))
        );
    }
}

#[test]
fn line_numbers_are_compared_unless_the_object_has_counters() {
    for option in ["--coverage", "-fprofile-generate=x", "-fprofile-instr-generate"] {
        let decision = decide_for(SCCACHE, &Fake::default(), option);
        assert!(decision.prepend.is_empty());
        let key = value(&decision, "SCCACHE_C_CUSTOM_CACHE_BUSTER").expect("a key");
        assert!(key.starts_with("/home/me/project/build /usr/bin/gcc ") && key.contains(option), "{key}");
    }
}

#[test]
fn values_are_appended_to_those_in_the_environment() {
    let variables = vec![
        ("SCCACHE_C_CUSTOM_CACHE_BUSTER", "mine"),
        ("CCACHE_NAMESPACE", "mine"),
        ("CCACHE_SLOPPINESS", "locale"),
        ("SCCACHE_EXTRAFILES", "/etc/a"),
    ];
    let fake = Fake { variables, ..Fake::default() };
    let sccache = decide_for(SCCACHE, &fake, "-march=native -DX=/home/me/project/data -specs=my.specs");
    let expected = "mine PROCESSOR /home/me/project /home/me/project/build";
    assert_eq!(value(&sccache, "SCCACHE_C_CUSTOM_CACHE_BUSTER"), Some(expected));
    assert_eq!(value(&sccache, "SCCACHE_EXTRAFILES"), Some("/etc/a:/home/me/project/build/my.specs"));
    let ccache = decide_for(OLD_CCACHE, &fake, "-mtune=native -include x/cmake_pch.h");
    assert_eq!(value(&ccache, "CCACHE_NAMESPACE"), Some("mine-PROCESSOR"));
    assert_eq!(value(&ccache, "CCACHE_SLOPPINESS"), Some("locale,pch_defines,time_macros"));
    assert_eq!(value(&decide_for(CCACHE, &fake, "-mtune=native"), "CCACHE_NAMESPACE"), None);
    let without = Fake { has_files: false, ..fake };
    assert_eq!(value(&decide_for(SCCACHE, &without, "-specs=nano.specs"), "SCCACHE_EXTRAFILES"), None);
}

#[test]
fn the_path_of_the_checkout_is_part_of_the_key_if_the_tool_removes_it() {
    let fake = Fake { contains_checkout_path: true, ..Fake::default() };
    let rule = |tool, line: &str| {
        names(&decide_for(tool, &fake, line)).into_iter().find(|name| name.contains("checkout"))
    };
    assert_eq!(rule(SCCACHE, "-I/home/me/project/build/gen"), Some("checkout path in a file"));
    assert_eq!(rule(SCCACHE, "-Igen"), Some("checkout path in a file"));
    assert_eq!(rule(SCCACHE, "-isystem ../build/./gen"), Some("checkout path in a file"));
    assert_eq!(rule(SCCACHE, "-include gen/x.h"), Some("checkout path in a file"));
    assert_eq!(rule(SCCACHE, "-I/home/me/project/build/_deps/x-src/gen"), None);
    assert_eq!(rule(SCCACHE, "-I/elsewhere/gen"), None);
    assert_eq!(rule(SCCACHE, "-DX=\"/home/me/project/data\""), Some("checkout path in a macro"));
    assert_eq!(rule((Tool::Sccache, Version::new(0, 16, 0)), "-DX=/home/me/project/data"), None);
    assert_eq!(rule((Tool::Sccache, Version::new(0, 10, 0)), "-Igen"), None);
    assert_eq!(rule(CCACHE, "-Igen -DX=/home/me/project/data"), None);
}

#[test]
fn ccache_has_no_base_directory_with_a_profile() {
    assert_eq!(decide_for(CCACHE, &Fake::default(), "-fprofile-use=x").unset, ["CCACHE_BASEDIR"]);
    assert!(decide_for(CCACHE, &Fake::default(), "-O2").unset.is_empty());
}

#[test]
fn a_compilation_by_cl_with_debug_information_bypasses_sccache() {
    let cl = Fake {
        compiler: Compiler {
            path: "cl.exe".into(),
            family: Family::Msvc,
            kind: CompilerKind::Program,
            replacement: None,
            content: None,
            embeds_modules: false,
            configuration: Vec::new(),
        },
        ..Fake::default()
    };
    for (option, is_bypassed) in
        [("/Z7", true), ("-Zi", true), ("/ZI", true), ("/O2", false), ("/Zc:wchar_t", false), ("/Zp8", false)]
    {
        bypasses(SCCACHE, &cl, option, is_bypassed.then_some("line numbers, MSVC"));
        bypasses(CCACHE, &cl, option, None);
    }
}

#[test]
fn the_table_is_sorted() {
    let ends = |rule: &super::Rule| matches!(rule.action, Action::Bypass | Action::Replace);
    let first = TABLE.iter().position(|rule| !ends(rule)).expect("a rule for the cache");
    assert!(TABLE[first..].iter().all(|rule| !ends(rule)), "rules that bypass the cache come first");
    for (index, rule) in TABLE.iter().enumerate() {
        assert_eq!(TABLE.iter().position(|other| other.name == rule.name), Some(index), "{}", rule.name);
        assert_eq!(find(rule.name), Some(rule));
        assert!(!rule.tools.is_empty() && !rule.cases.is_empty(), "{}", rule.name);
        for text in [rule.why, rule.because, rule.help, rule.source] {
            assert!(!text.is_empty() && !text.contains('|') && !text.contains('\n'), "{}: {text}", rule.name);
        }
        for affected in rule.tools {
            assert!(affected.since.zip(affected.before).is_none_or(|(since, before)| since < before));
        }
        if let Condition::Files(options) = rule.condition {
            assert!(options.iter().all(|option| option.ends_with('=')), "{}", rule.name);
        }
    }
    assert_eq!(digest().len(), 32);
}

/// The digest of each version of the rules, beginning with version 1.
const DIGESTS: &[&str] = &[
    "f052b59bcc4fdd6cf74c4b503a43717a",
    "10f445bbd5d48c5945e9f0058e385ef5",
    "9784ba53481302d58826f71ebe1da7e5",
    "d19c7d8a897713fc5162044d735750b4",
    "3b6008c8fe1756d87d9097e7d49d80ca",
    "a4c1f77869edf6ae86a8ec7f797519a2",
    "d89b6f97adbcef548ba4db6d0c4d6d8e",
];

#[test]
fn changed_rules_have_a_new_version() {
    assert_eq!(
        DIGESTS.last().copied(),
        Some(digest().as_str()),
        "the rules changed: append the new digest to DIGESTS, increase rules::VERSION, and run \
         `TOOLCHAINKIT_UPDATE=1 cargo test --test suite derived`"
    );
    assert_eq!(u32::try_from(DIGESTS.len()), Ok(VERSION), "each version has a digest");
}

/// Arguments of compilers, including those that rules match.
fn argument() -> impl Strategy<Value = String> {
    let telling: Vec<&'static str> = [
        "-DTOOLCHAINKIT_NO_CACHE",
        "-fbranch-probabilities",
        "-fstack-usage",
        "-fdump-tree-all",
        "-da",
        "--coverage",
        "-march=native",
        "-specs=x",
        "-DX=/home/me/project/y",
        "-Igen",
        "-include",
        "x/cmake_pch.h",
        "-fprofile-use",
        "-fsave-optimization-record",
        "-Wa,-al=x",
    ]
    .into();
    let plain: Vec<&'static str> =
        ["-O2", "-g", "-Wall", "-DA=1", "-std=c11", "-I/usr/include/y", "-fPIC", "-pipe", "-MD"].into();
    prop_oneof![
        3 => prop::sample::select(plain).prop_map(str::to_owned),
        2 => prop::sample::select(telling).prop_map(str::to_owned),
        1 => "[-@/a-zA-Z0-9=,'\" \\\\]{0,12}",
    ]
}

fn tool() -> impl Strategy<Value = (Tool, Version)> {
    let sccache = Just((Tool::Sccache, Version::new(0, 16, 0)));
    prop_oneof![Just(SCCACHE), Just(CCACHE), Just(OLD_CCACHE), sccache]
}

fn parsed(words: &[String], file: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Arguments {
    Arguments::parse(words.iter().map(OsString::from).collect(), file)
}

/// A word, quoted for a response file.
fn quoted(word: &str) -> String {
    let letters = word
        .chars()
        .map(|letter| if "\\\"".contains(letter) { format!("\\{letter}") } else { letter.into() });
    format!("\"{}\"", letters.collect::<String>())
}

proptest! {
    #[test]
    fn any_arguments_give_a_decision(
        words in prop::collection::vec(prop_oneof![argument(), any::<String>()], 0..12),
        file in prop::collection::vec(any::<u8>(), 0..64),
        tool in tool(),
    ) {
        let arguments = parsed(&words, &|_| Some(file.clone()));
        let decision = ask(tool, &Fake::default(), &arguments);
        prop_assert!(decision.bypass.is_none() || decision.set.is_empty());
    }

    #[test]
    fn a_response_file_is_equal_to_its_content(words in prop::collection::vec(argument(), 0..10), tool in tool(), depth in 0..3) {
        let words: Vec<String> = words.into_iter().filter(|word| !word.starts_with('@')).collect();
        let plain = parsed(&words, &|_| None);
        let text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join("\n");
        let file = |path: &Path| {
            let number: i32 = path.to_str()?.strip_prefix("file")?.parse().ok()?;
            Some(if number == 0 { text.clone().into_bytes() } else { format!("@file{}", number - 1).into_bytes() })
        };
        let packed = parsed(&[format!("@file{depth}")], &file);
        prop_assert_eq!(plain.all(), packed.all());
        let (plain, packed) = (ask(tool, &Fake::default(), &plain), ask(tool, &Fake::default(), &packed));
        prop_assert_eq!(plain, packed);
    }

    #[test]
    fn no_additional_argument_undoes_a_bypass(
        words in prop::collection::vec(argument(), 1..8),
        more in prop::sample::select(vec!["-O2", "-g", "-DB=2", "-fno-profile-arcs", "-UTOOLCHAINKIT_NO_CACHE", "--coverage"]),
        at in any::<prop::sample::Index>(),
        tool in tool(),
    ) {
        let before = ask(tool, &Fake::default(), &parsed(&words, &|_| None));
        prop_assume!(before.bypass.is_some());
        let mut longer = words.clone();
        longer.insert(at.index(words.len() + 1), more.to_owned());
        // Behind such an option, it would be a value.
        prop_assume!(!words.iter().any(|word| ["-D", "-I", "-include", "-o", "-x"].contains(&word.as_str())));
        prop_assert!(ask(tool, &Fake::default(), &parsed(&longer, &|_| None)).bypass.is_some());
    }

    #[test]
    fn the_order_of_options_does_not_matter(
        words in Just(vec!["-O2", "-DTOOLCHAINKIT_NO_CACHE", "-fstack-usage", "-march=native", "-g"]).prop_shuffle(),
        taken in 0..5_usize,
        tool in tool(),
    ) {
        let words: Vec<String> = words.into_iter().take(taken).map(str::to_owned).collect();
        let mut sorted = words.clone();
        sorted.sort();
        let decisions = [words, sorted].map(|words| ask(tool, &Fake::default(), &parsed(&words, &|_| None)));
        prop_assert_eq!(&decisions[0], &decisions[1]);
    }
}

/// Measures `decide()` with the facts of this machine. They are read again each time, as in each compilation: the
/// compiler's file, the known compilers, the source, and the folders of headers.
#[test]
#[expect(clippy::disallowed_methods, reason = "this module does not use fs_err")]
fn an_ordinary_compilation_is_decided_at_once() {
    const ROUNDS: usize = 300;
    // A rough limit: without optimisation, this takes ten times as long.
    let most = Duration::from_micros(if cfg!(debug_assertions) { 600 } else { 50 });
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("project");
    let build = source.join("build");
    for path in [source.join("src"), build.join("toolchainkit"), build.join("generated")] {
        std::fs::create_dir_all(path).unwrap();
    }
    let main = source.join("src/main.c");
    std::fs::write(&main, "int main(void) { return 0; }\n").unwrap();
    std::fs::write(build.join("generated/config.h"), "#define VERSION 1\n").unwrap();
    // The result for a file that was just written is not stored.
    std::thread::sleep(Duration::from_millis(100));
    let checkout = Checkout {
        base_dirs: vec![source.clone(), build.clone()],
        build: build.clone(),
        root: source.clone(),
        source: source.clone(),
        places: Vec::new(),
        relocatable: true,
    };
    // Every machine that links Rust programs has this compiler.
    let compiler = OsStr::new("/usr/bin/cc");
    let line = format!(
        "-DA=1 -I{0}/include -I{1}/generated -isystem /usr/include/x -O2 -g -Wall -Wextra -std=gnu17 -fPIC -MD -MT \
         main.c.o -MF main.c.o.d -o main.c.o -c {0}/src/main.c",
        source.display(),
        build.display()
    );
    for tool in [SCCACHE, CCACHE] {
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let arguments = arguments(&line);
            let machine = Machine::new(Tool::Sccache, &checkout, compiler, &build, &|_| None);
            let question = Question {
                tool: tool.0,
                version: tool.1,
                compiler,
                arguments: &arguments,
                checkout: &checkout,
            };
            let decision = decide(&question, &machine);
            best = best.min(begun.elapsed());
            assert_eq!(decision.bypass, None);
        }
        println!("{:?}: {best:?}", tool.0);
        assert!(best < most, "{:?}: {best:?}", tool.0);
    }
}
