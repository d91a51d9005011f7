//! Determines the family of a compiler from its predefined macros, not from its name. The answer is stored with a stamp
//! of its file, so each compiler runs only once for this.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::configuration::Configuration;
use super::decide::Compiler;
use super::hash;
use super::rule::{CompilerKind, Family};
use crate::launch::process;
use crate::launch::stamp::Stamp;

/// Programs that are installed as links with the names of compilers. They run the next compiler of that name on PATH.
const MASQUERADES: &[&str] =
    &["ccache", "sccache", "distcc", "icecc", "buildcache", "fastbuild", "gomacc", "toolchainkit-launch"];

/// A compiler with one of these macros is not GCC, although it defines `__GNUC__`.
const NOT_GCC: &[&str] = &[
    "__INTEL_COMPILER",
    "__NVCOMPILER",
    "__PGI",
    "__EDG__",
    "__TINYC__",
    "__SUNPRO_C",
    "__CUDACC__",
    "__PCC__",
    "__LCC__",
];

/// The second line of a script that runs a compiler of two words begins with this text, followed by an identification
/// of the compiler. So, unlike a wrapper, the script does not have to be run to identify it.
pub(super) const MADE_BY_MODULE: &str = "# Written by ToolchainKit.cmake.";

/// The oldest entries above this number are removed.
const MOST: usize = 64;
/// A larger file is damaged.
const LARGEST: u64 = 1 << 20;

const NOTHING: &str = process::DISCARD;

/// `<build>/toolchainkit/compilers.json`: the known compilers. If the file is damaged, each compiler is examined again.
#[derive(Debug)]
pub(super) struct KnownCompilers {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    compilers: Vec<Entry>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    path: String,
    stamp: String,
    kind: String,
    family: String,
    /// The output of a wrapper, as a hash; empty for other compilers.
    #[serde(default)]
    identity: String,
    /// See [`Compiler::content`]; empty for other compilers.
    #[serde(default)]
    content: String,
    /// Empty for wrappers and masquerades.
    #[serde(default)]
    configuration: Configuration,
    /// See [`Compiler::embeds_modules`].
    #[serde(default)]
    embeds_modules: bool,
}

impl KnownCompilers {
    const VERSION: u32 = 3;

    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn read(&self) -> Remembered {
        let mut text = String::with_capacity(4096);
        let read =
            std::fs::File::open(&self.path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        let remembered: Remembered = match read {
            Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
            Err(_) => Remembered::default(),
        };
        if remembered.version == Self::VERSION { remembered } else { Remembered::default() }
    }

    fn write(&self, entry: Entry) {
        let mut remembered = self.read();
        remembered.version = Self::VERSION;
        remembered.compilers.retain(|other| {
            other.path != entry.path || (other.stamp == entry.stamp && other.identity != entry.identity)
        });
        let surplus = (remembered.compilers.len() + 1).saturating_sub(MOST);
        remembered.compilers.drain(..surplus);
        remembered.compilers.push(entry);
        if let Ok(text) = serde_json::to_string(&remembered) {
            crate::launch::stamp::replace(&self.path, text.as_bytes());
        }
    }
}

/// Examines the compiler that was `called`. `identity` runs a wrapper.
pub(super) fn examine(
    called: &OsStr,
    directory: &Path,
    search_path: &OsStr,
    memory: &KnownCompilers,
    identity: &dyn Fn(&Compiler) -> String,
) -> Compiler {
    let path = find(called, directory, search_path);
    let mut compiler = Compiler {
        path,
        family: Family::Unknown,
        kind: CompilerKind::Program,
        replacement: None,
        configuration: Vec::new(),
        content: None,
        embeds_modules: false,
    };
    let Some(stamp) = Stamp::of(&compiler.path) else { return compiler };
    let name = compiler.path.to_string_lossy().into_owned();
    let stamp = stamp.to_string();
    let known: Vec<Entry> = memory.read().compilers;
    let same: Vec<&Entry> = known.iter().filter(|entry| entry.path == name && entry.stamp == stamp).collect();
    compiler.kind = match same.first() {
        Some(entry) if entry.kind == "wrapper" => CompilerKind::Wrapper,
        Some(entry) if entry.kind == "masquerade" => CompilerKind::Masquerade,
        Some(_) => CompilerKind::Program,
        None => kind_of(&compiler.path),
    };
    let mut answered = String::new();
    match compiler.kind {
        CompilerKind::Masquerade => {
            compiler.replacement = next_on_path(&compiler.path, search_path);
            if let Some(real) = &compiler.replacement {
                let real = examine(real.as_os_str(), directory, search_path, memory, identity);
                (compiler.family, compiler.embeds_modules) = (real.family, real.embeds_modules);
            }
            if same.is_empty() {
                let (kind, family) = ("masquerade".to_owned(), Family::Unknown.name().to_owned());
                memory.write(Entry {
                    path: name,
                    stamp,
                    kind,
                    family,
                    identity: answered,
                    ..Entry::default()
                });
            }
            return compiler;
        }
        CompilerKind::Wrapper => answered = identity(&compiler),
        CompilerKind::Program => {}
    }
    if let Some(entry) = same.iter().find(|entry| entry.identity == answered) {
        compiler.family = Family::from_name(&entry.family).unwrap_or(Family::Unknown);
        compiler.content = Some(entry.content.clone()).filter(|content| !content.is_empty());
        compiler.embeds_modules = entry.embeds_modules;
        compiler.configuration.clone_from(&entry.configuration.files);
        if let Some(configuration) = entry.configuration.renewed() {
            compiler.configuration.clone_from(&configuration.files);
            memory.write(Entry { configuration, ..(*entry).clone() });
        }
        return compiler;
    }
    let Some(Answer { family, embeds_modules, configuration }) = ask(&compiler.path, compiler.kind) else {
        return compiler;
    };
    (compiler.family, compiler.embeds_modules) = (family, embeds_modules);
    compiler.configuration.clone_from(&configuration.files);
    let is_wrapper = compiler.kind == CompilerKind::Wrapper;
    compiler.content = if is_wrapper { None } else { content(&compiler.path) };
    let kind = if is_wrapper { "wrapper" } else { "program" };
    let (kind, family) = (kind.to_owned(), family.name().to_owned());
    let content = compiler.content.clone().unwrap_or_default();
    let identity = answered;
    memory.write(Entry { path: name, stamp, kind, family, identity, content, configuration, embeds_modules });
    compiler
}

/// The path of the compiler that was `called`.
pub(super) fn find(called: &OsStr, directory: &Path, search_path: &OsStr) -> PathBuf {
    let name = Path::new(called);
    if name.components().count() > 1 || name.is_absolute() {
        return directory.join(name);
    }
    on_path(name.as_os_str(), search_path).next().unwrap_or_else(|| name.to_owned())
}

/// All programs of this name on PATH, without those in relative folders.
fn on_path<'a>(name: &'a OsStr, search_path: &'a OsStr) -> impl Iterator<Item = PathBuf> + 'a {
    let folders = std::env::split_paths(search_path).filter(|folder| folder.is_absolute());
    folders.filter_map(move |folder| process::program_at(folder.join(name)))
}

fn next_on_path(path: &Path, search_path: &OsStr) -> Option<PathBuf> {
    on_path(path.file_name()?, search_path).find(|other| !is_masquerade(other))
}

/// Whether the path is a link to a cache or a distributor of compilations.
fn is_masquerade(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else { return false };
    let stem = |path: &Path| path.file_stem().map(OsStr::to_owned).unwrap_or_default();
    let (name, real) = (stem(path), stem(&real));
    name != real && MASQUERADES.iter().any(|masquerade| real == *masquerade)
}

fn kind_of(path: &Path) -> CompilerKind {
    if is_masquerade(path) {
        return CompilerKind::Masquerade;
    }
    let head = head_of(path);
    let mark = MADE_BY_MODULE.as_bytes();
    let is_identified = head.windows(mark.len()).any(|window| window == mark);
    if head.starts_with(b"#!") && !is_identified { CompilerKind::Wrapper } else { CompilerKind::Program }
}

/// Whether a program is a script; true if it cannot be read.
pub(in crate::launch) fn is_script(path: &Path) -> bool {
    let head = head_of(path);
    head.is_empty() || head.starts_with(b"#!")
}

fn head_of(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    if read.is_ok() { head } else { Vec::new() }
}

/// The SHA-256 of a file.
fn content(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut hasher = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part).ok()? {
            0 => break,
            length => hasher.update(&part[..length]),
        }
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Some(digest.map(|byte| format!("{byte:02x}")).concat())
}

/// What a compiler says about itself.
struct Answer {
    family: Family,
    embeds_modules: bool,
    configuration: Configuration,
}

impl Answer {
    fn only(family: Family) -> Self {
        Self { family, embeds_modules: false, configuration: Configuration::default() }
    }
}

/// Asks a compiler for its predefined macros and its configuration. `None` if it cannot be run.
fn ask(path: &Path, kind: CompilerKind) -> Option<Answer> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    // clang-cl behaves according to its name, and the others do not support -dM.
    if stem.contains("clang-cl") {
        return Some(Answer::only(Family::ClangCl));
    } else if stem == "cl" {
        return Some(Answer::only(Family::Msvc));
    } else if stem == "nvcc" {
        return Some(Answer::only(Family::Nvcc));
    }
    let answer = start(path, &["-v", "-dM", "-E", "-x", "c", NOTHING])?.wait_with_output().ok()?;
    // Killed by a signal, for example when the build was interrupted: do not store an answer.
    answer.status.code()?;
    let macros = String::from_utf8_lossy(&answer.stdout);
    let family = family_of(&macros);
    let embeds_modules = family == Family::Clang && embeds_modules(&macros);
    // The identity of a wrapper includes its configuration.
    if kind == CompilerKind::Wrapper {
        return Some(Answer { embeds_modules, ..Answer::only(family) });
    }
    let search = match family {
        Family::Gcc => start(path, &["-print-search-dirs"])?.wait_with_output().ok()?.stdout,
        _ => Vec::new(),
    };
    let [verbose, search] = [&answer.stderr, &search].map(|text| String::from_utf8_lossy(text));
    Some(Answer { family, embeds_modules, configuration: Configuration::of(family, &verbose, &search) })
}

/// The family of the compiler with these predefined macros.
fn family_of(macros: &str) -> Family {
    let has = |name: &str| {
        macros
            .lines()
            .any(|line| line.strip_prefix("#define ").and_then(|rest| rest.split(' ').next()) == Some(name))
    };
    if NOT_GCC.iter().any(|name| has(name)) {
        Family::Unknown
    } else if has("__clang__") {
        Family::Clang
    } else if has("__GNUC__") {
        Family::Gcc
    } else {
        Family::Unknown
    }
}

/// Whether the Clang with these predefined macros embeds the sources in the files of modules with [`EMBED`]. Clang 22 does, and Clang
/// 19 has no such option. The versions of Apple's compiler have other numbers.
fn embeds_modules(macros: &str) -> bool {
    const SINCE: u32 = 22;
    let value = |name: &str| {
        macros.lines().find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name)?.strip_prefix(' '))
    };
    let major = value("__clang_major__").and_then(|text| text.trim().parse::<u32>().ok());
    value("__apple_build_version__").is_none() && major.is_some_and(|major| major >= SINCE)
}

/// Identifies the compiler behind a wrapper in the current environment: by the commands that it would run, and by its version.
pub(super) fn identity(path: &Path, is_cxx: bool) -> String {
    let language = if is_cxx { "c++" } else { "c" };
    // With `-c`, because some wrappers add different options if they only preprocess.
    let questions: [&[&str]; 2] = [&["-###", "-c", "-x", language, NOTHING, "-o", NOTHING], &["--version"]];
    let children = questions.map(|arguments| start(path, arguments));
    let mut text = Vec::new();
    for child in children {
        match child.and_then(|child| child.wait_with_output().ok()) {
            Some(answer) => {
                text.extend(answer.stdout);
                text.push(0);
                text.extend(answer.stderr);
            }
            None => text.extend(b"no answer"),
        }
        text.push(0);
    }
    let folder = std::env::temp_dir();
    let text = without_temporary_files(&String::from_utf8_lossy(&text), &folder);
    format!("{:016x}{:016x}", hash(text.bytes()), hash(text.bytes().rev()))
}

/// Removes the names of temporary files, which differ each time. They are directly in `folder`.
fn without_temporary_files(text: &str, folder: &Path) -> String {
    let is_temporary = |word: &str| Path::new(word.trim_matches(['"', '\''])).parent() == Some(folder);
    let words = text.split_inclusive([' ', '\n', '\0']);
    words.filter(|word| !is_temporary(word.trim_end_matches([' ', '\n', '\0']))).collect()
}

/// Runs in `/`, so that the answer does not depend on the folder.
#[expect(clippy::disallowed_methods, reason = "a compiler that cannot be run is an answer, too")]
fn start(path: &Path, arguments: &[&str]) -> Option<Child> {
    let mut command = Command::new(path);
    let folder = process::root_folder();
    command.args(arguments).current_dir(&folder).env("PWD", &folder).env("LC_ALL", "C");
    for variable in ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "CCC_OVERRIDE_OPTIONS_LOG"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()
}

/// Identifies the processor model. The compiler generates the same code on two machines with the same model.
#[expect(clippy::disallowed_methods, reason = "a system without this file has another source")]
pub(super) fn processor() -> String {
    const TELLING: &[&str] = &[
        "vendor_id",
        "cpu family",
        "model",
        "model name",
        "stepping",
        "cache size",
        "flags",
        "CPU implementer",
        "CPU architecture",
        "CPU variant",
        "CPU part",
        "Features",
        "isa",
        "uarch",
        "cpu",
        "machine",
    ];
    let mut lines: Vec<String> = Vec::new();
    if let Some(processor) = process::processor() {
        lines.push(processor);
    } else if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") {
        for line in text.lines() {
            let name = line.split(':').next().unwrap_or_default().trim();
            if TELLING.contains(&name) && !lines.iter().any(|other| other == line) {
                lines.push(line.to_owned());
            }
        }
    } else if let Some(child) =
        start(Path::new("/usr/sbin/sysctl"), &["machdep.cpu", "hw.cpufamily", "hw.cpusubfamily"])
    {
        let answer = child.wait_with_output().map(|answer| answer.stdout).unwrap_or_default();
        lines.push(String::from_utf8_lossy(&answer).into_owned());
    }
    lines.push(std::env::consts::ARCH.to_owned());
    let text = lines.join("\n");
    format!("{:016x}", hash(text.bytes()))
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_macros_determine_the_family() {
        assert_eq!(family_of("#define __GNUC__ 12\n#define __x86_64__ 1\n"), Family::Gcc);
        assert_eq!(family_of("#define __GNUC__ 4\n#define __clang__ 1\n"), Family::Clang);
        assert_eq!(family_of("#define __GNUC__ 4\n#define __INTEL_COMPILER 2021\n"), Family::Unknown);
        assert_eq!(family_of("#define __GNUC_MINOR__ 4\n"), Family::Unknown);
        assert_eq!(family_of(""), Family::Unknown);
    }

    #[test]
    fn clang_22_embeds_the_sources_of_modules() {
        assert!(embeds_modules("#define __clang__ 1\n#define __clang_major__ 22\n"));
        assert!(!embeds_modules("#define __clang_major__ 19\n"));
        assert!(!embeds_modules("#define __clang_major__ 22\n#define __apple_build_version__ 22000000\n"));
        assert!(!embeds_modules("#define __GNUC__ 15\n"));
    }

    #[test]
    fn temporary_files_are_not_part_of_the_identity() {
        let text = |name: &str| {
            format!(" \"/usr/lib/cc1\" \"-quiet\" -o /tmp/{name}.s\n as -o x.o \"/tmp/{name}.s\"\n")
        };
        let left = without_temporary_files(&text("ccAbCdEf"), Path::new("/tmp"));
        assert_eq!(left, without_temporary_files(&text("cc123456"), Path::new("/tmp")));
        assert!(left.contains("/usr/lib/cc1"));
        assert!(without_temporary_files("/tmp/tools/gcc -E", Path::new("/tmp")).contains("tools/gcc"));
    }

    #[test]
    fn a_damaged_file_is_ignored_and_a_full_one_loses_the_oldest_entry() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = KnownCompilers::new(folder.path().join("compilers.json"));
        for text in ["", "{", "[]", "{\"version\":9,\"compilers\":[]}", "\u{0}"] {
            fs_err::write(&memory.path, text).expect("a file");
            assert!(memory.read().compilers.is_empty(), "{text}");
        }
        for number in 0..MOST + 5 {
            memory.write(Entry {
                path: format!("/bin/{number}"),
                stamp: "s".into(),
                kind: "program".into(),
                family: "GCC".into(),
                ..Entry::default()
            });
        }
        let compilers = memory.read().compilers;
        assert_eq!(compilers.len(), MOST);
        assert_eq!(compilers[MOST - 1].path, format!("/bin/{}", MOST + 4));
    }

    #[cfg(unix)]
    #[test]
    fn the_compiler_behind_a_link_to_a_cache_is_found() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let make = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs_err::write(&path, text).expect("a program");
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
            path
        };
        let cache = make("sys/ccache", "\u{7f}ELF");
        let real = make("real/gcc", "#!/bin/sh\necho '#define __GNUC__ 12'\n");
        for name in ["one/gcc", "two/gcc"] {
            let link = folder.path().join(name);
            fs_err::create_dir_all(link.parent().expect("a folder")).expect("a folder");
            symlink(&cache, link).expect("a link");
        }
        let path = std::env::join_paths(["one", "two", "real"].map(|name| folder.path().join(name)))
            .expect("a path");
        let memory = KnownCompilers::new(folder.path().join("compilers.json"));
        for _ in 0..2 {
            let compiler = examine(OsStr::new("gcc"), Path::new("/"), &path, &memory, &|_| "same".into());
            assert_eq!(compiler.kind, CompilerKind::Masquerade);
            assert_eq!(compiler.replacement.as_deref(), Some(real.as_path()));
            assert_eq!(compiler.family, Family::Gcc);
        }
        let path = OsString::from(folder.path().join("one"));
        assert_eq!(
            examine(OsStr::new("gcc"), Path::new("/"), &path, &memory, &|_| String::new()).replacement,
            None
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_wrapper_with_a_changed_identity_is_examined_again() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cc");
        let inner = folder.path().join("inner");
        fs_err::write(&path, format!("#!/bin/sh\ncat '{}'\n", inner.display())).expect("a wrapper");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        let memory = KnownCompilers::new(folder.path().join("compilers.json"));
        let look = |answer: &str| {
            examine(path.as_os_str(), Path::new("/"), OsStr::new(""), &memory, &|_| answer.to_owned())
        };
        fs_err::write(&inner, "#define __GNUC__ 12\n").expect("an answer");
        assert_eq!((look("gcc").family, look("gcc").kind), (Family::Gcc, CompilerKind::Wrapper));
        fs_err::write(&inner, "#define __clang__ 1\n").expect("an answer");
        assert_eq!(look("gcc").family, Family::Gcc, "stored");
        assert_eq!(look("clang").family, Family::Clang);
        assert_eq!(look("gcc").family, Family::Gcc, "both are stored");
    }
}
