//! What went into the key of a compilation that ran the compiler.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::rules::TARGET_VARIABLES;
use super::super::{process, reading};
use super::names::Folders;
use super::note::Note;
use crate::foreign::{Filter, is_credential};
use crate::journal::places::{Places, placeholders};
use crate::journal::{CompilerInput, HeaderInputs, Inputs, Outcome, content_digest, short_digest};

/// Variables of the environment that change the output of a compiler, or that the tools add to the key, besides [`TARGET_VARIABLES`].
const ENVIRONMENT: &[&str] = &[
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "GCC_EXEC_PREFIX",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "OBJC_INCLUDE_PATH",
    "SOURCE_DATE_EPOCH",
];
/// Settings of the tools that change the key, or whether a result is stored.
const SETTINGS: &[&str] = &[
    "CCACHE_BASEDIR",
    "CCACHE_COMPILER",
    "CCACHE_COMPILERCHECK",
    "CCACHE_COMPILERTYPE",
    "CCACHE_DEPEND",
    "CCACHE_DISABLE",
    "CCACHE_EXTRAFILES",
    "CCACHE_HASHDIR",
    "CCACHE_IGNOREHEADERS",
    "CCACHE_IGNOREOPTIONS",
    "CCACHE_NAMESPACE",
    "CCACHE_NODIRECT",
    "CCACHE_NOHASHDIR",
    "CCACHE_PREFIX",
    "CCACHE_READONLY",
    "CCACHE_READONLY_DIRECT",
    "CCACHE_RECACHE",
    "CCACHE_SLOPPINESS",
    "SCCACHE_CACHE_MULTIARCH",
    "SCCACHE_C_CUSTOM_CACHE_BUSTER",
    "SCCACHE_DIRECT",
    "SCCACHE_NO_CACHE",
    "SCCACHE_RECACHE",
];
/// Options with a file that the compiler reads.
const FILES: &[&str] = &[
    "-specs=",
    "--specs=",
    "--config=",
    "-fprofile-use=",
    "-fprofile-instr-use=",
    "-fprofile-sample-use=",
    "-fauto-profile=",
    "-fprofile-list=",
    "-fsanitize-ignorelist=",
    "-fsanitize-blacklist=",
    "-fplugin=",
    "-fmodule-map-file=",
    "-fmodule-file=",
];
/// Options with which GCC reads a profile beside the object.
const PROFILES: &[&str] = &["-fprofile-use", "-fbranch-probabilities"];
/// The largest source whose digest is stored.
const LARGEST_SOURCE: u64 = 32 << 20;
/// The largest script that runs a compiler.
const LARGEST_SCRIPT: u64 = 64 << 10;
/// The largest list of headers.
const LARGEST_DEPFILE: u64 = 512 << 10;
/// Of a longer value, only the digest is stored.
const LONGEST_VALUE: usize = 256;

/// A compilation, for its record.
pub(in crate::launch) struct Compiled<'a> {
    pub(in crate::launch) note: &'a Note,
    pub(in crate::launch) folders: Folders<'a>,
    /// The tool and its version.
    pub(in crate::launch) tool: String,
    pub(in crate::launch) compiler: &'a Path,
    /// The SHA-256 of the compiler.
    pub(in crate::launch) identity: Option<&'a str>,
    /// All arguments of the command. The rules stand for those that the launcher adds.
    pub(in crate::launch) arguments: &'a [OsString],
    pub(in crate::launch) sources: &'a [std::path::PathBuf],
    pub(in crate::launch) object: Option<&'a Path>,
    pub(in crate::launch) depfile: Option<&'a Path>,
    pub(in crate::launch) rules: Vec<&'a str>,
    /// The variables that the rules set.
    pub(in crate::launch) set: &'a [(String, OsString)],
    /// The description of the storage.
    pub(in crate::launch) location: &'a str,
    /// The folders whose paths do not count in the digests of macros.
    pub(in crate::launch) places: &'a Places,
    /// A variable in the environment of the tool.
    pub(in crate::launch) variable: &'a dyn Fn(&str) -> Option<OsString>,
    pub(in crate::launch) filter: &'a Filter,
}

/// A record, and the names of the headers. The recorder stores it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::launch) struct Recording {
    /// The build folder.
    pub(in crate::launch) build: String,
    pub(in crate::launch) inputs: Inputs,
    /// Further files that count like headers: see [`files`].
    #[serde(default)]
    pub(in crate::launch) files: Vec<String>,
    /// The text of the list of headers, or the reason why there is none.
    pub(in crate::launch) depfile: Result<String, String>,
}

impl Recording {
    /// The record of a compilation with this outcome. `has_ended`: whether the compiler has written the list of headers.
    pub(in crate::launch) fn of(compiled: &Compiled<'_>, outcome: Outcome, at: u64, has_ended: bool) -> Self {
        let text = process::with_slashes;
        let Folders { build, source, directory } = compiled.folders;
        let (options, macros) = options(compiled);
        let source_digest = match compiled.sources.first() {
            Some(source) => reading::read(&directory.join(source), LARGEST_SOURCE)
                .map_or_else(|_| String::new(), |content| content_digest(&content)),
            None => String::new(),
        };
        let mut settings: Vec<(String, String)> = Vec::new();
        for name in SETTINGS {
            let of_rule = || compiled.set.iter().any(|(set, _)| set == name);
            if let Some(value) = (compiled.variable)(name).filter(|_| !of_rule()) {
                settings.push(((*name).to_owned(), value_of(name, &value, compiled.filter)));
            }
        }
        settings.extend(
            compiled.set.iter().map(|(name, value)| (name.clone(), value_of(name, value, compiled.filter))),
        );
        // Without the size.
        let location = compiled.location.split(" (").next().unwrap_or_default();
        if !location.is_empty() {
            settings.push(("location".to_owned(), compiled.filter.bounded(location)));
        }
        settings.sort();
        let environment = ENVIRONMENT.iter().chain(TARGET_VARIABLES).filter_map(|name| {
            let value = (compiled.variable)(name)?;
            Some(((*name).to_owned(), value_of(name, &value, compiled.filter)))
        });
        let depfile = match compiled.depfile {
            None => Err("the command writes no list of headers".to_owned()),
            Some(_) if !has_ended => Err("the compiler has replaced the launcher".to_owned()),
            Some(depfile) => reading::read(&directory.join(depfile), LARGEST_DEPFILE)
                .map(|text| String::from_utf8_lossy(&text).into_owned())
                .map_err(|error| format!("the list of headers cannot be read: {}", error.kind())),
        };
        let inputs = Inputs {
            at,
            build: compiled.note.build().to_owned(),
            outcome,
            object: compiled.note.object().to_owned(),
            tool: compiled.tool.clone(),
            compiler: CompilerInput {
                path: text(compiled.compiler),
                identity: compiled.identity.map_or_else(|| of_script(compiled.compiler), str::to_owned),
                version: None,
            },
            folders: [text(source), text(build), text(directory)],
            options,
            macros,
            source: (compiled.note.source().to_owned(), source_digest),
            environment: environment.collect(),
            rules: compiled.rules.iter().map(|rule| (*rule).to_owned()).collect(),
            settings,
            headers: HeaderInputs::Unknown(String::new()),
            key: None,
        };
        Self { build: text(build), files: files(compiled), inputs, depfile }
    }
}

/// The digest of a script that runs a compiler; empty if it is large.
fn of_script(path: &Path) -> String {
    reading::read(path, LARGEST_SCRIPT).map_or_else(|_| String::new(), |content| content_digest(&content))
}

/// The value of a variable, or its digest if it may be a secret, or is long.
fn value_of(name: &str, value: &OsStr, filter: &Filter) -> String {
    let bytes = value.as_encoded_bytes();
    match value.to_str() {
        Some(text) if text.len() <= LONGEST_VALUE && !is_credential(name) => filter.bounded(text),
        _ => digest(bytes),
    }
}

fn digest(value: &[u8]) -> String {
    format!("#{}", short_digest(value))
}

/// The options, and the macros among them.
fn options(compiled: &Compiled<'_>) -> (Vec<String>, Vec<(String, String)>) {
    let mut options = Vec::with_capacity(compiled.arguments.len());
    let mut macros = Vec::new();
    let mut arguments = compiled.arguments.iter();
    let is_object = |text: &str| compiled.object.is_some_and(|object| object.to_str() == Some(text));
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        if text == "-o" {
            arguments.next();
        } else if text.strip_prefix("-o").is_some_and(is_object)
            || compiled.sources.iter().any(|source| source.as_os_str() == argument.as_os_str())
        {
        } else if text == "-D" || text == "-U" {
            let definition =
                arguments.next().map(|next| next.to_string_lossy().into_owned()).unwrap_or_default();
            options.push(define(&text, &definition, compiled.places, &mut macros));
        } else if let Some(definition) = text.strip_prefix("-D").filter(|_| !text.starts_with("-D=")) {
            options.push(define("-D", definition, compiled.places, &mut macros));
        } else if let Some(name) = text.strip_prefix("-U") {
            options.push(define("-U", name, compiled.places, &mut macros));
        } else if text.contains(",-D") || text.contains("=-D") {
            // A macro in an option for a part of the compiler.
            options.push(format!("{}{}", &text[..text.find("-D").unwrap_or(0)], digest(text.as_bytes())));
        } else {
            options.push(text.into_owned());
        }
    }
    // The search takes longer for many texts than for one. Most commands contain no secret.
    let joined = options.join("\n");
    if compiled.filter.shown(&joined) != joined {
        for option in &mut options {
            *option = compiled.filter.bounded(option);
        }
    }
    (options, macros)
}

/// The files that options or rules add to the inputs, such as profiles. The compiler does not list them with the headers.
fn files(compiled: &Compiled<'_>) -> Vec<String> {
    let mut files = Vec::new();
    let mut arguments = compiled.arguments.iter().map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        if let Some(file) = FILES.iter().find_map(|option| argument.strip_prefix(option)) {
            files.push(file.to_owned());
        } else if argument == "-include" || argument == "-include-pch" {
            let header = arguments.next().unwrap_or_default();
            files.extend(["", ".gch", ".pch"].map(|end| format!("{header}{end}")));
        } else if PROFILES.contains(&&*argument)
            && let Some(object) = compiled.object
        {
            files.push(object.with_extension("gcda").to_string_lossy().into_owned());
        }
    }
    let extra = compiled.set.iter().filter(|(name, _)| name.ends_with("EXTRAFILES"));
    let extra = extra.flat_map(|(_, value)| {
        value.to_string_lossy().split(process::LIST_SEPARATOR).map(str::to_owned).collect::<Vec<_>>()
    });
    files.extend(extra);
    let path = |file: &Path| compiled.folders.directory.join(file);
    // The compilation of a precompiled header does not read it.
    let object = compiled.object.map(path);
    files.retain(|file| {
        let path = path(Path::new(file));
        !file.is_empty() && Some(&path) != object.as_ref() && path.is_file()
    });
    files
}

/// Adds a macro. Returns the option without its value. The digest of a value with the path of the checkout is the same in each
/// checkout, and the placeholders in the value follow.
fn define(option: &str, definition: &str, places: &Places, macros: &mut Vec<(String, String)>) -> String {
    let (name, value) = match definition.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (definition, None),
    };
    let value = if option == "-U" {
        "-U".to_owned()
    } else {
        let value = places.replace(value.unwrap_or("1"));
        placeholders(&value).fold(short_digest(value.as_bytes()), |digest, name| digest + name)
    };
    let shown = if option == "-U" || !definition.contains('=') {
        format!("{option}{name}")
    } else {
        format!("{option}{name}=#{value}")
    };
    macros.push((name.to_owned(), value));
    shown
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::super::arguments::Arguments;
    use super::*;

    const SOURCE: &str = if cfg!(windows) { "C:/s" } else { "/s" };

    fn record(line: &[&str], filter: &Filter) -> Recording {
        let folder = tempfile::tempdir().unwrap();
        let arguments = Arguments::parse(line.iter().map(OsString::from).collect(), &|_| None);
        let folders = Folders { build: folder.path(), source: Path::new(SOURCE), directory: folder.path() };
        let variable = |name: &str| match name {
            "CPATH" => Some("/x".into()),
            "CCACHE_SLOPPINESS" => Some("time_macros".into()),
            "LANG" => Some("x".repeat(300).into()),
            _ => None,
        };
        let note = Note::new(Instant::now(), folders, &arguments);
        Recording::of(
            &Compiled {
                note: &note,
                folders,
                tool: "ccache 4.14.2".to_owned(),
                compiler: Path::new("/usr/bin/cc"),
                identity: Some("00"),
                arguments: arguments.all(),
                sources: arguments.sources(),
                object: arguments.object(),
                depfile: arguments.depfile(),
                rules: vec!["a-rule"],
                set: &[("SET".to_owned(), "value".into())],
                location: "local cache /x (10 GiB)",
                places: &Places::new("/s/p", "", "", ""),
                variable: &variable,
                filter,
            },
            Outcome::Miss,
            7,
            true,
        )
    }

    #[test]
    fn values_of_macros_and_secrets_are_not_stored() {
        let filter = Filter::of_variables([("MY_TOKEN", "s3cr3t-value")], &[]);
        let line = [
            "-DA=s3cr3t-value",
            "-D",
            "B=two",
            "-DC",
            "-UC",
            "-Wp,-DP=hidden",
            "-I/s3cr3t-value/x",
            "-O2",
            "-c",
            &format!("{SOURCE}/a.c"),
            "-o",
            "a.o",
            "-MD",
            "-MF",
            "a.d",
        ];
        let record = record(&line, &filter);
        let json = serde_json::to_string(&record).unwrap();
        for hidden in ["s3cr3t", "two", "hidden"] {
            assert!(!json.contains(hidden), "{json}");
        }
        let inputs = record.inputs;
        let digest = short_digest(b"two");
        let names: Vec<_> = inputs.macros.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C", "C"]);
        assert_eq!(inputs.macros[1].1, digest);
        assert_eq!(inputs.macros[3].1, "-U");
        assert_eq!(inputs.options[1..4], [format!("-DB=#{digest}"), "-DC".to_owned(), "-UC".to_owned()]);
        assert_eq!(inputs.options[5..], ["-I/***/x", "-O2", "-c", "-MD", "-MF", "a.d"]);
        assert_eq!(inputs.source.0, "a.c");
        assert_eq!(inputs.environment[0], ("CPATH".to_owned(), "/x".to_owned()));
        assert!(inputs.environment[1].1.starts_with('#'));
        assert_eq!(inputs.settings.len(), 3);
        assert!(record.depfile.unwrap_err().contains("cannot be read"));
    }
}
