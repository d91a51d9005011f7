//! The space on the disks of the cache and of the build: bytes, files and quota.

use std::io::{self, Write as _};

use camino::Utf8Path;

use super::{Finding, Link, OF_LINK, Subject, existing, folders};
use crate::launch::process;
use crate::words;

pub(super) const LINK: Link = Link { name: "disk", limit: OF_LINK, examine };

/// The least free space and the least number of files for a build to go on.
const LEAST_BYTES: u64 = 64 << 20;
const LEAST_FILES: u64 = 1000;
/// The content of the file that is written as a trial.
static TRIAL: [u8; 64 * 1024] = [0; 64 * 1024];

fn examine(subject: &Subject) -> Vec<Finding> {
    let named = folders::named(subject);
    let mut findings = named.iter().filter_map(|(name, folder)| check(name, folder)).collect::<Vec<_>>();
    let Some((name, folder)) = named.first() else { return findings };
    if findings.is_empty()
        && let Some(free) = existing(folder).and_then(|at| process::free_space(at.as_std_path()))
    {
        let limit =
            subject.build().and_then(|build| build.size_gb).map(|gibibytes| u64::from(gibibytes) << 30);
        let limit = limit.filter(|_| *name == "the cache folder");
        let text = format!("{} free at {folder}", words::size(free.bytes));
        findings.push(match limit.filter(|limit| free.bytes.saturating_add(used(folder)) < *limit) {
            Some(limit) => Finding::doubtful(
                LINK.name,
                format!("{text}, and the cache may grow to {}", words::size(limit)),
                "lower `cache.size_gb`, or free space on the disk",
            ),
            None => Finding::fine(LINK.name, text),
        });
    }
    findings
}

/// The size of the folder, of which only a part is looked at if it is large: enough to know that the cache is not empty.
fn used(folder: &Utf8Path) -> u64 {
    const MOST: usize = 20_000;
    let mut pending = vec![folder.to_owned()];
    let (mut total, mut seen) = (0, 0);
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok) {
            seen += 1;
            if seen > MOST {
                return u64::MAX;
            }
            match entry.metadata() {
                Ok(found) if found.is_dir() => pending.push(entry.into_path()),
                Ok(found) => total += found.len(),
                Err(_) => {}
            }
        }
    }
    total
}

fn check(name: &str, folder: &Utf8Path) -> Option<Finding> {
    let at = existing(folder).filter(|at| at.is_dir())?;
    let broken = |text: String, help: &str| Some(Finding::broken(LINK.name, text, help));
    match write(at) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            return broken(
                format!("the disk of {name} {folder} is full"),
                "free space on it, or set `cache.dir` to another disk (`toolchainkit cache` shows old caches)",
            );
        }
        Err(error) if error.kind() == io::ErrorKind::QuotaExceeded => {
            return broken(
                format!("the quota for the disk of {name} {folder} is used up"),
                "remove files, or set `cache.dir` to another disk",
            );
        }
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            return broken(
                format!("the file system of {name} {folder} is read-only"),
                "mount it with write access, or set `cache.dir` to another folder",
            );
        }
        // Permissions belong to another link.
        Ok(()) | Err(_) => {}
    }
    let free = process::free_space(at.as_std_path())?;
    if free.files.is_some_and(|files| files < LEAST_FILES) {
        return Some(Finding::degraded(
            LINK.name,
            format!(
                "the file system of {name} {folder} has no room for more than {} files",
                free.files.unwrap_or(0)
            ),
            "remove files, or set `cache.dir` to another disk",
        ));
    }
    (free.bytes < LEAST_BYTES).then(|| {
        Finding::degraded(
            LINK.name,
            format!("the disk of {name} {folder} is nearly full: {} free", words::size(free.bytes)),
            "free space on it, or set `cache.dir` to another disk",
        )
    })
}

/// Writes a file, and removes it.
fn write(folder: &Utf8Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".toolchainkit-").tempfile_in(folder)?;
    file.write_all(&TRIAL)?;
    file.as_file().sync_data()
}
