//! The known folders and files, with the names in their directives.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

use super::scan::Scan;
use crate::launch::process::{self, FileState, Watch, WatchedFolder};
use crate::launch::stamp::Stamp;

/// A file that was changed within this time before it was read, in nanoseconds, may change again without a new time stamp: the
/// clock of a file system ticks at least every 10 ms.
const TICK: i128 = 50_000_000;
/// The time for file systems whose time stamps are whole seconds.
const SLOW_TICK: i128 = 2_100_000_000;
/// Larger files are not scanned.
const LARGEST: u64 = 16 << 20;
/// Folders with more files are not listed.
const MOST_FILES: usize = 100_000;

/// The kind of a directory entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// A folder or a file, by its number.
pub(super) type Id = usize;

/// The SHA-256 of a file.
pub(super) type Content = [u8; 32];

#[derive(Debug, Default)]
struct Folder {
    path: PathBuf,
    /// `None` if the folder does not exist.
    stamp: Option<Stamp>,
    is_young: bool,
    entries: HashMap<OsString, Kind>,
    /// The names from directives. Only a change of these files matters.
    relevant: HashSet<OsString>,
    /// Whether it contains a precompiled header.
    has_precompiled: bool,
    /// The reason why it cannot be listed.
    failure: Option<&'static str>,
    version: u32,
    examined_in: u64,
    watched: Option<Watched>,
    /// The number of reported changes.
    reports: u64,
    /// The folder that contains it, if it is known.
    parent: Option<Id>,
}

/// A folder that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Watched {
    number: WatchedFolder,
    /// The device and inode of the folder. If they change, another folder is at the path.
    folder: Option<(u64, u64)>,
}

#[derive(Debug, Default)]
struct Source {
    path: PathBuf,
    stamp: Option<Stamp>,
    is_young: bool,
    scan: Arc<Scan>,
    /// The SHA-256 of the content; zeros if the file does not exist or cannot be read.
    content: Content,
    version: u32,
    examined_in: u64,
    parent: Option<Id>,
    /// The number of reported changes of its folder before the file was read. `None` if later changes may not be reported.
    reports: Option<(Watched, u64)>,
}

/// All known folders and files. Each is examined once for each question.
#[derive(Debug)]
pub(super) struct Tree {
    question: u64,
    now: i128,
    folders: Vec<Folder>,
    /// The folders and files by their paths. These are compared as texts, which is several times as fast as part by part; two
    /// spellings of a path are two entries.
    folder_ids: HashMap<OsString, Id>,
    files: Vec<Source>,
    file_ids: HashMap<OsString, Id>,
    watch: Option<Watch>,
    watched: HashMap<WatchedFolder, Vec<Id>>,
    /// The names that matter of all files that have appeared or disappeared, in order. `None` is any name.
    changes: Vec<Option<OsString>>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self {
            question: 0,
            now: 0,
            folders: Vec::new(),
            folder_ids: HashMap::new(),
            files: Vec::new(),
            file_ids: HashMap::new(),
            watch: Watch::new(),
            watched: HashMap::new(),
            changes: Vec::new(),
        }
    }

    /// Begins a question: all folders and files must be examined again, except files in watched folders without a reported
    /// change.
    pub(super) fn begin(&mut self) {
        self.question += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.now = i128::try_from(now.as_nanos()).unwrap_or_default();
        let changes = self.watch.as_ref().map(Watch::changes).unwrap_or_default();
        if changes.lost {
            self.changes.push(None);
        }
        // A file that has disappeared and returned is found in no list of its folder.
        for (number, name) in changes.names {
            let mut folders = self.watched.get(&number).into_iter().flatten();
            if folders.any(|folder| self.folders[*folder].relevant.contains(&name)) {
                self.changes.push(Some(name));
            }
        }
        let all = changes.lost.then(|| self.watched.keys().copied().collect());
        for number in all.unwrap_or(changes.folders) {
            for folder in self.watched.get(&number).into_iter().flatten() {
                self.folders[*folder].reports += 1;
            }
        }
        for number in changes.ended {
            for folder in self.watched.remove(&number).into_iter().flatten() {
                self.folders[folder].watched = None;
            }
        }
    }

    /// Watches an examined folder, unless it is watched already.
    fn watched(&mut self, id: Id) -> Option<(Watched, u64)> {
        let folder = &self.folders[id];
        let identity = folder.stamp?.identity();
        if let Some(watched) = folder.watched.filter(|watched| watched.folder == Some(identity)) {
            return Some((watched, folder.reports));
        }
        let number = self.watch.as_ref()?.add(&folder.path)?;
        // The path may have changed before the watch was added.
        let identity = Stamp::of(&folder.path)?.identity();
        let watched = Watched { number, folder: Some(identity) };
        let of_number = self.watched.entry(number).or_default();
        if !of_number.contains(&id) {
            of_number.push(id);
        }
        let folder = &mut self.folders[id];
        folder.watched = Some(watched);
        folder.reports += 1;
        Some((watched, folder.reports))
    }

    /// The number of known folders, files and changes.
    pub(super) fn size(&self) -> usize {
        self.folders.len() + self.files.len() + self.changes.len()
    }

    /// The number of changes until now, for [`Self::changed_since`].
    pub(super) fn changes(&self) -> usize {
        self.changes.len()
    }

    /// The names of the files that have appeared or disappeared since there were `number` changes. `None` is any name.
    pub(super) fn changed_since(&self, number: usize) -> &[Option<OsString>] {
        self.changes.get(number..).unwrap_or(&[None])
    }

    /// Whether a file or folder with this stamp may change without a new stamp.
    fn is_young(&self, stamp: Option<Stamp>) -> bool {
        stamp.is_some_and(|stamp| {
            let tick = if stamp.has_whole_seconds() { SLOW_TICK } else { TICK };
            stamp.is_since(self.now - tick)
        })
    }

    pub(super) fn folder(&mut self, path: &Path) -> Id {
        if let Some(id) = self.folder_ids.get(path.as_os_str()) {
            return *id;
        }
        let id = self.folders.len();
        self.folders.push(Folder { path: path.to_owned(), ..Folder::default() });
        self.folder_ids.insert(path.as_os_str().to_owned(), id);
        id
    }

    pub(super) fn file(&mut self, path: &Path) -> Id {
        if let Some(id) = self.file_ids.get(path.as_os_str()) {
            return *id;
        }
        let id = self.files.len();
        self.files.push(Source { path: path.to_owned(), ..Source::default() });
        self.file_ids.insert(path.as_os_str().to_owned(), id);
        id
    }

    /// The file at this path, if it is known.
    pub(super) fn known_file(&self, path: &Path) -> Option<Id> {
        self.file_ids.get(path.as_os_str()).copied()
    }

    /// The path of a file.
    pub(super) fn path(&self, file: Id) -> &Path {
        &self.files[file].path
    }

    /// Examines a folder. Returns a number that changes when a file with a relevant name appears or disappears.
    pub(super) fn folder_version(&mut self, id: Id) -> u32 {
        let (question, folder) = (self.question, &self.folders[id]);
        if folder.examined_in == question {
            return folder.version;
        }
        let is_missing = self.is_still_missing(id);
        let folder = &self.folders[id];
        let stamp = if is_missing { None } else { Stamp::of(&folder.path) };
        if folder.examined_in == 0 || stamp != folder.stamp || folder.is_young {
            let is_young = self.is_young(stamp);
            let (entries, failure) = match stamp {
                Some(_) => list(&folder.path),
                None => (HashMap::new(), None),
            };
            let folder = &mut self.folders[id];
            let ending =
                |name: &OsString| Path::new(name).extension().is_some_and(|end| end == "gch" || end == "pch");
            let has_precompiled = entries.keys().any(ending);
            let is_known = folder.examined_in == 0
                || (folder.failure == failure && !folder.has_precompiled && !has_precompiled);
            let before = self.changes.len();
            if !is_known {
                self.changes.push(None);
            }
            let differs = |name: &&OsString| folder.entries.get(*name) != entries.get(*name);
            self.changes.extend(folder.relevant.iter().filter(differs).cloned().map(Some));
            let is_same = folder.examined_in != 0 && before == self.changes.len();
            folder.is_young = is_young;
            folder.stamp = stamp;
            folder.has_precompiled = has_precompiled;
            folder.entries = entries;
            folder.failure = failure;
            if !is_same {
                folder.version += 1;
            }
        }
        let folder = &mut self.folders[id];
        folder.examined_in = question;
        folder.version
    }

    /// Whether the folder that contains a missing folder is unchanged, so that it is still missing. A third of the folders in a
    /// search path are missing, and share few parents.
    fn is_still_missing(&mut self, id: Id) -> bool {
        let folder = &self.folders[id];
        let Some(name) =
            folder.path.file_name().filter(|_| folder.examined_in != 0 && folder.stamp.is_none())
        else {
            return false;
        };
        let find = || self.folder_ids.get(folder.path.parent()?.as_os_str()).copied();
        let Some(parent) = folder.parent.or_else(find) else { return false };
        let containing = &self.folders[parent];
        let is_in_use = containing.examined_in != 0 && containing.failure.is_none();
        let is_absent = process::folded_name(name).is_ok_and(|name| !containing.entries.contains_key(&*name));
        if !is_in_use || !is_absent {
            return false;
        }
        let is_examined = containing.examined_in == self.question;
        if !is_examined && (containing.is_young || Stamp::of(&containing.path) != containing.stamp) {
            return false;
        }
        self.folders[parent].examined_in = self.question;
        self.folders[id].parent = Some(parent);
        true
    }

    /// Examines a file. Returns a number that changes when its content changes.
    pub(super) fn file_version(&mut self, id: Id) -> u32 {
        let (question, file) = (self.question, &self.files[id]);
        if file.examined_in == question {
            return file.version;
        }
        let parent = self.parent(id);
        if let Some(parent) = parent {
            self.folder_version(parent);
            let folder = &self.folders[parent];
            let identity = folder.stamp.map(|stamp| stamp.identity());
            let is_reported = self.files[id].reports.is_some_and(|(watched, reports)| {
                folder.watched == Some(watched) && watched.folder == identity && folder.reports == reports
            });
            if is_reported {
                let file = &mut self.files[id];
                file.examined_in = question;
                return file.version;
            }
        }
        // Watch the folder before the file is examined, so that a later change is reported.
        let reports = parent.and_then(|parent| self.watched(parent));
        let file = &self.files[id];
        let found = FileState::of(&file.path).ok();
        let stamp = found.as_ref().map(Stamp::from);
        // A change through another link to the file is not reported.
        let is_single = found.as_ref().is_some_and(|found| found.links == 1) && !self.is_link(id);
        if file.examined_in == 0 || stamp != file.stamp || file.is_young {
            let is_young = self.is_young(stamp);
            let (scan, content) = match stamp {
                Some(_) => read(&file.path),
                None => (Scan::default(), Content::default()),
            };
            let file = &mut self.files[id];
            let is_there = file.stamp.is_some() == stamp.is_some();
            if file.examined_in != 0 && !is_there {
                self.changes.push(file.path.file_name().map(OsStr::to_owned));
            }
            let is_same = file.examined_in != 0 && *file.scan == scan && file.content == content && is_there;
            file.is_young = is_young;
            file.stamp = stamp;
            file.content = content;
            if !is_same {
                file.scan = Arc::new(scan);
                file.version += 1;
            }
        }
        let file = &mut self.files[id];
        file.reports = reports.filter(|_| is_single);
        file.examined_in = question;
        file.version
    }

    fn parent(&mut self, id: Id) -> Option<Id> {
        if self.files[id].parent.is_none() {
            let folder = self.files[id].path.parent().map(Path::to_owned)?;
            self.files[id].parent = Some(self.folder(&folder));
        }
        self.files[id].parent
    }

    fn is_link(&self, id: Id) -> bool {
        let file = &self.files[id];
        let entry = file.parent.zip(file.path.file_name());
        entry.is_none_or(|(folder, name)| {
            process::folded_name(name)
                .map_or(true, |name| self.folders[folder].entries.get(&*name) != Some(&Kind::File))
        })
    }

    /// The version of a file when it was examined.
    pub(super) fn version(&self, file: Id) -> u32 {
        self.files[file].version
    }

    /// The names in the directives of an examined file.
    pub(super) fn scan(&self, id: Id) -> Arc<Scan> {
        Arc::clone(&self.files[id].scan)
    }

    /// The content of an examined file.
    pub(super) fn content(&self, id: Id) -> &Content {
        &self.files[id].content
    }

    /// Whether a file exists at `name` below `folder`. Adds the folders and links on which the answer depends to `seen`. Fails
    /// with the reason why the answer is unknown.
    pub(super) fn exists(
        &mut self,
        folder: &Path,
        name: &Path,
        seen: &mut Seen,
    ) -> Result<bool, &'static str> {
        let Some(last) = name.file_name() else { return Ok(false) };
        let parent = name.parent().unwrap_or(Path::new(""));
        let is_plain = parent.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let mut id = self.folder(folder);
        if is_plain {
            for part in parent.components() {
                match self.kind(id, part.as_os_str(), seen)? {
                    Some(Kind::Folder | Kind::Link) => id = self.folder(&self.folders[id].path.join(part)),
                    _ => return Ok(false),
                }
            }
        } else {
            id = self.folder(&folder.join(parent));
        }
        seen.add_folder(self, id);
        if self.folders[id].has_precompiled {
            let is_there = |ending: &str| {
                let mut precompiled = last.to_owned();
                precompiled.push(ending);
                process::folded_name(&precompiled)
                    .is_ok_and(|name| self.folders[id].entries.contains_key(&*name))
            };
            if is_there(".gch") || is_there(".pch") {
                return Err("a precompiled header is beside a header");
            }
        }
        match self.kind(id, last, seen)? {
            Some(Kind::File) => Ok(true),
            Some(Kind::Link) => {
                let file = self.file(&self.folders[id].path.join(last));
                seen.add_file(self, file);
                Ok(self.files[file].stamp.is_some())
            }
            Some(Kind::Other) => Err("an include can reach a special file"),
            Some(Kind::Folder) | None => Ok(false),
        }
    }

    fn kind(&mut self, id: Id, name: &OsStr, seen: &mut Seen) -> Result<Option<Kind>, &'static str> {
        let name = &*process::folded_name(name)?;
        seen.add_folder(self, id);
        let folder = &mut self.folders[id];
        if !folder.relevant.contains(name) {
            folder.relevant.insert(name.to_owned());
        }
        folder.failure.map_or_else(|| Ok(folder.entries.get(name).copied()), Err)
    }

    /// Whether the folders and files in `seen` are unchanged.
    pub(super) fn is_unchanged(&mut self, seen: &Seen) -> bool {
        seen.folders.iter().all(|(id, version)| self.folder_version(*id) == *version)
            && seen.files.iter().all(|(id, version)| self.file_version(*id) == *version)
    }

    /// Examines the same folders and files again.
    pub(super) fn examine(&mut self, seen: &Seen) {
        for id in seen.folders.keys() {
            self.folder_version(*id);
        }
        for id in seen.files.keys() {
            self.file_version(*id);
        }
    }

    /// The same folders and files, with their present versions.
    pub(super) fn renewed(&mut self, seen: &Seen) -> Seen {
        Seen {
            folders: seen.folders.keys().map(|id| (*id, self.folder_version(*id))).collect(),
            files: seen.files.keys().map(|id| (*id, self.file_version(*id))).collect(),
        }
    }
}

/// The folders and files on which an answer depends, with their versions.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    folders: HashMap<Id, u32>,
    files: HashMap<Id, u32>,
}

impl Seen {
    pub(super) fn add_folder(&mut self, tree: &mut Tree, id: Id) {
        self.folders.entry(id).or_insert_with(|| tree.folder_version(id));
    }

    /// Adds a file. Returns whether it is new.
    pub(super) fn add_file(&mut self, tree: &mut Tree, id: Id) -> bool {
        let before = self.files.len();
        self.files.entry(id).or_insert_with(|| tree.file_version(id));
        self.files.len() > before
    }
}

fn list(path: &Path) -> (HashMap<OsString, Kind>, Option<&'static str>) {
    const FAILURE: Option<&str> = Some("a folder cannot be listed");
    let mut entries = HashMap::new();
    let found = match fs::read_dir(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return (entries, None),
        Err(_) => return (entries, FAILURE),
    };
    for entry in found {
        let Ok(entry) = entry else { return (entries, FAILURE) };
        let kind = match entry.file_type() {
            Ok(kind) if kind.is_file() => Kind::File,
            Ok(kind) if kind.is_dir() => Kind::Folder,
            Ok(kind) if kind.is_symlink() => Kind::Link,
            Ok(_) => Kind::Other,
            Err(_) => return (entries, FAILURE),
        };
        if entries.len() == MOST_FILES {
            return (entries, Some("a folder contains too many files"));
        }
        // A name that cannot be compared is never looked up either.
        if let Ok(name) = process::folded_name(&entry.file_name())
            && entries.insert(name.into_owned(), kind).is_some()
        {
            return (entries, Some("two names in a folder differ only in their case"));
        }
    }
    if !process::IGNORES_CASE && ignores_case(path, &entries) {
        return (entries, Some("a file system ignores the case of names"));
    }
    (entries, None)
}

/// Whether the file system finds a file by its name in the other case.
fn ignores_case(path: &Path, entries: &HashMap<OsString, Kind>) -> bool {
    let other_case = |name: &OsString| {
        let other: String = name
            .to_str()?
            .chars()
            .map(|letter| match letter {
                'a'..='z' => letter.to_ascii_uppercase(),
                _ => letter.to_ascii_lowercase(),
            })
            .collect();
        (!entries.contains_key(OsStr::new(&other))).then_some(other)
    };
    entries.keys().find_map(other_case).is_some_and(|name| path.join(name).symlink_metadata().is_ok())
}

fn read(path: &Path) -> (Scan, Content) {
    let opaque = |reason| (Scan { opaque: Some(reason), ..Scan::default() }, Content::default());
    let Some(found) = fs::metadata(path).ok().filter(fs::Metadata::is_file) else {
        return opaque("a header is not a regular file");
    };
    // With space for one more byte, the end of the file is found without another allocation.
    let mut text = Vec::with_capacity(usize::try_from(found.len().min(LARGEST) + 1).unwrap_or_default());
    match File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text)) {
        Ok(length) if length as u64 <= LARGEST => (Scan::of(&text), Sha256::digest(&text).into()),
        Ok(_) => opaque("a header is larger than 16 MiB"),
        Err(_) => opaque("a header cannot be read"),
    }
}
