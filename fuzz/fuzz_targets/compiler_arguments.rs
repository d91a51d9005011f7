//! The launcher loses no argument of a compiler and decides without a panic.
//!
//! The input is a list of arguments with a zero byte between them. A byte 0xff separates the command, the response file `a`
//! and the response file `b`.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use toolchainkit::caching::tool::{Tool, Version};
use toolchainkit::launch::arguments::{Arguments, words};
use toolchainkit::launch::rules::{
    Checkout, Compiler, CompilerKind, Facts, Family, IncludeFolders, Question, decide,
};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0xff);
    let command = parts.next().unwrap_or_default();
    let files = [("a", parts.next()), ("b", parts.next())];
    let read = |path: &Path| {
        let (_, content) = files.iter().find(|(name, _)| path == Path::new(name))?;
        content.map(<[u8]>::to_vec)
    };
    let raw: Vec<OsString> =
        command.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect();
    check_quoting(&raw);
    let arguments = Arguments::parse(raw.clone(), &read);
    check_arguments(&raw, &arguments, &read);
    for (tool, version) in [
        (Tool::Sccache, Version::new(0, 9, 1)),
        (Tool::Sccache, Version::new(0, 19, 0)),
        (Tool::Ccache, Version::new(4, 7, 5)),
        (Tool::Ccache, Version::new(4, 14, 2)),
    ] {
        check_decision(tool, version, &arguments);
    }
});

/// An argument that is quoted in a response file is read unchanged.
fn check_quoting(raw: &[OsString]) {
    let mut text = Vec::new();
    for word in raw {
        text.push(b'\'');
        for byte in word.as_bytes() {
            if matches!(byte, b'\'' | b'\\') {
                text.push(b'\\');
            }
            text.push(*byte);
        }
        text.extend(b"'\n");
    }
    assert_eq!(words(&text), raw);
}

fn check_arguments(raw: &[OsString], arguments: &Arguments, read: &dyn Fn(&Path) -> Option<Vec<u8>>) {
    assert_eq!(arguments.raw(), raw);
    if arguments.is_complete() {
        // Response files are replaced, and all other arguments keep their order.
        let is_file = |word: &&OsString| {
            word.as_bytes().strip_prefix(b"@").is_some_and(|name| {
                !name.is_empty() && read(Path::new(OsStr::from_bytes(name))).is_some()
            })
        };
        let mut all = arguments.all().iter();
        for word in raw.iter().filter(|word| !is_file(word)) {
            assert!(all.any(|other| other == word), "{word:?} is lost");
        }
        if !raw.iter().any(|word| is_file(&word)) {
            assert_eq!(arguments.all(), raw);
        }
    }
    // Every path is an argument or the end of one.
    let all = arguments.all();
    let named = |path: &Path| {
        let bytes = path.as_os_str().as_bytes();
        all.iter().any(|word| {
            word.as_bytes().windows(bytes.len().max(1)).any(|part| part == bytes) || bytes.is_empty()
        })
    };
    assert!(arguments.sources().iter().all(|path| named(path)));
    assert!(arguments.include_folders().iter().chain(arguments.included_files()).all(|path| named(path)));
    assert!(arguments.object().is_none_or(named));
}

fn check_decision(tool: Tool, version: Version, arguments: &Arguments) {
    for family in [Family::Gcc, Family::Clang, Family::ClangCl, Family::Msvc, Family::Nvcc, Family::Unknown] {
        let checkout = Checkout {
            root: "/p".into(),
            base_dirs: vec!["/p".into(), "/p/b".into()],
            source: "/p".into(),
            build: "/p/b".into(),
            places: Vec::new(),
            relocatable: true,
        };
        let compiler = OsStr::new("/usr/bin/cc");
        let question = Question { tool, version, compiler, arguments, checkout: &checkout };
        let decision = decide(&question, &Machine(family));
        assert_eq!(decision, decide(&question, &Machine(family)));
        let is_bypass = |rule: &&toolchainkit::launch::rules::Rule| {
            decision.bypass.is_some_and(|bypass| bypass.name == rule.name)
        };
        assert!(decision.bypass.is_none() || decision.applied.iter().any(|rule| is_bypass(rule)));
    }
}

/// A machine on which the files exist whose names have an even length.
struct Machine(Family);

impl Facts for Machine {
    fn compiler(&self) -> Compiler {
        Compiler {
            path: "/usr/bin/cc".into(),
            family: self.0,
            kind: CompilerKind::Program,
            replacement: None,
            configuration: Vec::new(),
            content: None,
            embeds_modules: false,
        }
    }
    fn variable(&self, _: &str) -> Option<OsString> {
        None
    }
    fn working_directory(&self) -> PathBuf {
        "/p/b".into()
    }
    fn build_folder(&self) -> PathBuf {
        "/p/b".into()
    }
    fn compresses_debug_information(&self) -> bool {
        false
    }
    fn text_has(&self, path: &Path, _: &[&str]) -> bool {
        path.as_os_str().len() % 2 == 0
    }
    fn is_file(&self, path: &Path) -> bool {
        path.as_os_str().len() % 2 == 0
    }
    fn is_own_module(&self, path: &Path) -> bool {
        path.as_os_str().len() % 2 == 0
    }
    fn processor(&self) -> String {
        "processor".into()
    }
    fn identity(&self, _: &Compiler) -> String {
        "identity".into()
    }
    fn contains_checkout_path(&self, folders: &IncludeFolders) -> Option<bool> {
        Some(folders.deep.len() % 2 == 1)
    }
}
