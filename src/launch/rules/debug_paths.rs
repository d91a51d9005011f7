//! The paths of the checkout in debug information.
//!
//! An object that checkouts share must contain the path of none of them, but a debugger needs the real paths: it searches the
//! sources there, and a breakpoint of an editor has an absolute path. So the compiler writes placeholders, the tool stores
//! them, and the launcher replaces them in the object that the build gets.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::Checkout;
use super::decide::{Compiler, Facts, Question};
use super::rule::Family;
use crate::caching::tool::{Tool, Version};
use crate::launch::arguments::Arguments;
use crate::launch::placeholders::{BUILD, LENGTH, ROOT, SOURCE, placeholder};
use crate::launch::process;

/// The first sccache that removes base directories from the options that it hashes.
const HASHES_NO_BASE_DIRS: Version = Version::new(0, 18, 0);

/// The beginning of the name of the file for GCC's options. sccache hashes its name, so another content of the placeholders needs
/// another name. The numbers of the additional base directories follow.
const SPECS: &str = "toolchainkit/placeholders-1";
/// A part of sccache's key.
const KEY: &str = "placeholders-1";

/// Options with which the user chooses the paths.
const OWN: &[&str] =
    &["-fdebug-prefix-map", "-ffile-prefix-map", "-fdebug-compilation-dir", "-ffile-compilation-dir"];
/// The option for `__FILE__`.
const MACRO_MAP: &str = "-fmacro-prefix-map=";
/// A part of the options that replace the beginnings of paths.
const MAP: &[u8] = b"-prefix-map=";
/// Variables with include folders.
const FOLDERS: &[&str] = &["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH"];
/// With these options, the output is not an object with readable strings.
const OPAQUE: &[&str] = &[
    "-S",
    "-E",
    "-emit-llvm",
    "-flto",
    "-gz",
    "--compress-debug-sections",
    "-Wa,--compress-debug-sections",
    "-fno-merge-debug-strings",
    "-gstabs",
    "-gctf",
    "-gbtf",
    "-save-temps",
    "--save-temps",
];

/// What happens to the paths in the debug information of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Paths {
    /// Nothing: there is no debug information, or the user has chosen the paths.
    Unchanged,
    /// Placeholders replace them.
    Placeholders(Placeholders),
    /// They are those of this checkout, so other checkouts must not get the object.
    OfCheckout,
}

/// How the compiler is told to write placeholders, and what replaces them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholders {
    /// The numbers of the placeholders, with their folders.
    pub folders: Vec<(usize, PathBuf)>,
    /// Options of the compiler.
    pub options: Vec<OsString>,
    /// A file that it reads, and its content.
    pub file: Option<(PathBuf, String)>,
    /// A part of the key.
    pub(super) key: Option<OsString>,
}

/// Decides about a compilation of a checkout that shares objects.
pub(super) fn paths(question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> Paths {
    let words = || words(question.arguments);
    let is_own = |word: &[u8]| OWN.iter().any(|option| word.starts_with(option.as_bytes()));
    if !has_debug_information(question.arguments) || words().any(is_own) {
        return Paths::Unchanged;
    }
    if !process::HAS_PLACEHOLDERS
        || words().any(is_opaque)
        || question.arguments.object().is_none()
        || facts.compresses_debug_information()
    {
        return Paths::OfCheckout;
    }
    placeholders(question, facts, compiler).map_or(Paths::OfCheckout, Paths::Placeholders)
}

/// The placeholders; `None` if the paths of the checkout are too long, or cannot be part of an option.
fn placeholders(question: &Question<'_>, facts: &dyn Facts, compiler: &Compiler) -> Option<Placeholders> {
    let checkout = question.checkout;
    let mapped = mapped_folders(question, facts);
    let directory = facts.working_directory();
    let map = |(place, folder): &(usize, PathBuf)| map(*place, folder, *folder == directory);
    let maps = mapped.iter().map(map).collect::<Option<Vec<String>>>()?;
    let own =
        [(ROOT, checkout.root.clone()), (SOURCE, checkout.source.clone()), (BUILD, facts.build_folder())];
    let mut placeholders = Placeholders {
        folders: own.into_iter().chain(checkout.places.iter().cloned()).collect(),
        options: Vec::new(),
        file: None,
        key: None,
    };
    if question.tool == Tool::Sccache {
        let numbers: BTreeSet<usize> = mapped.iter().map(|(place, _)| *place).collect();
        let mut key = KEY.to_owned();
        for number in numbers {
            key.push_str(&format!(" {number}"));
        }
        let mut key = OsString::from(key);
        // Clang before 17 uses the placeholder of the checkout for the source folder, which is a base directory itself.
        if compiler.family == Family::Clang
            && checkout.source != checkout.root
            && let Ok(place) = checkout.source.strip_prefix(&checkout.root)
        {
            key.push(" ");
            key.push(place);
        }
        if compiler.family == Family::Clang {
            for (outer, (number, folder)) in pairs(&mapped) {
                let is_additional = outer.0 > BUILD || *number > BUILD;
                if let Some(place) = folder.strip_prefix(&outer.1).ok().filter(|_| is_additional) {
                    key.push(format!(" {} {number} ", outer.0));
                    key.push(place);
                }
            }
        }
        placeholders.key = Some(key);
    }
    if question.tool == Tool::Ccache || question.version.at_least(HASHES_NO_BASE_DIRS) {
        placeholders.options = maps.iter().map(|map| format!("-fdebug-prefix-map={map}").into()).collect();
        return Some(placeholders);
    }
    // This sccache hashes the path of the checkout in an option, and has no direct mode with options for the preprocessor. But GCC
    // reads options from a file, and sccache hashes the name of that file. Clang before 16 has no such option that sccache accepts.
    let has_specs = compiler.family == Family::Gcc
        && !question.arguments.sources().iter().any(|source| is_assembly(source))
        && maps.iter().all(|map| map.bytes().all(is_plain));
    if !has_specs {
        return None;
    }
    let additional: BTreeSet<usize> =
        mapped.iter().map(|(place, _)| *place).filter(|place| *place > BUILD).collect();
    let mut specs = SPECS.to_owned();
    for place in additional {
        specs.push_str(&format!("-{place}"));
    }
    specs.push_str(".specs");
    let name = relative(&facts.build_folder().join(&specs), &facts.working_directory())?;
    let options = maps.iter().map(|map| format!("-fdebug-prefix-map={map}")).collect::<Vec<_>>().join(" ");
    placeholders.options = vec![format!("-specs={}", name.to_str()?).into()];
    placeholders.file = Some((checkout.build.join(specs), format!("*cc1_options:\n+ {options}\n\n")));
    Some(placeholders)
}

/// The working directory, which debug information contains. If the placeholders replace its path, only its place, so that it is the
/// same in each checkout.
pub(super) fn directory(question: &Question<'_>, facts: &dyn Facts) -> OsString {
    let directory = facts.working_directory();
    let mapped = mapped_folders(question, facts);
    let around = mapped.iter().filter(|(_, folder)| directory.starts_with(folder));
    let inner = around.max_by_key(|(_, folder)| folder.as_os_str().len());
    match inner.filter(|_| question.checkout.removes_checkout_path()) {
        Some((number, folder)) => {
            let mut place = OsString::from(format!("in {number}"));
            if let Some(below) = directory.strip_prefix(folder).ok().filter(|below| *below != Path::new("")) {
                place.push(" ");
                place.push(below);
            }
            place
        }
        None => directory.into_os_string(),
    }
}

/// The folders to map, and the numbers of their placeholders. GCC, and Clang from 17 on, use the last one that matches.
fn mapped_folders(question: &Question<'_>, facts: &dyn Facts) -> Vec<(usize, PathBuf)> {
    let checkout = question.checkout;
    let mut folders = Vec::new();
    if checkout.root != checkout.source {
        folders.push((ROOT, checkout.root.clone()));
    }
    // In an in-source build, the build folder decides.
    if checkout.source != checkout.build {
        folders.push((SOURCE, checkout.source.clone()));
    }
    folders.push((BUILD, facts.build_folder()));
    let places = named_places(question.arguments, checkout, &|name| facts.variable(name));
    folders.extend(places.into_iter().map(|(number, folder)| (number, folder.to_owned())));
    outer_ones_first(folders)
}

/// Moves each folder behind those that contain it, because the last map that matches must be the longest. Otherwise, the order is that of
/// the numbers, and so the same in each checkout.
fn outer_ones_first<T: AsRef<Path>>(mut folders: Vec<(usize, T)>) -> Vec<(usize, T)> {
    folders.sort_by_key(|(number, _)| *number);
    let mut ordered = Vec::with_capacity(folders.len());
    while !folders.is_empty() {
        let is_inner = |(_, folder): &(usize, T)| {
            let folder = folder.as_ref();
            folders.iter().any(|(_, other)| folder != other.as_ref() && folder.starts_with(other))
        };
        let next = folders.iter().position(|folder| !is_inner(folder)).unwrap_or_default();
        ordered.push(folders.remove(next));
    }
    ordered
}

/// The further folders that concern a compilation: those that its arguments or the variables of the compiler name.
pub(in crate::launch) fn named_places<'a>(
    arguments: &Arguments,
    checkout: &'a Checkout,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Vec<(usize, &'a Path)> {
    if checkout.places.is_empty() || !checkout.removes_checkout_path() {
        return Vec::new();
    }
    let variables: Vec<OsString> = FOLDERS.iter().filter_map(|name| variable(name)).collect();
    let own = [&checkout.root, &checkout.source, &checkout.build];
    let is_named = |(_, folder): &(usize, &Path)| {
        let name = folder.as_os_str().as_encoded_bytes();
        // The build folder may have its real path, also if the checkout has not.
        let inner: Vec<&[u8]> = own
            .iter()
            .filter(|own| own.starts_with(folder))
            .map(|own| own.as_os_str().as_encoded_bytes())
            .collect();
        let contains = |word: &[u8]| {
            let mut places = (0..word.len()).filter(|at| word[*at..].starts_with(name));
            places.any(|at| !inner.iter().any(|inner| word[at..].starts_with(inner)))
        };
        let is_map = |word: &[u8]| word.starts_with(b"-f") && contains_map(word);
        words(arguments).any(|word| !is_map(word) && contains(word))
            || variables.iter().any(|value| contains(value.as_encoded_bytes()))
            || arguments.include_folders().iter().any(|parent| folder.starts_with(parent))
    };
    checkout.places.iter().map(|(number, folder)| (*number, &**folder)).filter(is_named).collect()
}

fn contains_map(word: &[u8]) -> bool {
    word.windows(MAP.len()).any(|window| window == MAP)
}

/// Options that replace the paths of the further folders in `__FILE__`, like those of the module for the folders of the checkout. If
/// the command has none of the module, the compiler or the tool may not support them.
pub(in crate::launch) fn macro_maps(
    question: &Question<'_>,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Vec<OsString> {
    let Question { arguments, checkout, .. } = question;
    let is_hashed = question.tool == Tool::Sccache && !question.version.at_least(HASHES_NO_BASE_DIRS);
    let text = |word: &OsString| word.to_str()?.strip_prefix(MACRO_MAP).map(str::to_owned);
    let present: Vec<String> = arguments.all().iter().filter_map(text).collect();
    if is_hashed || present.is_empty() {
        return Vec::new();
    }
    let own = [&checkout.root, &checkout.source, &checkout.build];
    let map = |(number, folder): &(usize, &Path)| {
        let folder = folder.to_str().filter(|folder| !folder.contains('='))?;
        let Some(own) = own.get(*number) else { return Some(format!("{MACRO_MAP}{folder}/=")) };
        // The same as for the path that CMake uses.
        let rest = present.iter().find_map(|map| {
            map.strip_prefix(own.to_str()?).filter(|rest| rest.starts_with("/=") || rest.starts_with('='))
        })?;
        Some(format!("{MACRO_MAP}{folder}{rest}"))
    };
    let places = outer_ones_first(named_places(arguments, checkout, variable));
    places.iter().filter_map(map).map(OsString::from).collect()
}

/// All pairs of different elements.
fn pairs<T>(list: &[T]) -> impl Iterator<Item = (&T, &T)> {
    let is_other = |(at, first): (usize, _), (other, second)| (at != other).then_some((first, second));
    list.iter()
        .enumerate()
        .flat_map(move |first| list.iter().enumerate().filter_map(move |second| is_other(first, second)))
}

/// The value of an option that maps a folder to its placeholder. `is_directory`: whether it is the working directory.
fn map(place: usize, folder: &Path, is_directory: bool) -> Option<String> {
    let folder = folder.to_str().filter(|folder| folder.len() <= LENGTH && !folder.contains('='))?;
    // With slashes, because otherwise the map would also apply to folders whose names begin with that of this one. But the path of the
    // working directory has none at its end.
    let slash = if is_directory || place == BUILD { "" } else { "/" };
    Some(format!("{folder}{slash}={}{slash}", placeholder(place)))
}

fn words(arguments: &Arguments) -> impl Iterator<Item = &[u8]> {
    arguments.all().iter().map(|word| word.as_encoded_bytes())
}

/// Whether the last option about debug information requests it.
pub(in crate::launch) fn has_debug_information(arguments: &Arguments) -> bool {
    let about_it = words(arguments).filter(|word| {
        let other = [b"-gcc-toolchain".as_slice(), b"-gen-cdb", b"-gz"];
        word.starts_with(b"-g") && !other.iter().any(|start| word.starts_with(start))
    });
    about_it.last().is_some_and(|word| word != b"-g0")
}

fn is_opaque(word: &[u8]) -> bool {
    let is_off = [b"-gz=none".as_slice(), b"-Wa,--compress-debug-sections=none"].contains(&word);
    // `-S` and `-E` are whole words, because other options begin with them.
    !is_off
        && OPAQUE.iter().any(|option| {
            let option = option.as_bytes();
            if option.len() == 2 { word == option } else { word.starts_with(option) }
        })
}

/// Whether `byte` has no meaning in a file of GCC.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'=')
}

fn is_assembly(source: &Path) -> bool {
    source.extension().is_some_and(|extension| ["S", "s", "sx"].iter().any(|known| extension == *known))
}

/// The path of `file` from `directory`, which is the same in each checkout, if `directory` is in the same build folder.
fn relative(file: &Path, directory: &Path) -> Option<PathBuf> {
    let build = file.parent()?.parent()?;
    let below = directory.strip_prefix(build).ok()?;
    let is_normal = below.components().all(|part| matches!(part, Component::Normal(_)));
    let up: PathBuf = below.components().map(|_| "..").collect();
    is_normal.then(|| up.join(file.strip_prefix(build).unwrap_or(file)))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_gcc_has_the_same_name_in_each_checkout() {
        let specs = format!("{SPECS}.specs");
        let file = Path::new("/home/me/build").join(&specs);
        let name = |directory: &str| relative(&file, Path::new(directory));
        assert_eq!(name("/home/me/build"), Some(specs.clone().into()));
        assert_eq!(name("/home/me/build/lib/sub"), Some(Path::new("../..").join(&specs)));
        assert_eq!(name("/home/me"), None);
        assert_eq!(name("/home/me/build/.."), None);
    }

    #[test]
    fn a_path_that_cannot_be_part_of_an_option_has_no_map() {
        let long = format!("/{}", "x".repeat(LENGTH));
        for folder in [long.as_str(), "/a=b"] {
            assert_eq!(map(SOURCE, Path::new(folder), false), None, "{folder}");
        }
        assert_eq!(map(BUILD, Path::new("/b"), false), Some(format!("/b={}", placeholder(BUILD))));
        assert_eq!(map(SOURCE, Path::new("/s"), true), Some(format!("/s={}", placeholder(SOURCE))));
        assert_eq!(map(SOURCE, Path::new("/s"), false), Some(format!("/s/={}/", placeholder(SOURCE))));
    }
}
