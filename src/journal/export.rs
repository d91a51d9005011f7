//! The inputs of a build folder as one file, which can be compared with that of another machine.
//!
//! The file is JSON: the members of [`Export`]. It contains no secret, and placeholders instead of the folders of the machine. A
//! program of the same [`VERSION`] ignores members that it does not know.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::difference::time_macro;
use super::headers::{Header, HeaderId, Headers};
use super::inputs::{HeaderInputs, Inputs};
use super::places::Places;
use super::short_digest;
use crate::foreign::{MASK, is_credential};

/// [`Export::format`]
pub const FORMAT: &str = "toolchainkit-journal";
/// The version of the file. A newer one may not be readable.
pub const VERSION: u32 = 1;

/// The exported inputs of a build folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Always [`FORMAT`].
    pub format: String,
    /// [`VERSION`]
    pub version: u32,
    /// The version of toolchainkit that wrote the file.
    pub toolchainkit: String,
    /// The time of the export, in milliseconds since 1970.
    pub at: u64,
    /// The name of the project.
    pub project: String,
    /// The operating system and the processor architecture, such as `linux x86_64`.
    pub system: String,
    /// The digests of the paths that the placeholders `<source>`, `<build>`, `<checkout>` and `<home>` stand for.
    pub folders: BTreeMap<String, String>,
    /// The headers: their paths, and the digests of their contents.
    pub headers: Vec<(String, String)>,
    /// The last compilations that ran the compiler, of all objects; the newest of each object first.
    pub compilations: Vec<Compilation>,
}

/// An exported compilation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compilation {
    /// All but the headers.
    #[serde(flatten)]
    pub inputs: Inputs,
    /// The places of its headers in [`Export::headers`]; `None` if they are not known.
    pub included: Option<Vec<usize>>,
    /// A macro for the time of the compilation, and the file that contains it.
    pub time_macro: Option<(String, String)>,
}

/// The reason why a text is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// It is not JSON of this kind.
    #[error("it is not a file of `toolchainkit stats --export` ({0})")]
    Other(String),
    /// It was written by a newer version.
    #[error("it was written by toolchainkit {0}, which is newer than this one")]
    Newer(String),
}

/// What an export says about the machine.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// [`Export::at`]
    pub at: u64,
    /// [`Export::project`]
    pub project: String,
    /// The folders with their placeholders.
    pub folders: Vec<(&'static str, String)>,
}

impl Machine {
    /// The placeholders for its folders.
    #[must_use]
    pub fn places(&self) -> Places {
        let find = |name: &str| {
            self.folders.iter().find(|(known, _)| *known == name).map_or("", |(_, folder)| folder.as_str())
        };
        Places::new(find("<source>"), find("<build>"), find("<checkout>"), find("<home>"))
    }
}

impl Export {
    /// The export of these records: those of each object, the newest first. `file` returns the present content of a file; its path
    /// has the form of [`super::Entry::source`].
    #[must_use]
    pub fn new(
        machine: &Machine,
        records: Vec<Vec<Inputs>>,
        headers: &Headers,
        file: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Self {
        let places = machine.places();
        let mut numbers: HashMap<HeaderId, usize> = HashMap::new();
        let mut exported: Vec<(String, String)> = Vec::new();
        let mut compilations = Vec::new();
        for inputs in records.into_iter().flatten() {
            let time_macro = time_macro(&inputs, headers, file).map(|(name, file)| (name.to_owned(), file));
            let included = match &inputs.headers {
                HeaderInputs::Known(known) => Some(known.iter().filter_map(|id| {
                    if let Some(number) = numbers.get(id) {
                        return Some(*number);
                    }
                    let header = headers.get(*id)?;
                    exported.push((places.replace(&header.path).into_owned(), header.digest.clone()));
                    numbers.insert(*id, exported.len() - 1);
                    Some(exported.len() - 1)
                })),
                HeaderInputs::Unknown(_) => None,
            };
            let included = included.map(Iterator::collect);
            compilations.push(Compilation { inputs: neutral(inputs, &places), included, time_macro });
        }
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            toolchainkit: env!("CARGO_PKG_VERSION").to_owned(),
            at: machine.at,
            project: machine.project.clone(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            folders: machine
                .folders
                .iter()
                .map(|(name, folder)| ((*name).to_owned(), short_digest(folder.as_bytes())))
                .collect(),
            headers: exported,
            compilations,
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`ExportError`]
    pub fn from_text(text: &str) -> Result<Self, ExportError> {
        #[derive(Deserialize)]
        struct Beginning {
            format: String,
            version: u32,
            #[serde(default)]
            toolchainkit: String,
        }
        let other = |error: serde_json::Error| ExportError::Other(error.to_string());
        let beginning: Beginning = serde_json::from_str(text).map_err(other)?;
        if beginning.format != FORMAT {
            return Err(ExportError::Other(format!("its format is `{}`", beginning.format)));
        }
        if beginning.version > VERSION {
            return Err(ExportError::Newer(beginning.toolchainkit));
        }
        serde_json::from_str(text).map_err(other)
    }

    /// Its compilations with their headers, and the dictionary of these.
    #[must_use]
    pub fn records(&self) -> (Vec<Inputs>, Headers) {
        let headers: Vec<Header> = self
            .headers
            .iter()
            .map(|(path, digest)| Header { path: path.clone(), digest: digest.clone() })
            .collect();
        let ids: Vec<HeaderId> = headers.iter().map(Header::id).collect();
        let restored = self.compilations.iter().map(|compilation| {
            let known = compilation.included.as_ref().map(|included| {
                HeaderInputs::Known(included.iter().filter_map(|number| ids.get(*number).copied()).collect())
            });
            let headers = known.unwrap_or_else(|| HeaderInputs::Unknown("they were not recorded".to_owned()));
            Inputs { headers, ..compilation.inputs.clone() }
        });
        (restored.collect(), Headers::of(headers))
    }
}

/// The inputs without the paths of the machine, and without the digests of values that may be secret and short.
fn neutral(inputs: Inputs, places: &Places) -> Inputs {
    let mut inputs = places.neutral(inputs);
    let all = [&mut inputs.macros, &mut inputs.environment, &mut inputs.settings];
    for (_, value) in all.into_iter().flatten().filter(|(name, _)| is_credential(name)) {
        MASK.clone_into(value);
    }
    for option in &mut inputs.options {
        let name =
            option.strip_prefix("-D").and_then(|rest| rest.split_once('=')).map(|(name, _)| name.to_owned());
        if let Some(name) = name.filter(|name| is_credential(name)) {
            *option = format!("-D{name}={MASK}");
        }
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::content_digest;
    use crate::journal::inputs::CompilerInput;

    fn machine() -> Machine {
        let folders =
            [("<source>", "/home/anna/p"), ("<build>", "/home/anna/p/build"), ("<home>", "/home/anna")];
        Machine { folders: folders.map(|(name, path)| (name, path.to_owned())).into(), ..Machine::default() }
    }

    fn export() -> Export {
        let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let header = |path: &str| Header { path: path.to_owned(), digest: content_digest(path.as_bytes()) };
        let headers = [header("/home/anna/.conan/z.h"), header("/usr/include/stdio.h")];
        let inputs = Inputs {
            compiler: CompilerInput { path: "/home/anna/bin/g++".to_owned(), ..CompilerInput::default() },
            folders: ["/home/anna/p", "/home/anna/p/build", "/home/anna/p/build"].map(str::to_owned),
            options: ["-I/home/anna/p/include", "-DAPI_TOKEN=#1234", "-O2"].map(str::to_owned).into(),
            macros: pairs(&[("API_TOKEN", "1234"), ("A", "5678")]),
            source: ("a.c".to_owned(), "00".to_owned()),
            environment: pairs(&[("CPATH", "/home/anna/x"), ("MY_PASSWORD", "99")]),
            settings: pairs(&[("location", "/home/anna/.cache/c")]),
            headers: HeaderInputs::Known(headers.iter().map(Header::id).collect()),
            ..Inputs::of_test(1, "CMakeFiles/a.dir/a.c.o", "a.c")
        };
        Export::new(&machine(), vec![vec![inputs]], &Headers::of(headers), &|_| Some(b"__DATE__".to_vec()))
    }

    #[test]
    fn an_export_contains_no_path_of_the_machine_and_no_secret() {
        let text = serde_json::to_string(&export()).unwrap();
        for hidden in ["anna", "1234", "\"99\""] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
        for shown in ["-I<source>/include", "<home>/bin/g++", "<home>/.conan/z.h", "__DATE__", "5678"] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }

    #[test]
    fn a_written_file_can_be_read() {
        let export = export();
        let read = Export::from_text(&serde_json::to_string(&export).unwrap()).unwrap();
        let (records, headers) = read.records();
        assert_eq!(records.len(), 1);
        let HeaderInputs::Known(known) = &records[0].headers else { panic!("no headers") };
        let paths: Vec<&str> = known.iter().map(|id| headers.get(*id).unwrap().path.as_str()).collect();
        assert_eq!(paths, ["<home>/.conan/z.h", "/usr/include/stdio.h"]);
        assert_eq!(read.headers, export.headers);
    }

    #[test]
    fn another_file_is_refused() {
        let text = serde_json::to_string(&export()).unwrap();
        let newer = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(Export::from_text(&newer), Err(ExportError::Newer(env!("CARGO_PKG_VERSION").to_owned())));
        for other in ["", "{}", "[]", "{\"format\":\"x\",\"version\":1}", &text[..text.len() - 9]] {
            assert!(matches!(Export::from_text(other), Err(ExportError::Other(_))), "{other}");
        }
        // A number that is too large is no header.
        let damaged = text.replace("\"included\":[0,1]", "\"included\":[0,99]");
        assert_ne!(damaged, text);
        assert_eq!(Export::from_text(&damaged).unwrap().records().0.len(), 1);
    }
}
