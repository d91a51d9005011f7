//! What a compiler is: by its answer, not by its name. Asked once, and remembered by what its file looks like.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::decide::Compiler;
use super::hash;
use super::rule::{Family, Sort};
use super::stamp::Stamp;

/// Programs that stand behind links with the names of compilers, and run the next one on PATH.
const MASQUERADES: &[&str] =
    &["ccache", "sccache", "distcc", "icecc", "buildcache", "fastbuild", "gomacc", "toolchainkit-launch"];

/// What these define is not GCC, though they define `__GNUC__`.
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

/// In the head of a script that the module writes: its name tells the version of what it runs.
const OURS: &[u8] = b"# Written by ToolchainKit.cmake.";

/// More compilers than this are not remembered.
const MOST: usize = 64;
/// A memory that is larger is damaged.
const LARGEST: u64 = 1 << 20;

const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// `<build>/toolchainkit/compilers.json`: what was asked before. Whatever is wrong with it, the compiler is asked again.
#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    version: u32,
    compilers: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    path: String,
    stamp: String,
    sort: String,
    family: String,
    /// Of a wrapper, what it answered.
    #[serde(default)]
    identity: String,
}

impl Memory {
    const VERSION: u32 = 1;

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
            super::stamp::replace(&self.path, text.as_bytes());
        }
    }
}

/// What the compiler that was `called` is. `identity` asks a wrapper.
pub(super) fn look_at(
    called: &OsStr,
    directory: &Path,
    search_path: &OsStr,
    memory: &Memory,
    identity: &dyn Fn(&Compiler) -> String,
) -> Compiler {
    let path = find(called, directory, search_path);
    let mut compiler = Compiler { path, family: Family::Unknown, sort: Sort::Program, replacement: None };
    let Some(stamp) = Stamp::of(&compiler.path) else { return compiler };
    let name = compiler.path.to_string_lossy().into_owned();
    let stamp = stamp.to_string();
    let known: Vec<Entry> = memory.read().compilers;
    let same: Vec<&Entry> = known.iter().filter(|entry| entry.path == name && entry.stamp == stamp).collect();
    compiler.sort = match same.first() {
        Some(entry) if entry.sort == "wrapper" => Sort::Wrapper,
        Some(entry) if entry.sort == "masquerade" => Sort::Masquerade,
        Some(_) => Sort::Program,
        None => sort_of(&compiler.path),
    };
    let mut answered = String::new();
    match compiler.sort {
        Sort::Masquerade => {
            compiler.replacement = next_on_path(&compiler.path, search_path);
            if let Some(real) = &compiler.replacement {
                compiler.family = look_at(real.as_os_str(), directory, search_path, memory, identity).family;
            }
            if same.is_empty() {
                let (sort, family) = ("masquerade".to_owned(), Family::Unknown.name().to_owned());
                memory.write(Entry { path: name, stamp, sort, family, identity: answered });
            }
            return compiler;
        }
        Sort::Wrapper => answered = identity(&compiler),
        Sort::Program => {}
    }
    if let Some(entry) = same.iter().find(|entry| entry.identity == answered) {
        compiler.family = Family::from_name(&entry.family).unwrap_or(Family::Unknown);
        return compiler;
    }
    let Some(family) = ask(&compiler.path) else { return compiler };
    compiler.family = family;
    let sort = if compiler.sort == Sort::Wrapper { "wrapper" } else { "program" };
    let (sort, family) = (sort.to_owned(), family.name().to_owned());
    memory.write(Entry { path: name, stamp, sort, family, identity: answered });
    compiler
}

/// Where a compiler that was `called` lies.
fn find(called: &OsStr, directory: &Path, search_path: &OsStr) -> PathBuf {
    let name = Path::new(called);
    if name.components().count() > 1 || name.is_absolute() {
        return directory.join(name);
    }
    on_path(name.as_os_str(), search_path).next().unwrap_or_else(|| name.to_owned())
}

/// All programs of this name on PATH. Relative folders are left out.
fn on_path<'a>(name: &'a OsStr, search_path: &'a OsStr) -> impl Iterator<Item = PathBuf> + 'a {
    let folders = std::env::split_paths(search_path).filter(|folder| folder.is_absolute());
    folders.map(move |folder| folder.join(name)).filter(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn next_on_path(path: &Path, search_path: &OsStr) -> Option<PathBuf> {
    on_path(path.file_name()?, search_path).find(|other| !is_masquerade(other))
}

/// Whether a link with another name leads to a cache.
fn is_masquerade(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else { return false };
    let stem = |path: &Path| path.file_stem().map(OsStr::to_owned).unwrap_or_default();
    let (name, real) = (stem(path), stem(&real));
    name != real && MASQUERADES.iter().any(|masquerade| real == *masquerade)
}

fn sort_of(path: &Path) -> Sort {
    if is_masquerade(path) {
        return Sort::Masquerade;
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let is_ours = head.windows(OURS.len()).any(|window| window == OURS);
    if read.is_ok() && head.starts_with(b"#!") && !is_ours { Sort::Wrapper } else { Sort::Program }
}

/// Asks a compiler for the macros that it defines by itself. `None` if it cannot be run.
fn ask(path: &Path) -> Option<Family> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    // Clang goes by its own name here, and the others have no such option.
    if stem.contains("clang-cl") {
        return Some(Family::ClangCl);
    } else if stem == "cl" {
        return Some(Family::Msvc);
    } else if stem == "nvcc" {
        return Some(Family::Nvcc);
    }
    let answer = start(path, &["-dM", "-E", "-x", "c", NOTHING])?.wait_with_output().ok()?;
    // By a signal, as when the build is interrupted: the next one asks again.
    answer.status.code()?;
    Some(family_of(&String::from_utf8_lossy(&answer.stdout)))
}

/// The family of what defines these macros.
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

/// What a wrapper answers now, with what its environment makes of it: the commands that it would run, and its version.
pub(super) fn identity(path: &Path, is_cxx: bool) -> String {
    let language = if is_cxx { "c++" } else { "c" };
    // `-c`, since some wrappers add other options when there is only to be preprocessed.
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

/// Without the names of files that a driver makes anew each time, which lie directly in `folder`.
fn without_temporary_files(text: &str, folder: &Path) -> String {
    let is_temporary = |word: &str| Path::new(word.trim_matches(['"', '\''])).parent() == Some(folder);
    let words = text.split_inclusive([' ', '\n', '\0']);
    words.filter(|word| !is_temporary(word.trim_end_matches([' ', '\n', '\0']))).collect()
}

/// In `/`, since the answer is to be the same in every folder.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing but a compiler is run, whose failure is an answer too"
)]
fn start(path: &Path, arguments: &[&str]) -> Option<Child> {
    let mut command = Command::new(path);
    command.args(arguments).current_dir("/").env("PWD", "/").env("LC_ALL", "C");
    for variable in ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "CCC_OVERRIDE_OPTIONS_LOG"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()
}

/// Names the kind of processor: two with the same name run the same code, and are optimised for in the same way.
#[expect(
    clippy::disallowed_methods,
    reason = "where there is no such file, the system says it in another way"
)]
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
    if let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") {
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
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn a_family_is_told_by_macros() {
        assert_eq!(family_of("#define __GNUC__ 12\n#define __x86_64__ 1\n"), Family::Gcc);
        assert_eq!(family_of("#define __GNUC__ 4\n#define __clang__ 1\n"), Family::Clang);
        assert_eq!(family_of("#define __GNUC__ 4\n#define __INTEL_COMPILER 2021\n"), Family::Unknown);
        assert_eq!(family_of("#define __GNUC_MINOR__ 4\n"), Family::Unknown);
        assert_eq!(family_of(""), Family::Unknown);
    }

    #[test]
    fn temporary_files_are_no_part_of_an_answer() {
        let text = |name: &str| {
            format!(" \"/usr/lib/cc1\" \"-quiet\" -o /tmp/{name}.s\n as -o x.o \"/tmp/{name}.s\"\n")
        };
        let left = without_temporary_files(&text("ccAbCdEf"), Path::new("/tmp"));
        assert_eq!(left, without_temporary_files(&text("cc123456"), Path::new("/tmp")));
        assert!(left.contains("/usr/lib/cc1"));
        assert!(without_temporary_files("/tmp/tools/gcc -E", Path::new("/tmp")).contains("tools/gcc"));
    }

    #[test]
    fn a_damaged_memory_is_none_and_a_full_one_forgets_the_oldest() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = Memory::new(folder.path().join("compilers.json"));
        for text in ["", "{", "[]", "{\"version\":9,\"compilers\":[]}", "\u{0}"] {
            fs_err::write(&memory.path, text).expect("a file");
            assert!(memory.read().compilers.is_empty(), "{text}");
        }
        for number in 0..MOST + 5 {
            memory.write(Entry {
                path: format!("/bin/{number}"),
                stamp: "s".into(),
                sort: "program".into(),
                family: "GCC".into(),
                identity: String::new(),
            });
        }
        let compilers = memory.read().compilers;
        assert_eq!(compilers.len(), MOST);
        assert_eq!(compilers[MOST - 1].path, format!("/bin/{}", MOST + 4));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_cache_is_passed_over() {
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
        let memory = Memory::new(folder.path().join("compilers.json"));
        for _ in 0..2 {
            let compiler = look_at(OsStr::new("gcc"), Path::new("/"), &path, &memory, &|_| "same".into());
            assert_eq!(compiler.sort, Sort::Masquerade);
            assert_eq!(compiler.replacement.as_deref(), Some(real.as_path()));
            assert_eq!(compiler.family, Family::Gcc);
        }
        let path = OsString::from(folder.path().join("one"));
        assert_eq!(
            look_at(OsStr::new("gcc"), Path::new("/"), &path, &memory, &|_| String::new()).replacement,
            None
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_wrapper_is_asked_again_when_it_answers_otherwise() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cc");
        let inner = folder.path().join("inner");
        fs_err::write(&path, format!("#!/bin/sh\ncat '{}'\n", inner.display())).expect("a wrapper");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
        let memory = Memory::new(folder.path().join("compilers.json"));
        let look = |answer: &str| {
            look_at(path.as_os_str(), Path::new("/"), OsStr::new(""), &memory, &|_| answer.to_owned())
        };
        fs_err::write(&inner, "#define __GNUC__ 12\n").expect("an answer");
        assert_eq!((look("gcc").family, look("gcc").sort), (Family::Gcc, Sort::Wrapper));
        fs_err::write(&inner, "#define __clang__ 1\n").expect("an answer");
        assert_eq!(look("gcc").family, Family::Gcc, "remembered");
        assert_eq!(look("clang").family, Family::Clang);
        assert_eq!(look("gcc").family, Family::Gcc, "both are remembered");
    }
}
