//! Copies of the sources of a project.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::options::BenchError;
use crate::probe::environment;

/// The sources of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The checkout, which is copied: the folder with `.git`, that of toolchainkit.yaml, or the source folder.
    pub(crate) root: Utf8PathBuf,
    /// The folder with CMakeLists.txt, below `root`.
    pub(crate) source: Utf8PathBuf,
    /// The folder with toolchainkit.yaml, below `root`, if there is one.
    pub(crate) configuration: Option<Utf8PathBuf>,
}

/// Finds the sources. `folder` contains CMakeLists.txt.
///
/// # Errors
/// If it does not.
pub(crate) fn find(folder: &Utf8Path, configuration: &str) -> Result<Found, BenchError> {
    let source =
        folder.canonicalize_utf8().map_err(|error| BenchError::NoProject(format!("{folder}: {error}")))?;
    if !source.join("CMakeLists.txt").is_file() {
        let nearby =
            ["cmake", "build/cmake", "src", "source", "Build", "CMake"].map(|name| folder.join(name));
        let nearby = nearby.iter().find(|folder| folder.join("CMakeLists.txt").is_file());
        let nearby = nearby.map(|folder| format!("; there is one in {folder}")).unwrap_or_default();
        return Err(BenchError::NoProject(format!("{folder} has no CMakeLists.txt{nearby}")));
    }
    // A repository in the home folder has the user's settings, and not a project.
    let home = environment::variable("HOME").map(Utf8PathBuf::from);
    let above = || {
        source.ancestors().take_while(|folder| folder.parent().is_some() && Some(*folder) != home.as_deref())
    };
    let repository = above().find(|folder| folder.join(".git").symlink_metadata().is_ok());
    let configured = above().find(|folder| folder.join(configuration).is_file());
    let root = [repository, configured, Some(source.as_path())].into_iter().flatten();
    let root = root.min_by_key(|folder| folder.as_str().len()).unwrap_or(&source).to_owned();
    let below = |folder: &Utf8Path| folder.strip_prefix(&root).unwrap_or(folder).to_owned();
    Ok(Found { source: below(&source), configuration: configured.map(below), root })
}

/// What a copy contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// The files that compilers have written.
    pub(super) objects: u32,
}

/// The deepest folder, so that the search ends.
const DEEPEST: usize = 100;

/// Visits every file and folder of `root` that a copy has, with its path below `root`. Build folders and `except` are left out.
fn visit(
    root: &Utf8Path,
    except: &Utf8Path,
    interrupted: &dyn Fn() -> Result<(), BenchError>,
    found: &mut dyn FnMut(&Utf8Path, &std::fs::Metadata) -> io::Result<()>,
) -> Result<(), BenchError> {
    let mut folders = vec![Utf8PathBuf::new()];
    while let Some(below) = folders.pop() {
        interrupted()?;
        let mut entries = root.join(&below).read_dir_utf8()?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by(|one, other| one.file_name().cmp(other.file_name()));
        for entry in entries {
            let path = below.join(entry.file_name());
            let metadata = entry.path().symlink_metadata()?;
            if metadata.is_dir() {
                let is_build =
                    entry.path().join("CMakeCache.txt").exists() || entry.file_name() == ".toolchainkit";
                if is_build || entry.path() == except || path.components().count() > DEEPEST {
                    continue;
                }
                folders.push(path.clone());
            }
            found(&path, &metadata)?;
        }
    }
    Ok(())
}

/// The size of a copy.
pub(super) fn measure(
    root: &Utf8Path,
    except: &Utf8Path,
    interrupted: &dyn Fn() -> Result<(), BenchError>,
) -> Result<Size, BenchError> {
    let mut size = Size::default();
    visit(root, except, interrupted, &mut |path, metadata| {
        if metadata.is_file() {
            size.files += 1;
            size.bytes += metadata.len();
            let is_object = matches!(path.extension(), Some("o" | "obj" | "gch" | "pch"));
            size.objects += u32::from(is_object);
        }
        Ok(())
    })?;
    Ok(size)
}

/// Copies the files with their times and modes, also uncommitted and ignored ones, without build folders. A link to a file of the
/// sources becomes a link to its copy.
pub(super) fn copy(
    root: &Utf8Path,
    except: &Utf8Path,
    target: &Utf8Path,
    interrupted: &dyn Fn() -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    fs_err::create_dir_all(target)?;
    visit(root, except, interrupted, &mut |below, metadata| {
        let (from, to) = (root.join(below), target.join(below));
        if metadata.is_dir() {
            return fs_err::create_dir(&to);
        }
        if metadata.is_symlink() {
            return link(root, target, &from, &to);
        }
        // A `.git` file names the repository of the user, and git could write to it.
        let is_reference = below.file_name() == Some(".git");
        if !metadata.is_file() || is_reference {
            return if is_reference { fs_err::create_dir(&to) } else { Ok(()) };
        }
        fs_err::copy(&from, &to)?;
        // Some build systems compare the times of sources and generated files.
        let times = std::fs::FileTimes::new().set_modified(metadata.modified()?);
        match fs_err::OpenOptions::new().append(true).open(&to) {
            Ok(file) => file.file().set_times(times),
            // A read-only file keeps the new time.
            Err(_) => Ok(()),
        }
    })
}

#[cfg(unix)]
fn link(root: &Utf8Path, target: &Utf8Path, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    let link = from.read_link_utf8()?;
    let link = link.strip_prefix(root).map_or(link.clone(), |below| target.join(below));
    fs_err::os::unix::fs::symlink(link, to)
}

#[cfg(not(unix))]
fn link(_: &Utf8Path, _: &Utf8Path, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    fs_err::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        (folder, path)
    }

    fn write(path: &Utf8Path) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::File::create(path).unwrap();
    }

    #[test]
    fn the_checkout_is_the_repository_around_the_project() {
        let (_kept, root) = folder();
        write(&root.join("build/cmake/CMakeLists.txt"));
        assert!(find(&root, "tk.yaml").unwrap_err().to_string().contains("there is one in"));
        let source = root.join("build/cmake");
        let found = find(&source, "tk.yaml").unwrap();
        assert_eq!((found.root, found.source), (source.clone(), "".into()));
        fs_err::create_dir(root.join(".git")).unwrap();
        write(&root.join("build/tk.yaml"));
        let found = find(&source, "tk.yaml").unwrap();
        let expected = Found { root, source: "build/cmake".into(), configuration: Some("build".into()) };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_copy_has_times_and_links_and_no_build_folders() {
        let (_kept, root) = folder();
        let source = root.join("source");
        for name in
            ["a.c", "sub/b.c", "build/x/CMakeCache.txt", "build/cmake/CMakeLists.txt", "module/.git", "old.o"]
        {
            write(&source.join(name));
        }
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let times = std::fs::FileTimes::new().set_modified(old);
        fs_err::OpenOptions::new()
            .append(true)
            .open(source.join("a.c"))
            .unwrap()
            .file()
            .set_times(times)
            .unwrap();
        // Windows lets only some users make links.
        #[cfg(unix)]
        {
            fs_err::os::unix::fs::symlink(source.join("sub"), source.join("absolute")).unwrap();
            fs_err::os::unix::fs::symlink("sub", source.join("relative")).unwrap();
        }
        let target = root.join("target");
        copy(&source, &target, &target, &|| Ok(())).unwrap();
        assert_eq!(target.join("a.c").metadata().unwrap().modified().unwrap(), old);
        #[cfg(unix)]
        {
            assert_eq!(target.join("absolute").read_link_utf8().unwrap(), target.join("sub"));
            assert_eq!(target.join("relative").read_link_utf8().unwrap(), "sub");
        }
        assert!(target.join("build/cmake/CMakeLists.txt").exists() && !target.join("build/x").exists());
        assert!(target.join("module/.git").is_dir(), "no reference to the user's repository");
        let size = measure(&source, &target, &|| Ok(())).unwrap();
        assert_eq!((size.files, size.objects), (5, 1));
    }
}
