//! All presets files of a project: the two that CMake looks for, and what they include.

use std::collections::{HashSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};

use super::file::{Entry, PresetsFile, RawPreset};
use super::macros::{self, Surroundings};
use super::{PROJECT_FILE, USER_FILE};

/// The largest number of files. Projects have fewer than 50.
const MOST_FILES: usize = 250;
/// The largest number of presets. Projects have fewer than 500.
const MOST_PRESETS: usize = 5000;

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// There is no such file.
    Missing,
    /// The text.
    Present(String),
    /// The file cannot be read, and the reason.
    Unreadable(String),
}

/// Where a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `CMakePresets.json`, or a file that it includes.
    Project,
    /// `CMakeUserPresets.json`, or a file that only it includes.
    User,
}

/// A file that could not be used. CMake then rejects all presets of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: Utf8PathBuf,
    /// The line, if it is known.
    pub line: Option<usize>,
    /// The reason.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.path, self.what),
            None => write!(formatter, "{}: {}", self.path, self.what),
        }
    }
}

/// The presets files of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presets {
    /// `CMakePresets.json` and what it includes come first.
    files: Vec<(Origin, PresetsFile)>,
    /// Files that could not be used.
    pub problems: Vec<Problem>,
}

impl Presets {
    /// Reads `CMakePresets.json`, `CMakeUserPresets.json` and what they include with `text`, which gets absolute paths.
    pub fn load(surroundings: &Surroundings<'_>, mut text: impl FnMut(&Utf8Path) -> Text) -> Self {
        let source = &surroundings.source_dir;
        let mut presets = Self::default();
        let mut known: Vec<Utf8PathBuf> = Vec::new();
        let mut number = 0;
        for (origin, name) in [(Origin::Project, PROJECT_FILE), (Origin::User, USER_FILE)] {
            let mut waiting = VecDeque::from([(macros::path_below(source, name), None::<Entry>)]);
            while let Some((path, included_by)) = waiting.pop_front() {
                if known.contains(&path) {
                    continue;
                }
                let shown = path.strip_prefix(source).unwrap_or(&path).to_owned();
                let problem = |line, what: String| Problem { path: shown.clone(), line, what };
                if known.len() >= MOST_FILES {
                    presets
                        .problems
                        .push(problem(None, format!("there are more than {MOST_FILES} presets files")));
                    return presets;
                }
                known.push(path.clone());
                let text = match text(&path) {
                    Text::Present(text) => text,
                    Text::Missing => {
                        if let Some(Entry { place, .. }) = included_by {
                            let what = format!("it includes `{shown}`, which does not exist");
                            presets.problems.push(Problem { path: place.path, line: Some(place.line), what });
                        }
                        continue;
                    }
                    Text::Unreadable(why) => {
                        presets.problems.push(problem(None, why));
                        continue;
                    }
                };
                let mut file = match PresetsFile::parse(&shown, &text) {
                    Ok(file) => file,
                    Err(error) => {
                        presets.problems.push(problem(error.line, error.what));
                        continue;
                    }
                };
                number += file.presets.len();
                if number > MOST_PRESETS {
                    presets
                        .problems
                        .push(problem(None, format!("there are more than {MOST_PRESETS} presets")));
                    file.presets.truncate((file.presets.len() + MOST_PRESETS).saturating_sub(number));
                }
                let folder = path.parent().unwrap_or(source);
                for entry in &file.include {
                    match included(&entry.value, file.version_number(), folder, surroundings) {
                        Some(path) => waiting.push_back((path, Some(entry.clone()))),
                        None => presets.problems.push(Problem {
                            path: entry.place.path.clone(),
                            line: Some(entry.place.line),
                            what: format!("CMake has no value for a macro in `{}`", entry.value),
                        }),
                    }
                }
                presets.files.push((origin, file));
            }
        }
        presets
    }

    /// All files. Those of the project come first.
    pub fn files(&self) -> impl Iterator<Item = (Origin, &PresetsFile)> {
        self.files.iter().map(|(origin, file)| (*origin, file))
    }

    /// The file of this path, which is relative to the project.
    #[must_use]
    pub fn file(&self, path: &Utf8Path) -> Option<&PresetsFile> {
        self.files.iter().map(|(_, file)| file).find(|file| file.path == path)
    }

    /// A prefix for `names`, if the project has a preset with one of them; `None` if it has none. `CMakeUserPresets.json` does
    /// not count, because the generated files must be the same for all users.
    #[must_use]
    pub fn prefix_for(&self, names: &[String]) -> Option<String> {
        let foreign = self.foreign().filter(|(origin, _)| *origin == Origin::Project);
        let theirs = foreign.map(|(_, preset)| preset.name.value.as_str()).collect::<HashSet<_>>();
        let is_free =
            |prefix: &str| !names.iter().any(|name| theirs.contains(format!("{prefix}{name}").as_str()));
        if is_free("") {
            return None;
        }
        let numbered = (2..).map(|number| format!("tk{number}-"));
        let mut prefixes =
            ["tk-", "toolchainkit-"].into_iter().map(str::to_owned).chain(numbered.take(MOST_PRESETS + 1));
        prefixes.find(|prefix| is_free(prefix))
    }

    /// All presets that toolchainkit did not write, with the origin of their file.
    pub fn foreign(&self) -> impl Iterator<Item = (Origin, &RawPreset)> {
        let files = self.files().filter(|(_, file)| !file.is_generated);
        let presets =
            files.flat_map(|(origin, file)| file.presets.iter().map(move |preset| (origin, preset)));
        presets.filter(|(_, preset)| !preset.is_merged)
    }
}

/// The path of an entry of `include`. Before version 7, it has no macros; before version 9, only those of the environment.
fn included(
    text: &str,
    version: u32,
    folder: &Utf8Path,
    surroundings: &Surroundings<'_>,
) -> Option<Utf8PathBuf> {
    let expanded = if version < 7 {
        text.to_owned()
    } else {
        macros::expand(text, |namespace, name| match namespace {
            "penv" => Some(surroundings.parent_environment(name)),
            "" if version >= 9 && name == "fileDir" => Some(folder.to_string()),
            "" if version >= 9 => surroundings.common(name),
            _ => None,
        })?
    };
    Some(macros::path_below(folder, &expanded))
}
