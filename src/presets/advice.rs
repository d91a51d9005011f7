//! What to write so that the presets of a project use the cache. The texts are for people, and complete: a user can copy them.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::file::{Entry, Place, PresetsFile};
use super::lists::CMakeLists;
use super::macros::{self, Surroundings};
use super::resolve::{ConfigurePreset, ToolchainFile};
use super::set::{Origin, Presets, Text};
use super::{INCLUDE_VERSION, PROJECT_FILE, TOOLCHAIN_VERSION, cmake_of};

/// The most names in a message.
const MOST_NAMES: usize = 20;
/// The file with the commands of the project.
const LISTS: &str = "CMakeLists.txt";

/// What toolchainkit writes for the project. Paths are relative to it.
#[derive(Debug, Clone)]
pub struct Ours {
    /// The file with the cache settings.
    pub cache: Utf8PathBuf,
    /// The CMake module.
    pub module: Utf8PathBuf,
    /// The toolchain files, `toolchain` first.
    pub toolchains: Vec<Utf8PathBuf>,
    /// The presets file.
    pub presets: Way,
    /// The names of the presets, without the hidden ones; empty if there are none.
    pub names: Vec<String>,
    /// The version of the format that the presets need.
    pub version: u32,
    /// The prefix that was chosen because of names of the user.
    pub chosen_prefix: Option<String>,
    /// The suggested path for a presets file that another one includes.
    pub included_path: &'static str,
}

/// How the presets of toolchainkit get into the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// There are none.
    None,
    /// `CMakePresets.json` is generated.
    Own,
    /// The file of this path is generated, for `include`.
    Included(Utf8PathBuf),
    /// They are inserted into the user's `CMakePresets.json`.
    Merged,
    /// `CMakePresets.json` belongs to the user, who has not yet decided.
    Undecided,
}

/// The project as it is.
pub struct Project<'a> {
    /// Its presets.
    pub presets: &'a Presets,
    /// What their macros refer to.
    pub surroundings: &'a Surroundings<'a>,
    /// Its `CMakeLists.txt`.
    pub lists: Option<CMakeLists>,
    /// Reads a file, by its absolute path.
    pub text: &'a dyn Fn(&Utf8Path) -> Text,
}

/// The messages, in the order of their importance. Empty if there are no presets of the user.
#[must_use]
pub fn advise(ours: &Ours, project: &Project<'_>) -> Vec<String> {
    let mut advice = Vec::new();
    for problem in &project.presets.problems {
        advice.push(format!("{problem}. CMake rejects all presets of this project."));
    }
    if let Some(prefix) =
        ours.chosen_prefix.as_ref().filter(|_| matches!(ours.presets, Way::Included(_) | Way::Merged))
    {
        let names = listed(ours.names.iter().map(String::as_str));
        advice.push(format!(
            "{PROJECT_FILE} has presets of the same names, so those of toolchainkit begin with `{prefix}`: {names}. \
             Set `presets.prefix` in toolchainkit.yaml to choose another prefix."
        ));
    }
    advice.extend(include(ours, project));
    let presets = project.presets.configure(project.surroundings);
    let theirs = presets.iter().filter(|preset| !preset.is_ours && !preset.hidden).collect::<Vec<_>>();
    advice.extend(lost_toolchains(&theirs, ours, project));
    advice.extend(coverage(&theirs, ours, project));
    advice.extend(launchers(&theirs));
    advice.extend(own_presets(ours, project));
    advice.extend(collisions(ours, project));
    advice
}

/// What still refers to files of ours, so that it has to be removed together with them.
#[must_use]
pub fn references(ours: &Ours, project: &Project<'_>) -> Vec<String> {
    let mut references = Vec::new();
    if let Some(line) = included_by(ours, project) {
        references.push(format!("Remove the line {LISTS}:{line}, which includes a removed file."));
    }
    if let Way::Included(path) = &ours.presets {
        let generated = macros::path_below(&project.surroundings.source_dir, path.as_str());
        for entry in project.presets.files().flat_map(|(_, file)| &file.include) {
            let folder = entry.place.path.parent().unwrap_or(Utf8Path::new(""));
            let folder = macros::path_below(&project.surroundings.source_dir, folder.as_str());
            if macros::path_below(&folder, &entry.value) == generated {
                let path = &entry.value;
                references.push(format!(
                    "Remove `{path}` from `include` in {}, or CMake rejects all presets.",
                    entry.place
                ));
            }
        }
    }
    let presets = project.presets.configure(project.surroundings);
    for preset in presets.iter().filter(|preset| !preset.is_ours) {
        let inherits = preset.ancestors.iter().find(|name| {
            let is_written = presets.iter().any(|other| other.name == **name);
            !is_written || presets.iter().any(|other| other.name == **name && other.is_ours)
        });
        let mut files = preset.toolchain_files.iter();
        if let Some(name) = inherits {
            references.push(format!("{}: the preset {} inherits `{name}`.", preset.place, preset.name));
        } else if let Some(file) =
            files.find(|file| file.path.as_deref().is_some_and(|path| is_ours(path, ours, project)))
        {
            references.push(format!("{} uses {}.", file.written.place, file.written.value));
        }
    }
    references
}

/// Whether a configure preset uses the cache, unless it sets another launcher.
#[must_use]
pub fn is_covered(preset: &ConfigurePreset, ours: &Ours, project: &Project<'_>) -> bool {
    if included_by(ours, project).is_some() {
        return true;
    }
    let toolchain = preset.toolchain_file().and_then(|file| file.path.as_deref());
    let is_vcpkg = toolchain.is_some_and(|path| path.file_name() == Some(VCPKG));
    let chained = preset.cache_variables.get(CHAINLOAD).filter(|_| is_vcpkg);
    let chained = chained.map(|entry| macros::path_below(&project.surroundings.source_dir, &entry.value));
    let is_include = |name: &str| {
        name == "CMAKE_PROJECT_TOP_LEVEL_INCLUDES"
            || (name.starts_with("CMAKE_PROJECT_")
                && (name.ends_with("INCLUDE") || name.ends_with("INCLUDE_BEFORE")))
    };
    let included = preset.cache_variables.iter().filter(|(name, _)| is_include(name));
    let included = included.flat_map(|(_, entry)| entry.value.split(';'));
    let included = included.map(|path| macros::path_below(&project.surroundings.source_dir, path));
    let mut files = toolchain.map(Utf8Path::to_owned).into_iter().chain(chained).chain(included);
    files.any(|path| leads_to_ours(&path, ours, project))
}

const VCPKG: &str = "vcpkg.cmake";
const CONAN: &str = "conan_toolchain.cmake";
const CHAINLOAD: &str = "VCPKG_CHAINLOAD_TOOLCHAIN_FILE";

/// The `include()` of the cache file in `CMakeLists.txt`.
fn included_by(ours: &Ours, project: &Project<'_>) -> Option<usize> {
    let names = [ours.cache.file_name()?, ours.module.file_name()?];
    Some(project.lists.as_ref()?.including(&names)?.lines.0)
}

fn is_ours(path: &Utf8Path, ours: &Ours, project: &Project<'_>) -> bool {
    let all = ours.toolchains.iter().chain([&ours.cache, &ours.module]);
    let mut all = all.map(|file| macros::path_below(&project.surroundings.source_dir, file.as_str()));
    all.any(|file| file == path)
}

/// Whether a CMake file is one of ours, or includes one. Files outside of the project are not read.
fn leads_to_ours(path: &Utf8Path, ours: &Ours, project: &Project<'_>) -> bool {
    if is_ours(path, ours, project) {
        return true;
    }
    if !path.starts_with(&project.surroundings.source_dir) {
        return false;
    }
    let Text::Present(text) = (project.text)(path) else { return false };
    let names = ours.toolchains.iter().chain([&ours.cache, &ours.module]);
    let names = names.filter_map(|file| file.file_name()).collect::<Vec<_>>();
    CMakeLists::parse(&text).including(&names).is_some()
}

/// The entry for `include`, if it is missing.
fn include(ours: &Ours, project: &Project<'_>) -> Option<String> {
    let Way::Included(path) = &ours.presets else { return None };
    if project.presets.file(path).is_some() {
        return None;
    }
    let Some(file) = project.presets.file(PROJECT_FILE.into()) else {
        let has_problem = project.presets.problems.iter().any(|problem| problem.path == PROJECT_FILE);
        return (!has_problem).then(|| {
            format!(
                "No presets file includes {path}. Write {PROJECT_FILE}:\n\n    \
                 {{ \"version\": {INCLUDE_VERSION}, \"include\": [\"{path}\"] }}\n"
            )
        });
    };
    Some(format!("{PROJECT_FILE} does not include {path}. {}", how_to_include(file, path)))
}

/// What to write into the user's file.
fn how_to_include(file: &PresetsFile, path: &Utf8Path) -> String {
    let mut text = match file.include_line {
        Some(line) => format!("Add this to the list `include` in {}:{line}:\n\n    \"{path}\"\n", file.path),
        None => format!("Write in {}:\n\n    \"include\": [\"{path}\"],\n", file.path),
    };
    text += &raised(file, INCLUDE_VERSION, "`include`").unwrap_or_default();
    text
}

/// What to do if the file has an older version.
fn raised(file: &PresetsFile, needed: u32, what: &str) -> Option<String> {
    let version = file.version_number();
    let place =
        file.version.map_or_else(|| file.path.to_string(), |(_, line)| format!("{}:{line}", file.path));
    (version < needed).then(|| {
        format!(
            "\n{what} needs version {needed} of the presets format (CMake {}): replace `\"version\": {version}` in \
             {place} by\n\n    \"version\": {needed},\n",
            cmake_of(needed)
        )
    })
}

/// Which presets do not use the cache, and the line that changes this.
fn coverage(theirs: &[&ConfigurePreset], ours: &Ours, project: &Project<'_>) -> Option<String> {
    let uncovered = theirs.iter().filter(|preset| !is_covered(preset, ours, project)).collect::<Vec<_>>();
    if theirs.is_empty() {
        return None;
    }
    if uncovered.is_empty() {
        let all = match theirs.len() {
            1 => format!("Your configure preset {} uses the cache", theirs[0].name),
            number => format!("All {number} configure presets of yours use the cache"),
        };
        return Some(match included_by(ours, project) {
            Some(line) => format!("{all}: {LISTS}:{line} includes it."),
            None => format!("{all}."),
        });
    }
    let names = listed(uncovered.iter().map(|preset| preset.name.as_str()));
    let verb = if uncovered.len() == 1 { "This configure preset does" } else { "These configure presets do" };
    let line = project.lists.as_ref().and_then(|lists| lists.first("project"));
    let place = line.map_or_else(
        || format!("in {LISTS}, before project()"),
        |project| format!("in {LISTS}, before project() in line {}", project.lines.0),
    );
    Some(format!(
        "{verb} not use the cache yet: {names}. One line caches all presets. Write {place}:\n\n    include({})\n",
        ours.cache
    ))
}

/// The presets that set another launcher, by the place of the setting.
fn launchers(theirs: &[&ConfigurePreset]) -> Vec<String> {
    let mut by_place: BTreeMap<(Place, &str), (&Entry, Vec<&str>)> = BTreeMap::new();
    for preset in theirs {
        for (name, entry) in preset.launchers() {
            let known = by_place.entry((entry.place.clone(), name)).or_insert_with(|| (entry, Vec::new()));
            known.1.push(&preset.name);
        }
    }
    let message = |((place, name), (entry, presets)): ((Place, &str), (&Entry, Vec<&str>))| {
        format!(
            "{place} sets {name} to `{}`, so the presets with it do not use this cache: {}. Remove this entry.",
            entry.value,
            listed(presets.into_iter())
        )
    };
    by_place.into_iter().map(message).collect()
}

/// How to add the presets of toolchainkit to a project with presets.
fn own_presets(ours: &Ours, project: &Project<'_>) -> Option<String> {
    let file = project.presets.file(PROJECT_FILE.into()).filter(|_| ours.presets == Way::Undecided)?;
    let names = listed(ours.names.iter().map(String::as_str));
    let version = file.version_number();
    let merging = if version >= ours.version {
        format!("run `toolchainkit generate --merge`, which inserts them into {PROJECT_FILE}")
    } else {
        format!(
            "raise the version of {PROJECT_FILE} from {version} to {} (CMake {}) and run `toolchainkit generate --merge`, \
             which inserts them",
            ours.version,
            cmake_of(ours.version)
        )
    };
    let including = if version >= INCLUDE_VERSION {
        "To include them instead".to_owned()
    } else {
        format!("To include them instead (version {INCLUDE_VERSION}, CMake {})", cmake_of(INCLUDE_VERSION))
    };
    Some(format!(
        "The cache does not need presets of toolchainkit. If you want them, too ({names}), {merging}. {including}, write in \
         toolchainkit.yaml, and run `toolchainkit generate` again:\n\n    output: {{ presets: {} }}\n\n\
         If you do not want them, write `output: {{ presets: none }}`.",
        ours.included_path
    ))
}

/// Names that `CMakeUserPresets.json` has, too.
fn collisions(ours: &Ours, project: &Project<'_>) -> Option<String> {
    if matches!(ours.presets, Way::None | Way::Undecided) {
        return None;
    }
    let theirs = project.presets.foreign().filter(|(origin, _)| *origin == Origin::User);
    let (_, preset) = theirs.into_iter().find(|(_, preset)| ours.names.contains(&preset.name.value))?;
    Some(format!(
        "{} has a preset `{}`, and so has toolchainkit, so CMake rejects all presets. Rename yours, or set `presets.prefix` in \
         toolchainkit.yaml.",
        preset.name.place, preset.name.value
    ))
}

/// The presets that inherit two toolchain files, of which CMake uses only one.
fn lost_toolchains(theirs: &[&ConfigurePreset], ours: &Ours, project: &Project<'_>) -> Vec<String> {
    let mut groups: BTreeMap<(Place, Place), (&ConfigurePreset, Vec<&str>)> = BTreeMap::new();
    for preset in theirs {
        if let Some((used, lost)) = lost_toolchain(preset, ours, project) {
            let key = (used.written.place.clone(), lost.written.place.clone());
            groups.entry(key).or_insert_with(|| (preset, Vec::new())).1.push(&preset.name);
        }
    }
    let message = |(preset, names): (&ConfigurePreset, Vec<&str>)| {
        let (used, lost) = lost_toolchain(preset, ours, project)?;
        Some(chained(preset, &listed(names.into_iter()), used, lost, ours, project))
    };
    groups.into_values().filter_map(message).collect()
}

/// The file that CMake uses and the one that it does not use, if one of them is ours.
fn lost_toolchain<'a>(
    preset: &'a ConfigurePreset,
    ours: &Ours,
    project: &Project<'_>,
) -> Option<(&'a ToolchainFile, &'a ToolchainFile)> {
    let is_ours =
        |file: &ToolchainFile| file.path.as_deref().is_some_and(|path| is_ours(path, ours, project));
    let (used, rest) = preset.toolchain_files.split_first()?;
    let lost = rest.iter().find(|file| is_ours(file) != is_ours(used))?;
    if is_ours(used) {
        return Some((used, lost));
    }
    let includes = used.path.as_deref().is_some_and(|path| leads_to_ours(path, ours, project));
    let chained = preset.cache_variables.get(CHAINLOAD).is_some_and(|entry| {
        let path = macros::path_below(&project.surroundings.source_dir, &entry.value);
        leads_to_ours(&path, ours, project)
    });
    (!includes && !chained).then_some((used, lost))
}

/// Why one of two toolchain files is lost, and how one loads the other.
fn chained(
    preset: &ConfigurePreset,
    names: &str,
    used: &ToolchainFile,
    lost: &ToolchainFile,
    ours: &Ours,
    project: &Project<'_>,
) -> String {
    let used_is_ours = used.path.as_deref().is_some_and(|path| is_ours(path, ours, project));
    let (mine, other) = if used_is_ours { (used, lost) } else { (lost, used) };
    let key = if preset.version >= TOOLCHAIN_VERSION { "toolchainFile" } else { "CMAKE_TOOLCHAIN_FILE" };
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let our_file =
        mine.path.as_deref().and_then(|path| path.strip_prefix(&project.surroundings.source_dir).ok());
    let our_file = our_file.unwrap_or(&ours.toolchains[0]);
    let in_presets = format!("${{sourceDir}}/{our_file}");
    let mut text = format!(
        "CMake uses one toolchain file for a preset. {names}: {} ({}) is used, and {} ({}) is lost, because the first in \
         `inherits` counts.",
        used.written.value, used.written.place, lost.written.value, lost.written.place
    );
    let select_other = if used_is_ours {
        format!("    \"{key}\": {},\n", quoted(&other.written.value))
    } else {
        String::new()
    };
    let name = other.path.as_deref().and_then(Utf8Path::file_name).unwrap_or_default();
    if name == VCPKG {
        text += &format!(
            " vcpkg's file loads the other one. Write in the preset {}:\n\n{select_other}    \"cacheVariables\": {{ \
             \"{CHAINLOAD}\": {} }},\n",
            preset.name,
            quoted(&in_presets)
        );
    } else if name == CONAN {
        let absolute = macros::path_below(&project.surroundings.source_dir, our_file.as_str());
        text += &format!(
            " Conan's file loads the other one. Run\n\n    \
             conan install . -c tools.cmake.cmaketoolchain:user_toolchain='[\"{absolute}\"]'\n"
        );
        if used_is_ours {
            text += &format!("\nand write in the preset {}:\n\n{select_other}", preset.name);
        }
    } else {
        text += &format!(
            " The file of toolchainkit loads the other one. Write in toolchainkit.yaml:\n\n    \
             toolchain: {{ base: {} }}\n",
            quoted(&as_base(&other.written.value))
        );
        if !used_is_ours {
            let select = quoted(&in_presets);
            text += &format!("\nand in the preset {}:\n\n    \"{key}\": {select},\n", preset.name);
        }
    }
    text
}

/// A path of a preset as `toolchain.base`, which is relative to the project, and has another notation for the environment.
fn as_base(text: &str) -> String {
    let text = text.strip_prefix("${sourceDir}/").unwrap_or(text);
    text.replace("$penv{", "${").replace("$env{", "${")
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str> + Clone) -> String {
    let number = names.len();
    let mut text = names.take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    if number > MOST_NAMES {
        text += &format!(" and {} others", number - MOST_NAMES);
    }
    text
}
