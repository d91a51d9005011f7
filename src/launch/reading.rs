//! Reads files that a command names. Anything but a regular file could block, and the launcher would take the content of a
//! pipe away from the compiler.

use std::io::{self, Read as _};
use std::path::Path;

use super::process;

/// The content of the regular file `path`. An error of the kind [`io::ErrorKind::FileTooLarge`] if it has more than `limit`
/// bytes, and of the kind [`io::ErrorKind::InvalidInput`] if it is not a regular file.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    check(&path.metadata()?, limit)?;
    // Do not wait if a named pipe has replaced the file since the check.
    let file = process::open_at_once().read(true).open(path)?;
    let metadata = file.metadata()?;
    check(&metadata, limit)?;
    // With a byte more, the end is found without another buffer.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn check(metadata: &std::fs::Metadata, limit: u64) -> io::Result<()> {
    match (metadata.is_file(), metadata.len() <= limit) {
        (true, true) => Ok(()),
        (true, false) => Err(io::ErrorKind::FileTooLarge.into()),
        (false, _) => Err(io::ErrorKind::InvalidInput.into()),
    }
}
