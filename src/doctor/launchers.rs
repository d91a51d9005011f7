//! Which compilations of a build folder go through its launcher, and which setting keeps the others from it.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::build_tree::{BuildTree, BuildTreeError, Unit};
use super::replay::CacheOfBuild;
use crate::caching::language::Language;
use crate::caching::tool::Tool;
use crate::probe::path::shown;

/// Other programs that cache or distribute compilations.
const CACHES: &[&str] = &["ccache", "sccache", "distcc", "icecc", "buildcache", "fastbuild", "gomacc"];
/// The longest file that is searched for settings.
const LONGEST: u64 = 4 << 20;

/// The way of a compilation to its compiler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Through the launcher of the build.
    Ours,
    /// Directly.
    Direct,
    /// Through another launcher.
    Other(String),
    /// Through another cache that runs the launcher of the build.
    OtherFirst(String),
    /// The launcher of the build runs another cache.
    OtherLast(String),
}

/// Compilations of one language that do not simply use the launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bypassing {
    /// The language of CMake.
    pub language: &'static str,
    /// Their way.
    pub way: Way,
    /// Their number.
    pub number: usize,
    /// The settings that cause it, with file and line.
    pub settings: Vec<String>,
    /// Whether these compilations are cached nevertheless, or are excluded on purpose.
    pub is_harmless: bool,
    /// Whether a setting excludes all compilations of this language on purpose, and other languages are cached.
    pub is_whole_language: bool,
}

/// The compilations that should be cached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launchers {
    /// The number of all.
    pub total: usize,
    /// The number of those that only use the launcher of the build.
    pub ours: usize,
    /// The others.
    pub bypassing: Vec<Bypassing>,
}

impl Launchers {
    /// Examines all compilations of the build folder in these languages. `cache` is `None` if the build has no launcher.
    ///
    /// # Errors
    /// [`BuildTreeError`]
    pub fn of(
        tree: &BuildTree,
        cache: Option<CacheOfBuild<'_>>,
        is_program: bool,
        languages: &[&str],
    ) -> Result<Self, BuildTreeError> {
        let mut launchers = Self::default();
        let mut others: BTreeMap<(&'static str, Way), usize> = BTreeMap::new();
        let mut cached: BTreeSet<&'static str> = BTreeSet::new();
        for unit in tree.compilations()? {
            let Some(language) = language_of(&unit).filter(|language| languages.contains(language)) else {
                continue;
            };
            launchers.total += 1;
            match way_of(&unit.words, cache.map(|cache| cache.launcher), is_program) {
                Way::Ours => {
                    launchers.ours += 1;
                    cached.insert(language);
                }
                way => *others.entry((language, way)).or_default() += 1,
            }
        }
        if others.is_empty() {
            return Ok(launchers);
        }
        let inputs = tree.inputs()?;
        let some_are_ours = launchers.ours > 0;
        let is_cached = |language: &str| cached.contains(language);
        let bypassing = others.into_iter().map(|((language, way), number)| {
            let settings = settings(tree, &inputs, language, &way);
            let is_harmless = match way {
                // An empty launcher of a target or the user excludes a part of the build.
                Way::Direct => is_cached(language) && !settings.is_empty(),
                Way::OtherLast(_) => is_program && cache.is_some_and(|cache| cache.tool == Tool::Ccache),
                _ => false,
            };
            let is_excluded = way == Way::Direct && !settings.is_empty();
            let is_whole_language = is_excluded && some_are_ours && !is_cached(language);
            Bypassing { language, way, number, settings, is_harmless, is_whole_language }
        });
        launchers.bypassing = bypassing.collect();
        Ok(launchers)
    }
}

fn language_of(unit: &Unit) -> Option<&'static str> {
    let has_output =
        unit.words.iter().any(|word| word == "-o" || word.starts_with("/Fo") || word.starts_with("-Fo"));
    if !has_output {
        return None;
    }
    Some(match unit.source.extension()? {
        "c" => "C",
        "cc" | "cpp" | "cxx" | "c++" | "C" | "CPP" | "cppm" | "ixx" => "CXX",
        "m" => "OBJC",
        "mm" | "M" => "OBJCXX",
        "cu" => "CUDA",
        "hip" => "HIP",
        _ => return None,
    })
}

fn stem(word: &str) -> &str {
    Utf8Path::new(word).file_stem().unwrap_or(word)
}

fn way_of(words: &[String], launcher: Option<&Utf8Path>, is_program: bool) -> Way {
    let is_cache = |word: &String| CACHES.contains(&stem(word));
    // The program runs the compiler that is meant, and the script runs the link.
    let behind = |word: &String| Utf8Path::new(word).canonicalize_utf8().ok().filter(|_| !is_program);
    let before_options = words.iter().position(|word| word == "-c" || word == "/c").unwrap_or(words.len());
    let is_ours = |word: &String| {
        let word = shown(Utf8Path::new(word));
        // A project may pass its launcher to a nested build.
        let is_of_other_build =
            ["launcher", "launcher.exe"].iter().any(|name| word.ends_with(format!("toolchainkit/{name}")));
        launcher.is_some_and(|launcher| word == launcher) || is_of_other_build
    };
    let ours = words[..before_options].iter().position(is_ours);
    let Some(place) = ours else {
        let first = words.first().map_or("", |word| stem(word));
        let is_option =
            |word: &String| word.starts_with(['-', '$', '@', '/']) && !Utf8Path::new(word).is_file();
        // `zig c++` is a compiler.
        let is_compiler = first == "zig" || words.get(1).is_none_or(is_option);
        return if is_compiler { Way::Direct } else { Way::Other(first.to_owned()) };
    };
    if let Some(other) = words[..place].iter().find(|word| is_cache(word)) {
        return Way::OtherFirst(stem(other).to_owned());
    }
    let Some(compiler) = words.get(place + 1) else { return Way::Ours };
    if is_cache(compiler) {
        return Way::OtherLast(stem(compiler).to_owned());
    }
    match behind(compiler).filter(|path| CACHES.contains(&stem(path.as_str()))) {
        Some(other) => Way::OtherLast(stem(other.as_str()).to_owned()),
        None => Way::Ours,
    }
}

// --- the settings -----------------------------------------------------------------------------------------------------

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Setting {
    Variable,
    Property,
    Rule,
}

/// The settings that may cause the way, with file and line. Those that name the other launcher come first.
fn settings(tree: &BuildTree, inputs: &[Utf8PathBuf], language: &str, way: &Way) -> Vec<String> {
    let name = match way {
        Way::Other(name) | Way::OtherFirst(name) | Way::OtherLast(name) => name.as_str(),
        Way::Ours | Way::Direct => "",
    };
    let variable = format!("CMAKE_{language}_COMPILER_LAUNCHER");
    let mut found = Vec::new();
    for file in inputs {
        let is_short = file.metadata().is_ok_and(|data| data.len() < LONGEST);
        let Ok(text) = fs_err::read_to_string(file) else { continue };
        if !is_short || !text.contains("_LAUNCH") {
            continue;
        }
        let source = tree.source().canonicalize_utf8().unwrap_or_else(|_| tree.source().to_owned());
        let shown = file.strip_prefix(source).unwrap_or(file);
        for (index, line) in text.lines().enumerate() {
            let Some(setting) = setting_of(line, language) else { continue };
            if name.is_empty() && setting == Setting::Rule {
                continue;
            }
            let what = match setting {
                Setting::Variable => variable.clone(),
                Setting::Property => format!("the target property {language}_COMPILER_LAUNCHER"),
                Setting::Rule => "RULE_LAUNCH_COMPILE".to_owned(),
            };
            let names_it = !name.is_empty() && line.to_lowercase().contains(name);
            found.push((!names_it, setting, format!("{what} is set in {shown}:{}", index + 1)));
        }
    }
    found.sort_by_key(|(names_another, setting, _)| (*names_another, *setting));
    let best = found.first().map(|(rank, setting, _)| (*rank, *setting));
    let mut settings: Vec<String> = found
        .into_iter()
        .filter(|found| best == Some((found.0, found.1)))
        .map(|(_, _, text)| text)
        .take(3)
        .collect();
    settings.extend(entry(tree, &variable, name));
    if let (Way::OtherLast(_), true) = (way, settings.is_empty()) {
        settings.extend(entry(tree, &format!("CMAKE_{language}_COMPILER"), name));
    }
    settings
}

/// What a line of CMake code sets. Settings with a name from a loop count for all languages.
fn setting_of(line: &str, language: &str) -> Option<Setting> {
    let line = line.trim_start();
    let command = line.split('(').next().unwrap_or("").trim().to_lowercase();
    let only_reads = ["if", "elseif", "while", "message", "foreach"].contains(&command.as_str());
    if line.starts_with('#') || command.starts_with("get_") || only_reads {
        return None;
    }
    if line.contains("RULE_LAUNCH_COMPILE") {
        return Some(Setting::Rule);
    }
    let (before, _) = line.split_once("_COMPILER_LAUNCHER")?;
    // The name of a language, or a reference to a variable.
    let before = match before.strip_suffix('}') {
        Some(reference) => reference.rsplit_once("${")?.0,
        None => before.strip_suffix(language)?,
    };
    match before.strip_suffix("CMAKE_") {
        Some(before) if before.ends_with('{') => None,
        Some(_) => Some(Setting::Variable),
        None if before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') => None,
        None => Some(Setting::Property),
    }
}

/// Whether a line of CMake code sets a launcher, of any language.
pub(crate) fn sets_launcher(line: &str) -> bool {
    Language::ALL.iter().any(|language| setting_of(line, language.cmake_name()).is_some())
}

/// The entry of the CMake cache, and the line of the preset that sets it.
fn entry(tree: &BuildTree, variable: &str, name: &str) -> Option<String> {
    let text = fs_err::read_to_string(tree.cache_file()).ok()?;
    let prefix = format!("{variable}:");
    let (index, line) = text.lines().enumerate().find(|(_, line)| line.starts_with(&prefix))?;
    let (_, value) = line.split_once('=')?;
    let first = value.split(';').next().unwrap_or("");
    if stem(first) != name && !(name.is_empty() && value.is_empty()) {
        return None;
    }
    let preset = ["CMakeUserPresets.json", "CMakePresets.json"].iter().find_map(|file| {
        let text = fs_err::read_to_string(tree.source().join(file)).ok()?;
        let line = text.lines().position(|line| line.contains(&format!("\"{variable}\"")))?;
        Some(format!(" and {file}:{}", line + 1))
    });
    Some(format!(
        "{variable} is in {}:{}{}, from -D, a preset or the environment (configure with -U{variable})",
        tree.cache_file(),
        index + 1,
        preset.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::split_words;

    fn way(command: &str) -> Way {
        way_of(&split_words(command), Some(Utf8Path::new("/b/toolchainkit/launcher")), true)
    }

    #[test]
    fn finds_the_way_of_a_command() {
        assert_eq!(way("/b/toolchainkit/launcher /usr/bin/c++ -DA -o a.o -c a.cpp"), Way::Ours);
        assert_eq!(way("C:/b/toolchainkit/launcher.exe W:/bin/clang.exe -o a.o -c a.c"), Way::Ours);
        assert_eq!(
            way("cmake -E env A=B /b/toolchainkit/launcher W:/bin/clang.exe -o a.o -c a.c"),
            Way::Ours
        );
        assert_eq!(way("/usr/bin/c++ -DA -o a.o -c a.cpp"), Way::Direct);
        assert_eq!(way("/usr/bin/c++ $(CXX_DEFINES) -o a.o -c a.cpp"), Way::Direct);
        assert_eq!(way("/usr/bin/ccache c++ -DA -o a.o -c a.cpp"), Way::Other("ccache".to_owned()));
        assert_eq!(way("distcc /b/toolchainkit/launcher c++ -c a.c"), Way::OtherFirst("distcc".to_owned()));
        assert_eq!(way("/b/toolchainkit/launcher ccache c++ -c a.c"), Way::OtherLast("ccache".to_owned()));
        assert_eq!(
            way("ctest --launch --language C -- /b/toolchainkit/launcher cc -o a.o -c a.c"),
            Way::Ours
        );
        assert_eq!(way("zig c++ -c a.c"), Way::Direct);
    }

    #[test]
    fn finds_the_setting_in_a_line() {
        let of = |line: &str| setting_of(line, "CXX");
        assert_eq!(of("set(CMAKE_CXX_COMPILER_LAUNCHER ccache)"), Some(Setting::Variable));
        assert_eq!(of("  set(CMAKE_${lang}_COMPILER_LAUNCHER ccache)"), Some(Setting::Variable));
        assert_eq!(of("  CXX_COMPILER_LAUNCHER ccache)"), Some(Setting::Property));
        assert_eq!(of("set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)"), Some(Setting::Rule));
        for line in [
            "# set(CMAKE_CXX_COMPILER_LAUNCHER ccache)",
            "set(CMAKE_C_COMPILER_LAUNCHER ccache)",
            "if(NOT CMAKE_CXX_COMPILER_LAUNCHER)",
            "message(STATUS \"${CMAKE_CXX_COMPILER_LAUNCHER}\")",
            "set(x ${CMAKE_CXX_COMPILER_LAUNCHER})",
            "get_target_property(x a CXX_COMPILER_LAUNCHER)",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
