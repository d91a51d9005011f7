//! Reading files of users, with a limit. A device or a named pipe could block or never end, so only regular files are read.

use std::io::{self, Read as _};

use camino::{Utf8Path, Utf8PathBuf};

/// A file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// An I/O error; the message contains the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not a regular file.
    #[error("`{path}` is {kind}, not a file")]
    NotAFile {
        /// The path.
        path: Utf8PathBuf,
        /// The kind of the entry, with its article.
        kind: &'static str,
    },
    /// It is larger than the limit.
    #[error("`{path}` has {} KiB; the limit is {} KiB", size.div_ceil(1024), limit / 1024)]
    TooLarge {
        /// The path.
        path: Utf8PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => error,
            ReadError::NotAFile { .. } => Self::new(io::ErrorKind::InvalidInput, error.to_string()),
            ReadError::TooLarge { .. } => Self::new(io::ErrorKind::FileTooLarge, error.to_string()),
        }
    }
}

/// The content of the regular file `path`, if it has at most `limit` bytes.
pub(crate) fn read(path: &Utf8Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    // Check before opening: opening a device can have side effects. A missing file is reported by `open`.
    if let Ok(metadata) = path.metadata() {
        check(path, &metadata, limit)?;
    }
    let mut options = fs_err::OpenOptions::new();
    options.read(true);
    // Do not wait if a named pipe has replaced the file since the check.
    #[cfg(unix)]
    fs_err::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    check(path, &file.metadata()?, limit)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(size) if size <= limit => Ok(bytes),
        _ => Err(ReadError::TooLarge { path: path.to_owned(), size: limit + 1, limit }),
    }
}

/// Like [`read`]; the file must be UTF-8.
pub(crate) fn read_text(path: &Utf8Path, limit: u64) -> io::Result<String> {
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, format!("`{path}` is not UTF-8 text"));
    String::from_utf8(read(path, limit)?).map_err(invalid)
}

fn check(path: &Utf8Path, metadata: &std::fs::Metadata, limit: u64) -> Result<(), ReadError> {
    if let Some(kind) = other_kind(metadata.file_type()) {
        return Err(ReadError::NotAFile { path: path.to_owned(), kind });
    }
    if metadata.len() > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), size: metadata.len(), limit });
    }
    Ok(())
}

/// The kind of an entry that is not a regular file, with its article.
pub(crate) fn other_kind(kind: std::fs::FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a named pipe");
        } else if kind.is_socket() {
            return Some("a socket");
        } else if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    if kind.is_dir() {
        Some("a folder")
    } else if kind.is_symlink() {
        Some("a link")
    } else if kind.is_file() {
        None
    } else {
        Some("a special file")
    }
}
