//! A file that another program writes and this one reads.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::path::PathBuf;

use super::system;

/// A file in memory, or a temporary one on systems that have no files in memory. It is removed when this is dropped; a killed
/// process leaves a temporary file behind.
#[derive(Debug)]
pub struct SharedFile {
    /// `None` only while this is dropped: Windows removes no open file.
    file: Option<File>,
    path: PathBuf,
    is_temporary: bool,
}

impl SharedFile {
    /// An empty file. `None` if there can be none.
    #[must_use]
    pub fn new() -> Option<Self> {
        if let Some((file, path)) = system::shared_memory_file() {
            return Some(Self { file: Some(file), path: path.into(), is_temporary: false });
        }
        Self::temporary()
    }

    fn temporary() -> Option<Self> {
        let (file, path) = system::named_file()?;
        Some(Self { file: Some(file), path, is_temporary: true })
    }

    /// The path at which programs of this user find it.
    #[must_use]
    pub fn path(&self) -> &OsStr {
        self.path.as_os_str()
    }

    /// At most `limit` bytes of its content.
    #[must_use]
    pub fn read(&self, limit: u64) -> Vec<u8> {
        let mut text = Vec::with_capacity(1024);
        if let Some(mut file) = self.file.as_ref() {
            let _ = file.rewind();
            let _ = file.take(limit).read_to_end(&mut text);
        }
        text
    }
}

impl Drop for SharedFile {
    fn drop(&mut self) {
        self.file = None;
        if self.is_temporary {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_opening_of_the_file_writes_to_it() {
        for file in [SharedFile::new(), SharedFile::temporary()] {
            let file = file.unwrap();
            fs_err::write(PathBuf::from(file.path()), "0123456789").unwrap();
            assert_eq!(file.read(4), b"0123");
            assert_eq!(file.read(100), b"0123456789");
            let (path, is_temporary) = (PathBuf::from(file.path()), file.is_temporary);
            drop(file);
            // The path of a file in memory contains the number of a descriptor, which another thread may use now.
            assert!(!is_temporary || !path.exists());
        }
    }
}
