//! Files: how they are created, and their state.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_TEMPORARY, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_DELETE_ON_CLOSE,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
};

use super::super::{FileState, FreeSpace};
use super::api;

impl FileState {
    fn with(path: &Path, flags: u32) -> io::Result<Self> {
        // With these options, folders can be opened, and files that other programs write or remove.
        let mut options = File::options();
        options.access_mode(FILE_READ_ATTRIBUTES).custom_flags(FILE_FLAG_BACKUP_SEMANTICS | flags);
        options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
        Self::of_open(&options.open(path)?)
    }

    /// The state of the file at `path`, or behind a link.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        Self::with(path, 0)
    }

    /// The state of the file at `path`, which is not followed if it is a link.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn of_entry(path: &Path) -> io::Result<Self> {
        Self::with(path, FILE_FLAG_OPEN_REPARSE_POINT)
    }

    /// The same as [`Self::of`]. The metadata do not contain all that is needed.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn of_metadata(path: &Path, _data: &Metadata) -> io::Result<Self> {
        Self::of(path)
    }

    /// The state of an open file.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn of_open(file: &File) -> io::Result<Self> {
        // Between 1601 and 1970, in units of 100 ns.
        const EPOCH: i128 = 116_444_736_000_000_000;
        let found = api::file_information(file)?;
        let time = |units: u64| if units == 0 { 0 } else { (i128::from(units) - EPOCH) * 100 };
        Ok(Self {
            device: found.volume,
            inode: found.index,
            size: found.size,
            modified: time(found.modified),
            changed: time(found.changed),
            links: found.links,
        })
    }
}

/// Options to create a file in the build folder. It inherits the access list of the folder.
#[must_use]
pub fn new_file() -> OpenOptions {
    let mut options = File::options();
    options.create(true);
    options
}

/// Options to create a program in the build folder.
#[must_use]
pub fn new_program() -> OpenOptions {
    new_file()
}

/// Creates a file. It inherits the access list of the folder, which must be private. Fails if there is one.
///
/// # Errors
///
/// If it cannot be created.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// Creates a folder, and the folders above it. They inherit the access list of the folder that contains them.
///
/// # Errors
///
/// If it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// Lets this user write to a file.
///
/// # Errors
///
/// If its permissions cannot be changed.
pub fn make_writable(path: &Path) -> io::Result<()> {
    let mut permissions = path.metadata()?.permissions();
    #[expect(
        clippy::permissions_set_readonly_false,
        reason = "on Windows, this does not give rights to others"
    )]
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions)
}

/// Windows has no permission to execute a file.
///
/// # Errors
///
/// None.
pub const fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Windows has no such folders: access lists decide who shares them.
#[must_use]
pub const fn is_for_group(_data: &Metadata) -> bool {
    false
}

/// The free space of the volume of `folder`. `None` if it is not known.
#[must_use]
pub fn free_space(folder: &Path) -> Option<FreeSpace> {
    Some(FreeSpace { bytes: api::free_bytes(folder).ok()?, files: None })
}

/// Creates a link to a folder. Not on Windows, which lets only some users do this: two users would get different keys.
///
/// # Errors
///
/// Always.
pub fn make_link(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Options to open a file. A path in a folder is never that of a pipe.
#[must_use]
pub fn open_at_once() -> OpenOptions {
    OpenOptions::new()
}

/// Reads all of `buffer` from `offset` on.
///
/// # Errors
///
/// If the file ends before, or cannot be read.
pub fn read_at(file: &File, buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    let mut left = buffer;
    while !left.is_empty() {
        match file.seek_read(left, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                left = &mut left[length..];
                offset += length as u64;
            }
        }
    }
    Ok(())
}

/// Reads a part of the file from `offset` on. Returns its length: 0 at the end of the file.
///
/// # Errors
///
/// If the file cannot be read.
pub fn read_part_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// Writes `bytes` at `offset`.
///
/// # Errors
///
/// If they cannot be written.
pub fn write_at(file: &File, bytes: &[u8], mut offset: u64) -> io::Result<()> {
    let mut left = bytes;
    while !left.is_empty() {
        match file.seek_write(left, offset)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            length => {
                left = &left[length..];
                offset += length as u64;
            }
        }
    }
    Ok(())
}

/// The size of the file, in bytes.
#[must_use]
pub fn disk_usage(data: &Metadata) -> u64 {
    data.len()
}

/// The name of a file, as the guard compares it: without the case of its letters, like the file system. The error is the reason why
/// it cannot be compared.
///
/// # Errors
///
/// For a name with another meaning or another spelling on Windows.
pub fn folded_name(name: &OsStr) -> Result<Cow<'_, OsStr>, &'static str> {
    let text = name.to_str().filter(|text| text.is_ascii()).ok_or("the name of a header is not ASCII")?;
    // `~` is in the short names of files, `:` begins the name of a stream, and points and blanks at the end are ignored.
    if text.contains(['~', ':', '*', '?']) || text.ends_with(['.', ' ']) {
        return Err("the name of a header has several spellings on Windows");
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Ok(Cow::Owned(text.to_ascii_lowercase().into()));
    }
    Ok(Cow::Borrowed(name))
}

/// A text with paths, in the spelling in which they are compared: small letters, and one slash instead of a backslash or of
/// two of them, as in a string of C.
#[must_use]
pub fn folded_path(text: &[u8]) -> Cow<'_, [u8]> {
    let mut folded = Vec::with_capacity(text.len());
    for byte in text {
        let byte = if *byte == b'\\' { b'/' } else { byte.to_ascii_lowercase() };
        if byte != b'/' || folded.last() != Some(&b'/') {
            folded.push(byte);
        }
    }
    Cow::Owned(folded)
}

/// The path of a new temporary file.
fn temporary_path() -> Option<PathBuf> {
    let mut number = [0; 8];
    api::random(&mut number).ok()?;
    Some(std::env::temp_dir().join(format!("toolchainkit-{:016x}", u64::from_ne_bytes(number))))
}

/// A temporary file for the output of programs, which is removed when it is closed. Writes append to it. `None` if there can be
/// none.
#[must_use]
pub fn memory_file() -> Option<File> {
    let mut options = File::options();
    options.read(true).append(true).create_new(true).share_mode(0);
    options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE).attributes(FILE_ATTRIBUTE_TEMPORARY);
    options.open(temporary_path()?).ok()
}

/// Another handle of a file of [`memory_file`], which appends to it.
///
/// # Errors
///
/// If the system has no further handles.
pub fn appending(memory: &File) -> io::Result<File> {
    memory.try_clone()
}

/// Gives back the space of the first `length` bytes of a temporary file. Windows does this when the file is closed.
pub const fn release(_memory: &File, _length: u64) {}

/// A file in memory, with its path. Windows has no such files.
#[must_use]
pub(in crate::launch::process) const fn shared_memory_file() -> Option<(File, String)> {
    None
}

/// A temporary file in the folder of this user, with its path. Other programs can write to it while it is open.
pub(in crate::launch::process) fn named_file() -> Option<(File, PathBuf)> {
    let path = temporary_path()?;
    let mut options = File::options();
    options.read(true).append(true).create_new(true).attributes(FILE_ATTRIBUTE_TEMPORARY);
    Some((options.open(&path).ok()?, path))
}

/// Whether the file may be a program.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// The program at `path`, which may lack its ending.
#[must_use]
pub fn program_at(path: PathBuf) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path);
    }
    let mut with_ending = path.into_os_string();
    with_ending.push(".exe");
    Some(PathBuf::from(with_ending)).filter(|path| path.is_file())
}

/// Whether the user may write to the folder; `None` if it does not exist. This tries it: the access list is not all that decides.
#[must_use]
pub fn can_write(folder: &Path) -> Option<bool> {
    if matches!(folder.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound) {
        return None;
    }
    let name = folder.join(format!(".toolchainkit-{}", std::process::id()));
    let mut options = File::options();
    options.write(true).create_new(true).custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    Some(options.open(name).is_ok())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    #[test]
    fn the_state_of_a_file_changes_with_its_content_and_its_identity() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "1").unwrap();
        let first = FileState::of(&path).unwrap();
        assert_eq!((first.size, first.links), (1, 1));
        assert!(first.modified > 1_600_000_000_000_000_000);
        assert_eq!(FileState::of(&path).unwrap(), first);
        fs_err::write(folder.path().join("b"), "1").unwrap();
        assert_ne!(FileState::of(&folder.path().join("b")).unwrap().inode, first.inode);
        fs_err::hard_link(&path, folder.path().join("c")).unwrap();
        assert_eq!(FileState::of(&folder.path().join("c")).unwrap().inode, first.inode);
        assert_eq!(FileState::of(&path).unwrap().links, 2);
        fs_err::write(&path, "12").unwrap();
        assert_ne!(FileState::of(&path).unwrap(), first);
        assert!(FileState::of(folder.path()).is_ok(), "a folder");
        assert_eq!(FileState::of(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn names_are_compared_without_their_case() {
        assert_eq!(folded_name(OsStr::new("A.h")).unwrap(), OsStr::new("a.h"));
        assert_eq!(folded_name(OsStr::new("a.h")).unwrap(), OsStr::new("a.h"));
        for name in ["LONGNA~1.H", "a.h.", "a.h ", "a.h:x", "\u{e9}.h"] {
            assert!(folded_name(OsStr::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn paths_are_compared_without_their_case_and_with_both_slashes() {
        for text in ["C:/W/p", "c:\\w\\P", "c:\\\\w\\\\p"] {
            assert_eq!(&*folded_path(text.as_bytes()), b"c:/w/p");
        }
    }

    #[test]
    fn a_temporary_file_keeps_what_was_written_and_is_removed() {
        let mut file = memory_file().unwrap();
        file.write_all(b"text").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
    }

    #[test]
    fn parts_of_a_file_are_read_and_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "0123456789").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        write_at(&file, b"ab", 3).unwrap();
        let mut part = [0; 4];
        read_at(&file, &mut part, 2).unwrap();
        assert_eq!(&part, b"2ab5");
        assert!(read_at(&file, &mut part, 8).is_err());
        assert_eq!(can_write(folder.path()), Some(true));
        assert_eq!(can_write(&folder.path().join("none")), None);
    }
}
