//! All files that a command can read, and the fingerprint.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::depfile;
use super::folders::Folders;
use super::question::Question;
use super::scan::{Name, Scan};
use super::tree::{Id, Seen, Tree};
use crate::launch::rules::hash;

/// Above so many folders and files, everything is forgotten.
const MOST: usize = 200_000;
/// Above so many lists of folders, or commands, the same.
const MOST_SEARCHES: usize = 2_000;
const MOST_COMMANDS: usize = 50_000;
/// GCC includes this header before each source, from anywhere in the search path.
const IMPLICIT: &[u8] = b"stdc-predef.h";
/// A larger list of headers is not read.
const LARGEST_DEPFILE: u64 = 16 << 20;

/// A clause that says why a command may not use direct mode.
pub type Reason = Cow<'static, str>;

/// Whether a command may use direct mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may, with this part of its key.
    Direct(String),
    /// It may not: a clause with the reason.
    Without(Reason),
}

/// Whether the result of a command with direct mode is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Right,
    /// It may not be: the command must run again without direct mode.
    Wrong(Reason),
}

/// The guard. It remembers what it has read, and looks at all time stamps again for each question.
#[derive(Debug)]
pub struct Guard {
    tree: Tree,
    folders: Folders,
    searches: HashMap<Key, Search>,
    /// The number of searches that were begun.
    begun: u64,
    /// The last answer to each question.
    answered: HashMap<u64, Answered>,
    /// Lists of headers that were found to be right, by question.
    verified: HashMap<u64, HashSet<u64>>,
    /// Commands whose result was wrong.
    refused: HashMap<u64, Reason>,
    /// Fingerprints under which an object may be stored for other files.
    spoiled: HashSet<String>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    folders: Vec<PathBuf>,
    roots: Vec<(String, usize)>,
}

/// What was found in a list of folders.
#[derive(Debug, Default)]
struct Search {
    /// Another number means that files have appeared or disappeared.
    number: u64,
    /// All that the entries below depend on.
    seen: Seen,
    found: HashMap<Box<[u8]>, Box<[Id]>>,
    steps: HashMap<Id, Step>,
}

/// The files that a file can include, directly.
#[derive(Debug, Clone)]
struct Step {
    version: u32,
    reached: Arc<[Id]>,
    part: u64,
    failure: Option<Reason>,
}

/// All files that a command can read.
#[derive(Debug, Clone)]
struct Closure {
    files: Arc<[Id]>,
    fingerprint: Result<String, Reason>,
}

/// An answer, as long as nothing has changed.
#[derive(Debug)]
struct Answered {
    /// [`Search::number`]
    search: u64,
    versions: Box<[u32]>,
    closure: Closure,
}

impl Guard {
    /// `memory`: a file for the answers of compilers.
    #[must_use]
    pub fn new(memory: Option<PathBuf>) -> Self {
        Self {
            tree: Tree::new(),
            folders: Folders::new(memory),
            searches: HashMap::new(),
            begun: 0,
            answered: HashMap::new(),
            verified: HashMap::new(),
            refused: HashMap::new(),
            spoiled: HashSet::new(),
        }
    }

    /// The fingerprint for a command, before it runs.
    pub fn answer(&mut self, question: &Question) -> Answer {
        if let Some(reason) = self.refused.get(&digest(question)) {
            return Answer::Without(reason.clone());
        }
        match self.closure(question).fingerprint {
            Ok(fingerprint) => Answer::Direct(fingerprint),
            Err(reason) => Answer::Without(reason),
        }
    }

    /// Looks at the result of a command that ran with this fingerprint.
    ///
    /// The contents of headers are not compared: what the tool may have stored names the contents that it has read, and with
    /// these contents the fingerprint is another one. Whether the same files exist is: a file may return.
    pub fn check(&mut self, question: &Question, fingerprint: &str) -> Verdict {
        self.tree.begin();
        let closure = self.key(question).ok().and_then(|key| {
            let search = self.searches.get(&key)?;
            let answered = self.answered.get(&digest(question))?;
            let is_same = answered.search == search.number && self.tree.is_unchanged(&search.seen);
            is_same.then(|| answered.closure.clone())
        });
        let closure = closure.filter(|closure| closure.fingerprint.as_deref() == Ok(fingerprint));
        let Some(closure) = closure else {
            self.spoiled.insert(fingerprint.to_owned());
            return Verdict::Wrong("files have changed while it was compiled".into());
        };
        match self.check_headers(question, &closure) {
            Ok(()) => Verdict::Right,
            Err(reason) => {
                self.spoiled.insert(fingerprint.to_owned());
                self.refused.insert(digest(question), reason.into());
                Verdict::Wrong(reason.into())
            }
        }
    }

    /// Whether the list of headers names only files of the closure. If sccache has written the list of another checkout, it is
    /// replaced by that of this one.
    fn check_headers(&mut self, question: &Question, closure: &Closure) -> Result<(), &'static str> {
        let path = Path::new(&question.directory).join(&question.depfile);
        let is_usual =
            fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() <= LARGEST_DEPFILE);
        #[expect(clippy::disallowed_methods, reason = "the message names no path")]
        let text =
            is_usual.then(|| fs::read(&path).ok()).flatten().ok_or("the list of headers cannot be read")?;
        let command = digest(question);
        if self
            .verified
            .get(&command)
            .is_some_and(|known| known.contains(&digest(&(&text, &closure.fingerprint))))
        {
            return Ok(());
        }
        let moved = moved(question, &text);
        let names = depfile::prerequisites(moved.as_ref().unwrap_or(&text));
        self.all_are_in(question, closure, &names)?;
        if let Some(moved) = &moved {
            let write = File::options()
                .write(true)
                .truncate(true)
                .open(&path)
                .and_then(|mut file| file.write_all(moved));
            write.map_err(|_| "the list of headers cannot be written")?;
        }
        let text = moved.unwrap_or(text);
        if self.verified.len() >= MOST_COMMANDS {
            self.verified.clear();
        }
        self.verified.entry(command).or_default().insert(digest(&(&text, &closure.fingerprint)));
        Ok(())
    }

    fn all_are_in(
        &self,
        question: &Question,
        closure: &Closure,
        names: &[Vec<u8>],
    ) -> Result<(), &'static str> {
        let known: HashSet<&Path> = closure.files.iter().map(|file| self.tree.path(*file)).collect();
        let mut real: Option<HashSet<PathBuf>> = None;
        let mut folders = HashMap::new();
        for name in names {
            let name = std::str::from_utf8(name).map_err(|_| "the name of a header is not UTF-8")?;
            let path = Path::new(&question.directory).join(name);
            if known.contains(path.as_path()) {
                continue;
            }
            let real = real.get_or_insert_with(|| {
                known.iter().filter_map(|path| in_real_folder(path, &mut folders)).collect()
            });
            if !in_real_folder(&path, &mut folders).is_some_and(|path| real.contains(&path)) {
                return Err("it includes a file that no directive names");
            }
        }
        Ok(())
    }

    /// The folders of a command: its own, and those that the compiler always searches.
    fn key(&mut self, question: &Question) -> Result<Key, &'static str> {
        let directory = Path::new(&question.directory);
        let mut folders: Vec<PathBuf> =
            question.folders.iter().map(|folder| directory.join(folder)).collect();
        folders.extend(self.folders.of(question)?);
        let mut listed = HashSet::new();
        folders.retain(|folder| listed.insert(folder.clone()));
        Ok(Key { folders, roots: question.roots.clone() })
    }

    fn closure(&mut self, question: &Question) -> Closure {
        if self.tree.size() > MOST
            || self.searches.len() > MOST_SEARCHES
            || self.answered.len() > MOST_COMMANDS
        {
            self.tree = Tree::new();
            self.searches.clear();
            self.answered.clear();
        }
        self.tree.begin();
        let key = match self.key(question) {
            Ok(key) => key,
            Err(reason) => return Closure { files: Arc::new([]), fingerprint: Err(reason.into()) },
        };
        let mut search = self.searches.remove(&key).unwrap_or_default();
        if search.number == 0 || !self.tree.is_unchanged(&search.seen) {
            self.begun += 1;
            search = Search { number: self.begun, ..Search::default() };
        }
        let command = digest(question);
        let closure = self.same_answer(command, search.number).unwrap_or_else(|| {
            let closure = self.follow(question, &key, &mut search);
            let versions = closure.files.iter().map(|file| self.tree.file_version(*file)).collect();
            let answered = Answered { search: search.number, versions, closure: closure.clone() };
            self.answered.insert(command, answered);
            closure
        });
        self.searches.insert(key, search);
        closure
    }

    /// The last answer, if nothing has changed.
    fn same_answer(&mut self, command: u64, search: u64) -> Option<Closure> {
        let answered = self.answered.get(&command).filter(|answered| answered.search == search)?;
        let fingerprint = answered.closure.fingerprint.as_ref().ok()?;
        let mut files = answered.closure.files.iter().zip(&answered.versions);
        let is_same = !self.spoiled.contains(fingerprint)
            && files.all(|(file, version)| self.tree.file_version(*file) == *version);
        is_same.then(|| answered.closure.clone())
    }

    fn follow(&mut self, question: &Question, key: &Key, search: &mut Search) -> Closure {
        let directory = Path::new(&question.directory);
        let mut files = Vec::new();
        let mut queued = HashSet::new();
        let mut hasher = DefaultHasher::new();
        let mut second = DefaultHasher::new();
        (&question.context, &question.flags).hash(&mut hasher);
        for folder in &key.folders {
            named(folder, &key.roots).hash(&mut hasher);
        }
        let definitions = definitions(&question.definitions);
        let source = self.tree.file(&directory.join(&question.source));
        queued.insert(source);
        files.push(source);
        let mut failure: Option<Reason> = None;
        // Names on the command line are searched like those in a file in the working directory.
        for name in &question.included {
            match self.candidates(name.as_bytes(), Some(directory), key, search) {
                Ok(found) => self.add(&found, key, &mut files, &mut queued, &mut hasher),
                Err(reason) => failure = Some(reason.into()),
            }
            name.hash(&mut hasher);
        }
        match self.candidates(IMPLICIT, None, key, search) {
            Ok(found) => self.add(&found, key, &mut files, &mut queued, &mut hasher),
            Err(reason) => failure = Some(reason.into()),
        }
        let mut at = 0;
        while failure.is_none() {
            while at < files.len() && failure.is_none() {
                let step = self.step(files[at], key, search);
                failure = step.failure;
                step.part.hash(&mut hasher);
                second.write_u64(step.part.rotate_left(17) ^ at as u64);
                files.extend(step.reached.iter().filter(|file| queued.insert(**file)));
                at += 1;
            }
            if failure.is_some() {
                break;
            }
            match self.of_macros(&files, &definitions, key, search) {
                Ok(found) => self.add(&found, key, &mut files, &mut queued, &mut hasher),
                Err(reason) => failure = Some(reason),
            }
            if at == files.len() {
                break;
            }
        }
        if let Some(reason) = failure {
            return Closure { files: files.into(), fingerprint: Err(reason) };
        }
        second.write_u64(hasher.finish());
        let mut fingerprint = format!("{:016x}{:016x}", hasher.finish(), second.finish());
        while self.spoiled.contains(&fingerprint) {
            fingerprint.push('0');
        }
        Closure { files: files.into(), fingerprint: Ok(fingerprint) }
    }

    fn add(
        &self,
        found: &[Id],
        key: &Key,
        files: &mut Vec<Id>,
        queued: &mut HashSet<Id>,
        hasher: &mut DefaultHasher,
    ) {
        for file in found {
            named(self.tree.path(*file), &key.roots).hash(hasher);
            if queued.insert(*file) {
                files.push(*file);
            }
        }
    }

    /// The files whose names are the values of macros in an `#include` or `__has_include`.
    fn of_macros(
        &mut self,
        files: &[Id],
        definitions: &Scan,
        key: &Key,
        search: &mut Search,
    ) -> Result<Vec<Id>, Reason> {
        let scans: Vec<(Id, Arc<Scan>)> = files.iter().map(|file| (*file, self.tree.scan(*file))).collect();
        let all = || scans.iter().map(|(_, scan)| &**scan).chain([definitions]);
        let wrappers: HashSet<&[u8]> = all().flat_map(|scan| &scan.wrappers).map(|name| &**name).collect();
        let mut found = Vec::new();
        for (file, scan) in &scans {
            let calls = scan.calls.iter().filter(|(name, _)| wrappers.contains(&**name));
            let of_calls = calls.map(|(_, argument)| argument);
            for macro_ in scan.computed.iter().chain(of_calls) {
                let identity = hash(macro_.iter().copied());
                let values: Vec<&Name> = all()
                    .flat_map(|scan| scan.literal.iter().filter(|(name, _)| name == macro_))
                    .map(|(_, value)| value)
                    .collect();
                if values.is_empty() || all().any(|scan| scan.defined.contains(&identity)) {
                    let path = self.tree.path(*file).display();
                    let name = String::from_utf8_lossy(macro_);
                    return Err(format!("an #include or __has_include names a macro ({path}: {name})").into());
                }
                let folder = self.tree.path(*file).parent().map(Path::to_owned);
                for value in values {
                    let folder = folder.as_deref().filter(|_| value.quoted);
                    found.extend(self.candidates(&value.text, folder, key, search)?);
                }
            }
        }
        Ok(found)
    }

    /// What a file can include.
    fn step(&mut self, file: Id, key: &Key, search: &mut Search) -> Step {
        let version = self.tree.file_version(file);
        if let Some(step) = search.steps.get(&file).filter(|step| step.version == version) {
            return step.clone();
        }
        let scan = self.tree.scan(file);
        let path = self.tree.path(file).to_owned();
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut hasher = DefaultHasher::new();
        named(&path, &key.roots).hash(&mut hasher);
        let mut reached = Vec::new();
        let in_file = |reason: &str| Reason::from(format!("{reason} ({})", path.display()));
        let mut failure = scan.opaque.map(in_file);
        for name in &scan.names {
            let of_file = name.quoted.then_some(folder);
            match self.candidates(&name.text, of_file, key, search) {
                Ok(found) => {
                    (&name.text, name.quoted, found.len()).hash(&mut hasher);
                    for file in &found {
                        named(self.tree.path(*file), &key.roots).hash(&mut hasher);
                    }
                    reached.extend(found);
                }
                Err(reason) => failure = Some(in_file(reason)),
            }
        }
        let mut added = HashSet::new();
        reached.retain(|file| added.insert(*file));
        let step = Step { version, reached: reached.into(), part: hasher.finish(), failure };
        search.steps.insert(file, step.clone());
        step
    }

    /// The files with this name: in the folder of the file that names it, and in the list of folders.
    fn candidates(
        &mut self,
        name: &[u8],
        folder: Option<&Path>,
        key: &Key,
        search: &mut Search,
    ) -> Result<Vec<Id>, &'static str> {
        let Ok(text) = std::str::from_utf8(name) else { return Err("the name in an #include is not UTF-8") };
        let path = Path::new(text);
        let mut found = Vec::new();
        if path.is_absolute() {
            if let (Some(parent), Some(last)) = (path.parent(), path.file_name())
                && self.tree.exists(parent, Path::new(last), &mut search.seen)?
            {
                found.push(self.tree.file(path));
            }
            return Ok(found);
        }
        if let Some(folder) = folder
            && self.tree.exists(folder, path, &mut search.seen)?
        {
            found.push(self.tree.file(&folder.join(path)));
        }
        if let Some(known) = search.found.get(name) {
            found.extend(known.iter());
            return Ok(found);
        }
        let mut of_list = Vec::new();
        for folder in &key.folders {
            if self.tree.exists(folder, path, &mut search.seen)? {
                of_list.push(self.tree.file(&folder.join(path)));
            }
        }
        found.extend(&of_list);
        search.found.insert(name.into(), of_list.into());
        Ok(found)
    }
}

/// The definitions of the command line, like a file.
fn definitions(definitions: &[String]) -> Scan {
    let mut text = String::new();
    for definition in definitions {
        let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
        text.push_str(&format!("#define {name} {value}\n"));
    }
    Scan::of(text.as_bytes())
}

/// A path below one of `roots`: the number of the root, and the rest.
fn named<'a>(path: &'a Path, roots: &[(String, usize)]) -> (usize, &'a Path) {
    let below = |(root, number): &(String, usize)| Some((*number, path.strip_prefix(root).ok()?));
    roots.iter().find_map(below).unwrap_or((0, path))
}

/// The path with the real path of its folder.
fn in_real_folder(path: &Path, folders: &mut HashMap<PathBuf, Option<PathBuf>>) -> Option<PathBuf> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    let real = match folders.get(folder) {
        Some(real) => real.clone(),
        None => folders.entry(folder.to_owned()).or_insert(fs::canonicalize(folder).ok()).clone(),
    };
    Some(real?.join(name))
}

/// The list of headers for this checkout, if it is that of another one.
fn moved(question: &Question, text: &[u8]) -> Option<Vec<u8>> {
    let names = depfile::prerequisites(text);
    let first = std::str::from_utf8(names.first()?).ok()?;
    let source = Path::new(&question.directory).join(&question.source);
    let source = source.to_str()?;
    if !first.starts_with('/') || Path::new(first) == Path::new(source) {
        return None;
    }
    // The shortest one first, because headers of the whole checkout have moved.
    question.roots.iter().rev().find_map(|(root, _)| {
        let rest = source.strip_prefix(root.as_str()).filter(|rest| rest.starts_with('/'))?;
        let other = first.strip_suffix(rest)?;
        Some(depfile::moved(text, other.as_bytes(), root.as_bytes()))
    })
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
