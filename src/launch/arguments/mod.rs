//! The command line of a compiler, parsed once for all rules. Response files are replaced by their content, and values of
//! options are distinguished from sources.

mod modules;

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{process, reading};

pub use self::modules::ModuleUse;

/// The deepest nesting of response files. Compilers have a limit, too.
const DEEPEST: usize = 16;
/// The largest number of response files.
const MOST: usize = 1000;
/// The largest number of bytes in all response files. The kernel limits a command to 2 MiB.
const MOST_BYTES: usize = 4 << 20;
/// The largest number of arguments, with those in response files. A rule examines every argument for each compilation.
const MOST_ARGUMENTS: usize = 50_000;

/// Options whose value is the next argument and is not used by a rule.
const WITH_VALUE: &[&str] = &[
    "-x",
    "-MT",
    "-MQ",
    "-MJ",
    "-U",
    "-A",
    "-B",
    "-L",
    "-T",
    "-u",
    "-z",
    "-e",
    "-l",
    "-F",
    "-target",
    "-aux-info",
    "-wrapper",
    "--param",
    "-mllvm",
    "-isysroot",
    "--sysroot",
    "-iprefix",
    "-iwithprefix",
    "-iwithprefixbefore",
    "-iwithsysroot",
    "-iframework",
    "-framework",
    "-imultilib",
    "-imultiarch",
    "-ivfsoverlay",
    "-dumpbase",
    "-dumpbase-ext",
    "-dumpdir",
    "-gcc-toolchain",
    "-serialize-diagnostics",
    "--serialize-diagnostics",
    "-gen-cdb-fragment-path",
    "-Xassembler",
    "-Xlinker",
    "-Xanalyzer",
    "-Xopenmp-target",
    "-Xcompiler",
    "-Xptxas",
    "-Xarch_host",
    "-Xarch_device",
];

/// Options with an include folder as a joined or separate value.
const FOLDERS: &[&str] = &["-iquote", "-isystem", "-idirafter", "-cxx-isystem", "-c-isystem", "-I"];

/// Options of cl.exe and clang-cl with an include folder as a joined or separate value.
const MSVC_FOLDERS: &[&str] = &["external:I", "imsvc"];

/// Options of cl.exe and clang-cl that may contain a path.
const MSVC_WITH_PATH: &[&str] = &[
    "D",
    "I",
    "F",
    "Tc",
    "Tp",
    "Y",
    "external:",
    "imsvc",
    "U",
    "clang:",
    "winsysroot",
    "vctoolsdir",
    "doc",
    "source-charset",
];

/// Options with a file to include.
const INCLUDES: &[&str] = &["-include-pch", "-include", "-imacros"];

/// The style of the options of a compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Like GCC: options begin with `-`, and a backslash in a response file escapes the next character.
    #[default]
    Gcc,
    /// Like cl.exe: options also begin with `/`, and response files have the rules of the command lines of Windows.
    Msvc,
}

impl Style {
    /// The style of the compiler that was called by this name.
    #[must_use]
    pub fn of(compiler: &OsStr) -> Self {
        // Also a path of Windows, on each system.
        let name = compiler.to_string_lossy().to_lowercase();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = name.strip_suffix(".exe").unwrap_or(name);
        if stem == "cl" || stem.contains("clang-cl") { Self::Msvc } else { Self::Gcc }
    }
}

/// The arguments of a compiler, without the compiler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    raw: Vec<OsString>,
    all: Vec<OsString>,
    style: Style,
    is_complete: bool,
    is_compilation: bool,
    uses_standard_input: bool,
    sources: Vec<PathBuf>,
    object: Option<PathBuf>,
    depfile: Option<PathBuf>,
    folders: Vec<PathBuf>,
    includes: Vec<PathBuf>,
    macros: Vec<OsString>,
    modules: ModuleUse,
    /// The different values of `-arch`.
    architectures: Vec<OsString>,
}

impl Arguments {
    /// Parses `raw` and its response files. `directory` is the working directory of the compiler.
    #[must_use]
    pub fn read(raw: Vec<OsString>, directory: &Path, style: Style) -> Self {
        let is_readable = Cell::new(true);
        let mut parsed = Self::parse_in(style, raw, &|path| {
            reading::read(&directory.join(path), MOST_BYTES as u64)
                .inspect_err(|error| {
                    // The compiler reports other errors.
                    let is_skipped =
                        matches!(error.kind(), ErrorKind::FileTooLarge | ErrorKind::InvalidInput);
                    is_readable.set(is_readable.get() && !is_skipped);
                })
                .ok()
        });
        parsed.is_complete &= is_readable.get();
        parsed
    }

    /// Like [`Self::read`] for [`Style::Gcc`]; `file` returns the content of a response file. `None` means that there is no such
    /// file.
    #[must_use]
    pub fn parse(raw: Vec<OsString>, file: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Self {
        Self::parse_in(Style::Gcc, raw, file)
    }

    /// The same for any style.
    #[must_use]
    pub fn parse_in(style: Style, raw: Vec<OsString>, file: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Self {
        let all = Vec::with_capacity(raw.len());
        let mut expansion = Expansion { style, file, files: MOST, bytes: MOST_BYTES, is_complete: true, all };
        for argument in &raw {
            expansion.add(argument.clone(), 0);
        }
        let Expansion { is_complete, all, .. } = expansion;
        let modules = ModuleUse::of(&all, style);
        let mut parsed = Self { raw, all, style, is_complete, modules, ..Self::default() };
        match style {
            Style::Gcc => parsed.classify(),
            Style::Msvc => parsed.classify_msvc(),
        }
        parsed
    }

    /// The arguments as given.
    #[must_use]
    pub fn raw(&self) -> &[OsString] {
        &self.raw
    }

    /// The arguments, with response files replaced by their content.
    #[must_use]
    pub fn all(&self) -> &[OsString] {
        &self.all
    }

    /// The arguments as given, with the module maps of CMake replaced by their content: sccache before 0.17 and ccache cannot read
    /// such a response file, because the paths in it have quotes. `read` returns the content of a response file.
    pub(super) fn with_module_maps(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<OsString> {
        let is_map = |argument: &OsString| modules::is_map(argument) && self.style == Style::Gcc;
        let words_of = |argument: &OsString| {
            let name = argument.as_encoded_bytes().get(1..)?;
            read(&path(name)).map(|text| words(&text))
        };
        let replaced = |argument: &OsString| {
            let content = if is_map(argument) { words_of(argument) } else { None };
            content.unwrap_or_else(|| vec![argument.clone()])
        };
        self.raw.iter().flat_map(replaced).collect()
    }

    /// The use of C++20 modules.
    #[must_use]
    pub const fn modules(&self) -> &ModuleUse {
        &self.modules
    }

    /// Whether the command compiles for several architectures at once (`-arch` with different values), for a universal binary of macOS.
    /// The compiler then writes the headers of the last architecture only to the depfile.
    #[must_use]
    pub const fn has_several_architectures(&self) -> bool {
        self.architectures.len() > 1
    }

    /// Whether all arguments are known. If not, a response file is too large or is not a regular file, or there are too many.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the command compiles without linking (`-c`).
    #[must_use]
    pub const fn is_compilation(&self) -> bool {
        self.is_compilation
    }

    /// Whether the compiler reads the source from standard input.
    #[must_use]
    pub const fn uses_standard_input(&self) -> bool {
        self.uses_standard_input
    }

    /// The arguments that are neither options nor values of options.
    #[must_use]
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// The output file (`-o`).
    #[must_use]
    pub fn object(&self) -> Option<&Path> {
        self.object.as_deref()
    }

    /// The file to which the compiler writes the names of the headers.
    #[must_use]
    pub fn depfile(&self) -> Option<&Path> {
        self.depfile.as_deref()
    }

    /// The include folders, in order.
    #[must_use]
    pub fn include_folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The files from the options `-include` and `-imacros`.
    #[must_use]
    pub fn included_files(&self) -> &[PathBuf] {
        &self.includes
    }

    /// The definitions, without `-D`.
    #[must_use]
    pub fn macros(&self) -> &[OsString] {
        &self.macros
    }

    /// Whether a macro is defined with any value. A later `-U` is ignored.
    #[must_use]
    pub fn defines(&self, name: &str) -> bool {
        self.macros.iter().any(|macro_| {
            let text = macro_.as_encoded_bytes();
            text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.is_empty() || rest[0] == b'=')
        })
    }

    fn classify(&mut self) {
        let all = std::mem::take(&mut self.all);
        let mut writes_dependencies = false;
        let mut arguments = all.iter();
        let mut only_sources = false;
        while let Some(argument) = arguments.next() {
            let text = argument.as_encoded_bytes();
            if only_sources || !text.starts_with(b"-") {
                self.sources.push(PathBuf::from(argument));
                continue;
            }
            match text {
                b"-" => self.uses_standard_input = true,
                b"--" => only_sources = true,
                b"-c" => self.is_compilation = true,
                b"-o" => self.object = arguments.next().map(PathBuf::from),
                b"-MF" => self.depfile = arguments.next().map(PathBuf::from),
                b"-MD" | b"-MMD" => writes_dependencies = true,
                b"-D" => self.macros.extend(arguments.next().cloned()),
                b"-arch" => {
                    let new = arguments.next().filter(|value| !self.architectures.contains(value));
                    self.architectures.extend(new.cloned());
                }
                // The next argument is an option for another program. It is parsed like one of the compiler.
                b"-Xclang" | b"-Xpreprocessor" => {}
                _ => self.classify_joined(argument, &mut arguments),
            }
        }
        if writes_dependencies && self.depfile.is_none() {
            let object = self.object.as_ref().or(self.sources.first());
            self.depfile = object.map(|object| object.with_extension("d"));
        }
        self.all = all;
    }

    /// Parses the options of cl.exe and clang-cl. Clang-cl has those of Clang after `/clang:` and `-Xclang`, too.
    fn classify_msvc(&mut self) {
        let all = std::mem::take(&mut self.all);
        let mut arguments = all.iter();
        while let Some(argument) = arguments.next() {
            let text = argument.as_encoded_bytes();
            // On a system whose paths begin with a slash, a file in a folder is no option.
            let is_path = |text: &[u8]| cfg!(not(windows)) && text[1..].contains(&b'/');
            let has_path =
                |option: &[u8]| MSVC_WITH_PATH.iter().any(|name| option.starts_with(name.as_bytes()));
            let option = match text {
                [b'-', rest @ ..] => rest,
                [b'/', rest @ ..] if !is_path(text) || has_path(rest) => rest,
                _ => {
                    self.sources.push(PathBuf::from(argument));
                    continue;
                }
            };
            let mut value = |joined: &[u8]| {
                if joined.is_empty() { arguments.next().cloned() } else { Some(os(joined)) }
            };
            match option {
                b"c" => self.is_compilation = true,
                b"link" => break,
                b"-" => {
                    self.sources.extend(arguments.by_ref().map(PathBuf::from));
                }
                b"o" => self.object = value(b"").map(PathBuf::from),
                b"Xclang" => {}
                [b'D', joined @ ..] => self.macros.extend(value(joined)),
                [b'I', joined @ ..] => self.folders.extend(value(joined).map(PathBuf::from)),
                [b'F', b'I', joined @ ..] => self.includes.extend(value(joined).map(PathBuf::from)),
                [b'F', b'o', joined @ ..] => {
                    let joined = joined.strip_prefix(b":").unwrap_or(joined);
                    self.object = value(joined).map(PathBuf::from);
                }
                [b'T', b'c' | b'p', joined @ ..] => self.sources.extend(value(joined).map(PathBuf::from)),
                [b'U', joined @ ..] => drop(value(joined)),
                _ => {
                    let folder = MSVC_FOLDERS.iter().find_map(|name| option.strip_prefix(name.as_bytes()));
                    if let Some(joined) = folder {
                        self.folders.extend(value(joined).map(PathBuf::from));
                    }
                }
            }
        }
        self.all = all;
    }

    /// Parses an option that may have a joined value.
    fn classify_joined<'a>(&mut self, argument: &'a OsStr, rest: &mut impl Iterator<Item = &'a OsString>) {
        let text = argument.as_encoded_bytes();
        let joined =
            |options: &[&str]| options.iter().find_map(|option| text.strip_prefix(option.as_bytes()));
        if WITH_VALUE.iter().any(|option| option.as_bytes() == text) {
            rest.next();
        } else if let Some(value) = joined(INCLUDES) {
            let value = if value.is_empty() { rest.next().map(PathBuf::from) } else { Some(path(value)) };
            self.includes.extend(value);
        } else if let Some(value) = joined(FOLDERS) {
            let value = if value.is_empty() { rest.next().map(PathBuf::from) } else { Some(path(value)) };
            self.folders.extend(value);
        } else if let Some(value) = text.strip_prefix(b"-D") {
            self.macros.push(os(value));
        } else if let Some(value) = text.strip_prefix(b"-MF") {
            self.depfile = Some(path(value));
        } else if let Some(value) = text.strip_prefix(b"-o") {
            self.object = Some(path(value));
        } else if let Some(options) = text.strip_prefix(b"-Wp,") {
            let mut words = options.split(|letter| *letter == b',');
            while let Some(word) = words.next() {
                if word == b"-MD" || word == b"-MMD" {
                    self.depfile = words.next().map(path);
                } else if let Some(definition) = word.strip_prefix(b"-D") {
                    self.macros.push(os(definition));
                } else if let Some(folder) = word.strip_prefix(b"-I") {
                    self.folders.push(path(folder));
                }
            }
        }
    }
}

/// The replacement of response files by their content.
struct Expansion<'a> {
    style: Style,
    file: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
    /// The number of response files that may still be read.
    files: usize,
    /// The number of bytes that may still be read.
    bytes: usize,
    is_complete: bool,
    all: Vec<OsString>,
}

impl Expansion<'_> {
    fn add(&mut self, argument: OsString, depth: usize) {
        if self.all.len() >= MOST_ARGUMENTS {
            self.is_complete = false;
            return;
        }
        let name = argument.as_encoded_bytes().strip_prefix(b"@").filter(|name| !name.is_empty());
        // Like compilers do: without such a file, it is an ordinary argument.
        let Some(text) = name.and_then(|name| (self.file)(&path(name))) else {
            return self.all.push(argument);
        };
        if depth >= DEEPEST || self.files == 0 || text.len() > self.bytes {
            self.is_complete = false;
            return self.all.push(argument);
        }
        self.files -= 1;
        self.bytes -= text.len();
        let words = match self.style {
            Style::Gcc => words(&text),
            Style::Msvc => words_of_windows(&text),
        };
        for word in words {
            self.add(word, depth + 1);
        }
    }
}

/// Splits a response file like GCC and Clang: at blanks outside of single and double quotes. A backslash escapes the next
/// character, also within quotes.
#[must_use]
pub fn words(text: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut letters = text.iter().copied();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (b'\\', _) => word.get_or_insert_default().extend(letters.next()),
            (_, Some(open)) if letter == open => quote = None,
            (b'\'' | b'"', None) => {
                word.get_or_insert_default();
                quote = Some(letter);
            }
            (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, None) => {
                words.extend(word.take().map(|word| os(&word)));
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word.map(|word| os(&word)));
    words
}

/// Splits a response file like cl.exe and clang-cl: lines of words as in a command line of Windows. A backslash escapes only a double
/// quote, and single quotes have no meaning. The text is UTF-8, or UTF-16 after its mark.
#[must_use]
pub fn words_of_windows(text: &[u8]) -> Vec<OsString> {
    let text = match text {
        [0xff, 0xfe, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect::<String>()
                .into()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        text => text.to_vec(),
    };
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let (mut at, mut is_quoted) = (0, false);
    while let Some(letter) = text.get(at) {
        match letter {
            b'\\' => {
                let backslashes = text[at..].iter().take_while(|letter| **letter == b'\\').count();
                let is_before_quote = text.get(at + backslashes) == Some(&b'"');
                let kept = if is_before_quote { backslashes / 2 } else { backslashes };
                let word = word.get_or_insert_default();
                word.extend(std::iter::repeat_n(b'\\', kept));
                at += backslashes;
                if is_before_quote && backslashes % 2 == 1 {
                    word.push(b'"');
                    at += 1;
                }
                continue;
            }
            b'"' => {
                // Two quotes in a quoted part are one quote.
                if is_quoted && text.get(at + 1) == Some(&b'"') {
                    word.get_or_insert_default().push(b'"');
                    at += 1;
                } else {
                    word.get_or_insert_default();
                    is_quoted = !is_quoted;
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' if !is_quoted => words.extend(word.take().map(|word| os(&word))),
            letter => word.get_or_insert_default().push(*letter),
        }
        at += 1;
    }
    words.extend(word.map(|word| os(&word)));
    words
}

fn os(bytes: &[u8]) -> OsString {
    process::of_bytes(bytes)
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(os(bytes))
}

#[cfg(test)]
mod tests;
