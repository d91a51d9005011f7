//! The rule for Windows, by owners and access lists.
//!
//! The folders of the user's programs and sources often let all users of the machine write, because the root of the drive does. So
//! the rule is strict for the state of this user only: what the launcher keeps in its own folders.

mod access;

use std::fs;
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT};

use super::access_list::{REACH, REPLACE, WRITE, granted_to, is_trusted};
use super::{Doubt, Owner, Purpose};

pub use self::access::user;
pub(crate) use self::access::{checked, copied, wide, with_descriptor};

/// The SID of the owner of the file at `path`.
///
/// # Errors
///
/// If it cannot be read.
pub fn owner(path: &Path) -> io::Result<Owner> {
    access::security(path).map(|(owner, _)| owner)
}

/// Whether the file at `path` belongs to another user. Those of administrators belong to their group.
pub(crate) fn is_of_other_user(path: &Path) -> bool {
    owner(path).is_ok_and(|owner| user().is_ok_and(|user| !is_trusted(&owner, &user)))
}

/// The metadata do not contain the owner.
pub(crate) const fn is_usual(_found: &fs::Metadata) -> bool {
    false
}

/// Opens what is at `path` itself. A link is opened as such, so it is neither a file nor a folder.
///
/// # Errors
///
/// If it cannot be opened.
pub fn open_itself(options: &mut fs::OpenOptions, path: &Path) -> io::Result<fs::File> {
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)
}

/// Opens the folder at `path`. A link is an error.
///
/// # Errors
///
/// If it is not a folder, or cannot be opened.
pub fn open_folder(path: &Path) -> io::Result<fs::File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    let folder = fs::File::options().read(true).custom_flags(flags).open(path)?;
    if folder.metadata()?.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

fn unknown(path: &Path, error: &io::Error) -> Doubt {
    Doubt::Unknown { path: path.to_path_buf(), reason: error.to_string() }
}

fn check_rights(path: &Path, user: &str, rights: u32) -> Result<(), Doubt> {
    let (owner, list) = access::security(path).map_err(|error| unknown(path, &error))?;
    if !is_trusted(&owner, user) {
        return Err(Doubt::Owner { path: path.to_path_buf(), owner });
    }
    match granted_to(&list, user, rights) {
        None => Ok(()),
        Some(_) => Err(Doubt::Writable { path: path.to_path_buf(), group: None }),
    }
}

/// Checks the state of this user at a path: others cannot write to it, and cannot replace it or a folder above it. What does not
/// exist is trusted, if its folder is. Programs are trusted: PATH names them.
///
/// # Errors
///
/// The reason why the path is not trusted.
pub fn check(path: &Path, purpose: Purpose) -> Result<(), Doubt> {
    if purpose == Purpose::Program {
        return Ok(());
    }
    let path = std::path::absolute(path).map_err(|error| unknown(path, &error))?;
    let user = user().map_err(|error| unknown(&path, &error))?;
    let mut rights = WRITE;
    for part in path.ancestors() {
        match fs::symlink_metadata(part) {
            // What others can create in the first folder that exists is checked when it is created.
            Err(error) if error.kind() == io::ErrorKind::NotFound => rights = REPLACE,
            Err(error) => return Err(unknown(part, &error)),
            Ok(_) => {
                // A drive belongs to the system, and its root cannot be replaced.
                if part.parent().is_some() {
                    check_rights(part, &user, rights)?;
                }
                rights = REPLACE;
            }
        }
    }
    Ok(())
}

/// Programs are trusted: PATH names them.
///
/// # Errors
///
/// None.
pub fn check_program(_path: &Path) -> Result<(), Doubt> {
    Ok(())
}

/// Checks a file in a folder that the user has named, such as a build folder: it belongs to this user, to an administrator, or
/// to the owner of `beside`, a program that runs anyway.
///
/// # Errors
///
/// The reason why the file is not trusted.
pub fn check_open(_file: &fs::File, path: &Path, beside: &Path) -> Result<(), Doubt> {
    let user = user().map_err(|error| unknown(path, &error))?;
    let (owner, _) = access::security(path).map_err(|error| unknown(path, &error))?;
    let is_of_program = || access::security(beside).is_ok_and(|(other, _)| other == owner);
    if is_trusted(&owner, &user) || is_of_program() {
        Ok(())
    } else {
        Err(Doubt::Owner { path: path.to_path_buf(), owner })
    }
}

/// Whether the path is a folder and not a link, and only this user and administrators can access it.
pub(crate) fn is_private(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
        && user().is_ok_and(|user| check_rights(path, &user, REACH).is_ok())
}

/// Creates a folder that only this user can access. It does not inherit the access list of the folder that contains it.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let user = user()?;
    access::create_folder(path, &format!("O:{user}D:P(A;OICI;FA;;;{user})(A;OICI;FA;;;SY)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_private_and_other_folders_are_not_taken_for_one() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("private");
        create_private_folder(&folder).unwrap();
        assert!(is_private(&folder));
        assert!(!is_private(&scratch.path().join("none")));
        assert_eq!(create_private_folder(&folder).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(check(&folder.join("file"), Purpose::State).is_ok());
        let open = scratch.path().join("open");
        access::create_folder(&open, "D:P(A;OICI;FA;;;WD)").unwrap();
        assert!(!is_private(&open));
    }

    #[test]
    fn a_file_of_this_user_is_trusted() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("launcher.json");
        fs_err::write(&path, "{}").unwrap();
        let file = fs::File::open(&path).unwrap();
        check_open(&file, &path, &scratch.path().join("launcher")).unwrap();
    }
}
