//! The closure of a command (all files that it can read) and its fingerprint.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folders::Folders;
use super::question::Question;
use super::scan::{Name, Scan};
use super::tree::{Id, Seen, Tree};
use crate::launch::process;
use crate::launch::rules::hash;

/// The largest number of known folders and files. Above it, the guard discards all of them.
const MOST: usize = 200_000;
/// The largest numbers of search paths and of commands, with the same effect.
const MOST_SEARCHES: usize = 2_000;
pub(super) const MOST_COMMANDS: usize = 50_000;
/// GCC includes this header before each source, from anywhere in the search path.
const IMPLICIT: &[u8] = b"stdc-predef.h";

/// A clause with the reason why a command may not use direct mode.
pub type Reason = Cow<'static, str>;

/// Whether a command may use direct mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may use direct mode.
    Direct(Permission),
    /// It may not use direct mode, for this reason.
    Without(Reason),
}

/// The permission of a command to use direct mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// A part of the key of the direct mode.
    pub fingerprint: String,
    /// Whether a file contains one of the [`Question::places`].
    pub contains_place: bool,
    /// [`Tree::changes`] at this time.
    changes: usize,
}

/// Whether the result of a command with direct mode is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The result is valid.
    Valid,
    /// The result may be stale. The command must run again without direct mode.
    Invalid(Reason),
}

/// The guard. It stores the names in the files that it has read. For each question, it compares their time stamps.
#[derive(Debug)]
pub struct Guard {
    pub(super) tree: Tree,
    folders: Folders,
    searches: HashMap<Key, Search>,
    /// The number of searches so far.
    search_count: u64,
    /// The last answer to each question.
    answered: HashMap<u64, Answered>,
    /// Verified lists of headers, by question.
    pub(super) verified: HashMap<u64, HashSet<u64>>,
    /// Commands whose result was invalid, with the reason.
    refused: HashMap<u64, Reason>,
    /// Fingerprints under which an object may be stored for other files.
    spoiled: HashSet<String>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    folders: Vec<PathBuf>,
    roots: Vec<(String, usize)>,
}

/// The results of searches in one search path.
#[derive(Debug, Default)]
struct Search {
    /// The number of the search. It changes when files appear or disappear.
    number: u64,
    /// The folders and files on which the entries below depend, and those on which earlier entries depended.
    seen: Seen,
    found: HashMap<Box<[u8]>, Box<[Id]>>,
    steps: HashMap<Id, Step>,
}

/// The files that a file can include directly.
#[derive(Debug, Clone)]
struct Step {
    version: u32,
    reached: Arc<[Id]>,
    part: u64,
    failure: Option<Reason>,
}

/// All files that a command can read.
#[derive(Debug, Clone)]
pub(super) struct Closure {
    pub(super) files: Arc<[Id]>,
    pub(super) fingerprint: Result<String, Reason>,
    contains_place: bool,
}

/// An answer. It is valid while its files are unchanged.
#[derive(Debug)]
struct Answered {
    /// [`Search::number`]
    search: u64,
    versions: Box<[u32]>,
    closure: Closure,
}

impl Guard {
    /// A guard. `memory` is a file that stores the answers of compilers.
    #[must_use]
    pub fn new(memory: Option<PathBuf>) -> Self {
        Self {
            tree: Tree::new(),
            folders: Folders::new(memory),
            searches: HashMap::new(),
            search_count: 0,
            answered: HashMap::new(),
            verified: HashMap::new(),
            refused: HashMap::new(),
            spoiled: HashSet::new(),
        }
    }

    /// Answers whether a command may use direct mode, before it runs.
    pub fn answer(&mut self, question: &Question) -> Answer {
        if let Some(reason) = self.refused.get(&digest(question)) {
            return Answer::Without(reason.clone());
        }
        let Closure { fingerprint, contains_place, .. } = self.closure(question);
        match fingerprint {
            Ok(fingerprint) => {
                Answer::Direct(Permission { fingerprint, contains_place, changes: self.tree.changes() })
            }
            Err(reason) => Answer::Without(reason),
        }
    }

    /// Checks the result of a command that ran with this permission.
    ///
    /// The result is invalid if a file that the command can reach has appeared or disappeared, also if it has returned. The
    /// contents of headers need not be compared: a stored entry names the contents that the tool has read, and changed contents
    /// lead to another fingerprint.
    pub fn check(&mut self, question: &Question, permission: &Permission) -> Verdict {
        let Permission { fingerprint, changes, .. } = permission;
        self.tree.begin();
        let closure = self.key(question).ok().and_then(|key| {
            let search = self.searches.get(&key)?;
            let answered = self.answered.get(&digest(question))?;
            let is_same = answered.closure.fingerprint.as_ref() == Ok(fingerprint);
            self.tree.examine(&search.seen);
            (is_same && !self.concerns(question, answered, *changes)).then(|| answered.closure.clone())
        });
        let Some(closure) = closure else {
            self.spoiled.insert(fingerprint.clone());
            return Verdict::Invalid("files have changed during the compilation".into());
        };
        match self.check_headers(question, &closure) {
            Ok(()) => Verdict::Valid,
            Err(reason) => {
                self.spoiled.insert(fingerprint.clone());
                self.refused.insert(digest(question), reason.into());
                Verdict::Invalid(reason.into())
            }
        }
    }

    /// Whether a change since then concerns a command: the name of the file is a part of a name in its directives.
    fn concerns(&self, question: &Question, answered: &Answered, since: usize) -> bool {
        let names = self.tree.changed_since(since);
        if names.is_empty() {
            return false;
        }
        let Some(changed) = names.iter().map(Option::as_deref).collect::<Option<HashSet<&OsStr>>>() else {
            return true;
        };
        let is_changed =
            |name: &OsStr| process::folded_name(name).map_or(true, |name| changed.contains(&*name));
        let of_path = |path: &Path| path.components().any(|part| is_changed(part.as_os_str()));
        let of_name = |name: &[u8]| std::str::from_utf8(name).map_or(true, |name| of_path(Path::new(name)));
        let of_scan = |scan: &Scan| {
            scan.names.iter().any(|name| of_name(&name.text))
                || scan.literal.iter().any(|(_, value)| of_name(&value.text))
        };
        of_name(IMPLICIT)
            || question.included.iter().any(|name| of_path(Path::new(name)))
            || of_scan(&Scan::of_definitions(&question.definitions))
            || answered.closure.files.iter().zip(&answered.versions).any(|(file, version)| {
                self.tree.version(*file) != *version
                    || self.tree.path(*file).file_name().is_some_and(is_changed)
                    || of_scan(&self.tree.scan(*file))
            })
    }

    /// The search path of a command: its own folders, and the default ones of the compiler.
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
            Err(reason) => {
                return Closure {
                    files: Arc::new([]),
                    fingerprint: Err(reason.into()),
                    contains_place: false,
                };
            }
        };
        let mut search = self.searches.remove(&key).unwrap_or_default();
        if search.number == 0 || !self.tree.is_unchanged(&search.seen) {
            self.search_count += 1;
            // The folders of running commands are examined when these end.
            let seen = self.tree.renewed(&search.seen);
            search = Search { number: self.search_count, seen, ..Search::default() };
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
        let definitions = Scan::of_definitions(&question.definitions);
        let source = self.tree.file(&directory.join(&question.source));
        queued.insert(source);
        files.push(source);
        let mut failure: Option<Reason> = None;
        // A name on the command line is searched like a name in a file in the working directory.
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
            return Closure { files: files.into(), fingerprint: Err(reason), contains_place: false };
        }
        let is_place = |path: &[u8]| question.places.iter().any(|place| path.starts_with(place.as_bytes()));
        let contains_place =
            files.iter().any(|file| self.tree.scan(*file).paths.iter().any(|path| is_place(path)));
        contains_place.hash(&mut hasher);
        if question.with_contents {
            for file in &files {
                let content = self.tree.content(*file);
                content.hash(&mut hasher);
                second.write(content);
            }
        }
        second.write_u64(hasher.finish());
        let mut fingerprint = format!("{:016x}{:016x}", hasher.finish(), second.finish());
        while self.spoiled.contains(&fingerprint) {
            fingerprint.push('0');
        }
        Closure { files: files.into(), fingerprint: Ok(fingerprint), contains_place }
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
                let has_other_value = all().any(|scan| scan.defined.contains(&identity));
                if values.is_empty() && !has_other_value && !may_be_of_compiler(macro_) {
                    // Such as a macro for the user's configuration. Without a definition, no compiler gets past this directive.
                    continue;
                }
                if values.is_empty() || has_other_value {
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

    /// The files that a file can include directly.
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

    /// The files with this name in the folder of the file with the directive, and in the search path.
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

/// Whether the compiler itself may define a macro. An empty name is that of an unknown argument.
fn may_be_of_compiler(name: &[u8]) -> bool {
    name.first().is_none_or(|first| *first == b'_')
}

/// A path relative to one of `roots`: the number of the root (0 for none), and the rest of the path.
pub(super) fn named<'a>(path: &'a Path, roots: &[(String, usize)]) -> (usize, &'a Path) {
    let below = |(root, number): &(String, usize)| Some((*number, path.strip_prefix(root).ok()?));
    roots.iter().find_map(below).unwrap_or((0, path))
}

pub(super) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
