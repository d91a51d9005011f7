//! Gets the commands that compile a source file from a CMake build folder.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::command;
use crate::caching::language::Language;
use crate::probe::file;
use crate::probe::program::{self, RunError};

/// The largest file of CMake that is read. The cache and the rules of large projects have some megabytes.
const LARGEST: u64 = 32 << 20;

/// The timeout for Ninja and Make to print their commands.
const LISTING_TIMEOUT: Duration = Duration::from_mins(1);

/// The commands of the source file cannot be determined.
#[derive(Debug, thiserror::Error)]
pub enum BuildTreeError {
    /// Ninja or Make could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file of the build folder cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The build tool did not list its commands.
    #[error("{program} cannot list the commands of {folder}: {message}")]
    Listing {
        /// The build tool.
        program: String,
        /// The build folder.
        folder: Utf8PathBuf,
        /// The first line of its error output.
        message: String,
    },
    /// The generator is not Ninja or Makefiles.
    #[error("the generator {0} does not list its commands; use Ninja or Makefiles")]
    Generator(String),
    /// No target compiles the file.
    #[error("no target in {folder} compiles {file}; for a header, give a source file that includes it")]
    NotCompiled {
        /// The build folder.
        folder: Utf8PathBuf,
        /// The file.
        file: Utf8PathBuf,
    },
    /// The file does not exist from here, and the names of several sources end in it.
    #[error("{file} can be one of several files; name one of them: {}", .sources.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// The file.
        file: Utf8PathBuf,
        /// The sources.
        sources: Vec<Utf8PathBuf>,
    },
}

/// A build folder.
#[derive(Debug, Clone)]
pub struct BuildTree {
    folder: Utf8PathBuf,
    generator: String,
    build_program: Utf8PathBuf,
    source: Utf8PathBuf,
    modules: Utf8PathBuf,
}

/// One compilation of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The compiled file: the given file, or in a unity build the unity source that includes it.
    pub source: Utf8PathBuf,
    /// The object, relative to the build folder.
    pub object: String,
    /// The folder in which the command runs.
    pub directory: Utf8PathBuf,
    /// The command.
    pub words: Vec<String>,
}

/// An entry in the output of `ninja -t compdb`.
#[derive(Deserialize)]
struct Edge<'a> {
    #[serde(borrow)]
    directory: Cow<'a, str>,
    #[serde(borrow)]
    command: Cow<'a, str>,
    #[serde(borrow)]
    file: Cow<'a, str>,
    #[serde(borrow, default)]
    output: Cow<'a, str>,
}

impl Edge<'_> {
    /// The compilation, if it compiles `wanted` or a unity source. Without `wanted`, any compilation.
    fn unit(&self, wanted: Option<&Utf8Path>) -> Option<Unit> {
        let (folder, words) = command::compilation(&self.command)?;
        let directory = folder.map_or_else(|| Utf8PathBuf::from(self.directory.as_ref()), Utf8PathBuf::from);
        let source = directory.join(self.file.as_ref());
        let source = if wanted.is_some() { source.canonicalize_utf8().unwrap_or(source) } else { source };
        let is_kept = wanted.is_none_or(|wanted| source == wanted) || is_unity(&source);
        is_kept.then(|| Unit { source, object: self.output.to_string(), directory, words })
    }
}

/// The compilations in a listing that compile this file or a unity source, or all. The listing of a large project has 100 MB, so
/// the others are not kept.
struct Units<'a>(Option<&'a Utf8Path>);

impl<'de> serde::de::DeserializeSeed<'de> for Units<'_> {
    type Value = Vec<Unit>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Unit>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Units<'_> {
    type Value = Vec<Unit>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of commands")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut edges: A) -> Result<Vec<Unit>, A::Error> {
        let mut units = Vec::new();
        while let Some(edge) = edges.next_element::<Edge<'_>>()? {
            units.extend(edge.unit(self.0));
        }
        Ok(units)
    }
}

fn is_unity(source: &Utf8Path) -> bool {
    source.as_str().contains("/Unity/unity_")
}

impl BuildTree {
    /// Reads the CMake cache of `folder`.
    ///
    /// # Errors
    /// [`BuildTreeError::Io`] if it was not configured.
    pub fn open(folder: &Utf8Path) -> Result<Self, BuildTreeError> {
        let cache = file::read_text(&folder.join("CMakeCache.txt"), LARGEST)?;
        let value = |name: &str| {
            let entry =
                cache.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_once('='));
            entry.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        Ok(Self {
            folder: folder.canonicalize_utf8()?,
            generator: value("CMAKE_GENERATOR"),
            build_program: value("CMAKE_MAKE_PROGRAM").into(),
            source: value("CMAKE_HOME_DIRECTORY").into(),
            modules: value("CMAKE_ROOT").into(),
        })
    }

    /// The compiler that CMake found for C or else C++, with the extension of its sources.
    ///
    /// # Errors
    /// [`BuildTreeError::Io`]
    pub fn compiler(&self) -> Result<Option<(Utf8PathBuf, &'static str)>, BuildTreeError> {
        let cache = file::read_text(&self.folder.join("CMakeCache.txt"), LARGEST)?;
        let find = |language: &str| {
            let name = format!("CMAKE_{language}_COMPILER:");
            let value = cache
                .lines()
                .find_map(|line| line.strip_prefix(&name)?.split_once('='))
                .map(|(_, value)| value);
            value.map(Utf8PathBuf::from).filter(|path| path.is_absolute())
        };
        Ok(find("C").map(|path| (path, "c")).or_else(|| find("CXX").map(|path| (path, "cpp"))))
    }

    /// The folder that CMake configured, as it is in the CMake cache; another one, if the folder was moved.
    pub(super) fn configured_folder(&self) -> Option<Utf8PathBuf> {
        self.entry("CMAKE_CACHEFILE_DIR").map(Utf8PathBuf::from)
    }

    /// The compilers that CMake found, in alphabetical order of their languages.
    pub(super) fn compilers(&self) -> Vec<Utf8PathBuf> {
        let names = Language::ALL.iter().map(|language| format!("CMAKE_{}_COMPILER", language.cmake_name()));
        let paths = names.filter_map(|name| self.entry(&name)).map(Utf8PathBuf::from);
        paths.filter(|path| path.is_absolute()).collect()
    }

    /// What CMake has searched and not found: compilers and the build program, in words.
    pub(super) fn not_found(&self) -> Vec<String> {
        let of_language = |language: &Language| {
            let name = language.cmake_name();
            (format!("CMAKE_{name}_COMPILER"), format!("a compiler for {name}"))
        };
        let names = Language::ALL.iter().map(of_language);
        let names = names.chain([("CMAKE_MAKE_PROGRAM".to_owned(), "the build program".to_owned())]);
        names
            .filter(|(name, _)| self.entry(name).is_some_and(|value| value.ends_with("-NOTFOUND")))
            .map(|(_, words)| words)
            .collect()
    }

    /// The flags of the user and of the build type for `language` (`C` or `CXX`), as words.
    pub(super) fn flags(&self, language: &str) -> Vec<String> {
        let build_type = self.entry("CMAKE_BUILD_TYPE").unwrap_or_default().to_uppercase();
        let names = [format!("CMAKE_{language}_FLAGS"), format!("CMAKE_{language}_FLAGS_{build_type}")];
        let texts = names.iter().filter_map(|name| self.entry(name));
        texts.flat_map(|text| command::split_words(&text)).collect()
    }

    /// An entry of the CMake cache.
    pub(super) fn entry(&self, name: &str) -> Option<String> {
        let cache = file::read_text(&self.cache_file(), LARGEST).ok()?;
        let entry =
            cache.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_once('='));
        entry.map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
    }

    /// The compilations of `file`: a path, or the end of the path of one source, such as its name.
    ///
    /// # Errors
    /// [`BuildTreeError`]
    pub fn units(&self, file: &Utf8Path) -> Result<Vec<Unit>, BuildTreeError> {
        let wanted = match file.canonicalize_utf8() {
            Ok(path) => path,
            Err(_) => self.source_that_ends_in(file)?.unwrap_or_else(|| file.to_owned()),
        };
        let units = if self.generator.contains("Ninja") {
            self.units_of_ninja(Some(&wanted))?
        } else if self.generator.contains("Makefiles") {
            self.units_of_make(&wanted)?
        } else {
            return Err(BuildTreeError::Generator(self.generator.clone()));
        };
        let found: Vec<Unit> = units.iter().filter(|unit| unit.source == wanted).cloned().collect();
        let found = if found.is_empty() { unity_units(&units, &wanted) } else { found };
        if found.is_empty() {
            return Err(BuildTreeError::NotCompiled { folder: self.folder.clone(), file: file.to_owned() });
        }
        Ok(found)
    }

    fn source_that_ends_in(&self, file: &Utf8Path) -> Result<Option<Utf8PathBuf>, BuildTreeError> {
        let ending = self.compilations()?.into_iter().filter(|unit| unit.source.ends_with(file));
        let sources: BTreeSet<Utf8PathBuf> =
            ending.filter_map(|unit| unit.source.canonicalize_utf8().ok()).collect();
        if sources.len() > 1 {
            let sources = sources.into_iter().collect();
            return Err(BuildTreeError::Ambiguous { file: file.to_owned(), sources });
        }
        Ok(sources.into_iter().next())
    }

    /// The build folder, as an absolute path.
    pub(super) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Whether CMake has completed a configuration: its generators write this file at the end.
    pub(super) fn is_generated(&self) -> bool {
        self.folder.join("CMakeFiles/TargetDirectories.txt").is_file()
    }

    /// The name of the project, from its call of `project()`.
    #[must_use]
    pub fn project_name(&self) -> Option<String> {
        self.entry("CMAKE_PROJECT_NAME")
    }

    /// The top source folder.
    #[must_use]
    pub fn source(&self) -> &Utf8Path {
        &self.source
    }

    /// The file with CMake's cache entries.
    #[must_use]
    pub fn cache_file(&self) -> Utf8PathBuf {
        self.folder.join("CMakeCache.txt")
    }

    /// All compilations. With Makefiles, the options in the commands are references to variables of make.
    ///
    /// # Errors
    /// [`BuildTreeError`]
    pub fn compilations(&self) -> Result<Vec<Unit>, BuildTreeError> {
        if self.generator.contains("Ninja") {
            return self.units_of_ninja(None);
        } else if !self.generator.contains("Makefiles") {
            return Err(BuildTreeError::Generator(self.generator.clone()));
        }
        let targets = file::read_text(&self.folder.join("CMakeFiles/TargetDirectories.txt"), LARGEST)?;
        let mut units = Vec::new();
        for target in targets.lines().map(Utf8Path::new) {
            let Ok(rules) = file::read_text(&target.join("build.make"), LARGEST) else { continue };
            let mut object = "";
            for line in rules.lines() {
                let Some(recipe) = line.strip_prefix('\t') else {
                    object = line.split_once(": ").map_or(object, |(object, _)| object);
                    continue;
                };
                let is_object =
                    matches!(Utf8Path::new(object).extension(), Some("o" | "obj" | "gch" | "pch"));
                let Some((_, words)) = command::compilation(&recipe.replace("$$", "$")).filter(|_| is_object)
                else {
                    continue;
                };
                let source = words.iter().skip_while(|word| *word != "-c" && *word != "/c").nth(1);
                let Some(source) = source.map(Utf8PathBuf::from) else { continue };
                units.push(Unit { source, object: object.to_owned(), directory: self.folder.clone(), words });
            }
        }
        Ok(units)
    }

    /// The files of the project that CMake has read, without its own modules and this one.
    ///
    /// # Errors
    /// [`BuildTreeError::Io`]
    pub fn inputs(&self) -> Result<Vec<Utf8PathBuf>, BuildTreeError> {
        let words = if self.generator.contains("Ninja") {
            let mut text = file::read_text(&self.folder.join("build.ninja"), LARGEST)?;
            if self.generator.contains("Multi-Config") {
                text = file::read_text(&self.folder.join("CMakeFiles/common.ninja"), LARGEST)?;
            }
            let line = text.lines().find(|line| line.contains(": RERUN_CMAKE ")).unwrap_or_default();
            let line = line.split_once(": RERUN_CMAKE ").map_or("", |(_, inputs)| inputs);
            // Ninja escapes with a dollar sign.
            let line = line.replace("$ ", "\0").replace("$:", ":").replace("$$", "$");
            line.split(' ').map(|word| word.replace('\0', " ")).collect::<Vec<_>>()
        } else {
            let text = file::read_text(&self.folder.join("CMakeFiles/Makefile.cmake"), LARGEST)?;
            let listed = text.split("CMAKE_MAKEFILE_DEPENDS").nth(1).unwrap_or_default();
            let listed = listed.split("\n  )").next().unwrap_or_default();
            listed.split('"').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let files = words.into_iter().filter_map(|word| self.folder.join(word).canonicalize_utf8().ok());
        let modules = self.modules.canonicalize_utf8().unwrap_or_else(|_| self.modules.clone());
        let is_of_project = |file: &Utf8PathBuf| {
            !file.starts_with(&modules)
                && !file.starts_with(self.folder.join("CMakeFiles"))
                && file.file_name() != Some("ToolchainKit.cmake")
                && file.file_name() != Some("CMakeCache.txt")
                && file.is_file()
        };
        let mut files: Vec<Utf8PathBuf> = files.filter(is_of_project).collect();
        files.dedup();
        Ok(files)
    }

    /// The compilations of `wanted`, or all.
    fn units_of_ninja(&self, wanted: Option<&Utf8Path>) -> Result<Vec<Unit>, BuildTreeError> {
        let listing = self.list(&["-t", "compdb"])?;
        let mut deserializer = serde_json::Deserializer::from_str(&listing);
        serde::de::DeserializeSeed::deserialize(Units(wanted), &mut deserializer)
            .and_then(|units| deserializer.end().map(|()| units))
            .map_err(|error| self.failed(&error.to_string()))
    }

    /// Returns only the commands for `wanted` and for unity sources, because each one needs a run of make.
    fn units_of_make(&self, wanted: &Utf8Path) -> Result<Vec<Unit>, BuildTreeError> {
        let targets = file::read_text(&self.folder.join("CMakeFiles/TargetDirectories.txt"), LARGEST)?;
        let mut units = Vec::new();
        for target in targets.lines().map(Utf8Path::new) {
            let makefile = target.join("build.make");
            let Ok(rules) = file::read_text(&makefile, LARGEST) else { continue };
            for (object, source) in rules.lines().filter_map(|line| line.split_once(": ")) {
                let source = self.folder.join(source.replace("\\ ", " ").replace("$$", "$"));
                let source = source.canonicalize_utf8().unwrap_or(source);
                let is_object = matches!(Utf8Path::new(object).extension(), Some("o" | "obj"));
                if !is_object || !(source == wanted || is_unity(&source)) {
                    continue;
                }
                let name = object.replace("\\ ", " ").replace("$$", "$");
                let listing = self.list(&["-f", makefile.as_str(), "-n", "-B", &name])?;
                let Some((folder, words)) = listing.lines().find_map(command::compilation) else { continue };
                let directory = folder.map_or(self.folder.clone(), Utf8PathBuf::from);
                units.push(Unit { source, object: name, directory, words });
            }
        }
        Ok(units)
    }

    fn list(&self, arguments: &[&str]) -> Result<String, BuildTreeError> {
        let no_environment: [(&str, &str); 0] = [];
        let finished =
            program::run_in(&self.folder, &self.build_program, arguments, no_environment, LISTING_TIMEOUT)?;
        if finished.status.success() { Ok(finished.stdout) } else { Err(self.failed(&finished.message())) }
    }

    fn failed(&self, message: &str) -> BuildTreeError {
        BuildTreeError::Listing {
            program: self.build_program.to_string(),
            folder: self.folder.clone(),
            message: message.lines().next().unwrap_or("no error message").to_owned(),
        }
    }
}

/// The compilations of the unity sources that include `wanted`.
fn unity_units(units: &[Unit], wanted: &Utf8Path) -> Vec<Unit> {
    let include = format!("#include \"{wanted}\"");
    let includes = |unit: &&Unit| {
        is_unity(&unit.source)
            && file::read_text(&unit.source, LARGEST).is_ok_and(|text| text.contains(&include))
    };
    units.iter().filter(includes).cloned().collect()
}
