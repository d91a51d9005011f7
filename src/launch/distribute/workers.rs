//! What the probe has found: the workers whose compiler writes the same object as the one here. All workers of icecream are one entry.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::settings::Settings;
use super::{breaker, folder, icecream, log, probe};
use crate::caching::tool::Engine;
use crate::launch::process::{self, Lock};
use crate::launch::stamp::{self, Stamp};

/// The longest time that a compilation waits for the probe of another one. It compiles here if that was not enough.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A language that a probe knows. The executables of GCC for C and C++ are different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Language {
    /// C
    #[default]
    C,
    /// C++
    Cxx,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::C, Self::Cxx];

    /// The language of a source, by its extension.
    #[must_use]
    pub fn of(source: &Path) -> Option<Self> {
        match source.extension().and_then(OsStr::to_str)? {
            "c" => Some(Self::C),
            "cc" | "cpp" | "cxx" | "c++" | "CC" | "C" | "CPP" | "cp" => Some(Self::Cxx),
            _ => None,
        }
    }

    /// CMake's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Cxx => "CXX",
        }
    }

    /// The name of a source.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::C => "probe.c",
            Self::Cxx => "probe.cpp",
        }
    }
}

/// The state of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has written the same object as the compiler here.
    Same,
    /// It has written another object.
    Different,
    /// It has not compiled, for this reason.
    Failed(String),
}

/// A worker that was probed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Its entry in `DISTCC_HOSTS`. `icecream` stands for all workers of icecream.
    pub entry: String,
    /// Its state.
    pub state: State,
}

impl Worker {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        log::name(&self.entry)
    }

    /// Why it cannot be used; `None` if it can.
    #[must_use]
    pub fn fault(&self, compiler: &Path, language: Language) -> Option<String> {
        match &self.state {
            State::Same => None,
            State::Different if self.entry == icecream::ENTRY => {
                Some(format!("a worker writes other {} objects than {}", language.name(), compiler.display()))
            }
            State::Different => Some(format!(
                "its {} compiler writes other objects than {}",
                language.name(),
                compiler.display()
            )),
            State::Failed(reason) => Some(reason.clone()),
        }
    }
}

/// The workers for one compiler and language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Workers {
    /// The compiler here.
    pub compiler: PathBuf,
    /// The language.
    pub language: Language,
    /// The digest of the object that the compiler here has written. The same one from a worker shows that its compiler is the same.
    object: String,
    probed: Vec<Worker>,
}

impl Workers {
    pub(super) fn new(compiler: &Path, language: Language, object: String, probed: Vec<Worker>) -> Self {
        Self { compiler: compiler.to_owned(), language, object, probed }
    }

    /// The workers for this compiler. `None` if there is no distribution, or the compiler does not compile the file. Probes them first if no earlier probe was about this compiler.
    #[must_use]
    pub fn of(settings: &Settings, compiler: &Path, language: Language) -> Option<Self> {
        let file = file(settings, compiler, language)?;
        if let Some(known) = Self::read(&file) {
            return Some(known);
        }
        process::create_folder(&folder(settings)).ok()?;
        // The other compilations wait for the first one.
        let _lock = Lock::wait(&folder(settings).join("probing"), LONGEST_WAIT)?;
        Self::read(&file).or_else(|| Self::probe_for_compilation(settings, compiler, language, &file))
    }

    /// Probes the workers while a compilation waits. icecream may have to pack the compiler for some time: then, nothing is
    /// distributed for a minute, and the next compilation tries it again.
    fn probe_for_compilation(
        settings: &Settings,
        compiler: &Path,
        language: Language,
        file: &Path,
    ) -> Option<Self> {
        let folder = folder(settings);
        if breaker::is_open(&folder, icecream::ENTRY) {
            return None;
        }
        let workers = probe::probe(settings, compiler, language, probe::SOON)?;
        if workers.all().iter().any(|worker| worker.entry == icecream::ENTRY && worker.state != State::Same) {
            breaker::open(&folder, icecream::ENTRY);
            return None;
        }
        stamp::replace(file, &serde_json::to_vec(&workers).ok()?);
        Some(workers)
    }

    /// The results of all probes of this build folder.
    #[must_use]
    pub fn known(settings: &Settings) -> Vec<Self> {
        let entries = std::fs::read_dir(folder(settings)).into_iter().flatten().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("workers."));
        files.filter_map(|entry| Self::read(&entry.path())).collect()
    }

    /// Probes the workers again, and remembers nothing.
    #[must_use]
    pub fn probed_again(&self, settings: &Settings) -> Option<Self> {
        probe::probe(settings, &self.compiler, self.language, probe::SOON)
    }

    /// Probes the workers, and remembers the result.
    #[must_use]
    pub fn probe(settings: &Settings, compiler: &Path, language: Language) -> Option<Self> {
        let file = file(settings, compiler, language)?;
        process::create_folder(&folder(settings)).ok()?;
        let workers = probe::probe(settings, compiler, language, probe::LATER)?;
        stamp::replace(&file, &serde_json::to_vec(&workers).ok()?);
        Some(workers)
    }

    fn read(file: &Path) -> Option<Self> {
        const LARGEST: u64 = 1 << 20;
        serde_json::from_slice(&crate::launch::reading::read(file, LARGEST).ok()?).ok()
    }

    /// The entries of the workers that can be used.
    pub fn usable(&self) -> impl Iterator<Item = &str> {
        self.probed.iter().filter(|worker| worker.state == State::Same).map(|worker| worker.entry.as_str())
    }

    /// All workers.
    #[must_use]
    pub fn all(&self) -> &[Worker] {
        &self.probed
    }

    /// Their number, and that of the usable ones.
    #[must_use]
    pub fn numbers(&self) -> (usize, usize) {
        (self.probed.len(), self.usable().count())
    }

    /// The part of the key of all objects that workers may have written: it separates them from those of this machine.
    #[must_use]
    pub fn namespace(&self, engine: Engine) -> String {
        format!("{engine}-{}", self.object.get(..16).unwrap_or(&self.object))
    }
}

/// The file of a probe. Another compiler, other workers or another time limit have another file.
fn file(settings: &Settings, compiler: &Path, language: Language) -> Option<PathBuf> {
    let distribution = settings.distribution.as_ref()?;
    let text = format!(
        "{} {} {language:?} {} {:?}",
        compiler.display(),
        Stamp::of(compiler)?,
        distribution.program.display(),
        distribution.hosts
    );
    Some(folder(settings).join(format!("workers.{}", process::digest(text.as_bytes()))))
}
