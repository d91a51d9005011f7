//! Stores the records of compilations, with the digests of their headers. This runs in a thread of the supervisor, so that a
//! compilation does not wait for it, and each header is read once for all compilations.
//!
//! The thread can be late: a build may have ended, and its folder may have been removed and configured again. So only the launcher
//! creates files, with [`prepare`], while the build runs. The thread writes to those that are there: a removed folder does not appear
//! again, no removal of a folder finds new names in it, and a new build does not get the records of the former one.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use super::super::guard::prerequisites;
use super::super::process::{self, FileState};
use super::super::reading;
use super::super::stamp::Stamp;
use super::inputs::Recording;
use super::log;
use super::names::Folders;
use crate::journal::{
    Header, HeaderId, HeaderInputs, Headers, Inputs, MOST_HEADERS, MOST_RECORDS, UNKNOWN_CONTENT,
    content_digest, inputs_file,
};
use crate::trust;

/// The dictionary of headers, in the folder of the journal.
const HEADERS: &str = "headers";
/// The largest header.
const LARGEST_HEADER: u64 = 32 << 20;
/// The size of the dictionary of headers at which a new one begins.
const LARGEST_DICTIONARY: u64 = 32 << 20;
/// The number of headers whose digests are kept in memory.
const MOST_DIGESTS: usize = 200_000;
/// The number of build folders whose dictionaries are kept in memory.
const MOST_FOLDERS: usize = 16;
/// The number of records that wait. Further ones are dropped.
const MOST_WAITING: usize = 4096;

/// Starts the thread. A record that is sent to it is stored soon.
pub(in crate::launch) fn start() -> SyncSender<Box<Recording>> {
    let (sender, receiver): (_, Receiver<Box<Recording>>) = sync_channel(MOST_WAITING);
    // Without the thread, nothing is recorded.
    let _ = thread::Builder::new().name("recorder".to_owned()).spawn(move || {
        // The compilers go first.
        process::lower_priority();
        let mut recorder = Recorder::default();
        for recording in receiver {
            recorder.store(*recording, None);
        }
    });
    sender
}

/// Creates the files to which the recorder writes. `None` if that is not possible.
pub(in crate::launch) fn prepare(recording: &Recording) -> Option<()> {
    let folder = log::trusted_folder(Path::new(&recording.build))?;
    let path = records_file(&folder, recording);
    process::create_folder(path.parent()?).ok()?;
    for path in [path, folder.join(HEADERS)] {
        match log::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                // A build of root has created it.
                path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
                fs::remove_file(&path).ok()?;
                log::open(&path).ok()?;
            }
            file => drop(file.ok()?),
        }
    }
    Some(())
}

/// The file with the records of an object, in this folder of a journal.
fn records_file(folder: &Path, recording: &Recording) -> PathBuf {
    folder.join("inputs").join(inputs_file(&recording.inputs.object))
}

/// Opens a file that [`prepare`] has created, with these options.
fn open_prepared(options: &mut OpenOptions, path: &Path) -> Option<File> {
    trust::open_itself(options, path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))
}

/// Replaces the content of a file. A reader ignores a text that is not complete: the cause of one miss is missing then.
fn overwrite(mut file: &File, text: &[u8]) {
    if file.write_all(text).is_ok() {
        let _ = file.set_len(text.len() as u64);
    }
}

/// Stores records.
#[derive(Debug, Default)]
pub(in crate::launch) struct Recorder {
    digests: HashMap<PathBuf, (Stamp, String)>,
    dictionaries: HashMap<PathBuf, Dictionary>,
    /// The first line of the output of compilers for `--version`.
    versions: HashMap<(PathBuf, Stamp), Option<String>>,
}

/// The headers that the dictionary of a build folder contains.
#[derive(Debug, Default)]
struct Dictionary {
    known: HashSet<HeaderId>,
    /// Its file after the last write. A file with fewer bytes is another one, even if it has the same number.
    file: Option<FileState>,
}

impl Recorder {
    /// Stores a record in the files from [`prepare`]. After `until`, its headers are not read any more.
    pub(in crate::launch) fn store(&mut self, recording: Recording, until: Option<Instant>) {
        let Some(folder) = log::present_folder(Path::new(&recording.build)) else { return };
        let path = records_file(&folder, &recording);
        if trust::open_folder(&folder.join("inputs")).is_err() {
            return;
        }
        let Some(file) = open_prepared(File::options().write(true), &path) else { return };
        let Recording { build, mut inputs, files, depfile } = recording;
        inputs.headers = match depfile.and_then(|text| self.headers(&folder, &inputs, (&text, files), until))
        {
            Ok(headers) => HeaderInputs::Known(headers),
            Err(reason) => HeaderInputs::Unknown(reason),
        };
        if until.is_none() {
            inputs.compiler.version = self.version(Path::new(&inputs.compiler.path));
        }
        let former = Inputs::read(Path::new(&build), &inputs.object).unwrap_or_default();
        let all: Vec<Inputs> = std::iter::once(inputs).chain(former).take(MOST_RECORDS).collect();
        overwrite(&file, Inputs::to_text(&all).as_bytes());
    }

    /// The headers in the list `text`. Adds new ones to the dictionary.
    fn headers(
        &mut self,
        folder: &Path,
        inputs: &Inputs,
        (text, files): (&str, Vec<String>),
        until: Option<Instant>,
    ) -> Result<Vec<HeaderId>, String> {
        let is_late = || until.is_some_and(|until| Instant::now() >= until);
        let late = || Err("there was no time to read them".to_owned());
        let [source, build, directory] = inputs.folders.each_ref().map(Path::new);
        let folders = Folders { build, source, directory };
        let ended = i128::from(inputs.at) * 1_000_000;
        let mut headers = Vec::new();
        let mut seen = HashSet::new();
        let listed = prerequisites(text.as_bytes()).into_iter();
        for name in listed.map(|name| String::from_utf8_lossy(&name).into_owned()).chain(files) {
            let place = folders.source(Path::new(&name));
            if place == inputs.source.0 || !seen.insert(place.clone()) {
                continue;
            }
            if seen.len() > MOST_HEADERS {
                return Err("there are too many".to_owned());
            }
            if is_late() {
                return late();
            }
            let digest =
                self.digest(&directory.join(&name), ended).unwrap_or_else(|| UNKNOWN_CONTENT.to_owned());
            headers.push(Header { path: place.replace(['\n', '\r'], " "), digest });
        }
        let dictionary = self.dictionary(folder);
        if is_late() {
            return late();
        }
        dictionary.add(&folder.join(HEADERS), &headers);
        Ok(headers.iter().map(Header::id).collect())
    }

    /// The digest of a header. `None` if it has disappeared, or was changed since `ended`, in nanoseconds since 1970.
    fn digest(&mut self, path: &Path, ended: i128) -> Option<String> {
        let stamp = Stamp::of(path).filter(|stamp| !stamp.is_since(ended))?;
        if let Some((known, digest)) = self.digests.get(path)
            && *known == stamp
        {
            return Some(digest.clone());
        }
        let digest = content_digest(&reading::read(path, LARGEST_HEADER).ok()?);
        if self.digests.len() >= MOST_DIGESTS {
            self.digests.clear();
        }
        self.digests.insert(path.to_path_buf(), (stamp, digest.clone()));
        Some(digest)
    }

    fn dictionary(&mut self, folder: &Path) -> &mut Dictionary {
        let found = FileState::of_entry(&folder.join(HEADERS)).ok();
        let is_same = |known: &Dictionary| {
            let both = found.as_ref().zip(known.file.as_ref());
            both.is_some_and(|(found, file)| found.is_same_file(file) && found.size >= file.size)
        };
        if self.dictionaries.get(folder).is_some_and(|known| !is_same(known)) {
            self.dictionaries.remove(folder);
        }
        if self.dictionaries.len() >= MOST_FOLDERS && !self.dictionaries.contains_key(folder) {
            self.dictionaries.clear();
        }
        self.dictionaries.entry(folder.to_path_buf()).or_insert_with(|| {
            // The folder of the journal is in `toolchainkit` in the build folder.
            let build = folder.ancestors().nth(2).unwrap_or(folder);
            let known =
                Headers::read_current(build).map(|headers| headers.ids().collect()).unwrap_or_default();
            Dictionary { known, ..Dictionary::default() }
        })
    }

    fn version(&mut self, compiler: &Path) -> Option<String> {
        let stamp = Stamp::of(compiler)?;
        let key = (compiler.to_path_buf(), stamp);
        if self.versions.len() > MOST_FOLDERS {
            self.versions.clear();
        }
        self.versions.entry(key).or_insert_with(|| version(compiler)).clone()
    }
}

impl Dictionary {
    /// Adds the headers that it does not contain.
    fn add(&mut self, path: &Path, headers: &[Header]) {
        let mut lines = String::new();
        for header in headers {
            if self.known.insert(header.id()) {
                lines.push_str(&header.line());
            }
        }
        let Some(mut file) = open_prepared(File::options().append(true), path) else { return };
        // The lines of several supervisors do not mix, because one call of the system writes them.
        if !lines.is_empty() && file.write_all(lines.as_bytes()).is_err() {
            self.known.clear();
        }
        self.file = FileState::of_open(&file).ok();
        if self.file.as_ref().is_some_and(|file| file.size > LARGEST_DICTIONARY) {
            let _ = fs::rename(path, path.with_extension("old"));
            // For the records that wait.
            drop(log::open(path));
        }
    }
}

/// The first line that a compiler prints for `--version`.
fn version(compiler: &Path) -> Option<String> {
    const LONGEST: usize = 200;
    let mut command = process::command(compiler);
    let output =
        command.arg("--version").env("LC_ALL", "C").stdin(std::process::Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let filter = crate::foreign::Filter::default();
    let mut line = filter.bounded(text.lines().next()?.trim());
    line.truncate(line.floor_char_boundary(LONGEST));
    Some(line).filter(|line| !line.is_empty() && output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{CompilerInput, FOLDER};

    fn store(recorder: &mut Recorder, recording: Recording) {
        prepare(&recording).unwrap();
        recorder.store(recording, None);
    }

    fn put(path: &Path, text: &str) {
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn recording(build: &Path, depfile: Result<String, String>) -> Recording {
        let text = build.to_str().unwrap().to_owned();
        let inputs = Inputs {
            compiler: CompilerInput { path: "/bin/sh".to_owned(), ..CompilerInput::default() },
            folders: ["/s".to_owned(), text.clone(), text.clone()],
            headers: HeaderInputs::Unknown(String::new()),
            ..Inputs::of_test(super::super::now() + 60_000, "a.o", "<build>/a.c")
        };
        Recording { build: text, inputs, files: Vec::new(), depfile }
    }

    #[test]
    fn headers_are_stored_once_and_records_are_limited() {
        let scratch = tempfile::tempdir().unwrap();
        let build = scratch.path();
        put(&build.join("a.h"), "one");
        put(&build.join("b h.h"), "two");
        let depfile = || Ok("a.o: a.c a.h b\\ h.h ./a.h gone.h\n".to_owned());
        let mut recorder = Recorder::default();
        store(&mut recorder, recording(build, depfile()));
        store(&mut recorder, recording(build, depfile()));
        let headers = Headers::read(build).unwrap();
        assert_eq!(headers.len(), 3);
        let lines = fs_err::read_to_string(build.join(crate::journal::FOLDER).join("headers")).unwrap();
        assert_eq!(lines.lines().count(), 3);
        put(&build.join("a.h"), "another text");
        store(&mut recorder, recording(build, depfile()));
        store(&mut recorder, recording(build, Err("none".to_owned())));
        let records = Inputs::read(build, "a.o").unwrap();
        assert_eq!(records.len(), MOST_RECORDS);
        assert_eq!(records[0].headers, HeaderInputs::Unknown("none".to_owned()));
        let (HeaderInputs::Known(new), HeaderInputs::Known(old)) = (&records[1].headers, &records[2].headers)
        else {
            panic!("{records:?}");
        };
        let headers = Headers::read(build).unwrap();
        let changed: Vec<_> = new.iter().filter(|id| !old.contains(id)).collect();
        assert_eq!((changed.len(), headers.len()), (1, 4));
        assert_eq!(headers.get(*changed[0]).unwrap().path, "<build>/a.h");
        assert_eq!(headers.get(*changed[0]).unwrap().digest, content_digest(b"another text"));
    }

    #[test]
    fn a_removed_dictionary_is_written_again() {
        let scratch = tempfile::tempdir().unwrap();
        let build = scratch.path();
        put(&build.join("a.h"), "one");
        let mut recorder = Recorder::default();
        for _ in 0..2 {
            store(&mut recorder, recording(build, Ok("a.o: a.h\n".to_owned())));
            assert_eq!(Headers::read(build).unwrap().len(), 1);
            fs::remove_dir_all(build.join("toolchainkit")).unwrap();
        }
        // Another supervisor has begun the dictionary.
        store(&mut recorder, recording(build, Ok("a.o: a.h\n".to_owned())));
        store(&mut Recorder::default(), recording(build, Ok("a.o: a.h\n".to_owned())));
        let lines = fs_err::read_to_string(build.join(crate::journal::FOLDER).join("headers")).unwrap();
        assert_eq!(lines.lines().count(), 1);
    }

    #[test]
    fn a_header_that_was_changed_since_the_compilation_has_no_digest() {
        let scratch = tempfile::tempdir().unwrap();
        let build = scratch.path();
        put(&build.join("a.h"), "one");
        let mut earlier = recording(build, Ok("a.o: a.h\n".to_owned()));
        earlier.inputs.at -= 120_000;
        store(&mut Recorder::default(), earlier);
        let HeaderInputs::Known(ids) = &Inputs::read(build, "a.o").unwrap()[0].headers else { panic!() };
        let headers = Headers::read(build).unwrap();
        assert_eq!(headers.get(ids[0]).unwrap().digest, UNKNOWN_CONTENT);
    }

    #[test]
    fn there_is_a_limit_of_time() {
        let scratch = tempfile::tempdir().unwrap();
        let late = Some(Instant::now());
        let recording = recording(scratch.path(), Ok("a.o: a.h\n".to_owned()));
        prepare(&recording).unwrap();
        Recorder::default().store(recording, late);
        let records = Inputs::read(scratch.path(), "a.o").unwrap();
        assert!(matches!(&records[0].headers, HeaderInputs::Unknown(reason) if reason.contains("no time")));
    }

    #[test]
    fn a_late_record_creates_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let build = scratch.path().join("build");
        let journal = build.join(FOLDER);
        let record = || recording(&build, Ok("a.o: a.h\n".to_owned()));
        let names = || fs::read_dir(&journal).unwrap().count();
        fs::create_dir(&build).unwrap();
        put(&build.join("a.h"), "one");
        let mut recorder = Recorder::default();
        store(&mut recorder, record());
        assert_eq!(names(), 2);
        fs::remove_dir_all(&build).unwrap();
        recorder.store(record(), None);
        assert!(!build.exists());
        // Only a hit so far.
        fs::create_dir_all(&journal).unwrap();
        recorder.store(record(), None);
        assert_eq!(names(), 0);
        fs::create_dir(journal.join("inputs")).unwrap();
        recorder.store(record(), None);
        assert_eq!((names(), Inputs::read(&build, "a.o").unwrap()), (1, Vec::new()));
    }

    #[test]
    fn a_shorter_record_replaces_a_longer_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["a long text", "short"] {
            overwrite(&File::options().write(true).open(file.path()).unwrap(), text.as_bytes());
            assert_eq!(fs_err::read_to_string(file.path()).unwrap(), text);
        }
    }
}
