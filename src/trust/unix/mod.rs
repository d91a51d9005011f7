//! The rule for Linux, macOS and the BSDs, by owners and permissions.

mod people;

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use self::people::Here;
use super::{Doubt, Owner, Purpose};

/// The administrator.
const ROOT: u32 = 0;
/// The group of administrators of macOS, to which Homebrew gives its folders.
const ADMIN_OF_MACOS: u32 = 80;
/// The number of links in a path after which Linux gives up, too.
const MOST_LINKS: usize = 40;

const STICKY: u32 = 0o1000;
const WRITE_OF_GROUP: u32 = 0o020;
const WRITE_OF_OTHERS: u32 = 0o002;
const SEARCH_OF_OTHERS: u32 = 0o011;

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its path.
    pub path: PathBuf,
    /// Whether it is a link.
    pub is_link: bool,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The number of its owner.
    pub owner: u32,
    /// The number of its group.
    pub group: u32,
    /// Its permissions.
    pub mode: u32,
    /// The index of the folder that contains it; `None` for the first one.
    pub parent: Option<usize>,
}

/// The people of the machine, as far as the rule needs them.
pub trait People {
    /// This user.
    fn user(&self) -> u32;
    /// Other users who are trusted for this path, such as the owner of the source tree.
    fn others(&self) -> &[u32];
    /// Whether only `owner` is a member of `group`.
    fn is_private(&self, group: u32, owner: u32) -> bool;
    /// Whether the number stands for all users that this namespace does not know. One of them is the administrator.
    fn is_unmapped(&self, owner: u32) -> bool;
}

/// What is known about a part after it was accepted.
#[derive(Clone, Copy, Default)]
struct Accepted {
    /// The group cannot reach what is in this folder.
    is_closed: bool,
    /// The user to whom the administrator has given this folder.
    delegate: Option<u32>,
}

/// Applies the rule to the parts of a path, each after the folder that contains it.
///
/// # Errors
///
/// The reason why the path is not trusted.
pub fn judge(parts: &[Part], people: &dyn People, purpose: Purpose) -> Result<(), Doubt> {
    let is_trusted = |owner: u32| owner == ROOT || owner == people.user() || people.others().contains(&owner);
    let mut accepted: Vec<Accepted> = Vec::with_capacity(parts.len());
    for part in parts {
        let parent = part.parent.and_then(|index| Some((parts.get(index)?, *accepted.get(index)?)));
        let inherited = parent.map(|(_, accepted)| accepted).unwrap_or_default();
        // Only an administrator can have put something into such a folder, or given it away.
        let is_put_by_administrator = parent.is_some_and(|(parent, _)| {
            (parent.owner == ROOT || people.is_unmapped(parent.owner))
                && parent.mode & (WRITE_OF_GROUP | WRITE_OF_OTHERS) == 0
        });
        let is_of_unmapped = people.is_unmapped(part.owner) && (parent.is_none() || is_put_by_administrator);
        let mut delegate = inherited.delegate;
        if !is_trusted(part.owner) && !is_of_unmapped && delegate != Some(part.owner) {
            if purpose != Purpose::Program || !is_put_by_administrator {
                return Err(Doubt::Owner { path: part.path.clone(), owner: part.owner });
            }
            delegate = Some(part.owner);
        }
        let is_closed = inherited.is_closed
            || part.is_folder && is_trusted(part.owner) && part.mode & SEARCH_OF_OTHERS == 0;
        accepted.push(Accepted { is_closed, delegate });
        // In a sticky folder, others cannot replace what belongs to a trusted user.
        if part.is_link || part.is_folder && part.mode & STICKY != 0 {
            continue;
        }
        let is_of_administrator = purpose == Purpose::Program
            && (part.owner == ROOT || is_of_unmapped || delegate == Some(part.owner));
        // A new file in such a folder belongs to the user who writes it, and is then refused.
        let is_open_to_all = is_of_administrator && part.is_folder && people.user() != ROOT;
        if part.mode & WRITE_OF_OTHERS != 0 && !is_open_to_all {
            return Err(Doubt::Writable { path: part.path.clone(), group: None });
        }
        let is_open_to_group = is_of_administrator
            || purpose == Purpose::Program && cfg!(target_os = "macos") && part.group == ADMIN_OF_MACOS;
        if part.mode & WRITE_OF_GROUP != 0
            && !(is_open_to_group || inherited.is_closed || people.is_private(part.group, part.owner))
        {
            return Err(Doubt::Writable { path: part.path.clone(), group: Some(part.group) });
        }
    }
    Ok(())
}

/// Checks a path, and every folder above it. What does not exist is trusted, if its folder is.
///
/// # Errors
///
/// The reason why the path is not trusted.
pub fn check(path: &Path, purpose: Purpose) -> Result<(), Doubt> {
    judge(&parts(path)?, &Here::new(&[]), purpose)
}

/// Checks a program. Inside of the current folder, whose files the user builds, only what is below this folder is checked. If
/// others can write to the current folder, they can also change the sources, and only the owners are checked.
///
/// # Errors
///
/// The reason why the program is not trusted.
pub fn check_program(path: &Path) -> Result<(), Doubt> {
    let mut parts = parts(path)?;
    let folder = std::env::current_dir().unwrap_or_default();
    let above = parts.iter().position(|part| part.path == folder && folder.parent().is_some());
    let mut others = Vec::new();
    if let Some(index) = above {
        let of_folder = parts[index].mode;
        others.push(parts[index].owner);
        parts.drain(..=index);
        for part in &mut parts {
            part.mode &= !(of_folder & (WRITE_OF_GROUP | WRITE_OF_OTHERS));
            part.parent = part.parent.and_then(|parent| parent.checked_sub(index + 1));
        }
    }
    judge(&parts, &Here::new(&others), Purpose::Program)
}

/// Checks an open file in a folder that the user has named, such as a build folder. The file may also belong to the owner of
/// `beside`, a program that runs anyway.
///
/// # Errors
///
/// The reason why the file is not trusted.
pub fn check_open(file: &fs::File, path: &Path, beside: &Path) -> Result<(), Doubt> {
    let found = file.metadata().map_err(|error| unknown(path, &error))?;
    let part = part(path.to_path_buf(), &found, None);
    let here = Here::new(&[]);
    let by_this_user = judge(std::slice::from_ref(&part), &here, Purpose::State);
    match (&by_this_user, fs::metadata(beside)) {
        (Err(Doubt::Owner { .. }), Ok(program)) => {
            judge(&[part], &Here::new(&[program.uid()]), Purpose::State)
        }
        _ => by_this_user,
    }
}

/// The ID of the user of this process.
///
/// # Errors
///
/// None on this system.
pub fn user() -> io::Result<Owner> {
    Ok(rustix::process::geteuid().as_raw())
}

/// The owner of the file at `path`, or behind a link.
///
/// # Errors
///
/// If it cannot be read.
pub fn owner(path: &Path) -> io::Result<Owner> {
    fs::metadata(path).map(|found| found.uid())
}

/// Whether the file at `path` belongs to another user.
pub(crate) fn is_of_other_user(path: &Path) -> bool {
    owner(path).is_ok_and(|owner| owner != rustix::process::geteuid().as_raw())
}

/// Whether the file belongs to this user or to root, and nobody else can write to it: the usual case of the rule.
pub(crate) fn is_usual(found: &fs::Metadata) -> bool {
    let owner = found.uid();
    found.mode() & (WRITE_OF_GROUP | WRITE_OF_OTHERS) == 0
        && (owner == ROOT || owner == rustix::process::geteuid().as_raw())
}

/// Opens what is at `path` itself. A link is an error, and a named pipe does not wait for its other end.
///
/// # Errors
///
/// If it cannot be opened.
pub fn open_itself(options: &mut fs::OpenOptions, path: &Path) -> io::Result<fs::File> {
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()).open(path)
}

/// Opens the folder at `path`. A link is an error.
///
/// # Errors
///
/// If it is not a folder, or cannot be opened.
pub fn open_folder(path: &Path) -> io::Result<fs::File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::DIRECTORY;
    fs::File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn unknown(path: &Path, error: &io::Error) -> Doubt {
    Doubt::Unknown { path: path.to_path_buf(), reason: error.to_string() }
}

fn part(path: PathBuf, found: &fs::Metadata, parent: Option<usize>) -> Part {
    Part {
        path,
        is_link: found.is_symlink(),
        is_folder: found.is_dir(),
        owner: found.uid(),
        group: found.gid(),
        mode: found.permissions().mode(),
        parent,
    }
}

/// The parts of an absolute path, with its links and the folders behind them. Ends at the first part that does not exist.
fn parts(path: &Path) -> Result<Vec<Part>, Doubt> {
    let absolute = std::path::absolute(path).map_err(|error| unknown(path, &error))?;
    let mut left: VecDeque<OsString> = names(&absolute).collect();
    let root = PathBuf::from("/");
    let found = fs::symlink_metadata(&root).map_err(|error| unknown(&root, &error))?;
    let mut parts = vec![part(root, &found, None)];
    let mut folder = 0;
    let mut links = 0;
    while let Some(name) = left.pop_front() {
        if name == ".." {
            folder = parts[folder].parent.unwrap_or(0);
            continue;
        }
        let path = parts[folder].path.join(&name);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(unknown(&path, &error)),
        };
        parts.push(part(path.clone(), &found, Some(folder)));
        if !found.is_symlink() {
            folder = parts.len() - 1;
            continue;
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(Doubt::Unknown { path, reason: "too many links".to_owned() });
        }
        let target = fs::read_link(&path).map_err(|error| unknown(&path, &error))?;
        if target.is_absolute() {
            folder = 0;
        }
        for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
            left.push_front(name);
        }
    }
    Ok(parts)
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
