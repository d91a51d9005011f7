//! The check of the list of headers that the compiler or the tool has written.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Component, Path, PathBuf, is_separator};

use super::closure::{Closure, Guard, MOST_COMMANDS, digest, named};
use super::depfile;
use super::question::Question;
use super::tree::Id;

/// The largest list of headers that the guard reads.
const LARGEST_DEPFILE: u64 = 16 << 20;

impl Guard {
    /// Checks that the list of headers names only files of the closure. If sccache has written the list of another checkout,
    /// replaces it by the list for this checkout.
    pub(super) fn check_headers(
        &mut self,
        question: &Question,
        closure: &Closure,
    ) -> Result<(), &'static str> {
        let path = Path::new(&question.directory).join(&question.depfile);
        let is_usual =
            fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len() <= LARGEST_DEPFILE);
        #[expect(clippy::disallowed_methods, reason = "the message does not contain the path")]
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
        let files: HashSet<Id> = closure.files.iter().copied().collect();
        let mut names = depfile::prerequisites(&text);
        let mut replaced = moved(question, &text, &names);
        if let Some(text) = &replaced {
            names = depfile::prerequisites(text);
        }
        if let Some(other) = self.found_elsewhere(question, &files, &names) {
            let text = depfile::renamed(replaced.as_ref().unwrap_or(&text), &other);
            names = depfile::prerequisites(&text);
            replaced = Some(text);
        }
        self.all_are_in(question, &files, &names)?;
        if let Some(replaced) = &replaced {
            let write = File::options()
                .write(true)
                .truncate(true)
                .open(&path)
                .and_then(|mut file| file.write_all(replaced));
            write.map_err(|_| "the list of headers cannot be written")?;
        }
        let text = replaced.unwrap_or(text);
        if self.verified.len() >= MOST_COMMANDS {
            self.verified.clear();
        }
        self.verified.entry(command).or_default().insert(digest(&(&text, &closure.fingerprint)));
        Ok(())
    }

    /// The prerequisites that name files in other folders, such as a build folder or a base directory of another machine, with
    /// their paths in this checkout. The files are told by the ends of their paths. `None` if there are none.
    fn found_elsewhere(
        &self,
        question: &Question,
        files: &HashSet<Id>,
        names: &[Vec<u8>],
    ) -> Option<HashMap<Vec<u8>, Vec<u8>>> {
        let path = |name| std::str::from_utf8(name).ok().map(Path::new).filter(|path| path.is_absolute());
        let mut others =
            names.iter().filter(|name| path(name).is_some_and(|path| !self.is_in(path, files))).peekable();
        others.peek()?;
        let mut ends: HashMap<&Path, Option<&Path>> = HashMap::new();
        for path in files.iter().map(|file| self.tree.path(*file)) {
            if let (1.., end) = named(path, &question.roots) {
                // The same end in two folders does not tell the file.
                ends.entry(end).and_modify(|found| *found = None).or_insert(Some(path));
            }
        }
        let mut found = HashMap::new();
        for name in others {
            let mut end = path(name)?.components();
            while end.next().is_some() {
                if let Some(here) = ends.get(end.as_path()) {
                    found.extend(
                        here.map(|here| (name.clone(), here.as_os_str().as_encoded_bytes().to_vec())),
                    );
                    break;
                }
            }
        }
        (!found.is_empty()).then_some(found)
    }

    fn is_in(&self, path: &Path, files: &HashSet<Id>) -> bool {
        self.tree.known_file(path).is_some_and(|file| files.contains(&file))
    }

    fn all_are_in(
        &self,
        question: &Question,
        files: &HashSet<Id>,
        names: &[Vec<u8>],
    ) -> Result<(), &'static str> {
        let directory = Path::new(&question.directory);
        let is_real = fs::canonicalize(directory).is_ok_and(|real| real == directory);
        let mut real: Option<HashSet<PathBuf>> = None;
        let mut folders = HashMap::new();
        for name in names {
            let name = std::str::from_utf8(name).map_err(|_| "the name of a header is not UTF-8")?;
            let path = directory.join(name);
            let is_known = |path: &Path| self.is_in(path, files);
            if is_known(&path)
                || (is_real && from_below(directory, Path::new(name)).is_some_and(|p| is_known(&p)))
            {
                continue;
            }
            let real = real.get_or_insert_with(|| {
                let paths = files.iter().map(|file| self.tree.path(*file));
                paths.filter_map(|path| in_real_folder(path, &mut folders)).collect()
            });
            if !in_real_folder(&path, &mut folders).is_some_and(|path| real.contains(&path)) {
                return Err("it includes a file that no directive names");
            }
        }
        Ok(())
    }
}

/// The path of `name`, which begins with `..`, from a folder without links. `None` if there is a `..` after the name of a
/// folder, which may be a link.
fn from_below(directory: &Path, name: &Path) -> Option<PathBuf> {
    let mut folder = directory;
    let mut rest = name;
    while let Ok(above) = rest.strip_prefix("..") {
        folder = folder.parent()?;
        rest = above;
    }
    rest.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(rest))
}

/// The path with links in its folder resolved.
fn in_real_folder(path: &Path, folders: &mut HashMap<PathBuf, Option<PathBuf>>) -> Option<PathBuf> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    let real = match folders.get(folder) {
        Some(real) => real.clone(),
        None => folders.entry(folder.to_owned()).or_insert(fs::canonicalize(folder).ok()).clone(),
    };
    Some(real?.join(name))
}

/// The list of headers with the paths of this checkout, if `text`, with these `names`, is the list of another checkout.
fn moved(question: &Question, text: &[u8], names: &[Vec<u8>]) -> Option<Vec<u8>> {
    let first = std::str::from_utf8(names.first()?).ok()?;
    let source = Path::new(&question.directory).join(&question.source);
    let source = source.to_str()?;
    if !Path::new(first).is_absolute() || Path::new(first) == Path::new(source) {
        return None;
    }
    // The shortest one first, because headers of the whole checkout have moved.
    question.roots.iter().rev().find_map(|(root, _)| {
        let rest = source.strip_prefix(root.as_str()).filter(|rest| rest.starts_with(is_separator))?;
        let other = first.strip_suffix(rest)?;
        Some(depfile::moved(text, other.as_bytes(), root.as_bytes()))
    })
}
