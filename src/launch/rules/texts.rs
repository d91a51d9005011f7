//! Finds files with a string that begins with the path of the checkout, such as
//! `#define DATA "/home/me/project/data"`. The results are stored with the stamps of folders and files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::Checkout;
use super::decide::IncludeFolders;
use crate::launch::process::{self, FileState};
use crate::launch::stamp::{Stamp, replace};

/// The limits of a search.
const MOST_FILES: usize = 20_000;
const MOST_FOLDERS: usize = 2_000;
/// The limit for folders in the source folder, where few files are generated.
const MOST_SOURCE_FOLDERS: usize = 500;
/// A null among so many bytes at the beginning shows that a file is not a text.
const BINARY: usize = 512;
/// A larger file without the extension of a header is not a header.
const LARGEST: u64 = 1 << 20;
/// A file that is younger than this, in nanoseconds, may change without a new time stamp.
const RACY: i128 = 50_000_000;

/// Folders without headers.
const PRUNED: &[&str] = &["CMakeFiles", "toolchainkit", "node_modules"];
/// Extensions of headers and sources.
const HEADERS: &[&str] = &[
    "h", "hh", "hpp", "hxx", "h++", "ipp", "ixx", "inl", "inc", "tcc", "tpp", "txx", "def", "c", "cc", "cpp",
    "cxx", "c++", "m", "mm", "i", "ii", "cu", "cuh", "pch",
];
/// Extensions of files that a build writes or reads, but that no source includes.
const OTHERS: &[&str] = &[
    "o",
    "obj",
    "a",
    "so",
    "lib",
    "dll",
    "dylib",
    "exe",
    "d",
    "ninja",
    "cmake",
    "json",
    "log",
    "make",
    "py",
    "pyc",
    "sh",
    "pc",
    "xml",
    "yml",
    "yaml",
    "html",
    "md",
    "rst",
    "css",
    "js",
    "stamp",
    "rsp",
    "gcno",
    "gcda",
    "dwo",
    "gch",
    "la",
    "qrc",
    "ui",
    "lock",
    "internal",
    "marks",
    "check_cache",
];
/// Names of files that a build writes or reads, but that no source includes.
const OTHER_NAMES: &[&str] =
    &["Makefile", "CMakeCache.txt", "CMakeLists.txt", "ParseCache.txt", "install_manifest.txt"];

/// A file that was read, and its first line with the path of the checkout; empty if there is no such line.
struct ReadFile {
    stamp: String,
    line: String,
}

/// The result of searching a folder.
#[derive(Default)]
struct Findings {
    folders: Vec<(PathBuf, String)>,
    files: Vec<(PathBuf, ReadFile)>,
    has_too_many_files: bool,
    is_racy: bool,
}

/// The depth of a search in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// With all folders below it.
    All,
    /// Only the files in it.
    Files,
}

/// Whether a file in one of these folders contains a string that begins with the path of the checkout.
pub(in crate::launch) fn any_contains_checkout_path(folders: &IncludeFolders, checkout: &Checkout) -> bool {
    let memory = checkout.build.join("toolchainkit");
    let contains = |folder: &PathBuf, depth| contains_checkout_path(folder, depth, checkout, &memory);
    folders.deep.iter().any(|folder| contains(folder, Depth::All))
        || folders.flat.iter().any(|folder| contains(folder, Depth::Files))
}

/// Whether a file in `folder`, a folder of the checkout, contains a string that begins with the path of the checkout.
/// `memory` is `<build>/toolchainkit`.
fn contains_checkout_path(folder: &Path, depth: Depth, checkout: &Checkout, memory: &Path) -> bool {
    let place_of = |(_, place): &&(usize, PathBuf)| folder.starts_with(place);
    let additional =
        || checkout.places.iter().filter(place_of).max_by_key(|(_, place)| place.as_os_str().len());
    let mut is_build = folder.starts_with(&checkout.build);
    let kind = if depth == Depth::All { "of-source" } else { "beside-sources" };
    let (root, name) = if is_build {
        (&checkout.build, "paths".to_owned())
    } else if folder.starts_with(&checkout.root) {
        (&checkout.root, format!("paths-{kind}"))
    } else if let Some((number, place)) = additional() {
        // Its files are not under the control of the project.
        is_build = true;
        (place, format!("paths-{kind}-{number}"))
    } else {
        return false;
    };
    let Ok(place) = folder.strip_prefix(root) else { return false };
    let place = memory.join(name).join(place);
    let record = place.join("looked");
    let old = read(&record);
    if let Some(names) = old.as_ref().and_then(is_still_valid) {
        return names;
    }
    let known: HashMap<PathBuf, ReadFile> =
        old.map(|(_, files)| files.into_iter().collect()).unwrap_or_default();
    let findings = scan(folder, depth, checkout, is_build, &known);
    // With too many files, a build folder is treated as one with the path of the checkout, and a source folder as one
    // without.
    let names = if findings.has_too_many_files {
        is_build
    } else {
        findings.files.iter().any(|(_, seen)| !seen.line.is_empty())
    };
    if !findings.is_racy && !findings.has_too_many_files && process::create_folder(&place).is_ok() {
        let line = |(path, seen): &(PathBuf, ReadFile)| {
            (!seen.line.is_empty()).then(|| format!("{}:{}\n", path.display(), seen.line))
        };
        replace(&place.join("seen"), findings.files.iter().filter_map(line).collect::<String>().as_bytes());
        if let Some(text) = record_of(&findings) {
            replace(&record, text.as_bytes());
        }
    }
    names
}

type Record = (Vec<(PathBuf, String)>, Vec<(PathBuf, ReadFile)>);

#[expect(clippy::disallowed_methods, reason = "without a record, the folder is searched")]
fn read(record: &Path) -> Option<Record> {
    let text = std::fs::read_to_string(record).ok()?;
    // The last line shows that the record is complete.
    let text = text.strip_suffix("end\n")?;
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let mut parts = line.splitn(4, '\t');
        let (kind, stamp, path) = (parts.next()?, parts.next()?.to_owned(), PathBuf::from(parts.next()?));
        match kind {
            "d" => folders.push((path, stamp)),
            "f" => files.push((path, ReadFile { stamp, line: parts.next()?.to_owned() })),
            _ => return None,
        }
    }
    Some((folders, files))
}

/// The text of the record. `None` if a file name cannot be part of a line.
fn record_of(findings: &Findings) -> Option<String> {
    let mut text = String::new();
    let name = |path: &Path| path.to_str().filter(|name| !name.contains(['\t', '\n'])).map(str::to_owned);
    for (path, stamp) in &findings.folders {
        text.push_str(&format!("d\t{stamp}\t{}\n", name(path)?));
    }
    for (path, seen) in &findings.files {
        text.push_str(&format!("f\t{}\t{}\t{}\n", seen.stamp, name(path)?, seen.line));
    }
    text.push_str("end\n");
    Some(text)
}

/// The result in the record, if nothing has changed.
fn is_still_valid((folders, files): &Record) -> Option<bool> {
    let is_same = |path: &Path, stamp: &str| Stamp::of(path).is_some_and(|now| now.to_string() == stamp);
    let holds = folders.iter().all(|(path, stamp)| is_same(path, stamp))
        && files.iter().all(|(path, seen)| is_same(path, &seen.stamp));
    holds.then(|| files.iter().any(|(_, seen)| !seen.line.is_empty()))
}

fn scan(
    folder: &Path,
    depth: Depth,
    checkout: &Checkout,
    is_build: bool,
    known: &HashMap<PathBuf, ReadFile>,
) -> Findings {
    let mut findings = Findings::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    let recent = i128::try_from(now).unwrap_or_default() - RACY;
    let most_folders = if is_build { MOST_FOLDERS } else { MOST_SOURCE_FOLDERS };
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let (Some(stamp), Ok(entries)) = (Stamp::of(&folder), std::fs::read_dir(&folder)) else { continue };
        findings.is_racy |= stamp.is_since(recent);
        findings.folders.push((folder.clone(), stamp.to_string()));
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let Ok(data) = path.metadata() else { continue };
            if data.is_dir() {
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let is_pruned = name.starts_with('.')
                    || PRUNED.contains(&name.as_ref())
                    || name.ends_with("-src")
                    || path == checkout.build
                    || (!is_build && path.join("CMakeCache.txt").exists());
                if depth == Depth::All && !is_link && !is_pruned {
                    folders.push(path);
                }
            } else if data.is_file() && may_be_included(&name, data.len()) {
                let Ok(state) = FileState::of_metadata(&path, &data) else { continue };
                let stamp = Stamp::from(&state);
                findings.is_racy |= stamp.is_since(recent);
                let text = stamp.to_string();
                let line = match known.get(&path) {
                    Some(seen) if seen.stamp == text => seen.line.clone(),
                    _ => line_with_checkout(&path, checkout),
                };
                findings.files.push((path, ReadFile { stamp: text, line }));
            }
        }
        if findings.files.len() > MOST_FILES || findings.folders.len() + folders.len() > most_folders {
            findings.has_too_many_files = true;
            return findings;
        }
    }
    findings
}

fn may_be_included(name: &str, size: u64) -> bool {
    if name.starts_with('.') || OTHER_NAMES.contains(&name) {
        return false;
    }
    let extension = Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let extension = extension.unwrap_or_default();
    HEADERS.contains(&extension.as_str()) || (size <= LARGEST && !OTHERS.contains(&extension.as_str()))
}

/// The first line with a string that begins with the path of the checkout; empty if there is no such line.
#[expect(clippy::disallowed_methods, reason = "the compiler cannot include a file that cannot be read")]
fn line_with_checkout(path: &Path, checkout: &Checkout) -> String {
    let Ok(bytes) = std::fs::read(path) else { return String::new() };
    if bytes.iter().take(BINARY).any(|byte| *byte == 0) {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let places: Vec<String> =
        checkout.folders().map(|folder| folded(&format!("{}/", folder.display())).into_owned()).collect();
    let whole = folded(&text);
    if !places.iter().any(|place| whole.contains(place.as_str())) {
        return String::new();
    }
    // sccache removes a path after one of these characters and before a slash.
    let begins_a_string = |line: &&str| {
        let line = folded(line);
        places.iter().any(|place| {
            line.match_indices(place.as_str()).any(|(at, _)| line[..at].ends_with(['"', ' ', '<']))
        })
    };
    let mut is_in_comment = false;
    let code = text.lines().filter_map(|line| code_of(line, &mut is_in_comment));
    code.into_iter().find(begins_a_string).unwrap_or_default().replace('\t', " ")
}

/// The text in the spelling in which paths are compared.
fn folded(text: &str) -> Cow<'_, str> {
    match process::folded_path(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// Whether the path of a drive begins with the letter before the colon at `at`.
fn is_drive(line: &str, at: usize) -> bool {
    at > 0 && line.as_bytes()[at - 1].is_ascii_alphabetic() && line[at..].starts_with(":/")
}

/// The absolute paths in a text, each up to the end of its string. sccache would remove the path of a checkout at these places.
pub(in crate::launch) fn absolute_paths(text: &[u8]) -> Vec<Box<[u8]>> {
    // Most files contain none. A slash is often the beginning of a comment.
    let may_begin = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        matches!(before, Some(b'"' | b' ' | b'<')) && !matches!(text.get(at + 1), Some(b'/' | b'*' | b' '))
    };
    let has_drive = || text.windows(2).any(|window| matches!(window, [b':', b'/' | b'\\']));
    let may_have_one = memchr::memchr_iter(b'/', text).any(may_begin) || process::IGNORES_CASE && has_drive();
    if !may_have_one || text.iter().take(BINARY).any(|byte| *byte == 0) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(text);
    let mut is_in_comment = false;
    let mut paths = Vec::new();
    for line in text.lines().filter_map(|line| code_of(line, &mut is_in_comment)) {
        let line = folded(line);
        let drives = line.match_indices(':').map(|(at, _)| at);
        let drives = drives.filter(|at| process::IGNORES_CASE && is_drive(&line, *at)).map(|at| at - 1);
        for at in line.match_indices('/').map(|(at, _)| at).chain(drives) {
            let path = &line[at..];
            let is_path =
                line[..at].ends_with(['"', ' ', '<']) && !path.starts_with("//") && !path.starts_with("/ ");
            let path = path.split(['"', '>']).next().unwrap_or_default();
            if is_path && path.len() > 2 {
                paths.push(path.as_bytes().into());
            }
        }
    }
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// A line without the comment at its beginning. `None` for comments and directives that only name files.
fn code_of<'a>(line: &'a str, is_in_comment: &mut bool) -> Option<&'a str> {
    let mut rest = line.trim_start();
    while *is_in_comment || rest.starts_with("/*") {
        let text = if *is_in_comment { rest } else { &rest[2..] };
        let end = text.find("*/");
        *is_in_comment = end.is_none();
        rest = text[end? + 2..].trim_start();
    }
    if let Some(directive) = rest.strip_prefix('#') {
        let directive = directive.trim_start();
        let is_place = ["line", "include", "import"].iter().any(|word| directive.starts_with(word))
            || directive.starts_with(|letter: char| letter.is_ascii_digit());
        return (!is_place).then_some(rest);
    }
    // The blank before the rest counts like a quote.
    (!rest.starts_with("//")).then_some(line)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout in a temporary folder.
    fn checkout() -> (tempfile::TempDir, Checkout) {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("project");
        let build = source.join("build");
        let base_dirs = vec![source.clone()];
        (
            folder,
            Checkout {
                root: source.clone(),
                base_dirs,
                source,
                build,
                relocatable: true,
                ..Checkout::default()
            },
        )
    }

    fn write(path: &Path, text: &str) {
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs_err::write(path, text).expect("a file");
    }

    fn is_named(folder: &Path, checkout: &Checkout) -> bool {
        contains_checkout_path(folder, Depth::All, checkout, &checkout.build.join("toolchainkit"))
    }

    fn wait_until_old() {
        std::thread::sleep(std::time::Duration::from_millis(60));
    }

    #[test]
    fn only_strings_that_sccache_changes_are_found() {
        let (_folder, checkout) = checkout();
        let place = checkout.source.display();
        let path = checkout.build.join("a.h");
        for (text, expected) in [
            (format!("#define A \"{place}/data\"\n"), true),
            (format!("const char *a = \"see {place}/data\";\n"), true),
            (format!("#define A <{place}/data>\n"), true),
            (format!("*name = \"{place}/data\";\n"), true),
            (format!("/* x */ char a[] = \"{place}/data\";\n"), true),
            (format!("/* x\n y */ char a[] = \"{place}/data\";\n"), true),
            (format!("#define A \"{place}\"\n"), false),
            (format!("#define A \"{place}-other/data\"\n"), false),
            (format!("#define A \"at:{place}/data\"\n"), false),
            (format!("// from {place}/data\n"), false),
            (format!("/* from\n   \"{place}/data\"\n */\n"), false),
            (format!("#line 3 \"{place}/data\"\n# 3 \"{place}/x\"\n  # include \"{place}/x.h\"\n"), false),
            ("#define A 1\n".to_owned(), false),
            (format!("\0\"{place}/data\"\n"), false),
        ] {
            write(&path, &text);
            assert_eq!(!line_with_checkout(&path, &checkout).is_empty(), expected, "{text}");
        }
    }

    #[test]
    fn the_paths_in_a_text_are_those_that_sccache_changes() {
        let (_folder, checkout) = checkout();
        let place = format!("{}/", checkout.source.display());
        for (text, expected) in [
            ("#define A \"@data\"\n", true),
            ("const char *a = \"see @my data\";\n", true),
            ("#define A <@data>\n", true),
            ("/* x */ char a[] = \"@data\";\n", true),
            ("int a = 1 / 2; // /x\nchar a[] = \"/usr\" \"@data\";\n", true),
            ("#define A \"at:@data\"\n", false),
            ("// from @data\n/* @data\n \"@data\"\n*/\n#include \"@x.h\"\n", false),
            ("\0 \"@data\"\n", false),
        ] {
            let text = text.replace('@', &place);
            let paths = absolute_paths(text.as_bytes());
            assert_eq!(paths.iter().any(|path| path.starts_with(place.as_bytes())), expected, "{text}");
            let path = checkout.build.join("a.h");
            write(&path, &text);
            assert_eq!(!line_with_checkout(&path, &checkout).is_empty(), expected, "{text}");
        }
    }

    #[test]
    fn a_changed_file_is_read_again_and_other_results_are_stored() {
        let (_folder, checkout) = checkout();
        let gen_folder = checkout.build.join("gen");
        let deep = gen_folder.join("a/b/c/d/e/f/g/place.tcc");
        let text = format!("#define A \"{}/data\"\n", checkout.source.display());
        write(&deep, "#define A 1\n");
        wait_until_old();
        assert!(!is_named(&gen_folder, &checkout));
        let record = checkout.build.join("toolchainkit/paths/gen/looked");
        assert!(record.exists(), "stored");
        assert!(!is_named(&gen_folder, &checkout));
        // Write in place, so the modification times of the folders do not change.
        write(&deep, &text);
        assert!(is_named(&gen_folder, &checkout));
        wait_until_old();
        assert!(is_named(&gen_folder, &checkout));
        let seen = fs_err::read_to_string(record.with_file_name("seen")).expect("the record");
        assert!(seen.starts_with(&format!("{}:#define A", deep.display())), "{seen}");
        fs_err::write(&record, "d\tx").expect("a damaged record");
        assert!(is_named(&gen_folder, &checkout));
        fs_err::remove_file(&deep).expect("the file can be removed");
        assert!(!is_named(&gen_folder, &checkout));
    }

    #[test]
    fn the_source_folder_is_searched_without_other_build_folders() {
        let (_folder, checkout) = checkout();
        let text = format!("#define A \"{}/data\"\n", checkout.source.display());
        write(&checkout.source.join("src/plain.h"), "int f(void);\n");
        for place in ["build/gen/a.h", ".git/a.h", "other/gen/a.h", "src/notes.md"] {
            write(&checkout.source.join(place), &text);
        }
        write(&checkout.source.join("other/CMakeCache.txt"), "");
        assert!(!is_named(&checkout.source, &checkout));
        assert!(is_named(&checkout.build.join("gen"), &checkout));
        write(&checkout.source.join("src/config.h"), &text);
        assert!(is_named(&checkout.source, &checkout));
        assert!(is_named(&checkout.source.join("src"), &checkout));
    }
}
