//! Configure presets with what they inherit, and with the values of their macros.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::file::{Entry, Place, PresetsFile, RawPreset};
use super::macros::{self, Surroundings};
use super::set::{Origin, Presets};

/// The list of these presets.
const CONFIGURE: &str = "configurePresets";
/// The variable that selects a toolchain file in versions without `toolchainFile`.
const TOOLCHAIN_VARIABLE: &str = "CMAKE_TOOLCHAIN_FILE";

/// The largest number of presets that a preset inherits. Usual ones inherit fewer than ten.
const MOST_ANCESTORS: usize = 250;
/// The largest number of variables in all presets together; further presets are ignored.
const MOST_VARIABLES: usize = 500_000;
/// The largest number of variables that are expanded for a preset, and the longest value.
const MOST_EXPANSIONS: usize = 10_000;
const LONGEST_VALUE: usize = 64 << 10;

/// A configure preset with everything that it inherits. Each entry has the place where its text is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurePreset {
    /// The name.
    pub name: String,
    /// Where the preset is written.
    pub place: Place,
    /// The version of its file.
    pub version: u32,
    /// Whether its file belongs to the project or to the user.
    pub origin: Origin,
    /// Whether it can only be inherited.
    pub hidden: bool,
    /// Whether a condition may disable it.
    pub conditional: bool,
    /// Whether toolchainkit wrote it.
    pub is_ours: bool,
    /// The names of all presets that it inherits, those with priority first.
    pub ancestors: Vec<String>,
    /// The generator.
    pub generator: Option<Entry>,
    /// The build folder, an absolute path; `None` also if a macro has no value.
    pub binary_dir: Option<Utf8PathBuf>,
    /// The toolchain file that CMake uses, and after it those of the presets that it inherits, which are lost. Each is the
    /// text of its file, which may have macros.
    pub toolchain_files: Vec<ToolchainFile>,
    /// The cache variables, with the values of their macros.
    pub cache_variables: BTreeMap<String, Entry>,
    /// The environment, with the values of its macros.
    pub environment: BTreeMap<String, Entry>,
}

/// A toolchain file of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolchainFile {
    /// The preset that selects it.
    pub preset: String,
    /// The text, with macros, and its place.
    pub written: Entry,
    /// The absolute path; `None` if a macro has no value. CMake searches a relative path in the build folder first, and then in
    /// the source folder, which this path is relative to.
    pub path: Option<Utf8PathBuf>,
}

impl ConfigurePreset {
    /// The toolchain file that CMake uses.
    #[must_use]
    pub fn toolchain_file(&self) -> Option<&ToolchainFile> {
        self.toolchain_files.first()
    }

    /// The compiler launchers that it sets, by the names of their variables: in the cache, or in the environment.
    pub fn launchers(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let all = self.cache_variables.iter().chain(&self.environment);
        let named = all.map(|(name, entry)| (name.as_str(), entry));
        named.filter(|(name, _)| name.starts_with("CMAKE_") && name.ends_with("_COMPILER_LAUNCHER"))
    }
}

impl Presets {
    /// All configure presets of the project.
    #[must_use]
    pub fn configure(&self, surroundings: &Surroundings<'_>) -> Vec<ConfigurePreset> {
        let all = || {
            let presets = self.files().flat_map(|(origin, file)| {
                file.presets.iter().map(move |preset| Source { origin, file, preset })
            });
            presets.filter(|source| source.preset.kind == CONFIGURE)
        };
        let mut by_name = HashMap::new();
        for source in all() {
            by_name.entry(source.preset.name.value.as_str()).or_insert(source);
        }
        let mut number = 0;
        let resolved = all().map(|source| resolve(source, &by_name, surroundings));
        let few = resolved.take_while(|preset| {
            number += preset.cache_variables.len() + preset.environment.len();
            number <= MOST_VARIABLES
        });
        few.collect()
    }
}

/// Variables as they are written; the value is `None` for `null`.
type Variables = Vec<(String, Option<Entry>)>;

#[derive(Clone, Copy)]
struct Source<'a> {
    origin: Origin,
    file: &'a PresetsFile,
    preset: &'a RawPreset,
}

/// The preset, and all that it inherits: those whose values have priority first. A preset that is inherited twice counts at its
/// first place, because its values are known then.
fn chain<'a>(first: Source<'a>, by_name: &HashMap<&'a str, Source<'a>>) -> Vec<Source<'a>> {
    let mut chain = vec![first];
    let mut seen = HashSet::from([first.preset.name.value.as_str()]);
    let mut waiting = first.preset.inherits.iter().rev().collect::<Vec<_>>();
    while let Some(name) = waiting.pop().filter(|_| chain.len() <= MOST_ANCESTORS) {
        let Some(source) = by_name.get(name.as_str()).filter(|_| seen.insert(name.as_str())) else {
            continue;
        };
        chain.push(*source);
        waiting.extend(source.preset.inherits.iter().rev());
    }
    chain
}

fn resolve<'a>(
    source: Source<'a>,
    by_name: &HashMap<&'a str, Source<'a>>,
    surroundings: &Surroundings<'_>,
) -> ConfigurePreset {
    let chain = chain(source, by_name);
    let first = |entry: fn(&RawPreset) -> &Option<Entry>| {
        chain.iter().find_map(|source| Some((source.file, entry(source.preset).as_ref()?)))
    };
    let union = |values: fn(&RawPreset) -> &Variables| {
        let mut union: BTreeMap<&str, Option<(&PresetsFile, &Entry)>> = BTreeMap::new();
        for source in &chain {
            for (name, entry) in values(source.preset) {
                union.entry(name).or_insert_with(|| entry.as_ref().map(|entry| (source.file, entry)));
            }
        }
        union
    };
    let environment = union(|preset| &preset.environment);
    let scope = Scope {
        surroundings,
        name: &source.preset.name.value,
        file: source.file,
        generator: first(|preset| &preset.generator).map(|(_, entry)| entry.value.as_str()),
        environment: &environment,
        expansions: Cell::new(0),
    };
    let expanded = |entries: BTreeMap<&str, Option<(&PresetsFile, &Entry)>>| {
        let entries = entries.into_iter().filter_map(|(name, entry)| {
            let (file, entry) = entry?;
            let value = scope.expand(&entry.value, file)?;
            Some((name.to_owned(), Entry { value, place: entry.place.clone() }))
        });
        entries.collect::<BTreeMap<_, _>>()
    };
    let path = |file: &PresetsFile, text: &str| {
        Some(macros::path_below(&surroundings.source_dir, &scope.expand(text, file)?))
    };
    let toolchains = |named: fn(&RawPreset) -> Option<&Entry>| {
        chain.iter().filter_map(move |source| Some((*source, named(source.preset)?)))
    };
    // `toolchainFile` overrides the variable, also if it is inherited.
    let mut toolchain_files: Vec<ToolchainFile> = Vec::new();
    for (source, entry) in toolchains(|preset| preset.toolchain_file.as_ref()).chain(toolchains(variable)) {
        let path = path(source.file, &entry.value);
        if !toolchain_files.iter().any(|known| known.path == path && known.written.value == entry.value) {
            toolchain_files.push(ToolchainFile {
                preset: source.preset.name.value.clone(),
                written: entry.clone(),
                path,
            });
        }
    }
    ConfigurePreset {
        name: source.preset.name.value.clone(),
        place: source.preset.name.place.clone(),
        version: source.file.version_number(),
        origin: source.origin,
        hidden: source.preset.hidden,
        conditional: chain.iter().any(|source| source.preset.conditional),
        is_ours: source.file.is_generated || source.preset.is_merged,
        ancestors: chain.iter().skip(1).map(|source| source.preset.name.value.clone()).collect(),
        generator: first(|preset| &preset.generator).map(|(_, entry)| entry.clone()),
        binary_dir: first(|preset| &preset.binary_dir).and_then(|(file, entry)| path(file, &entry.value)),
        toolchain_files,
        cache_variables: expanded(union(|preset| &preset.cache_variables)),
        environment: expanded(environment.clone()),
    }
}

/// The toolchain file in the cache variables.
fn variable(preset: &RawPreset) -> Option<&Entry> {
    let (_, entry) = preset.cache_variables.iter().rev().find(|(name, _)| name == TOOLCHAIN_VARIABLE)?;
    entry.as_ref()
}

/// What the macros of a preset refer to.
struct Scope<'a> {
    surroundings: &'a Surroundings<'a>,
    name: &'a str,
    file: &'a PresetsFile,
    generator: Option<&'a str>,
    environment: &'a BTreeMap<&'a str, Option<(&'a PresetsFile, &'a Entry)>>,
    expansions: Cell<usize>,
}

impl Scope<'_> {
    /// Expands a text of the file `written_in`.
    fn expand(&self, text: &str, written_in: &PresetsFile) -> Option<String> {
        self.expand_within(text, written_in, &mut Vec::new())
    }

    /// `inside` are the variables of the environment whose values contain this text.
    fn expand_within(
        &self,
        text: &str,
        written_in: &PresetsFile,
        inside: &mut Vec<String>,
    ) -> Option<String> {
        macros::expand(text, |namespace, name| match (namespace, name) {
            ("", "presetName") => Some(self.name.to_owned()),
            ("", "generator") => Some(self.generator.unwrap_or_default().to_owned()),
            // Before version 12, it is the folder of the used preset, and not of the one that is inherited.
            ("", "fileDir") => {
                let file = if written_in.version_number() >= 12 { written_in } else { self.file };
                let folder = file.path.parent().unwrap_or(Utf8Path::new(""));
                let folder = macros::path_below(&self.surroundings.source_dir, folder.as_str());
                Some(folder.into_string())
            }
            ("", name) => self.surroundings.common(name),
            ("penv", name) => Some(self.surroundings.parent_environment(name)),
            ("env", name) => match self.environment.get(name) {
                Some(Some((file, entry))) => {
                    // CMake rejects a variable that refers to itself, and a chain of this length.
                    if inside.len() > 20 || inside.iter().any(|known| known == name) {
                        return None;
                    }
                    self.expansions.set(self.expansions.get() + 1);
                    if self.expansions.get() > MOST_EXPANSIONS {
                        return None;
                    }
                    inside.push(name.to_owned());
                    let value = self.expand_within(&entry.value, file, inside);
                    inside.pop();
                    value.filter(|value| value.len() <= LONGEST_VALUE)
                }
                _ => Some(self.surroundings.parent_environment(name)),
            },
            _ => None,
        })
    }
}
