//! The default search path of a compiler. The guard runs the compiler once for each set of options that change it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::question::Question;
use crate::launch::process;
use crate::launch::stamp::{self, Stamp};

/// The largest number of stored answers. The oldest ones are removed.
const MOST: usize = 256;
/// The largest file. A larger one is damaged.
const LARGEST: u64 = 4 << 20;
/// The timeout for a compiler to print its search path.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The default search paths of compilers, in memory and in a file.
#[derive(Debug)]
pub(super) struct Folders {
    file: Option<PathBuf>,
    known: Known,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    version: u32,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    compiler: String,
    /// The folder of the compiler itself, which may be behind a link.
    place: PathBuf,
    stamp: String,
    flags: Vec<String>,
    is_cxx: bool,
    folders: Vec<PathBuf>,
}

impl Folders {
    const VERSION: u32 = 2;

    /// Reads the answers in `file`, if there are any.
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        let mut text = Vec::new();
        let read = file.as_ref().and_then(|path| std::fs::File::open(path).ok());
        let is_read = read.is_some_and(|file| file.take(LARGEST).read_to_end(&mut text).is_ok());
        let known: Known =
            if is_read { serde_json::from_slice(&text).unwrap_or_default() } else { Known::default() };
        let known = if known.version == Self::VERSION { known } else { Known::default() };
        Self { file, known }
    }

    /// The default search path for a question. Fails with the reason why it is unknown.
    pub(super) fn of(&mut self, question: &Question) -> Result<Vec<PathBuf>, &'static str> {
        let compiler = Path::new(&question.compiler);
        let is_same = |entry: &&Entry| {
            entry.compiler == question.compiler
                && entry.is_cxx == question.is_cxx
                && entry.flags == question.flags
        };
        let is_unchanged =
            |entry: &&Entry| stamp(compiler, &entry.place).is_some_and(|stamp| stamp == entry.stamp);
        if let Some(entry) = self.known.entries.iter().find(is_same).filter(is_unchanged) {
            return Ok(entry.folders.clone());
        }
        let place = compiler.canonicalize().ok().and_then(|real| Some(real.parent()?.to_owned()));
        let identified = place.and_then(|place| Some((stamp(compiler, &place)?, place)));
        let (stamp, place) = identified.ok_or("the compiler is missing")?;
        let folders = parse(&ask(question).ok_or("the compiler does not print its include folders")?)?;
        self.known.version = Self::VERSION;
        self.known.entries.retain(|entry| !is_same(&entry));
        let surplus = (self.known.entries.len() + 1).saturating_sub(MOST);
        self.known.entries.drain(..surplus);
        self.known.entries.push(Entry {
            compiler: question.compiler.clone(),
            place,
            stamp,
            flags: question.flags.clone(),
            is_cxx: question.is_cxx,
            folders: folders.clone(),
        });
        if let (Some(file), Ok(text)) = (&self.file, serde_json::to_vec(&self.known)) {
            stamp::replace(file, &text);
        }
        Ok(folders)
    }
}

/// Identifies the compiler, and the files beside it: Clang reads a configuration file in its own folder. A link to another
/// compiler leads to another stamp.
fn stamp(compiler: &Path, place: &Path) -> Option<String> {
    Some(format!("{} {}", Stamp::of(compiler)?, Stamp::of(place)?))
}

/// The output of the compiler with its search path.
fn ask(question: &Question) -> Option<String> {
    let mut command = process::command(&question.compiler);
    command.args(&question.flags).args([
        "-E",
        "-v",
        "-x",
        if question.is_cxx { "c++" } else { "c" },
        process::DISCARD,
    ]);
    for name in ["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJCPLUS_INCLUDE_PATH", "LANGUAGE"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").current_dir(process::root_folder());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    let mut pipe = process::Output::new(child.stderr.take()?);
    let (mut text, begun) = (Vec::new(), Instant::now());
    let mut part = [0; 8192];
    loop {
        match pipe.read(&mut part) {
            Ok(0) => break,
            Ok(length) => text.extend_from_slice(&part[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && begun.elapsed() < TIMEOUT => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    child.wait().ok()?.success().then(|| String::from_utf8(text).ok())?
}

fn parse(text: &str) -> Result<Vec<PathBuf>, &'static str> {
    let mut folders = Vec::new();
    let mut is_list = false;
    for line in text.lines() {
        if line.starts_with("Reading specs from") || line.starts_with("Configuration file:") {
            return Err("a configuration file changes the compiler");
        } else if let Some(missing) = line.strip_prefix("ignoring nonexistent directory \"") {
            folders.push(PathBuf::from(missing.trim_end_matches('"')));
        } else if line.starts_with("#include <...> search starts here") {
            is_list = true;
        } else if line.starts_with("End of search list") {
            let is_usual = |folder: &PathBuf| folder.is_absolute() && folder.as_os_str() != OsStr::new("/");
            return if folders.iter().all(is_usual) {
                Ok(folders)
            } else {
                Err("the compiler searches a relative folder")
            };
        } else if is_list {
            if line.ends_with("(framework directory)") || line.ends_with("(headermap)") {
                return Err("the compiler searches frameworks");
            }
            folders.push(PathBuf::from(line.trim()));
        }
    }
    Err("the compiler does not print its include folders")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GCC: &str = "Using built-in specs.\nignoring nonexistent directory \"/usr/local/include/x86_64-linux-gnu\"\n\
                       #include \"...\" search starts here:\n#include <...> search starts here:\n /usr/include/c++/12\n \
                       /usr/include\nEnd of search list.\nCOMPILER_PATH=/x\n";

    #[cfg(unix)]
    #[test]
    fn missing_folders_are_searched_as_well() {
        let folders = ["/usr/local/include/x86_64-linux-gnu", "/usr/include/c++/12", "/usr/include"];
        assert_eq!(parse(GCC).unwrap(), folders.map(PathBuf::from));
    }

    #[test]
    fn unsupported_output_of_a_compiler_is_rejected() {
        for (from, to) in [
            ("Using built-in specs.", "Reading specs from /x"),
            ("Using built-in specs.", "Configuration file: /x"),
            ("/usr/include/c++/12", "/System (framework directory)"),
            ("/usr/include/c++/12", "include"),
            ("End of search list.", ""),
        ] {
            assert!(parse(&GCC.replace(from, to)).is_err(), "{to}");
        }
    }
}
